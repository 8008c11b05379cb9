// Out of a tunnel at a MAG: onto which node's link, and what is not.
#include "test/unit/fwd/fate.h"

#include <string.h>

static enum verdict down(struct world *w, const char *lma, struct frame inner)
{
	return fate_of(w, BACKBONE, tunnelled(lma, COA, inner));
}

static void a_packet_reaches_its_node_from_the_one_router_address(void **state)
{
	struct world *w = *state;
	struct frame in = packet(CN, NODE_A, 17, 100), out;

	world_become_mag(w);
	assert_verdict(down(w, LMA1, in), V_TX_DOWNLINK);
	assert_true(world_take(w, ACCESS, &out));
	assert_memory_equal(out.b, mac_a, 6);
	assert_memory_equal(out.b + 6, access_mac, 6); // RFC 6543
	assert_int_equal(out.b[12] << 8 | out.b[13], 0x86dd);
	in.b[7]--;
	assert_int_equal(out.n, L2_LEN + in.n);
	assert_memory_equal(out.b + L2_LEN, in.b, in.n);
}

static void a_tagged_node_gets_its_tag(void **state)
{
	struct world *w = *state;
	struct frame in = packet(CN, NODE_B, 17, 100), out;

	world_become_mag(w);
	assert_verdict(down(w, LMA1, in), V_TX_DOWNLINK);
	assert_true(world_take(w, ACCESS, &out));
	assert_memory_equal(out.b, mac_b, 6);
	assert_int_equal(out.b[12] << 8 | out.b[13], 0x8100);
	assert_int_equal(out.b[14] << 8 | out.b[15], VLAN_B);
	assert_int_equal(out.b[16] << 8 | out.b[17], 0x86dd);
	in.b[7]--;
	assert_memory_equal(out.b + L2_LEN + 4, in.b, in.n);
}

static void every_address_of_the_prefix_goes_to_the_nodes_mac_address(void **state)
{
	struct world *w = *state;
	struct frame out;

	world_become_mag(w);
	assert_verdict(down(w, LMA1, packet(CN, "2001:db8:3000:1:ffff::", 17, 10)), V_TX_DOWNLINK);
	assert_true(world_take(w, ACCESS, &out));
	assert_memory_equal(out.b, mac_a, 6);
}

static void MAG_FW_02_a_destination_that_is_nobodys_is_dropped_in_silence(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	assert_verdict(down(w, LMA1, packet(CN, NODE_D, 17, 10)), V_DROP_NO_BINDING);
	assert_verdict(down(w, LMA1, packet(CN, NODE_C, 17, 10)), V_DROP_DETACHED);
	world_turn(w);
	assert_nothing_sent(w);
}

static void MAG_FW_03_only_the_lma_that_serves_the_node_may_reach_it(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	assert_verdict(down(w, LMA2, packet(CN, NODE_A, 17, 10)), V_DROP_WRONG_TUNNEL);
	assert_verdict(down(w, "2001:db8:e::3", packet(CN, NODE_A, 17, 10)), V_DROP_UNKNOWN_TUNNEL);
	assert_nothing_sent(w);
}

// Both LMAs have nodes here, so both have tunnels.
static void MAG_FW_03_of_two_lmas_each_reaches_its_own_nodes_alone(void **state)
{
	struct world *w = *state;
	struct frame to_a = packet(CN, NODE_A, 17, 10), to_e = packet(CN, NODE_E, 17, 10), out;

	world_become_mag(w);
	assert_verdict(down(w, LMA1, to_e), V_DROP_WRONG_TUNNEL);
	assert_verdict(down(w, LMA2, to_a), V_DROP_WRONG_TUNNEL);
	world_turn(w);
	assert_nothing_sent(w); // not even an error
	assert_verdict(down(w, LMA1, to_a), V_TX_DOWNLINK);
	assert_true(world_take(w, ACCESS, &out));
	assert_memory_equal(out.b, mac_a, 6);
	assert_verdict(down(w, LMA2, to_e), V_TX_DOWNLINK);
	assert_true(world_take(w, ACCESS, &out));
	assert_memory_equal(out.b, mac_e, 6);
	// What the source inside is bound to does not open another LMA's tunnel either.
	assert_verdict(down(w, LMA2, packet(NODE_E, NODE_A, 17, 10)), V_DROP_WRONG_TUNNEL);
	assert_verdict(down(w, LMA1, packet(NODE_E, NODE_A, 17, 10)), V_TX_DOWNLINK);
}

static void MAG_FW_03_a_node_of_either_lma_uses_that_ones_tunnel(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	assert_verdict(fate(w, ACCESS, from_node(mac_a, 0, packet(NODE_A, NODE_E, 17, 10))),
		       V_TX_UPLINK);
	struct frame out = sent(w, BACKBONE);
	assert_addr(dst_of(&out), LMA1);
	assert_verdict(fate(w, ACCESS, from_node(mac_e, VLAN_B, packet(NODE_E, NODE_A, 17, 10))),
		       V_TX_UPLINK);
	out = sent(w, BACKBONE);
	assert_addr(dst_of(&out), LMA2);
}

static void MAG_FW_09_of_one_tunnel_each_packet_finds_the_link_of_its_destination(void **state)
{
	static const char *const to[] = {NODE_A, NODE_B, NODE_A};
	const uint8_t *const mac[] = {mac_a, mac_b, mac_a};
	struct world *w = *state;
	struct frame out;

	world_become_mag(w);
	for (unsigned i = 0; i < 3; i++) {
		assert_verdict(down(w, LMA1, packet(NODE_B, to[i], 17, 10)), V_TX_DOWNLINK);
		assert_true(world_take(w, ACCESS, &out));
		assert_memory_equal(out.b, mac[i], 6);
	}
	assert_verdict(down(w, LMA1, packet(NODE_B, NODE_D, 17, 10)), V_DROP_NO_BINDING);
	// Nor do our routes know better, though they know CN (RFC 5213 6.10.5).
	assert_verdict(down(w, LMA1, packet(NODE_B, CN, 17, 10)), V_DROP_NO_BINDING);
	world_turn(w);
	assert_nothing_sent(w);
}

static void what_came_without_a_tunnel_is_not_delivered(void **state)
{
	world_become_mag(*state);
	assert_verdict(fate_of(*state, BACKBONE, packet(CN, NODE_A, 17, 10)), V_DROP_NOT_OURS);
}

static void inner_addresses_have_to_be_routable_unicast(void **state)
{
	static const char *const bad[] = {"fe80::1", "ff0e::1", "::1", "::"};

	world_become_mag(*state);
	for (unsigned i = 0; i < 4; i++) {
		assert_verdict(down(*state, LMA1, packet(bad[i], NODE_A, 17, 10)),
			       V_DROP_INNER_SRC);
		assert_verdict(down(*state, LMA1, packet(CN, bad[i], 17, 10)), V_DROP_INNER_DST);
	}
	assert_verdict(down(*state, LMA1, packet(CN, COA, 17, 10)), V_DROP_NESTED);
}

// LMA-FW-11.
static void MAG_FW_08_a_limit_of_any_value_on_the_lmas_tunnel_is_skipped(void **state)
{
	struct world *w = *state;
	struct frame f = with_option(tunnelled(LMA1, COA, packet(CN, NODE_A, 17, 10)), 4, 0);

	world_become_mag(w);
	for (unsigned limit = 0; limit < 256; limit++) {
		f.b[44] = (uint8_t)limit;
		assert_verdict(fate_of(w, BACKBONE, f), V_TX_DOWNLINK);
		assert_int_equal(sent(w, ACCESS).n, 50);
	}
	f = with_option(tunnelled(LMA1, COA, packet(CN, NODE_A, 17, 10)), 0xc5, 0);
	assert_verdict(fate_of(w, BACKBONE, f), V_DROP_EXT_HEADERS); // it asks for a discard
}

// MAG-FW-08.
static void LMA_FW_07_a_used_up_hop_limit_is_told_to_the_network(void **state)
{
	struct world *w = *state;
	struct frame f = packet(CN, NODE_A, 17, 10);

	world_become_mag(w);
	f.b[7] = 1;
	assert_verdict(down(w, LMA1, f), V_DROP_HOP_LIMIT);
	world_turn(w);
	f = sent(w, CORE); // by the routes: it is ours, and no node's
	assert_addr(src_of(&f), COA);
	assert_addr(dst_of(&f), CN);
	assert_int_equal(f.b[40], 3);
}

// MAG-FW-08, LMA-MTU-06.
static void what_does_not_fit_the_nodes_link_is_told_to_the_network(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	world_entry(w, A)->access.mtu = 1400;
	assert_verdict(down(w, LMA1, packet(CN, NODE_A, 17, 1361)), V_DROP_LINK_MTU);
	world_turn(w);
	assert_verdict(down(w, LMA1, packet(CN, NODE_A, 17, 1360)), V_TX_DOWNLINK);
	struct frame f = sent(w, CORE);
	assert_int_equal(f.b[40], 2);
	assert_int_equal(f.b[46] << 8 | f.b[47], 1400);
}

static void LMA_FW_08_congestion_on_the_way_is_told_to_the_node_or_drops(void **state)
{
	struct world *w = *state;
	struct frame in = packet(CN, NODE_A, 17, 10), f;

	world_become_mag(w);
	f = tunnelled(LMA1, COA, in);
	set_class(&f, 3);
	assert_verdict(fate_of(w, BACKBONE, f), V_DROP_ECN);
	set_class(&in, 2);
	f = tunnelled(LMA1, COA, in);
	set_class(&f, 3);
	assert_verdict(fate_of(w, BACKBONE, f), V_TX_DOWNLINK);
	f = sent(w, ACCESS);
	assert_int_equal(class_of(&f), 3);
}

static void signalling_to_the_proxy_coa_reaches_control(void **state)
{
	world_become_mag(*state);
	assert_verdict(fate_of(*state, BACKBONE, packet(LMA1, COA, 135, 40)), V_PUNT_SIGNALLING);
}

static void a_node_that_is_gone_gets_nothing_from_that_moment(void **state)
{
	struct world *w = *state;
	struct ip6_prefix hnp = ip6_prefix_of(addr(NODE_A), 64);

	world_become_mag(w);
	assert_int_equal(bcache_del(w->bcache, hnp), 0);
	enum verdict v = down(w, LMA1, packet(CN, NODE_A, 17, 10));
	assert_int_equal(bcache_set(w->bcache, hnp, w->nodes[0]), 0);
	assert_verdict(v, V_DROP_NO_BINDING);
}

// RFC 5949: the tunnel that a node's packets came from a moment ago.
static void the_tunnel_of_before_a_handover_may_reach_it_too(void **state)
{
	struct world *w = *state;
	struct fwd_entry *e = world_entry(w, A);

	world_become_mag(w);
	e->prev_peer_id = PEER_LMA2;
	enum verdict v = down(w, LMA2, packet(CN, NODE_A, 17, 10));
	e->prev_peer_id = 0;
	assert_verdict(v, V_TX_DOWNLINK);
}

static void our_own_packets_to_a_node_go_to_its_link_the_rest_by_routes(void **state)
{
	struct world *w = *state;
	struct frame f = packet(COA, NODE_A, 58, 40), out;

	world_become_mag(w);
	assert_verdict(fate_of_own(w, FWD_PUNT_SIGNALLING, 0, f), V_TX_SIGNALLING);
	assert_true(world_take(w, ACCESS, &out));
	assert_memory_equal(out.b, mac_a, 6);
	assert_memory_equal(out.b + L2_LEN, f.b, f.n); // not a hop shorter
	f = packet(COA, LMA1, 135, 40);
	assert_verdict(fate_of_own(w, FWD_PUNT_SIGNALLING, 0, f), V_TX_SIGNALLING);
	assert_memory_equal(sent(w, BACKBONE).b, f.b, f.n);
	// What waited is in its tunnel already.
	f = tunnelled(COA, LMA1, packet(NODE_A, NODE_B, 17, 40));
	assert_verdict(fate_of_own(w, FWD_PUNT_WAITED, 0, f), V_TX_WAITED);
	assert_memory_equal(sent(w, BACKBONE).b, f.b, f.n);
	assert_nothing_sent(w);
}

static void our_own_packet_to_a_node_that_left_does_not_ask_the_routes(void **state)
{
	struct frame f = packet(COA, NODE_C, 58, 40);

	world_become_mag(*state);
	assert_verdict(fate_of_own(*state, FWD_PUNT_SIGNALLING, 0, f), V_DROP_DETACHED);
}

static void our_own_packet_that_does_not_fit_the_nodes_link_is_a_drop_and_no_error(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	assert_verdict(fate_of_own(w, FWD_PUNT_SIGNALLING, 0, packet(COA, NODE_A, 58, 1461)),
		       V_DROP_LINK_MTU);
	assert_int_equal(w->telem.originated, 1);
	world_turn(w);
	assert_nothing_sent(w);
}

int test_deliver(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(a_packet_reaches_its_node_from_the_one_router_address),
		FATE_TEST(a_tagged_node_gets_its_tag),
		FATE_TEST(every_address_of_the_prefix_goes_to_the_nodes_mac_address),
		FATE_TEST(MAG_FW_02_a_destination_that_is_nobodys_is_dropped_in_silence),
		FATE_TEST(MAG_FW_03_only_the_lma_that_serves_the_node_may_reach_it),
		FATE_TEST(MAG_FW_03_of_two_lmas_each_reaches_its_own_nodes_alone),
		FATE_TEST(MAG_FW_03_a_node_of_either_lma_uses_that_ones_tunnel),
		FATE_TEST(MAG_FW_09_of_one_tunnel_each_packet_finds_the_link_of_its_destination),
		FATE_TEST(what_came_without_a_tunnel_is_not_delivered),
		FATE_TEST(inner_addresses_have_to_be_routable_unicast),
		FATE_TEST(MAG_FW_08_a_limit_of_any_value_on_the_lmas_tunnel_is_skipped),
		FATE_TEST(LMA_FW_07_a_used_up_hop_limit_is_told_to_the_network),
		FATE_TEST(what_does_not_fit_the_nodes_link_is_told_to_the_network),
		FATE_TEST(LMA_FW_08_congestion_on_the_way_is_told_to_the_node_or_drops),
		FATE_TEST(signalling_to_the_proxy_coa_reaches_control),
		FATE_TEST(a_node_that_is_gone_gets_nothing_from_that_moment),
		FATE_TEST(the_tunnel_of_before_a_handover_may_reach_it_too),
		FATE_TEST(our_own_packets_to_a_node_go_to_its_link_the_rest_by_routes),
		FATE_TEST(our_own_packet_to_a_node_that_left_does_not_ask_the_routes),
		FATE_TEST(our_own_packet_that_does_not_fit_the_nodes_link_is_a_drop_and_no_error),
	};
	return cmocka_run_group_tests_name("deliver", tests, NULL, NULL);
}
