// Entries of prefixes whose node has left, until the binding is deleted or comes back: the cache
// says only that such a prefix is detached, and the tunnel still counts (LMA-FW-16).
//
// Keeps numbers, holds and releases nothing itself. Control thread.
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "base/map.h"
#include "base/siphash.h"

enum { FAREWELL_NONE = UINT32_MAX };

struct farewell {
	struct ip6_prefix hnp;
	uint32_t entry;
	uint32_t next; // free one
};

struct farewells {
	struct farewell *v;
	uint32_t max, free;
	struct map by_hnp;
	struct siphash_key key;
};

int farewells_init(struct farewells *, uint64_t seed); // 0, -ENOMEM
void farewells_done(struct farewells *);               // takes a zeroed one too

// The prefix is not among them. 0, or -ENOMEM with nothing changed.
int farewells_add(struct farewells *, struct ip6_prefix hnp, uint32_t entry);
// Its entry, and forgets it; FAREWELL_NONE if it is not among them.
uint32_t farewells_take(struct farewells *, struct ip6_prefix hnp);
