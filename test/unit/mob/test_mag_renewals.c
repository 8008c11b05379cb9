// Renewals that somebody asks for, early or late, and what every PBU of a session has: MAG-REG-03,
// -07, -09, -10, -16..21, RFC 7222.
#include "test/unit/mob/mag_play.h"

#define PLAY struct mag_play *p = *state

// When the next PBU goes out, in ms from now; the node is heard all the time.
static uint64_t next_pbu_ms(struct mag_play *p, struct mag_link link)
{
	ns_t begin = p->now.mono;

	do
		pass_with_ms(p, link, 100);
	while (p->n_pbus == 0 && p->now.mono - begin < 10000 * NS_SEC);
	assert_true(p->n_pbus > 0);
	return (p->pbu_at[0] - begin) / NS_MSEC;
}

static struct pba advises(const char *hnp, uint16_t refresh_s)
{
	struct pba a = accepts(hnp);

	a.refresh_s = refresh_s;
	return a;
}

static void MAG_REG_17_the_lma_may_want_to_be_asked_earlier(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	reply(p, advises(HNP1, 40));
	assert_in_range(next_pbu_ms(p, link_of(1)), 40 * 1000, 40 * 1000 + 10);
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	reply(p, accepts(NULL)); // this time it does not
	assert_in_range(next_pbu_ms(p, link_of(1)), 240 * 1000 - 100, 294 * 1000);
}

static void MAG_REG_17_advice_counts_from_the_sending_of_the_pbu(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	pass_ms(p, 900);
	reply(p, advises(HNP1, 40));
	assert_in_range(next_pbu_ms(p, link_of(1)), 39 * 1000 + 100, 39 * 1000 + 110);
}

static void MAG_REG_17_advice_that_is_over_already_is_taken_at_once(void **state)
{
	PLAY;

	p->conf.probe_after = 100 * NS_SEC;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	pass_with_ms(p, link_of(1), 14000); // the PBUs of 1, 3, 7 s; this is the answer to the last
	reply(p, advises(HNP1, 4));
	assert_true(next_pbu_ms(p, link_of(1)) <= 10);
}

static void MAG_REG_17_advice_beyond_the_lifetime_is_ignored(void **state)
{
	PLAY;

	for (uint16_t s = 396; s <= 404; s += 4) {
		mag_play_restart(p);
		hear(p, link_of(1), HEARD_FRAME);
		reply(p, advises(HNP1, s));
		uint64_t at = next_pbu_ms(p, link_of(1));
		if (s < 400)
			assert_in_range(at, 396 * 1000, 396 * 1000 + 10);
		else
			assert_in_range(at, 240 * 1000, 294 * 1000);
	}
}

static struct mh refresh_request(const char *name)
{
	struct mh mh = {.type = MH_BRR};
	struct mh_opt *opt = mh_add(&mh, OPT_MN_ID);

	opt->mn_id.subtype = MN_ID_NAI;
	opt->mn_id.id = (struct span){(const uint8_t *)name, (uint16_t)strlen(name)};
	return mh;
}

static void MAG_REG_20_the_lma_asks_for_a_renewal(void **state)
{
	PLAY;
	struct mh brr = refresh_request(NODE);

	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 5000);
	say_mh(p, LMAA, COA, &brr);
	assert_int_equal(p->notes[MAG_NOTE_REFRESH_ASKED], 1);
	hear(p, link_of(1), HEARD_FRAME);
	pass_ms(p, 5);
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	expect_pbu_hnps(p, HNP1, NULL);
	say_mh(p, LMAA, COA, &brr); // one is out
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ROLE], 1);
	pass_ms(p, 100);
	assert_int_equal(p->n_pbus, 0);
	reply(p, accepts(NULL));
	pass_ms(p, 999);
	say_mh(p, LMAA, COA, &brr); // one renewal, not a stream of them
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ROLE], 1);
	pass_ms(p, 1);
	say_mh(p, LMAA, COA, &brr);
	assert_int_equal(p->notes[MAG_NOTE_REFRESH_ASKED], 1);
}

static void MAG_REG_20_one_for_nobody_or_of_nobody_is_ignored(void **state)
{
	PLAY;
	struct mh brr = refresh_request("nobody"), own = refresh_request(NODE);
	struct mh unnamed = {.type = MH_BRR};

	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 5000);
	say_mh(p, LMAA, COA, &brr);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ROLE], 1);
	say_mh(p, LMAA, COA, &unnamed);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ROLE], 1);
	say_mh(p, STRANGER, COA, &own);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_SOURCE], 1);
	hear(p, link_of(1), HEARD_FRAME);
	pass_ms(p, 100);
	assert_int_equal(p->n_pbus, 0);
}

static void MAG_REG_20_one_of_another_lma_is_ignored(void **state)
{
	PLAY;
	struct mh brr = refresh_request(NODE);

	p->conf.lmas[1] = (struct mag_lma_conf){addr("2001:db8:a::2"), 1460};
	p->conf.n_lmas = 2;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 5000);
	say_mh(p, "2001:db8:a::2", COA, &brr);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ROLE], 1);
}

static void MAG_REG_20_every_session_of_the_name_is_renewed(void **state)
{
	PLAY;
	struct mh brr = refresh_request("both@" REALM);

	p->conf.probe_interval = 5 * NS_SEC;
	mag_play_restart(p);
	attach(p, link_of(1), "both@" REALM, 0);
	reply(p, accepts(HNP1));
	attach(p, link_of(2), "both@" REALM, 0);
	reply(p, accepts(HNP2));
	attach(p, link_of(3), "both@" REALM, 0); // not bound yet
	pass_ms(p, 1000);
	say_mh(p, LMAA, COA, &brr);
	assert_int_equal(p->notes[MAG_NOTE_REFRESH_ASKED], 1);
	pass_ms(p, 5);
	assert_int_equal(p->n_pbus, 2);
}

// RFC 7222 5.1: 179 for a session that exists does not end it.
static void MAG_REG_06_a_179_leaves_a_session_as_it_is(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_ms(p, 1000);
	hear(p, link_of(1), HEARD_LINK_UP);
	reply(p, refuses(PBA_CANNOT_MEET_QOS));
	expect_said(p, "");
	assert_int_equal(p->notes[MAG_NOTE_REFUSED], 1);
	expect_state(p, link_of(1), BUL_BOUND);
	expect_bound(p, HNP1, link_of(1));
	assert_in_range(next_pbu_ms(p, link_of(1)), 32 * 1000, 32 * 1000 + 10); // and later again
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	reply(p, accepts(NULL));
	expect_state(p, link_of(1), BUL_BOUND);
}

static void MAG_REG_06_a_179_of_no_session_is_a_refusal(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	reply(p, refuses(PBA_CANNOT_MEET_QOS));
	expect_state(p, link_of(1), BUL_REFUSED);
	expect_said(p, "");
	assert_in_range(next_pbu_ms(p, link_of(1)), 1000, 1010); // MAG-REG-06b: it is there
}

static void MAG_REG_06b_a_refused_node_that_left_is_not_registered_again(void **state)
{
	PLAY;
	static const int statuses[] = {PBA_TIMESTAMP_MISMATCH, PBA_TIMESTAMP_LOWER,
				       PBA_NOT_AUTHORIZED_FOR_HNP};

	for (int i = 0; i < 3; i++) {
		mag_play_restart(p);
		hear(p, link_of(1), HEARD_FRAME);
		reply(p, refuses(statuses[i]));
		detach(p, link_of(1));
		pass_ms(p, 100 * 1000);
		assert_int_equal(p->n_pbus, 0);
		assert_int_equal(mag_totals(p->mag)->nodes, 0);
		join(p, link_of(1), HNP1);
		detach(p, link_of(1)); // nor when what was refused is a de-registration
		reply(p, refuses(statuses[i]));
		pass_ms(p, 100 * 1000);
		assert_int_equal(p->n_pbus, 0);
	}
}

static void every_pbu_has(struct mag_play *p)
{
	const struct mh_opt *ll = mh_find(&p->pbu, OPT_LL_ID), *hnp = NULL;
	uint32_t zero = 0, n = 0;

	assert_non_null(ll); // MAG-REG-10
	assert_int_equal(ll->ll_id.id.n, 6);
	assert_memory_equal(ll->ll_id.id.p, link_of(1).mac, 6);
	while ((hnp = mh_find_next(&p->pbu, OPT_HNP, hnp)) != NULL) {
		zero += ip6_is_zero(hnp->hnp.prefix);
		n++;
	}
	assert_true(zero == 0 ? n > 0 : n == 1);     // MAG-REG-09
	assert_int_equal(pbu_flags(p), BU_A | BU_P); // MAG-REG-19
	assert_null(mh_find(&p->pbu, OPT_ALT_COA));
	assert_true(ip6_equal(last(p, MAG_SEND)->send.src, addr(COA))); // MAG-REG-18
	expect_pbu_mn(p, NODE);
}

static void MAG_REG_10_REG_09_REG_18_hold_for_each_kind_of_pbu(void **state)
{
	PLAY;
	struct pba two = accepts(HNP1);

	// MAG-REG-10, MAG-REG-09, MAG-REG-18, MAG-REG-19.
	two.hnps[1] = HNP2;
	hear(p, link_of(1), HEARD_FRAME);
	every_pbu_has(p);
	pass_ms(p, 1010); // repeated
	every_pbu_has(p);
	reply(p, two);
	pass_with_ms(p, link_of(1), 2000);
	hear(p, link_of(1), HEARD_LINK_UP); // here again
	every_pbu_has(p);
	expect_pbu_hnps(p, HNP1, HNP2);
	reply(p, two);
	next_pbu_ms(p, link_of(1)); // renewed
	every_pbu_has(p);
	expect_pbu_hnps(p, HNP1, HNP2);
	reply(p, two);
	detach(p, link_of(1)); // gone
	every_pbu_has(p);
	expect_pbu_hnps(p, HNP1, HNP2);
}

static void MAG_REG_16_an_entry_knows_node_link_prefixes_and_lma(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	struct mag_binding b = binding_of(p, link_of(1));
	assert_true(same_link(b.link, link_of(1)));
	assert_int_equal(b.mn_id.n, strlen(NODE));
	assert_memory_equal(b.mn_id.p, NODE, strlen(NODE));
	assert_int_equal(b.n_hnps, 1);
	assert_true(ip6_prefix_equal(b.hnps[0], prefix(HNP1)));
	assert_true(ip6_equal(b.lma, addr(LMAA)));
	assert_true(ip6_equal(b.link_local, p->conf.link_local));
	attach(p, link_of(2), NODE, 0); // the same name on another link is another entry
	expect_state(p, link_of(1), BUL_BOUND);
	expect_state(p, link_of(2), BUL_REGISTERING);
	assert_int_equal(mag_totals(p->mag)->nodes, 2);
}

static void MAG_REG_21_a_solicitation_before_the_answer_waits_for_it(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_LINK_UP);       // the node looks for duplicates
	assert_true(p->pbu_at[0] == p->now.mono); // the PBU is out at once
	hear(p, link_of(1), HEARD_SOLICIT);
	expect_said(p, "");
	reply(p, accepts(HNP1));
	expect_said(p, "BA"); // and the node is told in the moment of the answer
}

static void MAG_REG_12_one_counter_rises_for_all_sessions(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	uint16_t first = p->pbu.bu.seq;
	hear(p, link_of(2), HEARD_FRAME);
	assert_int_equal(p->pbu.bu.seq, (uint16_t)(first + 1));
	pass_ms(p, 1010);
	assert_int_equal(p->pbu.bu.seq, (uint16_t)(first + 3));
}

static void MAG_REG_07_three_pbus_in_a_second_and_a_fourth_after_it(void **state)
{
	PLAY;

	for (int i = 0; i < 3; i++) {
		attach(p, link_of(1), NULL, 0);
		assert_int_equal(p->n_pbus, 1);
		pass_ms(p, 100);
	}
	attach(p, link_of(1), NULL, 0);
	assert_int_equal(p->n_pbus, 0);
	detach(p, link_of(1)); // one that leaves is not kept waiting
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(pbu_lifetime_s(p), 0);
	hear(p, link_of(1), HEARD_LINK_UP);
	assert_int_equal(p->n_pbus, 0);
	pass_ms(p, 699);
	assert_int_equal(p->n_pbus, 0);
	pass_ms(p, 11);
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(binding_of(p, link_of(1)).retries, 0); // it is no repetition
	pass_ms(p, 990);
	for (int i = 0; i < 2; i++) {
		attach(p, link_of(1), NULL, 0);
		assert_int_equal(p->n_pbus, 1);
	}
}

static void MAG_REG_07_exactly_a_second_later_it_may_be_sent(void **state)
{
	PLAY;

	for (int i = 0; i < 3; i++)
		attach(p, link_of(1), NULL, 0);
	reply(p, accepts(HNP1));
	pass_ms(p, 1000);
	attach(p, link_of(1), NULL, 0);
	assert_int_equal(p->n_pbus, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mag_play_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_REG_17_the_lma_may_want_to_be_asked_earlier),
		T(MAG_REG_17_advice_counts_from_the_sending_of_the_pbu),
		T(MAG_REG_17_advice_that_is_over_already_is_taken_at_once),
		T(MAG_REG_17_advice_beyond_the_lifetime_is_ignored),
		T(MAG_REG_20_the_lma_asks_for_a_renewal),
		T(MAG_REG_20_one_for_nobody_or_of_nobody_is_ignored),
		T(MAG_REG_20_one_of_another_lma_is_ignored),
		T(MAG_REG_20_every_session_of_the_name_is_renewed),
		T(MAG_REG_06_a_179_leaves_a_session_as_it_is),
		T(MAG_REG_06_a_179_of_no_session_is_a_refusal),
		T(MAG_REG_06b_a_refused_node_that_left_is_not_registered_again),
		T(MAG_REG_10_REG_09_REG_18_hold_for_each_kind_of_pbu),
		T(MAG_REG_16_an_entry_knows_node_link_prefixes_and_lma),
		T(MAG_REG_21_a_solicitation_before_the_answer_waits_for_it),
		T(MAG_REG_12_one_counter_rises_for_all_sessions),
		T(MAG_REG_07_three_pbus_in_a_second_and_a_fourth_after_it),
		T(MAG_REG_07_exactly_a_second_later_it_may_be_sent),
	};

	return cmocka_run_group_tests_name("mag-renewals", tests, NULL, NULL);
}
