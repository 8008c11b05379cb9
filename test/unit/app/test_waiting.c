// Packets that wait for a link-layer address: given back when it is known, lost by name when not.
#include "app/common/waiting.h"

#include <stdio.h>
#include <unistd.h>

#include "test/unit/fwd/world.h"
#include "test/unit/test.h"

static struct world the_world;
static struct waiting waiting;
static struct rte_ring *inject;

static int start(void **state)
{
	(void)state;
	waiting = (struct waiting){0};
	return world_start(&the_world);
}

static int stop(void **state)
{
	(void)state;
	void *m = NULL;

	waiting_done(&waiting);
	while (rte_ring_dequeue(inject, &m) == 0)
		rte_pktmbuf_free(m);
	return world_stop(&the_world) ? 0 : -1;
}

static unsigned asked;

static void ask(void *arg, struct ip6_addr neighbour)
{
	(void)arg;
	assert_true(ip6_equal(neighbour, addr(FAR)));
	asked++;
}

static void turn(ns_t now)
{
	waiting_turn(&waiting, the_world.fib, inject, now, ask, NULL);
}

static void add_packet_for(struct ip6_addr next, ns_t now)
{
	struct frame f = packet(MN1, CN, 17, 10);
	struct rte_mbuf *m = world_mbuf(&the_world, &f, AT_HEADROOM);

	assert_non_null(m);
	*fwd_punt_of(m) = (struct fwd_punt){.kind = FWD_PUNT_GLEAN, .glean = next};
	waiting_add(&waiting, m, now);
}

static void one_whose_neighbour_is_known_is_given_back(void **state)
{
	(void)state;
	void *m = NULL;

	add_packet_for(addr(CN), NS_SEC);
	turn(NS_SEC);
	assert_int_equal(waiting.n, 0);
	assert_int_equal(rte_ring_dequeue(inject, &m), 0);
	assert_int_equal(fwd_punt_of(m)->kind, FWD_PUNT_WAITED);
	assert_int_equal(waiting.telem.verdicts[V_DROP_NO_NEIGHBOUR], 0);
	rte_pktmbuf_free(m);
}

static void one_whose_neighbour_stays_unknown_is_lost_by_name_after_three_seconds(void **state)
{
	(void)state;
	add_packet_for(addr(FAR), NS_SEC);
	turn(4 * NS_SEC - 1);
	assert_int_equal(waiting.n, 1);
	turn(4 * NS_SEC);
	assert_int_equal(waiting.n, 0);
	assert_int_equal(waiting.telem.verdicts[V_DROP_NO_NEIGHBOUR], 1);
	assert_int_equal(waiting.telem.originated, 1);
}

static void more_than_there_is_room_for_are_lost_by_name(void **state)
{
	(void)state;
	for (int i = 0; i < WAITING_MAX + 3; i++)
		add_packet_for(addr(FAR), NS_SEC);
	assert_int_equal(waiting.n, WAITING_MAX);
	assert_int_equal(waiting.telem.verdicts[V_DROP_NO_NEIGHBOUR], 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

// RFC 4861 10: three solicitations, one a second; the first one is asked for by whoever brings the
// packet.
static void its_neighbour_is_asked_for_each_second(void **state)
{
	(void)state;
	asked = 0;
	add_packet_for(addr(FAR), NS_SEC);
	turn(NS_SEC);
	turn(2 * NS_SEC - 1);
	assert_int_equal(asked, 0);
	turn(2 * NS_SEC);
	turn(2 * NS_SEC + NS_MSEC);
	assert_int_equal(asked, 1);
	turn(3 * NS_SEC);
	assert_int_equal(asked, 2);
	turn(4 * NS_SEC);
	assert_int_equal(asked, 2); // it is lost by now
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_whose_neighbour_is_known_is_given_back),
		TEST(one_whose_neighbour_stays_unknown_is_lost_by_name_after_three_seconds),
		TEST(more_than_there_is_room_for_are_lost_by_name),
		TEST(its_neighbour_is_asked_for_each_second),
	};

	char prefix[32];
	snprintf(prefix, sizeof(prefix), "kedge-app-%d", (int)getpid());
	if (world_boot(&the_world, prefix) != 0)
		return 1;
	inject = rte_ring_create("waiting", 256, SOCKET_ID_ANY, 0);
	return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
