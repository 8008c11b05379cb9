// Windows that alternate, and their medians: what a noisy machine does to one it does to all.
#pragma once

#include <stdint.h>

enum { MEASURE_ROUNDS_MAX = 501 };

struct measured {
	double median, low, high; // TSC cycles an item; quartiles
};

struct variant {
	char name[48];
	void *arg;
	// Does at least n items and says how many it did.
	uint64_t (*run)(void *arg, uint64_t n);
	struct measured result;
};

// TSC cycles a second, against the monotonic clock, once.
double measure_tsc_hz(void);
// Of n values, which are sorted.
struct measured measured_of(double *values, unsigned n);
// One window of `items` for each variant in turn, `rounds` times after a warm-up. Fills results.
void measure(struct variant *, unsigned n, uint64_t items, unsigned rounds);
