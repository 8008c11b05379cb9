// How many are due now, at a constant rate or as fast as possible.
//
// Who was kept from sending (a CPU taken away, a full ring) makes good for the last millisecond,
// and never more: a burst of all that was missed would not be the rate that was asked for. So less
// may be sent than asked; whoever counts looks at what was sent. Pure; one owner.
#pragma once

#include <stdint.h>

struct pace {
	double per_tick; // 0: none ever; PACE_MAX: always
	double most;     // that may be due at once
	double due;
	uint64_t last; // ticks
};

enum { PACE_AT_ONCE = 64 }; // due at once, at any rate

#define PACE_MAX -1.0 // as a rate: as fast as possible

static inline struct pace pace_of(double rate, double ticks_per_s, uint64_t now)
{
	struct pace p = {.per_tick = rate > 0 ? rate / ticks_per_s : rate, .last = now};

	p.most = rate > 0 ? rate / 1000 : 0;
	p.most = p.most < PACE_AT_ONCE ? PACE_AT_ONCE : p.most;
	return p;
}

// At most n of those that are due; they count as sent.
static inline uint32_t pace_take(struct pace *p, uint64_t now, uint32_t n)
{
	if (p->per_tick <= 0)
		return p->per_tick < 0 ? n : 0;
	p->due += (double)(now - p->last) * p->per_tick;
	p->due = p->due > p->most ? p->most : p->due;
	p->last = now;
	uint32_t take = p->due < n ? (uint32_t)p->due : n;
	p->due -= take;
	return take;
}

// Some of those could not be sent after all.
static inline void pace_give_back(struct pace *p, uint32_t n)
{
	if (p->per_tick > 0)
		p->due += n;
}
