// Reassembly within bounds of number, room and time; signalling, congestion marks, two workers, and
// chance. LMA-MTU-04, WIRE-10.
#include "base/rng.h"
#include "test/unit/fwd/pieces.h"

enum { TIME_EXCEEDED = 3, CE = 3, ECT0 = 2 };

// ---- Bounds.

static void LMA_MTU_04_what_fits_no_buffer_is_dropped_by_name(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1(), end = piece_of(&whole, 0, 16, false, 1);
	unsigned room = rte_pktmbuf_data_room_size(w->pool) - RTE_PKTMBUF_HEADROOM;

	give_piece(w, &whole, 0, 512, 1);
	end.b[42] = (uint8_t)(room >> 8);
	end.b[43] = (uint8_t)(room & 0xf8);
	give(w, end);
	assert_int_equal(count(w, V_DROP_FRAGMENT_LONG), 2);
	assert_int_equal(fwd_held(w->fwd), 0);
}

static void LMA_MTU_04_after_60_seconds_the_source_is_told_if_the_first_piece_came(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1();

	give_piece(w, &whole, 0, 512, 1);
	give_piece(w, &whole, 520, 8, 1);
	give_piece(w, &whole, 520, 8, 2);
	w->now += 60 * NS_SEC - 1;
	world_turn(w);
	assert_int_equal(fwd_held(w->fwd), 3);
	w->now++;
	world_turn(w);
	assert_int_equal(count(w, V_DROP_FRAGMENT_TIMEOUT), 3);
	struct frame e = error_sent(w);
	assert_addr(dst_of(&e), COA1);
	assert_int_equal(e.b[40], TIME_EXCEEDED);
	assert_int_equal(e.b[41], 1);
	assert_addr(src_of(&e), LMAA); // LMA-MTU-06, RFC 4443 2.2: to which it was sent
	assert_nothing_sent(w);        // nobody is told about the second
	assert_int_equal(fwd_held(w->fwd), 0);
}

static void LMA_MTU_04_the_oldest_gives_way_when_all_room_is_used(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1();

	w->conf.reassembly_packets = 4;
	for (uint32_t i = 0; i < 6; i++)
		give_piece(w, &whole, 512, (uint16_t)(whole.n - 552), i);
	assert_int_equal(count(w, V_DROP_FRAGMENT_FULL), 2);
	assert_int_equal(fwd_held(w->fwd), 4);
	give_piece(w, &whole, 0, 512, 0); // its end is gone
	assert_nothing_sent(w);
	give_piece(w, &whole, 0, 512, 5);
	assert_arrived(w, &whole);
}

static void LMA_MTU_04_one_packet_has_at_most_sixteen_pieces(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1();

	for (uint16_t i = 0; i < 17; i++)
		give_piece(w, &whole, (uint16_t)(i * 8), 8, 1);
	assert_int_equal(count(w, V_DROP_FRAGMENT_FULL), 17);
	assert_int_equal(fwd_held(w->fwd), 0);
}

static void LMA_MTU_04_no_flood_of_one_peer_takes_more_than_the_room_there_is(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1();

	w->conf.reassembly_packets = 200;
	for (uint32_t i = 0; i < 3000; i++)
		give_piece(w, &whole, 512, 8, i);
	assert_true(fwd_held(w->fwd) <= 200);
	assert_int_equal(count(w, V_DROP_FRAGMENT_FULL) + fwd_held(w->fwd), 3000);
}

static void
LMA_MTU_04_pieces_of_packets_that_have_begun_take_no_more_room_than_there_is(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1();

	w->conf.reassembly_packets = 20;
	for (uint16_t k = 1; k < 8; k++)
		for (uint32_t i = 0; i < 20; i++)
			give_piece(w, &whole, (uint16_t)(k * 8), 8, i);
	assert_in_range(fwd_held(w->fwd), 0, 20);
}

static void without_a_buffer_for_the_whole_its_pieces_are_dropped_by_name(void **state)
{
	struct world *w = *state;
	struct rte_mbuf *all[WORLD_MBUFS];
	struct frame whole = from_mn1();

	give_piece(w, &whole, 0, 512, 1);
	unsigned n = rte_mempool_avail_count(w->pool) - 1;
	assert_int_equal(rte_pktmbuf_alloc_bulk(w->pool, all, n), 0);
	give_piece(w, &whole, 512, (uint16_t)(whole.n - 552), 1);
	rte_pktmbuf_free_bulk(all, n);
	assert_int_equal(count(w, V_DROP_NO_MBUF), 2);
}

// ---- Signalling.

static void WIRE_10_fragmented_signalling_is_put_together_from_anybody(void **state)
{
	struct world *w = *state;
	struct frame whole = packet(FAR, LMAA, MOBILITY, 1400), f;
	struct fwd_punt note;

	give_piece(w, &whole, 704, 696, 1);
	give_piece(w, &whole, 0, 704, 1);
	assert_int_equal(count(w, V_PUNT_SIGNALLING), 1);
	assert_int_equal(count(w, V_MERGED_FRAGMENT), 1);
	assert_true(world_punted(w, &note, &f));
	assert_int_equal(note.mh_offset, 40);
	assert_int_equal(note.mh_len, 1400);
	assert_int_equal(f.n, whole.n);
	assert_memory_equal(f.b, whole.b, f.n);
}

static void WIRE_10_its_pieces_wait_two_seconds(void **state)
{
	struct world *w = *state;
	struct frame whole = packet(COA1, LMAA, MOBILITY, 1400);

	give_piece(w, &whole, 704, 696, 1);
	w->now += 2 * NS_SEC - 1;
	world_turn(w);
	assert_int_equal(fwd_held(w->fwd), 1);
	w->now++;
	world_turn(w);
	assert_int_equal(count(w, V_DROP_FRAGMENT_TIMEOUT), 1);
}

// Its header can say 2048 bytes at most.
static void WIRE_10_a_message_longer_than_any_is_dropped(void **state)
{
	struct world *w = *state;
	struct frame part = packet(COA1, LMAA, MOBILITY, 1024);

	for (uint16_t last = 1024; last <= 1032; last += 8) {
		struct frame p = piece_of(&part, 0, 1024, true, last);
		give(w, p);
		p = piece_of(&part, 0, 1024, false, last);
		p.b[42] = (uint8_t)(last >> 8);
		p.b[43] = (uint8_t)last;
		give(w, p);
		assert_int_equal(count(w, V_DROP_FRAGMENT_LONG), last == 1024 ? 0 : 2);
		assert_int_equal(count(w, V_PUNT_SIGNALLING), 1);
	}
}

static void WIRE_10_strangers_take_no_room_of_tunnels(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1(), message = packet(FAR, LMAA, MOBILITY, 1400);

	give_piece(w, &whole, 0, 512, 1);
	for (uint32_t i = 0; i < 100; i++)
		give_piece(w, &message, 704, 696, i);
	assert_true(fwd_held(w->fwd) <= 33);
	// Nor with many pieces of each; and what tunnels have used up is not theirs either.
	w->conf.reassembly_packets = 1;
	for (uint16_t at = 8; at < 80; at += 8)
		for (uint32_t i = 0; i < 100; i++)
			give_piece(w, &message, at, 8, i);
	assert_in_range(fwd_held(w->fwd), 33, 65);
	w->conf.reassembly_packets = 2;
	give_piece(w, &whole, 512, (uint16_t)(whole.n - 552), 1);
	assert_arrived(w, &whole);
}

// ---- Congestion marks.

static void a_mark_on_one_piece_is_one_on_the_whole(void **state)
{
	struct world *w = *state;
	struct frame inner = packet(MN1, CN, UDP, 1000);
	set_class(&inner, ECT0);
	struct frame whole = tunnelled(COA1, LMAA, inner);
	struct frame a = piece_of(&whole, 0, 512, true, 1),
		     b = piece_of(&whole, 512, (uint16_t)(whole.n - 552), false, 1);

	set_class(&a, ECT0);
	set_class(&b, CE);
	give(w, a);
	give(w, b);
	struct frame out = sent(w, CORE);
	assert_int_equal(class_of(&out), CE);
	b.b[47] = a.b[47] = 2;
	set_class(&a, 0); // cannot carry a mark, and another piece has one
	give(w, a);
	give(w, b);
	assert_int_equal(count(w, V_DROP_ECN), 2);
	assert_nothing_sent(w);
}

// ---- Two workers.

static void a_fragment_goes_to_the_worker_whose_it_is(void **state)
{
	struct world *w = *state;
	struct rte_ring *rings[2] = {rte_ring_create("frag0", 64, SOCKET_ID_ANY, 0),
				     rte_ring_create("frag1", 64, SOCKET_ID_ANY, 0)};
	struct fwd_init init = {.bcache = w->bcache,
				.fib = w->fib,
				.pool = w->pool,
				.punt = w->punt,
				.telem = &w->telem,
				.fragments = rings,
				.n_workers = 2,
				.common_key = {1, 2}};
	struct fwd *first = w->fwd, *workers[2];
	struct frame whole = from_mn1();
	unsigned handed = 0;

	for (unsigned i = 0; i < 2; i++) {
		init.worker = i;
		init.seed = i;
		assert_int_equal(fwd_new(&init, &w->conf, &workers[i]), 0);
	}
	for (uint32_t id = 0; id < 20; id++) {
		for (int k = 0; k < 2; k++) { // each piece arrives at another worker
			struct frame p = k == 0 ? piece_of(&whole, 0, 512, true, id)
						: piece_of(&whole, 512, (uint16_t)(whole.n - 552),
							   false, id);
			struct frame f = framed(BACKBONE, p);
			struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);
			fwd_burst(workers[k], BACKBONE, &m, 1, w->now);
			fwd_flush(workers[k]);
		}
		handed += rte_ring_count(rings[0]) + rte_ring_count(rings[1]);
		for (int k = 0; k < 2; k++) {
			fwd_turn(workers[k], w->now);
			w->fwd = workers[k];
			world_output(w);
		}
		assert_arrived(w, &whole);
	}
	assert_int_equal(handed, 20); // one of two pieces is always at the wrong one
	assert_int_equal(count(w, V_TX_UPLINK), 20);
	for (unsigned i = 0; i < 2; i++) { // and a ring that is full
		w->fwd = workers[i];
		struct rte_mbuf *m;
		while (rte_ring_enqueue(rings[1 - i], w) == 0)
			continue;
		uint64_t lost = count(w, V_DROP_HANDOFF_FULL);
		for (uint32_t id = 100; id < 120; id++) {
			struct frame f = framed(BACKBONE, piece_of(&whole, 0, 512, true, id));
			m = world_mbuf(w, &f, AT_HEADROOM);
			fwd_burst(w->fwd, BACKBONE, &m, 1, w->now);
			fwd_flush(w->fwd);
		}
		assert_true(count(w, V_DROP_HANDOFF_FULL) > lost);
		while (rte_ring_dequeue(rings[1 - i], (void **)&m) == 0)
			continue;
	}
	fwd_stop(workers[0]);
	fwd_stop(workers[1]);
	fwd_free(workers[0]);
	fwd_free(workers[1]);
	rte_ring_free(rings[0]);
	rte_ring_free(rings[1]);
	w->fwd = first;
}

static void at_the_end_what_waits_is_dropped_by_name(void **state)
{
	struct world *w = *state;
	struct frame whole = from_mn1(), message = packet(FAR, LMAA, MOBILITY, 1400);

	give_piece(w, &whole, 0, 512, 1);
	give_piece(w, &message, 0, 704, 1);
	fwd_stop(w->fwd);
	assert_int_equal(fwd_held(w->fwd), 0);
	assert_int_equal(count(w, V_DROP_FRAGMENT_TIMEOUT), 2);
	give_piece(w, &whole, 0, 512, 1); // freed with the rest
	assert_int_equal(fwd_due(w->fwd), 0);
}

// ---- Chance.

struct cut {
	uint16_t at, n;
};

static unsigned cut_up(struct rng *rng, uint16_t n, struct cut *out)
{
	uint16_t at = 0;
	unsigned k = 0;

	while (at < n && k < 15) {
		uint16_t len = (uint16_t)(8 + rng_u64(rng) % 60 * 8);
		if (k == 14 || at + len > n)
			len = (uint16_t)(n - at);
		out[k++] = (struct cut){at, len};
		at = (uint16_t)(at + len);
	}
	return k;
}

static void any_cut_in_any_order_with_doubles_is_the_packet_or_a_named_loss(void **state)
{
	struct world *w = *state;
	struct rng rng = {4711};
	struct frame whole = from_mn1();
	unsigned arrived = 0;

	w->conf.reassembly_packets = 32;
	for (uint32_t id = 0; id < 3000; id++) {
		struct cut cuts[16];
		unsigned n = cut_up(&rng, (uint16_t)(whole.n - 40), cuts);
		for (unsigned i = n; i > 1; i--) {
			unsigned k = (unsigned)(rng_u64(&rng) % i);
			struct cut c = cuts[k];
			cuts[k] = cuts[i - 1];
			cuts[i - 1] = c;
		}
		bool overlap = rng_u64(&rng) % 8 == 0;
		for (unsigned i = 0; i < n; i++) {
			give_piece(w, &whole, cuts[i].at, cuts[i].n, id);
			if (i + 1 < n && rng_u64(&rng) % 4 == 0)
				give_piece(w, &whole, cuts[i].at, cuts[i].n, id);
			if (i + 1 < n && overlap && cuts[i].n > 8)
				give_piece(w, &whole, cuts[i].at, 8, id);
		}
		struct frame out;
		if (world_take(w, CORE, &out)) {
			assert_memory_equal(out.b + L2_LEN + 40, whole.b + 80, whole.n - 80u);
			arrived++;
		} else {
			assert_true(overlap);
		}
		w->now += NS_SEC;
	}
	assert_true(arrived > 2000);
	assert_int_equal(count(w, V_TX_UPLINK), arrived);
}

int test_reassembly(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(LMA_MTU_04_what_fits_no_buffer_is_dropped_by_name),
		FATE_TEST(LMA_MTU_04_after_60_seconds_the_source_is_told_if_the_first_piece_came),
		FATE_TEST(LMA_MTU_04_the_oldest_gives_way_when_all_room_is_used),
		FATE_TEST(LMA_MTU_04_one_packet_has_at_most_sixteen_pieces),
		FATE_TEST(LMA_MTU_04_no_flood_of_one_peer_takes_more_than_the_room_there_is),
		FATE_TEST(
			LMA_MTU_04_pieces_of_packets_that_have_begun_take_no_more_room_than_there_is),
		FATE_TEST(without_a_buffer_for_the_whole_its_pieces_are_dropped_by_name),
		FATE_TEST(WIRE_10_fragmented_signalling_is_put_together_from_anybody),
		FATE_TEST(WIRE_10_its_pieces_wait_two_seconds),
		FATE_TEST(WIRE_10_a_message_longer_than_any_is_dropped),
		FATE_TEST(WIRE_10_strangers_take_no_room_of_tunnels),
		FATE_TEST(a_mark_on_one_piece_is_one_on_the_whole),
		FATE_TEST(a_fragment_goes_to_the_worker_whose_it_is),
		FATE_TEST(at_the_end_what_waits_is_dropped_by_name),
		FATE_TEST(any_cut_in_any_order_with_doubles_is_the_packet_or_a_named_loss),
	};
	return cmocka_run_group_tests_name("reassembly", tests, NULL, NULL);
}
