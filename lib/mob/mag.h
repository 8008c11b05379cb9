// The protocol engine of a Mobile Access Gateway: RFC 5213 section 6 as a pure state machine.
//
// mag.c          input, output, deadline: the one door
// bul.[ch]       the binding update list: entries, indexes, timers (RFC 5213 6.1)
// identify.c     who a node is (MAG-PP-*)
// attach.c       a node appears, is heard, falls silent, leaves: state x event
// register.c     PBUs: first, renewal, de-registration, repetition with back-off (MAG-REG-*)
// answered.c     PBAs: which request one answers, what each status means (RFC 5213 6.9.1.2)
// mag_show.c     what an operator sees
// advertise.c    what Router Advertisements say, and when (MAG-RA-*)
// heartbeat.[ch] RFC 5847, shared with the LMA
//
// No I/O, no clock, no threads: the caller says what happened and when, then pulls what to do about
// it until there is no more. One owner (the control thread). Nothing that a node or the LMA sends,
// and no full table, can fail harder than a note and a counter. Same inputs, same outputs.
//
// RFCs: 5213 (6, 8, 9.2, 9.3), 6275 (11.7, 11.8 as 5213 takes them over), 5847, 6543.
// missing: option 26 from the LMA, local routing, DHCPv6 relay, AAA (ASK), fast handover (RFC
// 5949).
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

struct mag_conf {
	struct ip6_addr coa, lmaa;
	const struct mag_node_conf *nodes;
	uint32_t n_nodes;
	char realm[256];      // a node in no row is <mac>@realm; "": it is not served (MAG-PP-01)
	uint8_t access_tech;  // RFC 5213 8.5
	uint32_t max_nodes;   // BUL entries; beyond it a node is not served, and counted
	uint32_t max_pending; // of them not yet answered; beyond it a new one waits for its next
			      // frame
	uint32_t lifetime_s;             // asked for
	bool timestamps;                 // TimestampBasedApproachInUse (RFC 5213 9.3), default true
	struct ip6_addr link_local;      // RFC 6543
	uint16_t tunnel_mtu, access_mtu; // the MTU option is the smaller one (MAG-RA-02)
	uint32_t prefix_valid_s, prefix_preferred_s; // of the HNPs in RAs (MAG-RA-05)
	uint16_t router_lifetime_s;
	ns_t probe_after;    // so long nothing was heard of a node: it is probed (MAG-DET-01)
	ns_t probe_interval; // between probes
	unsigned probes;     // unanswered ones until it is gone
	struct heartbeat_conf heartbeat;
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
			struct span nai;           // empty: from the table, or <mac>@realm
			uint8_t handoff_indicator; // 0: not known
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
		} bad;
		struct {
			struct mag_link link; // of the BIND
		} bind_failed;
	};
};

enum mag_action_kind {
	MAG_BIND,      // packets for hnp go to this node, its packets go into the tunnel to lmaa
	MAG_UNBIND,    // neither any more
	MAG_SEND,      // a mobility message
	MAG_ADVERTISE, // a Router Advertisement to this node alone
	MAG_PROBE,     // a Neighbour Solicitation to the node: is it there?
	MAG_NOTE,
};

enum mag_note_kind {
#define NOTE(ID, name, text) MAG_NOTE_##ID,
#include "mob/mag_notes.def"
#undef NOTE
	MAG_N_NOTES,
};
const char *mag_note_text(enum mag_note_kind);
const char *mag_note_name(enum mag_note_kind);

// Everything in an action stays valid until the next mag_input.
struct mag_action {
	enum mag_action_kind kind;
	union {
		struct {
			struct ip6_prefix hnp;
			struct mag_link link;
			struct ip6_addr lmaa;
		} bind;
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
			enum mag_note_kind kind;
			struct mag_link link; // zero if it concerns none
			struct span mn_id;    // empty if it concerns none
			uint8_t status;
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
	uint8_t status;         // of the last PBA
	uint32_t attach_us;     // from its first frame to its first RA; 0: not there yet
	ns_t since, expires;    // expires: of the lifetime granted
	ns_t heard;             // last sign of it
	uint32_t pbus, retries; // sent for it
};
// Walks all entries: start with *cursor = 0; false at the end.
bool mag_next_binding(const struct mag *, uint32_t *cursor, struct mag_binding *out);
bool mag_find_binding(const struct mag *, struct mag_link, struct mag_binding *out);

struct mag_totals {
	uint32_t nodes, pending, refused; // entries in these states
	uint64_t sent[3];                 // PBUs: initial, refresh, de-registration
	uint64_t retries, accepted, denied;
	uint64_t by_status[256];
	uint64_t adverts, probes;
	uint64_t notes[MAG_N_NOTES];
	struct heartbeat lma; // the LMA as a peer
};
const struct mag_totals *mag_totals(struct mag *);
