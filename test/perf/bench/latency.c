// From a PBU received to the first downlink packet on the new tunnel, at half load: the worker has
// half the packets that it could forward, control half the updates that it could serve.
//
// The clock begins when the worker takes the PBU from its port and ends when it gives the node's
// packet to the port; of the node's packets one comes with each burst. One handover at a time is
// watched. Windows in which one of the two threads was switched out are told apart: on CPUs of
// their own there are none.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <rte_cycles.h>

#include "app/common/loop.h"
#include "test/perf/bench/bench.h"
#include "test/perf/bench/measure.h"
#include "test/perf/bench/site.h"

enum { PROBES = 100, HALF = 2, PACKETS = 1 << 18, CALLS = 1 << 15, PATIENCE_S = 60, LOOK = 16 };
enum { ROUND = 4000 };

struct watch {
	double us_a_tick;
	double *all;        // microseconds
	uint64_t *switches; // of both threads, up to the end of each window
	_Atomic uint32_t n;
	uint32_t room;
	_Atomic uint64_t of_control; // times that its thread was switched out
};

static uint64_t times_switched(void)
{
	struct rusage r = {0};

	getrusage(RUSAGE_THREAD, &r);
	return (uint64_t)(r.ru_nvcsw + r.ru_nivcsw);
}

static void on_probe(void *arg, uint64_t ticks)
{
	struct watch *w = arg;
	uint32_t n = atomic_load_explicit(&w->n, memory_order_relaxed);

	if (n == w->room)
		return;
	w->all[n++] = (double)ticks * w->us_a_tick;
	if (n % PROBES == 0)
		w->switches[n / PROBES - 1] = times_switched() + atomic_load(&w->of_control);
	atomic_store_explicit(&w->n, n, memory_order_release);
}

// Control tells of itself a little later, so the next window must know of nothing new either.
static bool is_quiet(const struct watch *w, uint32_t window)
{
	uint32_t last = w->n / PROBES - 1;

	return window > 0 && window < last && w->switches[window - 1] == w->switches[window + 1];
}

// TSC ticks of a packet at a worker that does nothing else.
static uint64_t ticks_a_packet(struct site *s)
{
	struct lane_of_work *l = s->work;
	double best = 0;

	atomic_store(&s->core->ticks_a_packet, 0);
	for (int i = 0; i < 8; i++) {
		uint64_t from = l->telem.verdicts[V_TX_DOWNLINK], begin = rte_rdtsc();
		while (l->telem.verdicts[V_TX_DOWNLINK] - from < PACKETS)
			worker_turn(&l->worker);
		double ticks = (double)(rte_rdtsc() - begin) / PACKETS;
		best = i == 0 || ticks < best ? ticks : best;
	}
	atomic_store(&s->core->ticks_a_packet, CORE_QUIET);
	return (uint64_t)(best * HALF);
}

// The same of an update at control.
static uint64_t ticks_a_call(struct site *s)
{
	bool ok = site_serve(s, CALL_MIX, CALLS) && site_serve(s, CALL_MIX, CALLS);

	return ok ? (uint64_t)((double)s->spent / CALLS / 1e9 * (double)rte_get_tsc_hz() * HALF)
		  : 0;
}

static double at(const double *sorted, uint32_t n, double part)
{
	if (n == 0)
		return 0;
	return sorted[(uint32_t)((double)(n - 1) * part)];
}

static void say(const struct options *o, struct watch *w, uint64_t packet, uint64_t call)
{
	double *quiet = calloc(w->n + 1, sizeof(*quiet)), hz = (double)rte_get_tsc_hz();
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->n / PROBES; i++) {
		if (!is_quiet(w, i))
			continue;
		memcpy(&quiet[n], &w->all[i * PROBES], PROBES * sizeof(*quiet));
		n += PROBES;
	}
	(void)measured_of(quiet, n);
	(void)measured_of(w->all, w->n);
	printf("{\"name\": \"latency\", \"bindings\": %u, \"pps\": %.0f, \"pbu_per_s\": %.0f, "
	       "\"probes\": %u, \"p50_us\": %.2f, \"p99_us\": %.2f, \"p999_us\": %.2f, "
	       "\"all_probes\": %u, \"all_p50_us\": %.2f, \"all_p99_us\": %.2f}\n",
	       o->bindings, hz / (double)packet, hz / (double)call, n, at(quiet, n, 0.5),
	       at(quiet, n, 0.99), at(quiet, n, 0.999), w->n, at(w->all, w->n, 0.5),
	       at(w->all, w->n, 0.99));
	free(quiet);
}

int bench_latency(const struct options *o)
{
	static struct site s;
	static struct watch w;

	w.room = o->rounds * ROUND;
	w.all = calloc(w.room, sizeof(*w.all));
	w.switches = calloc(w.room / PROBES, sizeof(*w.switches));
	w.us_a_tick = 1e6 / (double)rte_get_tsc_hz();
	if (w.all == NULL || w.switches == NULL || site_new(&s, o->bindings, o->size) != 0 ||
	    !site_fill(&s))
		return 1;
	grace_online(s.domain.grace, 0);
	s.is_alone = true;
	uint64_t packet = ticks_a_packet(&s), call = ticks_a_call(&s);
	grace_offline(s.domain.grace, 0);
	if (call == 0 || site_start_worker(&s) != 0 || s.is_alone) {
		fputs("kedge-bench: latency needs two CPUs: --cpus 0,1\n", stderr);
		return 1;
	}
	s.mags->arg = &w;
	s.mags->on_probe = on_probe;
	atomic_store(&s.core->ticks_a_packet, packet);
	atomic_store(&s.mags->ticks_a_call, call);
	atomic_store(&s.mags->allowed, UINT64_MAX / 2);
	ns_t until = loop_now() + (ns_t)PATIENCE_S * NS_SEC;
	while (atomic_load_explicit(&w.n, memory_order_acquire) < w.room && loop_now() < until) {
		for (int i = 0; i < LOOK; i++)
			site_turn(&s);
		atomic_store(&w.of_control, times_switched());
	}
	atomic_store(&s.mags->allowed, atomic_load(&s.mags->asked));
	site_stop_worker(&s);
	bool ok = w.n >= PROBES;
	if (ok)
		say(o, &w, packet, call);
	else
		fputs("kedge-bench: too few handovers came through\n", stderr);
	free(w.all);
	free(w.switches);
	site_free(&s);
	return !ok;
}
