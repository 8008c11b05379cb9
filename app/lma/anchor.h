// The running Local Mobility Anchor: everything that main starts and stops.
//
// boot.c     builds it from the configuration and takes it down, step by step
// control.c  what the control thread's turn does for the engine: messages and timers
// effects.c  what the engine decides becomes state of the workers; the only file that knows both
// show.c     what an operator sees
// The data plane under it is app/common's (plane.h). Owned by the control thread.
#pragma once

#include <signal.h>

#include "app/common/log.h"
#include "app/common/plane.h"
#include "mgmt/mgmt.h"
#include "mob/lma.h"

struct anchor {
	struct conf *conf;
	struct plane plane;
	struct lma *lma;
	struct mgmt *mgmt;
	uint64_t bind_failed; // bindings that the workers had no room for
	struct log_limit refusals;
	ns_t started;
};

// ---- boot.c

// Builds everything; on failure says why in one line and leaves what there is to anchor_stop. 0 or
// -errno.
int anchor_start(struct anchor *, char *why, size_t n);
int anchor_run_workers(struct anchor *);
void anchor_stop(struct anchor *); // takes half-built ones

// ---- control.c

void control_run(struct anchor *, const volatile sig_atomic_t *stop);

// ---- effects.c

// Pulls every action of the engine and carries it out, in order.
void effects_apply(struct anchor *, struct instant now);

// ---- show.c

extern const struct mgmt_command show_commands[];
