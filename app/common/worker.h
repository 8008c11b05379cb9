// A worker: one lcore that polls its ports' queues, runs the forwarding path and sends.
//
// Polls and nothing else: no lock, no log, no system call but the idle sleep. What crosses to and
// from control are the rings and atomics below; the queues of every port are dealt out at start, so
// each has exactly one owner. Packets for a port whose TX queue belongs to another worker go
// through that worker's ring with their verdict.
#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <rte_ring.h>

#include "bcache/grace.h"
#include "drivers/port.h"
#include "fwd/fwd.h"

enum { WORKER_MAX = FWD_MAX_WORKERS, WORKER_RXQ_MAX = 64 };

struct worker_rxq {
	struct port *port;
	uint16_t queue;
};

// Where this worker's packets for a port go: its own queue, or the ring of the queue's owner.
struct worker_txq {
	struct port *port; // NULL: no such port
	bool own;          // tx through `queue`
	uint16_t queue;
	struct rte_ring *owner; // else
};

// One lies behind the other: no cache line is written by two.
struct worker {
	// Set by control before the worker runs, constant after.
	unsigned number;
	struct fwd *fwd;
	struct grace *grace;
	struct worker_rxq rx[WORKER_RXQ_MAX];
	unsigned n_rx;
	struct worker_txq tx[PORT_MAX];
	uint16_t n_ports;        // numbers below it
	struct rte_ring *inject; // control to worker: packets of our own
	struct rte_ring *inbox;  // other workers to this one: packets for its TX queues
	struct rte_ring *orders; // control to worker: words of hold.h; NULL: none come
	struct telem_worker *telem;
	uint32_t idle_polls, idle_sleep_us;
	// Control writes, the worker reads once a turn.
	_Alignas(64) _Atomic(const struct fwd_conf *) conf;
	_Atomic bool stop;
	// The worker writes, control reads.
	_Alignas(64) _Atomic uint32_t held;
	// The worker's own.
	struct worker_clock {
		uint64_t tsc, hz, ns_per_tick_q32; // hz 0: not set yet
		ns_t ns;
	} clock;
	const struct fwd_conf *current;
};
static_assert(sizeof(struct worker) % 64 == 0 && offsetof(struct worker, conf) % 64 == 0 &&
		      offsetof(struct worker, held) % 64 == 0 &&
		      offsetof(struct worker, held) - offsetof(struct worker, conf) >= 64,
	      "control's words, the worker's, and the next worker's, each in lines of their own");

// The lcore's main: returns when stop is set, with everything held sent or dropped by name.
int worker_run(void *worker);

// One turn of its loop, in its thread and online with grace: all inputs once, then output. How much
// there was.
unsigned worker_turn(struct worker *);

// Deals the queues of `ports` to `workers`, each queue to one. Control, before the start. 0 or
// -ENOSPC.
int worker_deal(struct worker *workers, unsigned n, struct port *const *ports, unsigned n_ports);
