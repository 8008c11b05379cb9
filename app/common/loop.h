// The control thread's loop. A turn takes a bounded piece of everything: punted packets, the
// program's timers, kernel events, TAPs, operators. It sleeps only when all of them had nothing.
#pragma once

#include <signal.h>

#include "app/common/path_mtu.h"
#include "app/common/plane.h"
#include "mgmt/mgmt.h"

enum { LOOP_PUNTS = 16 };

// The program's part of a turn.
struct loop_program {
	void *arg;
	// SIGNALLING or ACCESS punts in their order, LOOP_PUNTS at most; they stay the loop's.
	void (*on_punts)(void *arg, struct rte_mbuf *const *, unsigned n, struct instant now);
	// Once a turn: timers.
	void (*on_time)(void *arg, struct instant now);
	plane_link_fn *on_link;   // of a port that the kernel does not watch; NULL: not wanted
	path_mtu_fn *on_path_mtu; // what fits into the tunnel to a peer changed; NULL: not wanted
};

// One turn; true if there was something to do.
bool loop_turn(struct plane *, struct mgmt *, const struct loop_program *);
// Turns until *stop.
void loop_run(struct plane *, struct mgmt *, const struct loop_program *,
	      const volatile sig_atomic_t *stop);

ns_t loop_now(void); // monotonic
struct instant loop_instant(void);
