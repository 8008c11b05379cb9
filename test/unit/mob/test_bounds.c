// Where it ends: caps, full tables, BINDs that fail, queues, many of everything.
#include "test/unit/mob/play.h"

#include <stdio.h>
#include <stdlib.h>

static void LMA_BC_14_sessions_of_a_node_are_capped(void **state)
{
	struct play *p = *state;
	for (int i = 0; i < 4; i++)
		join(p, attach(MN, MAG1));
	say(p, attach(MN, MAG1));
	expect_status(p, 130);
	join(p, attach(OTHER, MAG1));
}

static void LMA_BC_14_what_waited_is_capped_too(void **state)
{
	struct play *p = *state;
	p->conf.sessions_per_mn = 1;
	play_restart(p);
	join(p, attach(MN, MAG1));
	struct pbu u = attach(MN, MAG2);
	u.hi = HI_UNKNOWN;
	say(p, u);
	expect_silence(p);
	pass_ms(p, 1600);
	expect_status(p, 130);
	assert_int_equal(lma_totals(p->lma)->bindings, 1);
}

static void SEC_05_bindings_are_capped(void **state)
{
	struct play *p = *state;
	p->conf.max_bindings = 2;
	play_restart(p);
	join(p, attach(MN, MAG1));
	struct pbu two = attach(OTHER, MAG1);
	two.hnps[1] = NOTHING; // prefixes count, the workers have one entry for each
	say(p, two);
	expect_status(p, 130);
	assert_int_equal(p->notes[LMA_NOTE_FULL], 1);
	join(p, attach(OTHER, MAG1));
	say(p, attach("dave@example.net", MAG1));
	expect_status(p, 130);
}

static void SEC_05_mags_are_capped_and_idle_ones_make_room(void **state)
{
	struct play *p = *state;
	p->conf.max_mags = 1;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, attach(OTHER, MAG2));
	expect_status(p, 130);
	assert_int_equal(p->notes[LMA_NOTE_FULL], 1);
	say(p, leave(MN, MAG1, hnp));
	pass_ms(p, 10100);
	join(p, attach(OTHER, MAG2));
	assert_int_equal(lma_totals(p->lma)->mags, 1);
}

static void SEC_10_prefixes_of_a_session_are_capped(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	for (int i = 0; i < 16; i++)
		u.hnps[i] = NOTHING;
	say(p, u);
	expect_status(p, 0);
	assert_int_equal(pba_hnps(p), 16);
	u.mn = OTHER;
	u.hnps[16] = NOTHING;
	say(p, u);
	expect_status(p, 130);
	assert_int_equal(pba_hnps(p), 17); // those of the update
}

static void say_prefixes(struct play *p, int n)
{
	struct mh mh = {.type = MH_BU, .bu = {.flags = BU_P, .lifetime_4s = 10}};
	struct mh_opt *opt = mh_add(&mh, OPT_MN_ID);

	opt->mn_id.subtype = MN_ID_NAI;
	opt->mn_id.id = (struct span){(const uint8_t *)MN, sizeof(MN) - 1};
	while (n-- > 0)
		mh_add(&mh, OPT_HNP);
	tell(p,
	     (struct lma_event){.kind = LMA_MESSAGE,
				.message = {addr(MAG1), addr(LMAA), p->now.wall_q16, &mh, NULL}});
}

static void SEC_10_an_answer_always_has_room_for_what_it_must_say(void **state)
{
	struct play *p = *state;
	say_prefixes(p, MH_MAX_OPTS - 4);
	expect_status(p, 161);
	assert_int_equal(pba_hnps(p), MH_MAX_OPTS - 4);
	assert_non_null(pba_opt(p, OPT_HANDOFF));
	assert_non_null(pba_opt(p, OPT_ACCESS));
	say_prefixes(p, MH_MAX_OPTS - 3);
	expect_silence(p);
	assert_int_equal(p->notes[LMA_NOTE_BAD_MESSAGE], 1);
}

static void OPT_08_the_same_prefix_twice_is_155_or_159(void **state)
{
	struct play *p = *state;
	struct pbu u = refresh(MN, MAG1, "2001:db8:4000:5::/64");
	u.hnps[1] = u.hnps[0];
	say(p, u);
	expect_status(p, 155);
	u.hnps[1] = NULL;
	say(p, u);
	expect_status(p, 0);
	u.hnps[1] = u.hnps[0];
	say(p, u);
	expect_status(p, 159);
}

static void a_prefix_that_was_claimed_and_left_is_not_allocated_twice(void **state)
{
	struct play *p = *state;
	say(p, refresh(MN, MAG1, "2001:db8:4000::/64"));
	say(p, leave(MN, MAG1, "2001:db8:4000::/64"));
	pass_ms(p, 25 * 1000); // free again, and not yet reached by the pool's pointer
	struct pbu u = attach(OTHER, MAG1);
	u.hnps[1] = u.hnps[2] = NOTHING;
	say(p, u);
	expect_status(p, 0);
	assert_string_not_equal(granted(p, 0), granted(p, 1));
	assert_string_not_equal(granted(p, 0), granted(p, 2));
	assert_string_not_equal(granted(p, 1), granted(p, 2));
}

static void LMA_RST_01_claims_in_a_long_row_are_passed_over(void **state)
{
	struct play *p = *state;
	char name[32], text[IP6_PREFIX_TEXT];
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "n%d@example.net", i);
		snprintf(text, sizeof(text), "2001:db8:4000:%x::/64", i);
		say(p, refresh(name, MAG1, i == 0 ? "2001:db8:4000::/64" : text));
		expect_status(p, 0);
	}
	for (int i = 300; i < 400; i++) {
		snprintf(name, sizeof(name), "n%d@example.net", i);
		say(p, attach(name, MAG1));
		expect_status(p, 0); // the workers' view would lose one if a prefix came twice
		assert_int_equal(p->n_view, i + 1);
	}
	assert_int_equal(lma_totals(p->lma)->prefixes_used, 400);
}

static void a_small_pool_is_used_to_its_last_prefix(void **state)
{
	struct play *p = *state;
	static const struct lma_pool_conf pool = {.block = {{{0x20, 1, 0xd, 0xb8, 0x50}}, 55},
						  .hnp_len = 64};
	char name[32];
	p->conf.pools = &pool;
	play_restart(p);
	for (int i = 0; i < 512; i++) {
		snprintf(name, sizeof(name), "n%d@example.net", i);
		join(p, attach(name, MAG1));
	}
	say(p, attach(MN, MAG1));
	expect_status(p, 130);
	assert_int_equal(lma_totals(p->lma)->prefixes_free, 0);
	assert_int_equal(p->n_view, 512);
}

static void a_node_that_claims_and_leaves_does_not_use_the_pool_up(void **state)
{
	struct play *p = *state;
	uint64_t all = lma_totals(p->lma)->prefixes_free;
	for (int i = 0; i < 50; i++) {
		say(p, refresh(MN, MAG1, "2001:db8:4000::/64"));
		expect_status(p, 0);
		say(p, leave(MN, MAG1, "2001:db8:4000::/64"));
		pass_ms(p, i % 2 ? 11 * 1000 : 25 * 1000);
	}
	pass_ms(p, 60 * 1000);
	assert_int_equal(lma_totals(p->lma)->prefixes_free, all);
	assert_int_equal(lma_totals(p->lma)->prefixes_quarantined, 0);
}

// ---- The workers' tables have no room.

static void no_room_for_a_new_binding_is_130_and_leaves_nothing(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.hnps[1] = u.hnps[2] = NOTHING;
	u.lla = "::";
	p->bind_room = 1;
	say(p, u);
	expect_status(p, 130);
	assert_int_equal(pba(p)->ba.lifetime_4s, 0);
	assert_int_equal(pba_hnps(p), 3);
	assert_string_equal(granted(p, 0), NOTHING); // those of the update (LMA-PBA-04)
	assert_true(ip6_is_zero(pba_opt(p, OPT_LLA)->lla.addr));
	assert_int_equal(p->n_binds, 2); // the third was not tried
	assert_int_equal(p->n_view, 0);
	assert_int_equal(p->notes[LMA_NOTE_NO_ROOM], 1);
	const struct lma_totals *t = lma_totals(p->lma);
	assert_int_equal(t->bindings, 0);
	assert_int_equal(t->prefixes_used, 0);
	assert_int_equal(t->by_status[0], 0);
	assert_int_equal(t->by_status[130], 1);
	assert_int_equal(t->accepted[LMA_INITIAL], 0);
	assert_int_equal(t->denied[LMA_INITIAL], 1);
}

static struct pbu rich(const char *mag)
{
	struct pbu u = attach(MN, mag);

	u.ll_id = "a long link-layer identifier";
	u.lla = "fe80::1";
	u.hnps[1] = NOTHING;
	return u;
}

static struct pbu rich_elsewhere(const char *mag)
{
	struct pbu u = rich(mag);

	u.att = LTE;
	u.ll_id = "bbbbbb";
	u.lla = "fe80::2";
	u.hi = HI_BETWEEN_INTERFACES;
	u.lifetime_s = 40;
	return u;
}

static void LMA_RX_08_no_room_for_a_handover_leaves_the_binding_where_it_was(void **state)
{
	struct play *p = *state;
	const char *a = join(p, rich(MAG1));
	const char *b = granted(p, 1);
	struct lma_binding before = binding_of(p, a);
	p->fail_next = true;
	struct pbu moved = rich_elsewhere(MAG2);
	moved.ts_ns = 200 * (int64_t)NS_MSEC;
	say(p, moved);
	expect_status(p, 130);
	expect_bound(p, a, MAG1);
	expect_bound(p, b, MAG1);
	struct lma_binding after = binding_of(p, a);
	assert_int_equal(after.state, BCE_ACTIVE);
	assert_int_equal(after.expires, before.expires);
	assert_int_equal(after.lifetime_s, before.lifetime_s);
	assert_int_equal(after.access_tech, WLAN);
	assert_int_equal(after.handoff_indicator, HI_NEW_INTERFACE);
	assert_int_equal(after.handovers, 0);
	assert_int_equal(after.ll_id.n, strlen("a long link-layer identifier"));
	assert_true(ip6_equal(after.lla, addr("fe80::1")));
	assert_int_equal(lma_totals(p->lma)->accepted[LMA_HANDOFF], 0);
	assert_int_equal(lma_totals(p->lma)->denied[LMA_HANDOFF], 1);
	say(p, rich(MAG1)); // its stamp is none that was accepted
	expect_status(p, 0);
	say(p, rich_elsewhere(MAG2)); // room again
	expect_status(p, 0);
	expect_bound(p, b, MAG2);
}

static void no_room_for_the_way_back_drops_packets_by_name_until_there_is(void **state)
{
	struct play *p = *state;
	const char *a = join(p, rich(MAG1));
	p->bind_room = 0;
	say(p, rich_elsewhere(MAG2));
	expect_status(p, 130);
	assert_true(binding_of(p, a).unbound);
	assert_true(ip6_equal(binding_of(p, a).coa, addr(MAG1)));
	expect_detached(p, a);
	pass_ms(p, 100);
	say(p, rich(MAG1)); // and still none
	expect_status(p, 130);
	assert_true(binding_of(p, a).unbound);
	pass_ms(p, 100);
	p->bind_room = UINT32_MAX;
	say(p, rich(MAG1));
	expect_status(p, 0);
	assert_false(binding_of(p, a).unbound);
	expect_bound(p, a, MAG1);
}

// LMA-RX-08: a refusal that is repeated does not empty the pool.
static void LMA_RX_08_a_session_that_never_was_leaves_its_prefix_free(void **state)
{
	struct play *p = *state;
	uint64_t there = lma_totals(p->lma)->prefixes_free;
	p->fail_next = true;
	say(p, attach(MN, MAG1));
	expect_status(p, 130);
	assert_int_equal(lma_totals(p->lma)->prefixes_free, there);
	assert_int_equal(lma_totals(p->lma)->prefixes_quarantined, 0);
}

static void LMA_DER_06_no_room_for_a_revival_leaves_the_delay_running(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, leave(MN, MAG1, hnp));
	pass_ms(p, 4000);
	p->fail_next = true;
	say(p, arrive(MN, MAG2));
	expect_status(p, 130);
	expect_detached(p, hnp);
	assert_int_equal(lma_totals(p->lma)->detached, 1);
	pass_ms(p, 6100);
	expect_unbound(p, hnp);
}

static void a_bind_that_failed_for_nobody_is_nothing(void **state)
{
	struct play *p = *state;
	tell(p, (struct lma_event){.kind = LMA_BIND_FAILED,
				   .bind_failed.hnp = prefix("2001:db8:4000::/64")});
	assert_string_equal(p->order, "");
}

// ---- The operator.

static void the_operator_deletes_a_binding_with_all_its_prefixes(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.hnps[1] = NOTHING;
	const char *a = join(p, u);
	const char *b = granted(p, 1);
	tell(p, (struct lma_event){.kind = LMA_DELETE, .delete.hnp = prefix(b)});
	assert_string_equal(p->order, "UU");
	expect_unbound(p, a);
	expect_unbound(p, b);
	tell(p, (struct lma_event){.kind = LMA_DELETE, .delete.hnp = prefix(b)});
	assert_string_equal(p->order, "");
}

// ---- Many.

static void send_without_pulling(struct play *p, int i)
{
	char name[32];
	struct mh mh = {.type = MH_BU, .bu = {.flags = BU_P, .lifetime_4s = 10}};
	struct mh_opt *opt = mh_add(&mh, OPT_MN_ID);

	opt->mn_id.subtype = MN_ID_NAI;
	int n = snprintf(name, sizeof(name), "n%d@example.net", i);
	opt->mn_id.id = (struct span){(const uint8_t *)name, (uint16_t)n};
	mh_add(&mh, OPT_HNP);
	mh_add(&mh, OPT_HANDOFF)->handoff.indicator = HI_NEW_INTERFACE;
	mh_add(&mh, OPT_ACCESS)->access.tech = WLAN;
	lma_input(p->lma, p->now,
		  &(struct lma_event){
			  .kind = LMA_MESSAGE,
			  .message = {addr(MAG1), addr(LMAA), p->now.wall_q16, &mh, NULL}});
}

// A caller that never pulls: what has no room is left unanswered, and nothing is half done.
static void a_full_queue_leaves_messages_unanswered(void **state)
{
	struct play *p = *state;
	struct lma_action a;
	uint32_t binds = 0, sends = 0;
	p->conf.max_bindings = 60000;
	play_restart(p);
	for (int i = 0; i < 30000; i++)
		send_without_pulling(p, i);
	const struct lma_totals *t = lma_totals(p->lma);
	assert_true(t->notes[LMA_NOTE_OVERLOADED] > 0);
	uint64_t registered = t->bindings;
	assert_true(registered > 0 && registered < 30000);
	while (lma_output(p->lma, &a)) {
		binds += a.kind == LMA_BIND;
		sends += a.kind == LMA_SEND;
	}
	assert_int_equal(binds, registered);
	assert_int_equal(sends, registered);
	send_without_pulling(p, 30000);
	assert_int_equal(lma_totals(p->lma)->bindings, registered + 1);
}

static void expiries_come_in_portions_and_none_is_lost(void **state)
{
	struct play *p = *state;
	struct lma_action a;
	p->conf.max_bindings = 2000;
	play_restart(p);
	for (int i = 0; i < 1000; i++) {
		send_without_pulling(p, i);
		while (lma_output(p->lma, &a))
			;
	}
	p->now.mono += 41 * NS_SEC;
	uint32_t unbinds = 0, rounds = 0;
	while (lma_totals(p->lma)->bindings > 0) {
		uint32_t now = 0;
		assert_true(lma_deadline(p->lma) <= p->now.mono); // more to do at once
		lma_input(p->lma, p->now, &(struct lma_event){.kind = LMA_TICK});
		while (lma_output(p->lma, &a))
			now += a.kind == LMA_UNBIND;
		assert_in_range(now, 1, 256);
		unbinds += now;
		rounds++;
	}
	assert_int_equal(unbinds, 1000);
	assert_int_equal(rounds, 4);
}

static void a_configuration_that_cannot_be_is_refused(void **state)
{
	struct play *p = *state;
	struct lma_pool_conf pool = {.block = prefix("2001:db8::/48"), .hnp_len = 65};
	struct lma_conf c = p->conf;
	c.pools = &pool;
	c.n_pools = 1;
	assert_null(lma_new(&c, 1, p->now));
	pool.hnp_len = 47;
	assert_null(lma_new(&c, 1, p->now));
	c = p->conf;
	c.max_bindings = 0;
	assert_null(lma_new(&c, 1, p->now));
	c = p->conf;
	c.max_mags = 0;
	assert_null(lma_new(&c, 1, p->now));
	lma_free(NULL);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_BC_14_sessions_of_a_node_are_capped),
		PLAY(LMA_BC_14_what_waited_is_capped_too),
		PLAY(SEC_05_bindings_are_capped),
		PLAY(SEC_05_mags_are_capped_and_idle_ones_make_room),
		PLAY(SEC_10_prefixes_of_a_session_are_capped),
		PLAY(SEC_10_an_answer_always_has_room_for_what_it_must_say),
		PLAY(OPT_08_the_same_prefix_twice_is_155_or_159),
		PLAY(a_prefix_that_was_claimed_and_left_is_not_allocated_twice),
		PLAY(LMA_RST_01_claims_in_a_long_row_are_passed_over),
		PLAY(a_small_pool_is_used_to_its_last_prefix),
		PLAY(a_node_that_claims_and_leaves_does_not_use_the_pool_up),
		PLAY(no_room_for_a_new_binding_is_130_and_leaves_nothing),
		PLAY(LMA_RX_08_no_room_for_a_handover_leaves_the_binding_where_it_was),
		PLAY(no_room_for_the_way_back_drops_packets_by_name_until_there_is),
		PLAY(LMA_RX_08_a_session_that_never_was_leaves_its_prefix_free),
		PLAY(LMA_DER_06_no_room_for_a_revival_leaves_the_delay_running),
		PLAY(a_bind_that_failed_for_nobody_is_nothing),
		PLAY(the_operator_deletes_a_binding_with_all_its_prefixes),
		PLAY(a_full_queue_leaves_messages_unanswered),
		PLAY(expiries_come_in_portions_and_none_is_lost),
		PLAY(a_configuration_that_cannot_be_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
