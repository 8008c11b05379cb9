// Packets out, one direction: how many are due, whose, how long.
//
// Decides that no more are under way than `in_flight` allows, and what is given up as lost when
// nothing comes any more. What the port does not take waits, and holds back what comes after it: it
// is never the sender that loses a packet. One thread.
#pragma once

#include "tools/load/pace.h"
#include "tools/load/pick.h"
#include "tools/load/side.h"
#include "tools/load/sink.h"
#include "tools/load/sizes.h"
#include "tools/load/ticks.h"

struct traffic {
	enum frame_way way;
	const struct plan *plan;
	struct node *nodes;
	struct side *side; // where it is sent
	struct frame_form form;
	struct pick *pick;
	struct sizes sizes;
	struct pace pace;
	const uint32_t *watched; // a node that moves: a packet for it every few microseconds
	uint64_t next_watch;     // TSC
	uint64_t watch_ticks;
	uint64_t in_flight; // at most so many under way; 0: as many as there come
	uint64_t given_up;  // of sent, no longer waited for
	uint64_t heard;     // received and wrong ones when it was last looked
	ns_t quiet_since;
	struct sink_counts counts;
};

// Sends what is due now.
void traffic_send(struct traffic *, struct now);
// Sent, and neither come nor given up.
uint64_t traffic_under_way(const struct traffic *);
// Counts begin anew, at this rate (pace.h).
void traffic_restart(struct traffic *, double rate, double hz, struct now);
void traffic_stop(struct traffic *);
