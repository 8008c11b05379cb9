// Known MAGs: found while they are known, and an unknown one is known to be so soon.
#include <errno.h>

#include "base/rng.h"
#include "fib/fib_impl.h"
#include "test/unit/fib/table.h"

static struct ip6_addr mag_addr(uint64_t i)
{
	return ip6_from64(0x20010db8000a0000u, i);
}

static void a_mag_is_known_from_its_add_to_its_del(void **state)
{
	struct bench *b = *state;
	assert_int_equal(peer_find(b->fib, mag_addr(1)), 0);
	assert_int_equal(peer_add(b->fib, mag_addr(1), 41), 0);
	assert_int_equal(peer_find(b->fib, mag_addr(1)), 41);
	assert_int_equal(peer_find(b->fib, mag_addr(2)), 0);
	assert_int_equal(peer_add(b->fib, mag_addr(1), 42), 0);
	assert_int_equal(peer_find(b->fib, mag_addr(1)), 42);
	peer_del(b->fib, mag_addr(1));
	assert_int_equal(peer_find(b->fib, mag_addr(1)), 0);
	peer_del(b->fib, mag_addr(1));
	peer_del(b->fib, mag_addr(7));
	assert_int_equal(peer_add(b->fib, mag_addr(1), 43), 0); // before grace
	pass(b);
	assert_int_equal(peer_find(b->fib, mag_addr(1)), 43);
}

static void there_are_as_many_mags_at_a_time_as_agreed(void **state)
{
	struct bench *b = *state;
	for (uint32_t i = 0; i < FEW_PEERS; i++)
		assert_int_equal(peer_add(b->fib, mag_addr(i), i + 1), 0);
	assert_int_equal(peer_add(b->fib, mag_addr(99), 99), -ENOSPC);
	assert_int_equal(peer_add(b->fib, mag_addr(3), 77), 0); // a change needs no room
	peer_del(b->fib, mag_addr(3));
	assert_int_equal(peer_add(b->fib, mag_addr(99), 99), 0);
	assert_int_equal(peer_add(b->fib, mag_addr(3), 4),
			 -ENOSPC); // its slot is there, its place is not
	for (uint32_t i = 0; i < FEW_PEERS; i++)
		assert_int_equal(peer_find(b->fib, mag_addr(i)), i == 3 ? 0 : i + 1);
	assert_int_equal(peer_find(b->fib, mag_addr(99)), 99);
}

static void numbers_that_are_words_of_the_table_are_refused(void **state)
{
	struct bench *b = *state;
	assert_int_equal(peer_add(b->fib, mag_addr(1), 0), -EINVAL);
	assert_int_equal(peer_add(b->fib, mag_addr(1), UINT32_MAX), -EINVAL);
	assert_int_equal(peer_find(b->fib, mag_addr(1)), 0);
}

// A worker that read the number is about to compare the address.
static void the_address_of_a_deleted_mag_stays_while_a_worker_may_compare_it(void **state)
{
	struct bench *b = *state;
	const struct peer_slot *slot = NULL;
	assert_int_equal(peer_add(b->fib, mag_addr(1), 1), 0);
	for (uint32_t i = 0; i <= b->fib->view.peer_mask; i++)
		if (b->fib->view.peers[i].mag == 1)
			slot = &b->fib->view.peers[i];
	assert_non_null(slot);
	peer_del(b->fib, mag_addr(1));
	uint64_t i = 100; // until all that is free has been used, and rests
	for (; peer_add(b->fib, mag_addr(i), 5) == 0; i++) {
		assert_true(ip6_equal(slot->addr, mag_addr(1)));
		peer_del(b->fib, mag_addr(i));
	}
	assert_int_equal(i - 100, b->fib->view.peer_mask);
	assert_true(ip6_equal(slot->addr, mag_addr(1)));
	pass(b);
	assert_int_equal(peer_add(b->fib, mag_addr(i), 6), 0);
	assert_int_equal(peer_find(b->fib, mag_addr(i)), 6);
}

static uint32_t count_used(const struct fib *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i <= f->view.peer_mask; i++)
		n += f->view.peers[i].mag != 0;
	return n;
}

// Else whoever sends from unknown addresses has a worker walk the whole table, each time.
static void slots_of_deleted_mags_become_free_again(void **state)
{
	struct bench *b = *state;
	struct rng rng = {5};
	uint64_t next = 0, known[FEW_PEERS];
	for (uint32_t i = 0; i < FEW_PEERS; i++) {
		known[i] = next++;
		assert_int_equal(peer_add(b->fib, mag_addr(known[i]), i + 1), 0);
	}
	for (int turn = 0; turn < 20000; turn++) {
		uint32_t i = rng_below(&rng, FEW_PEERS);
		peer_del(b->fib, mag_addr(known[i]));
		known[i] = next++;
		assert_int_equal(peer_add(b->fib, mag_addr(known[i]), i + 1), 0);
		if (turn % 3 == 0)
			pass(b);
		for (uint32_t k = 0; k < FEW_PEERS; k++)
			assert_int_equal(peer_find(b->fib, mag_addr(known[k])), k + 1);
		assert_int_equal(peer_find(b->fib, mag_addr(next)), 0);
	}
	pass(b);
	assert_in_range(count_used(b->fib), FEW_PEERS, 2 * FEW_PEERS);
	for (uint32_t k = 0; k < FEW_PEERS; k++)
		peer_del(b->fib, mag_addr(known[k]));
	pass(b);
	assert_int_equal(count_used(b->fib), 0);
}

static void a_table_of_nothing_but_deleted_mags_becomes_free_again(void **state)
{
	struct bench *b = *state;
	for (uint64_t i = 0; peer_add(b->fib, mag_addr(i), 5) == 0; i++)
		peer_del(b->fib, mag_addr(i));
	assert_int_equal(count_used(b->fib), b->fib->view.peer_mask + 1);
	assert_int_equal(peer_find(b->fib, mag_addr(5000)), 0);
	pass(b);
	assert_int_equal(count_used(b->fib), 0);
}

int run_peers(void)
{
	const struct CMUnitTest tests[] = {
		FIB_TEST(a_mag_is_known_from_its_add_to_its_del),
		FIB_TEST(there_are_as_many_mags_at_a_time_as_agreed),
		FIB_TEST(numbers_that_are_words_of_the_table_are_refused),
		FIB_TEST(the_address_of_a_deleted_mag_stays_while_a_worker_may_compare_it),
		FIB_TEST(slots_of_deleted_mags_become_free_again),
		FIB_TEST(a_table_of_nothing_but_deleted_mags_becomes_free_again),
	};
	return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
