// The life of a binding: LMA-REG, LMA-EXT, LMA-HO, LMA-DER, LMA-EXP, LMA-RST.
#include "test/unit/mob/play.h"

static void LMA_REG_01_a_zero_prefix_is_allocated(void **state)
{
	struct play *p = *state;
	const char *a = join(p, attach(MN, MAG1));
	const char *b = join(p, attach(OTHER, MAG1));
	assert_true(ip6_prefix_covers(prefix(POOL), prefix(a).addr));
	assert_int_equal(prefix(a).len, 64);
	assert_string_not_equal(a, b);
}

static void LMA_REG_01_no_free_prefix_is_130(void **state)
{
	struct play *p = *state;
	static const struct lma_pool_conf small = {.block = {{{0x20, 1, 0xd, 0xb8, 0x50}}, 63},
						   .hnp_len = 64};
	p->conf.pools = &small;
	p->conf.n_pools = 1;
	play_restart(p);
	join(p, attach(MN, MAG1));
	struct pbu u = attach(OTHER, MAG1);
	u.hnps[1] = NOTHING; // two wanted, one there: all or nothing
	say(p, u);
	expect_status(p, 130);
	assert_int_equal(p->notes[LMA_NOTE_POOL_EMPTY], 1);
	assert_int_equal(lma_totals(p->lma)->bindings, 1);
	assert_int_equal(lma_totals(p->lma)->prefixes_used, 1);
}

static void LMA_REG_02_a_prefix_outside_the_pools_is_155(void **state)
{
	struct play *p = *state;
	static const char *const wrong[] = {"2001:db8:5000::/64", "2001:db8:4000::/63",
					    "2001:db8:4000::/65", "fe80::/64"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		say(p, refresh(MN, MAG1, wrong[i]));
		expect_status(p, 155);
	}
	struct pbu u = refresh(MN, MAG1, "2001:db8:4000::/64"); // no part of it is accepted
	u.hnps[1] = "2001:db8:5000::/64";
	say(p, u);
	expect_status(p, 155);
	assert_int_equal(lma_totals(p->lma)->prefixes_used, 0);
}

static void LMA_REG_03_the_workers_know_before_the_answer_leaves(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.hnps[1] = NOTHING;
	say(p, u);
	assert_string_equal(p->order, "BBS");
	expect_bound(p, granted(p, 0), MAG1);
	expect_bound(p, granted(p, 1), MAG1);
	assert_int_equal(pba(p)->ba.lifetime_4s, 100);
}

static void LMA_REG_04_prefixes_of_a_session_live_and_die_together(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.hnps[1] = NOTHING;
	const char *a = join(p, u);
	const char *b = granted(p, 1);
	say(p, arrive(MN, MAG2));
	expect_bound(p, a, MAG2);
	expect_bound(p, b, MAG2);
	pass_ms(p, 401 * 1000);
	expect_unbound(p, a);
	expect_unbound(p, b);
	assert_int_equal(p->n_unbinds, 2);
}

static void LMA_REG_06_the_lifetime_is_what_was_asked_up_to_ours(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.lifetime_s = 40000;
	const char *hnp = join(p, u);
	assert_int_equal(pba(p)->ba.lifetime_4s, 900);
	u = refresh(MN, MAG1, hnp);
	u.lifetime_s = 8;
	say(p, u);
	assert_int_equal(pba(p)->ba.lifetime_4s, 2);
	assert_int_equal(binding_of(p, hnp).lifetime_s, 8);
}

static void LMA_REG_08_never_granted_as_nothing(void **state)
{
	struct play *p = *state;
	p->conf.max_lifetime_s = 3;
	play_restart(p);
	join(p, attach(MN, MAG1));
	assert_int_equal(pba(p)->ba.lifetime_4s, 1);
}

static void LMA_EXT_01_a_renewal_leaves_the_workers_alone(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	pass_ms(p, 100 * 1000);
	say(p, refresh(MN, MAG1, hnp));
	expect_status(p, 0);
	assert_string_equal(p->order, "S");
	pass_ms(p, 399 * 1000); // from the renewal on
	expect_bound(p, hnp, MAG1);
	pass_ms(p, 2 * 1000);
	expect_unbound(p, hnp);
}

static void LMA_EXT_02_a_renewal_replaces_every_value(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "a long link-layer identifier";
	u.lla = "fe80::1";
	const char *hnp = join(p, u);
	u = refresh(MN, MAG1, hnp);
	u.hi = HI_BETWEEN_INTERFACES;
	u.att = LTE;
	u.lla = "fe80::2";
	u.lifetime_s = 80;
	say(p, u);
	expect_status(p, 0);
	struct lma_binding b = binding_of(p, hnp);
	assert_int_equal(b.access_tech, LTE);
	assert_int_equal(b.handoff_indicator, HI_BETWEEN_INTERFACES);
	assert_int_equal(b.ll_id.n, 0);
	assert_int_equal(b.lifetime_s, 80);
	assert_true(ip6_equal(b.lla, addr("fe80::2")));
}

static void LMA_HO_01_handover_keeps_the_prefix_and_swaps_the_tunnel(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	u.src = MAG2;
	u.hi = HI_BETWEEN_MAGS;
	say(p, u);
	expect_status(p, 0);
	assert_string_equal(granted(p, 0), hnp);
	assert_string_equal(p->order, "BS"); // one swap, never without a binding
	expect_bound(p, hnp, MAG2);
	struct lma_binding b = binding_of(p, hnp);
	assert_int_equal(b.handovers, 1);
	struct pbu without = refresh(MN, MAG3, hnp);
	without.hi = HI_BETWEEN_INTERFACES;
	say(p, without);
	expect_status(p, 0);
	assert_int_equal(binding_of(p, hnp).ll_id.n, 0); // becomes empty
}

static void LMA_HO_02_the_old_mags_deregistration_changes_nothing(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, arrive(MN, MAG2));
	struct pbu late = leave(MN, MAG1, hnp);
	late.hi = HI_BETWEEN_MAGS; // so that 5.4.1.1 associates it
	say(p, late);
	expect_silence(p);
	assert_int_equal(p->notes[LMA_NOTE_IGNORED_DEREG], 1);
	expect_bound(p, hnp, MAG2);
}

static void LMA_DER_01_answered_at_once_and_traffic_dropped_by_name(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, leave(MN, MAG1, hnp));
	expect_status(p, 0);
	assert_string_equal(p->order, "DS");
	assert_int_equal(pba(p)->ba.lifetime_4s, 0);
	assert_string_equal(granted(p, 0), hnp);
	expect_detached(p, hnp);
	assert_int_equal(binding_of(p, hnp).state, BCE_DETACHED);
	assert_int_equal(lma_totals(p->lma)->detached, 1);
}

static void LMA_DER_01_the_alternate_care_of_address_counts(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG2));
	struct pbu u = leave(MN, MAG1, hnp);
	u.alt_coa = MAG2;
	say(p, u);
	expect_status(p, 0);
	expect_detached(p, hnp);
}

static void LMA_DER_02_back_within_the_delay_keeps_the_prefix(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, leave(MN, MAG1, hnp));
	pass_ms(p, 9900);
	say(p, arrive(MN, MAG2));
	expect_status(p, 0);
	assert_string_equal(granted(p, 0), hnp);
	assert_string_equal(p->order, "BS");
	expect_bound(p, hnp, MAG2);
	assert_int_equal(binding_of(p, hnp).handovers, 1);
	pass_ms(p, 60 * 1000);
	expect_bound(p, hnp, MAG2); // the delay is over for good
	assert_int_equal(lma_totals(p->lma)->detached, 0);
}

static void LMA_DER_02_after_the_delay_it_is_gone(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, leave(MN, MAG1, hnp));
	pass_ms(p, 9998);
	expect_detached(p, hnp);
	pass_ms(p, 3);
	expect_unbound(p, hnp);
	assert_int_equal(p->notes[LMA_NOTE_DELETED], 1);
	assert_int_equal(lma_totals(p->lma)->bindings, 0);
	assert_int_equal(lma_totals(p->lma)->detached, 0);
}

static void LMA_DER_03_another_care_of_address_is_silent(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	struct pbu stranger = leave(MN, MAG2, NOTHING);
	stranger.ll_id = "aaaaaa";
	say(p, stranger);
	expect_silence(p);
	expect_bound(p, hnp, MAG1);
}

static void LMA_DER_04_nothing_to_deregister_is_silent(void **state)
{
	struct play *p = *state;
	say(p, leave(MN, MAG1, "2001:db8:4000:1::/64"));
	expect_silence(p);
	assert_string_equal(p->order, "");
}

static void LMA_DER_05_said_again_answered_again(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, leave(MN, MAG1, hnp));
	pass_ms(p, 6000);
	say(p, leave(MN, MAG1, hnp));
	expect_status(p, 0);
	pass_ms(p, 4100); // the delay runs from the first
	expect_unbound(p, hnp);
}

static void LMA_DER_05_the_second_one_counts_for_what_is_fresh(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, leave(MN, MAG1, hnp));
	pass_ms(p, 1000);
	say(p, leave(MN, MAG1, hnp));
	struct pbu u = arrive(MN, MAG2);
	u.ts_ns = -100 * (int64_t)NS_MSEC; // sent between the two
	say(p, u);
	expect_status(p, 157);
}

static void LMA_DER_06_a_refused_update_leaves_the_delay_running(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, leave(MN, MAG1, hnp));
	pass_ms(p, 5000);
	struct pbu u = arrive(MN, MAG2);
	u.att = ABSENT;
	say(p, u);
	expect_status(p, 162);
	expect_detached(p, hnp);
	pass_ms(p, 5100);
	expect_unbound(p, hnp);
}

static void LMA_DER_07_a_wrong_deregistration_is_answered(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	const char *theirs = join(p, attach(OTHER, MAG1));
	struct pbu u = leave(MN, MAG1, hnp);
	u.hnps[1] = "2001:db8:4000:9::/64";
	say(p, u);
	expect_status(p, 159);
	say(p, leave(MN, MAG1, theirs));
	expect_status(p, 155);
	u = leave(MN, MAG1, hnp);
	u.hi = ABSENT;
	say(p, u);
	expect_status(p, 161);
	expect_bound(p, hnp, MAG1);
	expect_bound(p, theirs, MAG1);
}

static void LMA_EXP_01_a_lifetime_ends_when_it_ends(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	pass_ms(p, 400 * 1000 - 2);
	expect_bound(p, hnp, MAG1);
	pass_ms(p, 3);
	expect_unbound(p, hnp);
	assert_int_equal(p->notes[LMA_NOTE_EXPIRED], 1);
	expect_silence(p);
}

static void LMA_EXP_01_time_that_goes_back_is_not_believed(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct lma_binding before = binding_of(p, hnp);
	p->now.mono -= 500 * NS_SEC;
	say(p, refresh(MN, MAG1, hnp));
	expect_status(p, 0);
	assert_true(binding_of(p, hnp).expires >= before.expires);
	p->now.mono += 500 * NS_SEC;
}

static void LMA_EXP_02_a_freed_prefix_is_kept_from_others_for_a_while(void **state)
{
	struct play *p = *state;
	static const struct lma_pool_conf one = {.block = {{{0x20, 1, 0xd, 0xb8, 0x50}}, 64},
						 .hnp_len = 64};
	p->conf.pools = &one;
	p->conf.n_pools = 1;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, leave(MN, MAG1, hnp));
	pass_ms(p, 10100);
	assert_int_equal(lma_totals(p->lma)->prefixes_quarantined, 1);
	say(p, attach(OTHER, MAG1));
	expect_status(p, 130);
	say(p, refresh(OTHER, MAG1, hnp)); // nor by name
	expect_status(p, 155);
	pass_ms(p, 10000);
	assert_int_equal(lma_totals(p->lma)->prefixes_quarantined, 0);
	say(p, attach(OTHER, MAG1));
	expect_status(p, 0);
}

static void LMA_EXP_02_its_last_node_gets_it_back_at_once(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	pass_ms(p, 401 * 1000);
	expect_unbound(p, hnp);
	say(p, refresh(MN, MAG1, hnp));
	expect_status(p, 0);
	expect_bound(p, hnp, MAG1);
	assert_int_equal(lma_totals(p->lma)->prefixes_quarantined, 0);
}

static void LMA_RST_01_reregistrations_claim_their_prefixes_after_a_restart(void **state)
{
	struct play *p = *state;
	const char *a = join(p, attach(MN, MAG1));
	const char *b = join(p, attach(OTHER, MAG2));
	play_restart(p);
	say(p, refresh(OTHER, MAG2, b));
	expect_status(p, 0);
	assert_string_equal(granted(p, 0), b);
	// Who comes new must not get what others had, once they claimed it.
	say(p, refresh(MN, MAG1, a));
	expect_status(p, 0);
	const char *c = join(p, attach("dave@example.net", MAG1));
	assert_string_not_equal(c, a);
	assert_string_not_equal(c, b);
	assert_int_equal(lma_totals(p->lma)->prefixes_used, 3);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_REG_01_a_zero_prefix_is_allocated),
		PLAY(LMA_REG_01_no_free_prefix_is_130),
		PLAY(LMA_REG_02_a_prefix_outside_the_pools_is_155),
		PLAY(LMA_REG_03_the_workers_know_before_the_answer_leaves),
		PLAY(LMA_REG_04_prefixes_of_a_session_live_and_die_together),
		PLAY(LMA_REG_06_the_lifetime_is_what_was_asked_up_to_ours),
		PLAY(LMA_REG_08_never_granted_as_nothing),
		PLAY(LMA_EXT_01_a_renewal_leaves_the_workers_alone),
		PLAY(LMA_EXT_02_a_renewal_replaces_every_value),
		PLAY(LMA_HO_01_handover_keeps_the_prefix_and_swaps_the_tunnel),
		PLAY(LMA_HO_02_the_old_mags_deregistration_changes_nothing),
		PLAY(LMA_DER_01_answered_at_once_and_traffic_dropped_by_name),
		PLAY(LMA_DER_01_the_alternate_care_of_address_counts),
		PLAY(LMA_DER_02_back_within_the_delay_keeps_the_prefix),
		PLAY(LMA_DER_02_after_the_delay_it_is_gone),
		PLAY(LMA_DER_03_another_care_of_address_is_silent),
		PLAY(LMA_DER_04_nothing_to_deregister_is_silent),
		PLAY(LMA_DER_05_said_again_answered_again),
		PLAY(LMA_DER_05_the_second_one_counts_for_what_is_fresh),
		PLAY(LMA_DER_06_a_refused_update_leaves_the_delay_running),
		PLAY(LMA_DER_07_a_wrong_deregistration_is_answered),
		PLAY(LMA_EXP_01_a_lifetime_ends_when_it_ends),
		PLAY(LMA_EXP_01_time_that_goes_back_is_not_believed),
		PLAY(LMA_EXP_02_a_freed_prefix_is_kept_from_others_for_a_while),
		PLAY(LMA_EXP_02_its_last_node_gets_it_back_at_once),
		PLAY(LMA_RST_01_reregistrations_claim_their_prefixes_after_a_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
