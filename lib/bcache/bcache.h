// The binding cache of the workers: home network prefix to forwarding entry, without locks.
//
// bcache.h     this door: open, find (workers), set and del (control)
// ask.h        what a worker does first: hash, and have the line fetched
// lines.[ch]   a line compared by AVX-512, AVX2 or neither
// mix.h        the seeded bijection of 64-bit keys
// table.[ch]   quotient buckets: 64-byte lines of eight slots, a hash's rest and a value each
// stash.[ch]   the few keys whose line is full
// grace.[ch]   RCU
//
// A prefix of 64 bits is mixed by a bijection that is seeded at every start. The top b bits choose
// a line, a slot holds the other 64-b bits and a value of b bits, so a lookup is exact, stores no
// key and reads one line; an insert, change or delete is one aligned 8-byte store-release, and no
// reader sees a torn or moved entry. Prefixes of other lengths up to /64 live in further small
// tables of the same kind, tried longest first and only if a bitmap says that such a length exists.
// Longer than /64: refused (HNPs never are).
//
// Threads: one writer (control); any number of readers, each registered with grace. A value read
// stays meaningful until the reader's next quiescent report.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "bcache/grace.h"

struct bcache;

// Values: an index of a forwarding entry, or one of these. Entries start at BCACHE_FIRST.
enum bcache_value {
	BCACHE_NONE = 0, // no binding
	BCACHE_TOMB = 1, // inside only; never returned, never set
	BCACHE_DETACHED = 2,
	BCACHE_HOLD = 3,
	BCACHE_FIRST = 4,
};

// Which instructions compare a line.
enum bcache_isa { BCACHE_BEST, BCACHE_SCALAR, BCACHE_AVX2, BCACHE_AVX512 };

struct bcache_conf {
	uint64_t max_bindings; // of /64
	uint64_t seed;         // of the bijection; random at every start but in benchmarks
	unsigned min_bits; // b at least this: 18 (16 MB); tests force tiny tables with less, >= 4
	enum bcache_isa isa;
};

struct bcache_stats {
	uint64_t bindings, stashed, stash_capacity, tombstones, lines, bytes;
	uint64_t refused; // set failed: stash full, or too many
};

// 0, -EINVAL, -ENOTSUP (isa) or -ENOMEM. The memory is ours (huge pages if there are any), not
// rte_malloc's.
int bcache_new(const struct bcache_conf *, struct grace *, struct bcache **out);
void bcache_free(struct bcache *); // no reader may be left; before grace_free

// Control thread. 0; -ENOSPC when line and stash are full or max_bindings is reached (what was
// bound stays bound); -EINVAL for a prefix longer than /64, a value below DETACHED, or one that
// does not fit.
int bcache_set(struct bcache *, struct ip6_prefix hnp, uint32_t value);
int bcache_del(struct bcache *, struct ip6_prefix hnp);            // -ENOENT
uint32_t bcache_get(const struct bcache *, struct ip6_prefix hnp); // exact; BCACHE_NONE
void bcache_stats(const struct bcache *, struct bcache_stats *out);
uint32_t bcache_max_value(const struct bcache *);

// Workers. The value of the longest bound prefix that covers addr, or BCACHE_NONE.
uint32_t bcache_find(const struct bcache *, struct ip6_addr addr);

// The same for a burst, prefetching: hashes first, then every line asked for, then the probes.
void bcache_find_burst(const struct bcache *, const struct ip6_addr *const *addrs, unsigned n,
		       uint32_t *values);
// Among prefixes of 64 bits alone, when ask.h has been called for each address, the earlier the
// better. What it finds nothing for may have a prefix of another length, if there are any.
void bcache_find_asked(const struct bcache *, const uint64_t *hashes, unsigned n, uint32_t *values);
bool bcache_has_other_lengths(const struct bcache *);
uint32_t bcache_find_other_length(const struct bcache *, struct ip6_addr addr);
// The instructions that compare lines here: "scalar", "avx2", "avx512".
const char *bcache_isa_name(const struct bcache *);
