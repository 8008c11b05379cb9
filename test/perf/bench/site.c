// The parts of plane.c and boot.c that need no kernel, in their order.
#include "test/perf/bench/site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "app/common/loop.h"

enum { MTU = 9000, PATIENCE_S = 20, PATIENCE_NS = 100000 };
enum { TURNS = 2 }; // of a worker, 32 packets each: what control takes in one

static struct conf conf; // never sleeps
static const struct mgmt_command no_commands[] = {{.words = NULL}};
static struct lma_mag_conf mag_rows[N_MAGS];
static struct lma_pool_conf pool_row = {.name = "pool", .hnp_len = 64};
static const struct lma_profile_conf profile_row = {.key = "@bench.example", .permit = true};

static struct lma_conf describe(const struct domain *d)
{
	for (uint32_t i = 0; i < N_MAGS; i++) {
		snprintf(mag_rows[i].name, sizeof(mag_rows[i].name), "mag%u", i);
		mag_rows[i].from = ip6_prefix_of(domain_coa(i), 128);
	}
	pool_row.block = ip6_prefix_of(d->mobile.addr, 40); // 16 million, first come first served
	return (struct lma_conf){
		.mags = mag_rows,
		.pools = &pool_row,
		.profiles = &profile_row,
		.n_mags = N_MAGS,
		.n_pools = 1,
		.n_profiles = 1,
		.max_bindings = d->n,
		.max_mags = N_MAGS,
		.sessions_per_mn = 4,
		.max_lifetime_s = 36000,
		.min_delay_before_bce_delete = 10 * NS_SEC,
		.max_delay_before_new_bce_assign = 1500 * NS_MSEC,
		.timestamp_validity_window = 10 * NS_SEC, // a virtual machine may stand still
		.prefix_quarantine = 10 * NS_SEC,
	};
}

static int start_plane(struct site *s)
{
	struct plane *p = &s->anchor.plane;
	struct domain *d = &s->domain;
	const struct twin_conf twin = {
		.fib = d->fib, .max_routes = 64, .max_neighbours = 64, .seed = 1};
	char path[64];

	p->is = (struct plane_conf){
		.conf = &conf, .max_bindings = d->n, .max_peers = N_MAGS, .tunnel_mtu = MTU};
	p->grace = d->grace;
	p->bcache = d->bcache;
	p->fib = d->fib;
	p->pool = d->pool;
	p->punt = d->punt;
	p->fwd_conf = &d->conf;
	p->peers = calloc(N_MAGS + 1, sizeof(*p->peers));
	snprintf(path, sizeof(path), "%s/kedge-bench.%d", P_tmpdir, getpid());
	if (p->peers == NULL || farewells_init(&p->left, 1) != 0)
		return -ENOMEM;
	int rc = twin_new(&twin, &p->twin);
	if (rc == 0)
		rc = mgmt_open(path, no_commands, NULL, &s->anchor.mgmt);
	return rc;
}

double site_resident_bytes(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long kb, sum = 0;
	char line[128];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmRSS: %lu", &kb) == 1 ||
		    sscanf(line, "HugetlbPages: %lu", &kb) == 1)
			sum += kb;
	if (f != NULL)
		fclose(f);
	return (double)sum * 1024;
}

static int start_engine(struct site *s)
{
	double before = site_resident_bytes();

	s->lma = describe(&s->domain);
	s->anchor.conf = &conf;
	s->anchor.lma = lma_new(&s->lma, 1, loop_instant());
	s->engine_bytes = site_resident_bytes() - before;
	s->program = control_program(&s->anchor);
	return s->anchor.lma != NULL ? 0 : -ENOMEM;
}

static int start_worker(struct site *s, uint16_t size)
{
	struct domain *d = &s->domain;
	int rc = core_new(d, size, &s->core);

	if (rc == 0)
		rc = mags_new(d, s->core->source, &s->mags);
	if (rc != 0)
		return rc;
	s->core->mags = s->mags;
	rc = domain_worker(d, 0, &s->core->port, &s->mags->port, &s->work);
	if (rc == 0)
		s->anchor.plane.workers[0].inject = s->work->worker.inject;
	return rc;
}

int site_new(struct site *s, uint32_t bindings, uint16_t size)
{
	*s = (struct site){0};
	int rc = domain_new_empty(&s->domain, bindings, BCACHE_BEST);

	if (rc == 0)
		rc = start_plane(s);
	if (rc == 0)
		rc = start_engine(s);
	if (rc == 0)
		rc = start_worker(s, size);
	if (rc != 0)
		fprintf(stderr, "kedge-bench: %u bindings: %s\n", bindings, strerror(-rc));
	return rc;
}

void site_free(struct site *s)
{
	struct plane *p = &s->anchor.plane;

	if (s->work != NULL)
		domain_rest(s->work);
	core_free(s->core);
	mags_free(s->mags);
	mgmt_close(s->anchor.mgmt);
	lma_free(s->anchor.lma);
	twin_free(p->twin);
	farewells_done(&p->left);
	free(p->peers);
	domain_free(&s->domain);
}

double site_data_bytes(const struct site *s)
{
	struct bcache_stats stats;
	// Slots of the stash with their notes, four for each key that it may hold.
	enum { STASH = 4 * (16 + 1) };

	bcache_stats(s->domain.bcache, &stats);
	return (double)stats.bytes + (double)stats.stash_capacity * STASH +
	       2.0 * N_MAGS * sizeof(struct fwd_entry);
}

bool site_turn(struct site *s)
{
	return loop_turn(&s->anchor.plane, s->anchor.mgmt, &s->program);
}

static int run_worker(void *work)
{
	return worker_run(&((struct lane_of_work *)work)->worker);
}

int site_start_worker(struct site *s)
{
	unsigned lcore = rte_get_next_lcore(-1, true, false);

	s->is_alone = lcore == RTE_MAX_LCORE;
	if (s->is_alone) {
		grace_online(s->domain.grace, 0);
		return 0;
	}
	atomic_store(&s->work->worker.stop, false);
	return rte_eal_remote_launch(run_worker, s->work, lcore);
}

void site_stop_worker(struct site *s)
{
	if (s->is_alone)
		grace_offline(s->domain.grace, 0);
	atomic_store(&s->work->worker.stop, true);
	rte_eal_mp_wait_lcore();
}

ns_t site_cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (ns_t)t.tv_sec * NS_SEC + (ns_t)t.tv_nsec;
}

// The worker, if it has no CPU of its own, takes what fills a turn of control's; that is timed.
static void take_turns(struct site *s)
{
	for (int i = 0; i < TURNS && s->is_alone; i++)
		worker_turn(&s->work->worker);
	ns_t begin = site_cpu_now();
	if (site_turn(s))
		s->spent += site_cpu_now() - begin;
}

static uint64_t answered(const struct mags *m)
{
	return atomic_load_explicit(&m->accepted, memory_order_acquire) +
	       atomic_load_explicit(&m->refused, memory_order_relaxed);
}

bool site_fill(struct site *s)
{
	bool was_alone = s->is_alone;

	s->is_alone = true;
	grace_online(s->domain.grace, 0);
	bool ok = site_serve(s, CALL_INITIAL, s->domain.n);
	grace_offline(s->domain.grace, 0);
	s->is_alone = was_alone;
	return ok;
}

bool site_serve(struct site *s, enum call call, uint64_t n)
{
	struct mags *m = s->mags;
	ns_t begin = loop_now(), until = begin + PATIENCE_S * NS_SEC + n * PATIENCE_NS;

	m->call = call;
	s->spent = 0;
	uint64_t target = atomic_load(&m->allowed) + n;
	atomic_store_explicit(&m->allowed, target, memory_order_release);
	while (answered(m) < target && loop_now() < until)
		take_turns(s);
	s->elapsed = loop_now() - begin;
	uint64_t accepted = atomic_load(&m->accepted);
	if (accepted != target)
		fprintf(stderr, "kedge-bench: %lu of %lu calls were accepted, %lu refused\n",
			accepted, target, atomic_load(&m->refused));
	return accepted == target;
}
