// Forks the program with its output in files, and serves until it has left.
#include "test/unit/ctl/stage.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/unit/test.h"

enum { NOBODY = 65534, BINDINGS = 1000 };

static bool next_binding(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	char name[32];

	(void)app;
	if (cursor->u[0] >= BINDINGS)
		return false;
	snprintf(name, sizeof(name), "mn%u@example.net", cursor->u[0]++);
	json_object_set_new(row, "mn_id", json_string(name));
	json_object_set_new(row, "age_s", json_real(125));
	return true;
}

static bool next_of_none(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	(void)app, (void)cursor, (void)row;
	return false;
}

static bool next_version(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	(void)app;
	json_object_set_new(row, "program", json_string("kedge-lma"));
	return cursor->u[0]++ == 0;
}

// An older server: it does not know "show stats".
static const struct mgmt_command stage_commands[] = {
	{.words = "show bindings", .help = "many", .next = next_binding},
	{.words = "show mags", .help = "none", .next = next_of_none},
	{.words = "show drops", .help = "none", .next = next_of_none},
	{.words = "show version", .help = "one", .next = next_version},
	{.words = NULL},
};

void stage_open(struct stage *s, const char *program)
{
	*s = (struct stage){.program = program, .dir = "/tmp/stageXXXXXX"};
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/lma.sock", s->dir);
	assert_int_equal(mgmt_open(s->path, stage_commands, s, &s->mgmt), 0);
}

void stage_close(struct stage *s)
{
	mgmt_close(s->mgmt);
	assert_int_equal(rmdir(s->dir), 0);
}

static void become_nobody(void)
{
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		_exit(99);
}

// By descriptor: nobody may not be allowed down the path to the program.
static void play(const struct stage *s, const char *const *arguments, int out, int err)
{
	const char *argv[STAGE_ARGUMENTS + 2] = {"kedgectl"};
	int program = open(s->program, O_PATH);

	for (int i = 0; i < STAGE_ARGUMENTS && arguments[i] != NULL; i++)
		argv[i + 1] = arguments[i];
	setenv("KEDGE_SOCKET", s->path, 1);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	if (s->as_nobody)
		become_nobody();
	fexecve(program, (char *const *)(const void *)argv, environ);
	_exit(98);
}

static void take_text(FILE *f, char *text, size_t room)
{
	rewind(f);
	text[fread(text, 1, room - 1, f)] = '\0';
	fclose(f);
	// Built for coverage it cannot write its counts as nobody, and says so behind all else.
	char *not_its_words = strstr(text, "profiling:");
	if (not_its_words != NULL)
		*not_its_words = '\0';
}

int stage_run(struct stage *s, const char *const arguments[STAGE_ARGUMENTS])
{
	FILE *out = tmpfile(), *err = tmpfile();
	int status = 0;

	assert_true(out != NULL && err != NULL);
	pid_t child = fork();
	if (child == 0)
		play(s, arguments, fileno(out), fileno(err));
	assert_true(child > 0);
	while (waitpid(child, &status, WNOHANG) == 0)
		if (s->mgmt != NULL)
			mgmt_poll(s->mgmt, 1);
	take_text(out, s->out, sizeof(s->out));
	take_text(err, s->err, sizeof(s->err));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
