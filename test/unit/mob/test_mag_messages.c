// What a MAG makes of heartbeats, Binding Errors and messages for others: HB, WIRE-06, -14, -16.
#include "test/unit/mob/mag_play.h"

#define PLAY struct mag_play *p = *state

static struct mh heartbeat(uint16_t flags, uint32_t seq, int64_t counter)
{
	struct mh mh = {.type = MH_HEARTBEAT, .heartbeat = {flags, seq}};

	if (counter >= 0)
		mh_add(&mh, OPT_RESTART_COUNTER)->restart_counter.count = (uint32_t)counter;
	return mh;
}

static void with_heartbeats(struct mag_play *p)
{
	p->conf.heartbeat = (struct heartbeat_conf){
		.interval = 60 * NS_SEC, .missing_allowed = 3, .restart_counter = 7};
	p->conf.lifetime_s = 4000;
	mag_play_restart(p);
}

static void HB_01_a_request_is_answered_HB_08_even_without_a_binding(void **state)
{
	PLAY;
	struct mh mh = heartbeat(0, 77, -1);

	with_heartbeats(p);
	say_mh(p, LMAA, COA, &mh);
	expect_said(p, "S");
	const struct mh *out = last(p, MAG_SEND)->send.mh;
	assert_int_equal(out->type, MH_HEARTBEAT);
	assert_int_equal(out->heartbeat.flags, HEARTBEAT_RESPONSE);
	assert_int_equal(out->heartbeat.seq, 77);
	assert_int_equal(mh_find(out, OPT_RESTART_COUNTER)->restart_counter.count, 7);
	say_mh(p, STRANGER, COA, &mh);
	expect_said(p, "");
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_SOURCE], 1);
}

static uint32_t beats(const struct mag_play *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_said; i++)
		n += p->said[i].action.kind == MAG_SEND && p->said[i].mh.type == MH_HEARTBEAT;
	return n;
}

static void HB_02_requests_go_out_while_there_is_a_binding(void **state)
{
	PLAY;

	with_heartbeats(p);
	pass_ms(p, 200 * 1000);
	assert_int_equal(beats(p), 0);
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 67 * 1000);
	assert_int_equal(beats(p), 1);
	hear(p, link_of(1), HEARD_LINK_UP);
	reply(p, refuses(PBA_PROXY_REG_NOT_ENABLED)); // the last binding is gone
	pass_with_ms(p, link_of(1), 300 * 1000);
	assert_int_equal(beats(p), 0);
}

static void SEQ_28_an_lma_that_is_lost_and_back_costs_no_binding(void **state)
{
	PLAY;

	with_heartbeats(p);
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 300 * 1000);
	assert_int_equal(p->notes[MAG_NOTE_LMA_LOST], 1);
	expect_bound(p, HNP1, link_of(1));
	struct mh mh = heartbeat(HEARTBEAT_RESPONSE, heartbeat_seq(p), 1);
	say_mh(p, LMAA, COA, &mh);
	assert_int_equal(p->notes[MAG_NOTE_LMA_BACK], 1);
	expect_bound(p, HNP1, link_of(1));
	expect_said(p, "");
}

static void WIRE_14_a_heartbeat_response_to_nothing_is_counted(void **state)
{
	PLAY;
	struct mh mh = heartbeat(HEARTBEAT_RESPONSE, 5, 1);

	say_mh(p, LMAA, COA, &mh);
	expect_said(p, "");
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ROLE], 1);
}

static void SEQ_34_an_lma_that_lost_its_sessions_gets_them_back(void **state)
{
	PLAY;
	struct mh old = heartbeat(HEARTBEAT_RESPONSE | HEARTBEAT_UNSOLICITED, 0, 1);
	struct mh new = heartbeat(HEARTBEAT_RESPONSE | HEARTBEAT_UNSOLICITED, 0, 2);
	char hnp[] = "2001:db8:4000:10::/64";

	with_heartbeats(p);
	say_mh(p, LMAA, COA, &old);
	for (uint8_t i = 1; i <= 50; i++) {
		hnp[14] = (char)('1' + i / 10);
		hnp[15] = (char)('0' + i % 10);
		join(p, link_of(i), hnp);
	}
	say_mh(p, LMAA, COA, &new);
	assert_int_equal(p->notes[MAG_NOTE_LMA_RESTARTED], 1);
	pass_ms(p, 25);
	assert_in_range(p->n_pbus, 20, 30); // a thousand in a second
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	assert_null(strchr(p->order, 'U')); // service goes on
	pass_ms(p, 30);
	assert_in_range(p->n_pbus, 20, 30);
	expect_pbu_hnps(p, hnp, NULL);
	reply(p, accepts(NULL));
	expect_said(p, "A");
	expect_state(p, link_of(50), BUL_BOUND);
	say_mh(p, LMAA, COA, &new);
	assert_int_equal(p->notes[MAG_NOTE_LMA_RESTARTED], 0); // known by now
}

static void LMA_RST_01_what_was_out_when_the_lma_restarted_is_said_again(void **state)
{
	PLAY;
	struct mh new = heartbeat(HEARTBEAT_RESPONSE | HEARTBEAT_UNSOLICITED, 0, 2);

	with_heartbeats(p);
	join(p, link_of(1), HNP1);
	pass_ms(p, 2000);
	hear(p, link_of(1), HEARD_LINK_UP);
	pass_with_ms(p, link_of(1), 20 * 1000); // the LMA is not there; the next try is far away
	say_mh(p, LMAA, COA, &new);
	hear(p, link_of(1), HEARD_SEARCH); // whatever it says now
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	expect_pbu_hnps(p, HNP1, NULL);
	reply(p, accepts(NULL));
	expect_state(p, link_of(1), BUL_BOUND);
	assert_int_equal(p->notes[MAG_NOTE_MISMATCH], 0);
}

static void HB_05_an_lma_without_heartbeats_is_not_asked_again(void **state)
{
	PLAY;
	struct mh mh = {.type = MH_BE, .be = {.status = BE_UNKNOWN_MH_TYPE}};

	with_heartbeats(p);
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 67 * 1000);
	assert_int_equal(beats(p), 1);
	say_mh(p, LMAA, COA, &mh);
	expect_bound(p, HNP1, link_of(1)); // WIRE-16: it changes no binding
	assert_int_equal(p->notes[MAG_NOTE_BINDING_ERROR], 1);
	pass_with_ms(p, link_of(1), 300 * 1000);
	assert_int_equal(beats(p), 0);
}

static void WIRE_16_a_binding_error_of_status_1_changes_nothing(void **state)
{
	PLAY;
	struct mh mh = {.type = MH_BE, .be = {.status = BE_NO_BINDING}};

	with_heartbeats(p);
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 67 * 1000);
	say_mh(p, LMAA, COA, &mh);
	expect_said(p, "");
	expect_bound(p, HNP1, link_of(1));
	pass_with_ms(p, link_of(1), 67 * 1000);
	assert_true(beats(p) > 0);
}

static void HB_04_a_mag_that_lost_its_sessions_says_so_unasked(void **state)
{
	PLAY;

	p->conf.heartbeat = (struct heartbeat_conf){
		.interval = 60 * NS_SEC, .restart_counter = 8, .lost_sessions = true};
	mag_play_restart(p);
	assert_true(mag_deadline(p->mag) <= p->now.mono);
	tell(p, &(struct mag_event){.kind = MAG_TICK});
	expect_said(p, "S");
	const struct mag_action *a = last(p, MAG_SEND);
	assert_true(ip6_equal(a->send.dst, addr(LMAA)));
	assert_int_equal(a->send.mh->heartbeat.flags, HEARTBEAT_RESPONSE | HEARTBEAT_UNSOLICITED);
	assert_int_equal(mh_find(a->send.mh, OPT_RESTART_COUNTER)->restart_counter.count, 8);
}

static void WIRE_14_messages_for_another_role_are_counted_not_answered(void **state)
{
	PLAY;
	struct mh bu = {.type = MH_BU}, brr = {.type = MH_BRR};

	say_mh(p, LMAA, COA, &bu);
	expect_said(p, "");
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ROLE], 1);
	say_mh(p, LMAA, COA, &brr);
	expect_said(p, "");
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ROLE], 1);
}

static void WIRE_06_an_unknown_type_is_answered_but_not_a_thousand_times(void **state)
{
	PLAY;
	struct mag_event e = {.kind = MAG_BAD_MESSAGE,
			      .bad = {addr(STRANGER), addr(COA), MH_UNKNOWN_TYPE, 0}};
	uint32_t sent = 0;

	tell(p, &e);
	expect_said(p, "S");
	assert_true(ip6_equal(last(p, MAG_SEND)->send.dst, addr(STRANGER)));
	assert_true(ip6_equal(last(p, MAG_SEND)->send.src, addr(COA)));
	assert_int_equal(last(p, MAG_SEND)->send.mh->be.status, BE_UNKNOWN_MH_TYPE);
	for (int i = 0; i < 1000; i++) {
		tell(p, &e);
		sent += p->order[0] == 'S';
	}
	assert_in_range(sent, 1, 10);
	pass_ms(p, 1000);
	tell(p, &e);
	expect_said(p, "S");
	pass_ms(p, 1000);
	e.bad.src = addr("ff02::1");
	tell(p, &e);
	expect_said(p, "");
	e.bad.src = addr(STRANGER);
	for (e.bad.type = MH_BU; e.bad.type <= MH_HACK; e.bad.type++) {
		bool unknown = e.bad.type == MH_HI || e.bad.type == MH_HACK;

		e.bad.err = MH_BAD_OPTION; // WIRE-12: fast handover is off
		tell(p, &e);
		expect_said(p, unknown ? "S" : "");
		e.bad.err = MH_BAD_CHECKSUM;
		tell(p, &e);
		expect_said(p, "");
	}
	assert_int_equal(p->notes[MAG_NOTE_BAD_MESSAGE], 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mag_play_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(HB_01_a_request_is_answered_HB_08_even_without_a_binding),
		T(HB_02_requests_go_out_while_there_is_a_binding),
		T(SEQ_28_an_lma_that_is_lost_and_back_costs_no_binding),
		T(WIRE_14_a_heartbeat_response_to_nothing_is_counted),
		T(SEQ_34_an_lma_that_lost_its_sessions_gets_them_back),
		T(LMA_RST_01_what_was_out_when_the_lma_restarted_is_said_again),
		T(HB_05_an_lma_without_heartbeats_is_not_asked_again),
		T(WIRE_16_a_binding_error_of_status_1_changes_nothing),
		T(HB_04_a_mag_that_lost_its_sessions_says_so_unasked),
		T(WIRE_14_messages_for_another_role_are_counted_not_answered),
		T(WIRE_06_an_unknown_type_is_answered_but_not_a_thousand_times),
	};

	return cmocka_run_group_tests_name("mag-messages", tests, NULL, NULL);
}
