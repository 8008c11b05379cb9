// Which flow a packet belongs to, as the outer header's flow label says it. A part of stage.h.
#pragma once

#include <string.h>

#include <nmmintrin.h>

#include <rte_byteorder.h>

#include "fwd/ip6.h"

// An IPv6 header's first word (version, traffic class, flow label) and what follows it, read as
// they stand in memory: little endian.
static const uint64_t WORD_LABEL = 0xffff0f00u;
static const uint64_t WORD_CLASS = 0xf00f;
enum { LEN_SHIFT = 32, ECN_SHIFT = 12, NEXT_TCP = 6, NEXT_UDP = 17, PORTS_LEN = 4 };

static inline uint32_t ip6_word(const struct ip6_hdr_bytes *h)
{
	uint32_t v;

	memcpy(&v, h, sizeof(v));
	return v;
}

static inline uint64_t eight_octets(const void *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

// The ports of a packet that has such, as they stand; 0 of others. len: of the packet.
static inline uint32_t flow_ports(const struct ip6_hdr_bytes *h, uint32_t len)
{
	uint32_t ports = 0;

	if ((h->next_header == NEXT_UDP || h->next_header == NEXT_TCP) &&
	    len >= IP6_HDR + PORTS_LEN)
		memcpy(&ports, h + 1, PORTS_LEN);
	return ports;
}

// Of an inner flow: its addresses, next header, ports; and what else tells flows apart. A CRC is
// even and costs an instruction for eight octets; whoever wants flows of his own to meet can have
// that with one flow as well. What has other headers in front of its ports, a fragment for one, is
// told apart by addresses: so all pieces of a packet are in one flow.
static inline uint32_t flow_hash(uint32_t key, const struct ip6_hdr_bytes *h, uint32_t ports,
				 uint32_t label)
{
	uint64_t rest = (uint64_t)(label | h->next_header) << 32 | ports;
	uint64_t crc = _mm_crc32_u64(key, eight_octets(h->src.a));

	crc = _mm_crc32_u64(crc, eight_octets(h->src.a + 8));
	crc = _mm_crc32_u64(crc, eight_octets(h->dst.a));
	crc = _mm_crc32_u64(crc, eight_octets(h->dst.a + 8));
	return (uint32_t)_mm_crc32_u64(crc, rest);
}

// RFC 6438 3: all packets of an inner flow get one label, different flows different ones. Never 0,
// which would say that nobody labelled it. In its place in a first word.
static inline uint64_t flow_label(uint32_t key, const struct ip6_hdr_bytes *h, uint32_t ports)
{
	uint64_t label = flow_hash(key, h, ports, ip6_word(h) & WORD_LABEL) & WORD_LABEL;

	return label != 0 ? label : 1u << 24;
}

// What the first eight octets of an outer header have beside what is prepared: a traffic class in
// its place, the flow's label, and the payload length.
static inline uint64_t outer_head(uint64_t class, uint64_t label, uint16_t payload_len)
{
	return class | label | (uint64_t)rte_cpu_to_be_16(payload_len) << LEN_SHIFT;
}
