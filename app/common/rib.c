// Candidates per prefix, and the publishing of the best.
#include "app/common/rib.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

static bool in_use(const struct rib_route *r)
{
	return r->table != 0;
}

enum rib_type rib_type(uint8_t rtn)
{
	switch (rtn) {
	case RTN_UNICAST:
		return RIB_UNICAST;
	case RTN_LOCAL:
	case RTN_ANYCAST:
		return RIB_LOCAL;
	case RTN_BLACKHOLE:
	case RTN_UNREACHABLE:
	case RTN_PROHIBIT:
		return RIB_DISCARD;
	default:
		return RIB_OTHER;
	}
}

static uint64_t hash_of(const struct rib *rib, struct ip6_prefix dst)
{
	return siphash(rib->key, &dst, sizeof(dst));
}

int rib_init(struct rib *rib, struct fib *fib, uint32_t max, uint64_t seed, rib_resolve_fn *resolve,
	     rib_hold_fn *hold, void *arg)
{
	*rib = (struct rib){.fib = fib,
			    .max = max,
			    .key = {seed, seed ^ 1},
			    .resolve = resolve,
			    .hold = hold,
			    .arg = arg};
	rib->routes = calloc(max, sizeof(*rib->routes));
	rib->free = calloc(max, sizeof(*rib->free));
	if (rib->routes == NULL || rib->free == NULL || map_init(&rib->by_prefix, max) != 0) {
		rib_done(rib);
		return -ENOMEM;
	}
	while (rib->n_free < max) {
		rib->free[rib->n_free] = max - 1 - rib->n_free;
		rib->n_free++;
	}
	return 0;
}

void rib_done(struct rib *rib)
{
	map_done(&rib->by_prefix);
	free(rib->routes);
	free(rib->free);
	*rib = (struct rib){0};
}

// Our own tables first, then local addresses (255) before main (254).
static uint64_t rank(const struct rib_route *r)
{
	uint64_t table = r->table;

	if (table == RT_TABLE_LOCAL)
		table = RIB_TABLE_STATIC; // an address of this machine stands above its neighbours
	return table << 32 | r->metric;
}

static bool same_route(const struct rib_route *a, const struct rib_route *b)
{
	return ip6_prefix_equal(a->dst, b->dst) && a->table == b->table && a->metric == b->metric &&
	       a->type == b->type && a->ifindex == b->ifindex && ip6_equal(a->gateway, b->gateway);
}

static uint32_t find(const struct rib *rib, const struct rib_route *r)
{
	struct map_cursor c;
	uint32_t i = map_first(&rib->by_prefix, hash_of(rib, r->dst), &c);

	for (; i != MAP_NONE; i = map_next(&rib->by_prefix, &c))
		if (same_route(&rib->routes[i], r))
			return i;
	return MAP_NONE;
}

// The candidate that counts now, and the one that counted before.
static uint32_t find_best(const struct rib *rib, struct ip6_prefix dst, uint32_t *before)
{
	struct map_cursor c;
	uint32_t best = MAP_NONE;
	uint32_t i = map_first(&rib->by_prefix, hash_of(rib, dst), &c);

	*before = MAP_NONE;
	for (; i != MAP_NONE; i = map_next(&rib->by_prefix, &c)) {
		const struct rib_route *r = &rib->routes[i];
		if (!ip6_prefix_equal(r->dst, dst))
			continue;
		if (r->best)
			*before = i;
		if (best == MAP_NONE || rank(r) < rank(&rib->routes[best]))
			best = i;
	}
	return best;
}

static void retire(struct rib *rib, uint32_t i)
{
	struct rib_route *r = &rib->routes[i];

	if (r->best && r->adj != UINT32_MAX)
		rib->hold(rib->arg, r->adj, -1);
	r->best = false;
}

// Publishes the best candidate of a prefix after something about it changed.
static int publish(struct rib *rib, struct ip6_prefix dst)
{
	uint32_t before, adj;
	uint32_t best = find_best(rib, dst, &before);

	if (best == MAP_NONE)
		return route_del(rib->fib, dst);
	struct rib_route *r = &rib->routes[best];
	uint16_t nexthop = rib->resolve(rib->arg, r, &adj);
	if (adj != UINT32_MAX)
		rib->hold(rib->arg, adj, 1);
	if (before != MAP_NONE)
		retire(rib, before);
	r->best = true;
	r->adj = adj;
	return route_set(rib->fib, dst, nexthop);
}

int rib_add(struct rib *rib, const struct rib_route *route)
{
	uint32_t i = find(rib, route);

	if (i == MAP_NONE) {
		if (rib->n_free == 0)
			return -ENOSPC;
		i = rib->free[rib->n_free - 1];
		if (map_add(&rib->by_prefix, hash_of(rib, route->dst), i) != 0)
			return -ENOSPC;
		rib->n_free--;
		rib->routes[i] = *route;
		rib->routes[i].best = false;
	}
	rib->routes[i].marked = false;
	return publish(rib, route->dst);
}

static void remove_at(struct rib *rib, uint32_t i)
{
	struct ip6_prefix dst = rib->routes[i].dst;

	retire(rib, i);
	map_del(&rib->by_prefix, hash_of(rib, dst), i);
	rib->routes[i] = (struct rib_route){0};
	rib->free[rib->n_free++] = i;
	(void)publish(rib, dst);
}

void rib_del(struct rib *rib, const struct rib_route *route)
{
	uint32_t i = find(rib, route);

	if (i != MAP_NONE)
		remove_at(rib, i);
}

static bool stands_in_its_place(const struct rib_route *old, const struct rib_route *route)
{
	return ip6_prefix_equal(old->dst, route->dst) && old->table == route->table &&
	       old->metric == route->metric && !same_route(old, route);
}

int rib_replace(struct rib *rib, const struct rib_route *route)
{
	struct map_cursor c;
	int rc = rib_add(rib, route); // first, so that there is a way all the time
	uint32_t i = map_first(&rib->by_prefix, hash_of(rib, route->dst), &c);

	while (rc == 0 && i != MAP_NONE) {
		if (!stands_in_its_place(&rib->routes[i], route)) {
			i = map_next(&rib->by_prefix, &c);
			continue;
		}
		remove_at(rib, i); // which ends the walk
		i = map_first(&rib->by_prefix, hash_of(rib, route->dst), &c);
	}
	return rc;
}

void rib_mark(struct rib *rib)
{
	for (uint32_t i = 0; i < rib->max; i++)
		rib->routes[i].marked =
			in_use(&rib->routes[i]) && rib->routes[i].fixed == NEXTHOP_NONE;
}

void rib_sweep_marked(struct rib *rib)
{
	for (uint32_t i = 0; i < rib->max; i++)
		if (rib->routes[i].marked)
			remove_at(rib, i);
}
