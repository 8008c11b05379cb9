// The table of neighbours behind the next hops.
#include "app/common/adj.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t hash_of(const struct adj_table *t, const struct adj_link *link,
			struct ip6_addr addr)
{
	struct {
		struct ip6_addr addr;
		int ifindex;
	} key = {addr, link->ifindex};

	return siphash(t->key, &key, sizeof(key));
}

int adj_init(struct adj_table *t, struct fib *fib, uint32_t max, uint64_t seed)
{
	*t = (struct adj_table){.fib = fib, .max = max, .key = {seed, ~seed}};
	t->adjs = calloc(max, sizeof(*t->adjs));
	t->free = calloc(max, sizeof(*t->free));
	if (t->adjs == NULL || t->free == NULL || map_init(&t->by_addr, max) != 0) {
		adj_done(t);
		return -ENOMEM;
	}
	while (t->n_free < max) {
		t->free[t->n_free] = max - 1 - t->n_free;
		t->n_free++;
	}
	return 0;
}

void adj_done(struct adj_table *t)
{
	map_done(&t->by_addr);
	free(t->adjs);
	free(t->free);
	*t = (struct adj_table){0};
}

uint32_t adj_find(const struct adj_table *t, const struct adj_link *link, struct ip6_addr addr)
{
	struct map_cursor c;
	uint32_t i = map_first(&t->by_addr, hash_of(t, link, addr), &c);

	for (; i != MAP_NONE; i = map_next(&t->by_addr, &c))
		if (t->adjs[i].link == link && ip6_equal(t->adjs[i].addr, addr))
			return i;
	return ADJ_NONE;
}

uint8_t adj_write_l2(uint8_t l2[NEXTHOP_L2_MAX], const uint8_t dst[6], const uint8_t src[6],
		     uint16_t vlan)
{
	uint8_t n = 12;

	memcpy(l2, dst, 6);
	memcpy(l2 + 6, src, 6);
	if (vlan != 0) {
		l2[n++] = 0x81;
		l2[n++] = 0x00;
		l2[n++] = (uint8_t)(vlan >> 8);
		l2[n++] = (uint8_t)vlan;
	}
	l2[n++] = 0x86;
	l2[n++] = 0xdd;
	return n;
}

// What the workers do with packets for this neighbour.
static struct nexthop nexthop_of(const struct adj *adj)
{
	const struct adj_link *link = adj->link;
	struct nexthop nh = {.kind = NH_GLEAN,
			     .port = link->port,
			     .vlan = link->vlan,
			     .mtu = link->mtu,
			     .gateway = adj->addr};

	if (!adj->usable || !link->up)
		return nh;
	nh.kind = NH_PORT;
	nh.l2_len = adj_write_l2(nh.l2, adj->mac, link->mac, link->vlan);
	return nh;
}

uint32_t adj_get(struct adj_table *t, struct adj_link *link, struct ip6_addr addr)
{
	uint32_t i = adj_find(t, link, addr);

	if (i != ADJ_NONE || t->n_free == 0)
		return i;
	i = t->free[t->n_free - 1];
	struct adj *adj = &t->adjs[i];
	*adj = (struct adj){.addr = addr, .link = link};
	struct nexthop nh = nexthop_of(adj);
	int number = nexthop_add(t->fib, &nh);
	if (number < 0)
		return ADJ_NONE;
	if (map_add(&t->by_addr, hash_of(t, link, addr), i) != 0) {
		nexthop_del(t->fib, (uint16_t)number);
		return ADJ_NONE;
	}
	adj->nexthop = (uint16_t)number;
	t->n_free--;
	return i;
}

void adj_publish(struct adj_table *t, uint32_t i)
{
	struct nexthop nh = nexthop_of(&t->adjs[i]);

	// No memory: the old meaning stays, and the next event of the neighbour tries again.
	(void)nexthop_change(t->fib, t->adjs[i].nexthop, &nh);
}

void adj_sweep(struct adj_table *t)
{
	for (uint32_t i = 0; i < t->max; i++) {
		struct adj *adj = &t->adjs[i];
		if (adj->link == NULL || adj->refs > 0 || adj->host || adj->gateway || adj->usable)
			continue;
		map_del(&t->by_addr, hash_of(t, adj->link, adj->addr), i);
		nexthop_del(t->fib, adj->nexthop);
		*adj = (struct adj){0};
		t->free[t->n_free++] = i;
	}
}

int adj_link_publish(struct adj_table *t, struct adj_link *link)
{
	struct nexthop nh = {
		.kind = NH_GLEAN, .port = link->port, .vlan = link->vlan, .mtu = link->mtu};

	if (link->glean != NEXTHOP_NONE)
		return nexthop_change(t->fib, link->glean, &nh);
	int number = nexthop_add(t->fib, &nh);
	if (number < 0)
		return number;
	link->glean = (uint16_t)number;
	return 0;
}
