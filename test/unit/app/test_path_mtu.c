// What is known of the path to each tunnel peer: learnt, kept, forgotten, and what the workers'
// entries say meanwhile.
#include "app/common/path_mtu.h"

#include <stdio.h>
#include <unistd.h>

#include "app/common/plane.h"
#include "test/unit/fwd/world.h"
#include "test/unit/test.h"

enum { CONFIGURED = 1500, PEERS = 8 };

static struct world the_world;
static struct plane plane;

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
	return 0;
}

static int end(void **state)
{
	(void)state;
	return world_stop(&the_world) ? 0 : -1;
}

static uint16_t mtu_of_entry(int i)
{
	const struct fwd_entry *e = entry_get(the_world.fib, the_world.entries[i]);

	return atomic_load(&e->path_mtu);
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

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		T(LMA_MTU_07_without_news_of_the_path_the_configured_mtu_holds),
		T(LMA_MTU_05_the_path_of_the_one_that_was_told_of_follows),
		T(LMA_MTU_05_no_report_makes_a_path_larger),
		T(LMA_MTU_07_what_was_learnt_is_forgotten_after_ten_minutes),
		T(a_number_that_goes_to_another_peer_takes_no_path_along),
	};
	char file_prefix[32];

	snprintf(file_prefix, sizeof(file_prefix), "kedge-path-%d", (int)getpid());
	if (world_boot(&the_world, file_prefix) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
