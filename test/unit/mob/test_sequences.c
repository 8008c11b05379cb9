// Sequences in which peers fail or the text is tricky: SEQ-01..11, 19..23.
#include "test/unit/mob/play.h"

static void SEQ_01_each_mandatory_option_in_turn(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(NULL, MAG1);
	say(p, u);
	expect_status(p, 160);
	assert_int_equal(pba_opt(p, OPT_MN_ID)->mn_id.id.n, 0);
	u = attach(MN, MAG1);
	u.hnps[0] = NULL;
	say(p, u);
	expect_status(p, 158);
	assert_string_equal(granted(p, 0), NOTHING);
	u = attach(MN, MAG1);
	u.hi = ABSENT;
	say(p, u);
	expect_status(p, 161);
	assert_int_equal(pba_opt(p, OPT_HANDOFF)->handoff.indicator, 0);
	u = attach(MN, MAG1);
	u.att = ABSENT;
	say(p, u);
	expect_status(p, 162);
	assert_int_equal(pba_opt(p, OPT_ACCESS)->access.tech, 0);
	assert_int_equal(lma_totals(p->lma)->bindings, 0);
}

static void SEQ_02_of_several_missing_the_first_is_named(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(NULL, MAG1);
	u.hnps[0] = NULL;
	u.hi = ABSENT;
	say(p, u);
	expect_status(p, 160);
}

static void SEQ_03_a_late_deregistration_with_a_newer_stamp_is_silent(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	u.src = MAG2;
	u.hi = HI_BETWEEN_MAGS;
	say(p, u);
	expect_status(p, 0);
	struct pbu late = leave(MN, MAG1, hnp);
	late.ll_id = "aaaaaa";
	say(p, late);
	expect_silence(p);
	expect_bound(p, hnp, MAG2);
	pass_ms(p, 20 * 1000);
	expect_bound(p, hnp, MAG2);
}

static void SEQ_04_a_late_deregistration_with_an_older_stamp_is_157(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	pass_ms(p, 1000);
	u.src = MAG2;
	u.hi = HI_BETWEEN_MAGS;
	say(p, u);
	struct pbu late = leave(MN, MAG1, hnp);
	late.ll_id = "aaaaaa";
	late.ts_ns = -50 * (int64_t)NS_MSEC;
	say(p, late);
	expect_status(p, 157);
	assert_true(ip6_equal(p->sent[0].dst, addr(MAG1)));
	expect_bound(p, hnp, MAG2);
}

static void SEQ_05_a_gap_keeps_the_prefix_and_drops_traffic(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	uint64_t used = lma_totals(p->lma)->prefixes_used;
	say(p, leave(MN, MAG1, hnp));
	pass_ms(p, 3000);
	expect_detached(p, hnp);
	say(p, arrive(MN, MAG2));
	expect_status(p, 0);
	assert_string_equal(granted(p, 0), hnp);
	assert_int_equal(lma_totals(p->lma)->prefixes_used, used);
}

static void SEQ_06_a_left_prefix_goes_to_nobody_before_its_quarantine_ends(void **state)
{
	struct play *p = *state;
	static const struct lma_pool_conf one = {.block = {{{0x20, 1, 0xd, 0xb8, 0x50}}, 64},
						 .hnp_len = 64};
	p->conf.pools = &one;
	p->conf.n_pools = 1;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, leave(MN, MAG1, hnp));
	pass_ms(p, 11 * 1000);
	say(p, attach(OTHER, MAG1));
	expect_status(p, 130);
	pass_ms(p, 9 * 1000 + 100);
	say(p, attach(OTHER, MAG1));
	expect_status(p, 0);
	assert_string_equal(granted(p, 0), hnp);
}

static void SEQ_07_a_repeated_unknown_handoff_has_one_outcome(void **state)
{
	struct play *p = *state;
	join(p, attach(MN, MAG1));
	struct pbu u = attach(MN, MAG2);
	u.hi = HI_UNKNOWN;
	u.seq = 100;
	say(p, u);
	pass_ms(p, 1000);
	expect_silence(p);
	u.seq = 101;
	say(p, u);
	expect_silence(p);
	pass_ms(p, 5000);
	expect_status(p, 0); // one answer
	assert_int_equal(pba(p)->ba.seq, 101);
	assert_int_equal(lma_totals(p->lma)->bindings, 2);
}

static void SEQ_08_a_deregistration_in_time_makes_it_an_update(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = attach(MN, MAG2);
	u.hi = HI_UNKNOWN;
	say(p, u);
	pass_ms(p, 1200);
	say(p, leave(MN, MAG1, hnp));
	assert_int_equal(p->n_sent, 2);
	assert_string_equal(granted(p, 0), hnp);
	expect_bound(p, hnp, MAG2);
	pass_ms(p, 20 * 1000);
	expect_silence(p);
	assert_int_equal(lma_totals(p->lma)->bindings, 1);
}

static void SEQ_09_a_renewal_with_one_prefix_of_two_is_159(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.hnps[1] = NOTHING;
	const char *a = join(p, u);
	const char *b = granted(p, 1);
	say(p, refresh(MN, MAG1, b));
	expect_status(p, 159);
	expect_bound(p, a, MAG1);
	expect_bound(p, b, MAG1);
}

static void SEQ_10_the_prefix_of_another_node_is_155_and_its_victim_unharmed(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	for (int hi = 0; hi <= 6; hi++) {
		struct pbu u = refresh(OTHER, MAG2, hnp);
		u.hi = hi;
		say(p, u);
		expect_status(p, 155);
		u.lifetime_s = 0;
		say(p, u);
		expect_status(p, 155);
		assert_string_equal(p->order, "S");
	}
	expect_bound(p, hnp, MAG1);
}

// The part of SEQ-11 that is the engine's: a mag_id of its own for each MAG.
static void SEQ_11_each_mag_has_its_own_number(void **state)
{
	struct play *p = *state;
	const char *a = join(p, attach(MN, MAG1));
	const char *b = join(p, attach(OTHER, MAG2));
	uint32_t one = binding_of(p, a).mag, two = binding_of(p, b).mag;
	assert_int_not_equal(one, two);
	say(p, arrive(MN, MAG2));
	assert_int_equal(binding_of(p, a).mag, two);
}

static void SEQ_19_a_lost_first_answer(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	pass_ms(p, 1000);
	say(p, u);
	expect_status(p, 0);
	assert_string_equal(granted(p, 0), hnp); // (a)
	assert_int_equal(lma_totals(p->lma)->bindings, 1);
	const char *first = join(p, attach(OTHER, MAG1));
	pass_ms(p, 1000);
	assert_string_not_equal(join(p, attach(OTHER, MAG1)), first); // (b), by the letter
	assert_int_equal(lma_totals(p->lma)->bindings, 3);
}

static struct pbu numbered(struct pbu u, int seq)
{
	u.no_timestamp = true;
	u.seq = seq;
	return u;
}

static void SEQ_20_a_mag_that_starts_its_numbers_anew(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, numbered(attach(MN, MAG1), 30000));
	say(p, numbered(refresh(MN, MAG1, hnp), 1));
	expect_status(p, 135);
	assert_int_equal(pba(p)->ba.seq, 30000);
	say(p, numbered(refresh(MN, MAG1, hnp), 30001));
	expect_status(p, 0);
	say(p, numbered(refresh(MN, MAG1, hnp), 40000));
	expect_status(p, 0);
	say(p, numbered(refresh(MN, MAG1, hnp), 1));
	expect_status(p, 0);
}

static void SEQ_21_an_unknown_handoff_in_the_wait_is_immediate(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, leave(MN, MAG1, hnp));
	struct pbu u = attach(MN, MAG2);
	u.hi = HI_UNKNOWN;
	say(p, u);
	expect_status(p, 0);
	assert_string_equal(granted(p, 0), hnp);
}

static void SEQ_22_from_one_interface_to_another_and_the_old_mags_farewell(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	u.att = LTE;
	const char *hnp = join(p, u);
	struct pbu moved = attach(MN, MAG2);
	moved.hi = HI_BETWEEN_INTERFACES;
	moved.att = WLAN;
	say(p, moved);
	expect_status(p, 0);
	struct lma_binding b = binding_of(p, hnp);
	assert_int_equal(b.access_tech, WLAN);
	assert_int_equal(b.ll_id.n, 0);
	struct pbu late = leave(MN, MAG1, hnp);
	late.ll_id = "aaaaaa";
	late.att = LTE;
	say(p, late);
	expect_silence(p);
	expect_bound(p, hnp, MAG2);
}

static void SEQ_23_a_zero_prefix_of_any_length_allocates(void **state)
{
	struct play *p = *state;
	join(p, attach(MN, MAG1));
	struct pbu u = attach(OTHER, MAG1);
	u.hnps[0] = "::/64";
	const char *hnp = join(p, u);
	assert_true(ip6_prefix_covers(prefix(POOL), prefix(hnp).addr));
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(SEQ_01_each_mandatory_option_in_turn),
		PLAY(SEQ_02_of_several_missing_the_first_is_named),
		PLAY(SEQ_03_a_late_deregistration_with_a_newer_stamp_is_silent),
		PLAY(SEQ_04_a_late_deregistration_with_an_older_stamp_is_157),
		PLAY(SEQ_05_a_gap_keeps_the_prefix_and_drops_traffic),
		PLAY(SEQ_06_a_left_prefix_goes_to_nobody_before_its_quarantine_ends),
		PLAY(SEQ_07_a_repeated_unknown_handoff_has_one_outcome),
		PLAY(SEQ_08_a_deregistration_in_time_makes_it_an_update),
		PLAY(SEQ_09_a_renewal_with_one_prefix_of_two_is_159),
		PLAY(SEQ_10_the_prefix_of_another_node_is_155_and_its_victim_unharmed),
		PLAY(SEQ_11_each_mag_has_its_own_number),
		PLAY(SEQ_19_a_lost_first_answer),
		PLAY(SEQ_20_a_mag_that_starts_its_numbers_anew),
		PLAY(SEQ_21_an_unknown_handoff_in_the_wait_is_immediate),
		PLAY(SEQ_22_from_one_interface_to_another_and_the_old_mags_farewell),
		PLAY(SEQ_23_a_zero_prefix_of_any_length_allocates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
