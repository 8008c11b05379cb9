// What the files of fib share. Nothing outside lib/fib includes this.
#pragma once

#include "fib/fib.h"

#include <rte_lpm6.h>
#include <rte_rib6.h>

#include "base/map.h"
#include "base/siphash.h"

struct entry_row {
	uint32_t refs, next_free;
};

struct routes {
	struct rte_lpm6 *lpm;
	uint16_t fallback; // of ::/0
};

struct route_change {
	struct ip6_prefix dst;
	uint16_t nexthop;
	bool add;
};

struct change_log {
	struct route_change *v;
	uint32_t n, room;
};

struct fib {
	struct fib_view view;                  // first
	_Atomic(const struct routes *) routes; // workers read
	// Control's own.
	struct fib_conf conf;
	struct grace *grace;
	struct entry_row *rows;
	uint32_t entry_free;
	struct map by_tunnel;
	struct siphash_key key;
	uint16_t *nexthop_free;
	uint32_t n_nexthop_free, n_peers;
	struct rte_rib6 *truth; // every route, committed or not
	struct routes copies[2];
	unsigned live;           // which copy the workers read
	bool waiting;            // for the workers to leave the other one
	struct change_log fresh; // not applied yet
	struct change_log half;  // applied to the live copy, the other one is to follow
};

int entries_init(struct fib *);
void entries_done(struct fib *);
int nexthops_init(struct fib *);
void nexthops_done(struct fib *);
int peers_init(struct fib *);
void peers_done(struct fib *);
int routes_init(struct fib *, const char *name);
void routes_done(struct fib *);
