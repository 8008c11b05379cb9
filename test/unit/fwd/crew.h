// Several workers in one world: they share its tables and ports, each has its own counters, and
// they take their turns one after the other.
#pragma once

#include "test/unit/fwd/pieces.h"

enum { CREW_MAX = 4, CREW_RING = 64 };

struct crew {
	struct world *world;
	unsigned n;
	struct rte_ring *fragments[CREW_MAX], *flows[CREW_MAX];
	struct telem_worker telem[CREW_MAX];
	struct fwd *workers[CREW_MAX];
};

// n workers of that world as its settings are now. Until crew_end, which gives its counters what
// theirs have.
void crew_start(struct crew *, struct world *, unsigned n);
void crew_end(struct crew *);
// What one of them receives on the backbone, n <= FWD_BURST packets; nothing is sent yet.
void crew_receive(struct crew *, unsigned worker, const struct frame *packets, unsigned n);
// One turn of one of them: what others have for it, then output.
void crew_turn(struct crew *, unsigned worker);
void crew_turns(struct crew *); // of all, until nobody has anything for another

uint64_t crew_count(const struct crew *, enum verdict); // of all together
// received + originated + fragmented = verdicts + held by workers and by the rings between them.
bool crew_is_balanced(const struct crew *);
