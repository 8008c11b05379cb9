// The MAG engine's inside: what its files share. Nothing outside lib/mob includes this.
#pragma once

#include "base/rng.h"
#include "mob/bul.h"

enum {
	MAG_EXPIRIES_PER_INPUT = 128,
	// One event of one entry: every prefix goes, every one comes and is withdrawn and lost
	// elsewhere, two RAs, two messages, notes.
	MAG_ACTIONS_PER_EVENT = 4 * BUL_MAX_HNPS + 8,
	MAG_MESSAGES_PER_EVENT = 2,
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
	uint8_t mn_id[BUL_MAX_MN_ID];
};

struct mag_message {
	struct mh mh;
	uint8_t mn_id[BUL_MAX_MN_ID];
	uint8_t mac[6];
};

struct mag {
	struct mag_conf conf; // nodes: a copy of ours
	struct siphash_key key;
	struct rng rng;
	struct instant now;
	struct bul bul;
	struct map node_rows; // MAC to row of conf.nodes
	struct heartbeat lma;
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

// ---- mag.c

// The next free place for an action; NULL never happens: room is asked for before anything is done.
struct mag_out *put_out(struct mag *, enum mag_action_kind);
struct mag_message *put_message(struct mag *); // NULL: none free
void send_message(struct mag *, const struct mag_message *);
// RAs with its prefixes to this node that are not pulled yet are not to be sent any more.
void drop_adverts(struct mag *, struct mag_link);
void note(struct mag *, enum mag_note_kind);
void note_of(struct mag *, enum mag_note_kind, uint32_t entry);

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
	EV_MISMATCH, // a PBA to it that repeats something else (MAG-REG-05)
	EV_REPEAT,   // the PBU's timer
	EV_REFRESH,  // the renewal's timer
	EV_OVER,     // lifetime over
	EV_NO_ROOM,  // the workers have none
	N_BUL_EVENTS,
};

void happen(struct mag *, uint32_t entry, enum bul_event);
// A node is there that was not: an entry, or a note of why not. BUL_NULL: none.
uint32_t appear(struct mag *, struct mag_link, struct span nai);
void on_timer(struct mag *, uint32_t entry);
// It has no session, and nothing is known of one: REFUSED, until something makes it ask again.
void lapse(struct mag *, uint32_t entry);
bool is_surely_there(const struct mag *, const struct bul_entry *);
void ask_first(struct mag *, struct bul_entry *); // its answer lets the request go
void forget(struct mag *, uint32_t entry);        // its prefixes go, and the entry

// ---- register.c

void send_request(struct mag *, uint32_t entry, enum bul_request);
void repeat_request(struct mag *, uint32_t entry);
ns_t back_off(uint8_t tries);                 // 1, 2, 4 .. 32 s
uint8_t handoff_of(const struct bul_entry *); // the indicator in its request

// ---- answered.c

void take_pba(struct mag *, const struct mh *);
// What the LMA's refusal of this status means for the entry.
void take_refusal(struct mag *, uint32_t entry);
// Its prefixes leave the workers; the node is told, or not.
void drop_hnps(struct mag *, uint32_t entry, bool tell);

// ---- advertise.c

void advertise(struct mag *, uint32_t entry);
// One last RA in which these prefixes have no lifetime (MAG-RA-05).
void withdraw(struct mag *, uint32_t entry, const struct ip6_prefix *, uint32_t n);
void probe(struct mag *, uint32_t entry);
