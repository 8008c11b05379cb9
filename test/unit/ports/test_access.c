// An access port over AF_XDP: every frame is ours, to whom ever it goes, and the kernel sees none.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/af_xdp/af_xdp.h"
#include "drivers/xdp/loader.h"
#include "test/unit/netns.h"
#include "test/unit/ports/wire.h"
#include "test/unit/test.h"

#define NODE "2001:db8:1000::1"

static struct steer *steer;
static struct wire wire;
static struct rte_mempool *pool;

static enum fate fate(struct frame f)
{
	return wire_fate(&wire, &f);
}

static struct frame to_mac(struct frame f, const char *mac)
{
	memcpy(f.b, mac, 6);
	return f;
}

static void neighbour_discovery_comes_to_us(void **state)
{
	static const uint8_t rs = 133, ns = 135, report = 143;

	(void)state;
	assert_int_equal(fate(to_mac(frame_to("ff02::2", 58, &rs, 1, 8), "\x33\x33\0\0\0\2")),
			 FATE_OURS);
	assert_int_equal(
		fate(to_mac(frame_to("ff02::1:ff00:1", 58, &ns, 1, 24), "\x33\x33\xff\0\0\1")),
		FATE_OURS);
	assert_int_equal(
		fate(to_mac(frame_to("ff02::16", 58, &report, 1, 28), "\x33\x33\0\0\0\x16")),
		FATE_OURS);
	assert_int_equal(fate(frame_to("fe80::1", 58, &ns, 1, 24)), FATE_OURS);
}

static void arp_and_ipv4_come_to_us(void **state)
{
	struct frame arp = to_mac(frame_to(NODE, 17, NULL, 0, 28), "\xff\xff\xff\xff\xff\xff");
	struct frame ipv4 = frame_to(NODE, 17, NULL, 0, 64);

	(void)state;
	arp.b[12] = ipv4.b[12] = 0x08;
	arp.b[13] = 0x06;
	ipv4.b[13] = 0x00;
	assert_int_equal(fate(arp), FATE_OURS);
	assert_int_equal(fate(ipv4), FATE_OURS);
}

static void frames_to_other_macs_and_vlans_come_to_us(void **state)
{
	(void)state;
	assert_int_equal(fate(to_mac(frame_to(NODE, 6, NULL, 0, 64), "\2\0\0\0\0\x77")), FATE_OURS);
	assert_int_equal(fate(with_tag(frame_to(NODE, 6, NULL, 0, 64), 0x8100, 7)), FATE_OURS);
}

static void a_frame_of_a_header_alone_comes_to_us(void **state)
{
	struct frame f = frame_to(NODE, 17, NULL, 0, 64);

	(void)state;
	f.n = ETH_LEN;
	assert_int_equal(fate(f), FATE_OURS);
}

static void what_we_send_comes_out(void **state)
{
	struct frame f = frame_to(NODE, 17, NULL, 0, 1000);

	(void)state;
	assert_true(wire_send(&wire, pool, &f));
}

static void all_of_it_is_counted(void **state)
{
	uint64_t before[STEER_N_COUNTERS], after[STEER_N_COUNTERS];

	(void)state;
	assert_int_equal(steer_counters(steer, before), 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(fate(frame_to(NODE, 6, NULL, 0, 64)), FATE_OURS);
	assert_int_equal(steer_counters(steer, after), 0);
	assert_int_equal(after[STEER_ACCESS] - before[STEER_ACCESS], 5);
	assert_int_equal(after[STEER_KERNEL] - before[STEER_KERNEL], 0);
	assert_int_equal(after[STEER_NO_SOCKET] - before[STEER_NO_SOCKET], 0);
}

static void the_netdev_takes_in_every_mac(void **state)
{
	(void)state;
	assert_int_equal(netns_ip("-d link show dev a0 | grep -q 'promiscuity [1-9]'"), 0);
}

static void the_link_is_the_netdevs(void **state)
{
	struct port_link link = {0};

	(void)state;
	assert_true(wire_until(&wire, true, &link));
	assert_memory_equal(link.mac, "\2\0\0\0\0\1", 6);
	assert_int_equal(netns_ip("link set a1 down"), 0);
	assert_true(wire_until(&wire, false, &link));
	assert_int_equal(netns_ip("link set a1 up"), 0);
	assert_true(wire_until(&wire, true, &link));
}

static void a_closed_port_leaves_the_netdev_as_it_was(void **state)
{
	(void)state;
	wire.port->ops->close(wire.port);
	wire.port = NULL;
	assert_int_not_equal(netns_ip("link show dev a0 | grep -q xdp"), 0);
	assert_int_equal(netns_ip("-d link show dev a0 | grep -q 'promiscuity 0'"), 0);
}

static int group_start(void **state)
{
	char why[256] = "";
	struct af_xdp_conf conf = {.name = "radio", .netdev = "a0", .access = true};

	(void)state;
	if (steer_open(&steer, why, sizeof(why)) != 0 || wire_eal() != 0) {
		print_error("%s\n", why);
		return -1;
	}
	pool = wire_pool();
	conf.pool = pool;
	conf.xdp_object = steer_access_object_path(steer);
	if (pool == NULL || wire_up(&wire, "a") != 0 ||
	    af_xdp_open(&conf, &wire.port, why, sizeof(why)) != 0) {
		print_error("%s\n", why);
		return -1;
	}
	return 0;
}

static int group_stop(void **state)
{
	(void)state;
	wire_down(&wire, "a");
	steer_close(steer);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbour_discovery_comes_to_us),
		cmocka_unit_test(arp_and_ipv4_come_to_us),
		cmocka_unit_test(frames_to_other_macs_and_vlans_come_to_us),
		cmocka_unit_test(a_frame_of_a_header_alone_comes_to_us),
		cmocka_unit_test(what_we_send_comes_out),
		cmocka_unit_test(all_of_it_is_counted),
		cmocka_unit_test(the_netdev_takes_in_every_mac),
		cmocka_unit_test(the_link_is_the_netdevs),
		cmocka_unit_test(a_closed_port_leaves_the_netdev_as_it_was),
	};
	int rc = netns_enter();

	return rc != 0 ? rc : cmocka_run_group_tests_name("access", tests, group_start, group_stop);
}
