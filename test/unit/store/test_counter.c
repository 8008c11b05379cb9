// The restart counter: one more at each start, and never half a number.
#include "store/counter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/unit/test.h"

struct place {
	char dir[32], path[64], beside[80];
};

static int set_up(void **state)
{
	static struct place p;

	p = (struct place){.dir = "/tmp/counterXXXXXX"};
	if (mkdtemp(p.dir) == NULL)
		return -1;
	snprintf(p.path, sizeof(p.path), "%s/restart", p.dir);
	snprintf(p.beside, sizeof(p.beside), "%s.new", p.path);
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	const struct place *p = *state;

	unlink(p->path);
	unlink(p->beside);
	return rmdir(p->dir);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static uint32_t next(const struct place *p)
{
	char why[256] = "";
	uint32_t v = 0;

	int rc = counter_next(p->path, &v, why, sizeof(why));
	if (rc != 0)
		print_error("%s\n", why);
	assert_int_equal(rc, 0);
	return v;
}

static void HB_03_each_start_is_one_more(void **state)
{
	const struct place *p = *state;

	for (uint32_t i = 1; i < 5; i++)
		assert_int_equal(next(p), i);
	assert_int_equal(access(p->beside, F_OK), -1);
}

static void after_the_greatest_number_comes_zero(void **state)
{
	const struct place *p = *state;

	write_file(p->path, "4294967295\n");
	assert_int_equal(next(p), 0);
	assert_int_equal(next(p), 1);
}

static void what_a_killed_start_left_beside_is_replaced(void **state)
{
	const struct place *p = *state;

	write_file(p->path, "7\n");
	write_file(p->beside, "gar");
	assert_int_equal(next(p), 8);
}

static void a_file_that_is_no_counter_is_refused_and_kept(void **state)
{
	static const char *const others[] = {
		"",
		"\n",
		"seven\n",
		"7",
		"7\n8\n",
		"-1\n",
		"4294967296\n",
		" 7\n",
		"0x7\n",
		"7 \n",
		"12345678901234567890123456789012345678901234567890\n"};
	const struct place *p = *state;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char why[256] = "", text[80] = "";
		uint32_t v = 99;
		write_file(p->path, others[i]);
		assert_int_equal(counter_next(p->path, &v, why, sizeof(why)), -EINVAL);
		assert_int_equal(v, 99);
		assert_non_null(strstr(why, p->path));
		assert_non_null(strstr(why, "heartbeat.counter")); // what to type next
		FILE *f = fopen(p->path, "r");
		assert_non_null(f);
		size_t n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
		assert_int_equal(n, strlen(others[i]));
		assert_string_equal(text, others[i]);
	}
}

static void a_place_that_cannot_be_written_is_an_error_with_the_reason(void **state)
{
	const struct place *p = *state;
	char path[128], why[256] = "";
	uint32_t v = 99;

	snprintf(path, sizeof(path), "%s/no/restart", p->dir);
	assert_int_equal(counter_next(path, &v, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "directory"));
	assert_int_equal(counter_next(p->dir, &v, why, sizeof(why)), -EISDIR);
	assert_int_equal(v, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(HB_03_each_start_is_one_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(after_the_greatest_number_comes_zero, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_a_killed_start_left_beside_is_replaced, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_is_no_counter_is_refused_and_kept,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_place_that_cannot_be_written_is_an_error_with_the_reason, set_up,
			tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
