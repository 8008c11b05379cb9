// Forwarding entries: shared by tunnel, counted, used again only when no worker can see them.
#include <errno.h>

#include "bcache/bcache.h"
#include "test/unit/fib/table.h"

static struct fwd_tunnel tunnel(const char *lmaa, const char *coa, uint32_t mag)
{
	return (struct fwd_tunnel){.local = addr(lmaa), .remote = addr(coa), .peer = mag};
}

static uint32_t hold(struct bench *b, struct fwd_tunnel t)
{
	int64_t i = entry_hold(b->fib, &t, NULL, NULL);

	assert_true(i >= BCACHE_FIRST); // never one of the cache's own words
	return (uint32_t)i;
}

static void equal_tunnels_share_an_entry_and_others_do_not(void **state)
{
	struct bench *b = *state;
	uint32_t one = hold(b, tunnel("2001:db8::1", "2001:db8:a::1", 1));
	assert_int_equal(hold(b, tunnel("2001:db8::1", "2001:db8:a::1", 1)), one);
	assert_int_equal(entry_refs(b->fib, one), 2);
	uint32_t lmaa = hold(b, tunnel("2001:db8::2", "2001:db8:a::1", 1));
	uint32_t coa = hold(b, tunnel("2001:db8::1", "2001:db8:a::2", 1));
	uint32_t mag = hold(b, tunnel("2001:db8::1", "2001:db8:a::1", 2));
	assert_true(lmaa != one && coa != one && mag != one);
	assert_true(lmaa != coa && coa != mag && mag != lmaa);
	const struct fwd_tunnel more = tunnel("2001:db8::3", "2001:db8:a::1", 1);
	assert_int_equal(entry_hold(b->fib, &more, NULL, NULL), -ENOSPC);
	assert_int_equal(hold(b, tunnel("2001:db8::1", "2001:db8:a::1", 1)), one); // needs no room
}

static void an_entry_begins_with_the_outer_header_of_its_tunnel(void **state)
{
	struct bench *b = *state;
	const uint8_t wanted[40] = {
		0x60, 0, 0,    0,    0, 0,    41, 64,                         // RFC 2473 5.1
		0x20, 1, 0x0d, 0xb8, 0, 0,    0,  0,  0, 0, 0, 0, 0, 0, 0, 1, // from the LMAA
		0x20, 1, 0x0d, 0xb8, 0, 0x0a, 0,  0,  0, 0, 0, 0, 0, 0, 0, 2, // to the proxy-CoA
	};
	const struct fwd_entry *e =
		entry_get(b->fib, hold(b, tunnel("2001:db8::1", "2001:db8:a::2", 77)));
	assert_memory_equal(e->outer, wanted, sizeof(wanted));
	assert_int_equal(e->peer_id, 77);
	assert_int_equal(e->prev_peer_id, 0);
	assert_int_equal(e->nexthop, NEXTHOP_NONE);
	assert_int_equal((uintptr_t)e % 64, 0);
}

static void an_entry_is_not_used_again_while_a_worker_may_see_it(void **state)
{
	struct bench *b = *state;
	uint32_t held[FEW_ENTRIES];
	for (uint32_t i = 0; i < FEW_ENTRIES; i++)
		held[i] = hold(b, tunnel("2001:db8::1", "2001:db8:a::1", i + 1));
	const struct fwd_tunnel next = tunnel("2001:db8::1", "2001:db8:a::1", 100);
	entry_release(b->fib, held[2]);
	assert_int_equal(entry_hold(b->fib, &next, NULL, NULL), -ENOSPC);
	grace_poll(b->grace);
	assert_int_equal(entry_hold(b->fib, &next, NULL, NULL), -ENOSPC);
	assert_int_equal(entry_get(b->fib, held[2])->peer_id, 3); // as the worker saw it
	pass(b);
	assert_int_equal(entry_hold(b->fib, &next, NULL, NULL), held[2]);
	assert_int_equal(entry_get(b->fib, held[2])->peer_id, 100);
	assert_int_equal(entry_refs(b->fib, held[2]), 1);
}

static void a_tunnel_that_comes_back_at_once_gets_another_entry(void **state)
{
	struct bench *b = *state;
	const struct fwd_tunnel t = tunnel("2001:db8::1", "2001:db8:a::1", 1);
	uint32_t first = hold(b, t);
	entry_set_nexthop(b->fib, first, 5);
	entry_release(b->fib, first);
	uint32_t second = hold(b, t);
	assert_int_not_equal(second, first);
	pass(b);
	assert_int_equal(hold(b, t), second);
	entry_release(b->fib, second);
	entry_release(b->fib, second);
	pass(b);
	uint32_t third = hold(b, t);
	assert_int_equal(entry_get(b->fib, third)->nexthop, NEXTHOP_NONE); // as new
}

static void an_entry_lives_as_long_as_one_binding_holds_it(void **state)
{
	struct bench *b = *state;
	const struct fwd_tunnel t = tunnel("2001:db8::1", "2001:db8:a::1", 1);
	uint32_t i = hold(b, t);
	assert_int_equal(hold(b, t), i);
	entry_release(b->fib, i);
	assert_int_equal(grace_pending(b->grace), 0);
	assert_int_equal(hold(b, t), i);
	entry_release(b->fib, i);
	entry_release(b->fib, i);
	assert_int_equal(entry_refs(b->fib, i), 0);
	assert_int_equal(grace_pending(b->grace), 1);
}

static void next_hop_and_path_mtu_change_in_place(void **state)
{
	struct bench *b = *state;
	uint32_t i = hold(b, tunnel("2001:db8::1", "2001:db8:a::1", 1));
	const struct fwd_entry *e = entry_get(b->fib, i);
	entry_set_nexthop(b->fib, i, 7);
	entry_set_mtu(b->fib, i, 1460);
	assert_int_equal(e->nexthop, 7);
	assert_int_equal(e->path_mtu, 1460);
	assert_int_equal(e->peer_id, 1);
}

struct visit {
	uint32_t seen[FEW_ENTRIES], n;
};

static void see(void *arg, uint32_t index, const struct fwd_entry *e)
{
	struct visit *v = arg;

	assert_true(v->n < FEW_ENTRIES);
	assert_int_equal(e->tunnel.peer, e->peer_id);
	v->seen[v->n++] = index;
}

static void a_walk_meets_the_entries_that_are_held(void **state)
{
	struct bench *b = *state;
	struct visit v = {0};
	entry_each(b->fib, see, &v);
	assert_int_equal(v.n, 0);
	uint32_t one = hold(b, tunnel("2001:db8::1", "2001:db8:a::1", 1));
	uint32_t two = hold(b, tunnel("2001:db8::1", "2001:db8:a::1", 2));
	uint32_t three = hold(b, tunnel("2001:db8::1", "2001:db8:a::1", 3));
	entry_release(b->fib, two);
	entry_each(b->fib, see, &v);
	assert_int_equal(v.n, 2);
	assert_int_equal(v.seen[0] + v.seen[1], one + three);
}

int run_entries(void)
{
	const struct CMUnitTest tests[] = {
		FIB_TEST(equal_tunnels_share_an_entry_and_others_do_not),
		FIB_TEST(an_entry_begins_with_the_outer_header_of_its_tunnel),
		FIB_TEST(an_entry_is_not_used_again_while_a_worker_may_see_it),
		FIB_TEST(a_tunnel_that_comes_back_at_once_gets_another_entry),
		FIB_TEST(an_entry_lives_as_long_as_one_binding_holds_it),
		FIB_TEST(next_hop_and_path_mtu_change_in_place),
		FIB_TEST(a_walk_meets_the_entries_that_are_held),
	};
	return cmocka_run_group_tests_name("entries", tests, NULL, NULL);
}
