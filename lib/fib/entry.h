// What a worker needs to send a packet to one MAG: 128 bytes, two cache lines, the first for every
// packet.
//
// Immutable while an index reaches it, but for the two atomics. Control writes, workers read.
#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/addr.h"

// What distinguishes tunnels: bindings with equal tunnels share an entry.
struct fwd_tunnel {
	struct ip6_addr lmaa, coa;
	uint32_t mag; // mag_id of coa
};

struct fwd_entry {
	_Alignas(64) uint8_t outer[40]; // the IPv6 header in front: traffic class, flow label and
					// length are filled in
	uint32_t mag_id;                // uplink packets must come from this MAG (LMA-FW-03)
	uint32_t prev_mag_id;      // or from this one, if not 0: grace for a handover (RFC 5949)
	_Atomic uint16_t nexthop;  // control writes, relaxed
	_Atomic uint16_t path_mtu; // bytes of an outer packet; control writes, relaxed
	uint8_t spare[12];
	_Alignas(64) struct fwd_tunnel tunnel;
	uint8_t spare2[28];
};
static_assert(sizeof(struct fwd_entry) == 128, "two cache lines");
