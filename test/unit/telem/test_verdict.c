// Names, texts and sums of verdicts.
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "telem/verdict.h"
#include "test/unit/test.h"

static void names_are_the_ids_in_lower_case(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(V_TX_DOWNLINK), "tx_downlink");
	assert_string_equal(verdict_name(V_DROP_SPOOF), "drop_spoof");
	assert_string_equal(verdict_name(V_DROP_UNKNOWN_TUNNEL), "drop_unknown_tunnel");
	for (unsigned v = 0; v < N_VERDICTS; v++)
		for (const char *c = verdict_name((enum verdict)v); *c != '\0'; c++)
			assert_true(islower(*c) || *c == '_' || isdigit(*c));
}

static void names_differ_and_every_row_says_something(void **state)
{
	(void)state;
	for (unsigned v = 0; v < N_VERDICTS; v++) {
		assert_true(strlen(verdict_text((enum verdict)v)) > 10);
		assert_true(strlen(verdict_source((enum verdict)v)) > 3);
		for (unsigned u = 0; u < v; u++)
			assert_string_not_equal(verdict_name((enum verdict)v),
						verdict_name((enum verdict)u));
	}
}

static void drops_are_the_rows_named_drop(void **state)
{
	(void)state;
	for (unsigned v = 0; v < N_VERDICTS; v++)
		assert_int_equal(verdict_is_drop((enum verdict)v),
				 strncmp(verdict_name((enum verdict)v), "drop_", 5) == 0);
}

static void beyond_the_list_there_is_nothing(void **state)
{
	(void)state;
	assert_null(verdict_name(N_VERDICTS));
	assert_null(verdict_text(N_VERDICTS));
	assert_null(verdict_source((enum verdict) - 1));
}

static void a_sum_adds_every_word_of_every_worker(void **state)
{
	(void)state;
	static struct telem_worker a, b, sum;
	const struct telem_worker *both[] = {&a, &b};
	enum { WORDS = N_VERDICTS + 8 };
	uint64_t *wa = a.verdicts, *wb = b.verdicts, *ws = sum.verdicts;

	_Static_assert(sizeof(a) >= WORDS * sizeof(uint64_t), "all counters are words");
	for (unsigned i = 0; i < N_VERDICTS; i++) {
		wa[i] = i + 1;
		wb[i] = 1000 * i;
	}
	a.received = b.received = a.originated = b.fragmented = b.sent_bytes = a.sleeps = 7;
	a.received_bytes = b.polls = a.idle_polls = b.sent = 9;
	sum.received = 12345; // what was in it does not count
	telem_sum(both, 2, &sum);
	for (unsigned i = 0; i < N_VERDICTS; i++)
		assert_int_equal(ws[i], 1001 * i + 1);
	assert_int_equal(sum.received, 14);
	assert_int_equal(sum.received_bytes, 9);
	assert_int_equal(sum.originated, 7);
	assert_int_equal(sum.fragmented, 7);
	assert_int_equal(sum.sent, 9);
	assert_int_equal(sum.sent_bytes, 7);
	assert_int_equal(sum.polls, 9);
	assert_int_equal(sum.idle_polls, 9);
	assert_int_equal(sum.sleeps, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_the_ids_in_lower_case),
		cmocka_unit_test(names_differ_and_every_row_says_something),
		cmocka_unit_test(drops_are_the_rows_named_drop),
		cmocka_unit_test(beyond_the_list_there_is_nothing),
		cmocka_unit_test(a_sum_adds_every_word_of_every_worker),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
