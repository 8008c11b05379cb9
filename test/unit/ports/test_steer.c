// The XDP program by itself, run by the kernel on frames of ours (BPF_PROG_TEST_RUN): every next
// header, every ICMPv6 type, every length. No socket is there, so "ours" shows as a counted drop.
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "drivers/xdp/loader.h"
#include "test/unit/netns.h"
#include "test/unit/ports/wire.h"
#include "test/unit/test.h"

#define LMAA   "2001:db8:1::1"
#define LMAA2  "2001:db8:1::2"
#define OTHER  "2001:db8:1::3"
#define POOL   "2001:db8:1000::1"
#define POOL2  "2001:db8:2fff:ffff::1"
#define BESIDE "2001:db8:3000::1"

static struct steer *steer;
static struct bpf_object *copy; // as the driver loads it: a second one, by path
static int program;

static uint32_t verdict(struct frame f)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f.b, .data_size_in = f.n);

	assert_int_equal(bpf_prog_test_run_opts(program, &o), 0);
	return o.retval;
}

// Ours and nothing else: dropped for want of a socket, and counted as that.
static bool is_ours(struct frame f)
{
	uint64_t before[STEER_N_COUNTERS], after[STEER_N_COUNTERS];

	assert_int_equal(steer_counters(steer, before), 0);
	uint32_t v = verdict(f);
	assert_int_equal(steer_counters(steer, after), 0);
	bool counted = after[STEER_NO_SOCKET] == before[STEER_NO_SOCKET] + 1;
	assert_true((v == XDP_DROP) == counted);
	assert_true(v == XDP_DROP || v == XDP_PASS);
	assert_int_equal(after[STEER_OURS_TUNNEL] + after[STEER_OURS_POOL],
			 before[STEER_OURS_TUNNEL] + before[STEER_OURS_POOL]);
	return counted;
}

static struct frame plain(const char *dst, uint8_t next)
{
	return frame_to(dst, next, NULL, 0, 64);
}

static struct frame icmp(const char *dst, uint8_t type)
{
	return frame_to(dst, STEER_ICMPV6, &type, 1, 64);
}

static struct frame udp(const char *dst, uint16_t from, uint16_t to)
{
	const uint8_t ports[4] = {(uint8_t)(from >> 8), (uint8_t)from, (uint8_t)(to >> 8),
				  (uint8_t)to};

	return frame_to(dst, STEER_UDP, ports, sizeof(ports), 64);
}

static void to_a_tunnel_address_the_protocols_of_the_table_are_ours(void **state)
{
	static const uint8_t ours[] = {0, 4, 41, 43, 44, 47, 60, 135};

	(void)state;
	for (unsigned next = 0; next < 256; next++) {
		if (next == STEER_UDP || next == STEER_ICMPV6)
			continue;
		bool want = memchr(ours, (int)next, sizeof(ours)) != NULL;
		assert_int_equal(is_ours(plain(LMAA, (uint8_t)next)), want);
		assert_int_equal(is_ours(plain(LMAA2, (uint8_t)next)), want);
		assert_false(is_ours(plain(OTHER, (uint8_t)next)));
	}
}

static void of_icmpv6_the_errors_are_ours_and_nd_and_echo_the_kernels(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		assert_int_equal(is_ours(icmp(LMAA, (uint8_t)type)), type >= 1 && type <= 4);
		assert_false(is_ours(icmp(OTHER, (uint8_t)type)));
	}
}

static void of_udp_two_destination_ports_are_ours(void **state)
{
	(void)state;
	assert_true(is_ours(udp(LMAA, 1234, 5436)));
	assert_true(is_ours(udp(LMAA, 1234, 5437)));
	assert_false(is_ours(udp(LMAA, 1234, 5435)));
	assert_false(is_ours(udp(LMAA, 1234, 5438)));
	assert_false(is_ours(udp(LMAA, 5436, 1234)));
	assert_false(is_ours(udp(LMAA, 1234, 0x3c15))); // 5436 with its bytes swapped
	assert_false(is_ours(udp(OTHER, 1234, 5436)));
}

static void to_a_pool_everything_is_ours(void **state)
{
	(void)state;
	for (unsigned next = 0; next < 256; next++) {
		assert_true(is_ours(plain(POOL, (uint8_t)next)));
		assert_true(is_ours(plain(POOL2, (uint8_t)next)));
		assert_false(is_ours(plain(BESIDE, (uint8_t)next)));
	}
}

static void multicast_and_link_local_are_the_kernels(void **state)
{
	(void)state;
	assert_false(is_ours(icmp("ff02::1:ff00:1", 135)));
	assert_false(is_ours(icmp("ff02::1", 134)));
	assert_false(is_ours(plain("fe80::1", 41)));
}

static void one_vlan_tag_is_looked_through_and_no_more(void **state)
{
	struct frame tagged = with_tag(plain(LMAA, 41), 0x8100, 7);

	(void)state;
	assert_true(is_ours(tagged));
	assert_true(is_ours(with_tag(plain(POOL, 6), 0x8100, 7)));
	assert_false(is_ours(with_tag(plain(OTHER, 41), 0x8100, 7)));
	assert_false(is_ours(with_tag(tagged, 0x8100, 8)));
	assert_false(is_ours(with_tag(plain(LMAA, 41), 0x88a8, 7)));
}

static void what_is_not_ipv6_is_the_kernels(void **state)
{
	struct frame f = plain(LMAA, 41);

	(void)state;
	f.b[12] = 0x08; // IPv4, then ARP, by their EtherTypes
	f.b[13] = 0x00;
	assert_false(is_ours(f));
	f.b[13] = 0x06;
	assert_false(is_ours(f));
}

// Of a frame cut short nothing is read that is not there; what can be told apart is.
static void a_frame_cut_anywhere_is_ours_only_if_its_headers_are_there(void **state)
{
	const struct frame whole[] = {plain(LMAA, 135), udp(LMAA, 1, 5436), icmp(LMAA, 2),
				      plain(POOL, 6)};
	const uint16_t needs[] = {ETH_LEN + IP6_LEN, ETH_LEN + IP6_LEN + 4, ETH_LEN + IP6_LEN + 1,
				  ETH_LEN + IP6_LEN};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		for (uint16_t n = ETH_LEN; n < whole[i].n; n++) {
			struct frame f = whole[i], t;
			f.n = n;
			assert_int_equal(is_ours(f), n >= needs[i]);
			t = with_tag(whole[i], 0x8100, 7);
			t.n = n;
			assert_int_equal(is_ours(t), n >= needs[i] + TAG_LEN);
		}
	}
}

static void what_is_passed_on_is_counted(void **state)
{
	uint64_t before[STEER_N_COUNTERS], after[STEER_N_COUNTERS];

	(void)state;
	assert_int_equal(steer_counters(steer, before), 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(verdict(plain(OTHER, 6)), XDP_PASS);
	assert_int_equal(steer_counters(steer, after), 0);
	assert_int_equal(after[STEER_KERNEL], before[STEER_KERNEL] + 5);
	assert_int_equal(after[STEER_NO_SOCKET], before[STEER_NO_SOCKET]);
}

static void sets_are_replaced_whole(void **state)
{
	const struct ip6_addr one = addr(OTHER);
	const struct ip6_prefix pool = {addr("2001:db8:3000::"), 36};

	(void)state;
	assert_int_equal(steer_set_tunnel_addrs(steer, &one, 1), 0);
	assert_int_equal(steer_set_pools(steer, &pool, 1), 0);
	assert_true(is_ours(plain(OTHER, 41)));
	assert_true(is_ours(plain(BESIDE, 6)));
	assert_false(is_ours(plain(LMAA, 41)));
	assert_false(is_ours(plain(POOL, 6)));
	assert_int_equal(steer_set_tunnel_addrs(steer, NULL, 0), 0);
	assert_int_equal(steer_set_pools(steer, NULL, 0), 0);
	assert_false(is_ours(plain(OTHER, 41)));
	assert_false(is_ours(plain(BESIDE, 6)));
}

static void as_many_as_there_is_room_for_and_no_more(void **state)
{
	struct ip6_addr addrs[STEER_MAX_TUNNEL_ADDRS + 1];
	static struct ip6_prefix pools[STEER_MAX_POOLS + 1];

	(void)state;
	for (unsigned i = 0; i <= STEER_MAX_TUNNEL_ADDRS; i++)
		addrs[i] = ip6_from64(0x20010db800040000, i + 1);
	for (unsigned i = 0; i <= STEER_MAX_POOLS; i++)
		pools[i] = (struct ip6_prefix){ip6_from64(0x20010db800050000 + i, 0), 64};
	assert_int_equal(steer_set_tunnel_addrs(steer, addrs, STEER_MAX_TUNNEL_ADDRS + 1), -ENOSPC);
	assert_int_equal(steer_set_pools(steer, pools, STEER_MAX_POOLS + 1), -ENOSPC);
	assert_int_equal(steer_set_tunnel_addrs(steer, addrs, STEER_MAX_TUNNEL_ADDRS), 0);
	assert_int_equal(steer_set_pools(steer, pools, STEER_MAX_POOLS), 0);
	assert_true(is_ours(plain("2001:db8:4::40", 41)));
	assert_false(is_ours(plain("2001:db8:4::41", 41)));
	assert_true(is_ours(plain("2001:db8:5:3ff::9", 6)));
	assert_false(is_ours(plain("2001:db8:5:400::9", 6)));
	// Full, and full of others: replacing needs no room besides.
	for (unsigned i = 0; i < STEER_MAX_TUNNEL_ADDRS; i++)
		addrs[i] = ip6_from64(0x20010db800060000, i + 1);
	assert_int_equal(steer_set_tunnel_addrs(steer, addrs, STEER_MAX_TUNNEL_ADDRS), 0);
	assert_true(is_ours(plain("2001:db8:6::1", 41)));
}

static int set_usual(void **state)
{
	const struct ip6_addr addrs[] = {addr(LMAA), addr(LMAA2)};
	const struct ip6_prefix pools[] = {{addr("2001:db8:1000::"), 36},
					   {addr("2001:db8:2000::"), 36}};

	(void)state;
	return steer_set_tunnel_addrs(steer, addrs, 2) | steer_set_pools(steer, pools, 2);
}

static int group_start(void **state)
{
	(void)state;
	copy = bpf_object__open_file(steer_object_path(steer), NULL);
	if (copy == NULL || bpf_object__load(copy) != 0)
		return -1;
	program = bpf_program__fd(bpf_object__next_program(copy, NULL));
	return program >= 0 ? 0 : -1;
}

static int group_stop(void **state)
{
	(void)state;
	bpf_object__close(copy);
	steer_close(steer);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, set_usual)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(to_a_tunnel_address_the_protocols_of_the_table_are_ours),
		TEST(of_icmpv6_the_errors_are_ours_and_nd_and_echo_the_kernels),
		TEST(of_udp_two_destination_ports_are_ours),
		TEST(to_a_pool_everything_is_ours),
		TEST(multicast_and_link_local_are_the_kernels),
		TEST(one_vlan_tag_is_looked_through_and_no_more),
		TEST(what_is_not_ipv6_is_the_kernels),
		TEST(a_frame_cut_anywhere_is_ours_only_if_its_headers_are_there),
		TEST(what_is_passed_on_is_counted),
		TEST(sets_are_replaced_whole),
		TEST(as_many_as_there_is_room_for_and_no_more),
	};
	char why[256] = "";
	int rc = steer_open(&steer, why, sizeof(why));

	if (rc == -EPERM) {
		fprintf(stderr, "skipped: %s\n", why);
		return NETNS_SKIP;
	}
	if (rc != 0) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	return cmocka_run_group_tests_name("steer", tests, group_start, group_stop);
}
