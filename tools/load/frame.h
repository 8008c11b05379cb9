// The packets of both directions: written in whole frames, and judged when they come.
//
// Down: correspondent to node, plain when sent, in a tunnel from the LMA to the node's MAG when it
// comes. Up: the other way round. The inner packet has the next header 253, which is for tests (RFC
// 3692), and a stamp. Pure but for the node's state, which it reads.
#pragma once

#include "tools/load/node.h"
#include "tools/load/plan.h"
#include "tools/load/stamp.h"

enum frame_way { WAY_DOWN, WAY_UP, N_WAYS };
const char *frame_way_name(enum frame_way);

enum { FRAME_ETHER = 14, FRAME_IP6 = 40, FRAME_LEAST = 64, FRAME_MOST = 1514 };
enum { FRAME_TEST = 253, FRAME_HOP_LIMIT = 64 };

#define FAULT(name, text) FAULT_##name,
enum frame_fault {
	FAULT_NONE,
#include "tools/load/faults.def"
	N_FAULTS
};
#undef FAULT
const char *frame_fault_name(enum frame_fault); // "prefix"
const char *frame_fault_text(enum frame_fault);

// What is the same in all frames of a way.
struct frame_form {
	enum frame_way way;
	uint16_t headers; // octets
	uint8_t bytes[FRAME_ETHER + 2 * FRAME_IP6];
};

// Link-layer addresses as in the frame: of the neighbour, ours.
struct frame_form frame_form(const struct plan *, enum frame_way, const uint8_t to[6],
			     const uint8_t from[6]);
// How long a frame of `size` octets is on the wire here: a tunnel comes on top of it.
uint16_t frame_length(const struct frame_form *, uint16_t size);
// Writes it. `size`: of the frame without a tunnel, FRAME_LEAST to FRAME_MOST.
void frame_write(uint8_t *frame, uint16_t size, const struct frame_form *, const struct plan *,
		 const struct node *, uint32_t node, struct stamp);

struct frame_found {
	uint32_t node, mag; // mag: of a downlink packet
	struct stamp stamp;
};

// The node that a packet (from its IPv6 header on) seems to be of, PLAN_NONE: of none. For
// prefetching.
uint32_t frame_node(const struct plan *, enum frame_way, struct span packet);
// What is wrong with a packet, but for its number and its MAG. *out is filled if nothing is.
enum frame_fault frame_read(const struct plan *, const struct node *nodes, enum frame_way,
			    struct span packet, struct frame_found *out);
