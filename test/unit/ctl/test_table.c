// What a table looks like, to the last blank.
#include <stdlib.h>
#include <string.h>

#include "app/ctl/table.h"
#include "test/unit/test.h"

static const struct column columns[] = {
	{"node", "NODE", COLUMN_TEXT, 0},     {"state", "STATE", COLUMN_TEXT, 2},
	{"age", "AGE", COLUMN_DURATION, 1},   {"bytes", "BYTES", COLUMN_COUNT, 3},
	{"text", "ABOUT IT", COLUMN_TEXT, 0}, {.key = NULL},
};

struct paper {
	struct table table;
	FILE *out;
	char *text;
	size_t n;
};

static void begin(struct paper *p, const struct column *c, size_t room)
{
	p->out = open_memstream(&p->text, &p->n);
	table_init(&p->table, c, p->out, room);
}

static void add(struct paper *p, const char *json)
{
	json_t *row = json_loads(json, 0, NULL);

	assert_non_null(row);
	table_add(&p->table, row);
	json_decref(row);
}

static void end(struct paper *p, const char *expected)
{
	table_end(&p->table);
	fclose(p->out);
	assert_string_equal(p->text, expected);
	free(p->text);
}

static void add_two_nodes(struct paper *p)
{
	add(p, "{\"node\":\"mn1@example.net\",\"state\":\"active\",\"age\":125.4,"
	       "\"bytes\":1234567,\"text\":\"here\"}");
	add(p, "{\"node\":\"m\",\"state\":\"detached\",\"age\":11520.0,"
	       "\"bytes\":7,\"text\":\"there, for a longer while\"}");
}

static void text_stands_left_numbers_right_and_no_line_ends_in_blanks(void **state)
{
	(void)state;
	struct paper p;

	begin(&p, columns, 0);
	add_two_nodes(&p);
	end(&p, "NODE             STATE            AGE      BYTES  ABOUT IT\n"
		"mn1@example.net  active     2 min 5 s  1,234,567  here\n"
		"m                detached  3 h 12 min          7  there, for a longer while\n");
}

static void what_a_row_does_not_say_is_a_dash(void **state)
{
	(void)state;
	struct paper p;

	begin(&p, columns, 0);
	add(&p, "{\"node\":\"\",\"bytes\":null,\"unknown\":1}");
	end(&p, "NODE  STATE  AGE  BYTES  ABOUT IT\n"
		"-     -        -      -  -\n");
}

static void a_table_without_rows_prints_nothing(void **state)
{
	(void)state;
	struct paper p;

	begin(&p, columns, 10);
	end(&p, "");
}

static void counters_beyond_a_double_keep_every_digit(void **state)
{
	(void)state;
	static const struct column one[] = {{"n", "N", COLUMN_COUNT, 0}, {.key = NULL}};
	struct paper p;

	begin(&p, one, 0);
	add(&p, "{\"n\":9007199254740993}");
	add(&p, "{\"n\":2.0}");
	end(&p, "                    N\n"
		"9,007,199,254,740,993\n"
		"                    2\n");
}

static void a_narrow_terminal_loses_columns_in_their_order_and_says_so(void **state)
{
	(void)state;
	struct paper p;

	begin(&p, columns, 75); // as wide as it is
	add_two_nodes(&p);
	end(&p, "NODE             STATE            AGE      BYTES  ABOUT IT\n"
		"mn1@example.net  active     2 min 5 s  1,234,567  here\n"
		"m                detached  3 h 12 min          7  there, for a longer while\n");
	begin(&p, columns, 74);
	add_two_nodes(&p);
	end(&p, "NODE             STATE            AGE  ABOUT IT\n"
		"mn1@example.net  active     2 min 5 s  here\n"
		"m                detached  3 h 12 min  there, for a longer while\n"
		"too narrow for: BYTES; all of them: kedgectl ... | less -S\n");
	begin(&p, columns, 60);
	add_two_nodes(&p);
	end(&p, "NODE                    AGE  ABOUT IT\n"
		"mn1@example.net   2 min 5 s  here\n"
		"m                3 h 12 min  there, for a longer while\n"
		"too narrow for: STATE, BYTES; all of them: kedgectl ... | less -S\n");
}

static void identifiers_are_whole_however_narrow_it_is(void **state)
{
	(void)state;
	struct paper p;

	begin(&p, columns, 1);
	add_two_nodes(&p);
	end(&p, "NODE             ABOUT IT\n"
		"mn1@example.net  here\n"
		"m                there, for a longer while\n"
		"too narrow for: STATE, AGE, BYTES; all of them: kedgectl ... | less -S\n");
}

static void a_name_of_255_bytes_is_not_cut(void **state)
{
	(void)state;
	static const struct column one[] = {{"n", "N", COLUMN_TEXT, 0}, {.key = NULL}};
	char name[256], json[300], expected[300];
	struct paper p;

	memset(name, 'n', 255);
	name[255] = '\0';
	snprintf(json, sizeof(json), "{\"n\":\"%s\"}", name);
	snprintf(expected, sizeof(expected), "N\n%s\n", name);
	begin(&p, one, 80);
	add(&p, json);
	end(&p, expected);
}

static void a_long_table_streams_after_its_sample(void **state)
{
	(void)state;
	static const struct column two[] = {
		{"n", "N", COLUMN_TEXT, 0}, {"i", "I", COLUMN_COUNT, 0}, {.key = NULL}};
	struct paper p;

	begin(&p, two, 0);
	for (int i = 0; i < TABLE_SAMPLE - 1; i++)
		add(&p, "{\"n\":\"abc\",\"i\":1000}");
	fflush(p.out);
	assert_int_equal(p.n, 0);
	add(&p, "{\"n\":\"abc\",\"i\":1000}");
	fflush(p.out);
	assert_int_equal(p.n, (TABLE_SAMPLE + 1) * strlen("abc  1,000\n"));
	assert_int_equal(json_array_size(p.table.sample), 0);
	size_t before = p.n;
	add(&p, "{\"n\":\"wider than all before\",\"i\":1000000}");
	add(&p, "{\"n\":\"x\",\"i\":1}");
	fflush(p.out);
	assert_string_equal(p.text + before, "wider than all before  1,000,000\n"
					     "x        1\n");
	assert_int_equal(json_array_size(p.table.sample), 0);
	table_end(&p.table);
	fclose(p.out);
	free(p.text);
}

static void a_single_row_reads_as_headings_and_values(void **state)
{
	(void)state;
	json_t *row = json_loads("{\"node\":\"lma1\",\"age\":3700,\"bytes\":1000}", 0, NULL);
	struct paper p;

	begin(&p, columns, 10);
	table_pairs(&p.table, row);
	json_decref(row);
	end(&p, "NODE      lma1\n"
		"STATE     -\n"
		"AGE       1 h 1 min\n"
		"BYTES     1,000\n"
		"ABOUT IT  -\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stands_left_numbers_right_and_no_line_ends_in_blanks),
		cmocka_unit_test(what_a_row_does_not_say_is_a_dash),
		cmocka_unit_test(a_table_without_rows_prints_nothing),
		cmocka_unit_test(counters_beyond_a_double_keep_every_digit),
		cmocka_unit_test(a_narrow_terminal_loses_columns_in_their_order_and_says_so),
		cmocka_unit_test(identifiers_are_whole_however_narrow_it_is),
		cmocka_unit_test(a_name_of_255_bytes_is_not_cut),
		cmocka_unit_test(a_long_table_streams_after_its_sample),
		cmocka_unit_test(a_single_row_reads_as_headings_and_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
