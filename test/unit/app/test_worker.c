// Two workers behind ports of one queue: one receives and sends, both forward. Turns are taken one
// after the other, as the test says.
#include "app/common/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/unit/fwd/world.h"
#include "test/unit/test.h"

enum { N = 2, RING = 1024, UDP = 17, MANY = 192 };

static struct world world;

struct pair {
	struct world *world;
	struct grace *grace;
	struct worker *workers;
	struct telem_worker *telem;
	struct rte_ring *fragments[N], *flows[N];
};

static struct rte_ring *new_ring(const char *what, unsigned i)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%s%u", what, i);
	struct rte_ring *r = rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_SC_DEQ);
	assert_non_null(r);
	return r;
}

static void make_worker(struct pair *p, unsigned i)
{
	struct world *w = p->world;
	struct worker *own = &p->workers[i];
	const struct fwd_init init = {.worker = i,
				      .bcache = w->bcache,
				      .fib = w->fib,
				      .pool = w->pool,
				      .punt = w->punt,
				      .telem = &p->telem[i],
				      .fragments = p->fragments,
				      .flows = p->flows,
				      .n_workers = N,
				      .common_key = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9},
				      .seed = i};

	own->number = i;
	own->grace = p->grace;
	own->telem = &p->telem[i];
	own->inject = new_ring("inject", i);
	own->inbox = new_ring("inbox", i);
	atomic_store(&own->conf, &w->conf);
	assert_int_equal(fwd_new(&init, &w->conf, &own->fwd), 0);
}

static int begin(void **state)
{
	static struct pair p;

	p = (struct pair){.world = &world};
	if (world_start(&world) != 0 || grace_new(N, &p.grace) != 0 ||
	    posix_memalign((void **)&p.workers, 64, N * sizeof(*p.workers)) != 0 ||
	    posix_memalign((void **)&p.telem, 64, N * sizeof(*p.telem)) != 0)
		return -1;
	memset(p.workers, 0, N * sizeof(*p.workers));
	memset(p.telem, 0, N * sizeof(*p.telem));
	world.conf.ports[BACKBONE].spread = true;
	for (unsigned i = 0; i < N; i++) {
		p.fragments[i] = new_ring("fragments", i);
		p.flows[i] = new_ring("flows", i);
		world.ports[i]->number = (uint16_t)i;
	}
	for (unsigned i = 0; i < N; i++)
		make_worker(&p, i);
	*state = &p;
	return worker_deal(p.workers, N, world.ports, 2);
}

static int end(void **state)
{
	struct pair *p = *state;

	for (unsigned i = 0; i < N; i++) {
		fwd_free(p->workers[i].fwd);
		rte_ring_free(p->workers[i].inject);
		rte_ring_free(p->workers[i].inbox);
		rte_ring_free(p->fragments[i]);
		rte_ring_free(p->flows[i]);
	}
	grace_free(p->grace);
	free(p->workers);
	free(p->telem);
	return world_stop(&world) ? 0 : -1;
}

static void receive(struct pair *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct frame inner = packet(MN1, CN, UDP, 64);
		inner.b[40] = (uint8_t)i;
		struct frame f = framed(BACKBONE, tunnelled(COA1, LMAA, inner));
		struct rte_mbuf *m = world_mbuf(p->world, &f, AT_HEADROOM);
		assert_non_null(m);
		assert_int_equal(mem_give(p->world->ports[BACKBONE], &m, 1), 1);
	}
}

// A turn, and one that finds nothing new: then nothing waits for the next burst.
static void take_turns(struct pair *p, unsigned i)
{
	worker_turn(&p->workers[i]);
	worker_turn(&p->workers[i]);
}

static unsigned count_sent(struct pair *p)
{
	struct frame f;
	unsigned n = 0;

	while (world_take(p->world, CORE, &f))
		n++;
	return n;
}

static void the_queues_of_ports_that_have_one_are_the_first_workers(void **state)
{
	struct pair *p = *state;

	assert_int_equal(p->workers[0].n_rx, 2);
	assert_int_equal(p->workers[1].n_rx, 0);
	for (unsigned port = 0; port < 2; port++) {
		assert_true(p->workers[0].tx[port].own);
		assert_false(p->workers[1].tx[port].own);
		assert_ptr_equal(p->workers[1].tx[port].owner, p->workers[0].inbox);
	}
}

static void what_another_worker_forwards_leaves_by_the_owner_of_the_queue(void **state)
{
	struct pair *p = *state;

	receive(p, FWD_BURST);
	take_turns(p, 0);
	unsigned own = count_sent(p);
	assert_in_range(own, 1, FWD_BURST - 1);
	take_turns(p, 1); // it forwards, and sends nothing itself
	assert_int_equal(count_sent(p), 0);
	assert_int_equal(rte_ring_count(p->workers[0].inbox), FWD_BURST - own);
	worker_turn(&p->workers[0]);
	assert_int_equal(count_sent(p), FWD_BURST - own);
	assert_int_equal(p->telem[1].decapsulated, FWD_BURST - own);
	assert_int_equal(p->telem[1].verdicts[V_TX_UPLINK], 0); // counted by who sent it
	assert_int_equal(p->telem[0].verdicts[V_TX_UPLINK], FWD_BURST);
	assert_int_equal(atomic_load(&p->workers[1].held), 0);
}

// Else a worker that was away for a while would never make up for it.
static void what_others_have_for_a_worker_is_taken_by_many_bursts_a_turn(void **state)
{
	struct pair *p = *state;

	receive(p, MANY);
	for (unsigned i = 0; i < MANY / FWD_BURST; i++)
		take_turns(p, 0);
	unsigned own = count_sent(p);
	assert_true(MANY - own > 2 * FWD_BURST);
	take_turns(p, 1);
	assert_int_equal(rte_ring_count(p->workers[0].inbox), MANY - own);
	worker_turn(&p->workers[0]);
	assert_int_equal(count_sent(p), MANY - own);
	assert_int_equal(p->telem[0].verdicts[V_TX_UPLINK], MANY);
}

int main(void)
{
	char prefix[32];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_queues_of_ports_that_have_one_are_the_first_workers, begin, end),
		cmocka_unit_test_setup_teardown(
			what_another_worker_forwards_leaves_by_the_owner_of_the_queue, begin, end),
		cmocka_unit_test_setup_teardown(
			what_others_have_for_a_worker_is_taken_by_many_bursts_a_turn, begin, end),
	};

	snprintf(prefix, sizeof(prefix), "kedge-worker-%d", (int)getpid());
	if (world_boot(&world, prefix) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
