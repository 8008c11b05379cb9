// What a PBA says: LMA-PBA-01..14.
#include "test/unit/mob/play.h"

static void LMA_PBA_01_it_goes_back_where_the_update_came_from(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.alt_coa = MAG2;
	u.seq = 4711;
	u.lifetime_s = 100;
	say(p, u);
	expect_status(p, 0);
	assert_true(ip6_equal(p->sent[0].src, addr(LMAA)));
	assert_true(ip6_equal(p->sent[0].dst, addr(MAG1))); // never the Alternate CoA
	assert_int_equal(pba(p)->ba.flags, BA_P);
	assert_int_equal(pba(p)->ba.seq, 4711);
	assert_int_equal(pba(p)->ba.lifetime_4s, 25);
}

static void LMA_PBA_01_no_lifetime_for_refusal_and_deregistration(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = refresh(MN, MAG1, hnp);
	u.hi = ABSENT;
	say(p, u);
	expect_status(p, 161);
	assert_int_equal(pba(p)->ba.lifetime_4s, 0);
	say(p, leave(MN, MAG1, hnp));
	expect_status(p, 0);
	assert_int_equal(pba(p)->ba.lifetime_4s, 0);
}

static void LMA_PBA_02_the_identifier_is_copied_or_empty(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	say(p, u);
	assert_int_equal(pba_opt(p, OPT_MN_ID)->mn_id.subtype, MN_ID_NAI);
	assert_int_equal(pba_opt(p, OPT_MN_ID)->mn_id.id.n, strlen(MN));
	assert_memory_equal(pba_opt(p, OPT_MN_ID)->mn_id.id.p, MN, strlen(MN));
	u.mn = NULL;
	say(p, u);
	assert_non_null(pba_opt(p, OPT_MN_ID));
	assert_int_equal(pba_opt(p, OPT_MN_ID)->mn_id.id.n, 0);
}

static void LMA_PBA_03_indicator_and_access_are_copied_or_zero(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.att = LTE;
	say(p, u);
	assert_int_equal(pba_opt(p, OPT_HANDOFF)->handoff.indicator, HI_NEW_INTERFACE);
	assert_int_equal(pba_opt(p, OPT_ACCESS)->access.tech, LTE);
	u.hi = u.att = ABSENT;
	say(p, u);
	expect_status(p, 161);
	assert_int_equal(pba_opt(p, OPT_HANDOFF)->handoff.indicator, 0);
	assert_int_equal(pba_opt(p, OPT_ACCESS)->access.tech, 0);
}

static void LMA_PBA_04_accepted_all_prefixes_of_the_binding(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.hnps[1] = u.hnps[2] = NOTHING;
	say(p, u);
	expect_status(p, 0);
	assert_int_equal(pba_hnps(p), 3);
	say(p, arrive(MN, MAG2)); // one zero prefix asks for all that there are
	expect_status(p, 0);
	assert_int_equal(pba_hnps(p), 3);
}

static void LMA_PBA_04_refused_those_of_the_update(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, NO_MAG);
	u.hnps[0] = "2001:db8:4000:5::/64";
	u.hnps[1] = NOTHING;
	say(p, u);
	expect_status(p, 154);
	assert_int_equal(pba_hnps(p), 2);
	assert_string_equal(granted(p, 0), "2001:db8:4000:5::/64");
	assert_string_equal(granted(p, 1), NOTHING);
}

static void LMA_PBA_14_one_zero_prefix_if_the_update_had_none(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.hnps[0] = NULL;
	say(p, u);
	expect_status(p, 158);
	assert_int_equal(pba_hnps(p), 1);
	assert_string_equal(granted(p, 0), NOTHING);
}

static uint64_t stamp(const struct play *p)
{
	return pba_opt(p, OPT_TIMESTAMP)->timestamp.wall_q16;
}

static void LMA_PBA_05_the_stamp_comes_back_when_it_was_good(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ts_ns = 100 * (int64_t)NS_MSEC;
	uint64_t sent = p->now.wall_q16 + wall_q16_from_ns(100 * NS_MSEC);
	say(p, u);
	expect_status(p, 0);
	assert_int_equal(stamp(p), sent);
	u = attach(MN, MAG1);
	u.hnps[0] = NULL;
	sent = p->now.wall_q16;
	say(p, u);
	expect_status(p, 158);
	assert_int_equal(stamp(p), sent);
}

static void LMA_PBA_05_our_clock_comes_back_with_156_and_157(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ts_ns = NS_SEC;
	uint64_t ours = p->now.wall_q16;
	say(p, u);
	expect_status(p, 156);
	assert_int_equal(stamp(p), ours);
	const char *hnp = join(p, attach(MN, MAG1));
	u = refresh(MN, MAG1, hnp);
	u.ts_ns = -(int64_t)(200 * NS_MSEC);
	ours = p->now.wall_q16;
	say(p, u);
	expect_status(p, 157);
	assert_int_equal(stamp(p), ours);
}

static void LMA_PBA_05_a_refusal_before_the_test_gives_the_stamp_back(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, NO_MAG);
	u.ts_ns = -100 * (int64_t)NS_SEC;
	uint64_t sent = p->now.wall_q16 - wall_q16_from_ns(100 * NS_SEC);
	say(p, u);
	expect_status(p, 154);
	assert_int_equal(stamp(p), sent);
}

static void LMA_PBA_06_the_link_layer_identifier_is_copied(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "abcdef";
	say(p, u);
	assert_int_equal(pba_opt(p, OPT_LL_ID)->ll_id.id.n, 6);
	assert_memory_equal(pba_opt(p, OPT_LL_ID)->ll_id.id.p, "abcdef", 6);
}

static void LMA_PBA_06_one_of_zeros_too(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_zeros = 8;
	say(p, u);
	assert_int_equal(pba_opt(p, OPT_LL_ID)->ll_id.id.n, 8);
	assert_memory_equal(pba_opt(p, OPT_LL_ID)->ll_id.id.p, "\0\0\0\0\0\0\0\0", 8);
}

static struct ip6_addr lla(const struct play *p)
{
	return pba_opt(p, OPT_LLA)->lla.addr;
}

static void LMA_PBA_07_a_link_local_address_is_stored_and_echoed(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.lla = "fe80::42";
	const char *hnp = join(p, u);
	assert_true(ip6_equal(lla(p), addr("fe80::42")));
	u = refresh(MN, MAG1, hnp);
	u.lla = "::";
	say(p, u);
	assert_true(ip6_equal(lla(p), addr("fe80::42")));
	u.lla = "fe80::43";
	say(p, u);
	assert_true(ip6_equal(lla(p), addr("fe80::43")));
}

static void LMA_PBA_07_a_refusal_copies_it(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.lla = "fe80::42";
	const char *hnp = join(p, u);
	u = refresh(MN, MAG1, hnp);
	u.lla = "::";
	u.hi = ABSENT;
	say(p, u);
	expect_status(p, 161);
	assert_true(ip6_is_zero(lla(p)));
}

static void LMA_PBA_12_a_made_link_local_address_stays_over_handoffs(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.lla = "::";
	const char *hnp = join(p, u);
	struct ip6_addr made = lla(p);
	assert_true(ip6_is_link_local(made));
	assert_true(ip6_lo64(made) != 0);
	assert_int_equal(ip6_hi64(made), 0xfe80ull << 48);
	say(p, arrive(MN, MAG2)); // does not ask
	u = arrive(MN, MAG3);
	u.lla = "::";
	say(p, u);
	assert_true(ip6_equal(lla(p), made));
	assert_true(ip6_equal(binding_of(p, hnp).lla, made));
	u = attach(OTHER, MAG1);
	u.lla = "::";
	say(p, u);
	assert_false(ip6_equal(lla(p), made));
}

static void LMA_PBA_08_flags_say_proxy_and_nothing_else(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.flags = 0xffff;
	say(p, u);
	expect_status(p, 0);
	assert_int_equal(pba(p)->ba.flags, BA_P);
}

static void LMA_PBA_09_each_address_of_ours_answers_for_itself(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = refresh(MN, MAG1, hnp);
	u.dst = "2001:db8:a::2";
	say(p, u);
	expect_status(p, 0);
	assert_true(ip6_equal(p->sent[0].src, addr("2001:db8:a::2")));
	assert_string_equal(p->order, "BS"); // the tunnel's own end has moved
	assert_true(ip6_equal(binding_of(p, hnp).lmaa, addr("2001:db8:a::2")));
}

static void LMA_PBA_11_no_option_that_the_update_had_not(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.no_timestamp = true;
	u.ll_id = "aaaaaa";
	u.lla = "fe80::1";
	join(p, u);
	u.ll_id = u.lla = NULL;
	u.hi = HI_BETWEEN_MAGS;
	say(p, u);
	expect_status(p, 0);
	assert_null(pba_opt(p, OPT_TIMESTAMP));
	assert_null(pba_opt(p, OPT_LL_ID));
	assert_null(pba_opt(p, OPT_LLA));
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_PBA_01_it_goes_back_where_the_update_came_from),
		PLAY(LMA_PBA_01_no_lifetime_for_refusal_and_deregistration),
		PLAY(LMA_PBA_02_the_identifier_is_copied_or_empty),
		PLAY(LMA_PBA_03_indicator_and_access_are_copied_or_zero),
		PLAY(LMA_PBA_04_accepted_all_prefixes_of_the_binding),
		PLAY(LMA_PBA_04_refused_those_of_the_update),
		PLAY(LMA_PBA_05_the_stamp_comes_back_when_it_was_good),
		PLAY(LMA_PBA_05_our_clock_comes_back_with_156_and_157),
		PLAY(LMA_PBA_05_a_refusal_before_the_test_gives_the_stamp_back),
		PLAY(LMA_PBA_06_the_link_layer_identifier_is_copied),
		PLAY(LMA_PBA_06_one_of_zeros_too),
		PLAY(LMA_PBA_07_a_link_local_address_is_stored_and_echoed),
		PLAY(LMA_PBA_07_a_refusal_copies_it),
		PLAY(LMA_PBA_08_flags_say_proxy_and_nothing_else),
		PLAY(LMA_PBA_09_each_address_of_ours_answers_for_itself),
		PLAY(LMA_PBA_11_no_option_that_the_update_had_not),
		PLAY(LMA_PBA_12_a_made_link_local_address_stays_over_handoffs),
		PLAY(LMA_PBA_14_one_zero_prefix_if_the_update_had_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
