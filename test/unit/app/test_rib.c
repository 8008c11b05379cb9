// Candidates of a prefix: which one counts, what a replacement takes away, what is left after a
// delete.
#include "app/common/rib.h"

#include <stdio.h>
#include <unistd.h>

#include "test/unit/fwd/world.h"
#include "test/unit/test.h"

enum { MAIN = 254, LOCAL = 255 };

static struct world the_world;
static struct rib rib;

// A route leads to the next hop that its interface is numbered with.
static uint16_t resolve(void *arg, const struct rib_route *r, uint32_t *adj)
{
	(void)arg;
	*adj = UINT32_MAX;
	if (r->type == RIB_LOCAL)
		return NEXTHOP_LOCAL;
	return r->fixed != NEXTHOP_NONE ? r->fixed : (uint16_t)r->ifindex;
}

static void hold(void *arg, uint32_t adj, int by)
{
	(void)arg, (void)adj, (void)by;
}

static int start(void **state)
{
	(void)state;
	if (world_start(&the_world) != 0)
		return -1;
	return rib_init(&rib, the_world.fib, 64, 1, resolve, hold, NULL);
}

static int stop(void **state)
{
	(void)state;
	rib_done(&rib);
	return world_stop(&the_world) ? 0 : -1;
}

static struct rib_route route(int ifindex, uint32_t metric, const char *gateway)
{
	struct rib_route r = {
		.ifindex = ifindex, .metric = metric, .table = MAIN, .type = RIB_UNICAST};

	assert_int_equal(ip6_prefix_parse("2001:db8:7000::/36", &r.dst), 0);
	r.gateway = addr(gateway);
	return r;
}

static uint16_t leads_to(void)
{
	return route_get(the_world.fib, addr("2001:db8:7000::1"));
}

static void the_lowest_metric_counts_and_the_next_one_follows(void **state)
{
	(void)state;
	struct rib_route low = route(10, 100, "fe80::1"), high = route(11, 200, "fe80::2");

	assert_int_equal(rib_add(&rib, &high), 0);
	assert_int_equal(leads_to(), 11);
	assert_int_equal(rib_add(&rib, &low), 0);
	assert_int_equal(leads_to(), 10);
	rib_del(&rib, &low);
	assert_int_equal(leads_to(), 11);
	rib_del(&rib, &high);
	assert_int_equal(leads_to(), NEXTHOP_NONE);
}

static void a_replacement_leaves_nothing_of_what_it_replaces(void **state)
{
	(void)state;
	struct rib_route a = route(10, 100, "fe80::1"), b = route(11, 100, "fe80::2"),
			 c = route(12, 100, "fe80::3"), other = route(13, 300, "fe80::4");

	assert_int_equal(rib_add(&rib, &a), 0);
	assert_int_equal(rib_add(&rib, &b), 0);
	assert_int_equal(rib_add(&rib, &other), 0);
	assert_int_equal(rib_replace(&rib, &c), 0);
	assert_int_equal(leads_to(), 12);
	rib_del(&rib, &c);
	assert_int_equal(leads_to(), 13); // another metric is another route
	rib_del(&rib, &other);
	assert_int_equal(rib.n_free, rib.max);
}

static void an_address_of_ours_stands_above_a_neighbour(void **state)
{
	(void)state;
	struct rib_route host = route(10, 0, "::"), local = route(11, 0, "::");

	host.table = RIB_TABLE_HOST;
	local.table = LOCAL;
	local.type = RIB_LOCAL;
	assert_int_equal(rib_add(&rib, &host), 0);
	assert_int_equal(rib_add(&rib, &local), 0);
	assert_int_equal(leads_to(), NEXTHOP_LOCAL);
}

static void what_a_dump_does_not_tell_again_goes(void **state)
{
	(void)state;
	struct rib_route stays = route(10, 100, "fe80::1"), goes = route(11, 50, "fe80::2"),
			 ours = route(12, 900, "::");

	ours.table = RIB_TABLE_POOL;
	ours.dst.addr.a[4] = 0x90;
	ours.fixed = NEXTHOP_POOL;
	assert_int_equal(rib_add(&rib, &stays), 0);
	assert_int_equal(rib_add(&rib, &goes), 0);
	assert_int_equal(rib_add(&rib, &ours), 0);
	rib_mark(&rib);
	assert_int_equal(rib_add(&rib, &stays), 0);
	rib_sweep_marked(&rib);
	assert_int_equal(leads_to(), 10);
	assert_int_equal(rib.max - rib.n_free, 2); // a pool is not the kernel's to tell
}

static void more_routes_than_there_is_room_for_are_refused(void **state)
{
	(void)state;
	for (int i = 0; i < 64; i++) {
		struct rib_route r = route(10, 100 + (uint32_t)i, "fe80::1");
		assert_int_equal(rib_add(&rib, &r), 0);
	}
	struct rib_route more = route(10, 1, "fe80::1");
	assert_int_not_equal(rib_add(&rib, &more), 0);
	assert_int_equal(leads_to(), 10);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_lowest_metric_counts_and_the_next_one_follows),
		TEST(a_replacement_leaves_nothing_of_what_it_replaces),
		TEST(an_address_of_ours_stands_above_a_neighbour),
		TEST(what_a_dump_does_not_tell_again_goes),
		TEST(more_routes_than_there_is_room_for_are_refused),
	};
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "kedge-rib-%d", (int)getpid());
	if (world_boot(&the_world, prefix) != 0)
		return 1;
	return cmocka_run_group_tests_name("rib", tests, NULL, NULL);
}
