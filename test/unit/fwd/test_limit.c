// The Tunnel Encapsulation Limit of packets that enter a tunnel: LMA-FW-12, SEQ-26, RFC 2473 4.1.1.
#include "test/unit/fwd/fate.h"

enum { UDP = 17, PARAMETER_PROBLEM = 4, TOO_BIG = 2, HOP_BY_HOP = 0, ROUTING = 43, OPTIONS = 60 };
enum { LIMIT = 4, HARMLESS = 30, FRAGMENT = 44, AUTHENTICATION = 51 };

static void LMA_FW_12_a_limit_is_repeated_outside_one_less(void **state)
{
	struct world *w = *state;
	struct frame p = with_option(packet(CN, MN1, UDP, 100), LIMIT, 3);

	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	struct frame out = sent(w, BACKBONE);
	static const uint8_t header[] = {41, 0, LIMIT, 1, 2, 1, 1, 0};
	assert_int_equal(out.n, p.n + 48);
	assert_int_equal(out.b[6], OPTIONS);
	assert_int_equal(out.b[4] << 8 | out.b[5], p.n + 8);
	assert_memory_equal(out.b + 40, header, sizeof(header));
	p.b[7]--;
	assert_memory_equal(out.b + 48, p.b, p.n);
}

// SEQ-26.
static void LMA_FW_12_of_255_values_each_is_one_less_and_0_is_a_parameter_problem(void **state)
{
	struct world *w = *state;

	for (unsigned limit = 1; limit < 256; limit++) {
		struct frame p = with_option(packet(CN, MN1, UDP, 100), LIMIT, (uint8_t)limit);
		assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
		assert_int_equal(sent(w, BACKBONE).b[44], limit - 1);
	}
	struct frame p = with_option(packet(CN, MN1, UDP, 100), LIMIT, 0);
	assert_verdict(fate_of(w, CORE, p), V_DROP_LIMIT);
	world_turn(w);
	struct frame e = sent(w, CORE);
	assert_addr(dst_of(&e), CN);
	assert_int_equal(e.b[40], PARAMETER_PROBLEM);
	assert_int_equal(e.b[41], 0);
	assert_int_equal(e.b[47], 44); // the value's octet
	assert_nothing_sent(w);
}

// SEQ-26, LMA-MTU-01.
static void LMA_FW_12_the_header_takes_eight_octets_of_the_tunnel(void **state)
{
	struct world *w = *state;
	struct frame fits = with_option(packet(CN, MN1, UDP, 1452 - 48), LIMIT, 1);
	struct frame big = with_option(packet(CN, MN1, UDP, 1453 - 48), LIMIT, 1);

	assert_verdict(fate_of(w, CORE, fits), V_TX_DOWNLINK);
	assert_int_equal(sent(w, BACKBONE).n, 1500);
	assert_verdict(fate_of(w, CORE, big), V_DROP_TOO_BIG);
	world_turn(w);
	struct frame e = sent(w, CORE);
	assert_int_equal(e.b[40], TOO_BIG);
	assert_int_equal(e.b[46] << 8 | e.b[47], 1452);
}

static void LMA_FW_12_it_is_found_behind_other_headers_and_options(void **state)
{
	struct world *w = *state;
	struct frame p = with_option(packet(CN, MN1, UDP, 100), LIMIT, 9);

	p = with_option(p, HARMLESS, 0); // another destination options header in front
	p.b[6] = HOP_BY_HOP;             // or hop-by-hop options
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	assert_int_equal(sent(w, BACKBONE).b[44], 8);
	p.b[6] = ROUTING;
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	assert_int_equal(sent(w, BACKBONE).b[44], 8);
	// Behind a first fragment's header, not that of a later one; behind an authentication
	// header.
	p.b[6] = FRAGMENT;
	p.b[42] = p.b[43] = 0;
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	assert_int_equal(sent(w, BACKBONE).b[44], 8);
	p.b[43] = 8;
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	assert_int_equal(sent(w, BACKBONE).b[6], 41);
	p.b[43] = 0;
	p.b[6] = AUTHENTICATION;
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	assert_int_equal(sent(w, BACKBONE).b[44], 8);
	// Behind Pad1 in the same header.
	p = with_option(packet(CN, MN1, UDP, 100), LIMIT, 9);
	static const uint8_t padded[] = {UDP, 0, 0, 0, 0, LIMIT, 1, 5};
	memcpy(p.b + 40, padded, sizeof(padded));
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	assert_int_equal(sent(w, BACKBONE).b[44], 4);
}

static void without_a_limit_none_is_added(void **state)
{
	struct world *w = *state;
	struct frame p = with_option(packet(CN, MN1, UDP, 100), HARMLESS, 0);

	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	assert_int_equal(sent(w, BACKBONE).b[6], 41);
	p.b[6] = HOP_BY_HOP; // an option of that type in another kind of header is none
	p.b[42] = LIMIT;
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	assert_int_equal(sent(w, BACKBONE).b[6], 41);
}

static void headers_that_cannot_be_read_are_not_ours_to_judge(void **state)
{
	struct world *w = *state;
	struct frame p = with_option(packet(CN, MN1, UDP, 100), LIMIT, 0);

	p.b[41] = 255; // longer than the packet
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	assert_int_equal(sent(w, BACKBONE).b[6], 41);
	p = with_option(packet(CN, MN1, UDP, 100), LIMIT, 0);
	p.b[43] = 200; // the option is longer than its header
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	p = packet(CN, MN1, OPTIONS, 1); // no room for a header
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	p = packet(CN, MN1, UDP, 0);
	for (int i = 0; i < 5; i++) // the fifth is not looked at
		p = with_option(p, i == 0 ? LIMIT : HARMLESS, 0);
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
}

// LMA-FW-12.
static void MAG_FW_08_a_mag_repeats_a_limit_one_less_and_tells_the_node_of_0(void **state)
{
	struct world *w = *state;
	struct frame p = with_option(packet(NODE_A, CN, UDP, 100), LIMIT, 0);

	world_become_mag(w);
	for (unsigned limit = 1; limit < 256; limit++) {
		p.b[44] = (uint8_t)limit;
		assert_verdict(fate(w, ACCESS, from_node(mac_a, 0, p)), V_TX_UPLINK);
		struct frame out = sent(w, BACKBONE);
		assert_int_equal(out.b[6], OPTIONS);
		assert_int_equal(out.b[44], limit - 1);
		assert_int_equal(out.n, p.n + 48);
	}
	p.b[44] = 0;
	assert_verdict(fate(w, ACCESS, from_node(mac_a, 0, p)), V_DROP_LIMIT);
	world_turn(w);
	struct frame e = sent(w, ACCESS);
	assert_addr(src_of(&e), COA);
	assert_addr(dst_of(&e), NODE_A);
	assert_int_equal(e.b[40], PARAMETER_PROBLEM);
	assert_int_equal(e.b[41], 0);
	assert_int_equal(e.b[47], 44);
	assert_nothing_sent(w);
}

// LMA-FW-12, LMA-MTU-01.
static void MAG_FW_08_a_limit_takes_eight_octets_of_the_mags_tunnel(void **state)
{
	struct world *w = *state;
	struct frame fits = with_option(packet(NODE_A, CN, UDP, 1452 - 48), LIMIT, 1);
	struct frame big = with_option(packet(NODE_A, CN, UDP, 1453 - 48), LIMIT, 1);

	world_become_mag(w);
	assert_verdict(fate(w, ACCESS, from_node(mac_a, 0, fits)), V_TX_UPLINK);
	assert_int_equal(sent(w, BACKBONE).n, 1500);
	assert_verdict(fate(w, ACCESS, from_node(mac_a, 0, big)), V_DROP_TOO_BIG);
	world_turn(w);
	struct frame e = sent(w, ACCESS);
	assert_int_equal(e.b[40], TOO_BIG);
	assert_int_equal(e.b[46] << 8 | e.b[47], 1452);
}

static void LMA_FW_12_from_one_tunnel_into_another_too(void **state)
{
	struct world *w = *state;
	struct frame p = with_option(packet(MN1, MN2, UDP, 100), LIMIT, 7);

	assert_verdict(fate_of(w, BACKBONE, tunnelled(COA1, LMAA, p)), V_TX_HAIRPIN);
	assert_int_equal(sent(w, BACKBONE).b[44], 6);
}

static void a_packet_with_a_limit_in_pieces_has_it_in_the_first(void **state)
{
	struct world *w = *state;
	struct frame p = with_option(packet(CN, MN1, UDP, 1232 - 40), LIMIT, 3);

	entry_set_mtu(w->fib, w->entries[0], 1280);
	assert_int_equal(p.n, 1240);
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK); // 1240 + 48 is more than 1280
	struct frame a = sent(w, BACKBONE), b = sent(w, BACKBONE);
	assert_int_equal(a.b[40], OPTIONS);
	assert_int_equal(a.b[48 + 4], 2);
	assert_int_equal(b.b[40], OPTIONS);
}

int test_limit(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(LMA_FW_12_a_limit_is_repeated_outside_one_less),
		FATE_TEST(LMA_FW_12_of_255_values_each_is_one_less_and_0_is_a_parameter_problem),
		FATE_TEST(LMA_FW_12_the_header_takes_eight_octets_of_the_tunnel),
		FATE_TEST(LMA_FW_12_it_is_found_behind_other_headers_and_options),
		FATE_TEST(without_a_limit_none_is_added),
		FATE_TEST(headers_that_cannot_be_read_are_not_ours_to_judge),
		FATE_TEST(MAG_FW_08_a_mag_repeats_a_limit_one_less_and_tells_the_node_of_0),
		FATE_TEST(MAG_FW_08_a_limit_takes_eight_octets_of_the_mags_tunnel),
		FATE_TEST(LMA_FW_12_from_one_tunnel_into_another_too),
		FATE_TEST(a_packet_with_a_limit_in_pieces_has_it_in_the_first),
	};
	return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
