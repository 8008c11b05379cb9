// The running Local Mobility Anchor: everything that main starts and stops.
//
// boot.c     builds it from the configuration and takes it down, step by step
// control.c  what the control thread's turn does for the engine: messages and timers
// effects.c  what the engine decides becomes state of the workers; the only file that knows both
// grace.[ch] packets of a session's previous MAG count for a while (FMIP-12)
// served.c   whom it serves: the configuration's rows become the engine's
// show.c     what an operator sees
// The data plane under it is app/common's (plane.h). Owned by the control thread.
#pragma once

#include <signal.h>

#include "app/common/log.h"
#include "app/common/loop.h"
#include "app/common/plane.h"
#include "mgmt/mgmt.h"
#include "mob/lma.h"

// Whom it serves, as the engine's rows; they last as long as the engine.
struct served {
	struct lma_mag_conf *mags;
	struct lma_pool_conf *pools;
	struct lma_profile_conf *profiles;
	uint16_t *pool_rows;        // what `pools` of mags and profiles point into
	struct lma_key *keys;       // what `nodes` of mags point into
	struct ip6_prefix *statics; // what `prefixes` of profiles point into
};

struct grace_list;

struct anchor {
	struct conf *conf;
	struct plane plane;
	struct lma *lma;
	struct served served;
	struct mgmt *mgmt;
	struct grace_list *graces; // NULL: lma.prev_coa_grace_ms is 0
	uint64_t bind_failed;      // bindings that the workers had no room for
	struct log_limit refusals, shortages, news;
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
// The engine's part of a turn, for who makes the turns himself.
struct loop_program control_program(struct anchor *);

// ---- effects.c

// A tunnel to this MAG that stays without bindings (LMA-FW-10). 0 or -errno.
int effects_keep_tunnel(struct anchor *, struct ip6_addr mag);
// Pulls every action of the engine and carries it out, in order.
void effects_apply(struct anchor *, struct instant now);

// ---- served.c

int served_make(const struct conf *, struct served *); // 0, -ENOMEM
void served_fill(const struct served *, const struct conf *, struct lma_conf *);
void served_free(struct served *);

// ---- show.c

extern const struct mgmt_command show_commands[];
