// The MAG engine's inside: what its files share. Nothing outside lib/mob includes this.
#pragma once

#include "base/rng.h"
#include "mob/bul.h"
#include "mob/pfmip.h"
#include "mob/refusals.h"

enum {
	MAG_EXPIRIES_PER_INPUT = 128,
	// One event of one entry: every prefix goes, every one comes and is withdrawn and lost
	// elsewhere, two RAs, two messages, notes.
	MAG_ACTIONS_PER_EVENT = 4 * BUL_MAX_HNPS + 8,
	MAG_MESSAGES_PER_EVENT = 4, // a handover that makes place for another one
	// The largest input is a tick. As much again is kept for BINDs that fail: they must be
	// undone, however much is waiting.
	MAG_ACTIONS_OF_INPUT = (MAG_EXPIRIES_PER_INPUT + 4) * MAG_ACTIONS_PER_EVENT,
	MAG_MESSAGES_OF_INPUT = (MAG_EXPIRIES_PER_INPUT + 4) * MAG_MESSAGES_PER_EVENT,
	MAG_ACTIONS = 2 * MAG_ACTIONS_OF_INPUT,
	MAG_MESSAGES = 2 * MAG_MESSAGES_OF_INPUT,
	BINDING_ERRORS_PER_S = 10, // RFC 6275 9.3.3 as ICMPv6 errors
	MAX_UPDATE_RATE = 3,       // PBUs per second and session (RFC 6275 12)
};

// RFC 6275 12.
static const ns_t initial_bindack_timeout = 1 * NS_SEC, max_bindack_timeout = 32 * NS_SEC;
// The signs of one link that comes up are told apart from those of the next by this; how often a
// node is registered again for them is MAX_UPDATE_RATE's.
static const ns_t reattach_interval = 1 * NS_SEC, search_interval = 50 * NS_MSEC;

// An action on its way out, with what it points to.
struct mag_out {
	struct mag_action action;
	struct ip6_prefix hnps[BUL_MAX_HNPS];
	uint8_t mn_id[BUL_MAX_MN_ID], service[MAG_MAX_SERVICE];
	uint8_t why[MAG_MAX_WHY];
};

struct mag_message {
	struct mh mh;
	uint8_t mn_id[BUL_MAX_MN_ID], service[MAG_MAX_SERVICE];
	uint8_t mac[6], lmaa[16], wanted[6];
};

struct lma_peer {
	struct ip6_addr addr;
	struct heartbeat heartbeat;
	uint16_t tunnel_mtu;
};

struct mag {
	struct mag_conf conf; // nodes, profiles, interfaces: copies of ours
	struct siphash_key key;
	struct rng rng;
	struct instant now;
	struct bul bul;
	struct map node_rows;    // MAC to row of conf.nodes
	struct map profile_rows; // match to row of conf.profiles
	struct refusals refusals;
	struct fast fast;
	struct lma_peer lmas[MAG_MAX_LMAS]; // conf.n_lmas of them
	uint32_t serial;                    // of tickets
	uint16_t seq;        // of PBUs with timestamps: one for the whole MAG (MAG-REG-12)
	struct mag_out *out; // a ring
	uint32_t out_head, n_out;
	struct mag_message *messages; // used from the front, all free again when no action is left
	uint32_t n_messages;
	uint32_t errors_sent; // Binding Errors in the second that began at error_window
	ns_t error_window;
	struct mag_totals totals;
};

static inline struct bul_entry *entry_of(struct mag *m, uint32_t i)
{
	return &m->bul.entries[i];
}

// Where its access network differs; of one in no row the row of zeros behind the last.
static inline const struct mag_interface_conf *interface_of(const struct mag *m,
							    const struct bul_entry *e)
{
	uint32_t i = e->link.interface, n = m->conf.n_interfaces;

	return &m->conf.interfaces[i < n ? i : n];
}

// ---- mag.c

// The next free place for an action; NULL never happens: room is asked for before anything is done.
struct mag_out *put_out(struct mag *, enum mag_action_kind);
struct mag_message *put_message(struct mag *); // NULL: none free
void send_message(struct mag *, const struct mag_message *, struct ip6_addr lma);
// RAs with its prefixes to this node that are not pulled yet are not to be sent any more.
void drop_adverts(struct mag *, struct mag_link);
void note(struct mag *, enum mag_note_kind);
void note_of(struct mag *, enum mag_note_kind, uint32_t entry);
void note_lma(struct mag *, enum mag_note_kind, struct ip6_addr lma);
bool has_room(const struct mag *); // for the actions of one more event

// ---- attach.c

enum bul_event {
	EV_HEARD,
	EV_LINK_UP,
	EV_SOLICIT,
	EV_SEARCH,
	EV_ATTACH,
	EV_DETACH,
	EV_SILENT,   // its probes stay unanswered
	EV_ACCEPTED, // the PBA to the PBU that is out
	EV_REFUSED_BY_LMA,
	EV_MISMATCH,  // a PBA to it that repeats something else (MAG-REG-05)
	EV_REPEAT,    // the PBU's timer
	EV_REFRESH,   // the renewal's timer
	EV_OVER,      // lifetime over
	EV_NO_ROOM,   // the workers have none
	EV_PERMITTED, // the answer to MAG_ASK
	EV_DENIED,
	N_BUL_EVENTS,
};

void happen(struct mag *, uint32_t entry, enum bul_event);
// A node is there that was not: an entry, or a note of why not. BUL_NULL: none.
// It has no session, and nothing is known of one: REFUSED, until something makes it ask again.
void lapse(struct mag *, uint32_t entry);
void forget(struct mag *, uint32_t entry); // its prefixes go, and the entry

void first(struct mag *, uint32_t entry); // the registration begins

// ---- identify.c

// A node is there that was not: an entry, or a note of why not. BUL_NULL: none.
uint32_t appear(struct mag *, struct mag_link, struct span nai);
// An operator wants it served: what was held against it is forgotten.
void pardon(struct mag *, struct mag_link, struct span nai);
// The same interface as the newer entry's, of this node, at other places of ours: they end without
// a de-registration.
void end_older(struct mag *, struct span nai, uint32_t newer);
const struct mag_profile_conf *profile_of(const struct mag *, struct span mn_id); // NULL: none
// What a profile says becomes the entry's, over what it has. REASON_NONE, or why it cannot be.
enum mag_reason take_profile(struct mag *, uint32_t entry, const struct mag_profile *);
// Remembered, counted and told: it is not served. `until` UINT64_MAX: until an operator acts.
void refuse(struct mag *, struct mag_link, struct span mn_id, enum mag_reason, struct span why,
	    ns_t until);

// Nothing is sent for this node until an operator says so, wherever it is here.
void bar(struct mag *, uint32_t entry, enum mag_reason);

// ---- presence.c

bool is_surely_there(const struct mag *, const struct bul_entry *);
void ask_first(struct mag *, struct bul_entry *); // its answer lets the request go
void watch_again(const struct mag *, struct bul_entry *);
void on_timer(struct mag *, uint32_t entry);

// ---- authorise.c

void ask(struct mag *, uint32_t entry);
void take_authorisation(struct mag *, const struct mag_event *);
void on_ask_timer(struct mag *, uint32_t entry);

// ---- lmas.c

void lmas_begin(struct mag *);
uint32_t find_lma(const struct mag *, struct ip6_addr); // UINT32_MAX: none of ours
void begin_or_end_heartbeat(struct mag *, uint8_t lma, uint32_t bound_before);
void hear_beat(struct mag *, uint8_t lma, const struct mh *);
void take_binding_error(struct mag *, uint8_t lma, const struct mh *);
void take_path_mtu(struct mag *, struct ip6_addr lma, uint16_t tunnel_mtu);
void beat(struct mag *);
ns_t next_beat(const struct mag *); // UINT64_MAX: none

// ---- register.c

void send_request(struct mag *, uint32_t entry, enum bul_request);
void repeat_request(struct mag *, uint32_t entry);
ns_t back_off(uint8_t tries);                 // 1, 2, 4 .. 32 s
uint8_t handoff_of(const struct bul_entry *); // the indicator in its request
uint8_t access_tech_of(const struct mag *, const struct bul_entry *);

// ---- answered.c

void take_pba(struct mag *, uint8_t lma, const struct mh *);
void take_brr(struct mag *, uint8_t lma, const struct mh *); // MAG-REG-20
// What the LMA's refusal of this status means for the entry.
void take_refusal(struct mag *, uint32_t entry);
// It holds for this prefix from now on.
void bind_hnp(struct mag *, const struct bul_entry *, struct ip6_prefix);
void unbind_hnp(struct mag *, struct ip6_prefix);
// Its prefixes leave the workers; the node is told, or not.
void drop_hnps(struct mag *, uint32_t entry, bool tell);

// ---- advertise.c

void advertise(struct mag *, uint32_t entry);
// The MAG's address on its link; zero: the LMA has not given one yet.
struct ip6_addr link_local_of(const struct mag *, const struct bul_entry *);
// One last RA in which these prefixes have no lifetime (MAG-RA-05).
void withdraw(struct mag *, uint32_t entry, const struct ip6_prefix *, uint32_t n);
void probe(struct mag *, uint32_t entry);
