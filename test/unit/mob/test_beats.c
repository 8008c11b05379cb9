// Heartbeats of the LMA with its MAGs: who is asked, who is answered, what becomes of bindings
// (nothing).
#include <stdio.h>

#include "test/unit/mob/play.h"

static int begin(void **state)
{
	int rc = play_begin(state);
	struct play *p = *state;

	p->conf.heartbeat = (struct heartbeat_conf){
		.interval = 60 * NS_SEC, .missing_allowed = 3, .restart_counter = 7};
	play_restart(p);
	return rc;
}

static void hear(struct play *p, const char *mag, uint16_t flags, uint32_t seq, int64_t counter)
{
	struct mh mh = {.type = MH_HEARTBEAT, .heartbeat = {flags, seq}};

	if (counter >= 0)
		mh_add(&mh, OPT_RESTART_COUNTER)->restart_counter.count = (uint32_t)counter;
	say_raw(p,
		&(struct lma_event){.kind = LMA_MESSAGE,
				    .message = {.src = addr(mag), .dst = addr(LMAA), .mh = &mh}});
}

static struct heartbeat beat_of(struct play *p, const char *mag)
{
	struct lma_mag m;
	uint32_t cursor = 0;

	while (lma_next_mag(p->lma, &cursor, &m))
		if (ip6_equal(m.coa, addr(mag)))
			return m.heartbeat;
	return (struct heartbeat){0};
}

// Waits for the next request to that MAG and answers it.
static void answer_next(struct play *p, const char *mag, uint32_t counter)
{
	uint64_t before = beat_of(p, mag).requests;

	for (int i = 0; i < 70 && beat_of(p, mag).requests == before; i++)
		pass_ms(p, 1000);
	assert_int_equal(beat_of(p, mag).requests, before + 1);
	hear(p, mag, HEARTBEAT_RESPONSE, beat_of(p, mag).seq, counter);
}

static void HB_02_a_mag_is_asked_while_it_has_a_binding(void **state)
{
	struct play *p = *state;

	pass_ms(p, 100000);
	assert_int_equal(beat_of(p, MAG1).requests, 0);
	const char *hnp = join(p, attach(MN, MAG1));
	pass_ms(p, 67000);
	assert_int_equal(beat_of(p, MAG1).requests, 1);
	assert_int_equal(p->sent[p->n_sent - 1].mh.type, MH_HEARTBEAT);
	assert_true(ip6_equal(p->sent[p->n_sent - 1].src, addr(LMAA)));
	assert_true(ip6_equal(p->sent[p->n_sent - 1].dst, addr(MAG1)));
	say(p, leave(MN, MAG1, hnp));
	pass_ms(p, 11000); // its delay passes: no binding is left
	pass_ms(p, 200000);
	assert_int_equal(beat_of(p, MAG1).requests, 1);
}

static void a_handover_moves_the_question_to_the_other_mag(void **state)
{
	struct play *p = *state;

	join(p, attach(MN, MAG1));
	join(p, arrive(MN, MAG2));
	pass_ms(p, 67000);
	assert_int_equal(beat_of(p, MAG1).requests, 0);
	assert_int_equal(beat_of(p, MAG2).requests, 1);
}

static void HB_08_a_mag_without_bindings_is_answered(void **state)
{
	struct play *p = *state;

	hear(p, MAG1, 0, 99, -1);
	assert_int_equal(p->n_sent, 1);
	const struct mh *mh = &p->sent[0].mh;
	assert_int_equal(mh->type, MH_HEARTBEAT);
	assert_int_equal(mh->heartbeat.flags, HEARTBEAT_RESPONSE);
	assert_int_equal(mh->heartbeat.seq, 99);
	assert_int_equal(mh_find(mh, OPT_RESTART_COUNTER)->restart_counter.count, 7);
}

static void SEC_01_a_stranger_is_not_answered(void **state)
{
	struct play *p = *state;

	hear(p, NO_MAG, 0, 99, -1);
	assert_int_equal(p->n_sent, 0);
	assert_int_equal(p->notes[LMA_NOTE_UNKNOWN_MAG], 1);
}

static void SEQ_28_a_silent_mag_raises_an_alarm_and_loses_nothing(void **state)
{
	struct play *p = *state;
	struct pbu long_one = attach(MN, MAG1);

	long_one.lifetime_s = 3600;
	const char *hnp = join(p, long_one);
	answer_next(p, MAG1, 5);
	p->notes[LMA_NOTE_MAG_LOST] = 0;
	for (int i = 0; i < 300 && !beat_of(p, MAG1).unreachable; i++)
		pass_ms(p, 1000);
	assert_true(beat_of(p, MAG1).unreachable);
	expect_bound(p, hnp, MAG1);
	assert_true(binding_of(p, hnp).stale);
	hear(p, MAG1, HEARTBEAT_RESPONSE, beat_of(p, MAG1).seq, 5);
	assert_int_equal(p->notes[LMA_NOTE_MAG_BACK], 1);
	assert_false(binding_of(p, hnp).stale);
	expect_bound(p, hnp, MAG1);
}

static void HB_03_a_mag_that_lost_its_sessions_makes_its_bindings_stale(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));

	answer_next(p, MAG1, 5);
	answer_next(p, MAG1, 6);
	assert_int_equal(p->notes[LMA_NOTE_MAG_RESTARTED], 1);
	assert_true(binding_of(p, hnp).stale);
	expect_bound(p, hnp, MAG1);
	say(p, refresh(MN, MAG1, hnp)); // it registers the node again
	assert_false(binding_of(p, hnp).stale);
}

static void HB_03_of_one_mag_alone(void **state)
{
	struct play *p = *state;
	const char *here = join(p, attach(MN, MAG1)), *there = join(p, attach(OTHER, MAG2));

	hear(p, MAG1, HEARTBEAT_RESPONSE | HEARTBEAT_UNSOLICITED, 0, 9); // HB-04
	assert_true(binding_of(p, here).stale);
	assert_false(binding_of(p, there).stale);
	assert_int_equal(p->n_sent, 0); // nobody answers it
}

static void HB_04_a_start_that_lost_sessions_tells_every_mag_that_is_one_address(void **state)
{
	static struct ip6_addr own[2];
	struct play *p = *state;
	struct lma_action a;
	unsigned told = 0;

	own[0] = addr(LMAA);
	own[1] = addr("2001:db8:a::2");
	p->conf.heartbeat.lost_sessions = true;
	p->conf.addresses = own;
	p->conf.n_addresses = 2;
	play_restart(p);
	assert_true(lma_deadline(p->lma) <= p->now.mono); // it is to be pulled at once
	while (lma_output(p->lma, &a)) {
		assert_int_equal(a.kind, LMA_SEND);
		assert_int_equal(a.send.mh->heartbeat.flags,
				 HEARTBEAT_RESPONSE | HEARTBEAT_UNSOLICITED);
		assert_int_equal(mh_find(a.send.mh, OPT_RESTART_COUNTER)->restart_counter.count, 7);
		told++;
	}
	assert_int_equal(told, 4); // MAG1 and MAG2, from both; the range has no address to tell
}

static void HB_05_a_mag_that_knows_no_heartbeats_is_left_alone(void **state)
{
	struct play *p = *state;
	struct mh be = {.type = MH_BE, .be = {.status = BE_UNKNOWN_MH_TYPE}};

	join(p, attach(MN, MAG1));
	pass_ms(p, 67000);
	say_raw(p,
		&(struct lma_event){.kind = LMA_MESSAGE,
				    .message = {.src = addr(MAG1), .dst = addr(LMAA), .mh = &be}});
	pass_ms(p, 200000);
	assert_int_equal(beat_of(p, MAG1).requests, 1);
	assert_true(beat_of(p, MAG1).incapable);
}

// A Binding Error that answers no request of ours may be anybody's.
static void WIRE_16_a_binding_error_out_of_the_blue_ends_no_heartbeat(void **state)
{
	struct play *p = *state;
	struct mh be = {.type = MH_BE, .be = {.status = BE_UNKNOWN_MH_TYPE}};

	join(p, attach(MN, MAG1));
	say_raw(p,
		&(struct lma_event){.kind = LMA_MESSAGE,
				    .message = {.src = addr(MAG1), .dst = addr(LMAA), .mh = &be}});
	pass_ms(p, 67000);
	assert_int_equal(beat_of(p, MAG1).requests, 1);
}

static void SEQ_34_a_mag_brings_its_nodes_back_with_the_prefixes_they_had(void **state)
{
	struct play *p = *state;
	char hnp[64];

	snprintf(hnp, sizeof(hnp), "%s", join(p, attach(MN, MAG1)));
	play_restart(p);                // without its bindings
	say(p, refresh(MN, MAG1, hnp)); // HI 5, the known prefix (LMA-RST-01)
	expect_status(p, PBA_ACCEPTED);
	expect_bound(p, hnp, MAG1);
}

#define BEAT_TEST(f) cmocka_unit_test_setup_teardown(f, begin, play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEAT_TEST(HB_02_a_mag_is_asked_while_it_has_a_binding),
		BEAT_TEST(a_handover_moves_the_question_to_the_other_mag),
		BEAT_TEST(HB_08_a_mag_without_bindings_is_answered),
		BEAT_TEST(SEC_01_a_stranger_is_not_answered),
		BEAT_TEST(SEQ_28_a_silent_mag_raises_an_alarm_and_loses_nothing),
		BEAT_TEST(HB_03_a_mag_that_lost_its_sessions_makes_its_bindings_stale),
		BEAT_TEST(HB_03_of_one_mag_alone),
		BEAT_TEST(HB_04_a_start_that_lost_sessions_tells_every_mag_that_is_one_address),
		BEAT_TEST(HB_05_a_mag_that_knows_no_heartbeats_is_left_alone),
		BEAT_TEST(WIRE_16_a_binding_error_out_of_the_blue_ends_no_heartbeat),
		BEAT_TEST(SEQ_34_a_mag_brings_its_nodes_back_with_the_prefixes_they_had),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
