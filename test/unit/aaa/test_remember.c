// What is remembered of answers, for how long, and what gives way.
#include <stdio.h>
#include <string.h>

#include "test/unit/aaa/asker.h"
#include "test/unit/test.h"

enum { ACCEPT = 2, REJECT = 3 };

static void accept_for(struct fake *f, uint32_t session_s)
{
	fake_answer(f, FAKE_ANSWERS, ACCEPT);
	fake_add_text(f, 145, "alice@example");
	if (session_s > 0)
		fake_add_u32(f, 27, session_s);
}

static void an_acceptance_holds_for_its_session_time(void **state)
{
	struct asker *a = *state;
	struct fake *f = &a->fakes[0];

	accept_for(f, 100);
	asker_open(a);
	assert_int_equal(asker_say(a, 1).session_s, 100);
	fake_answer(f, FAKE_ANSWERS, REJECT);
	a->now += 60 * NS_SEC + 1;
	struct aaa_answer got = asker_say(a, 1);
	assert_int_equal(got.verdict, AAA_ACCEPT);
	assert_string_equal(got.mn_id, "alice@example");
	assert_int_equal(got.session_s, 40); // what is left, never less
	assert_int_equal(fake_asked(f), 1);
	a->now += 40 * NS_SEC - 1;
	assert_int_equal(asker_say(a, 1).verdict, AAA_REJECT);
	struct aaa_totals t = aaa_totals(a->aaa);
	assert_int_equal(t.asked, 3);
	assert_int_equal(t.from_cache, 1);
	assert_int_equal(t.waiting, 0);
}

static void an_acceptance_without_session_time_holds_for_nobody_else(void **state)
{
	struct asker *a = *state;

	accept_for(&a->fakes[0], 0);
	asker_open(a);
	asker_say(a, 1);
	asker_say(a, 1);
	assert_int_equal(fake_asked(&a->fakes[0]), 2);
	assert_int_equal(aaa_totals(a->aaa).cached, 0);
}

static void the_longest_session_time_does_not_wrap(void **state)
{
	struct asker *a = *state;

	accept_for(&a->fakes[0], UINT32_MAX);
	asker_open(a);
	asker_say(a, 1);
	a->now += 1000 * NS_SEC;
	assert_int_equal(asker_say(a, 1).session_s, UINT32_MAX - 1000);
}

static void a_rejection_holds_for_a_while(void **state)
{
	struct asker *a = *state;
	struct fake *f = &a->fakes[0];

	fake_answer(f, FAKE_ANSWERS, REJECT);
	fake_add_text(f, 18, "no");
	asker_open(a);
	asker_say(a, 1);
	accept_for(f, 0);
	a->now += a->conf.hold_rejected - 1;
	struct aaa_answer got = asker_say(a, 1);
	assert_int_equal(got.verdict, AAA_REJECT);
	assert_string_equal(got.why, "no");
	a->now++;
	assert_int_equal(asker_say(a, 1).verdict, AAA_ACCEPT);
}

static void nothing_else_is_remembered(void **state)
{
	struct asker *a = *state;
	struct fake *f = &a->fakes[0];

	asker_open(a);
	fake_answer(f, FAKE_ANSWERS, ACCEPT);
	fake_add_u32(f, 27, 1000);
	fake_add(f, 147, "", 0);
	assert_int_equal(asker_say(a, 1).verdict, AAA_UNUSABLE);
	fake_answer(f, FAKE_SILENT, ACCEPT);
	assert_int_equal(asker_say(a, 1).verdict, AAA_UNREACHABLE);
	assert_int_equal(aaa_totals(a->aaa).cached, 0);
}

static void an_answer_holds_for_the_same_question_alone(void **state)
{
	struct asker *a = *state;
	struct aaa_question q[5];

	accept_for(&a->fakes[0], 100);
	asker_open(a);
	for (int i = 0; i < 5; i++)
		q[i] = asker_question(1);
	q[1].mac[5]++;
	snprintf(q[2].user_name, sizeof(q[2].user_name), "node1@example.net");
	snprintf(q[3].port_id, sizeof(q[3].port_id), "wlan1");
	q[4].port_type = 15;
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 5; i++) {
			q[i].ticket++;
			asker_ask(a, q[i]);
			assert_int_equal(asker_take(a).ticket, q[i].ticket);
			assert_int_equal(fake_asked(&a->fakes[0]), round == 0 ? i + 1 : 5);
		}
	}
}

static void what_an_operator_forgets_is_asked_again(void **state)
{
	struct asker *a = *state;

	accept_for(&a->fakes[0], 100);
	asker_open(a);
	asker_say(a, 1);
	asker_say(a, 2);
	aaa_forget(a->aaa, "node1@example");
	aaa_forget(a->aaa, "nobody@example");
	assert_int_equal(aaa_totals(a->aaa).cached, 1);
	asker_say(a, 2);
	assert_int_equal(fake_asked(&a->fakes[0]), 2);
	asker_say(a, 1);
	assert_int_equal(fake_asked(&a->fakes[0]), 3);
}

static void the_oldest_gives_way(void **state)
{
	struct asker *a = *state;

	accept_for(&a->fakes[0], 100);
	a->conf.max_cached = 8;
	asker_open(a);
	for (uint32_t i = 0; i < 11; i++)
		asker_say(a, i);
	assert_int_equal(aaa_totals(a->aaa).cached, 8);
	for (uint32_t i = 3; i < 11; i++)
		asker_say(a, i);
	assert_int_equal(fake_asked(&a->fakes[0]), 11);
	for (uint32_t i = 0; i < 3; i++)
		asker_say(a, i);
	assert_int_equal(fake_asked(&a->fakes[0]), 14);
	assert_int_equal(aaa_totals(a->aaa).cached, 8);
}

#define WITH_SERVER(f) cmocka_unit_test_setup_teardown(f, asker_set_up, asker_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(an_acceptance_holds_for_its_session_time),
		WITH_SERVER(an_acceptance_without_session_time_holds_for_nobody_else),
		WITH_SERVER(the_longest_session_time_does_not_wrap),
		WITH_SERVER(a_rejection_holds_for_a_while),
		WITH_SERVER(nothing_else_is_remembered),
		WITH_SERVER(an_answer_holds_for_the_same_question_alone),
		WITH_SERVER(what_an_operator_forgets_is_asked_again),
		WITH_SERVER(the_oldest_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
