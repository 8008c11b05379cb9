// Which errors about our tunnel packets are believed, and whom they are told.
#include "app/common/tunnel_errors.h"

#include <stdio.h>
#include <unistd.h>

#include "test/unit/fwd/world.h"
#include "test/unit/test.h"
#include "wire/checksum.h"

enum { ICMP6 = 58, UNREACHABLE = 1, TOO_BIG = 2, TIME_EXCEEDED = 3, PARAMETER_PROBLEM = 4 };
enum { PEERS = 8, ICMP6_AT = 40, QUOTED_AT = 48, LIMIT = 4 };

static struct world the_world;
static struct plane plane;
static struct plane_peer peers[PEERS + 1];
static struct rte_ring *inject;

static int begin(void **state)
{
	(void)state;
	if (world_start(&the_world) != 0)
		return -1;
	memset(peers, 0, sizeof(peers));
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
	struct ip6_addr to;

	memcpy(to.a, f->b + 24, sizeof(to.a));
	f->b[ICMP6_AT + 2] = f->b[ICMP6_AT + 3] = 0;
	uint16_t sum = ip6_checksum(addr(FAR), to, ICMP6, icmp);
	f->b[ICMP6_AT + 2] = (uint8_t)(sum >> 8);
	f->b[ICMP6_AT + 3] = (uint8_t)sum;
}

// From a router, to a tunnel's end, about a packet of that tunnel.
static struct frame error(const char *to, uint8_t type, uint32_t param, struct frame outer)
{
	const uint8_t head[8] = {type,
				 0,
				 0,
				 0,
				 (uint8_t)(param >> 24),
				 (uint8_t)(param >> 16),
				 (uint8_t)(param >> 8),
				 (uint8_t)param};
	struct frame f = packet(FAR, to, ICMP6, (uint16_t)(8 + outer.n));

	memcpy(f.b + ICMP6_AT, head, sizeof(head));
	memcpy(f.b + QUOTED_AT, outer.b, outer.n);
	write_checksum(&f);
	return f;
}

static struct frame error_about(struct frame outer)
{
	return error(LMAA, UNREACHABLE, 0, outer);
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

static void become_mag(void)
{
	world_become_mag(&the_world);
	plane.is.fwd = the_world.conf;
	peers[PEER_LMA1].remote = addr(LMA1);
	peers[PEER_LMA2].remote = addr(LMA2);
}

// About what the MAG sent to an LMA for a node of its own.
static struct frame error_at_mag(uint8_t type, uint32_t param, struct frame inner)
{
	return error(COA, type, param, tunnelled(COA, LMA1, inner));
}

// What control made goes through a worker onto a node's link: the packet there.
static struct frame told_on_the_link(const uint8_t mac[6])
{
	struct frame f = {0};
	struct rte_mbuf *m;

	assert_int_equal(rte_ring_dequeue(inject, (void **)&m), 0);
	fwd_originate(the_world.fwd, &m, 1, the_world.now);
	world_output(&the_world);
	assert_true(world_take(&the_world, ACCESS, &f));
	assert_memory_equal(f.b, mac, 6);
	assert_memory_equal(f.b + 6, access_mac, 6);
	return stripped(f, L2_LEN);
}

static void assert_error(const struct frame *f, uint8_t type, uint8_t code, uint32_t param)
{
	struct ip6_addr src;

	memcpy(src.a, f->b + 8, sizeof(src.a));
	assert_true(ip6_equal(src, addr(COA)));
	assert_int_equal(f->b[ICMP6_AT], type);
	assert_int_equal(f->b[ICMP6_AT + 1], code);
	assert_int_equal(f->b[ICMP6_AT + 6] << 8 | f->b[ICMP6_AT + 7], param);
}

// LMA-FW-15: with the roles swapped the source inside is the node.
static void MAG_FW_08_a_mag_tells_its_own_nodes_and_nobody_else(void **state)
{
	(void)state;
	become_mag();
	struct frame f = error_at_mag(UNREACHABLE, 0, packet(NODE_A, CN, 17, 40));
	assert_told(&f, NODE_A);
	f = error(COA, UNREACHABLE, 0, tunnelled(COA, LMA2, packet(NODE_E, CN, 17, 40)));
	assert_told(&f, NODE_E);
	f = error_at_mag(UNREACHABLE, 0, packet(FAR, NODE_A, 17, 40));
	assert_told(&f, NULL);
	f = error_at_mag(UNREACHABLE, 0, packet(NODE_C, CN, 17, 40)); // it left
	assert_told(&f, NULL);
	f = error(COA, UNREACHABLE, 0, tunnelled(COA, FAR, packet(NODE_A, CN, 17, 40)));
	assert_told(&f, NULL);
	f = error(COA, UNREACHABLE, 0, tunnelled(LMA1, COA, packet(NODE_A, CN, 17, 40)));
	assert_told(&f, NULL);
}

// LMA-FW-15.
static void MAG_FW_08_trouble_in_the_tunnel_reaches_the_node_as_unreachable_code_3(void **state)
{
	struct frame inner = packet(NODE_A, CN, 17, 40);
	struct frame with_limit = tunnelled(COA, LMA1, inner);
	struct frame errors[] = {
		error_at_mag(UNREACHABLE, 0, inner), error_at_mag(TIME_EXCEEDED, 0, inner), {0}};

	(void)state;
	become_mag();
	with_limit = with_option(with_limit, LIMIT, 0);
	errors[2] = error(COA, PARAMETER_PROBLEM, 44, with_limit); // the limit's value
	for (unsigned i = 0; i < 3; i++) {
		take(&errors[i]);
		struct frame f = told_on_the_link(mac_a);
		assert_error(&f, UNREACHABLE, 3, 0);
		assert_int_equal(f.n, QUOTED_AT + inner.n);
		assert_memory_equal(f.b + QUOTED_AT, inner.b, inner.n);
	}
	assert_int_equal(plane.counters.tunnel_errors_relayed, 3);
	struct frame other = error(COA, PARAMETER_PROBLEM, 6, tunnelled(COA, LMA1, inner));
	take(&other); // about our own header: nothing of the node's
	assert_int_equal(plane.counters.tunnel_errors_relayed, 3);
}

static uint16_t path_of(int node)
{
	return atomic_load(&entry_get(the_world.fib, the_world.nodes[node])->path_mtu);
}

// LMA-MTU-05, LMA-MTU-01.
static void MAG_FW_08_too_big_on_the_way_to_the_lma_tells_the_node_what_fits_inside(void **state)
{
	struct frame e = error_at_mag(TOO_BIG, 1400, packet(NODE_A, CN, 17, 1420));
	struct frame f;

	(void)state;
	become_mag();
	take(&e);
	f = told_on_the_link(mac_a);
	assert_error(&f, TOO_BIG, 0, 1360);
	assert_int_equal(path_of(A), 1400);
	assert_int_equal(path_of(B), 1400); // of all nodes of that LMA
	assert_int_equal(path_of(E), 1500);
	e = error_at_mag(TOO_BIG, 900, packet(NODE_A, CN, 17, 1241));
	take(&e);
	f = told_on_the_link(mac_a);
	assert_error(&f, TOO_BIG, 0, 1280);
	assert_int_equal(path_of(A), 1280);
	e = error_at_mag(TOO_BIG, 1280, packet(NODE_A, CN, 17, 1240)); // pieces are ours to make
	take(&e);
	struct ip6_addr to;
	assert_int_equal(sent(&to), 0);
}

// LMA-MTU-06.
static void MAG_FW_08_a_nodes_error_is_answered_with_none(void **state)
{
	struct frame inner = packet(NODE_A, CN, ICMP6, 60);

	(void)state;
	become_mag();
	inner.b[ICMP6_AT] = TIME_EXCEEDED;
	struct frame e = error_at_mag(UNREACHABLE, 0, inner);
	struct ip6_addr to;
	take(&e);
	assert_int_equal(sent(&to), 0);
	inner.b[ICMP6_AT] = 128;
	e = error_at_mag(UNREACHABLE, 0, inner);
	assert_told(&e, NODE_A);
}

// LMA-FW-15: rate-limited.
static void MAG_FW_08_more_errors_than_the_rate_allows_are_told_to_nobody(void **state)
{
	struct frame e = error_at_mag(UNREACHABLE, 0, packet(NODE_A, CN, 17, 40));
	struct ip6_addr to;

	(void)state;
	become_mag();
	plane.is.fwd.icmp_rate = 20; // at once: 10
	for (int i = 0; i < 30; i++)
		take(&e);
	assert_int_equal(sent(&to), 10);
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
		TEST(MAG_FW_08_a_mag_tells_its_own_nodes_and_nobody_else),
		TEST(MAG_FW_08_trouble_in_the_tunnel_reaches_the_node_as_unreachable_code_3),
		TEST(MAG_FW_08_too_big_on_the_way_to_the_lma_tells_the_node_what_fits_inside),
		TEST(MAG_FW_08_a_nodes_error_is_answered_with_none),
		TEST(MAG_FW_08_more_errors_than_the_rate_allows_are_told_to_nobody),
		TEST(an_error_that_was_damaged_on_the_way_is_not_believed),
	};
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "kedge-app-%d", (int)getpid());
	if (world_boot(&the_world, prefix) != 0)
		return 1;
	inject = rte_ring_create("errors", 64, SOCKET_ID_ANY, 0);
	return cmocka_run_group_tests_name("tunnel errors", tests, NULL, NULL);
}
