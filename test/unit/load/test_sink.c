// The verdict of each packet that comes, and the sum.
#include "test/unit/load/played.h"
#include "tools/load/sink.h"

static struct sink_counts counts;

// The next packet of that stream, as it comes.
static struct come next(enum frame_way way, uint32_t node, uint32_t time)
{
	struct flow *f = way == WAY_DOWN ? &nodes[node].down : &nodes[node].up;

	counts.sent++;
	return forwarded(way, node, 100, (struct stamp){f->sent++, time});
}

static void take(const struct come *c, enum frame_way way, uint32_t time)
{
	sink_take(&counts, &played, nodes, way, span_of(c), time);
}

static void what_comes_whole_is_received_and_timed(void **state)
{
	(void)state;
	for (enum frame_way way = 0; way < N_WAYS; way++)
		for (uint32_t node = 0; node < NODES; node++) {
			struct come c = next(way, node, 1000);
			take(&c, way, 1030);
		}
	assert_int_equal(counts.received, 2 * NODES);
	assert_int_equal(sink_lost(&counts), 0);
	assert_int_equal(sink_wrong(&counts), 0);
	assert_int_equal(histogram_at(&counts.delays, 0.5), 30);
}

static void what_does_not_come_is_lost(void **state)
{
	struct come c;

	(void)state;
	next(WAY_UP, 2, 0);
	next(WAY_UP, 2, 0);
	c = next(WAY_UP, 2, 0);
	take(&c, WAY_UP, 10);
	assert_int_equal(sink_lost(&counts), 2);
	assert_int_equal(counts.late, 0);
}

static void one_that_was_changed_is_wrong_and_not_lost(void **state)
{
	struct come c = next(WAY_DOWN, 2, 0);

	(void)state;
	c.bytes[c.n - 1] ^= 1;
	take(&c, WAY_DOWN, 10);
	assert_int_equal(counts.wrong[FAULT_PAYLOAD], 1);
	assert_int_equal(counts.received, 0);
	assert_int_equal(sink_lost(&counts), 0);
}

static void late_ones_are_received_and_doubled_ones_once(void **state)
{
	struct come a = next(WAY_DOWN, 2, 0), b = next(WAY_DOWN, 2, 0);

	(void)state;
	take(&b, WAY_DOWN, 10);
	take(&a, WAY_DOWN, 10);
	take(&a, WAY_DOWN, 10);
	take(&b, WAY_DOWN, 10);
	assert_int_equal(counts.received, 2);
	assert_int_equal(counts.late, 1);
	assert_int_equal(counts.twice, 2);
	assert_int_equal(sink_lost(&counts), 0);
}

static void one_at_a_mag_where_its_node_is_not_is_wrong(void **state)
{
	struct come c = next(WAY_DOWN, 2, 0);

	(void)state;
	nodes[2].mag = 3;
	take(&c, WAY_DOWN, 10);
	assert_int_equal(counts.wrong[FAULT_MAG], 1);
	assert_int_equal(counts.received, 0);
}

static void by_the_previous_mag_is_right_for_what_was_under_way(void **state)
{
	struct come before = next(WAY_DOWN, 2, 100), after = next(WAY_DOWN, 2, 200);

	(void)state; // both went to MAG 2
	nodes[2].from = 2;
	nodes[2].mag = 3;
	nodes[2].moved = 150;
	take(&before, WAY_DOWN, 300);
	assert_int_equal(counts.previous, 1);
	assert_int_equal(counts.received, 1);
	take(&after, WAY_DOWN, 300);
	assert_int_equal(counts.previous, 1);
	assert_int_equal(counts.wrong[FAULT_MAG], 1);
}

static void a_number_that_was_never_sent_is_wrong(void **state)
{
	struct come c = forwarded(WAY_DOWN, 2, 100, (struct stamp){9, 0});

	(void)state;
	take(&c, WAY_DOWN, 10);
	assert_int_equal(counts.wrong[FAULT_NEVER_SENT], 1);
}

static void a_watched_node_tells_when_the_first_packet_comes_by_its_new_mag(void **state)
{
	struct come before = next(WAY_DOWN, 2, 100), after;

	(void)state;
	nodes[2].state = NODE_MOVING;
	nodes[2].to = 3;
	nodes[2].asked = 90;
	nodes[2].watched = true;
	take(&before, WAY_DOWN, 110); // by the MAG where it still is
	assert_true(nodes[2].watched);
	after = next(WAY_DOWN, 2, 120);
	struct ip6_addr coa = plan_coa(&played, 3);
	memcpy(after.bytes + 24, coa.a, sizeof(coa.a));
	take(&after, WAY_DOWN, 130);
	assert_false(nodes[2].watched);
	assert_int_equal(counts.switched.n, 1);
	assert_int_equal(histogram_at(&counts.switched, 1), 40);
	assert_int_equal(counts.received, 2);
}

static int fresh(void **state)
{
	(void)state;
	play();
	memset(&counts, 0, sizeof(counts));
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_comes_whole_is_received_and_timed, fresh),
		cmocka_unit_test_setup(what_does_not_come_is_lost, fresh),
		cmocka_unit_test_setup(one_that_was_changed_is_wrong_and_not_lost, fresh),
		cmocka_unit_test_setup(late_ones_are_received_and_doubled_ones_once, fresh),
		cmocka_unit_test_setup(one_at_a_mag_where_its_node_is_not_is_wrong, fresh),
		cmocka_unit_test_setup(by_the_previous_mag_is_right_for_what_was_under_way, fresh),
		cmocka_unit_test_setup(a_number_that_was_never_sent_is_wrong, fresh),
		cmocka_unit_test_setup(
			a_watched_node_tells_when_the_first_packet_comes_by_its_new_mag, fresh),
	};

	return cmocka_run_group_tests_name("sink", tests, NULL, NULL);
}
