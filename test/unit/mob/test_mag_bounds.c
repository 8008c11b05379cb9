// Full tables, floods and lies: whatever comes, the MAG says so and goes on (SEC-10).
#include "test/unit/mob/mag_play.h"

#include "base/rng.h"

#define PLAY struct mag_play *p = *state

static void beyond_max_nodes_a_node_is_not_served(void **state)
{
	PLAY;

	p->conf.max_nodes = 2;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	join(p, link_of(2), HNP2);
	hear(p, link_of(3), HEARD_SOLICIT);
	expect_said(p, "");
	expect_refused(p, REASON_FULL, 1);
	detach(p, link_of(1));
	reply(p, accepts(NULL));
	hear(p, link_of(3), HEARD_SOLICIT); // there is room again
	expect_said(p, "S");
}

static void beyond_max_pending_a_node_waits_for_its_next_frame(void **state)
{
	PLAY;

	p->conf.max_pending = 1;
	mag_play_restart(p);
	hear(p, link_of(1), HEARD_FRAME);
	hear(p, link_of(2), HEARD_FRAME);
	expect_said(p, "");
	expect_refused(p, REASON_BUSY, 1);
	assert_int_equal(mag_totals(p->mag)->nodes, 1);
	reply(p, accepts(HNP1));
	hear(p, link_of(2), HEARD_FRAME);
	expect_said(p, "S");
}

static void one_name_has_at_most_16_links(void **state)
{
	PLAY;

	for (uint8_t i = 1; i <= 16; i++) {
		attach(p, link_of(i), "crowd@example.net", 0);
		assert_int_equal(p->n_pbus, 1);
	}
	attach(p, link_of(17), "crowd@example.net", 0);
	expect_said(p, "");
	expect_refused(p, REASON_FULL, 1);
}

static void a_node_that_the_workers_have_no_room_for_is_deregistered(void **state)
{
	PLAY;

	hear(p, link_of(1), HEARD_FRAME);
	p->bind_room = 0;
	reply(p, accepts(HNP1));
	expect_said(p, "BUS"); // and no RA
	assert_int_equal(p->notes[MAG_NOTE_NO_ROOM], 1);
	assert_int_equal(pbu_lifetime_s(p), 0);
	expect_pbu_hnps(p, HNP1, NULL); // MAG-REG-04
	expect_state(p, link_of(1), BUL_REFUSED);
	expect_unbound(p, HNP1);
	reply(p, accepts(NULL)); // the de-registration is confirmed
	expect_state(p, link_of(1), BUL_REFUSED);
	hear(p, link_of(1), HEARD_SOLICIT);
	expect_said(p, "");
	p->bind_room = 10;
	pass_with_ms(p, link_of(1), 33 * 1000); // others may have left
	assert_int_equal(p->n_pbus, 1 + 1);
	reply(p, accepts(HNP1));
	expect_bound(p, HNP1, link_of(1));
}

static void a_bound_node_without_room_for_its_new_prefix_is_told(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	a.hnps[1] = HNP2;
	join(p, link_of(1), HNP1);
	pass_ms(p, 2000);
	hear(p, link_of(1), HEARD_LINK_UP);
	p->bind_room = 0;
	reply(p, a);
	expect_said(p, "BWUUS");
	expect_unbound(p, HNP1);
	expect_unbound(p, HNP2);
	expect_pbu_hnps(p, HNP1, HNP2);
}

static void two_binds_that_fail_are_one_failure(void **state)
{
	PLAY;
	struct pba a = accepts(HNP1);

	a.hnps[1] = HNP2;
	hear(p, link_of(1), HEARD_FRAME);
	p->bind_room = 0;
	reply(p, a);
	expect_said(p, "BBUUS");
	assert_int_equal(p->notes[MAG_NOTE_NO_ROOM], 1);
}

static void a_failure_of_a_node_that_left_is_no_news(void **state)
{
	PLAY;

	tell(p, &(struct mag_event){.kind = MAG_BIND_FAILED, .bind_failed.link = link_of(1)});
	expect_said(p, "");
	hear(p, link_of(1), HEARD_FRAME);
	tell(p, &(struct mag_event){.kind = MAG_BIND_FAILED, .bind_failed.link = link_of(1)});
	expect_said(p, "");
	expect_state(p, link_of(1), BUL_REGISTERING);
}

static void who_does_not_pull_loses_events_and_nothing_else(void **state)
{
	PLAY;
	struct mag_event e = {.kind = MAG_HEARD, .heard = {.link = link_of(1)}};
	struct mag_action a;
	uint32_t actions = 0;

	p->conf.max_nodes = p->conf.max_pending = 100000;
	mag_play_restart(p);
	for (uint32_t i = 1; i <= 100000; i++) {
		e.heard.link.mac[3] = (uint8_t)(i >> 16);
		e.heard.link.mac[4] = (uint8_t)(i >> 8);
		e.heard.link.mac[5] = (uint8_t)i;
		mag_input(p->mag, p->now, &e);
	}
	const struct mag_totals *t = mag_totals(p->mag);
	assert_int_equal(t->notes[MAG_NOTE_OVERLOADED] + t->nodes, 100000);
	assert_true(t->nodes < 10000);
	while (mag_output(p->mag, &a))
		actions++;
	assert_int_equal(actions, 2 * t->nodes); // a PBU and a note for each
	hear(p, link_of(200), HEARD_FRAME);
	assert_true(mag_totals(p->mag)->notes[MAG_NOTE_OVERLOADED] < 100000);
}

// A PBA that is right in most things, or in none.
static struct pba any_pba(struct rng *rng)
{
	static const char *const hnps[] = {HNP1, HNP2, HNP3, "::/0", "ff00::/8", "fe80::/64"};
	static const int statuses[] = {0, 0, 0, 0, 1, 127, 128, 130, 135, 152, 155, 156, 157, 255};
	struct pba a = accepts(NULL);

	a.status = statuses[rng_below(rng, sizeof(statuses) / sizeof(statuses[0]))];
	if (rng_below(rng, 10) == 0)
		a.lifetime_s = (int)rng_below(rng, 3) * 4 * 60000;
	for (uint32_t i = rng_below(rng, 4); i > 0; i--)
		a.hnps[i - 1] = hnps[rng_below(rng, sizeof(hnps) / sizeof(hnps[0]))];
	a.no_ll_id = rng_below(rng, 200) == 0;
	a.no_mn = rng_below(rng, 50) == 0;
	if (rng_below(rng, 20) == 0)
		a.seq = (int)rng_below(rng, 65536);
	return a;
}

static void happens_at_random(struct mag_play *p, struct rng *rng)
{
	struct mag_link link = at_interface(link_of((uint8_t)(1 + rng_below(rng, 6))),
					    (uint16_t)rng_below(rng, 2));

	switch (rng_below(rng, 12)) {
	case 0:
		attach(p, link, rng_below(rng, 2) ? "x@example.net" : NULL,
		       (uint8_t)rng_below(rng, 8));
		break;
	case 1:
		detach(p, link);
		break;
	case 2:
		if (rng_below(rng, 10) == 0)
			carrier(p, link.interface, rng_below(rng, 2) == 0);
		break;
	case 3:
	case 4:
		pass_ms(p, rng_below(rng, 40) == 0 ? 500 * 1000 : rng_below(rng, 3000));
		break;
	case 5:
		p->bind_room = rng_below(rng, 5) == 0 ? rng_below(rng, 3) : UINT32_MAX;
		break;
	case 6:
	case 7:
	case 8:
		hear(p, link, (enum mag_heard)rng_below(rng, 4));
		break;
	default:
		if (p->pbu.type == MH_BU)
			reply(p, any_pba(rng));
	}
}

static uint32_t total_hnps(const struct mag_play *p)
{
	struct mag_binding b;
	uint32_t cursor = 0, n = 0;

	while (mag_next_binding(p->mag, &cursor, &b)) {
		for (uint32_t i = 0; i < b.n_hnps; i++) {
			char text[IP6_PREFIX_TEXT];
			expect_bound(p, ip6_prefix_format(b.hnps[i], text), b.link);
		}
		n += b.n_hnps;
		assert_in_range(b.state, BUL_REGISTERING, BUL_REFUSED);
	}
	return n;
}

static void whatever_happens_the_tables_are_the_bindings(void **state)
{
	PLAY;
	struct rng rng = {42};

	p->conf.max_nodes = 5;
	p->conf.max_pending = 4;
	for (int i = 0; i < 100000; i++) {
		if (i % 20000 == 0) {
			p->conf.timestamps = i % 40000 == 0;
			mag_play_restart(p);
		}
		happens_at_random(p, &rng);
		assert_int_equal(total_hnps(p), p->n_view);
	}
	const struct mag_totals *t = mag_totals(p->mag); // and it has been to many places
	for (int k = 0; k < MAG_NOTE_IGNORED_SOURCE; k++)
		assert_true(t->notes[k] > 0 || k == MAG_NOTE_UNANSWERED ||
			    k == MAG_NOTE_IGNORED_ANSWER || k == MAG_NOTE_REFRESH_ASKED);
	p->bind_room = UINT32_MAX;
	pass_ms(p, 600 * 1000); // nobody is heard any more
	assert_int_equal(p->n_view, 0);
	assert_int_equal(mag_totals(p->mag)->nodes, 0);
	assert_true(mag_deadline(p->mag) == NS_NEVER);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mag_play_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(beyond_max_nodes_a_node_is_not_served),
		T(beyond_max_pending_a_node_waits_for_its_next_frame),
		T(one_name_has_at_most_16_links),
		T(a_node_that_the_workers_have_no_room_for_is_deregistered),
		T(a_bound_node_without_room_for_its_new_prefix_is_told),
		T(two_binds_that_fail_are_one_failure),
		T(a_failure_of_a_node_that_left_is_no_news),
		T(who_does_not_pull_loses_events_and_nothing_else),
		T(whatever_happens_the_tables_are_the_bindings),
	};

	return cmocka_run_group_tests_name("mag-bounds", tests, NULL, NULL);
}
