// Packets that wait for a fast handover: RFC 5949 4.1, 4.2; RFC 5568 5.4.
//
// At the new MAG three queues for a node: what comes by the previous MAG, what comes straight from
// the LMA, what the node sends. At the previous MAG, if it was asked to keep packets, the second
// one. A packet joins its queue while the mode is HOLD or the queue is not empty; DIRECT goes on
// only when DETOUR is empty; nothing goes on to a node that is not here yet. What goes on is looked
// up again and takes the entry that holds by then: at most five at once, then at `drain_rate` times
// the rate at which they came.
//
// Each worker has its own queues for what it receives; no packet changes hands and none is copied.
// A hold begins with the first packet of an entry that names it, or with an order; `serial` tells
// one use of a number from the next. Full and old queues lose their oldest packet by name.
//
// Orders come from control by a ring of words; what the worker did and holds, control reads. So
// control knows when nothing waits any more at any worker.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "fib/entry.h"

enum { FWD_MAX_HOLDS = 65536 };

struct fwd_order {
	uint32_t serial;
	uint16_t hold; // < FWD_MAX_HOLDS
	uint8_t modes[FWD_N_QUEUES];
	bool last; // the hold ends: what waits still is dropped by name
};

// As a word of the ring.
uint64_t fwd_order_pack(struct fwd_order);
struct fwd_order fwd_order_unpack(uint64_t);

// A hold as its worker reports it. The worker writes, control reads, relaxed.
struct fwd_held_state {
	_Atomic uint32_t serial; // 0: not in use at this worker
	_Atomic uint32_t packets[FWD_N_QUEUES];
	_Atomic uint64_t bytes; // of buffers
};

struct fwd;

// Worker, once a turn before it takes packets. n words of the ring.
void fwd_take_orders(struct fwd *, const uint64_t *words, unsigned n);
// Worker. Something waits for nothing but its time.
bool fwd_is_draining(const struct fwd *);
// Control. Orders that this worker has carried out, ever; acquire: what it reported before is seen.
uint32_t fwd_orders_done(const struct fwd *);
// Control. Of hold < max_holds.
const struct fwd_held_state *fwd_held_state(const struct fwd *, uint32_t hold);
// Control. Bytes of buffers in all holds of this worker.
uint64_t fwd_held_bytes(const struct fwd *);
