// Out of a tunnel: who is let in, and where it goes.
#include "test/unit/fwd/fate.h"

static enum verdict up(struct world *w, struct frame inner)
{
	return fate_of(w, BACKBONE, tunnelled(COA1, LMAA, inner));
}

static void a_mobile_nodes_packet_leaves_as_it_was_but_for_one_hop(void **state)
{
	struct frame in = packet(MN1, CN, 17, 100);
	assert_verdict(up(*state, in), V_TX_UPLINK);

	struct frame out = sent(*state, CORE);
	in.b[7]--;
	assert_int_equal(out.n, in.n);
	assert_memory_equal(out.b, in.b, in.n);
}

static void LMA_FW_10_a_tunnel_that_nobody_knows_is_not_opened(void **state)
{
	struct frame f = tunnelled("2001:db8:a::2", LMAA, packet(MN1, CN, 17, 10));
	assert_verdict(fate_of(*state, BACKBONE, f), V_DROP_UNKNOWN_TUNNEL);
}

static void what_is_not_a_whole_ipv6_packet_is_not_an_inner_packet(void **state)
{
	struct frame f = packet(MN1, CN, 17, 10);
	for (uint16_t n = 0; n < 50; n++) {
		struct frame cut = f;
		cut.n = n;
		assert_verdict(up(*state, cut), V_DROP_INNER);
	}
	f.b[0] = 0x45;
	assert_verdict(up(*state, f), V_DROP_INNER);
}

static void bytes_behind_the_inner_packet_are_trimmed(void **state)
{
	struct frame f = packet(MN1, CN, 17, 10);
	f.n += 7;
	assert_verdict(up(*state, f), V_TX_UPLINK);
	assert_int_equal(sent(*state, CORE).n, 50);
}

static void LMA_FW_04_inner_addresses_have_to_be_routable_unicast(void **state)
{
	static const char *const bad[] = {"fe80::1", "ff0e::1", "::1", "::"};
	for (unsigned i = 0; i < 4; i++) {
		assert_verdict(up(*state, packet(bad[i], CN, 17, 10)), V_DROP_INNER_SRC);
		assert_verdict(up(*state, packet(MN1, bad[i], 17, 10)), V_DROP_INNER_DST);
	}
}

static void LMA_FW_05_no_tunnel_in_a_tunnel_to_us_or_to_a_mag(void **state)
{
	assert_verdict(up(*state, packet(MN1, LMAA, 135, 10)), V_DROP_NESTED);
	assert_verdict(up(*state, tunnelled(MN1, LMAA, packet(MN1, CN, 17, 10))), V_DROP_NESTED);
	assert_verdict(up(*state, tunnelled(MN1, COA2, packet(MN1, MN2, 17, 10))), V_DROP_NESTED);
}

static void LMA_FW_03_a_source_without_a_binding_is_not_let_in(void **state)
{
	assert_verdict(up(*state, packet(MN4, CN, 17, 10)), V_DROP_UNBOUND_SRC);
	assert_verdict(up(*state, packet(CN, CN, 17, 10)), V_DROP_UNBOUND_SRC);
	assert_verdict(up(*state, packet(MN3, CN, 17, 10)), V_DROP_DETACHED);
}

static void LMA_FW_03_a_source_bound_to_another_mag_is_spoofed(void **state)
{
	assert_verdict(up(*state, packet(MN2, CN, 17, 10)), V_DROP_SPOOF);
	assert_verdict(up(*state, packet(MN2, MN1, 17, 10)), V_DROP_SPOOF);
	assert_nothing_sent(*state);
}

static void a_handover_changes_whose_packets_are_let_in_at_once(void **state)
{
	struct world *w = *state;
	struct ip6_prefix hnp = ip6_prefix_of(addr(MN1), 64);
	struct frame f = tunnelled(COA2, LMAA, packet(MN1, CN, 17, 10));

	assert_verdict(fate_of(w, BACKBONE, f), V_DROP_SPOOF);
	assert_int_equal(bcache_set(w->bcache, hnp, w->entries[1]), 0);
	assert_verdict(fate_of(w, BACKBONE, f), V_TX_UPLINK);
	assert_verdict(up(w, packet(MN1, CN, 17, 10)), V_DROP_SPOOF);
	assert_int_equal(bcache_set(w->bcache, hnp, w->entries[0]), 0);
}

static void the_mag_before_a_handover_has_its_grace_where_the_entry_says_so(void **state)
{
	struct world *w = *state;
	struct frame f = tunnelled(COA2, LMAA, packet(MN1, CN, 17, 10));
	// RFC 5949; nothing of control's sets it yet.
	struct fwd_entry *e = (struct fwd_entry *)(uintptr_t)entry_get(w->fib, w->entries[0]);

	e->prev_peer_id = MAG2;
	enum verdict v = fate_of(w, BACKBONE, f);
	e->prev_peer_id = 0;
	assert_verdict(v, V_TX_UPLINK);
	assert_verdict(fate_of(w, BACKBONE, f), V_DROP_SPOOF);
}

static void LMA_FW_07_a_hop_limit_of_one_or_none_ends_here(void **state)
{
	struct frame f = packet(MN1, CN, 17, 10);
	for (uint8_t hops = 0; hops < 2; hops++) {
		f.b[7] = hops;
		assert_verdict(up(*state, f), V_DROP_HOP_LIMIT);
	}
	f.b[7] = 2;
	assert_verdict(up(*state, f), V_TX_UPLINK);
	assert_int_equal(sent(*state, CORE).b[7], 1);
}

static void LMA_FW_06_between_two_mobile_nodes_both_tunnels_and_one_hop(void **state)
{
	struct frame in = packet(MN1, MN2, 17, 100);
	in.b[7] = 2;
	assert_verdict(up(*state, in), V_TX_HAIRPIN);

	struct frame out = sent(*state, BACKBONE);
	assert_addr(src_of(&out), LMAA);
	assert_addr(dst_of(&out), COA2);
	in.b[7] = 1;
	assert_int_equal(out.n, in.n + 40);
	assert_memory_equal(out.b + 40, in.b, in.n);
}

static void LMA_FW_06_to_a_mobile_node_that_is_not_there(void **state)
{
	assert_verdict(up(*state, packet(MN1, MN3, 17, 10)), V_DROP_DETACHED);
	assert_verdict(up(*state, packet(MN1, MN4, 17, 10)), V_DROP_NO_BINDING);
	assert_int_equal(fwd_held(((struct world *)*state)->fwd), 0);
}

static void LMA_FW_06_what_does_not_fit_the_second_tunnel_is_refused(void **state)
{
	struct world *w = *state;
	entry_set_mtu(w->fib, w->entries[1], 1400);
	assert_verdict(up(w, packet(MN1, MN2, 17, 1360 - 40)), V_TX_HAIRPIN);
	assert_verdict(up(w, packet(MN1, MN2, 17, 1361 - 40)), V_DROP_TOO_BIG);
}

static void what_does_not_fit_the_link_is_refused(void **state)
{
	struct world *w = *state;
	struct nexthop nh = *nexthop_get(w->fib, w->nh_core);

	nh.mtu = 1300;
	assert_int_equal(nexthop_change(w->fib, w->nh_core, &nh), 0);
	assert_verdict(up(w, packet(MN1, CN, 17, 1300 - 40)), V_TX_UPLINK);
	assert_verdict(up(w, packet(MN1, CN, 17, 1301 - 40)), V_DROP_LINK_MTU);
	assert_int_equal(fwd_held(w->fwd), 1); // the sender will hear
}

static void without_a_route_it_is_dropped_and_only_the_unreachable_is_told(void **state)
{
	struct world *w = *state;
	assert_verdict(up(w, packet(MN1, OWN, 17, 10)), V_DROP_NO_ROUTE);
	assert_int_equal(fwd_held(w->fwd), 0);
	assert_verdict(up(w, packet(MN1, VOID, 17, 10)), V_DROP_NO_ROUTE);
	assert_int_equal(fwd_held(w->fwd), 1);
}

int test_uplink(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(a_mobile_nodes_packet_leaves_as_it_was_but_for_one_hop),
		FATE_TEST(LMA_FW_10_a_tunnel_that_nobody_knows_is_not_opened),
		FATE_TEST(what_is_not_a_whole_ipv6_packet_is_not_an_inner_packet),
		FATE_TEST(bytes_behind_the_inner_packet_are_trimmed),
		FATE_TEST(LMA_FW_04_inner_addresses_have_to_be_routable_unicast),
		FATE_TEST(LMA_FW_05_no_tunnel_in_a_tunnel_to_us_or_to_a_mag),
		FATE_TEST(LMA_FW_03_a_source_without_a_binding_is_not_let_in),
		FATE_TEST(LMA_FW_03_a_source_bound_to_another_mag_is_spoofed),
		FATE_TEST(a_handover_changes_whose_packets_are_let_in_at_once),
		FATE_TEST(the_mag_before_a_handover_has_its_grace_where_the_entry_says_so),
		FATE_TEST(LMA_FW_07_a_hop_limit_of_one_or_none_ends_here),
		FATE_TEST(LMA_FW_06_between_two_mobile_nodes_both_tunnels_and_one_hop),
		FATE_TEST(LMA_FW_06_to_a_mobile_node_that_is_not_there),
		FATE_TEST(LMA_FW_06_what_does_not_fit_the_second_tunnel_is_refused),
		FATE_TEST(what_does_not_fit_the_link_is_refused),
		FATE_TEST(without_a_route_it_is_dropped_and_only_the_unreachable_is_told),
	};
	return cmocka_run_group_tests_name("uplink", tests, NULL, NULL);
}
