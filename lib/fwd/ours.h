// Whose address is it: asked of every packet. A part of stage.h.
#pragma once

#include <string.h>

static inline uint64_t first_half(const struct ip6_addr *a)
{
	return eight_octets(a->a);
}

static inline bool is_first_lmaa(const struct quick *q, const struct ip6_addr *a)
{
	return ((eight_octets(a->a) ^ q->lmaa[0]) | (eight_octets(a->a + 8) ^ q->lmaa[1])) == 0;
}

static inline bool in_first_pool(const struct quick *q, uint64_t half)
{
	return (half & q->pool_mask) == q->pool; // nothing is, where there is no mask: see init
}

// Nothing that is special: neither zero nor loopback, neither link scope nor multicast. False: it
// has to be looked at.
static inline bool is_surely_global(uint64_t half)
{
	uint64_t block = half & 0xe0; // the first three bits

	return block == 0x20 || (half & 0xfe) == 0xfc || (block != 0xe0 && half != 0);
}

static inline bool fwd_is_lmaa(const struct fwd_conf *conf, const struct ip6_addr *a)
{
	for (uint32_t i = 0; i < conf->n_lmaas; i++)
		if (ip6_equal(conf->lmaas[i], *a))
			return true;
	return false;
}

static inline uint64_t mac_bits(const uint8_t *mac)
{
	uint32_t head;
	uint16_t tail;

	memcpy(&head, mac, sizeof(head));
	memcpy(&tail, mac + sizeof(head), sizeof(tail));
	return (uint64_t)tail << 32 | head;
}

static inline bool starts_at_or_before(const struct ip6_prefix *p, uint64_t hi, uint64_t lo)
{
	uint64_t first = ip6_hi64(p->addr);

	return first < hi || (first == hi && ip6_lo64(p->addr) <= lo);
}

static inline bool fwd_in_pool(const struct fwd_conf *conf, const struct ip6_addr *a)
{
	uint64_t hi = ip6_hi64(*a), lo = ip6_lo64(*a);
	uint32_t begin = 0, end = conf->n_pools;

	while (begin < end) { // the last pool that starts at or before a
		uint32_t mid = (begin + end) / 2;
		if (starts_at_or_before(&conf->pools[mid], hi, lo))
			begin = mid + 1;
		else
			end = mid;
	}
	return begin > 0 && ip6_prefix_covers(conf->pools[begin - 1], *a);
}

// The only pool is asked at once.
static inline bool fwd_is_mobile(const struct fwd *f, const struct ip6_addr *a)
{
	if (in_first_pool(&f->quick, first_half(a)))
		return true;
	return unlikely(f->conf->n_pools != 1 || f->quick.pool_mask == 0) &&
	       fwd_in_pool(f->conf, a);
}

// LMA-FW-05: our own tunnel address, or a peer's: no tunnel in a tunnel, to us or from one MAG to
// another.
static inline bool fwd_is_tunnel_end(const struct fwd *f, const struct ip6_addr *a)
{
	return is_first_lmaa(&f->quick, a) ||
	       (unlikely(f->conf->n_lmaas > 1) && fwd_is_lmaa(f->conf, a)) ||
	       (unlikely(peer_maybe(f->fib, *a)) && peer_find(f->fib, *a) != 0);
}
