// SipHash-1-3: the published vector of the algorithm, and that key and length matter.
#include "base/siphash.h"
#include "test/unit/test.h"

static void equals_the_published_value_for_counting_bytes(void **state)
{
	(void)state;
	uint8_t in[15];
	for (uint8_t i = 0; i < sizeof(in); i++)
		in[i] = i;
	struct siphash_key key = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
	uint64_t empty = siphash(key, in, 0);
	assert_true(empty == 0xabac0158050fc4dcu);
}

static void depends_on_key_and_length(void **state)
{
	(void)state;
	uint8_t zeros[16] = {0};
	struct siphash_key a = {1, 2}, b = {1, 3};
	assert_true(siphash(a, zeros, 8) != siphash(b, zeros, 8));
	assert_true(siphash(a, zeros, 8) != siphash(a, zeros, 9));
	assert_true(siphash(a, zeros, 8) != siphash(a, zeros, 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_the_published_value_for_counting_bytes),
		cmocka_unit_test(depends_on_key_and_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
