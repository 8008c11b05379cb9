// The bijection: exactness of the cache rests on it, and so does its even load.
#include "base/rng.h"
#include "test/unit/bcache/lines.h"
#include "test/unit/bcache/suites.h"

static void every_hash_has_one_key(void **state)
{
	(void)state;
	struct rng rng = {1};
	for (int i = 0; i < 100000; i++) {
		struct mix m = mix_of(i % 100 == 0 ? 0 : rng_u64(&rng));
		uint64_t key = i % 3 == 0 ? (uint64_t)i : rng_u64(&rng);
		assert_int_equal(unmix64(m, mix64(m, key)), key);
		assert_int_equal(mix64(m, unmix64(m, key)), key);
	}
}

static void SEC_04_what_shares_a_line_depends_on_the_seed(void **state)
{
	(void)state;
	const unsigned shift = 64 - 18;
	const struct mix a = mix_of(1), b = mix_of(2);
	const uint64_t line = mix64(a, 0x20010db800000000u) >> shift;
	int together_a = 0, together_b = 0;
	uint64_t first = 0;
	for (uint64_t i = 0; together_a < 64; i++) {
		uint64_t key = unmix64(a, line << shift | i);
		together_a++;
		if (together_a == 1)
			first = mix64(b, key) >> shift;
		together_b += mix64(b, key) >> shift == first;
	}
	assert_in_range(together_b, 1, 3); // the first itself, and chance
}

// Prefixes are handed out from pools one after the other: lines must fill as if by chance.
static void neighbouring_prefixes_spread_over_the_lines_as_if_by_chance(void **state)
{
	(void)state;
	enum { BITS = 12, LINES = 1 << BITS };
	for (uint64_t seed = 0; seed < 20; seed++) {
		uint8_t load[LINES] = {0};
		int empty = 0;
		const struct mix m = mix_of(seed);
		for (uint64_t i = 0; i < 2 * LINES; i++)
			load[mix64(m, 0x20010db800000000u + i) >> (64 - BITS)]++;
		for (int i = 0; i < LINES; i++)
			empty += load[i] == 0;
		// Poisson with mean 2: e^-2 of 4096 lines, 554, standard deviation about 18.
		assert_in_range(empty, 554 - 110, 554 + 110);
	}
}

int run_mix(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_hash_has_one_key),
		cmocka_unit_test(SEC_04_what_shares_a_line_depends_on_the_seed),
		cmocka_unit_test(neighbouring_prefixes_spread_over_the_lines_as_if_by_chance),
	};
	return cmocka_run_group_tests_name("mix", tests, NULL, NULL);
}
