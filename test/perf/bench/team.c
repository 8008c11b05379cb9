// One source, several workers, the rings between them.
#include "test/perf/bench/team.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ETH = 14, IP6 = 40, SRC = 8, DST = 24, INNER = ETH + IP6 };
enum { PORTS = 2 * IP6 + ETH, NUMBER = PORTS + 4, RING = 2048 };

// Of the packets that fill() makes. One thread does, in a line of its own.
static struct {
	_Alignas(64) uint64_t first_prefix;
	uint32_t nodes, number;
} made;

static void put64(uint8_t *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof(v));
}

// A flow is one node of MAG 0, one destination and one pair of ports; its packets are numbered.
static void fill(uint8_t *frame, uint32_t unused, uint32_t other)
{
	uint32_t flow = other % TEAM_FLOWS, route = flow * (uint32_t)N_ROUTES / TEAM_FLOWS;

	(void)unused;
	put64(frame + INNER + SRC, made.first_prefix | (uint64_t)(flow % made.nodes) * N_MAGS);
	frame[INNER + DST + 4] = (uint8_t)(route >> 8);
	frame[INNER + DST + 5] = (uint8_t)route;
	memcpy(frame + PORTS, &flow, sizeof(flow));
	made.number++;
	memcpy(frame + NUMBER, &made.number, sizeof(made.number));
}

static struct rte_ring *new_ring(const char *what, const struct team *t, unsigned i)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%s.%u.%u", what, t->n, i);
	return rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_SC_DEQ);
}

static int start_worker(struct domain *d, struct team *t, unsigned i, const struct siphash_key *key)
{
	struct worker *w = &t->workers[i];
	const struct fwd_init init = {.worker = i,
				      .bcache = d->bcache,
				      .fib = d->fib,
				      .pool = d->pool,
				      .fragments = t->n > 1 ? t->fragments : NULL,
				      .flows = t->n > 1 ? t->flows : NULL,
				      .n_workers = t->n,
				      .common_key = *key,
				      .punt = d->punt,
				      .telem = &t->telem[i],
				      .seed = 7 + i,
				      .socket = SOCKET_ID_ANY};

	w->number = i;
	w->grace = d->grace;
	w->telem = &t->telem[i];
	atomic_store(&w->conf, &t->conf);
	w->inject = new_ring("t.inject", t, i);
	w->inbox = new_ring("t.inbox", t, i);
	if (w->inject == NULL || w->inbox == NULL)
		return -ENOMEM;
	return fwd_new(&init, &t->conf, &w->fwd);
}

int team_new(struct domain *d, unsigned n, uint16_t len, struct team *t)
{
	const struct siphash_key key = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9};
	struct source_kind kind = domain_packets(d, UP, len);
	int rc = 0;

	*t = (struct team){.n = n, .conf = d->conf};
	t->conf.ports[BACKBONE].spread = n > 1;
	made.first_prefix = ip6_hi64(domain_hnp(d, 0).addr);
	made.nodes = d->n >= N_MAGS ? d->n / N_MAGS : 1;
	kind.fill = fill;
	t->source = source_new(&kind, d->pool, BACKBONE, CORE);
	if (posix_memalign((void **)&t->workers, 64, n * sizeof(*t->workers)) != 0 ||
	    posix_memalign((void **)&t->telem, 64, n * sizeof(*t->telem)) != 0 ||
	    t->source == NULL || source_share(t->source, n) != 0)
		return -ENOMEM;
	memset(t->workers, 0, n * sizeof(*t->workers));
	memset(t->telem, 0, n * sizeof(*t->telem));
	for (unsigned i = 0; i < n && rc == 0; i++) {
		t->fragments[i] = new_ring("t.fragments", t, i);
		t->flows[i] = new_ring("t.flows", t, i);
		rc = t->fragments[i] != NULL && t->flows[i] != NULL ? 0 : -ENOMEM;
	}
	for (unsigned i = 0; i < n && rc == 0; i++)
		rc = start_worker(d, t, i, &key);
	struct port *ports[] = {source_port(t->source, 0), source_port(t->source, 1)};
	return rc == 0 ? worker_deal(t->workers, n, ports, 2) : rc;
}

static void free_ring(struct rte_ring *r)
{
	void *m;

	while (r != NULL && rte_ring_dequeue(r, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(r);
}

void team_free(struct team *t)
{
	for (unsigned i = 0; t->workers != NULL && i < t->n; i++) {
		fwd_free(t->workers[i].fwd);
		rte_ring_free(t->workers[i].inject);
		rte_ring_free(t->workers[i].inbox);
		free_ring(t->fragments[i]);
		free_ring(t->flows[i]);
	}
	source_free(t->source);
	free(t->workers);
	free(t->telem);
}

uint64_t team_failed(const struct team *t)
{
	uint64_t received = 0, forwarded = 0;

	for (unsigned i = 0; i < t->n; i++) {
		received += t->telem[i].received;
		forwarded += t->telem[i].verdicts[V_TX_UPLINK] + rte_ring_count(t->flows[i]) +
			     fwd_held(t->workers[i].fwd);
	}
	return received - forwarded;
}

// A flow's numbers are written by whoever sends it: one worker, or the order is lost anyway.
static void look_at_order(void *arg, struct rte_mbuf *const *pkts, uint16_t n)
{
	struct team_order *o = arg;
	uint64_t wrong = 0;

	for (uint16_t i = 0; i < n; i++) {
		const uint8_t *inner = rte_pktmbuf_mtod_offset(pkts[i], const uint8_t *, ETH);
		uint32_t flow, at;
		memcpy(&flow, inner + IP6, sizeof(flow));
		memcpy(&at, inner + IP6 + sizeof(flow), sizeof(at));
		uint32_t was = o->last[flow % TEAM_FLOWS];
		wrong += was != 0 && (int32_t)(at - was) <= 0;
		o->last[flow % TEAM_FLOWS] = at;
	}
	atomic_fetch_add_explicit(&o->checked, n, memory_order_relaxed);
	if (wrong > 0)
		atomic_fetch_add_explicit(&o->reordered, wrong, memory_order_relaxed);
}

void team_check_order(struct team *t, struct team_order *o)
{
	source_watch(t->source, o != NULL ? look_at_order : NULL, o);
}
