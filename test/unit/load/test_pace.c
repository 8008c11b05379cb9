// How many are due, with a clock of a million ticks a second.
#include "test/unit/test.h"
#include "tools/load/pace.h"

enum { HZ = 1000000 };

static void a_rate_is_kept_whatever_the_steps_are(void **state)
{
	static const uint64_t steps[] = {1, 7, 100, 999};

	(void)state;
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct pace p = pace_of(12345, HZ, 0);
		uint64_t sent = 0;
		for (uint64_t t = 0; t <= 10 * HZ; t += steps[i])
			sent += pace_take(&p, t, UINT32_MAX);
		assert_in_range(sent, 123450 - 13, 123450);
	}
}

static void who_was_away_makes_good_for_a_millisecond_and_no_more(void **state)
{
	struct pace fast = pace_of(500000, HZ, 0), slow = pace_of(1000, HZ, 0);

	(void)state;
	assert_int_equal(pace_take(&fast, 10 * HZ, UINT32_MAX), 500);
	assert_int_equal(pace_take(&slow, 10 * HZ, UINT32_MAX), PACE_AT_ONCE);
	assert_int_equal(pace_take(&fast, 10 * HZ, UINT32_MAX), 0);
}

static void what_could_not_be_sent_is_due_again(void **state)
{
	struct pace p = pace_of(1000, HZ, 0);

	(void)state;
	assert_int_equal(pace_take(&p, 10000, 4), 4);
	pace_give_back(&p, 3);
	assert_int_equal(pace_take(&p, 10000, 100), 9);
}

static void nothing_is_never_due_and_the_most_always(void **state)
{
	struct pace none = pace_of(0, HZ, 0), most = pace_of(PACE_MAX, HZ, 0);

	(void)state;
	assert_int_equal(pace_take(&none, 100 * HZ, 100), 0);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(pace_take(&most, 0, 100), 100);
	pace_give_back(&most, 50);
	assert_int_equal(pace_take(&most, 0, 100), 100);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_is_kept_whatever_the_steps_are),
		cmocka_unit_test(who_was_away_makes_good_for_a_millisecond_and_no_more),
		cmocka_unit_test(what_could_not_be_sent_is_due_again),
		cmocka_unit_test(nothing_is_never_due_and_the_most_always),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
