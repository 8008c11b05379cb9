// A whole domain in one process: MAG models, an unkind network, the LMA's engine, on virtual time.
//
// sim.c      the world: what happens next, and the run from a seed
// network.c  loses, doubles, delays, reorders and damages messages; the queue of coming events
// mag.c      a MAG as simple as it can be: registers, renews, repeats, hands over, forgets
// ledger.c   what must hold after every step
//
// One seed is one history: same seed, same steps. Nothing here is fast or complete; what the LMA is
// measured by is in ledger.c alone.
#pragma once

#include "base/rng.h"
#include "mob/lma.h"

enum {
	N_MAGS = 6,
	N_NODES = 32,
	N_IFACES = 2 * N_NODES, // two interfaces of each node
	N_PREFIXES = 64,        // in the pool: fewer than sessions wanted at times
	N_PACKETS = 4096,
	PACKET_BYTES = 512,
	MAX_EVENTS = 16384,
	MAX_HNPS = 16,
};

enum sim_event_kind { SIM_TO_LMA, SIM_TO_MAG, SIM_MAG_TIMER, SIM_LEAVE, SIM_NODE, SIM_WORLD };

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

struct session { // one interface at one MAG
	enum { OFF, ASKING, ON, LEAVING } state;
	struct ip6_prefix hnps[MAX_HNPS];
	uint8_t n_hnps, wanted, hi, tries;
	uint16_t seq;
	uint32_t generation; // timers of an older one mean nothing
	ns_t timeout;
};

struct mag_model {
	struct ip6_addr addr;
	int64_t clock_off; // its wall clock, ahead of the LMA's
	bool numbers;      // sequence numbers instead of timestamps
	uint16_t seq;
	struct session sessions[N_IFACES];
};

// What the LMA has promised about a prefix, and what the workers do with it.
struct promise {
	bool bound, detached; // the workers' tables
	struct ip6_addr coa;
	uint32_t mag;
	uint8_t mn[40], mn_len; // to whom it was granted last
	ns_t until;             // it stays theirs so long; 0: nothing promised
	ns_t kept_from_others;  // end of its quarantine
	uint32_t grants;        // in this step
};

struct world {
	struct rng rng;
	const char *program;
	uint64_t seed, step, trace_from;
	struct instant now;
	struct lma_conf conf;
	struct lma *lma;
	struct mag_model mags[N_MAGS];
	int where[N_IFACES]; // MAG, -1: nowhere
	struct promise promises[N_PREFIXES];
	uint32_t binds_failed, unbinds, sends, notes; // in this step
	uint64_t taken_back;                          // changes that were undone
	uint64_t sent_status[256];                    // since the LMA started
	uint64_t seen_status[256], seen_notes[LMA_N_NOTES], lost, doubled, damaged, restarts;
	struct packet packets[N_PACKETS];
	uint32_t free_packet;
	bool calm;                           // the network loses, doubles and overtakes nothing
	bool undamaged;                      // it changes no byte
	struct sim_event events[MAX_EVENTS]; // a heap
	uint32_t n_events;
	uint64_t order;
};

// ---- sim.c

// Prints what broke, with seed, step and how to see it again; does not return.
_Noreturn void broke(const struct world *, const char *what);
void trace_action(const struct world *, const struct lma_action *);
bool happens(struct world *, uint32_t one_in);
struct ip6_addr lma_addr(void);

// ---- network.c

void network_init(struct world *);
void at(struct world *, ns_t when, struct sim_event);
struct sim_event next_event(struct world *);
ns_t next_time(const struct world *);
void transmit(struct world *, struct ip6_addr src, struct ip6_addr dst, const struct mh *);
void packet_free(struct world *, uint32_t);

// ---- mag.c

void mag_attach(struct world *, uint32_t mag, uint32_t iface, uint8_t hi,
		const struct session *known);
void mag_leave(struct world *, uint32_t mag, uint32_t iface);
void mag_forget(struct world *, uint32_t mag);
void mag_on_timer(struct world *, uint32_t mag, uint32_t iface, uint32_t generation);
void mag_on_message(struct world *, uint32_t mag, const struct mh *);

// ---- ledger.c

void ledger_clear(struct world *);                          // the LMA starts without memory
void ledger_tell(struct world *, const struct lma_event *); // and carries out what it says
void ledger_check(struct world *);
void ledger_check_empty(struct world *); // nothing is left when nobody has spoken for long
