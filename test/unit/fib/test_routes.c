// Routes: what workers find is what was committed, all of it, in both copies alike.
#include <errno.h>

#include "base/rng.h"
#include "test/unit/fib/table.h"

static struct ip6_prefix prefix(const char *text)
{
	struct ip6_prefix p;

	assert_int_equal(ip6_prefix_parse(text, &p), 0);
	return p;
}

static uint16_t find_addr(struct bench *b, struct ip6_addr a)
{
	int32_t nexthop = -1;

	route_find_burst(b->fib, &a, 1, &nexthop);
	return (uint16_t)nexthop;
}

static uint16_t find(struct bench *b, const char *text)
{
	return find_addr(b, addr(text));
}

// Publishes, and lets the workers leave the old copy.
static void commit(struct bench *b)
{
	assert_int_equal(route_commit(b->fib), -EBUSY);
	pass(b);
	assert_int_equal(route_commit(b->fib), 0);
}

static void without_routes_there_is_no_route(void **state)
{
	struct bench *b = *state;
	assert_int_equal(find(b, "2001:db8::1"), NEXTHOP_NONE);
	assert_int_equal(find(b, "::"), NEXTHOP_NONE);
	assert_int_equal(find(b, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), NEXTHOP_NONE);
	assert_int_equal(route_get(b->fib, addr("2001:db8::1")), NEXTHOP_NONE);
	assert_int_equal(route_del(b->fib, prefix("2001:db8::/32")), -ENOENT);
	assert_int_equal(route_commit(b->fib), 0);
}

static void the_longest_route_counts(void **state)
{
	struct bench *b = *state;
	assert_int_equal(route_set(b->fib, prefix("::/0"), 3), 0);
	assert_int_equal(route_set(b->fib, prefix("2001:db8::/32"), 4), 0);
	assert_int_equal(route_set(b->fib, prefix("2001:db8:1000::/40"), NEXTHOP_POOL), 0);
	assert_int_equal(route_set(b->fib, prefix("2001:db8::1/128"), NEXTHOP_LOCAL), 0);
	commit(b);
	assert_int_equal(find(b, "2001:db9::1"), 3);
	assert_int_equal(find(b, "2001:db8:1::1"), 4);
	assert_int_equal(find(b, "2001:db8:10ff:ffff::1"), NEXTHOP_POOL);
	assert_int_equal(find(b, "2001:db8::1"), NEXTHOP_LOCAL);
	assert_int_equal(find(b, "2001:db8::2"), 4);
	assert_int_equal(route_del(b->fib, prefix("2001:db8::/32")), 0);
	commit(b);
	assert_int_equal(find(b, "2001:db8:1::1"), 3);
	assert_int_equal(find(b, "2001:db8::1"), NEXTHOP_LOCAL);
	assert_int_equal(route_del(b->fib, prefix("::/0")), 0);
	commit(b);
	assert_int_equal(find(b, "2001:db8:1::1"), NEXTHOP_NONE);
	assert_int_equal(find(b, "2001:db8:1000::1"), NEXTHOP_POOL);
}

static void workers_see_nothing_before_the_commit_and_control_sees_it_at_once(void **state)
{
	struct bench *b = *state;
	assert_int_equal(route_set(b->fib, prefix("2001:db8::/32"), 5), 0);
	assert_int_equal(find(b, "2001:db8::1"), NEXTHOP_NONE);
	assert_int_equal(route_get(b->fib, addr("2001:db8::1")), 5);
	assert_int_equal(route_commit(b->fib), -EBUSY); // out, and the other copy waits
	assert_int_equal(find(b, "2001:db8::1"), 5);
}

static void what_comes_during_a_commit_waits_for_the_next(void **state)
{
	struct bench *b = *state;
	assert_int_equal(route_set(b->fib, prefix("2001:db8:1::/48"), 5), 0);
	assert_int_equal(route_commit(b->fib), -EBUSY);
	assert_int_equal(route_set(b->fib, prefix("2001:db8:2::/48"), 6), 0);
	assert_int_equal(route_set(b->fib, prefix("2001:db8:1::/48"), 7), 0);
	assert_int_equal(route_commit(b->fib), -EBUSY);
	grace_poll(b->grace);
	assert_int_equal(route_commit(b->fib), -EBUSY); // the worker has not reported
	assert_int_equal(find(b, "2001:db8:2::1"), NEXTHOP_NONE);
	assert_int_equal(find(b, "2001:db8:1::1"), 5);
	pass(b);
	assert_int_equal(route_commit(b->fib), -EBUSY);
	assert_int_equal(find(b, "2001:db8:2::1"), 6);
	assert_int_equal(find(b, "2001:db8:1::1"), 7);
	pass(b);
	assert_int_equal(route_commit(b->fib), 0);
}

static void a_route_that_came_and_went_before_the_commit_was_never_there(void **state)
{
	struct bench *b = *state;
	assert_int_equal(route_set(b->fib, prefix("2001:db8::/32"), 5), 0);
	assert_int_equal(route_del(b->fib, prefix("2001:db8::/32")), 0);
	assert_int_equal(route_del(b->fib, prefix("2001:db8::/32")), -ENOENT);
	commit(b);
	assert_int_equal(find(b, "2001:db8::1"), NEXTHOP_NONE);
	assert_int_equal(route_set(b->fib, prefix("2001:db8::/32"), 6), 0);
	commit(b);
	assert_int_equal(find(b, "2001:db8::1"), 6);
}

static void a_burst_finds_what_single_lookups_find(void **state)
{
	enum { N = 150 };
	struct bench *b = *state;
	struct ip6_addr addrs[N];
	int32_t nexthops[N + 1];
	for (uint16_t i = 0; i < N; i++) {
		addrs[i] = ip6_from64(0x20010db800000000u | (uint64_t)i << 16, 1);
		if (i % 3 == 0)
			assert_int_equal(
				route_set(b->fib, ip6_prefix_of(addrs[i], 48), (uint16_t)(100 + i)),
				0);
	}
	commit(b);
	for (unsigned n = 0; n <= N; n++) {
		nexthops[n] = 4242;
		route_find_burst(b->fib, addrs, n, nexthops);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(nexthops[i], i % 3 == 0 ? 100 + i : NEXTHOP_NONE);
		assert_int_equal(nexthops[n], 4242);
	}
}

// ---- Against a list.

enum { PREFIXES = 120 };

struct row {
	struct ip6_prefix dst;
	uint16_t control, workers; // NEXTHOP_NONE: not there
};

static uint16_t longest(const struct row *rows, struct ip6_addr a, bool control)
{
	uint16_t best = NEXTHOP_NONE;
	int len = -1;

	for (int i = 0; i < PREFIXES; i++) {
		uint16_t nexthop = control ? rows[i].control : rows[i].workers;
		if (nexthop == NEXTHOP_NONE || rows[i].dst.len <= len ||
		    !ip6_prefix_covers(rows[i].dst, a))
			continue;
		best = nexthop;
		len = rows[i].dst.len;
	}
	return best;
}

// Addresses that differ in few bits of a few bytes, so that prefixes lie in each other.
static struct ip6_addr any_addr(struct rng *rng)
{
	struct ip6_addr a = addr("2001:db8::");

	for (int i = 0; i < 4; i++)
		a.a[rng_below(rng, 16)] ^= (uint8_t)(rng_below(rng, 2) << rng_below(rng, 8));
	return a;
}

static void fill(struct row *rows, struct rng *rng)
{
	static const uint8_t lens[] = {0,  1,  16, 23, 24, 25, 32,  40,
				       48, 56, 63, 64, 65, 96, 127, 128};

	for (int i = 0; i < PREFIXES; i++) {
		bool twice = true;
		while (twice) {
			uint8_t len = lens[rng_below(rng, sizeof(lens))];
			rows[i] = (struct row){.dst = ip6_prefix_of(any_addr(rng), len)};
			twice = false;
			for (int k = 0; k < i; k++)
				twice |= ip6_prefix_equal(rows[i].dst, rows[k].dst);
		}
	}
}

// True if there is something to commit.
static bool change_one(struct bench *b, struct row *rows, struct rng *rng)
{
	struct row *r = &rows[rng_below(rng, PREFIXES)];
	uint16_t nexthop = (uint16_t)(NEXTHOP_POOL + rng_below(rng, 16383));

	if (rng_below(rng, 2) == 0) {
		bool was = r->control != NEXTHOP_NONE;
		assert_int_equal(route_del(b->fib, r->dst), was ? 0 : -ENOENT);
		r->control = NEXTHOP_NONE;
		return was;
	}
	assert_int_equal(route_set(b->fib, r->dst, nexthop), 0);
	r->control = nexthop;
	return true;
}

static void check(struct bench *b, const struct row *rows, struct rng *rng)
{
	for (int i = 0; i < 40; i++) {
		struct ip6_addr a =
			i % 2 == 0 ? any_addr(rng) : rows[rng_below(rng, PREFIXES)].dst.addr;
		a.a[15] ^= (uint8_t)rng_below(rng, 2);
		assert_int_equal(find_addr(b, a), longest(rows, a, false));
		assert_int_equal(route_get(b->fib, a), longest(rows, a, true));
	}
}

static void play(struct bench *b, uint64_t seed)
{
	static struct row rows[PREFIXES];
	struct rng rng = {seed};
	bool waiting = false, fresh = false;

	fill(rows, &rng);
	for (int step = 0; step < 4000; step++) {
		uint32_t what = rng_below(&rng, 8);
		if (what == 0) {
			if (fresh && !waiting) {
				for (int i = 0; i < PREFIXES; i++)
					rows[i].workers = rows[i].control;
				waiting = true;
				fresh = false;
			}
			assert_int_equal(route_commit(b->fib), waiting ? -EBUSY : 0);
		} else if (what == 1) {
			pass(b);
			waiting = false;
		} else {
			fresh |= change_one(b, rows, &rng);
		}
		if (step % 8 == 0)
			check(b, rows, &rng);
	}
}

static void random_changes_and_commits_agree_with_a_list(void **state)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		print_message("seed %d\n", (int)seed);
		play(*state, seed);
		assert_int_equal(stop(state), 0);
		assert_int_equal(start(state), 0);
	}
}

int run_routes(void)
{
	const struct CMUnitTest tests[] = {
		FIB_TEST(without_routes_there_is_no_route),
		FIB_TEST(the_longest_route_counts),
		FIB_TEST(workers_see_nothing_before_the_commit_and_control_sees_it_at_once),
		FIB_TEST(what_comes_during_a_commit_waits_for_the_next),
		FIB_TEST(a_route_that_came_and_went_before_the_commit_was_never_there),
		FIB_TEST(a_burst_finds_what_single_lookups_find),
		FIB_TEST(random_changes_and_commits_agree_with_a_list),
	};
	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
