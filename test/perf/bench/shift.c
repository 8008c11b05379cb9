// Begins and ends by the TSC, which all CPUs of a machine share.
#include "test/perf/bench/shift.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>

// A few bursts for everybody, once all are there.
enum { LEAD_US = 100 };

struct shift {
	unsigned n;
	uint64_t cycles;
	_Atomic unsigned there;
	_Atomic uint64_t begin; // 0: not all are there yet
};

struct place {
	struct shift *shift;
	struct shift_worker *who;
};

static void count(struct shift_worker *s, uint64_t sign)
{
	const struct telem_worker *t = s->worker->telem;

	s->received = t->received - s->received * sign;
	s->decapsulated = t->decapsulated - s->decapsulated * sign;
}

static uint64_t wait_for_all(struct shift *s, struct worker *w)
{
	if (atomic_fetch_add(&s->there, 1) + 1 == s->n)
		atomic_store(&s->begin, rte_rdtsc() + rte_get_tsc_hz() / 1000000 * LEAD_US);
	for (;;) {
		uint64_t begin = atomic_load_explicit(&s->begin, memory_order_relaxed);
		if (begin != 0 && rte_rdtsc() >= begin)
			return begin;
		worker_turn(w);
	}
}

static int work(void *arg)
{
	struct place *at = arg;
	struct shift_worker *s = at->who;
	uint64_t end = wait_for_all(at->shift, s->worker) + at->shift->cycles, now = rte_rdtsc();

	count(s, 0);
	s->busy = 0;
	while (now < end) {
		unsigned n = worker_turn(s->worker);
		uint64_t then = now;
		now = rte_rdtsc();
		s->busy += n > 0 ? now - then : 0;
	}
	count(s, 1);
	return 0;
}

unsigned shift_most(void)
{
	return RTE_MIN(rte_lcore_count(), (unsigned)SHIFT_MAX);
}

void shift_run(struct shift_worker *who, unsigned n, uint64_t cycles)
{
	struct shift shift = {.n = n, .cycles = cycles};
	struct place places[SHIFT_MAX];
	unsigned lcore, i = 1;

	for (unsigned k = 0; k < n; k++)
		places[k] = (struct place){&shift, &who[k]};
	RTE_LCORE_FOREACH_WORKER(lcore)
	{
		if (i < n)
			rte_eal_remote_launch(work, &places[i++], lcore);
	}
	work(&places[0]);
	rte_eal_mp_wait_lcore();
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double shift_median(double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), by_size);
	return v[n / 2];
}
