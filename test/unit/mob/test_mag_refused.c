// What is remembered of those who are not served, how long, and who lifts it: MAG-REG-05, -06, what
// `kedgectl show nodes` shows, and that it is bounded.
#include <stdio.h>

#include "test/unit/mob/mag_play.h"

#define PLAY struct mag_play *p = *state
#define BOTH "both@" REALM

static void MAG_REG_06_a_152_is_remembered_when_the_node_left_and_came_back(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	reply(p, refuses(PBA_PROXY_REG_NOT_ENABLED));
	assert_int_equal(binding_of(p, link_of(1)).reason, REASON_STATUS);
	detach(p, link_of(1));
	expect_state(p, link_of(1), BUL_NONE);
	struct mag_refusal r = refusal_of(p, link_of(1));
	assert_int_equal(r.reason, REASON_STATUS);
	assert_int_equal(r.status, PBA_PROXY_REG_NOT_ENABLED);
	assert_true(r.until == UINT64_MAX);
	pass_ms(p, 1000 * 1000);
	hear(p, link_of(1), HEARD_SOLICIT);
	expect_said(p, "");
	assert_int_equal(p->notes[MAG_NOTE_NOT_SERVED], 0); // it is no news
	expect_refused(p, REASON_STATUS, 1);
	r = refusal_of(p, link_of(1));
	assert_int_equal(r.times, 2);
	assert_true(r.last == p->now.mono && r.since == r.last - 1000 * NS_SEC);
	attach(p, link_of(1), NULL, 0);
	expect_said(p, "S");
	assert_int_equal(mag_totals(p->mag)->refusals, 0);
}

// MAG-PP-02: it is remembered by the name that the one who authorised it gave; an operator names
// the link alone.
static void MAG_REG_06_an_operator_lifts_what_is_held_against_another_name(void **state)
{
	PLAY;
	struct mag_event e = {.kind = MAG_AUTHORISED};

	p->conf.authorise = true;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	e.authorised.ticket = p->ticket;
	e.authorised.mn_id = (struct span){(const uint8_t *)BOTH, sizeof(BOTH) - 1};
	tell(p, &e);
	reply(p, refuses(PBA_PROXY_REG_NOT_ENABLED));
	detach(p, link_of(1));
	assert_int_equal(mag_totals(p->mag)->refusals, 1);
	attach(p, link_of(1), NULL, 0);
	assert_int_equal(mag_totals(p->mag)->refusals, 0);
	e.authorised.ticket = p->ticket;
	tell(p, &e);
	expect_said(p, "S");
}

static void MAG_REG_06_a_152_holds_for_every_link_of_the_node(void **state)
{
	PLAY;

	attach(p, link_of(1), BOTH, 0);
	reply(p, accepts(HNP1));
	attach(p, link_of(2), BOTH, 0);
	reply(p, refuses(PBA_PROXY_REG_NOT_ENABLED));
	assert_int_equal(binding_of(p, link_of(1)).reason, REASON_STATUS);
	pass_ms(p, 2000);
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_said(p, ""); // its session lives out its lifetime
	expect_bound(p, HNP1, link_of(1));
	pass_with_ms(p, link_of(1), 390 * 1000);
	assert_int_equal(p->n_pbus, 0);
	pass_with_ms(p, link_of(1), 10 * 1000);
	expect_said(p, "WU");
	expect_state(p, link_of(1), BUL_REFUSED);
	attach(p, link_of(1), NULL, 0); // an operator lifts it where he says so
	expect_said(p, "S");
}

static void MAG_REG_06_what_is_out_for_another_link_is_not_repeated(void **state)
{
	PLAY;

	attach(p, link_of(1), BOTH, 0);
	attach(p, link_of(2), BOTH, 0);
	reply(p, refuses(PBA_PROXY_REG_NOT_ENABLED));
	pass_ms(p, 9000);
	assert_int_equal(p->n_pbus, 0);
	attach(p, link_of(3), "other@" REALM, 0);
	pass_ms(p, 1100);
	assert_int_equal(p->n_pbus, 1); // of nobody else is it held
}

static void MAG_REG_06_a_152_lets_another_link_leave_as_always(void **state)
{
	PLAY;

	attach(p, link_of(1), BOTH, 0);
	reply(p, accepts(HNP1));
	attach(p, link_of(2), BOTH, 0);
	struct mh second = p->pbu;
	detach(p, link_of(1));
	p->pbu = second;
	struct pba a = refuses(PBA_PROXY_REG_NOT_ENABLED);
	a.mac = link_of(2).mac;
	reply(p, a);
	expect_state(p, link_of(2), BUL_REFUSED);
	pass_ms(p, 1100); // MAG-REG-04
	expect_state(p, link_of(1), BUL_NONE);
	expect_unbound(p, HNP1);
}

static void MAG_REG_05_a_mismatch_is_remembered_for_a_new_link_of_the_node(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	attach(p, link_of(1), BOTH, 0);
	attach(p, link_of(2), BOTH, 0);
	a.no_access = true;
	reply(p, a);
	assert_int_equal(binding_of(p, link_of(2)).reason, REASON_MISMATCH);
	assert_int_equal(binding_of(p, link_of(1)).reason, REASON_NONE); // its PBU is another one
	pass_ms(p, 1100);
	assert_int_equal(p->n_pbus, 1);
	detach(p, link_of(2));
	assert_int_equal(refusal_of(p, link_of(2)).reason, REASON_MISMATCH);
	hear(p, link_of(2), HEARD_LINK_UP); // as <mac>@realm that is somebody else
	expect_said(p, "S");
}

static void MAG_REG_05_a_barred_node_that_left_and_came_back_stays_so(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	join(p, link_of(1), HNP1);
	pass_ms(p, 2000);
	hear(p, link_of(1), HEARD_LINK_UP);
	a.no_access = true;
	reply(p, a);
	assert_int_equal(binding_of(p, link_of(1)).reason, REASON_MISMATCH);
	detach(p, link_of(1));
	expect_state(p, link_of(1), BUL_LEAVING);
	hear(p, link_of(1), HEARD_LINK_UP); // before its de-registration is answered
	expect_said(p, "");
	reply(p, accepts(NULL));
	expect_state(p, link_of(1), BUL_NONE);
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_said(p, "");
	expect_refused(p, REASON_MISMATCH, 1);
	attach(p, link_of(1), NULL, 0);
	expect_said(p, "S");
}

static void as(struct mag_play *p, const char *name)
{
	tell(p, &(struct mag_event){
			.kind = MAG_AUTHORISED,
			.authorised = {.ticket = p->ticket,
				       .verdict = MAG_ACCEPT,
				       .mn_id = {(const uint8_t *)name, (uint16_t)strlen(name)}}});
}

static void with_authorisation(struct mag_play *p)
{
	p->conf.authorise = true;
	mag_play_restart(p);
}

// Who it is comes with the answer, so who is barred does too (MAG-PP-02).
static void MAG_REG_06_a_152_is_about_the_name_that_the_lma_knows(void **state)
{
	PLAY;

	with_authorisation(p);
	hear(p, link_of(1), HEARD_FRAME);
	as(p, BOTH);
	reply(p, refuses(PBA_PROXY_REG_NOT_ENABLED));
	detach(p, link_of(1));
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "Q");
	as(p, BOTH);
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_NONE);
	hear(p, link_of(2), HEARD_FRAME);
	as(p, BOTH);
	expect_said(p, "");
	hear(p, link_of(2), HEARD_FRAME); // nor is it asked for with every frame
	expect_said(p, "");
	hear(p, link_of(3), HEARD_FRAME);
	as(p, "other@" REALM);
	expect_said(p, "S");
	attach(p, link_of(2), NULL, 0);
	expect_said(p, "Q");
	as(p, BOTH);
	expect_said(p, "S");
	reply(p, accepts(HNP1));
	detach(p, link_of(2));
	reply(p, accepts(NULL));
	hear(p, link_of(2), HEARD_FRAME); // lifted for good
	as(p, BOTH);
	expect_said(p, "S");
}

static void an_operator_pardons_a_node_by_the_name_that_it_has(void **state)
{
	PLAY;

	with_authorisation(p);
	hear(p, link_of(1), HEARD_FRAME);
	as(p, BOTH);
	reply(p, refuses(PBA_PROXY_REG_NOT_ENABLED));
	assert_int_equal(mag_totals(p->mag)->refusals, 1);
	attach(p, link_of(1), NULL, 0);
	expect_said(p, "S");
	assert_int_equal(mag_totals(p->mag)->refusals, 0);
}

static void a_later_answer_does_not_lift_what_only_an_operator_lifts(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	with_authorisation(p);
	hear(p, link_of(1), HEARD_FRAME);
	authorise(p, MAG_ACCEPT, NULL, 100);
	reply(p, accepts(HNP1));
	pass_with_ms(p, link_of(1), 2000);
	hear(p, link_of(1), HEARD_LINK_UP);
	a.no_access = true;
	reply(p, a);
	pass_with_ms(p, link_of(1), 100 * 1000);
	authorise(p, MAG_ACCEPT, NULL, 100);
	expect_state(p, link_of(1), BUL_REFRESHING);
	pass_with_ms(p, link_of(1), 101 * 1000);
	authorise(p, MAG_REJECT, NULL, 0);
	reply(p, accepts(NULL));
	expect_state(p, link_of(1), BUL_NONE);
	struct mag_refusal r = refusal_of(p, link_of(1));
	assert_int_equal(r.reason, REASON_MISMATCH);
	assert_true(r.until == UINT64_MAX);
	assert_int_equal(r.times, 2);
}

static void a_refused_node_without_a_name_is_known_by_its_link(void **state)
{
	PLAY;
	struct mag_link there = at_interface(link_of(1), 2);

	p->conf.realm[0] = '\0';
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	hear(p, link_of(1), HEARD_FRAME);
	hear(p, there, HEARD_FRAME);
	hear(p, link_of(2), HEARD_FRAME);
	assert_int_equal(mag_totals(p->mag)->refusals, 3);
	struct mag_refusal r = refusal_of(p, link_of(1));
	assert_int_equal(r.reason, REASON_NO_PROFILE);
	assert_int_equal(r.times, 2);
	assert_int_equal(r.mn_id.n, 0);
	assert_int_equal(r.why.n, 0);
	assert_int_equal(refusal_of(p, there).times, 1);
	attach(p, link_of(1), "ann@" REALM, 0); // served now: what was held against it is no more
	expect_said(p, "S");
	assert_int_equal(refusal_of(p, link_of(1)).times, 0);
}

static void a_node_with_a_name_is_one_row_wherever_it_is_seen(void **state)
{
	PLAY;
	const struct mag_profile_conf rows[] = {{.match = "nobody", .permit = true}};

	p->conf.profiles = rows;
	p->conf.n_profiles = 1;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	hear(p, at_interface(link_of(1), 7), HEARD_FRAME);
	assert_int_equal(mag_totals(p->mag)->refusals, 1);
	assert_int_equal(refusal_of(p, at_interface(link_of(1), 7)).times, 2);
	hear(p, link_of(2), HEARD_FRAME);
	assert_int_equal(mag_totals(p->mag)->refusals, 2);
}

static void strangers(struct mag_play *p, uint32_t from, uint32_t to)
{
	struct mag_link link = link_of(0);

	for (uint32_t i = from; i < to; i++) {
		link.mac[3] = 9;
		link.mac[4] = (uint8_t)(i >> 8);
		link.mac[5] = (uint8_t)i;
		hear(p, link, HEARD_FRAME);
	}
}

static void a_thousand_refusals_are_remembered_and_the_oldest_gives_way(void **state)
{
	PLAY;
	struct mag_link first = {1, {2, 0, 0, 9, 0, 0}}, second = {1, {2, 0, 0, 9, 0, 1}};

	p->conf.realm[0] = '\0';
	mag_play_restart(p);
	strangers(p, 0, 1024);
	assert_int_equal(mag_totals(p->mag)->refusals, 1024);
	assert_int_equal(refusal_of(p, first).times, 1);
	strangers(p, 1024, 1025);
	assert_int_equal(mag_totals(p->mag)->refusals, 1024);
	assert_int_equal(refusal_of(p, first).times, 0);
	assert_int_equal(refusal_of(p, second).times, 1);
	strangers(p, 1025, 5000);
	assert_int_equal(mag_totals(p->mag)->refusals, 1024);
	strangers(p, 4999, 5000); // one of them again: no new row
	expect_refused(p, REASON_NO_PROFILE, 5001);
	struct mag_link newest = {1, {2, 0, 0, 9, 4999 >> 8, (uint8_t)4999}};
	assert_int_equal(refusal_of(p, newest).times, 2);
	p->conf.realm[0] = 'x';
}

static void why_is_cut_where_it_is_too_long(void **state)
{
	PLAY;
	uint8_t why[200];

	memset(why, 'w', sizeof(why));
	with_authorisation(p);
	for (uint16_t n = MAG_MAX_WHY - 1; n <= MAG_MAX_WHY + 1; n++) {
		struct mag_link link = link_of((uint8_t)n);
		uint16_t kept = n < MAG_MAX_WHY ? n : MAG_MAX_WHY;
		hear(p, link, HEARD_FRAME);
		tell(p, &(struct mag_event){.kind = MAG_AUTHORISED,
					    .authorised = {.ticket = p->ticket,
							   .verdict = MAG_REJECT,
							   .why = {why, n}}});
		assert_int_equal(refusal_of(p, link).why.n, kept);
		assert_memory_equal(refusal_of(p, link).why.p, why, kept);
		assert_int_equal(last(p, MAG_NOTE)->note.why.n, kept);
		assert_memory_equal(last(p, MAG_NOTE)->note.why.p, why, kept);
	}
}

static void the_longest_name_is_remembered_too(void **state)
{
	PLAY;
	char name[254] = {0};
	const struct mag_profile_conf rows[] = {{.match = "*", .permit = false}};

	memset(name, 'n', 253);
	p->conf.profiles = rows;
	p->conf.n_profiles = 1;
	mag_play_restart(p);
	attach(p, link_of(1), name, 0);
	assert_int_equal(refusal_of(p, link_of(1)).mn_id.n, 253);
	assert_memory_equal(refusal_of(p, link_of(1)).mn_id.p, name, 253);
	assert_int_equal(last(p, MAG_NOTE)->note.mn_id.n, 253);
}

static void who_is_served_again_is_not_shown_as_refused(void **state)
{
	PLAY;

	p->conf.max_nodes = 1;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	hear(p, link_of(2), HEARD_FRAME);
	assert_int_equal(refusal_of(p, link_of(2)).reason, REASON_FULL);
	detach(p, link_of(1));
	reply(p, accepts(NULL));
	hear(p, link_of(2), HEARD_FRAME);
	expect_said(p, "S");
	assert_int_equal(mag_totals(p->mag)->refusals, 0);
}

static void MAG_REG_06_a_refused_node_is_shown_with_what_the_lma_said(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	reply(p, refuses(PBA_MAG_NOT_AUTHORIZED));
	struct mag_binding b = binding_of(p, link_of(1));
	assert_int_equal(b.state, BUL_REFUSED);
	assert_int_equal(b.reason, REASON_STATUS);
	assert_int_equal(b.status, PBA_MAG_NOT_AUTHORIZED);
	pass_with_ms(p, link_of(1), 1100);
	reply(p, accepts(HNP1));
	assert_int_equal(binding_of(p, link_of(1)).reason, REASON_NONE);
	for (int r = 1; r < MAG_N_REASONS; r++) {
		assert_true(mag_reason_text((enum mag_reason)r)[0] != '\0');
		assert_true(mag_reason_advice((enum mag_reason)r)[0] != '\0');
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, mag_play_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_REG_06_a_152_is_remembered_when_the_node_left_and_came_back),
		T(MAG_REG_06_an_operator_lifts_what_is_held_against_another_name),
		T(MAG_REG_06_a_152_holds_for_every_link_of_the_node),
		T(MAG_REG_06_what_is_out_for_another_link_is_not_repeated),
		T(MAG_REG_06_a_152_lets_another_link_leave_as_always),
		T(MAG_REG_05_a_mismatch_is_remembered_for_a_new_link_of_the_node),
		T(MAG_REG_05_a_barred_node_that_left_and_came_back_stays_so),
		T(MAG_REG_06_a_152_is_about_the_name_that_the_lma_knows),
		T(an_operator_pardons_a_node_by_the_name_that_it_has),
		T(a_later_answer_does_not_lift_what_only_an_operator_lifts),
		T(a_refused_node_without_a_name_is_known_by_its_link),
		T(a_node_with_a_name_is_one_row_wherever_it_is_seen),
		T(a_thousand_refusals_are_remembered_and_the_oldest_gives_way),
		T(why_is_cut_where_it_is_too_long),
		T(the_longest_name_is_remembered_too),
		T(who_is_served_again_is_not_shown_as_refused),
		T(MAG_REG_06_a_refused_node_is_shown_with_what_the_lma_said),
	};

	return cmocka_run_group_tests_name("mag-refused", tests, NULL, NULL);
}
