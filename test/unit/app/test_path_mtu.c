// What is known of the path to each tunnel peer: learnt, kept, forgotten, and what the workers'
// entries say meanwhile.
#include "app/common/path_mtu.h"

#include <stdio.h>
#include <unistd.h>

#include "app/common/plane.h"
#include "test/unit/fwd/world.h"
#include "test/unit/test.h"

enum { CONFIGURED = 1500, PEERS = 8, HEADER = 40 };

static struct world the_world;
static struct plane plane;

// What the program was told, the latest.
static unsigned n_told;
static struct ip6_addr told_of;
static uint16_t told;

static void hear(void *arg, struct ip6_addr peer, uint16_t inside)
{
	assert_ptr_equal(arg, &n_told);
	n_told++;
	told_of = peer;
	told = inside;
}

static void assert_told_nothing(void)
{
	unsigned before = n_told;

	path_mtu_tell(&plane, hear, &n_told);
	assert_int_equal(n_told, before);
}

// Once, and no second time.
static void assert_told(const char *peer, uint16_t inside)
{
	unsigned before = n_told;

	path_mtu_tell(&plane, hear, &n_told);
	assert_int_equal(n_told, before + 1);
	assert_true(ip6_equal(told_of, addr(peer)));
	assert_int_equal(told, inside);
	assert_told_nothing();
}

static int begin(void **state)
{
	static struct plane_peer peers[PEERS + 1];

	(void)state;
	if (world_start(&the_world) != 0)
		return -1;
	memset(peers, 0, sizeof(peers));
	plane = (struct plane){.fib = the_world.fib,
			       .peers = peers,
			       .is = {.tunnel_mtu = CONFIGURED, .max_peers = PEERS}};
	for (int i = 0; i < 2; i++)
		entry_set_mtu(the_world.fib, the_world.entries[i], CONFIGURED);
	peers[PEER_LMA1].remote = addr(LMA1);
	peers[PEER_LMA2].remote = addr(LMA2);
	plane.path_mtus_news = true;
	n_told = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	return world_stop(&the_world) ? 0 : -1;
}

static uint16_t mtu_at(uint32_t entry)
{
	return atomic_load(&entry_get(the_world.fib, entry)->path_mtu);
}

static uint16_t mtu_of_entry(int i)
{
	return mtu_at(the_world.entries[i]);
}

static void LMA_MTU_07_without_news_of_the_path_the_configured_mtu_holds(void **state)
{
	(void)state;
	assert_int_equal(path_mtu_get(&plane, MAG1), CONFIGURED);
	path_mtu_turn(&plane, 3600 * NS_SEC);
	assert_int_equal(path_mtu_get(&plane, MAG1), CONFIGURED);
	assert_int_equal(mtu_of_entry(0), CONFIGURED);
}

static void LMA_MTU_05_the_path_of_the_one_that_was_told_of_follows(void **state)
{
	(void)state;
	assert_true(path_mtu_learn(&plane, MAG1, 1400, NS_SEC));
	assert_int_equal(path_mtu_get(&plane, MAG1), 1400);
	assert_int_equal(mtu_of_entry(0), 1400);
	assert_int_equal(path_mtu_get(&plane, MAG2), CONFIGURED);
	assert_int_equal(mtu_of_entry(1), CONFIGURED);
}

static void LMA_MTU_05_no_report_makes_a_path_larger(void **state)
{
	(void)state;
	assert_false(path_mtu_learn(&plane, MAG1, 9000, NS_SEC));
	assert_true(path_mtu_learn(&plane, MAG1, 1300, NS_SEC));
	assert_false(path_mtu_learn(&plane, MAG1, 1400, NS_SEC));
	assert_false(path_mtu_learn(&plane, MAG1, 1300, NS_SEC));
	assert_int_equal(path_mtu_get(&plane, MAG1), 1300);
}

static void LMA_MTU_07_what_was_learnt_is_forgotten_after_ten_minutes(void **state)
{
	(void)state;
	assert_true(path_mtu_learn(&plane, MAG1, 1300, 10 * NS_SEC));
	assert_true(path_mtu_learn(&plane, MAG2, 1400, 310 * NS_SEC));
	path_mtu_turn(&plane, 609 * NS_SEC);
	assert_int_equal(path_mtu_get(&plane, MAG1), 1300);
	path_mtu_turn(&plane, 611 * NS_SEC);
	assert_int_equal(path_mtu_get(&plane, MAG1), CONFIGURED);
	assert_int_equal(mtu_of_entry(0), CONFIGURED);
	assert_int_equal(path_mtu_get(&plane, MAG2), 1400);
	path_mtu_turn(&plane, 911 * NS_SEC);
	assert_int_equal(mtu_of_entry(1), CONFIGURED);
	assert_int_equal(plane.n_path_mtus, 0);
}

static void a_number_that_goes_to_another_peer_takes_no_path_along(void **state)
{
	(void)state;
	assert_true(path_mtu_learn(&plane, MAG1, 1300, NS_SEC));
	path_mtu_forget(&plane, MAG1);
	assert_int_equal(path_mtu_get(&plane, MAG1), CONFIGURED);
	assert_int_equal(plane.n_path_mtus, 0);
}

// MAG-FW-08: the entries of a MAG are its nodes', several for one tunnel.
static void LMA_MTU_05_at_a_mag_the_tunnels_of_all_nodes_of_that_lma_follow(void **state)
{
	(void)state;
	assert_true(path_mtu_learn(&plane, PEER_LMA1, 1400, NS_SEC));
	assert_int_equal(mtu_at(the_world.nodes[A]), 1400);
	assert_int_equal(mtu_at(the_world.nodes[B]), 1400);
	assert_int_equal(mtu_at(the_world.nodes[E]), CONFIGURED);
	path_mtu_turn(&plane, 602 * NS_SEC);
	assert_int_equal(mtu_at(the_world.nodes[A]), CONFIGURED);
	assert_int_equal(mtu_at(the_world.nodes[B]), CONFIGURED);
}

static void MAG_RA_08_the_program_is_told_when_a_path_shrinks_and_when_it_is_as_before(void **state)
{
	(void)state;
	assert_told_nothing(); // as configured
	assert_true(path_mtu_learn(&plane, PEER_LMA1, 1400, NS_SEC));
	assert_told(LMA1, 1400 - HEADER);
	assert_true(path_mtu_learn(&plane, PEER_LMA2, 1401, NS_SEC));
	assert_told(LMA2, 1401 - HEADER);
	assert_true(path_mtu_learn(&plane, PEER_LMA1, 1350, 301 * NS_SEC));
	assert_told(LMA1, 1350 - HEADER);
	path_mtu_turn(&plane, 602 * NS_SEC);
	assert_told(LMA2, CONFIGURED - HEADER);
	path_mtu_turn(&plane, 902 * NS_SEC);
	assert_told(LMA1, CONFIGURED - HEADER);
}

static void MAG_RA_08_no_news_is_what_changed_and_changed_back(void **state)
{
	(void)state;
	assert_true(path_mtu_learn(&plane, PEER_LMA1, 1400, NS_SEC));
	path_mtu_turn(&plane, 602 * NS_SEC);
	assert_told_nothing();
}

// RFC 4861 6.3.4: hosts take no MTU below 1280; LMA-MTU-02: packets up to that go in pieces.
static void MAG_RA_08_less_than_1280_is_never_told(void **state)
{
	(void)state;
	assert_true(path_mtu_learn(&plane, PEER_LMA1, 1321, NS_SEC));
	assert_told(LMA1, 1281);
	assert_true(path_mtu_learn(&plane, PEER_LMA1, 1319, NS_SEC));
	assert_told(LMA1, 1280);
	assert_true(path_mtu_learn(&plane, PEER_LMA1, 1280, NS_SEC));
	assert_told_nothing();
}

static void MAG_RA_08_the_link_at_the_begin_of_the_path_counts_too(void **state)
{
	struct nexthop nh = *nexthop_get(the_world.fib, the_world.nh_backbone);

	(void)state;
	nh.mtu = 1420;
	assert_int_equal(nexthop_change(the_world.fib, the_world.nh_backbone, &nh), 0);
	plane.path_mtus_news = true;
	assert_int_equal(path_mtu_inside(&plane, PEER_LMA1), 1380);
	path_mtu_tell(&plane, hear, &n_told);
	assert_int_equal(n_told, 2); // both LMAs are behind it
	assert_int_equal(told, 1380);
	assert_told_nothing();
	assert_true(path_mtu_learn(&plane, PEER_LMA1, 1450, NS_SEC)); // no news of the whole path
	assert_told_nothing();
	assert_true(path_mtu_learn(&plane, PEER_LMA1, 1400, NS_SEC));
	assert_told(LMA1, 1360);
	assert_int_equal(path_mtu_get(&plane, PEER_LMA2), CONFIGURED); // the path's own
}

static void MAG_RA_08_a_link_counts_while_the_next_hop_is_asked_for(void **state)
{
	struct nexthop nh = {.kind = NH_GLEAN, .port = BACKBONE, .mtu = 1400};

	(void)state;
	assert_int_equal(nexthop_change(the_world.fib, the_world.nh_backbone, &nh), 0);
	assert_int_equal(path_mtu_inside(&plane, PEER_LMA2), 1360);
	nh = (struct nexthop){.kind = NH_NONE}; // without a link there is none to count
	assert_int_equal(nexthop_change(the_world.fib, the_world.nh_backbone, &nh), 0);
	assert_int_equal(path_mtu_inside(&plane, PEER_LMA2), CONFIGURED - HEADER);
}

static void numbers_of_no_peer_are_not_told_of(void **state)
{
	const struct nexthop nh = {.kind = NH_PORT, .port = CORE, .mtu = 1400};
	const struct ip6_prefix everything = {.len = 0};
	int number = nexthop_add(the_world.fib, &nh);

	(void)state;
	assert_true(number > 0);
	assert_int_equal(route_set(the_world.fib, everything, (uint16_t)number), 0);
	assert_told_nothing(); // both LMAs have a longer route
	assert_int_equal(route_del(the_world.fib, everything), 0);
	nexthop_del(the_world.fib, (uint16_t)number);
}

static void another_peer_under_a_number_is_told_of_anew(void **state)
{
	(void)state;
	assert_true(path_mtu_learn(&plane, PEER_LMA1, 1400, NS_SEC));
	assert_told(LMA1, 1360);
	path_mtu_forget(&plane, PEER_LMA1);
	plane.peers[PEER_LMA1].remote = addr(COA1);
	assert_told_nothing(); // of it the program knows what is configured
	assert_true(path_mtu_learn(&plane, PEER_LMA1, 1400, NS_SEC));
	assert_told(COA1, 1360);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		T(LMA_MTU_07_without_news_of_the_path_the_configured_mtu_holds),
		T(LMA_MTU_05_the_path_of_the_one_that_was_told_of_follows),
		T(LMA_MTU_05_no_report_makes_a_path_larger),
		T(LMA_MTU_07_what_was_learnt_is_forgotten_after_ten_minutes),
		T(a_number_that_goes_to_another_peer_takes_no_path_along),
		T(LMA_MTU_05_at_a_mag_the_tunnels_of_all_nodes_of_that_lma_follow),
		T(MAG_RA_08_the_program_is_told_when_a_path_shrinks_and_when_it_is_as_before),
		T(MAG_RA_08_no_news_is_what_changed_and_changed_back),
		T(MAG_RA_08_less_than_1280_is_never_told),
		T(MAG_RA_08_the_link_at_the_begin_of_the_path_counts_too),
		T(MAG_RA_08_a_link_counts_while_the_next_hop_is_asked_for),
		T(numbers_of_no_peer_are_not_told_of),
		T(another_peer_under_a_number_is_told_of_anew),
	};
	char file_prefix[32];

	snprintf(file_prefix, sizeof(file_prefix), "kedge-path-%d", (int)getpid());
	if (world_boot(&the_world, file_prefix) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
