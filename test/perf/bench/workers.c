// What each further worker adds: 1 to N of them, each with a source of its own, in windows that
// alternate. A ratio is that of two windows of one round, so what slows the machine slows both.
#include <stdio.h>

#include "test/perf/bench/bench.h"
#include "test/perf/bench/domain.h"
#include "test/perf/bench/measure.h"
#include "test/perf/bench/shift.h"

enum { WINDOWS_A_SECOND = 500, WARM_UP_ROUNDS = 3 };

struct crowd {
	struct lane_of_work *work[SHIFT_MAX];
	unsigned n;
	double mpps[SHIFT_MAX][MEASURE_ROUNDS_MAX], ratio[SHIFT_MAX][MEASURE_ROUNDS_MAX];
};

static double run(struct crowd *c, unsigned n, double hz)
{
	static struct shift_worker who[SHIFT_MAX];
	uint64_t cycles = (uint64_t)(hz / WINDOWS_A_SECOND), received = 0;

	for (unsigned i = 0; i < n; i++)
		who[i] = (struct shift_worker){.worker = &c->work[i]->worker};
	shift_run(who, n, cycles);
	for (unsigned i = 0; i < n; i++)
		received += who[i].received;
	return (double)received * WINDOWS_A_SECOND / 1e6;
}

static void measure_all(struct crowd *c, unsigned rounds, double hz)
{
	for (unsigned r = 0; r < rounds + WARM_UP_ROUNDS; r++) {
		unsigned at = r < WARM_UP_ROUNDS ? 0 : r - WARM_UP_ROUNDS;
		for (unsigned n = 1; n <= c->n; n++) {
			c->mpps[n - 1][at] = run(c, n, hz);
			c->ratio[n - 1][at] = c->mpps[n - 1][at] / c->mpps[0][at];
		}
	}
}

static void say(const struct options *o, struct crowd *c, enum direction way, unsigned rounds)
{
	double before = 0;

	for (unsigned i = 0; i < c->n; i++) {
		double mpps = shift_median(c->mpps[i], rounds);
		double ratio = shift_median(c->ratio[i], rounds);
		printf("{\"name\": \"workers_%s\", \"workers\": %u, \"bindings\": %u, "
		       "\"size\": %u, \"mpps\": %.3f, \"best\": %.3f, \"ratio\": %.3f, \"added\": "
		       "%.3f}\n",
		       way == DOWN ? "down" : "up", i + 1, o->bindings, o->size, mpps,
		       c->mpps[i][rounds - 1], ratio, ratio - before);
		before = ratio;
	}
	fflush(stdout);
}

static int measure_way(struct domain *d, const struct options *o, enum direction way, double hz)
{
	static struct crowd c;
	unsigned rounds = o->rounds < MEASURE_ROUNDS_MAX ? o->rounds : MEASURE_ROUNDS_MAX;
	uint64_t failed = 0;

	for (c.n = 0; c.n < shift_most(); c.n++)
		if (domain_work(d, c.n, way, o->size, &c.work[c.n]) != 0)
			return -1;
	measure_all(&c, rounds, hz);
	say(o, &c, way, rounds);
	for (unsigned i = 0; i < c.n; i++) {
		failed += domain_failed(c.work[i], way);
		domain_rest(c.work[i]);
	}
	if (failed > 0)
		fprintf(stderr, "kedge-bench: %lu packets were not forwarded\n", failed);
	return failed > 0 ? -1 : 0;
}

int bench_workers(const struct options *o)
{
	struct domain d;

	if (o->rounds < 1 || domain_new(&d, o->bindings, o->isa) != 0) {
		fputs("kedge-bench: no memory for so many bindings\n", stderr);
		return 1;
	}
	double hz = measure_tsc_hz();
	int rc = measure_way(&d, o, DOWN, hz);
	rc |= measure_way(&d, o, UP, hz);
	domain_free(&d);
	return rc != 0;
}
