// The wire between libradcli and a server.
//
// libradcli 1.2.11 computes whether an answer verifies (RFC 2865 3) and then takes it whatever came
// out, sends no Message-Authenticator (RFC 2869 5.14), forgets its socket when sending fails, and
// looks for the service "radius" in a file that need not be there. So its archive is linked with
// its calls of sendto, recvfrom, poll, getaddrinfo and syslog renamed to these: requests get their
// Message-Authenticator, first of all attributes, and what does not verify is silently discarded,
// as the RFC says: it ends no waiting.
//
// Thread: a helper's, between guard_begin and guard_end; the exchange is the thread's own.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GUARD_MAX_PACKET = 4096 }; // RFC 2865 3

struct guard {
	const char *secret;
	int stop; // readable: all waiting ends
	uint8_t id, vector[16];
	bool sent;
	uint8_t answer[GUARD_MAX_PACKET]; // one that verified
	size_t n;                         // of it; 0: none yet
	bool malformed;                   // it is the server's, but its attributes are none
	unsigned forged;                  // answers that did not verify
};

void guard_begin(struct guard *);
void guard_end(void);
