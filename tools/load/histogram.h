// A histogram of whole numbers over many orders of magnitude: 64 steps in each power of two, so
// what is read is at most 1.6 % above what was put in. Counting is a shift and an increment.
//
// Pure; one owner. The unit is the caller's.
#pragma once

#include <stdint.h>

enum { HISTOGRAM_STEP_BITS = 6, HISTOGRAM_VALUE_BITS = 40 };
enum { HISTOGRAM_CELLS = (HISTOGRAM_VALUE_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS };

struct histogram { // zero-initialised: empty
	uint64_t n, max;
	uint64_t cells[HISTOGRAM_CELLS];
};

// Values of 2^40 and more count as 2^40 - 1; the maximum is kept as it is.
void histogram_add(struct histogram *, uint64_t value);
// The least value that `share` (0..1) of all are not above; 0 when there is none.
uint64_t histogram_at(const struct histogram *, double share);
