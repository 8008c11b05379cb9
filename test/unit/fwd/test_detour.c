// A node that leaves: its packets go by its next MAG, both ways (RFC 5949 4.1, 4.2).
#include "test/unit/fwd/moving.h"

// FMIP-16: what the LMA still sends goes through the tunnel between the MAGs, as it came.
static void downlink_goes_on_to_the_next_mag(void **state)
{
	struct world *w = *state;
	struct frame in = packet(CN, NODE_A, 17, 100), out;
	struct moving m;

	moving_out(&m, w);
	assert_verdict(fate_of(w, BACKBONE, tunnelled(LMA1, COA, in)), V_TX_DETOUR);
	out = sent(w, BACKBONE);
	assert_addr(src_of(&out), COA);
	assert_addr(dst_of(&out), OTHER_MAG);
	out = stripped(out, 40);
	assert_int_equal(out.n, in.n);
	assert_memory_equal(out.b, in.b, in.n); // not even its hop limit is another one
	moved_back(&m);
}

// FMIP-11: what its next MAG sends for it goes to the LMA.
static void uplink_of_the_next_mag_goes_to_the_lma(void **state)
{
	struct world *w = *state;
	struct frame in = packet(NODE_A, CN, 17, 100), out;
	struct moving m;

	moving_out(&m, w);
	assert_verdict(fate_of(w, BACKBONE, tunnelled(OTHER_MAG, COA, in)), V_TX_UPLINK_DETOUR);
	out = sent(w, BACKBONE);
	assert_addr(dst_of(&out), LMA1);
	out = stripped(out, 40);
	assert_memory_equal(out.b, in.b, in.n);
	moved_back(&m);
}

// FMIP-11: only for a node with such a state, and only from the MAG that it went to.
static void another_mag_sends_for_nobody_else(void **state)
{
	struct world *w = *state;
	struct moving m;

	moving_out(&m, w);
	assert_verdict(fate_of(w, BACKBONE, tunnelled(OTHER_MAG, COA, packet(NODE_B, CN, 17, 10))),
		       V_DROP_SPOOF);
	assert_verdict(fate_of(w, BACKBONE, tunnelled(OTHER_MAG, COA, packet(NODE_D, CN, 17, 10))),
		       V_DROP_UNBOUND_SRC);
	assert_verdict(fate_of(w, BACKBONE, tunnelled(OTHER_MAG, COA, packet(NODE_C, CN, 17, 10))),
		       V_DROP_DETACHED);
	// Nor are packets for a node here taken from it.
	assert_verdict(fate_of(w, BACKBONE, tunnelled(OTHER_MAG, COA, packet(CN, NODE_B, 17, 10))),
		       V_DROP_UNBOUND_SRC);
	assert_nothing_sent(w);
	moved_back(&m);
}

// On its old link it is served until it leaves. FMIP-17: and if it had left, its frames are how it
// is known that it is back: a kernel that has not noticed that its radio was silent says no more.
static void its_own_frames_go_to_the_lma_and_are_a_sign_of_it(void **state)
{
	struct world *w = *state;
	struct frame out, sign;
	struct fwd_punt note;
	struct moving m;

	moving_out(&m, w);
	up_from_node(w, 10);
	out = sent(w, BACKBONE);
	assert_addr(dst_of(&out), LMA1);
	assert_true(world_punted(w, &note, &sign));
	assert_int_equal(note.kind, FWD_PUNT_ACCESS);
	assert_memory_equal(sign.b + 6, mac_a, 6);
	assert_false(world_punted(w, &note, &sign));
	moved_back(&m);
}

static void without_a_way_to_the_next_mag_it_is_dropped_by_name(void **state)
{
	struct world *w = *state;
	struct moving m;

	moving_out(&m, w);
	entry_set_nexthop(w->fib, m.next, NEXTHOP_NONE);
	assert_verdict(fate_of(w, BACKBONE, tunnelled(LMA1, COA, packet(CN, NODE_A, 17, 10))),
		       V_DROP_NO_ROUTE);
	moved_back(&m);
}

int test_detour(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(downlink_goes_on_to_the_next_mag),
		FATE_TEST(uplink_of_the_next_mag_goes_to_the_lma),
		FATE_TEST(another_mag_sends_for_nobody_else),
		FATE_TEST(its_own_frames_go_to_the_lma_and_are_a_sign_of_it),
		FATE_TEST(without_a_way_to_the_next_mag_it_is_dropped_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
