// What a worker needs for the packets of some bindings: 128 bytes, two cache lines, the first for
// every packet. At an LMA the tunnel to one MAG, shared by all bindings there; at a MAG the tunnel
// to the LMA and the place of one mobile node on an access link.
//
// Immutable while an index reaches it, but for the two atomics. Control writes, workers read.
#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

// What distinguishes tunnels: bindings with equal tunnels share an entry.
struct fwd_tunnel {
	struct ip6_addr local, remote; // its two ends: LMAA and proxy-CoA, whichever is ours first
	uint32_t peer;                 // number of the remote end, as peer_add got it
	uint32_t also; // another peer that packets of these bindings come from, 0: none
};

// Where a mobile node is: uplink packets must come from there, downlink packets go there
// (MAG-PP-04). All zero at an LMA.
struct fwd_access {
	uint8_t mac[6];
	uint8_t port;
	bool local;    // straight to other nodes here that have it too (MAG-FW-04)
	uint16_t vlan; // 0: untagged
	uint16_t mtu;  // of the access link, IP bytes
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
	uint8_t spare2[24];
};
static_assert(sizeof(struct fwd_entry) == 128, "two cache lines");
