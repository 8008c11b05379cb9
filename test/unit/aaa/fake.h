// A RADIUS server for tests: a thread with a UDP socket on a loopback address, and its own words
// for what RFC 2865 and 2869 say. What it answers is set before anybody asks, or between questions.
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aaa/aaa.h"

enum { FAKE_PACKET = 4096, FAKE_ATTRS = FAKE_PACKET - 20 };

enum fake_manner {
	FAKE_ANSWERS,
	FAKE_SILENT,
	FAKE_BAD_AUTHENTICATOR,     // another secret
	FAKE_BAD_MESSAGE_SIGNATURE, // a Message-Authenticator that is none
	FAKE_LIES_FIRST,            // forged ones of all kinds, then the answer
	FAKE_OTHER_ID,
	FAKE_TOO_LONG, // its length field says more than there is
};

struct fake {
	const char *secret;
	uint16_t port;
	char address[16];

	pthread_mutex_t lock; // all below
	enum fake_manner manner;
	uint8_t code;
	uint8_t attrs[FAKE_ATTRS]; // of the answer, as they go out
	size_t n_attrs;
	bool sign; // the answer has a Message-Authenticator
	unsigned asked, badly_signed, skip;
	uint8_t request[FAKE_PACKET]; // the last one
	size_t n_request;

	int fd, stop;
	pthread_t thread;
};

void fake_start(struct fake *, const char *address, const char *secret);
void fake_stop(struct fake *); // nobody answers at its port any more

// What it answers from now on: no attribute yet.
void fake_answer(struct fake *, enum fake_manner, uint8_t code);
void fake_sign(struct fake *);             // with a Message-Authenticator
void fake_skip(struct fake *, unsigned n); // requests get no answer
void fake_add(struct fake *, uint8_t type, const void *value, size_t n);
void fake_add_text(struct fake *, uint8_t type, const char *);
void fake_add_u32(struct fake *, uint8_t type, uint32_t);

// The value of an attribute of the last request; its length, -1: it has none.
int fake_heard(struct fake *, uint8_t type, uint8_t value[255]);
unsigned fake_asked(struct fake *);
struct aaa_server fake_server(const struct fake *);
