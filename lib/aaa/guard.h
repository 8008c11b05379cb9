// The wire between libradcli and a server.
//
// libradcli 1.2.11 computes whether an answer verifies (RFC 2865 3) and then takes it whatever came
// out, and sends no Message-Authenticator (RFC 2869 5.14). So its archive is linked with its calls
// of sendto, recvfrom, poll and syslog renamed to these: requests get their Message-Authenticator,
// first of all attributes, and what does not verify is silently discarded, as the RFC says.
//
// Thread: a helper's, between guard_begin and guard_end; the exchange is the thread's own.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct guard {
	const char *secret;
	int stop; // readable: all waiting ends
	uint8_t id, vector[16];
	bool sent;
	int64_t deadline_ms; // of the present try
	unsigned forged;     // answers that did not verify
};

void guard_begin(struct guard *);
void guard_end(void);
