// Prefixes whose node has left: each is kept once, found again, and forgotten when it is taken.
#include "app/common/farewell.h"

#include "test/unit/test.h"

static struct ip6_prefix hnp(uint32_t i)
{
	return (struct ip6_prefix){ip6_from64(0x20010db800000000 + i, 0), 64};
}

static int begin(void **state)
{
	static struct farewells f;

	*state = &f;
	return farewells_init(&f, 5213);
}

static int end(void **state)
{
	farewells_done(*state);
	return 0;
}

static void LMA_FW_16_what_left_is_found_once(void **state)
{
	struct farewells *f = *state;
	assert_int_equal(farewells_take(f, hnp(1)), FAREWELL_NONE);
	assert_int_equal(farewells_add(f, hnp(1), 17), 0);
	assert_int_equal(farewells_add(f, hnp(2), 18), 0);
	assert_int_equal(farewells_take(f, hnp(3)), FAREWELL_NONE);
	assert_int_equal(farewells_take(f, hnp(1)), 17);
	assert_int_equal(farewells_take(f, hnp(1)), FAREWELL_NONE);
	assert_int_equal(farewells_take(f, hnp(2)), 18);
}

static void prefixes_of_other_lengths_are_others(void **state)
{
	struct farewells *f = *state;
	struct ip6_prefix shorter = hnp(0);
	shorter.len = 60;
	assert_int_equal(farewells_add(f, hnp(0), 17), 0);
	assert_int_equal(farewells_take(f, shorter), FAREWELL_NONE);
	assert_int_equal(farewells_take(f, hnp(0)), 17);
}

static void many_come_and_go_and_their_places_are_used_again(void **state)
{
	struct farewells *f = *state;
	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 10000; i++)
			assert_int_equal(farewells_add(f, hnp(i), i + 3), 0);
		for (uint32_t i = 0; i < 10000; i++)
			assert_int_equal(farewells_take(f, hnp(i * 7919 % 10000)),
					 i * 7919 % 10000 + 3);
	}
	assert_int_equal(f->by_hnp.n, 0);
	assert_int_equal(f->max, 16384);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		T(LMA_FW_16_what_left_is_found_once),
		T(prefixes_of_other_lengths_are_others),
		T(many_come_and_go_and_their_places_are_used_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
