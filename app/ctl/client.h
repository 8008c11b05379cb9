// The other end of lib/mgmt: a request line out, rows in.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// Called for every row, in order; the row is the caller's no longer than the call. False: stop.
typedef bool client_row_fn(void *arg, json_t *row);

enum client_result {
	CLIENT_OK,
	CLIENT_REFUSED,     // the server said why: `why` holds it
	CLIENT_UNREACHABLE, // nobody there, or not for us
	CLIENT_BROKEN,      // it went away before the end
};

enum client_result client_ask(const char *socket_path, const char *request, client_row_fn *,
			      void *arg, char *why, size_t n);
