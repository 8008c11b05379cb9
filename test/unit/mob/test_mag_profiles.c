// Who is served, as what, and from which LMA: the policy profiles of the configuration (RFC 5213
// 6.2): MAG-PP-01..03, MAG-REG-02, MAG-FW-04, RFC 5149.
#include <stdio.h>

#include "test/unit/mob/mag_play.h"

#define PLAY  struct mag_play *p = *state
#define OTHER "2001:db8:a::2" // another LMA

static void with_profiles(struct mag_play *p, const struct mag_profile_conf *rows, uint32_t n)
{
	p->conf.lmas[1] = (struct mag_lma_conf){addr(OTHER), 1440};
	p->conf.n_lmas = 2;
	p->conf.profiles = rows;
	p->conf.n_profiles = n;
	mag_play_restart(p);
}

static uint32_t asked_for(struct mag_play *p, uint8_t node, const char *nai)
{
	attach(p, link_of(node), nai, 0);
	assert_int_equal(p->n_pbus, 1);
	return pbu_lifetime_s(p);
}

static void MAG_PP_01_the_whole_name_goes_before_the_realm_before_any(void **state)
{
	PLAY;
	const struct mag_profile_conf rows[] = {
		{.match = "*", .permit = true, .profile.lifetime_s = 40},
		{.match = "@" REALM, .permit = true, .profile.lifetime_s = 80},
		{.match = "ann@" REALM, .permit = true, .profile.lifetime_s = 120},
		{.match = "@b@" REALM, .permit = true, .profile.lifetime_s = 160},
		{.match = "plain", .permit = true, .profile.lifetime_s = 200},
	};

	with_profiles(p, rows, 5);
	assert_int_equal(asked_for(p, 1, "ann@" REALM), 120);
	assert_int_equal(asked_for(p, 2, "bob@" REALM), 80);
	assert_int_equal(asked_for(p, 3, "ann@example.org"), 40);
	assert_int_equal(asked_for(p, 4, "a@b@" REALM), 80); // the realm is behind the last @
	assert_int_equal(asked_for(p, 5, "@" REALM), 80);
	assert_int_equal(asked_for(p, 6, "plain"), 200);
	assert_int_equal(asked_for(p, 7, "other"), 40); // without a realm
	assert_int_equal(asked_for(p, 8, "*"), 40);
}

static void MAG_PP_01_with_profiles_who_is_in_none_has_no_service(void **state)
{
	PLAY;
	const struct mag_profile_conf rows[] = {{.match = "ann@" REALM, .permit = true}};

	with_profiles(p, rows, 1);
	hear(p, link_of(1), HEARD_SOLICIT);
	expect_said(p, "");
	expect_refused(p, REASON_NOT_KNOWN, 1);
	assert_int_equal(p->notes[MAG_NOTE_NOT_SERVED], 1);
	assert_int_equal(last(p, MAG_NOTE)->note.reason, REASON_NOT_KNOWN);
	assert_int_equal(refusal_of(p, link_of(1)).reason, REASON_NOT_KNOWN);
	assert_int_equal(mag_totals(p->mag)->nodes, 0);
	attach(p, link_of(2), "ann@" REALM, 0);
	expect_said(p, "S");
}

static void MAG_PP_03_who_is_known_and_not_permitted_gets_no_prefix(void **state)
{
	PLAY;
	const struct mag_profile_conf rows[] = {
		{.match = "*", .permit = true},
		{.match = "eve@" REALM, .permit = false},
	};

	with_profiles(p, rows, 2);
	attach(p, link_of(1), "eve@" REALM, 0); // whatever an operator says
	expect_said(p, "");
	expect_refused(p, REASON_NOT_PERMITTED, 1);
	struct mag_refusal r = refusal_of(p, link_of(1));
	assert_int_equal(r.reason, REASON_NOT_PERMITTED);
	assert_int_equal(r.mn_id.n, strlen("eve@" REALM));
	assert_memory_equal(r.mn_id.p, "eve@" REALM, r.mn_id.n);
	assert_int_equal(r.times, 1);
	attach(p, link_of(1), "eve@" REALM, 0);
	assert_int_equal(p->notes[MAG_NOTE_NOT_SERVED], 1);
	const struct mag_action *a = last(p, MAG_NOTE);
	assert_true(same_link(a->note.link, link_of(1)));
	assert_int_equal(a->note.mn_id.n, strlen("eve@" REALM));
	assert_memory_equal(a->note.mn_id.p, "eve@" REALM, a->note.mn_id.n);
}

static void MAG_PP_01_an_lma_that_is_not_configured_is_a_refusal(void **state)
{
	PLAY;
	struct mag_profile_conf rows[] = {{.match = "*", .permit = true}};

	rows[0].profile.lma = addr(STRANGER);
	with_profiles(p, rows, 1);
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "");
	expect_refused(p, REASON_NO_SUCH_LMA, 1);
	assert_int_equal(refusal_of(p, link_of(1)).reason, REASON_NO_SUCH_LMA);
	assert_int_equal(mag_totals(p->mag)->nodes, 0);
	expect_state(p, link_of(1), BUL_NONE);
}

static void MAG_PP_01_a_profile_names_the_lma_of_a_node(void **state)
{
	PLAY;
	struct mag_profile_conf rows[] = {{.match = "ann@" REALM, .permit = true},
					  {.match = "*", .permit = true}};

	rows[0].profile.lma = addr(OTHER);
	with_profiles(p, rows, 2);
	attach(p, link_of(1), "ann@" REALM, 0);
	assert_true(ip6_equal(last(p, MAG_SEND)->send.dst, addr(OTHER)));
	assert_true(ip6_equal(binding_of(p, link_of(1)).lma, addr(OTHER)));
	attach(p, link_of(2), "bob@" REALM, 0);
	assert_true(ip6_equal(last(p, MAG_SEND)->send.dst, addr(LMAA))); // the first is the default
}

static void MAG_REG_02_prefixes_that_a_profile_knows_are_asked_for(void **state)
{
	PLAY;
	struct mag_profile_conf rows[] = {{.match = "*", .permit = true}};

	rows[0].profile.hnps[0] = prefix(HNP1);
	rows[0].profile.hnps[1] = prefix(HNP2);
	rows[0].profile.n_hnps = 2;
	with_profiles(p, rows, 1);
	hear(p, link_of(1), HEARD_FRAME);
	expect_pbu_hnps(p, HNP1, HNP2); // MAG-REG-09: no zero one beside them
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	assert_int_equal(binding_of(p, link_of(1)).n_hnps, 0); // it does not have them yet
	assert_int_equal(p->n_view, 0);
	reply(p, accepts(HNP3)); // MAG-REG-15: the LMA says which
	expect_said(p, "BA");
	expect_bound(p, HNP3, link_of(1));
	expect_unbound(p, HNP1);
}

static void MAG_REG_06_after_155_the_prefixes_of_the_profile_are_not_asked_for_again(void **state)
{
	PLAY;
	struct mag_profile_conf rows[] = {{.match = "*", .permit = true}};

	rows[0].profile.hnps[0] = prefix(HNP1);
	rows[0].profile.n_hnps = 1;
	with_profiles(p, rows, 1);
	hear(p, link_of(1), HEARD_FRAME);
	reply(p, refuses(PBA_NOT_AUTHORIZED_FOR_HNP));
	pass_ms(p, 5);
	assert_int_equal(p->n_pbus, 1);
	expect_pbu_hnps(p, "::/0", NULL);
}

static void a_profile_knows_as_many_prefixes_as_a_session_may_have(void **state)
{
	PLAY;
	struct mag_profile_conf rows[] = {{.match = "*", .permit = true}};
	const struct mh_opt *opt = NULL;
	uint32_t n = 0;

	for (uint8_t i = 0; i < MAG_MAX_HNPS; i++) {
		rows[0].profile.hnps[i] = prefix(HNP1);
		rows[0].profile.hnps[i].addr.a[7] = (uint8_t)(i + 1);
	}
	rows[0].profile.n_hnps = MAG_MAX_HNPS;
	with_profiles(p, rows, 1);
	hear(p, link_of(1), HEARD_FRAME);
	while ((opt = mh_find_next(&p->pbu, OPT_HNP, opt)) != NULL)
		n++;
	assert_int_equal(n, MAG_MAX_HNPS);
}

static void MAG_PP_01_what_a_profile_leaves_open_is_as_for_everybody(void **state)
{
	PLAY;
	const struct mag_profile_conf rows[] = {{.match = "*", .permit = true}};

	with_profiles(p, rows, 1);
	assert_int_equal(asked_for(p, 1, NULL), 400);
	assert_null(mh_find(&p->pbu, OPT_SERVICE));
	expect_pbu_hnps(p, "::/0", NULL);
	reply(p, accepts(HNP1));
	assert_false(last(p, MAG_BIND)->bind.local);
}

static void a_profile_lifetime_that_fits_no_pbu_is_made_to_fit(void **state)
{
	PLAY;
	const struct mag_profile_conf rows[] = {
		{.match = "short", .permit = true, .profile.lifetime_s = 3},
		{.match = "odd", .permit = true, .profile.lifetime_s = 9},
		{.match = "long", .permit = true, .profile.lifetime_s = 300000},
	};

	with_profiles(p, rows, 3);
	assert_int_equal(asked_for(p, 1, "short"), 4); // zero would be a de-registration
	assert_int_equal(asked_for(p, 2, "odd"), 8);
	assert_int_equal(asked_for(p, 3, "long"), 262140);
	reply(p, accepts(HNP1));
	assert_true(binding_of(p, link_of(3)).expires == p->now.mono + 262140 * NS_SEC);
}

// RFC 5149 3: the service goes with every registration of the session.
static void a_service_is_named_in_each_pbu(void **state)
{
	PLAY;
	struct mag_profile_conf rows[] = {{.match = "*", .permit = true}};

	memset(rows[0].profile.service, 's', MAG_MAX_SERVICE);
	with_profiles(p, rows, 1);
	hear(p, link_of(1), HEARD_FRAME);
	const struct mh_opt *opt = mh_find(&p->pbu, OPT_SERVICE);
	assert_non_null(opt);
	assert_int_equal(opt->service.name.n, MAG_MAX_SERVICE);
	assert_memory_equal(opt->service.name.p, rows[0].profile.service, MAG_MAX_SERVICE);
	reply(p, accepts(HNP1));
	pass_ms(p, 1000);
	hear(p, link_of(1), HEARD_LINK_UP);
	assert_non_null(mh_find(&p->pbu, OPT_SERVICE));
	detach(p, link_of(1)); // MAG-REG-04: the options of the first one
	assert_non_null(mh_find(&p->pbu, OPT_SERVICE));
	assert_int_equal(pbu_lifetime_s(p), 0);
}

static void MAG_REG_06_after_151_the_session_is_gone_until_an_operator_acts(void **state)
{
	PLAY;
	struct mag_profile_conf rows[] = {{.match = "*", .permit = true}};

	snprintf(rows[0].profile.service, sizeof(rows[0].profile.service), "ims");
	with_profiles(p, rows, 1);
	join(p, link_of(1), HNP1);
	pass_ms(p, 1000);
	hear(p, link_of(1), HEARD_LINK_UP);
	reply(p, refuses(PBA_SERVICE_AUTHORIZATION_FAILED));
	expect_said(p, "WU");
	expect_state(p, link_of(1), BUL_REFUSED);
	assert_int_equal(binding_of(p, link_of(1)).reason, REASON_STATUS);
	pass_with_ms(p, link_of(1), 200 * 1000);
	assert_int_equal(p->n_pbus, 0);
	attach(p, link_of(1), NULL, 0);
	assert_int_equal(p->n_pbus, 1);
}

static bool is_local(struct mag_play *p, bool flag, enum mag_local_routing own)
{
	const struct mag_profile_conf rows[] = {
		{.match = "*", .permit = true, .profile.local_routing = (uint8_t)own}};

	p->conf.local_routing = flag;
	with_profiles(p, rows, 1);
	join(p, link_of(1), HNP1);
	assert_int_equal(binding_of(p, link_of(1)).local, last(p, MAG_BIND)->bind.local);
	return p->view[0].local;
}

static void MAG_FW_04_the_policy_of_a_node_goes_before_the_flag(void **state)
{
	PLAY;

	assert_false(is_local(p, false, ROUTING_AS_FLAG));
	assert_true(is_local(p, true, ROUTING_AS_FLAG));
	assert_true(is_local(p, false, ROUTING_LOCAL));
	assert_true(is_local(p, true, ROUTING_LOCAL));
	assert_false(is_local(p, false, ROUTING_BY_LMA));
	assert_false(is_local(p, true, ROUTING_BY_LMA)); // MAG-FW-06
}

static void MAG_PP_01_a_realm_makes_a_name_of_253_octets_and_no_longer_one(void **state)
{
	PLAY;

	memset(p->conf.realm, 'r', 240);
	p->conf.realm[240] = '\0';
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(mh_find(&p->pbu, OPT_MN_ID)->mn_id.id.n, 253);
	p->conf.realm[240] = 'r';
	p->conf.realm[241] = '\0';
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "");
	expect_refused(p, REASON_NO_PROFILE, 1);
}

static void MAG_PP_02_a_name_of_253_octets_is_one(void **state)
{
	PLAY;
	char name[255] = {0};

	memset(name, 'x', 253);
	attach(p, link_of(1), name, 0);
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(mh_find(&p->pbu, OPT_MN_ID)->mn_id.id.n, 253);
	name[253] = 'x';
	attach(p, link_of(2), name, 0);
	assert_int_equal(p->n_pbus, 0);
	expect_refused(p, REASON_NO_PROFILE, 1);
	assert_int_equal(refusal_of(p, link_of(2)).mn_id.n, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mag_play_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_PP_01_the_whole_name_goes_before_the_realm_before_any),
		T(MAG_PP_01_with_profiles_who_is_in_none_has_no_service),
		T(MAG_PP_03_who_is_known_and_not_permitted_gets_no_prefix),
		T(MAG_PP_01_an_lma_that_is_not_configured_is_a_refusal),
		T(MAG_PP_01_a_profile_names_the_lma_of_a_node),
		T(MAG_REG_02_prefixes_that_a_profile_knows_are_asked_for),
		T(MAG_REG_06_after_155_the_prefixes_of_the_profile_are_not_asked_for_again),
		T(a_profile_knows_as_many_prefixes_as_a_session_may_have),
		T(MAG_PP_01_what_a_profile_leaves_open_is_as_for_everybody),
		T(a_profile_lifetime_that_fits_no_pbu_is_made_to_fit),
		T(a_service_is_named_in_each_pbu),
		T(MAG_REG_06_after_151_the_session_is_gone_until_an_operator_acts),
		T(MAG_FW_04_the_policy_of_a_node_goes_before_the_flag),
		T(MAG_PP_01_a_realm_makes_a_name_of_253_octets_and_no_longer_one),
		T(MAG_PP_02_a_name_of_253_octets_is_one),
	};

	return cmocka_run_group_tests_name("mag-profiles", tests, NULL, NULL);
}
