// Cells of the table of states and events that other tests do not come by, and the moments at which
// a time is exactly over: RFC 5213 6.9.1, 6.9.4, 6.13.
#include "test/unit/mob/mag_play.h"

#define PLAY struct mag_play *p = *state

static void tick(struct mag_play *p)
{
	tell(p, &(struct mag_event){.kind = MAG_TICK});
}

static void refreshing(struct mag_play *p)
{
	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 2000);
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_state(p, link_of(1), BUL_REFRESHING);
}

static void MAG_REG_14_any_sign_goes_on_with_a_registration(void **state)
{
	PLAY;
	static const enum mag_heard signs[] = {HEARD_FRAME, HEARD_LINK_UP, HEARD_SOLICIT,
					       HEARD_SEARCH};

	p->conf.probes = 200;
	for (int i = 0; i < 4; i++) {
		mag_play_restart(p);
		hear(p, link_of(1), HEARD_FRAME);
		hear(p, link_of(1), signs[i]);
		expect_said(p, ""); // what is out says it already
		pass_ms(p, 100 * 1000);
		hear(p, link_of(1), signs[i]);
		expect_said(p, "S");
		hear(p, link_of(1), signs[i]);
		expect_said(p, "");
	}
}

static void MAG_DET_01_a_node_that_left_is_not_said_to_be_silent(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	detach(p, link_of(1));
	assert_int_equal(p->notes[MAG_NOTE_SILENT], 0);
	join(p, link_of(2), HNP2);
	detach(p, link_of(2));
	assert_int_equal(p->notes[MAG_NOTE_SILENT], 0);
	mag_play_restart(p);
	refreshing(p);
	detach(p, link_of(1));
	assert_int_equal(p->notes[MAG_NOTE_SILENT], 0);
	expect_state(p, link_of(1), BUL_LEAVING);
}

static void MAG_DET_01_a_silent_node_is_deregistered_in_every_state(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME); // REGISTERING
	pass_ms(p, 13100);
	assert_int_equal(p->notes[MAG_NOTE_SILENT], 1);
	assert_int_equal(p->notes[MAG_NOTE_BOUND], 0);
	expect_state(p, link_of(1), BUL_LEAVING);
	assert_int_equal(pbu_lifetime_s(p), 0);
	reply(p, accepts(NULL));
	mag_play_restart(p);
	refreshing(p);
	for (int i = 0; i < 140 && p->notes[MAG_NOTE_SILENT] == 0; i++)
		pass_ms(p, 100);
	assert_int_equal(p->notes[MAG_NOTE_SILENT], 1);
	expect_state(p, link_of(1), BUL_LEAVING);
	assert_int_equal(pbu_lifetime_s(p), 0);
	expect_pbu_hnps(p, HNP1, NULL);
}

static void MAG_REG_05_no_sign_of_the_node_lifts_a_bar(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	refreshing(p);
	a.no_access = true;
	reply(p, a);
	for (int i = 0; i < 4; i++) {
		pass_with_ms(p, link_of(1), 2000);
		hear(p, link_of(1), HEARD_SEARCH);
		expect_said(p, "");
		hear(p, link_of(1), HEARD_LINK_UP);
		expect_said(p, "");
		hear(p, link_of(1), HEARD_SOLICIT);
		expect_said(p, "A"); // it is bound still (MAG-RA-04)
		assert_int_equal(binding_of(p, link_of(1)).reason, REASON_MISMATCH);
	}
}

static void a_barred_node_that_falls_silent_leaves_as_barred(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	refreshing(p);
	a.no_access = true;
	reply(p, a);
	pass_ms(p, 13100);
	expect_state(p, link_of(1), BUL_LEAVING);
	assert_int_equal(binding_of(p, link_of(1)).reason, REASON_MISMATCH);
}

static void MAG_REG_06_no_sign_of_the_node_hurries_what_is_refused(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	reply(p, refuses(PBA_INSUFFICIENT_RESOURCES));
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_said(p, "");
	hear(p, link_of(1), HEARD_SEARCH);
	expect_said(p, "");
	hear(p, link_of(1), HEARD_SOLICIT);
	expect_said(p, "");
	hear(p, link_of(1), HEARD_FRAME);
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_REFUSED);
}

static void HB_03_what_is_out_when_the_lma_restarts_is_said_as_a_renewal(void **state)
{
	PLAY;
	struct mh mh = {.type = MH_HEARTBEAT,
			.heartbeat = {HEARTBEAT_RESPONSE | HEARTBEAT_UNSOLICITED, 0}};

	mh_add(&mh, OPT_RESTART_COUNTER)->restart_counter.count = 1;
	say_mh(p, LMAA, COA, &mh);
	refreshing(p);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	mh.opts.v[0].restart_counter.count = 2;
	say_mh(p, LMAA, COA, &mh);
	pass_ms(p, 5);
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	expect_pbu_hnps(p, HNP1, NULL);
	expect_bound(p, HNP1, link_of(1));
	expect_state(p, link_of(1), BUL_REFRESHING);
}

static void bind_failed(struct mag_play *p)
{
	tell(p, &(struct mag_event){.kind = MAG_BIND_FAILED, .bind_failed.link = link_of(1)});
}

static void a_failure_that_comes_late_is_one_all_the_same(void **state)
{
	PLAY;

	refreshing(p);
	bind_failed(p); // the next PBU is out already
	expect_said(p, "WUS");
	assert_int_equal(pbu_lifetime_s(p), 0);
	expect_state(p, link_of(1), BUL_REFUSED);
	assert_int_equal(binding_of(p, link_of(1)).reason, REASON_NO_ROOM);
	reply(p, accepts(NULL));
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_REFUSED);
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	detach(p, link_of(1));
	bind_failed(p); // it leaves anyway
	expect_said(p, "U");
	expect_state(p, link_of(1), BUL_NONE);
}

static void an_operator_keeps_a_node_that_was_leaving(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	detach(p, link_of(1));
	attach(p, link_of(1), NULL, 0);
	expect_said(p, "S");
	assert_int_equal(pbu_lifetime_s(p), 400);
	expect_pbu_hnps(p, HNP1, NULL);
	expect_bound(p, HNP1, link_of(1));
	expect_state(p, link_of(1), BUL_REFRESHING);
}

static void MAG_REG_13_a_lifetime_that_ends_while_the_node_leaves_ends_it(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 399 * 1000 + 600); // nobody answers
	detach(p, link_of(1));
	expect_bound(p, HNP1, link_of(1));
	pass_ms(p, 410); // and the LMA has 590 ms left
	expect_said(p, "U");
	expect_state(p, link_of(1), BUL_NONE);
}

static void a_renewal_that_is_out_is_no_attachment(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	while (binding_of(p, link_of(1)).state == BUL_BOUND)
		hear(p, link_of(1), HEARD_FRAME), pass_ms(p, 10);
	ns_t sent = p->pbu_at[0];
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	pass_ms(p, 49 - (p->now.mono - sent) / NS_MSEC);
	hear(p, link_of(1), HEARD_LINK_UP);
	expect_said(p, "");
	pass_ms(p, 1);
	assert_true(p->now.mono - sent >= 49 * NS_MSEC);
	p->now.mono = sent + 50 * NS_MSEC;
	hear(p, link_of(1), HEARD_LINK_UP); // it may have been elsewhere meanwhile
	expect_said(p, "S");
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	sent = p->now.mono;
	pass_ms(p, 999);
	hear(p, link_of(1), HEARD_LINK_UP); // that one says it already
	expect_said(p, "");
}

// ---- Exactly then.

static void MAG_DET_01_a_node_is_asked_exactly_when_its_time_is_over(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	p->now.mono += 10 * NS_SEC - 1;
	tick(p);
	expect_said(p, "");
	p->now.mono += 1;
	tick(p);
	expect_said(p, "P");
}

static void MAG_REG_14_a_sign_is_good_until_its_time_is_exactly_over(void **state)
{
	PLAY;

	p->conf.probe_after = 1 * NS_SEC;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	p->now.mono += NS_SEC; // as long as the first PBU waits
	tick(p);
	assert_int_equal(p->n_pbus, 1);
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	reply(p, refuses(PBA_INSUFFICIENT_RESOURCES));
	p->now.mono += NS_SEC;
	tick(p);
	assert_int_equal(p->n_pbus, 1);
	p->conf.authorise = true;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	p->now.mono += NS_SEC;
	authorise(p, MAG_ACCEPT, NULL, 0);
	assert_int_equal(p->n_pbus, 1);
}

static void MAG_REG_14_a_renewal_goes_out_at_once_for_a_node_just_heard(void **state)
{
	PLAY;
	struct mh brr = {.type = MH_BRR};
	struct mh_opt *opt = mh_add(&brr, OPT_MN_ID);

	opt->mn_id.subtype = MN_ID_NAI;
	opt->mn_id.id = (struct span){(const uint8_t *)NODE, sizeof(NODE) - 1};
	join(p, link_of(1), HNP1);
	p->now.mono += NS_SEC; // probe_interval
	say_mh(p, LMAA, COA, &brr);
	tick(p);
	expect_said(p, "S");
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	p->now.mono += NS_SEC + 1;
	say_mh(p, LMAA, COA, &brr);
	tick(p);
	tick(p);
	assert_int_equal(p->n_pbus, 0); // it is asked first
}

static void MAG_REG_07_a_node_heard_when_the_pbu_was_sent_needs_no_other_sign(void **state)
{
	PLAY;

	p->conf.probe_interval = NS_SEC / 2;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_ms(p, 2000);
	hear(p, link_of(1), HEARD_LINK_UP);
	pass_ms(p, 1010);
	expect_said(p, "S");
}

static void LMA_TS_07_a_clock_put_back_by_a_second_is_believed_by_less_is_not(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	uint64_t stamp = pbu_timestamp(p);
	p->now.mono += NS_SEC;
	p->now.wall_q16 = stamp - (1 << 16);
	tick(p);
	assert_int_equal(p->n_pbus, 1);
	assert_true(pbu_timestamp(p) == p->now.wall_q16);
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	stamp = pbu_timestamp(p);
	p->now.mono += NS_SEC;
	p->now.wall_q16 = stamp - (1 << 16) + 1;
	tick(p);
	assert_true(pbu_timestamp(p) == stamp + 1);
}

static void MAG_REG_07_after_256_tries_it_is_still_every_32_s(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	pass_with_ms(p, link_of(1), 249 * 32 * 1000);
	for (int i = 0; i < 12; i++) {
		pass_with_ms(p, link_of(1), 32 * 1000);
		assert_in_range(p->n_pbus, 0, 2);
	}
	assert_in_range(binding_of(p, link_of(1)).retries, 258, 270);
}

static void MAG_REG_06_after_256_refusals_it_is_still_every_32_s(void **state)
{
	PLAY;
	uint32_t pbus = 0;

	hear(p, link_of(1), HEARD_FRAME);
	reply(p, refuses(PBA_TIMESTAMP_LOWER)); // the first time at once
	for (int i = 0; i < 270; i++) {
		pass_with_ms(p, link_of(1), 33 * 1000);
		assert_in_range(p->n_pbus, 1, 6);
		pbus += p->n_pbus;
		reply(p, refuses(PBA_TIMESTAMP_LOWER));
		if (i > 6)
			assert_int_equal(p->n_pbus, 0);
		pass_ms(p, 100);
		if (i > 6)
			assert_int_equal(p->n_pbus, 0);
	}
	assert_true(pbus > 256);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mag_play_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_REG_14_any_sign_goes_on_with_a_registration),
		T(MAG_DET_01_a_node_that_left_is_not_said_to_be_silent),
		T(MAG_DET_01_a_silent_node_is_deregistered_in_every_state),
		T(MAG_REG_05_no_sign_of_the_node_lifts_a_bar),
		T(a_barred_node_that_falls_silent_leaves_as_barred),
		T(MAG_REG_06_no_sign_of_the_node_hurries_what_is_refused),
		T(HB_03_what_is_out_when_the_lma_restarts_is_said_as_a_renewal),
		T(a_failure_that_comes_late_is_one_all_the_same),
		T(an_operator_keeps_a_node_that_was_leaving),
		T(MAG_REG_13_a_lifetime_that_ends_while_the_node_leaves_ends_it),
		T(a_renewal_that_is_out_is_no_attachment),
		T(MAG_DET_01_a_node_is_asked_exactly_when_its_time_is_over),
		T(MAG_REG_14_a_sign_is_good_until_its_time_is_exactly_over),
		T(MAG_REG_14_a_renewal_goes_out_at_once_for_a_node_just_heard),
		T(MAG_REG_07_a_node_heard_when_the_pbu_was_sent_needs_no_other_sign),
		T(LMA_TS_07_a_clock_put_back_by_a_second_is_believed_by_less_is_not),
		T(MAG_REG_07_after_256_tries_it_is_still_every_32_s),
		T(MAG_REG_06_after_256_refusals_it_is_still_every_32_s),
	};

	return cmocka_run_group_tests_name("mag-cells", tests, NULL, NULL);
}
