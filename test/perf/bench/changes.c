// Changes of the binding cache a second: a bound prefix, at random, gets another entry.
#include <stdio.h>
#include <stdlib.h>

#include "test/perf/bench/bench.h"
#include "test/perf/bench/domain.h"
#include "test/perf/bench/measure.h"

enum { WINDOW = 1 << 12 }; // shorter than a time slice

struct changes {
	struct domain domain;
	uint64_t random;
	uint32_t failed;
};

static uint64_t run(void *arg, uint64_t n)
{
	struct changes *c = arg;
	struct domain *d = &c->domain;

	for (uint64_t i = 0; i < n; i++) {
		c->random = c->random * 6364136223846793005u + 1442695040888963407u;
		uint32_t node = (uint32_t)((c->random >> 32) * d->n >> 32);
		uint32_t value = d->entries[(uint32_t)c->random % N_MAGS];
		c->failed += bcache_set(d->bcache, domain_hnp(d, node), value) != 0;
	}
	return n;
}

int bench_changes(const struct options *o)
{
	static struct changes c;
	struct variant v = {.name = "changes", .arg = &c, .run = run};

	if (domain_new(&c.domain, o->bindings, o->isa) != 0) {
		fputs("kedge-bench: no memory for so many bindings\n", stderr);
		return 1;
	}
	double hz = measure_tsc_hz();
	measure(&v, 1, WINDOW, o->rounds);
	printf("{\"name\": \"changes\", \"bindings\": %u, \"changes_per_s\": %.0f, "
	       "\"cycles\": %.1f, \"low\": %.1f, \"high\": %.1f}\n",
	       o->bindings, hz / v.result.median, v.result.median, v.result.low, v.result.high);
	domain_free(&c.domain);
	return c.failed > 0;
}
