// So many a second, by the TSC. Who was away does not make up for it all at once.
#pragma once

#include <stdint.h>

#include <rte_cycles.h>

enum { PACE_BURST = 64 };

struct pace {
	uint64_t next_tsc;
};

// How many are due, of at most `most`; `ticks` between two of them, 0: as many as are wanted.
static inline uint64_t pace_due(struct pace *p, uint64_t ticks, uint64_t most)
{
	if (ticks == 0 || most == 0)
		return most;
	uint64_t now = rte_rdtsc();
	if (now > p->next_tsc + PACE_BURST * ticks)
		p->next_tsc = now;
	if (now < p->next_tsc)
		return 0;
	uint64_t due = (now - p->next_tsc) / ticks + 1;
	due = due < most ? due : most;
	p->next_tsc += due * ticks;
	return due;
}
