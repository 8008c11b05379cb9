// Home network prefixes: which are free, who may have which, when a released one may go to somebody
// else.
//
// A pool is cut into prefixes of equal length. New ones come from a pointer that moves through the
// block once, released ones from a list. A bit for each prefix of a pool of up to 2^26 says that it
// was given out or claimed before, so the pointer passes 64 of them in one look; in a larger pool,
// of which bindings can fill but a part, chance finds a free one. All of it is O(1).
//
// A released prefix is quarantined (LMA-EXP-02): until that is over only its last mobile node gets
// it back, so that late packets do not reach the wrong subscriber. A prefix that a profile assigns
// (static) is for that profile's nodes alone, and never given from the pool. What is bound is known
// by bindings, not here: the pointer asks before it gives.
#pragma once

#include "base/map.h"
#include "base/siphash.h"
#include "mob/binding.h"

// A prefix that was given out before and is not bound now.
struct idle_prefix {
	struct ip6_prefix prefix;
	uint32_t pool, next, prev;
	ns_t ready;     // end of its quarantine
	uint64_t owner; // hash of its last mobile node
	bool free;      // on the pool's free list, not in quarantine any more
};

struct idle_list {
	uint32_t first, last;
};

// A prefix that a profile assigns.
struct static_prefix {
	struct ip6_prefix prefix;
	uint32_t profile;
};

struct pool {
	struct ip6_prefix block;
	uint8_t hnp_len, high_pct, low_pct;
	bool is_high;          // above its high watermark, and not below the low one since
	bool crossed;          // and nobody has been told
	uint64_t count, next;  // prefixes in it; the pointer
	uint64_t *taken;       // a bit for each: not new any more; NULL: too many of them
	struct idle_list free; // released, out of quarantine
	uint64_t used, quarantined, reserved; // reserved: static, not used
	uint64_t exhausted;                   // how often it could not give one
};

// Which pools may be used, a bit for each.
enum { POOL_SET_WORDS = LMA_MAX_POOLS / 64 };
struct pool_set {
	uint64_t w[POOL_SET_WORDS];
};

struct pools {
	struct pool *v;
	uint32_t n;
	struct idle_prefix *idle;
	uint32_t idle_high, idle_max, idle_free; // storage; free: list through next
	struct idle_list quarantined;            // in order of time
	struct map by_prefix;                    // idle ones
	struct static_prefix *statics;
	struct map by_static;
	uint32_t n_statics;
	struct siphash_key key;
	ns_t quarantine;
	uint64_t n_quarantined;
	uint64_t draws;     // how often chance was asked
	uint32_t last;      // pool that gave the last one
	uint32_t n_crossed; // pools whose watermark was crossed, and nobody has been told
};

// Who asks for prefixes, and what for.
struct claim {
	uint64_t owner;         // hash of the mobile node
	uint32_t profile;       // its row, for static prefixes
	struct pool_set from;   // pools that it may have dynamic prefixes of
	struct pool_set at_mag; // pools whose prefixes its MAG may serve
};

// 0, -ENOMEM, -EINVAL for a static prefix that is in no pool or stands twice.
int pools_init(struct pools *, const struct lma_conf *, struct siphash_key);
void pools_done(struct pools *);

uint32_t pool_of(const struct pools *, struct ip6_prefix); // UINT32_MAX: in none
bool pool_is_static_for(const struct pools *, struct ip6_prefix, uint32_t profile);
static inline void pool_set_add(struct pool_set *s, uint32_t pool)
{
	s->w[pool / 64] |= (uint64_t)1 << pool % 64;
}
static inline void pool_set_and(struct pool_set *s, const struct pool_set *other)
{
	for (unsigned i = 0; i < sizeof(s->w) / sizeof(s->w[0]); i++)
		s->w[i] &= other->w[i];
}
static inline bool pool_set_has(const struct pool_set *s, uint32_t pool)
{
	return (s->w[pool / 64] >> pool % 64 & 1) != 0;
}

// A free prefix of the first pool of the claim that has one; none of the `n` in `except`, which the
// same session has taken and no binding shows yet. False: all are empty.
bool pool_take_any(struct pools *, const struct bindings *, const struct claim *,
		   const struct ip6_prefix *except, uint8_t n, struct ip6_prefix *out);
// Whether pool_take_any would give so many, beside the `n` named ones that will be taken too; a
// pool that has too few counts it.
bool pool_has_free(struct pools *, const struct claim *, const struct ip6_prefix *named, uint8_t n,
		   uint8_t wanted);
// What pool_take_any might give after `number` others, if it is asked by the same as last time.
// False: no idea.
bool pool_guess(const struct pools *, uint32_t number, struct ip6_prefix *out);
// This prefix. False: in no pool of the claim, of another length, bound, in quarantine for another
// node, or assigned by another profile.
bool pool_take(struct pools *, const struct bindings *, const struct claim *, struct ip6_prefix);
// Would pool_take give it? Changes nothing.
bool pool_may_take(const struct pools *, const struct bindings *, const struct claim *,
		   struct ip6_prefix);
// One that pool_take_any just gave is not wanted after all: it is free as before.
void pool_return(struct pools *, struct ip6_prefix);
// Into quarantine; `owner` gets it back before that is over.
void pool_give(struct pools *, struct ip6_prefix, uint64_t owner, ns_t now);

// A pool whose watermark was crossed since the last call; UINT32_MAX: none.
uint32_t pool_next_crossed(struct pools *);

// Ends quarantines that are over, at most `budget`; how many.
uint32_t pool_expire(struct pools *, ns_t now, uint32_t budget);
ns_t pool_deadline(const struct pools *);
