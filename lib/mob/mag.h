// The protocol engine of a Mobile Access Gateway: RFC 5213 section 6 as a pure state machine.
//
// mag.c          input, output, deadline: the one door
// bul.[ch]       the binding update list: entries, indexes, timers (RFC 5213 6.1)
// identify.c     who a node is, and what its policy profile says (MAG-PP-*)
// authorise.c    asking whether it may be served, and the answers (MAG-PP-03)
// attach.c       a node appears, is heard, falls silent, leaves: state x event
// presence.c     its times: renewals, probes, the end
// register.c     PBUs: first, renewal, de-registration, repetition with back-off (MAG-REG-*)
// answered.c     PBAs: which request one answers, what each status means (RFC 5213 6.9.1.2)
// refusals.[ch]  who was refused here, and why: bounded
// lmas.c         the LMAs: heartbeats, restarts, paths
// mag_show.c     what an operator sees
// pfmip.[ch]     fast handover, both ends: state x event (RFC 5949); pfmip_*.c its parts
// advertise.c    what Router Advertisements say, and when (MAG-RA-*)
// heartbeat.[ch] RFC 5847, shared with the LMA
//
// No I/O, no clock, no threads: the caller says what happened and when, then pulls what to do about
// it until there is no more. One owner (the control thread). Nothing that a node or the LMA sends,
// and no full table, can fail harder than a note and a counter. Same inputs, same outputs.
//
// RFCs: 5213 (6, 8, 9.2, 9.3), 6275 (11.7, 11.8 as 5213 takes them over), 5149, 5847, 6543, 5949.
#pragma once

#include "base/addr.h"
#include "base/clock.h"
#include "mob/heartbeat.h"
#include "wire/mh.h"

struct mag;

// Where a node is attached: an access interface and its link-layer address. Beside the MN-ID the
// key of a BUL entry (MAG-REG-16).
struct mag_link {
	uint16_t interface; // number of an access interface, the caller's
	uint8_t mac[6];
};

struct mag_node_conf { // a row of the table MAC to NAI
	uint8_t mac[6];
	char nai[256];
};

enum {
	MAG_MAX_LMAS = 16,
	MAG_MAX_HNPS = 16,     // of one session
	MAG_MAX_SERVICE = 255, // octets of a service name (RFC 5149 3)
	MAG_MAX_WHY = 128,     // of a refusal's text
	MAG_MAX_AP = 64,       // of an access point's identifier
};

// An access point and the MAG behind it (RFC 5568: [AP-ID, AR-Info]).
struct mag_peer_conf {
	char ap[MAG_MAX_AP];
	struct ip6_addr mag; // its proxy-CoA; ours: this MAG
};

// Fast handover: RFC 5949. Without peers it is off, and HIs are ignored.
struct mag_fast_conf {
	const struct mag_peer_conf *peers;
	uint32_t n_peers;
	uint32_t max_handovers;
	ns_t forward;     // a forwarding state lives at most so long (FMIP-17)
	ns_t hold_direct; // direct packets wait so long after the PBA for those by the previous MAG
	ns_t settle;      // after the next MAG's PBA packets are still on their way to us
	ns_t hold_uplink; // uplink waits so long for the PBA, then goes by the previous MAG
};

struct mag_lma_conf {
	struct ip6_addr addr; // LMAA
	uint16_t tunnel_mtu;  // what fits into the tunnel to it until MAG_PATH_MTU says another
};

struct mag_interface_conf {  // of an access network, where it differs
	uint8_t access_tech; // 0: mag_conf's
	uint16_t mtu;        // of the access link; 0: mag_conf's
};

enum mag_local_routing { ROUTING_AS_FLAG, ROUTING_LOCAL, ROUTING_BY_LMA };

// A mobile node's policy profile (RFC 5213 6.2). All zero: as for everybody.
struct mag_profile {
	struct ip6_addr lma;                  // one of mag_conf.lmas; zero: the first
	struct ip6_prefix hnps[MAG_MAX_HNPS]; // known for its session (MAG-REG-02 [O])
	uint8_t n_hnps;
	uint8_t local_routing; // enum mag_local_routing: goes before the flag (MAG-FW-04)
	uint32_t lifetime_s;   // asked for; 0: mag_conf's
	char service[MAG_MAX_SERVICE + 1]; // RFC 5149; "": no option 20
};

struct mag_profile_conf {
	char match[256]; // a whole NAI, "@realm", or "*": in this order
	bool permit;     // false: known, and not served
	struct mag_profile profile;
};

struct mag_conf {
	struct ip6_addr coa;
	struct mag_lma_conf lmas[MAG_MAX_LMAS];
	uint32_t n_lmas;                         // at least one
	const struct mag_profile_conf *profiles; // none: everybody who has an identity
	uint32_t n_profiles;
	const struct mag_interface_conf *interfaces; // by number of the access interface
	uint32_t n_interfaces;
	const struct mag_node_conf *nodes;
	uint32_t n_nodes;
	char realm[256];      // a node in no row is <mac>@realm; "": it is not served (MAG-PP-01)
	uint8_t access_tech;  // RFC 5213 8.5
	uint32_t max_nodes;   // BUL entries; beyond it a node is not served, and counted
	uint32_t max_pending; // of them not yet answered; beyond it a new one waits for its next
			      // frame
	uint32_t lifetime_s; // asked for
	bool timestamps;     // TimestampBasedApproachInUse (RFC 5213 9.3), default true
	// FixedMAGLinkLocalAddressOnAllAccessLinks (RFC 6543); zero: the LMA gives each session one
	// (MAG-REG-11).
	struct ip6_addr link_local;
	bool local_routing;  // EnableMAGLocalRouting (RFC 5213 9.2), default false
	uint16_t access_mtu; // the MTU option is the smaller one of it and the tunnel's (MAG-RA-02)
	uint32_t prefix_valid_s, prefix_preferred_s; // of the HNPs in RAs (MAG-RA-05)
	bool prefixes_end_with_binding; // neither is longer than what is left of the lifetime
	uint16_t router_lifetime_s;
	ns_t advertise_interval; // at most, between RAs to a node; shorter than router_lifetime_s
	// MAG_ASK before a node is served, and MAG_AUTHORISED decides (MAG-PP-03).
	bool authorise;
	bool serve_unanswered;  // nobody can say: by the profiles alone; false: refused
	ns_t authorise_timeout; // as long is waited for MAG_AUTHORISED, then nobody can say
	ns_t hold_refused;      // a node that was refused is not asked for again so long
	ns_t probe_after;       // so long nothing was heard of a node: it is probed (MAG-DET-01)
	ns_t probe_interval;    // between probes
	unsigned probes;        // unanswered ones until it is gone
	struct heartbeat_conf heartbeat;
	struct mag_fast_conf fast;
};

enum mag_event_kind {
	MAG_HEARD,   // a frame of this node's, whatever it is; the first one attaches it
	MAG_ATTACH,  // the operator or the link says that it is there, perhaps with its NAI
	MAG_DETACH,  // the operator or the link says that it is gone
	MAG_CARRIER, // an access interface lost its carrier: all nodes there are gone; or got it
		     // back
	MAG_MESSAGE,
	MAG_BAD_MESSAGE,
	MAG_BIND_FAILED, // the BIND just pulled found no room in the workers' tables
	MAG_AUTHORISED,  // the answer to a MAG_ASK
	MAG_PATH_MTU,    // what fits into the tunnel to an LMA changed (MAG-RA-08)
	MAG_HAND_OVER,   // the access network or an operator: a node here is about to move
	MAG_TICK,
};

// What a frame tells beside that its sender is there.
enum mag_heard {
	HEARD_FRAME, // nothing more
	// DAD, MLD: hosts send them when a link comes up, and a while after. A node that is bound
	// may have been elsewhere in between: it is registered again, unless that was a moment ago.
	HEARD_LINK_UP,
	HEARD_SOLICIT, // the same, and an RA is owed (MAG-RA-04)
	// It looks for its router by multicast. Who kept its link does not: so it is registered
	// again at once.
	HEARD_SEARCH,
};

enum mag_verdict {
	MAG_ACCEPT,
	MAG_REJECT,      // it may not
	MAG_UNREACHABLE, // nobody can say
	MAG_UNUSABLE,    // what was said makes no sense
};

enum mag_hand_over {
	HAND_OVER_GO,      // HI with F: forward to the next MAG from its HAck on
	HAND_OVER_PREPARE, // HI with U: the next MAG prepares buffers; GO follows
	HAND_OVER_CANCEL,  // it stays
};

struct mag_event {
	enum mag_event_kind kind;
	union {
		struct {
			struct mag_link link;
			enum mag_heard what;
			// Its link-local source address, zero if the frame had none: kept in the
			// BUL entry, as the target of probes.
			struct ip6_addr addr;
		} heard;
		struct {
			struct mag_link link;
			struct span nai; // empty: from the table, or <mac>@realm
			// What the link layer knows for certain, 1..3; 0: nothing (MAG-HI-01..05).
			uint8_t handoff_indicator;
			struct ip6_addr
				previous; // its MAG before (RFC 5949, reactive); zero: not known
		} attach;
		struct mag_link detach;
		struct {
			uint16_t interface;
			bool up;
		} carrier;
		struct {
			struct ip6_addr src, dst;
			const struct mh *mh; // needed until mag_input returns
		} message;
		struct {
			struct ip6_addr src, dst;
			enum mh_err err;
			enum mh_type type; // as it says
		} bad;
		struct {
			struct mag_link link; // of the BIND
			uint32_t handover;    // of a BIND of an expected node; else 0
		} bind_failed;
		struct {
			uint64_t ticket; // of the MAG_ASK
			enum mag_verdict verdict;
			struct span mn_id; // its stable identity (MAG-PP-02); empty: what was asked
			const struct mag_profile *profile; // over the embedded one; NULL: nothing
			uint32_t session_s;                // asked again after it; 0: never
			struct span why;                   // of what is no ACCEPT, for the operator
		} authorised;
		struct {
			struct ip6_addr lma;
			uint16_t tunnel_mtu;
		} path_mtu;
		struct {
			struct span mn_id;
			enum mag_hand_over what;
			struct ip6_addr to; // the next MAG; zero for CANCEL
		} hand_over;
	};
};

enum mag_action_kind {
	MAG_BIND,      // packets for hnp go to this node, its packets go into the tunnel to lmaa
	MAG_UNBIND,    // neither any more
	MAG_SEND,      // a mobility message
	MAG_ADVERTISE, // a Router Advertisement to this node alone
	MAG_PROBE,     // a Neighbour Solicitation to the node: is it there?
	MAG_ASK,       // may it be served? MAG_AUTHORISED is the answer
	MAG_HOLD,      // which packets of a handover wait
	MAG_RELEASE,   // a handover is over: its queues end
	MAG_NOTE,
};

// Packets of a handover's node, at its new MAG.
enum mag_queue {
	QUEUE_DETOUR, // downlink by the previous MAG
	QUEUE_DIRECT, // downlink from the LMA
	QUEUE_UPLINK,
	MAG_N_QUEUES,
};
enum mag_queue_mode {
	QUEUE_PASS, // what waits goes on in order, and what comes behind it
	QUEUE_HOLD, // they wait
};

enum mag_note_kind {
#define NOTE(ID, name, text) MAG_NOTE_##ID,
#include "mob/mag_notes.def"
#undef NOTE
	MAG_N_NOTES,
};
const char *mag_note_text(enum mag_note_kind);
const char *mag_note_name(enum mag_note_kind);

// Why a node is not served.
enum mag_reason {
#define REASON(ID, name, text, advice) REASON_##ID,
#include "mob/mag_reasons.def"
#undef REASON
	MAG_N_REASONS,
};
const char *mag_reason_name(enum mag_reason); // of its counter
const char *mag_reason_text(enum mag_reason);
const char *mag_reason_advice(enum mag_reason); // what an operator does about it

enum handover_state {
	HO_NONE,
	// At the previous MAG.
	HO_ASKED,      // HI is out
	HO_PREPARED,   // the next MAG keeps buffers ready
	HO_FORWARDING, // packets go there
	HO_SETTLING,   // the node is registered there: what is on its way still goes there
	HO_ENDING,     // the last HI is out, nothing is forwarded any more
	// At the new one.
	HO_ASKING,     // the node is here, HI is out to where it was
	HO_EXPECTED,   // the node is not here yet
	HO_HERE,       // it is, and being registered
	HO_REGISTERED, // direct packets wait for those by the previous MAG
	HO_OVER,       // kept for a while: what came of it, and for HIs that come twice
	HO_N_STATES,
};

enum handover_outcome {
#define OUTCOME(ID, name, text) OUTCOME_##ID,
#include "mob/handover_outcomes.def"
#undef OUTCOME
	N_OUTCOMES,
};
const char *handover_outcome_name(enum handover_outcome);
const char *handover_outcome_text(enum handover_outcome);

// Everything in an action stays valid until the next mag_input.
struct mag_action {
	enum mag_action_kind kind;
	union {
		struct {
			struct ip6_prefix hnp;
			struct mag_link link;
			struct ip6_addr lmaa;
			bool local; // straight to other nodes here for which it holds too
				    // (MAG-FW-04)
			// RFC 5949. The number of the handover whose queues its packets pass; 0:
			// none.
			uint32_t handover;
			// The node is not here yet, all wait: of link only the MAC address that
			// it had at its previous MAG counts, if that is known.
			bool expected;
			// At its new MAG packets for it come from there too; zero: none. With
			// `detour` its own go there, not to lmaa.
			struct ip6_addr previous;
			bool detour;
			// At its previous MAG: packets for it go there, its own come from there
			// too and go to lmaa; zero: no.
			struct ip6_addr next;
		} bind;
		struct {
			uint32_t handover;
			uint8_t modes[MAG_N_QUEUES]; // enum mag_queue_mode
		} hold;
		struct {
			uint32_t handover; // the number may mean another one after this
			bool drop;         // what waits is lost; else it goes on first, in order
		} release;
		struct {
			struct ip6_prefix hnp;
		} unbind;
		struct {
			struct ip6_addr src, dst;
			const struct mh *mh;
		} send;
		struct {
			struct mag_link link;
			struct ip6_addr src; // the session's link-local address
			const struct ip6_prefix *hnps;
			uint32_t n_hnps;
			uint32_t valid_s, preferred_s; // 0: the prefixes are withdrawn (MAG-RA-05)
			uint16_t router_lifetime_s, mtu;
		} advertise;
		struct {
			struct mag_link link;
			struct ip6_addr src;
			// The link-local address last heard, else fe80:: and the EUI-64 of its MAC.
			struct ip6_addr target;
		} probe;
		struct {
			uint64_t ticket;
			struct mag_link link;
			struct span mn_id;   // the name it came with, not one of an answer
			struct span service; // of its profile; empty: none
		} ask;
		struct {
			enum mag_note_kind kind;
			struct mag_link link; // zero if it concerns none
			struct span mn_id;    // empty if it concerns none
			struct ip6_addr lma;  // zero if it concerns none
			uint8_t status;
			enum mag_reason reason;        // of NOT_SERVED
			enum handover_outcome outcome; // of HANDED_OVER, HANDOVER_FAILED; lma is
						       // the other MAG, status the HAck's code
			struct span why;               // what the one who was asked said
		} note;
	};
};

// NULL: no memory. Keeps a copy of conf.
struct mag *mag_new(const struct mag_conf *, uint64_t seed, struct instant now);
void mag_free(struct mag *);
void mag_input(struct mag *, struct instant now, const struct mag_event *);
bool mag_output(struct mag *, struct mag_action *out);
ns_t mag_deadline(const struct mag *); // call with a tick at this monotonic time at the latest

// ---- For the operator. Same thread; valid until the next mag_input.

enum bul_state {
	BUL_NONE,
	BUL_ASKING,      // MAG_ASK is out
	BUL_REGISTERING, // first PBU is out
	BUL_BOUND,
	BUL_REFRESHING, // bound, a PBU is out
	BUL_LEAVING,    // the de-registration is out
	BUL_REFUSED,    // the LMA said no; kept so that the node is not tried with every frame
	BUL_N_STATES,
};

struct mag_binding {
	struct mag_link link;
	struct span mn_id;
	const struct ip6_prefix *hnps;
	uint32_t n_hnps;
	enum bul_state state;
	struct ip6_addr lma;
	struct ip6_addr link_local; // the MAG's on this link
	uint8_t status;             // of the last PBA
	enum mag_reason reason;     // REASON_NONE unless it is refused
	bool local;                 // routed to other nodes here
	uint32_t attach_us;         // from its first frame to its first RA; 0: not there yet
	ns_t since, expires;        // expires: of the lifetime granted
	ns_t authorised_until;      // asked again then; 0: for ever
	ns_t heard;                 // last sign of it
	uint32_t pbus, retries;     // sent for it
};
// Walks all entries: start with *cursor = 0; false at the end.
bool mag_next_binding(const struct mag *, uint32_t *cursor, struct mag_binding *out);
bool mag_find_binding(const struct mag *, struct mag_link, struct mag_binding *out);

struct mag_refusal { // a node that has no entry
	struct mag_link link;
	struct span mn_id; // empty: it has no identity here
	enum mag_reason reason;
	uint8_t status;
	struct span why;
	uint64_t times;
	ns_t since, last;
	ns_t until; // not asked for before; UINT64_MAX: until an operator says "attach"
};
// The same for those who were refused here. The oldest give way.
bool mag_next_refusal(const struct mag *, uint32_t *cursor, struct mag_refusal *out);

struct mag_lma { // an LMA as a peer
	struct ip6_addr addr;
	struct heartbeat heartbeat;
	uint32_t bindings;
	uint16_t tunnel_mtu;
};
bool mag_next_lma(const struct mag *, uint32_t *cursor, struct mag_lma *out);

struct mag_handover {
	uint32_t number; // as in bind, hold, release
	struct span mn_id;
	struct ip6_addr peer;
	bool is_new;   // we are its new MAG
	bool reactive; // it was here before anybody was asked
	enum handover_state state;
	enum handover_outcome outcome; // when it is over
	uint8_t code;                  // of the last HAck
	uint32_t n_hnps;
	struct ip6_addr lmaa;
	uint32_t ipv4_hoa, ipv4_lmaa; // kept, not served; 0: none
	ns_t since, until;
};
// All there are, those that are over too, until they give way.
bool mag_next_handover(const struct mag *, uint32_t *cursor, struct mag_handover *out);

struct mag_totals {
	uint32_t nodes, asking, pending, refused; // entries in these states
	uint32_t refusals;                        // nodes without one that were refused
	uint64_t sent[3];                         // PBUs: initial, refresh, de-registration
	uint64_t retries, accepted, denied;
	uint64_t by_status[256];
	uint64_t adverts, probes, asked;
	uint64_t by_reason[MAG_N_REASONS]; // signs of nodes that were not served
	uint64_t notes[MAG_N_NOTES];
	uint64_t his, hi_retries, hacks; // sent
	uint64_t outcomes[N_OUTCOMES];   // of handovers
};
const struct mag_totals *mag_totals(struct mag *);
