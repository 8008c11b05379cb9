// The rules of RFC 5213 5.3 to 5.5 (CONFORMANCE B1 to B5) once more, written as plainly as can be:
// arrays that are searched from one end to the other.
//
// model.c         one event: what it should lead to, and what is left that nobody expected
// model_lookup.c  which binding an update is about (B2)
// model_admit.c   the first check that fails (B1, B5)
// model_change.c  what becomes of bindings (B3)
// model_hold.c    updates that wait for an old MAG (LMA-BC-08, -15, -19)
// model_pool.c    who may have which prefix
// model_expect.c  what the LMA must have said: taken out of what it did say
// model_check.c   its bindings and counters are the model's
//
// It is told after the LMA has acted. Where a rule leaves a choice (which free prefix, which random
// address, which of two timers of one millisecond), what the LMA did is looked at, checked, and
// taken over. The order of actions is the ledger's.
#pragma once

#include "test/sim/world.h"

enum { NOBODY = UINT32_MAX, MODEL_BOUND = 3000, MODEL_HELD = 1024, MODEL_HELD_FOR_ONE = 4 };

// Places that a long run has to come by.
enum place {
#define PLACE(ID, text) AT_##ID,
#include "test/sim/places.def"
#undef PLACE
	N_PLACES,
};

// A binding update, as the rules see it.
struct ask {
	struct ip6_addr src, dst, coa, lla;
	uint64_t came_q16, stamp;
	uint32_t asked_s;
	uint16_t seq, flags;
	uint16_t answer_seq; // its own, or with 135 the last accepted one
	uint8_t id[256], ll[256], ll_sent[256], service[256];
	uint8_t id_len, id_kind, ll_len, ll_sent_len, service_len;
	uint8_t hi, hi_sent, att;
	struct ip6_prefix hnps[MH_MAX_OPTS];
	struct {
		struct ip6_addr prefix;
		uint8_t prefix_len;
	} sent[MH_MAX_OPTS]; // as they came
	uint8_t n_hnps, n_zero;
	bool has_id, has_hi, has_att, has_stamp, has_lla, has_ll;
	uint32_t mag_row, profile; // NOBODY: none
	enum lma_update class;
};

struct bound {
	bool used, detached, unbound, by_stamp;
	bool waited_for;
	uint8_t id[256], ll[256], service[32];
	uint8_t id_len, id_kind, ll_len, service_len, att, hi, n_hnps;
	uint32_t hnps[MAX_HNPS]; // numbers of prefixes
	struct ip6_addr coa, lmaa, lla;
	uint64_t stamp;
	uint16_t seq;
	uint32_t lifetime_s, handovers;
	uint32_t sharer; // NOBODY: none
	bool is_second;  // packets go to the sharer
	ns_t since, ends;
};

struct waiting {
	bool used;
	uint32_t bound;
	ns_t ends;
	struct ask ask;
};

struct prefix_state {
	enum { FREE, TAKEN, RESTING } state;
	uint32_t bound; // to which packets go
	uint64_t owner; // RESTING: who may have it back
	ns_t rests_until;
	uint64_t order;        // of those that rest
	uint32_t is_static_of; // profile, NOBODY
};

struct model {
	struct bound bound[MODEL_BOUND];
	uint32_t high; // none is used from here on
	struct waiting waiting[MODEL_HELD];
	uint32_t n_waiting;
	struct prefix_state prefixes[MAX_PREFIXES];
	uint64_t order;
	uint32_t served;       // expiries in this step
	uint32_t n_full, pick; // sessions with the key of an update, and which of them is meant
	bool trying;           // nothing is ticked off
	uint64_t received[LMA_N_UPDATES], accepted[LMA_N_UPDATES], denied[LMA_N_UPDATES];
	uint64_t by_status[256];
	uint64_t been[N_PLACES]; // ever
};

enum outcome { O_NEW, O_FOUND, O_WAIT, O_SHARE, O_SILENT, O_REFUSED };
struct verdict {
	enum outcome outcome;
	uint32_t bound; // FOUND, WAIT, SHARE
	uint32_t fresh; // whose timestamp or number counts, NOBODY
	uint8_t status; // REFUSED
	enum place place;
};

enum path { P_FRESH, P_RELEASED, P_AGAIN, P_OVERDUE };

// ---- model.c

struct model *model_new(void);
void model_clear(struct world *); // the LMA starts without memory
// Everything that the LMA did in this step is in w->did.
void model_follow(struct world *, const struct lma_event *);
void been_at(struct world *, enum place);
const char *place_text(enum place);
void judge(struct world *, struct ask *, enum path);
// At most one session is changed by it, so that a BIND that fails has one meaning.
bool model_is_simple(const struct world *, const struct lma_event *);

// ---- model_lookup.c

bool same_node(const struct bound *, const struct ask *);
bool same_name(const uint8_t *a, uint8_t a_kind, uint8_t a_len, const uint8_t *b, uint8_t b_kind,
	       uint8_t b_len);
struct verdict look_up(struct world *, const struct ask *);

// ---- model_admit.c

uint8_t admit_ask(struct world *, const struct ask *, const struct verdict *);
uint32_t row_of_mag(const struct world *, struct ip6_addr coa);
uint32_t row_of_node(const struct world *, const struct ask *);
uint32_t bindings_at(const struct world *, struct ip6_addr coa);
bool has_mag_room(const struct world *, struct ip6_addr coa);

// ---- model_change.c

void create_bound(struct world *, const struct ask *);
void share_bound(struct world *, const struct ask *, uint32_t first);
void change_bound(struct world *, const struct ask *, uint32_t bound);
void remove_bound(struct world *, uint32_t bound, enum lma_note_kind);
void time_is_over(struct world *, uint32_t bound);

// ---- model_hold.c

bool hold_ask(struct world *, uint32_t bound, const struct ask *);
void replace_asks(struct world *, const struct ask *);
// Those who wait for this one, once for all of them: what they change releases nobody.
void release_asks(struct world *, uint32_t bound, bool moved);
void release_all(struct world *, uint32_t bound, bool moved);
void overdue_asks(struct world *);

// ---- model_pool.c

bool may_claim(const struct world *, const struct ask *, struct ip6_prefix);
// Whether a pool of this ask has the service that it selected.
bool has_pool_of_service(const struct world *, const struct ask *);
bool prefix_fits_service(const struct world *, const struct ask *, uint32_t prefix);
// How many prefixes its session has or would have.
uint8_t wanted_prefixes(const struct world *, const struct ask *, bool is_new);
bool is_listed(const uint16_t *pools, uint32_t n, uint32_t pool);
// The prefixes of a new session as the LMA chose them, each checked; how many. 0: not enough.
uint8_t choose_prefixes(struct world *, const struct ask *, uint32_t out[static MAX_HNPS]);
void rest_prefix(struct world *, uint32_t prefix, uint64_t owner);
void end_rests(struct world *);
uint64_t owner_of(const uint8_t *id, uint8_t kind, uint8_t len);
uint32_t used_prefixes(const struct world *);

// ---- model_expect.c

void expect_note(struct world *, enum lma_note_kind);
bool take_note_if(struct world *, enum lma_note_kind); // it may say so
void expect_bind(struct world *, uint32_t bound);
void expect_drop(struct world *, uint32_t bound, enum lma_action_kind); // DETACH, UNBIND
bool is_dropped(struct world *, uint32_t bound);                        // the LMA said so
// With everything that belongs in it; `bound`: what it grants, NOBODY.
void expect_pba(struct world *, const struct ask *, uint8_t status, uint32_t bound);
// The answer to this one, not yet expected; NULL: none.
const struct mh *answer_to(const struct world *, const struct ask *);
void expect_nothing_more(struct world *);
// Every BIND, DETACH and UNBIND of these prefixes.
void forgive_tables(struct world *, const uint32_t *prefixes, uint8_t n);

// ---- model_check.c

void model_check(struct world *);
