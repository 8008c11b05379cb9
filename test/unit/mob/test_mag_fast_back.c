// A node that is at its previous MAG again, or was never away: whose session is it then?
#include "test/unit/mob/fast_play.h"

#define PLAY struct mag_play *p = *state

static unsigned count_requests(struct mag_play *p, unsigned ms)
{
	unsigned n = count_mh(p, MH_BU);

	for (unsigned i = 0; i < ms / 100; i++) {
		pass_ms(p, 100);
		n += count_mh(p, MH_BU);
	}
	return n;
}

// Its next MAG may have registered it meanwhile: then the LMA sends its packets there.
static void FMIP_17_who_is_back_is_registered_again_by_whatever_sign(void **state)
{
	PLAY;
	static const enum mag_heard signs[] = {HEARD_FRAME, HEARD_LINK_UP, HEARD_SOLICIT,
					       HEARD_SEARCH};

	for (int settling = 0; settling < 2; settling++)
		for (int i = 0; i < 4; i++) {
			p->conf.fast.settle = NS_SEC;
			mag_play_restart(p);
			forwarding(p);
			if (settling)
				notice(p, 90);
			detach(p, link_of(1));
			pass_ms(p, 1100 - 300 * settling);
			hear(p, link_of(1), signs[i]);
			expect_handover(p, HO_ENDING);
			assert_int_equal(count_mh(p, MH_BU), 1);
			assert_int_equal(pbu_handoff(p), HI_UNKNOWN); // it attaches anew
			reply(p, accepts(NULL));
			expect_bound(p, HNP1, link_of(1));
		}
	p->conf.fast.settle = SETTLE_MS * NS_MSEC;
}

// It left, and an operator says that it stays: it is asked, and then it is registered.
static void FMIP_17_who_stays_after_all_is_asked_and_registered_again(void **state)
{
	PLAY;

	forwarding(p);
	detach(p, link_of(1));
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	pass_ms(p, 1);
	last(p, MAG_PROBE);
	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(count_mh(p, MH_BU), 1);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
}

// Of a refusal the same: while it was expected to go, its renewal was not.
static void FMIP_17_who_came_back_before_a_refusal_is_renewed_in_time(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	struct mh mh = hack(p, HACK_P, HACK_PROHIBITED);
	detach(p, link_of(1));
	pass_ms(p, 60);
	hear(p, link_of(1), HEARD_FRAME);
	peer_says(p, MAG2, &mh);
	expect_over(p, OUTCOME_REFUSED);
	pass_ms(p, 1);
	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(count_mh(p, MH_BU), 1);
}

// It moved on before it was registered here, and is back: its request goes out again.
static void FMIP_17_who_is_back_before_it_was_registered_is_asked_for_again(void **state)
{
	PLAY;

	is_here(p);
	wants(p, MAG3, HI_P | HI_F, 5);
	assert_int_equal(count_requests(p, 1500), 0);
	expect_state(p, link_of(1), BUL_REGISTERING);
	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(count_mh(p, MH_BU), 1);
	expect_pbu_hnps(p, HNP1, NULL);
	reply(p, accepts(NULL));
	expect_bound(p, HNP1, link_of(1));
	expect_state(p, link_of(1), BUL_BOUND);
}

// The other MAG has it: a renewal of ours, newer than its request, would take the session away.
static void FMIP_16_who_is_elsewhere_by_the_other_mags_word_is_not_renewed(void **state)
{
	PLAY;

	for (int registered = 0; registered < 2; registered++) {
		mag_play_restart(p);
		hear(p, link_of(1), HEARD_FRAME);
		struct pba brief = accepts(HNP1);
		brief.lifetime_s = 8;
		reply(p, brief);
		if (registered)
			hand_over(p, NODE, HAND_OVER_GO, MAG2);
		for (int i = 0; i < 900 && binding_of(p, link_of(1)).state != BUL_REFRESHING; i++) {
			pass_ms(p, 10);
			hear(p, link_of(1), HEARD_FRAME);
			if (registered && i % 50 == 0)
				hand_over(p, NODE, HAND_OVER_GO, MAG2);
		}
		expect_state(p, link_of(1), BUL_REFRESHING); // and it moves at this moment
		if (registered) {
			p->conf.fast.settle = 2 * NS_SEC;
			notice(p, 91);
		} else {
			wants(p, MAG2, HI_P | HI_F, 90);
		}
		expect_state(p, link_of(1), BUL_BOUND);
		assert_int_equal(count_requests(p, 1500), 0);
	}
	p->conf.fast.settle = SETTLE_MS * NS_MSEC;
}

// Its lifetime ends while it is elsewhere: it is looked for, and forgotten.
static void FMIP_16_a_session_that_ends_while_it_is_kept_leaves_nothing(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	struct pba brief = accepts(HNP1);
	brief.lifetime_s = 8;
	reply(p, brief);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	accepts_hi(p);
	detach(p, link_of(1));
	pass_ms(p, 8100);
	expect_unbound(p, HNP1);
	pass_ms(p, 30000);
	expect_state(p, link_of(1), BUL_NONE);
	assert_int_equal(mag_totals(p->mag)->nodes, 0);
}

// It left, came back, and is announced from a third MAG while its old session is here still: which
// is watched again, and so ends when nobody is there.
static void FMIP_17_a_session_that_was_kept_is_watched_when_its_node_is_announced(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	accepts_hi(p);
	detach(p, link_of(1));
	pass_ms(p, 60);
	hear(p, link_of(1), HEARD_FRAME);
	struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 8);
	with_context(&mh, HNP1, LMAA, 1);
	peer_says(p, MAG3, &mh);
	for (int i = 0; i < 60; i++)
		pass_ms(p, 1000);
	expect_state(p, link_of(1), BUL_NONE);
	expect_unbound(p, HNP1);
}

// What its new MAG was promised ends with a de-registration, and so do its queues.
static void FMIP_10_who_is_leaving_leaves_no_queue(void **state)
{
	PLAY;

	is_registered(p);
	detach(p, link_of(1));
	expect_state(p, link_of(1), BUL_LEAVING);
	wants(p, MAG3, HI_P | HI_U, 5);
	wants(p, MAG3, HI_P | HI_F, 6);
	expect_hack(p, MAG3, 6, HACK_P, HACK_NO_FORWARDING);
	expect_released(p, false);
	expect_over(p, OUTCOME_REFUSED);
}

// What its next MAG had us keep is its own again.
static void FMIP_17_what_was_kept_for_its_next_mag_goes_to_who_is_back(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	wants(p, MAG2, HI_P | HI_U, 5);
	expect_modes(p, QUEUE_PASS, QUEUE_HOLD, QUEUE_PASS);
	detach(p, link_of(1));
	pass_ms(p, 60);
	hear(p, link_of(1), HEARD_FRAME);
	expect_released(p, false);
	expect_hi(p, MAG2, HI_P | HI_F, HI_FORWARDING_COMPLETE);
	expect_handover(p, HO_ENDING);
}

// A session that ends here a moment before it is announced is not its arrival.
static void a_session_that_is_ending_or_refused_is_not_this_arrival(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_ms(p, 500);
	detach(p, link_of(1));
	expect_state(p, link_of(1), BUL_LEAVING);
	coming(p, HI_P | HI_F, 7);
	expect_handover(p, HO_EXPECTED);
	assert_true(bound(p)->bind.expected);
	pass_ms(p, 1500);
	expect_handover(p, HO_EXPECTED);
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	reply(p, refuses(PBA_INSUFFICIENT_RESOURCES));
	expect_state(p, link_of(1), BUL_REFUSED);
	coming(p, HI_P | HI_F, 7);
	expect_handover(p, HO_EXPECTED);
	hear(p, link_of(1), HEARD_FRAME);
	expect_handover(p, HO_HERE);
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	reply(p, refuses(PBA_SERVICE_AUTHORIZATION_FAILED)); // only an operator lifts that
	coming(p, HI_P | HI_F, 7);
	expect_hack(p, MAG2, 7, HACK_P, HACK_PROHIBITED);
	expect_state(p, link_of(1), BUL_REFUSED);
}

// FMIP-08, MAG-REG-05: an answer that does not repeat the request is none, and what was bound by
// the previous MAG's word ends.
static void FMIP_08_a_pba_that_does_not_fit_leaves_nothing(void **state)
{
	PLAY;

	is_here(p);
	struct pba other = accepts(NULL);
	other.access = ACCESS + 1;
	reply(p, other);
	expect_state(p, link_of(1), BUL_REFUSED);
	expect_unbound(p, HNP1);
	assert_int_equal(last(p, MAG_ADVERTISE)->advertise.valid_s, 0);
	expect_over(p, OUTCOME_NOT_REGISTERED);
	expect_released(p, true);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fast_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(FMIP_17_who_is_back_is_registered_again_by_whatever_sign),
		T(FMIP_17_who_stays_after_all_is_asked_and_registered_again),
		T(FMIP_17_who_came_back_before_a_refusal_is_renewed_in_time),
		T(FMIP_17_who_is_back_before_it_was_registered_is_asked_for_again),
		T(FMIP_16_who_is_elsewhere_by_the_other_mags_word_is_not_renewed),
		T(FMIP_16_a_session_that_ends_while_it_is_kept_leaves_nothing),
		T(FMIP_17_a_session_that_was_kept_is_watched_when_its_node_is_announced),
		T(FMIP_10_who_is_leaving_leaves_no_queue),
		T(FMIP_17_what_was_kept_for_its_next_mag_goes_to_who_is_back),
		T(a_session_that_is_ending_or_refused_is_not_this_arrival),
		T(FMIP_08_a_pba_that_does_not_fit_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
