// Routes as the twin tells them, and the pools as routes of ours.
#include <errno.h>
#include <linux/rtnetlink.h>

#include "test/unit/linux/watch.h"
#include "test/unit/netns.h"

struct route_want {
	const char *dst;
	bool gone;
	uint8_t type;
};

static bool is_route(const struct kernel_event *e, const void *want)
{
	const struct route_want *w = want;
	struct ip6_prefix p = prefix(w->dst);

	return e->kind == KERNEL_ROUTE && e->route.dst.len == p.len &&
	       ip6_equal(e->route.dst.addr, p.addr) && e->gone == w->gone &&
	       e->route.type == w->type;
}

static void a_route_is_told_with_gateway_and_metric(void **state)
{
	assert_int_equal(netns_ip("-6 route add 2001:db8:a::/48 via 2001:db8::9 metric 77"), 0);
	const struct kernel_event *e =
		watch_for(*state, is_route,
			  &(struct route_want){.dst = "2001:db8:a::/48", .type = RTN_UNICAST});
	assert_non_null(e);
	assert_true(ip6_equal(e->route.gateway, addr("2001:db8::9")));
	assert_int_equal(e->route.metric, 77);
	assert_int_equal(e->route.table, RT_TABLE_MAIN);
	assert_int_equal(e->route.protocol, RTPROT_BOOT);
	assert_int_not_equal(e->ifindex, 0);
	assert_int_equal(netns_ip("-6 route del 2001:db8:a::/48"), 0);
	assert_non_null(watch_for(
		*state, is_route,
		&(struct route_want){.dst = "2001:db8:a::/48", .gone = true, .type = RTN_UNICAST}));
}

// The kernel tells of no deletion then.
static void a_route_that_replaces_another_says_so(void **state)
{
	struct route_want want = {.dst = "2001:db8:aa::/48", .type = RTN_UNICAST};

	assert_int_equal(netns_ip("-6 route add 2001:db8:aa::/48 via 2001:db8::9"), 0);
	const struct kernel_event *e = watch_for(*state, is_route, &want);
	assert_non_null(e);
	assert_false(e->route.replaces);
	assert_int_equal(netns_ip("-6 route replace 2001:db8:aa::/48 via 2001:db8::8"), 0);
	e = watch_for(*state, is_route, &want);
	assert_non_null(e);
	assert_true(e->route.replaces);
	assert_true(ip6_equal(e->route.gateway, addr("2001:db8::8")));
	assert_int_equal(netns_ip("-6 route del 2001:db8:aa::/48"), 0);
}

static void an_on_link_route_has_no_gateway(void **state)
{
	assert_int_equal(netns_ip("-6 route add 2001:db8:b::/64 dev r0"), 0);
	const struct kernel_event *e =
		watch_for(*state, is_route,
			  &(struct route_want){.dst = "2001:db8:b::/64", .type = RTN_UNICAST});
	assert_non_null(e);
	assert_true(ip6_is_zero(e->route.gateway));
}

static void the_default_route_is_a_prefix_of_no_bits(void **state)
{
	assert_int_equal(netns_ip("-6 route add default via 2001:db8::1"), 0);
	assert_non_null(watch_for(*state, is_route,
				  &(struct route_want){.dst = "::/0", .type = RTN_UNICAST}));
}

static void of_several_next_hops_the_first_is_told(void **state)
{
	assert_int_equal(netns_ip("-6 route add 2001:db8:c::/48 nexthop via 2001:db8::21 "
				  "nexthop via 2001:db8::22"),
			 0);
	// An event may tell the hops one by one; the dump tells them together.
	const struct kernel_event *e =
		watch_dump(*state, is_route,
			   &(struct route_want){.dst = "2001:db8:c::/48", .type = RTN_UNICAST});
	assert_non_null(e);
	assert_true(ip6_equal(e->route.gateway, addr("2001:db8::21")));
	assert_int_not_equal(e->ifindex, 0);
}

static void our_own_addresses_are_local_routes(void **state)
{
	const struct route_want want = {.dst = "2001:db8::5/128", .type = RTN_LOCAL};
	const struct kernel_event *e = watch_dump(*state, is_route, &want);

	if (e == NULL) // the kernel adds it a moment after the address
		e = watch_for(*state, is_route, &want);
	assert_non_null(e);
	assert_int_equal(e->route.table, RT_TABLE_LOCAL);
}

static void routes_of_other_tables_are_not_told(void **state)
{
	assert_int_equal(netns_ip("-6 route add 2001:db8:d::/48 via 2001:db8::9 table 100"), 0);
	assert_int_equal(netns_ip("-6 route add 2001:db8:e::/48 via 2001:db8::9"), 0);
	assert_non_null(
		watch_for(*state, is_route,
			  &(struct route_want){.dst = "2001:db8:e::/48", .type = RTN_UNICAST}));
	assert_null(
		watch_dump(*state, is_route,
			   &(struct route_want){.dst = "2001:db8:d::/48", .type = RTN_UNICAST}));
}

// Such a route holds for some sources only; taken for all it would lead the others astray.
static void routes_for_some_sources_only_are_not_told(void **state)
{
	if (netns_ip("-6 route add 2001:db8:f::/48 from 2001:db8:9::/48 via 2001:db8::9 "
		     "2> /dev/null") != 0)
		skip();
	assert_null(
		watch_dump(*state, is_route,
			   &(struct route_want){.dst = "2001:db8:f::/48", .type = RTN_UNICAST}));
}

static void a_pool_is_a_blackhole_of_our_protocol(void **state)
{
	struct watch *w = *state;
	struct route_want want = {.dst = "2001:db8:100::/40", .type = RTN_BLACKHOLE};

	assert_int_equal(kernel_pool_route_add(w->kernel, prefix("2001:db8:100::/40")), 0);
	const struct kernel_event *e = watch_for(w, is_route, &want);
	assert_non_null(e);
	assert_int_equal(e->route.protocol, KERNEL_ROUTE_PROTO);
	assert_int_equal(
		netns_ip("-6 route show proto 213 | grep -q 'blackhole 2001:db8:100::/40'"), 0);
	assert_int_equal(kernel_pool_route_del(w->kernel, prefix("2001:db8:100::/40")), 0);
	want.gone = true;
	assert_non_null(watch_for(w, is_route, &want));
}

static void a_pool_is_added_and_deleted_as_often_as_one_likes(void **state)
{
	struct watch *w = *state;
	struct ip6_prefix p = prefix("2001:db8:200::/40");

	assert_int_equal(kernel_pool_route_add(w->kernel, p), 0);
	assert_int_equal(kernel_pool_route_add(w->kernel, p), 0);
	assert_int_equal(netns_ip("-6 route show | grep -c 2001:db8:200::/40 | grep -qx 1"), 0);
	assert_int_equal(kernel_pool_route_del(w->kernel, p), 0);
	assert_int_equal(kernel_pool_route_del(w->kernel, p), 0);
	assert_null(watch_dump(
		w, is_route,
		&(struct route_want){.dst = "2001:db8:200::/40", .type = RTN_BLACKHOLE}));
}

static void the_operators_route_to_a_pool_survives_ours(void **state)
{
	struct watch *w = *state;
	struct ip6_prefix p = prefix("2001:db8:300::/40");
	struct route_want theirs = {.dst = "2001:db8:300::/40", .type = RTN_UNICAST};

	assert_int_equal(netns_ip("-6 route add 2001:db8:300::/40 dev r0"), 0);
	assert_int_equal(kernel_pool_route_add(w->kernel, p), 0);
	assert_non_null(watch_dump(w, is_route, &theirs));
	assert_int_equal(kernel_pool_route_del(w->kernel, p), 0);
	assert_non_null(watch_dump(w, is_route, &theirs));
}

static int group_start(void **state)
{
	(void)state;
	int rc = netns_ip("link add r0 type veth peer name r1") | netns_ip("link set r0 up") |
		 netns_ip("link set r1 up") | netns_ip("addr add 2001:db8::5/64 dev r0 nodad");
	return rc == 0 ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, watch_start, watch_stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_route_is_told_with_gateway_and_metric),
		TEST(a_route_that_replaces_another_says_so),
		TEST(an_on_link_route_has_no_gateway),
		TEST(the_default_route_is_a_prefix_of_no_bits),
		TEST(of_several_next_hops_the_first_is_told),
		TEST(our_own_addresses_are_local_routes),
		TEST(routes_of_other_tables_are_not_told),
		TEST(routes_for_some_sources_only_are_not_told),
		TEST(a_pool_is_a_blackhole_of_our_protocol),
		TEST(a_pool_is_added_and_deleted_as_often_as_one_likes),
		TEST(the_operators_route_to_a_pool_survives_ours),
	};
	int rc = netns_enter();

	return rc != 0 ? rc : cmocka_run_group_tests_name("routes", tests, group_start, NULL);
}
