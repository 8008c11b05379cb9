// Destinations to next-hop numbers: two copies of rte_lpm6, of which the workers read one.
//
// It cannot be changed under its readers. So changes go to the idle copy, the pointer flips, a
// grace period passes, then the same changes go to the other one. Changes that come meanwhile wait.
//
// Of DPDK 22.11's tables: the trie of rte_fib6 gives wrong next hops after changes of short
// prefixes and loses tables with every few changes (test/unit/fib shows it), its plain tree costs
// 800 cycles a lookup among 1000 routes. rte_lpm6 knows no ::/0: that one stands beside it.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_memory.h>

#include "fib/fib_impl.h"

enum { NAME = 32 };

static int log_change(struct change_log *log, const struct route_change *c)
{
	if (log->n == log->room) {
		uint32_t room = log->room > 0 ? 2 * log->room : 256;
		struct route_change *more = realloc(log->v, room * sizeof(*more));
		if (more == NULL)
			return -ENOMEM;
		log->v = more;
		log->room = room;
	}
	log->v[log->n++] = *c;
	return 0;
}

static int apply(struct routes *copy, const struct route_change *c)
{
	if (c->dst.len == 0)
		copy->fallback = c->add ? c->nexthop : NEXTHOP_NONE;
	else if (c->add)
		return rte_lpm6_add(copy->lpm, c->dst.addr.a, c->dst.len, c->nexthop);
	else
		return rte_lpm6_delete(copy->lpm, c->dst.addr.a, c->dst.len);
	return 0;
}

// A change that a copy has no room for leaves that destination as it was.
static void apply_all(struct routes *copy, const struct change_log *log)
{
	for (uint32_t i = 0; i < log->n; i++)
		(void)apply(copy, &log->v[i]);
}

// Tables of 256 next hops, 1 KiB each. A route needs one for each octet behind its third that it
// shares with no other: a few have them all, of many most are shared.
static uint32_t tables_for(uint32_t routes)
{
	return RTE_MAX(RTE_MIN(4 * routes, 16384u), routes / 8);
}

int routes_init(struct fib *f, const char *name)
{
	const struct rte_lpm6_config conf = {.max_rules = f->conf.max_routes,
					     .number_tbl8s = tables_for(f->conf.max_routes)};

	for (unsigned i = 0; i < 2; i++) {
		char copy[NAME];
		snprintf(copy, sizeof(copy), "%s%u", name, i);
		f->copies[i].lpm = rte_lpm6_create(copy, SOCKET_ID_ANY, &conf);
		if (f->copies[i].lpm == NULL)
			return -ENOMEM; // rte_errno is not reliable here
	}
	struct rte_rib6_conf truth = {.max_nodes = 2 * (int)f->conf.max_routes};
	char rib[NAME];
	snprintf(rib, sizeof(rib), "%s-all", name);
	f->truth = rte_rib6_create(rib, -1, &truth);
	if (f->truth == NULL)
		return -ENOMEM; // rte_errno is not reliable here
	atomic_store_explicit(&f->routes, &f->copies[0], memory_order_release);
	return 0;
}

void routes_done(struct fib *f)
{
	for (unsigned i = 0; i < 2; i++)
		rte_lpm6_free(f->copies[i].lpm);
	rte_rib6_free(f->truth);
	free(f->fresh.v);
	free(f->half.v);
}

int route_set(struct fib *f, struct ip6_prefix dst, uint16_t nexthop)
{
	struct rte_rib6_node *node = rte_rib6_lookup_exact(f->truth, dst.addr.a, dst.len);

	int rc = log_change(&f->fresh, &(struct route_change){dst, nexthop, true});
	if (rc != 0)
		return rc;
	if (node == NULL)
		node = rte_rib6_insert(f->truth, dst.addr.a, dst.len);
	if (node == NULL) {
		f->fresh.n--;
		return -ENOSPC;
	}
	return rte_rib6_set_nh(node, nexthop);
}

int route_del(struct fib *f, struct ip6_prefix dst)
{
	if (rte_rib6_lookup_exact(f->truth, dst.addr.a, dst.len) == NULL)
		return -ENOENT;
	int rc = log_change(&f->fresh, &(struct route_change){dst, NEXTHOP_NONE, false});
	if (rc == 0)
		rte_rib6_remove(f->truth, dst.addr.a, dst.len);
	return rc;
}

static void end_wait(void *fib, uint64_t unused)
{
	struct fib *f = fib;

	(void)unused;
	apply_all(&f->copies[1 - f->live], &f->half);
	f->half.n = 0;
	f->waiting = false;
}

// Waits until the workers have left the copy that is behind.
static int wait_for_workers(struct fib *f)
{
	f->waiting = grace_defer(f->grace, end_wait, f, 0);
	return f->waiting ? -EBUSY : -ENOMEM;
}

int route_commit(struct fib *f)
{
	if (f->waiting)
		return -EBUSY;
	if (f->half.n > 0) // there was no memory to wait for the workers
		return wait_for_workers(f);
	if (f->fresh.n == 0)
		return 0;
	apply_all(&f->copies[1 - f->live], &f->fresh);
	f->live = 1 - f->live;
	atomic_store_explicit(&f->routes, &f->copies[f->live], memory_order_release);
	struct change_log applied = f->fresh;
	f->fresh = f->half; // empty, its memory is used again
	f->half = applied;
	return wait_for_workers(f);
}

uint16_t route_get(const struct fib *f, struct ip6_addr addr)
{
	struct rte_rib6_node *node = rte_rib6_lookup(f->truth, addr.a);
	uint64_t nexthop = NEXTHOP_NONE;

	if (node != NULL)
		(void)rte_rib6_get_nh(node, &nexthop);
	return (uint16_t)nexthop;
}

void route_find_burst(const struct fib *f, const struct ip6_addr *addrs, unsigned n,
		      int32_t *nexthops)
{
	const struct routes *routes = atomic_load_explicit(&f->routes, memory_order_acquire);

	rte_lpm6_lookup_bulk_func(
		routes->lpm, (uint8_t(*)[RTE_LPM6_IPV6_ADDR_SIZE])(uintptr_t)addrs, nexthops, n);
	for (unsigned i = 0; i < n; i++)
		nexthops[i] = nexthops[i] < 0 ? routes->fallback : nexthops[i];
}
