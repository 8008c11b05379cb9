// Durations and counts, said as people say them.
#include <math.h>
#include <stdlib.h>

#include "app/ctl/words.h"
#include "test/unit/test.h"

static void durations_have_at_most_two_units(void **state)
{
	(void)state;
	static const struct {
		double seconds;
		const char *words;
	} rows[] = {
		{0, "0 s"},
		{-3, "0 s"},
		{0.0004, "0 s"},
		{0.0017, "1 ms"},
		{0.85, "850 ms"},
		{1, "1 s"},
		{59.99, "59 s"},
		{60, "1 min"},
		{125, "2 min 5 s"},
		{3599, "59 min 59 s"},
		{3600, "1 h"},
		{3605, "1 h"},
		{11520, "3 h 12 min"},
		{86399, "23 h 59 min"},
		{86400, "1 d"},
		{349200, "4 d 1 h"},
		{86400.0 * 400 + 60, "400 d"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[64];
		assert_string_equal(words_duration(rows[i].seconds, buf, sizeof(buf)),
				    rows[i].words);
	}
}

static void a_duration_beyond_all_sense_is_still_a_duration(void **state)
{
	(void)state;
	char buf[64];

	assert_string_equal(words_duration(1e300, buf, sizeof(buf)), "11574074074 d 1 h");
	assert_string_equal(words_duration(INFINITY, buf, sizeof(buf)), "11574074074 d 1 h");
	assert_string_equal(words_duration(NAN, buf, sizeof(buf)), "0 s");
}

static void counts_stand_in_groups_of_three(void **state)
{
	(void)state;
	static const struct {
		int64_t value;
		const char *words;
	} rows[] = {
		{0, "0"},
		{7, "7"},
		{999, "999"},
		{1000, "1,000"},
		{12345678, "12,345,678"},
		{100000, "100,000"},
		{-1, "-1"},
		{-123, "-123"},
		{-1234, "-1,234"},
		{INT64_MAX, "9,223,372,036,854,775,807"},
		{INT64_MIN, "-9,223,372,036,854,775,808"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[64];
		assert_string_equal(words_count(rows[i].value, buf, sizeof(buf)), rows[i].words);
	}
}

static void what_does_not_fit_is_cut_within_the_buffer(void **state)
{
	(void)state;
	// Of exactly that size, for the sanitizers to see a step beyond.
	char *buf = malloc(4);

	assert_non_null(buf);
	words_count(INT64_MAX, buf, 4);
	assert_string_equal(buf, "9,");
	words_duration(349200, buf, 4);
	assert_string_equal(buf, "4 d");
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_have_at_most_two_units),
		cmocka_unit_test(a_duration_beyond_all_sense_is_still_a_duration),
		cmocka_unit_test(counts_stand_in_groups_of_three),
		cmocka_unit_test(what_does_not_fit_is_cut_within_the_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
