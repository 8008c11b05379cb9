// One client of the operator's door: a request line in, rows out, as far as its buffers go.
#pragma once

#include "mgmt/mgmt.h"

enum { CLIENT_LINE = 512, CLIENT_OUT = 65536 };
enum client_state {
	CLIENT_ASKS,  // its request is not complete
	CLIENT_BUSY,  // has more to say and room to say it
	CLIENT_STUCK, // has to read before more can be said
	CLIENT_GONE,
};

struct mgmt_client {
	int fd;           // -1: free
	uint32_t watched; // what its epoll waits for
	uint64_t moved;   // when it last read or wrote anything, ns
	char line[CLIENT_LINE];
	size_t line_len;
	const struct mgmt_command *command; // whose rows are under way
	struct mgmt_cursor cursor;
	char *out; // CLIENT_OUT bytes, only while there is something to say
	size_t out_len, out_sent;
	bool said_end; // the last line is in the buffer
};

void mgmt_client_init(struct mgmt_client *, int fd, uint64_t now);
void mgmt_client_done(struct mgmt_client *);
enum client_state mgmt_client_turn(struct mgmt_client *, const struct mgmt_command *, void *app,
				   uint64_t now);
