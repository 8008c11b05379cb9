// The operator's door: a UNIX stream socket of mode 0600; one request line in, rows of JSON out.
//
// A client sends one line of words ("show bindings\n") of at most 511 bytes, gets one JSON object
// per line, then a last line, {"end":true} or {"error":"...","hint":"..."}, and the end of the
// connection. Long tables are cursors: a command yields at most MGMT_ROWS rows a turn, so a dump of
// 16 million bindings does not hold up signalling. Never blocks: a client that does not read is
// waited for within its buffer, one that stays away 10 s is closed. At most 16 clients.
//
// Control thread only. A socket file left by a killed process is replaced; one that answers is not
// (-EADDRINUSE), nor is a file that is no socket (-EEXIST).
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { MGMT_ROWS = 256 };

// Fills `row` (an empty object, owned by the server) with the next row; false when there is none.
// `cursor` starts as zeros and is the command's to use.
struct mgmt_cursor {
	uint32_t u[4];
};

struct mgmt_command {
	const char *words; // "show bindings"
	const char *help;  // one line
	bool (*next)(void *app, struct mgmt_cursor *cursor, json_t *row);
	// In place of `next`: an order, with the words that follow its name. 0 or -errno with one
	// line of why; what it did is answered by one row, {"done":true}.
	int (*run)(void *app, int argc, char **argv, char *why, size_t n);
};

struct mgmt;

// `commands` ends with a row of NULLs and outlives the server. 0 or -errno (-EADDRINUSE: another
// instance).
int mgmt_open(const char *path, const struct mgmt_command *commands, void *app, struct mgmt **out);
void mgmt_close(struct mgmt *);   // removes the socket file
int mgmt_fd(const struct mgmt *); // an epoll descriptor: readable when there is something to do
// One turn: accepts, reads, writes what fits. True while a dump goes on (call again soon); one that
// waits for its reader wakes mgmt_fd instead.
bool mgmt_poll(struct mgmt *, uint64_t now_ns);
