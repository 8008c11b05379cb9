// Timestamps and sequence numbers: LMA-TS-01..11, RFC 5213 5.5, RFC 6275 9.5.1.
#include "test/unit/mob/play.h"

#define MS (int64_t) NS_MSEC

static void LMA_TS_01_with_a_stamp_the_number_is_not_asked(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.seq = 500;
	const char *hnp = join(p, u);
	u = refresh(MN, MAG1, hnp);
	u.seq = 100;
	say(p, u);
	expect_status(p, 0);
	assert_int_equal(pba(p)->ba.seq, 100); // but copied
}

static void LMA_TS_02_a_stamp_outside_the_window_is_156(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ts_ns = 301 * MS;
	say(p, u);
	expect_status(p, 156);
	u.ts_ns = -301 * MS;
	say(p, u);
	expect_status(p, 156);
}

static void LMA_TS_11_the_window_is_inclusive(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ts_ns = 300 * MS;
	say(p, u);
	expect_status(p, 0);
	u = attach(OTHER, MAG1);
	u.ts_ns = -300 * MS;
	say(p, u);
	expect_status(p, 0);
}

static void LMA_TS_11_the_window_is_taken_at_arrival(void **state)
{
	struct play *p = *state;
	struct mh mh = {.type = MH_BU, .bu = {.flags = BU_P, .lifetime_4s = 10}};
	struct mh_opt *opt = mh_add(&mh, OPT_MN_ID);
	opt->mn_id.subtype = MN_ID_NAI;
	opt->mn_id.id = (struct span){(const uint8_t *)MN, sizeof(MN) - 1};
	mh_add(&mh, OPT_HNP);
	mh_add(&mh, OPT_HANDOFF)->handoff.indicator = HI_NEW_INTERFACE;
	mh_add(&mh, OPT_ACCESS)->access.tech = WLAN;
	mh_add(&mh, OPT_TIMESTAMP)->timestamp.wall_q16 = p->now.wall_q16;
	uint64_t arrival = p->now.wall_q16;
	pass_ms(p, 5000); // it lay in a queue
	tell(p, (struct lma_event){.kind = LMA_MESSAGE,
				   .message = {addr(MAG1), addr(LMAA), arrival, &mh, NULL}});
	expect_status(p, 0);
}

static void LMA_TS_03_lower_is_157_equal_is_156(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1)); // one millisecond ago now
	struct pbu u = refresh(MN, MAG1, hnp);
	u.ts_ns = -2 * MS;
	say(p, u);
	expect_status(p, 157);
	u.ts_ns = -2 * MS; // another has passed: the stamp that was accepted
	say(p, u);
	expect_status(p, 156);
	u.ts_ns = -2 * MS;
	say(p, u);
	expect_status(p, 0);
}

static void LMA_TS_03_low_and_outside_is_157(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = refresh(MN, MAG1, hnp);
	u.ts_ns = -5000 * MS;
	say(p, u);
	expect_status(p, 157);
}

static void LMA_TS_03_a_duplicate_of_the_network_is_156_and_harmless(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = refresh(MN, MAG1, hnp);
	u.seq = 9;
	say(p, u);
	struct lma_binding before = binding_of(p, hnp);
	u.ts_ns = -1 * MS;
	say(p, u);
	expect_status(p, 156);
	assert_int_equal(binding_of(p, hnp).expires, before.expires);
	expect_bound(p, hnp, MAG1);
}

static void LMA_TS_04_the_stored_stamp_is_the_options_own(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ts_ns = 200 * MS; // its clock is ahead of ours
	const char *hnp = join(p, u);
	say(p, refresh(MN, MAG1, hnp));
	expect_status(p, 157);
}

static void LMA_TS_04_it_is_kept_through_the_wait(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	const char *hnp = join(p, u);
	u = leave(MN, MAG1, hnp);
	u.ts_ns = 200 * MS;
	say(p, u);
	expect_status(p, 0);
	say(p, arrive(MN, MAG2));
	expect_status(p, 157);
	pass_ms(p, 300);
	say(p, arrive(MN, MAG2));
	expect_status(p, 0);
}

static void LMA_TS_04_each_session_has_its_own(void **state)
{
	struct play *p = *state;
	struct pbu a = attach(MN, MAG1), b = attach(MN, MAG1);
	a.ll_id = "aaaaaa";
	b.ll_id = "bbbbbb";
	a.ts_ns = 200 * MS;
	join(p, a);
	join(p, b);
	say(p, b);
	expect_status(p, 0);
}

static struct pbu numbered(struct pbu u, int seq)
{
	u.no_timestamp = true;
	u.seq = seq;
	return u;
}

static void LMA_TS_06_without_a_stamp_the_number_counts(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, numbered(attach(MN, MAG1), 15));
	struct pbu u = refresh(MN, MAG1, hnp);
	say(p, numbered(u, 15));
	expect_status(p, 135);
	assert_int_equal(pba(p)->ba.seq, 15); // the last accepted one
	assert_null(pba_opt(p, OPT_TIMESTAMP));
	say(p, numbered(u, 32783));
	expect_status(p, 135);
	assert_int_equal(pba(p)->ba.seq, 15);
	say(p, numbered(u, 14));
	expect_status(p, 135);
	say(p, numbered(u, 16));
	expect_status(p, 0);
}

static void LMA_TS_06_the_window_of_numbers_is_half_the_circle(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, numbered(attach(MN, MAG1), 15));
	say(p, numbered(refresh(MN, MAG1, hnp), 32782));
	expect_status(p, 0);
}

static void LMA_TS_06_numbers_go_around(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, numbered(attach(MN, MAG1), 65535));
	say(p, numbered(refresh(MN, MAG1, hnp), 0));
	expect_status(p, 0);
}

static void LMA_TS_06_after_a_stamp_any_number_is_taken_once(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.seq = 1000;
	const char *hnp = join(p, u);
	say(p, numbered(refresh(MN, MAG1, hnp), 5));
	expect_status(p, 0);
	say(p, numbered(refresh(MN, MAG1, hnp), 5));
	expect_status(p, 135);
}

static void LMA_TS_06_after_a_number_any_stamp_in_the_window_is_taken(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, numbered(attach(MN, MAG1), 1));
	struct pbu u = refresh(MN, MAG1, hnp);
	u.ts_ns = -250 * MS;
	say(p, u);
	expect_status(p, 0);
}

static void LMA_TS_07_our_clock_stepped_back_refuses_and_touches_nothing(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	step_clock(p, -60000 * MS);
	struct pbu u = refresh(MN, MAG1, hnp);
	u.ts_ns = 60000 * MS; // the MAG's clock is right
	say(p, u);
	expect_status(p, 156);
	expect_bound(p, hnp, MAG1);
}

static void LMA_TS_08_a_late_deregistration_with_an_older_stamp_is_157(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	pass_ms(p, 1000);
	say(p, arrive(MN, MAG2));
	struct pbu late = leave(MN, MAG1, hnp);
	late.ts_ns = -100 * MS;
	say(p, late);
	expect_status(p, 157);
	expect_bound(p, hnp, MAG2);
}

static void LMA_TS_09_a_held_update_moves_no_stamp_and_is_not_asked_again(void **state)
{
	struct play *p = *state;
	for (int64_t ms = -50; ms <= 50; ms += 100) {
		play_restart(p);
		const char *hnp = join(p, attach(MN, MAG1));
		pass_ms(p, 100);
		struct pbu u = attach(MN, MAG2);
		u.hi = HI_UNKNOWN;
		say(p, u);
		expect_silence(p);
		struct pbu gone = leave(MN, MAG1, hnp);
		gone.ts_ns = ms * MS; // below the held one, or above
		say(p, gone);
		assert_int_equal(p->n_sent, 2);
		assert_int_equal(p->sent[0].mh.ba.status, 0);
		assert_int_equal(p->sent[1].mh.ba.status, 0);
		expect_bound(p, hnp, MAG2);
	}
}

static void LMA_TS_09_the_greatest_of_all_accepted_stamps_counts(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	pass_ms(p, 1000);
	struct pbu u = attach(MN, MAG2);
	u.hi = HI_UNKNOWN;
	say(p, u);
	pass_ms(p, 200);
	say(p, leave(MN, MAG1, hnp)); // newer than what waits, and accepted
	expect_bound(p, hnp, MAG2);
	u = refresh(MN, MAG2, hnp);
	u.ts_ns = -100 * MS;
	say(p, u);
	expect_status(p, 157);
}

static void LMA_TS_10_node_made_stamps_skip_the_window_only(void **state)
{
	struct play *p = *state;
	p->conf.mobile_node_generated_timestamp = true;
	play_restart(p);
	struct pbu u = attach(MN, MAG1);
	u.ts_ns = -1000000 * MS;
	const char *hnp = join(p, u);
	u = refresh(MN, MAG1, hnp);
	u.ts_ns = -1000010 * MS;
	say(p, u);
	expect_status(p, 157);
	u.ts_ns = -1000000 * MS;
	say(p, u);
	expect_status(p, 0);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_TS_01_with_a_stamp_the_number_is_not_asked),
		PLAY(LMA_TS_02_a_stamp_outside_the_window_is_156),
		PLAY(LMA_TS_03_lower_is_157_equal_is_156),
		PLAY(LMA_TS_03_low_and_outside_is_157),
		PLAY(LMA_TS_03_a_duplicate_of_the_network_is_156_and_harmless),
		PLAY(LMA_TS_04_the_stored_stamp_is_the_options_own),
		PLAY(LMA_TS_04_it_is_kept_through_the_wait),
		PLAY(LMA_TS_04_each_session_has_its_own),
		PLAY(LMA_TS_06_without_a_stamp_the_number_counts),
		PLAY(LMA_TS_06_the_window_of_numbers_is_half_the_circle),
		PLAY(LMA_TS_06_numbers_go_around),
		PLAY(LMA_TS_06_after_a_stamp_any_number_is_taken_once),
		PLAY(LMA_TS_06_after_a_number_any_stamp_in_the_window_is_taken),
		PLAY(LMA_TS_07_our_clock_stepped_back_refuses_and_touches_nothing),
		PLAY(LMA_TS_08_a_late_deregistration_with_an_older_stamp_is_157),
		PLAY(LMA_TS_09_a_held_update_moves_no_stamp_and_is_not_asked_again),
		PLAY(LMA_TS_09_the_greatest_of_all_accepted_stamps_counts),
		PLAY(LMA_TS_10_node_made_stamps_skip_the_window_only),
		PLAY(LMA_TS_11_the_window_is_inclusive),
		PLAY(LMA_TS_11_the_window_is_taken_at_arrival),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
