// Fast handover at the previous MAG, which begins it: RFC 5949 4.1, 4.2.
#include "test/unit/mob/fast_play.h"

#define PLAY struct mag_play *p = *state

static void FMIP_01_the_hi_has_all_that_a_new_mag_needs(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	expect_said(p, "S");
	expect_hi(p, MAG2, HI_P | HI_F, HI_ALL_CONTEXT); // FMIP-04: in one piece
	const struct mh *mh = last_mh(p, MH_HI)->send.mh;
	const struct mh_opt *opt = mh_find(mh, OPT_HNP);
	assert_true(ip6_equal(opt->hnp.prefix, prefix(HNP1).addr));
	assert_null(mh_find_next(mh, OPT_HNP, opt));
	opt = mh_find(mh, OPT_LMAA);
	assert_int_equal(opt->lmaa.code, LMAA_IPV6);
	assert_memory_equal(opt->lmaa.addr.p, addr(LMAA).a, 16);
	opt = mh_find(mh, OPT_LL_ID);
	assert_memory_equal(opt->ll_id.id.p, link_of(1).mac, 6);
	assert_true(ip6_equal(mh_find(mh, OPT_LLA)->lla.addr, p->conf.link_local));
	assert_null(mh_find(mh, OPT_LLA_IID)); // its link-local address was not heard
	opt = mh_find(mh, OPT_MN_ID);
	assert_memory_equal(opt->mn_id.id.p, NODE, strlen(NODE));
	expect_handover(p, HO_ASKED);
	assert_true(ip6_is_zero(bound(p)->bind.next)); // nothing is sent on before it says yes
}

// FMIP-18: the new MAG of a link with assigned identifiers sees that it stays.
static void FMIP_01_the_interface_identifier_is_told_if_it_is_known(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	tell(p, &(struct mag_event){.kind = MAG_HEARD,
				    .heard = {.link = link_of(1), .addr = addr("fe80::1:2")}});
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	const struct mh_opt *opt = mh_find(last_mh(p, MH_HI)->send.mh, OPT_LLA_IID);
	assert_non_null(opt);
	assert_true(opt->lla_iid.iid == 0x10002);
}

static void FMIP_16_from_the_hack_on_packets_go_by_the_next_mag(void **state)
{
	PLAY;

	forwarding(p);
	expect_said(p, "B");
	assert_true(ip6_equal(bound(p)->bind.next, addr(MAG2)));
	assert_true(ip6_equal(bound(p)->bind.lmaa, addr(LMAA)));
	assert_true(same_link(bound(p)->bind.link, link_of(1)));
	assert_int_equal(bound(p)->bind.handover, handover_of(p, NODE).number);
}

static void FMIP_02_prepared_first_and_forwarded_later(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	expect_hi(p, MAG2, HI_P | HI_U, HI_ALL_CONTEXT);
	accepts_hi(p);
	expect_handover(p, HO_PREPARED);
	assert_true(ip6_is_zero(bound(p)->bind.next));
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	expect_said(p, "");
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	expect_hi(p, MAG2, HI_P | HI_F, HI_ALL_CONTEXT);
	accepts_hi(p);
	expect_handover(p, HO_FORWARDING);
	assert_true(ip6_equal(bound(p)->bind.next, addr(MAG2)));
}

static void FMIP_02_an_order_to_go_overtakes_one_to_prepare(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	expect_hi(p, MAG2, HI_P | HI_F, HI_ALL_CONTEXT);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	expect_said(p, ""); // it is out
	pass_ms(p, 101);
	accepts_hi(p);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	expect_said(p, "");
	expect_handover(p, HO_FORWARDING);
}

static void FMIP_05_a_hi_is_repeated_three_times_with_back_off(void **state)
{
	PLAY;
	static const unsigned at_ms[] = {100, 200, 400};

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	uint16_t seq = last_mh(p, MH_HI)->send.mh->hi.seq;
	for (int i = 0; i < 3; i++) {
		pass_ms(p, at_ms[i] - 10);
		assert_int_equal(count_mh(p, MH_HI), 0);
		pass_ms(p, 12);
		assert_int_equal(count_mh(p, MH_HI), 1);
		assert_int_equal(last_mh(p, MH_HI)->send.mh->hi.seq, seq);
		assert_non_null(mh_find(last_mh(p, MH_HI)->send.mh, OPT_HNP));
		pass_ms(p, 0);
	}
	pass_ms(p, 780);
	expect_handover(p, HO_ASKED);
	pass_ms(p, 30);
	assert_int_equal(count_mh(p, MH_HI), 0);
	expect_over(p, OUTCOME_UNANSWERED);
	expect_state(p, link_of(1), BUL_BOUND); // it is served as before
	assert_int_equal(mag_totals(p->mag)->hi_retries, 3);
	assert_int_equal(p->notes[MAG_NOTE_HANDOVER_FAILED], 1);
}

// FMIP-10: each code of the next MAG ends it, and the node goes on being served.
static void FMIP_10_a_refusal_ends_it_whatever_the_code(void **state)
{
	PLAY;

	for (int code = 128; code < 256; code++) {
		mag_play_restart(p);
		join(p, link_of(1), HNP1);
		hand_over(p, NODE, HAND_OVER_GO, MAG2);
		struct mh mh = hack(p, HACK_P, (uint8_t)code);
		peer_says(p, MAG2, &mh);
		expect_over(p, OUTCOME_REFUSED);
		assert_int_equal(handover_of(p, NODE).code, code);
		assert_true(ip6_is_zero(bound(p)->bind.next));
		expect_state(p, link_of(1), BUL_BOUND);
	}
}

static void FMIP_15_only_the_hack_to_the_hi_that_is_out_counts(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	struct mh good = hack(p, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED), mh = good;
	mh.hack.seq++;
	peer_says(p, MAG2, &mh);
	mh = good;
	peer_says(p, MAG3, &mh);
	mh.hack.flags = HACK_F;
	peer_says(p, MAG2, &mh);
	mh = good;
	about(&mh, "other@" REALM);
	peer_says(p, MAG2, &mh);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_HACK], 1);
	expect_handover(p, HO_ASKED);
	peer_says(p, MAG2, &good);
	expect_handover(p, HO_FORWARDING);
	peer_says(p, MAG2, &good); // twice
	expect_said(p, "");
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_HACK], 1);
}

static void FMIP_16_a_node_that_left_is_not_deregistered_meanwhile(void **state)
{
	PLAY;

	forwarding(p);
	detach(p, link_of(1));
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_BOUND);
	pass_ms(p, 9000);
	assert_int_equal(count_mh(p, MH_BU), 0); // nor asked whether it is there
	expect_handover(p, HO_FORWARDING);
	pass_ms(p, 1100); // FMIP-17: it has lived as long as it may
	expect_hi(p, MAG2, HI_P | HI_F, HI_FORWARDING_COMPLETE);
	assert_int_equal(pbu_lifetime_s(p), 0);
	expect_state(p, link_of(1), BUL_LEAVING);
	accepts_hi(p);
	expect_over(p, OUTCOME_TIMED_OUT);
}

static void FMIP_16_one_that_left_before_the_hack_is_kept_too(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	detach(p, link_of(1));
	expect_said(p, "");
	struct mh mh = hack(p, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
	mh.hack.seq = (uint16_t)(p->pbu.bu.seq); // not this one
	peer_says(p, MAG2, &mh);
	expect_state(p, link_of(1), BUL_BOUND);
	pass_ms(p, 1600); // nobody answers: now it is
	expect_over(p, OUTCOME_UNANSWERED);
	assert_int_equal(pbu_lifetime_s(p), 0);
	expect_state(p, link_of(1), BUL_LEAVING);
}

static void FMIP_17_a_node_that_never_left_is_served_directly_again(void **state)
{
	PLAY;

	forwarding(p);
	pass_ms(p, FORWARD_MS + 10);
	expect_hi(p, MAG2, HI_P | HI_F, HI_FORWARDING_COMPLETE);
	assert_true(ip6_is_zero(bound(p)->bind.next));
	expect_state(p, link_of(1), BUL_BOUND);
	expect_handover(p, HO_ENDING);
	accepts_hi(p);
	expect_over(p, OUTCOME_NEVER_CAME);
}

static void FMIP_17_a_node_that_comes_back_is_served_directly_again(void **state)
{
	PLAY;
	static const enum mag_heard signs[] = {HEARD_FRAME, HEARD_LINK_UP, HEARD_SOLICIT,
					       HEARD_SEARCH};

	for (int i = 0; i < 4; i++) {
		mag_play_restart(p);
		forwarding(p);
		detach(p, link_of(1));
		pass_ms(p, 50);
		hear(p, link_of(1), signs[i]); // a frame that waited in a queue
		expect_handover(p, HO_FORWARDING);
		pass_ms(p, 1);
		hear(p, link_of(1), signs[i]);
		expect_hi(p, MAG2, HI_P | HI_F, HI_FORWARDING_COMPLETE);
		assert_true(ip6_is_zero(bound(p)->bind.next));
		accepts_hi(p);
		expect_over(p, OUTCOME_RETURNED);
		assert_int_equal(p->notes[MAG_NOTE_HANDED_OVER], 1); // as it should
		expect_bound(p, HNP1, link_of(1));
	}
}

// Who was not said to have left may be heard: only what shows that its link is new counts.
static void FMIP_17_frames_before_it_leaves_end_nothing(void **state)
{
	PLAY;

	forwarding(p);
	hear(p, link_of(1), HEARD_FRAME);
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_handover(p, HO_FORWARDING);
	hear(p, link_of(1), HEARD_SOLICIT);
	expect_handover(p, HO_ENDING);
	mag_play_restart(p);
	forwarding(p);
	hear(p, link_of(1), HEARD_SEARCH);
	expect_handover(p, HO_ENDING);
	mag_play_restart(p);
	forwarding(p);
	attach(p, link_of(1), NULL, 0);
	expect_handover(p, HO_ENDING);
}

static void a_sign_before_it_is_forwarded_changes_nothing(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	detach(p, link_of(1));
	pass_ms(p, 60);
	hear(p, link_of(1), HEARD_FRAME);
	expect_handover(p, HO_ASKED);
	pass_ms(p, 50);
	accepts_hi(p);
	expect_handover(p, HO_PREPARED);
	detach(p, link_of(1));
	expect_state(p, link_of(1), BUL_BOUND);
	pass_ms(p, 60);
	hear(p, link_of(1), HEARD_FRAME);
	expect_handover(p, HO_PREPARED);
	pass_ms(p, FORWARD_MS); // it is here, so it is not de-registered
	expect_state(p, link_of(1), BUL_BOUND);
	expect_handover(p, HO_ENDING);
}

static void an_operator_may_cancel_it(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ORDER], 1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	hand_over(p, NODE, HAND_OVER_CANCEL,
		  NULL); // ASKED: the other one may have taken it already
	expect_hi(p, MAG2, HI_P | HI_F, HI_FORWARDING_COMPLETE);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	expect_said(p, "");
	pass_ms(p, 101);
	accepts_hi(p);
	expect_over(p, OUTCOME_CANCELLED);
	assert_int_equal(p->notes[MAG_NOTE_HANDED_OVER], 1);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	expect_said(p, "");
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	accepts_hi(p);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL); // PREPARED
	expect_handover(p, HO_ENDING);
	mag_play_restart(p);
	forwarding(p);
	detach(p, link_of(1));
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	assert_true(ip6_is_zero(bound(p)->bind.next));
	expect_state(p, link_of(1), BUL_BOUND); // so it is said
	pass_ms(p, 1600);                       // and the other MAG does not even answer
	expect_over(p, OUTCOME_CANCELLED);
}

static void a_refusal_of_the_last_hi_changes_nothing(void **state)
{
	PLAY;

	forwarding(p);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	struct mh mh = hack(p, HACK_P, HACK_UNSPECIFIED);
	peer_says(p, MAG2, &mh);
	expect_over(p, OUTCOME_CANCELLED);
}

static void FMIP_04_when_the_node_is_registered_it_ends_after_what_is_on_its_way(void **state)
{
	PLAY;

	forwarding(p);
	notice(p, 90);
	expect_hack(p, MAG2, 90, HACK_P, HACK_ACCEPTED);
	expect_handover(p, HO_SETTLING);
	assert_true(ip6_equal(bound(p)->bind.next, addr(MAG2)));
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	expect_said(p, "");
	detach(p, link_of(1));
	expect_said(p, "");
	notice(p, 91);
	expect_hack(p, MAG2, 91, HACK_P, HACK_ACCEPTED);
	wants(p, MAG2, HI_P | HI_F, 92);
	expect_hack(p, MAG2, 92, HACK_P | HACK_F, HACK_ALL_CONTEXT);
	pass_ms(p, SETTLE_MS - 1);
	expect_said(p, "");
	pass_ms(p, 1); // to the moment
	expect_hi(p, MAG2, HI_P | HI_F, HI_FORWARDING_COMPLETE);
	assert_int_equal(count_mh(p, MH_BU), 0); // no de-registration
	expect_unbound(p, HNP1);
	expect_state(p, link_of(1), BUL_NONE);
	accepts_hi(p);
	expect_over(p, OUTCOME_COMPLETE);
	assert_int_equal(p->notes[MAG_NOTE_HANDED_OVER], 1);
}

static void FMIP_17_it_may_come_back_while_it_settles(void **state)
{
	PLAY;

	forwarding(p);
	notice(p, 90);
	pass_ms(p, 29);
	hear(p, link_of(1), HEARD_SEARCH); // too soon: a frame from before
	expect_handover(p, HO_SETTLING);
	mag_play_restart(p);
	p->conf.fast.settle = NS_SEC;
	mag_play_restart(p);
	forwarding(p);
	notice(p, 90);
	pass_ms(p, 60);
	hear(p, link_of(1), HEARD_SEARCH);
	expect_handover(p, HO_ENDING);
	expect_bound(p, HNP1, link_of(1));
	assert_true(ip6_is_zero(bound(p)->bind.next));
	assert_int_equal(count_mh(p, MH_BU), 1); // and is registered here again
	p->conf.fast.settle = SETTLE_MS * NS_MSEC;
}

static void a_notice_may_come_before_anything_is_forwarded(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	notice(p, 90);
	expect_handover(p, HO_SETTLING);
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	accepts_hi(p);
	notice(p, 90);
	expect_handover(p, HO_SETTLING);
	pass_ms(p, SETTLE_MS + 2);
	expect_state(p, link_of(1), BUL_NONE);
	notice(p, 91); // ENDING
	expect_hack(p, MAG2, 91, HACK_P, HACK_ACCEPTED);
	pass_ms(p, 1600);
	expect_over(p, OUTCOME_COMPLETE);
	notice(p, 92); // of one that is over, and of one that never was
	expect_hack(p, MAG2, 92, HACK_P, HACK_ACCEPTED);
	struct mh mh = hi(HI_P, HI_FORWARDING_COMPLETE, 93);
	about(&mh, "nobody@" REALM);
	peer_says(p, MAG3, &mh);
	expect_hack(p, MAG3, 93, HACK_P, HACK_ACCEPTED);
}

static void FMIP_10_a_prefix_of_another_node_here_is_refused(void **state)
{
	PLAY;

	join(p, link_of(2), HNP1);
	coming(p, HI_P | HI_F, 7);
	expect_hack(p, MAG2, 7, HACK_P, HACK_UNSPECIFIED);
	expect_bound(p, HNP1, link_of(2));
}

#define T(f) cmocka_unit_test_setup_teardown(f, fast_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(FMIP_01_the_hi_has_all_that_a_new_mag_needs),
		T(FMIP_01_the_interface_identifier_is_told_if_it_is_known),
		T(FMIP_16_from_the_hack_on_packets_go_by_the_next_mag),
		T(FMIP_02_prepared_first_and_forwarded_later),
		T(FMIP_02_an_order_to_go_overtakes_one_to_prepare),
		T(FMIP_05_a_hi_is_repeated_three_times_with_back_off),
		T(FMIP_10_a_refusal_ends_it_whatever_the_code),
		T(FMIP_15_only_the_hack_to_the_hi_that_is_out_counts),
		T(FMIP_16_a_node_that_left_is_not_deregistered_meanwhile),
		T(FMIP_16_one_that_left_before_the_hack_is_kept_too),
		T(FMIP_17_a_node_that_never_left_is_served_directly_again),
		T(FMIP_17_a_node_that_comes_back_is_served_directly_again),
		T(FMIP_17_frames_before_it_leaves_end_nothing),
		T(a_sign_before_it_is_forwarded_changes_nothing),
		T(an_operator_may_cancel_it),
		T(a_refusal_of_the_last_hi_changes_nothing),
		T(FMIP_04_when_the_node_is_registered_it_ends_after_what_is_on_its_way),
		T(FMIP_17_it_may_come_back_while_it_settles),
		T(a_notice_may_come_before_anything_is_forwarded),
		T(FMIP_10_a_prefix_of_another_node_here_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
