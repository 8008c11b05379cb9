// The timer wheel against a list of deadlines, over all its levels.
#include "base/rng.h"
#include "base/wheel.h"
#include "test/unit/test.h"

static void nothing_comes_out_early_or_more_than_a_tick_late(void **state)
{
	(void)state;
	enum { ITEMS = 300 };
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct rng rng = {seed};
		ns_t now = rng_u64(&rng) % (1000 * NS_SEC), due[ITEMS];
		struct wheel *w = wheel_new(ITEMS, now);
		assert_non_null(w);
		for (uint32_t i = 0; i < ITEMS; i++)
			due[i] = NS_NEVER;
		for (int step = 0; step < 1500; step++) {
			uint32_t i = rng_below(&rng, ITEMS);
			// From microseconds to weeks, so that every level is used.
			ns_t ahead = rng_u64(&rng) >> (14 + rng_below(&rng, 30));
			if (rng_below(&rng, 4) == 0) {
				wheel_stop(w, i);
				due[i] = NS_NEVER;
			} else {
				due[i] = now + ahead;
				wheel_set(w, i, due[i]);
			}
			ns_t earliest = NS_NEVER;
			for (uint32_t k = 0; k < ITEMS; k++)
				earliest = due[k] < earliest ? due[k] : earliest;
			assert_true(wheel_deadline(w) <=
				    (earliest == NS_NEVER ? NS_NEVER : earliest + NS_MSEC));
			now += rng_u64(&rng) >> (24 + rng_below(&rng, 20));
			for (uint32_t k; (k = wheel_expire(w, now)) != WHEEL_NONE;) {
				assert_true(due[k] <= now);
				due[k] = NS_NEVER;
			}
			for (uint32_t k = 0; k < ITEMS; k++) {
				assert_true(due[k] == NS_NEVER || due[k] + NS_MSEC > now);
				assert_int_equal(wheel_is_set(w, k), due[k] != NS_NEVER);
			}
		}
		wheel_free(w);
	}
}

static void a_deadline_in_the_past_comes_out_at_once(void **state)
{
	(void)state;
	struct wheel *w = wheel_new(2, 10 * NS_SEC);
	wheel_set(w, 1, NS_SEC);
	assert_true(wheel_deadline(w) <= 10 * NS_SEC);
	assert_int_equal(wheel_expire(w, 10 * NS_SEC), 1);
	assert_int_equal(wheel_expire(w, 10 * NS_SEC), WHEEL_NONE);
	assert_true(wheel_deadline(w) == NS_NEVER);
	wheel_free(w);
}

// As a lifetime that is renewed: it stays where it was put, and is looked at there.
static void a_timer_that_is_set_anew_comes_out_at_its_last_time_alone(void **state)
{
	enum { TIMES = 1000 };

	(void)state;
	for (ns_t step = NS_MSEC / 2; step < 10 * NS_SEC; step *= 7) {
		struct wheel *w = wheel_new(2, 0);
		ns_t last = 0;
		for (int i = 1; i <= TIMES; i++) {
			last = i * step + 5 * NS_MSEC;
			wheel_set(w, 1, last);
			wheel_set(w, 0, last - NS_MSEC);
			assert_int_equal(wheel_expire(w, i * step), WHEEL_NONE);
			assert_true(wheel_deadline(w) <= last);
		}
		wheel_set(w, 0, NS_NEVER);
		assert_int_equal(wheel_expire(w, last - 1), WHEEL_NONE);
		wheel_set(w, 0, last); // and back
		assert_true(wheel_get(w, 1) == last);
		assert_int_not_equal(wheel_expire(w, last), WHEEL_NONE);
		assert_int_not_equal(wheel_expire(w, last), WHEEL_NONE);
		assert_int_equal(wheel_expire(w, last + NS_SEC), WHEEL_NONE);
		wheel_free(w);
	}
}

// More in one slot than is dealt out in its time, in steps of a tick and in leaps; half of them are
// moved on or stopped while a pass goes through them.
static void a_slot_that_holds_very_many_gives_each_at_its_time(void **state)
{
	enum { ITEMS = 300000, MOVED_BY_MS = 700, BEGIN_MS = 1024, MOVES = 100 };
	static ns_t due[ITEMS];

	(void)state;
	for (ns_t step = NS_MSEC; step < 1000 * NS_MSEC; step *= 31) {
		struct wheel *w = wheel_new(ITEMS, 0);
		struct rng rng = {step};
		uint32_t left = ITEMS;
		for (uint32_t i = 0; i < ITEMS; i++)
			wheel_set(w, i, due[i] = (BEGIN_MS + rng_below(&rng, 256)) * NS_MSEC);
		for (ns_t now = step; left > 0; now += step) {
			assert_true(now < 10 * NS_SEC);
			for (uint32_t k; (k = wheel_expire(w, now)) != WHEEL_NONE; left--) {
				assert_true(due[k] <= now && due[k] + step + NS_MSEC > now);
				due[k] = NS_NEVER;
			}
			for (int n = 0; n < MOVES; n++) {
				uint32_t k = rng_below(&rng, ITEMS);
				if (due[k] == NS_NEVER)
					continue;
				if (n % 2 == 0)
					wheel_set(w, k, due[k] += MOVED_BY_MS * NS_MSEC);
				else
					wheel_stop(w, k);
				left -= n % 2;
				due[k] = n % 2 == 0 ? due[k] : NS_NEVER;
			}
		}
		assert_true(wheel_deadline(w) == NS_NEVER);
		wheel_free(w);
	}
}

static void items_beyond_the_end_are_ignored(void **state)
{
	(void)state;
	struct wheel *w = wheel_new(1, 0);
	wheel_set(w, 5, NS_SEC);
	assert_false(wheel_is_set(w, 5));
	assert_int_equal(wheel_expire(w, 9 * NS_SEC), WHEEL_NONE);
	wheel_free(w);
	assert_null(wheel_new(UINT32_MAX, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_comes_out_early_or_more_than_a_tick_late),
		cmocka_unit_test(a_deadline_in_the_past_comes_out_at_once),
		cmocka_unit_test(a_timer_that_is_set_anew_comes_out_at_its_last_time_alone),
		cmocka_unit_test(a_slot_that_holds_very_many_gives_each_at_its_time),
		cmocka_unit_test(items_beyond_the_end_are_ignored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
