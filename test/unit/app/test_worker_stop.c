// The loop of a worker: what it holds when it is told to stop.
#include "app/common/worker.h"

#include <stdio.h>
#include <unistd.h>

#include "test/unit/fwd/world.h"
#include "test/unit/test.h"

static struct world w;

static struct rte_ring *ring(const char *name)
{
	struct rte_ring *r = rte_ring_create(name, 64, SOCKET_ID_ANY, 0);

	assert_non_null(r);
	return r;
}

static void start_worker(struct worker *worker)
{
	assert_int_equal(world_start(&w), 0);
	*worker = (struct worker){.fwd = w.fwd,
				  .grace = w.grace,
				  .n_ports = N_PORTS,
				  .inject = ring("inject"),
				  .inbox = ring("inbox"),
				  .telem = &w.telem,
				  .conf = &w.conf,
				  .current = &w.conf};
	for (uint16_t port = 0; port < N_PORTS; port++)
		worker->tx[port] = (struct worker_txq){.port = w.ports[port], .own = true};
}

static void stop_worker(struct worker *worker)
{
	rte_ring_free(worker->inject);
	rte_ring_free(worker->inbox);
	assert_true(world_balanced(&w));
	assert_true(world_stop(&w));
}

static void at_the_end_what_waits_is_sent_and_so_are_the_errors_that_it_causes(void **state)
{
	struct frame f = packet(CN, MN1, 17, 50);
	struct worker worker;

	(void)state;
	start_worker(&worker);
	f.b[7] = 1; // its hop limit
	f = framed(CORE, f);
	struct rte_mbuf *m = world_mbuf(&w, &f, AT_HEADROOM);
	fwd_burst(w.fwd, CORE, &m, 1, w.now);
	assert_int_equal(fwd_due(w.fwd), 1);
	atomic_store(&worker.stop, true);
	assert_int_equal(worker_run(&worker), 0);
	assert_int_equal(fwd_held(w.fwd), 0);
	assert_int_equal(w.telem.verdicts[V_DROP_HOP_LIMIT], 1);
	assert_int_equal(w.telem.verdicts[V_TX_ICMP], 1);
	stop_worker(&worker);
}

static void a_turn_that_finds_nothing_sends_what_waits(void **state)
{
	struct frame f = framed(CORE, packet(CN, MN1, 17, 50));
	struct worker worker;

	(void)state;
	start_worker(&worker);
	struct rte_mbuf *m = world_mbuf(&w, &f, AT_HEADROOM);
	grace_online(w.grace, 0);
	fwd_burst(w.fwd, CORE, &m, 1, w.now);
	assert_int_equal(worker_turn(&worker), 1);
	assert_int_equal(worker_turn(&worker), 0);
	grace_offline(w.grace, 0);
	assert_int_equal(fwd_due(w.fwd), 0);
	assert_int_equal(w.telem.verdicts[V_TX_DOWNLINK], 1);
	stop_worker(&worker);
}

int main(void)
{
	char prefix[32];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			at_the_end_what_waits_is_sent_and_so_are_the_errors_that_it_causes),
		cmocka_unit_test(a_turn_that_finds_nothing_sends_what_waits),
	};

	snprintf(prefix, sizeof(prefix), "kedge-worker-%d", (int)getpid());
	if (world_boot(&w, prefix) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
