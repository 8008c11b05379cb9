// Plain packets: what most are. A part of stage.h.
//
// A plain packet keeps every rule that can be checked before its binding is known, by few words
// that are compared at once. It keeps its layer 2 and, out of a tunnel, its outer header until it
// leaves. Decides nothing that the long way does not: what is not plain goes there, with the same
// end for the same packet (test_plain.c holds one against the other).
#pragma once

// What may stand before a limit option: hop-by-hop options, routing, fragment, authentication,
// destination options.
static inline bool may_have_limit(uint8_t next_header)
{
	const uint64_t kinds = 1ull | 1ull << 43 | 1ull << 44 | 1ull << 51 | 1ull << 60;

	return next_header < 64 && (kinds >> next_header & 1) != 0;
}

// A packet to a mobile node, of the first pool, whole and nothing behind it: the word for its outer
// header (flow.h), or 0: it is not plain.
static __rte_always_inline uint64_t plain_down(const struct fwd *f, const struct ip6_hdr_bytes *h,
					       uint32_t len)
{
	uint64_t src = first_half(&h->src), class = ip6_word(h) & WORD_CLASS;
	uint32_t ports = 0;

	if (unlikely(!f->quick.down || h->hop_limit <= 1 || !is_surely_global(src) ||
		     fwd_is_mobile(f, &h->src)))
		return 0;
	if (likely(h->next_header == NEXT_UDP || h->next_header == NEXT_TCP))
		ports = flow_ports(h, len);
	else if (may_have_limit(h->next_header))
		return 0;
	return outer_head(class, flow_label(f->flow_key, h, ports), (uint16_t)len);
}

// The same of a packet out of a tunnel to the first tunnel address: whether what is inside is
// plain. len: of the whole.
static __rte_always_inline bool plain_up(const struct fwd *f, const struct ip6_hdr_bytes *outer,
					 uint32_t len)
{
	const struct ip6_hdr_bytes *inner = outer + 1;
	uint32_t outside = ip6_word(outer), inside = ip6_word(inner);
	uint32_t ecn = ECN_MASK << ECN_SHIFT;
	uint64_t src = first_half(&inner->src), dst = first_half(&inner->dst);
	uint16_t payload;

	memcpy(&payload, inner->payload_len, sizeof(payload));
	// RFC 6040 4.2: the inner mark stays where the outer one is the same, or none.
	return likely(f->quick.up && (inside & 0xf0) == 6 << 4 &&
		      rte_be_to_cpu_16(payload) + 2u * IP6_HDR == len && inner->hop_limit > 1 &&
		      is_surely_global(src) && is_surely_global(dst) &&
		      ((outside & ecn) == 0 || ((outside ^ inside) & ecn) == 0) &&
		      !is_first_lmaa(&f->quick, &inner->dst) && !peer_maybe(f->fib, inner->dst));
}
