// Which session an update is about: LMA-BC-01..20, RFC 5213 5.4.1; test_hold.c
// has those that wait.
//
// How many bindings there are afterwards, and which prefix comes back, is what tells a renewal from
// a new session.
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

// ---- By prefix.

static void LMA_BC_01_a_prefix_decides_before_the_link_layer_identifier(void **state)
{
	struct play *p = *state;
	struct pbu one = attach(MN, MAG1), two = attach(MN, MAG1);
	one.ll_id = "aaaaaa";
	two.ll_id = "bbbbbb";
	const char *a = join(p, one);
	const char *b = join(p, two);
	// Prefix of the first, identifier of the second: 5.4.1.1 rules, by care-of address.
	struct pbu u = refresh(MN, MAG1, a);
	u.ll_id = "bbbbbb";
	say(p, u);
	expect_same(p, a, 2);
	assert_string_not_equal(a, b);
}

static void LMA_BC_02_a_prefix_nobody_has_makes_a_new_session(void **state)
{
	struct play *p = *state;
	say(p, refresh(MN, MAG1, "2001:db8:4000:77::/64"));
	expect_same(p, "2001:db8:4000:77::/64", 1);
}

static void LMA_BC_03_the_prefix_of_another_node_is_155(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, refresh(OTHER, MAG2, hnp));
	expect_status(p, 155);
	expect_bound(p, hnp, MAG1);
	assert_int_equal(sessions(p), 1);
}

static void LMA_BC_04_another_set_of_prefixes_is_159(void **state)
{
	struct play *p = *state;
	struct pbu two = attach(MN, MAG1);
	two.hnps[1] = NOTHING;
	const char *a = join(p, two);
	const char *b = granted(p, 1);
	say(p, refresh(MN, MAG1, a));
	expect_status(p, 159);
	struct pbu three = refresh(MN, MAG1, a);
	three.hnps[1] = b;
	three.hnps[2] = "2001:db8:4000:99::/64";
	say(p, three);
	expect_status(p, 159);
	three.hnps[1] = "2001:db8:4000:99::/64"; // as many, but not the same
	three.hnps[2] = NULL;
	say(p, three);
	expect_status(p, 159);
	struct pbu swapped = refresh(MN, MAG1, b);
	swapped.hnps[1] = a;
	say(p, swapped);
	expect_same(p, a, 1); // the order does not matter
}

static void LMA_BC_05_the_same_identifier_and_access_is_the_same_session(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	struct pbu moved = refresh(MN, MAG2, hnp);
	moved.ll_id = "aaaaaa";
	say(p, moved);
	expect_same(p, hnp, 1);
	expect_bound(p, hnp, MAG2);
}

static void LMA_BC_05_an_identifier_on_another_access_is_not(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	struct pbu moved = refresh(MN, MAG2, hnp);
	moved.ll_id = "aaaaaa";
	moved.att = LTE;
	say(p, moved);
	expect_status(p, 155);
}

static void LMA_BC_05_between_interfaces_is_the_same_session(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	struct pbu moved = refresh(MN, MAG2, hnp);
	moved.ll_id = "bbbbbb";
	moved.att = LTE;
	moved.hi = HI_BETWEEN_INTERFACES;
	say(p, moved);
	expect_same(p, hnp, 1);
}

static void LMA_BC_05_between_mags_without_identifiers_is_the_same_session(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu moved = arrive(MN, MAG2);
	moved.hnps[0] = hnp;
	say(p, moved);
	expect_same(p, hnp, 1);
}

static void LMA_BC_05_between_mags_with_a_stored_identifier_is_not(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	struct pbu moved = arrive(MN, MAG2);
	moved.hnps[0] = hnp;
	say(p, moved);
	expect_status(p, 155);
}

static void LMA_BC_05_between_mags_with_a_new_identifier_is_not(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu moved = arrive(MN, MAG2);
	moved.hnps[0] = hnp;
	moved.ll_id = "aaaaaa";
	say(p, moved);
	expect_status(p, 155);
}

static void LMA_BC_05_the_same_care_of_address_and_access_is_the_same_session(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	say(p, refresh(MN, MAG1, hnp));
	expect_same(p, hnp, 1);
}

static void LMA_BC_12b_an_alternate_care_of_address_counts_as_the_care_of_address(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.alt_coa = MAG2;
	const char *hnp = join(p, u);
	expect_bound(p, hnp, MAG2);
	say(p, refresh(MN, MAG2, hnp));
	expect_same(p, hnp, 1);
	say(p, refresh(MN, MAG1, hnp)); // same source, but it is not the care-of address
	expect_status(p, 155);
}

static void LMA_BC_12b_no_session_and_no_lifetime_is_silent(void **state)
{
	struct play *p = *state;
	struct pbu by_id = leave(MN, MAG1, NOTHING), by_node = leave(MN, MAG1, NOTHING);
	by_id.ll_id = "aaaaaa";
	say(p, leave(MN, MAG1, "2001:db8:4000:1::/64"));
	expect_silence(p);
	say(p, by_id);
	expect_silence(p);
	say(p, by_node);
	expect_silence(p);
	assert_int_equal(lma_totals(p->lma)->notes[LMA_NOTE_IGNORED_DEREG], 3);
}

static void LMA_BC_12d_prefixes_of_two_sessions_are_159_or_155(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1), other_interface = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	other_interface.ll_id = "bbbbbb";
	const char *a = join(p, u);
	const char *b = join(p, other_interface);
	const char *c = join(p, attach(OTHER, MAG1));
	struct pbu both = refresh(MN, MAG1, a);
	both.hnps[1] = b;
	say(p, both);
	expect_status(p, 159);
	both.hnps[1] = c;
	say(p, both);
	expect_status(p, 155);
}

static void LMA_BC_13_another_session_with_a_prefix_in_use_is_155(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = refresh(MN, MAG1, hnp);
	u.att = LTE; // equal care-of address, other access
	say(p, u);
	expect_status(p, 155);
	expect_bound(p, hnp, MAG1);
}

static void LMA_BC_16_zero_and_named_prefixes_are_159_with_a_session(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = refresh(MN, MAG1, hnp);
	u.hnps[1] = NOTHING;
	say(p, u);
	expect_status(p, 159);
}

static void LMA_BC_16_zero_and_named_prefixes_both_come_with_a_new_session(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	// The named one is what the pool would give next: it must not come twice.
	u.hnps[0] = NOTHING;
	u.hnps[1] = "2001:db8:4000::/64";
	say(p, u);
	expect_status(p, 0);
	assert_int_equal(pba_hnps(p), 2);
	assert_string_not_equal(granted(p, 0), granted(p, 1));
	assert_int_equal(lma_totals(p->lma)->prefixes_used, 2);
}

// ---- By link-layer identifier.

static void LMA_BC_06_identifier_and_access_match_whatever_the_indicator_says(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	u.src = MAG2;
	for (int hi = 1; hi <= 5; hi++) { // LMA-BC-11: 1 too
		u.hi = hi;
		say(p, u);
		expect_same(p, hnp, 1);
	}
}

static void LMA_BC_07_between_interfaces_updates_the_only_session(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	struct pbu moved = attach(MN, MAG2);
	moved.ll_id = "bbbbbb";
	moved.att = LTE;
	moved.hi = HI_BETWEEN_INTERFACES;
	say(p, moved);
	expect_same(p, hnp, 1);
	struct lma_binding b = binding_of(p, hnp);
	assert_int_equal(b.access_tech, LTE);
	assert_int_equal(b.ll_id.n, 6);
	assert_memory_equal(b.ll_id.p, "bbbbbb", 6);
}

static void LMA_BC_07_between_interfaces_of_several_sessions_is_a_new_one(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	join(p, u);
	u.ll_id = "bbbbbb";
	join(p, u);
	u.ll_id = "cccccc";
	u.hi = HI_BETWEEN_INTERFACES;
	say(p, u);
	expect_new(p, "", 3);
}

static void LMA_BC_09_everything_else_is_a_new_session(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	u.ll_id = "bbbbbb";
	u.hi = HI_NO_CHANGE;
	say(p, u);
	expect_new(p, hnp, 2);
}

static void LMA_BC_20_new_interface_and_between_mags_have_no_exception_there(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	u.ll_id = "bbbbbb";
	say(p, u);
	expect_new(p, hnp, 2);
	u.ll_id = "aaaaaa";
	u.att = LTE; // the identifier alone is no match
	u.hi = HI_BETWEEN_MAGS;
	say(p, u);
	expect_new(p, hnp, 3);
}

static void LMA_BC_12c_an_identifier_of_zeros_is_none(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_zeros = 6;
	const char *hnp = join(p, u);
	assert_int_equal(binding_of(p, hnp).ll_id.n, 0);
	u.src = MAG2;
	u.hi = HI_BETWEEN_MAGS; // 5.4.1.3 then, where 3 updates the only one
	say(p, u);
	expect_same(p, hnp, 1);
	u.ll_zeros = 0;
	u.ll_id = "";
	say(p, u);
	expect_same(p, hnp, 1);
}

// ---- By node alone.

static void LMA_BC_10_a_known_handoff_updates_the_only_session(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, arrive(MN, MAG2));
	expect_same(p, hnp, 1);
	struct pbu u = arrive(MN, MAG1);
	u.hi = HI_BETWEEN_INTERFACES;
	u.att = LTE;
	say(p, u);
	expect_same(p, hnp, 1);
}

static void LMA_BC_10_everything_else_is_a_new_session(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, attach(MN, MAG1));
	expect_new(p, hnp, 2);
	struct pbu u = arrive(MN, MAG2); // several sessions: 3 has nothing to update
	say(p, u);
	expect_new(p, hnp, 3);
}

static void LMA_BC_10_no_change_of_nothing_known_is_a_new_session(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = attach(MN, MAG1);
	u.hi = HI_NO_CHANGE;
	say(p, u);
	expect_new(p, hnp, 2);
}

static void LMA_BC_17_a_repeated_first_update_with_identifier_is_a_renewal(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	say(p, u);
	expect_same(p, hnp, 1);
}

static void LMA_BC_18_no_lifetime_never_waits_and_needs_a_full_key(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	struct pbu gone = leave(MN, MAG1, NOTHING); // by node alone
	say(p, gone);
	expect_silence(p);
	gone.ll_id = "bbbbbb"; // HI 4 with one binding of the node
	say(p, gone);
	expect_silence(p);
	assert_int_equal(lma_totals(p->lma)->held, 0);
	gone.ll_id = "aaaaaa"; // the full key
	say(p, gone);
	expect_status(p, 0);
	expect_detached(p, hnp);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_BC_01_a_prefix_decides_before_the_link_layer_identifier),
		PLAY(LMA_BC_02_a_prefix_nobody_has_makes_a_new_session),
		PLAY(LMA_BC_03_the_prefix_of_another_node_is_155),
		PLAY(LMA_BC_04_another_set_of_prefixes_is_159),
		PLAY(LMA_BC_05_the_same_identifier_and_access_is_the_same_session),
		PLAY(LMA_BC_05_an_identifier_on_another_access_is_not),
		PLAY(LMA_BC_05_between_interfaces_is_the_same_session),
		PLAY(LMA_BC_05_between_mags_without_identifiers_is_the_same_session),
		PLAY(LMA_BC_05_between_mags_with_a_stored_identifier_is_not),
		PLAY(LMA_BC_05_between_mags_with_a_new_identifier_is_not),
		PLAY(LMA_BC_05_the_same_care_of_address_and_access_is_the_same_session),
		PLAY(LMA_BC_06_identifier_and_access_match_whatever_the_indicator_says),
		PLAY(LMA_BC_07_between_interfaces_updates_the_only_session),
		PLAY(LMA_BC_07_between_interfaces_of_several_sessions_is_a_new_one),
		PLAY(LMA_BC_09_everything_else_is_a_new_session),
		PLAY(LMA_BC_10_a_known_handoff_updates_the_only_session),
		PLAY(LMA_BC_10_everything_else_is_a_new_session),
		PLAY(LMA_BC_10_no_change_of_nothing_known_is_a_new_session),
		PLAY(LMA_BC_12b_an_alternate_care_of_address_counts_as_the_care_of_address),
		PLAY(LMA_BC_12b_no_session_and_no_lifetime_is_silent),
		PLAY(LMA_BC_12c_an_identifier_of_zeros_is_none),
		PLAY(LMA_BC_12d_prefixes_of_two_sessions_are_159_or_155),
		PLAY(LMA_BC_13_another_session_with_a_prefix_in_use_is_155),
		PLAY(LMA_BC_16_zero_and_named_prefixes_are_159_with_a_session),
		PLAY(LMA_BC_16_zero_and_named_prefixes_both_come_with_a_new_session),
		PLAY(LMA_BC_17_a_repeated_first_update_with_identifier_is_a_renewal),
		PLAY(LMA_BC_18_no_lifetime_never_waits_and_needs_a_full_key),
		PLAY(LMA_BC_20_new_interface_and_between_mags_have_no_exception_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
