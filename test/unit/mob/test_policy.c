// Who may register whom, for how long, with how many sessions and prefixes: LMA-RX-06, LMA-RX-12,
// LMA-REG-05, LMA-VAR-01, SEC-05, and Service Selection (RFC 5149).
#include "test/unit/mob/play.h"

#define HOME_POOL "2001:db8:4000::/48"
#define CORP_POOL "2001:db8:5000::/48"

static const struct lma_key own_node[] = {{"alice@example.net"}};
static const struct lma_key own_realm[] = {{"@example.net"}};
static const uint16_t home_only[] = {0}, corp_only[] = {1};
static struct lma_pool_conf two_pools[] = {{.name = "home", .network = "internet", .hnp_len = 64},
					   {.name = "corp", .network = "corp", .hnp_len = 64}};
static struct lma_mag_conf mags[] = {{.name = "one"}, {.name = "two"}, {.name = "range"}};
static struct lma_profile_conf profiles[] = {
	{.key = "alice@example.net", .permit = true},
	{.key = "@example.net", .permit = true},
	{.key = "*", .permit = true},
};

// Two pools of two networks, two MAGs and a range of them, three profiles: nothing restricted.
static int begin(void **state)
{
	int rc = play_begin(state);
	struct play *p = *state;

	two_pools[0].block = prefix(HOME_POOL);
	two_pools[1].block = prefix(CORP_POOL);
	mags[0] = (struct lma_mag_conf){.name = "one", .from = prefix(MAG1 "/128")};
	mags[1] = (struct lma_mag_conf){.name = "two", .from = prefix(MAG2 "/128")};
	mags[2] = (struct lma_mag_conf){.name = "range", .from = prefix("2001:db8::/32")};
	for (size_t i = 0; i < 3; i++) {
		struct lma_profile_conf row = {.permit = true};
		memcpy(row.key, profiles[i].key, sizeof(row.key));
		profiles[i] = row;
	}
	p->conf.mags = mags;
	p->conf.n_mags = 3;
	p->conf.pools = two_pools;
	p->conf.n_pools = 2;
	p->conf.profiles = profiles;
	p->conf.n_profiles = 3;
	return rc;
}

static bool is_in(const char *hnp, const char *block)
{
	return ip6_prefix_covers(prefix(block), prefix(hnp).addr);
}

// ---- MAG and mobile node.

static void LMA_RX_12_a_mag_serves_only_the_nodes_of_its_row(void **state)
{
	struct play *p = *state;
	mags[0].nodes = own_node;
	mags[0].n_nodes = 1;
	mags[1].nodes = own_realm;
	mags[1].n_nodes = 1;
	play_restart(p);
	say(p, attach(OTHER, MAG1));
	expect_status(p, 154);
	say(p, attach(MN, MAG1));
	expect_status(p, 0);
	say(p, attach(OTHER, MAG2));
	expect_status(p, 0);
	say(p, attach(FOREIGN, MAG2));
	expect_status(p, 154);
	say(p, attach(FOREIGN, MAG3)); // its row names nobody: it serves everybody
	expect_status(p, 0);
}

static void LMA_RX_12_the_alternate_care_of_address_is_asked_the_same(void **state)
{
	struct play *p = *state;
	mags[0].nodes = own_node;
	mags[0].n_nodes = 1;
	play_restart(p);
	struct pbu u = attach(OTHER, MAG2);
	u.alt_coa = MAG1;
	say(p, u);
	expect_status(p, 154);
	struct pbu v = attach(OTHER, MAG1);
	v.alt_coa = MAG2;
	say(p, v);
	expect_status(p, 154);
}

static void LMA_RX_12_a_mag_serves_only_the_prefixes_of_its_pools(void **state)
{
	struct play *p = *state;
	mags[0].pools = corp_only;
	mags[0].n_pools = 1;
	play_restart(p);
	assert_true(is_in(join(p, attach(MN, MAG1)), CORP_POOL));
	say(p, refresh(OTHER, MAG1, "2001:db8:4000:7::/64"));
	expect_status(p, 155);
	say(p, refresh(OTHER, MAG2, "2001:db8:4000:7::/64"));
	expect_status(p, 0);
}

static void LMA_RX_12_a_static_prefix_of_another_pool_is_not_given_at_that_mag(void **state)
{
	struct play *p = *state;
	static struct ip6_prefix assigned[1];
	assigned[0] = prefix("2001:db8:4000:5::/64");
	profiles[0].prefixes = assigned;
	profiles[0].n_prefixes = 1;
	mags[0].pools = corp_only;
	mags[0].n_pools = 1;
	play_restart(p);
	assert_true(is_in(join(p, attach(MN, MAG1)), CORP_POOL));
	say(p, refresh(MN, MAG1, "2001:db8:4000:5::/64"));
	expect_status(p, 155);
	const char *hnp = join(p, attach(MN, MAG2));
	assert_string_equal(hnp, "2001:db8:4000:5::/64");
	struct pbu moved = arrive(MN, MAG1);
	moved.hnps[0] = hnp;
	say(p, moved);
	expect_status(p, 155); // it may not serve what the session has
	expect_bound(p, hnp, MAG2);
}

static void an_address_goes_before_a_range_that_holds_it(void **state)
{
	struct play *p = *state;
	const struct lma_mag_conf range = mags[2];
	mags[2] = mags[0];
	mags[0] = range; // the range stands first
	mags[2].max_bindings = 1;
	play_restart(p);
	join(p, attach(MN, MAG1));
	say(p, attach(OTHER, MAG1));
	expect_status(p, 130);
}

// LMA-BC-08: a node with a session elsewhere is held, whatever pools this MAG has.
static void LMA_BC_08_who_waits_is_not_asked_for_the_pools_of_the_session_it_waits_for(void **state)
{
	struct play *p = *state;
	mags[1].pools = corp_only;
	mags[1].n_pools = 1;
	play_restart(p);
	struct pbu one = attach(MN, MAG1);
	one.service = "internet";
	const char *hnp = join(p, one);
	assert_true(is_in(hnp, HOME_POOL));
	struct pbu second = attach(MN, MAG2);
	second.hi = 4;
	second.ll_id = "abcdef";
	say(p, second);
	expect_silence(p);
	pass_ms(p, 1501);
	expect_status(p, 0);
	assert_true(is_in(granted(p, 0), CORP_POOL));
	expect_bound(p, hnp, MAG1);
}

// LMA-HO-02: whatever service it names.
static void LMA_HO_02_the_old_mags_deregistration_deletes_nothing_for_its_service(void **state)
{
	struct play *p = *state;
	play_restart(p);
	struct pbu one = attach(MN, MAG1);
	one.service = "internet";
	const char *hnp = join(p, one);
	struct pbu two = arrive(MN, MAG2);
	two.hnps[0] = hnp;
	say(p, two);
	expect_bound(p, hnp, MAG2);
	pass_ms(p, 100);
	struct pbu late = leave(MN, MAG1, hnp);
	late.hi = 2;
	late.service = "nowhere";
	say(p, late);
	expect_bound(p, hnp, MAG2);
}

// ---- Quotas.

static void SEC_05_a_mag_has_as_many_bindings_as_it_may(void **state)
{
	struct play *p = *state;
	mags[0].max_bindings = 2;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	join(p, attach(OTHER, MAG1));
	say(p, attach(FOREIGN, MAG1));
	expect_status(p, 130);
	assert_int_equal(p->notes[LMA_NOTE_MAG_FULL], 1);
	say(p, refresh(MN, MAG1, hnp)); // what is there is renewed
	expect_status(p, 0);
	say(p, leave(MN, MAG1, hnp)); // and de-registered
	expect_status(p, 0);
	pass_ms(p, 20000);
	say(p, attach(FOREIGN, MAG1));
	expect_status(p, 0);
}

static void SEC_05_a_handoff_to_a_full_mag_is_refused_and_stays_where_it_was(void **state)
{
	struct play *p = *state;
	mags[0].max_bindings = 1;
	play_restart(p);
	join(p, attach(MN, MAG1));
	const char *hnp = join(p, attach(OTHER, MAG2));
	say(p, arrive(OTHER, MAG1));
	expect_status(p, 130);
	expect_bound(p, hnp, MAG2);
}

static void LMA_BC_14_a_profile_has_its_own_number_of_sessions(void **state)
{
	struct play *p = *state;
	profiles[0].sessions = 1;
	play_restart(p);
	join(p, attach(MN, MAG1));
	say(p, attach(MN, MAG1));
	expect_status(p, 130);
	for (int i = 0; i < 4; i++) // lma_conf's
		join(p, attach(OTHER, MAG1));
	say(p, attach(OTHER, MAG1));
	expect_status(p, 130);
}

// ---- Lifetime and prefixes.

static void LMA_REG_06_a_profile_has_its_own_longest_lifetime(void **state)
{
	struct play *p = *state;
	profiles[0].max_lifetime_s = 60;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	assert_int_equal(pba(p)->ba.lifetime_4s * 4, 60);
	say(p, refresh(MN, MAG1, hnp));
	assert_int_equal(pba(p)->ba.lifetime_4s * 4, 60);
	join(p, attach(OTHER, MAG1));
	assert_int_equal(pba(p)->ba.lifetime_4s * 4, 400);
}

static void LMA_REG_05_a_zero_prefix_gives_as_many_as_the_profile_says(void **state)
{
	struct play *p = *state;
	profiles[0].hnps = 3;
	play_restart(p);
	const char *a = join(p, attach(MN, MAG1));
	const char *b = granted(p, 1), *c = granted(p, 2);
	assert_int_equal(pba_hnps(p), 3);
	assert_string_not_equal(a, b);
	assert_string_not_equal(b, c);
	// They live and die together (LMA-REG-04).
	struct pbu gone = leave(MN, MAG1, a);
	gone.hnps[1] = b;
	gone.hnps[2] = c;
	say(p, gone);
	expect_status(p, 0);
	expect_detached(p, c);
	join(p, attach(OTHER, MAG1));
	assert_int_equal(pba_hnps(p), 1);
}

static void LMA_REG_05_who_asks_for_two_gets_two(void **state)
{
	struct play *p = *state;
	profiles[0].hnps = 3;
	play_restart(p);
	struct pbu u = attach(MN, MAG1);
	u.hnps[1] = NOTHING;
	join(p, u);
	assert_int_equal(pba_hnps(p), 2);
}

static void LMA_REG_01_a_session_that_cannot_have_all_gets_none(void **state)
{
	struct play *p = *state;
	two_pools[0].block = prefix("2001:db8:4000::/63");
	two_pools[0].hnp_len = 64;
	profiles[0].pools = home_only;
	profiles[0].n_pools = 1;
	profiles[0].hnps = 3;
	play_restart(p);
	say(p, attach(MN, MAG1));
	expect_status(p, 130);
	assert_int_equal(lma_totals(p->lma)->bindings, 0);
	assert_int_equal(lma_totals(p->lma)->prefixes_used, 0);
}

// ---- Service Selection.

static void RFC_5149_the_service_chooses_the_pool(void **state)
{
	struct play *p = *state;
	play_restart(p);
	struct pbu u = attach(MN, MAG1);
	u.service = "corp";
	const char *hnp = join(p, u);
	assert_true(is_in(hnp, CORP_POOL));
	assert_string_equal(binding_of(p, hnp).service, "corp");
	struct pbu claim = refresh(OTHER, MAG1, "2001:db8:4000:7::/64");
	claim.service = "corp"; // a prefix of another network
	say(p, claim);
	expect_status(p, 155);
}

static void RFC_5149_a_service_nobody_has_or_the_node_may_not_have_is_151(void **state)
{
	struct play *p = *state;
	profiles[0].pools = home_only;
	profiles[0].n_pools = 1;
	play_restart(p);
	struct pbu u = attach(OTHER, MAG1);
	u.service = "elsewhere";
	say(p, u);
	expect_status(p, 151);
	struct pbu v = attach(MN, MAG1);
	v.service = "corp";
	say(p, v);
	expect_status(p, 151);
	v.service = "internet";
	say(p, v);
	expect_status(p, 0);
}

static void LMA_RX_08_a_refused_change_of_service_deletes_the_binding(void **state)
{
	struct play *p = *state;
	play_restart(p);
	struct pbu first = attach(MN, MAG1);
	first.service = "internet";
	const char *hnp = join(p, first);
	say(p, refresh(MN, MAG1, hnp)); // left out: it is what it was
	expect_status(p, 0);
	struct pbu change = refresh(MN, MAG1, hnp);
	change.service = "corp"; // its prefix is not of that network
	say(p, change);
	expect_status(p, 151);
	expect_unbound(p, hnp);
	assert_int_equal(lma_totals(p->lma)->bindings, 0);
	assert_int_equal(p->notes[LMA_NOTE_SERVICE_LOST], 1);
}

static void LMA_RX_08_an_old_message_deletes_nothing(void **state)
{
	struct play *p = *state;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu change = refresh(MN, MAG1, hnp);
	change.service = "corp";
	change.ts_ns = -NS_SEC;
	say(p, change);
	expect_status(p, 157);
	expect_bound(p, hnp, MAG1);
}

static void RFC_5149_a_change_within_the_same_network_is_accepted(void **state)
{
	struct play *p = *state;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1)); // none was selected
	struct pbu choice = refresh(MN, MAG1, hnp);
	choice.service = "internet";
	say(p, choice);
	expect_status(p, 0);
	assert_string_equal(binding_of(p, hnp).service, "internet");
}

// ---- The domain's variables.

static void LMA_VAR_01_a_mag_without_timestamps_is_told_of_once(void **state)
{
	struct play *p = *state;
	p->conf.expect_timestamps = true;
	play_restart(p);
	struct pbu u = attach(MN, MAG1);
	u.no_timestamp = true;
	const char *hnp = join(p, u);
	assert_int_equal(p->notes[LMA_NOTE_ODD_TIMESTAMPS], 1);
	struct pbu again = refresh(MN, MAG1, hnp);
	again.no_timestamp = true;
	say(p, again);
	assert_int_equal(p->notes[LMA_NOTE_ODD_TIMESTAMPS], 0);
	join(p, attach(OTHER, MAG2));
	assert_int_equal(p->notes[LMA_NOTE_ODD_TIMESTAMPS], 0);
}

static void LMA_VAR_01_a_mag_that_asks_for_a_link_local_address_is_told_of_once(void **state)
{
	struct play *p = *state;
	p->conf.expect_fixed_lla = true;
	play_restart(p);
	struct pbu u = attach(MN, MAG1);
	u.lla = "::";
	join(p, u);
	assert_int_equal(p->notes[LMA_NOTE_ODD_LINK_LOCAL], 1);
	struct pbu v = attach(OTHER, MAG1);
	v.lla = "::";
	join(p, v);
	assert_int_equal(p->notes[LMA_NOTE_ODD_LINK_LOCAL], 0);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_RX_12_a_mag_serves_only_the_nodes_of_its_row),
		PLAY(LMA_RX_12_the_alternate_care_of_address_is_asked_the_same),
		PLAY(LMA_RX_12_a_mag_serves_only_the_prefixes_of_its_pools),
		PLAY(LMA_RX_12_a_static_prefix_of_another_pool_is_not_given_at_that_mag),
		PLAY(LMA_BC_08_who_waits_is_not_asked_for_the_pools_of_the_session_it_waits_for),
		PLAY(LMA_HO_02_the_old_mags_deregistration_deletes_nothing_for_its_service),
		PLAY(an_address_goes_before_a_range_that_holds_it),
		PLAY(SEC_05_a_mag_has_as_many_bindings_as_it_may),
		PLAY(SEC_05_a_handoff_to_a_full_mag_is_refused_and_stays_where_it_was),
		PLAY(LMA_BC_14_a_profile_has_its_own_number_of_sessions),
		PLAY(LMA_REG_06_a_profile_has_its_own_longest_lifetime),
		PLAY(LMA_REG_05_a_zero_prefix_gives_as_many_as_the_profile_says),
		PLAY(LMA_REG_05_who_asks_for_two_gets_two),
		PLAY(LMA_REG_01_a_session_that_cannot_have_all_gets_none),
		PLAY(RFC_5149_the_service_chooses_the_pool),
		PLAY(RFC_5149_a_service_nobody_has_or_the_node_may_not_have_is_151),
		PLAY(LMA_RX_08_a_refused_change_of_service_deletes_the_binding),
		PLAY(LMA_RX_08_an_old_message_deletes_nothing),
		PLAY(RFC_5149_a_change_within_the_same_network_is_accepted),
		PLAY(LMA_VAR_01_a_mag_without_timestamps_is_told_of_once),
		PLAY(LMA_VAR_01_a_mag_that_asks_for_a_link_local_address_is_told_of_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
