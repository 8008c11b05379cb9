// Fast handover where little else asks: what no step is taken for, and steps that seldom come.
#include "test/unit/mob/fast_play.h"

#define PLAY struct mag_play *p = *state

static void prepared(struct mag_play *p)
{
	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	accepts_hi(p);
	expect_handover(p, HO_PREPARED);
}

// The sign is older than 50 ms: no frame from before it left.
static void comes_back(struct mag_play *p)
{
	detach(p, link_of(1));
	pass_ms(p, 60);
	hear(p, link_of(1), HEARD_FRAME);
}

static void FMIP_17_who_came_back_before_a_refusal_is_not_deregistered(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	struct mh mh = hack(p, HACK_P, HACK_PROHIBITED);
	comes_back(p);
	peer_says(p, MAG2, &mh);
	expect_over(p, OUTCOME_REFUSED);
	assert_int_equal(count_mh(p, MH_BU), 0);
	expect_state(p, link_of(1), BUL_BOUND);
}

static void FMIP_17_prepared_for_too_long(void **state)
{
	PLAY;
	static const struct {
		void (*before)(struct mag_play *);
		enum bul_state state;
		enum handover_outcome outcome;
	} rows[] = {{NULL, BUL_BOUND, OUTCOME_NEVER_CAME},
		    {comes_back, BUL_BOUND, OUTCOME_NEVER_CAME}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mag_play_restart(p);
		prepared(p);
		if (rows[i].before != NULL)
			rows[i].before(p);
		pass_ms(p, FORWARD_MS + 10);
		expect_hi(p, MAG2, HI_P | HI_F, HI_FORWARDING_COMPLETE);
		expect_state(p, link_of(1), rows[i].state);
		accepts_hi(p);
		expect_over(p, rows[i].outcome);
	}
	mag_play_restart(p);
	prepared(p);
	detach(p, link_of(1));
	pass_ms(p, FORWARD_MS + 10);
	expect_state(p, link_of(1), BUL_LEAVING); // FMIP-16: only now
	mag_play_restart(p);
	prepared(p);
	detach(p, link_of(1));
	pass_ms(p, FORWARD_MS + 10);
	accepts_hi(p);
	expect_over(p, OUTCOME_TIMED_OUT);
}

static void a_session_that_ends_ends_the_forwarding(void **state)
{
	PLAY;

	for (int settles = 0; settles < 2; settles++) {
		mag_play_restart(p);
		forwarding(p);
		if (settles)
			notice(p, 90);
		attach(p, link_of(1), "other@" REALM, 0); // somebody else is there
		expect_hi(p, MAG2, HI_P | HI_F, HI_FORWARDING_COMPLETE);
		expect_handover(p, HO_ENDING);
		accepts_hi(p);
		expect_over(p, OUTCOME_LEFT);
		assert_int_equal(p->notes[MAG_NOTE_HANDOVER_FAILED], 1);
	}
}

static void orders_that_come_too_late_change_nothing(void **state)
{
	PLAY;
	static const enum mag_hand_over orders[] = {HAND_OVER_CANCEL, HAND_OVER_GO,
						    HAND_OVER_PREPARE};

	forwarding(p);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	expect_said(p, "");
	notice(p, 90);
	for (int i = 0; i < 3; i++) { // SETTLING
		hand_over(p, NODE, orders[i], orders[i] == HAND_OVER_CANCEL ? NULL : MAG2);
		expect_said(p, "");
	}
	mag_play_restart(p);
	is_here(p);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	expect_said(p, "");
	expect_handover(p, HO_HERE);
	mag_play_restart(p);
	is_registered(p);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	expect_said(p, "");
	expect_handover(p, HO_REGISTERED);
}

// A second registration meanwhile, for whatever reason, is none of the handover's business.
static void registered_once_more_while_it_waits_for_the_previous_mag(void **state)
{
	PLAY;

	is_registered(p);
	done(p, 20);
	expect_over(p, OUTCOME_COMPLETE);
	mag_play_restart(p);
	is_here(p);
	struct pba brief = accepts(NULL);
	brief.lifetime_s = 8;
	reply(p, brief);
	expect_handover(p, HO_REGISTERED);
	for (int i = 0; i < 90 && binding_of(p, link_of(1)).state != BUL_REFRESHING; i++)
		pass_with_ms(p, link_of(1), 100);
	expect_state(p, link_of(1), BUL_REFRESHING);
	reply(p, accepts(NULL));
	expect_state(p, link_of(1), BUL_BOUND);
	expect_handover(p, HO_REGISTERED);
	expect_bound(p, HNP1, link_of(1));
}

// FMIP-11: what was only prepared, and then granted, carries the detour as well.
static void FMIP_11_what_is_granted_when_it_is_there_makes_a_detour(void **state)
{
	PLAY;

	for (int late = 0; late < 2; late++) {
		mag_play_restart(p);
		coming(p, HI_P | HI_U, 7);
		hear(p, link_of(1), HEARD_FRAME);
		uint16_t seq = last_mh(p, MH_HI)->send.mh->hi.seq;
		if (late) { // the hold is over before the previous MAG speaks
			p->conf.fast.hold_uplink = 50 * NS_MSEC;
			mag_play_restart(p);
			coming(p, HI_P | HI_U, 7);
			hear(p, link_of(1), HEARD_FRAME);
			seq = last_mh(p, MH_HI)->send.mh->hi.seq;
			pass_ms(p, 60);
			assert_false(bound(p)->bind.detour);
		}
		struct mh mh = told(p, HACK_P | HACK_F, HACK_ALL_CONTEXT);
		mh.hack.seq = seq;
		peer_says(p, MAG2, &mh);
		expect_handover(p, HO_HERE);
		assert_int_equal(bound(p)->bind.detour, late);
		pass_with_ms(p, link_of(1), UPLINK_MS + 10);
		assert_true(bound(p)->bind.detour);
		p->conf.fast.hold_uplink = UPLINK_MS * NS_MSEC;
	}
}

// Number 0 is that of no handover, and there is none behind the last.
static void a_bind_that_fails_and_belongs_to_no_handover_is_its_nodes(void **state)
{
	PLAY;
	static const uint32_t numbers[] = {0, MAX_HANDOVERS + 1};

	for (int i = 0; i < 2; i++) {
		mag_play_restart(p);
		join(p, link_of(1), HNP1);
		tell(p, &(struct mag_event){.kind = MAG_BIND_FAILED,
					    .bind_failed = {link_of(1), numbers[i]}});
		expect_state(p, link_of(1), BUL_REFUSED);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, fast_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(FMIP_17_who_came_back_before_a_refusal_is_not_deregistered),
		T(FMIP_17_prepared_for_too_long),
		T(a_session_that_ends_ends_the_forwarding),
		T(orders_that_come_too_late_change_nothing),
		T(registered_once_more_while_it_waits_for_the_previous_mag),
		T(FMIP_11_what_is_granted_when_it_is_there_makes_a_detour),
		T(a_bind_that_fails_and_belongs_to_no_handover_is_its_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
