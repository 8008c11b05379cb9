// Which errors about our tunnel packets are believed, and whom they are told.
#include "app/common/tunnel_errors.h"

#include <stdio.h>
#include <unistd.h>

#include "test/unit/fwd/world.h"
#include "test/unit/test.h"
#include "wire/checksum.h"

enum { ICMP6 = 58, IPV6 = 41, UNREACHABLE = 1, PEERS = 8, ICMP6_AT = 40 };

static struct world the_world;
static struct plane plane;
static struct plane_peer peers[PEERS + 1];
static struct rte_ring *inject;

static int begin(void **state)
{
	(void)state;
	if (world_start(&the_world) != 0)
		return -1;
	plane = (struct plane){.fib = the_world.fib,
			       .bcache = the_world.bcache,
			       .pool = the_world.pool,
			       .peers = peers,
			       .is = {.tunnel_mtu = 1500, .max_peers = PEERS}};
	plane.is.fwd = the_world.conf;
	plane.is.fwd.icmp_rate = 1000;
	plane.workers[0].inject = inject;
	return 0;
}

static unsigned sent(struct ip6_addr *to)
{
	unsigned n = 0;
	void *m;

	while (rte_ring_dequeue(inject, &m) == 0) {
		memcpy(to->a, rte_pktmbuf_mtod_offset((struct rte_mbuf *)m, uint8_t *, 24), 16);
		rte_pktmbuf_free(m);
		n++;
	}
	return n;
}

static int end(void **state)
{
	struct ip6_addr to;

	(void)state;
	sent(&to);
	return world_stop(&the_world) ? 0 : -1;
}

static void write_checksum(struct frame *f)
{
	struct span icmp = {f->b + ICMP6_AT, (uint16_t)(f->n - ICMP6_AT)};

	f->b[ICMP6_AT + 2] = f->b[ICMP6_AT + 3] = 0;
	uint16_t sum = ip6_checksum(addr(FAR), addr(LMAA), ICMP6, icmp);
	f->b[ICMP6_AT + 2] = (uint8_t)(sum >> 8);
	f->b[ICMP6_AT + 3] = (uint8_t)sum;
}

// "Unreachable", from a router, about a tunnel packet.
static struct frame error_about(struct frame outer)
{
	struct frame f = packet(FAR, LMAA, ICMP6, (uint16_t)(8 + outer.n));

	memset(f.b + ICMP6_AT, 0, 8);
	f.b[ICMP6_AT] = UNREACHABLE;
	memcpy(f.b + ICMP6_AT + 8, outer.b, outer.n);
	write_checksum(&f);
	return f;
}

static void take(const struct frame *f)
{
	struct rte_mbuf *m = world_mbuf(&the_world, f, AT_HEADROOM);

	assert_non_null(m);
	*fwd_punt_of(m) = (struct fwd_punt){.kind = FWD_PUNT_ICMP,
					    .mh_offset = ICMP6_AT,
					    .mh_len = (uint16_t)(f->n - ICMP6_AT)};
	tunnel_errors_take(&plane, m, NS_SEC);
	rte_pktmbuf_free(m);
}

static void assert_told(const struct frame *f, const char *whom)
{
	struct ip6_addr to = {0};
	uint64_t strange = plane.counters.tunnel_errors_strange;

	take(f);
	assert_int_equal(sent(&to), whom != NULL);
	assert_int_equal(plane.counters.tunnel_errors_strange - strange, whom == NULL);
	if (whom != NULL)
		assert_true(ip6_equal(to, addr(whom)));
}

static void LMA_FW_15_the_correspondent_of_a_mobile_node_is_told(void **state)
{
	(void)state;
	struct frame f = error_about(tunnelled(LMAA, COA1, packet(CN, MN1, 17, 40)));
	assert_told(&f, CN);
}

static void SEC_01_what_we_never_sent_is_told_to_nobody(void **state)
{
	(void)state;
	// No mobile node: somebody wants the source of it to hear from us.
	struct frame f = error_about(tunnelled(LMAA, COA1, packet(CN, FAR, 17, 40)));
	assert_told(&f, NULL);
	f = error_about(tunnelled(LMAA, FAR, packet(CN, MN1, 17, 40)));
	assert_told(&f, NULL);
	f = error_about(tunnelled(COA1, LMAA, packet(MN1, CN, 17, 40)));
	assert_told(&f, NULL);
}

static void LMA_FW_15_a_mag_tells_its_own_nodes(void **state)
{
	(void)state;
	plane.is.fwd.role = FWD_MAG;
	struct frame f = error_about(tunnelled(LMAA, COA1, packet(MN1, CN, 17, 40)));
	assert_told(&f, MN1);
	f = error_about(tunnelled(LMAA, COA1, packet(FAR, MN1, 17, 40)));
	assert_told(&f, NULL);
}

// RFC 4443 2.3.
static void an_error_that_was_damaged_on_the_way_is_not_believed(void **state)
{
	(void)state;
	struct frame f = error_about(tunnelled(LMAA, COA1, packet(CN, MN1, 17, 40)));
	f.b[f.n - 1] ^= 1;
	assert_told(&f, NULL);
	f.b[ICMP6_AT] = 2; // too big, 1280: it would hold for ten minutes
	f.b[ICMP6_AT + 6] = 5;
	assert_told(&f, NULL);
	assert_int_equal(plane.counters.path_mtu_changes, 0);
	write_checksum(&f);
	take(&f);
	assert_int_equal(plane.counters.path_mtu_changes, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(LMA_FW_15_the_correspondent_of_a_mobile_node_is_told),
		TEST(SEC_01_what_we_never_sent_is_told_to_nobody),
		TEST(LMA_FW_15_a_mag_tells_its_own_nodes),
		TEST(an_error_that_was_damaged_on_the_way_is_not_believed),
	};
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "kedge-app-%d", (int)getpid());
	if (world_boot(&the_world, prefix) != 0)
		return 1;
	inject = rte_ring_create("errors", 64, SOCKET_ID_ANY, 0);
	return cmocka_run_group_tests_name("tunnel errors", tests, NULL, NULL);
}
