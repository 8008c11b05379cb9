// The running Mobile Access Gateway: everything that main starts and stops.
//
// boot.c     builds it from the configuration and takes it down, step by step
// control.c  what the control thread's turn does for the engine: messages, links, timers
// frames.c   frames of access links, both ways: who is there, neighbour discovery (RFC 4861)
// authorise.[ch]  asks RADIUS who may attach
// handovers.[ch]  fast handovers: queues of packets at the workers, orders to them (RFC 5949)
// effects.c  what the engine decides becomes state of the workers; the only file that knows both
// dhcp.[ch]  the DHCPv6 relay agent (RFC 5213 6.11), leases.[ch]: what it may be for a node
// show.c     what an operator sees; orders.c: what an operator wants done
// The data plane under it is app/common's (plane.h). Owned by the control thread.
#pragma once

#include <signal.h>

#include "aaa/aaa.h"
#include "app/common/log.h"
#include "app/common/plane.h"
#include "app/mag/dhcp.h"
#include "mgmt/mgmt.h"
#include "mob/mag.h"
#include "wire/nd.h"

// What control itself lost or could not do; every one is shown.
struct gateway_counters {
	uint64_t heard, solicited, defended; // frames, RS and NS of nodes
	uint64_t no_interface, unreadable;   // frames that nothing could be made of
	uint64_t nd_sent, nd_no_mbuf, nd_ring_full;
	uint64_t bind_failed;
};

struct gateway {
	struct conf *conf;
	struct plane plane;
	struct mag *mag;
	struct aaa *aaa; // NULL: nobody is asked
	struct mgmt *mgmt;
	struct dhcp *dhcp;           // NULL: off
	struct handovers *handovers; // NULL: fast handover is off
	struct gateway_counters counters;
	struct log_limit notes;
	ns_t started;
};

// ---- boot.c

// Builds everything; on failure says why in one line and leaves what there is to gateway_stop. 0 or
// -errno.
int gateway_start(struct gateway *, char *why, size_t n);
int gateway_run_workers(struct gateway *);
void gateway_stop(struct gateway *); // takes half-built ones

// ---- control.c

void control_run(struct gateway *, const volatile sig_atomic_t *stop);
// One thing happened: to the engine with it, and its answers carried out.
void control_tell(struct gateway *, struct instant now, const struct mag_event *);

// ---- frames.c

// A frame of an access link, whole: tells the engine and answers what a router answers.
void frames_take(struct gateway *, struct rte_mbuf *, struct instant now);
// A packet to this node alone. What cannot be sent is counted.
void frames_send(struct gateway *, struct mag_link, struct span packet);
void frames_advertise(struct gateway *, const struct mag_action *);
void frames_probe(struct gateway *, const struct mag_action *);

// ---- effects.c

// Pulls every action of the engine and carries it out, in order.
void effects_apply(struct gateway *, struct instant now);

// ---- show.c

extern const struct mgmt_command gateway_commands[];

// ---- orders.c: "mag attach MAC [nai NAI] [interface NAME]", "mag detach MAC". 0, or -errno with
// why.

int order_attach(void *gateway, int argc, char **argv, char *why, size_t n);
// "mag handover MN --to AP-ID [prepare]", "mag handover MN cancel".
int order_handover(void *gateway, int argc, char **argv, char *why, size_t n);
int order_detach(void *gateway, int argc, char **argv, char *why, size_t n);
