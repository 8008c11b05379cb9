// Fast handover at the new MAG, where the node is already, or is again: RFC 5949 4.1.
#include "test/unit/mob/fast_play.h"

#define PLAY struct mag_play *p = *state
static void FMIP_03_the_previous_mag_is_asked_first(void **state)
{
	PLAY;

	attach_from(p, link_of(1), MAG2);
	expect_said(p, "S");
	expect_hi(p, MAG2, HI_P | HI_F, HI_DEFAULT);
	const struct mh *mh = last_mh(p, MH_HI)->send.mh;
	const struct mh_opt *opt = mh_find(mh, OPT_CONTEXT_REQUEST);
	static const uint8_t wanted[] = {OPT_HNP, 0, OPT_LL_ID, 0, OPT_LMAA, 0};
	assert_int_equal(opt->context_request.wanted.n, sizeof(wanted));
	assert_memory_equal(opt->context_request.wanted.p, wanted, sizeof(wanted));
	assert_memory_equal(mh_find(mh, OPT_MN_ID)->mn_id.id.p, NODE, strlen(NODE));
	assert_null(mh_find(mh, OPT_HNP));
	expect_handover(p, HO_ASKING);
	expect_state(p, link_of(1), BUL_REGISTERING);
	struct mh answer = told(p, HACK_P | HACK_F, HACK_ALL_CONTEXT);
	peer_says(p, MAG2, &answer);
	expect_said(p, "HBAS");
	expect_modes(p, QUEUE_PASS, QUEUE_HOLD, QUEUE_HOLD);
	expect_pbu_hnps(p, HNP1, NULL);
	assert_int_equal(pbu_handoff(p), HI_BETWEEN_MAGS);
	expect_handover(p, HO_HERE);
	assert_true(handover_of(p, NODE).reactive);
	reply(p, accepts(NULL));
	expect_handover(p, HO_REGISTERED);
}

static void FMIP_05_without_an_answer_it_is_registered_after_100_ms(void **state)
{
	PLAY;

	attach_from(p, link_of(1), MAG2);
	pass_ms(p, 95);
	assert_int_equal(count_mh(p, MH_BU), 0);
	pass_ms(p, 10);
	assert_int_equal(count_mh(p, MH_BU), 1);
	assert_int_equal(count_mh(p, MH_HI), 1);
	expect_pbu_hnps(p, "::/0", NULL);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	reply(p, accepts(HNP1));
	expect_handover(p, HO_ASKING);
	expect_state(p, link_of(1), BUL_BOUND);
	pass_ms(p, 1500);
	expect_over(p, OUTCOME_UNANSWERED);
	expect_bound(p, HNP1, link_of(1));
	assert_int_equal(bound(p)->bind.handover, 0);
}

// The HAck comes when the LMA has answered already: what is on its way by the previous MAG is
// taken.
static void FMIP_03_a_late_hack_is_of_use_still(void **state)
{
	PLAY;

	attach_from(p, link_of(1), MAG2);
	uint16_t seq = last_mh(p, MH_HI)->send.mh->hi.seq;
	pass_ms(p, 105);
	reply(p, accepts(HNP1));
	struct mh answer = told(p, HACK_P | HACK_F, HACK_ALL_CONTEXT);
	answer.hack.seq = seq;
	peer_says(p, MAG2, &answer);
	expect_handover(p, HO_REGISTERED);
	expect_modes(p, QUEUE_PASS, QUEUE_HOLD, QUEUE_PASS);
	assert_true(ip6_equal(bound(p)->bind.previous, addr(MAG2)));
	expect_hi(p, MAG2, HI_P, HI_FORWARDING_COMPLETE);
}

static void FMIP_03_each_refusal_leads_to_a_plain_registration(void **state)
{
	PLAY;

	for (int code = 128; code < 256; code++) {
		mag_play_restart(p);
		attach_from(p, link_of(1), MAG2);
		struct mh mh = hack(p, HACK_P, (uint8_t)code);
		peer_says(p, MAG2, &mh);
		expect_over(p, OUTCOME_REFUSED);
		pass_ms(p, 2);
		assert_int_equal(count_mh(p, MH_BU), 1);
		expect_pbu_hnps(p, "::/0", NULL);
	}
}

static void FMIP_03_context_without_forwarding_is_of_use(void **state)
{
	PLAY;

	attach_from(p, link_of(1), MAG2);
	struct mh mh = told(p, HACK_P, HACK_NO_FORWARDING);
	peer_says(p, MAG2, &mh);
	expect_handover(p, HO_HERE);
	expect_pbu_hnps(p, HNP1, NULL);
	pass_with_ms(p, link_of(1), UPLINK_MS + 10);
	assert_false(bound(p)->bind.detour);
}

static void FMIP_03_context_that_is_of_no_use_is_none(void **state)
{
	PLAY;
	const struct {
		const char *hnp, *lmaa;
		uint8_t code;
	} rows[] = {{NULL, LMAA, HACK_ALL_CONTEXT},
		    {HNP1, "2001:db8:a::9", HACK_ALL_CONTEXT},
		    {"fe80::/64", LMAA, HACK_ALL_CONTEXT},
		    {HNP1, LMAA, HACK_NO_CONTEXT}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mag_play_restart(p);
		attach_from(p, link_of(1), MAG2);
		struct mh mh = hack(p, HACK_P | HACK_F, rows[i].code);
		with_context(&mh, rows[i].hnp, rows[i].lmaa, 1);
		peer_says(p, MAG2, &mh);
		expect_over(p, OUTCOME_REFUSED);
		expect_unbound(p, HNP1);
	}
	mag_play_restart(p); // without the LMA's address it is registered where it would be anyway
	attach_from(p, link_of(1), MAG2);
	struct mh mh = hack(p, HACK_P | HACK_F, HACK_ALL_CONTEXT);
	with_context(&mh, HNP1, NULL, 1);
	peer_says(p, MAG2, &mh);
	expect_handover(p, HO_HERE);
	assert_true(ip6_equal(bound(p)->bind.lmaa, addr(LMAA)));
}

static void FMIP_03_a_prefix_that_another_node_has_here_is_not_taken_over(void **state)
{
	PLAY;

	join(p, link_of(2), HNP1);
	attach_from(p, link_of(1), MAG2);
	struct mh mh = told(p, HACK_P | HACK_F, HACK_ALL_CONTEXT);
	peer_says(p, MAG2, &mh);
	expect_over(p, OUTCOME_REFUSED);
	expect_bound(p, HNP1, link_of(2));
}

static void both_modes_at_once_meet(void **state)
{
	PLAY;

	attach_from(p, link_of(1), MAG2);
	coming(p, HI_P | HI_F, 7); // it was announced at the same time
	expect_hack(p, MAG2, 7, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
	expect_handover(p, HO_HERE);
	expect_pbu_hnps(p, HNP1, NULL);
	assert_int_equal(count_mh(p, MH_BU), 1);
	mag_play_restart(p);
	expected(p);
	attach_from(p, link_of(1), MAG2); // expected, and said to come from there
	assert_int_equal(count_mh(p, MH_HI), 0);
	expect_handover(p, HO_HERE);
	assert_false(handover_of(p, NODE).reactive);
}

static void the_previous_mag_may_have_nothing_for_us(void **state)
{
	PLAY;

	attach_from(p, link_of(1), MAG2);
	done(p, 8);
	expect_over(p, OUTCOME_REFUSED);
	pass_ms(p, 2);
	assert_int_equal(count_mh(p, MH_BU), 1);
}

static void a_node_that_leaves_while_it_is_asked_for_leaves_nothing(void **state)
{
	PLAY;

	attach_from(p, link_of(1), MAG2);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	expect_handover(p, HO_ASKING);
	attach(p, link_of(1), "other@" REALM, 0);
	expect_over(p, OUTCOME_LEFT);
	p->conf.fast.forward = 50 * NS_MSEC;
	mag_play_restart(p);
	attach_from(p, link_of(1), MAG2);
	pass_ms(p, 55);
	expect_over(p, OUTCOME_UNANSWERED);
	p->conf.fast.forward = FORWARD_MS * NS_MSEC;
}

static void FMIP_10_only_a_known_mag_is_asked(void **state)
{
	PLAY;

	attach_from(p, link_of(1), STRANGER);
	assert_int_equal(count_mh(p, MH_HI), 0);
	assert_int_equal(count_mh(p, MH_BU), 1);
	mag_play_restart(p);
	attach_from(p, link_of(1), COA); // from us to us
	assert_int_equal(count_mh(p, MH_HI), 0);
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 2000);
	attach_from(p, link_of(1), MAG2); // it is served already
	assert_int_equal(count_mh(p, MH_HI), 0);
}

static void FMIP_03_asked_for_before_its_first_frame_was_answered(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME); // its PBU is out
	attach_from(p, link_of(1), MAG2);
	expect_hi(p, MAG2, HI_P | HI_F, HI_DEFAULT);
	struct mh mh = told(p, HACK_P | HACK_F, HACK_ALL_CONTEXT);
	peer_says(p, MAG2, &mh);
	expect_pbu_hnps(p, HNP1, NULL);
	expect_handover(p, HO_HERE);
}

static void a_node_that_was_faster_than_the_hi_is_this_one(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	coming(p, HI_P | HI_F, 7); // REGISTERING
	expect_handover(p, HO_HERE);
	expect_hack(p, MAG2, 7, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
	assert_true(ip6_equal(bound(p)->bind.previous, addr(MAG2)));
	assert_int_equal(count_mh(p, MH_BU), 0); // the one that is out asks for the same
	reply(p, accepts(HNP1));
	expect_handover(p, HO_REGISTERED);
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_ms(p, 500);
	coming(p, HI_P | HI_F, 7); // BOUND
	expect_handover(p, HO_REGISTERED);
	assert_true(ip6_equal(bound(p)->bind.previous, addr(MAG2)));
	expect_hi(p, MAG2, HI_P, HI_FORWARDING_COMPLETE);
}

// Long ago it was here, left in silence, and is at the other MAG by now.
static void an_old_session_is_not_this_arrival(void **state)
{
	PLAY;

	p->conf.probe_after = 100 * NS_SEC;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_ms(p, 30 * 1000);
	coming(p, HI_P | HI_F, 7);
	expect_handover(p, HO_EXPECTED);
	assert_true(bound(p)->bind.expected);
	expect_state(p, link_of(1), BUL_NONE);
	assert_int_equal(count_mh(p, MH_BU), 0); // it is the other MAG's: no de-registration
	p->conf.probe_after = 10 * NS_SEC;
}

static void FMIP_17_there_and_back_again(void **state)
{
	PLAY;

	forwarding(p);
	detach(p, link_of(1));
	coming(p, HI_P | HI_F, 7); // it comes back, and its MAG says so before
	expect_handover(p, HO_EXPECTED);
	assert_true(bound(p)->bind.expected);
	assert_true(ip6_equal(bound(p)->bind.previous, addr(MAG2)));
	expect_state(p, link_of(1), BUL_NONE);
	hear(p, link_of(1), HEARD_FRAME);
	expect_handover(p, HO_HERE);
	reply(p, accepts(NULL));
	done(p, 8);
	expect_over(p, OUTCOME_COMPLETE);
}

// On to the next one, before the last one is done: what still comes by it goes on too.
static void FMIP_17_it_may_move_on_at_once(void **state)
{
	PLAY;

	is_registered(p);
	hand_over(p, NODE, HAND_OVER_GO, MAG3);
	expect_hi(p, MAG3, HI_P | HI_F, HI_ALL_CONTEXT);
	assert_int_equal(count_mh(p, MH_HI), 1); // the previous one hears nothing
	assert_true(ip6_equal(bound(p)->bind.previous, addr(MAG2)));
	expect_released(p, false);
	accepts_hi(p);
	assert_true(ip6_equal(bound(p)->bind.next, addr(MAG3)));
	assert_true(ip6_equal(bound(p)->bind.previous, addr(MAG2)));
	expect_handover(p, HO_FORWARDING);
	assert_int_equal(mag_totals(p->mag)->outcomes[OUTCOME_COMPLETE], 1);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	assert_true(ip6_is_zero(bound(p)->bind.previous)); // all of it is over
	mag_play_restart(p);
	is_registered(p);
	struct mh mh = hi(HI_P | HI_F, HI_DEFAULT, 5);
	peer_says(p, MAG3, &mh);
	expect_hack(p, MAG3, 5, HACK_P | HACK_F, HACK_ALL_CONTEXT);
	assert_true(ip6_equal(bound(p)->bind.next, addr(MAG3)));
	mag_play_restart(p);
	expected(p); // announced by one, and by another one before it came
	mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 8);
	with_context(&mh, HNP1, LMAA, 1);
	peer_says(p, MAG3, &mh);
	expect_handover(p, HO_EXPECTED);
	assert_true(ip6_equal(bound(p)->bind.previous, addr(MAG3)));
	assert_int_equal(mag_totals(p->mag)->outcomes[OUTCOME_ELSEWHERE], 1);
	mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 9);
	with_context(&mh, HNP2, LMAA, 1); // and with another prefix
	peer_says(p, MAG2, &mh);
	expect_unbound(p, HNP1);
	assert_true(find_view(p, prefix(HNP2)) < p->n_view);
}

static void FMIP_17_it_may_move_on_before_it_is_registered(void **state)
{
	PLAY;

	is_here(p);
	wants(p, MAG3, HI_P | HI_F, 5);
	assert_true(ip6_equal(bound(p)->bind.next, addr(MAG3)));
	assert_true(ip6_equal(bound(p)->bind.previous, addr(MAG2)));
	mag_play_restart(p);
	is_here(p);
	done(p, 8);
	wants(p, MAG3, HI_P | HI_F, 5);
	assert_true(ip6_equal(bound(p)->bind.next, addr(MAG3)));
	assert_true(ip6_is_zero(bound(p)->bind.previous)); // nothing comes from there
}

// With F its packets may go by the previous MAG when the LMA is slow; without they wait on.
static void FMIP_11_the_detour_needs_the_flag(void **state)
{
	PLAY;

	for (int forwards = 0; forwards < 2; forwards++) {
		uint8_t flags = HI_P | (forwards ? HI_F : HI_U);
		mag_play_restart(p);
		hear(p, link_of(1), HEARD_FRAME);
		coming(p, flags, 7); // it was faster
		pass_with_ms(p, link_of(1), UPLINK_MS + 10);
		assert_int_equal(bound(p)->bind.detour, forwards);
		mag_play_restart(p);
		attach_from(p, link_of(1), MAG2);
		coming(p, flags, 7); // both at once
		pass_with_ms(p, link_of(1), UPLINK_MS + 10);
		assert_int_equal(bound(p)->bind.detour, forwards);
		mag_play_restart(p);
		coming(p, HI_P | HI_U, 7);
		hear(p, link_of(1), HEARD_FRAME);
		coming(p, flags, 8); // said later
		pass_with_ms(p, link_of(1), UPLINK_MS + 10);
		assert_int_equal(bound(p)->bind.detour, forwards);
	}
}

// What counts as this arrival: not answered yet, heard a moment ago, or accepted a while ago.
static void a_session_is_this_arrival_if_it_is_young_or_heard(void **state)
{
	PLAY;

	p->conf.probe_after = 100 * NS_SEC;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	pass_ms(p, 3000);
	coming(p, HI_P | HI_F, 7);
	expect_handover(p, HO_HERE);
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_ms(p, 5000);
	coming(p, HI_P | HI_F, 7);
	expect_handover(p, HO_REGISTERED);
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 20500);
	coming(p, HI_P | HI_F, 7);
	expect_handover(p, HO_REGISTERED);
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_ms(p, FORWARD_MS); // to the moment
	coming(p, HI_P | HI_F, 7);
	expect_handover(p, HO_EXPECTED);
	p->conf.authorise = true;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	pass_ms(p, 3000);
	coming(p, HI_P | HI_F, 7);
	expect_handover(p, HO_EXPECTED);
	expect_state(p, link_of(1), BUL_ASKING);
	p->conf.authorise = false;
	p->conf.probe_after = 10 * NS_SEC;
}

static void a_refusal_of_the_hi_hurries_nothing_that_is_out(void **state)
{
	PLAY;

	attach_from(p, link_of(1), MAG2);
	uint16_t seq = last_mh(p, MH_HI)->send.mh->hi.seq;
	pass_ms(p, 105); // the plain request is out
	struct mh mh = hack(p, HACK_P, HACK_NO_CONTEXT);
	mh.hack.seq = seq;
	peer_says(p, MAG2, &mh);
	expect_over(p, OUTCOME_REFUSED);
	pass_ms(p, 5);
	assert_int_equal(count_mh(p, MH_BU), 0);
	mag_play_restart(p);
	attach_from(p, link_of(1), MAG2);
	seq = last_mh(p, MH_HI)->send.mh->hi.seq;
	pass_ms(p, 105);
	reply(p, accepts(HNP1)); // or answered
	mh.hack.seq = seq;
	peer_says(p, MAG2, &mh);
	pass_ms(p, 5);
	assert_int_equal(count_mh(p, MH_BU), 0);
}

static void FMIP_01_who_is_asked_about_is_served_when_the_answer_is_there(void **state)
{
	PLAY;

	p->conf.authorise = true;
	mag_play_restart(p);
	expected(p);
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "Q");
	assert_true(bound(p)->bind.expected); // MAG-PP-03: nothing goes to it
	coming(p, HI_P | HI_F, 8);
	expect_handover(p, HO_EXPECTED);
	authorise(p, MAG_ACCEPT, NULL, 0);
	expect_handover(p, HO_HERE);
	expect_pbu_hnps(p, HNP1, NULL);
	mag_play_restart(p);
	expected(p);
	hear(p, link_of(1), HEARD_FRAME);
	authorise(p, MAG_REJECT, NULL, 0);
	expect_handover(p, HO_EXPECTED);
	expect_state(p, link_of(1), BUL_NONE);
	mag_play_restart(p);
	attach_from(p, link_of(1), MAG2);
	expect_said(p, "Q");
	authorise(p, MAG_ACCEPT, NULL, 0);
	expect_hi(p, MAG2, HI_P | HI_F, HI_DEFAULT);
	mag_play_restart(p);
	attach_from(p, link_of(1), MAG2);
	authorise(p, MAG_REJECT, NULL, 0);
	expect_over(p, OUTCOME_LEFT);
	p->conf.authorise = false;
}

// FMIP-19: what IPv4 has is kept.
static void FMIP_19_ipv4_addresses_are_kept(void **state)
{
	PLAY;
	static const uint8_t v4[] = {192, 0, 2, 1};

	struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 7);
	with_context(&mh, HNP1, LMAA, 1);
	mh_add(&mh, OPT_IPV4_HOA)->ipv4_hoa.addr = 0xc0000209;
	peer_says(p, MAG2, &mh);
	assert_int_equal(handover_of(p, NODE).ipv4_hoa, 0xc0000209);
	mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 8);
	with_context(&mh, HNP1, NULL, 1);
	struct mh_opt *opt = mh_add(&mh, OPT_LMAA);
	opt->lmaa.code = LMAA_IPV4;
	opt->lmaa.addr = (struct span){v4, sizeof(v4)};
	peer_says(p, MAG2, &mh); // an LMA that can be reached by IPv4 alone is none of ours
	expect_hack(p, MAG2, 8, HACK_P, HACK_UNSPECIFIED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fast_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(FMIP_03_the_previous_mag_is_asked_first),
		T(FMIP_05_without_an_answer_it_is_registered_after_100_ms),
		T(FMIP_03_a_late_hack_is_of_use_still),
		T(FMIP_03_each_refusal_leads_to_a_plain_registration),
		T(FMIP_03_context_without_forwarding_is_of_use),
		T(FMIP_03_context_that_is_of_no_use_is_none),
		T(FMIP_03_a_prefix_that_another_node_has_here_is_not_taken_over),
		T(both_modes_at_once_meet),
		T(the_previous_mag_may_have_nothing_for_us),
		T(a_node_that_leaves_while_it_is_asked_for_leaves_nothing),
		T(FMIP_10_only_a_known_mag_is_asked),
		T(FMIP_03_asked_for_before_its_first_frame_was_answered),
		T(a_node_that_was_faster_than_the_hi_is_this_one),
		T(an_old_session_is_not_this_arrival),
		T(FMIP_17_there_and_back_again),
		T(FMIP_17_it_may_move_on_at_once),
		T(FMIP_01_who_is_asked_about_is_served_when_the_answer_is_there),
		T(FMIP_17_it_may_move_on_before_it_is_registered),
		T(FMIP_11_the_detour_needs_the_flag),
		T(a_session_is_this_arrival_if_it_is_young_or_heard),
		T(a_refusal_of_the_hi_hurries_nothing_that_is_out),
		T(FMIP_19_ipv4_addresses_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
