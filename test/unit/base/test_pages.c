// Memory of large tables, of both kinds.
#include "base/pages.h"

#include <string.h>

#include "test/unit/test.h"

enum { SMALL = 4096, LARGE = (4 << 20) + 4096 };

static void it_is_zero_to_its_last_byte_and_can_be_written(void **state)
{
	static const size_t sizes[] = {SMALL, LARGE};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *p = pages_new(sizes[i]);
		assert_non_null(p);
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(p[k], 0);
		memset(p, 1, sizes[i]);
		pages_free(p, sizes[i]);
	}
	pages_free(NULL, SMALL);
	pages_free(NULL, LARGE);
}

static void what_no_machine_has_is_refused(void **state)
{
	(void)state;
	assert_null(pages_new((size_t)1 << 60));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_zero_to_its_last_byte_and_can_be_written),
		cmocka_unit_test(what_no_machine_has_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
