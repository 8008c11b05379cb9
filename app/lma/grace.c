// A ring: every grace is as long as the others, so the first one ends first.
#include "app/lma/grace.h"

#include <stdlib.h>

#include "conf/conf.h"

struct grace_item {
	struct ip6_prefix hnp;
	struct tunnel_way way;
	ns_t until;
};

struct grace_list {
	struct grace_item *v;
	uint32_t head, n;
};

// Where fast handovers are, the previous MAG sends on what came by the new one.
ns_t grace_of(const struct conf *c)
{
	uint32_t ms = c->lma.prev_coa_grace_ms;

	if (ms == CONF_GRACE_AS_DOMAIN)
		ms = c->lma.fast_handover ? 200 : 0;
	return ms * NS_MSEC;
}

struct grace_list *grace_list_new(void)
{
	struct grace_list *l = calloc(1, sizeof(*l));

	if (l != NULL)
		l->v = calloc(GRACE_MAX, sizeof(*l->v));
	if (l != NULL && l->v == NULL) {
		free(l);
		return NULL;
	}
	return l;
}

void grace_list_free(struct grace_list *l)
{
	if (l != NULL)
		free(l->v);
	free(l);
}

bool grace_list_add(struct grace_list *l, struct ip6_prefix hnp, const struct tunnel_way *way,
		    ns_t until)
{
	if (l->n == GRACE_MAX)
		return false;
	l->v[(l->head + l->n++) % GRACE_MAX] = (struct grace_item){hnp, *way, until};
	return true;
}

// It may have moved on, left or been deleted meanwhile: then another entry is there, or none.
static bool is_as_it_was(const struct plane *p, const struct grace_item *item)
{
	uint32_t value = bcache_get(p->bcache, item->hnp);
	const struct fwd_tunnel *t = &item->way.tunnel;

	if (value < BCACHE_FIRST)
		return false;
	const struct fwd_tunnel *now = &entry_get(p->fib, value)->tunnel;
	return now->peer == t->peer && now->also == t->also && ip6_equal(now->local, t->local) &&
	       ip6_equal(now->remote, t->remote);
}

static bool end(struct plane *p, const struct grace_item *item)
{
	struct tunnel_way way = item->way;

	if (!is_as_it_was(p, item))
		return true;
	way.tunnel.also = 0;
	way.also = (struct ip6_addr){0};
	return tunnels_bind(p, item->hnp, &way) == 0;
}

void grace_list_turn(struct grace_list *l, struct plane *p, ns_t now)
{
	enum { A_TURN = 64 };

	for (unsigned i = 0; i < A_TURN && l->n > 0 && l->v[l->head].until <= now; i++) {
		if (!end(p, &l->v[l->head]))
			return; // no room just now
		l->head = (l->head + 1) % GRACE_MAX;
		l->n--;
	}
}

uint32_t grace_list_count(const struct grace_list *l)
{
	return l != NULL ? l->n : 0;
}
