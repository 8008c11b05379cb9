// To the control thread: signalling, errors about tunnels, neighbours that are wanted.
#include "test/unit/fwd/fate.h"

static void signalling_reaches_control_whole_with_its_place_and_time(void **state)
{
	struct world *w = *state;
	struct frame pbu = packet(COA1, LMAA, 135, 80), got;
	struct fwd_punt note;

	w->now = 123456789;
	assert_verdict(fate_of(w, BACKBONE, pbu), V_PUNT_SIGNALLING);
	assert_true(world_punted(w, &note, &got));
	assert_int_equal(note.kind, FWD_PUNT_SIGNALLING);
	assert_int_equal(note.port, BACKBONE);
	assert_int_equal(note.mh_offset, 40);
	assert_int_equal(note.mh_len, 80);
	assert_int_equal(note.arrival, 123456789);
	assert_int_equal(got.n, pbu.n);
	assert_memory_equal(got.b, pbu.b, pbu.n);
}

static void signalling_behind_options_is_found(void **state)
{
	struct frame got;
	struct fwd_punt note;
	assert_verdict(fate_of(*state, BACKBONE, with_option(packet(COA1, LMAA, 135, 80), 4, 4)),
		       V_PUNT_SIGNALLING);
	assert_true(world_punted(*state, &note, &got));
	assert_int_equal(note.mh_offset, 48);
	assert_int_equal(note.mh_len, 80);
}

static void icmp_errors_to_a_tunnel_address_reach_control_the_rest_is_the_kernels(void **state)
{
	struct world *w = *state;
	for (unsigned type = 0; type < 256; type++) {
		struct frame f = packet(COA1, LMAA, 58, 60), got;
		struct fwd_punt note;
		f.b[40] = (uint8_t)type;
		bool ours = type >= 1 && type <= 4;
		assert_verdict(fate_of(w, BACKBONE, f), ours ? V_PUNT_ICMP : V_DROP_NOT_OURS);
		assert_int_equal(world_punted(w, &note, &got), ours);
		if (ours) {
			assert_int_equal(note.kind, FWD_PUNT_ICMP);
			assert_int_equal(note.mh_offset, 40);
		}
	}
	assert_verdict(fate_of(w, BACKBONE, packet(COA1, LMAA, 58, 0)), V_DROP_TRUNCATED);
}

static void SEC_01_one_source_beyond_its_rate_does_not_silence_others(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 20; i++)
		assert_verdict(fate_of(w, BACKBONE, packet(COA1, LMAA, 135, 80)),
			       V_PUNT_SIGNALLING);
	assert_verdict(fate_of(w, BACKBONE, packet(COA1, LMAA, 135, 80)), V_DROP_PUNT_POLICED);
	assert_verdict(fate_of(w, BACKBONE, packet(COA2, LMAA, 135, 80)), V_PUNT_SIGNALLING);
	assert_verdict(fate_of(w, BACKBONE, packet(CN, LMAA, 135, 80)), V_PUNT_SIGNALLING);
	w->now += NS_SEC / 20;
	assert_verdict(fate_of(w, BACKBONE, packet(COA1, LMAA, 135, 80)), V_PUNT_SIGNALLING);
	assert_verdict(fate_of(w, BACKBONE, packet(COA1, LMAA, 135, 80)), V_DROP_PUNT_POLICED);
}

static void SEC_01_a_flood_from_made_up_sources_does_not_silence_a_known_mag(void **state)
{
	struct world *w = *state;
	struct frame f = packet("2001:db8:bad::", LMAA, 135, 8);

	w->conf.signalling_rate = 20;
	for (unsigned i = 0; i < 20000; i++) {
		f.b[22] = (uint8_t)(i >> 8);
		f.b[23] = (uint8_t)i;
		fate_of(w, BACKBONE, f);
	}
	// All strangers together have one MAG's rate, so the ring has room for those that are
	// known.
	assert_int_equal(w->telem.verdicts[V_PUNT_SIGNALLING], 20);
	assert_int_equal(w->telem.verdicts[V_DROP_PUNT_POLICED], 20000 - 20);
	assert_verdict(fate_of(w, BACKBONE, packet(COA1, LMAA, 135, 80)), V_PUNT_SIGNALLING);
}

static void a_full_ring_is_a_named_drop(void **state)
{
	struct world *w = *state;
	w->conf.signalling_rate = 1000000;
	for (int i = 0; i < 63; i++) // a ring of 64 takes 63
		assert_verdict(fate_of(w, BACKBONE, packet(COA1, LMAA, 135, 80)),
			       V_PUNT_SIGNALLING);
	assert_verdict(fate_of(w, BACKBONE, packet(COA1, LMAA, 135, 80)), V_DROP_PUNT_FULL);
	// A neighbour wanted then is lost in silence, as its packet is.
	struct frame f = tunnelled(COA1, LMAA, packet(MN1, FAR, 17, 10));
	assert_verdict(fate_of(w, BACKBONE, f), V_DROP_NO_NEIGHBOUR);
}

static void one_packet_waits_for_an_unknown_neighbour_and_asks_for_it(void **state)
{
	struct world *w = *state;
	struct frame f = tunnelled(COA1, LMAA, packet(MN1, FAR, 17, 10)), got;
	struct fwd_punt note;

	assert_verdict(fate_of(w, BACKBONE, f), V_PUNT_NEIGHBOUR);
	assert_true(world_punted(w, &note, &got));
	assert_int_equal(note.kind, FWD_PUNT_GLEAN);
	assert_addr(note.glean, FAR);
	assert_addr(dst_of(&got), FAR); // the packet itself, out of its tunnel
	assert_verdict(fate_of(w, BACKBONE, f), V_DROP_NO_NEIGHBOUR);
	assert_false(world_punted(w, &note, &got));
	w->now += NS_SEC;
	assert_verdict(fate_of(w, BACKBONE, f), V_PUNT_NEIGHBOUR);
	assert_true(world_punted(w, &note, &got));
}

// The first binding update of a start is not lost to the heartbeat that leaves before it.
static void every_message_of_our_own_waits_for_its_neighbour(void **state)
{
	struct world *w = *state;
	struct frame f = packet(LMAA, FAR, 135, 40), got;
	struct fwd_punt note;

	for (int i = 0; i < 3; i++) {
		struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);
		fwd_originate(w->fwd, &m, 1, w->now);
		assert_true(world_punted(w, &note, &got));
		assert_int_equal(note.kind, FWD_PUNT_GLEAN);
	}
	assert_int_equal(w->telem.verdicts[V_PUNT_NEIGHBOUR], 3);
}

static void behind_a_gateway_the_gateway_is_asked_for(void **state)
{
	struct world *w = *state;
	struct nexthop nh = {.kind = NH_GLEAN, .port = BACKBONE, .mtu = 1500};
	struct frame got;
	struct fwd_punt note;

	nh.gateway = addr("2001:db8:9::1");
	assert_int_equal(nexthop_change(w->fib, w->nh_backbone, &nh), 0);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, 17, 10)), V_PUNT_NEIGHBOUR);
	assert_true(world_punted(w, &note, &got));
	assert_addr(note.glean, "2001:db8:9::1");

	nh.gateway = (struct ip6_addr){0};
	assert_int_equal(nexthop_change(w->fib, w->nh_backbone, &nh), 0);
	assert_verdict(fate_of(w, CORE, packet(CN, MN1, 17, 10)), V_PUNT_NEIGHBOUR);
	assert_true(world_punted(w, &note, &got));
	assert_addr(note.glean, COA1);
}

int test_punt(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(signalling_reaches_control_whole_with_its_place_and_time),
		FATE_TEST(signalling_behind_options_is_found),
		FATE_TEST(icmp_errors_to_a_tunnel_address_reach_control_the_rest_is_the_kernels),
		FATE_TEST(SEC_01_one_source_beyond_its_rate_does_not_silence_others),
		FATE_TEST(SEC_01_a_flood_from_made_up_sources_does_not_silence_a_known_mag),
		FATE_TEST(a_full_ring_is_a_named_drop),
		FATE_TEST(one_packet_waits_for_an_unknown_neighbour_and_asks_for_it),
		FATE_TEST(every_message_of_our_own_waits_for_its_neighbour),
		FATE_TEST(behind_a_gateway_the_gateway_is_asked_for),
	};
	return cmocka_run_group_tests_name("punt", tests, NULL, NULL);
}
