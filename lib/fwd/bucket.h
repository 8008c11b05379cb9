// A token bucket in one word: the time at which it is full again.
//
// Taking a token moves that time one interval on; a take is refused when it would lie further ahead
// than the burst allows. One owner each.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct bucket {
	ns_t full_at; // 0: full
};

// A token out of a bucket that refills `rate` times a second and holds `burst` (at least one).
static inline bool bucket_take(struct bucket *b, ns_t now, uint32_t rate, uint32_t burst)
{
	if (rate == 0)
		return false;
	ns_t interval = rate < NS_SEC ? NS_SEC / rate : 1;
	ns_t full_at = b->full_at > now ? b->full_at : now;
	if (full_at - now > interval * (burst - 1))
		return false;
	b->full_at = full_at + interval;
	return true;
}
