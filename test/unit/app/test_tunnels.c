// Bindings as the workers see them: whose tunnel packets are welcome and until when, and what a
// prefix's entry says.
#include "app/common/tunnels.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "app/common/path_mtu.h"
#include "test/unit/fwd/world.h"
#include "test/unit/test.h"

enum { LMA3 = 3, LMA4 = 4, PEERS = 8, CONFIGURED = 1500 };

static struct world the_world;
static struct plane plane;

static const char *const lma_of[] = {[LMA3] = "2001:db8:e::3", [LMA4] = "2001:db8:e::4"};

static int begin(void **state)
{
	static struct plane_peer peers[PEERS + 1];

	(void)state;
	if (world_start(&the_world) != 0)
		return -1;
	memset(peers, 0, sizeof(peers));
	plane = (struct plane){.fib = the_world.fib,
			       .bcache = the_world.bcache,
			       .grace = the_world.grace,
			       .peers = peers,
			       .is = {.tunnel_mtu = CONFIGURED, .max_peers = PEERS}};
	return farewells_init(&plane.left, 1);
}

// No tunnel outlives its test.
static int end(void **state)
{
	(void)state;
	farewells_done(&plane.left);
	for (uint32_t peer = 0; peer <= PEERS; peer++)
		if (plane.peers[peer].refs != 0)
			return -1;
	return world_stop(&the_world) ? 0 : -1;
}

static struct ip6_prefix hnp(uint8_t number)
{
	struct ip6_addr a = addr("2001:db8:4000::");

	a.a[7] = number;
	return ip6_prefix_of(a, 64);
}

static int bind(uint8_t number, uint32_t peer, bool local)
{
	const struct tunnel_way way = {.tunnel = {addr(COA), addr(lma_of[peer]), peer, 0},
				       .access = {.mac = {2, 0, 0, 0, 4, number},
						  .port = ACCESS,
						  .flags = local ? FWD_LOCAL : 0,
						  .mtu = 1500}};

	return tunnels_bind(&plane, hnp(number), &way);
}

static const struct fwd_entry *entry_of(uint8_t number)
{
	uint32_t value = bcache_get(the_world.bcache, hnp(number));

	assert_true(value >= BCACHE_FIRST);
	return entry_get(the_world.fib, value);
}

static bool is_welcome(uint32_t peer)
{
	return peer_find(the_world.fib, addr(lma_of[peer])) == peer;
}

// MAG-FW-08, MAG-FW-03.
static void LMA_FW_16_a_tunnel_is_there_from_its_first_binding_to_its_last(void **state)
{
	(void)state;
	assert_false(is_welcome(LMA3));
	assert_int_equal(bind(1, LMA3, false), 0);
	assert_true(is_welcome(LMA3));
	assert_int_equal(bind(2, LMA3, false), 0);
	tunnels_unbind(&plane, hnp(1));
	assert_true(is_welcome(LMA3));
	tunnels_unbind(&plane, hnp(2));
	assert_false(is_welcome(LMA3));
	tunnels_unbind(&plane, hnp(2)); // nothing is there to be taken twice
	assert_int_equal(plane.peers[LMA3].refs, 0);
}

// MAG-FW-08.
static void LMA_FW_16_each_lma_has_a_tunnel_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(bind(1, LMA3, false), 0);
	assert_int_equal(bind(2, LMA4, false), 0);
	assert_int_equal(entry_of(1)->peer_id, LMA3);
	assert_int_equal(entry_of(2)->peer_id, LMA4);
	assert_memory_equal(entry_of(2)->outer + 24, addr(lma_of[LMA4]).a, 16);
	tunnels_unbind(&plane, hnp(1));
	assert_false(is_welcome(LMA3));
	assert_true(is_welcome(LMA4));
	tunnels_unbind(&plane, hnp(2));
}

static void a_node_that_changes_its_lma_takes_its_tunnel_along(void **state)
{
	(void)state;
	assert_int_equal(bind(1, LMA3, false), 0);
	assert_int_equal(bind(1, LMA4, false), 0);
	assert_int_equal(entry_of(1)->peer_id, LMA4);
	assert_false(is_welcome(LMA3));
	assert_true(is_welcome(LMA4));
	tunnels_unbind(&plane, hnp(1));
	assert_false(is_welcome(LMA4));
}

static void LMA_FW_16_a_detached_prefix_keeps_its_tunnel_until_it_goes(void **state)
{
	(void)state;
	assert_int_equal(bind(1, LMA3, false), 0);
	tunnels_detach(&plane, hnp(1));
	assert_int_equal(bcache_get(the_world.bcache, hnp(1)), BCACHE_DETACHED);
	assert_true(is_welcome(LMA3));
	tunnels_unbind(&plane, hnp(1));
	assert_false(is_welcome(LMA3));
}

static void MAG_FW_04_a_new_policy_of_a_bound_node_holds_at_once(void **state)
{
	(void)state;
	assert_int_equal(bind(1, LMA3, false), 0);
	assert_false(entry_of(1)->access.flags & FWD_LOCAL);
	assert_int_equal(bind(1, LMA3, true), 0);
	assert_true(entry_of(1)->access.flags & FWD_LOCAL);
	assert_int_equal(plane.peers[LMA3].refs, 1);
	assert_int_equal(bind(1, LMA3, false), 0);
	assert_false(entry_of(1)->access.flags & FWD_LOCAL);
	tunnels_unbind(&plane, hnp(1));
	assert_int_equal(bcache_get(the_world.bcache, hnp(1)), BCACHE_NONE);
}

// MAG-FW-08.
static void LMA_MTU_05_a_new_tunnel_knows_what_was_learnt_of_its_path(void **state)
{
	(void)state;
	assert_int_equal(bind(1, LMA3, false), 0);
	assert_int_equal(atomic_load(&entry_of(1)->path_mtu), CONFIGURED);
	assert_true(path_mtu_learn(&plane, LMA3, 1400, NS_SEC));
	assert_int_equal(bind(2, LMA3, false), 0);
	assert_int_equal(atomic_load(&entry_of(1)->path_mtu), 1400);
	assert_int_equal(atomic_load(&entry_of(2)->path_mtu), 1400);
	tunnels_unbind(&plane, hnp(1));
	tunnels_unbind(&plane, hnp(2));
}

static void hear(void *arg, struct ip6_addr peer, uint16_t inside)
{
	assert_true(ip6_equal(peer, addr(lma_of[LMA3])));
	*(uint16_t *)arg = inside;
}

static void MAG_RA_08_news_of_a_link_reach_the_program_when_tunnels_follow_it(void **state)
{
	struct nexthop nh = *nexthop_get(the_world.fib, the_world.nh_backbone);
	uint16_t told = 0;

	(void)state;
	nh.mtu = 1400;
	assert_int_equal(nexthop_change(the_world.fib, the_world.nh_backbone, &nh), 0);
	path_mtu_tell(&plane, hear, &told);
	assert_int_equal(told, 0); // there is no tunnel yet
	assert_int_equal(bind(1, LMA3, false), 0);
	path_mtu_tell(&plane, hear, &told);
	assert_int_equal(told, 1360);
	nh.mtu = 1300;
	assert_int_equal(nexthop_change(the_world.fib, the_world.nh_backbone, &nh), 0);
	tunnels_resolve(&plane);
	path_mtu_tell(&plane, hear, &told);
	assert_int_equal(told, 1280);
	tunnels_unbind(&plane, hnp(1));
}

static void a_peer_of_no_number_binds_nothing_and_what_was_there_stays(void **state)
{
	const struct fwd_access place = {.port = ACCESS, .mtu = 1500};
	struct fwd_tunnel bad = {addr(COA), addr(lma_of[LMA4]), 0, 0};

	(void)state;
	assert_int_equal(bind(1, LMA3, false), 0);
	assert_int_equal(
		tunnels_bind(&plane, hnp(1), &(struct tunnel_way){.tunnel = bad, .access = place}),
		-EINVAL);
	bad.peer = PEERS + 1;
	assert_int_equal(
		tunnels_bind(&plane, hnp(1), &(struct tunnel_way){.tunnel = bad, .access = place}),
		-EINVAL);
	assert_int_equal(entry_of(1)->peer_id, LMA3);
	tunnels_unbind(&plane, hnp(1));
}

static void a_prefix_that_the_cache_refuses_holds_no_tunnel(void **state)
{
	const struct fwd_tunnel t = {addr(COA), addr(lma_of[LMA3]), LMA3, 0};
	const struct fwd_access place = {.port = ACCESS, .mtu = 1500};
	struct ip6_prefix longer = ip6_prefix_of(addr("2001:db8:4000::"), 72);

	(void)state;
	assert_int_not_equal(
		tunnels_bind(&plane, longer, &(struct tunnel_way){.tunnel = t, .access = place}),
		0);
	assert_false(is_welcome(LMA3));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(LMA_FW_16_a_tunnel_is_there_from_its_first_binding_to_its_last),
		TEST(LMA_FW_16_each_lma_has_a_tunnel_of_its_own),
		TEST(a_node_that_changes_its_lma_takes_its_tunnel_along),
		TEST(LMA_FW_16_a_detached_prefix_keeps_its_tunnel_until_it_goes),
		TEST(MAG_FW_04_a_new_policy_of_a_bound_node_holds_at_once),
		TEST(LMA_MTU_05_a_new_tunnel_knows_what_was_learnt_of_its_path),
		TEST(MAG_RA_08_news_of_a_link_reach_the_program_when_tunnels_follow_it),
		TEST(a_peer_of_no_number_binds_nothing_and_what_was_there_stays),
		TEST(a_prefix_that_the_cache_refuses_holds_no_tunnel),
	};
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "kedge-tunnels-%d", (int)getpid());
	if (world_boot(&the_world, prefix) != 0)
		return 1;
	return cmocka_run_group_tests_name("tunnels", tests, NULL, NULL);
}
