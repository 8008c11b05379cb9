// One request line, whole or in pieces, right or wrong, and what comes back.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/unit/mgmt/door.h"
#include "test/unit/test.h"

#define END "{\"end\":true}\n"

static int set_up(void **state)
{
	static struct door door;

	door_open(&door);
	*state = &door;
	return 0;
}

static int tear_down(void **state)
{
	door_close(*state);
	return 0;
}

static void assert_answer(struct door *d, const char *request, const char *answer)
{
	char *said = door_ask(d, request);

	assert_string_equal(said, answer);
	free(said);
}

static void a_command_yields_its_rows_and_an_end(void **state)
{
	assert_answer(*state, "show version\n", "{\"row\":0}\n" END);
}

static void an_empty_table_is_only_an_end(void **state)
{
	assert_answer(*state, "show none\n", END);
}

static void a_line_may_end_as_terminals_end_it(void **state)
{
	assert_answer(*state, "show version\r\n", "{\"row\":0}\n" END);
}

static void what_follows_the_line_is_not_answered(void **state)
{
	assert_answer(*state, "show none\nshow version\n", END);
}

static void a_request_may_come_byte_by_byte(void **state)
{
	struct door *d = *state;
	const char *request = "show version\n";
	struct hearing h = {0};
	int fd = door_connect(d);

	for (const char *p = request; *p != '\0'; p++) {
		door_hear(fd, &h, SIZE_MAX);
		assert_int_equal(h.n, 0);
		assert_false(h.ended);
		door_say(fd, p, 1);
		mgmt_poll(d->mgmt, d->now);
	}
	mgmt_poll(d->mgmt, d->now);
	door_hear(fd, &h, SIZE_MAX);
	assert_string_equal(h.text, "{\"row\":0}\n" END);
	assert_true(h.ended);
	free(h.text);
	close(fd);
}

static void an_unknown_command_is_told_the_nearest(void **state)
{
	static const struct {
		const char *said, *meant;
	} slips[] = {
		{"show versions", "show version"},
		{"shwo version", "show version"},
		{"version", "show version"},
		{"sow none", "show none"},
		{"show wid", "show wide"},
		{"huge", "show huge"},
		{"show", "show long"},
		{"", "show long"},
	};

	for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
		char request[64], answer[256];
		snprintf(request, sizeof(request), "%s\n", slips[i].said);
		snprintf(answer, sizeof(answer),
			 "{\"error\":\"unknown command \\\"%s\\\"\","
			 "\"hint\":\"did you mean \\\"%s\\\"?\"}\n",
			 slips[i].said, slips[i].meant);
		assert_answer(*state, request, answer);
	}
}

static void control_bytes_do_not_come_back(void **state)
{
	assert_answer(*state, "show \x1b[2J\xff\n",
		      "{\"error\":\"unknown command \\\"show ?[2J?\\\"\","
		      "\"hint\":\"did you mean \\\"show long\\\"?\"}\n");
}

static void a_null_byte_does_not_end_a_request(void **state)
{
	struct door *d = *state;
	struct hearing h = {0};
	int fd = door_connect(d);

	door_say(fd, "show none\0please\n", 17);
	mgmt_poll(d->mgmt, d->now);
	door_hear(fd, &h, SIZE_MAX);
	assert_non_null(strstr(h.text, "unknown command \\\"show none?please\\\""));
	free(h.text);
	close(fd);
}

static void a_line_of_511_bytes_is_read_and_a_longer_one_refused(void **state)
{
	char line[600];

	memset(line, 'x', sizeof(line));
	line[510] = '\n';
	line[511] = '\0';
	char *said = door_ask(*state, line);
	assert_non_null(strstr(said, "unknown command \\\"xxx"));
	free(said);
	line[510] = 'x';
	line[511] = '\n';
	line[512] = '\0';
	said = door_ask(*state, line);
	assert_non_null(strstr(said, "{\"error\":\"request too long\",\"hint\":"));
	free(said);
}

static void a_line_without_an_end_is_refused_not_kept(void **state)
{
	struct door *d = *state;
	static char flood[100000];
	struct hearing h = {0};
	int fd = door_connect(d);

	memset(flood, 'a', sizeof(flood));
	door_say(fd, flood, sizeof(flood));
	mgmt_poll(d->mgmt, d->now);
	door_hear(fd, &h, SIZE_MAX);
	assert_true(h.ended);
	assert_non_null(strstr(h.text, "request too long"));
	free(h.text);
	close(fd);
}

static void a_row_too_long_for_any_buffer_ends_with_an_error(void **state)
{
	char *said = door_ask(*state, "show huge\n");

	assert_int_equal(
		strncmp(said, "{\"pad\":\"xxxxxxxxxx\",\"row\":0}\n{\"error\":\"a row ", 44), 0);
	assert_null(strstr(said, END));
	free(said);
}

int main(void)
{
#define DOOR_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		DOOR_TEST(a_command_yields_its_rows_and_an_end),
		DOOR_TEST(an_empty_table_is_only_an_end),
		DOOR_TEST(a_line_may_end_as_terminals_end_it),
		DOOR_TEST(what_follows_the_line_is_not_answered),
		DOOR_TEST(a_request_may_come_byte_by_byte),
		DOOR_TEST(an_unknown_command_is_told_the_nearest),
		DOOR_TEST(control_bytes_do_not_come_back),
		DOOR_TEST(a_null_byte_does_not_end_a_request),
		DOOR_TEST(a_line_of_511_bytes_is_read_and_a_longer_one_refused),
		DOOR_TEST(a_line_without_an_end_is_refused_not_kept),
		DOOR_TEST(a_row_too_long_for_any_buffer_ends_with_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
