// From the network to a mobile node: which are refused, and what the packet in the tunnel looks
// like.
#include "test/unit/fwd/fate.h"

static uint32_t label_of(const struct frame *f)
{
	return (f->b[1] & 0x0fu) << 16 | (uint32_t)f->b[2] << 8 | f->b[3];
}

static void LMA_FW_02_a_packet_enters_the_tunnel_of_its_binding(void **state)
{
	struct frame in = packet(CN, MN1, 17, 100);
	assert_verdict(fate_of(*state, CORE, in), V_TX_DOWNLINK);

	struct frame out = sent(*state, BACKBONE);
	assert_int_equal(out.n, in.n + 40);
	assert_int_equal(out.b[0] >> 4, 6);
	assert_int_equal(out.b[4] << 8 | out.b[5], in.n);
	assert_int_equal(out.b[6], 41);
	assert_int_equal(out.b[7], 64);
	assert_addr(src_of(&out), LMAA);
	assert_addr(dst_of(&out), COA1);
	in.b[7]--;
	assert_memory_equal(out.b + 40, in.b, in.n);
}

static void a_packet_leaves_with_the_layer_2_header_of_its_next_hop(void **state)
{
	struct frame f;
	assert_verdict(fate_of(*state, CORE, packet(CN, MN2, 17, 10)), V_TX_DOWNLINK);
	assert_true(world_take(*state, BACKBONE, &f));
	static const uint8_t l2[] = {2, 0, 0, 0, 0, 0x21, 2, 0, 0, 0, 0, 0x11, 0x86, 0xdd};
	assert_memory_equal(f.b, l2, sizeof(l2));
	f = stripped(f, L2_LEN);
	assert_addr(dst_of(&f), COA2);
}

static void a_next_hop_behind_a_tag_gets_its_tag(void **state)
{
	static const uint8_t l2[] = {2, 0, 0,    0,    0, 0x21, 2,   0,    0,
				     0, 0, 0x11, 0x81, 0, 0,    100, 0x86, 0xdd};
	struct world *w = *state;
	struct nexthop nh = *nexthop_get(w->fib, w->nh_backbone);
	struct frame f;

	nh.l2_len = sizeof(l2);
	memcpy(nh.l2, l2, sizeof(l2));
	assert_int_equal(nexthop_change(w->fib, w->nh_backbone, &nh), 0);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, 17, 10)), V_TX_DOWNLINK);
	assert_true(world_take(w, BACKBONE, &f));
	assert_int_equal(f.n, sizeof(l2) + 40 + 40 + 10);
	assert_memory_equal(f.b, l2, sizeof(l2));
}

static void LMA_FW_13_without_a_binding_it_is_dropped_in_silence(void **state)
{
	assert_verdict(fate_of(*state, CORE, packet(CN, MN4, 17, 10)), V_DROP_NO_BINDING);
	assert_verdict(fate_of(*state, CORE, packet(CN, MN3, 17, 10)), V_DROP_DETACHED);
	world_turn(*state);
	assert_nothing_sent(*state);
}

static void LMA_FW_03_the_network_may_not_use_a_source_in_a_pool(void **state)
{
	assert_verdict(fate_of(*state, CORE, packet(MN2, MN1, 17, 10)), V_DROP_POOL_SRC);
	assert_verdict(fate_of(*state, CORE, packet(MN4, MN1, 17, 10)), V_DROP_POOL_SRC);
}

static void LMA_FW_14_link_scope_is_not_tunnelled(void **state)
{
	assert_verdict(fate_of(*state, CORE, packet("fe80::1", MN1, 17, 10)), V_DROP_LINK_SCOPE);
	assert_verdict(fate_of(*state, CORE, packet("ff02::1", MN1, 17, 10)), V_DROP_LINK_SCOPE);
}

static void LMA_FW_04_sources_that_are_nobodys_are_not_tunnelled(void **state)
{
	assert_verdict(fate_of(*state, CORE, packet("::", MN1, 17, 10)), V_DROP_INNER_SRC);
	assert_verdict(fate_of(*state, CORE, packet("::1", MN1, 17, 10)), V_DROP_INNER_SRC);
}

static void LMA_FW_07_a_hop_limit_of_one_or_none_ends_here_two_goes_on_as_one(void **state)
{
	struct frame f = packet(CN, MN1, 17, 10);
	for (uint8_t hops = 0; hops < 2; hops++) {
		f.b[7] = hops;
		assert_verdict(fate_of(*state, CORE, f), V_DROP_HOP_LIMIT);
	}
	f.b[7] = 2;
	assert_verdict(fate_of(*state, CORE, f), V_TX_DOWNLINK);
	assert_int_equal(sent(*state, BACKBONE).b[47], 1);
	world_turn(*state);
	sent(*state, CORE); // the errors
	sent(*state, CORE);
}

// LMA-MTU-01, SEQ-12: 1460 of 1500.
static void LMA_MTU_02_what_fits_the_tunnel_to_the_byte_goes_one_more_does_not(void **state)
{
	assert_verdict(fate_of(*state, CORE, packet(CN, MN1, 17, 1460 - 40)), V_TX_DOWNLINK);
	assert_int_equal(sent(*state, BACKBONE).n, 1500);
	assert_verdict(fate_of(*state, CORE, packet(CN, MN1, 17, 1461 - 40)), V_DROP_TOO_BIG);
}

static void LMA_MTU_02_up_to_1280_no_error_because_the_outer_is_fragmented(void **state)
{
	struct world *w = *state;
	entry_set_mtu(w->fib, w->entries[0], 1280);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, 17, 1240 - 40)), V_TX_DOWNLINK);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, 17, 1241 - 40)), V_TX_DOWNLINK);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, 17, 1280 - 40)), V_TX_DOWNLINK);
	assert_int_equal(w->telem.fragmented, 2);
	assert_int_equal(fwd_held(w->fwd), 0);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, 17, 1281 - 40)), V_DROP_TOO_BIG);
	assert_int_equal(fwd_held(w->fwd), 1);
}

static void the_mtu_of_the_link_bounds_the_tunnel_whatever_its_path_says(void **state)
{
	struct world *w = *state;
	struct nexthop nh = *nexthop_get(w->fib, w->nh_backbone);

	entry_set_mtu(w->fib, w->entries[0], 9000);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, 17, 1461 - 40)), V_DROP_TOO_BIG);
	nh.mtu = 1600;
	assert_int_equal(nexthop_change(w->fib, w->nh_backbone, &nh), 0);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, 17, 1461 - 40)), V_TX_DOWNLINK);
}

static void without_a_way_to_the_mag_it_is_dropped_and_the_sender_told(void **state)
{
	struct world *w = *state;
	entry_set_nexthop(w->fib, w->entries[0], NEXTHOP_NONE);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, 17, 10)), V_DROP_NO_ROUTE);
	world_turn(w);
	struct frame e = sent(w, CORE);
	assert_int_equal(e.b[40], 1);
	assert_int_equal(e.b[41], 3);
}

static void LMA_FW_09_the_dscp_is_copied(void **state)
{
	for (unsigned dscp = 0; dscp < 64; dscp++) {
		struct frame f = packet(CN, MN1, 17, 10);
		set_class(&f, (uint8_t)(dscp << 2));
		assert_verdict(fate_of(*state, CORE, f), V_TX_DOWNLINK);
		struct frame out = sent(*state, BACKBONE);
		assert_int_equal(class_of(&out) >> 2, dscp);
	}
}

static void LMA_FW_09_one_flow_has_one_label_other_flows_have_others(void **state)
{
	struct frame f = packet(CN, MN1, 17, 10);
	uint32_t first = 0, same = 0;
	for (int i = 0; i < 3; i++) {
		f.b[50] = (uint8_t)i; // payload behind the ports
		set_class(&f, (uint8_t)(i << 2));
		assert_verdict(fate_of(*state, CORE, f), V_TX_DOWNLINK);
		struct frame out = sent(*state, BACKBONE);
		uint32_t label = label_of(&out);
		assert_int_not_equal(label, 0);
		if (i == 0)
			first = label;
		assert_int_equal(label, first);
	}
	for (int i = 0; i < 64; i++) {
		f.b[41] = (uint8_t)i; // source port
		assert_verdict(fate_of(*state, CORE, f), V_TX_DOWNLINK);
		struct frame out = sent(*state, BACKBONE);
		same += label_of(&out) == first;
	}
	assert_true(same <= 1); // one of the 64 is the first flow itself, or none
}

int test_downlink(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(LMA_FW_02_a_packet_enters_the_tunnel_of_its_binding),
		FATE_TEST(a_packet_leaves_with_the_layer_2_header_of_its_next_hop),
		FATE_TEST(a_next_hop_behind_a_tag_gets_its_tag),
		FATE_TEST(LMA_FW_13_without_a_binding_it_is_dropped_in_silence),
		FATE_TEST(LMA_FW_03_the_network_may_not_use_a_source_in_a_pool),
		FATE_TEST(LMA_FW_14_link_scope_is_not_tunnelled),
		FATE_TEST(LMA_FW_04_sources_that_are_nobodys_are_not_tunnelled),
		FATE_TEST(LMA_FW_07_a_hop_limit_of_one_or_none_ends_here_two_goes_on_as_one),
		FATE_TEST(LMA_MTU_02_what_fits_the_tunnel_to_the_byte_goes_one_more_does_not),
		FATE_TEST(LMA_MTU_02_up_to_1280_no_error_because_the_outer_is_fragmented),
		FATE_TEST(the_mtu_of_the_link_bounds_the_tunnel_whatever_its_path_says),
		FATE_TEST(without_a_way_to_the_mag_it_is_dropped_and_the_sender_told),
		FATE_TEST(LMA_FW_09_the_dscp_is_copied),
		FATE_TEST(LMA_FW_09_one_flow_has_one_label_other_flows_have_others),
	};
	return cmocka_run_group_tests_name("downlink", tests, NULL, NULL);
}
