// Fast handover at the previous MAG, which is asked; and its bounds: RFC 5949 4.1, 4.2.
#include "test/unit/mob/fast_play.h"

#include <stdio.h>

#define PLAY struct mag_play *p = *state

// FMIP-03: reactive. The new MAG has the node, and asks.
static void FMIP_03_the_hack_has_what_is_known(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	wants(p, MAG2, HI_P | HI_F, 5);
	expect_hack(p, MAG2, 5, HACK_P | HACK_F, HACK_ALL_CONTEXT);
	const struct mh *mh = last_mh(p, MH_HACK)->send.mh;
	assert_true(ip6_equal(mh_find(mh, OPT_HNP)->hnp.prefix, prefix(HNP1).addr));
	assert_memory_equal(mh_find(mh, OPT_LMAA)->lmaa.addr.p, addr(LMAA).a, 16);
	assert_memory_equal(mh_find(mh, OPT_LL_ID)->ll_id.id.p, link_of(1).mac, 6);
	assert_memory_equal(mh_find(mh, OPT_MN_ID)->mn_id.id.p, NODE, strlen(NODE));
	expect_handover(p, HO_FORWARDING);
	assert_true(handover_of(p, NODE).reactive);
	assert_true(ip6_equal(bound(p)->bind.next, addr(MAG2)));
	// It has left: no probe, and at the end a de-registration.
	pass_ms(p, FORWARD_MS + 10);
	assert_int_equal(pbu_lifetime_s(p), 0);
	accepts_hi(p);
	expect_over(p, OUTCOME_TIMED_OUT);
}

static void FMIP_03_who_is_not_known_has_no_context(void **state)
{
	PLAY;

	wants(p, MAG2, HI_P | HI_F, 5);
	expect_hack(p, MAG2, 5, HACK_P, HACK_NO_CONTEXT);
	const struct mh *mh = last_mh(p, MH_HACK)->send.mh;
	assert_null(mh_find(mh, OPT_HNP));
	assert_non_null(mh_find(mh, OPT_MN_ID));
	assert_int_equal(handover_of(p, NODE).state, HO_NONE);
	hear(p, link_of(1), HEARD_FRAME); // REGISTERING: nothing is known yet
	wants(p, MAG2, HI_P | HI_F, 6);
	expect_hack(p, MAG2, 6, HACK_P, HACK_NO_CONTEXT);
}

static void FMIP_03_of_what_is_asked_for_something_has_to_be_there(void **state)
{
	PLAY;
	static const uint8_t vendor[] = {OPT_VENDOR, 5, 0, 0, 0, 9, 1};
	static const uint8_t both[] = {OPT_VENDOR, 5, 0, 0, 0, 9, 1, OPT_LL_ID, 0};
	static const uint8_t cut[] = {OPT_VENDOR, 5, 0};
	const struct {
		struct span wanted;
		uint8_t code;
	} rows[] = {
		{{vendor, sizeof(vendor)}, HACK_NO_CONTEXT},
		{{both, sizeof(both)}, HACK_ALL_CONTEXT},
		{{cut, sizeof(cut)}, HACK_NO_CONTEXT},
		{{both, 0}, HACK_ALL_CONTEXT},
		{{(const uint8_t[]){OPT_LMAA, 0}, 2}, HACK_ALL_CONTEXT},
		{{(const uint8_t[]){OPT_LLA, 0}, 2}, HACK_ALL_CONTEXT},
		{{(const uint8_t[]){OPT_LLA_IID, 0}, 2}, HACK_ALL_CONTEXT},
		{{(const uint8_t[]){OPT_HNP, 0}, 2}, HACK_ALL_CONTEXT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mag_play_restart(p);
		join(p, link_of(1), HNP1);
		struct mh mh = hi(HI_P, HI_DEFAULT, 5);
		mh_add(&mh, OPT_CONTEXT_REQUEST)->context_request.wanted = rows[i].wanted;
		peer_says(p, MAG2, &mh);
		expect_hack(p, MAG2, 5, HACK_P, rows[i].code);
	}
}

static void FMIP_03_context_alone_forwards_nothing(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	wants(p, MAG2, HI_P, 5);
	expect_hack(p, MAG2, 5, HACK_P, HACK_ALL_CONTEXT);
	expect_handover(p, HO_PREPARED);
	assert_true(ip6_is_zero(bound(p)->bind.next));
	pass_with_ms(p, link_of(1), FORWARD_MS + 10);
	expect_state(p, link_of(1), BUL_BOUND); // it was not said to have left
}

// FMIP-02: the new MAG asks for buffers, later for the packets.
static void FMIP_02_asked_to_keep_packets_it_keeps_them_until_they_are_wanted(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	wants(p, MAG2, HI_P | HI_U, 5);
	expect_hack(p, MAG2, 5, HACK_P | HACK_U, HACK_ALL_CONTEXT);
	expect_modes(p, QUEUE_PASS, QUEUE_HOLD, QUEUE_PASS);
	expect_said(p, "HBS");
	expect_handover(p, HO_PREPARED);
	assert_int_equal(bound(p)->bind.handover, handover_of(p, NODE).number);
	wants(p, MAG2, HI_P | HI_F, 6);
	expect_said(p, "BHS"); // where they go before they go
	expect_modes(p, QUEUE_PASS, QUEUE_PASS, QUEUE_PASS);
	assert_true(ip6_equal(bound(p)->bind.next, addr(MAG2)));
	notice(p, 7);
	pass_ms(p, SETTLE_MS + 2);
	expect_released(p, false);
}

// FMIP-14: packets go as they are, without GRE.
static void FMIP_14_a_gre_key_is_not_served(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	struct mh mh = hi(HI_P | HI_F, HI_DEFAULT, 5);
	mh_add(&mh, OPT_GRE_KEY)->gre_key.key = (struct span){(const uint8_t *)"keys", 4};
	peer_says(p, MAG2, &mh);
	expect_hack(p, MAG2, 5, HACK_P, HACK_NO_FORWARDING); // FMIP-06
	assert_true(ip6_is_zero(bound(p)->bind.next));
}

static void FMIP_03_of_a_node_that_is_leaving_nothing_can_be_forwarded(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	detach(p, link_of(1));
	expect_state(p, link_of(1), BUL_LEAVING);
	wants(p, MAG2, HI_P | HI_F, 5);
	expect_hack(p, MAG2, 5, HACK_P, HACK_NO_FORWARDING);
	assert_non_null(mh_find(last_mh(p, MH_HACK)->send.mh, OPT_HNP)); // but it is known
	expect_over(p, OUTCOME_REFUSED);
}

static void FMIP_15_a_hi_that_comes_twice_gets_the_same_hack(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	wants(p, MAG2, HI_P | HI_F, 5);
	struct mh first = *last_mh(p, MH_HACK)->send.mh;
	wants(p, MAG2, HI_P | HI_F, 5);
	expect_said(p, "S");
	const struct mh *again = last_mh(p, MH_HACK)->send.mh;
	assert_int_equal(again->opts.n, first.opts.n);
	assert_int_equal(again->hack.code, first.hack.code);
	assert_int_equal(again->hack.flags, first.hack.flags);
	assert_int_equal(mag_totals(p->mag)->hacks, 2);
}

// FMIP-10, FMIP-13.
static void FMIP_10_strangers_and_other_protocols_are_ignored(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	wants(p, STRANGER, HI_P | HI_F, 5);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_SOURCE], 1);
	expect_said(p, "");
	wants(p, COA, HI_P | HI_F, 5); // from ourselves
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_SOURCE], 1);
	wants(p, LMAA, HI_P | HI_F, 5);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_SOURCE], 1);
	wants(p, MAG2, HI_F, 5); // FMIPv6's own
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ROLE], 1);
	struct mh mh = hi(HI_P | HI_F, HI_DEFAULT, 5);
	mh.opts.n = 0; // about nobody
	peer_says(p, MAG2, &mh);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ROLE], 1);
	expect_said(p, "");
	mh = hi(HI_P | HI_F, HI_DEFAULT, 5);
	say_mh(p, MAG2, "2001:db8:1::2", &mh); // to another address
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_SOURCE], 1);
	p->conf.fast.n_peers = 0;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	wants(p, MAG2, HI_P | HI_F, 5);
	assert_int_equal(p->notes[MAG_NOTE_BAD_MESSAGE], 1); // WIRE-06
	assert_int_equal(last_mh(p, MH_BE)->send.mh->be.status, BE_UNKNOWN_MH_TYPE);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ORDER], 1);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ORDER], 1);
}

static void orders_about_nobody_and_to_nobody_are_ignored(void **state)
{
	PLAY;

	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ORDER], 1);
	hear(p, link_of(1), HEARD_FRAME);
	hand_over(p, NODE, HAND_OVER_GO, MAG2); // not registered yet
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ORDER], 1);
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, STRANGER);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ORDER], 1);
	hand_over(p, NODE, HAND_OVER_GO, COA);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ORDER], 1);
	expect_said(p, "");
}

static void a_session_that_ends_takes_its_handover_with_it(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	attach(p, link_of(1), "other@" REALM, 0); // somebody else is there
	expect_over(p, OUTCOME_LEFT);
	mag_play_restart(p);
	forwarding(p);
	attach(p, link_of(1), "other@" REALM, 0);
	expect_hi(p, MAG2, HI_P | HI_F, HI_FORWARDING_COMPLETE);
	expect_handover(p, HO_ENDING);
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	accepts_hi(p);
	attach(p, link_of(1), "other@" REALM, 0);
	expect_handover(p, HO_ENDING);
	mag_play_restart(p);
	forwarding(p);
	notice(p, 5);
	attach(p, link_of(1), "other@" REALM, 0);
	expect_handover(p, HO_ENDING);
}

static void FMIP_17_it_may_go_to_another_mag_than_was_said(void **state)
{
	PLAY;

	forwarding(p);
	wants(p, MAG3, HI_P | HI_F, 5);
	assert_int_equal(count_mh(p, MH_HI), 1); // the first one is told
	expect_hi(p, MAG2, HI_P | HI_F, HI_FORWARDING_COMPLETE);
	expect_hack(p, MAG3, 5, HACK_P | HACK_F, HACK_ALL_CONTEXT);
	assert_true(ip6_equal(bound(p)->bind.next, addr(MAG3)));
	assert_int_equal(mag_totals(p->mag)->outcomes[OUTCOME_ELSEWHERE], 1);
	mag_play_restart(p);
	forwarding(p);
	hand_over(p, NODE, HAND_OVER_GO, MAG3); // or the operator says another one
	assert_true(ip6_is_zero(bound(p)->bind.next));
	expect_hi(p, MAG3, HI_P | HI_F, HI_ALL_CONTEXT);
	accepts_hi(p);
	assert_true(ip6_equal(bound(p)->bind.next, addr(MAG3)));
}

static void both_modes_at_once_meet(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	wants(p, MAG2, HI_P | HI_F, 5);
	expect_hack(p, MAG2, 5, HACK_P | HACK_F, HACK_ALL_CONTEXT);
	expect_handover(p, HO_FORWARDING);
	pass_ms(p, 500);
	assert_int_equal(count_mh(p, MH_HI), 0); // its question is answered
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_PREPARE, MAG2);
	accepts_hi(p);
	wants(p, MAG2, HI_P | HI_F, 5);
	expect_handover(p, HO_FORWARDING);
	wants(p, MAG2, HI_P | HI_F, 6); // with another number
	expect_hack(p, MAG2, 6, HACK_P | HACK_F, HACK_ALL_CONTEXT);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	wants(p, MAG2, HI_P | HI_F, 7); // ENDING: it went after all
	expect_handover(p, HO_FORWARDING);
}

static void an_order_begins_anew_while_the_last_one_ends(void **state)
{
	PLAY;

	forwarding(p);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	expect_handover(p, HO_ENDING);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	expect_hi(p, MAG2, HI_P | HI_F, HI_ALL_CONTEXT);
	assert_int_equal(count_mh(p, MH_HI), 1); // that it ends was said
	expect_handover(p, HO_ASKED);
}

// FMIP-02: both flags at once are the packets, now.
static void FMIP_02_asked_for_both_it_forwards_and_keeps_nothing(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	wants(p, MAG2, HI_P | HI_F | HI_U, 5);
	expect_said(p, "BS");
	expect_hack(p, MAG2, 5, HACK_P | HACK_F | HACK_U, HACK_ALL_CONTEXT);
}

static void FMIP_15_a_hi_of_a_handover_that_is_over_is_answered_alike(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	wants(p, MAG2, HI_P | HI_F, 5);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	accepts_hi(p);
	expect_handover(p, HO_OVER);
	wants(p, MAG2, HI_P | HI_F, 5);
	expect_said(p, "S");
	assert_non_null(mh_find(last_mh(p, MH_HACK)->send.mh, OPT_HNP));
}

static void FMIP_10_an_identity_is_an_nai_of_at_most_253_octets(void **state)
{
	PLAY;
	static uint8_t name[254];
	const struct {
		uint8_t subtype;
		uint16_t n;
		unsigned hacks;
	} rows[] = {{MN_ID_NAI, 253, 1}, {MN_ID_NAI, 254, 0}, {2, 20, 0}};

	memset(name, 'a', sizeof(name));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mh mh = hi(HI_P | HI_F, HI_DEFAULT, 5);
		mh.opts.v[0].mn_id.subtype = rows[i].subtype;
		mh.opts.v[0].mn_id.id = (struct span){name, rows[i].n};
		peer_says(p, MAG2, &mh);
		assert_int_equal(count_mh(p, MH_HACK), rows[i].hacks);
		assert_int_equal(p->notes[MAG_NOTE_IGNORED_ROLE], 1 - rows[i].hacks);
	}
}

// A node with two interfaces here: one moves, and the other one is another session.
static void the_other_session_of_its_node_has_nothing_to_do_with_it(void **state)
{
	PLAY;

	forwarding(p);
	attach(p, link_of(2), NODE, 0);
	reply(p, accepts(HNP2));
	detach(p, link_of(2));
	expect_state(p, link_of(2), BUL_LEAVING);
	expect_handover(p, HO_FORWARDING);
	mag_play_restart(p);
	forwarding(p);
	detach(p, link_of(1));
	tell(p, &(struct mag_event){.kind = MAG_ATTACH, // and its other one comes from there
				    .attach = {.link = link_of(2),
					       .nai = {(const uint8_t *)NODE, strlen(NODE)},
					       .previous = addr(MAG2)}});
	expect_handover(p, HO_ASKING);
	mag_play_restart(p);
	attach_from(p, link_of(1), MAG2);
	attach(p, link_of(2), NODE, 0); // which waits for no HAck
	assert_int_equal(count_mh(p, MH_BU), 1);
	assert_int_equal(count_mh(p, MH_HI), 0);
}

// What could not be bound is its node's, when there is no handover of that number.
static void a_bind_that_fails_after_its_handover_is_the_nodes_alone(void **state)
{
	PLAY;

	for (uint32_t number = 1; number <= MAX_HANDOVERS + 1; number += MAX_HANDOVERS) {
		mag_play_restart(p);
		forwarding(p);
		hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
		accepts_hi(p);
		expect_handover(p, HO_OVER);
		tell(p, &(struct mag_event){.kind = MAG_BIND_FAILED,
					    .bind_failed = {link_of(1), number}});
		expect_state(p, link_of(1), BUL_REFUSED);
	}
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	tell(p, &(struct mag_event){.kind = MAG_BIND_FAILED, .bind_failed = {link_of(1), 2}});
	expect_state(p, link_of(1), BUL_REFUSED);
}

static void without_room_for_the_tunnel_it_is_served_as_before(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	p->bind_room = 0;
	accepts_hi(p);
	p->bind_room = UINT32_MAX;
	expect_over(p, OUTCOME_NO_ROOM);
	expect_state(p, link_of(1), BUL_BOUND);
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	p->bind_room = 0;
	wants(p, MAG2, HI_P | HI_F, 5);
	expect_hack(p, MAG2, 5, HACK_P, HACK_NO_RESOURCES); // FMIP-10
	expect_state(p, link_of(1), BUL_LEAVING);           // for it is there
}

static void FMIP_10_beyond_max_handovers_there_is_no_room(void **state)
{
	PLAY;

	for (uint8_t i = 1; i <= MAX_HANDOVERS + 1; i++) {
		char mn[64], hnp[64];
		snprintf(mn, sizeof(mn), "0200000000%02x@" REALM, i);
		snprintf(hnp, sizeof(hnp), "2001:db8:4000:%x::/64", i);
		join(p, link_of(i), hnp);
		struct mh mh = hi(HI_P | HI_F, HI_DEFAULT, i);
		about(&mh, mn);
		peer_says(p, MAG2, &mh);
		if (i <= MAX_HANDOVERS)
			expect_hack(p, MAG2, i, HACK_P | HACK_F, HACK_ALL_CONTEXT);
		else
			expect_hack(p, MAG2, i, HACK_P, HACK_NO_RESOURCES);
	}
	hand_over(p, "020000000005@" REALM, HAND_OVER_GO, MAG2);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ORDER], 1);
	struct mh mh = hi(HI_P, HI_FORWARDING_COMPLETE, 77); // one ends, and gives way
	peer_says(p, MAG2, &mh);
	pass_ms(p, SETTLE_MS + 2);
	accepts_hi(p);
	hand_over(p, "020000000005@" REALM, HAND_OVER_GO, MAG2);
	assert_int_equal(count_mh(p, MH_HI), 1);
	assert_int_equal(handover_of(p, NODE).state, HO_NONE);
}

static void one_that_is_over_is_forgotten_after_a_minute(void **state)
{
	PLAY;

	forwarding(p);
	hand_over(p, NODE, HAND_OVER_CANCEL, NULL);
	accepts_hi(p);
	pass_with_ms(p, link_of(1), 59900);
	expect_over(p, OUTCOME_CANCELLED);
	pass_with_ms(p, link_of(1), 200);
	assert_int_equal(handover_of(p, NODE).state, HO_NONE);
}

static void the_asked_ends_when_its_time_is_over(void **state)
{
	PLAY;

	p->conf.fast.forward = 50 * NS_MSEC;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	pass_ms(p, 52);
	expect_over(p, OUTCOME_TIMED_OUT);
	p->conf.fast.forward = FORWARD_MS * NS_MSEC;
}

#define T(f) cmocka_unit_test_setup_teardown(f, fast_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(FMIP_03_the_hack_has_what_is_known),
		T(FMIP_03_who_is_not_known_has_no_context),
		T(FMIP_03_of_what_is_asked_for_something_has_to_be_there),
		T(FMIP_03_context_alone_forwards_nothing),
		T(FMIP_02_asked_to_keep_packets_it_keeps_them_until_they_are_wanted),
		T(FMIP_14_a_gre_key_is_not_served),
		T(FMIP_03_of_a_node_that_is_leaving_nothing_can_be_forwarded),
		T(FMIP_15_a_hi_that_comes_twice_gets_the_same_hack),
		T(FMIP_10_strangers_and_other_protocols_are_ignored),
		T(orders_about_nobody_and_to_nobody_are_ignored),
		T(a_session_that_ends_takes_its_handover_with_it),
		T(FMIP_17_it_may_go_to_another_mag_than_was_said),
		T(both_modes_at_once_meet),
		T(an_order_begins_anew_while_the_last_one_ends),
		T(FMIP_02_asked_for_both_it_forwards_and_keeps_nothing),
		T(FMIP_15_a_hi_of_a_handover_that_is_over_is_answered_alike),
		T(FMIP_10_an_identity_is_an_nai_of_at_most_253_octets),
		T(the_other_session_of_its_node_has_nothing_to_do_with_it),
		T(a_bind_that_fails_after_its_handover_is_the_nodes_alone),
		T(without_room_for_the_tunnel_it_is_served_as_before),
		T(FMIP_10_beyond_max_handovers_there_is_no_room),
		T(one_that_is_over_is_forgotten_after_a_minute),
		T(the_asked_ends_when_its_time_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
