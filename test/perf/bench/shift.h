// Several workers at once, each on a CPU of its own, for a length of time.
#pragma once

#include "app/common/worker.h"

enum { SHIFT_MAX = 64 };

struct shift_worker {
	struct worker *worker;
	// What it did between begin and end of the shift.
	_Alignas(64) uint64_t received, decapsulated, busy; // busy: cycles of turns with packets
};

// The first one runs on this CPU, the others on EAL's other ones: n of them at most (shift_most).
// They all run a moment before `cycles` begin to be counted: none starts cold, or late.
void shift_run(struct shift_worker *, unsigned n, uint64_t cycles);
unsigned shift_most(void);
// The middle one of n, n > 0; they are sorted then, the largest last.
double shift_median(double *, unsigned n);
