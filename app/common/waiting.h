// Packets that wait for a link-layer address: RFC 4861 7.2.2 asks to keep some for each neighbour.
//
// A worker that does not know a neighbour hands the packet to control; here it stays until the
// kernel has resolved the neighbour, at most three seconds (RFC 4861 10: three solicitations, one a
// second). The room is bounded; what finds none or waits too long is lost by name. Control thread.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "base/clock.h"
#include "fib/fib.h"
#include "telem/verdict.h"

enum { WAITING_MAX = 128 };

struct waiting {
	struct rte_mbuf *pkts[WAITING_MAX];
	ns_t until[WAITING_MAX], ask[WAITING_MAX]; // ask: when its neighbour is asked for again
	unsigned n;
	struct telem_worker telem; // control writes: its own accounting, beside the workers'
};

// Takes the packet of a GLEAN punt.
void waiting_add(struct waiting *, struct rte_mbuf *, ns_t now);
// Gives those whose neighbour is known now to a worker's inject ring; drops those that waited too
// long. Call it every turn. The neighbour of one that waits on is asked for again each second (RFC
// 4861 10): the kernel forgets a question when a link changes.
typedef void waiting_ask_fn(void *arg, struct ip6_addr);
void waiting_turn(struct waiting *, const struct fib *, struct rte_ring *inject, ns_t now,
		  waiting_ask_fn *, void *arg);
void waiting_done(struct waiting *); // frees what still waits
