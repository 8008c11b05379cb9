// The turn's time: read once, in what each part counts in.
#pragma once

#include <stdint.h>

#include "base/clock.h"

// Time of stamps: 32 bits of 32 ticks of the TSC each, 12 ns at 2.6 GHz; it goes around in about a
// minute, so only differences of less than half of that mean anything.
enum { STAMP_SHIFT = 5 };

struct now {
	uint64_t tsc;
	ns_t mono;
};

struct ticks {
	uint64_t began; // TSC
	double hz, ns_per_tick;
};

static inline struct ticks ticks_begin(uint64_t tsc, uint64_t hz)
{
	return (struct ticks){tsc, (double)hz, (double)NS_SEC / (double)hz};
}

static inline struct now ticks_now(const struct ticks *t, uint64_t tsc)
{
	return (struct now){tsc, 1 + (ns_t)((double)(tsc - t->began) * t->ns_per_tick)};
}

static inline uint32_t stamp_time(struct now now)
{
	return (uint32_t)(now.tsc >> STAMP_SHIFT);
}

static inline double ticks_stamp_ns(const struct ticks *t)
{
	return t->ns_per_tick * (1 << STAMP_SHIFT);
}
