// What a PBA does to a MAG: MAG-REG-05, -06, -08, -15, MAG-RA-05.
#include "test/unit/mob/mag_play.h"

#define PLAY struct mag_play *p = *state

static void expect_ignored(struct mag_play *p, struct pba a, enum mag_note_kind note)
{
	reply(p, a);
	expect_said(p, "");
	assert_int_equal(p->notes[note], 1);
}

static void MAG_REG_05_a_pba_that_answers_nothing_is_ignored(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	hear(p, link_of(1), HEARD_FRAME);
	a.seq = (uint16_t)(p->pbu.bu.seq + 1);
	expect_ignored(p, a, MAG_NOTE_IGNORED_PBA);
	a = accepts(HNP1);
	a.mn = "bob@example.net";
	expect_ignored(p, a, MAG_NOTE_IGNORED_PBA);
	a = accepts(HNP1);
	a.no_mn = true;
	expect_ignored(p, a, MAG_NOTE_IGNORED_PBA);
	a = accepts(HNP1);
	a.not_proxy = true;
	expect_ignored(p, a, MAG_NOTE_IGNORED_PBA);
	a = accepts(HNP1);
	a.src = STRANGER;
	expect_ignored(p, a, MAG_NOTE_IGNORED_SOURCE);
	a = accepts(HNP1);
	a.dst = "2001:db8:1::2";
	expect_ignored(p, a, MAG_NOTE_IGNORED_SOURCE);
	reply(p, accepts(HNP1)); // none of that hurt
	expect_said(p, "BA");
	expect_ignored(p, accepts(HNP2), MAG_NOTE_IGNORED_PBA); // and a second answer is none
}

static void mismatch(struct mag_play *p, struct pba a)
{
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	expect_ignored(p, a, MAG_NOTE_MISMATCH);
	pass_with_ms(p, link_of(1), 100 * 1000);
	assert_int_equal(p->n_pbus, 0); // and not sent again
	assert_int_equal(mag_totals(p->mag)->pending, 0);
	attach(p, link_of(1), NULL, 0); // until the operator says so
	assert_int_equal(p->n_pbus, 1);
	reply(p, accepts(HNP1));
	expect_bound(p, HNP1, link_of(1));
}

static void MAG_REG_05_a_pba_that_repeats_something_else_stops_that_pbu(void **state)
{
	PLAY;
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 99};
	struct pba a = accepts(HNP1);

	a.handoff = HI_NO_CHANGE;
	mismatch(p, a);
	a = accepts(HNP1);
	a.no_handoff = true;
	mismatch(p, a);
	a = accepts(HNP1);
	a.access = ACCESS + 1;
	mismatch(p, a);
	a = accepts(HNP1);
	a.no_access = true;
	mismatch(p, a);
	a = accepts(HNP1);
	a.mac = mac;
	mismatch(p, a);
	a = accepts(HNP1);
	a.no_ll_id = true;
	mismatch(p, a);
	a = refuses(PBA_INSUFFICIENT_RESOURCES);
	a.no_handoff = true;
	mismatch(p, a);
}

static void refreshing(struct mag_play *p)
{
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 2000);
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_state(p, link_of(1), BUL_REFRESHING);
}

static void MAG_REG_05_a_binding_whose_renewal_is_barred_lives_out_its_lifetime(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	refreshing(p);
	a.no_access = true;
	reply(p, a);
	expect_said(p, "");
	pass_with_ms(p, link_of(1), 390 * 1000);
	assert_int_equal(p->n_pbus, 0);
	expect_bound(p, HNP1, link_of(1));
	pass_with_ms(p, link_of(1), 10 * 1000);
	expect_said(p, "WU");
	expect_state(p, link_of(1), BUL_REFUSED);
	pass_with_ms(p, link_of(1), 100 * 1000);
	assert_int_equal(p->n_pbus, 0);
}

static void MAG_REG_05_an_operator_lifts_the_bar_of_a_renewal(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	refreshing(p);
	a.no_access = true;
	reply(p, a);
	pass_with_ms(p, link_of(1), 2000);
	attach(p, link_of(1), NULL, 0);
	assert_int_equal(p->n_pbus, 1);
	reply(p, accepts(NULL));
	expect_state(p, link_of(1), BUL_BOUND);
}

static void MAG_REG_08_every_prefix_is_bound_before_the_node_hears_of_one(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	a.hnps[1] = HNP2;
	a.hnps[2] = HNP3;
	hear(p, link_of(1), HEARD_FRAME);
	reply(p, a);
	expect_said(p, "BBBA");
	assert_int_equal(last(p, MAG_ADVERTISE)->advertise.n_hnps, 3);
	assert_int_equal(binding_of(p, link_of(1)).n_hnps, 3);
}

static void MAG_REG_15_the_prefixes_of_the_pba_rule(void **state)
{
	PLAY;
	struct pba a = accepts(HNP2);

	a.hnps[1] = HNP3;
	hear(p, link_of(1), HEARD_FRAME);
	reply(p, (struct pba){.lifetime_s = -1,
			      .seq = -1,
			      .handoff = -1,
			      .access = -1,
			      .hnps = {HNP1, HNP2}});
	pass_ms(p, 2000);
	hear(p, link_of(1), HEARD_LINK_UP);
	reply(p, a);
	expect_said(p, "BUWA"); // the new one, the lost one, which is withdrawn (MAG-RA-05)
	expect_bound(p, HNP2, link_of(1));
	expect_bound(p, HNP3, link_of(1));
	expect_unbound(p, HNP1);
	const struct mag_action *w = NULL;
	for (uint32_t i = 0; i < p->n_said && w == NULL; i++)
		if (p->said[i].action.kind == MAG_ADVERTISE)
			w = &p->said[i].action;
	assert_int_equal(w->advertise.n_hnps, 1);
	assert_true(ip6_prefix_equal(w->advertise.hnps[0], prefix(HNP1)));
	assert_int_equal(w->advertise.valid_s, 0);
	assert_int_equal(w->advertise.preferred_s, 0);
	assert_int_equal(w->advertise.router_lifetime_s, 1800); // it still has a router here
}

static void MAG_REG_15_an_acceptance_that_grants_nothing_ends_the_session(void **state)
{
	PLAY;
	struct pba a = accepts(NULL);

	refreshing(p);
	a.lifetime_s = 0;
	reply(p, a);
	expect_said(p, "WU");
	pass_with_ms(p, link_of(1), 2000);
	assert_true(p->n_pbus > 0);
	expect_pbu_hnps(p, "::/0", NULL);
}

static void prefixes_that_can_be_no_home_network_prefix_are_not_bound(void **state)
{
	PLAY;
	struct pba a = accepts("ff02::/64");

	a.hnps[1] = "fe80::/64";
	a.hnps[2] = "::/0";
	a.hnps[3] = "2001:db8:4000::1/128";
	hear(p, link_of(1), HEARD_FRAME);
	reply(p, a);
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_REFUSED);
	pass_with_ms(p, link_of(1), 2000);
	a.hnps[4] = HNP1;
	a.hnps[5] = HNP1;
	reply(p, a);
	expect_said(p, "BA"); // once
	assert_int_equal(binding_of(p, link_of(1)).n_hnps, 1);
}

static void more_prefixes_than_a_session_may_have_are_left_out(void **state)
{
	PLAY;
	static const char text[] = "2001:db8:4000:00::/64";
	static char texts[30][sizeof(text)];
	struct pba a = accepts(NULL);

	for (int i = 0; i < 30; i++) {
		memcpy(texts[i], text, sizeof(text));
		texts[i][14] = (char)('1' + i / 10);
		texts[i][15] = (char)('0' + i % 10);
		a.hnps[i] = texts[i];
	}
	hear(p, link_of(1), HEARD_FRAME);
	reply(p, a);
	expect_said(p, "BBBBBBBBBBBBBBBBA");
}

static void a_prefix_that_another_node_gets_is_not_taken_from_it_later(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	hear(p, link_of(2), HEARD_FRAME);
	reply(p, accepts(HNP1)); // the LMA forgot the first one
	expect_said(p, "WBA");
	assert_int_equal(p->notes[MAG_NOTE_LOST], 1);
	expect_bound(p, HNP1, link_of(2));
	pass_with_ms(p, link_of(1), 1500); // the first one asks for another
	assert_int_equal(p->n_pbus, 1);
	expect_pbu_hnps(p, "::/0", NULL);
	reply(p, accepts(HNP2));
	expect_bound(p, HNP1, link_of(2));
	expect_bound(p, HNP2, link_of(1));
	detach(p, link_of(1));
	reply(p, accepts(NULL));
	expect_bound(p, HNP1, link_of(2));
	expect_unbound(p, HNP2);
}

static void SEQ_25_a_refused_renewal_withdraws_the_prefix(void **state)
{
	PLAY;

	refreshing(p);
	reply(p, refuses(PBA_UNSPECIFIED));
	expect_said(p, "WU"); // MAG-RA-05, MAG-REG-06
	assert_int_equal(last(p, MAG_ADVERTISE)->advertise.valid_s, 0);
	assert_int_equal(last(p, MAG_ADVERTISE)->advertise.router_lifetime_s, 0);
	expect_unbound(p, HNP1);
	assert_int_equal(p->notes[MAG_NOTE_REFUSED], 1);
	assert_int_equal(last(p, MAG_NOTE)->note.status, PBA_UNSPECIFIED);
	hear(p, link_of(1), HEARD_SOLICIT);
	expect_said(p, ""); // MAG-RA-01
}

// How many PBUs follow in `ms` when the LMA refuses all of them with this status.
static uint32_t pbus_after(struct mag_play *p, int status, uint64_t ms)
{
	uint32_t n = 0;

	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	reply(p, refuses(status));
	for (uint64_t i = 0; i < ms / 100; i++) {
		pass_ms(p, 100);
		if (p->n_pbus > 0) {
			n += p->n_pbus;
			reply(p, refuses(status));
		}
		hear(p, link_of(1), HEARD_SOLICIT); // frames cause no PBU
		assert_int_equal(p->n_pbus, 0);
	}
	return n;
}

static void MAG_REG_06_each_refusal_has_its_remedy(void **state)
{
	PLAY;
	static const struct {
		int status;
		uint32_t in_900ms, in_10s, in_70s;
	} rows[] = {
		{PBA_UNSPECIFIED, 0, 3, 6}, // after 1, 3, 7, 15, 31, 63 s
		{PBA_INSUFFICIENT_RESOURCES, 0, 3, 6},
		{PBA_NOT_LMA_FOR_THIS_MN, 0, 3, 6},
		{PBA_MAG_NOT_AUTHORIZED, 0, 3, 6},
		{255, 0, 3, 6},
		{PBA_SEQUENCE_OUT_OF_WINDOW, 1, 3, 6}, // at once, then after 2, 6, 14, 30, 62 s
		{PBA_NOT_AUTHORIZED_FOR_HNP, 1, 3, 6},
		{PBA_PREFIX_SET_MISMATCH, 1, 3, 6},
		{PBA_TIMESTAMP_LOWER, 1, 3, 6},
		// Once as if it had come late; then the clocks are somebody else's work.
		{PBA_TIMESTAMP_MISMATCH, 1, 1, 3},
		{PBA_PROXY_REG_NOT_ENABLED, 0, 0, 0},
		{PBA_SERVICE_AUTHORIZATION_FAILED, 0, 0, 0},
		{PBA_CANNOT_MEET_QOS, 0, 3, 6}, // of no session yet: as any other
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(pbus_after(p, rows[i].status, 900), rows[i].in_900ms);
		assert_int_equal(pbus_after(p, rows[i].status, 10 * 1000), rows[i].in_10s);
		assert_int_equal(pbus_after(p, rows[i].status, 70 * 1000), rows[i].in_70s);
		assert_int_equal(binding_of(p, link_of(1)).status, rows[i].status);
	}
}

// MAG-REG-06: an LMA that stood still says 156 to what waited for it. How often the request had
// been repeated says nothing of the clocks.
static void MAG_REG_06_a_156_is_followed_once_by_a_fresh_request(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	pass_with_ms(p, link_of(1), 5000); // repeated after 1 and 3 s
	assert_int_equal(p->n_pbus, 2);
	reply(p, refuses(PBA_TIMESTAMP_MISMATCH));
	pass_ms(p, 1);
	assert_int_equal(p->n_pbus, 1);
	reply(p, refuses(PBA_TIMESTAMP_MISMATCH)); // at once: the clocks are apart
	pass_with_ms(p, link_of(1), 30 * 1000);
	assert_int_equal(p->n_pbus, 0);
}

static void MAG_REG_06_after_155_other_prefixes_are_asked_for(void **state)
{
	PLAY;

	refreshing(p);
	reply(p, refuses(PBA_NOT_AUTHORIZED_FOR_HNP));
	pass_ms(p, 5);
	assert_int_equal(p->n_pbus, 1);
	expect_pbu_hnps(p, "::/0", NULL);
	reply(p, accepts(HNP2));
	expect_bound(p, HNP2, link_of(1));
	expect_unbound(p, HNP1);
}

static void MAG_REG_06_after_152_only_the_operator_tries_again(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	reply(p, refuses(PBA_PROXY_REG_NOT_ENABLED));
	pass_with_ms(p, link_of(1), 1000 * 1000);
	assert_int_equal(p->n_pbus, 0);
	attach(p, link_of(1), NULL, 0);
	assert_int_equal(p->n_pbus, 1);
	reply(p, accepts(HNP1));
	expect_bound(p, HNP1, link_of(1));
}

static void a_refused_node_is_forgotten_when_it_is_silent(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	reply(p, refuses(PBA_PROXY_REG_NOT_ENABLED));
	pass_ms(p, 15 * 1000);
	assert_int_equal(p->n_pbus, 0); // no session: no de-registration
	assert_int_equal(mag_totals(p->mag)->nodes, 0);
}

static void SEQ_24_a_160_without_a_name_is_read_and_does_no_harm(void **state)
{
	PLAY;
	struct pba a = refuses(PBA_MISSING_MN_ID);

	hear(p, link_of(1), HEARD_FRAME);
	a.mn = "";
	reply(p, a);
	assert_int_equal(p->notes[MAG_NOTE_BAD_MESSAGE], 0);
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_PBA], 1);
	pass_with_ms(p, link_of(1), 1100);
	assert_int_equal(p->n_pbus, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mag_play_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_REG_05_a_pba_that_answers_nothing_is_ignored),
		T(MAG_REG_05_a_pba_that_repeats_something_else_stops_that_pbu),
		T(MAG_REG_05_a_binding_whose_renewal_is_barred_lives_out_its_lifetime),
		T(MAG_REG_05_an_operator_lifts_the_bar_of_a_renewal),
		T(MAG_REG_08_every_prefix_is_bound_before_the_node_hears_of_one),
		T(MAG_REG_15_the_prefixes_of_the_pba_rule),
		T(MAG_REG_15_an_acceptance_that_grants_nothing_ends_the_session),
		T(prefixes_that_can_be_no_home_network_prefix_are_not_bound),
		T(more_prefixes_than_a_session_may_have_are_left_out),
		T(a_prefix_that_another_node_gets_is_not_taken_from_it_later),
		T(SEQ_25_a_refused_renewal_withdraws_the_prefix),
		T(MAG_REG_06_each_refusal_has_its_remedy),
		T(MAG_REG_06_a_156_is_followed_once_by_a_fresh_request),
		T(MAG_REG_06_after_155_other_prefixes_are_asked_for),
		T(MAG_REG_06_after_152_only_the_operator_tries_again),
		T(a_refused_node_is_forgotten_when_it_is_silent),
		T(SEQ_24_a_160_without_a_name_is_read_and_does_no_harm),
	};

	return cmocka_run_group_tests_name("mag-answers", tests, NULL, NULL);
}
