// One played mobile node: what it holds, and where it is. A cache line.
//
// Decides by which MAG a packet may come while a node moves. Pure.
#pragma once

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/load/flow.h"

enum { NODE_NO_MAG = 0xffff };

enum node_state {
	NODE_ABSENT,
	NODE_REGISTERING, // its first PBU waits for an answer
	NODE_BOUND,
	NODE_MOVING,  // that of its next MAG does
	NODE_LEAVING, // that of lifetime 0 does
	NODE_GONE,
	NODE_REFUSED, // the LMA does not take it
	N_NODE_STATES
};

struct node {
	alignas(64) uint64_t hnp; // the first 64 bits of its home network prefix
	struct flow down, up;
	uint16_t mag;   // where it is bound
	uint16_t from;  // where it was before: packets may still be under way
	uint16_t to;    // whose PBU waits for an answer
	uint16_t seq;   // of the last PBU
	uint32_t moved; // when the last handover was answered; time of stamps
	uint32_t asked; // when the last PBU was sent; time of stamps
	uint8_t state;  // enum node_state
	uint8_t tries;  // PBUs of the same request before the last
	uint8_t hnp_len;
	bool watched; // until the first packet comes by the MAG that it goes to
};
static_assert(sizeof(struct node) == 64, "a cache line");

enum node_via { VIA_ITS_MAG, VIA_PREVIOUS, VIA_WRONG };

// By this MAG, sent at `sent`. While it moves both are right: the LMA decides when. Afterwards the
// previous one is, for what was sent before the answer came: workers know a binding before the PBA
// that grants it leaves.
static inline enum node_via node_via(const struct node *n, uint32_t mag, uint32_t sent)
{
	if (mag == n->mag || (n->state == NODE_MOVING && mag == n->to))
		return VIA_ITS_MAG;
	if (mag == n->from && (int32_t)(sent - n->moved) < 0)
		return VIA_PREVIOUS;
	return VIA_WRONG;
}

// Packets to it are on their way to somebody.
static inline bool node_is_reachable(const struct node *n)
{
	return n->state == NODE_BOUND || n->state == NODE_MOVING;
}
