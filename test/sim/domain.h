// A domain of real engines in one process: an LMA, four MAGs, nodes that roam, an unkind network,
// on virtual time.
//
// domain.c        who does what next, and the run from a seed
// domain_check.c  what must hold after every step, and when the domain had time to settle
// network.c       shared with sim_lma: loses, doubles, delays and reorders messages
//
// Nodes roam for a while, then stay where they are; then the network is kind for a while, and
// everybody has to agree.
#pragma once

#include "mob/mag.h"
#include "test/sim/sim.h"

enum { D_MAGS = 4, D_NODES = 32, D_PREFIXES = 64, NOWHERE = -1 };

static const uint32_t lifetime_s = 60;

struct node {
	int at;            // MAG, NOWHERE
	ns_t left[D_MAGS]; // when it was last at that one
	ns_t came;
	uint32_t visit;                   // timers of an older one mean nothing
	struct ip6_prefix hnp;            // at the last agreement; len 0: none, or it may change
	uint64_t told[D_MAGS], withdrawn; // RAs to it
};

struct gateway { // what the workers of a MAG know, from BIND and UNBIND
	struct mag *mag;
	struct ip6_addr coa;
	int64_t clock_off;
	uint32_t restarts;
	int node_of[D_PREFIXES]; // by number of prefix, -1: not bound
};

struct domain {
	struct world net; // first: broke() is told of this one
	struct lma_mag_conf lma_mags[D_MAGS];
	struct lma_conf lma_conf;
	struct lma *lma;
	struct ip6_addr lmaa;
	struct gateway gateways[D_MAGS];
	struct node nodes[D_NODES];
	bool roaming;
	uint64_t handoffs, kept, changed, agreements, lma_restarts, mag_restarts, pbus;
	uint64_t seen_status[256], seen_notes[MAG_N_NOTES];
};

// ---- domain.c

void pull_mag(struct domain *, uint32_t mag);
struct mag_link link_of_node(uint32_t node);
uint32_t node_of_link(struct mag_link);

// ---- domain_check.c

void check_said(struct domain *, uint32_t mag, const struct mag_action *);
void check_tables(struct domain *);    // after every step
void check_agreement(struct domain *); // after some time in peace
uint32_t number_of_prefix(struct domain *, struct ip6_prefix);
