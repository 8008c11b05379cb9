// The IPv6 header (RFC 8200 3) as bytes in a packet, and what is read and changed in it.
//
// Every member is a byte array, so it may lie at any address. Nobody lays it over bytes before
// ip6_packet_len has said that a whole packet is there: that happens in classify.c, for the inner
// packet in decap.c.
#pragma once

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/addr.h"
#include "base/cursor.h"

enum { IP6_HDR = 40, FRAGMENT_HDR = 8, OPTIONS_HDR = 8, IP6_MIN_MTU = 1280 };
enum { NEXT_IPV6 = 41, NEXT_FRAGMENT = 44, NEXT_OPTIONS = 60 };
enum { ECN_NOT_ECT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3, ECN_MASK = 3 };

struct ip6_hdr_bytes {
	uint8_t version_class_label[4];
	uint8_t payload_len[2];
	uint8_t next_header;
	uint8_t hop_limit;
	struct ip6_addr src, dst;
};
static_assert(sizeof(struct ip6_hdr_bytes) == IP6_HDR, "no holes");
static_assert(_Alignof(struct ip6_hdr_bytes) == 1, "may lie anywhere");

static inline struct ip6_hdr_bytes *ip6_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, struct ip6_hdr_bytes *);
}

static inline struct ip6_hdr_bytes *ip6_behind(const struct rte_mbuf *m, uint16_t offset)
{
	return rte_pktmbuf_mtod_offset(m, struct ip6_hdr_bytes *, offset);
}

// How long the IPv6 packet is that starts at p, out of n bytes there; 0: not a whole one.
static inline uint32_t ip6_packet_len(const uint8_t *p, uint32_t n)
{
	if (n < IP6_HDR || p[0] >> 4 != 6)
		return 0;
	uint32_t len = IP6_HDR + ((uint32_t)p[4] << 8 | p[5]);
	return len <= n ? len : 0;
}

// Version, traffic class and flow label as one number.
static inline uint32_t ip6_first_word(const struct ip6_hdr_bytes *h)
{
	uint32_t v;

	memcpy(&v, h->version_class_label, sizeof(v));
	return __builtin_bswap32(v);
}

static inline uint8_t ip6_class(const struct ip6_hdr_bytes *h)
{
	return (uint8_t)(ip6_first_word(h) >> 20);
}

static inline void ip6_set_ecn(struct ip6_hdr_bytes *h, uint8_t ecn)
{
	h->version_class_label[1] =
		(uint8_t)((h->version_class_label[1] & ~(ECN_MASK << 4)) | ecn << 4);
}

// The flow label with the four bits above it that are not its own cleared.
static inline uint32_t ip6_label(const struct ip6_hdr_bytes *h)
{
	return ip6_first_word(h) & 0xfffff;
}

static inline void ip6_set_class_label(struct ip6_hdr_bytes *h, uint8_t tc, uint32_t label)
{
	h->version_class_label[0] = (uint8_t)(6 << 4 | tc >> 4);
	h->version_class_label[1] = (uint8_t)(tc << 4 | (label >> 16 & 0x0f));
	h->version_class_label[2] = (uint8_t)(label >> 8);
	h->version_class_label[3] = (uint8_t)label;
}

// The packet in an mbuf of one segment, for codecs that take a span.
static inline struct span ip6_span(struct rte_mbuf *m)
{
	return (struct span){rte_pktmbuf_mtod(m, const uint8_t *), rte_pktmbuf_data_len(m)};
}
