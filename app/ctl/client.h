// The other end of lib/mgmt: a request line out, rows in.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { CLIENT_PATIENCE_S = 10 }; // that a server may keep silent

// Called for every row, in order; the row is the caller's no longer than the call. False: stop.
typedef bool client_row_fn(void *arg, json_t *row);

// In all cases but the first `why` holds one line for the operator.
enum client_result {
	CLIENT_OK,          // to the end, or to where the row function stopped it
	CLIENT_REFUSED,     // the server said why not
	CLIENT_UNREACHABLE, // nobody there, or not for us
	CLIENT_BROKEN,      // it fell silent or went away before the end
};

enum client_result client_ask(const char *socket_path, const char *request, client_row_fn *,
			      void *arg, char *why, size_t n);
