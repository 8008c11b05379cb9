// Lines, tombstones and the stash behind them: what table.h argues, case by case.
#include <errno.h>

#include "base/rng.h"
#include "bcache/lines.h"
#include "test/unit/bcache/lines.h"
#include "test/unit/bcache/suites.h"

enum { BITS = 6, MAX = 1000, LINE = 5, OTHER = 6 };

struct bench {
	struct grace *grace;
	struct table *table;
};

static int setup(void **state)
{
	static struct bench b;
	const struct bcache_conf conf = {.max_bindings = MAX, .seed = 99, .min_bits = BITS};

	*state = &b;
	if (grace_new(1, &b.grace) != 0)
		return -1;
	return table_new(&conf, BITS, b.grace, &b.table);
}

static int teardown(void **state)
{
	struct bench *b = *state;

	grace_offline(b->grace, 0);
	grace_drain(b->grace);
	table_free(b->table);
	grace_free(b->grace);
	return 0;
}

static uint32_t value_of(uint64_t i)
{
	return BCACHE_FIRST + (uint32_t)(i % 50);
}

static int set(struct table *t, uint64_t line, uint64_t i)
{
	return table_set(t, key_in(t, line, i), value_of(i));
}

// What the slots one by one say; each other way to compare them says the same.
static uint32_t find(const struct table *t, uint64_t line, uint64_t i)
{
	static const enum bcache_isa all[] = {BCACHE_BEST, BCACHE_SCALAR, BCACHE_AVX2,
					      BCACHE_AVX512};
	uint64_t hash = table_hash(t, key_in(t, line, i));
	uint32_t value = table_find(t, hash), other;

	for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
		find_lines_fn *fn = find_lines_of(all[k]);
		if (fn == NULL)
			continue; // this CPU has it not
		fn(t, &hash, 1, &other);
		assert_int_equal(other, value);
	}
	return value;
}

// Keys [from, to) of a line are bound, each with its own value.
static void assert_bound(const struct table *t, uint64_t line, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++)
		assert_int_equal(find(t, line, i), value_of(i));
}

static void bind(struct table *t, uint64_t line, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++)
		assert_int_equal(set(t, line, i), 0);
}

static int del(struct table *t, uint64_t line, uint64_t i)
{
	return table_del(t, key_in(t, line, i));
}

static unsigned count_slots(const struct table *t, uint64_t line, uint64_t value)
{
	unsigned n = 0;

	for (int i = 0; i < LINE_SLOTS; i++)
		n += (t->lines[line].slots[i] & t->value_mask) == value;
	return n;
}

static void what_a_line_has_no_room_for_is_found_in_the_stash(void **state)
{
	struct table *t = ((struct bench *)*state)->table;
	bind(t, LINE, 0, 8);
	assert_int_equal(t->stash.n, 0);
	assert_int_equal(count_slots(t, LINE, BCACHE_NONE), 0);
	bind(t, LINE, 8, 12);
	assert_int_equal(t->stash.n, 4);
	assert_int_equal(t->n, 12);
	assert_bound(t, LINE, 0, 12);
	assert_int_equal(find(t, LINE, 12), BCACHE_NONE);
	assert_int_equal(find(t, OTHER, 3), BCACHE_NONE);
}

static void a_delete_leaves_a_tombstone_while_the_line_has_keys_in_the_stash(void **state)
{
	struct table *t = ((struct bench *)*state)->table;
	bind(t, LINE, 0, 10);
	assert_int_equal(del(t, LINE, 3), 0);
	assert_int_equal(del(t, LINE, 7), 0);
	assert_int_equal(count_slots(t, LINE, BCACHE_NONE), 0);
	assert_int_equal(count_slots(t, LINE, BCACHE_TOMB), 2);
	assert_int_equal(t->tombstones, 2);
	assert_int_equal(find(t, LINE, 3), BCACHE_NONE);
	assert_bound(t, LINE, 8, 10); // those in the stash are found past the tombstones
}

static void a_delete_leaves_nothing_where_only_another_line_has_keys_in_the_stash(void **state)
{
	struct table *t = ((struct bench *)*state)->table;
	bind(t, OTHER, 0, 10);
	bind(t, LINE, 0, 8);
	assert_int_equal(del(t, LINE, 0), 0);
	assert_int_equal(count_slots(t, LINE, BCACHE_NONE), 1);
	assert_int_equal(t->tombstones, 0);
}

static void the_last_key_in_the_stash_takes_the_tombstones_of_its_line_along(void **state)
{
	struct table *t = ((struct bench *)*state)->table;
	bind(t, LINE, 0, 10);
	bind(t, OTHER, 0, 9);
	assert_int_equal(del(t, LINE, 1), 0);
	assert_int_equal(del(t, OTHER, 1), 0);
	assert_int_equal(del(t, LINE, 8), 0);
	assert_int_equal(count_slots(t, LINE, BCACHE_TOMB), 1); // key 9 is there still
	assert_bound(t, LINE, 9, 10);
	assert_int_equal(del(t, LINE, 9), 0);
	assert_int_equal(count_slots(t, LINE, BCACHE_TOMB), 0);
	assert_int_equal(count_slots(t, LINE, BCACHE_NONE), 1);
	assert_int_equal(count_slots(t, OTHER, BCACHE_TOMB), 1);
	assert_int_equal(t->tombstones, 1);
	assert_bound(t, LINE, 2, 8);
	assert_bound(t, OTHER, 8, 9);
}

static void a_new_key_takes_a_tombstone_before_the_stash(void **state)
{
	struct table *t = ((struct bench *)*state)->table;
	bind(t, LINE, 0, 9);
	assert_int_equal(del(t, LINE, 2), 0);
	bind(t, LINE, 20, 21);
	assert_int_equal(t->tombstones, 0);
	assert_int_equal(t->stash.n, 1);
	assert_bound(t, LINE, 20, 21);
	assert_bound(t, LINE, 8, 9);
}

// It would be in two places for a while, and a reader could miss it between them.
static void a_key_in_the_stash_does_not_move_into_a_tombstone(void **state)
{
	struct table *t = ((struct bench *)*state)->table;
	bind(t, LINE, 0, 9);
	assert_int_equal(del(t, LINE, 2), 0);
	assert_int_equal(table_set(t, key_in(t, LINE, 8), BCACHE_HOLD), 0);
	assert_int_equal(find(t, LINE, 8), BCACHE_HOLD);
	assert_int_equal(t->tombstones, 1);
	assert_int_equal(t->stash.n, 1);
	assert_int_equal(t->n, 8);
	assert_int_equal(del(t, LINE, 8), 0);
	assert_int_equal(find(t, LINE, 8), BCACHE_NONE);
}

// Key 0 of a line has nothing but zeros above its value, like an empty slot and a tombstone.
static void neither_an_empty_slot_nor_a_tombstone_is_a_match(void **state)
{
	struct table *t = ((struct bench *)*state)->table;
	assert_int_equal(find(t, LINE, 0), BCACHE_NONE);
	bind(t, LINE, 1, 10);
	assert_int_equal(del(t, LINE, 4), 0);
	assert_int_equal(count_slots(t, LINE, BCACHE_TOMB), 1);
	assert_int_equal(find(t, LINE, 0), BCACHE_NONE);
	assert_int_equal(del(t, LINE, 0), -ENOENT);
	assert_int_equal(count_slots(t, LINE, BCACHE_TOMB), 1);
	bind(t, LINE, 0, 1);
	assert_bound(t, LINE, 0, 1);
}

static void the_largest_value_fits_beside_every_key(void **state)
{
	struct table *t = ((struct bench *)*state)->table;
	const uint32_t largest = (uint32_t)t->value_mask;
	const uint64_t rests = UINT64_MAX >> BITS;
	assert_int_equal(table_set(t, key_in(t, LINE, rests), largest), 0);
	assert_int_equal(table_set(t, key_in(t, LINE, 0), largest), 0);
	assert_int_equal(find(t, LINE, rests), largest);
	assert_int_equal(find(t, LINE, 0), largest);
	assert_int_equal(find(t, LINE, rests - 1), BCACHE_NONE);
	bind(t, LINE, 1, 7);
	assert_int_equal(table_set(t, key_in(t, LINE, 7), largest), 0);
	assert_int_equal(t->stash.n, 1);
	assert_int_equal(find(t, LINE, 7), largest);
}

static void a_full_stash_refuses_and_what_is_bound_stays(void **state)
{
	struct table *t = ((struct bench *)*state)->table;
	uint64_t n = 8;
	bind(t, LINE, 0, n);
	while (set(t, LINE, n) == 0)
		n++;
	assert_int_equal(t->refused, 1);
	assert_int_equal(t->n, n);
	assert_true(n <= 8 + t->stash.capacity);
	assert_bound(t, LINE, 0, n);
	assert_int_equal(set(t, LINE, n), -ENOSPC);
	assert_int_equal(table_set(t, key_in(t, LINE, n - 1), BCACHE_HOLD), 0);
	assert_int_equal(set(t, LINE, n - 1), 0);
	assert_int_equal(del(t, LINE, 0), 0);
	assert_int_equal(set(t, LINE, n), 0); // into the tombstone
	assert_bound(t, LINE, 1, n + 1);
}

// A reader may stand between the two words of an entry of the stash.
static void a_slot_of_the_stash_rests_until_the_readers_have_reported(void **state)
{
	struct bench *b = *state;
	struct table *t = b->table;
	grace_online(b->grace, 0);
	bind(t, LINE, 0, 9);
	int64_t first = stash_locate(&t->stash, table_hash(t, key_in(t, LINE, 8)));
	assert_int_equal(del(t, LINE, 8), 0);
	grace_poll(b->grace);
	bind(t, LINE, 8, 9);
	assert_int_not_equal(stash_locate(&t->stash, table_hash(t, key_in(t, LINE, 8))), first);
	assert_int_equal(del(t, LINE, 8), 0);
	grace_quiescent(b->grace, 0);
	grace_poll(b->grace);
	bind(t, LINE, 8, 9);
	assert_int_equal(stash_locate(&t->stash, table_hash(t, key_in(t, LINE, 8))), first);
}

static void slots_that_rest_can_make_the_stash_full_for_a_while(void **state)
{
	struct bench *b = *state;
	struct table *t = b->table;
	unsigned turns = 0;
	grace_online(b->grace, 0);
	bind(t, LINE, 0, 8);
	for (; turns < 1000 && set(t, LINE, 8) == 0; turns++)
		assert_int_equal(del(t, LINE, 8), 0);
	assert_int_equal(turns, STASH_WINDOW);
	assert_bound(t, LINE, 0, 8);
	grace_quiescent(b->grace, 0);
	grace_poll(b->grace);
	bind(t, LINE, 8, 9);
}

// Lines of any words, and rests that match none, one or two of them.
static void every_way_to_compare_a_line_finds_the_same(void **state)
{
	struct table *t = ((struct bench *)*state)->table;
	struct rng rng = {7};
	unsigned found = 0;

	for (int turn = 0; turn < 20000; turn++) {
		uint64_t wanted = key_in(t, LINE, rng_below(&rng, 4));
		for (int i = 0; i < LINE_SLOTS; i++) {
			uint64_t rest =
				table_rest(t, table_hash(t, key_in(t, LINE, rng_below(&rng, 6))));
			t->lines[LINE].slots[i] = rest | rng_below(&rng, 7);
		}
		uint64_t hash = table_hash(t, wanted);
		found += find(t, LINE, hash % 4) != BCACHE_NONE;
		uint32_t value = table_find(t, hash), other;
		for (int isa = BCACHE_BEST; isa <= BCACHE_AVX512; isa++) {
			if (find_lines_of((enum bcache_isa)isa) == NULL)
				continue;
			find_lines_of((enum bcache_isa)isa)(t, &hash, 1, &other);
			assert_int_equal(other, value);
		}
	}
	assert_in_range(found, 1000, 19999);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int run_lines(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_line_has_no_room_for_is_found_in_the_stash),
		TEST(a_delete_leaves_a_tombstone_while_the_line_has_keys_in_the_stash),
		TEST(a_delete_leaves_nothing_where_only_another_line_has_keys_in_the_stash),
		TEST(the_last_key_in_the_stash_takes_the_tombstones_of_its_line_along),
		TEST(a_new_key_takes_a_tombstone_before_the_stash),
		TEST(a_key_in_the_stash_does_not_move_into_a_tombstone),
		TEST(neither_an_empty_slot_nor_a_tombstone_is_a_match),
		TEST(the_largest_value_fits_beside_every_key),
		TEST(a_full_stash_refuses_and_what_is_bound_stays),
		TEST(a_slot_of_the_stash_rests_until_the_readers_have_reported),
		TEST(slots_that_rest_can_make_the_stash_full_for_a_while),
		TEST(every_way_to_compare_a_line_finds_the_same),
	};
	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
