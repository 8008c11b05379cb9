// What a MAG says in its PBUs, when, and how often: MAG-REG-01..07, -12..14, MAG-HI, SEQ.
#include <stdio.h>

#include "test/unit/mob/mag_play.h"

#define PLAY struct mag_play *p = *state

static void MAG_REG_01_a_first_pbu_has_every_option_and_no_flag_but_A_and_P(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "S");
	assert_true(ip6_equal(last(p, MAG_SEND)->send.src, addr(COA)));
	assert_true(ip6_equal(last(p, MAG_SEND)->send.dst, addr(LMAA)));
	assert_int_equal(pbu_flags(p), BU_A | BU_P); // MAG-REG-19
	assert_int_equal(pbu_lifetime_s(p), 400);
	assert_int_equal(mh_find(&p->pbu, OPT_ACCESS)->access.tech, ACCESS);
	assert_memory_equal(mh_find(&p->pbu, OPT_LL_ID)->ll_id.id.p, link_of(1).mac, 6);
	assert_int_equal(mh_find(&p->pbu, OPT_LL_ID)->ll_id.id.n, 6);
	assert_true(pbu_timestamp(p) == p->now.wall_q16);
	expect_pbu_mn(p, NODE);
	assert_null(mh_find(&p->pbu, OPT_LLA));     // MAG-REG-11
	assert_null(mh_find(&p->pbu, OPT_ALT_COA)); // MAG-REG-18
}

static void MAG_REG_02_a_first_pbu_has_one_zero_prefix_and_HI_05_says_4(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_SOLICIT);
	expect_pbu_hnps(p, "::/0", NULL);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	assert_int_equal(p->notes[MAG_NOTE_ATTACHED], 1);
	expect_state(p, link_of(1), BUL_REGISTERING);
}

static void MAG_HI_01_an_operator_who_knows_the_handoff_is_believed_once(void **state)
{
	PLAY;

	attach(p, link_of(1), NULL, HI_NEW_INTERFACE);
	assert_int_equal(pbu_handoff(p), HI_NEW_INTERFACE);
	reply(p, accepts(HNP1));
	pass_with_ms(p, link_of(1), 401 * 1000); // the renewal goes unanswered until it is lost
	assert_int_equal(p->notes[MAG_NOTE_LOST], 1);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
}

static void MAG_HI_06_an_operator_cannot_make_a_first_pbu_say_5(void **state)
{
	PLAY;

	attach(p, link_of(1), NULL, HI_NO_CHANGE);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
}

static void MAG_REG_03_a_renewal_has_all_prefixes_and_says_5(void **state)
{
	PLAY;
	struct pba two = accepts(HNP1);

	two.hnps[1] = HNP2;
	hear(p, link_of(1), HEARD_FRAME);
	reply(p, two);
	pass_with_ms(p, link_of(1), 400 * 1000 * 2 / 3 * 11 / 10 + 10);
	assert_true(p->n_pbus > 0);
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	expect_pbu_hnps(p, HNP1, HNP2);
	expect_pbu_mn(p, NODE);
	assert_int_equal(mh_find(&p->pbu, OPT_ACCESS)->access.tech, ACCESS);
	assert_memory_equal(mh_find(&p->pbu, OPT_LL_ID)->ll_id.id.p, link_of(1).mac, 6);
	expect_state(p, link_of(1), BUL_REFRESHING);
	reply(p, accepts(NULL));
	expect_said(p, ""); // nothing changed: neither tables nor node hear of it
	expect_state(p, link_of(1), BUL_BOUND);
}

static void MAG_REG_13_a_renewal_is_at_two_thirds_more_or_less_a_tenth(void **state)
{
	PLAY;
	ns_t joined = p->now.mono, first = NS_NEVER, end = 0;
	uint32_t renewed = 0;
	char hnp[64];

	for (uint8_t i = 1; i <= 30; i++) {
		snprintf(hnp, sizeof(hnp), "2001:db8:4000:%x::/64", i);
		join(p, link_of(i), hnp);
	}
	while (renewed < 30) {
		for (uint8_t i = 1; i <= 30; i++)
			hear(p, link_of(i), HEARD_FRAME);
		pass_ms(p, 500);
		if (p->n_pbus == 0)
			continue;
		first = p->pbu_at[0] < first ? p->pbu_at[0] : first;
		end = p->now.mono;
		renewed = 0;
		for (uint8_t i = 1; i <= 30; i++)
			renewed += binding_of(p, link_of(i)).state == BUL_REFRESHING;
		assert_true(end < joined + 400 * NS_SEC);
	}
	assert_true(first >= joined + 240 * NS_SEC); // 266.7 s, 26.7 s less or more
	assert_true(end <= joined + 294 * NS_SEC);
	assert_true(end - first > 26 * NS_SEC); // and not all at once
}

static void SEQ_33_the_lifetime_counts_from_the_sending_of_the_pbu(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	p->conf.lifetime_s = 160; // 40 units
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	ns_t sent = p->now.mono;
	pass_ms(p, 900);
	a.lifetime_s = 120;
	reply(p, a);
	assert_true(binding_of(p, link_of(1)).expires == sent + 120 * NS_SEC);
}

static void a_lifetime_granted_beyond_what_was_asked_is_not_used(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	hear(p, link_of(1), HEARD_FRAME);
	a.lifetime_s = 65535 * 4;
	reply(p, a);
	assert_true(binding_of(p, link_of(1)).expires == p->now.mono + 400 * NS_SEC);
}

static void a_lifetime_that_fits_no_pbu_is_made_to_fit(void **state)
{
	PLAY;

	p->conf.lifetime_s = 1;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(pbu_lifetime_s(p), 4); // zero would be a de-registration
	p->conf.lifetime_s = 300000;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(pbu_lifetime_s(p), 262140);
}

static void MAG_REG_07_an_unanswered_pbu_is_repeated_after_1_2_4_to_32_s(void **state)
{
	PLAY;
	static const unsigned at_s[] = {1, 3, 7, 15, 31, 63, 95, 127};

	hear(p, link_of(1), HEARD_FRAME);
	ns_t first = p->now.mono;
	uint64_t stamp = pbu_timestamp(p);
	pass_with_ms(p, link_of(1), 130 * 1000);
	assert_int_equal(p->n_pbus, sizeof(at_s) / sizeof(at_s[0]));
	for (uint32_t i = 0; i < p->n_pbus; i++)
		assert_in_range(p->pbu_at[i], first + at_s[i] * NS_SEC,
				first + at_s[i] * NS_SEC + 20 * NS_MSEC);
	assert_true(pbu_timestamp(p) > stamp);
	expect_state(p, link_of(1), BUL_REGISTERING);
	assert_int_equal(binding_of(p, link_of(1)).retries, 8);
}

static void LMA_TS_05_each_repetition_has_a_stamp_of_its_own_time(void **state)
{
	PLAY;
	uint32_t repeated = 0;

	hear(p, link_of(1), HEARD_FRAME);
	uint64_t stamp = pbu_timestamp(p);
	for (int i = 0; i < 70; i++) {
		pass_with_ms(p, link_of(1), 1000);
		if (p->n_pbus == 0)
			continue;
		repeated++;
		assert_true(pbu_timestamp(p) >= stamp + wall_q16_from_ns(999 * NS_MSEC));
		assert_true(p->now.wall_q16 - pbu_timestamp(p) <= wall_q16_from_ns(NS_SEC));
		stamp = pbu_timestamp(p);
	}
	assert_int_equal(repeated, 6); // after 1, 3, 7, 15, 31 and 63 s
}

static void OPT_07_the_identifier_is_the_mac_octet_by_octet(void **state)
{
	PLAY;
	struct mag_link link = link_of(1);

	memcpy(link.mac, "\x02\x11\x22\x33\x44\x55", 6);
	hear(p, link, HEARD_FRAME);
	const struct mh_opt *opt = mh_find(&p->pbu, OPT_LL_ID);
	assert_non_null(opt);
	assert_int_equal(opt->ll_id.id.n, 6);
	assert_memory_equal(opt->ll_id.id.p, "\x02\x11\x22\x33\x44\x55", 6);
}

static void MAG_REG_14_nothing_is_repeated_for_a_node_that_is_not_heard(void **state)
{
	PLAY;

	p->conf.probes = 200;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	pass_ms(p, 100 * 1000);
	assert_int_equal(p->n_pbus, 3); // after 1, 3, 7 s; at 15 s it was not heard for 10 s
	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(p->n_pbus, 1); // heard: it goes on at once
	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(p->n_pbus, 0);
}

static void MAG_REG_14_a_renewal_waits_for_a_sign_of_the_node(void **state)
{
	PLAY;

	p->conf.probe_after = 200 * NS_SEC;
	p->conf.probe_interval = 100 * NS_SEC;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_ms(p, 300 * 1000);
	assert_int_equal(p->n_pbus, 0);
	assert_true(strchr(p->order, 'P') != NULL); // it was asked
	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
}

static void MAG_REG_14_a_node_that_may_be_elsewhere_is_asked_before_its_renewal(void **state)
{
	PLAY;

	p->conf.probe_after = 300 * NS_SEC; // so no probe is due for another reason
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_ms(p, 239 * 1000);
	expect_said(p, "");
	while (p->n_said == 0)
		pass_ms(p, 100);
	expect_said(p, "P");
	assert_int_equal(p->n_pbus, 0); // it may have gone, and be bound there
	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	pass_ms(p, 20 * 1000); // not repeated without another sign of it either
	assert_int_equal(pbu_lifetime_s(p), 0);
	assert_int_equal(p->n_pbus, 2); // one repetition in its first second, then it is gone
	assert_int_equal(p->notes[MAG_NOTE_SILENT], 1);
}

static void MAG_REG_14_a_lost_node_that_is_silent_is_not_registered_again(void **state)
{
	PLAY;

	p->conf.probe_after = 300 * NS_SEC;
	p->conf.probe_interval = 300 * NS_SEC;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	hear(p, link_of(1), HEARD_FRAME);
	pass_ms(p, 402 * 1000);
	assert_int_equal(p->notes[MAG_NOTE_LOST], 1);
	uint64_t until_lost = p->n_pbus;
	pass_ms(p, 50 * 1000);
	assert_true(p->n_pbus == 0 && until_lost < 10);
	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(p->n_pbus, 1);
}

static void MAG_REG_13_without_an_answer_a_session_ends_with_its_lifetime(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 399 * 1000);
	expect_bound(p, HNP1, link_of(1));
	pass_with_ms(p, link_of(1), 1100);
	expect_unbound(p, HNP1);
	assert_int_equal(p->notes[MAG_NOTE_LOST], 1);
	expect_said(p, "WUS"); // withdrawn, unbound, and asked for again
	assert_int_equal(last(p, MAG_ADVERTISE)->advertise.router_lifetime_s, 0);
	expect_pbu_hnps(p, HNP1, NULL); // MAG-REG-02: it may name what it had
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	reply(p, accepts(NULL));
	expect_said(p, "BA");
	expect_bound(p, HNP1, link_of(1));
}

static void SEQ_29_a_thousand_nodes_in_one_second_are_all_registered(void **state)
{
	PLAY;
	struct mag_link link = link_of(0);

	p->conf.max_nodes = p->conf.max_pending = 1000;
	mag_play_restart(p);
	for (unsigned i = 1; i <= 1000; i++) {
		link.mac[4] = (uint8_t)(i >> 8);
		link.mac[5] = (uint8_t)i;
		hear(p, link, HEARD_FRAME);
		assert_int_equal(p->n_pbus, 1);
	}
	assert_int_equal(mag_totals(p->mag)->sent[0], 1000);
}

static void MAG_REG_07_no_session_has_more_than_3_pbus_in_a_second(void **state)
{
	PLAY;
	uint32_t pbus = 0;

	for (int i = 0; i < 1000; i++) {
		attach(p, link_of(1), NULL, 0);
		pbus += p->n_pbus;
	}
	assert_int_equal(pbus, 3);
	pass_ms(p, 1010);
	assert_in_range(p->n_pbus, 1, 3); // what was owed goes out when it may
	reply(p, accepts(HNP1));
	expect_bound(p, HNP1, link_of(1));
}

static void MAG_REG_12_with_sequence_numbers_each_session_counts_for_itself(void **state)
{
	PLAY;

	p->conf.timestamps = false;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	assert_true(pbu_timestamp(p) == 0);
	assert_int_equal(p->pbu.bu.seq, 1);
	hear(p, link_of(2), HEARD_FRAME);
	assert_int_equal(p->pbu.bu.seq, 1);
	reply(p, accepts(HNP2));
	expect_bound(p, HNP2, link_of(2)); // and not the other one's
	expect_state(p, link_of(1), BUL_REGISTERING);
}

static void SEQ_20_a_135_gives_the_number_after_which_the_session_goes_on(void **state)
{
	PLAY;
	struct pba a = refuses(PBA_SEQUENCE_OUT_OF_WINDOW);

	p->conf.timestamps = false;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	a.seq = 30000;
	reply(p, a);
	pass_ms(p, 5);
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(p->pbu.bu.seq, 30001);
	reply(p, accepts(HNP1));
	expect_bound(p, HNP1, link_of(1));
}

static void MAG_MH_01_a_135_is_for_the_interface_that_it_names(void **state)
{
	PLAY;
	struct pba a = refuses(PBA_SEQUENCE_OUT_OF_WINDOW);

	p->conf.timestamps = false;
	mag_play_restart(p);
	attach(p, link_of(1), "both@example.net", 0);
	attach(p, link_of(2), "both@example.net", 0);
	a.seq = 500;
	reply(p, a); // to the second one's PBU
	pass_ms(p, 5);
	assert_int_equal(p->pbu.bu.seq, 501);
	assert_memory_equal(mh_find(&p->pbu, OPT_LL_ID)->ll_id.id.p, link_of(2).mac, 6);
	assert_int_equal(p->notes[MAG_NOTE_MISMATCH], 0);
	expect_state(p, link_of(1), BUL_REGISTERING);
}

static void timestamps_rise_even_within_one_tick_of_their_format(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	uint64_t first = pbu_timestamp(p);
	detach(p, link_of(1));
	assert_true(pbu_timestamp(p) > first);
	uint64_t second = pbu_timestamp(p);
	hear(p, link_of(1), HEARD_LINK_UP);
	assert_true(pbu_timestamp(p) > second); // else the LMA could not tell which came last
}

static void LMA_TS_07_a_clock_that_was_put_back_is_told_as_it_is(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	p->wall_ns -= 3600 * NS_SEC;
	pass_ms(p, 1100);
	assert_int_equal(p->n_pbus, 1);
	assert_true(p->now.wall_q16 - pbu_timestamp(p) < 1 << 16);
}

static void totals_tell_what_was_sent_and_what_came_back(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hear(p, link_of(2), HEARD_FRAME);
	reply(p, refuses(PBA_INSUFFICIENT_RESOURCES));
	hear(p, link_of(3), HEARD_FRAME);
	detach(p, link_of(1));
	const struct mag_totals *t = mag_totals(p->mag);
	assert_int_equal(t->nodes, 3);
	assert_int_equal(t->pending, 1);
	assert_int_equal(t->refused, 1);
	assert_int_equal(t->sent[0], 3);
	assert_int_equal(t->sent[2], 1);
	assert_int_equal(t->accepted, 1);
	assert_int_equal(t->denied, 1);
	assert_int_equal(t->by_status[0], 1);
	assert_int_equal(t->by_status[PBA_INSUFFICIENT_RESOURCES], 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mag_play_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_REG_01_a_first_pbu_has_every_option_and_no_flag_but_A_and_P),
		T(MAG_REG_02_a_first_pbu_has_one_zero_prefix_and_HI_05_says_4),
		T(MAG_HI_01_an_operator_who_knows_the_handoff_is_believed_once),
		T(MAG_HI_06_an_operator_cannot_make_a_first_pbu_say_5),
		T(MAG_REG_03_a_renewal_has_all_prefixes_and_says_5),
		T(MAG_REG_13_a_renewal_is_at_two_thirds_more_or_less_a_tenth),
		T(SEQ_33_the_lifetime_counts_from_the_sending_of_the_pbu),
		T(a_lifetime_granted_beyond_what_was_asked_is_not_used),
		T(a_lifetime_that_fits_no_pbu_is_made_to_fit),
		T(MAG_REG_07_an_unanswered_pbu_is_repeated_after_1_2_4_to_32_s),
		T(LMA_TS_05_each_repetition_has_a_stamp_of_its_own_time),
		T(OPT_07_the_identifier_is_the_mac_octet_by_octet),
		T(MAG_REG_14_nothing_is_repeated_for_a_node_that_is_not_heard),
		T(MAG_REG_14_a_renewal_waits_for_a_sign_of_the_node),
		T(MAG_REG_14_a_node_that_may_be_elsewhere_is_asked_before_its_renewal),
		T(MAG_REG_14_a_lost_node_that_is_silent_is_not_registered_again),
		T(MAG_REG_13_without_an_answer_a_session_ends_with_its_lifetime),
		T(SEQ_29_a_thousand_nodes_in_one_second_are_all_registered),
		T(MAG_REG_07_no_session_has_more_than_3_pbus_in_a_second),
		T(MAG_REG_12_with_sequence_numbers_each_session_counts_for_itself),
		T(SEQ_20_a_135_gives_the_number_after_which_the_session_goes_on),
		T(MAG_MH_01_a_135_is_for_the_interface_that_it_names),
		T(timestamps_rise_even_within_one_tick_of_their_format),
		T(LMA_TS_07_a_clock_that_was_put_back_is_told_as_it_is),
		T(totals_tell_what_was_sent_and_what_came_back),
	};

	return cmocka_run_group_tests_name("mag-register", tests, NULL, NULL);
}
