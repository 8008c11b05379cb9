// Fast handovers of the MAG's engine: RFC 5949, as previous and as new MAG, predictive and
// reactive.
//
// pfmip.c           state x event, a full matrix; orders, times, what the engine asks and tells
// pfmip_previous.c  the steps at the previous MAG, pfmip_new.c at the new one
// pfmip_effects.c   what the workers are told, and ends
// pfmip_messages.c  HI and HAck: what stands in them, which answers which, repetition
// pfmip_table.c     the records: found by MN-ID, by MAC address, by number; their timers
//
// One record for a node at a MAG, in one role at a time; it outlives its handover for a while, so
// that a HI that comes twice is answered alike and an operator sees what came of it. What the
// workers do with the node's packets meanwhile is said by BIND, HOLD and RELEASE. Bounded: beyond
// max_handovers a HI is answered with 130.
#pragma once

#include "base/map.h"
#include "base/siphash.h"
#include "base/wheel.h"
#include "mob/mag.h"

struct mag;
struct bul_entry;

enum { HO_NULL = UINT32_MAX, HI_RETRIES = 3, HO_MAX_LL_ID = 16, HO_MAX_MN_ID = 253 };

enum handover_event {
	HEV_GO, // an operator's orders
	HEV_PREPARE,
	HEV_CANCEL,
	HEV_CONTEXT,  // HI from the previous MAG: the node is about to come
	HEV_WANTED,   // HI from the new MAG: it wants context, buffers or packets
	HEV_DONE,     // HI that says "forwarding complete"
	HEV_ACCEPTED, // HAck to the HI that is out
	HEV_REFUSED,
	HEV_UNANSWERED, // after the last repetition
	HEV_ARRIVED,    // the node is on a link of ours and may be registered
	HEV_REGISTERED, // its PBA is here
	HEV_LEFT,       // it left our link
	HEV_GONE,       // its session here is over, or its prefixes are
	HEV_BACK,       // it showed itself on a link that it had left
	HEV_NEXT,       // the step that was due
	HEV_OVER,       // it lived as long as it may
	N_HANDOVER_EVENTS,
};

// What the other MAG said of the node.
struct context {
	struct ip6_prefix hnps[MAG_MAX_HNPS];
	uint8_t n_hnps;
	bool has_lmaa;
	struct ip6_addr lmaa;
	struct ip6_addr lla;                 // its MAG's, on its link; zero: not told
	uint8_t ll_id[HO_MAX_LL_ID], ll_len; // 0: none
	uint32_t ipv4_hoa, ipv4_lmaa;
	bool gre; // it asks for a GRE key
};

static inline bool context_has(const struct context *c, struct ip6_prefix hnp)
{
	for (uint8_t k = 0; k < c->n_hnps; k++)
		if (ip6_prefix_equal(c->hnps[k], hnp))
			return true;
	return false;
}

struct handover {
	uint8_t state;   // enum handover_state
	uint8_t outcome; // enum handover_outcome: how it ends, once that is known
	bool is_new, reactive;
	bool forward;  // F was asked for and granted
	bool buffers;  // the workers were told of queues
	bool left;     // previous MAG: the node is not on our link any more
	bool finished; // new MAG: the previous one is done
	bool detour;   // new MAG: the node's packets go by the previous one
	bool waiting;  // for the HAck to the HI that is out
	bool answered; // in_*: the HI answered last
	uint8_t lma;   // new MAG: number of its LMA
	uint8_t code;  // of the last HAck, either way
	uint8_t out_flags, out_code, tries;
	uint8_t in_flags, in_code, hack_flags, hack_code;
	uint16_t out_seq, in_seq;
	uint8_t mn_len;
	uint8_t mn_id[HO_MAX_MN_ID];
	uint32_t entry; // in the binding update list; BUL_NULL: not here
	struct ip6_addr peer;
	struct ip6_addr from; // previous MAG: one before us that still sends packets; zero: none
	struct context context;
	ns_t since, left_at, due_repeat, due_next, due_over; // 0: none
};

struct fast {
	struct mag_fast_conf conf; // peers: a copy of ours
	struct handover *v;
	uint32_t *free, n_free;
	uint32_t oldest; // where the search for one that is over begins
	struct map by_mn_id, by_mac, by_peer;
	struct siphash_key key;
	struct wheel *timers; // NULL: fast handover is off
	uint16_t seq;
};

// ---- pfmip_table.c

int fast_init(struct fast *, const struct mag_fast_conf *, struct siphash_key, ns_t now); // -ENOMEM
void fast_done(struct fast *);
bool fast_is_peer(const struct fast *, struct ip6_addr);
// The record of that node, one that is over too; HO_NULL: none.
uint32_t handover_find(const struct fast *, struct span mn_id);
// Whom somebody with this MAC address is expected to be.
uint32_t handover_find_mac(const struct fast *, const uint8_t mac[6]);
// A fresh one for the node, in place of one that is over; HO_NULL: no room.
uint32_t handover_add(struct fast *, struct span mn_id, ns_t now);
void handover_del(struct fast *, uint32_t);
void handover_set_context(struct fast *, uint32_t, const struct context *);
void handover_schedule(struct fast *, uint32_t);

static inline struct span handover_mn_id(const struct handover *h)
{
	return (struct span){h->mn_id, h->mn_len};
}

// ---- pfmip_messages.c

void send_hi(struct mag *, uint32_t, uint8_t flags, uint8_t code);
void repeat_hi(struct mag *, uint32_t);
void answer_hi(struct mag *, uint32_t, uint8_t code); // the HI of in_*
void take_hi(struct mag *, struct ip6_addr peer, const struct mh *);
// The HAck to the HI answered last, if it has not been pulled yet, says this instead.
void take_back_answer(struct mag *, uint32_t, uint8_t code);
void take_hack(struct mag *, struct ip6_addr peer, const struct mh *);

// ---- pfmip.c

void handover_happen(struct mag *, uint32_t, enum handover_event);
void take_order(struct mag *, const struct mag_event *);
// What it was for ends without a word of its own, and it begins anew for the same node.
void handover_restart(struct mag *, uint32_t);
void on_handover_timer(struct mag *, uint32_t);
// The workers have no room for a BIND of this handover, number as in mag.h. False: it is over, and
// the BIND was its node's alone.
bool fail_handover_bind(struct mag *, uint32_t number);
// What the other files ask and tell. `entry` is one of the binding update list.
uint32_t fast_number(const struct mag *, const struct bul_entry *);  // of its handover; 0: none
struct span fast_expected(const struct mag *, const uint8_t mac[6]); // whose it is; empty: nobody's
// The node may be registered. True: its request waits for the previous MAG's HAck.
bool fast_arrive(struct mag *, uint32_t entry);
void fast_come_from(struct mag *, uint32_t entry, struct ip6_addr previous);
void fast_fill_bind(const struct mag *, const struct bul_entry *, struct mag_action *);
void fast_registered(struct mag *, uint32_t entry);
bool fast_keeps(struct mag *, uint32_t entry); // it left, and is not de-registered for now
void fast_gone(struct mag *, uint32_t entry);  // its prefixes are not the workers' any more
void fast_heard(struct mag *, uint32_t entry, enum mag_heard);
