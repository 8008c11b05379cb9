// Several links: interfaces that lose their carrier, nodes with two interfaces or at two ports of a
// MAG, links that change hands: MAG-DET-01, MAG-MH.
#include "test/unit/mob/mag_play.h"

#define PLAY struct mag_play *p = *state

static void MAG_DET_01_without_a_carrier_every_node_of_that_interface_is_gone(void **state)
{
	PLAY;
	struct mag_link elsewhere = at_interface(link_of(3), 2);

	join(p, link_of(1), HNP1);
	join(p, link_of(2), HNP2);
	join(p, elsewhere, HNP3);
	carrier(p, 1, false);
	pass_ms(p, 2);
	assert_int_equal(p->n_pbus, 2);
	expect_state(p, link_of(1), BUL_LEAVING);
	expect_state(p, link_of(2), BUL_LEAVING);
	expect_state(p, elsewhere, BUL_BOUND);
	pass_ms(p, 1010);
	expect_said(p, "UU");
	assert_int_equal(mag_totals(p->mag)->nodes, 1);
}

static void a_link_that_came_up_before_its_turn_is_not_taken_for_lost(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_ms(p, 2000);
	carrier(p, 1, false);
	carrier(p, 1, true);
	hear(p, link_of(1), HEARD_LINK_UP);
	pass_ms(p, 100);
	expect_state(p, link_of(1), BUL_REFRESHING);
}

static void a_carrier_of_very_many_nodes_is_worked_off_in_portions(void **state)
{
	PLAY;
	struct mag_link link = link_of(0);
	uint32_t ticks = 0, pbus = 0;

	p->conf.max_nodes = p->conf.max_pending = 2000;
	mag_play_restart(p);
	for (unsigned i = 1; i <= 1000; i++) {
		link.mac[4] = (uint8_t)(i >> 8);
		link.mac[5] = (uint8_t)i;
		hear(p, link, HEARD_FRAME);
	}
	carrier(p, 1, false);
	for (; mag_deadline(p->mag) <= p->now.mono && ticks < 100; ticks++) {
		tell(p, &(struct mag_event){.kind = MAG_TICK});
		assert_true(p->n_pbus <= 256);
		pbus += p->n_pbus;
	}
	assert_int_equal(pbus, 1000);
	assert_true(ticks >= 4);
}

static void MAG_MH_01_two_interfaces_of_a_node_are_two_sessions(void **state)
{
	PLAY;

	attach(p, link_of(1), "both@example.net", 0);
	uint16_t first = p->pbu.bu.seq;
	struct mh_opt ll = *mh_find(&p->pbu, OPT_LL_ID);
	attach(p, link_of(2), "both@example.net", HI_NEW_INTERFACE);
	reply(p, accepts(HNP2));
	expect_bound(p, HNP2, link_of(2));
	expect_state(p, link_of(1), BUL_REGISTERING);
	struct pba a = accepts(HNP1);
	a.seq = first;
	a.handoff = HI_UNKNOWN;
	a.mac = link_of(1).mac;
	assert_int_equal(ll.ll_id.id.n, 6);
	reply(p, a);
	expect_bound(p, HNP1, link_of(1));
	expect_bound(p, HNP2, link_of(2));
}

static void MAG_MH_01_a_session_that_moves_to_the_other_interface_leaves_the_first(void **state)
{
	PLAY;

	attach(p, link_of(1), "both@example.net", 0);
	reply(p, accepts(HNP1));
	attach(p, link_of(2), "both@example.net", HI_BETWEEN_INTERFACES);
	reply(p, accepts(HNP1));
	expect_said(p, "WBA"); // replaced in the tables, never without, and no de-registration
	expect_bound(p, HNP1, link_of(2));
	expect_state(p, link_of(1), BUL_NONE);
	detach(p, link_of(1)); // it is not known any more
	pass_ms(p, 2000);
	expect_bound(p, HNP1, link_of(2));
}

static void MAG_MH_02_one_mac_at_another_port_moves_without_a_deregistration(void **state)
{
	PLAY;
	struct mag_link there = at_interface(link_of(1), 2);

	join(p, link_of(1), HNP1);
	hear(p, there, HEARD_FRAME);
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(pbu_lifetime_s(p), 400);
	reply(p, accepts(HNP1));
	expect_bound(p, HNP1, there);
	expect_state(p, link_of(1), BUL_NONE);
	assert_int_equal(mag_totals(p->mag)->sent[2], 0);
}

static void MAG_MH_02_a_node_that_cannot_be_served_at_the_new_port_keeps_the_old(void **state)
{
	PLAY;

	p->conf.max_pending = 1;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	hear(p, link_of(2), HEARD_FRAME); // the one that may be pending
	hear(p, at_interface(link_of(1), 2), HEARD_FRAME);
	expect_refused(p, REASON_BUSY, 1);
	expect_bound(p, HNP1, link_of(1));
}

static void another_name_on_a_link_ends_the_session_of_the_first(void **state)
{
	PLAY;

	attach(p, link_of(1), "alice@example.net", 0);
	reply(p, accepts(HNP1));
	attach(p, link_of(1), "bob@example.net", 0);
	expect_said(p, "SUS"); // de-registered, unbound, the new one registered
	expect_pbu_mn(p, "bob@example.net");
	assert_int_equal(pbu_lifetime_s(p), 400);
	reply(p, accepts(HNP2));
	expect_bound(p, HNP2, link_of(1));
	expect_unbound(p, HNP1);
}

// MAG-MH-02, MAG-HI-02: to the LMA another access technology is another interface; that the node
// came from the older one is known, so its session moves.
static void MAG_MH_02_a_session_moves_to_a_port_of_another_technology(void **state)
{
	PLAY;
	static const struct mag_interface_conf interfaces[] = {{0}, {0}, {.access_tech = 3}};

	p->conf.interfaces = interfaces;
	p->conf.n_interfaces = 3;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	hear(p, at_interface(link_of(1), 2), HEARD_FRAME);
	expect_state(p, link_of(1), BUL_NONE);
	expect_pbu_hnps(p, HNP1, NULL);
	assert_int_equal(pbu_handoff(p), HI_BETWEEN_INTERFACES);
	struct pba a = accepts(HNP1);
	a.access = 3;
	reply(p, a);
	expect_bound(p, HNP1, at_interface(link_of(1), 2));
	// To a port of the same technology it is the same interface, which the LMA knows.
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	hear(p, at_interface(link_of(1), 0), HEARD_FRAME);
	expect_pbu_hnps(p, "::/0", NULL);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	// Before it was accepted there is nothing to move.
	hear(p, at_interface(link_of(1), 2), HEARD_FRAME);
	expect_pbu_hnps(p, "::/0", NULL);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	// Back again, in a table that has no other place.
	p->conf.max_nodes = 1;
	mag_play_restart(p);
	join(p, link_of(1), HNP1);
	hear(p, at_interface(link_of(1), 2), HEARD_FRAME);
	expect_state(p, at_interface(link_of(1), 2), BUL_REGISTERING);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mag_play_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_MH_02_a_session_moves_to_a_port_of_another_technology),
		T(MAG_DET_01_without_a_carrier_every_node_of_that_interface_is_gone),
		T(a_link_that_came_up_before_its_turn_is_not_taken_for_lost),
		T(a_carrier_of_very_many_nodes_is_worked_off_in_portions),
		T(MAG_MH_01_two_interfaces_of_a_node_are_two_sessions),
		T(MAG_MH_01_a_session_that_moves_to_the_other_interface_leaves_the_first),
		T(MAG_MH_02_one_mac_at_another_port_moves_without_a_deregistration),
		T(MAG_MH_02_a_node_that_cannot_be_served_at_the_new_port_keeps_the_old),
		T(another_name_on_a_link_ends_the_session_of_the_first),
	};

	return cmocka_run_group_tests_name("mag-links", tests, NULL, NULL);
}
