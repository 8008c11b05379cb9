// Grace: what readers may still see is not touched before each of them has said that it holds
// nothing. Readers are numbers here, played by one thread.
#include "bcache/grace.h"

#include <stdlib.h>

#include "test/unit/bcache/suites.h"

enum { READERS = 3, MANY = 1000 };

struct trace {
	struct grace *grace;
	uint64_t ran[2 * MANY];
	unsigned n;
};

static int setup(void **state)
{
	struct trace *t = calloc(1, sizeof(*t));

	*state = t;
	return t != NULL ? grace_new(READERS, &t->grace) : -1;
}

static int teardown(void **state)
{
	struct trace *t = *state;

	grace_free(t->grace);
	free(t);
	return 0;
}

static void note(void *arg, uint64_t n)
{
	struct trace *t = arg;

	t->ran[t->n++] = n;
}

static void what_waits_runs_once_every_reader_online_has_reported(void **state)
{
	struct trace *t = *state;
	grace_online(t->grace, 0);
	grace_online(t->grace, 1);
	assert_true(grace_defer(t->grace, note, t, 7));
	grace_poll(t->grace);
	grace_quiescent(t->grace, 0);
	grace_poll(t->grace);
	assert_int_equal(t->n, 0);
	assert_int_equal(grace_pending(t->grace), 1);
	grace_quiescent(t->grace, 1);
	grace_poll(t->grace);
	assert_int_equal(t->n, 1);
	assert_int_equal(t->ran[0], 7);
	assert_int_equal(grace_pending(t->grace), 0);
}

static void a_report_from_before_does_not_count(void **state)
{
	struct trace *t = *state;
	grace_online(t->grace, 0);
	grace_quiescent(t->grace, 0);
	assert_true(grace_defer(t->grace, note, t, 1));
	grace_poll(t->grace);
	assert_int_equal(t->n, 0);
	grace_quiescent(t->grace, 0);
	assert_true(grace_defer(t->grace, note, t, 2)); // after that report
	grace_poll(t->grace);
	assert_int_equal(t->n, 1);
	assert_int_equal(t->ran[0], 1);
}

static void a_reader_that_sleeps_is_not_waited_for(void **state)
{
	struct trace *t = *state;
	grace_online(t->grace, 0);
	assert_true(grace_defer(t->grace, note, t, 1));
	grace_poll(t->grace);
	assert_int_equal(t->n, 0);
	grace_offline(t->grace, 0);
	grace_poll(t->grace);
	assert_int_equal(t->n, 1);
}

static void a_reader_that_comes_later_is_not_waited_for(void **state)
{
	struct trace *t = *state;
	grace_online(t->grace, 0);
	assert_true(grace_defer(t->grace, note, t, 1));
	grace_online(t->grace, 1); // cannot have seen what is to go
	grace_quiescent(t->grace, 0);
	grace_poll(t->grace);
	assert_int_equal(t->n, 1);
}

static void what_waits_runs_in_its_order_however_much_it_is(void **state)
{
	struct trace *t = *state;
	uint64_t next = 0;
	grace_online(t->grace, 0);
	for (; next < 100; next++) // so that the ring does not begin at its beginning
		assert_true(grace_defer(t->grace, note, t, next));
	grace_quiescent(t->grace, 0);
	grace_poll(t->grace);
	assert_int_equal(t->n, 100);
	for (; next < MANY; next++)
		assert_true(grace_defer(t->grace, note, t, next));
	assert_int_equal(grace_pending(t->grace), MANY - 100);
	grace_quiescent(t->grace, 0);
	grace_poll(t->grace);
	assert_int_equal(t->n, MANY);
	for (uint64_t i = 0; i < MANY; i++)
		assert_int_equal(t->ran[i], i);
}

static void defer_again(void *arg, uint64_t n)
{
	struct trace *t = arg;

	note(t, n);
	(void)grace_defer(t->grace, n > 0 ? defer_again : note, t, n - 1);
}

static void what_runs_may_leave_more_for_a_later_poll(void **state)
{
	struct trace *t = *state;
	assert_true(grace_defer(t->grace, defer_again, t, 5));
	grace_poll(t->grace); // nobody is online: it runs at once, what it leaves does not
	assert_int_equal(t->n, 1);
	assert_int_equal(grace_pending(t->grace), 1);
	grace_poll(t->grace);
	assert_int_equal(t->n, 2);
	assert_int_equal(t->ran[1], 4);
	grace_drain(t->grace);
	assert_int_equal(grace_pending(t->grace), 0);
}

static void what_still_waits_at_the_end_is_run_and_not_lost(void **state)
{
	struct trace *t = *state;
	grace_online(t->grace, 0);
	assert_true(grace_defer(t->grace, note, t, 1));
	grace_free(t->grace);
	t->grace = NULL;
	assert_int_equal(t->n, 1);
}

static void grace_without_readers_is_a_mistake(void **state)
{
	(void)state;
	struct grace *g = NULL;
	assert_int_equal(grace_new(0, &g), -22);
	assert_null(g);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int run_grace(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_waits_runs_once_every_reader_online_has_reported),
		TEST(a_report_from_before_does_not_count),
		TEST(a_reader_that_sleeps_is_not_waited_for),
		TEST(a_reader_that_comes_later_is_not_waited_for),
		TEST(what_waits_runs_in_its_order_however_much_it_is),
		TEST(what_runs_may_leave_more_for_a_later_poll),
		TEST(what_still_waits_at_the_end_is_run_and_not_lost),
		cmocka_unit_test(grace_without_readers_is_a_mistake),
	};
	return cmocka_run_group_tests_name("grace", tests, NULL, NULL);
}
