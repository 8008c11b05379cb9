// A node appears, is heard, falls silent, leaves, comes back: MAG-PP, -DET, -REG-04, -RA-09.
#include "test/unit/mob/mag_play.h"

#define PLAY struct mag_play *p = *state

static void MAG_PP_01_a_node_without_a_profile_is_not_served(void **state)
{
	PLAY;

	p->conf.realm[0] = '\0';
	mag_play_restart(p);
	for (uint8_t i = 1; i <= 200; i++)
		hear(p, link_of(i), HEARD_SOLICIT);
	expect_said(p, "");
	expect_refused(p, REASON_NO_PROFILE, 200);
	assert_int_equal(mag_totals(p->mag)->nodes, 0);
}

static void MAG_PP_04_the_row_of_its_mac_names_a_node(void **state)
{
	PLAY;
	struct mag_node_conf rows[] = {{{2, 0, 0, 0, 0, 9}, "bob@example.org"},
				       {{2, 0, 0, 0, 0, 1}, "alice@example.org"}};

	p->conf.nodes = rows;
	p->conf.n_nodes = 2;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	expect_pbu_mn(p, "alice@example.org");
	hear(p, link_of(2), HEARD_FRAME);
	expect_pbu_mn(p, "020000000002@" REALM);
	attach(p, link_of(9), "carol@example.org", 0); // the operator knows better
	expect_pbu_mn(p, "carol@example.org");
}

static void a_name_or_a_realm_that_fits_no_option_is_no_profile(void **state)
{
	PLAY;
	char name[300];

	memset(name, 'x', sizeof(name));
	name[254] = '\0';
	attach(p, link_of(1), name, 0);
	expect_refused(p, REASON_NO_PROFILE, 1);
	memset(p->conf.realm, 'y', sizeof(p->conf.realm) - 1);
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	expect_refused(p, REASON_NO_PROFILE, 1);
	expect_said(p, "");
}

static void MAG_REG_10_no_node_has_a_zero_or_multicast_source(void **state)
{
	PLAY;

	hear(p, (struct mag_link){1, {0}}, HEARD_FRAME);
	expect_said(p, "");
	hear(p, (struct mag_link){1, {0x33, 0x33, 0, 0, 0, 1}}, HEARD_SOLICIT);
	expect_said(p, "");
	assert_int_equal(mag_totals(p->mag)->nodes, 0);
}

static void MAG_RA_01_a_node_is_told_its_prefix_after_it_is_bound_not_before(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_SOLICIT);
	hear(p, link_of(1), HEARD_SOLICIT);
	expect_said(p, "");
	reply(p, accepts(HNP1));
	expect_said(p, "BA"); // MAG-RA-09: unsolicited, and the tables first
	const struct mag_action *ra = last(p, MAG_ADVERTISE);
	assert_int_equal(ra->advertise.n_hnps, 1);
	assert_true(ip6_prefix_equal(ra->advertise.hnps[0], prefix(HNP1)));
	assert_int_equal(ra->advertise.valid_s, 2592000);
	assert_int_equal(ra->advertise.preferred_s, 604800);
	assert_int_equal(ra->advertise.router_lifetime_s, 1800);       // MAG-RA-07
	assert_int_equal(ra->advertise.mtu, 1460);                     // MAG-RA-02: the smaller one
	assert_true(ip6_equal(ra->advertise.src, p->conf.link_local)); // MAG-RA-03
	assert_memory_equal(ra->advertise.link.mac, link_of(1).mac, 6);
	assert_int_equal(p->notes[MAG_NOTE_BOUND], 1);
	assert_true(binding_of(p, link_of(1)).attach_us > 0);
}

static void MAG_RA_04_a_solicitation_is_answered_at_once(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hear(p, link_of(1), HEARD_SOLICIT);
	expect_said(p, "A"); // registered a moment ago: no PBU
	pass_ms(p, 2000);
	hear(p, link_of(1), HEARD_SOLICIT);
	expect_said(p, "AS");
	expect_bound(p, HNP1, link_of(1));
	hear(p, link_of(1), HEARD_SOLICIT); // REFRESHING
	expect_said(p, "A");
}

static void MAG_RA_09_a_link_that_comes_up_again_registers_and_is_told(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_ms(p, 999);
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_said(p, ""); // a sign of the link-up that was answered just now
	pass_ms(p, 1);
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_said(p, "S");
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN); // not a renewal: it may have been elsewhere
	expect_pbu_hnps(p, HNP1, NULL);
	expect_bound(p, HNP1, link_of(1)); // service goes on meanwhile
	expect_state(p, link_of(1), BUL_REFRESHING);
	reply(p, accepts(NULL));
	expect_said(p, "A");
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, ""); // a mere frame says nothing new
}

static void a_node_that_searches_its_router_is_registered_at_once(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_SEARCH);
	reply(p, accepts(HNP1));
	pass_ms(p, 49);
	hear(p, link_of(1), HEARD_SEARCH);
	expect_said(p, "");
	pass_ms(p, 1);
	hear(p, link_of(1), HEARD_SEARCH);
	expect_said(p, "S");
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	expect_pbu_hnps(p, HNP1, NULL);
	hear(p, link_of(1), HEARD_SEARCH);
	expect_said(p, ""); // what is out says it already
	reply(p, accepts(NULL));
	expect_said(p, "A");
	detach(p, link_of(1));
	hear(p, link_of(1), HEARD_SEARCH);
	expect_said(p, "S");
	assert_int_equal(pbu_lifetime_s(p), 400);
}

static void a_link_that_comes_up_while_a_renewal_is_out_registers_again(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	while (binding_of(p, link_of(1)).state == BUL_BOUND)
		pass_with_ms(p, link_of(1), 1000);
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	pass_with_ms(p, link_of(1), 1000);
	pass_with_ms(p, link_of(1), 1500);
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_said(p, "S");
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_said(p, ""); // what is out says it already
	reply(p, accepts(NULL));
	expect_said(p, "A");
}

static void a_node_that_is_back_in_no_time_is_asked_and_registered(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_ms(p, 600); // at another MAG meanwhile
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_said(p, "");
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "");
	pass_ms(p, 399);
	expect_said(p, "");
	pass_ms(p, 5);
	expect_said(p, "P"); // never without asking: it may have gone on
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "S");
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	expect_pbu_hnps(p, HNP1, NULL);
	reply(p, accepts(NULL));
	expect_said(p, "A");
	pass_ms(p, 5000); // once
	expect_said(p, "");
}

static void MAG_DET_01_a_silent_node_is_probed_and_then_gone(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_ms(p, 9990);
	expect_said(p, "");
	pass_ms(p, 20);
	expect_said(p, "P");
	pass_ms(p, 1000);
	expect_said(p, "P");
	pass_ms(p, 1000);
	expect_said(p, "P");
	pass_ms(p, 1010);
	expect_said(p, "S"); // MAG-REG-04
	assert_int_equal(p->notes[MAG_NOTE_SILENT], 1);
	assert_int_equal(pbu_lifetime_s(p), 0);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN); // MAG-HI-05
	expect_pbu_hnps(p, HNP1, NULL);
	expect_state(p, link_of(1), BUL_LEAVING);
	reply(p, accepts(NULL));
	expect_said(p, "WU"); // MAG-REG-04b: perhaps it still hears
	expect_state(p, link_of(1), BUL_NONE);
	assert_int_equal(mag_totals(p->mag)->probes, 3);
}

// A host that still looks for duplicates of its own address cannot answer a probe of it.
static void MAG_DET_01_a_node_whose_link_just_came_up_is_not_given_up(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_ms(p, 300);
	hear(p, link_of(1), HEARD_LINK_UP);
	pass_ms(p, 8000); // asked early, no answer
	assert_true(mag_totals(p->mag)->probes > 3);
	expect_state(p, link_of(1), BUL_BOUND);
	pass_ms(p, 6000); // as late as any other
	assert_int_equal(p->notes[MAG_NOTE_SILENT], 1);
}

static void MAG_DET_01_any_frame_is_a_sign_of_the_node(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_ms(p, 12500); // three probes are out
	hear(p, link_of(1), HEARD_FRAME);
	pass_ms(p, 9900);
	expect_said(p, "");
	pass_ms(p, 3050);
	expect_said(p, "PPP");
	expect_state(p, link_of(1), BUL_BOUND);
}

static void a_probe_asks_the_address_that_was_heard_else_that_of_the_mac(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_ms(p, 10010);
	assert_true(ip6_equal(last(p, MAG_PROBE)->probe.target, addr("fe80::ff:fe00:1")));
	assert_true(ip6_equal(last(p, MAG_PROBE)->probe.src, p->conf.link_local));
	tell(p, &(struct mag_event){
			.kind = MAG_HEARD,
			.heard = {.link = link_of(1), .addr = addr("fe80::1234:5678:9abc:def0")}});
	tell(p, &(struct mag_event){.kind = MAG_HEARD,
				    .heard = {.link = link_of(1), .addr = addr("2001:db8::1")}});
	pass_ms(p, 10010);
	assert_true(ip6_equal(last(p, MAG_PROBE)->probe.target, addr("fe80::1234:5678:9abc:def0")));
}

static void SEQ_31_an_unanswered_deregistration_is_one_pbu_and_ends_after_1_s(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	detach(p, link_of(1));
	expect_said(p, "S");
	pass_ms(p, 990);
	expect_bound(p, HNP1, link_of(1));
	pass_ms(p, 20);
	expect_said(p, "U"); // said to be gone: nobody to tell by an RA
	expect_state(p, link_of(1), BUL_NONE);
	pass_ms(p, 60000);
	expect_said(p, "");
}

static void MAG_REG_04_a_refused_deregistration_changes_nothing(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	detach(p, link_of(1));
	reply(p, refuses(PBA_TIMESTAMP_LOWER));
	expect_said(p, ""); // MAG-REG-06b
	expect_state(p, link_of(1), BUL_LEAVING);
	pass_ms(p, 1010);
	expect_said(p, "U");
}

static void MAG_REG_04_a_node_that_is_not_answered_yet_is_deregistered_too(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	detach(p, link_of(1)); // the LMA may have accepted it
	assert_int_equal(pbu_lifetime_s(p), 0);
	expect_pbu_hnps(p, "::/0", NULL);
	reply(p, accepts(NULL));
	expect_state(p, link_of(1), BUL_NONE);
	expect_said(p, "");
}

static void a_silent_node_that_is_heard_while_leaving_stays_bound(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_ms(p, 13100);
	expect_state(p, link_of(1), BUL_LEAVING);
	uint16_t dereg = p->pbu.bu.seq;
	uint64_t stamp = pbu_timestamp(p);
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "S");
	assert_int_equal(pbu_lifetime_s(p), 400);
	assert_true(pbu_timestamp(p) > stamp); // so an old de-registration cannot end it
	expect_pbu_hnps(p, HNP1, NULL);
	struct pba late = accepts(NULL);
	late.seq = dereg;
	late.lifetime_s = 0;
	reply(p, late);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_PBA], 1);
	expect_bound(p, HNP1, link_of(1));
	reply(p, accepts(NULL));
	expect_said(p, "A");
	expect_state(p, link_of(1), BUL_BOUND);
}

static void an_old_frame_does_not_bring_back_a_node_that_is_said_to_be_gone(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	detach(p, link_of(1));
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "");
	hear(p, link_of(1), HEARD_SOLICIT); // but its link-up does
	expect_said(p, "S");
	assert_int_equal(pbu_lifetime_s(p), 400);
	reply(p, accepts(NULL));
	expect_state(p, link_of(1), BUL_BOUND);
}

static void one_that_came_back_lives_no_longer_than_its_lifetime(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 200 * 1000);
	detach(p, link_of(1));
	hear(p, link_of(1), HEARD_LINK_UP);
	pass_with_ms(p, link_of(1), 201 * 1000);
	assert_int_equal(p->notes[MAG_NOTE_LOST], 1);
	expect_unbound(p, HNP1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mag_play_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_PP_01_a_node_without_a_profile_is_not_served),
		T(MAG_PP_04_the_row_of_its_mac_names_a_node),
		T(a_name_or_a_realm_that_fits_no_option_is_no_profile),
		T(MAG_REG_10_no_node_has_a_zero_or_multicast_source),
		T(MAG_RA_01_a_node_is_told_its_prefix_after_it_is_bound_not_before),
		T(MAG_RA_04_a_solicitation_is_answered_at_once),
		T(MAG_RA_09_a_link_that_comes_up_again_registers_and_is_told),
		T(a_node_that_searches_its_router_is_registered_at_once),
		T(a_link_that_comes_up_while_a_renewal_is_out_registers_again),
		T(a_node_that_is_back_in_no_time_is_asked_and_registered),
		T(MAG_DET_01_a_silent_node_is_probed_and_then_gone),
		T(MAG_DET_01_a_node_whose_link_just_came_up_is_not_given_up),
		T(MAG_DET_01_any_frame_is_a_sign_of_the_node),
		T(a_probe_asks_the_address_that_was_heard_else_that_of_the_mac),
		T(SEQ_31_an_unanswered_deregistration_is_one_pbu_and_ends_after_1_s),
		T(MAG_REG_04_a_refused_deregistration_changes_nothing),
		T(MAG_REG_04_a_node_that_is_not_answered_yet_is_deregistered_too),
		T(a_silent_node_that_is_heard_while_leaving_stays_bound),
		T(an_old_frame_does_not_bring_back_a_node_that_is_said_to_be_gone),
		T(one_that_came_back_lives_no_longer_than_its_lifetime),
	};

	return cmocka_run_group_tests_name("mag-presence", tests, NULL, NULL);
}
