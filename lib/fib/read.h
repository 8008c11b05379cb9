// What workers do with every packet, inline: entries, next hops and peers by number or address.
//
// Written by control under the rules of entries.c, nexthop.c and peers.c; read-only here.
#pragma once

#include <stdatomic.h>
#include <stddef.h>

#include "fib/fib.h"

struct peer_slot {
	struct ip6_addr addr;
	_Atomic uint32_t mag; // 0: free, never used; PEER_GONE: deleted
	uint32_t resting;     // control's own
};

static const uint32_t PEER_GONE = UINT32_MAX;

enum { PEER_FILTER_WORDS = 64 };

// The first member of a struct fib.
struct fib_view {
	struct fwd_entry *entries;
	_Atomic(struct nexthop *) *nexthops;
	uint32_t n_nexthops;
	struct peer_slot *peers;
	uint32_t peer_mask;
	uint64_t peer_seed;
	// A bit for each /64 that a peer was ever in: most addresses are in none of them.
	_Atomic uint64_t peer_filter[PEER_FILTER_WORDS];
};

extern const struct nexthop nexthop_none;

static inline const struct fib_view *fib_view(const struct fib *f)
{
	return (const struct fib_view *)f;
}

// The index comes from the binding cache in this quiescent period.
static inline const struct fwd_entry *entry_get(const struct fib *f, uint32_t index)
{
	return &fib_view(f)->entries[index];
}

// Never NULL: unknown numbers are NH_NONE.
static inline const struct nexthop *nexthop_get(const struct fib *f, uint16_t number)
{
	const struct fib_view *v = fib_view(f);
	const struct nexthop *nh =
		number < v->n_nexthops
			? atomic_load_explicit(&v->nexthops[number], memory_order_acquire)
			: NULL;

	return nh != NULL ? nh : &nexthop_none;
}

static inline uint32_t peer_home(const struct fib_view *v, struct ip6_addr a)
{
	uint64_t x = (ip6_hi64(a) ^ v->peer_seed) * 0xff51afd7ed558ccdu;

	x = (x ^ x >> 32 ^ ip6_lo64(a)) * 0xc4ceb9fe1a85ec53u;
	return (uint32_t)(x >> 32) & v->peer_mask;
}

static inline uint32_t peer_bit(struct ip6_addr a)
{
	return (uint32_t)(ip6_hi64(a) * 0x9e3779b97f4a7c15u >> 52);
}

// False: it is no peer's; what is a peer's gives true.
static inline bool peer_maybe(const struct fib *f, struct ip6_addr a)
{
	uint32_t bit = peer_bit(a);

	return (atomic_load_explicit(&fib_view(f)->peer_filter[bit / 64], memory_order_relaxed) >>
			bit % 64 &
		1) != 0;
}

// 0: unknown.
static inline uint32_t peer_find(const struct fib *f, struct ip6_addr coa)
{
	const struct fib_view *v = fib_view(f);
	uint32_t home = peer_home(v, coa);

	for (uint32_t i = 0; i <= v->peer_mask; i++) {
		const struct peer_slot *s = &v->peers[(home + i) & v->peer_mask];
		uint32_t mag = atomic_load_explicit(&s->mag, memory_order_acquire);
		if (mag == 0)
			return 0;
		if (mag != PEER_GONE && ip6_equal(s->addr, coa))
			return mag;
	}
	return 0;
}
