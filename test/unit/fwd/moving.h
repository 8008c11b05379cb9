// A node in the middle of a fast handover, for the tests of what becomes of its packets.
#pragma once

#include "test/unit/fwd/fate.h"

#define OTHER_MAG "2001:db8:e::40" // the previous MAG, or the next one
enum { PEER_MAG = 20 };
enum { HOLD = 2 }; // the number of its queues

// NODE_A's prefix until `moved_back`: an entry with these flags and this handover.
struct moving {
	struct world *w;
	uint32_t entry, next, serial;
};

// At its new MAG: expected, or in its place; packets come from OTHER_MAG too.
void moving_in(struct moving *, struct world *, unsigned flags, enum fwd_mode detour,
	       enum fwd_mode direct, enum fwd_mode uplink);
// At its previous MAG: packets go to OTHER_MAG.
void moving_out(struct moving *, struct world *);
// The same, and what comes from the LMA waits: its next MAG wished so.
void moving_out_kept(struct moving *, struct world *);
// It is there, and its entry is in its place and says nothing of a handover.
void arrived(struct moving *);
void moved_back(struct moving *);
void order(struct moving *, enum fwd_mode detour, enum fwd_mode direct, enum fwd_mode uplink,
	   bool last);
unsigned waiting(const struct moving *, enum fwd_queue);

// One packet of that length, no verdict yet: it waits.
void down_from(struct world *, const char *peer, uint16_t payload);
void up_from_node(struct world *, uint16_t payload);
// The payloads of what left by that port, in order, until there is no more; how many.
unsigned payloads(struct world *, uint16_t port, uint16_t *out, unsigned max);
