// A whole domain in one process: MAG models, an unkind network, the LMA's engine, on virtual time.
//
// sim.c       the run from a seed, and its arguments
// world.c     what happens next: nodes, clocks, operators, restarts, storms
// setup.c     nodes with their interfaces, and the configurations that an LMA starts with
// network.c   loses, doubles, delays, reorders and damages messages; the queue of coming events
// mag.c       a MAG as simple as it can be: registers, renews, repeats, hands over, forgets
// update.c    the binding updates that it sends, wrong ones too
// tell.c      one event told to the LMA, and everything that it says about it
// ledger.c    what must hold from what it said alone: workers' tables, promises, counters
// model*.c    the rules once more, as plainly as can be: what it should have said (model.h)
// report.c    what happened how often, and what never did
//
// One seed is one history: same seed, same steps.
#pragma once

#include "base/rng.h"
#include "mob/lma.h"

enum {
	N_MAGS = 8, // the last one is none of ours
	N_LMAAS = 3,
	N_NODES = 40,
	IFACES_PER_NODE = 3,
	N_IFACES = N_NODES * IFACES_PER_NODE,
	N_CROWD = 1500, // nodes that come all at once, in a storm
	MAX_POOLS = 4,
	MAX_PROFILES = 8,
	MAX_PREFIXES = 8192, // of all pools together
	N_PACKETS = 4096,
	PACKET_BYTES = 1400,
	MAX_EVENTS = 16384,
	MAX_HNPS = 16,
	MAX_DID = 20000,
	MAX_PBAS = 2600,
};

enum sim_event_kind {
	SIM_TO_LMA,
	SIM_TO_MAG,
	SIM_MAG_TIMER,
	SIM_LEAVE,
	SIM_NODE,
	SIM_WORLD,
	SIM_CROWD,
	SIM_ANSWER // of the one who says who may attach
};

struct sim_event {
	ns_t at;
	uint64_t order; // of those at the same time the first put
	enum sim_event_kind kind;
	uint32_t mag, iface;
	uint32_t what; // packet, or generation of a timer
};

struct packet {
	struct ip6_addr src, dst;
	uint16_t n;
	uint32_t next_free;
	uint8_t bytes[PACKET_BYTES];
};

// One interface of a mobile node, as its MAGs tell of it.
struct iface {
	char name[48];
	uint8_t name_len, name_kind;
	uint8_t ll_id[20], ll_id_len; // 0: none; zeros count as none too
	uint8_t att;
};

struct session { // one interface at one MAG
	enum { OFF, ASKING, ON, LEAVING } state;
	struct ip6_prefix hnps[MAX_HNPS];
	uint8_t n_hnps, wanted, hi, tries, lmaa, service;
	uint16_t seq;
	uint32_t generation; // timers of an older one mean nothing
	ns_t timeout;
};

struct mag_model {
	struct ip6_addr addr;
	int64_t clock_off; // its wall clock, ahead of the LMA's
	bool numbers;      // sequence numbers instead of timestamps
	bool no_beats;     // does not answer heartbeats
	uint16_t seq;
	uint32_t restarts;
	struct session sessions[N_IFACES];
};

// What the LMA has promised about a prefix, and what the workers do with it.
struct promise {
	bool bound, detached; // the workers' tables
	bool is_shared;       // it was, since it is bound: the last grant is not the only one
	bool taken_away;      // in this step
	struct ip6_addr coa, also_coa;
	uint32_t mag, also;
	uint8_t mn[40], mn_len; // to whom it was granted last
	ns_t until;             // it stays theirs so long; 0: nothing promised
	ns_t kept_from_others;  // end of its quarantine
};

// Something that the LMA said in this step.
struct did {
	struct lma_action a; // without what it points to
	struct mh *mh;       // SEND: a copy
	bool failed;         // BIND: there was no room
	bool matched;        // the model expected it
};

// How one start of the LMA is configured; rows point into it.
struct setup {
	struct lma_conf lma;
	struct lma_mag_conf mags[N_MAGS];
	struct lma_pool_conf pools[MAX_POOLS];
	struct lma_profile_conf profiles[MAX_PROFILES];
	uint32_t first_prefix[MAX_POOLS]; // number of the first one of each pool
	uint32_t n_prefixes;
	bool modelled; // every action is expected; else BINDs fail at any time, and only the ledger
		       // looks
	bool crowded;
};

struct model;

struct world {
	struct rng rng;
	const char *program;
	uint64_t seed, step, trace_from;
	struct instant now;
	int64_t wall_off; // of the LMA's clock, from the right time
	struct setup setup;
	struct lma *lma;
	struct model *model;
	struct iface ifaces[N_IFACES];
	struct mag_model mags[N_MAGS];
	int where[N_IFACES]; // MAG, -1: nowhere
	uint8_t service[N_IFACES];
	struct promise promises[MAX_PREFIXES];
	struct did did[MAX_DID];
	struct mh pbas[MAX_PBAS];
	uint8_t pba_bytes[MAX_PBAS][PACKET_BYTES];
	uint32_t n_did, n_pbas, binds_failed; // in this step
	bool pool_is_high[MAX_POOLS];
	uint64_t sent_status[256], noted[LMA_N_NOTES];       // since the LMA started
	uint64_t seen_status[256], seen_notes[LMA_N_NOTES];  // ever
	uint64_t lost, doubled, damaged, restarts, overruns; // overruns: storms beyond one tick
	struct packet packets[N_PACKETS];
	uint32_t free_packet;
	bool calm;                           // the network loses, doubles and overtakes nothing
	bool undamaged;                      // it changes no byte
	struct sim_event events[MAX_EVENTS]; // a heap
	uint32_t n_events;
	uint64_t order;
};

// Prints what broke, with seed, step and how to see it again; does not return.
_Noreturn void broke(const struct world *, const char *what);
bool happens(struct world *, uint32_t one_in);

// ---- network.c

void network_init(struct world *);
void at(struct world *, ns_t when, struct sim_event);
struct sim_event next_event(struct world *);
ns_t next_time(const struct world *);
void transmit(struct world *, struct ip6_addr src, struct ip6_addr dst, const struct mh *);
void packet_free(struct world *, uint32_t);
