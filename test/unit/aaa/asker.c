// Setting up, asking and waiting.
#include "test/unit/aaa/asker.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "test/unit/test.h"

uint64_t asker_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int asker_set_up(void **state)
{
	static struct asker a;

	a = (struct asker){.now = 1000 * NS_SEC,
			   .conf = {.timeout_s = 1,
				    .tries = 1,
				    .n_threads = 4,
				    .max_waiting = 1024,
				    .max_cached = 64,
				    .hold_rejected = 60 * NS_SEC,
				    .nas_identifier = "mag1",
				    .nas_address = {{0x20, 1, 0xd, 0xb8, [15] = 7}},
				    .dictionary = KEDGE_DICTIONARY,
				    .seed = 1}};
	asker_add_server(&a, "::1", "not told to anybody");
	*state = &a;
	return 0;
}

int asker_tear_down(void **state)
{
	struct asker *a = *state;
	uint64_t began = asker_ms();

	aaa_close(a->aaa);
	bool soon = asker_ms() - began < 5000; // on a busy machine; a server would cost minutes
	for (unsigned i = 0; i < a->n_fakes; i++)
		fake_stop(&a->fakes[i]);
	return soon ? 0 : -1;
}

struct fake *asker_add_server(struct asker *a, const char *address, const char *secret)
{
	struct fake *f = &a->fakes[a->n_fakes++];

	fake_start(f, address, secret);
	return f;
}

static int open_it(struct asker *a, char *why, size_t n)
{
	struct aaa_server servers[AAA_MAX_SERVERS];

	for (unsigned i = 0; i < a->n_fakes; i++)
		servers[i] = fake_server(&a->fakes[i]);
	a->conf.servers = servers;
	a->conf.n_servers = a->n_fakes;
	return aaa_open(&a->conf, &a->aaa, why, n);
}

void asker_open(struct asker *a)
{
	char why[256] = "";

	if (open_it(a, why, sizeof(why)) != 0)
		fail_msg("%s", why);
}

void asker_expect_no_opening(struct asker *a, const char *words)
{
	char why[256] = "";

	assert_true(open_it(a, why, sizeof(why)) < 0);
	assert_null(a->aaa);
	if (strstr(why, words) == NULL)
		fail_msg("says \"%s\"", why);
}

struct aaa_question asker_question(uint32_t node)
{
	struct aaa_question q = {
		.ticket = 0x100000000 + node,
		.mac = {2, 0, 0x5e, (uint8_t)(node >> 16), (uint8_t)(node >> 8), (uint8_t)node},
		.port_id = "wlan0",
		.port_type = 19};

	snprintf(q.user_name, sizeof(q.user_name), "node%u@example", node);
	return q;
}

void asker_ask(struct asker *a, struct aaa_question q)
{
	assert_true(aaa_ask(a->aaa, &q, a->now));
}

struct aaa_answer asker_take(struct asker *a)
{
	struct pollfd readable = {.fd = aaa_fd(a->aaa), .events = POLLIN};
	uint64_t began = asker_ms();
	struct aaa_answer answer;

	while (!aaa_take(a->aaa, &answer, a->now)) {
		if (asker_ms() - began > 20000 || poll(&readable, 1, 20000) <= 0)
			fail_msg("no answer");
	}
	return answer;
}

struct aaa_answer asker_say(struct asker *a, uint32_t node)
{
	asker_ask(a, asker_question(node));
	struct aaa_answer answer = asker_take(a);
	assert_int_equal(answer.ticket, asker_question(node).ticket);
	return answer;
}
