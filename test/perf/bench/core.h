// The core network of a domain, as one port in memory: packets to mobile nodes, so many a second.
//
// While a handover is watched (mags.h), one packet of each burst is for its node. Same thread as
// the MAGs' port.
#pragma once

#include "test/perf/bench/mags.h"
#include "test/perf/bench/pace.h"

static const uint64_t CORE_QUIET = UINT64_MAX;

struct core {
	struct port port; // first
	struct source *source;
	const struct mags *mags;
	const struct domain *domain;
	struct pace pace;
	_Atomic uint64_t ticks_a_packet; // who measures writes; 0: as many as are taken
};

int core_new(const struct domain *, uint16_t size, struct core **out); // quiet; 0 or -ENOMEM
void core_free(struct core *);
