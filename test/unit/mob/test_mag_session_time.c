// Somebody else says who may be served, and for how long: a node that is served is asked for again
// after its session time; answers that come too late, or twice: MAG-PP-02, MAG-PP-03.
#include "test/unit/mob/mag_play.h"

#define PLAY struct mag_play *p = *state
#define ANN  "ann@" REALM

static int begin(void **state)
{
	int rc = mag_play_begin(state);
	struct mag_play *p = *state;

	p->conf.authorise = true;
	mag_play_restart(p);
	return rc;
}

static void served(struct mag_play *p, struct mag_link link, uint32_t session_s)
{
	hear(p, link, HEARD_FRAME);
	authorise(p, MAG_ACCEPT, NULL, session_s);
	reply(p, accepts(HNP1));
	expect_bound(p, HNP1, link);
}

static void MAG_PP_02_the_name_of_a_node_that_is_served_stays(void **state)
{
	PLAY;

	served(p, link_of(1), 100);
	pass_with_ms(p, link_of(1), 101 * 1000);
	assert_non_null(strchr(p->order, 'Q'));
	tell(p,
	     &(struct mag_event){.kind = MAG_AUTHORISED,
				 .authorised = {.ticket = p->ticket,
						.verdict = MAG_ACCEPT,
						.mn_id = {(const uint8_t *)ANN, sizeof(ANN) - 1}}});
	expect_said(p, "");
	assert_int_equal(binding_of(p, link_of(1)).mn_id.n, strlen(NODE));
	expect_bound(p, HNP1, link_of(1));
}

static const struct mag_action *asked(struct mag_play *p)
{
	const struct mag_action *a = last(p, MAG_ASK);

	assert_non_null(a);
	return a;
}

static void expect_span(struct span s, const char *text)
{
	assert_int_equal(s.n, strlen(text));
	assert_memory_equal(s.p, text, s.n);
}

// MAG-PP-02, RFC 6572 4.2: the name that an answer gives is for the LMA. Who gave it knows the node
// by the name of the first question, and would reject the other.
static void MAG_PP_02_a_renamed_node_is_asked_for_again_by_its_first_name(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	expect_span(asked(p)->ask.mn_id, NODE);
	tell(p,
	     &(struct mag_event){.kind = MAG_AUTHORISED,
				 .authorised = {.ticket = p->ticket,
						.verdict = MAG_ACCEPT,
						.session_s = 100,
						.mn_id = {(const uint8_t *)ANN, sizeof(ANN) - 1}}});
	reply(p, accepts(HNP1));
	expect_span(binding_of(p, link_of(1)).mn_id, ANN);
	pass_with_ms(p, link_of(1), 101 * 1000);
	expect_span(asked(p)->ask.mn_id, NODE);
	authorise(p, MAG_ACCEPT, NULL, 100);
	expect_span(binding_of(p, link_of(1)).mn_id, ANN);
	expect_bound(p, HNP1, link_of(1));
}

// RFC 6572 4.3: who says may decide by it.
static void the_service_of_a_profile_is_in_the_question(void **state)
{
	PLAY;
	struct mag_profile_conf row = {.match = "*", .permit = true, .profile.service = "ims"};

	hear(p, link_of(1), HEARD_FRAME);
	assert_int_equal(asked(p)->ask.service.n, 0);
	p->conf.profiles = &row;
	p->conf.n_profiles = 1;
	mag_play_restart(p);
	hear(p, link_of(2), HEARD_FRAME);
	expect_span(asked(p)->ask.service, "ims");
}

static void MAG_PP_03_after_its_session_time_a_node_is_asked_for_again(void **state)
{
	PLAY;
	struct mag_profile said = {.n_hnps = 1};

	said.hnps[0] = prefix(HNP2);
	served(p, link_of(1), 100);
	assert_in_range(binding_of(p, link_of(1)).authorised_until, p->now.mono + 99 * NS_SEC,
			p->now.mono + 100 * NS_SEC);
	pass_with_ms(p, link_of(1), 99 * 1000);
	expect_said(p, "");
	pass_with_ms(p, link_of(1), 1100);
	expect_said(p, "Q");
	assert_true(binding_of(p, link_of(1)).authorised_until == 0); // not known now
	authorise(p, MAG_ACCEPT, &said, 50);
	expect_said(p, ""); // it goes on as it is
	expect_state(p, link_of(1), BUL_BOUND);
	assert_int_equal(binding_of(p, link_of(1)).n_hnps, 1);
	expect_bound(p, HNP1, link_of(1));
	pass_with_ms(p, link_of(1), 51 * 1000);
	expect_said(p, "Q");
	authorise(p, MAG_ACCEPT, NULL, 0);
	pass_with_ms(p, link_of(1), 90 * 1000);
	assert_null(strchr(p->order, 'Q'));
}

static void MAG_PP_03_then_rejected_its_session_ends(void **state)
{
	PLAY;

	served(p, link_of(1), 100);
	pass_with_ms(p, link_of(1), 101 * 1000);
	authorise(p, MAG_REJECT, NULL, 0);
	expect_said(p, "S");
	assert_int_equal(pbu_lifetime_s(p), 0); // MAG-REG-04
	expect_state(p, link_of(1), BUL_LEAVING);
	hear(p, link_of(1), HEARD_FRAME); // that it is there changes nothing
	hear(p, link_of(1), HEARD_LINK_UP);
	hear(p, link_of(1), HEARD_SOLICIT);
	expect_said(p, "");
	reply(p, accepts(NULL));
	expect_said(p, "WU"); // it is there: it is told (MAG-RA-05)
	hear(p, link_of(1), HEARD_SOLICIT);
	expect_said(p, "");
	assert_int_equal(refusal_of(p, link_of(1)).reason, REASON_REJECTED);
}

static void an_operator_does_not_wait_for_the_end_of_a_rejected_session(void **state)
{
	PLAY;

	served(p, link_of(1), 100);
	pass_with_ms(p, link_of(1), 101 * 1000);
	authorise(p, MAG_REJECT, NULL, 0);
	attach(p, link_of(1), NULL, 0);
	expect_said(p, "UQ");
	authorise(p, MAG_ACCEPT, NULL, 0);
	expect_said(p, "S");
}

static void MAG_PP_03_then_unreachable_it_goes_on_and_is_asked_for_later(void **state)
{
	PLAY;

	served(p, link_of(1), 100);
	pass_with_ms(p, link_of(1), 101 * 1000);
	authorise(p, MAG_UNREACHABLE, NULL, 0);
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_BOUND);
	assert_int_equal(p->notes[MAG_NOTE_UNANSWERED], 1);
	assert_true(binding_of(p, link_of(1)).authorised_until == p->now.mono + 60 * NS_SEC);
	pass_with_ms(p, link_of(1), 61 * 1000);
	expect_said(p, "Q");
	pass_with_ms(p, link_of(1), 31 * 1000); // no answer is the same
	expect_bound(p, HNP1, link_of(1));
	assert_int_equal(p->notes[MAG_NOTE_UNANSWERED], 1);
}

static void MAG_PP_03_a_node_that_is_rejected_before_the_lma_answers_is_deregistered(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	authorise(p, MAG_ACCEPT, NULL, 2);
	pass_with_ms(p, link_of(1), 2100); // no PBA so far
	assert_non_null(strchr(p->order, 'Q'));
	authorise(p, MAG_ACCEPT, NULL, 2);
	expect_state(p, link_of(1), BUL_REGISTERING);
	pass_with_ms(p, link_of(1), 2100);
	authorise(p, MAG_REJECT, NULL, 0);
	assert_int_equal(pbu_lifetime_s(p), 0);
	expect_state(p, link_of(1), BUL_LEAVING);
}

static void MAG_PP_03_a_node_that_the_lma_refused_and_then_the_server_is_gone(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	authorise(p, MAG_ACCEPT, NULL, 2);
	reply(p, refuses(PBA_INSUFFICIENT_RESOURCES));
	pass_with_ms(p, link_of(1), 2100);
	authorise(p, MAG_ACCEPT, NULL, 2);
	expect_state(p, link_of(1), BUL_REGISTERING);
	reply(p, refuses(PBA_INSUFFICIENT_RESOURCES));
	expect_state(p, link_of(1), BUL_REFUSED);
	pass_with_ms(p, link_of(1), 2100);
	assert_non_null(strchr(p->order, 'Q'));
	if (binding_of(p, link_of(1)).state == BUL_REGISTERING)
		reply(p, refuses(PBA_INSUFFICIENT_RESOURCES));
	authorise(p, MAG_ACCEPT, NULL, 60);
	expect_state(p, link_of(1), BUL_REFUSED); // its own time tries again
	expect_said(p, "");
	pass_with_ms(p, link_of(1), 61 * 1000);
	if (binding_of(p, link_of(1)).state == BUL_REGISTERING)
		reply(p, refuses(PBA_INSUFFICIENT_RESOURCES));
	authorise(p, MAG_REJECT, NULL, 0);
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_NONE);
}

static void MAG_PP_03_the_answer_for_a_node_that_left_is_ignored(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	uint64_t first = p->ticket;
	detach(p, link_of(1));
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_NONE);
	authorise(p, MAG_ACCEPT, NULL, 0);
	expect_said(p, "");
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ANSWER], 1);
	hear(p, link_of(1), HEARD_FRAME); // in the same place of the list
	assert_true(p->ticket != first);
	tell(p, &(struct mag_event){.kind = MAG_AUTHORISED,
				    .authorised = {.ticket = first, .verdict = MAG_ACCEPT}});
	expect_state(p, link_of(1), BUL_ASKING);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ANSWER], 1);
}

static void MAG_PP_03_a_second_answer_is_none(void **state)
{
	PLAY;

	served(p, link_of(1), 0);
	authorise(p, MAG_REJECT, NULL, 0);
	expect_said(p, "");
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ANSWER], 1);
	expect_bound(p, HNP1, link_of(1));
	tell(p, &(struct mag_event){.kind = MAG_AUTHORISED,
				    .authorised = {.ticket = UINT64_MAX, .verdict = MAG_REJECT}});
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ANSWER], 1);
	tell(p, &(struct mag_event){
			.kind = MAG_AUTHORISED,
			.authorised = {.ticket = p->conf.max_nodes, .verdict = MAG_REJECT}});
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_ANSWER], 1);
}

// What is out when a node leaves is about its next session too, if that begins within the second.
static void MAG_PP_03_a_rejection_holds_for_a_node_that_is_just_leaving(void **state)
{
	PLAY;

	served(p, link_of(1), 100);
	pass_with_ms(p, link_of(1), 101 * 1000);
	detach(p, link_of(1));
	expect_state(p, link_of(1), BUL_LEAVING);
	authorise(p, MAG_REJECT, NULL, 0);
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_LEAVING);
	pass_ms(p, 1100);
	expect_state(p, link_of(1), BUL_NONE);
}

static void MAG_PP_03_an_acceptance_lets_a_leaving_node_go(void **state)
{
	PLAY;

	served(p, link_of(1), 100);
	pass_with_ms(p, link_of(1), 101 * 1000);
	detach(p, link_of(1));
	authorise(p, MAG_ACCEPT, NULL, 100);
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_LEAVING);
	hear(p, link_of(1), HEARD_LINK_UP); // and lets it come back
	expect_said(p, "S");
	reply(p, accepts(NULL));
	expect_state(p, link_of(1), BUL_BOUND);
	detach(p, link_of(1));
	pass_ms(p, 1100);
	expect_state(p, link_of(1), BUL_NONE);
}

static void nobody_is_asked_for_a_node_that_is_leaving(void **state)
{
	PLAY;

	served(p, link_of(1), 100);
	pass_with_ms(p, link_of(1), 99 * 1000 + 500);
	detach(p, link_of(1));
	pass_ms(p, 800); // its session time is over
	expect_said(p, "");
	hear(p, link_of(1), HEARD_LINK_UP);
	reply(p, accepts(NULL));
	pass_ms(p, 1100);
	assert_non_null(strchr(p->order, 'Q')); // it stayed: then it is asked
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_PP_02_the_name_of_a_node_that_is_served_stays),
		T(MAG_PP_02_a_renamed_node_is_asked_for_again_by_its_first_name),
		T(the_service_of_a_profile_is_in_the_question),
		T(MAG_PP_03_after_its_session_time_a_node_is_asked_for_again),
		T(MAG_PP_03_then_rejected_its_session_ends),
		T(an_operator_does_not_wait_for_the_end_of_a_rejected_session),
		T(MAG_PP_03_then_unreachable_it_goes_on_and_is_asked_for_later),
		T(MAG_PP_03_a_node_that_is_rejected_before_the_lma_answers_is_deregistered),
		T(MAG_PP_03_a_node_that_the_lma_refused_and_then_the_server_is_gone),
		T(MAG_PP_03_the_answer_for_a_node_that_left_is_ignored),
		T(MAG_PP_03_a_second_answer_is_none),
		T(MAG_PP_03_a_rejection_holds_for_a_node_that_is_just_leaving),
		T(MAG_PP_03_an_acceptance_lets_a_leaving_node_go),
		T(nobody_is_asked_for_a_node_that_is_leaving),
	};

	return cmocka_run_group_tests_name("mag-session_time", tests, NULL, NULL);
}
