// Outer fragments for the tests: cut from a packet, given to a world, and what becomes of them.
#pragma once

#include "test/unit/fwd/fate.h"

enum { UDP = 17, IPV6 = 41, FRAGMENT = 44, MOBILITY = 135, OPTIONS = 60 };

// The part of a packet from `at` on, counted behind its IPv6 header.
struct frame piece_of(const struct frame *whole, uint16_t at, uint16_t n, bool more, uint32_t id);
// One packet from the backbone, one turn.
void give(struct world *, struct frame packet);
// The same with a part of a packet; what reaches its end is its last piece.
void give_piece(struct world *, const struct frame *whole, uint16_t at, uint16_t n, uint32_t id);
uint64_t count(const struct world *, enum verdict);
// From MN1 through its MAG, 1000 octets of payload.
struct frame from_mn1(void);
// At the correspondent: what is inside of it, a hop further.
void assert_arrived(struct world *, const struct frame *whole);
// The error that the last packet caused, on the backbone.
struct frame error_sent(struct world *);
