// The played MAGs' signalling: PBUs out at a rate, PBAs in, again what was not answered.
//
// Decides who is registered, moved and de-registered when. A request that is not answered is sent
// again after 1, 2, 4 .. 32 s (RFC 5213 6.9.4), with the next sequence number and the present time.
// A node that moves tells nothing at its old MAG: the PBU of the new one is all that the LMA gets.
// One thread.
#pragma once

#include "base/rng.h"
#include "base/wheel.h"
#include "tools/load/histogram.h"
#include "tools/load/node.h"
#include "tools/load/pace.h"
#include "tools/load/side.h"
#include "tools/load/ticks.h"
#include "wire/mh.h"

struct registrar_conf {
	const struct plan *plan;
	double pbu_rate;           // PBUs a second when registering and leaving
	double handover_rate;      // a second, of nodes by chance; 0: none
	uint32_t storm_interval_s; // all nodes of a MAG move at once, the next MAG's then; 0: never
	uint32_t most_waiting;     // requests that wait for an answer, beyond it none is begun
	uint32_t lifetime_s;
	uint8_t access_technology;
	bool watch_handovers;
};

struct registrar_counts {
	uint64_t pbus, retransmitted, accepted, refused[256]; // refused by status
	uint64_t handovers, storms, moved;                    // begun, begun, accepted
	uint64_t stale;      // answers to an older PBU of the same request
	uint64_t unexpected; // messages that nothing here asked for
	uint64_t unreadable;
	uint64_t other_prefix; // accepted without a prefix, or with another one than before
	uint64_t heartbeats;   // answered
};

struct registrar {
	struct registrar_conf is;
	struct node *nodes;
	struct side *backbone;
	struct wheel *wheel;
	struct rng rng;
	struct pace register_pace, handover_pace;
	uint32_t next_in, next_out; // nodes that begin, and that leave
	uint32_t waiting;           // requests without an answer
	uint32_t in_state[N_NODE_STATES];
	uint32_t watched; // a node that moves; PLAN_NONE: none
	bool serving;     // handovers and storms go on
	uint32_t storm_mag,
		storm_at;      // whose nodes move, and how far it went; at the end: plan.nodes
	ns_t storm_due, heard; // heard: the last answer
	struct registrar_counts counts;
	struct histogram answers; // PBU to PBA, time of stamps
};

int registrar_init(struct registrar *, const struct registrar_conf *, struct node *nodes,
		   struct side *backbone, uint64_t seed, struct now); // 0 or -ENOMEM
void registrar_done(struct registrar *);

// Each is one turn's bounded work. True: nothing is left to begin.
bool registrar_enter(struct registrar *, struct now);
void registrar_move(struct registrar *, struct now);
bool registrar_leave(struct registrar *, struct now);
void registrar_repeat(struct registrar *, struct now); // what was not answered in time

// From here on handovers and storms are due.
void registrar_serve(struct registrar *, struct now);
// A new phase: a pace that stood still owes nothing.
void registrar_pause(struct registrar *, struct now);

// A mobility header came; `packet` is the whole IPv6 packet.
void registrar_hear(struct registrar *, struct span packet, struct now);
