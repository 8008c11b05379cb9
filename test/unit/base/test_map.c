// The map against a naive list: directed cases, then many random operations.
#include <stdlib.h>

#include "base/map.h"
#include "base/rng.h"
#include "test/unit/test.h"

enum { MODEL = 512 };

struct pair {
	uint64_t hash;
	uint32_t item;
};

static bool has(const struct map *m, uint64_t hash, uint32_t item)
{
	struct map_cursor c;

	for (uint32_t i = map_first(m, hash, &c); i != MAP_NONE; i = map_next(m, &c))
		if (i == item)
			return true;
	return false;
}

static void equal_hashes_are_all_found(void **state)
{
	(void)state;
	struct map m;
	assert_int_equal(map_init(&m, 4), 0);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(map_add(&m, 7ull << 32, i), 0);
	for (uint32_t i = 0; i < 100; i++)
		assert_true(has(&m, 7ull << 32, i));
	assert_true(map_del(&m, 7ull << 32, 50));
	assert_false(map_del(&m, 7ull << 32, 50));
	assert_false(has(&m, 7ull << 32, 50));
	assert_true(has(&m, 7ull << 32, 99));
	map_done(&m);
}

static void agrees_with_a_list_over_random_operations(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct rng rng = {seed};
		struct pair model[MODEL];
		uint32_t n = 0;
		struct map m;
		assert_int_equal(map_init(&m, 0), 0);
		for (uint32_t step = 0; step < 20000; step++) {
			if (n < MODEL && rng_below(&rng, 100) < 55) {
				// Few homes, so that runs collide and wrap around the end.
				model[n] = (struct pair){rng_u64(&rng) << 32 | 0, step};
				model[n].hash &= 0xf000001full << 32;
				assert_int_equal(map_add(&m, model[n].hash, step), 0);
				n++;
			} else if (n > 0) {
				uint32_t i = rng_below(&rng, n);
				assert_true(map_del(&m, model[i].hash, model[i].item));
				model[i] = model[--n];
			}
			if (step % 64 != 0)
				continue;
			assert_int_equal(m.n, n);
			for (uint32_t i = 0; i < n; i++)
				assert_true(has(&m, model[i].hash, model[i].item));
		}
		map_done(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_hashes_are_all_found),
		cmocka_unit_test(agrees_with_a_list_over_random_operations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
