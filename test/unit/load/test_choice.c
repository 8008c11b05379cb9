// Whose packet is next, and how long it is.
#include <math.h>
#include <stdlib.h>

#include "test/unit/test.h"
#include "tools/load/pick.h"
#include "tools/load/sizes.h"

enum { NODES = 1000, DRAWS = PICK_DRAWN };

static uint32_t *draw(double zipf, uint64_t seed)
{
	uint32_t *counts = calloc(NODES, sizeof(*counts));
	struct pick p;

	assert_non_null(counts);
	assert_int_equal(pick_init(&p, NODES, zipf, seed), 0);
	for (uint32_t i = 0; i < DRAWS; i++) {
		uint32_t k = pick_next(&p);
		assert_true(k < NODES);
		counts[k]++;
	}
	pick_done(&p);
	return counts;
}

// Six standard deviations: not once in a billion.
static void is_about(double got, double wanted)
{
	if (fabs(got - wanted) > 6 * sqrt(wanted))
		fail_msg("%.0f, wanted is about %.0f", got, wanted);
}

static void uniform_chooses_each_node_as_often(void **state)
{
	uint32_t *counts = draw(0, 1);

	(void)state;
	for (unsigned i = 0; i < NODES; i++)
		is_about(counts[i], (double)DRAWS / NODES);
	free(counts);
}

static void zipf_chooses_each_node_by_its_rank(void **state)
{
	static const double exponents[] = {0.6, 1, 1.3};

	(void)state;
	for (unsigned e = 0; e < sizeof(exponents) / sizeof(exponents[0]); e++) {
		uint32_t *counts = draw(exponents[e], 2);
		double sum = 0;
		for (unsigned i = 0; i < NODES; i++)
			sum += pow(i + 1, -exponents[e]);
		for (unsigned i = 0; i < NODES; i++)
			is_about(counts[i], DRAWS * pow(i + 1, -exponents[e]) / sum);
		free(counts);
	}
}

static void a_single_node_is_always_chosen(void **state)
{
	struct pick p;

	(void)state;
	assert_int_equal(pick_init(&p, 1, 1, 3), 0);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(pick_next(&p), 0);
	pick_done(&p);
	assert_int_equal(pick_init(&p, 1, 0, 3), 0);
	assert_int_equal(pick_next(&p), 0);
	pick_done(&p);
}

static void the_same_seed_chooses_the_same(void **state)
{
	uint32_t *a = draw(0, 7), *b = draw(0, 7), *c = draw(0, 8);

	(void)state;
	assert_memory_equal(a, b, NODES * sizeof(*a));
	assert_memory_not_equal(a, c, NODES * sizeof(*a));
	free(a);
	free(b);
	free(c);
}

static void the_mix_has_seven_short_four_middle_and_one_long(void **state)
{
	struct sizes s = sizes_imix();
	unsigned of[1515] = {0};

	(void)state;
	for (unsigned i = 0; i < 2 * SIZES_IMIX; i++)
		of[sizes_next(&s)]++;
	assert_int_equal(of[64], 14);
	assert_int_equal(of[570], 8);
	assert_int_equal(of[1400], 2);
}

static void a_fixed_size_stays(void **state)
{
	struct sizes s = sizes_fixed(777);

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(sizes_next(&s), 777);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(uniform_chooses_each_node_as_often),
		cmocka_unit_test(zipf_chooses_each_node_by_its_rank),
		cmocka_unit_test(a_single_node_is_always_chosen),
		cmocka_unit_test(the_same_seed_chooses_the_same),
		cmocka_unit_test(the_mix_has_seven_short_four_middle_and_one_long),
		cmocka_unit_test(a_fixed_size_stays),
	};

	return cmocka_run_group_tests_name("choice", tests, NULL, NULL);
}
