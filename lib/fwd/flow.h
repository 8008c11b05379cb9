// One number for all packets of an inner flow: of its addresses, its protocol, and the ports of TCP
// and UDP. Used for labels and for who decapsulates; a source that knows no key cannot choose it.
#pragma once

#include <string.h>

#include "base/siphash.h"
#include "fwd/ip6.h"

enum { FLOW_TCP = 6, FLOW_UDP = 17, FLOW_PORTS_LEN = 4 };

// A product of 128 bits, folded: every bit of both counts.
static inline uint64_t flow_fold(uint64_t a, uint64_t b)
{
	__uint128_t v = (__uint128_t)a * b;

	return (uint64_t)v ^ (uint64_t)(v >> 64);
}

// len: of the packet at h, which is whole as far as its IPv6 header. label: what else tells flows
// apart, 20 bits. The upper bits are the better ones, and the key has to be a
// random one. What has other headers in front of its ports,
// a fragment for one, is told apart by addresses: so all pieces of a packet are in one flow.
static inline uint64_t flow_hash(struct siphash_key key, const struct ip6_hdr_bytes *h,
				 uint32_t len, uint32_t label)
{
	uint32_t ports = 0;

	if ((h->next_header == FLOW_UDP || h->next_header == FLOW_TCP) &&
	    len >= IP6_HDR + FLOW_PORTS_LEN)
		memcpy(&ports, h + 1, FLOW_PORTS_LEN);
	uint64_t rest = (uint64_t)label << 40 | (uint64_t)h->next_header << 32 | ports;
	uint64_t v = flow_fold(ip6_hi64(h->src) ^ key.k0, ip6_lo64(h->src) ^ rest);
	return flow_fold(v ^ ip6_hi64(h->dst), ip6_lo64(h->dst) ^ key.k1);
}
