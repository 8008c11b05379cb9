// Home network prefixes: which are free, who may have which, when a released one may go to somebody
// else.
//
// A pool is cut into prefixes of equal length. New ones come from a pointer that moves through the
// block, released ones from a list; both O(1), where many are claimed with a little chance. A
// released prefix is quarantined (LMA-EXP-02): until that is over only its last mobile node gets it
// back, so that late packets do not reach the wrong subscriber. What is bound is known by bindings,
// not here: the pointer asks before it gives.
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

struct pool {
	struct ip6_prefix block;
	uint8_t hnp_len;
	uint64_t count, next;  // prefixes in it; the pointer
	struct idle_list free; // released, out of quarantine
	uint64_t used;
};

struct pools {
	struct pool *v;
	uint32_t n;
	struct idle_prefix *idle;
	uint32_t idle_high, idle_max, idle_free; // storage; free: list through next
	struct idle_list quarantined;            // in order of time
	struct map by_prefix;                    // idle ones
	struct siphash_key key;
	ns_t quarantine;
	uint64_t n_quarantined;
	uint64_t draws; // how often chance was asked
};

int pools_init(struct pools *, const struct lma_conf *, struct siphash_key); // 0, -ENOMEM
void pools_done(struct pools *);

// A free prefix of the first pool that has one; none of the `n` in `except`, which the same session
// has taken and no binding shows yet. False: all are empty.
bool pool_take_any(struct pools *, const struct bindings *, const struct ip6_prefix *except,
		   uint8_t n, struct ip6_prefix *out);
// This prefix, for this node. False: in no pool, of another length, bound, or in quarantine for
// another.
bool pool_take(struct pools *, const struct bindings *, struct ip6_prefix, uint64_t owner);
// Would pool_take give it? Changes nothing.
bool pool_may_take(const struct pools *, const struct bindings *, struct ip6_prefix,
		   uint64_t owner);
// Into quarantine; `owner` gets it back before that is over.
void pool_give(struct pools *, struct ip6_prefix, uint64_t owner, ns_t now);

// Ends quarantines that are over, at most `budget`; how many.
uint32_t pool_expire(struct pools *, ns_t now, uint32_t budget);
ns_t pool_deadline(const struct pools *);
