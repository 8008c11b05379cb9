// Frames: what is taken, what is trimmed, what is dropped for which reason.
#include "test/unit/fwd/fate.h"

static struct frame to_mn1(void)
{
	return packet(CN, MN1, 17, 100);
}

static struct frame from_mn1(void)
{
	return tunnelled(COA1, LMAA, packet(MN1, CN, 17, 100));
}

static void a_frame_cut_anywhere_in_its_headers_is_truncated(void **state)
{
	for (uint16_t n = 0; n < L2_LEN + 40 + 100; n++) {
		struct frame f = framed(CORE, to_mn1());
		f.n = n;
		assert_verdict(fate(*state, CORE, f), V_DROP_TRUNCATED);
	}
}

static void a_tagged_frame_cut_in_its_tag_is_truncated(void **state)
{
	struct frame f = framed(CORE, to_mn1());
	f.b[12] = 0x81;
	f.b[13] = 0x00;
	f.n = 17;
	assert_verdict(fate(*state, CORE, f), V_DROP_TRUNCATED);
}

static void a_frame_with_one_tag_is_taken(void **state)
{
	struct world *w = *state;

	w->conf.ports[CORE].vlans[100 / 64] |= UINT64_C(1) << 100 % 64;
	assert_verdict(fate(w, CORE, tagged(framed(CORE, to_mn1()), 100)), V_TX_DOWNLINK);
	assert_int_equal(sent(w, BACKBONE).n, 40 + 40 + 100);
}

static void a_frame_with_two_tags_is_not_ipv6(void **state)
{
	struct world *w = *state;
	struct frame f = tagged(tagged(framed(CORE, to_mn1()), 101), 100);

	w->conf.ports[CORE].vlans[100 / 64] |= UINT64_C(3) << 100 % 64;
	assert_verdict(fate(w, CORE, f), V_DROP_NOT_IPV6);
}

static void a_frame_to_another_station_or_to_a_group_is_not_for_us(void **state)
{
	static const uint8_t others[][6] = {
		{2, 0, 0, 0, 0, 0x99},
		{0x33, 0x33, 0, 0, 0, 1},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	};
	for (unsigned i = 0; i < 3; i++) {
		struct frame f = framed(CORE, to_mn1());
		memcpy(f.b, others[i], 6);
		assert_verdict(fate(*state, CORE, f), V_DROP_NOT_FOR_US);
	}
}

static void without_a_configured_mac_any_unicast_frame_is_taken_but_no_group(void **state)
{
	struct world *w = *state;
	struct frame f = framed(CORE, to_mn1());

	memset(w->conf.ports[CORE].mac, 0, 6);
	f.b[5] = 0x99;
	assert_verdict(fate(w, CORE, f), V_TX_DOWNLINK);
	f.b[0] |= 1;
	assert_verdict(fate(w, CORE, f), V_DROP_NOT_FOR_US);
}

static void another_ethertype_or_version_is_not_ipv6(void **state)
{
	struct frame f = framed(CORE, to_mn1());
	f.b[12] = 0x08;
	f.b[13] = 0x00;
	assert_verdict(fate(*state, CORE, f), V_DROP_NOT_IPV6);
	f = framed(CORE, to_mn1());
	f.b[L2_LEN] = 0x45;
	assert_verdict(fate(*state, CORE, f), V_DROP_NOT_IPV6);
}

static void padding_behind_the_packet_is_trimmed(void **state)
{
	struct frame f = framed(CORE, packet(CN, MN1, 17, 8));
	memset(f.b + f.n, 0xee, 20);
	f.n += 20;
	assert_verdict(fate(*state, CORE, f), V_TX_DOWNLINK);
	assert_int_equal(sent(*state, BACKBONE).n, 40 + 40 + 8);
}

static void what_is_neither_to_a_tunnel_address_nor_to_a_pool_is_not_ours(void **state)
{
	assert_verdict(fate_of(*state, CORE, packet(CN, VOID, 17, 8)), V_DROP_NOT_OURS);
	assert_verdict(fate_of(*state, CORE, packet(CN, "2001:db8:1100::1", 17, 8)),
		       V_DROP_NOT_OURS);
	assert_verdict(fate_of(*state, CORE, packet(CN, "2001:db8:fff::1", 17, 8)),
		       V_DROP_NOT_OURS);
}

static void every_pool_of_the_table_is_ours_from_its_first_to_its_last_address(void **state)
{
	static const char *const in[] = {
		"2001:db8:1000::", "2001:db8:10ff:ffff:ffff:ffff:ffff:ffff",
		"2001:db8:2000::", "2001:db8:20ff:ffff:ffff:ffff:ffff:ffff"};
	for (unsigned i = 0; i < 4; i++)
		assert_verdict(fate_of(*state, CORE, packet(CN, in[i], 17, 8)), V_DROP_NO_BINDING);
}

static void to_a_tunnel_address_what_steer_h_does_not_name_is_the_kernels(void **state)
{
	static const uint8_t kernels[] = {6, 50, 51, 58, 59, 89, 255};
	for (unsigned i = 0; i < sizeof(kernels); i++)
		assert_verdict(fate_of(*state, BACKBONE, packet(COA1, LMAA, kernels[i], 64)),
			       V_DROP_NOT_OURS);
}

// LMA-MTU-03: there is no IPv4 inside.
static void tunnels_that_are_not_served_have_a_name_of_their_own(void **state)
{
	assert_verdict(fate_of(*state, BACKBONE, packet(COA1, LMAA, 4, 64)), V_DROP_OUTER_PROTO);
	assert_verdict(fate_of(*state, BACKBONE, packet(COA1, LMAA, 47, 64)), V_DROP_OUTER_PROTO);
}

static void udp_is_ours_on_the_two_ports_of_rfc_5844_only(void **state)
{
	for (uint16_t port = 5435; port <= 5438; port++) {
		struct frame f = packet(COA1, LMAA, 17, 64);
		f.b[42] = (uint8_t)(port >> 8);
		f.b[43] = (uint8_t)port;
		assert_verdict(fate_of(*state, BACKBONE, f),
			       port == 5436 || port == 5437 ? V_DROP_OUTER_PROTO : V_DROP_NOT_OURS);
	}
	assert_verdict(fate_of(*state, BACKBONE, packet(COA1, LMAA, 17, 3)), V_DROP_TRUNCATED);
}

static void LMA_FW_11_a_tunnel_encapsulation_limit_of_any_value_is_skipped(void **state)
{
	for (unsigned limit = 0; limit < 256; limit++) {
		struct frame f = with_option(from_mn1(), 4, (uint8_t)limit);
		assert_verdict(fate_of(*state, BACKBONE, f), V_TX_UPLINK);
		assert_int_equal(sent(*state, CORE).n, 140);
	}
}

static void LMA_FW_11_options_that_ask_for_a_discard_get_it(void **state)
{
	assert_verdict(fate_of(*state, BACKBONE, with_option(from_mn1(), 0x3e, 0)), V_TX_UPLINK);
	assert_verdict(fate_of(*state, BACKBONE, with_option(from_mn1(), 0x44, 0)),
		       V_DROP_EXT_HEADERS);
	assert_verdict(fate_of(*state, BACKBONE, with_option(from_mn1(), 0xc9, 0)),
		       V_DROP_EXT_HEADERS);
	sent(*state, CORE);
}

static void LMA_FW_11_an_option_that_runs_over_its_header_is_malformed(void **state)
{
	struct frame f = with_option(from_mn1(), 4, 4);
	f.b[43] = 5;
	assert_verdict(fate_of(*state, BACKBONE, f), V_DROP_EXT_HEADERS);
	f = with_option(from_mn1(), 4, 4);
	f.b[41] = 255; // a header longer than the packet
	assert_verdict(fate_of(*state, BACKBONE, f), V_DROP_EXT_HEADERS);
	f = packet(COA1, LMAA, 60, 1); // no room for a header at all
	assert_verdict(fate_of(*state, BACKBONE, f), V_DROP_EXT_HEADERS);
}

static void LMA_FW_11_four_headers_are_walked_a_fifth_is_too_many(void **state)
{
	struct frame f = from_mn1();
	for (int i = 0; i < 4; i++)
		f = with_option(f, 4, 1);
	assert_verdict(fate_of(*state, BACKBONE, f), V_TX_UPLINK);
	assert_verdict(fate_of(*state, BACKBONE, with_option(f, 4, 1)), V_DROP_EXT_HEADERS);
	sent(*state, CORE);
}

static void LMA_FW_11_a_header_behind_the_options_that_nobody_serves_is_unknown(void **state)
{
	assert_verdict(fate_of(*state, BACKBONE, with_option(packet(COA1, LMAA, 50, 64), 4, 4)),
		       V_DROP_EXT_HEADERS);
	assert_verdict(fate_of(*state, BACKBONE, with_option(packet(COA1, LMAA, 47, 64), 4, 4)),
		       V_DROP_OUTER_PROTO);
}

static void LMA_FW_11_hop_by_hop_options_are_walked_where_they_may_stand(void **state)
{
	struct frame f = with_option(from_mn1(), 0x3e, 0);
	f.b[6] = 0;
	assert_verdict(fate_of(*state, BACKBONE, f), V_TX_UPLINK);
	f = with_option(from_mn1(), 0xc9, 0);
	f.b[6] = 0;
	assert_verdict(fate_of(*state, BACKBONE, f), V_DROP_EXT_HEADERS);
	f = with_option(with_option(from_mn1(), 0x3e, 0), 0x3e, 0);
	f.b[40] = 0; // behind another header
	assert_verdict(fate_of(*state, BACKBONE, f), V_DROP_EXT_HEADERS);
	sent(*state, CORE);
}

// RFC 8200 4.4: we are the last address of it, and of no type do we know more than that.
static void LMA_FW_11_a_routing_header_is_skipped_when_no_segments_are_left(void **state)
{
	struct frame f = with_option(from_mn1(), 0, 0);
	f.b[6] = 43;
	for (unsigned left = 0; left < 256; left++) {
		f.b[43] = (uint8_t)left;
		assert_verdict(fate_of(*state, BACKBONE, f),
			       left == 0 ? V_TX_UPLINK : V_DROP_EXT_HEADERS);
	}
	sent(*state, CORE);
}

int test_classify(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(a_frame_cut_anywhere_in_its_headers_is_truncated),
		FATE_TEST(a_tagged_frame_cut_in_its_tag_is_truncated),
		FATE_TEST(a_frame_with_one_tag_is_taken),
		FATE_TEST(a_frame_with_two_tags_is_not_ipv6),
		FATE_TEST(a_frame_to_another_station_or_to_a_group_is_not_for_us),
		FATE_TEST(without_a_configured_mac_any_unicast_frame_is_taken_but_no_group),
		FATE_TEST(another_ethertype_or_version_is_not_ipv6),
		FATE_TEST(padding_behind_the_packet_is_trimmed),
		FATE_TEST(what_is_neither_to_a_tunnel_address_nor_to_a_pool_is_not_ours),
		FATE_TEST(every_pool_of_the_table_is_ours_from_its_first_to_its_last_address),
		FATE_TEST(to_a_tunnel_address_what_steer_h_does_not_name_is_the_kernels),
		FATE_TEST(tunnels_that_are_not_served_have_a_name_of_their_own),
		FATE_TEST(udp_is_ours_on_the_two_ports_of_rfc_5844_only),
		FATE_TEST(LMA_FW_11_a_tunnel_encapsulation_limit_of_any_value_is_skipped),
		FATE_TEST(LMA_FW_11_options_that_ask_for_a_discard_get_it),
		FATE_TEST(LMA_FW_11_an_option_that_runs_over_its_header_is_malformed),
		FATE_TEST(LMA_FW_11_four_headers_are_walked_a_fifth_is_too_many),
		FATE_TEST(LMA_FW_11_hop_by_hop_options_are_walked_where_they_may_stand),
		FATE_TEST(LMA_FW_11_a_routing_header_is_skipped_when_no_segments_are_left),
		FATE_TEST(LMA_FW_11_a_header_behind_the_options_that_nobody_serves_is_unknown),
	};
	return cmocka_run_group_tests_name("classify", tests, NULL, NULL);
}
