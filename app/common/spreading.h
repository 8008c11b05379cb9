// One tunnel over several workers: who deals its packets out, and how even it came out.
//
// Decides for each port, once, at the start. Control thread.
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "drivers/port.h"
#include "fwd/fwd.h"
#include "telem/verdict.h"

enum spreading {
	SPREADING_NONE,      // no tunnels come there, or there is one worker
	SPREADING_NIC,       // its NIC, by what is inside
	SPREADING_WORKERS,   // whoever receives, by the inner flow (lib/fwd/spread.c)
	SPREADING_OUTER,     // its NIC, by outer headers: a tunnel is one worker's
	SPREADING_ONE_QUEUE, // nobody: it has one queue
};

// With `auto` the workers do it where the NIC does not, or has fewer queues than there are workers.
enum spreading spreading_of(enum conf_spread, unsigned n_workers, const struct port *);
const char *spreading_name(enum spreading); // for operators; "" for NONE

// What each worker has taken out of tunnels, once a second for the last ten.
enum { BALANCE_SECONDS = 10 };
struct balance {
	uint64_t then[BALANCE_SECONDS][FWD_MAX_WORKERS];
	unsigned next; // the oldest of them
	ns_t due;
};

void balance_turn(struct balance *, const struct telem_worker *workers, unsigned n, ns_t now);
// How much more the busiest worker took than the mean, in percent of the mean; 0 if nobody took
// any.
uint64_t balance_percent(const struct balance *, const struct telem_worker *workers, unsigned n);
