// A search for a rate, against networks whose limit is known.
#include "test/unit/test.h"
#include "tools/load/search.h"

// A network that forwards `limit` a second and loses the rest; the sender reaches `line`.
struct network {
	double limit, line;
};

static struct search_trial try(const struct network *n, double rate)
{
	struct search_trial t = {.rate = rate, .sent_rate = rate};

	if (rate == 0 || rate > n->line)
		t.sent_rate = n->line;
	t.sent = (uint64_t)(t.sent_rate * 10);
	t.lost = t.sent_rate > n->limit ? (uint64_t)((t.sent_rate - n->limit) * 10) : 0;
	return t;
}

static struct search run(const struct network *n, double tolerated, double resolution)
{
	struct search s = search_begin(tolerated, resolution, 1);

	while (!s.done) {
		struct search_trial t = try(n, search_rate(&s));
		search_learn(&s, &t);
		assert_true(s.trials < 100);
	}
	return s;
}

static void the_first_trial_is_as_fast_as_possible(void **state)
{
	struct search s = search_begin(0, 0.01, 1);

	(void)state;
	assert_true(search_rate(&s) == 0);
}

static void a_limit_is_found_within_the_resolution(void **state)
{
	static const double limits[] = {10, 1e5, 4.2e6, 9.99e6};
	struct network n = {.line = 1e7};

	(void)state;
	for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		n.limit = limits[i];
		struct search s = run(&n, 0, 0.001);
		assert_true(s.best.sent_rate <= n.limit);
		if (n.limit > 0.001 * n.line) {
			assert_true(s.best.sent_rate >= n.limit - 0.001 * n.line);
			assert_int_equal(s.best.lost, 0);
		}
	}
}

static void who_loses_nothing_is_as_fast_as_the_line_after_one_trial(void **state)
{
	struct network n = {.line = 1e6, .limit = 2e6};
	struct search s = run(&n, 0, 0.01);

	(void)state;
	assert_int_equal(s.trials, 1);
	assert_true(s.best.sent_rate == 1e6);
}

static void a_tolerated_loss_gives_a_higher_rate(void **state)
{
	struct network n = {.line = 1e7, .limit = 1e6};
	struct search ndr = run(&n, 0, 0.0001), pdr = run(&n, 0.5, 0.0001);

	(void)state;
	assert_true(ndr.best.sent_rate <= 1e6);
	assert_in_range((uint64_t)pdr.best.sent_rate, 1998000, 2000000);
	assert_true(pdr.best.lost > 0);
}

static void where_everything_is_lost_it_ends_with_nothing(void **state)
{
	struct network n = {.line = 1e7, .limit = 0};
	struct search s = run(&n, 0, 0.01);

	(void)state;
	assert_true(s.best.sent_rate < 0.01 * n.line);
	assert_int_equal(s.best.sent, 0);
}

static void where_nothing_can_be_sent_it_ends_at_once(void **state)
{
	struct network n = {.line = 0, .limit = 0};
	struct search s = run(&n, 0, 0.01);

	(void)state;
	assert_int_equal(s.trials, 1);
	assert_true(s.best.sent_rate == 0);
}

static void a_sender_that_was_kept_from_its_rate_counts_with_what_it_sent(void **state)
{
	struct search s = search_begin(0, 0.01, 1);

	(void)state;
	search_learn(&s, &(struct search_trial){.sent_rate = 1000, .sent = 1000, .lost = 1});
	search_learn(&s, &(struct search_trial){.rate = 500, .sent_rate = 300, .sent = 300});
	assert_true(s.best.sent_rate == 300);
	assert_true(search_rate(&s) == 400); // between what it sent and what it could not
}

// Every rate fails at its first try, whatever it is.
static void a_rate_with_tries_left_is_tried_again(void **state)
{
	struct network n = {.line = 1e7, .limit = 4e6};
	struct search s = search_begin(0, 0.001, 2);
	bool disturb = false;

	(void)state;
	while (!s.done) {
		struct search_trial t = try(&n, search_rate(&s));
		if (t.rate > 0 && (disturb = !disturb))
			t.lost = 1;
		search_learn(&s, &t);
		assert_true(s.trials < 100);
	}
	assert_true(s.best.sent_rate <= 4e6 && s.best.sent_rate >= 3.98e6);
}

static void a_rate_that_fails_each_time_is_bad(void **state)
{
	struct search s = search_begin(0, 0.01, 3);

	(void)state;
	search_learn(&s, &(struct search_trial){.sent_rate = 1000, .sent = 1000, .lost = 1});
	for (unsigned i = 0; i < 3; i++) {
		assert_true(search_rate(&s) == 500);
		search_learn(&s, &(struct search_trial){
					 .rate = 500, .sent_rate = 500, .sent = 500, .lost = 1});
	}
	assert_true(search_rate(&s) == 250);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_trial_is_as_fast_as_possible),
		cmocka_unit_test(a_limit_is_found_within_the_resolution),
		cmocka_unit_test(who_loses_nothing_is_as_fast_as_the_line_after_one_trial),
		cmocka_unit_test(a_tolerated_loss_gives_a_higher_rate),
		cmocka_unit_test(where_everything_is_lost_it_ends_with_nothing),
		cmocka_unit_test(where_nothing_can_be_sent_it_ends_at_once),
		cmocka_unit_test(a_rate_with_tries_left_is_tried_again),
		cmocka_unit_test(a_rate_that_fails_each_time_is_bad),
		cmocka_unit_test(a_sender_that_was_kept_from_its_rate_counts_with_what_it_sent),
	};

	return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
