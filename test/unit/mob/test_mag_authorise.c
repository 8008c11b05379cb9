// Somebody else says who may be served: what is asked of a new node, what each answer means, and
// what happens while there is none: MAG-PP-02, MAG-PP-03, RFC 5213 6.14.
#include <stdio.h>

#include "test/unit/mob/mag_play.h"

#define PLAY  struct mag_play *p = *state
#define OTHER "2001:db8:a::2" // another LMA
#define ANN   "ann@" REALM

static int begin(void **state)
{
	int rc = mag_play_begin(state);
	struct mag_play *p = *state;

	p->conf.authorise = true;
	p->conf.lmas[1] = (struct mag_lma_conf){addr(OTHER), 1440};
	p->conf.n_lmas = 2;
	mag_play_restart(p);
	return rc;
}

static struct span text(const char *s)
{
	return (struct span){(const uint8_t *)s, (uint16_t)strlen(s)};
}

// As authorise(), with the node's stable name or with why not.
static void answer(struct mag_play *p, enum mag_verdict verdict, const char *mn_id, const char *why)
{
	tell(p, &(struct mag_event){.kind = MAG_AUTHORISED,
				    .authorised = {.ticket = p->ticket,
						   .verdict = verdict,
						   .mn_id = text(mn_id),
						   .why = text(why)}});
}

// MAG-MH-02, MAG-PP-03: a MAC address is easily had. Its session at another place ends when the new
// place is accepted, not when somebody shows up there.
static void MAG_MH_02_a_session_elsewhere_ends_with_the_answer_and_not_before(void **state)
{
	PLAY;
	struct mag_link other = at_interface(link_of(1), 2), third = at_interface(link_of(1), 3);

	hear(p, link_of(1), HEARD_FRAME);
	authorise(p, MAG_ACCEPT, NULL, 0);
	reply(p, accepts(HNP1));
	hear(p, other, HEARD_FRAME);
	expect_said(p, "Q");
	expect_bound(p, HNP1, link_of(1));
	authorise(p, MAG_REJECT, NULL, 0);
	expect_bound(p, HNP1, link_of(1));
	expect_state(p, other, BUL_NONE);
	attach(p, third, NULL, 0);
	authorise(p, MAG_ACCEPT, NULL, 0);
	expect_state(p, link_of(1), BUL_NONE);
	expect_state(p, third, BUL_REGISTERING);
	assert_int_equal(pbu_lifetime_s(p), 400); // no de-registration: it would end this one too
}

static void MAG_MH_02_or_when_nobody_can_say_and_it_is_served(void **state)
{
	PLAY;
	struct mag_link other = at_interface(link_of(1), 2);

	p->conf.serve_unanswered = true;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	authorise(p, MAG_ACCEPT, NULL, 0);
	reply(p, accepts(HNP1));
	hear(p, other, HEARD_FRAME);
	authorise(p, MAG_UNREACHABLE, NULL, 0);
	expect_state(p, link_of(1), BUL_NONE);
	expect_state(p, other, BUL_REGISTERING);
}

static void MAG_PP_03_nothing_is_said_to_or_for_a_node_before_the_answer(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "Q");
	const struct mag_action *a = last(p, MAG_ASK);
	assert_true(same_link(a->ask.link, link_of(1)));
	assert_int_equal(a->ask.mn_id.n, strlen(NODE));
	assert_memory_equal(a->ask.mn_id.p, NODE, strlen(NODE));
	expect_state(p, link_of(1), BUL_ASKING);
	hear(p, link_of(1), HEARD_SOLICIT); // MAG-RA-01, MAG-REG-21
	expect_said(p, "");
	hear(p, link_of(1), HEARD_LINK_UP);
	hear(p, link_of(1), HEARD_SEARCH);
	expect_said(p, "");
	hear(p, link_of(1), HEARD_FRAME);
	attach(p, link_of(1), NULL, 0);
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_ASKING);
	assert_int_equal(mag_totals(p->mag)->asking, 1);
	assert_int_equal(mag_totals(p->mag)->asked, 1);
	authorise(p, MAG_ACCEPT, NULL, 0);
	expect_said(p, "S");
	expect_state(p, link_of(1), BUL_REGISTERING);
	reply(p, accepts(HNP1));
	expect_said(p, "BA");
	pass_with_ms(p, link_of(1), 150 * 1000);
	assert_null(strchr(p->order, 'Q')); // accepted for ever
	assert_true(binding_of(p, link_of(1)).authorised_until == 0);
}

static void MAG_PP_03_the_profile_of_the_answer_goes_over_the_embedded_one(void **state)
{
	PLAY;
	struct mag_profile_conf rows[] = {{.match = "*", .permit = true}};
	struct mag_profile said = {.lifetime_s = 80, .local_routing = ROUTING_LOCAL, .n_hnps = 1};

	rows[0].profile.lma = addr(OTHER);
	rows[0].profile.lifetime_s = 40;
	rows[0].profile.hnps[0] = prefix(HNP2);
	rows[0].profile.n_hnps = 1;
	snprintf(rows[0].profile.service, sizeof(rows[0].profile.service), "embedded");
	p->conf.profiles = rows;
	p->conf.n_profiles = 1;
	mag_play_restart(p);
	said.hnps[0] = prefix(HNP1);
	hear(p, link_of(1), HEARD_FRAME);
	authorise(p, MAG_ACCEPT, &said, 0);
	assert_int_equal(pbu_lifetime_s(p), 80);
	expect_pbu_hnps(p, HNP1, NULL);
	assert_true(ip6_equal(last(p, MAG_SEND)->send.dst, addr(OTHER))); // it says no other
	assert_memory_equal(mh_find(&p->pbu, OPT_SERVICE)->service.name.p, "embedded", 8);
	struct pba a = accepts(HNP1);
	a.src = OTHER;
	reply(p, a);
	assert_true(last(p, MAG_BIND)->bind.local);
	said.lma = addr(LMAA);
	snprintf(said.service, sizeof(said.service), "ims");
	hear(p, link_of(2), HEARD_FRAME);
	authorise(p, MAG_ACCEPT, &said, 0);
	assert_true(ip6_equal(last(p, MAG_SEND)->send.dst, addr(LMAA)));
	assert_int_equal(mh_find(&p->pbu, OPT_SERVICE)->service.name.n, 3);
}

static void MAG_PP_03_who_is_in_no_profile_is_asked_for_and_who_may_not_is_not(void **state)
{
	PLAY;
	const struct mag_profile_conf rows[] = {{.match = ANN, .permit = false}};

	p->conf.profiles = rows;
	p->conf.n_profiles = 1;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "Q");
	attach(p, link_of(2), ANN, 0);
	expect_said(p, "");
	expect_refused(p, REASON_NOT_PERMITTED, 1);
}

static void MAG_PP_03_a_rejected_node_is_not_asked_for_with_every_frame(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_SOLICIT);
	answer(p, MAG_REJECT, "", "no such account");
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_NONE);
	const struct mag_action *a = last(p, MAG_NOTE);
	assert_int_equal(a->note.kind, MAG_NOTE_NOT_SERVED);
	assert_int_equal(a->note.reason, REASON_REJECTED);
	assert_int_equal(a->note.why.n, 15);
	assert_memory_equal(a->note.why.p, "no such account", 15);
	struct mag_refusal r = refusal_of(p, link_of(1));
	assert_int_equal(r.reason, REASON_REJECTED);
	assert_int_equal(r.why.n, 15);
	assert_memory_equal(r.why.p, "no such account", 15);
	assert_true(r.until == p->now.mono + p->conf.hold_refused);
	for (int i = 0; i < 59; i++) {
		pass_ms(p, 1000);
		hear(p, link_of(1), HEARD_SOLICIT);
		expect_said(p, "");
	}
	expect_refused(p, REASON_REJECTED, 60);
	assert_int_equal(refusal_of(p, link_of(1)).times, 60);
	pass_ms(p, 1000);
	hear(p, link_of(1), HEARD_SOLICIT); // then it may try again
	expect_said(p, "Q");
	authorise(p, MAG_ACCEPT, NULL, 0);
	expect_said(p, "S");
	assert_int_equal(mag_totals(p->mag)->refusals, 0);
}

static void MAG_PP_03_an_operator_has_a_rejected_node_asked_for_again(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	authorise(p, MAG_REJECT, NULL, 0);
	attach(p, link_of(1), NULL, 0);
	expect_said(p, "Q");
}

static void MAG_PP_03_when_nobody_can_say_a_new_node_is_not_served(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	authorise(p, MAG_UNREACHABLE, NULL, 0);
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_NONE);
	assert_int_equal(refusal_of(p, link_of(1)).reason, REASON_UNANSWERED);
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "");
	expect_refused(p, REASON_UNANSWERED, 2);
	pass_ms(p, 1900);
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "");
	pass_ms(p, 100); // and soon somebody may be able to
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "Q");
}

static void MAG_PP_03_or_it_is_by_the_embedded_profile_if_that_is_wanted(void **state)
{
	PLAY;

	p->conf.serve_unanswered = true;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	authorise(p, MAG_UNREACHABLE, NULL, 0);
	expect_said(p, "S");
	assert_int_equal(p->notes[MAG_NOTE_UNANSWERED], 1);
	reply(p, accepts(HNP1));
	expect_bound(p, HNP1, link_of(1));
	pass_with_ms(p, link_of(1), 59 * 1000);
	assert_null(strchr(p->order, 'Q'));
	pass_with_ms(p, link_of(1), 1100);
	expect_said(p, "Q"); // and asked again later
	expect_bound(p, HNP1, link_of(1));
	authorise(p, MAG_REJECT, NULL, 0);
	expect_said(p, "S");
	assert_int_equal(pbu_lifetime_s(p), 0);
}

static void MAG_PP_03_no_answer_at_all_is_as_if_nobody_could_say(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	pass_with_ms(p, link_of(1), 29 * 1000);
	expect_state(p, link_of(1), BUL_ASKING);
	pass_with_ms(p, link_of(1), 1100);
	expect_state(p, link_of(1), BUL_NONE);
	expect_refused(p, REASON_UNANSWERED, 1);
	authorise(p, MAG_ACCEPT, NULL, 0); // too late
	expect_said(p, "");
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ANSWER], 1);
}

static void MAG_PP_03_an_answer_that_makes_no_sense_is_a_refusal(void **state)
{
	PLAY;
	struct mag_profile said = {0};

	p->conf.serve_unanswered = true; // this is another thing
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	answer(p, MAG_UNUSABLE, "", "no prefix in it");
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_NONE);
	assert_int_equal(refusal_of(p, link_of(1)).reason, REASON_UNUSABLE);
	hear(p, link_of(2), HEARD_FRAME);
	said.lma = addr(STRANGER);
	authorise(p, MAG_ACCEPT, &said, 0);
	expect_said(p, "");
	expect_state(p, link_of(2), BUL_NONE);
	assert_int_equal(refusal_of(p, link_of(2)).reason, REASON_NO_SUCH_LMA);
}

static void MAG_PP_02_the_name_in_the_answer_is_the_nodes(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	answer(p, MAG_ACCEPT, ANN, "");
	expect_pbu_mn(p, ANN);
	reply(p, accepts(HNP1));
	expect_bound(p, HNP1, link_of(1));
	struct mag_binding b = binding_of(p, link_of(1));
	assert_int_equal(b.mn_id.n, strlen(ANN));
	assert_memory_equal(b.mn_id.p, ANN, strlen(ANN));
}

static void MAG_PP_02_a_name_that_fits_no_option_is_unusable(void **state)
{
	PLAY;
	char name[255] = {0};

	memset(name, 'x', 254);
	hear(p, link_of(1), HEARD_FRAME);
	answer(p, MAG_ACCEPT, name, "");
	expect_said(p, "");
	assert_int_equal(refusal_of(p, link_of(1)).reason, REASON_UNUSABLE);
	assert_int_equal(refusal_of(p, link_of(1)).mn_id.n, strlen(NODE));
	name[253] = '\0';
	hear(p, link_of(2), HEARD_FRAME);
	answer(p, MAG_ACCEPT, name, "");
	expect_said(p, "S");
	expect_pbu_mn(p, name);
}

static void MAG_PP_02_one_name_has_at_most_16_links_here_too(void **state)
{
	PLAY;

	for (uint8_t i = 1; i <= 16; i++) {
		hear(p, link_of(i), HEARD_FRAME);
		answer(p, MAG_ACCEPT, ANN, "");
		expect_said(p, "S");
	}
	hear(p, link_of(17), HEARD_FRAME);
	answer(p, MAG_ACCEPT, ANN, "");
	expect_said(p, "");
	assert_int_equal(refusal_of(p, link_of(17)).reason, REASON_UNUSABLE);
}

static void MAG_MH_02_the_newer_place_of_a_renamed_node_wins(void **state)
{
	PLAY;
	struct mag_link there = at_interface(link_of(1), 2);

	hear(p, link_of(1), HEARD_FRAME);
	answer(p, MAG_ACCEPT, ANN, "");
	reply(p, accepts(HNP1));
	hear(p, there, HEARD_FRAME); // asked for by its MAC, which has no entry now
	expect_said(p, "Q");
	expect_bound(p, HNP1, link_of(1));
	answer(p, MAG_ACCEPT, ANN, "");
	expect_said(p, "US"); // no de-registration of the older one
	assert_int_equal(pbu_lifetime_s(p), 400);
	expect_state(p, link_of(1), BUL_NONE);
	reply(p, accepts(HNP1));
	expect_bound(p, HNP1, there);
}

static void questions_count_as_pending(void **state)
{
	PLAY;

	p->conf.max_pending = 2;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	authorise(p, MAG_ACCEPT, NULL, 0);
	hear(p, link_of(2), HEARD_FRAME);
	expect_said(p, "Q");
	hear(p, link_of(3), HEARD_FRAME);
	expect_said(p, "");
	expect_refused(p, REASON_BUSY, 1);
}

static void a_silent_node_is_not_waited_for_until_the_answer_comes(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	pass_ms(p, 14 * 1000);
	expect_said(p, "PPP");
	expect_state(p, link_of(1), BUL_NONE);
	authorise(p, MAG_ACCEPT, NULL, 0);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ANSWER], 1);
}

static void MAG_REG_14_an_accepted_node_that_fell_silent_waits(void **state)
{
	PLAY;

	p->conf.probes = 100;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	pass_ms(p, 10 * 1000 + 100);
	authorise(p, MAG_ACCEPT, NULL, 0);
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_REGISTERING);
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "S");
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_MH_02_or_when_nobody_can_say_and_it_is_served),
		T(MAG_MH_02_a_session_elsewhere_ends_with_the_answer_and_not_before),
		T(MAG_PP_03_nothing_is_said_to_or_for_a_node_before_the_answer),
		T(MAG_PP_03_the_profile_of_the_answer_goes_over_the_embedded_one),
		T(MAG_PP_03_who_is_in_no_profile_is_asked_for_and_who_may_not_is_not),
		T(MAG_PP_03_a_rejected_node_is_not_asked_for_with_every_frame),
		T(MAG_PP_03_an_operator_has_a_rejected_node_asked_for_again),
		T(MAG_PP_03_when_nobody_can_say_a_new_node_is_not_served),
		T(MAG_PP_03_or_it_is_by_the_embedded_profile_if_that_is_wanted),
		T(MAG_PP_03_no_answer_at_all_is_as_if_nobody_could_say),
		T(MAG_PP_03_an_answer_that_makes_no_sense_is_a_refusal),
		T(MAG_PP_02_the_name_in_the_answer_is_the_nodes),
		T(MAG_PP_02_a_name_that_fits_no_option_is_unusable),
		T(MAG_PP_02_one_name_has_at_most_16_links_here_too),
		T(MAG_MH_02_the_newer_place_of_a_renamed_node_wins),
		T(questions_count_as_pending),
		T(a_silent_node_is_not_waited_for_until_the_answer_comes),
		T(MAG_REG_14_an_accepted_node_that_fell_silent_waits),
	};

	return cmocka_run_group_tests_name("mag-authorise", tests, NULL, NULL);
}
