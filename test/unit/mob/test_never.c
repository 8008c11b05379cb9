// What the LMA never says, never needs and never does, whatever it is asked; and what is done once
// however often it is asked.
#include "test/unit/mob/play.h"

// ---- Every kind of update, one after the other, at one LMA.

struct census {
	uint32_t updates, answers, accepted, statuses[256];
};

static void count_answers(struct play *p, struct pbu u, struct census *c)
{
	say(p, u);
	c->updates++;
	// LMA-RX-09: one answer, but for the silences of de-registration.
	if (u.lifetime_s > 0)
		assert_int_equal(p->n_sent, 1);
	assert_in_range(p->n_sent, 0, 1);
	if (p->n_sent == 0)
		return;
	c->answers++;
	c->accepted += pba(p)->ba.status == 0;
	c->statuses[pba(p)->ba.status]++;
	for (uint8_t i = 0; i < pba(p)->opts.n; i++) {
		static const uint8_t may[] = {OPT_MN_ID, OPT_HNP, OPT_HANDOFF,  OPT_ACCESS,
					      OPT_LL_ID, OPT_LLA, OPT_TIMESTAMP};
		assert_non_null(memchr(may, (int)pba(p)->opts.v[i].type, sizeof(may)));
	}
}

static void ask_everything(struct play *p, struct census *c)
{
	static const char *const nodes[] = {NULL, MN, OTHER, FOREIGN, BARRED};
	static const char *const mags[] = {MAG1, MAG2, NO_MAG};
	static const char *const hnps[] = {NULL, NOTHING, "2001:db8:4000:1::/64",
					   "2001:db8:9::/64"};
	static const uint32_t lifetimes[] = {4, 400, 262140, 0};
	static const int his[] = {ABSENT, 0, 1, 2, 3, 4, 5, 6, 7};

	p->conf.new_session_at_once = true; // nothing waits
	play_restart(p);
	for (size_t i = 0; i < 5 * 3 * 4 * 4 * 9 * 4; i++) {
		struct pbu u = attach(nodes[i % 5], mags[i / 5 % 3]);
		u.hnps[0] = hnps[i / 15 % 4];
		u.lifetime_s = lifetimes[i / 60 % 4];
		u.hi = his[i / 240 % 9];
		u.ll_id = i / 2160 % 2 == 0 ? "aaaaaa" : NULL;
		u.lla = i % 7 == 0 ? "::" : NULL;
		u.no_timestamp = i / 4320 % 2 == 1;
		count_answers(p, u, c);
	}
	assert_true(c->accepted > 100);
	static const uint8_t seen[] = {0, 130, 152, 153, 154, 155, 158, 160, 161};
	for (size_t i = 0; i < sizeof(seen); i++)
		assert_true(c->statuses[seen[i]] > 0);
}

static void LMA_RX_09_every_update_with_a_lifetime_has_one_answer(void **state)
{
	struct play *p = *state;
	struct census c = {0};
	ask_everything(p, &c);
	assert_true(c.answers < c.updates); // and some de-registrations have none
}

static void LMA_PBA_10_no_answer_advises_a_refresh(void **state)
{
	struct play *p = *state;
	struct census c = {0};
	ask_everything(p, &c); // looks at the options of each answer: 2 is not among them
	assert_true(c.answers > 1000);
}

static void LMA_PBA_13_no_answer_speaks_of_prefix_discovery(void **state)
{
	struct play *p = *state;
	struct census c = {0};
	ask_everything(p, &c);
	for (unsigned status = 1; status < 128; status++)
		assert_int_equal(c.statuses[status], 0);
	assert_int_equal(c.statuses[0], c.accepted);
}

static void LMA_REG_07_no_answer_speaks_of_duplicate_addresses(void **state)
{
	struct play *p = *state;
	struct census c = {0};
	ask_everything(p, &c);
	assert_int_equal(c.statuses[134], 0);
	// Nobody is asked first: the binding is there with the answer.
	say(p, attach("late@example.net", MAG1));
	expect_status(p, 0);
	assert_string_equal(p->order, "BS");
}

// ---- Who is not heard.

static void message(struct play *p, const char *src, struct mh mh)
{
	tell(p, (struct lma_event){.kind = LMA_MESSAGE,
				   .message = {addr(src), addr(LMAA), p->now.wall_q16, &mh, NULL}});
}

static void WIRE_11_no_message_of_any_type_is_taken_from_a_source_that_is_not_unicast(void **state)
{
	struct play *p = *state;
	static const enum mh_type types[] = {MH_BRR, MH_BU, MH_BA, MH_BE, MH_HEARTBEAT};
	static const char *const sources[] = {"ff02::1", "ff0e::1", "::", "::1"};
	for (size_t t = 0; t < 5; t++) {
		for (size_t s = 0; s < 4; s++) {
			message(p, sources[s], (struct mh){.type = types[t]});
			expect_silence(p);
			assert_int_equal(p->notes[LMA_NOTE_IGNORED_BAD_SOURCE], 1);
		}
	}
}

static void WIRE_14_what_only_an_lma_says_is_counted_and_not_answered(void **state)
{
	struct play *p = *state;
	join(p, attach(MN, MAG1));
	static const enum mh_type types[] = {MH_BRR, MH_BA};
	for (size_t t = 0; t < 2; t++) {
		message(p, MAG1, (struct mh){.type = types[t]});
		expect_silence(p);
		assert_int_equal(p->notes[LMA_NOTE_IGNORED_ROLE], 1);
	}
}

static void SEC_03_who_is_not_on_the_list_changes_nothing(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	struct lma_binding before = binding_of(p, hnp);
	for (int hi = 0; hi <= 6; hi++) {
		for (int lifetime = 0; lifetime <= 400; lifetime += 400) {
			struct pbu theirs = refresh(MN, NO_MAG, hnp);
			theirs.hi = hi;
			theirs.ll_id = "aaaaaa";
			theirs.lifetime_s = (uint32_t)lifetime;
			say(p, theirs);
			expect_status(p, 154);
			assert_string_equal(p->order, "S");
			theirs.alt_coa = MAG1; // in the name of one that is on it
			say(p, theirs);
			expect_status(p, 154);
			theirs.hnps[0] = NOTHING;
			theirs.mn = OTHER;
			say(p, theirs);
			expect_status(p, 154);
		}
	}
	assert_int_equal(lma_totals(p->lma)->bindings, 1);
	assert_int_equal(binding_of(p, hnp).expires, before.expires);
	assert_int_equal(lma_totals(p->lma)->mags, 1); // nor is it remembered
}

// ---- Once.

// The MAG asks again after 1, 2 and 4 s; the wait is 1.5 s, or longer if it was configured so.
static void LMA_BC_15_a_mag_that_asks_again_while_its_update_waits_gets_one_session(void **state)
{
	struct play *p = *state;
	for (uint64_t wait_s = 2; wait_s <= 6; wait_s += 4) {
		p->conf.max_delay_before_new_bce_assign = wait_s * NS_SEC;
		play_restart(p);
		struct pbu first = attach(MN, MAG1), u = attach(MN, MAG2);
		uint32_t answers = 0;
		first.ll_id = "aaaaaa";
		u.ll_id = "bbbbbb";
		u.hi = HI_UNKNOWN;
		join(p, first);
		for (int i = 0; i < 4; i++) {
			u.seq = 100 + i;
			say(p, u);
			answers += p->n_sent;
			pass_ms(p, 1000u << i);
			answers += p->n_sent;
			if (p->n_sent == 1)
				break;
		}
		assert_int_equal(answers, 1);
		expect_status(p, 0);
		assert_int_equal(pba(p)->ba.seq, wait_s == 2 ? 101 : 102); // that came last
		assert_int_equal(lma_totals(p->lma)->bindings, 2);
		assert_int_equal(lma_totals(p->lma)->held, 0);
	}
}

// ---- Prefixes that go.

static void LMA_DER_08_a_prefix_that_is_taken_back_has_no_route_any_more(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.hnps[1] = NOTHING;
	const char *a = join(p, u);
	const char *b = granted(p, 1);
	tell(p, (struct lma_event){.kind = LMA_DELETE, .delete.hnp = prefix(a)});
	assert_string_equal(p->order, "UU"); // at once, and those that live with it
	expect_unbound(p, a);
	expect_unbound(p, b);
}

static void LMA_DER_08_after_a_renumbering_the_old_prefix_is_refused(void **state)
{
	struct play *p = *state;
	struct lma_pool_conf other = {.block = prefix("2001:db8:6000::/48"), .hnp_len = 64};
	const char *old = join(p, attach(MN, MAG1));
	p->conf.pools = &other;
	play_restart(p);
	say(p, refresh(MN, MAG1, old));
	expect_status(p, 155);
	assert_string_equal(p->order, "S");
	expect_unbound(p, old);
	say(p, attach(MN, MAG1));
	expect_status(p, 0);
	assert_true(ip6_prefix_covers(other.block, prefix(granted(p, 0)).addr));
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_RX_09_every_update_with_a_lifetime_has_one_answer),
		PLAY(LMA_PBA_10_no_answer_advises_a_refresh),
		PLAY(LMA_PBA_13_no_answer_speaks_of_prefix_discovery),
		PLAY(LMA_REG_07_no_answer_speaks_of_duplicate_addresses),
		PLAY(WIRE_11_no_message_of_any_type_is_taken_from_a_source_that_is_not_unicast),
		PLAY(WIRE_14_what_only_an_lma_says_is_counted_and_not_answered),
		PLAY(SEC_03_who_is_not_on_the_list_changes_nothing),
		PLAY(LMA_BC_15_a_mag_that_asks_again_while_its_update_waits_gets_one_session),
		PLAY(LMA_DER_08_a_prefix_that_is_taken_back_has_no_route_any_more),
		PLAY(LMA_DER_08_after_a_renumbering_the_old_prefix_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
