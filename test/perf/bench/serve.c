// What it costs a worker that control serves 100 000 updates a second meanwhile: cycles a packet
// with and without, in windows that alternate.
//
// Two ways: the updates come by another worker, so that only tables and memory are shared; or this
// one takes them, punts them, and sends their answers too. What it costs to make updates up is in
// every window. Those in which control was kept from its CPU do not count; of the worker's, only
// what it used of its own does.
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "app/common/loop.h"
#include "test/perf/bench/bench.h"
#include "test/perf/bench/measure.h"
#include "test/perf/bench/site.h"

enum {
	WINDOW = 1 << 15,
	RATE = 100000,
	SETTLE_US = 300,
	TURN_US = 30,
	TRIES = 8,
	ETH = 14,
	IP6 = 40
};
enum way { ALONE, BY_ANOTHER, BY_ITSELF, N_WAYS };

struct serve {
	struct site site;
	struct mags *others;         // whose updates come by another worker: control plays it
	struct rte_ring *to_another; // and takes their answers
	uint64_t ticks_a_call;
	_Atomic int way; // enum way; the worker's thread writes
	_Atomic bool stop;
	_Atomic uint64_t served, turns; // PBUs, of its loop; control writes
	double *cycles[N_WAYS];
	unsigned n[N_WAYS];
};

// ---- Control, on a CPU of its own.

static void play_worker(struct serve *s)
{
	struct rte_mbuf *m;
	uint64_t due = pace_due(&s->others->pace, s->ticks_a_call, FWD_BURST);

	for (; due > 0 && (m = rte_pktmbuf_alloc(s->site.domain.pool)) != NULL; due--) {
		mags_write(s->others, m);
		rte_pktmbuf_adj(m, ETH);
		*fwd_punt_of(m) = (struct fwd_punt){
			.kind = FWD_PUNT_SIGNALLING,
			.mh_offset = IP6,
			.mh_len = (uint16_t)(rte_pktmbuf_data_len(m) - IP6),
			.arrival = loop_now(),
		};
		if (rte_ring_enqueue(s->site.domain.punt, m) != 0)
			rte_pktmbuf_free(m);
	}
	while (rte_ring_dequeue(s->to_another, (void **)&m) == 0) {
		if (!mags_is_acceptance(rte_pktmbuf_mtod(m, const uint8_t *)))
			atomic_fetch_add(&s->others->refused, 1);
		rte_pktmbuf_free(m);
	}
}

static int run_control(void *arg)
{
	struct serve *s = arg;
	struct plane *p = &s->site.anchor.plane;
	struct rte_ring *to_it = p->workers[0].inject;

	while (!atomic_load_explicit(&s->stop, memory_order_relaxed)) {
		int way = atomic_load_explicit(&s->way, memory_order_relaxed);
		p->workers[0].inject = way == BY_ITSELF ? to_it : s->to_another;
		mags_tell_time(s->others);
		if (way == BY_ANOTHER)
			play_worker(s);
		site_turn(&s->site);
		atomic_store_explicit(&s->served, p->counters.sent, memory_order_relaxed);
		atomic_fetch_add_explicit(&s->turns, 1, memory_order_relaxed);
	}
	p->workers[0].inject = to_it;
	return 0;
}

// ---- The worker's thread.

static void forward(struct lane_of_work *l, uint64_t n)
{
	uint64_t begin = l->telem.verdicts[V_TX_DOWNLINK];

	while (l->telem.verdicts[V_TX_DOWNLINK] - begin < n)
		worker_turn(&l->worker);
}

static void settle(struct serve *s, enum way way)
{
	struct mags *m = s->site.mags;
	uint64_t until = rte_rdtsc() + rte_get_tsc_hz() / 1000000 * SETTLE_US;

	atomic_store(&m->is_mute, way != BY_ITSELF);
	atomic_store(&s->way, way);
	while (rte_rdtsc() < until)
		worker_turn(&s->site.work->worker);
}

// False: control was not there for it.
static bool window(struct serve *s, enum way way)
{
	settle(s, way);
	uint64_t served = atomic_load(&s->served), turns = atomic_load(&s->turns);
	uint64_t begin = rte_rdtsc();
	ns_t cpu = site_cpu_now();
	forward(s->site.work, WINDOW);
	cpu = site_cpu_now() - cpu;
	double us = (double)(rte_rdtsc() - begin) / (double)rte_get_tsc_hz() * 1e6;
	// It was away, and who knows what ran in its place.
	if ((double)(atomic_load(&s->turns) - turns) < us / TURN_US)
		return false;
	if (way != ALONE && (double)(atomic_load(&s->served) - served) < us * RATE / 1e6 * 0.8)
		return false;
	s->cycles[way][s->n[way]++] = (double)cpu / 1e9 * (double)rte_get_tsc_hz() / WINDOW;
	return true;
}

static void say(struct serve *s, const struct options *o)
{
	struct measured m[N_WAYS] = {0};

	for (int way = 0; way < N_WAYS; way++)
		if (s->n[way] > 0)
			m[way] = measured_of(s->cycles[way], s->n[way]);
	printf("{\"name\": \"serve\", \"bindings\": %u, \"pbu_per_s\": %d, \"windows\": %u, "
	       "\"alone_cycles\": %.2f, \"cycles\": %.2f, \"slower_percent\": %.2f, "
	       "\"own_cycles\": %.2f, \"own_slower_percent\": %.2f}\n",
	       o->bindings, RATE, s->n[BY_ANOTHER], m[ALONE].median, m[BY_ANOTHER].median,
	       (m[BY_ANOTHER].median / m[ALONE].median - 1) * 100, m[BY_ITSELF].median,
	       (m[BY_ITSELF].median / m[ALONE].median - 1) * 100);
}

static int start(struct serve *s, const struct options *o)
{
	int rc = site_new(&s->site, o->bindings, o->size);

	if (rc == 0)
		rc = mags_new(&s->site.domain, s->site.core->source, &s->others);
	if (rc != 0)
		return rc;
	s->others->call = CALL_MIX;
	s->to_another = rte_ring_create("bench.another", 1024, SOCKET_ID_ANY, 0);
	s->ticks_a_call = rte_get_tsc_hz() / RATE;
	for (int way = 0; way < N_WAYS; way++)
		s->cycles[way] = calloc(o->rounds, sizeof(double));
	return s->to_another != NULL ? 0 : -1;
}

int bench_serve(const struct options *o)
{
	static struct serve s;
	unsigned lcore = rte_get_next_lcore(-1, true, false);

	if (lcore == RTE_MAX_LCORE) {
		fputs("kedge-bench: serve needs two CPUs: --cpus 0,1\n", stderr);
		return 1;
	}
	if (start(&s, o) != 0 || !site_fill(&s.site))
		return 1;
	grace_online(s.site.domain.grace, 0);
	s.site.mags->call = CALL_MIX;
	mags_take(s.site.mags, 0, o->bindings / 2);
	mags_take(s.others, o->bindings / 2, o->bindings / 2);
	atomic_store(&s.site.mags->ticks_a_call, s.ticks_a_call);
	atomic_store(&s.site.mags->is_mute, true);
	atomic_store(&s.site.mags->allowed, UINT64_MAX / 2);
	atomic_store(&s.site.core->ticks_a_packet, 0);
	if (rte_eal_remote_launch(run_control, &s, lcore) != 0)
		return 1;
	for (unsigned round = 0; round < o->rounds; round++)
		for (int way = 0; way < N_WAYS; way++)
			for (int i = 0;
			     i < TRIES && !window(&s, (enum way)((way + round) % N_WAYS)); i++)
				;
	atomic_store(&s.site.mags->allowed, 0);
	settle(&s, ALONE);
	atomic_store(&s.stop, true);
	rte_eal_mp_wait_lcore();
	say(&s, o);
	uint64_t refused = atomic_load(&s.others->refused) + atomic_load(&s.site.mags->refused);
	if (refused > 0)
		fprintf(stderr, "kedge-bench: %lu calls were refused\n", refused);
	grace_offline(s.site.domain.grace, 0);
	mags_free(s.others);
	site_free(&s.site);
	return refused > 0 || s.n[BY_ANOTHER] == 0;
}
