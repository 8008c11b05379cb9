// Two sessions of a node with the same prefixes: LMA-BC-12, RFC 7864 3.2.1. And the switches of
// LMA-BC-08 and LMA-BC-17.
#include "test/unit/mob/play.h"

static uint32_t sessions(struct play *p)
{
	return lma_totals(p->lma)->bindings;
}

// The other interface, over LTE at the second MAG.
static struct pbu sharing(const char *mn, const char *mag, const char *hnp)
{
	struct pbu u = refresh(mn, mag, hnp);

	u.hi = HI_SHARED_PREFIXES;
	u.att = LTE;
	u.ll_id = "second";
	return u;
}

static const char *join_two(struct play *p)
{
	struct pbu u = attach(MN, MAG1);

	u.ll_id = "first!";
	const char *hnp = join(p, u);
	say(p, sharing(MN, MAG2, hnp));
	return hnp;
}

static void LMA_BC_12_another_interface_shares_the_prefixes(void **state)
{
	struct play *p = *state;
	const char *hnp = join_two(p);
	expect_status(p, 0);
	assert_string_equal(granted(p, 0), hnp);
	assert_int_equal(sessions(p), 2);
	expect_shared(p, hnp, MAG2, MAG1);
	assert_int_equal(p->notes[LMA_NOTE_SHARED], 1);
	assert_true(binding_of(p, hnp).shared);
	assert_int_equal(lma_totals(p->lma)->prefixes_used, 1);
}

static void LMA_BC_12_the_full_key_says_that_it_is_an_update(void **state)
{
	struct play *p = *state;
	const char *hnp = join_two(p);
	say(p, sharing(MN, MAG2, hnp));
	expect_status(p, 0);
	assert_int_equal(sessions(p), 2);
	assert_int_equal(lma_totals(p->lma)->accepted[LMA_REFRESH], 1);
	struct pbu first = sharing(MN, MAG1, hnp);
	first.att = WLAN;
	first.ll_id = "first!";
	say(p, first);
	expect_status(p, 0);
	assert_int_equal(lma_totals(p->lma)->accepted[LMA_REFRESH], 2);
	assert_int_equal(sessions(p), 2);
	expect_shared(p, hnp, MAG2, MAG1); // a refresh moves nothing
}

static void LMA_BC_12_without_an_identifier_it_is_always_a_new_session(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = sharing(MN, MAG1, hnp);
	u.ll_id = NULL;
	u.att = WLAN; // care-of address and access are those of the first: it would be a refresh
	say(p, u);
	expect_status(p, 0);
	assert_int_equal(sessions(p), 2);
	expect_bound(p, hnp, MAG1); // one tunnel for both
}

static void LMA_BC_12_all_prefixes_have_to_be_those_of_the_binding(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = sharing(MN, MAG2, hnp);
	u.hnps[1] = "2001:db8:4000:99::/64";
	say(p, u);
	expect_status(p, 159);
	say(p, sharing(OTHER, MAG2, hnp));
	expect_status(p, 155);
	assert_int_equal(sessions(p), 1);
}

static void LMA_BC_12_who_takes_over_stays_though_the_workers_have_no_room(void **state)
{
	struct play *p = *state;
	const char *hnp = join_two(p);
	p->fail_next = true;
	struct pbu left = leave(MN, MAG2, hnp);
	left.att = LTE;
	left.ll_id = "second";
	say(p, left);
	expect_status(p, 0);
	assert_int_equal(sessions(p), 2); // one of them in its delay
	expect_detached(p, hnp);
	p->fail_next = true;
	pass_ms(p, 11000); // the end of the other one tries again
	assert_int_equal(sessions(p), 1);
	assert_true(binding_of(p, hnp).unbound);
	struct pbu again = refresh(MN, MAG1, hnp);
	again.ll_id = "first!";
	say(p, again);
	expect_status(p, 0);
	expect_bound(p, hnp, MAG1);
	assert_false(binding_of(p, hnp).unbound);
}

static void LMA_BC_12_who_takes_over_is_bound_when_the_other_one_ends(void **state)
{
	struct play *p = *state;
	const char *hnp = join_two(p);
	p->fail_next = true;
	struct pbu left = leave(MN, MAG2, hnp);
	left.att = LTE;
	left.ll_id = "second";
	say(p, left);
	expect_detached(p, hnp);
	pass_ms(p, 11000);
	assert_int_equal(sessions(p), 1);
	assert_false(binding_of(p, hnp).unbound);
	expect_bound(p, hnp, MAG1);
}

static void LMA_BC_12_two_share_and_a_third_is_refused(void **state)
{
	struct play *p = *state;
	const char *hnp = join_two(p);
	struct pbu third = sharing(MN, MAG3, hnp);
	third.ll_id = "third!";
	say(p, third);
	expect_status(p, 130);
	assert_int_equal(sessions(p), 2);
	expect_shared(p, hnp, MAG2, MAG1);
}

static void the_other_session_takes_over_what_one_leaves(void **state)
{
	struct play *p = *state;
	const char *hnp = join_two(p);
	struct pbu gone = leave(MN, MAG2, hnp);
	gone.att = LTE;
	gone.ll_id = "second";
	say(p, gone);
	expect_status(p, 0);
	expect_bound(p, hnp, MAG1);
	pass_ms(p, 20000); // its delay is over
	assert_int_equal(sessions(p), 1);
	expect_bound(p, hnp, MAG1);
	assert_false(binding_of(p, hnp).shared);
	assert_int_equal(lma_totals(p->lma)->prefixes_used, 1);
	struct pbu last = leave(MN, MAG1, hnp);
	last.ll_id = "first!";
	say(p, last);
	expect_detached(p, hnp);
	pass_ms(p, 20000);
	expect_unbound(p, hnp);
	assert_int_equal(lma_totals(p->lma)->prefixes_used, 0);
}

static void the_first_to_leave_leaves_the_last_bound_alone(void **state)
{
	struct play *p = *state;
	const char *hnp = join_two(p);
	struct pbu gone = leave(MN, MAG1, hnp);
	gone.ll_id = "first!";
	say(p, gone);
	expect_status(p, 0);
	expect_bound(p, hnp, MAG2);
	struct pbu back = refresh(MN, MAG1, hnp);
	back.ll_id = "first!";
	say(p, back); // within its delay
	expect_status(p, 0);
	expect_shared(p, hnp, MAG1, MAG2);
}

static void both_leave_and_the_prefix_is_kept_until_the_last_delay_is_over(void **state)
{
	struct play *p = *state;
	const char *hnp = join_two(p);
	struct pbu one = leave(MN, MAG1, hnp), two = leave(MN, MAG2, hnp);
	one.ll_id = "first!";
	two.ll_id = "second";
	two.att = LTE;
	say(p, one);
	pass_ms(p, 5000);
	say(p, two);
	expect_status(p, 0);
	expect_detached(p, hnp);
	pass_ms(p, 6000); // the first is deleted
	assert_int_equal(sessions(p), 1);
	expect_detached(p, hnp);
	pass_ms(p, 6000);
	assert_int_equal(sessions(p), 0);
	expect_unbound(p, hnp);
}

static void a_handoff_of_one_of_two_keeps_the_other(void **state)
{
	struct play *p = *state;
	const char *hnp = join_two(p);
	struct pbu moved = arrive(MN, MAG3);
	moved.hnps[0] = hnp;
	moved.ll_id = "first!";
	say(p, moved);
	expect_status(p, 0);
	expect_shared(p, hnp, MAG3, MAG2);
	assert_int_equal(sessions(p), 2);
}

static void workers_without_room_leave_the_first_session_as_it_was(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "first!";
	const char *hnp = join(p, u);
	p->fail_next = true;
	say(p, sharing(MN, MAG2, hnp));
	expect_status(p, 130);
	assert_int_equal(sessions(p), 1);
	expect_bound(p, hnp, MAG1);
}

static void the_operator_deletes_every_binding_of_a_prefix(void **state)
{
	struct play *p = *state;
	const char *hnp = join_two(p);
	tell(p, (struct lma_event){.kind = LMA_DELETE, .delete = {prefix(hnp)}});
	assert_int_equal(sessions(p), 0);
	expect_unbound(p, hnp);
	assert_int_equal(lma_totals(p->lma)->prefixes_used, 0);
}

// ---- Switches.

static void LMA_BC_08_the_switch_makes_a_new_session_at_once(void **state)
{
	struct play *p = *state;
	p->conf.new_session_at_once = true;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = arrive(MN, MAG2);
	u.hi = HI_UNKNOWN;
	say(p, u);
	expect_status(p, 0);
	assert_string_not_equal(granted(p, 0), hnp);
	assert_int_equal(sessions(p), 2);
	struct pbu v = attach(OTHER, MAG1), w = arrive(OTHER, MAG2);
	v.ll_id = "aaaaaa";
	w.ll_id = "bbbbbb";
	w.hi = HI_UNKNOWN;
	join(p, v);
	say(p, w);
	expect_status(p, 0);
	assert_int_equal(sessions(p), 4);
}

static void LMA_BC_17_the_first_again_within_its_time_is_the_same_session(void **state)
{
	struct play *p = *state;
	p->conf.coalesce_first_pbu = 2 * NS_SEC;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	pass_ms(p, 1000);
	say(p, attach(MN, MAG1));
	expect_status(p, 0);
	assert_string_equal(granted(p, 0), hnp);
	struct pbu elsewhere = attach(MN, MAG2), other_access = attach(MN, MAG1),
		   other_hint = attach(MN, MAG1);
	other_access.att = LTE;
	other_hint.hi = HI_NO_CHANGE;
	say(p, elsewhere);
	assert_string_not_equal(granted(p, 0), hnp);
	say(p, other_access);
	assert_string_not_equal(granted(p, 0), hnp);
	say(p, other_hint);
	assert_string_not_equal(granted(p, 0), hnp);
	assert_int_equal(sessions(p), 4);
}

static void LMA_BC_17_after_its_time_it_is_another_session(void **state)
{
	struct play *p = *state;
	p->conf.coalesce_first_pbu = 2 * NS_SEC;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	pass_ms(p, 2000);
	say(p, attach(MN, MAG1));
	assert_string_not_equal(granted(p, 0), hnp);
	assert_int_equal(sessions(p), 2);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_BC_12_another_interface_shares_the_prefixes),
		PLAY(LMA_BC_12_the_full_key_says_that_it_is_an_update),
		PLAY(LMA_BC_12_without_an_identifier_it_is_always_a_new_session),
		PLAY(LMA_BC_12_all_prefixes_have_to_be_those_of_the_binding),
		PLAY(LMA_BC_12_who_takes_over_stays_though_the_workers_have_no_room),
		PLAY(LMA_BC_12_who_takes_over_is_bound_when_the_other_one_ends),
		PLAY(LMA_BC_12_two_share_and_a_third_is_refused),
		PLAY(the_other_session_takes_over_what_one_leaves),
		PLAY(the_first_to_leave_leaves_the_last_bound_alone),
		PLAY(both_leave_and_the_prefix_is_kept_until_the_last_delay_is_over),
		PLAY(a_handoff_of_one_of_two_keeps_the_other),
		PLAY(workers_without_room_leave_the_first_session_as_it_was),
		PLAY(the_operator_deletes_every_binding_of_a_prefix),
		PLAY(LMA_BC_08_the_switch_makes_a_new_session_at_once),
		PLAY(LMA_BC_17_the_first_again_within_its_time_is_the_same_session),
		PLAY(LMA_BC_17_after_its_time_it_is_another_session),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
