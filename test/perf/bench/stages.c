// Each stage of the path alone, in the order of the pipeline: the clock is read between them, once
// a burst. A burst goes straight through here, it does not wait for its lines as it does in the
// worker, so the lookups cost more than they do there, and the sum is no measure of the whole.
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>

#include "fwd/stage.h"
#include "test/perf/bench/bench.h"
#include "test/perf/bench/domain.h"
#include "test/perf/bench/measure.h"

enum { WINDOW = 1 << 15 };
enum { INPUT, CLASSIFY, DECAP, ROUTE, ENCAP, OUTPUT, N_STAGES };

static const char *const names[N_STAGES] = {"input", "classify", "decap",
					    "route", "encap",    "output"};

// Cycles of each stage for one burst are added to spent.
static void one_burst(struct lane_of_work *l, enum direction way, uint64_t spent[N_STAGES])
{
	struct fwd *f = l->worker.fwd;
	const uint16_t in = way == DOWN ? CORE : BACKBONE, out = (uint16_t)(1 - in);
	struct rte_mbuf *pkts[FWD_BURST];
	uint64_t at[N_STAGES + 1];

	at[INPUT] = rte_rdtsc();
	uint16_t n = source_give(l->source, pkts, FWD_BURST);
	at[CLASSIFY] = rte_rdtsc();
	telem_count(&l->telem.received, n);
	fwd_classify(f, in, pkts, n);
	at[DECAP] = rte_rdtsc();
	struct burst *fresh = f->fresh;
	f->fresh = f->ripe;
	f->ripe = fresh;
	fwd_decap(f);
	at[ROUTE] = rte_rdtsc();
	fwd_route(f);
	at[ENCAP] = rte_rdtsc();
	fwd_encap(f);
	at[OUTPUT] = rte_rdtsc();
	struct fwd_out *o = fwd_out(f, out);
	uint16_t sent = o->n;
	source_take(l->source, o->pkts, sent);
	fwd_sent(f, out, sent, V_DROP_TX_FULL);
	at[N_STAGES] = rte_rdtsc();
	for (int i = 0; i < N_STAGES; i++)
		spent[i] += at[i + 1] - at[i];
}

static void say(const struct options *o, enum direction way, struct lane_of_work *l)
{
	double all[N_STAGES][MEASURE_ROUNDS_MAX];

	for (unsigned r = 0; r < o->rounds; r++) {
		uint64_t spent[N_STAGES] = {0};
		for (uint32_t i = 0; i < WINDOW; i += FWD_BURST)
			one_burst(l, way, spent);
		for (int i = 0; i < N_STAGES; i++)
			all[i][r] = (double)spent[i] / WINDOW;
	}
	for (int i = 0; i < N_STAGES; i++) {
		if (way == DOWN && (i == DECAP || i == ROUTE))
			continue;
		if (way == UP && i == ENCAP)
			continue;
		struct measured m = measured_of(all[i], o->rounds);
		printf("{\"name\": \"stage %s %s\", \"bindings\": %u, \"cycles\": %.2f, "
		       "\"low\": %.2f, \"high\": %.2f}\n",
		       way == DOWN ? "down" : "up", names[i], o->bindings, m.median, m.low, m.high);
	}
}

int bench_stages(const struct options *o)
{
	struct lane_of_work *l = NULL;
	struct domain d;
	unsigned failed = 0;

	if (domain_new(&d, o->bindings, o->isa) != 0) {
		fputs("kedge-bench: no memory for so many bindings\n", stderr);
		return 1;
	}
	for (int way = 0; way < N_DIRECTIONS; way++) {
		if (domain_work(&d, (unsigned)way, (enum direction)way, o->size, &l) != 0)
			return 1;
		say(o, (enum direction)way, l);
		failed += domain_failed(l, (enum direction)way) > 0;
		domain_rest(l);
	}
	domain_free(&d);
	return failed > 0;
}
