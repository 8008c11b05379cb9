// A management server in a directory of its own, and clients that take turns with it: no threads,
// no waiting, time is a number.
#pragma once

#include "mgmt/mgmt.h"

enum { DOOR_LONG = 100000 }; // rows of "show long"

struct door {
	char dir[32], path[64];
	struct mgmt *mgmt;
	uint64_t now;     // ns, what the server is told
	uint32_t yielded; // rows that commands gave so far
};

void door_open(struct door *);
void door_close(struct door *);

// "show long", "show none", "show version", "show wide" (1000 rows of 6000 bytes), "show huge" (a
// row that no buffer holds).
extern const struct mgmt_command door_commands[];

// A connected client that does not block.
int door_connect(const struct door *);
void door_say(int fd, const void *bytes, size_t n);

// What was said so far; `ended` when the server closed.
struct hearing {
	char *text;
	size_t n, room;
	bool ended;
};
// Reads what there is, at most `most` bytes. The text is terminated and the caller's to free.
void door_hear(int fd, struct hearing *, size_t most);

// A whole conversation of a client of its own: the answer up to the server's end of file.
char *door_ask(struct door *, const char *request);
