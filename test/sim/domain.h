// A domain of real engines in one process: two LMAs, four MAGs, nodes that roam, one who says who
// may attach, an unkind network, on virtual time.
//
// domain.c        who does what next, and the run from a seed
// domain_policy.c  who is served, where and by which name; the one who is asked
// domain_setup.c  the configurations
// domain_check.c  what must hold after every step, and when the domain had time to settle
// network.c       shared with sim_lma: loses, doubles, delays and reorders messages
//
// Nodes roam for a while, then stay where they are; then the network is kind for a while, and
// everybody has to agree.
#pragma once

#include "mob/mag.h"
#include "test/sim/sim.h"

enum { D_MAGS = 4, D_NODES = 32, D_LMAS = 2, D_POOL = 64, D_PREFIXES = D_LMAS * D_POOL };
enum { NOWHERE = -1, D_QUESTIONS = 4096, D_RATE = 3 };

static const uint32_t lifetime_s = 60;

struct node {
	int at;            // MAG, NOWHERE
	ns_t left[D_MAGS]; // when it was last at that one
	ns_t came;
	uint32_t visit;                   // timers of an older one mean nothing
	struct ip6_prefix hnp;            // at the last agreement; len 0: none, or it may change
	uint64_t told[D_MAGS], withdrawn; // RAs to it
	bool allowed;                     // by the one who is asked
};

// What a MAG said of a node, and was told of it.
struct record {
	enum mag_verdict last; // that it was told
	bool was_told, was_bound, deregistered, barred;
	ns_t sent[D_RATE]; // its last PBUs
	uint64_t timestamp;
};

struct question {
	uint32_t mag, node;
	uint64_t ticket;
	bool used;
};

struct gateway { // what the workers of a MAG know, from BIND and UNBIND
	struct mag *mag;
	struct ip6_addr coa;
	int64_t clock_off;
	uint32_t restarts;
	int node_of[D_PREFIXES]; // by number of prefix, -1: not bound
	struct record of[D_NODES];
	uint16_t tunnel_mtu[D_LMAS];
};

struct domain {
	struct world net; // first: broke() is told of this one
	struct lma_mag_conf lma_mags[D_MAGS];
	struct lma_conf lma_conf[D_LMAS];
	struct lma_pool_conf pools[D_LMAS];
	struct lma *lmas[D_LMAS];
	struct ip6_addr lmaas[D_LMAS];
	struct mag_profile_conf profiles[D_NODES + 2];
	struct question questions[D_QUESTIONS];
	uint32_t next_question;
	bool fixed_link_local, authorise;
	struct gateway gateways[D_MAGS];
	struct node nodes[D_NODES];
	bool roaming;
	uint64_t handoffs, kept, changed, agreements, lma_restarts, mag_restarts, pbus, refreshed;
	uint64_t seen_status[256], seen_notes[MAG_N_NOTES], seen_reasons[MAG_N_REASONS];
};

// ---- domain.c

void pull_mag(struct domain *, uint32_t mag);
struct mag_link link_of_node(uint32_t node);
uint32_t node_of_link(struct mag_link);

void tell_mag(struct domain *, uint32_t mag, const struct mag_event *);
void say_to_mag(struct domain *, uint32_t lma, uint32_t mag, const struct mh *);

// ---- domain_setup.c

void configure(struct domain *);
struct mag_conf conf_of_mag(const struct domain *, uint32_t mag);

// ---- domain_policy.c

// The number says it: 7, 15, .. are not permitted by profile; 6, 14, .. are allowed at times; 5,
// 13,
// .. have another name; odd ones are at the second LMA; 1, 5, 9, .. are routed to locally.
bool is_permitted(uint32_t node);
bool changes_its_mind(uint32_t node);
bool is_renamed(uint32_t node);
uint32_t lma_of(uint32_t node);
bool is_local(uint32_t node);
// Whether it has to be served in peace.
bool is_to_be_served(const struct domain *, uint32_t node);
uint32_t node_of_name(struct span mn_id); // D_NODES: nobody's

void ask_server(struct domain *, uint32_t mag, const struct mag_action *);
void take_answer(struct domain *, uint32_t question);
void change_minds(struct domain *);
// An operator lets everybody in who waits for him.
void pardon_all(struct domain *);

// ---- domain_check.c

void check_said(struct domain *, uint32_t mag, const struct mag_action *);
void check_tables(struct domain *);    // after every step
void check_agreement(struct domain *); // after some time in peace
uint32_t number_of_prefix(struct domain *, struct ip6_prefix);
