// The LMA engine's inside: what its files share. Nothing outside lib/mob includes this.
#pragma once

#include "base/map.h"
#include "base/rng.h"
#include "base/siphash.h"
#include "base/wheel.h"
#include "mob/binding.h"
#include "mob/lma.h"
#include "mob/pool.h"

enum {
	MAX_HNPS_PER_BCE = 16, // prefixes of one session (SEC-10)
	MAX_HELD = 1024,       // binding updates that wait for an old MAG (SEC-10)
	HELD_PER_BCE = 4,
	EXPIRIES_PER_INPUT = 256,
	// One event of one binding, and everything that waited for it; a pool for each prefix may
	// have crossed a watermark.
	ACTIONS_PER_EVENT = (3 * MAX_HNPS_PER_BCE + 8) * (1 + HELD_PER_BCE),
	REPLIES_PER_EVENT = 1 + HELD_PER_BCE,
	// The largest input is a tick with its expiries, and a message on top. As much again is
	// kept for BINDs that fail: what they undo is never more than what was done.
	ACTIONS_OF_INPUT = (EXPIRIES_PER_INPUT + 2) * ACTIONS_PER_EVENT,
	REPLIES_OF_INPUT = (EXPIRIES_PER_INPUT + 2) * REPLIES_PER_EVENT,
	MAX_ACTIONS = 2 * ACTIONS_OF_INPUT,
	MAX_REPLIES = 2 * REPLIES_OF_INPUT,
	BE_PER_S = 10, // Binding Errors, RFC 6275 9.3.3 as ICMPv6 errors
};

// A prefix as it came, bits behind its length and all.
struct hnp_sent {
	struct ip6_addr addr;
	uint8_t len;
};

// A proxy binding update, read once: what the rules talk about.
struct request {
	struct ip6_addr src, dst, coa;
	uint64_t arrival_q16; // when it came, wall clock
	uint64_t timestamp;   // of its option
	uint16_t seq, flags;
	uint32_t lifetime_s;
	struct span mn_id, ll_id; // ll_id empty: absent, empty or all zero (LMA-BC-12c)
	struct span ll_id_sent;   // as it came, for the answer
	struct span service;      // RFC 5149, empty: none was selected
	struct ip6_addr lla;
	uint64_t mn_hash; // mn_id_hash of its identifier
	uint8_t n_hnps, n_zero;
	uint8_t mn_id_subtype, handoff, access;
	uint32_t mag;              // mag_id of the care-of address, 0: none yet
	uint32_t mag_row, profile; // of the configuration, NO_ROW: none
	enum lma_update update;
	bool has_mn_id, has_handoff, has_access, has_timestamp, has_lla, has_ll_id;
	// The first n_hnps: in their order, zero ones included; and as they came, for the answer.
	struct ip6_prefix hnps[MH_MAX_OPTS];
	struct hnp_sent hnps_sent[MH_MAX_OPTS];
};

// What the lookup of RFC 5213 5.4.1 says. REFUSED carries a status.
enum match_kind {
	MATCH_NEW,
	MATCH_BINDING,
	MATCH_WAIT,
	MATCH_SHARE, // a new session with the prefixes of another one (RFC 7864 3.2.1)
	MATCH_SILENT,
	MATCH_REFUSED
};

struct match {
	enum match_kind kind;
	uint32_t bce;       // BINDING, WAIT, SHARE: which
	uint32_t freshness; // the binding whose timestamp or sequence counts, BCE_NULL: none
	enum pba_status status;
};

// A configured MAG address in use.
struct mag_record {
	struct ip6_addr coa, lmaa; // lmaa: where it registers
	uint32_t conf;             // row of the configuration
	uint32_t bindings;
	bool used;
	ns_t last_heard;
	uint64_t received[LMA_N_UPDATES], accepted[LMA_N_UPDATES], denied[LMA_N_UPDATES];
	uint64_t clock_lower, clock_apart; // LMA-TS-07
	struct heartbeat heartbeat;
	ns_t lost;                    // when it told that its sessions are gone; 0: it did not
	bool kept;                    // its number is not given to another one
	ns_t busy_until;              // nor before this time: packets of its count (FMIP-12)
	bool odd_timestamps, odd_lla; // it has been told of (LMA-VAR-01)
};

// What an update replaced in a binding, should the workers have no room for the change.
struct before {
	struct ip6_addr coa, lla;
	uint64_t timestamp;
	ns_t deadline;
	uint32_t mag, lifetime_s, handovers;
	uint16_t seq;
	uint16_t service;
	uint8_t state, access, handoff, lmaa, ll_id_len;
	bool by_timestamp, is_second, is_unbound;
	uint8_t ll_id[256];
};

// A message to be sent, with everything that its options point to.
struct reply {
	struct mh mh;
	uint32_t bce; // that it grants, BCE_NULL: none
	uint32_t mag;
	enum lma_update update;
	bool is_change; // of a binding that was there: `before` tells how it was
	struct before before;
	// Of the request, should it turn into a refusal:
	uint8_t n_asked;
	struct hnp_sent asked[MH_MAX_OPTS];
	struct ip6_addr asked_lla;
	uint8_t mn_id[256], ll_id[256];
};

// A binding update that waits for the old MAG (LMA-BC-08); its spans point into its own bytes.
struct held {
	struct request request;
	uint8_t mn_id[256], ll_id[256], service[256];
};

// What policy.c knows beside the rows: their indexes.
struct policy {
	struct map mags;     // rows of MAGs for one address
	struct map profiles; // rows by key
	struct map nodes;    // numbers of mag_nodes
	uint32_t *ranges;    // rows of MAGs for more than one address
	struct mag_node {
		uint32_t mag;
		const char *key;
	} * mag_nodes;         // what stands in mags[].nodes
	const char **networks; // of all pools, each once: the number is bce.service
	uint32_t n_ranges, n_networks;
	struct pool_set *of_mag, *of_profile, *of_network; // by row; all: of a row that lists none
	struct pool_set all;
};

struct lma {
	struct lma_conf conf;
	struct siphash_key key;
	struct rng rng;
	struct instant now;
	struct bindings bindings;
	struct pools pools;
	struct policy policy;
	struct wheel *timers;    // by binding: end of lifetime, or of the MinDelay wait
	struct mag_record *mags; // by mag_id, 1..max_mags
	struct wheel *beats;     // by mag_id: the next heartbeat
	struct map mags_by_coa;
	uint32_t n_mags, mag_hand;
	uint32_t n_busy; // MAGs whose number is not given to another one
	struct held *held;
	uint32_t *held_for; // by slot of held: the binding that it waits for, BCE_NULL: free
	struct wheel *held_timers;
	uint32_t n_held;
	struct lma_action *actions; // a ring
	uint32_t action_head, n_actions;
	struct reply *replies;      // used from the front, all free again when no action is left
	uint32_t n_replies, n_sent; // the first n_sent have been pulled
	uint32_t be_tokens;
	ns_t be_refilled;
	struct lma_totals totals;
};

// ---- policy_index.c

int policy_init(struct lma *); // 0, -ENOMEM
void policy_done(struct lma *);

// ---- policy.c

enum { NO_ROW = UINT32_MAX, NO_SERVICE = UINT16_MAX };
enum { KEY_MAX = sizeof(((struct lma_profile_conf *)NULL)->key) };

static inline struct span policy_text(const char *text, size_t max)
{
	return (struct span){(const uint8_t *)text, (uint16_t)strnlen(text, max)};
}
uint64_t policy_hash_of_addr(const struct lma *, struct ip6_addr);
uint64_t policy_hash_of_node(const struct lma *, uint32_t mag_row, struct span key);
// The configured row that covers a care-of address, NO_ROW: no MAG of ours.
uint32_t policy_mag(const struct lma *, struct ip6_addr coa);
// The row of a mobile node, NO_ROW: none. `hash`: its mn_id_hash.
uint32_t policy_profile(const struct lma *, uint64_t hash, uint8_t mn_id_subtype,
			struct span mn_id);
// Whether that row of MAGs may serve it (LMA-RX-12).
bool policy_mag_serves(const struct lma *, uint32_t mag_row, const struct request *);
// The number of the service that was selected; NO_SERVICE: none, or one that no pool has.
uint16_t policy_service(const struct lma *, struct span name);
// The pools that an update may have prefixes of, given the service of its binding.
struct claim policy_claim(const struct lma *, const struct request *, uint16_t service);
uint32_t policy_sessions(const struct lma *, const struct request *);
uint32_t policy_lifetime_s(const struct lma *, const struct request *); // at most
// How many prefixes a new session gets that asks for one, and which of them are static and free.
uint8_t policy_hnps(const struct lma *, const struct request *,
		    struct ip6_prefix statics[MAX_HNPS_PER_BCE], uint8_t *n_statics);
// Whether that row of MAGs may serve prefixes of this pool (LMA-RX-12).
bool policy_mag_has_pool(const struct lma *, uint32_t mag_row, uint32_t pool);

// ---- mags.c

uint32_t mag_find(const struct lma *, struct ip6_addr coa); // 0: none
// The record of a permitted care-of address, made if there is room; 0: none.
uint32_t mag_get(struct lma *, struct ip6_addr coa, uint32_t conf);
void mag_heard(struct lma *, uint32_t mag); // just now
// One binding more or less is at this MAG (HB-02).
void mag_hold(struct lma *, uint32_t mag, struct ip6_addr lmaa);
void mag_release(struct lma *, uint32_t mag);
void count_received(struct lma *, uint32_t mag, enum lma_update);
void count_answered(struct lma *, uint32_t mag, enum lma_update, uint8_t status);
void count_turned(struct lma *, uint32_t mag, enum lma_update); // accepted, and now denied

// ---- request.c

// Reads a BU; false if its care-of address may not be one (WIRE-13).
bool request_read(const struct lma_event *, struct request *out);

// ---- lookup.c

struct match lookup_binding(const struct lma *, const struct request *);

// ---- admit.c

// The first check of LMA-RX-06 that fails gives the status; PBA_ACCEPTED when all pass.
enum pba_status admit(struct lma *, const struct request *, const struct match *);

// ---- transitions.c

enum bce_event {
	EV_INITIAL,
	EV_REFRESH,
	EV_HANDOFF,
	EV_DEREG,
	EV_DEREG_FOREIGN,
	EV_TIME_OVER,
	EV_DELETE,
	EV_SERVICE_LOST, // another service was asked for, and refused (RFC 5149 4.2)
	EV_SHARE,        // another session with its prefixes
	EV_BIND_FAILED,
	N_BCE_EVENTS,
};

// Carries an admitted binding update, or another event (then without request), through the state of
// its binding; BCE_NULL is a binding that is not there yet.
void transit(struct lma *, enum bce_event, uint32_t bce, const struct request *);

// ---- bind.c

// Packets go to this binding from now on, and come from its sharer too (LMA-BC-12).
void bind_all(struct lma *, uint32_t bce);
// The same after a handoff: for a while they come from its previous MAG, too (FMIP-12).
void bind_moved(struct lma *, uint32_t bce, uint32_t previous);
// They do not any more: the sharer takes over, if there is one; else they are dropped by name while
// the prefix is kept (DETACH), or nobody's (UNBIND).
void unbind_all(struct lma *, uint32_t bce, enum lma_action_kind);
// It is active, but its packets are dropped by name until its next refresh: there was no room.
void stay_unbound(struct lma *, uint32_t bce);
bool has_active_sharer(const struct lma *, uint32_t bce);

// ---- undo.c

void remember(const struct lma *, uint32_t bce, struct before *out);
// False: it cannot be as it was, its MAG is not known any more.
bool restore(struct lma *, uint32_t bce, const struct before *);

// ---- hold.c

// Keeps the update until the old MAG de-registers or MaxDelayBeforeNewBCEAssign is over; of several
// from one MAG the newest. False: no room.
bool hold_update(struct lma *, uint32_t bce, const struct request *);
// The updates that wait for this binding are judged now, the newest first. `moved`: because another
// update was accepted; else it was de-registered or is gone.
void release_held(struct lma *, uint32_t bce, bool moved);
// LMA-BC-19: what the same MAG has sent for this node before is void.
void replace_held(struct lma *, const struct request *);
bool expire_held(struct lma *); // one whose time is over; false: there is none

// ---- update.c

enum update_path {
	UPDATE_FRESH,    // as it came
	UPDATE_RELEASED, // it waited, and its binding was de-registered or went
	UPDATE_AGAIN,    // it waited, and another update was accepted: it must be newer than that
	UPDATE_OVERDUE,  // it waited, and nothing came in time
};

// An update that passed the checks of form: lookup, admission, transition, answer.
void take_update(struct lma *, struct request *, enum update_path);

// ---- beats.c

void beats_start(struct lma *); // tells every MAG that we lost our sessions, if so (HB-04)
void beats_begin(struct lma *, uint32_t mag);
void beats_end(struct lma *, uint32_t mag);
void expire_beat(struct lma *, uint32_t mag);
void take_heartbeat(struct lma *, const struct lma_event *);
// A Binding Error of status 2 from this MAG (HB-05).
void refuse_beats(struct lma *, struct ip6_addr coa);

// ---- answer.c

// The next free place for a message, NULL: none. One that is not sent after all is given back at
// once.
struct reply *new_reply(struct lma *);
// Queues the PBA, counts it, and notes a refusal. `bce`: what it grants, BCE_NULL: nothing.
void answer(struct lma *, const struct request *, enum pba_status, uint32_t bce);
// The same for a change of a binding that was there, which may have to be taken back.
void answer_change(struct lma *, const struct request *, uint32_t bce, const struct before *);
void answer_unknown_type(struct lma *, struct ip6_addr src, struct ip6_addr dst);
// Queued acceptances of this binding become refusals.
void turn_into_refusal(struct lma *, uint32_t bce, enum pba_status);
// The first answer, not sent yet, that grants this binding or a change of it; NULL: none.
const struct reply *grant_under_way(const struct lma *, uint32_t bce);

// ---- lma.c

void put_action(struct lma *, const struct lma_action *);
// BINDs and DETACHes of this binding that are not pulled yet are not to be carried out any more.
void drop_binds(struct lma *, uint32_t bce);
void put_note(struct lma *, enum lma_note_kind, struct ip6_addr mag, uint8_t status);
// The same about a mobile node; `mn_id` stays valid until the next input.
void put_note_of(struct lma *, enum lma_note_kind, struct ip6_addr mag, uint8_t status,
		 struct span mn_id);
// One for each pool whose watermark was crossed.
void put_watermarks(struct lma *);
