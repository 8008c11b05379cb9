// The door of the binding cache: prefixes of every length in, the longest one's value out.
#include "bcache/bcache.h"

#include <errno.h>

#include "base/rng.h"
#include "test/unit/bcache/suites.h"

enum { MAX = 300 };

struct bench {
	struct grace *grace;
	struct bcache *cache;
};

static int setup(void **state)
{
	static struct bench b;
	const struct bcache_conf conf = {.max_bindings = MAX, .seed = 4, .min_bits = 8};

	*state = &b;
	if (grace_new(1, &b.grace) != 0)
		return -1;
	return bcache_new(&conf, b.grace, &b.cache);
}

static int teardown(void **state)
{
	struct bench *b = *state;

	bcache_free(b->cache);
	grace_free(b->grace);
	return 0;
}

static struct ip6_prefix prefix(const char *text)
{
	struct ip6_prefix p;

	assert_int_equal(ip6_prefix_parse(text, &p), 0);
	return p;
}

static uint32_t find(const struct bcache *b, const char *text)
{
	struct ip6_addr a;

	assert_int_equal(ip6_parse(text, &a), 0);
	return bcache_find(b, a);
}

static struct bcache_stats stats_of(const struct bcache *b)
{
	struct bcache_stats s;

	bcache_stats(b, &s);
	return s;
}

static void every_address_in_a_prefix_finds_its_value(void **state)
{
	struct bcache *b = ((struct bench *)*state)->cache;
	assert_int_equal(find(b, "2001:db8:1::1"), BCACHE_NONE);
	assert_int_equal(bcache_set(b, prefix("2001:db8:1::/64"), 9), 0);
	assert_int_equal(find(b, "2001:db8:1::"), 9);
	assert_int_equal(find(b, "2001:db8:1::ffff:ffff:ffff:ffff"), 9);
	assert_int_equal(find(b, "2001:db8:1:1::1"), BCACHE_NONE);
	assert_int_equal(find(b, "2001:db8:0:ffff::1"), BCACHE_NONE);
	assert_int_equal(bcache_get(b, prefix("2001:db8:1::/64")), 9);
	assert_int_equal(bcache_set(b, prefix("2001:db8:1::/64"), BCACHE_DETACHED), 0);
	assert_int_equal(find(b, "2001:db8:1::1"), BCACHE_DETACHED);
	assert_int_equal(stats_of(b).bindings, 1);
	assert_int_equal(bcache_del(b, prefix("2001:db8:1::/64")), 0);
	assert_int_equal(find(b, "2001:db8:1::1"), BCACHE_NONE);
	assert_int_equal(bcache_del(b, prefix("2001:db8:1::/64")), -ENOENT);
	assert_int_equal(stats_of(b).bindings, 0);
}

static void of_several_prefixes_the_longest_counts(void **state)
{
	struct bcache *b = ((struct bench *)*state)->cache;
	assert_int_equal(bcache_set(b, prefix("2001:db8::/48"), 48), 0);
	assert_int_equal(bcache_set(b, prefix("2001:db8:0:100::/56"), 56), 0);
	assert_int_equal(bcache_set(b, prefix("2001:db8:0:101::/64"), 64), 0);
	assert_int_equal(bcache_set(b, prefix("::/0"), 10), 0);
	assert_int_equal(find(b, "2001:db8:0:101::1"), 64);
	assert_int_equal(find(b, "2001:db8:0:102::1"), 56);
	assert_int_equal(find(b, "2001:db8:0:200::1"), 48);
	assert_int_equal(find(b, "2001:db9::1"), 10);
	assert_int_equal(bcache_get(b, prefix("2001:db8:0:101::/64")), 64);
	assert_int_equal(bcache_get(b, prefix("2001:db8:0:100::/64")), BCACHE_NONE);
	assert_int_equal(bcache_del(b, prefix("2001:db8:0:100::/56")), 0);
	assert_int_equal(find(b, "2001:db8:0:102::1"), 48);
	assert_int_equal(find(b, "2001:db8:0:101::1"), 64);
	assert_int_equal(bcache_del(b, prefix("::/0")), 0);
	assert_int_equal(find(b, "2001:db9::1"), BCACHE_NONE);
	assert_int_equal(bcache_set(b, prefix("::/0"), 11), 0); // a length that comes back
	assert_int_equal(find(b, "2001:db9::1"), 11);
}

static void what_cannot_be_a_binding_is_refused_and_changes_nothing(void **state)
{
	struct bcache *b = ((struct bench *)*state)->cache;
	const struct ip6_prefix hnp = prefix("2001:db8::/64");
	assert_int_equal(bcache_set(b, prefix("2001:db8::/65"), 9), -EINVAL);
	assert_int_equal(bcache_set(b, prefix("2001:db8::1/128"), 9), -EINVAL);
	assert_int_equal(bcache_set(b, hnp, BCACHE_NONE), -EINVAL);
	assert_int_equal(bcache_set(b, hnp, BCACHE_TOMB), -EINVAL);
	assert_int_equal(bcache_set(b, hnp, bcache_max_value(b) + 1), -EINVAL);
	assert_int_equal(stats_of(b).bindings, 0);
	assert_int_equal(bcache_set(b, hnp, bcache_max_value(b)), 0);
	assert_int_equal(find(b, "2001:db8::1"), bcache_max_value(b));
	assert_int_equal(bcache_del(b, prefix("2001:db8::/65")), -ENOENT);
	assert_int_equal(bcache_del(b, prefix("2001:db8::/63")), -ENOENT); // a length never used
	assert_int_equal(bcache_get(b, prefix("2001:db8::/63")), BCACHE_NONE);
	assert_int_equal(bcache_get(b, prefix("2001:db8::/65")), BCACHE_NONE);
}

static struct ip6_prefix numbered(uint64_t i)
{
	return (struct ip6_prefix){ip6_from64(0x20010db800000000u + i, 0), 64};
}

static void more_bindings_than_agreed_are_refused_and_counted(void **state)
{
	struct bcache *b = ((struct bench *)*state)->cache;
	for (uint64_t i = 0; i < MAX; i++)
		assert_int_equal(bcache_set(b, numbered(i), BCACHE_FIRST + i % 200), 0);
	assert_int_equal(bcache_set(b, numbered(MAX), 9), -ENOSPC);
	assert_int_equal(stats_of(b).refused, 1);
	assert_int_equal(bcache_set(b, numbered(5), 99), 0); // a handover needs no room
	assert_int_equal(bcache_del(b, numbered(0)), 0);
	assert_int_equal(bcache_set(b, numbered(MAX), 9), 0);
	assert_int_equal(bcache_get(b, numbered(5)), 99);
	assert_int_equal(bcache_get(b, numbered(1)), BCACHE_FIRST + 1);
	assert_int_equal(stats_of(b).bindings, MAX);
}

static void a_burst_of_any_size_finds_what_single_lookups_find(void **state)
{
	enum { LARGEST = 150 };
	struct bcache *b = ((struct bench *)*state)->cache;
	struct ip6_addr addrs[LARGEST];
	const struct ip6_addr *ptrs[LARGEST];
	uint32_t values[LARGEST + 1];
	struct rng rng = {3};
	for (uint64_t i = 0; i < MAX; i += 2)
		assert_int_equal(bcache_set(b, numbered(i), BCACHE_FIRST + i % 200), 0);
	assert_int_equal(bcache_set(b, prefix("2001:db8::/57"), 250), 0);
	for (unsigned n = 0; n <= LARGEST; n++) {
		for (unsigned i = 0; i < n; i++) {
			addrs[i] = ip6_from64(0x20010db800000000u + rng_below(&rng, MAX),
					      rng_u64(&rng));
			ptrs[i] = &addrs[i];
		}
		values[n] = 12345;
		bcache_find_burst(b, ptrs, n, values);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(values[i], bcache_find(b, addrs[i]));
		assert_int_equal(values[n], 12345);
	}
}

static struct bcache_stats stats_for(uint64_t max_bindings, unsigned min_bits, uint32_t *max_value)
{
	const struct bcache_conf conf = {
		.max_bindings = max_bindings, .seed = 1, .min_bits = min_bits};
	struct bcache_stats s = {0};
	struct grace *grace;
	struct bcache *b;

	assert_int_equal(grace_new(1, &grace), 0);
	assert_int_equal(bcache_new(&conf, grace, &b), 0);
	bcache_stats(b, &s);
	*max_value = bcache_max_value(b);
	bcache_free(b);
	grace_free(grace);
	return s;
}

static void the_table_is_the_smallest_with_two_of_eight_slots_used(void **state)
{
	(void)state;
	uint32_t max_value;
	struct bcache_stats s = stats_for(1, 18, &max_value);
	assert_int_equal(s.bytes, 16 << 20);
	assert_int_equal(max_value, (1 << 18) - 1);
	assert_int_equal(s.stash_capacity, 64);
	assert_int_equal(stats_for(2 << 18, 18, &max_value).lines, 1 << 18);
	assert_int_equal(stats_for((2 << 18) + 1, 18, &max_value).lines, 1 << 19);
	s = stats_for(16777216, 18, &max_value);
	assert_int_equal(s.bytes, 512ull << 20);
	assert_int_equal(max_value, (1 << 23) - 1);
	assert_int_equal(s.stash_capacity, 16384);
}

static void at_its_agreed_load_the_cache_takes_every_prefix_of_a_pool(void **state)
{
	(void)state;
	enum { BITS = 15, N = 2 << BITS };
	for (uint64_t seed = 0; seed < 4; seed++) {
		const struct bcache_conf conf = {.max_bindings = N, .seed = seed, .min_bits = BITS};
		struct grace *grace;
		struct bcache *b;
		assert_int_equal(grace_new(1, &grace), 0);
		assert_int_equal(bcache_new(&conf, grace, &b), 0);
		for (uint64_t i = 0; i < N; i++)
			assert_int_equal(bcache_set(b, numbered(i), BCACHE_FIRST + i % 1000), 0);
		// 0.015 % overflow, 9.5 keys here, if the lines fill as if by chance.
		assert_in_range(stats_of(b).stashed, 1, 30);
		for (uint64_t i = 0; i < N; i++)
			assert_int_equal(bcache_get(b, numbered(i)), BCACHE_FIRST + i % 1000);
		for (uint64_t i = 0; i < N; i++)
			assert_int_equal(bcache_del(b, numbered(i)), 0);
		assert_int_equal(stats_of(b).bindings, 0);
		assert_int_equal(stats_of(b).stashed, 0);
		assert_int_equal(stats_of(b).tombstones, 0);
		bcache_free(b);
		grace_free(grace);
	}
}

static void a_cache_that_cannot_be_is_refused(void **state)
{
	struct grace *grace = ((struct bench *)*state)->grace;
	const struct bcache_conf wrong[] = {{.min_bits = 18},
					    {.max_bindings = 10, .min_bits = 3},
					    {.max_bindings = 10, .min_bits = 29}};
	for (unsigned i = 0; i < 3; i++) {
		struct bcache *b = NULL;
		assert_int_equal(bcache_new(&wrong[i], grace, &b), -EINVAL);
		assert_null(b);
	}
	bcache_free(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_address_in_a_prefix_finds_its_value),
		TEST(of_several_prefixes_the_longest_counts),
		TEST(what_cannot_be_a_binding_is_refused_and_changes_nothing),
		TEST(more_bindings_than_agreed_are_refused_and_counted),
		TEST(a_burst_of_any_size_finds_what_single_lookups_find),
		TEST(a_cache_that_cannot_be_is_refused),
		cmocka_unit_test(the_table_is_the_smallest_with_two_of_eight_slots_used),
		cmocka_unit_test(at_its_agreed_load_the_cache_takes_every_prefix_of_a_pool),
	};
	int failed = run_mix() + run_grace() + run_lines();

	return failed + cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
