// ICMPv6 errors and packets of our own: to whom, from whom, with what in them, and when not.
#include "test/unit/fwd/fate.h"

enum { UNREACHABLE = 1, TOO_BIG = 2, TIME_EXCEEDED = 3, ICMP = 58 };

// RFC 8200 8.1, written here again: the sum over pseudo-header and payload with its checksum.
static bool sums_to_all_ones(const struct frame *f)
{
	uint32_t sum = f->n - 40u + ICMP;

	for (uint16_t i = 8; i < f->n; i++)
		sum += i % 2 == 0 ? (uint32_t)f->b[i] << 8 : f->b[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static uint32_t param_of(const struct frame *e)
{
	return (uint32_t)e->b[44] << 24 | (uint32_t)e->b[45] << 16 | (uint32_t)e->b[46] << 8 |
	       e->b[47];
}

// An error from `src` to `dst`, whole, quoting `about` from its first byte on.
static void assert_error(const struct frame *e, const char *src, const char *dst, uint8_t type,
			 uint8_t code, uint32_t param, const struct frame *about)
{
	assert_addr(src_of(e), src);
	assert_addr(dst_of(e), dst);
	assert_int_equal(e->b[6], ICMP);
	assert_int_equal(e->b[7], 64);
	assert_int_equal(e->b[4] << 8 | e->b[5], e->n - 40);
	assert_int_equal(e->b[40], type);
	assert_int_equal(e->b[41], code);
	assert_int_equal(param_of(e), param);
	assert_true(sums_to_all_ones(e));
	assert_int_equal(e->n, about->n + 48 < 1240 ? about->n + 48 : 1240);
	assert_memory_equal(e->b + 48, about->b, e->n - 48u);
}

static void time_exceeded_goes_back_to_the_network(void **state)
{
	struct frame f = packet(CN, MN1, 17, 51);
	f.b[7] = 1;
	assert_verdict(fate_of(*state, CORE, f), V_DROP_HOP_LIMIT);
	world_turn(*state);
	struct frame e = sent(*state, CORE);
	assert_error(&e, LMAA, CN, TIME_EXCEEDED, 0, 0, &f);
}

static void time_exceeded_to_a_mobile_node_goes_through_its_tunnel(void **state)
{
	struct world *w = *state;
	struct frame f = packet(MN1, CN, 17, 50);
	f.b[7] = 1;
	assert_verdict(fate_of(w, BACKBONE, tunnelled(COA1, LMAA, f)), V_DROP_HOP_LIMIT);
	world_turn(w);
	struct frame e = sent(w, BACKBONE);
	assert_addr(src_of(&e), LMAA);
	assert_addr(dst_of(&e), COA1);
	assert_int_equal(e.b[6], 41);
	e = stripped(e, 40);
	assert_error(&e, LMAA, MN1, TIME_EXCEEDED, 0, 0, &f);
	assert_int_equal(w->telem.verdicts[V_TX_ICMP], 1);
	assert_int_equal(w->telem.originated, 1);
}

static void errors_come_from_the_interface_towards_the_sender_if_it_has_an_address(void **state)
{
	struct world *w = *state;
	struct frame f = packet(CN, MN1, 17, 50);
	f.b[7] = 0;
	w->conf.ports[CORE].addr = addr("2001:db8:ff::1");
	assert_verdict(fate_of(w, CORE, f), V_DROP_HOP_LIMIT);
	world_turn(w);
	struct frame e = sent(w, CORE);
	assert_error(&e, "2001:db8:ff::1", CN, TIME_EXCEEDED, 0, 0, &f);
}

static void without_any_address_there_is_no_error(void **state)
{
	struct world *w = *state;
	struct frame f = packet(CN, MN1, 17, 50);
	f.b[7] = 0;
	w->conf.n_lmaas = 0;
	assert_verdict(fate_of(w, CORE, f), V_DROP_HOP_LIMIT);
	assert_int_equal(fwd_held(w->fwd), 0);
}

static void LMA_MTU_02_packet_too_big_says_what_fits_the_tunnel(void **state)
{
	struct world *w = *state;
	struct frame f = packet(CN, MN1, 17, 1500 - 40);
	assert_verdict(fate_of(w, CORE, f), V_DROP_TOO_BIG);
	world_turn(w);
	struct frame e = sent(w, CORE);
	f.b[7]--; // it was on its way already
	assert_error(&e, LMAA, CN, TOO_BIG, 0, 1460, &f);
}

static void LMA_MTU_02_packet_too_big_never_says_less_than_1280(void **state)
{
	struct world *w = *state;
	struct frame f = packet(CN, MN1, 17, 1300 - 40);
	entry_set_mtu(w->fib, w->entries[0], 1290);
	assert_verdict(fate_of(w, CORE, f), V_DROP_TOO_BIG);
	world_turn(w);
	struct frame e = sent(w, CORE);
	assert_int_equal(param_of(&e), 1280);
}

static void a_mobile_node_is_told_the_mtu_of_the_link_and_of_the_other_tunnel(void **state)
{
	struct world *w = *state;
	struct nexthop nh = *nexthop_get(w->fib, w->nh_core);
	nh.mtu = 1300;
	assert_int_equal(nexthop_change(w->fib, w->nh_core, &nh), 0);
	entry_set_mtu(w->fib, w->entries[1], 1400);

	struct frame f = tunnelled(COA1, LMAA, packet(MN1, CN, 17, 1301 - 40));
	assert_verdict(fate_of(w, BACKBONE, f), V_DROP_LINK_MTU);
	world_turn(w);
	struct frame e = stripped(sent(w, BACKBONE), 40);
	assert_int_equal(e.b[40], TOO_BIG);
	assert_int_equal(param_of(&e), 1300);

	f = tunnelled(COA1, LMAA, packet(MN1, MN2, 17, 1361 - 40));
	assert_verdict(fate_of(w, BACKBONE, f), V_DROP_TOO_BIG);
	world_turn(w);
	e = stripped(sent(w, BACKBONE), 40);
	assert_addr(dst_of(&e), MN1);
	assert_int_equal(param_of(&e), 1360);
}

static void an_error_fits_a_tunnel_of_the_least_path_mtu(void **state)
{
	struct world *w = *state;
	entry_set_mtu(w->fib, w->entries[0], 1280);
	struct frame f = tunnelled(COA1, LMAA, packet(MN1, VOID, 17, 1400));
	assert_verdict(fate_of(w, BACKBONE, f), V_DROP_NO_ROUTE);
	world_turn(w);
	struct frame e = sent(w, BACKBONE);
	assert_int_equal(e.n, 1280);
	e = stripped(e, 40);
	assert_int_equal(e.b[40], UNREACHABLE);
	assert_int_equal(e.b[41], 0);
}

static void LMA_MTU_06_no_error_about_an_error_or_a_redirect(void **state)
{
	struct world *w = *state;
	for (unsigned type = 0; type < 256; type++) {
		struct frame f = packet(CN, MN1, ICMP, 50);
		f.b[7] = 1;
		f.b[40] = (uint8_t)type;
		assert_verdict(fate_of(w, CORE, f), V_DROP_HOP_LIMIT);
		assert_int_equal(fwd_held(w->fwd), type >= 128 && type != 137);
		w->now += NS_SEC;
	}
}

static void errors_beyond_the_rate_are_owed_by_name(void **state)
{
	struct world *w = *state;
	struct frame f = packet(CN, MN1, 17, 50);
	f.b[7] = 1;
	f = framed(CORE, f);
	w->conf.icmp_rate = 20; // at once: 10
	for (int i = 0; i < 13; i++) {
		struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);
		mem_give(w->ports[CORE], &m, 1);
		world_turn(w);
	}
	assert_int_equal(w->telem.verdicts[V_DROP_HOP_LIMIT], 13);
	assert_int_equal(w->telem.verdicts[V_DROP_ICMP_LIMITED], 3);
	w->now += NS_SEC / 20;
	assert_verdict(fate(w, CORE, f), V_DROP_HOP_LIMIT);
	world_turn(w);
	assert_int_equal(w->telem.verdicts[V_TX_ICMP], 11);
}

static void errors_that_wait_and_those_of_a_burst_that_waits_all_leave(void **state)
{
	struct world *w = *state;
	struct frame f = packet(CN, MN1, 17, 50);
	f.b[7] = 1;
	f = framed(CORE, f);
	for (int i = 0; i < 3; i++) {
		struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);
		fwd_burst(w->fwd, CORE, &m, 1, w->now);
	}
	assert_int_equal(w->telem.originated, 2); // the last packet waits, and two errors
	for (int i = 0; i < 2; i++) {
		fwd_turn(w->fwd, w->now);
		assert_true(world_balanced(w));
		world_output(w);
	}
	assert_int_equal(w->telem.verdicts[V_TX_ICMP], 3);
	assert_int_equal(fwd_held(w->fwd), 0);
}

static void our_messages_are_routed_and_pay_no_hop(void **state)
{
	struct world *w = *state;
	struct frame f = packet(LMAA, COA1, 135, 48);
	f.b[7] = 1;
	struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);
	fwd_originate(w->fwd, &m, 1, w->now);
	world_output(w);
	assert_int_equal(w->telem.verdicts[V_TX_SIGNALLING], 1);
	struct frame out = sent(w, BACKBONE);
	assert_int_equal(out.n, f.n);
	assert_memory_equal(out.b, f.b, f.n);
}

static void our_message_to_a_pool_address_goes_through_its_binding(void **state)
{
	struct world *w = *state;
	struct frame f = packet(LMAA, MN2, 135, 48);
	struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);
	fwd_originate(w->fwd, &m, 1, w->now);
	world_output(w);
	assert_int_equal(w->telem.verdicts[V_TX_SIGNALLING], 1);
	struct frame out = sent(w, BACKBONE);
	assert_addr(dst_of(&out), COA2);
	assert_memory_equal(out.b + 40, f.b, f.n);
}

static void a_packet_that_waited_is_sent_as_it_is_and_counted_apart(void **state)
{
	struct world *w = *state;
	struct frame f = packet(MN1, CN, 17, 10);
	struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);
	fwd_punt_of(m)->kind = FWD_PUNT_WAITED;
	fwd_originate(w->fwd, &m, 1, w->now);
	world_output(w);
	assert_int_equal(w->telem.verdicts[V_TX_WAITED], 1);
	struct frame out = sent(w, CORE);
	assert_memory_equal(out.b, f.b, f.n); // its hop was paid before it waited
}

static void our_message_that_cannot_leave_is_a_named_drop_and_no_error(void **state)
{
	struct world *w = *state;
	struct frame bad = packet(LMAA, COA1, 135, 48), lost = packet(LMAA, VOID, 135, 48),
		     big = packet(LMAA, COA1, 135, 1500);
	bad.n--;
	struct rte_mbuf *m[] = {world_mbuf(w, &bad, AT_HEADROOM), world_mbuf(w, &lost, AT_HEADROOM),
				world_mbuf(w, &big, AT_HEADROOM)};
	fwd_originate(w->fwd, m, 3, w->now);
	assert_int_equal(w->telem.verdicts[V_DROP_TRUNCATED], 1);
	assert_int_equal(w->telem.verdicts[V_DROP_NO_ROUTE], 1);
	assert_int_equal(w->telem.verdicts[V_DROP_LINK_MTU], 1);
	assert_int_equal(fwd_held(w->fwd), 0);
}

int test_icmp(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(time_exceeded_goes_back_to_the_network),
		FATE_TEST(time_exceeded_to_a_mobile_node_goes_through_its_tunnel),
		FATE_TEST(errors_come_from_the_interface_towards_the_sender_if_it_has_an_address),
		FATE_TEST(without_any_address_there_is_no_error),
		FATE_TEST(LMA_MTU_02_packet_too_big_says_what_fits_the_tunnel),
		FATE_TEST(LMA_MTU_02_packet_too_big_never_says_less_than_1280),
		FATE_TEST(a_mobile_node_is_told_the_mtu_of_the_link_and_of_the_other_tunnel),
		FATE_TEST(an_error_fits_a_tunnel_of_the_least_path_mtu),
		FATE_TEST(LMA_MTU_06_no_error_about_an_error_or_a_redirect),
		FATE_TEST(errors_beyond_the_rate_are_owed_by_name),
		FATE_TEST(errors_that_wait_and_those_of_a_burst_that_waits_all_leave),
		FATE_TEST(our_messages_are_routed_and_pay_no_hop),
		FATE_TEST(our_message_to_a_pool_address_goes_through_its_binding),
		FATE_TEST(a_packet_that_waited_is_sent_as_it_is_and_counted_apart),
		FATE_TEST(our_message_that_cannot_leave_is_a_named_drop_and_no_error),
	};
	return cmocka_run_group_tests_name("icmp", tests, NULL, NULL);
}
