// RFC 5847 with one peer: when a request leaves, what an answer means.
#include "mob/heartbeat.h"

#include "test/unit/test.h"

static const struct heartbeat_conf conf = {
	.interval = 60 * NS_SEC, .missing_allowed = 3, .restart_counter = 42};

struct pair {
	struct heartbeat h;
	struct rng rng;
	ns_t now;
	struct mh request;
};

static struct pair fresh(void)
{
	struct pair p = {.rng = {1}, .now = NS_SEC};

	heartbeat_begin(&p.h, &conf, &p.rng, p.now);
	return p;
}

// Goes to the next request; what it says beside.
static enum heartbeat_news ask(struct pair *p)
{
	enum heartbeat_news news;

	assert_true(p->h.due > p->now);
	p->now = p->h.due;
	assert_true(heartbeat_tick(&p->h, &conf, &p->rng, p->now, &p->request, &news));
	return news;
}

static enum heartbeat_news respond(struct pair *p, uint32_t seq, uint16_t flags, int64_t counter)
{
	struct mh mh = {.type = MH_HEARTBEAT,
			.heartbeat = {(uint16_t)(HEARTBEAT_RESPONSE | flags), seq}};
	struct mh answer;

	if (counter >= 0)
		mh_add(&mh, OPT_RESTART_COUNTER)->restart_counter.count = (uint32_t)counter;
	return heartbeat_heard(&p->h, &conf, &mh, &answer);
}

static void HB_02_requests_leave_at_the_interval_while_there_are_bindings(void **state)
{
	(void)state;
	struct pair p = fresh();
	enum heartbeat_news news;
	assert_false(heartbeat_tick(&p.h, &conf, &p.rng, p.h.due - 1, &p.request, &news));
	assert_int_equal(ask(&p), HEARTBEAT_NOTHING);
	assert_int_equal(p.request.type, MH_HEARTBEAT);
	assert_int_equal(p.request.heartbeat.flags, 0);
	assert_null(mh_find(&p.request, OPT_RESTART_COUNTER)); // HB-03: in responses only
	uint32_t first = p.request.heartbeat.seq;
	ask(&p);
	assert_int_equal(p.request.heartbeat.seq, first + 1);
	heartbeat_end(&p.h);
	assert_false(heartbeat_tick(&p.h, &conf, &p.rng, p.now + 3600 * NS_SEC, &p.request, &news));
}

static void HB_07_intervals_differ_by_a_tenth(void **state)
{
	(void)state;
	struct pair p = fresh();
	ns_t least = UINT64_MAX, most = 0;
	for (int i = 0; i < 200; i++) {
		ns_t before = p.now;
		ask(&p);
		ns_t gap = i == 0 ? 60 * NS_SEC : p.now - before;
		least = gap < least ? gap : least;
		most = gap > most ? gap : most;
		respond(&p, p.request.heartbeat.seq, 0, 1);
	}
	assert_in_range(least, 54 * NS_SEC, 57 * NS_SEC);
	assert_in_range(most, 63 * NS_SEC, 66 * NS_SEC);
}

static void HB_02_one_request_more_than_may_be_missing_is_an_alarm_once(void **state)
{
	(void)state;
	struct pair p = fresh();
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask(&p), HEARTBEAT_NOTHING);
	assert_int_equal(ask(&p), HEARTBEAT_LOST);
	assert_true(p.h.unreachable);
	assert_int_equal(ask(&p), HEARTBEAT_NOTHING); // asked on, said once
}

static void SEQ_28_five_minutes_of_silence_and_back(void **state)
{
	(void)state;
	struct pair p = fresh();
	ask(&p);
	respond(&p, p.request.heartbeat.seq, 0, 5);
	for (int i = 0; i < 5; i++)
		ask(&p);
	assert_true(p.h.unreachable);
	assert_int_equal(respond(&p, p.request.heartbeat.seq, 0, 5), HEARTBEAT_BACK);
	assert_false(p.h.unreachable);
	assert_int_equal(p.h.unanswered, 0);
}

static void HB_08_only_the_response_to_the_last_request_counts(void **state)
{
	(void)state;
	struct pair p = fresh();
	assert_int_equal(respond(&p, p.h.seq, 0, 5), HEARTBEAT_STRAY); // nothing was asked
	ask(&p);
	assert_int_equal(respond(&p, p.request.heartbeat.seq - 1, 0, 5), HEARTBEAT_STRAY);
	assert_int_equal(p.h.unanswered, 1);
	assert_int_equal(respond(&p, p.request.heartbeat.seq, 0, 5), HEARTBEAT_NOTHING);
	assert_int_equal(respond(&p, p.request.heartbeat.seq, 0, 5), HEARTBEAT_STRAY); // twice
}

static void HB_01_a_request_is_answered_with_its_number_and_our_counter(void **state)
{
	(void)state;
	struct heartbeat h = {0}; // HB-08: without any binding
	struct mh request = {.type = MH_HEARTBEAT, .heartbeat = {0, 0xdeadbeef}}, answer;
	assert_int_equal(heartbeat_heard(&h, &conf, &request, &answer), HEARTBEAT_ANSWER);
	assert_int_equal(answer.type, MH_HEARTBEAT);
	assert_int_equal(answer.heartbeat.flags, HEARTBEAT_RESPONSE);
	assert_int_equal(answer.heartbeat.seq, 0xdeadbeef);
	assert_int_equal(mh_find(&answer, OPT_RESTART_COUNTER)->restart_counter.count, 42);
}

static void HB_03_another_counter_than_before_tells_of_lost_sessions(void **state)
{
	(void)state;
	struct pair p = fresh();
	ask(&p);
	assert_int_equal(respond(&p, p.request.heartbeat.seq, 0, 5), HEARTBEAT_NOTHING); // stored
	ask(&p);
	assert_int_equal(respond(&p, p.request.heartbeat.seq, 0, 5), HEARTBEAT_NOTHING); // SEQ-14
	ask(&p);
	assert_int_equal(respond(&p, p.request.heartbeat.seq, 0, 6), HEARTBEAT_RESTARTED);
	ask(&p);
	assert_int_equal(respond(&p, p.request.heartbeat.seq, 0, -1), HEARTBEAT_NOTHING);
	ask(&p);
	assert_int_equal(respond(&p, p.request.heartbeat.seq, 0, 4), HEARTBEAT_RESTARTED);
}

static void HB_04_an_unasked_response_needs_no_number(void **state)
{
	(void)state;
	struct pair p = fresh();
	ask(&p);
	respond(&p, p.request.heartbeat.seq, 0, 5);
	assert_int_equal(respond(&p, 0, HEARTBEAT_UNSOLICITED, 6), HEARTBEAT_RESTARTED);
	assert_int_equal(respond(&p, 0, HEARTBEAT_UNSOLICITED, 6), HEARTBEAT_NOTHING); // told twice
	struct mh own;
	heartbeat_unsolicited(&conf, &own);
	assert_int_equal(own.heartbeat.flags, HEARTBEAT_RESPONSE | HEARTBEAT_UNSOLICITED);
	assert_int_equal(mh_find(&own, OPT_RESTART_COUNTER)->restart_counter.count, 42);
}

// A peer whose counter was never heard says so of itself: sessions that are older are gone.
static void HB_04_the_first_that_is_heard_may_be_unasked(void **state)
{
	(void)state;
	struct pair p = fresh();
	assert_int_equal(respond(&p, 0, HEARTBEAT_UNSOLICITED, 6), HEARTBEAT_RESTARTED);
}

static void HB_05_a_peer_that_knows_no_heartbeats_is_never_asked_again(void **state)
{
	(void)state;
	struct pair p = fresh();
	enum heartbeat_news news;
	ask(&p);
	heartbeat_refused(&p.h);
	heartbeat_begin(&p.h, &conf, &p.rng, p.now);
	assert_false(heartbeat_tick(&p.h, &conf, &p.rng, p.now + 3600 * NS_SEC, &p.request, &news));
	assert_true(p.h.incapable);
}

static void without_an_interval_nobody_is_asked(void **state)
{
	(void)state;
	struct heartbeat_conf off = conf;
	struct heartbeat h = {0};
	struct rng rng = {1};
	off.interval = 0;
	heartbeat_begin(&h, &off, &rng, NS_SEC);
	assert_int_equal(h.due, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(HB_02_requests_leave_at_the_interval_while_there_are_bindings),
		cmocka_unit_test(HB_07_intervals_differ_by_a_tenth),
		cmocka_unit_test(HB_02_one_request_more_than_may_be_missing_is_an_alarm_once),
		cmocka_unit_test(SEQ_28_five_minutes_of_silence_and_back),
		cmocka_unit_test(HB_08_only_the_response_to_the_last_request_counts),
		cmocka_unit_test(HB_01_a_request_is_answered_with_its_number_and_our_counter),
		cmocka_unit_test(HB_03_another_counter_than_before_tells_of_lost_sessions),
		cmocka_unit_test(HB_04_an_unasked_response_needs_no_number),
		cmocka_unit_test(HB_04_the_first_that_is_heard_may_be_unasked),
		cmocka_unit_test(HB_05_a_peer_that_knows_no_heartbeats_is_never_asked_again),
		cmocka_unit_test(without_an_interval_nobody_is_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
