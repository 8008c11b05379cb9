// The numbers of one stream, in order and otherwise; and by which MAG a packet may come.
#include "test/unit/test.h"
#include "tools/load/node.h"

static struct flow sent(uint32_t n)
{
	return (struct flow){.sent = n};
}

static void numbers_in_order_are_what_is_expected(void **state)
{
	struct flow f = sent(1000);

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(flow_take(&f, i), FLOW_NEXT);
}

static void one_behind_a_gap_is_no_late_one_but_those_of_the_gap_are(void **state)
{
	struct flow f = sent(10);

	(void)state;
	assert_int_equal(flow_take(&f, 0), FLOW_NEXT);
	assert_int_equal(flow_take(&f, 3), FLOW_NEXT);
	assert_int_equal(flow_take(&f, 1), FLOW_LATE);
	assert_int_equal(flow_take(&f, 2), FLOW_LATE);
	assert_int_equal(flow_take(&f, 4), FLOW_NEXT);
}

static void each_is_noticed_when_it_comes_twice(void **state)
{
	struct flow f = sent(200);

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		flow_take(&f, i);
		for (uint32_t back = 0; back < 64 && back <= i; back++)
			assert_int_equal(flow_take(&f, i - back), FLOW_TWICE);
	}
	// A late one, too, and only then.
	assert_int_equal(flow_take(&f, 110), FLOW_NEXT);
	assert_int_equal(flow_take(&f, 105), FLOW_LATE);
	assert_int_equal(flow_take(&f, 105), FLOW_TWICE);
	assert_int_equal(flow_take(&f, 106), FLOW_LATE);
}

static void a_long_gap_forgets_nothing_that_it_must_know(void **state)
{
	static const uint32_t gaps[] = {62, 63, 64, 65, 1000};

	(void)state;
	for (unsigned i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		struct flow f = sent(5000);
		flow_take(&f, 0);
		assert_int_equal(flow_take(&f, gaps[i]), FLOW_NEXT);
		assert_int_equal(flow_take(&f, gaps[i]), FLOW_TWICE);
		assert_int_equal(flow_take(&f, gaps[i] - 1), FLOW_LATE);
		// 63 back is the oldest that is known of; it came.
		assert_int_equal(flow_take(&f, 0), gaps[i] <= 63 ? FLOW_TWICE : FLOW_LATE);
	}
}

static void a_number_that_was_not_sent_is_none(void **state)
{
	struct flow f = sent(5);

	(void)state;
	assert_int_equal(flow_take(&f, 5), FLOW_NEVER);
	assert_int_equal(flow_take(&f, 4), FLOW_NEXT);
	assert_int_equal(flow_take(&f, UINT32_MAX), FLOW_LATE); // long ago
}

static void numbers_go_around(void **state)
{
	struct flow f = {.sent = 2, .next = UINT32_MAX - 1};

	(void)state;
	assert_int_equal(flow_take(&f, UINT32_MAX - 1), FLOW_NEXT);
	assert_int_equal(flow_take(&f, UINT32_MAX), FLOW_NEXT);
	assert_int_equal(flow_take(&f, 1), FLOW_NEXT);
	assert_int_equal(flow_take(&f, 0), FLOW_LATE);
	assert_int_equal(flow_take(&f, 2), FLOW_NEVER);
}

static void a_node_that_moves_is_at_both_mags(void **state)
{
	struct node n = {.mag = 1, .to = 2, .from = NODE_NO_MAG, .state = NODE_MOVING};

	(void)state;
	assert_int_equal(node_via(&n, 1, 100), VIA_ITS_MAG);
	assert_int_equal(node_via(&n, 2, 100), VIA_ITS_MAG);
	assert_int_equal(node_via(&n, 3, 100), VIA_WRONG);
}

static void the_previous_mag_is_right_for_what_was_sent_before_the_answer(void **state)
{
	struct node n = {.mag = 2, .to = 2, .from = 1, .moved = 500, .state = NODE_BOUND};

	(void)state;
	assert_int_equal(node_via(&n, 2, 100), VIA_ITS_MAG);
	assert_int_equal(node_via(&n, 1, 499), VIA_PREVIOUS);
	assert_int_equal(node_via(&n, 1, 500), VIA_WRONG);
	assert_int_equal(node_via(&n, 1, 501), VIA_WRONG);
	n.moved = 5; // the time of stamps went around meanwhile
	assert_int_equal(node_via(&n, 1, UINT32_MAX - 5), VIA_PREVIOUS);
}

static void where_its_next_pbu_failed_it_is_not(void **state)
{
	struct node n = {.mag = 1, .to = 2, .from = NODE_NO_MAG, .state = NODE_BOUND};

	(void)state;
	assert_int_equal(node_via(&n, 2, 100), VIA_WRONG);
	assert_int_equal(node_via(&n, 1, 100), VIA_ITS_MAG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_in_order_are_what_is_expected),
		cmocka_unit_test(one_behind_a_gap_is_no_late_one_but_those_of_the_gap_are),
		cmocka_unit_test(each_is_noticed_when_it_comes_twice),
		cmocka_unit_test(a_long_gap_forgets_nothing_that_it_must_know),
		cmocka_unit_test(a_number_that_was_not_sent_is_none),
		cmocka_unit_test(numbers_go_around),
		cmocka_unit_test(a_node_that_moves_is_at_both_mags),
		cmocka_unit_test(the_previous_mag_is_right_for_what_was_sent_before_the_answer),
		cmocka_unit_test(where_its_next_pbu_failed_it_is_not),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
