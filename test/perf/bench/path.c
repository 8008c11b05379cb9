// The floor of the ports, the lookup, and the whole path both ways, on one CPU.
#include <stdio.h>
#include <string.h>

#include <rte_ether.h>

#include "test/perf/bench/bench.h"
#include "test/perf/bench/domain.h"
#include "test/perf/bench/measure.h"

enum { WINDOW = 1 << 17 };

struct path {
	struct domain domain;
	struct lane_of_work *work[N_DIRECTIONS];
	struct source *source;
};

static uint64_t run_io(void *arg, uint64_t n)
{
	struct source *s = arg;
	struct rte_mbuf *pkts[FWD_BURST];

	for (uint64_t i = 0; i < n; i += FWD_BURST) {
		port_rx(source_port(s, 0), 0, pkts, FWD_BURST);
		port_tx(source_port(s, 1), 0, pkts, FWD_BURST);
	}
	return n;
}

// As testpmd does it: both addresses are written.
static uint64_t run_mac(void *arg, uint64_t n)
{
	static const struct rte_ether_addr src = {{2, 0, 0, 0, 0, 8}}, dst = {{2, 0, 0, 0, 0, 9}};
	struct source *s = arg;
	struct rte_mbuf *pkts[FWD_BURST];

	for (uint64_t i = 0; i < n; i += FWD_BURST) {
		uint16_t got = port_rx(source_port(s, 0), 0, pkts, FWD_BURST);
		for (uint16_t k = 0; k < got; k++) {
			struct rte_ether_hdr *h = rte_pktmbuf_mtod(pkts[k], struct rte_ether_hdr *);
			h->src_addr = src;
			h->dst_addr = dst;
		}
		port_tx(source_port(s, 1), 0, pkts, got);
	}
	return n;
}

// Random keys, no packets.
static uint64_t run_lookup(void *arg, uint64_t n)
{
	struct path *p = arg;
	struct ip6_addr keys[FWD_BURST];
	const struct ip6_addr *at[FWD_BURST];
	uint32_t values[FWD_BURST];
	static uint64_t r = 1;

	for (uint64_t i = 0; i < n; i += FWD_BURST) {
		for (int k = 0; k < FWD_BURST; k++) {
			r = r * 6364136223846793005u + 1442695040888963407u;
			keys[k] = domain_hnp(&p->domain, (uint32_t)((r >> 32) * p->domain.n >> 32))
					  .addr;
			at[k] = &keys[k];
		}
		bcache_find_burst(p->domain.bcache, at, FWD_BURST, values);
	}
	return n;
}

static uint64_t run_work(void *arg, uint64_t n)
{
	struct lane_of_work *l = arg;
	uint64_t begin = l->telem.received;

	while (l->telem.received - begin < n)
		worker_turn(&l->worker);
	return l->telem.received - begin;
}

static void say(const struct options *o, const struct variant *v, const char *isa, double hz)
{
	printf("{\"name\": \"%s\", \"bindings\": %u, \"size\": %u, \"isa\": \"%s\", \"cycles\": "
	       "%.2f, "
	       "\"low\": %.2f, \"high\": %.2f, \"mpps\": %.3f, \"tsc_hz\": %.0f}\n",
	       v->name, o->bindings, o->size, isa, v->result.median, v->result.low, v->result.high,
	       hz / v->result.median / 1e6, hz);
}

static unsigned keep_only(struct variant *v, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(v[i].name, name) != 0)
			continue;
		v[0] = v[i];
		return 1;
	}
	return n;
}

int bench_path(const struct options *o)
{
	struct path p;
	unsigned n = 0, failed = 0;
	struct variant v[8];

	if (domain_new(&p.domain, o->bindings, o->isa) != 0) {
		fputs("kedge-bench: no memory for so many bindings\n", stderr);
		return 1;
	}
	const struct source_kind kind = domain_packets(&p.domain, DOWN, o->size);
	p.source = source_new(&kind, p.domain.pool, CORE, BACKBONE);
	v[n++] = (struct variant){.name = "io", .arg = p.source, .run = run_io};
	v[n++] = (struct variant){.name = "mac", .arg = p.source, .run = run_mac};
	v[n++] = (struct variant){.name = "lookup", .arg = &p, .run = run_lookup};
	for (int way = 0; way < N_DIRECTIONS; way++) {
		if (domain_work(&p.domain, (unsigned)way, (enum direction)way, o->size,
				&p.work[way]) != 0)
			return 1;
		v[n] = (struct variant){.arg = p.work[way], .run = run_work};
		strcpy(v[n++].name, way == DOWN ? "down" : "up");
	}
	if (o->only != NULL)
		n = keep_only(v, n, o->only);
	double hz = measure_tsc_hz();
	measure(v, n, WINDOW, o->rounds);
	for (unsigned i = 0; i < n; i++)
		say(o, &v[i], bcache_isa_name(p.domain.bcache), hz);
	for (int way = 0; way < N_DIRECTIONS; way++) {
		uint64_t lost = domain_failed(p.work[way], (enum direction)way);
		failed += lost > 0;
		if (lost > 0)
			fprintf(stderr, "kedge-bench: %lu packets were not forwarded\n", lost);
		domain_rest(p.work[way]);
	}
	source_free(p.source);
	domain_free(&p.domain);
	return failed > 0;
}
