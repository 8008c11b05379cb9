// What a worker needs for the packets of some bindings: 128 bytes, two cache lines, the first for
// every packet. At an LMA the tunnel to one MAG, shared by all bindings there; at a MAG the tunnel
// to the LMA and the place of one mobile node on an access link.
//
// Immutable while an index reaches it, but for the two atomics. Control writes, workers read.
#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/addr.h"

// What distinguishes tunnels: bindings with equal tunnels share an entry.
struct fwd_tunnel {
	struct ip6_addr local, remote; // its two ends: LMAA and proxy-CoA, whichever is ours first
	uint32_t peer;                 // number of the remote end, as peer_add got it
	uint32_t also; // another peer that packets of these bindings come from, 0: none
};

enum fwd_access_flags {
	FWD_LOCAL = 1,    // straight to other nodes here that have it too (MAG-FW-04)
	FWD_HANDOVER = 2, // a fast handover is under way: struct fwd_handover counts (RFC 5949)
	FWD_EXPECTED = 4, // the node is not here yet: no place is known, its packets wait
};

// Where a mobile node is: uplink packets must come from there, downlink packets go there
// (MAG-PP-04). All zero at an LMA.
struct fwd_access {
	uint8_t mac[6];
	uint8_t port;
	uint8_t flags; // enum fwd_access_flags
	uint16_t vlan; // 0: untagged
	uint16_t mtu;  // of the access link, IP bytes
};

// Which of a handover's packets wait for each other (lib/fwd/hold.h), two bits of `modes` each.
enum fwd_queue {
	FWD_DETOUR, // downlink by the previous MAG
	FWD_DIRECT, // downlink by the LMA
	FWD_UPLINK,
	FWD_N_QUEUES,
};
enum fwd_mode {
	FWD_PASS,  // goes on, after what waits
	FWD_HOLD,  // waits
	FWD_FLUSH, // what waits is dropped by name, and what comes
};

// A fast handover of the nodes that an entry is for: where its packets wait, and at the previous
// MAG where they go. All zero: none.
struct fwd_handover {
	uint32_t hold;   // number of its queues at every worker
	uint32_t serial; // of this use of the number; 0: it has no queues
	uint32_t next;   // entry of the tunnel to the next MAG; 0: packets are not sent on
	uint8_t modes[FWD_N_QUEUES]; // enum fwd_mode: until the first order (fwd_order)
	uint8_t spare;
};

struct fwd_entry {
	_Alignas(64) uint8_t outer[40]; // the IPv6 header in front: traffic class, flow label and
					// length are filled in
	uint32_t
		peer_id; // what comes out of a tunnel must have come from it (LMA-FW-03, MAG-FW-03)
	uint32_t prev_peer_id;     // or from this one, if not 0: it shares the prefix (LMA-BC-12),
				   // or had it until a moment ago (RFC 5949)
	_Atomic uint16_t nexthop;  // control writes, relaxed
	_Atomic uint16_t path_mtu; // bytes of an outer packet; control writes, relaxed
	struct fwd_access access;
	_Alignas(64) struct fwd_tunnel tunnel;
	struct fwd_handover handover;
};
static_assert(sizeof(struct fwd_entry) == 128, "two cache lines");
