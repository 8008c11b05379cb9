// The protocol engine of a Local Mobility Anchor: RFC 5213 section 5 as a pure state machine.
//
// lma.c          input, output, deadline: the one door
// request.c      a PBU as the values that the rules talk about
// ahead.c        what PBUs will touch, asked for early
// update.c       one PBU through lookup, admission, transition
// admit.c        the acceptance checks, a table in the order of LMA-RX-06
// lookup.c       which binding a PBU is about: RFC 5213 5.4.1
// hold.c         PBUs that wait for the old MAG (LMA-BC-08)
// transitions.c  binding state x event, a full matrix
// undo.c         a change that the workers have no room for is taken back
// binding.c      the binding cache entries, their indexes and timers
// pool.c         home network prefixes: allocate, claim, release, quarantine
// mags.c         the MAGs that have spoken, their numbers and counters
// policy.c       which MAG may serve whom, with which prefixes, for how long
// beats.c        heartbeats with the MAGs that have bindings; heartbeat.[ch] with one peer
// answer.c       composing PBAs and Binding Errors (LMA-PBA-*)
//
// No I/O, no clock, no threads: the caller says what happened and when, then pulls what to do about
// it until there is no more. One owner (the control thread). Nothing that a peer sends, and no full
// table, can fail harder than a status code and a counter. Randomness comes from the seed: same
// inputs, same outputs.
//
// RFCs: 5213 (5, 8.1..8.9, 9.1), 6275 (9, 10 as 5213 takes them over), 5149, 5847, 6543,
// 7864 3.2.1. missing: IPsec (SEC-07), IPv4 (RFC 5844), AAA (ASK), stable storage (PERSIST).
#pragma once

#include "base/addr.h"
#include "base/clock.h"
#include "mob/heartbeat.h"
#include "wire/mh.h"

struct lma;

enum { LMA_MAX_POOLS = 1024 };

// Which mobile nodes: a whole NAI, its "@realm", or "*".
struct lma_key {
	char text[256];
};

// A MAG, or a range of them, that may register here (LMA-RX-06 step 4, SEC-03). A row for one
// address goes before a range that holds it, ranges in their order.
struct lma_mag_conf {
	char name[32];
	struct ip6_prefix from;      // /128: one MAG
	const struct lma_key *nodes; // whom it may serve, else 154 (LMA-RX-12); none: everybody
	uint32_t n_nodes;
	const uint16_t *pools; // whose prefixes it may serve, else 155; none: all
	uint32_t n_pools;
	uint32_t max_bindings; // of one care-of address, beyond it 130 (SEC-05); 0: no limit
};

// A block that home network prefixes are cut from. Pools do not overlap.
struct lma_pool_conf {
	char name[32];
	char network[32]; // the service that selects it (RFC 5149); "": those that select none
	struct ip6_prefix block;
	uint8_t hnp_len;           // length of each HNP: block.len..64
	uint8_t high_pct, low_pct; // watermarks of what is in use; high 0: none
};

// Who may be served, and with what. The row whose key equals the whole MN-ID, else its "@realm",
// else "*" decides. An MN-ID that is no NAI has "*" only.
struct lma_profile_conf {
	char key[256];
	bool permit;           // false: 152
	const uint16_t *pools; // dynamic prefixes come from these; none: from all
	uint32_t n_pools;
	uint32_t max_lifetime_s;           // 0: lma_conf's
	uint32_t sessions;                 // 0: lma_conf's
	uint8_t hnps;                      // how many one zero HNP gives (LMA-REG-05); 0: 1
	const struct ip6_prefix *prefixes; // static ones: for the first session, nobody else's
	uint32_t n_prefixes;
};

// What the rows point to is the caller's, and stays as it is until lma_free.
struct lma_conf {
	const struct lma_mag_conf *mags;
	const struct lma_pool_conf *pools;
	const struct lma_profile_conf *profiles; // no row matches: 153
	uint32_t n_mags, n_pools, n_profiles;
	uint32_t max_bindings;            // beyond it 130
	uint32_t max_mags;                // proxy care-of addresses known at a time; beyond it 130
	uint32_t sessions_per_mn;         // LMA-BC-14; beyond it 130
	uint32_t max_lifetime_s;          // granted at most (LMA-REG-06)
	ns_t min_delay_before_bce_delete; // RFC 5213 9.1, default 10 s
	ns_t max_delay_before_new_bce_assign; // RFC 5213 9.1, default 1.5 s
	ns_t timestamp_validity_window;       // RFC 5213 9.1, default 300 ms
	ns_t prefix_quarantine;               // LMA-EXP-02, default min_delay_before_bce_delete
	ns_t coalesce_first_pbu;              // LMA-BC-17, default 0: off
	ns_t prev_coa_grace;      // FMIP-12, default 0: packets that the previous MAG still sends
	bool new_session_at_once; // LMA-BC-08: no PBU waits for the old MAG; default off
	bool mobile_node_generated_timestamp; // RFC 5213 9.3
	// What the domain has, RFC 5213 9.3: a MAG that shows otherwise is told of (LMA-VAR-01).
	bool expect_timestamps;           // TimestampBasedApproachInUse
	bool expect_fixed_lla;            // FixedMAGLinkLocalAddressOnAllAccessLinks is not "::"
	struct heartbeat_conf heartbeat;  // RFC 5847
	const struct ip6_addr *addresses; // our own, from which MAGs are told of a lost state
	uint32_t n_addresses;
};

enum lma_event_kind {
	LMA_MESSAGE,     // a parsed mobility message arrived
	LMA_BAD_MESSAGE, // one that mh_parse refused: an unknown type is owed a Binding Error
			 // (WIRE-06)
	LMA_TICK,        // nothing but time
	LMA_BIND_FAILED, // the BIND just pulled could not be carried out: no room in the workers'
			 // tables, what was there before is there still. To be told before the next
			 // one is pulled
	LMA_DELETE,      // the operator deletes every binding of a prefix
};

struct lma_event {
	enum lma_event_kind kind;
	union {
		struct {
			struct ip6_addr src, dst;
			uint64_t arrival_wall_q16;     // when the packet was received (LMA-TS-11)
			const struct mh *mh;           // needed until lma_input returns
			const struct lma_ahead *ahead; // of this mh, or NULL
		} message;
		struct {
			struct ip6_addr src, dst;
			enum mh_err err;
			enum mh_type type; // as it says
		} bad;
		struct {
			struct ip6_prefix hnp; // bind_failed: of the BIND
		} bind_failed, delete;
	};
};

// What to do, in this order. Everything in an action stays valid until the next lma_input.
enum lma_action_kind {
	LMA_BIND, // packets for hnp go to coa from now on, and are taken from there only; replaces
		  // what was there
	LMA_DETACH, // packets for hnp are dropped by name (LMA-DER-01)
	LMA_UNBIND, // hnp is nobody's; after a BIND that failed it may be one that never was bound
	LMA_SEND,   // a message; the workers know every binding that it grants
	LMA_NOTE,   // for log and counters
};

enum lma_note_kind {
#define NOTE(ID, name, text) LMA_NOTE_##ID,
#include "mob/lma_notes.def"
#undef NOTE
	LMA_N_NOTES,
};
const char *lma_note_text(enum lma_note_kind);
const char *lma_note_name(enum lma_note_kind); // "note_refused"

struct lma_action {
	enum lma_action_kind kind;
	union {
		struct {
			struct ip6_prefix hnp;
			struct ip6_addr lmaa, coa; // the tunnel's two ends
			uint32_t mag; // dense number of coa, 1..max_mags; the workers' mag_id
			// Another MAG that shares the prefix (LMA-BC-12), or that had it until now
			// (FMIP-12): packets come from there too; 0: none.
			uint32_t also;
			struct ip6_addr also_coa;
			ns_t also_for; // only so long, as long as it is bound so; 0: for good
		} bind;
		struct {
			struct ip6_prefix hnp;
		} detach, unbind;
		struct {
			struct ip6_addr src, dst;
			const struct mh *mh;
		} send;
		struct {
			enum lma_note_kind kind;
			struct ip6_addr mag; // zero if it concerns none
			struct span mn_id;   // empty if it concerns none
			uint8_t status;
			uint32_t pool; // POOL_HIGH, POOL_LOW: row of the configuration
		} note;
	};
};

// NULL: no memory, or a configuration that lma_conf_check refuses. Keeps a copy of conf.
struct lma *lma_new(const struct lma_conf *conf, uint64_t seed, struct instant now);
void lma_free(struct lma *);

// The number of a configured MAG, known from now on whether it has bindings or not (LMA-FW-10: its
// tunnel is static). 0: it is none of ours, or there is no room.
uint32_t lma_keep_mag(struct lma *, struct ip6_addr coa);

// One thing happened. Actions not yet pulled from the last input are kept and come first.
void lma_input(struct lma *, struct instant now, const struct lma_event *);

// What several binding updates will touch, found out before the first of them is judged, so that
// memory answers for all of them at once; changes nothing. Who leaves it out waits longer, and that
// is all.
struct lma_ahead {
	const struct mh *mh;   // the caller's
	struct ip6_prefix hnp; // the first that it names; else perhaps the one that it will get
	bool by_hnp;           // it names one
	uint32_t bce;
	uint64_t mn_hash, hash;
};
void lma_look_ahead(const struct lma *, struct lma_ahead *, unsigned n);

// The next thing to do; false: nothing more.
bool lma_output(struct lma *, struct lma_action *out);

// Call lma_input with a tick at this monotonic time at the latest. At most 256 expiries are served
// per input: more left means "now".
ns_t lma_deadline(const struct lma *);

// ---- What an operator may look at. Same thread; valid until the next lma_input.

enum bce_state {
	BCE_NONE,
	BCE_ACTIVE,
	BCE_DETACHED, // de-registered, in its MinDelayBeforeBCEDelete wait
	BCE_N_STATES,
};

struct lma_binding {
	struct span mn_id;
	uint8_t mn_id_subtype;
	struct span ll_id;
	const struct ip6_prefix *hnps;
	uint32_t n_hnps;
	struct ip6_addr coa, lmaa, lla;
	enum bce_state state;
	uint8_t access_tech, handoff_indicator;
	uint32_t mag;
	const char *mag_name; // of the configured row
	ns_t since;           // first registration
	ns_t expires;         // end of lifetime, or of the MinDelay wait
	uint32_t lifetime_s;
	uint32_t handovers;
	const char *service; // RFC 5149, "": none was selected
	bool shared;         // another session has the same prefixes (LMA-BC-12)
	bool unbound;        // active, but the workers had no room for it: until its next refresh
	bool stale; // its MAG does not answer, or lost its sessions, and has not registered it
		    // since (HB-02)
};

// Walks all bindings: start with *cursor = 0; false at the end. Bindings added or deleted between
// calls may be missed, none is shown twice.
bool lma_next_binding(const struct lma *, uint32_t *cursor, struct lma_binding *out);

// The counters of each kind of binding update, Cisco's and the RFC's words.
enum lma_update {
	LMA_INITIAL,
	LMA_REFRESH,
	LMA_HANDOFF,
	LMA_DEREG,
	LMA_UNCLASSIFIED,
	LMA_N_UPDATES
};
const char *lma_update_name(enum lma_update);

struct lma_mag {
	struct ip6_addr coa;
	const char *name; // of the configured row
	uint32_t id;      // mag_id
	uint32_t bindings;
	uint64_t received[LMA_N_UPDATES], accepted[LMA_N_UPDATES], denied[LMA_N_UPDATES];
	uint64_t clock_lower,
		clock_apart; // PBAs of status 157 and 156: look at its clock (LMA-TS-07)
	ns_t last_heard;
	struct heartbeat heartbeat;
};
bool lma_next_mag(const struct lma *, uint32_t *cursor, struct lma_mag *out);

struct lma_pool {
	const char *name, *network;
	struct ip6_prefix block;
	uint8_t hnp_len;
	bool is_high;                                         // above its high watermark
	uint64_t prefixes, used, free, quarantined, reserved; // reserved: static, not in use
	uint64_t exhausted;                                   // how often it had none to give
};
bool lma_next_pool(const struct lma *, uint32_t *cursor, struct lma_pool *out);

struct lma_totals {
	uint32_t bindings, detached, mags, held; // held: PBUs waiting (LMA-BC-08)
	uint64_t received[LMA_N_UPDATES], accepted[LMA_N_UPDATES], denied[LMA_N_UPDATES];
	uint64_t by_status[256];     // PBAs sent
	uint64_t notes[LMA_N_NOTES]; // how often each note was given
	uint64_t prefixes_free, prefixes_used, prefixes_quarantined;
};
const struct lma_totals *lma_totals(struct lma *);
