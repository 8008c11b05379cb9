// Reading a request, walking its rows, writing what fits: bounded in each turn and in memory.
#include "mgmt/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROW_MAX = 8192 };
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
	size_t n = json_dumpb(value, c->out + c->out_len, room(c), JSON_COMPACT);

	if (n == 0 || n + 1 > room(c))
		return false;
	c->out[c->out_len + n] = '\n';
	c->out_len += n + 1;
	return true;
}

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

// How many leading characters agree: enough to name the command that was meant.
static size_t likeness(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' && a[n] == b[n])
		n++;
	return n;
}

static void refuse_unknown(struct mgmt_client *c, const struct mgmt_command *commands)
{
	const struct mgmt_command *nearest = commands;
	char error[CLIENT_LINE + 64], hint[256];

	for (const struct mgmt_command *k = commands; k->words != NULL; k++)
		if (likeness(k->words, c->line) > likeness(nearest->words, c->line))
			nearest = k;
	for (char *p = c->line; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	snprintf(error, sizeof(error), "unknown command \"%s\"", c->line);
	snprintf(hint, sizeof(hint), "did you mean \"%s\"?", nearest->words);
	put_end(c, error, hint);
}

static bool start_request(struct mgmt_client *c, const struct mgmt_command *commands)
{
	c->out = malloc(CLIENT_OUT);
	if (c->out == NULL)
		return false;
	for (const struct mgmt_command *k = commands; k->words != NULL; k++)
		if (strcmp(k->words, c->line) == 0)
			c->command = k;
	if (c->command == NULL)
		refuse_unknown(c, commands);
	return true;
}

// False: the client is gone, or said more than a request.
static bool read_request(struct mgmt_client *c, const struct mgmt_command *commands, uint64_t now)
{
	ssize_t n = read(c->fd, c->line + c->line_len, CLIENT_LINE - 1 - c->line_len);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	c->moved = now;
	c->line_len += (size_t)n;
	char *end = memchr(c->line, '\n', c->line_len);
	if (end == NULL)
		return c->line_len < CLIENT_LINE - 1;
	if (end > c->line && end[-1] == '\r')
		end--;
	*end = '\0';
	return start_request(c, commands);
}

static void walk_rows(struct mgmt_client *c, void *app)
{
	for (int i = 0; i < MGMT_ROWS && room(c) > ROW_MAX; i++) {
		struct mgmt_cursor before = c->cursor;
		json_t *row = json_object();
		bool more = row != NULL && c->command->next(app, &c->cursor, row);
		if (more && !put_json(c, row))
			c->cursor = before; // a row that is too long for now
		json_decref(row);
		if (!more) {
			put_end(c, NULL, NULL);
			return;
		}
	}
}

static bool write_some(struct mgmt_client *c, uint64_t now)
{
	while (c->out_sent < c->out_len) {
		ssize_t n = write(c->fd, c->out + c->out_sent, c->out_len - c->out_sent);
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
	if (c->command != NULL)
		walk_rows(c, app);
	if (c->out != NULL && !write_some(c, now))
		return CLIENT_GONE;
	if (c->said_end && c->out_sent == c->out_len)
		return CLIENT_GONE;
	return c->command != NULL || c->said_end ? CLIENT_BUSY : CLIENT_IDLE;
}
