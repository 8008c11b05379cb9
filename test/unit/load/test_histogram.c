// What is read from a histogram, against what was put in.
#include "test/unit/test.h"
#include "tools/load/histogram.h"

static void an_empty_one_says_nothing(void **state)
{
	static struct histogram h;

	(void)state;
	assert_int_equal(histogram_at(&h, 0.5), 0);
	assert_int_equal(histogram_at(&h, 1), 0);
}

static void small_numbers_come_back_as_they_were(void **state)
{
	static struct histogram h;

	(void)state;
	for (uint64_t v = 1; v <= 50; v++)
		histogram_add(&h, v);
	assert_int_equal(histogram_at(&h, 0), 1);
	assert_int_equal(histogram_at(&h, 0.02), 1);
	assert_int_equal(histogram_at(&h, 0.5), 25);
	assert_int_equal(histogram_at(&h, 1), 50);
}

static void any_number_is_at_most_two_percent_too_high(void **state)
{
	(void)state;
	for (uint64_t v = 1; v < UINT64_C(1) << 39; v += v / 3 + 1) {
		struct histogram h = {0};
		histogram_add(&h, v);
		histogram_add(&h, v * 2); // so that the most is not what is read
		uint64_t read = histogram_at(&h, 0.5);
		assert_true(read >= v);
		assert_true((double)read <= (double)v * 1.016);
	}
}

static void percentiles_of_many_are_near_the_true_ones(void **state)
{
	static struct histogram h;

	(void)state;
	for (uint64_t v = 1; v <= 100000; v++)
		histogram_add(&h, v);
	assert_in_range(histogram_at(&h, 0.5), 50000, 50800);
	assert_in_range(histogram_at(&h, 0.99), 99000, 100000);
	assert_in_range(histogram_at(&h, 0.999), 99900, 100000);
	assert_int_equal(histogram_at(&h, 1), 100000);
}

static void what_is_beyond_all_cells_is_the_most(void **state)
{
	static struct histogram h;

	(void)state;
	histogram_add(&h, 7);
	histogram_add(&h, UINT64_MAX);
	assert_int_equal(histogram_at(&h, 0.5), 7);
	assert_int_equal(histogram_at(&h, 1), UINT64_MAX);
	assert_int_equal(h.n, 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_says_nothing),
		cmocka_unit_test(small_numbers_come_back_as_they_were),
		cmocka_unit_test(any_number_is_at_most_two_percent_too_high),
		cmocka_unit_test(percentiles_of_many_are_near_the_true_ones),
		cmocka_unit_test(what_is_beyond_all_cells_is_the_most),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
