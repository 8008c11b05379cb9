// The first half of a lookup: the hash, and the line is on its way from memory. Workers.
//
// Apart from the second half, so that other work fits between: a line comes from memory in some 100
// ns, a burst is sorted in as many.
#pragma once

#include "base/addr.h"
#include "bcache/mix.h"

struct bcache;

// What it takes; the same as long as the cache lives.
struct bcache_keys {
	struct mix mix;
	const char *lines;
	unsigned shift;
};
struct bcache_keys bcache_keys(const struct bcache *);

static inline uint64_t bcache_ask(const struct bcache_keys *k, const struct ip6_addr *a)
{
	uint64_t hash = mix64(k->mix, ip6_hi64(*a));

	__builtin_prefetch(k->lines + ((hash >> k->shift) << 6), 0, 2);
	return hash;
}
