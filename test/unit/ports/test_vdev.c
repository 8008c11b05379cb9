// Virtual devices of DPDK by name and arguments, NICs that are not there, and the switch from the
// configuration to all of them.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/common/ports.h"
#include "test/unit/ports/wire.h"
#include "test/unit/test.h"

enum { BURST = 32 };

static struct rte_mempool *pool;
static struct port *port;
static struct conf_port conf;
static char why[256];

static int open_vdev(const char *device, const char *args)
{
	conf = (struct conf_port){.name = "virtual", .driver = CONF_VDEV};
	snprintf(conf.device, sizeof(conf.device), "%s", device);
	snprintf(conf.devargs, sizeof(conf.devargs), "%s", args);
	why[0] = '\0';
	return ports_open(&conf, false, NULL, NULL, pool, &port, why, sizeof(why));
}

static void says(const char *text)
{
	if (strstr(why, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, text);
	assert_null(strchr(why, '\n'));
}

static void arguments_reach_the_device(void **state)
{
	struct rte_mbuf *m[BURST];
	struct port_missed missed = {0};

	(void)state;
	assert_int_equal(open_vdev("net_null0", "size=123"), 0);
	assert_int_equal(port_rx(port, 0, m, BURST), BURST);
	for (unsigned i = 0; i < BURST; i++)
		assert_int_equal(m[i]->pkt_len, 123);
	assert_int_equal(port_tx(port, 0, m, BURST), BURST);
	port->ops->missed(port, &missed);
	assert_int_equal(missed.rx_packets, BURST);
	assert_int_equal(missed.tx_packets, BURST);
}

// A ring of DPDK's is its own other end.
static void what_is_sent_into_a_ring_comes_out(void **state)
{
	const struct frame f = frame_to("2001:db8:1000::1", 17, NULL, 0, 100);
	struct rte_mbuf *sent = rte_pktmbuf_alloc(pool), *got = NULL;

	(void)state;
	assert_int_equal(open_vdev("net_ring0", ""), 0);
	memcpy(rte_pktmbuf_append(sent, f.n), f.b, f.n);
	assert_int_equal(port_tx(port, 0, &sent, 1), 1);
	assert_int_equal(port_rx(port, 0, &got, 1), 1);
	assert_ptr_equal(got, sent);
	assert_memory_equal(rte_pktmbuf_mtod(got, void *), f.b, f.n);
	rte_pktmbuf_free(got);
}

static void it_has_as_many_queues_as_the_device_and_a_link(void **state)
{
	struct port_link link = {0};
	static const uint8_t none[6];

	(void)state;
	assert_int_equal(open_vdev("net_null0", ""), 0);
	assert_in_range(port->n_rx, 1, 64);
	assert_int_equal(port->n_rx, port->n_tx);
	assert_true(port->ethdev >= 0);
	port->ops->link(port, &link);
	assert_true(link.up);
	assert_int_equal(link.mtu, 1500);
	assert_memory_not_equal(link.mac, none, sizeof(none));
}

static void one_that_was_closed_opens_again(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(open_vdev("net_null0", ""), 0);
		port->ops->close(port);
		port = NULL;
	}
}

static void a_device_that_is_no_network_device_is_refused(void **state)
{
	(void)state;
	assert_int_equal(open_vdev("eth0", ""), -EINVAL);
	says("port virtual: \"eth0\" is no network device of DPDK");
}

static void a_device_that_does_not_start_is_named(void **state)
{
	(void)state;
	assert_true(open_vdev("net_nosuch0", "") < 0);
	says("port virtual: vdev (net_nosuch0) does not start: ");
	assert_true(open_vdev("net_null0", "nosuch=1") < 0);
	says("port virtual: vdev (net_null0) does not start: ");
}

static void a_nic_that_is_not_there_is_named_with_what_to_type(void **state)
{
	(void)state;
	conf = (struct conf_port){.name = "core", .driver = CONF_PCI, .device = "0000:7f:1f.7"};
	assert_int_equal(ports_open(&conf, false, NULL, NULL, pool, &port, why, sizeof(why)),
			 -ENODEV);
	says("port core: DPDK has no NIC at 0000:7f:1f.7");
	says("dpdk-devbind.py --bind=vfio-pci 0000:7f:1f.7");
}

static void a_port_in_memory_opens_by_the_same_switch(void **state)
{
	(void)state;
	conf = (struct conf_port){.name = "memory", .driver = CONF_MEM};
	assert_int_equal(ports_open(&conf, false, NULL, NULL, pool, &port, why, sizeof(why)), 0);
	assert_string_equal(port->ops->name, "mem");
}

static int clean(void **state)
{
	(void)state;
	if (port != NULL)
		port->ops->close(port);
	port = NULL;
	return 0;
}

static int group_start(void **state)
{
	(void)state;
	if (wire_eal() != 0)
		return -1;
	pool = wire_pool();
	return pool != NULL ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_teardown(name, clean)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(arguments_reach_the_device),
		TEST(what_is_sent_into_a_ring_comes_out),
		TEST(it_has_as_many_queues_as_the_device_and_a_link),
		TEST(one_that_was_closed_opens_again),
		TEST(a_device_that_is_no_network_device_is_refused),
		TEST(a_device_that_does_not_start_is_named),
		TEST(a_nic_that_is_not_there_is_named_with_what_to_type),
		TEST(a_port_in_memory_opens_by_the_same_switch),
	};

	return cmocka_run_group_tests_name("vdev", tests, group_start, NULL);
}
