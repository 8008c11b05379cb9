// Next hops: numbers whose meaning is replaced whole, and which rest before they mean another.
#include <errno.h>

#include "test/unit/fib/table.h"

static struct nexthop out_of(uint16_t port)
{
	return (struct nexthop){.kind = NH_PORT, .port = port, .mtu = 1500, .l2_len = 14};
}

static uint16_t add(struct bench *b, uint16_t port)
{
	const struct nexthop nh = out_of(port);
	int number = nexthop_add(b->fib, &nh);

	assert_in_range(number, NEXTHOP_FIRST, FEW_NEXTHOPS - 1);
	return (uint16_t)number;
}

static void the_first_numbers_have_a_fixed_meaning(void **state)
{
	struct bench *b = *state;
	const struct nexthop nh = out_of(1);
	for (uint16_t i = 0; i < NEXTHOP_FIRST; i++) {
		assert_int_equal(nexthop_change(b->fib, i, &nh), -EINVAL);
		nexthop_del(b->fib, i);
	}
	pass(b);
	assert_int_equal(nexthop_get(b->fib, NEXTHOP_NONE)->kind, NH_NONE);
	assert_int_equal(nexthop_get(b->fib, NEXTHOP_POOL)->kind, NH_POOL);
	assert_int_equal(nexthop_get(b->fib, NEXTHOP_LOCAL)->kind, NH_LOCAL);
}

static void a_number_that_nobody_gave_out_is_no_route(void **state)
{
	struct bench *b = *state;
	assert_int_equal(nexthop_get(b->fib, NEXTHOP_FIRST)->kind, NH_NONE);
	assert_int_equal(nexthop_get(b->fib, FEW_NEXTHOPS)->kind, NH_NONE);
	assert_int_equal(nexthop_get(b->fib, UINT16_MAX)->kind, NH_NONE);
	const struct nexthop nh = out_of(1);
	assert_int_equal(nexthop_change(b->fib, FEW_NEXTHOPS, &nh), -EINVAL);
	nexthop_del(b->fib, NEXTHOP_FIRST);
	nexthop_del(b->fib, UINT16_MAX);
	assert_int_equal(grace_pending(b->grace), 0);
}

// Under AddressSanitizer the old one would be a use after free.
static void a_changed_next_hop_is_seen_whole_old_or_new(void **state)
{
	struct bench *b = *state;
	uint16_t number = add(b, 1);
	const struct nexthop *old = nexthop_get(b->fib, number), changed = out_of(2);
	assert_int_equal(nexthop_change(b->fib, number, &changed), 0);
	assert_int_equal(nexthop_get(b->fib, number)->port, 2);
	grace_poll(b->grace);
	assert_int_equal(old->port, 1);
	assert_int_equal(grace_pending(b->grace), 1);
	pass(b);
	assert_int_equal(grace_pending(b->grace), 0);
	assert_int_equal(nexthop_get(b->fib, number)->port, 2);
	assert_int_equal((uintptr_t)nexthop_get(b->fib, number) % 64, 0);
}

static void a_number_is_not_used_again_while_a_worker_may_see_it(void **state)
{
	struct bench *b = *state;
	uint16_t numbers[FEW_NEXTHOPS];
	const struct nexthop more = out_of(9);
	for (uint16_t i = NEXTHOP_FIRST; i < FEW_NEXTHOPS; i++)
		numbers[i] = add(b, i);
	assert_int_equal(nexthop_add(b->fib, &more), -ENOSPC);
	nexthop_del(b->fib, numbers[4]);
	assert_int_equal(nexthop_add(b->fib, &more), -ENOSPC);
	assert_int_equal(nexthop_get(b->fib, numbers[4])->port, 4);
	pass(b);
	assert_int_equal(nexthop_get(b->fib, numbers[4])->kind, NH_NONE);
	assert_int_equal(add(b, 9), numbers[4]);
	assert_int_equal(nexthop_get(b->fib, numbers[4])->port, 9);
	assert_int_equal(nexthop_get(b->fib, numbers[5])->port, 5);
}

int run_nexthops(void)
{
	const struct CMUnitTest tests[] = {
		FIB_TEST(the_first_numbers_have_a_fixed_meaning),
		FIB_TEST(a_number_that_nobody_gave_out_is_no_route),
		FIB_TEST(a_changed_next_hop_is_seen_whole_old_or_new),
		FIB_TEST(a_number_is_not_used_again_while_a_worker_may_see_it),
	};
	return cmocka_run_group_tests_name("next hops", tests, NULL, NULL);
}
