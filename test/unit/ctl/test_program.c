// kedgectl as an operator meets it: what it says where, and its exit codes.
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "test/unit/ctl/stage.h"
#include "test/unit/test.h"

enum { CLIENTS = 16 };

static const char *program;
static struct stage stage;

#define RUN(...) stage_run(&stage, (const char *const[STAGE_ARGUMENTS]){__VA_ARGS__})

static int set_up(void **state)
{
	(void)state;
	stage_open(&stage, program);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stage_close(&stage);
	return 0;
}

static void assert_one_line_with(const char *text, const char *part)
{
	assert_non_null(strstr(text, part));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void a_table_comes_whole(void **state)
{
	(void)state;
	assert_int_equal(RUN("show", "bindings"), 0);
	assert_int_equal(strncmp(stage.out, "MOBILE NODE", 11), 0);
	assert_non_null(strstr(stage.out, "\nmn0@example.net "));
	assert_non_null(strstr(stage.out, "\nmn999@example.net "));
	assert_non_null(strstr(stage.out, " 2 min 5 s "));
	assert_string_equal(stage.err, "");
}

static void options_stand_before_or_behind_and_words_in_one_or_two(void **state)
{
	(void)state;
	assert_int_equal(RUN("--json", "show", "mags"), 0);
	assert_string_equal(stage.out, "[]\n");
	assert_int_equal(RUN("show", "mags", "--json"), 0);
	assert_string_equal(stage.out, "[]\n");
	assert_int_equal(RUN("show version", "--json"), 0);
	assert_string_equal(stage.out, "{\"program\":\"kedge-lma\"}\n");
}

static void json_of_many_rows_parses(void **state)
{
	(void)state;
	assert_int_equal(RUN("--json", "show", "bindings"), 0);
	json_t *all = json_loads(stage.out, 0, NULL);
	assert_int_equal(json_array_size(all), 1000);
	json_decref(all);
}

static void help_lists_commands_with_examples_on_standard_output(void **state)
{
	(void)state;
	static const char *const words[] = {"bindings", "mags",    "ports",    "stats",
					    "drops",    "version", "examples:"};

	assert_int_equal(RUN("--help"), 0);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_non_null(strstr(stage.out, words[i]));
	char first[sizeof(stage.out)];
	strcpy(first, stage.out);
	assert_int_equal(RUN("help"), 0);
	assert_string_equal(stage.out, first);
	assert_string_equal(stage.err, "");
}

static void wrong_arguments_are_two_and_on_standard_error(void **state)
{
	(void)state;
	assert_int_equal(RUN(NULL), 2);
	assert_int_equal(strncmp(stage.err, "usage: ", 7), 0);
	assert_int_equal(RUN("show", "bidnings"), 2);
	assert_one_line_with(stage.err, "unknown command \"show bidnings\"; did you mean \"show "
					"bindings\"?");
	assert_int_equal(RUN("mag"), 2);
	assert_one_line_with(stage.err,
			     "? there are: show bindings, show mags, show pools, show "
			     "domain, show nodes, show heartbeats, show handovers, show radius, "
			     "show interfaces, show ports, show workers, show stats, show drops, "
			     "show version, mag attach, mag handover, mag detach, help\n");
	assert_int_equal(RUN("--jsno", "show", "mags"), 2);
	assert_non_null(strstr(stage.err, "kedgectl help"));
	assert_string_equal(stage.out, "");
}

static void what_the_server_refuses_is_one(void **state)
{
	(void)state;
	assert_int_equal(RUN("show", "stats"), 1);
	assert_one_line_with(stage.err, "kedgectl: unknown command \"show stats\"; did you mean");
	assert_string_equal(stage.out, "");
}

static void nobody_there_is_three_with_how_to_start(void **state)
{
	(void)state;
	mgmt_close(stage.mgmt);
	stage.mgmt = NULL;
	assert_int_equal(RUN("show", "mags"), 3);
	assert_one_line_with(stage.err, stage.path);
	assert_one_line_with(stage.err, "start it: kedge-lma --config FILE");
	assert_int_equal(RUN("--socket", "/tmp/no/such/place", "--json", "show", "mags"), 3);
	assert_one_line_with(stage.err, "kedgectl: /tmp/no/such/place: ");
	assert_one_line_with(stage.err, "--socket PATH");
	assert_string_equal(stage.out, "");
}

static void a_socket_that_is_not_ours_is_three_and_says_sudo(void **state)
{
	(void)state;
	stage.as_nobody = true;
	chmod(stage.path, 0);
	assert_int_equal(RUN("show", "mags"), 3);
	assert_one_line_with(stage.err, "sudo kedgectl");
}

static void a_name_too_long_for_a_socket_is_three(void **state)
{
	(void)state;
	char path[300];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(RUN("--socket", path, "show", "mags"), 3);
	assert_one_line_with(stage.err, "longer than the 107 bytes");
}

// The server answers and closes before it reads: writing to it must not end the program by signal.
static void a_server_that_is_full_is_heard(void **state)
{
	(void)state;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fds[CLIENTS];

	strcpy(a.sun_path, stage.path);
	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fds[i], (struct sockaddr *)&a, sizeof(a)), 0);
	}
	mgmt_poll(stage.mgmt, 1);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(RUN("show", "mags"), 1);
		assert_one_line_with(stage.err, "too many clients at a time; try again");
	}
	for (int i = 0; i < CLIENTS; i++)
		close(fds[i]);
}

int main(int argc, char **argv)
{
#define STAGE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		STAGE_TEST(a_table_comes_whole),
		STAGE_TEST(options_stand_before_or_behind_and_words_in_one_or_two),
		STAGE_TEST(json_of_many_rows_parses),
		STAGE_TEST(help_lists_commands_with_examples_on_standard_output),
		STAGE_TEST(wrong_arguments_are_two_and_on_standard_error),
		STAGE_TEST(what_the_server_refuses_is_one),
		STAGE_TEST(nobody_there_is_three_with_how_to_start),
		STAGE_TEST(a_socket_that_is_not_ours_is_three_and_says_sudo),
		STAGE_TEST(a_name_too_long_for_a_socket_is_three),
		STAGE_TEST(a_server_that_is_full_is_heard),
	};

	if (argc != 2) {
		fputs("usage: test_ctl_program KEDGECTL\n", stderr);
		return 2;
	}
	program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
