// A node that comes: its packets wait, and go on in order (RFC 5949 4.2, RFC 5568 5.4).
#include "test/unit/fwd/moving.h"

#include <string.h>

static void turns(struct world *w, unsigned n, ns_t each)
{
	for (unsigned i = 0; i < n; i++) {
		w->now += each;
		world_turn(w);
		assert_true(world_balanced(w));
	}
}

static void orders_are_words_of_64_bits(void **state)
{
	const struct fwd_order o = {
		.serial = 0xfffffffe,
		.hold = FWD_MAX_HOLDS - 1,
		.modes = {FWD_FLUSH, FWD_PASS, FWD_HOLD},
		.last = true,
	};
	struct fwd_order back = fwd_order_unpack(fwd_order_pack(o));

	(void)state;
	assert_int_equal(back.serial, o.serial);
	assert_int_equal(back.hold, o.hold);
	assert_memory_equal(back.modes, o.modes, sizeof(o.modes));
	assert_true(back.last);
	assert_false(fwd_order_unpack(fwd_order_pack((struct fwd_order){.serial = 1})).last);
}

// FMIP-02, FMIP-07: all wait for a node that is expected, and leave in the order in which they
// came: first those by the previous MAG.
static void packets_wait_for_a_node_and_keep_their_order(void **state)
{
	struct world *w = *state;
	uint16_t got[8];
	struct moving m;

	moving_in(&m, w, FWD_EXPECTED, FWD_HOLD, FWD_HOLD, FWD_HOLD);
	down_from(w, OTHER_MAG, 11);
	down_from(w, LMA1, 21);
	down_from(w, OTHER_MAG, 12);
	down_from(w, LMA1, 22);
	assert_nothing_sent(w);
	assert_int_equal(waiting(&m, FWD_DETOUR), 2);
	assert_int_equal(waiting(&m, FWD_DIRECT), 2);
	assert_int_equal(fwd_held(w->fwd), 4);
	assert_true(fwd_held_bytes(w->fwd) > 4 * 100);
	arrived(&m);
	order(&m, FWD_PASS, FWD_HOLD, FWD_HOLD, false);
	turns(w, 2, NS_MSEC);
	assert_int_equal(payloads(w, ACCESS, got, 8), 2);
	assert_int_equal(got[0] * 100 + got[1], 1112);
	order(&m, FWD_PASS, FWD_PASS, FWD_HOLD, false);
	turns(w, 2, NS_MSEC);
	assert_int_equal(payloads(w, ACCESS, got, 8), 2);
	assert_int_equal(got[0] * 100 + got[1], 2122);
	assert_int_equal(fwd_held(w->fwd), 0);
	assert_int_equal(fwd_held_bytes(w->fwd), 0);
	moved_back(&m);
}

// What comes while others wait goes behind them, whatever the mode.
static void nothing_overtakes_what_waits(void **state)
{
	struct world *w = *state;
	uint16_t got[16];
	struct moving m;

	moving_in(&m, w, 0, FWD_HOLD, FWD_HOLD, FWD_PASS);
	w->conf.hold_drain_rate = 1;
	for (uint16_t i = 1; i <= 8; i++) {
		w->now += NS_MSEC;
		down_from(w, OTHER_MAG, i);
	}
	order(&m, FWD_PASS, FWD_PASS, FWD_PASS, false);
	down_from(w, LMA1,
		  20); // five have gone just now, and this one may not go before the others
	down_from(w, OTHER_MAG, 9);
	turns(w, 20, NS_MSEC);
	assert_int_equal(payloads(w, ACCESS, got, 16), 10);
	for (uint16_t i = 0; i < 9; i++)
		assert_int_equal(got[i], i + 1);
	assert_int_equal(got[9], 20);
	moved_back(&m);
}

// FMIP-07: five at once, then as fast as they came, times drain_rate.
static void what_waited_is_metered_by_how_it_came(void **state)
{
	struct world *w = *state;
	uint16_t got[64];
	struct moving m;

	moving_in(&m, w, 0, FWD_HOLD, FWD_HOLD, FWD_PASS);
	w->conf.hold_drain_rate = 2;
	for (uint16_t i = 0; i < 40; i++) {
		w->now += 10 * NS_MSEC;
		down_from(w, OTHER_MAG, i);
	}
	order(&m, FWD_PASS, FWD_HOLD, FWD_PASS, false);
	turns(w, 1, 0);
	assert_int_equal(payloads(w, ACCESS, got, 64), 5);
	turns(w, 1, 4 * NS_MSEC);
	assert_int_equal(payloads(w, ACCESS, got, 64), 0);
	turns(w, 1, 1 * NS_MSEC);
	assert_int_equal(payloads(w, ACCESS, got, 64), 1);
	turns(w, 100, NS_MSEC);
	assert_int_equal(payloads(w, ACCESS, got, 64), 20);
	assert_true(fwd_is_draining(w->fwd));
	turns(w, 100, NS_MSEC);
	assert_int_equal(payloads(w, ACCESS, got, 64), 14);
	assert_false(fwd_is_draining(w->fwd));
	moved_back(&m);
}

// FMIP-02: metering spares a radio. What a previous MAG kept goes to the next MAG, and it has to be
// out before that is told that nothing comes any more.
static void what_was_kept_for_the_next_mag_goes_at_once(void **state)
{
	struct world *w = *state;
	uint16_t got[64];
	struct moving m;

	moving_out_kept(&m, w);
	for (uint16_t i = 0; i < 40; i++) {
		w->now += 10 * NS_MSEC;
		down_from(w, LMA1, i);
	}
	assert_int_equal(waiting(&m, FWD_DIRECT), 40);
	order(&m, FWD_PASS, FWD_PASS, FWD_PASS, false);
	turns(w, 8, 0);
	assert_int_equal(payloads(w, BACKBONE, got, 64), 40);
	for (uint16_t i = 0; i < 40; i++)
		assert_int_equal(got[i], i);
	moved_back(&m);
}

// FMIP-11: uplink waits, and goes on by the way that its entry says by then.
static void uplink_waits_and_takes_the_way_that_holds_then(void **state)
{
	struct world *w = *state;
	uint16_t got[4];
	struct moving m;

	moving_in(&m, w, 0, FWD_PASS, FWD_HOLD, FWD_HOLD);
	up_from_node(w, 31);
	up_from_node(w, 32);
	assert_int_equal(waiting(&m, FWD_UPLINK), 2);
	arrived(&m);
	order(&m, FWD_PASS, FWD_HOLD, FWD_PASS, false);
	turns(w, 1, NS_MSEC);
	assert_int_equal(payloads(w, BACKBONE, got, 4), 2);
	assert_int_equal(got[0] * 100 + got[1], 3132);
	moved_back(&m);
}

// Its first frame tells control that it is there, and is not lost for that.
static void the_first_frame_of_an_expected_node_is_a_sign_and_waits(void **state)
{
	struct world *w = *state;
	struct fwd_punt note;
	struct frame sign;
	uint16_t got[4];
	struct moving m;

	moving_in(&m, w, FWD_EXPECTED, FWD_HOLD, FWD_HOLD, FWD_HOLD);
	up_from_node(w, 41);
	assert_true(world_punted(w, &note, &sign));
	assert_int_equal(note.kind, FWD_PUNT_ACCESS);
	assert_int_equal(note.port, ACCESS);
	assert_memory_equal(sign.b + 6, mac_a, 6);
	assert_int_equal(waiting(&m, FWD_UPLINK), 1);
	order(&m, FWD_PASS, FWD_PASS, FWD_PASS, false);
	turns(w, 3, NS_MSEC);
	assert_nothing_sent(w); // not before it has a place
	arrived(&m);
	turns(w, 1, NS_MSEC);
	assert_int_equal(payloads(w, BACKBONE, got, 4), 1);
	moved_back(&m);
}

// MAG-PP-04: whoever has another MAC address is somebody else, and fills no queue of the node's.
static void another_host_fills_no_queue_of_an_expected_node(void **state)
{
	struct world *w = *state;
	struct moving m;

	moving_in(&m, w, FWD_EXPECTED, FWD_HOLD, FWD_HOLD, FWD_HOLD);
	assert_verdict(fate(w, ACCESS, from_node(mac_stranger, 0, packet(NODE_A, CN, 17, 10))),
		       V_PUNT_ACCESS);
	assert_int_equal(waiting(&m, FWD_UPLINK), 0);
	assert_int_equal(fwd_held(w->fwd), 0);
	moved_back(&m);
}

// A packet that has waited is judged again when it goes on: of who was not in his place it is lost.
static void what_waited_is_held_against_the_place_that_the_node_has(void **state)
{
	struct world *w = *state;
	struct moving m;

	moving_in(&m, w, FWD_EXPECTED, FWD_HOLD, FWD_HOLD, FWD_HOLD);
	struct frame elsewhere = from_node(mac_a, VLAN_B, packet(NODE_A, CN, 17, 10));
	struct rte_mbuf *mbuf = world_mbuf(w, &elsewhere, AT_HEADROOM);
	assert_int_equal(mem_give(w->ports[ACCESS], &mbuf, 1), 1);
	world_turn(w);
	assert_int_equal(waiting(&m, FWD_UPLINK), 1);
	arrived(&m);
	uint64_t before = w->telem.verdicts[V_DROP_SPOOF];
	order(&m, FWD_PASS, FWD_PASS, FWD_PASS, false);
	turns(w, 1, NS_MSEC);
	assert_int_equal(w->telem.verdicts[V_DROP_SPOOF], before + 1);
	moved_back(&m);
}

// The tunnel that it came through was right when it came.
static void what_came_by_the_previous_mag_goes_on_when_that_is_done(void **state)
{
	struct world *w = *state;
	uint16_t got[4];
	struct moving m;

	moving_in(&m, w, 0, FWD_HOLD, FWD_HOLD, FWD_PASS);
	down_from(w, OTHER_MAG, 51);
	arrived(&m); // its entry knows the LMA's tunnel alone
	order(&m, FWD_PASS, FWD_PASS, FWD_PASS, false);
	turns(w, 1, NS_MSEC);
	assert_int_equal(payloads(w, ACCESS, got, 4), 1);
	// But nothing more comes through it.
	assert_verdict(fate_of(w, BACKBONE, tunnelled(OTHER_MAG, COA, packet(CN, NODE_A, 17, 9))),
		       V_DROP_UNBOUND_SRC);
	moved_back(&m);
}

// FMIP-07: bounded in bytes, of one node and of all; the oldest goes, by name.
static void a_full_queue_loses_its_oldest_by_name(void **state)
{
	struct world *w = *state;
	uint16_t got[8];
	struct moving m;

	moving_in(&m, w, 0, FWD_HOLD, FWD_HOLD, FWD_PASS);
	down_from(w, OTHER_MAG, 1);
	uint64_t one = fwd_held_bytes(w->fwd);
	w->conf.hold_node_bytes = 3 * one;
	for (uint16_t i = 2; i <= 5; i++) {
		w->now += NS_MSEC;
		down_from(w, OTHER_MAG, i);
	}
	assert_int_equal(w->telem.verdicts[V_DROP_HOLD_FULL], 2);
	assert_int_equal(waiting(&m, FWD_DETOUR), 3);
	w->conf.hold_node_bytes = 1 << 30;
	w->conf.hold_bytes = 3 * one;
	w->now += NS_MSEC;
	down_from(w, LMA1, 6); // of another queue of the node's, and that one's oldest goes
	assert_int_equal(w->telem.verdicts[V_DROP_HOLD_FULL], 3);
	order(&m, FWD_PASS, FWD_PASS, FWD_PASS, false);
	turns(w, 5, NS_MSEC);
	assert_int_equal(payloads(w, ACCESS, got, 8), 3);
	assert_int_equal(got[0] * 100 + got[1] * 10 + got[2], 456);
	moved_back(&m);
}

static void without_any_room_the_packet_itself_is_lost_by_name(void **state)
{
	struct world *w = *state;
	struct moving m;

	moving_in(&m, w, 0, FWD_HOLD, FWD_HOLD, FWD_PASS);
	w->conf.hold_bytes = 1;
	down_from(w, OTHER_MAG, 1);
	assert_int_equal(w->telem.verdicts[V_DROP_HOLD_FULL], 1);
	assert_int_equal(fwd_held(w->fwd), 0);
	moved_back(&m);
}

// FMIP-07: and in time.
static void what_waits_too_long_is_lost_by_name(void **state)
{
	struct world *w = *state;
	struct moving m;

	moving_in(&m, w, 0, FWD_HOLD, FWD_HOLD, FWD_PASS);
	w->conf.hold_age = 10 * NS_MSEC;
	down_from(w, OTHER_MAG, 1);
	turns(w, 1, 5 * NS_MSEC);
	down_from(w, OTHER_MAG, 2);
	turns(w, 1, 5 * NS_MSEC);
	assert_int_equal(waiting(&m, FWD_DETOUR), 2); // to the last moment
	turns(w, 1, 1);
	assert_int_equal(w->telem.verdicts[V_DROP_HOLD_TIMEOUT], 1);
	turns(w, 1, 6 * NS_MSEC);
	assert_int_equal(w->telem.verdicts[V_DROP_HOLD_TIMEOUT], 2);
	moved_back(&m);
}

// FMIP-17: the node never came.
static void what_waits_for_nobody_is_lost_by_name(void **state)
{
	struct world *w = *state;
	struct moving m;

	moving_in(&m, w, FWD_EXPECTED, FWD_HOLD, FWD_HOLD, FWD_HOLD);
	down_from(w, OTHER_MAG, 1);
	down_from(w, LMA1, 2);
	up_from_node(w, 3);
	order(&m, FWD_FLUSH, FWD_FLUSH, FWD_FLUSH, false);
	assert_int_equal(w->telem.verdicts[V_DROP_HOLD_OVER], 3);
	assert_verdict(fate_of(w, BACKBONE, tunnelled(OTHER_MAG, COA, packet(CN, NODE_A, 17, 9))),
		       V_DROP_HOLD_OVER);
	assert_int_equal(fwd_held(w->fwd), 0);
	moved_back(&m);
}

static void a_hold_that_ends_holds_nothing_any_more(void **state)
{
	struct world *w = *state;
	uint16_t got[4];
	struct moving m;

	moving_in(&m, w, 0, FWD_HOLD, FWD_HOLD, FWD_HOLD);
	down_from(w, OTHER_MAG, 1);
	order(&m, FWD_PASS, FWD_PASS, FWD_PASS, true);
	assert_int_equal(w->telem.verdicts[V_DROP_HOLD_OVER], 1);
	down_from(w, OTHER_MAG, 2); // an entry that names it still
	assert_int_equal(payloads(w, ACCESS, got, 4), 1);
	assert_int_equal(got[0], 2);
	moved_back(&m);
}

// An entry of an earlier use of the number has nothing to do with the later one.
static void a_number_means_its_newest_use(void **state)
{
	struct world *w = *state;
	uint16_t got[4];
	struct moving m;

	moving_in(&m, w, 0, FWD_HOLD, FWD_HOLD, FWD_HOLD);
	down_from(w, OTHER_MAG, 1);
	m.serial++; // the next handover has this number
	order(&m, FWD_HOLD, FWD_HOLD, FWD_HOLD, false);
	assert_int_equal(w->telem.verdicts[V_DROP_HOLD_OVER], 1);
	down_from(w, OTHER_MAG, 2);
	assert_int_equal(payloads(w, ACCESS, got, 4), 1);
	m.serial--; // and an order of the old use comes late
	order(&m, FWD_FLUSH, FWD_FLUSH, FWD_FLUSH, false);
	assert_int_equal(atomic_load(&fwd_held_state(w->fwd, HOLD)->serial), m.serial + 1);
	moved_back(&m);
}

static void at_the_end_of_a_worker_what_waits_is_lost_by_name(void **state)
{
	struct world *w = *state;
	struct moving m;

	moving_in(&m, w, 0, FWD_HOLD, FWD_HOLD, FWD_HOLD);
	down_from(w, OTHER_MAG, 1);
	fwd_stop(w->fwd);
	assert_int_equal(w->telem.verdicts[V_DROP_HOLD_OVER], 1);
	assert_int_equal(fwd_held(w->fwd), 0);
	moved_back(&m);
}

// The MAG's own packets to a node that is not here yet.
static void nothing_of_ours_goes_to_a_node_that_is_not_here(void **state)
{
	struct world *w = *state;
	struct moving m;

	moving_in(&m, w, FWD_EXPECTED, FWD_HOLD, FWD_HOLD, FWD_HOLD);
	assert_verdict(fate_of_own(w, FWD_PUNT_ICMP, BACKBONE, packet(COA, NODE_A, 58, 10)),
		       V_DROP_DETACHED);
	moved_back(&m);
}

int test_hold(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(orders_are_words_of_64_bits),
		FATE_TEST(packets_wait_for_a_node_and_keep_their_order),
		FATE_TEST(nothing_overtakes_what_waits),
		FATE_TEST(what_waited_is_metered_by_how_it_came),
		FATE_TEST(what_was_kept_for_the_next_mag_goes_at_once),
		FATE_TEST(uplink_waits_and_takes_the_way_that_holds_then),
		FATE_TEST(the_first_frame_of_an_expected_node_is_a_sign_and_waits),
		FATE_TEST(another_host_fills_no_queue_of_an_expected_node),
		FATE_TEST(what_waited_is_held_against_the_place_that_the_node_has),
		FATE_TEST(what_came_by_the_previous_mag_goes_on_when_that_is_done),
		FATE_TEST(a_full_queue_loses_its_oldest_by_name),
		FATE_TEST(without_any_room_the_packet_itself_is_lost_by_name),
		FATE_TEST(what_waits_too_long_is_lost_by_name),
		FATE_TEST(what_waits_for_nobody_is_lost_by_name),
		FATE_TEST(a_hold_that_ends_holds_nothing_any_more),
		FATE_TEST(a_number_means_its_newest_use),
		FATE_TEST(at_the_end_of_a_worker_what_waits_is_lost_by_name),
		FATE_TEST(nothing_of_ours_goes_to_a_node_that_is_not_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
