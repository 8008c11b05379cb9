// Path MTUs by peer; the tunnels' entries follow, one store each.
#include "app/common/path_mtu.h"

#include "app/common/plane.h"

enum { FORGET_AFTER_S = 600 }; // RFC 8201 4: not earlier than five minutes, ten recommended
enum { IP6_HEADER = 40, MIN_MTU = 1280 };

uint16_t path_mtu_get(const struct plane *p, uint32_t peer)
{
	uint16_t learnt = p->peers[peer].path_mtu;

	return learnt != 0 ? learnt : p->is.tunnel_mtu;
}

struct change {
	struct plane *plane;
	uint32_t peer;
};

static void set_entry(void *arg, uint32_t index, const struct fwd_entry *entry)
{
	const struct change *c = arg;

	if (entry->tunnel.peer == c->peer)
		entry_set_mtu(c->plane->fib, index, path_mtu_get(c->plane, c->peer));
}

static void set(struct plane *p, uint32_t peer, uint16_t mtu, ns_t until)
{
	struct change c = {p, peer};

	p->n_path_mtus += (mtu != 0) - (p->peers[peer].path_mtu != 0);
	p->peers[peer].path_mtu = mtu;
	p->peers[peer].path_mtu_until = until;
	p->path_mtus_news = true;
	p->counters.path_mtu_changes++;
	entry_each(p->fib, set_entry, &c);
}

bool path_mtu_learn(struct plane *p, uint32_t peer, uint32_t mtu, ns_t now)
{
	if (mtu >= path_mtu_get(p, peer))
		return false;
	set(p, peer, (uint16_t)mtu, now + FORGET_AFTER_S * NS_SEC);
	return true;
}

void path_mtu_forget(struct plane *p, uint32_t peer)
{
	if (p->peers[peer].path_mtu != 0)
		set(p, peer, 0, 0);
	p->peers[peer].inside_told = 0;
	p->path_mtus_news = true;
}

void path_mtu_turn(struct plane *p, ns_t now)
{
	if (p->n_path_mtus == 0 || now < p->path_mtus_due)
		return;
	p->path_mtus_due = now + NS_SEC;
	for (uint32_t peer = 1; peer <= p->is.max_peers; peer++)
		if (p->peers[peer].path_mtu != 0 && p->peers[peer].path_mtu_until <= now)
			set(p, peer, 0, 0);
}

static uint16_t inside_of(uint16_t outer)
{
	return outer < MIN_MTU + IP6_HEADER ? MIN_MTU : (uint16_t)(outer - IP6_HEADER);
}

uint16_t path_mtu_inside(const struct plane *p, uint32_t peer)
{
	uint16_t path = path_mtu_get(p, peer);
	const struct nexthop *nh = nexthop_get(p->fib, route_get(p->fib, p->peers[peer].remote));

	if ((nh->kind == NH_PORT || nh->kind == NH_GLEAN) && nh->mtu < path)
		path = nh->mtu;
	return inside_of(path);
}

void path_mtu_tell(struct plane *p, path_mtu_fn *fn, void *arg)
{
	if (!p->path_mtus_news)
		return;
	p->path_mtus_news = false;
	for (uint32_t i = 1; i <= p->is.max_peers; i++) {
		struct plane_peer *peer = &p->peers[i];
		uint16_t told =
			peer->inside_told != 0 ? peer->inside_told : inside_of(p->is.tunnel_mtu);
		uint16_t inside = path_mtu_inside(p, i);
		if (ip6_is_zero(peer->remote) || inside == told)
			continue;
		peer->inside_told = inside;
		fn(arg, peer->remote, inside);
	}
}
