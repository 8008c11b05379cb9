// Random bytes and random manners at the operator's door: nothing that comes in ends the server,
// and whoever asks properly is answered throughout. The seed is printed and may be given.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "test/unit/mgmt/door.h"
#include "test/unit/test.h"

enum { GUESTS = 20, STEPS = 30000, CHECK_EVERY = 500 };

static uint64_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

// Bytes, words, pieces of words, ends of lines.
static size_t make_noise(char *buf, size_t room)
{
	static const char *const pieces[] = {"show ",     "long",        "wide\n",
					     "none",      "\n",          "\r\n",
					     "version\n", "show long\n", "show huge\n"};
	size_t n = 0;

	for (uint32_t i = any(6); i > 0; i--) {
		const char *piece = pieces[any(sizeof(pieces) / sizeof(pieces[0]))];
		if (any(2) == 0)
			buf[n++] = (char)any(256);
		else if (n + strlen(piece) < room)
			n += (size_t)snprintf(buf + n, room - n, "%s", piece);
	}
	if (any(20) == 0)
		while (n < room)
			buf[n++] = (char)any(256);
	return n;
}

static void misbehave(struct door *d, int *fd)
{
	char buf[2048];

	if (*fd < 0) {
		*fd = door_connect(d);
		return;
	}
	switch (any(8)) {
	case 0:
		close(*fd);
		*fd = -1;
		break;
	case 1:
		shutdown(*fd, any(2) ? SHUT_WR : SHUT_RD);
		break;
	case 2:
	case 3:
		(void)!recv(*fd, buf, 1 + any(sizeof(buf) - 1), 0);
		break;
	default:
		(void)!send(*fd, buf, make_noise(buf, sizeof(buf)), MSG_NOSIGNAL);
	}
}

// Guests hold every place at times; one who is refused comes again when they have left.
static void assert_serves(struct door *d, int *guests)
{
	for (int i = 0; i < GUESTS; i++) {
		if (guests[i] >= 0)
			close(guests[i]);
		guests[i] = -1;
	}
	for (int i = 0; i < 8; i++)
		mgmt_poll(d->mgmt, d->now);
	char *said = door_ask(d, "show version\n");
	assert_string_equal(said, "{\"row\":0}\n{\"end\":true}\n");
	free(said);
}

static void noise_never_ends_the_server(void **state)
{
	(void)state;
	struct door d;
	int guests[GUESTS];

	door_open(&d);
	memset(guests, -1, sizeof(guests));
	for (int step = 1; step <= STEPS; step++) {
		misbehave(&d, &guests[any(GUESTS)]);
		if (any(3) == 0)
			mgmt_poll(d.mgmt, d.now);
		if (any(100) == 0)
			d.now += any(12) * NS_SEC;
		if (step % 16 == 0) // the queue of connections has room again
			mgmt_poll(d.mgmt, d.now);
		if (step % CHECK_EVERY == 0)
			assert_serves(&d, guests);
	}
	door_close(&d);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(noise_never_ends_the_server)};

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
