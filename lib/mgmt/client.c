// Reading a request, walking its rows, writing what fits: bounded in each turn and in memory.
#include "mgmt/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mgmt/likeness.h"

// A row is begun only where ROW_MAX bytes are free, so usually none is made twice.
enum { ROW_MAX = 8192, DIGITS = 12, MAX_WORDS = 16 };
#define PATIENCE 10000000000u // ns that a client may neither ask nor read

void mgmt_client_init(struct mgmt_client *c, int fd, uint64_t now)
{
	*c = (struct mgmt_client){.fd = fd, .moved = now};
}

void mgmt_client_done(struct mgmt_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->out);
	*c = (struct mgmt_client){.fd = -1};
}

static size_t room(const struct mgmt_client *c)
{
	return CLIENT_OUT - c->out_len;
}

// One line of JSON; false: no room now, nothing written.
static bool put_json(struct mgmt_client *c, const json_t *value)
{
	size_t n = json_dumpb(value, c->out + c->out_len, room(c),
			      JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));

	if (n == 0 || n + 1 > room(c))
		return false;
	c->out[c->out_len + n] = '\n';
	c->out_len += n + 1;
	return true;
}

// The last line, of either kind; nothing is read or walked after it.
static void put_end(struct mgmt_client *c, const char *error, const char *hint)
{
	json_t *last = error != NULL ? json_pack("{s:s,s:s}", "error", error, "hint", hint)
				     : json_pack("{s:b}", "end", 1);

	if (last == NULL || !put_json(c, last))
		c->out_len = c->out_sent = 0; // no memory for a last line: the end of file says it
	json_decref(last);
	c->command = NULL;
	c->said_end = true;
}

static void refuse_unknown(struct mgmt_client *c, const struct mgmt_command *commands)
{
	const struct mgmt_command *nearest = commands;
	char error[CLIENT_LINE + 64], hint[256];

	for (const struct mgmt_command *k = commands; k->words != NULL; k++)
		if (mgmt_likeness(k->words, c->line) > mgmt_likeness(nearest->words, c->line))
			nearest = k;
	// It comes back in an error that an operator's terminal shows.
	for (char *p = c->line; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	snprintf(error, sizeof(error), "unknown command \"%s\"", c->line);
	snprintf(hint, sizeof(hint), "did you mean \"%s\"?", nearest->words);
	put_end(c, error, hint);
}

// An order may be followed by further words.
static bool is_named(const struct mgmt_command *k, const char *line)
{
	size_t n = strlen(k->words);

	if (strncmp(k->words, line, n) != 0)
		return false;
	return line[n] == '\0' || (k->run != NULL && line[n] == ' ');
}

static const struct mgmt_command *find(const struct mgmt_command *commands, const char *line)
{
	for (; commands->words != NULL; commands++)
		if (is_named(commands, line))
			return commands;
	return NULL;
}

static void carry_out(struct mgmt_client *c, void *app)
{
	char *words[MAX_WORDS], *rest = NULL, why[256] = "";
	int n = 0;

	for (char *word = strtok_r(c->line + strlen(c->command->words), " ", &rest);
	     word != NULL && n < MAX_WORDS; word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	if (c->command->run(app, n, words, why, sizeof(why)) != 0) {
		put_end(c, why, c->command->help);
		return;
	}
	json_t *done = json_pack("{s:b}", "done", 1);
	if (done != NULL)
		(void)put_json(c, done); // the buffer is empty, there is room
	json_decref(done);
	put_end(c, NULL, NULL);
}

// `end` is where the line ended, NULL if it did not within its bounds. False: no memory to answer.
static bool start_answer(struct mgmt_client *c, const struct mgmt_command *commands, char *end)
{
	c->out = malloc(CLIENT_OUT);
	if (c->out == NULL)
		return false;
	if (end == NULL) {
		put_end(c, "request too long", "one line of at most 511 bytes: show bindings");
		return true;
	}
	if (end > c->line && end[-1] == '\r')
		end--;
	for (char *p = c->line; p < end; p++)
		if (*p == '\0')
			*p = '?'; // or what follows it would be taken for said
	*end = '\0';
	c->command = find(commands, c->line);
	if (c->command == NULL)
		refuse_unknown(c, commands);
	return true;
}

// False: the client is gone, or cannot be answered.
static bool read_request(struct mgmt_client *c, const struct mgmt_command *commands, uint64_t now)
{
	ssize_t n = recv(c->fd, c->line + c->line_len, CLIENT_LINE - 1 - c->line_len, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	c->moved = now;
	c->line_len += (size_t)n;
	char *end = memchr(c->line, '\n', c->line_len);
	if (end == NULL && c->line_len < CLIENT_LINE - 1)
		return true;
	return start_answer(c, commands, end);
}

// One row, or the last line; false: enough for this turn.
static bool walk_row(struct mgmt_client *c, void *app)
{
	struct mgmt_cursor before = c->cursor;
	json_t *row = json_object();

	if (row == NULL)
		return false; // no memory is no end of the table: again next turn
	bool more = c->command->next(app, &c->cursor, row);
	bool fits = more && put_json(c, row);
	json_decref(row);
	if (fits)
		return true;
	if (!more)
		put_end(c, NULL, NULL);
	else if (c->out_len == 0)
		put_end(c, "a row is longer than the server's buffer", "this is a bug: report it");
	else
		c->cursor = before; // again when there is room
	return false;
}

static void walk_rows(struct mgmt_client *c, void *app)
{
	for (int i = 0; i < MGMT_ROWS && room(c) > ROW_MAX; i++)
		if (!walk_row(c, app))
			return;
}

// False: the client is gone.
static bool write_some(struct mgmt_client *c, uint64_t now)
{
	while (c->out_sent < c->out_len) {
		ssize_t n =
			send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->out_sent += (size_t)n;
		c->moved = now;
	}
	c->out_len = c->out_sent = 0;
	return true;
}

enum client_state mgmt_client_turn(struct mgmt_client *c, const struct mgmt_command *commands,
				   void *app, uint64_t now)
{
	if (now - c->moved > PATIENCE)
		return CLIENT_GONE;
	if (c->command == NULL && !c->said_end && !read_request(c, commands, now))
		return CLIENT_GONE;
	if (c->command != NULL && c->command->run != NULL)
		carry_out(c, app);
	else if (c->command != NULL)
		walk_rows(c, app);
	if (c->out != NULL && !write_some(c, now))
		return CLIENT_GONE;
	if (c->out_sent < c->out_len)
		return CLIENT_STUCK;
	if (c->said_end)
		return CLIENT_GONE;
	return c->command != NULL ? CLIENT_BUSY : CLIENT_ASKS;
}
