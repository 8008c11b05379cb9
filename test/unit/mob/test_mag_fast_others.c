// Fast handover with MAGs that say it otherwise than ours: RFC 5949 4.2, 6.1.1, 6.2.
#include "test/unit/mob/fast_play.h"

#define PLAY struct mag_play *p = *state

static bool is_expected(const struct mag_play *p, const char *hnp)
{
	uint32_t i = find_view(p, prefix(hnp));

	return i < p->n_view && p->view[i].how.bind.expected;
}

static void says_it_has(struct mag_play *p, uint8_t code, uint16_t seq, const char *first,
			const char *second)
{
	struct mh mh = hi(HI_P | HI_F, code, seq);

	with_context(&mh, first, LMAA, 1);
	with_context(&mh, second, NULL, 0);
	peer_says(p, MAG2, &mh);
	expect_hack(p, MAG2, seq, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
}

// RFC 5949 4.2: "another HI message with the 'F' flag set", and that is all that is in it.
static void FMIP_02_go_may_say_no_more_than_who(void **state)
{
	PLAY;

	for (int late = 0; late < 2; late++) {
		mag_play_restart(p);
		coming(p, HI_P | HI_U, 7);
		if (late)
			hear(p, link_of(1), HEARD_FRAME);
		struct mh mh = hi(HI_P | HI_F, late ? HI_ALL_CONTEXT : HI_DEFAULT, 8);
		peer_says(p, MAG2, &mh);
		expect_hack(p, MAG2, 8, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
		expect_handover(p, late ? HO_HERE : HO_EXPECTED);
		if (!late)
			hear(p, link_of(1), HEARD_FRAME);
		expect_pbu_hnps(p, HNP1, NULL);
		pass_with_ms(p, link_of(1), UPLINK_MS + 10);
		assert_true(bound(p)->bind.detour);
	}
}

// RFC 5949 6.1.1: in several pieces, the last one with code 3.
static void FMIP_04_context_may_come_in_pieces(void **state)
{
	PLAY;

	says_it_has(p, HI_DEFAULT, 7, HNP1, NULL);
	says_it_has(p, HI_DEFAULT, 8, HNP2, NULL);
	says_it_has(p, HI_ALL_CONTEXT, 9, HNP2, HNP3);
	assert_true(is_expected(p, HNP1) && is_expected(p, HNP2) && is_expected(p, HNP3));
	expect_handover(p, HO_EXPECTED);
	pass_ms(p, FORWARD_MS + 10);
	expect_unbound(p, HNP1);
	expect_unbound(p, HNP2);
	expect_unbound(p, HNP3);
}

// All of it again, and it is another set: what is not in it any more is nobody's here.
static void FMIP_01_a_newer_set_of_prefixes_replaces_the_older_one(void **state)
{
	PLAY;

	says_it_has(p, HI_ALL_CONTEXT, 7, HNP1, HNP2);
	says_it_has(p, HI_ALL_CONTEXT, 8, HNP2, HNP3);
	expect_unbound(p, HNP1);
	assert_true(is_expected(p, HNP2) && is_expected(p, HNP3));
	hear(p, link_of(1), HEARD_FRAME);
	expect_pbu_hnps(p, HNP2, HNP3);
	mag_play_restart(p);
	says_it_has(p, HI_ALL_CONTEXT, 7, HNP1, HNP1); // the same twice is one
	hear(p, link_of(1), HEARD_FRAME);
	expect_pbu_hnps(p, HNP1, NULL);
}

// It is here already, and another MAG says that it has less: that is what it has.
static void FMIP_08_what_the_next_word_leaves_out_is_withdrawn(void **state)
{
	PLAY;

	says_it_has(p, HI_ALL_CONTEXT, 7, HNP1, HNP2);
	hear(p, link_of(1), HEARD_FRAME);
	expect_bound(p, HNP2, link_of(1));
	struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 8);
	with_context(&mh, HNP1, LMAA, 1);
	peer_says(p, MAG3, &mh);
	expect_handover(p, HO_HERE);
	expect_bound(p, HNP1, link_of(1));
	expect_unbound(p, HNP2);
	bool withdrawn = false;
	for (uint32_t i = 0; i < p->n_said; i++)
		withdrawn |= p->said[i].action.kind == MAG_ADVERTISE &&
			     p->said[i].action.advertise.valid_s == 0 &&
			     ip6_prefix_equal(p->said[i].hnps[0], prefix(HNP2));
	assert_true(withdrawn);
}

// RFC 5949 6.2.5, MAG-REG-11: where the LMA gives each session the MAG's link-local address, the
// previous MAG knows it before; without that no advertisement can have a source.
static void FMIP_08_the_link_local_address_is_that_of_the_previous_mag(void **state)
{
	PLAY;

	p->conf.link_local = (struct ip6_addr){0};
	mag_play_restart(p);
	struct mh own = hi(HI_P | HI_F, HI_ALL_CONTEXT, 7);
	with_context(&own, HNP1, LMAA, 1);
	mh_add(&own, OPT_LLA)->lla.addr = addr("fe80::77");
	hear(p, link_of(1), HEARD_FRAME);
	tell(p, &(struct mag_event){.kind = MAG_HEARD, // which is the node's own
				    .heard = {.link = link_of(1), .addr = addr("fe80::77")}});
	peer_says(p, MAG2, &own);
	expect_said(p, "HBS");
	for (int told = 0; told < 2; told++) {
		p->conf.link_local = (struct ip6_addr){0};
		mag_play_restart(p);
		struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 7);
		with_context(&mh, HNP1, LMAA, 1);
		if (told)
			mh_add(&mh, OPT_LLA)->lla.addr = addr("fe80::77");
		peer_says(p, MAG2, &mh);
		hear(p, link_of(1), HEARD_FRAME);
		expect_said(p, told ? "HBAS" : "HBS");
		if (told)
			assert_true(
				ip6_equal(last(p, MAG_ADVERTISE)->advertise.src, addr("fe80::77")));
		assert_true(ip6_equal(mh_find(&p->pbu, OPT_LLA)->lla.addr,
				      told ? addr("fe80::77") : (struct ip6_addr){0}));
		struct pba pba = accepts(NULL);
		pba.link_local = "fe80::78"; // the LMA knows better
		reply(p, pba);
		assert_true(ip6_equal(last(p, MAG_ADVERTISE)->advertise.src, addr("fe80::78")));
	}
}

// FMIP-08: before the LMA has granted anything, what was asked for is what is left.
static void FMIP_08_prefixes_that_end_with_the_binding_live_as_long_as_was_asked(void **state)
{
	PLAY;

	p->conf.prefixes_end_with_binding = true;
	mag_play_restart(p);
	is_here(p);
	assert_int_equal(last(p, MAG_ADVERTISE)->advertise.valid_s, p->conf.lifetime_s);
}

// A node with two sessions here, and one of them is said to come: nothing of theirs is taken, and
// what is said next of a third prefix is nobody's.
static void FMIP_01_what_a_session_here_has_is_not_expected(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	attach(p, link_of(2), NODE, 0);
	reply(p, accepts(HNP2));
	pass_ms(p, 500);
	says_it_has(p, HI_ALL_CONTEXT, 7, HNP1, HNP2);
	expect_handover(p, HO_EXPECTED);
	expect_bound(p, HNP1, link_of(1));
	expect_bound(p, HNP2, link_of(2));
	says_it_has(p, HI_ALL_CONTEXT, 8, HNP3, NULL);
	expect_handover(p, HO_REGISTERED);
	expect_unbound(p, HNP3);
	expect_bound(p, HNP1, link_of(1));
	expect_bound(p, HNP2, link_of(2));
}

// RFC 5949 4.2: with trouble all of it is cancelled, not the last piece alone.
static void FMIP_02_a_piece_that_is_refused_ends_it(void **state)
{
	PLAY;

	says_it_has(p, HI_DEFAULT, 7, HNP1, NULL);
	struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 8);
	with_context(&mh, "fe80::/64", NULL, 0);
	peer_says(p, MAG2, &mh);
	expect_hack(p, MAG2, 8, HACK_P, HACK_UNSPECIFIED);
	expect_over(p, OUTCOME_REFUSED);
	expect_unbound(p, HNP1);
	expect_released(p, true);
}

// What is asked while packets are sent on does not end that.
static void FMIP_03_more_context_may_be_asked_for_while_it_is_forwarded(void **state)
{
	PLAY;
	static const uint8_t flags[] = {HI_P, HI_P | HI_U};

	for (int i = 0; i < 2; i++) {
		mag_play_restart(p);
		forwarding(p);
		wants(p, MAG2, flags[i], 5);
		expect_hack(p, MAG2, 5, (uint8_t)(flags[i] << 1), HACK_ALL_CONTEXT);
		expect_handover(p, HO_FORWARDING);
		assert_true(ip6_equal(bound(p)->bind.next, addr(MAG2)));
	}
}

// FMIP-19: of two families, in either order.
static void FMIP_19_an_lma_may_have_an_address_of_each_family(void **state)
{
	PLAY;
	static const uint8_t v4[] = {192, 0, 2, 1};

	for (int first = 0; first < 2; first++) {
		mag_play_restart(p);
		struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 7);
		with_context(&mh, HNP1, first ? NULL : LMAA, 1);
		struct mh_opt *opt = mh_add(&mh, OPT_LMAA);
		opt->lmaa.code = LMAA_IPV4;
		opt->lmaa.addr = (struct span){v4, sizeof(v4)};
		with_context(&mh, NULL, first ? LMAA : NULL, 0);
		peer_says(p, MAG2, &mh);
		expect_hack(p, MAG2, 7, HACK_P | HACK_F, HACK_CONTEXT_ACCEPTED);
		assert_true(ip6_equal(bound(p)->bind.lmaa, addr(LMAA)));
	}
}

// A node that has IPv4 alone is not served here; its MAG is not told that it is not known.
static void FMIP_19_a_node_with_ipv4_alone_is_refused(void **state)
{
	PLAY;

	for (int says_v4 = 0; says_v4 < 2;
	     says_v4++) { // by its address, or by saying that this is all
		struct mh mh = hi(HI_P | HI_F, says_v4 ? HI_DEFAULT : HI_ALL_CONTEXT, 7);
		with_context(&mh, NULL, LMAA, 1);
		if (says_v4)
			mh_add(&mh, OPT_IPV4_HOA)->ipv4_hoa.addr = 0xc0000209;
		peer_says(p, MAG2, &mh);
		expect_hack(p, MAG2, 7, HACK_P, HACK_UNSPECIFIED);
		assert_int_equal(handover_of(p, NODE).state, HO_NONE);
	}
}

// RFC 5949 4.1 (d): forwarding is what is not to be had, the context is.
static void FMIP_14_who_wants_a_gre_key_gets_the_context(void **state)
{
	PLAY;

	for (int forward = 0; forward < 2; forward++) {
		mag_play_restart(p);
		join(p, link_of(1), HNP1);
		struct mh mh = hi(HI_P | (forward ? HI_F : 0), HI_DEFAULT, 5);
		mh_add(&mh, OPT_GRE_KEY);
		peer_says(p, MAG2, &mh);
		expect_hack(p, MAG2, 5, HACK_P, forward ? HACK_NO_FORWARDING : HACK_ALL_CONTEXT);
		assert_non_null(mh_find(last_mh(p, MH_HACK)->send.mh, OPT_HNP));
	}
}

// What went by the previous MAG is longer on its way than what goes straight.
static void FMIP_11_after_a_detour_uplink_waits_for_the_previous_mag(void **state)
{
	PLAY;

	for (int silent = 0; silent < 2; silent++) {
		mag_play_restart(p);
		is_here(p);
		pass_with_ms(p, link_of(1), UPLINK_MS + 10);
		assert_true(bound(p)->bind.detour);
		reply(p, accepts(NULL));
		expect_modes(p, QUEUE_PASS, QUEUE_HOLD, QUEUE_HOLD);
		if (silent) {
			pass_ms(p, DIRECT_MS + 5);
			expect_said(p, "SBH"); // the HI again; its way before it goes
			expect_modes(p, QUEUE_PASS, QUEUE_PASS, QUEUE_PASS);
		} else {
			done(p, 8);
			expect_released(p, false);
		}
		assert_false(bound(p)->bind.detour);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, fast_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(FMIP_02_go_may_say_no_more_than_who),
		T(FMIP_04_context_may_come_in_pieces),
		T(FMIP_01_a_newer_set_of_prefixes_replaces_the_older_one),
		T(FMIP_08_what_the_next_word_leaves_out_is_withdrawn),
		T(FMIP_08_the_link_local_address_is_that_of_the_previous_mag),
		T(FMIP_08_prefixes_that_end_with_the_binding_live_as_long_as_was_asked),
		T(FMIP_01_what_a_session_here_has_is_not_expected),
		T(FMIP_02_a_piece_that_is_refused_ends_it),
		T(FMIP_03_more_context_may_be_asked_for_while_it_is_forwarded),
		T(FMIP_19_an_lma_may_have_an_address_of_each_family),
		T(FMIP_19_a_node_with_ipv4_alone_is_refused),
		T(FMIP_14_who_wants_a_gre_key_gets_the_context),
		T(FMIP_11_after_a_detour_uplink_waits_for_the_previous_mag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
