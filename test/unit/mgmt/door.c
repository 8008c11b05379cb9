// Opens the server where nobody else looks, plays its program and its clients.
#include "test/unit/mgmt/door.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test/unit/test.h"

enum { TURNS = 100000 };

static bool next_of(struct door *d, struct mgmt_cursor *cursor, json_t *row, uint32_t rows)
{
	if (cursor->u[0] >= rows)
		return false;
	json_object_set_new(row, "row", json_integer(cursor->u[0]++));
	d->yielded++;
	return true;
}

static bool next_long(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return next_of(app, cursor, row, DOOR_LONG);
}

static bool next_none(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return next_of(app, cursor, row, 0);
}

static bool next_version(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return next_of(app, cursor, row, 1);
}

static void pad(json_t *row, size_t n)
{
	char *text = malloc(n);

	assert_non_null(text);
	memset(text, 'x', n);
	json_object_set_new(row, "pad", json_stringn(text, n));
	free(text);
}

static bool next_wide(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	pad(row, 6000);
	return next_of(app, cursor, row, 1000);
}

static bool next_huge(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	pad(row, cursor->u[0] == 1 ? 100000 : 10);
	return next_of(app, cursor, row, 3);
}

const struct mgmt_command door_commands[] = {
	{.words = "show long", .help = "many rows", .next = next_long},
	{.words = "show none", .help = "no rows", .next = next_none},
	{.words = "show version", .help = "a row", .next = next_version},
	{.words = "show wide", .help = "long rows", .next = next_wide},
	{.words = "show huge", .help = "a bad row", .next = next_huge},
	{.words = NULL},
};

void door_open(struct door *d)
{
	*d = (struct door){.dir = "/tmp/doorXXXXXX", .now = 1};
	assert_non_null(mkdtemp(d->dir));
	snprintf(d->path, sizeof(d->path), "%s/door.sock", d->dir);
	assert_int_equal(mgmt_open(d->path, door_commands, d, &d->mgmt), 0);
}

void door_close(struct door *d)
{
	mgmt_close(d->mgmt);
	d->mgmt = NULL;
	assert_int_equal(rmdir(d->dir), 0);
}

int door_connect(const struct door *d)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", d->path);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

void door_say(int fd, const void *bytes, size_t n)
{
	assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

void door_hear(int fd, struct hearing *h, size_t most)
{
	while (!h->ended && most > 0) {
		if (h->room - h->n < 65536 + 1) {
			h->room = 2 * h->room + 2 * 65536;
			h->text = realloc(h->text, h->room);
			assert_non_null(h->text);
		}
		ssize_t n = read(fd, h->text + h->n, most < 65536 ? most : 65536);
		if (n < 0 && errno == EAGAIN)
			break;
		// What the server left unread turns its end of file into a reset.
		h->ended = n <= 0;
		h->n += n > 0 ? (size_t)n : 0;
		most -= n > 0 ? (size_t)n : 0;
	}
	if (h->text != NULL)
		h->text[h->n] = '\0';
}

char *door_ask(struct door *d, const char *request)
{
	struct hearing h = {0};
	int fd = door_connect(d);

	door_say(fd, request, strlen(request));
	for (int i = 0; i < TURNS && !h.ended; i++) {
		mgmt_poll(d->mgmt, d->now);
		door_hear(fd, &h, SIZE_MAX);
	}
	assert_true(h.ended);
	close(fd);
	return h.text;
}
