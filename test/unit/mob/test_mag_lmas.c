// Several LMAs: whose answer counts, whose heartbeat, whose restart, whose path: MAG-REG-05, HB-02,
// HB-03, MAG-RA-08.
#include "test/unit/mob/mag_play.h"

#define PLAY  struct mag_play *p = *state
#define OTHER "2001:db8:a::2" // another LMA
#define ANN   "ann@" REALM

static const struct mag_profile_conf *ann_at_the_other(void)
{
	static struct mag_profile_conf rows[2] = {{.match = ANN, .permit = true},
						  {.match = "*", .permit = true}};

	rows[0].profile.lma = addr(OTHER);
	return rows;
}

static int begin(void **state)
{
	int rc = mag_play_begin(state);
	struct mag_play *p = *state;

	p->conf.lmas[1] = (struct mag_lma_conf){addr(OTHER), 1440};
	p->conf.n_lmas = 2;
	p->conf.profiles = ann_at_the_other();
	p->conf.n_profiles = 2;
	p->conf.lifetime_s = 4000;
	p->conf.heartbeat = (struct heartbeat_conf){
		.interval = 60 * NS_SEC, .missing_allowed = 3, .restart_counter = 7};
	mag_play_restart(p);
	return rc;
}

static void join_other(struct mag_play *p, struct mag_link link, const char *hnp)
{
	struct pba a = accepts(hnp);

	attach(p, link, ANN, 0);
	a.src = OTHER;
	reply(p, a);
	expect_bound(p, hnp, link);
}

static struct mag_lma lma_of(const struct mag_play *p, const char *lma)
{
	struct mag_lma out;
	uint32_t cursor = 0;

	while (mag_next_lma(p->mag, &cursor, &out))
		if (ip6_equal(out.addr, addr(lma)))
			return out;
	fail();
	return out;
}

static uint32_t beats_to(const struct mag_play *p, const char *lma)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_said; i++) {
		const struct said *s = &p->said[i];
		n += s->action.kind == MAG_SEND && s->mh.type == MH_HEARTBEAT &&
		     ip6_equal(s->action.send.dst, addr(lma));
	}
	return n;
}

static struct mh restart(uint32_t counter)
{
	struct mh mh = {.type = MH_HEARTBEAT,
			.heartbeat = {HEARTBEAT_RESPONSE | HEARTBEAT_UNSOLICITED, 0}};

	mh_add(&mh, OPT_RESTART_COUNTER)->restart_counter.count = counter;
	return mh;
}

static void MAG_REG_05_an_answer_of_the_other_lma_is_ignored(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	attach(p, link_of(1), ANN, 0);
	reply(p, a); // from the first LMA
	expect_said(p, "");
	assert_int_equal(p->notes[MAG_NOTE_IGNORED_PBA], 1);
	a.src = OTHER;
	reply(p, a);
	expect_said(p, "BA");
	assert_true(ip6_equal(last(p, MAG_BIND)->bind.lmaa, addr(OTHER)));
	assert_true(ip6_equal(p->view[0].lmaa, addr(OTHER)));
}

static void a_table_of_lmas_has_one_row_each(void **state)
{
	PLAY;
	uint32_t cursor = 0, n = 0;
	struct mag_lma out;

	join(p, link_of(1), HNP1);
	join(p, link_of(2), HNP2);
	join_other(p, link_of(3), HNP3);
	while (mag_next_lma(p->mag, &cursor, &out))
		n++;
	assert_int_equal(n, 2);
	assert_int_equal(lma_of(p, LMAA).bindings, 2);
	assert_int_equal(lma_of(p, OTHER).bindings, 1);
	assert_int_equal(lma_of(p, LMAA).tunnel_mtu, 1460);
	assert_int_equal(lma_of(p, OTHER).tunnel_mtu, 1440);
	assert_int_equal(last(p, MAG_ADVERTISE)->advertise.mtu, 1440); // MAG-RA-02
	detach(p, link_of(3));
	assert_int_equal(lma_of(p, OTHER).bindings, 0);
}

static void HB_02_each_lma_is_asked_while_it_has_a_binding(void **state)
{
	PLAY;

	join_other(p, link_of(1), HNP1);
	pass_with_ms(p, link_of(1), 67 * 1000);
	assert_int_equal(beats_to(p, OTHER), 1);
	assert_int_equal(beats_to(p, LMAA), 0);
	assert_int_equal(lma_of(p, OTHER).heartbeat.unanswered, 1);
	join(p, link_of(2), HNP2);
	pass_with_ms(p, link_of(2), 5000);
	pass_with_ms(p, link_of(1), 5000);
	ns_t due = lma_of(p, LMAA).heartbeat.due, before = p->now.mono;
	struct mag_link both[] = {link_of(1), link_of(2)};
	while (p->now.mono < due) // both nodes stay
		pass_with_ms(p, both[(p->now.mono - before) / NS_SEC % 2], 1000);
	assert_true(beats_to(p, LMAA) <= 1);
	assert_int_equal(lma_of(p, LMAA).heartbeat.unanswered, 1);
}

static void HB_02_a_session_more_does_not_ask_the_lma_earlier(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	ns_t due = lma_of(p, LMAA).heartbeat.due;
	pass_ms(p, 5000);
	join(p, link_of(2), HNP2);
	assert_true(lma_of(p, LMAA).heartbeat.due == due);
	detach(p, link_of(2)); // one is left
	assert_true(lma_of(p, LMAA).heartbeat.due == due);
	detach(p, link_of(1));
	assert_true(lma_of(p, LMAA).heartbeat.due == 0);
	hear(p, link_of(1), HEARD_LINK_UP);
	assert_true(lma_of(p, LMAA).heartbeat.due != 0); // it is bound until the answer says else
}

static void the_next_deadline_is_that_of_the_lma_that_is_due_first(void **state)
{
	PLAY;

	p->conf.probe_after = 3000 * NS_SEC; // so nothing else is due
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	pass_ms(p, 20 * 1000);
	join_other(p, link_of(2), HNP2);
	ns_t first = lma_of(p, LMAA).heartbeat.due, second = lma_of(p, OTHER).heartbeat.due;
	assert_true(first < second);
	pass_ms(p, (first - p->now.mono) / NS_MSEC - 1);
	assert_int_equal(beats_to(p, LMAA), 0);
	assert_true(mag_deadline(p->mag) <= first);
	pass_ms(p, 2);
	assert_int_equal(beats_to(p, LMAA), 1);
	assert_int_equal(beats_to(p, OTHER), 0);
	pass_ms(p, (second - p->now.mono) / NS_MSEC - 1);
	assert_true(mag_deadline(p->mag) <= second);
}

static void HB_03_only_the_sessions_of_the_lma_that_restarted_are_said_again(void **state)
{
	PLAY;
	struct mh old = restart(1), new = restart(2);

	say_mh(p, LMAA, COA, &old);
	say_mh(p, OTHER, COA, &old);
	join(p, link_of(1), HNP1);
	join_other(p, link_of(2), HNP2);
	attach(p, link_of(3), "third", 0); // it asks anyway
	say_mh(p, OTHER, COA, &new);
	assert_int_equal(p->notes[MAG_NOTE_LMA_RESTARTED], 1);
	assert_true(ip6_equal(last(p, MAG_NOTE)->note.lma, addr(OTHER)));
	pass_ms(p, 10);
	assert_int_equal(p->n_pbus, 1);
	assert_true(ip6_equal(last(p, MAG_SEND)->send.dst, addr(OTHER)));
	assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
	expect_pbu_hnps(p, HNP2, NULL);
	expect_state(p, link_of(1), BUL_BOUND);
	expect_state(p, link_of(3), BUL_REGISTERING);
}

static void HB_03_an_lma_without_sessions_restarts_in_silence(void **state)
{
	PLAY;
	struct mh old = restart(1), new = restart(2);

	say_mh(p, LMAA, COA, &old);
	say_mh(p, LMAA, COA, &new);
	assert_int_equal(p->notes[MAG_NOTE_LMA_RESTARTED], 0);
	expect_said(p, "");
}

static void HB_02_an_lma_that_is_lost_is_named_and_the_other_is_not(void **state)
{
	PLAY;
	struct mh new = restart(2);

	p->conf.probe_after = 3000 * NS_SEC;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	join_other(p, link_of(2), HNP2);
	struct mh answer = {.type = MH_HEARTBEAT, .heartbeat = {HEARTBEAT_RESPONSE, 0}};
	mh_add(&answer, OPT_RESTART_COUNTER)->restart_counter.count = 1;
	uint32_t lost = 0;
	for (int i = 0; i < 300; i++) {
		pass_ms(p, 1000);
		lost += p->notes[MAG_NOTE_LMA_LOST];
		if (p->notes[MAG_NOTE_LMA_LOST] > 0)
			assert_true(ip6_equal(last(p, MAG_NOTE)->note.lma, addr(OTHER)));
		answer.heartbeat.seq = heartbeat_seq(p);
		say_mh(p, LMAA, COA, &answer); // the first one lives
		assert_int_equal(p->notes[MAG_NOTE_LMA_BACK], 0);
	}
	assert_int_equal(lost, 1);
	assert_true(lma_of(p, OTHER).heartbeat.unreachable);
	assert_false(lma_of(p, LMAA).heartbeat.unreachable);
	expect_bound(p, HNP2, link_of(2));
	struct mh first = restart(1);
	say_mh(p, OTHER, COA, &first);
	assert_int_equal(p->notes[MAG_NOTE_LMA_BACK], 1);
	say_mh(p, OTHER, COA, &new); // and lives: not back, but restarted
	assert_int_equal(p->notes[MAG_NOTE_LMA_BACK], 0);
	assert_int_equal(p->notes[MAG_NOTE_LMA_RESTARTED], 1);
}

static void an_lma_that_comes_back_without_its_sessions_is_back_and_restarted(void **state)
{
	PLAY;
	struct mh old = restart(1), new = restart(2);

	p->conf.probe_after = 3000 * NS_SEC;
	mag_play_restart(p);
	say_mh(p, LMAA, COA, &old);
	join(p, link_of(1), HNP1);
	pass_ms(p, 300 * 1000);
	assert_int_equal(p->notes[MAG_NOTE_LMA_LOST], 1);
	say_mh(p, LMAA, COA, &new);
	assert_int_equal(p->notes[MAG_NOTE_LMA_BACK], 1);
	assert_int_equal(p->notes[MAG_NOTE_LMA_RESTARTED], 1);
}

static void HB_05_a_binding_error_is_about_the_lma_that_sends_it(void **state)
{
	PLAY;
	struct mh be = {.type = MH_BE, .be = {.status = BE_UNKNOWN_MH_TYPE}};

	say_mh(p, LMAA, COA, &be); // not about a heartbeat: none is out
	assert_false(lma_of(p, LMAA).heartbeat.incapable);
	p->conf.probe_after = 3000 * NS_SEC;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	join_other(p, link_of(2), HNP2);
	pass_ms(p, 67 * 1000);
	say_mh(p, OTHER, COA, &be);
	assert_true(ip6_equal(last(p, MAG_NOTE)->note.lma, addr(OTHER)));
	assert_true(lma_of(p, OTHER).heartbeat.incapable);
	assert_false(lma_of(p, LMAA).heartbeat.incapable);
	pass_ms(p, 67 * 1000);
	assert_int_equal(beats_to(p, OTHER), 0);
	assert_int_equal(beats_to(p, LMAA), 1);
}

static void HB_04_every_lma_learns_that_the_mag_lost_its_sessions(void **state)
{
	PLAY;

	p->conf.heartbeat.lost_sessions = true;
	mag_play_restart(p);
	tell(p, &(struct mag_event){.kind = MAG_TICK});
	expect_said(p, "SS");
	assert_int_equal(beats_to(p, LMAA), 1);
	assert_int_equal(beats_to(p, OTHER), 1);
	p->conf.heartbeat.lost_sessions = false;
}

static void path_mtu(struct mag_play *p, const char *lma, uint16_t mtu)
{
	tell(p, &(struct mag_event){.kind = MAG_PATH_MTU, .path_mtu = {addr(lma), mtu}});
}

static void MAG_RA_08_a_change_of_the_path_is_told_to_the_nodes_behind_it(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	join_other(p, link_of(2), HNP2);
	attach(p, link_of(3), "third", 0); // not bound: it is told when it is
	path_mtu(p, LMAA, 1360);
	expect_said(p, "");
	pass_ms(p, 10);
	expect_said(p, "A"); // to the one at that LMA
	assert_true(same_link(last(p, MAG_ADVERTISE)->advertise.link, link_of(1)));
	assert_int_equal(last(p, MAG_ADVERTISE)->advertise.mtu, 1360);
	hear(p, link_of(1), HEARD_SOLICIT);
	assert_int_equal(last(p, MAG_ADVERTISE)->advertise.mtu, 1360); // and every later RA
	hear(p, link_of(2), HEARD_SOLICIT);
	assert_int_equal(last(p, MAG_ADVERTISE)->advertise.mtu, 1440);
	assert_int_equal(lma_of(p, LMAA).tunnel_mtu, 1360);
	path_mtu(p, LMAA, 1360); // nothing new
	pass_ms(p, 10);
	expect_said(p, "");
	path_mtu(p, STRANGER, 1280);
	pass_ms(p, 10);
	expect_said(p, "");
	path_mtu(p, OTHER, 9000); // MAG-RA-02: not more than the access link's
	pass_ms(p, 10);
	expect_said(p, "A");
	assert_int_equal(last(p, MAG_ADVERTISE)->advertise.mtu, 1500);
}

static void MAG_RA_08_many_nodes_are_told_a_thousand_in_a_second(void **state)
{
	PLAY;
	char hnp[] = "2001:db8:4000:10::/64";

	for (uint8_t i = 1; i <= 50; i++) {
		hnp[14] = (char)('1' + i / 10);
		hnp[15] = (char)('0' + i % 10);
		join(p, link_of(i), hnp);
	}
	path_mtu(p, LMAA, 1360);
	pass_ms(p, 25);
	assert_in_range(p->n_said, 20, 30);
	pass_ms(p, 30);
	assert_in_range(p->n_said, 20, 30);
	pass_ms(p, 100);
	assert_int_equal(p->n_said, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_REG_05_an_answer_of_the_other_lma_is_ignored),
		T(a_table_of_lmas_has_one_row_each),
		T(HB_02_each_lma_is_asked_while_it_has_a_binding),
		T(HB_02_a_session_more_does_not_ask_the_lma_earlier),
		T(the_next_deadline_is_that_of_the_lma_that_is_due_first),
		T(HB_03_only_the_sessions_of_the_lma_that_restarted_are_said_again),
		T(HB_03_an_lma_without_sessions_restarts_in_silence),
		T(HB_02_an_lma_that_is_lost_is_named_and_the_other_is_not),
		T(an_lma_that_comes_back_without_its_sessions_is_back_and_restarted),
		T(HB_05_a_binding_error_is_about_the_lma_that_sends_it),
		T(HB_04_every_lma_learns_that_the_mag_lost_its_sessions),
		T(MAG_RA_08_a_change_of_the_path_is_told_to_the_nodes_behind_it),
		T(MAG_RA_08_many_nodes_are_told_a_thousand_in_a_second),
	};

	return cmocka_run_group_tests_name("mag-lmas", tests, NULL, NULL);
}
