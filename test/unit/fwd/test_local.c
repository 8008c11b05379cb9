// From one node of a MAG to another: straight to its link if both may be routed to locally, else
// through the tunnel. RFC 5213 6.10.3, 6.10.5, 9.2.
#include "test/unit/fwd/fate.h"

#include <string.h>

enum { UDP = 17, ICMP = 58, LIMIT = 4 };
enum { UNREACHABLE = 1, TOO_BIG = 2, TIME_EXCEEDED = 3 };

static void become_open_mag(struct world *w)
{
	world_become_mag(w);
	for (int i = 0; i < N_NODES; i++)
		world_open(w, i);
}

static enum verdict from_a(struct world *w, struct frame p)
{
	return fate(w, ACCESS, from_node(mac_a, 0, p));
}

static enum verdict from_b(struct world *w, struct frame p)
{
	return fate(w, ACCESS, from_node(mac_b, VLAN_B, p));
}

// The next frame on the access port: to that node, from the one router address, the packet as it
// was sent but a hop shorter.
static void assert_delivered(struct world *w, const uint8_t mac[6], uint16_t vlan, struct frame p)
{
	const uint8_t tag[4] = {0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan};
	uint16_t l2 = vlan != 0 ? L2_LEN + 4 : L2_LEN;
	struct frame f;

	assert_true(world_take(w, ACCESS, &f));
	assert_memory_equal(f.b, mac, 6);
	assert_memory_equal(f.b + 6, access_mac, 6); // RFC 6543
	if (vlan != 0)
		assert_memory_equal(f.b + 12, tag, sizeof(tag));
	assert_int_equal(f.b[l2 - 2] << 8 | f.b[l2 - 1], 0x86dd);
	p.b[7]--;
	assert_int_equal(f.n, l2 + p.n);
	assert_memory_equal(f.b + l2, p.b, p.n);
}

static void assert_tunnelled(struct world *w, const char *lma, struct frame p)
{
	struct frame f = sent(w, BACKBONE);

	assert_addr(dst_of(&f), lma);
	p.b[7]--;
	assert_int_equal(f.n, p.n + 40);
	assert_memory_equal(f.b + 40, p.b, p.n);
}

// The error that NODE_A gets on its link, from the MAG.
static struct frame told(struct world *w)
{
	struct frame f = {0};

	world_turn(w);
	assert_true(world_take(w, ACCESS, &f));
	assert_memory_equal(f.b, mac_a, 6);
	f = stripped(f, L2_LEN);
	assert_addr(src_of(&f), COA);
	assert_addr(dst_of(&f), NODE_A);
	assert_int_equal(f.b[6], ICMP);
	return f;
}

static void MAG_FW_04_two_nodes_here_reach_each_other_in_no_tunnel(void **state)
{
	struct world *w = *state;
	struct frame ab = packet(NODE_A, NODE_B, UDP, 100), ba = packet(NODE_B, NODE_A, UDP, 30);

	become_open_mag(w);
	assert_verdict(from_a(w, ab), V_TX_LOCAL);
	assert_delivered(w, mac_b, VLAN_B, ab);
	assert_verdict(from_b(w, ba), V_TX_LOCAL);
	assert_delivered(w, mac_a, 0, ba);
	assert_nothing_sent(w);
}

static void MAG_FW_04_every_address_of_the_other_nodes_prefix_is_the_other_node(void **state)
{
	struct world *w = *state;
	struct frame p = packet("2001:db8:3000:1:ffff::", "2001:db8:3000:2:eeee::1", UDP, 10);

	become_open_mag(w);
	assert_verdict(from_a(w, p), V_TX_LOCAL);
	assert_delivered(w, mac_b, VLAN_B, p);
}

static void MAG_FW_04_nodes_of_different_lmas_need_neither_of_them(void **state)
{
	struct world *w = *state;
	struct frame p = packet(NODE_A, NODE_E, UDP, 10);

	become_open_mag(w);
	assert_verdict(from_a(w, p), V_TX_LOCAL);
	assert_delivered(w, mac_e, VLAN_B, p);
}

// Each has a point-to-point link of its own, whatever port and tag they share (MAG-LT-01).
static void MAG_FW_04_two_nodes_behind_one_port_and_tag_are_on_two_links(void **state)
{
	struct world *w = *state;
	struct frame p = packet(NODE_B, NODE_E, UDP, 10);

	become_open_mag(w);
	assert_verdict(from_b(w, p), V_TX_LOCAL);
	assert_delivered(w, mac_e, VLAN_B, p);
}

static void MAG_FW_04_an_error_of_the_other_node_comes_back_the_same_way(void **state)
{
	struct world *w = *state;
	struct frame e = packet(NODE_B, NODE_A, ICMP, 60);

	become_open_mag(w);
	e.b[40] = UNREACHABLE;
	assert_verdict(from_b(w, e), V_TX_LOCAL);
	assert_delivered(w, mac_a, 0, e);
}

static void MAG_FW_04_no_way_to_the_lma_is_needed(void **state)
{
	struct world *w = *state;
	struct frame p = packet(NODE_A, NODE_B, UDP, 10);

	become_open_mag(w);
	entry_set_nexthop(w->fib, w->nodes[A], NEXTHOP_NONE);
	assert_verdict(from_a(w, p), V_TX_LOCAL);
	assert_delivered(w, mac_b, VLAN_B, p);
}

static void MAG_FW_06_a_node_that_may_not_be_routed_to_is_reached_through_the_tunnel(void **state)
{
	struct world *w = *state;
	struct frame p = packet(NODE_A, NODE_B, UDP, 10), back = packet(NODE_B, NODE_A, UDP, 10);

	world_become_mag(w);
	world_open(w, A);
	assert_verdict(from_a(w, p), V_TX_UPLINK);
	assert_tunnelled(w, LMA1, p);
	assert_verdict(from_b(w, back), V_TX_UPLINK); // its own policy, though A's allows it
	assert_tunnelled(w, LMA1, back);
	world_open(w, B);
	assert_verdict(from_a(w, p), V_TX_LOCAL);
	world_entry(w, A)->access.flags = 0;
	assert_verdict(from_a(w, p), V_TX_UPLINK);
}

static void MAG_FW_06_without_the_flag_everything_goes_through_the_tunnel(void **state)
{
	struct world *w = *state;
	struct frame p = packet(NODE_B, NODE_E, UDP, 10);

	world_become_mag(w);
	assert_verdict(from_b(w, p), V_TX_UPLINK);
	assert_tunnelled(w, LMA1, p);
	assert_nothing_sent(w);
}

static void MAG_FW_06_a_node_that_left_is_the_lmas_to_find(void **state)
{
	struct world *w = *state;
	struct ip6_prefix hnp = ip6_prefix_of(addr(NODE_D), 64);
	struct frame detached = packet(NODE_A, NODE_C, UDP, 10);
	struct frame nobodys = packet(NODE_A, NODE_D, UDP, 10);

	become_open_mag(w);
	assert_verdict(from_a(w, detached), V_TX_UPLINK);
	assert_tunnelled(w, LMA1, detached);
	assert_verdict(from_a(w, nobodys), V_TX_UPLINK);
	assert_tunnelled(w, LMA1, nobodys);
	assert_int_equal(bcache_set(w->bcache, hnp, BCACHE_HOLD), 0);
	enum verdict held = from_a(w, nobodys);
	assert_int_equal(bcache_del(w->bcache, hnp), 0);
	assert_verdict(held, V_TX_UPLINK);
}

static void MAG_FW_07_other_destinations_of_an_open_node_never_take_our_routes(void **state)
{
	static const char *const away[] = {CN, VOID, OWN, FAR};
	struct world *w = *state;

	become_open_mag(w);
	for (unsigned i = 0; i < 4; i++) {
		struct frame p = packet(NODE_A, away[i], UDP, 10);
		assert_verdict(from_a(w, p), V_TX_UPLINK);
		assert_tunnelled(w, LMA1, p);
	}
	assert_nothing_sent(w);
}

static void MAG_FW_05_who_is_not_bound_reaches_no_node_here_either(void **state)
{
	struct world *w = *state;

	become_open_mag(w);
	w->conf.attach_rate = 0;
	assert_verdict(fate(w, ACCESS, from_node(mac_stranger, 0, packet(NODE_D, NODE_B, UDP, 9))),
		       V_DROP_UNBOUND_SRC);
	assert_verdict(from_a(w, packet(NODE_C, NODE_B, UDP, 9)), V_DROP_DETACHED);
	assert_nothing_sent(w);
}

static void MAG_FW_01_a_made_up_source_reaches_no_node_here_either(void **state)
{
	struct world *w = *state;

	become_open_mag(w);
	assert_verdict(from_b(w, packet(NODE_A, NODE_E, UDP, 10)), V_DROP_SPOOF);
	assert_verdict(from_b(w, packet(NODE_A, NODE_B, UDP, 10)), V_DROP_SPOOF);
	assert_nothing_sent(w);
}

static void LMA_FW_05_an_open_node_makes_no_tunnel_of_its_own(void **state)
{
	become_open_mag(*state);
	assert_verdict(from_a(*state, tunnelled(NODE_A, COA, packet(NODE_A, NODE_B, UDP, 8))),
		       V_DROP_NESTED);
}

static void MAG_FW_10_what_is_for_the_link_alone_is_for_control_still(void **state)
{
	static const char *const link[][2] = {
		{"fe80::1", NODE_B}, {NODE_A, "fe80::1"}, {NODE_A, "ff0e::1"}};

	become_open_mag(*state);
	for (unsigned i = 0; i < 3; i++)
		assert_verdict(from_a(*state, packet(link[i][0], link[i][1], UDP, 10)),
			       V_PUNT_ACCESS);
}

static void MAG_FW_10_a_hop_limit_that_ends_here_is_told_to_the_node(void **state)
{
	struct world *w = *state;
	struct frame p = packet(NODE_A, NODE_B, UDP, 10);

	become_open_mag(w);
	p.b[7] = 1;
	assert_verdict(from_a(w, p), V_DROP_HOP_LIMIT);
	struct frame e = told(w);
	assert_int_equal(e.b[40], TIME_EXCEEDED);
	assert_memory_equal(e.b + 48, p.b, p.n);
	p.b[7] = 2;
	assert_verdict(from_a(w, p), V_TX_LOCAL);
	assert_delivered(w, mac_b, VLAN_B, p);
	assert_nothing_sent(w);
}

static void RFC_4443_a_nodes_packet_to_its_own_prefix_does_not_come_back_to_its_link(void **state)
{
	struct world *w = *state;
	struct frame p = packet(NODE_A, "2001:db8:3000:1::dead", UDP, 10);

	become_open_mag(w);
	assert_verdict(from_a(w, p), V_DROP_SAME_LINK);
	struct frame e = told(w);
	assert_int_equal(e.b[40], UNREACHABLE);
	assert_int_equal(e.b[41], 3);
	p.b[7]--;
	assert_memory_equal(e.b + 48, p.b, p.n);
	assert_nothing_sent(w);
}

static void RFC_4443_nor_does_its_packet_to_another_prefix_of_its_own(void **state)
{
	struct world *w = *state;
	struct ip6_prefix second = ip6_prefix_of(addr(NODE_D), 64);
	const struct fwd_tunnel t = {addr(COA), addr(LMA2), PEER_LMA2, 0};
	struct fwd_access place;

	become_open_mag(w);
	place = world_entry(w, A)->access;
	int64_t other = entry_hold(w->fib, &t, &place, NULL); // another entry, one place
	assert_int_equal(bcache_set(w->bcache, second, (uint32_t)other), 0);
	enum verdict v = from_a(w, packet(NODE_A, NODE_D, UDP, 10));
	assert_int_equal(bcache_del(w->bcache, second), 0);
	entry_release(w->fib, (uint32_t)other);
	assert_verdict(v, V_DROP_SAME_LINK);
}

// One MAC address on several links is as many nodes: they can be told apart by port and tag.
static void MAG_FW_04_one_mac_address_on_two_links_is_two_nodes(void **state)
{
	static const struct fwd_access elsewhere[] = {
		{.port = ACCESS, .flags = FWD_LOCAL, .vlan = VLAN_B, .mtu = 1500},
		{.port = CORE, .flags = FWD_LOCAL, .mtu = 1500}};
	struct world *w = *state;
	struct ip6_prefix hnp = ip6_prefix_of(addr(NODE_D), 64);
	const struct fwd_tunnel t = {addr(COA), addr(LMA1), PEER_LMA1, 0};
	struct frame p = packet(NODE_A, NODE_D, UDP, 10), f;

	become_open_mag(w);
	for (unsigned i = 0; i < 2; i++) {
		struct fwd_access place = elsewhere[i];
		memcpy(place.mac, mac_a, sizeof(place.mac));
		int64_t other = entry_hold(w->fib, &t, &place, NULL);
		assert_int_equal(bcache_set(w->bcache, hnp, (uint32_t)other), 0);
		enum verdict v = from_a(w, p);
		assert_int_equal(bcache_del(w->bcache, hnp), 0);
		entry_release(w->fib, (uint32_t)other);
		assert_verdict(v, V_TX_LOCAL);
		assert_true(world_take(w, place.port, &f));
		assert_memory_equal(f.b, mac_a, 6);
	}
}

// MAG-FW-06: then RFC 5213 6.10.5 asks for the tunnel, without exception.
static void a_packet_to_its_own_prefix_takes_the_tunnel_where_local_routing_is_off(void **state)
{
	struct world *w = *state;
	struct frame p = packet(NODE_A, "2001:db8:3000:1::dead", UDP, 10);

	world_become_mag(w);
	assert_verdict(from_a(w, p), V_TX_UPLINK);
	assert_tunnelled(w, LMA1, p);
}

static void RFC_8200_what_does_not_fit_the_other_nodes_link_is_told_to_its_sender(void **state)
{
	struct world *w = *state;

	become_open_mag(w);
	world_entry(w, B)->access.mtu = 1400;
	assert_verdict(from_a(w, packet(NODE_A, NODE_B, UDP, 1361)), V_DROP_LINK_MTU);
	struct frame e = told(w);
	assert_int_equal(e.b[40], TOO_BIG);
	assert_int_equal(e.b[46] << 8 | e.b[47], 1400);
	struct frame fits = packet(NODE_A, NODE_B, UDP, 1360);
	assert_verdict(from_a(w, fits), V_TX_LOCAL);
	assert_delivered(w, mac_b, VLAN_B, fits);
	world_entry(w, B)->access.mtu = 1200; // no IPv6 link has less than 1280
	assert_verdict(from_a(w, fits), V_DROP_LINK_MTU);
	e = told(w);
	assert_int_equal(e.b[46] << 8 | e.b[47], 1280);
	assert_nothing_sent(w);
}

static void no_tunnels_mtu_and_no_tunnels_limit_holds_on_the_way(void **state)
{
	struct world *w = *state;
	struct frame p = with_option(packet(NODE_A, NODE_B, UDP, 1452), LIMIT, 0);

	become_open_mag(w);
	entry_set_mtu(w->fib, w->nodes[A], 1280);
	entry_set_mtu(w->fib, w->nodes[B], 1280);
	assert_int_equal(p.n, 1500);
	assert_verdict(from_a(w, p), V_TX_LOCAL);
	assert_delivered(w, mac_b, VLAN_B, p);
}

static void class_and_flow_label_stay_as_they_are(void **state)
{
	struct world *w = *state;
	struct frame p = packet(NODE_A, NODE_B, UDP, 10);

	become_open_mag(w);
	p.b[1] |= 0x0a;
	p.b[2] = 0xbc;
	p.b[3] = 0xde;
	for (int mode = FWD_ECN_RFC6040; mode <= FWD_ECN_RFC5213; mode++) {
		w->conf.ecn = (enum fwd_ecn)mode;
		for (int ecn = 0; ecn < 4; ecn++) {
			set_class(&p, (uint8_t)(0xb8 | ecn));
			assert_verdict(from_a(w, p), V_TX_LOCAL);
			assert_delivered(w, mac_b, VLAN_B, p);
		}
	}
}

static void an_error_about_an_error_is_not_made(void **state)
{
	struct world *w = *state;
	struct frame p = packet(NODE_A, NODE_B, ICMP, 60);

	become_open_mag(w);
	p.b[7] = 1;
	p.b[40] = UNREACHABLE;
	assert_verdict(from_a(w, p), V_DROP_HOP_LIMIT);
	world_turn(w);
	assert_nothing_sent(w);
}

// What a packet of the burst below is, by its number: to a node here, away, from a closed node,
// from a wrong place.
static struct frame one_of_a_burst(unsigned i)
{
	uint16_t payload = (uint16_t)(10 + i);

	switch (i % 4) {
	case 0:
		return from_node(mac_a, 0, packet(NODE_A, NODE_B, UDP, payload));
	case 1:
		return from_node(mac_a, 0, packet(NODE_A, CN, UDP, payload));
	case 2:
		return from_node(mac_e, VLAN_B, packet(NODE_E, CN, UDP, payload));
	default:
		return from_node(mac_e, VLAN_B, packet(NODE_B, NODE_A, UDP, payload));
	}
}

static void in_a_burst_each_packet_has_its_own_fate_and_flows_keep_their_order(void **state)
{
	struct world *w = *state;
	struct rte_mbuf *pkts[FWD_BURST];

	become_open_mag(w);
	for (unsigned i = 0; i < FWD_BURST; i++) {
		struct frame f = one_of_a_burst(i);
		pkts[i] = world_mbuf(w, &f, AT_HEADROOM);
		assert_non_null(pkts[i]);
	}
	fwd_burst(w->fwd, ACCESS, pkts, FWD_BURST, w->now);
	world_output(w);
	assert_int_equal(w->telem.verdicts[V_TX_LOCAL], 8);
	assert_int_equal(w->telem.verdicts[V_TX_UPLINK], 16);
	assert_int_equal(w->telem.verdicts[V_DROP_SPOOF], 8);
	for (unsigned i = 0; i < FWD_BURST; i += 4)
		assert_delivered(w, mac_b, VLAN_B, stripped(one_of_a_burst(i), L2_LEN));
	unsigned next[2] = {1, 2}; // of NODE_A's and of NODE_E's
	for (unsigned i = 0; i < 16; i++) {
		struct frame f = sent(w, BACKBONE);
		unsigned k = ip6_equal(dst_of(&f), addr(LMA2));
		f = stripped(f, 40);
		assert_addr(src_of(&f), k == 0 ? NODE_A : NODE_E);
		assert_int_equal(f.n, 40 + 10 + next[k]);
		next[k] += 4;
	}
	assert_nothing_sent(w);
}

int test_local(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(MAG_FW_04_two_nodes_here_reach_each_other_in_no_tunnel),
		FATE_TEST(MAG_FW_04_every_address_of_the_other_nodes_prefix_is_the_other_node),
		FATE_TEST(MAG_FW_04_nodes_of_different_lmas_need_neither_of_them),
		FATE_TEST(MAG_FW_04_two_nodes_behind_one_port_and_tag_are_on_two_links),
		FATE_TEST(MAG_FW_04_an_error_of_the_other_node_comes_back_the_same_way),
		FATE_TEST(MAG_FW_04_no_way_to_the_lma_is_needed),
		FATE_TEST(MAG_FW_06_a_node_that_may_not_be_routed_to_is_reached_through_the_tunnel),
		FATE_TEST(MAG_FW_06_without_the_flag_everything_goes_through_the_tunnel),
		FATE_TEST(MAG_FW_06_a_node_that_left_is_the_lmas_to_find),
		FATE_TEST(MAG_FW_07_other_destinations_of_an_open_node_never_take_our_routes),
		FATE_TEST(MAG_FW_05_who_is_not_bound_reaches_no_node_here_either),
		FATE_TEST(MAG_FW_01_a_made_up_source_reaches_no_node_here_either),
		FATE_TEST(LMA_FW_05_an_open_node_makes_no_tunnel_of_its_own),
		FATE_TEST(MAG_FW_10_what_is_for_the_link_alone_is_for_control_still),
		FATE_TEST(MAG_FW_10_a_hop_limit_that_ends_here_is_told_to_the_node),
		FATE_TEST(RFC_4443_a_nodes_packet_to_its_own_prefix_does_not_come_back_to_its_link),
		FATE_TEST(RFC_4443_nor_does_its_packet_to_another_prefix_of_its_own),
		FATE_TEST(MAG_FW_04_one_mac_address_on_two_links_is_two_nodes),
		FATE_TEST(a_packet_to_its_own_prefix_takes_the_tunnel_where_local_routing_is_off),
		FATE_TEST(RFC_8200_what_does_not_fit_the_other_nodes_link_is_told_to_its_sender),
		FATE_TEST(no_tunnels_mtu_and_no_tunnels_limit_holds_on_the_way),
		FATE_TEST(class_and_flow_label_stay_as_they_are),
		FATE_TEST(an_error_about_an_error_is_not_made),
		FATE_TEST(in_a_burst_each_packet_has_its_own_fate_and_flows_keep_their_order),
	};
	return cmocka_run_group_tests_name("local", tests, NULL, NULL);
}
