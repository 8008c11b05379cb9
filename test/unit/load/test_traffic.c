// Packets out on a clock of our own: how many, whose, and what holds them back.
#include <stdlib.h>

#include "test/unit/eal.h"
#include "test/unit/load/played.h"
#include "tools/load/traffic.h"

enum { HZ = 1000000000 }; // a tick is a nanosecond

static struct rte_mempool *pool;
static struct port port; // never sent on: what waits for it is looked at
static struct side side;
static struct traffic traffic;
static struct node *held;
static struct pick pick;
static uint32_t watched;
static struct now now;

static void begin(enum frame_way way, double rate, uint64_t in_flight)
{
	static const uint8_t mac[6];

	play();
	memcpy(held, nodes, sizeof(nodes));
	port = (struct port){.n_tx = 1};
	side = (struct side){.plan = &played, .port = &port, .pool = pool};
	now = (struct now){1000, NS_SEC};
	watched = PLAN_NONE;
	assert_int_equal(pick_init(&pick, NODES, 0, 1), 0);
	traffic = (struct traffic){.way = way,
				   .plan = &played,
				   .nodes = held,
				   .side = &side,
				   .form = frame_form(&played, way, mac, mac),
				   .pick = &pick,
				   .sizes = sizes_fixed(64),
				   .watched = &watched,
				   .watch_ticks = 5000,
				   .in_flight = in_flight};
	traffic_restart(&traffic, rate, HZ, now);
}

static void empty(void)
{
	for (uint16_t q = 0; q < port.n_tx; q++) {
		rte_pktmbuf_free_bulk(side.queues[q].pkts, side.queues[q].n);
		side.queues[q].n = 0;
	}
}

// A turn later; how many more were sent. The port takes all of it.
static uint32_t sent_after(ns_t time)
{
	uint64_t before = traffic.counts.sent;

	now.mono += time;
	now.tsc += time;
	traffic_send(&traffic, now);
	empty();
	return (uint32_t)(traffic.counts.sent - before);
}

// The node of a frame that waits for the port.
static uint32_t node_of(uint16_t i)
{
	const struct rte_mbuf *m = side.queues[0].pkts[i];
	struct ip6_addr a;

	memcpy(a.a, rte_pktmbuf_mtod(m, const uint8_t *) + FRAME_ETHER + 24, sizeof(a.a));
	return plan_node_of_address(&played, a);
}

static void a_rate_is_sent_as_time_goes(void **state)
{
	uint32_t n = 0;

	(void)state;
	begin(WAY_DOWN, 1e6, 0);
	for (unsigned i = 0; i < 1000; i++)
		n += sent_after(10 * NS_USEC);
	assert_in_range(n, 9999, 10000);
}

static void no_more_are_under_way_than_may_be(void **state)
{
	(void)state;
	begin(WAY_DOWN, PACE_MAX, 100);
	for (unsigned i = 0; i < 10; i++)
		sent_after(NS_USEC);
	assert_int_equal(traffic.counts.sent, 100);
	traffic.counts.received += 7;
	assert_int_equal(sent_after(NS_USEC), 7);
	traffic.counts.wrong[FAULT_PAYLOAD] += 2; // those came, too
	assert_int_equal(sent_after(NS_USEC), 2);
}

static void what_does_not_come_for_a_second_holds_back_nothing_more(void **state)
{
	(void)state;
	begin(WAY_DOWN, PACE_MAX, 10);
	assert_int_equal(sent_after(NS_USEC), 10);
	assert_int_equal(sent_after(900 * NS_MSEC), 0);
	assert_int_equal(sent_after(200 * NS_MSEC), 10);
	// Those that are sent instead have a second of their own.
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(sent_after(100 * NS_MSEC), 0);
	assert_int_equal(sent_after(200 * NS_MSEC), 10);
	assert_int_equal(traffic_under_way(&traffic), 10);
}

static void what_the_port_does_not_take_holds_back_the_rest(void **state)
{
	uint64_t before;

	(void)state;
	begin(WAY_DOWN, PACE_MAX, 0);
	for (unsigned i = 0; i < 5; i++)
		traffic_send(&traffic, now);
	assert_int_equal(side.queues[0].n, SIDE_BURST);
	assert_int_equal(traffic.counts.sent, SIDE_BURST);
	empty();
	before = traffic.counts.sent;
	traffic_send(&traffic, now);
	assert_int_equal(traffic.counts.sent - before, SIDE_BURST);
}

static void who_is_not_bound_gets_nothing(void **state)
{
	(void)state;
	begin(WAY_DOWN, PACE_MAX, 0);
	for (uint32_t i = 0; i < NODES; i++)
		held[i].state = i == 3 ? NODE_BOUND : NODE_GONE;
	traffic_send(&traffic, now);
	assert_true(side.queues[0].n > 0);
	for (uint16_t i = 0; i < side.queues[0].n; i++)
		assert_int_equal(node_of(i), 3);
}

static void who_moves_is_sent_to_and_does_not_send(void **state)
{
	(void)state;
	begin(WAY_DOWN, PACE_MAX, 0);
	for (uint32_t i = 0; i < NODES; i++)
		held[i].state = NODE_MOVING;
	assert_int_equal(sent_after(NS_USEC), SIDE_BURST);
	begin(WAY_UP, PACE_MAX, 0);
	for (uint32_t i = 0; i < NODES; i++)
		held[i].state = NODE_MOVING;
	assert_int_equal(sent_after(NS_USEC), 0);
}

static void packets_of_a_stream_are_numbered_and_stay_on_one_queue(void **state)
{
	uint32_t next[NODES] = {0};
	struct frame_found found;

	(void)state;
	begin(WAY_UP, PACE_MAX, 0);
	port.n_tx = 3;
	for (unsigned turn = 0; turn < 20; turn++) {
		traffic_send(&traffic, now);
		for (uint16_t q = 0; q < port.n_tx; q++)
			for (uint16_t i = 0; i < side.queues[q].n; i++) {
				struct rte_mbuf *m = side.queues[q].pkts[i];
				uint8_t *inner =
					rte_pktmbuf_mtod(m, uint8_t *) + FRAME_ETHER + FRAME_IP6;
				inner[7]--; // as the LMA does
				struct span packet = {inner, 50};
				assert_int_equal(frame_read(&played, held, WAY_UP, packet, &found),
						 0);
				assert_int_equal(found.stamp.number, next[found.node]++);
				assert_int_equal(found.node % 3, q);
			}
		empty();
	}
	assert_int_equal(traffic.counts.sent, 20 * SIDE_BURST);
	port.n_tx = 1;
}

static void a_watched_node_gets_one_every_few_microseconds(void **state)
{
	(void)state;
	begin(WAY_DOWN, 1, 0);
	watched = 5;
	assert_int_equal(sent_after(NS_USEC), 1);
	assert_int_equal(sent_after(NS_USEC), 0);
	assert_int_equal(sent_after(5 * NS_USEC), 1);
	watched = PLAN_NONE;
	assert_int_equal(sent_after(100 * NS_USEC), 0);
}

static void a_pool_that_is_empty_sends_nothing_and_says_so(void **state)
{
	struct rte_mbuf *all[2048];
	unsigned n = 0;

	(void)state;
	begin(WAY_DOWN, PACE_MAX, 0);
	while (n < 2048 && (all[n] = rte_pktmbuf_alloc(pool)) != NULL)
		n++;
	assert_int_equal(sent_after(NS_USEC), 0);
	assert_int_equal(side.no_mbuf, 1);
	rte_pktmbuf_free_bulk(all, n);
	assert_int_equal(sent_after(NS_USEC), SIDE_BURST);
}

static void stopped_it_sends_no_more(void **state)
{
	(void)state;
	begin(WAY_DOWN, PACE_MAX, 0);
	traffic_stop(&traffic);
	watched = 2;
	assert_int_equal(sent_after(NS_SEC), 0);
}

static int done(void **state)
{
	(void)state;
	empty();
	pick_done(&pick);
	return 0;
}

static int group_start(void **state)
{
	(void)state;
	held = aligned_alloc(64, NODES * sizeof(*held));
	if (held == NULL || eal_start("load") != 0)
		return -1;
	pool = rte_pktmbuf_pool_create("mbufs", 1023, 0, 0, 2048, SOCKET_ID_ANY);
	return pool != NULL ? 0 : -1;
}

static int group_stop(void **state)
{
	(void)state;
	free(held);
	return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, done)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_rate_is_sent_as_time_goes),
		TEST(no_more_are_under_way_than_may_be),
		TEST(what_does_not_come_for_a_second_holds_back_nothing_more),
		TEST(what_the_port_does_not_take_holds_back_the_rest),
		TEST(who_is_not_bound_gets_nothing),
		TEST(who_moves_is_sent_to_and_does_not_send),
		TEST(packets_of_a_stream_are_numbered_and_stay_on_one_queue),
		TEST(a_watched_node_gets_one_every_few_microseconds),
		TEST(a_pool_that_is_empty_sends_nothing_and_says_so),
		TEST(stopped_it_sends_no_more),
	};

	return cmocka_run_group_tests_name("traffic", tests, group_start, group_stop);
}
