// A TAP between us and the kernel: what it sends is read, what is written it gets, and it is shaped
// as the port is.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drivers/tap/tap.h"
#include "test/unit/netns.h"
#include "test/unit/test.h"

enum { ROOM = 2048, HEADERS = 14 + 40 + 8 };

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
static struct tap *tap;
static char why[256];

static int open_tap(const char *netdev, uint16_t mtu)
{
	why[0] = '\0';
	return tap_open(netdev, mac, mtu, &tap, why, sizeof(why));
}

static void says(const char *text)
{
	if (strstr(why, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, text);
	assert_null(strchr(why, '\n'));
}

static bool shows(const char *netdev, const char *what)
{
	return netns_ip("link show dev %s 2>/dev/null | grep -q '%s'", netdev, what) == 0;
}

static uint16_t sum(const uint8_t *b, size_t n, uint32_t s)
{
	for (size_t i = 0; i < n; i++)
		s += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

// A UDP packet of the kernel's to a neighbour behind t0.
static void send_udp(const char *text, size_t n)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET6, "2001:db8:9::2", &to.sin6_addr);
	assert_int_equal(sendto(fd, text, n, 0, (struct sockaddr *)&to, sizeof(to)), n);
	close(fd);
}

static void give_addresses(void)
{
	assert_int_equal(netns_ip("link set t0 addrgenmode none"), 0);
	assert_int_equal(system("echo 0 >/proc/sys/net/ipv6/conf/t0/disable_ipv6"), 0);
	assert_int_equal(netns_ip("-6 addr add 2001:db8:9::1/64 dev t0 nodad"), 0);
	assert_int_equal(netns_ip("-6 neigh add 2001:db8:9::2 lladdr 02:00:00:00:00:08 dev t0"), 0);
}

// The next UDP packet; what else the kernel says about its groups is passed over.
static int read_udp(uint8_t *buf, size_t room)
{
	int n;

	while ((n = tap_read(tap, buf, room)) > 0)
		if (n > HEADERS && buf[14 + 6] == IPPROTO_UDP)
			return n;
	return n;
}

static void what_the_kernel_sends_is_read_with_its_checksum(void **state)
{
	static const char text[] = "hello";
	uint8_t buf[ROOM];

	(void)state;
	assert_int_equal(open_tap("t0", 1500), 0);
	give_addresses();
	send_udp(text, sizeof(text));
	assert_int_equal(read_udp(buf, sizeof(buf)), HEADERS + (int)sizeof(text));
	assert_memory_equal(buf, "\2\0\0\0\0\10", 6);
	assert_memory_equal(buf + 6, mac, 6);
	assert_memory_equal(buf + HEADERS, text, sizeof(text));
	// Addresses, length, next header, UDP: all ones when the checksum is right.
	const uint32_t pseudo = 8 + sizeof(text) + IPPROTO_UDP;
	assert_int_equal(sum(buf + 14 + 8, 32 + 8 + sizeof(text), pseudo), 0xffff);
}

static void a_frame_larger_than_the_room_is_no_frame(void **state)
{
	static const char text[200];
	uint8_t buf[ROOM];

	(void)state;
	assert_int_equal(open_tap("t0", 1500), 0);
	give_addresses();
	send_udp(text, sizeof(text));
	assert_int_equal(read_udp(buf, HEADERS + sizeof(text) - 1), -EMSGSIZE);
	send_udp(text, sizeof(text));
	assert_int_equal(read_udp(buf, HEADERS + sizeof(text)), HEADERS + sizeof(text));
}

static void without_frames_a_read_says_so_at_once(void **state)
{
	uint8_t buf[ROOM];

	(void)state;
	assert_int_equal(open_tap("t0", 1500), 0);
	assert_int_equal(tap_read(tap, buf, sizeof(buf)), -EAGAIN);
}

static void what_is_written_comes_to_the_kernel(void **state)
{
	uint8_t frame[100] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 0x88, 0xb5, 1, 2, 3}, buf[ROOM];
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};

	(void)state;
	assert_int_equal(open_tap("t0", 1500), 0);
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	at.sll_ifindex = (int)if_nametoindex("t0");
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(tap_write(tap, frame, sizeof(frame)), 0);
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), sizeof(frame));
	assert_memory_equal(buf, frame, sizeof(frame));
	close(fd);
}

static void it_has_the_ports_mac_and_mtu_and_is_up(void **state)
{
	(void)state;
	assert_int_equal(open_tap("t0", 1600), 0);
	assert_true(shows("t0", "link/ether 02:00:00:00:00:09"));
	assert_true(shows("t0", "mtu 1600"));
	assert_true(shows("t0", "[<,]UP[,>]"));
	assert_true(shows("t0", "LOWER_UP"));
}

static void the_carrier_is_handed_on(void **state)
{
	(void)state;
	assert_int_equal(open_tap("t0", 1500), 0);
	assert_int_equal(tap_carrier(tap, false), 0);
	assert_true(shows("t0", "NO-CARRIER"));
	assert_int_equal(tap_carrier(tap, true), 0);
	assert_true(shows("t0", "LOWER_UP"));
}

static void one_that_it_made_goes_away_with_it(void **state)
{
	(void)state;
	assert_int_equal(open_tap("t0", 1500), 0);
	assert_int_not_equal(if_nametoindex("t0"), 0);
	tap_close(tap);
	tap = NULL;
	assert_int_equal(if_nametoindex("t0"), 0);
}

static void one_of_the_operators_is_used_and_stays(void **state)
{
	uint8_t buf[ROOM];

	(void)state;
	assert_int_equal(netns_ip("tuntap add dev t0 mode tap"), 0);
	assert_int_equal(netns_ip("-4 addr add 192.0.2.1/24 dev t0"), 0);
	unsigned ifindex = if_nametoindex("t0");
	assert_int_equal(open_tap("t0", 1500), 0);
	assert_int_equal(if_nametoindex("t0"), ifindex);
	assert_true(shows("t0", "link/ether 02:00:00:00:00:09"));
	give_addresses();
	send_udp("x", 1);
	assert_int_equal(read_udp(buf, sizeof(buf)), HEADERS + 1);
	tap_close(tap);
	tap = NULL;
	assert_int_equal(netns_ip("addr show dev t0 | grep -q 192.0.2.1/24"), 0);
	assert_int_equal(netns_ip("link del t0"), 0);
}

static void another_kind_of_netdev_is_refused(void **state)
{
	(void)state;
	assert_int_equal(netns_ip("link add t0 type veth peer name t1"), 0);
	assert_int_equal(open_tap("t0", 1500), -EINVAL);
	says("t0 is there already and no plain TAP");
	assert_int_equal(netns_ip("link del t0"), 0);
}

static void one_in_use_is_refused(void **state)
{
	struct tap *second;

	(void)state;
	assert_int_equal(open_tap("t0", 1500), 0);
	assert_int_equal(tap_open("t0", mac, 1500, &second, why, sizeof(why)), -EBUSY);
	says("t0 is in use");
}

static void what_the_kernel_does_not_take_is_named(void **state)
{
	static const uint8_t group[6] = {0x33, 0x33, 0, 0, 0, 1};

	(void)state;
	assert_int_equal(tap_open("t0", group, 1500, &tap, why, sizeof(why)), -EADDRNOTAVAIL);
	says("t0: MAC 33:33:00:00:00:01 is refused");
	assert_int_equal(open_tap("t0", 60), -EINVAL);
	says("t0: MTU 60 is refused");
	assert_int_equal(open_tap("a-name-of-sixteen", 1500), -EINVAL);
	says("is no name for a TAP");
	assert_int_equal(if_nametoindex("t0"), 0);
}

// In a process of its own, which sees an empty /dev/net.
static void without_dev_net_tun_it_says_so(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) != 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		    mount("none", "/dev/net", "tmpfs", 0, NULL) != 0)
			_exit(2);
		bool right = open_tap("t0", 1500) == -ENOENT &&
			     strstr(why, "there is no /dev/net/tun; try: modprobe tun") != NULL;
		_exit(right ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int down(void **state)
{
	(void)state;
	tap_close(tap);
	tap = NULL;
	return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_the_kernel_sends_is_read_with_its_checksum),
		TEST(a_frame_larger_than_the_room_is_no_frame),
		TEST(without_frames_a_read_says_so_at_once),
		TEST(what_is_written_comes_to_the_kernel),
		TEST(it_has_the_ports_mac_and_mtu_and_is_up),
		TEST(the_carrier_is_handed_on),
		TEST(one_that_it_made_goes_away_with_it),
		TEST(one_of_the_operators_is_used_and_stays),
		TEST(another_kind_of_netdev_is_refused),
		TEST(one_in_use_is_refused),
		TEST(what_the_kernel_does_not_take_is_named),
		TEST(without_dev_net_tun_it_says_so),
	};
	int rc = netns_enter();

	if (rc != 0)
		return rc;
	if (access("/dev/net/tun", R_OK | W_OK) != 0) {
		fprintf(stderr, "skipped: no /dev/net/tun here\n");
		return NETNS_SKIP;
	}
	// No word of the kernel's own: IPv6 only where a test wants it.
	if (system("echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6") != 0)
		return 1;
	return cmocka_run_group_tests_name("tap", tests, NULL, NULL);
}
