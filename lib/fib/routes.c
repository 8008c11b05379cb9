// Destinations to next-hop numbers: two copies of rte_fib6, of which the workers read one.
//
// rte_fib6 of DPDK 22.11 cannot be changed under its readers. So changes go to the idle copy, the
// pointer flips, a grace period passes, then the same changes go to the other one. Changes that
// come meanwhile wait.
//
// The lookup is DPDK's plain tree (RTE_FIB6_DUMMY), not its trie of tables: that one, in 22.11.11,
// gives wrong next hops after changes of short prefixes and loses tables with every few changes,
// until there is no room. test/unit/fib shows it when the type is changed; the speed of the trie is
// for when it is mended.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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

static int apply(struct rte_fib6 *copy, const struct route_change *c)
{
	if (c->add)
		return rte_fib6_add(copy, c->dst.addr.a, c->dst.len, c->nexthop);
	return rte_fib6_delete(copy, c->dst.addr.a, c->dst.len);
}

// A change that a copy has no room for leaves that destination as it was.
static void apply_all(struct rte_fib6 *copy, const struct change_log *log)
{
	for (uint32_t i = 0; i < log->n; i++)
		(void)apply(copy, &log->v[i]);
}

int routes_init(struct fib *f, const char *name)
{
	struct rte_fib6_conf conf = {.type = RTE_FIB6_DUMMY,
				     .default_nh = NEXTHOP_NONE,
				     .max_routes = (int)f->conf.max_routes};

	for (unsigned i = 0; i < 2; i++) {
		char copy[NAME];
		snprintf(copy, sizeof(copy), "%s%u", name, i);
		f->copies[i] = rte_fib6_create(copy, -1, &conf);
		if (f->copies[i] == NULL)
			return -ENOMEM; // rte_errno is not reliable here
	}
	struct rte_rib6_conf truth = {.max_nodes = 2 * (int)f->conf.max_routes};
	char rib[NAME];
	snprintf(rib, sizeof(rib), "%s-all", name);
	f->truth = rte_rib6_create(rib, -1, &truth);
	if (f->truth == NULL)
		return -ENOMEM; // rte_errno is not reliable here
	atomic_store_explicit(&f->routes, f->copies[0], memory_order_release);
	return 0;
}

void routes_done(struct fib *f)
{
	for (unsigned i = 0; i < 2; i++)
		rte_fib6_free(f->copies[i]);
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
	apply_all(f->copies[1 - f->live], &f->half);
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
	apply_all(f->copies[1 - f->live], &f->fresh);
	f->live = 1 - f->live;
	atomic_store_explicit(&f->routes, f->copies[f->live], memory_order_release);
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
		      uint16_t *nexthops)
{
	enum { BURST = 64 };
	struct rte_fib6 *routes = atomic_load_explicit(&f->routes, memory_order_acquire);
	uint64_t found[BURST];

	for (unsigned i = 0; i < n; i += BURST) {
		unsigned k = n - i < BURST ? n - i : BURST;
		rte_fib6_lookup_bulk(routes,
				     (uint8_t(*)[RTE_FIB6_IPV6_ADDR_SIZE])(uintptr_t)&addrs[i],
				     found, (int)k);
		for (unsigned j = 0; j < k; j++)
			nexthops[i + j] = (uint16_t)found[j];
	}
}
