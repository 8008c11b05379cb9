// The least that tells one rule from another: limits met exactly, and cases that only a changed
// rule would treat in another way.
#include <stdio.h>

#include "test/unit/mob/play.h"

static uint32_t sessions(struct play *p)
{
	return (uint32_t)lma_totals(p->lma)->bindings;
}

static void carry_out(struct play *p)
{
	p->is_busy = false;
	tell(p, (struct lma_event){.kind = LMA_TICK});
}

// ---- The lookup.

static void LMA_BC_12_a_deregistration_shares_nothing(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	struct pbu left = leave(MN, MAG2, hnp);
	left.ll_id = "bbbbbb";
	left.hi = HI_SHARED_PREFIXES;
	say(p, left);
	expect_silence(p);
	assert_int_equal(sessions(p), 1);
	expect_bound(p, hnp, MAG1);
}

static void LMA_BC_17_its_time_is_over_when_it_is_reached(void **state)
{
	struct play *p = *state;
	p->conf.coalesce_first_pbu = 2 * NS_SEC;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	pass_ms(p, 1998); // and 1 ms for each of the updates
	say(p, attach(MN, MAG1));
	assert_string_equal(granted(p, 0), hnp);
	say(p, attach(MN, MAG1));
	assert_string_not_equal(granted(p, 0), hnp);
}

// ---- Room.

static void a_named_prefix_and_a_zero_one_are_two(void **state)
{
	struct play *p = *state;
	p->conf.max_bindings = 1;
	play_restart(p);
	struct pbu u = attach(MN, MAG1);
	u.hnps[0] = "2001:db8:4000:7::/64";
	u.hnps[1] = NOTHING;
	say(p, u);
	expect_status(p, 130);
	assert_int_equal(p->notes[LMA_NOTE_FULL], 1);
	assert_int_equal(sessions(p), 0);
}

// LMA-RX-08: more LMA addresses than the engine tells apart, the one failure after the prefixes are
// taken.
static void LMA_RX_08_a_session_that_finds_no_room_gives_all_back(void **state)
{
	struct play *p = *state;
	char name[32] = "", dst[40] = "";
	struct pbu u = attach(name, MAG1);
	u.dst = dst;
	for (int i = 0; i <= 64; i++) {
		snprintf(name, sizeof(name), "n%d@example.net", i);
		snprintf(dst, sizeof(dst), "2001:db8:a::%x", 0x100 + i);
		say(p, u);
		expect_status(p, i < 64 ? 0 : 130);
	}
	const struct lma_totals *t = lma_totals(p->lma);
	assert_int_equal(t->bindings, 64);
	assert_int_equal(t->prefixes_used, 64);
	assert_int_equal(t->prefixes_quarantined, 0); // it was nobody's before
	u.hnps[0] = "2001:db8:4000:777::/64";
	say(p, u);
	expect_status(p, 130);
	t = lma_totals(p->lma);
	assert_int_equal(t->prefixes_used, 64);
	assert_int_equal(t->prefixes_quarantined, 1); // kept for who named it
}

static void a_named_prefix_of_a_session_that_never_was_is_kept_for_its_node(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.hnps[0] = "2001:db8:4000:7::/64";
	p->fail_next = true;
	say(p, u);
	expect_status(p, 130);
	assert_int_equal(lma_totals(p->lma)->prefixes_quarantined, 1);
	u.mn = OTHER;
	say(p, u);
	expect_status(p, 155);
	u.mn = MN;
	say(p, u);
	expect_status(p, 0);
}

static void a_bind_that_fails_when_its_session_has_left_again(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.hnps[0] = "2001:db8:4000:7::/64";
	p->is_busy = true;
	say(p, u);
	say(p, leave(MN, MAG1, u.hnps[0]));
	p->fail_next = true;
	carry_out(p);
	assert_int_equal(sessions(p), 0);
	assert_int_equal(lma_totals(p->lma)->detached, 0);
	assert_int_equal(p->notes[LMA_NOTE_NO_ROOM], 1);
	assert_int_equal(p->n_view, 0);
}

// LMA-RX-08, LMA-BC-12: packets go where they went.
static void no_room_for_a_handover_of_who_is_sharing_leaves_both_as_they_were(void **state)
{
	struct play *p = *state;
	struct pbu first = attach(MN, MAG1);
	first.ll_id = "first!";
	const char *hnp = join(p, first);
	struct pbu second = refresh(MN, MAG2, hnp);
	second.hi = HI_SHARED_PREFIXES;
	second.att = LTE;
	second.ll_id = "second";
	say(p, second);
	expect_shared(p, hnp, MAG2, MAG1);
	second.src = MAG3;
	second.hi = HI_BETWEEN_MAGS;
	p->fail_next = true;
	say(p, second);
	expect_status(p, 130);
	expect_shared(p, hnp, MAG2, MAG1);
}

// ---- Who waits.

// A node that waits at MAG2 for the session that it has at MAG1.
static struct pbu waiter(struct play *p, const char *mn)
{
	struct pbu u = attach(mn, MAG1);

	u.ll_id = "aaaaaa";
	join(p, u);
	u.src = MAG2;
	u.ll_id = "bbbbbb";
	u.hi = HI_UNKNOWN;
	return u;
}

static uint16_t answered_seq(struct play *p)
{
	pass_ms(p, 1600);
	expect_status(p, 0);
	return pba(p)->ba.seq;
}

static void LMA_RX_10_without_a_timestamp_the_number_tells_which_is_newer(void **state)
{
	struct play *p = *state;
	struct pbu u = waiter(p, MN);
	u.seq = 100;
	say(p, u);
	u.no_timestamp = true;
	u.seq = 101;
	say(p, u);
	assert_int_equal(answered_seq(p), 101);
}

static void LMA_RX_10_half_the_circle_ahead_is_not_newer(void **state)
{
	struct play *p = *state;
	struct pbu u = waiter(p, MN);
	u.no_timestamp = true;
	u.seq = 100;
	say(p, u);
	u.seq = 100 + 32768;
	say(p, u);
	assert_int_equal(answered_seq(p), 100);
	u = waiter(p, OTHER);
	u.no_timestamp = true;
	u.seq = 100;
	say(p, u);
	u.seq = 100 + 32767;
	say(p, u);
	assert_int_equal(answered_seq(p), 100 + 32767);
}

static void SEC_10_a_thousand_wait_and_no_more(void **state)
{
	struct play *p = *state;
	char name[32];
	enum { HELD = 1024 };
	p->conf.max_bindings = 4000;
	p->conf.max_delay_before_new_bce_assign = 60 * NS_SEC;
	play_restart(p);
	for (int i = 0; i <= HELD; i++) {
		snprintf(name, sizeof(name), "n%d@example.net", i);
		// The workers' side is not looked at here, and has no room for so many.
		struct pbu u = attach(name, MAG1);
		u.ll_id = "aaaaaa";
		say(p, u);
		p->n_view = 0;
		u.src = MAG2;
		u.ll_id = "bbbbbb";
		u.hi = HI_UNKNOWN;
		say(p, u);
		if (i < HELD)
			expect_silence(p);
		else
			expect_status(p, 130);
		assert_int_equal(lma_totals(p->lma)->held, i < HELD ? i + 1 : HELD);
	}
	// The first one still waits: nobody has taken its place.
	struct pbu gone = attach("n0@example.net", MAG1);
	gone.ll_id = "aaaaaa";
	gone.lifetime_s = 0;
	p->is_busy = true; // nothing of it is known to the workers
	say(p, gone);
	assert_int_equal(lma_totals(p->lma)->held, HELD - 1);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_BC_12_a_deregistration_shares_nothing),
		PLAY(LMA_BC_17_its_time_is_over_when_it_is_reached),
		PLAY(a_named_prefix_and_a_zero_one_are_two),
		PLAY(LMA_RX_08_a_session_that_finds_no_room_gives_all_back),
		PLAY(a_named_prefix_of_a_session_that_never_was_is_kept_for_its_node),
		PLAY(a_bind_that_fails_when_its_session_has_left_again),
		PLAY(no_room_for_a_handover_of_who_is_sharing_leaves_both_as_they_were),
		PLAY(LMA_RX_10_without_a_timestamp_the_number_tells_which_is_newer),
		PLAY(LMA_RX_10_half_the_circle_ahead_is_not_newer),
		PLAY(SEC_10_a_thousand_wait_and_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
