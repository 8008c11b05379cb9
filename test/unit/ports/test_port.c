// A port on a real netdev: what the far end sends comes to us or goes to the kernel by steer.h,
// what we send comes out, and the counters agree.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/af_xdp/af_xdp.h"
#include "drivers/xdp/loader.h"
#include "test/unit/netns.h"
#include "test/unit/ports/wire.h"
#include "test/unit/test.h"

#define LMAA "2001:db8:1::1"
#define HOST "2001:db8:1::2" // the machine's, not ours
#define NODE "2001:db8:1000::1"

static struct steer *steer;
static struct wire wire;
static struct rte_mempool *pool;

static enum fate fate(struct frame f)
{
	return wire_fate(&wire, &f);
}

static enum fate fate_of(const char *dst, uint8_t next, uint8_t first_octet)
{
	return fate(frame_to(dst, next, &first_octet, 1, 64));
}

static void tunnel_packets_to_us_come_to_us(void **state)
{
	(void)state;
	assert_int_equal(fate_of(LMAA, 41, 0x60), FATE_OURS);
	assert_int_equal(fate_of(LMAA, 4, 0x45), FATE_OURS);
	assert_int_equal(fate_of(LMAA, 47, 0), FATE_OURS);
}

static void signalling_to_us_comes_to_us(void **state)
{
	const uint8_t ports[] = {0x15, 0x3c, 0x15, 0x3c};

	(void)state;
	assert_int_equal(fate_of(LMAA, 135, 59), FATE_OURS);
	assert_int_equal(fate(frame_to(LMAA, 17, ports, 4, 64)), FATE_OURS);
}

static void fragments_to_us_come_to_us(void **state)
{
	(void)state;
	assert_int_equal(fate_of(LMAA, 44, 41), FATE_OURS);
}

static void icmpv6_errors_come_to_us_and_nd_and_echo_to_the_kernel(void **state)
{
	(void)state;
	for (uint8_t type = 1; type <= 4; type++)
		assert_int_equal(fate_of(LMAA, 58, type), FATE_OURS);
	assert_int_equal(fate_of(LMAA, 58, 128), FATE_KERNEL);
	assert_int_equal(fate_of(LMAA, 58, 135), FATE_KERNEL);
	assert_int_equal(fate_of(LMAA, 58, 136), FATE_KERNEL);
}

static void packets_to_a_pool_come_to_us_whatever_they_are(void **state)
{
	(void)state;
	assert_int_equal(fate_of(NODE, 6, 0), FATE_OURS);
	assert_int_equal(fate_of(NODE, 17, 0), FATE_OURS);
	assert_int_equal(fate_of(NODE, 58, 128), FATE_OURS);
}

static void all_else_goes_on_to_the_kernel(void **state)
{
	struct frame not_ipv6 = frame_to(LMAA, 41, NULL, 0, 64);

	(void)state;
	not_ipv6.b[12] = 0x08;
	not_ipv6.b[13] = 0x06;
	assert_int_equal(fate(not_ipv6), FATE_KERNEL);
	assert_int_equal(fate_of(HOST, 41, 0x60), FATE_KERNEL);
	assert_int_equal(fate_of(LMAA, 6, 0), FATE_KERNEL);
	assert_int_equal(fate_of(LMAA, 50, 0), FATE_KERNEL);
}

static void a_tagged_frame_comes_with_its_tag(void **state)
{
	(void)state;
	assert_int_equal(fate(with_tag(frame_to(LMAA, 135, NULL, 0, 64), 0x8100, 7)), FATE_OURS);
}

static void every_length_up_to_the_mtu_comes_and_goes_whole(void **state)
{
	(void)state;
	for (uint16_t n = 1; n <= 1500 - IP6_LEN; n = (uint16_t)(n + 97)) {
		struct frame f = frame_to(NODE, 17, NULL, 0, n);
		assert_int_equal(wire_fate(&wire, &f), FATE_OURS);
		assert_true(wire_send(&wire, pool, &f));
	}
	struct frame full = frame_to(NODE, 17, NULL, 0, 1500 - IP6_LEN);
	assert_int_equal(wire_fate(&wire, &full), FATE_OURS);
	assert_true(wire_send(&wire, pool, &full));
}

static void counters_agree_with_what_was_sent(void **state)
{
	uint64_t before[STEER_N_COUNTERS], after[STEER_N_COUNTERS];
	struct port_missed m0 = {0}, m1 = {0};

	(void)state;
	assert_int_equal(steer_counters(steer, before), 0);
	wire.port->ops->missed(wire.port, &m0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(fate_of(LMAA, 41, 0x60), FATE_OURS);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(fate_of(NODE, 6, 0), FATE_OURS);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(fate_of(HOST, 6, 0), FATE_KERNEL);
	assert_int_equal(steer_counters(steer, after), 0);
	wire.port->ops->missed(wire.port, &m1);
	assert_int_equal(after[STEER_OURS_TUNNEL] - before[STEER_OURS_TUNNEL], 3);
	assert_int_equal(after[STEER_OURS_POOL] - before[STEER_OURS_POOL], 5);
	assert_int_equal(after[STEER_KERNEL] - before[STEER_KERNEL], 7);
	assert_int_equal(after[STEER_NO_SOCKET] - before[STEER_NO_SOCKET], 0);
	assert_int_equal(m1.rx_packets - m0.rx_packets, 8);
	assert_int_equal(m1.rx_no_room + m1.rx_errors + m1.rx_no_mbuf, 0);
}

// More than the rings hold, sent and received: nothing stays behind in the driver.
static void buffers_come_back(void **state)
{
	struct frame f = frame_to(NODE, 17, NULL, 0, 200);

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		assert_int_equal(wire_fate(&wire, &f), FATE_OURS);
		assert_true(wire_send(&wire, pool, &f));
	}
}

static void without_addresses_and_pools_all_is_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(steer_set_tunnel_addrs(steer, NULL, 0), 0);
	assert_int_equal(steer_set_pools(steer, NULL, 0), 0);
	assert_int_equal(fate_of(LMAA, 41, 0x60), FATE_KERNEL);
	assert_int_equal(fate_of(NODE, 6, 0), FATE_KERNEL);
}

static void a_closed_port_leaves_the_netdev_to_the_kernel(void **state)
{
	(void)state;
	wire.port->ops->close(wire.port);
	wire.port = NULL;
	assert_int_not_equal(netns_ip("link show dev w0 | grep -q xdp"), 0);
	assert_int_equal(fate_of(LMAA, 41, 0x60), FATE_KERNEL);
}

static int set_usual(void **state)
{
	const struct ip6_addr lmaa = addr(LMAA);
	const struct ip6_prefix nodes = {addr("2001:db8:1000::"), 36};

	(void)state;
	return steer_set_tunnel_addrs(steer, &lmaa, 1) | steer_set_pools(steer, &nodes, 1);
}

static int group_start(void **state)
{
	char why[256] = "";
	struct af_xdp_conf conf = {.name = "core", .netdev = "w0"};

	(void)state;
	if (steer_open(&steer, why, sizeof(why)) != 0 || wire_eal() != 0) {
		print_error("%s\n", why);
		return -1;
	}
	pool = wire_pool();
	conf.pool = pool;
	conf.xdp_object = steer_object_path(steer);
	if (pool == NULL || wire_up(&wire, "w") != 0 ||
	    af_xdp_open(&conf, &wire.port, why, sizeof(why)) != 0) {
		print_error("%s\n", why);
		return -1;
	}
	return 0;
}

static int group_stop(void **state)
{
	(void)state;
	wire_down(&wire, "w");
	steer_close(steer);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, set_usual)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(tunnel_packets_to_us_come_to_us),
		TEST(signalling_to_us_comes_to_us),
		TEST(fragments_to_us_come_to_us),
		TEST(icmpv6_errors_come_to_us_and_nd_and_echo_to_the_kernel),
		TEST(packets_to_a_pool_come_to_us_whatever_they_are),
		TEST(all_else_goes_on_to_the_kernel),
		TEST(a_tagged_frame_comes_with_its_tag),
		TEST(every_length_up_to_the_mtu_comes_and_goes_whole),
		TEST(counters_agree_with_what_was_sent),
		TEST(buffers_come_back),
		TEST(without_addresses_and_pools_all_is_the_kernels),
		TEST(a_closed_port_leaves_the_netdev_to_the_kernel),
	};
	int rc = netns_enter();

	return rc != 0 ? rc : cmocka_run_group_tests_name("port", tests, group_start, group_stop);
}
