// Records of handovers in an array; two maps lead to them, a wheel has their times.
#include <errno.h>
#include <stdlib.h>

#include "mob/bul.h"
#include "mob/pfmip.h"

static uint64_t hash_of(const struct fast *f, const void *p, size_t n)
{
	return siphash(f->key, p, n);
}

static int index_peers(struct fast *f)
{
	for (uint32_t i = 0; i < f->conf.n_peers; i++)
		if (map_add(&f->by_peer, hash_of(f, f->conf.peers[i].mag.a, 16), i) != 0)
			return -ENOMEM;
	return 0;
}

int fast_init(struct fast *f, const struct mag_fast_conf *conf, struct siphash_key key, ns_t now)
{
	uint32_t max = conf->max_handovers;

	*f = (struct fast){.key = key};
	if (conf->n_peers == 0)
		return 0;
	f->conf = *conf;
	f->conf.peers = NULL;
	struct mag_peer_conf *peers = calloc(conf->n_peers, sizeof(*peers));
	if (peers == NULL)
		return -ENOMEM;
	memcpy(peers, conf->peers, conf->n_peers * sizeof(*peers));
	f->conf.peers = peers;
	f->v = calloc(max, sizeof(*f->v));
	f->free = calloc(max, sizeof(*f->free));
	f->timers = wheel_new(max, now);
	if (f->v == NULL || f->free == NULL || f->timers == NULL ||
	    map_init(&f->by_mn_id, max) != 0 || map_init(&f->by_mac, max) != 0 ||
	    map_init(&f->by_peer, conf->n_peers) != 0 || index_peers(f) != 0)
		return -ENOMEM; // what there is goes with fast_done
	while (f->n_free < max) {
		f->free[f->n_free] = max - 1 - f->n_free;
		f->n_free++;
	}
	return 0;
}

void fast_done(struct fast *f)
{
	map_done(&f->by_mn_id);
	map_done(&f->by_mac);
	map_done(&f->by_peer);
	wheel_free(f->timers);
	free((void *)(uintptr_t)f->conf.peers);
	free(f->v);
	free(f->free);
	*f = (struct fast){0};
}

bool fast_is_peer(const struct fast *f, struct ip6_addr addr)
{
	struct map_cursor c;

	if (f->timers == NULL)
		return false;
	uint32_t i = map_first(&f->by_peer, hash_of(f, addr.a, 16), &c);
	while (i != MAP_NONE && !ip6_equal(f->conf.peers[i].mag, addr))
		i = map_next(&f->by_peer, &c);
	return i != MAP_NONE;
}

uint32_t handover_find(const struct fast *f, struct span mn_id)
{
	struct map_cursor c;

	if (f->timers == NULL || mn_id.n == 0)
		return HO_NULL;
	uint32_t i = map_first(&f->by_mn_id, hash_of(f, mn_id.p, mn_id.n), &c);
	while (i != MAP_NONE && !span_equal(handover_mn_id(&f->v[i]), mn_id))
		i = map_next(&f->by_mn_id, &c);
	return i == MAP_NONE ? HO_NULL : i;
}

static bool is_at(const struct handover *h, const uint8_t mac[6])
{
	return h->context.ll_len == 6 && memcmp(h->context.ll_id, mac, 6) == 0;
}

uint32_t handover_find_mac(const struct fast *f, const uint8_t mac[6])
{
	struct map_cursor c;

	if (f->timers == NULL)
		return HO_NULL;
	uint32_t i = map_first(&f->by_mac, hash_of(f, mac, 6), &c);
	while (i != MAP_NONE && !(f->v[i].state == HO_EXPECTED && is_at(&f->v[i], mac)))
		i = map_next(&f->by_mac, &c);
	return i == MAP_NONE ? HO_NULL : i;
}

static void drop_mac(struct fast *f, uint32_t i)
{
	struct context *c = &f->v[i].context;

	if (c->ll_len == 6)
		map_del(&f->by_mac, hash_of(f, c->ll_id, 6), i);
	c->ll_len = 0;
}

void handover_del(struct fast *f, uint32_t i)
{
	struct handover *h = &f->v[i];

	drop_mac(f, i);
	wheel_stop(f->timers, i);
	map_del(&f->by_mn_id, hash_of(f, h->mn_id, h->mn_len), i);
	*h = (struct handover){0};
	f->free[f->n_free++] = i;
}

// One that is over gives way, the first that is found from where the last search ended.
static bool make_room(struct fast *f)
{
	for (uint32_t n = 0; n < f->conf.max_handovers; n++) {
		uint32_t i = f->oldest++ % f->conf.max_handovers;
		if (f->v[i].state != HO_OVER)
			continue;
		handover_del(f, i);
		return true;
	}
	return false;
}

uint32_t handover_add(struct fast *f, struct span mn_id, ns_t now)
{
	if (f->timers == NULL || mn_id.n == 0 || mn_id.n > HO_MAX_MN_ID ||
	    (f->n_free == 0 && !make_room(f)))
		return HO_NULL;
	uint32_t i = f->free[f->n_free - 1];
	if (map_add(&f->by_mn_id, hash_of(f, mn_id.p, mn_id.n), i) != 0)
		return HO_NULL;
	f->n_free--;
	struct handover *h = &f->v[i];
	*h = (struct handover){
		.entry = BUL_NULL, .since = now, .mn_len = (uint8_t)mn_id.n, .state = HO_OVER};
	memcpy(h->mn_id, mn_id.p, mn_id.n);
	return i;
}

void handover_set_context(struct fast *f, uint32_t i, const struct context *context)
{
	struct context *c = &f->v[i].context;

	drop_mac(f, i);
	*c = *context;
	// Without memory for the index it is found by its identity alone.
	if (c->ll_len == 6 && map_add(&f->by_mac, hash_of(f, c->ll_id, 6), i) != 0)
		c->ll_len = 0;
}

static ns_t sooner(ns_t a, ns_t b)
{
	if (a == 0 || b == 0)
		return a == 0 ? b : a;
	return a < b ? a : b;
}

void handover_schedule(struct fast *f, uint32_t i)
{
	const struct handover *h = &f->v[i];
	ns_t due = sooner(sooner(h->due_repeat, h->due_next), h->due_over);

	if (due != 0)
		wheel_set(f->timers, i, due);
	else
		wheel_stop(f->timers, i);
}
