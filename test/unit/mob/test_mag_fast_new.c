// Fast handover at the new MAG, which was told before: RFC 5949 4.1, 5.2.
#include "test/unit/mob/fast_play.h"

#include <stdio.h>

#define PLAY struct mag_play *p = *state

static void FMIP_01_a_node_is_expected_and_its_packets_wait(void **state)
{
	PLAY;

	expected(p);
	expect_said(p, "HBS"); // nothing passes before it waits, nothing comes before it is bound
	expect_modes(p, QUEUE_HOLD, QUEUE_HOLD, QUEUE_HOLD);
	assert_true(bound(p)->bind.expected);
	assert_true(ip6_equal(bound(p)->bind.previous, addr(MAG2)));
	assert_true(ip6_equal(bound(p)->bind.lmaa, addr(LMAA)));
	assert_memory_equal(bound(p)->bind.link.mac, link_of(1).mac, 6);
	assert_int_equal(bound(p)->bind.handover, handover_of(p, NODE).number);
	expect_hack(p, MAG2, 7, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
	assert_memory_equal(mh_find(last_mh(p, MH_HACK)->send.mh, OPT_MN_ID)->mn_id.id.p, NODE,
			    strlen(NODE));
	assert_null(mh_find(last_mh(p, MH_HACK)->send.mh, OPT_HNP));
	expect_state(p, link_of(1), BUL_NONE);
}

static void FMIP_08_it_hears_of_its_prefixes_as_soon_as_it_is_there(void **state)
{
	PLAY;

	is_here(p);
	expect_said(p, "HBAS");
	const struct mag_action *a = last(p, MAG_ADVERTISE);
	assert_int_equal(a->advertise.n_hnps, 1);
	assert_true(ip6_prefix_equal(a->advertise.hnps[0], prefix(HNP1)));
	assert_true(a->advertise.valid_s > 0);
	expect_modes(p, QUEUE_PASS, QUEUE_HOLD, QUEUE_HOLD);
	assert_false(bound(p)->bind.expected);
	assert_false(bound(p)->bind.detour);
	assert_true(ip6_equal(bound(p)->bind.previous, addr(MAG2)));
	assert_true(same_link(bound(p)->bind.link, link_of(1)));
}

static void FMIP_09_it_is_registered_with_what_was_transferred(void **state)
{
	PLAY;

	p->conf.lmas[1] = (struct mag_lma_conf){addr("2001:db8:a::2"), 1460};
	p->conf.n_lmas = 2;
	mag_play_restart(p);
	struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 7);
	with_context(&mh, HNP1, "2001:db8:a::2", 1);
	peer_says(p, MAG2, &mh);
	hear(p, link_of(1), HEARD_FRAME);
	expect_pbu_hnps(p, HNP1, NULL);
	expect_pbu_mn(p, NODE);
	assert_int_equal(pbu_handoff(p), HI_BETWEEN_MAGS);
	assert_true(ip6_equal(last_mh(p, MH_BU)->send.dst, addr("2001:db8:a::2")));
	assert_true(ip6_equal(bound(p)->bind.lmaa, addr("2001:db8:a::2")));
}

static void FMIP_09_the_indicator_says_what_the_identifiers_say(void **state)
{
	PLAY;
	const struct {
		uint8_t node; // that the previous MAG named; 0: none
		uint8_t wanted;
	} rows[] = {{1, HI_BETWEEN_MAGS}, {9, HI_BETWEEN_INTERFACES}, {0, HI_UNKNOWN}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mag_play_restart(p);
		struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 7);
		with_context(&mh, HNP1, LMAA, rows[i].node);
		peer_says(p, MAG2, &mh);
		attach(p, link_of(1), NODE, 0);
		assert_int_equal(pbu_handoff(p), rows[i].wanted);
		expect_handover(p, HO_HERE);
	}
	mag_play_restart(p); // of another kind of link: not the same, however long it may be
	static const uint8_t eui[16] = {2, 0, 0, 0, 0, 1};
	struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 7);
	with_context(&mh, HNP1, LMAA, 0);
	mh_add(&mh, OPT_LL_ID)->ll_id.id = (struct span){eui, sizeof(eui)};
	peer_says(p, MAG2, &mh);
	attach(p, link_of(1), NODE, 0);
	assert_int_equal(pbu_handoff(p), HI_BETWEEN_INTERFACES);
}

// Its MAC address says who it is, whatever the table here would call it.
static void FMIP_01_it_is_called_as_its_previous_mag_calls_it(void **state)
{
	PLAY;

	struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 7);
	about(&mh, "alice@" REALM);
	with_context(&mh, HNP1, LMAA, 1);
	peer_says(p, MAG2, &mh);
	hear(p, link_of(1), HEARD_FRAME);
	expect_pbu_mn(p, "alice@" REALM);
	expect_pbu_hnps(p, HNP1, NULL);
}

static void another_node_is_not_the_one_that_is_expected(void **state)
{
	PLAY;

	expected(p);
	hear(p, link_of(2), HEARD_FRAME);
	expect_handover(p, HO_EXPECTED);
	expect_pbu_mn(p, "020000000002@" REALM);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
}

static void FMIP_11_uplink_waits_for_the_pba_and_direct_packets_for_the_previous_mag(void **state)
{
	PLAY;

	is_registered(p);
	expect_modes(p, QUEUE_PASS, QUEUE_HOLD, QUEUE_PASS);
	assert_true(ip6_equal(bound(p)->bind.previous, addr(MAG2)));
	assert_false(bound(p)->bind.detour);
	expect_hi(p, MAG2, HI_P, HI_FORWARDING_COMPLETE); // it may settle
	accepts_hi(p);
	expect_handover(p, HO_REGISTERED);
	done(p, 8);
	expect_hack(p, MAG2, 8, HACK_P | HACK_F, HACK_ACCEPTED);
	assert_true(ip6_is_zero(bound(p)->bind.previous));
	expect_released(p, false);
	expect_over(p, OUTCOME_COMPLETE);
	expect_bound(p, HNP1, link_of(1));
}

static void FMIP_04_without_the_last_hi_direct_packets_go_on_after_a_while(void **state)
{
	PLAY;

	is_registered(p);
	pass_ms(p, DIRECT_MS - 5);
	expect_said(p, "");
	pass_ms(p, 10);
	expect_modes(p, QUEUE_PASS, QUEUE_PASS, QUEUE_PASS);
	assert_true(ip6_equal(bound(p)->bind.previous, addr(MAG2))); // what still comes is taken
	expect_handover(p, HO_REGISTERED);
	pass_ms(p, FORWARD_MS);
	expect_over(p, OUTCOME_NO_NOTICE);
	expect_released(p, false);
	assert_true(ip6_is_zero(bound(p)->bind.previous));
	expect_state(p, link_of(1), BUL_BOUND);
}

static void the_notice_may_be_refused_or_lost(void **state)
{
	PLAY;

	is_registered(p);
	struct mh mh = hack(p, HACK_P, HACK_UNSPECIFIED);
	peer_says(p, MAG2, &mh);
	expect_handover(p, HO_REGISTERED);
	done(p, 8);
	expect_over(p, OUTCOME_COMPLETE);
	mag_play_restart(p);
	is_registered(p);
	pass_ms(p, 1600);
	expect_handover(p, HO_REGISTERED);
	done(p, 8);
	expect_over(p, OUTCOME_COMPLETE);
}

// FMIP-11: the LMA is slower than the node.
static void FMIP_11_after_a_while_uplink_goes_by_the_previous_mag(void **state)
{
	PLAY;

	is_here(p);
	pass_with_ms(p, link_of(1), UPLINK_MS - 5);
	assert_false(bound(p)->bind.detour);
	pass_with_ms(p, link_of(1), 10);
	assert_true(bound(p)->bind.detour);
	expect_modes(p, QUEUE_PASS, QUEUE_HOLD, QUEUE_PASS);
	expect_said(p, "BH"); // its way before it goes
	reply(p, accepts(NULL));
	expect_handover(p, HO_REGISTERED);
}

static void FMIP_17_without_any_pba_it_ends_with_the_forwarding_state(void **state)
{
	PLAY;

	is_here(p);
	pass_with_ms(p, link_of(1), FORWARD_MS + 10);
	expect_over(p, OUTCOME_NOT_REGISTERED);
	assert_true(ip6_is_zero(bound(p)->bind.previous));
	assert_false(bound(p)->bind.detour);
	expect_state(p, link_of(1), BUL_REGISTERING); // it goes on asking
}

static void the_previous_mag_may_be_done_before_the_pba(void **state)
{
	PLAY;

	is_here(p);
	done(p, 8);
	expect_hack(p, MAG2, 8, HACK_P | HACK_F, HACK_ACCEPTED);
	assert_true(ip6_is_zero(bound(p)->bind.previous));
	expect_modes(p, QUEUE_PASS, QUEUE_PASS, QUEUE_HOLD);
	expect_handover(p, HO_HERE);
	pass_with_ms(p, link_of(1), UPLINK_MS + 10);
	assert_false(bound(p)->bind.detour); // there is nobody to send it on
	reply(p, accepts(NULL));
	expect_over(p, OUTCOME_COMPLETE);
	assert_int_equal(count_mh(p, MH_HI), 0); // nor anybody to tell
	expect_released(p, false);
}

static void FMIP_08_other_prefixes_of_the_lma_replace_those(void **state)
{
	PLAY;

	is_here(p);
	reply(p, accepts(HNP2));
	const struct mag_action *a = last(p, MAG_UNBIND);
	assert_true(ip6_prefix_equal(a->unbind.hnp, prefix(HNP1)));
	expect_bound(p, HNP2, link_of(1));
	expect_unbound(p, HNP1);
	bool withdrawn = false;
	for (uint32_t i = 0; i < p->n_said; i++)
		withdrawn |= p->said[i].action.kind == MAG_ADVERTISE &&
			     p->said[i].action.advertise.valid_s == 0 &&
			     ip6_prefix_equal(p->said[i].hnps[0], prefix(HNP1));
	assert_true(withdrawn);
}

static void FMIP_08_a_refusal_of_the_lma_withdraws_them(void **state)
{
	PLAY;

	is_here(p);
	reply(p, refuses(PBA_ADMINISTRATIVELY_PROHIBITED));
	expect_unbound(p, HNP1);
	assert_int_equal(last(p, MAG_ADVERTISE)->advertise.valid_s, 0);
	expect_over(p, OUTCOME_NOT_REGISTERED);
	expect_released(p, true);
	expect_state(p, link_of(1), BUL_REFUSED);
}

static void a_node_that_leaves_again_leaves_nothing(void **state)
{
	PLAY;

	is_here(p);
	detach(p, link_of(1));
	reply(p, accepts(NULL));
	expect_unbound(p, HNP1);
	expect_over(p, OUTCOME_LEFT);
	expect_released(p, true);
	mag_play_restart(p);
	is_registered(p);
	detach(p, link_of(1));
	reply(p, accepts(NULL));
	expect_unbound(p, HNP1);
	expect_over(p, OUTCOME_LEFT);
}

static void FMIP_17_a_node_that_never_comes_leaves_nothing(void **state)
{
	PLAY;

	expected(p);
	pass_ms(p, FORWARD_MS - 10);
	expect_handover(p, HO_EXPECTED);
	pass_ms(p, 20);
	expect_over(p, OUTCOME_NEVER_CAME);
	expect_unbound(p, HNP1);
	expect_released(p, true);
	assert_int_equal(p->notes[MAG_NOTE_HANDOVER_FAILED], 1);
	hear(p, link_of(1), HEARD_FRAME); // and is anybody when it comes after all
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
}

static void it_may_be_called_off(void **state)
{
	PLAY;

	expected(p);
	done(p, 8);
	expect_hack(p, MAG2, 8, HACK_P | HACK_F, HACK_ACCEPTED);
	expect_over(p, OUTCOME_CANCELLED);
	expect_unbound(p, HNP1);
	expect_released(p, true);
	done(p, 8); // twice
	expect_hack(p, MAG2, 8, HACK_P | HACK_F, HACK_ACCEPTED);
	expect_said(p, "S");
	mag_play_restart(p);
	expected(p);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL); // or by our own operator
	expect_over(p, OUTCOME_CANCELLED);
	mag_play_restart(p);
	is_here(p);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	expect_handover(p, HO_HERE);
	reply(p, accepts(NULL));
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	expect_handover(p, HO_REGISTERED);
	attach(p, link_of(1), NULL, 0);
	expect_handover(p, HO_REGISTERED);
}

// FMIP-15: a HI that comes twice is answered alike and not run twice.
static void FMIP_15_the_same_hi_again_gets_the_same_hack(void **state)
{
	PLAY;

	expected(p);
	coming(p, HI_P | HI_F, 7);
	expect_said(p, "S");
	expect_hack(p, MAG2, 7, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
	coming(p, HI_P | HI_F, 8); // a new one
	expect_said(p, "S");
	expect_hack(p, MAG2, 8, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
	hear(p, link_of(1), HEARD_FRAME);
	coming(p, HI_P | HI_F, 9);
	expect_said(p, "S");
	expect_handover(p, HO_HERE);
	reply(p, accepts(NULL));
	coming(p, HI_P | HI_F, 10);
	expect_said(p, "S");
	expect_handover(p, HO_REGISTERED);
	done(p, 11);
	coming(p, HI_P | HI_F, 10); // late, of a handover that is over: it is a new one
	expect_said(p, "HBSS");
}

static void FMIP_02_prepared_alone_it_asks_for_the_packets_when_it_is_there(void **state)
{
	PLAY;

	coming(p, HI_P | HI_U, 7);
	expect_hack(p, MAG2, 7, HACK_P | HACK_U, HACK_CONTEXT_ACCEPTED);
	expect_handover(p, HO_EXPECTED);
	hear(p, link_of(1), HEARD_FRAME);
	expect_hi(p, MAG2, HI_P | HI_F, HI_DEFAULT);
	struct mh mh = told(p, HACK_P | HACK_F, HACK_ALL_CONTEXT);
	peer_says(p, MAG2, &mh);
	expect_handover(p, HO_HERE);
	mag_play_restart(p);
	coming(p, HI_P | HI_U, 7);
	coming(p, HI_P | HI_F, 8); // go
	expect_hack(p, MAG2, 8, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(count_mh(p, MH_HI), 0);
}

static void FMIP_02_what_is_not_forwarded_makes_no_detour(void **state)
{
	PLAY;

	for (int silent = 0; silent < 2; silent++) {
		mag_play_restart(p);
		coming(p, HI_P | HI_U, 7);
		hear(p, link_of(1), HEARD_FRAME);
		struct mh mh = hack(p, HACK_P, HACK_NO_FORWARDING);
		if (silent)
			pass_with_ms(p, link_of(1), 1600);
		else
			peer_says(p, MAG2, &mh);
		expect_handover(p, HO_HERE);
		pass_with_ms(p, link_of(1), UPLINK_MS);
		assert_false(bound(p)->bind.detour);
	}
}

static void FMIP_10_who_may_not_come_is_refused(void **state)
{
	PLAY;
	const struct mag_profile_conf profiles[] = {{.match = NODE, .permit = false},
						    {.match = "@" REALM, .permit = true}};
	const struct {
		const char *hnp, *lmaa;
		bool barred, gre;
		uint8_t code;
	} rows[] = {
		{HNP1, LMAA, true, false, HACK_PROHIBITED},
		{HNP1, "2001:db8:a::9", false, false, HACK_PROHIBITED},
		{HNP1, NULL, false, false, HACK_UNSPECIFIED},
		{"2001:db8:4000:1::/65", LMAA, false, false, HACK_UNSPECIFIED},
		{"fe80::/64", LMAA, false, false, HACK_UNSPECIFIED},
		{"::/0", LMAA, false, false, HACK_UNSPECIFIED},
		{HNP1, LMAA, false, true, HACK_NO_FORWARDING}, // FMIP-14
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		p->conf.profiles = rows[i].barred ? profiles : profiles + 1;
		p->conf.n_profiles = rows[i].barred ? 2 : 1;
		mag_play_restart(p);
		struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 7);
		with_context(&mh, rows[i].hnp, rows[i].lmaa, 1);
		if (rows[i].gre)
			mh_add(&mh, OPT_GRE_KEY);
		peer_says(p, MAG2, &mh);
		expect_hack(p, MAG2, 7, HACK_P, rows[i].code);
		expect_said(p, "S");
		assert_int_equal(handover_of(p, NODE).state, HO_NONE);
	}
	p->conf.profiles = profiles; // none matches
	p->conf.n_profiles = 1;
	mag_play_restart(p);
	struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 7);
	about(&mh, "who@elsewhere");
	with_context(&mh, HNP1, LMAA, 1);
	peer_says(p, MAG2, &mh);
	expect_hack(p, MAG2, 7, HACK_P, HACK_PROHIBITED);
	p->conf.authorise = true; // then another one is asked when it is there
	mag_play_restart(p);
	peer_says(p, MAG2, &mh);
	expect_hack(p, MAG2, 7, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
	p->conf.n_profiles = 0;
	p->conf.authorise = false;
	mag_play_restart(p);
	peer_says(p, MAG2, &mh);
	expect_hack(p, MAG2, 7, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
}

static void FMIP_10_without_room_for_its_prefix_it_is_refused(void **state)
{
	PLAY;

	p->bind_room = 0;
	coming(p, HI_P | HI_F, 7);
	expect_hack(p, MAG2, 7, HACK_P, HACK_NO_RESOURCES);
	expect_over(p, OUTCOME_NO_ROOM);
	expect_released(p, true);
	p->bind_room = UINT32_MAX;
	coming(p, HI_P | HI_F, 7); // the same again: the same answer
	expect_hack(p, MAG2, 7, HACK_P, HACK_NO_RESOURCES);
	mag_play_restart(p);
	expected(p);
	p->bind_room = 0;
	hear(p, link_of(1), HEARD_FRAME);
	expect_over(p, OUTCOME_NO_ROOM);
	expect_state(p, link_of(1), BUL_REFUSED);
}

static void FMIP_10_beyond_max_handovers_there_is_no_room(void **state)
{
	PLAY;

	for (uint8_t i = 1; i <= MAX_HANDOVERS + 1; i++) {
		char mn[64], hnp[64];
		snprintf(mn, sizeof(mn), "0200000000%02x@" REALM, i);
		snprintf(hnp, sizeof(hnp), "2001:db8:4000:%x::/64", i);
		struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, i);
		about(&mh, mn);
		with_context(&mh, hnp, LMAA, i);
		peer_says(p, MAG2, &mh);
		if (i <= MAX_HANDOVERS)
			expect_hack(p, MAG2, i, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
		else
			expect_hack(p, MAG2, i, HACK_P, HACK_NO_RESOURCES);
	}
	attach_from(p, link_of(9), MAG2); // and who comes now is registered plainly
	assert_int_equal(count_mh(p, MH_BU), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fast_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(FMIP_01_a_node_is_expected_and_its_packets_wait),
		T(FMIP_08_it_hears_of_its_prefixes_as_soon_as_it_is_there),
		T(FMIP_09_it_is_registered_with_what_was_transferred),
		T(FMIP_09_the_indicator_says_what_the_identifiers_say),
		T(FMIP_01_it_is_called_as_its_previous_mag_calls_it),
		T(another_node_is_not_the_one_that_is_expected),
		T(FMIP_11_uplink_waits_for_the_pba_and_direct_packets_for_the_previous_mag),
		T(FMIP_04_without_the_last_hi_direct_packets_go_on_after_a_while),
		T(the_notice_may_be_refused_or_lost),
		T(FMIP_11_after_a_while_uplink_goes_by_the_previous_mag),
		T(FMIP_17_without_any_pba_it_ends_with_the_forwarding_state),
		T(the_previous_mag_may_be_done_before_the_pba),
		T(FMIP_08_other_prefixes_of_the_lma_replace_those),
		T(FMIP_08_a_refusal_of_the_lma_withdraws_them),
		T(a_node_that_leaves_again_leaves_nothing),
		T(FMIP_17_a_node_that_never_comes_leaves_nothing),
		T(it_may_be_called_off),
		T(FMIP_15_the_same_hi_again_gets_the_same_hack),
		T(FMIP_02_prepared_alone_it_asks_for_the_packets_when_it_is_there),
		T(FMIP_02_what_is_not_forwarded_makes_no_detour),
		T(FMIP_10_who_may_not_come_is_refused),
		T(FMIP_10_without_room_for_its_prefix_it_is_refused),
		T(FMIP_10_beyond_max_handovers_there_is_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
