// Updates that wait for the old MAG: LMA-BC-08, -10, -19, -21, LMA-RX-10.
#include "test/unit/mob/play.h"

static uint32_t sessions(struct play *p)
{
	return (uint32_t)lma_totals(p->lma)->bindings;
}

static void expect_same(struct play *p, const char *hnp, uint32_t n)
{
	expect_status(p, 0);
	assert_string_equal(granted(p, 0), hnp);
	assert_int_equal(sessions(p), n);
}

static void expect_new(struct play *p, const char *hnp, uint32_t n)
{
	expect_status(p, 0);
	assert_string_not_equal(granted(p, 0), hnp);
	assert_int_equal(sessions(p), n);
}

static void LMA_BC_08_an_unknown_handoff_waits_and_takes_over(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	struct pbu moved = attach(MN, MAG2);
	moved.ll_id = "bbbbbb";
	moved.hi = HI_UNKNOWN;
	say(p, moved);
	expect_silence(p);
	pass_ms(p, 1000);
	expect_silence(p);
	struct pbu gone = leave(MN, MAG1, hnp);
	gone.ll_id = "aaaaaa";
	say(p, gone);
	// The old MAG's answer, then the new one's, and never a grant before its binding.
	assert_int_equal(p->n_sent, 2);
	assert_string_equal(p->order, "DSBS");
	assert_true(ip6_equal(p->sent[0].dst, addr(MAG1)));
	assert_true(ip6_equal(p->sent[1].dst, addr(MAG2)));
	assert_string_equal(granted(p, 0), hnp);
	expect_bound(p, hnp, MAG2);
	assert_int_equal(sessions(p), 1);
}

static void LMA_BC_08_nothing_within_the_delay_makes_a_new_session(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	u.ll_id = "bbbbbb";
	u.src = MAG2;
	u.hi = HI_UNKNOWN;
	say(p, u);
	pass_ms(p, 1498);
	expect_silence(p);
	pass_ms(p, 3);
	expect_new(p, hnp, 2);
	expect_bound(p, hnp, MAG1);
}

static void LMA_BC_08_a_session_in_its_wait_is_updated_at_once(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, leave(MN, MAG1, hnp));
	struct pbu u = attach(MN, MAG2);
	u.ll_id = "bbbbbb";
	u.hi = HI_UNKNOWN;
	say(p, u);
	expect_same(p, hnp, 1);
}

static void LMA_BC_10_an_unknown_handoff_waits(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = attach(MN, MAG2);
	u.hi = HI_UNKNOWN;
	say(p, u);
	expect_silence(p);
	assert_int_equal(p->notes[LMA_NOTE_HELD], 1);
	pass_ms(p, 1600);
	expect_new(p, hnp, 2);
}

static void LMA_BC_19_an_update_of_another_mag_is_judged_on_its_own(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	pass_ms(p, 500);
	struct pbu waiting = attach(MN, MAG2), other = arrive(MN, MAG3);
	waiting.hi = HI_UNKNOWN;
	say(p, waiting);
	expect_silence(p);
	other.ts_ns = -100 * (int64_t)NS_MSEC; // sent before, overtaken on its way
	say(p, other);                         // updates the binding; the held one waits anew
	expect_same(p, hnp, 1);
	expect_bound(p, hnp, MAG3);
	assert_int_equal(lma_totals(p->lma)->held, 1);
	say(p, leave(MN, MAG3, hnp));
	assert_int_equal(p->n_sent, 2);
	expect_bound(p, hnp, MAG2);
	assert_int_equal(lma_totals(p->lma)->held, 0);
}

static void LMA_BC_19_what_waits_is_void_once_a_newer_one_is_accepted(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu waiting = attach(MN, MAG2);
	waiting.hi = HI_UNKNOWN;
	say(p, waiting);
	say(p, arrive(MN, MAG3));
	assert_int_equal(p->n_sent, 2);
	assert_int_equal(p->sent[0].mh.ba.status, 0);
	assert_int_equal(p->sent[1].mh.ba.status, 157);
	assert_true(ip6_equal(p->sent[1].dst, addr(MAG2)));
	expect_bound(p, hnp, MAG3);
	assert_int_equal(sessions(p), 1);
}

static void LMA_BC_19_an_update_of_the_same_mag_that_need_not_wait_replaces_it_too(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu waiting = attach(MN, MAG2);
	waiting.hi = HI_UNKNOWN;
	waiting.ll_id = "aaaaaa";
	say(p, waiting);
	waiting.hi = HI_BETWEEN_INTERFACES; // now it knows
	say(p, waiting);
	expect_same(p, hnp, 1);
	assert_int_equal(lma_totals(p->lma)->held, 0);
	assert_int_equal(binding_of(p, hnp).handoff_indicator, HI_BETWEEN_INTERFACES);
}

static void LMA_BC_19_another_update_of_the_same_mag_replaces_the_held_one(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu waiting = attach(MN, MAG2);
	waiting.hi = HI_UNKNOWN;
	say(p, waiting);
	waiting.lifetime_s = 200;
	say(p, waiting);
	assert_int_equal(lma_totals(p->lma)->held, 1);
	say(p, leave(MN, MAG1, hnp));
	assert_int_equal(pba(p)->ba.lifetime_4s, 50);
}

static void LMA_BC_21_an_unknown_handoff_with_a_bound_prefix_does_not_wait(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = refresh(MN, MAG2, hnp);
	u.hi = HI_UNKNOWN;
	say(p, u);
	expect_status(p, 155);
	u.hnps[0] = NOTHING;
	say(p, u);
	expect_silence(p); // now it waits
	assert_int_equal(lma_totals(p->lma)->held, 1);
}

static struct pbu unknown_handoff(const char *mag)
{
	struct pbu u = attach(MN, mag);

	u.hi = HI_UNKNOWN;
	return u;
}

static void LMA_RX_10_a_repeated_update_does_not_wait_longer(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, unknown_handoff(MAG2));
	pass_ms(p, 1000);
	struct pbu again = unknown_handoff(MAG2);
	again.seq = 77;
	say(p, again);
	expect_silence(p);
	pass_ms(p, 600); // counted from the first
	expect_new(p, hnp, 2);
	assert_int_equal(pba(p)->ba.seq, 77); // one answer, with the latest number
}

static void LMA_RX_10_an_overtaken_update_does_not_replace_a_newer_one(void **state)
{
	struct play *p = *state;
	join(p, attach(MN, MAG1));
	pass_ms(p, 1000);
	struct pbu newer = unknown_handoff(MAG2), older = unknown_handoff(MAG2);
	newer.seq = 78;
	older.seq = 77;
	older.ts_ns = -100 * (int64_t)NS_MSEC;
	say(p, newer);
	say(p, older);
	pass_ms(p, 1600);
	expect_status(p, 0);
	assert_int_equal(pba(p)->ba.seq, 78);
}

static void LMA_BC_08_deletion_of_the_awaited_session_ends_the_wait(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, unknown_handoff(MAG2));
	tell(p, (struct lma_event){.kind = LMA_DELETE, .delete.hnp = prefix(hnp)});
	expect_status(p, 0);
	assert_string_equal(p->order, "UBS");
	assert_int_equal(sessions(p), 1);
	assert_int_equal(lma_totals(p->lma)->held, 0);
}

static void LMA_BC_08_of_several_that_wait_the_newest_takes_over(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, unknown_handoff(MAG2));
	say(p, unknown_handoff(MAG3));
	say(p, leave(MN, MAG1, hnp));
	assert_int_equal(p->n_sent, 3);
	assert_int_equal(p->sent[1].mh.ba.status, 0);
	assert_true(ip6_equal(p->sent[1].dst, addr(MAG3)));
	assert_int_equal(p->sent[2].mh.ba.status, 157);
	expect_bound(p, hnp, MAG3);
}

static void LMA_BC_19_a_node_that_left_the_waiting_mag_gets_no_session(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, unknown_handoff(MAG2));
	say(p, leave(MN, MAG2, NOTHING)); // silent, there is no session; but it does not wait more
	expect_silence(p);
	pass_ms(p, 2000);
	expect_silence(p);
	expect_bound(p, hnp, MAG1);
	assert_int_equal(sessions(p), 1);
}

static void a_number_that_went_to_another_mag_is_not_the_same_mag(void **state)
{
	struct play *p = *state;
	p->conf.max_mags = 2;
	play_restart(p);
	join(p, attach(MN, MAG1));
	say(p, unknown_handoff(MAG2));
	say(p, unknown_handoff(MAG3)); // has no binding yet, so neither keeps the second number
	assert_int_equal(lma_totals(p->lma)->held, 2);
}

static void LMA_DER_01_no_room_for_who_waited_leaves_the_farewell_answered(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, unknown_handoff(MAG2));
	p->fail_next = true;
	say(p, leave(MN, MAG1, hnp));
	assert_int_equal(p->n_sent, 2);
	assert_int_equal(p->sent[0].mh.ba.status, 0);
	assert_int_equal(p->sent[1].mh.ba.status, 130);
	expect_detached(p, hnp);
	assert_int_equal(lma_totals(p->lma)->accepted[LMA_DEREG], 1);
	assert_int_equal(lma_totals(p->lma)->by_status[130], 1);
}

static void SEC_10_those_who_wait_for_one_session_are_few(void **state)
{
	struct play *p = *state;
	join(p, attach(MN, MAG1));
	static const char *const mags[] = {"2001:db8:3::1", "2001:db8:3::2", "2001:db8:3::3",
					   "2001:db8:3::4", "2001:db8:3::5"};
	for (int i = 0; i < 4; i++) {
		say(p, unknown_handoff(mags[i]));
		expect_silence(p);
	}
	say(p, unknown_handoff(mags[4]));
	expect_status(p, 130);
	assert_int_equal(lma_totals(p->lma)->bindings, 1);
}

static void the_identifiers_of_a_held_update_outlive_its_message(void **state)
{
	struct play *p = *state;
	join(p, attach(MN, MAG1));
	char name[] = MN, ll_id[] = "aaaaaa";
	struct pbu u = unknown_handoff(MAG2);
	u.mn = name;
	u.ll_id = ll_id;
	say(p, u);
	memset(name, 'x', sizeof(name) - 1);
	memset(ll_id, 'x', sizeof(ll_id) - 1);
	pass_ms(p, 1600);
	expect_status(p, 0);
	assert_memory_equal(pba_opt(p, OPT_MN_ID)->mn_id.id.p, MN, strlen(MN));
	assert_memory_equal(pba_opt(p, OPT_LL_ID)->ll_id.id.p, "aaaaaa", 6);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_BC_08_an_unknown_handoff_waits_and_takes_over),
		PLAY(LMA_BC_08_nothing_within_the_delay_makes_a_new_session),
		PLAY(LMA_BC_08_a_session_in_its_wait_is_updated_at_once),
		PLAY(LMA_BC_10_an_unknown_handoff_waits),
		PLAY(LMA_BC_19_an_update_of_another_mag_is_judged_on_its_own),
		PLAY(LMA_BC_19_what_waits_is_void_once_a_newer_one_is_accepted),
		PLAY(LMA_BC_19_an_update_of_the_same_mag_that_need_not_wait_replaces_it_too),
		PLAY(LMA_BC_19_another_update_of_the_same_mag_replaces_the_held_one),
		PLAY(LMA_BC_21_an_unknown_handoff_with_a_bound_prefix_does_not_wait),
		PLAY(LMA_RX_10_a_repeated_update_does_not_wait_longer),
		PLAY(LMA_RX_10_an_overtaken_update_does_not_replace_a_newer_one),
		PLAY(LMA_BC_08_deletion_of_the_awaited_session_ends_the_wait),
		PLAY(LMA_BC_08_of_several_that_wait_the_newest_takes_over),
		PLAY(LMA_BC_19_a_node_that_left_the_waiting_mag_gets_no_session),
		PLAY(a_number_that_went_to_another_mag_is_not_the_same_mag),
		PLAY(LMA_DER_01_no_room_for_who_waited_leaves_the_farewell_answered),
		PLAY(SEC_10_those_who_wait_for_one_session_are_few),
		PLAY(the_identifiers_of_a_held_update_outlive_its_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
