// What is accepted, refused or met with silence, and in which order the checks answer:
// LMA-RX-04..14 and what of the WIRE rules the engine decides.
#include "test/unit/mob/play.h"

static void LMA_RX_04_a_home_registration_is_131(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.flags = BU_A | BU_H;
	say(p, u);
	expect_status(p, 131);
	assert_int_equal(lma_totals(p->lma)->bindings, 0);
}

static void LMA_RX_04_a_correspondent_registration_is_silent(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.flags = BU_A;
	say(p, u);
	expect_silence(p);
	assert_int_equal(p->notes[LMA_NOTE_IGNORED_NOT_PROXY], 1);
}

static void LMA_RX_05_no_acknowledge_flag_is_answered_alike(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.flags = BU_P;
	say(p, u);
	expect_status(p, 0);
	u = attach(OTHER, MAG1);
	u.flags = BU_A | BU_P | BU_H;
	say(p, u);
	expect_status(p, 0);
}

// Every check fails at once; each answer repairs what was answered, so the next one speaks.
static void LMA_RX_06_the_first_check_that_fails_answers(void **state)
{
	struct play *p = *state;
	struct pbu u = {.src = NO_MAG,
			.dst = LMAA,
			.hi = ABSENT,
			.att = ABSENT,
			.seq = ABSENT,
			.lifetime_s = 400,
			.flags = BU_P,
			.mn_subtype = MN_ID_NAI,
			.ts_ns = -(int64_t)NS_SEC};
	join(p, attach(OTHER, MAG2));
	say(p, u);
	expect_status(p, 160);
	u.mn = FOREIGN;
	say(p, u);
	expect_status(p, 154);
	u.src = MAG1;
	say(p, u);
	expect_status(p, 153);
	u.mn = BARRED;
	say(p, u);
	expect_status(p, 152);
	u.mn = MN;
	say(p, u);
	expect_status(p, 156);
	u.ts_ns = 0;
	say(p, u);
	expect_status(p, 158);
	u.hnps[0] = "2001:db8:4000::/64"; // the other node's
	say(p, u);
	expect_status(p, 161);
	u.hi = HI_NEW_INTERFACE;
	say(p, u);
	expect_status(p, 162);
	u.att = WLAN;
	say(p, u);
	expect_status(p, 155);
	u.hnps[0] = NOTHING;
	say(p, u);
	expect_status(p, 0);
}

static void LMA_RX_06_freshness_is_asked_before_the_binding_test(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = refresh(MN, MAG2, hnp); // BC-13 would say 155
	u.ts_ns = -(int64_t)NS_SEC;
	say(p, u);
	expect_status(p, 157);
	u.hnps[1] = "2001:db8:4000:9::/64"; // BC-04 would say 159
	say(p, u);
	expect_status(p, 157);
}

static void LMA_RX_06_a_new_session_is_asked_for_the_window_only(void **state)
{
	struct play *p = *state;
	join(p, attach(MN, MAG1));
	struct pbu u = attach(MN, MAG1); // HI 1: a second session, whose stamp is older
	u.ts_ns = -(int64_t)(100 * NS_MSEC);
	say(p, u);
	expect_status(p, 0);
}

static void LMA_RX_06_rejects_are_sent_without_lifetime_too(void **state)
{
	struct play *p = *state;
	struct pbu u = leave(NULL, MAG1, NOTHING);
	say(p, u);
	expect_status(p, 160);
	u = leave(MN, NO_MAG, NOTHING);
	say(p, u);
	expect_status(p, 154);
	u = leave(MN, MAG1, NULL);
	say(p, u);
	expect_status(p, 158);
}

static void LMA_RX_07_reserved_and_unassigned_indicators_count_as_unknown(void **state)
{
	struct play *p = *state;
	static const int his[] = {0, 7, 8, 255};
	join(p, attach(MN, MAG1));
	for (size_t i = 0; i < sizeof(his) / sizeof(his[0]); i++) {
		struct pbu u = attach(MN, MAG2);
		u.hi = his[i];
		say(p, u);
		expect_silence(p); // held, as 4 would be
		assert_int_equal(p->notes[LMA_NOTE_UNKNOWN_HI], 1);
	}
	pass_ms(p, 2000);
	expect_status(p, 0);
	assert_int_equal(pba_opt(p, OPT_HANDOFF)->handoff.indicator, 255);
	assert_int_equal(p->notes[LMA_NOTE_UNKNOWN_HI], 0); // said once
}

static void LMA_RX_07_access_type_zero_is_taken_as_given(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.att = 0;
	const char *hnp = join(p, u);
	assert_int_equal(binding_of(p, hnp).access_tech, 0);
}

static void LMA_RX_08_a_reject_changes_nothing(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct lma_binding before = binding_of(p, hnp);
	struct pbu bad[5];
	for (int i = 0; i < 5; i++)
		bad[i] = refresh(MN, MAG1, hnp);
	bad[0].hnps[1] = NOTHING;
	bad[1].hi = ABSENT;
	bad[2].att = ABSENT;
	bad[3].att = LTE;
	bad[4].ts_ns = 10 * (int64_t)NS_SEC;
	for (int i = 0; i < 5; i++) {
		bad[i].lifetime_s = 2000;
		bad[i].lla = "fe80::77";
		say(p, bad[i]);
		assert_true(pba(p)->ba.status >= 128);
		assert_string_equal(p->order, "S");
		struct lma_binding b = binding_of(p, hnp);
		assert_true(ip6_equal(b.coa, before.coa));
		assert_true(ip6_is_zero(b.lla));
		assert_int_equal(b.expires, before.expires);
		assert_int_equal(b.access_tech, before.access_tech);
		assert_int_equal(b.handoff_indicator, before.handoff_indicator);
	}
	// Nor the stamp: what follows the accepted one is still fresh.
	say(p, refresh(MN, MAG1, hnp));
	expect_status(p, 0);
}

static void LMA_RX_09_every_update_gets_one_answer(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, refresh(MN, MAG1, hnp));
	expect_status(p, 0);
	say(p, leave(MN, MAG1, hnp));
	expect_status(p, 0);
	say(p, leave(MN, MAG1, hnp));
	expect_status(p, 0);
}

static void LMA_RX_11_a_binding_keeps_what_it_was_told(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "a link-layer identifier of some length";
	u.lla = "fe80::1234";
	u.att = LTE;
	const char *hnp = join(p, u);
	struct lma_binding b = binding_of(p, hnp);
	assert_int_equal(b.mn_id.n, strlen(MN));
	assert_memory_equal(b.mn_id.p, MN, b.mn_id.n);
	assert_int_equal(b.ll_id.n, strlen(u.ll_id));
	assert_memory_equal(b.ll_id.p, u.ll_id, b.ll_id.n);
	assert_true(ip6_equal(b.lla, addr("fe80::1234")));
	assert_true(ip6_equal(b.lmaa, addr(LMAA)));
	assert_true(ip6_equal(b.coa, addr(MAG1)));
	assert_int_equal(b.access_tech, LTE);
	assert_int_equal(b.lifetime_s, 400);
	assert_int_equal(b.n_hnps, 1);
}

static void LMA_RX_12_both_ends_of_an_alternate_care_of_address_are_mags_of_ours(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.alt_coa = NO_MAG;
	say(p, u);
	expect_status(p, 154);
	u.src = NO_MAG;
	u.alt_coa = MAG1;
	say(p, u);
	expect_status(p, 154);
	assert_int_equal(p->notes[LMA_NOTE_UNKNOWN_MAG], 1);
}

static void LMA_RX_14_lifetime_then_care_of_address_say_what_it_is(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, refresh(MN, MAG1, hnp));
	say(p, arrive(MN, MAG2));
	say(p, leave(MN, MAG2, hnp));
	uint32_t cursor = 0;
	struct lma_mag mag;
	while (lma_next_mag(p->lma, &cursor, &mag)) {
		bool first = ip6_equal(mag.coa, addr(MAG1));
		assert_string_equal(mag.name, first ? "one" : "two");
		assert_int_equal(mag.received[LMA_INITIAL], first);
		assert_int_equal(mag.accepted[LMA_INITIAL], first);
		assert_int_equal(mag.received[LMA_HANDOFF], !first);
		assert_int_equal(mag.accepted[LMA_HANDOFF], !first);
		assert_int_equal(mag.bindings, !first);
	}
	assert_int_equal(cursor, 2);
	const struct lma_totals *t = lma_totals(p->lma);
	assert_int_equal(t->accepted[LMA_INITIAL], 1);
	assert_int_equal(t->accepted[LMA_REFRESH], 1);
	assert_int_equal(t->accepted[LMA_HANDOFF], 1);
	assert_int_equal(t->accepted[LMA_DEREG], 1);
	for (int i = 0; i < LMA_N_UPDATES; i++)
		assert_int_equal(t->received[i], t->accepted[i]);
}

static void OPT_05_the_realm_has_no_case_but_the_name_has(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, refresh("alice@EXAMPLE.net", MAG1, hnp));
	expect_status(p, 0);
	say(p, refresh("Alice@example.net", MAG1, hnp));
	expect_status(p, 155);
	say(p, attach("who@is@example.net", MAG1)); // the realm is what follows the last @
	expect_status(p, 0);
}

static void OPT_06_an_empty_identifier_is_a_missing_one(void **state)
{
	struct play *p = *state;
	say(p, attach("", MAG1));
	expect_status(p, 160);
}

static void OPT_06_an_identifier_of_another_kind_is_another_node(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = refresh(MN, MAG1, hnp);
	u.mn_subtype = 2;
	say(p, u);
	expect_status(p, 153); // it has no realm either
	static const struct lma_profile_conf all[] = {{.key = "*", .permit = true}};
	p->conf.profiles = all;
	p->conf.n_profiles = 1;
	play_restart(p);
	u.hnps[0] = join(p, attach(MN, MAG1));
	say(p, u);
	expect_status(p, 155);
}

static void OPT_09_an_alternate_equal_to_the_source_means_nothing(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.alt_coa = MAG1;
	const char *hnp = join(p, u);
	say(p, refresh(MN, MAG1, hnp));
	expect_status(p, 0);
	assert_int_equal(lma_totals(p->lma)->accepted[LMA_REFRESH], 1);
}

static void bad(struct play *p, enum mh_err err, const char *src, const char *dst)
{
	tell(p, (struct lma_event){.kind = LMA_BAD_MESSAGE,
				   .bad = {addr(src), addr(dst), err, MH_BU}});
}

static void WIRE_06_an_unknown_type_is_owed_a_binding_error(void **state)
{
	struct play *p = *state;
	bad(p, MH_UNKNOWN_TYPE, NO_MAG, LMAA);
	assert_int_equal(p->n_sent, 1);
	assert_int_equal(p->sent[0].mh.type, MH_BE);
	assert_int_equal(p->sent[0].mh.be.status, BE_UNKNOWN_MH_TYPE);
	assert_true(ip6_is_zero(p->sent[0].mh.be.home));
	assert_true(ip6_equal(p->sent[0].src, addr(LMAA)));
	assert_true(ip6_equal(p->sent[0].dst, addr(NO_MAG)));
}

static void WIRE_06_never_where_it_must_not_go(void **state)
{
	struct play *p = *state;
	static const char *const sources[] = {"::", "::1", "ff02::1"};
	for (size_t i = 0; i < 3; i++) {
		bad(p, MH_UNKNOWN_TYPE, sources[i], LMAA);
		expect_silence(p);
	}
	bad(p, MH_UNKNOWN_TYPE, MAG1, "ff02::1");
	expect_silence(p);
	for (int err = MH_TRUNCATED; err < MH_N_ERRS; err++) {
		struct lma_event of_mags = {
			.kind = LMA_BAD_MESSAGE,
			.bad = {addr(MAG1), addr(LMAA), (enum mh_err)err, MH_HI}};
		tell(p, of_mags);
		assert_int_equal(p->n_sent, err >= MH_UNKNOWN_TYPE); // WIRE-12
		if (err == MH_UNKNOWN_TYPE)
			continue;
		bad(p, (enum mh_err)err, MAG1, LMAA);
		expect_silence(p);
		assert_int_equal(p->notes[LMA_NOTE_BAD_MESSAGE], 1);
	}
}

static void WIRE_06_binding_errors_are_limited_in_rate(void **state)
{
	struct play *p = *state;
	uint32_t sent = 0;
	for (int i = 0; i < 100; i++) {
		bad(p, MH_UNKNOWN_TYPE, MAG1, LMAA);
		sent += p->n_sent;
	}
	assert_int_equal(sent, 10);
	assert_int_equal(lma_totals(p->lma)->notes[LMA_NOTE_BE_LIMITED], 90);
	pass_ms(p, 100);
	bad(p, MH_UNKNOWN_TYPE, MAG1, LMAA);
	assert_int_equal(p->n_sent, 1);
}

static void message(struct play *p, const char *src, const struct mh *mh)
{
	tell(p, (struct lma_event){.kind = LMA_MESSAGE,
				   .message = {.src = addr(src),
					       .dst = addr(LMAA),
					       .arrival_wall_q16 = p->now.wall_q16,
					       .mh = mh}});
}

static void WIRE_11_a_source_that_is_not_unicast_is_silent(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, "ff02::1");
	say(p, u);
	expect_silence(p);
	assert_int_equal(p->notes[LMA_NOTE_IGNORED_BAD_SOURCE], 1);
	u.src = "::";
	u.alt_coa = MAG1;
	say(p, u);
	expect_silence(p);
}

static void WIRE_13_a_care_of_address_that_is_not_routable_is_silent(void **state)
{
	struct play *p = *state;
	static const char *const alternates[] = {"ff02::1", "fe80::1", "::", "::1"}; // SEQ-30
	for (size_t i = 0; i < 4; i++) {
		struct pbu u = attach(MN, MAG1);
		u.alt_coa = alternates[i];
		say(p, u);
		expect_silence(p);
		assert_int_equal(p->notes[LMA_NOTE_IGNORED_BAD_COA], 1);
	}
	assert_int_equal(lma_totals(p->lma)->bindings, 0);
}

static void WIRE_14_a_message_for_another_role_is_counted(void **state)
{
	struct play *p = *state;
	message(p, MAG1, &(struct mh){.type = MH_BA, .ba = {.flags = BA_P}});
	expect_silence(p);
	assert_int_equal(p->notes[LMA_NOTE_IGNORED_ROLE], 1);
}

static void WIRE_16_a_binding_error_changes_no_binding(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	for (uint8_t status = 1; status <= 2; status++) {
		message(p, MAG1, &(struct mh){.type = MH_BE, .be = {.status = status}});
		expect_silence(p);
		assert_string_equal(p->order, "");
		assert_int_equal(p->notes[LMA_NOTE_BINDING_ERROR], 1);
	}
	expect_bound(p, hnp, MAG1);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_RX_04_a_home_registration_is_131),
		PLAY(LMA_RX_04_a_correspondent_registration_is_silent),
		PLAY(LMA_RX_05_no_acknowledge_flag_is_answered_alike),
		PLAY(LMA_RX_06_the_first_check_that_fails_answers),
		PLAY(LMA_RX_06_freshness_is_asked_before_the_binding_test),
		PLAY(LMA_RX_06_a_new_session_is_asked_for_the_window_only),
		PLAY(LMA_RX_06_rejects_are_sent_without_lifetime_too),
		PLAY(LMA_RX_07_reserved_and_unassigned_indicators_count_as_unknown),
		PLAY(LMA_RX_07_access_type_zero_is_taken_as_given),
		PLAY(LMA_RX_08_a_reject_changes_nothing),
		PLAY(LMA_RX_09_every_update_gets_one_answer),
		PLAY(LMA_RX_11_a_binding_keeps_what_it_was_told),
		PLAY(LMA_RX_12_both_ends_of_an_alternate_care_of_address_are_mags_of_ours),
		PLAY(LMA_RX_14_lifetime_then_care_of_address_say_what_it_is),
		PLAY(OPT_05_the_realm_has_no_case_but_the_name_has),
		PLAY(OPT_06_an_empty_identifier_is_a_missing_one),
		PLAY(OPT_06_an_identifier_of_another_kind_is_another_node),
		PLAY(OPT_09_an_alternate_equal_to_the_source_means_nothing),
		PLAY(WIRE_06_an_unknown_type_is_owed_a_binding_error),
		PLAY(WIRE_06_never_where_it_must_not_go),
		PLAY(WIRE_06_binding_errors_are_limited_in_rate),
		PLAY(WIRE_11_a_source_that_is_not_unicast_is_silent),
		PLAY(WIRE_13_a_care_of_address_that_is_not_routable_is_silent),
		PLAY(WIRE_14_a_message_for_another_role_is_counted),
		PLAY(WIRE_16_a_binding_error_changes_no_binding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
