// Workers that share one source: all its packets are one MAG's, of many flows, and one worker
// receives them. Each has a TX queue of its own, as on a NIC.
#pragma once

#include "test/perf/bench/domain.h"

enum { TEAM_FLOWS = 1 << 16 };

struct team {
	unsigned n;
	struct fwd_conf conf;
	struct source *source;
	struct rte_ring *fragments[MAX_WORKERS], *flows[MAX_WORKERS];
	struct worker *workers;
	struct telem_worker *telem;
};

// Spreads if n > 1. 0 or -ENOMEM; team_free takes a half-built one.
int team_new(struct domain *, unsigned n, uint16_t len, struct team *out);
void team_free(struct team *);
// What of all was not forwarded as it should; 0.
uint64_t team_failed(const struct team *);
// The order of each flow from now on, as it is sent: `last` has TEAM_FLOWS numbers, all 0.
struct team_order {
	uint32_t last[TEAM_FLOWS];
	_Atomic uint64_t checked, reordered;
};
void team_check_order(struct team *, struct team_order *); // NULL: no more
