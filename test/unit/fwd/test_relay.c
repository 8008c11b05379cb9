// Ports whose kernel twin is a TAP, tags, and whole frames of control's making.
#include "test/unit/fwd/fate.h"

#include <string.h>

static void relay(struct world *w)
{
	w->conf.ports[BACKBONE].kind = FWD_PORT_RELAYED;
}

static void assert_relayed(struct world *w, struct frame f, uint16_t vlan)
{
	struct fwd_punt note;
	struct frame got;

	assert_verdict(fate(w, BACKBONE, f), V_PUNT_KERNEL);
	assert_true(world_relayed(w, &note, &got));
	assert_int_equal(note.kind, FWD_PUNT_KERNEL);
	assert_int_equal(note.port, BACKBONE);
	assert_int_equal(note.vlan, vlan);
	assert_int_equal(got.n, f.n);
	assert_memory_equal(got.b, f.b, f.n);
}

static void what_is_not_ours_goes_to_the_kernel_as_it_came(void **state)
{
	struct world *w = *state;
	struct frame arp = framed(BACKBONE, packet(CN, OWN, 17, 10));
	struct frame ns = framed(BACKBONE, packet("fe80::1", "ff02::1:ff00:1", 58, 24));

	relay(w);
	assert_relayed(w, framed(BACKBONE, packet(CN, OWN, 6, 20)), 0);
	assert_relayed(w, framed(BACKBONE, packet(CN, LMAA, 58, 20)), 0); // an echo to ourselves
	assert_relayed(w, framed(BACKBONE, packet(CN, LMAA, 50, 20)), 0); // ESP
	ns.b[0] = 0x33;
	assert_relayed(w, ns, 0);
	arp.b[12] = 8;
	arp.b[13] = 6;
	assert_relayed(w, arp, 0);
}

static void what_is_ours_is_ours_on_such_a_port_too(void **state)
{
	struct world *w = *state;

	relay(w);
	w->conf.ports[CORE].kind = FWD_PORT_RELAYED;
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, 17, 10)), V_TX_DOWNLINK);
	assert_verdict(fate_of(w, BACKBONE, tunnelled(COA1, LMAA, packet(MN1, CN, 17, 10))),
		       V_TX_UPLINK);
	assert_verdict(fate_of(w, BACKBONE, packet(COA1, LMAA, 135, 20)), V_PUNT_SIGNALLING);
	assert_verdict(fate_of(w, BACKBONE, packet(COA1, LMAA, 44, 16)), V_DROP_FRAGMENT_LONG);
}

static void frames_to_other_stations_are_not_the_kernels(void **state)
{
	struct world *w = *state;
	struct frame f = framed(BACKBONE, packet(CN, OWN, 6, 20));

	relay(w);
	f.b[5] ^= 1;
	assert_verdict(fate(w, BACKBONE, f), V_DROP_NOT_FOR_US);
}

static void SEC_01_the_kernel_gets_so_much_and_no_more(void **state)
{
	struct world *w = *state;
	struct frame f = packet(CN, OWN, 6, 20), got;
	struct fwd_punt note;

	relay(w);
	for (uint32_t i = 0; i < w->conf.relay_rate; i++) {
		assert_verdict(fate_of(w, BACKBONE, f), V_PUNT_KERNEL);
		assert_true(world_relayed(w, &note, &got));
	}
	assert_verdict(fate_of(w, BACKBONE, f), V_DROP_RELAY_POLICED);
	assert_verdict(fate_of(w, BACKBONE, packet(COA1, LMAA, 135, 20)), V_PUNT_SIGNALLING);
}

static void a_full_ring_to_the_kernel_is_a_drop_by_name(void **state)
{
	struct world *w = *state;
	enum verdict v = V_PUNT_KERNEL;

	relay(w);
	w->conf.relay_rate = 1000;
	for (int i = 0; i < 100 && v == V_PUNT_KERNEL; i++)
		v = fate_of(w, BACKBONE, packet(CN, OWN, 6, 20));
	assert_verdict(v, V_DROP_RELAY_FULL);
}

static void a_tag_needs_an_interface_and_so_does_none(void **state)
{
	struct world *w = *state;
	struct frame f = framed(CORE, packet(CN, MN1, 17, 10));

	assert_verdict(fate(w, CORE, tagged(f, 7)), V_DROP_VLAN);
	w->conf.ports[CORE].vlans[0] = 1u << 7;
	assert_verdict(fate(w, CORE, tagged(f, 7)), V_TX_DOWNLINK);
	assert_verdict(fate(w, CORE, f), V_DROP_VLAN);
	w->conf.ports[CORE].vlans[4094 / 64] = UINT64_C(1) << 4094 % 64;
	assert_verdict(fate(w, CORE, tagged(f, 4094)), V_TX_DOWNLINK);
	w->conf.ports[CORE].vlans[0] = 1; // a priority tag is no VLAN (802.1Q)
	assert_verdict(fate(w, CORE, tagged(f, 0x6000)), V_TX_DOWNLINK);
	relay(w);
	assert_verdict(fate(w, BACKBONE, tagged(framed(BACKBONE, packet(CN, OWN, 6, 1)), 9)),
		       V_DROP_VLAN);
}

static void a_tagged_frame_for_the_kernel_says_which_twin(void **state)
{
	struct world *w = *state;

	relay(w);
	w->conf.ports[BACKBONE].vlans[0] |= 1u << 9;
	assert_relayed(w, tagged(framed(BACKBONE, packet(CN, OWN, 6, 1)), 9), 9);
}

static void frames_of_controls_making_leave_as_they_are(void **state)
{
	struct world *w = *state;
	struct frame f = from_node(access_mac, VLAN_B, packet("fe80::1", "ff02::1", 58, 40)), out;

	assert_verdict(fate_of_own(w, FWD_PUNT_ND, ACCESS, f), V_TX_ND);
	assert_true(world_take(w, ACCESS, &out));
	assert_int_equal(out.n, f.n);
	assert_memory_equal(out.b, f.b, f.n);
	assert_verdict(fate_of_own(w, FWD_PUNT_FROM_KERNEL, BACKBONE, f), V_TX_KERNEL);
	assert_true(world_take(w, BACKBONE, &out));
	assert_memory_equal(out.b, f.b, f.n);
}

static void a_mistake_in_a_frame_of_controls_is_a_drop_by_name(void **state)
{
	struct world *w = *state;
	struct frame f = framed(CORE, packet(CN, OWN, 6, 1));

	assert_verdict(fate_of_own(w, FWD_PUNT_FROM_KERNEL, FWD_MAX_PORTS, f), V_DROP_NO_ROUTE);
	f.n = 13;
	assert_verdict(fate_of_own(w, FWD_PUNT_ND, CORE, f), V_DROP_TRUNCATED);
}

int test_relay(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(what_is_not_ours_goes_to_the_kernel_as_it_came),
		FATE_TEST(what_is_ours_is_ours_on_such_a_port_too),
		FATE_TEST(frames_to_other_stations_are_not_the_kernels),
		FATE_TEST(SEC_01_the_kernel_gets_so_much_and_no_more),
		FATE_TEST(a_full_ring_to_the_kernel_is_a_drop_by_name),
		FATE_TEST(a_tag_needs_an_interface_and_so_does_none),
		FATE_TEST(a_tagged_frame_for_the_kernel_says_which_twin),
		FATE_TEST(frames_of_controls_making_leave_as_they_are),
		FATE_TEST(a_mistake_in_a_frame_of_controls_is_a_drop_by_name),
	};
	return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
