// When something is full, short or in pieces: a named drop, nothing lost, nothing counted twice.
#include "test/unit/fwd/fate.h"

static void receive(struct world *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	fwd_burst(w->fwd, port, pkts, n, w->now);
	fwd_flush(w->fwd);
	assert_true(world_balanced(w));
}

static void receive_copies(struct world *w, struct frame p, uint16_t n)
{
	struct rte_mbuf *pkts[FWD_BURST];
	struct frame f = framed(CORE, p);

	for (uint16_t i = 0; i < n; i++)
		pkts[i] = world_mbuf(w, &f, AT_HEADROOM);
	receive(w, CORE, pkts, n);
}

static void packets_waiting_to_be_sent_are_held_and_too_many_are_dropped(void **state)
{
	struct world *w = *state;
	const uint16_t room = sizeof(((struct fwd_out *)0)->pkts) / sizeof(struct rte_mbuf *);

	for (int i = 0; i < 5; i++)
		receive_copies(w, packet(CN, MN1, 17, 10), FWD_BURST);
	assert_int_equal(fwd_held(w->fwd), room);
	assert_int_equal(w->telem.verdicts[V_DROP_TX_FULL], 5 * FWD_BURST - room);
	assert_int_equal(w->telem.verdicts[V_TX_DOWNLINK], 0); // not before a port took them
	world_output(w);
	assert_int_equal(w->telem.verdicts[V_TX_DOWNLINK], room);
	assert_int_equal(w->telem.sent, room);
	assert_int_equal(w->telem.sent_bytes, (uint64_t)room * (L2_LEN + 40 + 40 + 10));
	assert_int_equal(w->telem.received_bytes, 5ull * FWD_BURST * (L2_LEN + 40 + 10));
}

static void what_a_port_does_not_take_has_the_name_that_the_caller_gives(void **state)
{
	struct world *w = *state;
	receive_copies(w, packet(CN, MN1, 17, 10), 3);
	struct fwd_out *out = fwd_out(w->fwd, BACKBONE);
	assert_int_equal(out->n, 3);
	assert_int_equal(port_tx(w->ports[BACKBONE], 0, out->pkts, 1), 1);
	fwd_sent(w->fwd, BACKBONE, 1, V_DROP_HANDOFF_FULL);
	assert_int_equal(w->telem.verdicts[V_TX_DOWNLINK], 1);
	assert_int_equal(w->telem.verdicts[V_DROP_HANDOFF_FULL], 2);
	assert_int_equal(w->telem.sent, 1);
	assert_int_equal(out->n, 0);
}

static void a_next_hop_on_a_port_that_cannot_be_is_no_route(void **state)
{
	struct world *w = *state;
	struct nexthop nh = *nexthop_get(w->fib, w->nh_backbone);

	nh.port = FWD_MAX_PORTS;
	assert_int_equal(nexthop_change(w->fib, w->nh_backbone, &nh), 0);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, 17, 10)), V_DROP_NO_ROUTE);
}

static void a_buffer_without_headroom_is_a_named_drop(void **state)
{
	struct world *w = *state;
	struct frame f = framed(CORE, packet(CN, MN1, 17, 10));

	// L2_LEN bytes come free; the outer header needs 40, it and layer 2 need 54.
	for (uint16_t at = 0; at < 40; at++) {
		struct rte_mbuf *m = world_mbuf(w, &f, at);
		receive(w, CORE, &m, 1);
		assert_int_equal(w->telem.verdicts[V_DROP_NO_MBUF], at + 1u);
	}
	struct rte_mbuf *m = world_mbuf(w, &f, 40);
	receive(w, CORE, &m, 1);
	assert_int_equal(fwd_held(w->fwd), 1);
}

static struct rte_mbuf *in_pieces(struct world *w, struct frame f, uint16_t piece)
{
	struct rte_mbuf *whole = NULL;

	while (f.n > 0) {
		struct frame part = f;
		part.n = RTE_MIN(piece, f.n);
		struct rte_mbuf *m = world_mbuf(w, &part, AT_HEADROOM);
		if (whole == NULL)
			whole = m;
		else
			assert_int_equal(rte_pktmbuf_chain(whole, m), 0);
		f = stripped(f, part.n);
	}
	return whole;
}

static void a_frame_in_pieces_is_put_together(void **state)
{
	struct world *w = *state;
	for (uint16_t piece = 1; piece < 200; piece += 7) {
		struct rte_mbuf *m = in_pieces(w, framed(CORE, packet(CN, MN1, 17, 100)), piece);
		receive(w, CORE, &m, 1);
		world_output(w);
		struct frame out = sent(w, BACKBONE);
		assert_int_equal(out.n, 180);
		assert_int_equal(out.b[179], 128 + 99);
	}
}

static void a_frame_in_pieces_that_fits_no_buffer_is_a_named_drop(void **state)
{
	struct world *w = *state;
	struct rte_mbuf *m = in_pieces(w, framed(CORE, packet(CN, MN1, 17, 3900)), 1000);
	m->next->next->data_off = 0;
	for (int i = 0; i < 2; i++) { // longer together than the first has room for
		struct frame more = {.n = 1000};
		assert_int_equal(rte_pktmbuf_chain(m, world_mbuf(w, &more, AT_HEADROOM)), 0);
	}
	receive(w, CORE, &m, 1);
	assert_int_equal(w->telem.verdicts[V_DROP_NO_MBUF], 1);
}

static void without_a_buffer_for_an_error_there_is_none(void **state)
{
	static struct rte_mbuf *all[WORLD_MBUFS];
	struct world *w = *state;
	struct frame f = packet(CN, MN1, 17, 10);
	unsigned n = 0;

	f.b[7] = 1;
	f = framed(CORE, f);
	struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);
	while ((all[n] = rte_pktmbuf_alloc(w->pool)) != NULL)
		n++;
	receive(w, CORE, &m, 1);
	assert_int_equal(w->telem.verdicts[V_DROP_HOP_LIMIT], 1);
	assert_int_equal(w->telem.verdicts[V_DROP_NO_MBUF], 1);
	rte_pktmbuf_free_bulk(all, n);
}

static void more_errors_than_a_burst_before_a_turn_are_limited(void **state)
{
	struct world *w = *state;
	struct frame f = packet(CN, MN1, 17, 10);

	f.b[7] = 1;
	receive_copies(w, f, FWD_BURST);
	assert_int_equal(fwd_held(w->fwd), FWD_BURST);
	receive_copies(w, f, 2);
	assert_int_equal(w->telem.verdicts[V_DROP_ICMP_LIMITED], 2);
	assert_int_equal(fwd_turn(w->fwd, w->now), FWD_BURST);
	assert_int_equal(fwd_turn(w->fwd, w->now), 0);
	world_output(w);
	assert_int_equal(w->telem.verdicts[V_TX_ICMP], FWD_BURST);
}

static void what_is_held_at_the_end_is_freed(void **state)
{
	struct world *w = *state;
	struct frame f = packet(CN, MN1, 17, 10);

	receive_copies(w, f, 10);
	f.b[7] = 1;
	receive_copies(w, f, 10);
	assert_int_equal(fwd_held(w->fwd), 20); // stop() counts the buffers
}

int test_bounds(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(packets_waiting_to_be_sent_are_held_and_too_many_are_dropped),
		FATE_TEST(what_a_port_does_not_take_has_the_name_that_the_caller_gives),
		FATE_TEST(a_next_hop_on_a_port_that_cannot_be_is_no_route),
		FATE_TEST(a_buffer_without_headroom_is_a_named_drop),
		FATE_TEST(a_frame_in_pieces_is_put_together),
		FATE_TEST(a_frame_in_pieces_that_fits_no_buffer_is_a_named_drop),
		FATE_TEST(without_a_buffer_for_an_error_there_is_none),
		FATE_TEST(more_errors_than_a_burst_before_a_turn_are_limited),
		FATE_TEST(what_is_held_at_the_end_is_freed),
	};
	return cmocka_run_group_tests_name("bounds", tests, NULL, NULL);
}
