// Fast handovers as the workers know them: which queues a binding's packets pass, and when nothing
// waits any more.
//
// The engine names a handover by a number; here it gets queues of its own at every worker, which
// stay until they are empty when the handover is over already. Only then its bindings are written
// without them: so what comes later overtakes nothing. Control thread.
#pragma once

#include "app/common/tunnels.h"
#include "mob/mag.h"

struct gateway;
struct handovers;

int handovers_open(struct gateway *); // 0 or -ENOMEM; off without peers
void handovers_close(struct handovers *);

// MAG_HOLD, MAG_RELEASE.
void handovers_hold(struct gateway *, const struct mag_action *);
void handovers_release(struct gateway *, const struct mag_action *);
// MAG_BIND: the queues of its handover, if it has any, in way->handover. Before it is written.
void handovers_fill(struct gateway *, const struct mag_action *, struct tunnel_way *);
// The prefix has this way now: remembered as long as its queues are needed.
void handovers_bound(struct gateway *, const struct mag_action *, const struct tunnel_way *);
void handovers_unbound(struct gateway *, struct ip6_prefix hnp);
void handovers_turn(struct gateway *);

// What waits at all workers for that handover of the engine's.
void handovers_waiting(const struct gateway *, uint32_t number, uint64_t *packets, uint64_t *bytes);
struct handovers_totals {
	uint32_t holds, closing; // in use; of them those that are drained only
	uint64_t refused;        // a handover without queues: none was left
	uint64_t bytes;
};
struct handovers_totals handovers_totals(const struct gateway *);
