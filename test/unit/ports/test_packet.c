// A port on a packet socket: frames both ways, what is lost, the kernel's IPv6 out of the way and
// back, and what is refused.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/af_packet/af_packet.h"
#include "drivers/af_packet/ipv6.h"
#include "test/unit/netns.h"
#include "test/unit/ports/wire.h"
#include "test/unit/test.h"

enum { SLOTS = 4096, LARGEST_MTU = 1968 };

#define NODE "2001:db8:1000::1"

static struct wire wire;
static struct rte_mempool *pool;
static char why[256];

static int open_port(const char *netdev, bool access, struct port **out)
{
	const struct af_packet_conf conf = {
		.name = "core", .netdev = netdev, .pool = pool, .access = access};

	why[0] = '\0';
	return af_packet_open(&conf, out, why, sizeof(why));
}

static void close_port(void)
{
	wire.port->ops->close(wire.port);
	wire.port = NULL;
}

static void says(const char *text)
{
	if (strstr(why, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, text);
	assert_null(strchr(why, '\n'));
}

static char ipv6_switch(void)
{
	char is = '?';
	int fd = open("/proc/sys/net/ipv6/conf/p0/disable_ipv6", O_RDONLY);

	assert_int_equal(read(fd, &is, 1), 1);
	close(fd);
	return is;
}

static void comes_and_goes(const struct frame *f)
{
	assert_true(wire_comes(&wire, f));
	assert_true(wire_send(&wire, pool, f));
}

// Out by the driver's own count: a packet socket at the far end does not see tags.
static void goes(const struct frame *f)
{
	struct port_missed before = {0}, after = {0};
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	wire.port->ops->missed(wire.port, &before);
	memcpy(rte_pktmbuf_append(m, f->n), f->b, f->n);
	assert_int_equal(port_tx(wire.port, 0, &m, 1), 1);
	wire.port->ops->missed(wire.port, &after);
	assert_int_equal(after.tx_packets - before.tx_packets, 1);
	assert_int_equal(after.tx_errors - before.tx_errors, 0);
}

static void every_length_up_to_the_mtu_comes_and_goes_whole(void **state)
{
	(void)state;
	for (uint16_t n = 1; n <= 1500 - IP6_LEN; n = (uint16_t)(n + 97)) {
		struct frame f = frame_to(NODE, 17, NULL, 0, n);
		comes_and_goes(&f);
	}
	struct frame full = frame_to(NODE, 17, NULL, 0, 1500 - IP6_LEN);
	comes_and_goes(&full);
}

static void a_tagged_frame_comes_with_its_tag(void **state)
{
	struct frame f = with_tag(frame_to(NODE, 17, NULL, 0, 64), 0x8100, 7);

	(void)state;
	assert_true(wire_comes(&wire, &f));
	goes(&f);
}

static void what_is_not_ipv6_comes_too(void **state)
{
	struct frame f = frame_to(NODE, 17, NULL, 0, 64);

	(void)state;
	memset(f.b, 0xff, 6);
	f.b[12] = 0x08; // ARP, by its EtherType
	f.b[13] = 0x06;
	comes_and_goes(&f);
}

static void counters_agree_with_what_was_sent(void **state)
{
	struct frame f = frame_to(NODE, 17, NULL, 0, 200);
	struct port_missed before = {0}, after = {0};

	(void)state;
	wire.port->ops->missed(wire.port, &before);
	for (unsigned i = 0; i < 7; i++)
		assert_true(wire_comes(&wire, &f));
	for (unsigned i = 0; i < 5; i++)
		assert_true(wire_send(&wire, pool, &f));
	wire.port->ops->missed(wire.port, &after);
	assert_int_equal(after.rx_packets - before.rx_packets, 7);
	assert_int_equal(after.tx_packets - before.tx_packets, 5);
	assert_int_equal(after.rx_no_room - before.rx_no_room, 0);
	assert_int_equal(after.tx_errors - before.tx_errors, 0);
}

static uint64_t take_all(void)
{
	struct rte_mbuf *m[32];
	uint64_t all = 0;
	uint16_t n;

	while ((n = port_rx(wire.port, 0, m, 32)) > 0) {
		rte_pktmbuf_free_bulk(m, n);
		all += n;
	}
	return all;
}

static void what_finds_no_room_is_counted_and_the_rest_comes(void **state)
{
	const struct frame f = frame_to(NODE, 17, NULL, 0, 200);
	const unsigned sent = SLOTS + 1000;
	struct port_missed before = {0}, after = {0}, again = {0};

	(void)state;
	wire.port->ops->missed(wire.port, &before);
	for (unsigned i = 0; i < sent; i++)
		assert_int_equal(send(wire.far, f.b, f.n, 0), f.n);
	uint64_t came = take_all();
	wire.port->ops->missed(wire.port, &after);
	assert_in_range(came, SLOTS - 64, SLOTS);
	assert_int_equal(came + after.rx_no_room - before.rx_no_room, sent);
	// Asked twice, it is the same: the kernel forgets what it has told.
	wire.port->ops->missed(wire.port, &again);
	assert_int_equal(again.rx_no_room, after.rx_no_room);
	assert_true(wire_comes(&wire, &f));
}

static void the_netdev_is_not_its_kernel_twin(void **state)
{
	(void)state;
	assert_string_equal(wire.port->netdev, "");
}

static void the_link_is_the_netdevs(void **state)
{
	struct port_link link = {0};

	(void)state;
	assert_true(wire_until(&wire, true, &link));
	assert_int_equal(link.mtu, 1500);
	assert_memory_equal(link.mac, "\2\0\0\0\0\1", 6);
	assert_int_equal(netns_ip("link set p1 down"), 0);
	assert_true(wire_until(&wire, false, &link));
	assert_int_equal(netns_ip("link set p1 up"), 0);
	assert_true(wire_until(&wire, true, &link));
	int told;
	socklen_t len = sizeof(told); // that it was down is told once
	assert_int_equal(getsockopt(wire.far, SOL_SOCKET, SO_ERROR, &told, &len), 0);
	assert_int_equal(told, ENETDOWN);
	struct frame f = frame_to(NODE, 17, NULL, 0, 64);
	comes_and_goes(&f);
}

static void an_access_port_takes_in_every_mac_until_it_is_closed(void **state)
{
	static const char seen[] = "-d link show dev p0 | grep -q 'promiscuity 1'";

	(void)state;
	assert_int_not_equal(netns_ip("%s", seen), 0);
	close_port();
	assert_int_equal(open_port("p0", true, &wire.port), 0);
	assert_int_equal(netns_ip("%s", seen), 0);
	close_port();
	assert_int_not_equal(netns_ip("%s", seen), 0);
}

static void ipv6_is_off_while_it_is_open_and_on_again_after(void **state)
{
	(void)state;
	assert_int_equal(ipv6_switch(), '1');
	close_port();
	assert_int_equal(ipv6_switch(), '0');
}

static void ipv6_that_was_off_stays_off(void **state)
{
	bool was_on = true;

	(void)state;
	close_port();
	assert_int_equal(ipv6_off("core", "p0", &was_on, why, sizeof(why)), 0);
	assert_true(was_on);
	assert_int_equal(open_port("p0", false, &wire.port), 0);
	close_port();
	assert_int_equal(ipv6_switch(), '1');
	ipv6_on("p0");
	assert_int_equal(ipv6_switch(), '0');
}

static void a_netdev_with_addresses_is_refused_and_keeps_them(void **state)
{
	(void)state;
	close_port();
	assert_int_equal(netns_ip("-6 addr add 2001:db8:7::1/64 dev p0 nodad"), 0);
	assert_int_equal(open_port("p0", false, &wire.port), -EADDRINUSE);
	says("port core: p0 has IPv6 addresses");
	says("ip -6 addr flush dev p0 scope global");
	assert_int_equal(netns_ip("-6 addr show dev p0 | grep -q 2001:db8:7::1/64"), 0);
	assert_int_equal(netns_ip("-6 addr flush dev p0 scope global"), 0); // what it told us
	assert_int_equal(open_port("p0", false, &wire.port), 0);
}

static void the_largest_mtu_works_and_a_larger_one_is_refused(void **state)
{
	(void)state;
	close_port();
	assert_int_equal(netns_ip("link set p1 mtu 4000"), 0);
	assert_int_equal(netns_ip("link set p0 mtu %d", LARGEST_MTU + 1), 0);
	assert_int_equal(open_port("p0", false, &wire.port), -EMSGSIZE);
	says("p0 has an MTU of 1969, 1968 is the most");
	says("ip link set dev p0 mtu 1968");
	assert_int_equal(netns_ip("link set dev p0 mtu 1968"), 0); // what it told us to type
	assert_int_equal(open_port("p0", false, &wire.port), 0);
	struct frame f = frame_to(NODE, 17, NULL, 0, LARGEST_MTU - IP6_LEN);
	comes_and_goes(&f);
	f = with_tag(f, 0x8100, 7);
	assert_true(wire_comes(&wire, &f));
	goes(&f);
}

static void a_netdev_that_is_not_there_is_named(void **state)
{
	struct port *port;

	(void)state;
	assert_int_equal(open_port("nosuch0", false, &port), -ENODEV);
	says("port core: there is no netdev \"nosuch0\" here");
}

static void a_netdev_has_one_port_at_a_time(void **state)
{
	struct port *port;

	(void)state;
	assert_int_equal(open_port("p0", false, &port), -EBUSY);
	says("p0 belongs to another instance");
	assert_int_equal(ipv6_switch(), '1'); // the first one's is not touched
}

static int up(void **state)
{
	(void)state;
	if (wire_up(&wire, "p") != 0 || open_port("p0", false, &wire.port) != 0) {
		print_error("%s\n", why);
		return -1;
	}
	return 0;
}

static int down(void **state)
{
	(void)state;
	wire_down(&wire, "p");
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_length_up_to_the_mtu_comes_and_goes_whole),
		TEST(a_tagged_frame_comes_with_its_tag),
		TEST(what_is_not_ipv6_comes_too),
		TEST(counters_agree_with_what_was_sent),
		TEST(what_finds_no_room_is_counted_and_the_rest_comes),
		TEST(the_netdev_is_not_its_kernel_twin),
		TEST(the_link_is_the_netdevs),
		TEST(an_access_port_takes_in_every_mac_until_it_is_closed),
		TEST(ipv6_is_off_while_it_is_open_and_on_again_after),
		TEST(ipv6_that_was_off_stays_off),
		TEST(a_netdev_with_addresses_is_refused_and_keeps_them),
		TEST(the_largest_mtu_works_and_a_larger_one_is_refused),
		TEST(a_netdev_that_is_not_there_is_named),
		TEST(a_netdev_has_one_port_at_a_time),
	};
	int rc = netns_enter();

	return rc != 0 ? rc : cmocka_run_group_tests_name("packet", tests, group_start, NULL);
}
