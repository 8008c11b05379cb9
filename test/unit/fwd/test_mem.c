// The port in memory: order, depth, and what is left inside at its end.
#include "test/unit/fwd/fate.h"

static struct port *open_port(void)
{
	struct port *p = NULL;

	assert_int_equal(mem_open("under-test", 8, &p), 0);
	return p;
}

static void what_is_given_is_received_in_order_up_to_its_depth(void **state)
{
	struct world *w = *state;
	struct frame f = packet(CN, MN1, 17, 10);
	struct rte_mbuf *in[9], *out[9];
	struct port *p = open_port();

	for (int i = 0; i < 9; i++)
		in[i] = world_mbuf(w, &f, AT_HEADROOM);
	assert_int_equal(mem_give(p, in, 9), 8);
	assert_int_equal(port_rx(p, 0, out, 9), 8);
	for (int i = 0; i < 8; i++)
		assert_ptr_equal(out[i], in[i]);
	assert_int_equal(port_rx(p, 0, out, 9), 0);
	assert_int_equal(port_tx(p, 0, in, 9), 8);
	assert_int_equal(mem_take(p, out, 9), 8);
	assert_int_equal(mem_take(p, out, 9), 0);
	for (int i = 0; i < 9; i++)
		rte_pktmbuf_free(in[i]);
	p->ops->close(p);
}

static void what_is_left_inside_is_freed_with_the_port(void **state)
{
	struct world *w = *state;
	struct frame f = packet(CN, MN1, 17, 10);
	struct rte_mbuf *in[2] = {world_mbuf(w, &f, AT_HEADROOM), world_mbuf(w, &f, AT_HEADROOM)};
	struct port *p = open_port();

	assert_int_equal(mem_give(p, in, 1), 1);
	assert_int_equal(port_tx(p, 0, in + 1, 1), 1);
	p->ops->close(p); // stop() counts the buffers
}

static void the_same_name_twice_is_refused(void **state)
{
	struct port *p = open_port(), *second = NULL;

	(void)state;
	assert_int_equal(mem_open("under-test", 8, &second), -ENOMEM);
	assert_null(second);
	p->ops->close(p);
	p = open_port(); // the name is free again
	p->ops->close(p);
}

int test_mem(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(what_is_given_is_received_in_order_up_to_its_depth),
		FATE_TEST(what_is_left_inside_is_freed_with_the_port),
		FATE_TEST(the_same_name_twice_is_refused),
	};
	return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
