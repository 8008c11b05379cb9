// The running Local Mobility Anchor: everything that main starts and stops.
//
// boot.c     builds it from the configuration and takes it down, step by step
// control.c  the control thread's loop: punts, timers, kernel events, operators
// effects.c  what the engine decides becomes state of the workers; the only file that knows both
// show.c     what an operator sees
// Owned by the control thread; workers get their own parts of it (struct worker).
#pragma once

#include <signal.h>

#include "app/common/log.h"
#include "app/common/twin.h"
#include "app/common/waiting.h"
#include "app/common/worker.h"
#include "bcache/bcache.h"
#include "conf/conf.h"
#include "drivers/xdp/loader.h"
#include "fib/fib.h"
#include "linux/kernel_twin.h"
#include "mgmt/mgmt.h"
#include "mob/lma.h"

// What control itself lost or could not do; every one is shown.
struct control_counters {
	uint64_t punts, parse_errors[MH_N_ERRS];
	uint64_t sent, send_no_mbuf, send_ring_full, send_not_encoded;
	uint64_t bind_failed, icmp_punts, gleans;
};

struct anchor {
	struct conf *conf;
	struct grace *grace;
	struct bcache *bcache;
	struct fib *fib;
	struct steer *steer; // NULL without AF_XDP ports
	struct rte_mempool *pool;
	struct rte_ring *punt;
	struct port *ports[PORT_MAX];
	unsigned n_ports;
	struct ip6_prefix *pool_blocks;  // sorted, for the workers
	const struct fwd_conf *fwd_conf; // the newest; older ones are with grace
	struct telem_worker telem[WORKER_MAX];
	struct worker workers[WORKER_MAX];
	unsigned n_workers, n_running;
	struct kernel *kernel;
	struct twin *twin;
	struct lma *lma;
	uint32_t
		*mag_refs; // bindings per mag_id: when it is 0 the MAG's tunnel packets are refused
	uint32_t max_mags;
	struct waiting waiting; // packets without a neighbour yet
	struct mgmt *mgmt;
	struct control_counters counters;
	struct log_limit refusals;
	ns_t started;
};

// ---- boot.c

// What a configuration may ask and this program cannot do yet: 0, or -ENOTSUP with one line of why.
int anchor_check(const struct conf *, char *why, size_t n);
// Builds everything; on failure says why in one line and leaves what there is to anchor_stop. 0 or
// -errno.
int anchor_start(struct anchor *, char *why, size_t n);
int anchor_run_workers(struct anchor *);
void anchor_stop(struct anchor *); // takes half-built ones
// Publishes a fwd_conf that has the links' present MACs and addresses.
void anchor_publish_conf(struct anchor *);

// ---- control.c

void control_run(struct anchor *, const volatile sig_atomic_t *stop);
ns_t control_now(void);

// ---- effects.c

// Pulls every action of the engine and carries it out, in order.
void effects_apply(struct anchor *, struct instant now);
// Forwarding entries follow changed routes.
void effects_resolve(struct anchor *);

// ---- show.c

extern const struct mgmt_command show_commands[];
