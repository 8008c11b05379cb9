// Every route that the kernel told, and which one of each prefix counts.
//
// Candidates of a prefix are ordered by table (our pools, static routes, local addresses,
// neighbours, main), then metric; the best one is published to the workers' routes. Control thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/map.h"
#include "base/siphash.h"
#include "fib/fib.h"

enum rib_type { RIB_UNICAST, RIB_LOCAL, RIB_DISCARD, RIB_OTHER };

// RTN_* of the kernel.
enum rib_type rib_type(uint8_t rtn);

// Tables of our own stand before the kernel's 254 (main) and 255 (local).
enum { RIB_TABLE_POOL = 1, RIB_TABLE_STATIC = 2, RIB_TABLE_HOST = 3 };

struct rib_route {
	struct ip6_prefix dst;
	struct ip6_addr gateway;
	int ifindex;
	uint32_t metric, table;
	enum rib_type type;
	uint16_t fixed; // next hop of a route that is not the kernel's; NEXTHOP_NONE: resolve it
	// The table's own.
	uint32_t adj; // held for it while it is the best
	bool best, marked;
};

// Next hop of a route, with the adjacency behind it (UINT32_MAX: none).
typedef uint16_t rib_resolve_fn(void *arg, const struct rib_route *, uint32_t *adj);
// An adjacency gains (+1) or loses (-1) a route.
typedef void rib_hold_fn(void *arg, uint32_t adj, int by);

struct rib {
	struct fib *fib;
	struct rib_route *routes;
	uint32_t *free;
	uint32_t n_free, max;
	struct map by_prefix;
	struct siphash_key key;
	rib_resolve_fn *resolve;
	rib_hold_fn *hold;
	void *arg;
};

int rib_init(struct rib *, struct fib *, uint32_t max, uint64_t seed, rib_resolve_fn *,
	     rib_hold_fn *, void *arg); // 0, -ENOMEM
void rib_done(struct rib *);

int rib_add(struct rib *, const struct rib_route *); // 0; present: refreshed; -ENOSPC
void rib_del(struct rib *, const struct rib_route *);
// Adds it in place of every other route of its prefix, table and metric, as `ip route replace`
// does.
int rib_replace(struct rib *, const struct rib_route *);

// Around a full dump: what is the kernel's and was not added again between the two is deleted.
void rib_mark(struct rib *);
void rib_sweep_marked(struct rib *);
