// Proxy binding updates a second through the real path: a worker takes them from its port and punts
// them, control parses, decides, changes the workers' tables and answers, the worker sends that.
//
// What control uses of its CPU is counted, in turns that had something to do: so much one lcore of
// its own can serve, and a busy machine tells the same. With one CPU worker and control take turns
// on it; with two, packets change CPUs as they do in the program, and what the clock says is told
// too.
#include <stdio.h>
#include <stdlib.h>

#include "test/perf/bench/bench.h"
#include "test/perf/bench/measure.h"
#include "test/perf/bench/site.h"

enum { WINDOW = 1 << 13 };

// The median of windows; false: something was refused.
static bool serve(struct site *s, const struct options *o, enum call call, unsigned windows)
{
	double *ns = calloc(2 * (size_t)windows, sizeof(*ns)), *elapsed = ns + windows;
	uint64_t left = o->bindings - atomic_load(&s->mags->accepted);
	uint64_t n = call == CALL_INITIAL ? left / windows : WINDOW;
	bool ok = ns != NULL;

	for (unsigned i = 0; i < windows && ok; i++) {
		ok = site_serve(s, call, n);
		ns[i] = (double)s->spent / (double)n;
		elapsed[i] = (double)s->elapsed / (double)n;
	}
	struct measured m = {0}, clock = {0};
	if (ok) {
		m = measured_of(ns, windows);
		clock = measured_of(elapsed, windows);
	}
	free(ns);
	if (ok)
		printf("{\"name\": \"control %s\", \"bindings\": %u, \"cpus\": %d, "
		       "\"pbu_per_s\": %.0f, \"pbu_ns\": %.0f, \"low\": %.0f, \"high\": %.0f, "
		       "\"clock_pbu_per_s\": %.0f}\n",
		       call_name(call), o->bindings, s->is_alone ? 1 : 2, 1e9 / m.median, m.median,
		       m.low, m.high, 1e9 / clock.median);
	fflush(stdout);
	return ok;
}

int bench_control(const struct options *o)
{
	static struct site s;
	unsigned fill = o->bindings / WINDOW > 0 ? o->bindings / WINDOW : 1;
	int failed = 1;

	if (site_new(&s, o->bindings, o->size) != 0 || site_start_worker(&s) != 0)
		return 1;
	if (serve(&s, o, CALL_INITIAL, fill)) {
		uint64_t rest = o->bindings - atomic_load(&s.mags->accepted);
		failed = (rest > 0 && !site_serve(&s, CALL_INITIAL, rest)) ||
			 !serve(&s, o, CALL_REFRESH, o->rounds) ||
			 !serve(&s, o, CALL_HANDOVER, o->rounds) ||
			 !serve(&s, o, CALL_MIX, o->rounds);
	}
	site_stop_worker(&s);
	site_free(&s);
	return failed;
}
