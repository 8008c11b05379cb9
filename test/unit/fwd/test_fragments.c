// Outer fragments: made where the path is too small for the smallest inner packet (LMA-MTU-02), and
// put together again (LMA-MTU-04, RFC 8200 4.5, RFC 5722). test_reassembly.c has the bounds.
#include "test/unit/fwd/pieces.h"

enum { TIME_EXCEEDED = 3, PARAMETER_PROBLEM = 4 };

// ---- Made.

static uint32_t id_of(const struct frame *f)
{
	return (uint32_t)f->b[44] << 24 | (uint32_t)f->b[45] << 16 | (uint32_t)f->b[46] << 8 |
	       f->b[47];
}

// SEQ-12, the rows of IPv6, with test_downlink.c's Packet Too Big of 1460.
static void LMA_MTU_02_an_inner_packet_of_1280_leaves_in_two_pieces(void **state)
{
	struct world *w = *state;
	struct frame p = packet(CN, MN1, UDP, 1280 - 40);

	entry_set_mtu(w->fib, w->entries[0], 1280);
	assert_verdict(fate_of(w, CORE, p), V_TX_DOWNLINK);
	assert_int_equal(count(w, V_TX_DOWNLINK), 2);
	assert_int_equal(w->telem.fragmented, 1);
	struct frame a = sent(w, BACKBONE), b = sent(w, BACKBONE);
	assert_int_equal(a.n, 1280);
	assert_addr(src_of(&b), LMAA);
	assert_addr(dst_of(&b), COA1);
	for (const struct frame *f = &a; f != NULL; f = f == &a ? &b : NULL) {
		assert_int_equal(f->b[6], FRAGMENT);
		assert_int_equal(f->b[4] << 8 | f->b[5], f->n - 40);
		assert_int_equal(f->b[40], IPV6);
		assert_int_equal(id_of(f), id_of(&a));
	}
	assert_int_equal(a.b[42] << 8 | a.b[43], 1); // from 0 on, more to come
	assert_int_equal(b.b[42] << 8 | b.b[43], 1232);
	p.b[7]--;
	assert_memory_equal(a.b + 48, p.b, 1232);
	assert_int_equal(b.n, 48 + 48);
	assert_memory_equal(b.b + 48, p.b + 1232, 48);
}

static void LMA_MTU_02_every_packet_in_pieces_has_an_identification_of_its_own(void **state)
{
	struct world *w = *state;
	uint32_t ids[20];

	entry_set_mtu(w->fib, w->entries[0], 1280);
	for (int i = 0; i < 20; i++) {
		fate_of(w, CORE, packet(CN, MN1, UDP, 1280 - 40));
		struct frame a = sent(w, BACKBONE), b = sent(w, BACKBONE);
		ids[i] = id_of(&a);
		assert_int_equal(id_of(&b), ids[i]);
		assert_int_equal(ids[i] & 63, 0); // of worker 0
		for (int k = 0; k < i; k++)
			assert_int_not_equal(ids[i], ids[k]);
	}
}

static void LMA_MTU_02_no_piece_leaves_if_there_is_no_buffer_for_all(void **state)
{
	struct world *w = *state;
	struct rte_mbuf *all[WORLD_MBUFS];
	unsigned n = rte_mempool_avail_count(w->pool) - 2; // the packet itself, and one piece

	entry_set_mtu(w->fib, w->entries[0], 1280);
	assert_int_equal(rte_pktmbuf_alloc_bulk(w->pool, all, n), 0);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, UDP, 1280 - 40)), V_DROP_NO_MBUF);
	rte_pktmbuf_free_bulk(all, n);
	assert_nothing_sent(w);
	assert_int_equal(w->telem.fragmented, 0);
}

// LMA-MTU-02.
static void MAG_FW_08_a_mag_sends_in_pieces_too(void **state)
{
	struct world *w = *state;

	world_become_mag(w);
	entry_set_mtu(w->fib, w->nodes[0], 1290);
	assert_verdict(fate(w, ACCESS, from_node(mac_a, 0, packet(NODE_A, CN, UDP, 1280 - 40))),
		       V_TX_UPLINK);
	struct frame a = sent(w, BACKBONE), b = sent(w, BACKBONE);
	assert_int_equal(a.n, 48 + 1240);
	assert_int_equal(b.n, 48 + 40);
	assert_addr(dst_of(&b), LMA1);
}

static void a_link_below_1280_is_still_a_drop(void **state)
{
	struct world *w = *state;
	struct nexthop nh = *nexthop_get(w->fib, w->nh_backbone);

	nh.mtu = 1279;
	assert_int_equal(nexthop_change(w->fib, w->nh_backbone, &nh), 0);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, UDP, 1280 - 40)), V_DROP_LINK_MTU);
}

// ---- Put together.

static void LMA_MTU_04_pieces_in_any_order_are_the_packet_again(void **state)
{
	struct world *w = *state;
	static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					 {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	static const uint16_t at[] = {0, 400, 808}, n[] = {400, 408, 232};
	struct frame whole = from_mn1();

	for (uint32_t i = 0; i < 6; i++) {
		for (int k = 0; k < 3; k++) {
			assert_int_equal(fwd_held(w->fwd), k);
			give_piece(w, &whole, at[orders[i][k]], n[orders[i][k]], i);
		}
		assert_int_equal(fwd_held(w->fwd), 0);
		assert_arrived(w, &whole);
		assert_int_equal(count(w, V_TX_UPLINK), i + 1);
		assert_int_equal(count(w, V_MERGED_FRAGMENT), 2 * (i + 1));
	}
}

// LMA-MTU-04.
static void MAG_FW_08_a_mag_puts_the_lmas_pieces_together(void **state)
{
	struct world *w = *state;
	struct frame whole = tunnelled(LMA1, COA, packet(CN, NODE_A, UDP, 1240));

	world_become_mag(w);
	give_piece(w, &whole, 1232, 48, 1);
	give_piece(w, &whole, 0, 1232, 1);
	assert_int_equal(count(w, V_TX_DOWNLINK), 1);
	struct frame out = sent(w, ACCESS);
	assert_int_equal(out.n, 1280);
	assert_memory_equal(out.b + 40, whole.b + 80, 1240);
}

// LMA-FW-10, LMA-MTU-04.
static void MAG_FW_08_a_mag_keeps_pieces_of_its_lmas_alone_and_for_a_minute(void **state)
{
	struct world *w = *state;
	struct frame strange = tunnelled(FAR, COA, packet(CN, NODE_A, UDP, 1000));
	struct frame whole = tunnelled(LMA1, COA, packet(CN, NODE_A, UDP, 1000));

	world_become_mag(w);
	give_piece(w, &strange, 0, 512, 1);
	assert_int_equal(count(w, V_DROP_UNKNOWN_TUNNEL), 1);
	give_piece(w, &whole, 0, 512, 1);
	w->now += 60 * NS_SEC;
	world_turn(w);
	assert_int_equal(count(w, V_DROP_FRAGMENT_TIMEOUT), 1);
	struct frame e = error_sent(w);
	assert_addr(src_of(&e), COA);
	assert_addr(dst_of(&e), LMA1);
	assert_int_equal(e.b[40], TIME_EXCEEDED);
	assert_int_equal(e.b[41], 1);
	assert_int_equal(fwd_held(w->fwd), 0);
}

// MAG-FW-03.
static void a_wrong_lma_is_found_after_reassembly(void **state)
{
	struct world *w = *state;
	struct frame whole = tunnelled(LMA2, COA, packet(CN, NODE_A, UDP, 1000));

	world_become_mag(w);
	give_piece(w, &whole, 0, 512, 1);
	give_piece(w, &whole, 512, (uint16_t)(whole.n - 552), 1);
	assert_int_equal(count(w, V_DROP_WRONG_TUNNEL), 1);
	assert_nothing_sent(w);
}

static void LMA_FW_11_options_in_front_of_a_fragment_stay_in_front(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1();

	for (int i = 0; i < 2; i++) {
		struct frame p =
			i == 0 ? piece_of(&whole, 0, 512, true, 9)
			       : piece_of(&whole, 512, (uint16_t)(whole.n - 552), false, 9);
		give(w, with_option(p, 4, 3));
	}
	assert_arrived(w, &whole);
}

static void RFC_6946_a_fragment_that_is_all_of_it_waits_for_nobody(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1();

	give(w, piece_of(&whole, 0, (uint16_t)(whole.n - 40), false, 9));
	assert_int_equal(count(w, V_TX_UPLINK), 1);
	assert_int_equal(count(w, V_MERGED_FRAGMENT), 0);
	assert_arrived(w, &whole);
	give(w, with_option(piece_of(&whole, 0, (uint16_t)(whole.n - 40), false, 9), 4, 0));
	assert_arrived(w, &whole);
}

static void datagrams_of_different_ends_or_numbers_do_not_mix(void **state)
{
	struct world *w = *state;
	struct frame a = from_mn1(), b = tunnelled(COA2, LMAA, packet(MN2, CN, UDP, 1000));

	give_piece(w, &a, 0, 512, 1);
	give_piece(w, &b, 512, (uint16_t)(b.n - 552), 1);
	give_piece(w, &a, 512, (uint16_t)(a.n - 552), 2);
	assert_int_equal(fwd_held(w->fwd), 3);
	give_piece(w, &b, 0, 512, 1);
	assert_arrived(w, &b);
	give_piece(w, &a, 512, (uint16_t)(a.n - 552), 1);
	assert_arrived(w, &a);
	assert_int_equal(fwd_held(w->fwd), 1);
}

static void a_spoofed_source_inside_is_found_after_reassembly(void **state)
{
	struct world *w = *state;
	struct frame whole = tunnelled(COA1, LMAA, packet(MN2, CN, UDP, 1000));

	give_piece(w, &whole, 0, 512, 1);
	give_piece(w, &whole, 512, (uint16_t)(whole.n - 552), 1);
	assert_int_equal(count(w, V_DROP_SPOOF), 1);
	assert_int_equal(count(w, V_MERGED_FRAGMENT), 1);
}

static void a_fragment_in_a_fragment_is_dropped(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1(), inner = piece_of(&whole, 0, 512, true, 1);

	give(w, piece_of(&inner, 0, (uint16_t)(inner.n - 40), false, 2));
	assert_int_equal(count(w, V_DROP_FRAGMENT), 1);
}

// ---- What is wrong with them.

static void a_doubled_piece_is_dropped_and_the_packet_still_comes(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1();

	give_piece(w, &whole, 512, (uint16_t)(whole.n - 552), 1);
	give_piece(w, &whole, 512, (uint16_t)(whole.n - 552), 1);
	assert_int_equal(count(w, V_DROP_FRAGMENT), 1);
	give_piece(w, &whole, 0, 512, 1);
	assert_arrived(w, &whole);
}

static void RFC_5722_pieces_that_overlap_drop_all_of_the_packet(void **state)
{
	struct world *w = *state;
	static const uint16_t at[] = {0, 256, 504, 504}, n[] = {520, 264, 16, 536};
	struct frame whole = from_mn1();

	for (uint32_t i = 0; i < 4; i++) {
		give_piece(w, &whole, 256, 256, i);
		give_piece(w, &whole, at[i], n[i], i);
		assert_int_equal(count(w, V_DROP_FRAGMENT), 2 * (i + 1));
		assert_int_equal(fwd_held(w->fwd), 0);
	}
	assert_nothing_sent(w);
}

static void pieces_that_contradict_the_end_drop_all_of_the_packet(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1();

	give(w, piece_of(&whole, 512, 200, false, 1)); // the end, at 712
	give(w, piece_of(&whole, 712, 8, true, 1));
	assert_int_equal(count(w, V_DROP_FRAGMENT), 2);
	give(w, piece_of(&whole, 512, 200, false, 2));
	give(w, piece_of(&whole, 8, 200, false, 2)); // another end
	assert_int_equal(count(w, V_DROP_FRAGMENT), 4);
	give(w, piece_of(&whole, 512, 200, true, 3));
	give(w, piece_of(&whole, 8, 504, false, 3)); // an end before what is there
	assert_int_equal(count(w, V_DROP_FRAGMENT), 6);
	assert_int_equal(fwd_held(w->fwd), 0);
}

static void RFC_8200_a_length_that_is_no_multiple_of_8_is_a_parameter_problem(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1();

	give(w, piece_of(&whole, 0, 513, true, 1));
	assert_int_equal(count(w, V_DROP_FRAGMENT), 1);
	struct frame e = error_sent(w);
	assert_addr(dst_of(&e), COA1);
	assert_int_equal(e.b[40], PARAMETER_PROBLEM);
	assert_int_equal(e.b[41], 0);
	assert_int_equal(e.b[47], 4); // the payload length
	give(w, piece_of(&whole, 0, 0, true, 1));
	assert_int_equal(count(w, V_DROP_FRAGMENT), 2);
}

static void RFC_8200_more_than_65535_octets_are_a_parameter_problem(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1(), p = piece_of(&whole, 0, 16, false, 1);

	p.b[42] = 0xff;
	p.b[43] = 0xf8;
	give(w, p);
	assert_int_equal(count(w, V_DROP_FRAGMENT), 1);
	struct frame e = error_sent(w);
	assert_int_equal(e.b[40], PARAMETER_PROBLEM);
	assert_int_equal(e.b[47], 42); // the offset of the fragment header
	p.b[43] = 0xf0;                // 65520 + 16 still is one too many, 65535 is not
	give(w, p);
	assert_int_equal(count(w, V_DROP_FRAGMENT), 2);
	p = piece_of(&whole, 0, 15, false, 1);
	p.b[42] = 0xff;
	p.b[43] = 0xf0;
	give(w, p);
	assert_int_equal(count(w, V_DROP_FRAGMENT_LONG), 1);
}

static void a_header_that_is_cut_off_is_truncated(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1(), p = piece_of(&whole, 0, 0, true, 1);

	p.n = 47;
	p.b[5] = 7;
	give(w, p);
	assert_int_equal(count(w, V_DROP_TRUNCATED), 1);
}

static void LMA_FW_10_pieces_from_no_peer_are_not_kept(void **state)
{
	struct world *w = *state;
	struct frame whole = tunnelled(FAR, LMAA, packet(MN1, CN, UDP, 1000));

	give_piece(w, &whole, 0, 512, 1);
	assert_int_equal(count(w, V_DROP_UNKNOWN_TUNNEL), 1);
	assert_int_equal(fwd_held(w->fwd), 0);
}

int test_fragments(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(LMA_MTU_02_an_inner_packet_of_1280_leaves_in_two_pieces),
		FATE_TEST(LMA_MTU_02_every_packet_in_pieces_has_an_identification_of_its_own),
		FATE_TEST(LMA_MTU_02_no_piece_leaves_if_there_is_no_buffer_for_all),
		FATE_TEST(MAG_FW_08_a_mag_sends_in_pieces_too),
		FATE_TEST(a_link_below_1280_is_still_a_drop),
		FATE_TEST(LMA_MTU_04_pieces_in_any_order_are_the_packet_again),
		FATE_TEST(MAG_FW_08_a_mag_puts_the_lmas_pieces_together),
		FATE_TEST(MAG_FW_08_a_mag_keeps_pieces_of_its_lmas_alone_and_for_a_minute),
		FATE_TEST(a_wrong_lma_is_found_after_reassembly),
		FATE_TEST(LMA_FW_11_options_in_front_of_a_fragment_stay_in_front),
		FATE_TEST(RFC_6946_a_fragment_that_is_all_of_it_waits_for_nobody),
		FATE_TEST(datagrams_of_different_ends_or_numbers_do_not_mix),
		FATE_TEST(a_spoofed_source_inside_is_found_after_reassembly),
		FATE_TEST(a_fragment_in_a_fragment_is_dropped),
		FATE_TEST(a_doubled_piece_is_dropped_and_the_packet_still_comes),
		FATE_TEST(RFC_5722_pieces_that_overlap_drop_all_of_the_packet),
		FATE_TEST(pieces_that_contradict_the_end_drop_all_of_the_packet),
		FATE_TEST(RFC_8200_a_length_that_is_no_multiple_of_8_is_a_parameter_problem),
		FATE_TEST(RFC_8200_more_than_65535_octets_are_a_parameter_problem),
		FATE_TEST(a_header_that_is_cut_off_is_truncated),
		FATE_TEST(LMA_FW_10_pieces_from_no_peer_are_not_kept),
	};
	return cmocka_run_group_tests_name("fragments", tests, NULL, NULL);
}
