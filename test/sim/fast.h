// A domain with fast handover on virtual time: an LMA and three MAGs, real engines, and between
// them and the nodes a data plane written from the contract (mag.h, lma.h) that carries numbered
// packets.
//
// Signalling is lost, doubled and overtaken unless the seed is a calm one; data links keep their
// order. What must hold: no packet twice; in calm seeds in order, and none lost by a move that was
// announced and went as announced; what is lost has a cause; when all is quiet nothing waits and
// nothing is left; a handover ends in time; one MAG at a time serves a node.
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/rng.h"
#include "mob/lma.h"
#include "mob/mag.h"

enum {
	F_MAGS = 3,
	F_NODES = 6,
	F_EVENTS = 1 << 15,
	F_MESSAGES = 1 << 12,
	F_HOLDS = 16,
	F_WAITING = 4096, // packets in one queue
	F_SEEN = 8192,    // the last packets of a flow, which are known if they come again
	F_LMA = F_MAGS,   // as a place
	NOWHERE = -1,
};

enum fast_cause {     // of a packet that does not arrive
	LOST_AIR,     // its node is not where it is sent to
	LOST_NO_NODE, // nobody is bound there
	LOST_UNBOUND, // of a node that is not bound there
	LOST_SPOOF,   // the LMA has the node elsewhere
	LOST_STRANGE, // out of a tunnel that does not count
	LOST_OVER,    // waited for a handover that ended
	LOST_RESTART, // a MAG restarted
	N_LOST,
};

struct fast_packet {
	uint32_t seq;
	uint8_t node;
	bool up;
	uint8_t from; // MAG, or F_LMA: the tunnel's other end
};

enum fast_kind { F_MESSAGE, F_TUNNEL, F_FRAME, F_TO_NODE, F_TICK, F_STEP };

struct fast_event {
	ns_t at;
	uint64_t order;
	enum fast_kind kind;
	uint8_t where; // MAG, F_LMA, or node
	union {
		uint32_t message;
		struct fast_packet packet;
	};
};

struct fast_message {
	struct ip6_addr src, dst;
	uint16_t n;
	bool used;
	uint8_t bytes[MH_MAX_LEN];
};

struct fast_queue {
	struct fast_packet v[F_WAITING];
	uint32_t head, n;
};

struct fast_hold {
	bool used;
	uint8_t modes[MAG_N_QUEUES];
	struct fast_queue q[MAG_N_QUEUES];
};

struct fast_mag {
	struct mag *mag;
	struct ip6_addr coa;
	bool bound[F_NODES];
	struct mag_action bind[F_NODES];     // how
	struct fast_hold holds[F_HOLDS + 1]; // by number
};

enum fast_plan { PLAN_NONE, PLAN_PREDICTIVE, PLAN_REACTIVE, PLAN_PLAIN, PLAN_CANCEL, PLAN_BOTH };

struct fast_node {
	int at;            // MAG, or NOWHERE
	int was, to, said; // said: the MAG that was announced
	enum fast_plan plan;
	int step;
	ns_t since;      // the step
	ns_t clean_from; // nothing may be lost that is sent after this; 0: it may
	// It went elsewhere than announced: what waits for it there is old when it comes, until
	// then.
	ns_t odd_until;
	uint32_t seen[2][F_SEEN];              // which came
	uint32_t next[2], highest[2], sent_up; // by direction; up: what left the radio
};

struct fast {
	struct rng rng;
	bool calm;  // no message is lost, doubled or overtaken
	bool slow;  // and the LMA is slower than a node's packets wait for it
	bool quiet; // nor any more: it is to end
	bool trace;
	struct instant now;
	uint64_t wall_ns, order, steps;
	struct lma *lma;
	struct lma_conf lma_conf;
	struct ip6_addr lmaa;
	int lma_at[F_NODES], lma_also[F_NODES]; // NOWHERE: detached, or nobody
	ns_t lma_also_until[F_NODES];
	struct fast_mag mags[F_MAGS];
	struct fast_node nodes[F_NODES];
	struct fast_event events[F_EVENTS];
	uint32_t n_events;
	struct fast_message messages[F_MESSAGES];
	uint64_t delivered, lost[N_LOST], reordered, moves, announced, restarts;
	uint64_t outcomes[N_OUTCOMES];
};

// ---- fast.c
_Noreturn void broke_fast(const struct fast *, const char *what);
void schedule(struct fast *, ns_t after, struct fast_event);
bool odds(struct fast *, uint32_t one_in);

// ---- fast_signals.c: the engines, and what they say.
void engines_begin(struct fast *);
void engines_end(struct fast *);
void mag_restart(struct fast *, int mag);
void mag_tell(struct fast *, int mag, const struct mag_event *);
void message_arrives(struct fast *, uint32_t message);
void engines_tick(struct fast *);
ns_t engines_deadline(const struct fast *);
struct mag_link link_of_node(int node);
struct ip6_prefix hnp_of_node(int node);
int node_of_hnp(struct ip6_prefix);
const char *name_of_node(int node, char buf[64]);
struct mag_handover handover_at(const struct fast *, int mag, int node); // state HO_NONE: none
bool is_bound_at(const struct fast *, int mag, int node);

// ---- fast_data.c: the packets.
void node_sends(struct fast *, int node); // one each way, and what its radio kept
void tunnel_arrives(struct fast *, int where, struct fast_packet);
void frame_arrives(struct fast *, int mag, struct fast_packet);
void node_receives(struct fast *, int mag, struct fast_packet);
void hold_changes(struct fast *, int mag, const struct mag_action *);
void hold_ends(struct fast *, int mag, const struct mag_action *);
void queues_go_on(struct fast *, int mag);
void drop_all(struct fast *, int mag);
uint32_t count_waiting(const struct fast *);
