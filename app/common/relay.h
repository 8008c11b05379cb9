// Frames between a port that is not the kernel's and the TAP that is its kernel twin.
//
// The workers hand over what is not ours on a ring; the kernel's own frames go to worker 0, which
// owns the first queue of every port. A tagged interface has a TAP of its own on which the kernel
// sees no tag. Control thread: a turn moves a bounded number each way.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "drivers/tap/tap.h"

struct plane;

struct relay {
	struct tap *tap; // NULL: the netdev itself is the twin, or there is none
};

struct relay_counters {
	uint64_t to_kernel, from_kernel;
	uint64_t refused; // the TAP did not take a frame: it is down, or its queue is full
	uint64_t no_mbuf, ring_full, no_twin;
};

// Opens the TAPs of all interfaces that need one. 0 or -errno with one line of why.
int relay_start(struct plane *, char *why, size_t n);
void relay_done(struct plane *);
// One turn; true if anything moved.
bool relay_turn(struct plane *);
// The port's carrier for the TAPs on it.
void relay_carrier(struct plane *, uint16_t port, bool up);
