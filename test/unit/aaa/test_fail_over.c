// Servers that do not answer, many questions, and the end while questions are out.
#include <dirent.h>
#include <poll.h>
#include <string.h>

#include "aaa/servers.h"
#include "test/unit/aaa/asker.h"
#include "test/unit/test.h"

enum { ACCEPT = 2, REJECT = 3 };

static struct aaa_server_totals totals_of(struct asker *a, unsigned i)
{
	struct aaa_server_totals t;

	assert_true(aaa_server_totals(a->aaa, i, &t));
	return t;
}

static void a_silent_server_costs_its_time_out_once(void **state)
{
	struct asker *a = *state;

	fake_answer(&a->fakes[0], FAKE_SILENT, ACCEPT);
	asker_add_server(a, "127.0.0.1", "of its own");
	asker_open(a);
	uint64_t began = asker_ms();
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(asker_say(a, i).verdict, AAA_ACCEPT);
	assert_in_range(asker_ms() - began, 900, 20000); // 50 of them: 50 s
	assert_int_equal(fake_asked(&a->fakes[0]), 1);
	assert_int_equal(totals_of(a, 0).timeouts, 1);
	assert_true(totals_of(a, 0).silent);
	assert_int_equal(totals_of(a, 1).accepted, 50);
	assert_false(totals_of(a, 1).silent);
	assert_int_equal(a->fakes[1].badly_signed, 0); // each by its own secret
}

static void a_server_with_another_secret_is_passed_over(void **state)
{
	struct asker *a = *state;

	fake_answer(&a->fakes[0], FAKE_BAD_AUTHENTICATOR, ACCEPT);
	fake_answer(asker_add_server(a, "::1", "of its own"), FAKE_ANSWERS, REJECT);
	asker_open(a);
	assert_int_equal(asker_say(a, 1).verdict, AAA_REJECT);
	assert_int_equal(totals_of(a, 0).forged, 1);
	assert_int_equal(totals_of(a, 0).timeouts, 0);
	assert_int_equal(totals_of(a, 1).rejected, 1);
}

static void a_port_where_nobody_listens_is_passed_over(void **state)
{
	struct asker *a = *state;

	fake_stop(&a->fakes[0]);
	asker_add_server(a, "::1", "of its own");
	asker_open(a);
	assert_int_equal(asker_say(a, 1).verdict, AAA_ACCEPT);
	assert_int_equal(totals_of(a, 1).accepted, 1);
}

static int open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

// Nothing can be sent to port 0.
static void a_server_that_cannot_be_sent_to_keeps_no_socket(void **state)
{
	struct asker *a = *state;

	a->fakes[0].port = 0;
	asker_open(a);
	int before = open_files();
	for (uint32_t i = 0; i < 20; i++) {
		struct aaa_answer got = asker_say(a, i);
		assert_int_equal(got.verdict, AAA_UNREACHABLE);
		assert_non_null(strstr(got.why, "cannot ask"));
	}
	assert_int_equal(open_files(), before);
	assert_int_equal(totals_of(a, 0).unusable, 20);
}

static void when_nobody_answers_the_last_one_asked_is_named(void **state)
{
	struct asker *a = *state;

	fake_answer(&a->fakes[0], FAKE_SILENT, ACCEPT);
	fake_answer(asker_add_server(a, "127.0.0.1", "x"), FAKE_SILENT, ACCEPT);
	asker_open(a);
	struct aaa_answer got = asker_say(a, 1);
	assert_int_equal(got.verdict, AAA_UNREACHABLE);
	assert_non_null(strstr(got.why, "no answer from 127.0.0.1"));
	fake_answer(&a->fakes[0], FAKE_ANSWERS, ACCEPT);
	assert_int_equal(asker_say(a, 2).verdict, AAA_ACCEPT); // silent first, asked first
	assert_false(totals_of(a, 0).silent);
}

// Questions are not queued behind servers that answer none: two are out to see, the others know.
static void when_all_are_silent_most_questions_end_at_once(void **state)
{
	struct asker *a = *state;

	fake_answer(&a->fakes[0], FAKE_SILENT, ACCEPT);
	fake_answer(asker_add_server(a, "127.0.0.1", "x"), FAKE_SILENT, ACCEPT);
	asker_open(a);
	asker_say(a, 0);
	uint64_t began = asker_ms();
	for (uint32_t i = 1; i <= 500; i++)
		asker_ask(a, asker_question(i));
	for (uint32_t i = 1; i <= 500; i++) {
		struct aaa_answer got = asker_take(a);
		assert_int_equal(got.verdict, AAA_UNREACHABLE);
		assert_string_not_equal(got.why, "");
	}
	assert_in_range(asker_ms() - began, 0, 20000); // behind them: 125 s
}

static void a_thousand_questions_at_once_are_each_answered_once(void **state)
{
	static bool seen[1000];
	struct asker *a = *state;

	memset(seen, 0, sizeof(seen));
	a->conf.n_threads = 16;
	a->conf.max_waiting = 1000;
	asker_open(a);
	for (uint32_t i = 0; i < 1000; i++)
		asker_ask(a, asker_question(i));
	struct aaa_question one_more = asker_question(1000);
	assert_false(aaa_ask(a->aaa, &one_more, a->now));
	assert_int_equal(aaa_totals(a->aaa).full, 1);
	assert_int_equal(aaa_totals(a->aaa).waiting, 1000);
	for (uint32_t i = 0; i < 1000; i++) {
		struct aaa_answer got = asker_take(a);
		uint32_t node = (uint32_t)(got.ticket - asker_question(0).ticket);
		assert_int_equal(got.verdict, AAA_ACCEPT);
		assert_true(node < 1000);
		assert_false(seen[node]);
		seen[node] = true;
	}
	assert_int_equal(aaa_totals(a->aaa).waiting, 0);
	asker_say(a, 1000);
}

// Remembered ones too: an answer that nobody takes needs its place.
static void questions_are_bounded_until_their_answers_are_taken(void **state)
{
	struct asker *a = *state;
	struct aaa_question q = asker_question(1);

	a->conf.max_waiting = 2;
	fake_add_u32(&a->fakes[0], 27, 100);
	asker_open(a);
	asker_say(a, 1);
	asker_ask(a, q);
	asker_ask(a, q);
	assert_false(aaa_ask(a->aaa, &q, a->now));
	asker_take(a);
	asker_ask(a, q);
	asker_take(a);
	asker_take(a);
	assert_int_equal(aaa_totals(a->aaa).waiting, 0);
}

static void the_descriptor_is_readable_while_there_is_an_answer(void **state)
{
	struct asker *a = *state;
	struct aaa_answer got;

	asker_open(a);
	struct pollfd readable = {.fd = aaa_fd(a->aaa), .events = POLLIN};
	assert_int_equal(poll(&readable, 1, 0), 0);
	asker_ask(a, asker_question(1));
	assert_int_equal(poll(&readable, 1, 20000), 1);
	assert_true(aaa_take(a->aaa, &got, a->now));
	assert_false(aaa_take(a->aaa, &got, a->now));
	assert_int_equal(poll(&readable, 1, 0), 0);
}

// asker_tear_down closes, and looks at the time.
static void the_end_waits_for_no_server(void **state)
{
	struct asker *a = *state;

	a->conf.timeout_s = 60;
	a->conf.tries = 10;
	fake_answer(&a->fakes[0], FAKE_SILENT, ACCEPT);
	asker_open(a);
	for (uint32_t i = 0; i < 100; i++)
		asker_ask(a, asker_question(i));
	uint64_t began = asker_ms();
	while (fake_asked(&a->fakes[0]) < a->conf.n_threads && asker_ms() - began < 20000)
		poll(NULL, 0, 1);
	assert_int_equal(fake_asked(&a->fakes[0]), a->conf.n_threads);
}

// ---- Which one is next, by a clock of the test's.

static void a_silent_server_is_tried_again_by_one_question(void **state)
{
	struct servers s = {.n = 2};
	uint32_t tried = 0;
	ns_t now = 1000 * NS_SEC;
	(void)state;

	assert_int_equal(servers_next(&s, &tried, now), 0);
	servers_learn(&s, 0, EXCHANGE_SILENT, AAA_UNREACHABLE, 0, now);
	assert_int_equal(servers_next(&s, &tried, now), 1);
	servers_learn(&s, 1, EXCHANGE_ANSWERED, AAA_ACCEPT, 0, now);

	now += 30 * NS_SEC - 1;
	tried = 0;
	assert_int_equal(servers_next(&s, &tried, now), 1);
	now++;
	uint32_t probe = 0, other = 0;
	assert_int_equal(servers_next(&s, &probe, now), 0);
	assert_int_equal(servers_next(&s, &other, now), 1);
	servers_learn(&s, 0, EXCHANGE_ANSWERED, AAA_REJECT, 0, now);
	tried = 0;
	assert_int_equal(servers_next(&s, &tried, now), 0);
	other = 0;
	assert_int_equal(servers_next(&s, &other, now), 0); // all questions again
}

static void of_silent_servers_each_is_tried_by_one_question(void **state)
{
	struct servers s = {.n = 3};
	ns_t now = 1000 * NS_SEC;
	uint32_t tried = 0;
	(void)state;

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(servers_next(&s, &tried, now), i);
		servers_learn(&s, i, EXCHANGE_SILENT, AAA_UNREACHABLE, 0, now + i);
	}
	assert_int_equal(servers_next(&s, &tried, now + 3), 3); // none is left
	for (unsigned i = 0; i < 3; i++) {
		tried = 0;
		assert_int_equal(servers_next(&s, &tried, now + 4), i);
		assert_int_equal(tried, 1u << i);
	}
	tried = 0;
	assert_int_equal(servers_next(&s, &tried, now + 4), 3);
	servers_learn(&s, 1, EXCHANGE_FAILED, AAA_UNREACHABLE, 0, now + 5);
	assert_int_equal(servers_next(&s, &tried, now + 6), 1);
}

#define WITH_SERVER(f) cmocka_unit_test_setup_teardown(f, asker_set_up, asker_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(a_silent_server_costs_its_time_out_once),
		WITH_SERVER(a_server_with_another_secret_is_passed_over),
		WITH_SERVER(a_port_where_nobody_listens_is_passed_over),
		WITH_SERVER(a_server_that_cannot_be_sent_to_keeps_no_socket),
		WITH_SERVER(when_nobody_answers_the_last_one_asked_is_named),
		WITH_SERVER(when_all_are_silent_most_questions_end_at_once),
		WITH_SERVER(a_thousand_questions_at_once_are_each_answered_once),
		WITH_SERVER(questions_are_bounded_until_their_answers_are_taken),
		WITH_SERVER(the_descriptor_is_readable_while_there_is_an_answer),
		WITH_SERVER(the_end_waits_for_no_server),
		cmocka_unit_test(a_silent_server_is_tried_again_by_one_question),
		cmocka_unit_test(of_silent_servers_each_is_tried_by_one_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
