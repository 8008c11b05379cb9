// One MAG's tunnel over N workers: what it costs, how even it comes out, and that no flow loses its
// order. Against one worker that does all itself, in windows that alternate.
//
// Two ways to ask for the cost. On one CPU that takes the workers' turns one after the other: the
// instructions of handing over, with all lines at hand. On N CPUs: what the machine forwards.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/perf/bench/bench.h"
#include "test/perf/bench/measure.h"
#include "test/perf/bench/shift.h"
#include "test/perf/bench/team.h"

enum { WINDOW = 1 << 13, WINDOWS_A_SECOND = 500, CHECKED_WINDOWS = 250 };

struct outcome {
	double mpps_alone, mpps, ratio, busy;
	double best_alone, best; // of all windows: what a machine does whose CPUs are its own
	uint64_t took[SHIFT_MAX], sum;
	double imbalance_percent;
	uint64_t checked, reordered;
};

static uint64_t take_turns(void *arg, uint64_t n)
{
	struct team *t = arg;
	uint64_t begin = t->telem[0].received;

	while (t->telem[0].received - begin < n) {
		for (unsigned i = 0; i < t->n; i++) // so that the others get full bursts
			worker_turn(&t->workers[0]);
		for (unsigned i = 1; i < t->n; i++)
			worker_turn(&t->workers[i]);
	}
	return t->telem[0].received - begin;
}

static void run(struct team *t, struct shift_worker *who, double hz)
{
	for (unsigned i = 0; i < t->n; i++)
		who[i] = (struct shift_worker){.worker = &t->workers[i]};
	shift_run(who, t->n, (uint64_t)(hz / WINDOWS_A_SECOND));
}

// Packets decapsulated in a window, of all together.
static uint64_t sum_of(const struct shift_worker *who, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += who[i].decapsulated;
	return sum;
}

static void measure_at_once(struct team *alone, struct team *all, unsigned rounds, double hz,
			    struct outcome *out)
{
	static struct shift_worker who[SHIFT_MAX];
	static double mpps_alone[MEASURE_ROUNDS_MAX], mpps[MEASURE_ROUNDS_MAX],
		ratio[MEASURE_ROUNDS_MAX];
	uint64_t busy = 0;

	for (unsigned r = 0; r < rounds; r++) {
		run(alone, who, hz);
		mpps_alone[r] = (double)sum_of(who, 1) * WINDOWS_A_SECOND / 1e6;
		run(all, who, hz);
		mpps[r] = (double)sum_of(who, all->n) * WINDOWS_A_SECOND / 1e6;
		ratio[r] = mpps[r] / mpps_alone[r];
		for (unsigned i = 0; i < all->n; i++)
			busy += who[i].busy;
		out->sum += sum_of(who, all->n);
	}
	out->mpps_alone = shift_median(mpps_alone, rounds);
	out->mpps = shift_median(mpps, rounds);
	out->best_alone = mpps_alone[rounds - 1];
	out->best = mpps[rounds - 1];
	out->ratio = shift_median(ratio, rounds);
	out->busy = (double)busy / (double)out->sum;
}

static void check_order(struct team *t, double hz, struct outcome *out)
{
	static struct team_order order;
	static struct shift_worker who[SHIFT_MAX];

	memset(&order, 0, sizeof(order));
	team_check_order(t, &order);
	for (int i = 0; i < CHECKED_WINDOWS; i++)
		run(t, who, hz);
	team_check_order(t, NULL);
	out->checked = order.checked;
	out->reordered = order.reordered;
}

// Over all that was done, not in windows alone: of these a worker that had to wait for its CPU does
// some of its packets later.
static void find_imbalance(const struct team *t, struct outcome *out)
{
	uint64_t most = 0, sum = 0;

	for (unsigned i = 0; i < t->n; i++) {
		out->took[i] = t->telem[i].decapsulated;
		most = RTE_MAX(most, out->took[i]);
		sum += out->took[i];
	}
	out->imbalance_percent = 100.0 * ((double)most * t->n / (double)sum - 1);
}

static void say(const struct options *o, unsigned n, const struct variant *v,
		const struct outcome *out)
{
	printf("{\"name\": \"spread\", \"workers\": %u, \"bindings\": %u, \"size\": %u, "
	       "\"cycles_alone\": %.2f, \"cycles\": %.2f, \"cost\": %.2f",
	       n, o->bindings, o->size, v[0].result.median, v[1].result.median,
	       v[1].result.median - v[0].result.median);
	if (out->sum > 0) {
		printf(", \"mpps_alone\": %.3f, \"mpps\": %.3f, \"best_alone\": %.3f, \"best\": "
		       "%.3f, \"ratio\": %.3f, "
		       "\"busy_cycles\": %.2f, \"imbalance_percent\": %.2f, \"decapsulated\": [",
		       out->mpps_alone, out->mpps, out->best_alone, out->best, out->ratio,
		       out->busy, out->imbalance_percent);
		for (unsigned i = 0; i < n; i++)
			printf("%s%" PRIu64, i > 0 ? ", " : "", out->took[i]);
		printf("], \"order_checked\": %" PRIu64 ", \"reordered\": %" PRIu64, out->checked,
		       out->reordered);
	}
	printf("}\n");
	fflush(stdout);
}

static int measure_team(struct domain *d, const struct options *o, struct team *alone, unsigned n,
			double hz)
{
	unsigned rounds = o->rounds < MEASURE_ROUNDS_MAX ? o->rounds : MEASURE_ROUNDS_MAX;
	struct outcome out = {0};
	struct team all;

	if (team_new(d, n, o->size, &all) != 0) {
		team_free(&all);
		return -1;
	}
	struct variant v[] = {{.name = "alone", .arg = alone, .run = take_turns},
			      {.name = "all", .arg = &all, .run = take_turns}};
	measure(v, 2, WINDOW, rounds);
	if (n <= shift_most()) {
		measure_at_once(alone, &all, rounds, hz, &out);
		check_order(&all, hz, &out);
		find_imbalance(&all, &out);
	}
	say(o, n, v, &out);
	uint64_t failed = team_failed(&all) + team_failed(alone);
	if (failed > 0)
		fprintf(stderr, "kedge-bench: %" PRIu64 " packets were not forwarded\n", failed);
	team_free(&all);
	return failed + out.reordered > 0 ? -1 : 0;
}

int bench_spread(const struct options *o)
{
	unsigned most = RTE_MAX(shift_most(), 2u);
	struct team alone;
	struct domain d;
	int rc = 0;

	if (o->rounds < 1 || domain_new(&d, o->bindings, o->isa) != 0 ||
	    team_new(&d, 1, o->size, &alone) != 0) {
		fputs("kedge-bench: no memory for so many bindings\n", stderr);
		return 1;
	}
	double hz = measure_tsc_hz();
	for (unsigned n = 2; n <= most; n++)
		rc |= measure_team(&d, o, &alone, n, hz);
	team_free(&alone);
	domain_free(&d);
	return rc != 0;
}
