// From a mobile node, at a MAG: who is let into which tunnel, and what control gets to see.
#include "test/unit/fwd/fate.h"

#include <string.h>

static enum verdict from(struct world *w, const uint8_t mac[6], uint16_t vlan, struct frame p)
{
	return fate(w, ACCESS, from_node(mac, vlan, p));
}

// MAG-FW-08, LMA-FW-07.
static void a_nodes_packet_goes_into_its_tunnel_one_hop_shorter(void **state)
{
	struct world *w = *state;
	struct frame in = packet(NODE_A, CN, 17, 100);

	world_become_mag(w);
	assert_verdict(from(w, mac_a, 0, in), V_TX_UPLINK);
	struct frame out = sent(w, BACKBONE);
	assert_addr(src_of(&out), COA);
	assert_addr(dst_of(&out), LMA1);
	assert_int_equal(out.b[6], 41);
	in.b[7]--;
	assert_int_equal(out.n, in.n + 40);
	assert_memory_equal(out.b + 40, in.b, in.n);
}

static void a_tagged_nodes_packet_loses_its_tag(void **state)
{
	struct world *w = *state;
	struct frame in = packet(NODE_B, CN, 17, 60);

	world_become_mag(w);
	assert_verdict(from(w, mac_b, VLAN_B, in), V_TX_UPLINK);
	in.b[7]--;
	assert_memory_equal(sent(w, BACKBONE).b + 40, in.b, in.n);
}

static void padding_of_short_frames_stays_outside(void **state)
{
	struct world *w = *state;
	struct frame f = from_node(mac_a, 0, packet(NODE_A, CN, 17, 0));

	world_become_mag(w);
	f.n += 6;
	assert_verdict(fate(w, ACCESS, f), V_TX_UPLINK);
	assert_int_equal(sent(w, BACKBONE).n, 80);
}

static void MAG_FW_06_another_nodes_address_here_is_reached_through_the_tunnel(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	assert_verdict(from(w, mac_a, 0, packet(NODE_A, NODE_B, 17, 10)), V_TX_UPLINK);
	struct frame out = sent(w, BACKBONE);
	assert_addr(dst_of(&out), LMA1);
}

static void MAG_FW_07_routes_of_our_own_are_not_asked(void **state)
{
	static const char *const to[] = {CN, VOID, OWN, FAR};
	struct world *w = *state;

	world_become_mag(w);
	for (unsigned i = 0; i < 4; i++) {
		assert_verdict(from(w, mac_a, 0, packet(NODE_A, to[i], 17, 10)), V_TX_UPLINK);
		struct frame out = sent(w, BACKBONE);
		assert_addr(dst_of(&out), LMA1);
	}
	assert_nothing_sent(w);
}

// MAG-FW-01, MAG-LT-01.
static void MAG_PP_04_a_node_is_its_mac_address_behind_its_port_and_vlan(void **state)
{
	struct world *w = *state;
	struct frame a = packet(NODE_A, CN, 17, 10), b = packet(NODE_B, CN, 17, 10);

	world_become_mag(w);
	assert_verdict(from(w, mac_a, 0, a), V_TX_UPLINK);
	(void)sent(w, BACKBONE);
	assert_verdict(from(w, mac_b, 0, a), V_DROP_SPOOF);
	assert_verdict(from(w, mac_a, VLAN_B, a), V_DROP_SPOOF);
	assert_verdict(from(w, mac_b, 0, b), V_DROP_SPOOF);
	assert_verdict(from(w, mac_stranger, 0, a), V_DROP_SPOOF);
	w->conf.ports[CORE] = w->conf.ports[ACCESS];
	assert_verdict(fate(w, CORE, from_node(mac_a, 0, a)), V_DROP_SPOOF);
	assert_nothing_sent(w);
}

static void MAG_FW_01_a_nodes_sources_are_those_of_its_own_prefix(void **state)
{
	static const char *const own[] = {NODE_A, "2001:db8:3000:1::", "2001:db8:3000:1:ffff::1"};
	static const char *const others[] = {NODE_B, NODE_E, "2001:db8:3000:2::ffff"};
	struct world *w = *state;

	world_become_mag(w);
	w->conf.attach_rate = 0;
	for (unsigned i = 0; i < 3; i++) {
		assert_verdict(from(w, mac_a, 0, packet(own[i], CN, 17, 10)), V_TX_UPLINK);
		(void)sent(w, BACKBONE);
		assert_verdict(from(w, mac_a, 0, packet(others[i], CN, 17, 10)), V_DROP_SPOOF);
	}
	// The prefixes beside its own are nobody's.
	assert_verdict(from(w, mac_a, 0, packet("2001:db8:3000::1", CN, 17, 10)),
		       V_DROP_UNBOUND_SRC);
	assert_verdict(from(w, mac_a, 0, packet(CN, NODE_B, 17, 10)), V_DROP_UNBOUND_SRC);
	assert_nothing_sent(w);
}

static void MAG_FW_01_a_link_local_source_never_leaves_the_link(void **state)
{
	static const char *const to[] = {CN, NODE_B, "ff0e::1", COA};
	struct world *w = *state;
	struct frame got;
	struct fwd_punt note;

	world_become_mag(w);
	for (unsigned i = 0; i < 4; i++) {
		struct frame p = packet("fe80::a", to[i], 17, 10);
		assert_verdict(from(w, mac_a, 0, p), V_PUNT_ACCESS);
		assert_true(world_punted(w, &note, &got));
	}
	w->conf.attach_rate = 0;
	assert_verdict(from(w, mac_a, 0, packet("fe80::a", CN, 17, 10)), V_DROP_ACCESS_POLICED);
	assert_nothing_sent(w);
}

static void MAG_FW_05_a_source_that_is_nobodys_is_a_sign_of_a_node_then_a_drop(void **state)
{
	struct world *w = *state;
	struct frame f = from_node(mac_stranger, VLAN_B, packet(NODE_D, CN, 17, 10)), got;
	struct fwd_punt note;

	world_become_mag(w);
	for (uint32_t i = 0; i < w->conf.attach_rate / 2; i++)
		assert_verdict(fate(w, ACCESS, f), V_PUNT_ACCESS);
	assert_verdict(fate(w, ACCESS, f), V_DROP_UNBOUND_SRC);
	assert_true(world_punted(w, &note, &got));
	assert_int_equal(note.kind, FWD_PUNT_ACCESS);
	assert_int_equal(note.port, ACCESS);
	assert_int_equal(note.vlan, VLAN_B);
	assert_int_equal(got.n, f.n); // the whole frame
	assert_memory_equal(got.b, f.b, f.n);
	w->now += NS_SEC;
	assert_verdict(fate(w, ACCESS, f), V_PUNT_ACCESS);
}

static void SEC_01_traffic_from_a_stray_source_leaves_a_node_its_neighbour_discovery(void **state)
{
	struct world *w = *state;
	struct frame stray = from_node(mac_a, 0, packet(NODE_D, CN, 17, 10));
	struct frame ns = from_node(mac_a, 0, packet("fe80::1", "ff02::1:ff00:1", 58, 24));
	enum verdict v = V_PUNT_ACCESS;

	world_become_mag(w);
	for (int i = 0; i < 100 && v == V_PUNT_ACCESS; i++)
		v = fate(w, ACCESS, stray);
	assert_verdict(v, V_DROP_UNBOUND_SRC);
	for (uint32_t i = 0; i < w->conf.attach_rate / 2; i++)
		assert_verdict(fate(w, ACCESS, ns), V_PUNT_ACCESS);
}

// MAG-FW-05.
static void a_source_that_left_a_moment_ago_is_dropped_by_name(void **state)
{
	world_become_mag(*state);
	assert_verdict(from(*state, mac_a, 0, packet(NODE_C, CN, 17, 10)), V_DROP_DETACHED);
}

static void MAG_FW_10_what_is_for_the_link_alone_is_for_control(void **state)
{
	struct world *w = *state;
	static const char *const link[][2] = {{"fe80::1", "ff02::2"},
					      {"::", "ff02::1:ff00:1"},
					      {"fe80::1", "fe80::200:5eff:fe00:5213"},
					      {NODE_A, "fe80::200:5eff:fe00:5213"},
					      {NODE_A, "ff05::1:3"},
					      {"fe80::1", CN}};

	world_become_mag(w);
	for (unsigned i = 0; i < sizeof(link) / sizeof(link[0]); i++)
		assert_verdict(from(w, mac_a, 0, packet(link[i][0], link[i][1], 58, 16)),
			       V_PUNT_ACCESS);
	struct frame arp = from_node(mac_a, 0, packet(NODE_A, CN, 17, 10));
	memset(arp.b, 0xff, 6);
	arp.b[12] = 8;
	arp.b[13] = 6;
	assert_verdict(fate(w, ACCESS, arp), V_PUNT_ACCESS);
}

static void a_multicast_frame_is_never_forwarded(void **state)
{
	struct world *w = *state;
	struct frame f = from_node(mac_a, 0, packet(NODE_A, CN, 17, 10));

	world_become_mag(w);
	f.b[0] = 0x33;
	assert_verdict(fate(w, ACCESS, f), V_PUNT_ACCESS);
}

static void SEC_01_one_mac_address_beyond_its_rate_does_not_silence_others(void **state)
{
	struct world *w = *state;
	struct frame rs = packet("fe80::1", "ff02::2", 58, 16);

	world_become_mag(w);
	for (uint32_t i = 0; i < w->conf.attach_rate; i++)
		assert_verdict(from(w, mac_a, 0, rs), V_PUNT_ACCESS);
	assert_verdict(from(w, mac_a, 0, rs), V_DROP_ACCESS_POLICED);
	assert_verdict(from(w, mac_b, VLAN_B, rs), V_PUNT_ACCESS);
}

// How many of 1000 frames, each from another MAC address, control gets to see.
static uint32_t flood(struct world *w, uint16_t vlan)
{
	struct frame rs = packet("fe80::1", "ff02::2", 58, 16), got;
	struct fwd_punt note;
	uint8_t mac[6] = {2, 1, 0, (uint8_t)vlan};
	uint32_t seen = 0;

	for (unsigned i = 0; i < 1000; i++) {
		mac[4] = (uint8_t)(i >> 8);
		mac[5] = (uint8_t)i;
		seen += from(w, mac, vlan, rs) == V_PUNT_ACCESS;
		(void)world_punted(w, &note, &got);
	}
	return seen;
}

static void SEC_01_made_up_addresses_of_a_link_have_half_a_second_link_the_rest(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	w->conf.attach_rate = 1;
	assert_int_equal(flood(w, 0), 64);
	assert_verdict(from(w, mac_b, VLAN_B, packet("fe80::1", "ff02::2", 58, 16)), V_PUNT_ACCESS);
	assert_int_equal(flood(w, VLAN_B), 63);
}

static void SEC_01_a_nodes_mac_address_on_another_link_does_not_silence_it(void **state)
{
	struct world *w = *state;
	struct frame rs = packet("fe80::1", "ff02::2", 58, 16);

	world_become_mag(w);
	for (uint32_t i = 0; i <= w->conf.attach_rate; i++)
		(void)from(w, mac_a, VLAN_B, rs);
	assert_verdict(from(w, mac_a, VLAN_B, rs), V_DROP_ACCESS_POLICED);
	assert_verdict(from(w, mac_a, 0, rs), V_PUNT_ACCESS);
}

static void a_full_ring_to_control_is_a_drop_by_name(void **state)
{
	struct world *w = *state;
	struct frame rs = packet("fe80::1", "ff02::2", 58, 16);
	enum verdict v = V_PUNT_ACCESS;

	world_become_mag(w);
	w->conf.attach_rate = 1000;
	for (int i = 0; i < 100 && v == V_PUNT_ACCESS; i++)
		v = from(w, mac_a, 0, rs);
	assert_verdict(v, V_DROP_PUNT_FULL);
}

static void frames_to_others_and_from_nobody_are_dropped_by_name(void **state)
{
	struct world *w = *state;
	struct frame f = from_node(mac_a, 0, packet(NODE_A, CN, 17, 10)), bad = f;

	world_become_mag(w);
	memcpy(bad.b, mac_b, 6);
	assert_verdict(fate(w, ACCESS, bad), V_DROP_NOT_FOR_US);
	bad = f;
	bad.b[6] |= 1;
	assert_verdict(fate(w, ACCESS, bad), V_DROP_SPOOF);
	bad = f;
	memcpy(bad.b + 6, access_mac, 6);
	assert_verdict(fate(w, ACCESS, bad), V_DROP_SPOOF);
	assert_verdict(fate(w, ACCESS, tagged(f, 6)), V_DROP_VLAN);
	for (uint16_t n = 0; n < 14 + 40; n++) {
		bad = f;
		bad.n = n;
		assert_verdict(fate(w, ACCESS, bad), V_DROP_TRUNCATED);
	}
}

static void LMA_FW_05_a_node_makes_no_tunnel_of_its_own_to_us_or_the_lma(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	assert_verdict(from(w, mac_a, 0, packet(NODE_A, LMA1, 135, 10)), V_DROP_NESTED);
	assert_verdict(from(w, mac_a, 0, tunnelled(NODE_A, COA, packet(NODE_B, CN, 17, 8))),
		       V_DROP_NESTED);
}

// The node is told through its own link, by the MAG's address.
static struct frame told(struct world *w)
{
	struct frame f = {0};

	world_turn(w);
	assert_true(world_take(w, ACCESS, &f));
	assert_memory_equal(f.b, mac_a, 6);
	assert_memory_equal(f.b + 6, access_mac, 6);
	f = stripped(f, L2_LEN);
	assert_addr(src_of(&f), COA);
	assert_addr(dst_of(&f), NODE_A);
	return f;
}

static void MAG_FW_10_a_used_up_hop_limit_is_told_to_the_node(void **state)
{
	struct world *w = *state;
	struct frame f = packet(NODE_A, CN, 17, 10);

	world_become_mag(w);
	f.b[7] = 1;
	assert_verdict(from(w, mac_a, 0, f), V_DROP_HOP_LIMIT);
	assert_int_equal(told(w).b[40], 3);
}

// MAG-FW-08, LMA-MTU-01, LMA-MTU-06.
static void LMA_MTU_02_what_does_not_fit_the_tunnel_is_told_to_the_node(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	assert_verdict(from(w, mac_a, 0, packet(NODE_A, CN, 17, 1421)), V_DROP_TOO_BIG);
	struct frame f = told(w);
	assert_int_equal(f.b[40], 2);
	assert_int_equal(f.b[46] << 8 | f.b[47], 1460);
	assert_verdict(from(w, mac_a, 0, packet(NODE_A, CN, 17, 1420)), V_TX_UPLINK);
	assert_int_equal(sent(w, BACKBONE).n, 1500);
}

// LMA-MTU-02: 1280 is taken, in pieces.
static void MAG_FW_08_a_node_is_never_told_less_than_1280(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	entry_set_mtu(w->fib, w->nodes[A], 1290);
	assert_verdict(from(w, mac_a, 0, packet(NODE_A, CN, 17, 1241)), V_DROP_TOO_BIG);
	struct frame f = told(w);
	assert_int_equal(f.b[46] << 8 | f.b[47], 1280);
	assert_verdict(from(w, mac_a, 0, packet(NODE_A, CN, 17, 1240)), V_TX_UPLINK);
}

// LMA-MTU-06.
static void MAG_FW_08_a_node_is_told_nothing_about_its_errors(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	for (unsigned type = 0; type < 256; type++) {
		struct frame f = packet(NODE_A, CN, 58, 50);
		f.b[7] = 1;
		f.b[40] = (uint8_t)type;
		assert_verdict(from(w, mac_a, 0, f), V_DROP_HOP_LIMIT);
		assert_int_equal(fwd_held(w->fwd), type >= 128 && type != 137);
		w->now += NS_SEC;
	}
}

static void without_a_way_to_the_lma_the_node_is_told(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	entry_set_nexthop(w->fib, w->nodes[0], NEXTHOP_NONE);
	assert_verdict(from(w, mac_a, 0, packet(NODE_A, CN, 17, 10)), V_DROP_NO_ROUTE);
	assert_int_equal(told(w).b[40], 1);
}

// MAG-FW-07: on its own it would leave by the routes when the neighbour is known.
static void a_packet_that_waits_for_the_next_hop_waits_in_its_tunnel(void **state)
{
	struct world *w = *state;
	struct fwd_punt note;
	struct frame got;

	world_become_mag(w);
	entry_set_nexthop(w->fib, w->nodes[0], w->nh_glean);
	assert_verdict(from(w, mac_a, 0, packet(NODE_A, CN, 17, 10)), V_PUNT_NEIGHBOUR);
	assert_true(world_punted(w, &note, &got));
	assert_addr(dst_of(&got), LMA1);
	assert_addr(note.glean, LMA1);
}

static void LMA_FW_08_congestion_marks_go_into_the_tunnel(void **state)
{
	struct world *w = *state;
	struct frame f = packet(NODE_A, CN, 17, 10);

	world_become_mag(w);
	set_class(&f, 0xb9);
	assert_verdict(from(w, mac_a, 0, f), V_TX_UPLINK);
	f = sent(w, BACKBONE);
	assert_int_equal(class_of(&f), 0xb9);
}

int test_access(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(a_nodes_packet_goes_into_its_tunnel_one_hop_shorter),
		FATE_TEST(a_tagged_nodes_packet_loses_its_tag),
		FATE_TEST(padding_of_short_frames_stays_outside),
		FATE_TEST(MAG_FW_06_another_nodes_address_here_is_reached_through_the_tunnel),
		FATE_TEST(MAG_FW_07_routes_of_our_own_are_not_asked),
		FATE_TEST(MAG_PP_04_a_node_is_its_mac_address_behind_its_port_and_vlan),
		FATE_TEST(MAG_FW_01_a_nodes_sources_are_those_of_its_own_prefix),
		FATE_TEST(MAG_FW_01_a_link_local_source_never_leaves_the_link),
		FATE_TEST(MAG_FW_05_a_source_that_is_nobodys_is_a_sign_of_a_node_then_a_drop),
		FATE_TEST(a_source_that_left_a_moment_ago_is_dropped_by_name),
		FATE_TEST(MAG_FW_10_what_is_for_the_link_alone_is_for_control),
		FATE_TEST(a_multicast_frame_is_never_forwarded),
		FATE_TEST(SEC_01_one_mac_address_beyond_its_rate_does_not_silence_others),
		FATE_TEST(SEC_01_made_up_addresses_of_a_link_have_half_a_second_link_the_rest),
		FATE_TEST(SEC_01_a_nodes_mac_address_on_another_link_does_not_silence_it),
		FATE_TEST(SEC_01_traffic_from_a_stray_source_leaves_a_node_its_neighbour_discovery),
		FATE_TEST(a_full_ring_to_control_is_a_drop_by_name),
		FATE_TEST(frames_to_others_and_from_nobody_are_dropped_by_name),
		FATE_TEST(LMA_FW_05_a_node_makes_no_tunnel_of_its_own_to_us_or_the_lma),
		FATE_TEST(MAG_FW_10_a_used_up_hop_limit_is_told_to_the_node),
		FATE_TEST(LMA_MTU_02_what_does_not_fit_the_tunnel_is_told_to_the_node),
		FATE_TEST(MAG_FW_08_a_node_is_never_told_less_than_1280),
		FATE_TEST(MAG_FW_08_a_node_is_told_nothing_about_its_errors),
		FATE_TEST(without_a_way_to_the_lma_the_node_is_told),
		FATE_TEST(a_packet_that_waits_for_the_next_hop_waits_in_its_tunnel),
		FATE_TEST(LMA_FW_08_congestion_marks_go_into_the_tunnel),
	};
	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
