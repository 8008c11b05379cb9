// Times windows by the TSC.
#include "test/perf/bench/measure.h"

#include <stdlib.h>
#include <time.h>

#include <rte_cycles.h>

enum { WARM_UP = 3 };

double measure_tsc_hz(void)
{
	struct timespec a, b;
	double elapsed = 0;

	clock_gettime(CLOCK_MONOTONIC, &a);
	uint64_t begin = rte_rdtsc_precise(), end = begin;
	while (elapsed < 0.2) {
		clock_gettime(CLOCK_MONOTONIC, &b);
		end = rte_rdtsc_precise();
		elapsed = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	}
	return (double)(end - begin) / elapsed;
}

static double window(struct variant *v, uint64_t items)
{
	uint64_t begin = rte_rdtsc_precise();
	uint64_t n = v->run(v->arg, items);

	return (double)(rte_rdtsc_precise() - begin) / (double)n;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct measured measured_of(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), by_size);
	return (struct measured){values[n / 2], values[n / 4], values[n * 3 / 4]};
}

void measure(struct variant *v, unsigned n, uint64_t items, unsigned rounds)
{
	double *all = calloc((size_t)n * MEASURE_ROUNDS_MAX, sizeof(*all));

	if (all == NULL)
		abort();
	if (rounds > MEASURE_ROUNDS_MAX)
		rounds = MEASURE_ROUNDS_MAX;
	// A CPU that idled runs its first second slowly. One round is for counting instructions.
	uint64_t warm = rte_rdtsc() + rte_get_tsc_hz();
	unsigned skip = 0;
	while (skip < WARM_UP || (rounds > 1 && rte_rdtsc() < warm)) {
		for (unsigned i = 0; i < n; i++)
			(void)window(&v[i], items);
		skip++;
	}
	for (unsigned r = 0; r < rounds; r++) {
		for (unsigned i = 0; i < n; i++) {
			double cycles = window(&v[i], items);
			all[i * MEASURE_ROUNDS_MAX + r] = cycles;
		}
	}
	for (unsigned i = 0; i < n; i++)
		v[i].result = measured_of(&all[i * MEASURE_ROUNDS_MAX], rounds);
	free(all);
}
