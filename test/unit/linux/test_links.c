// Links and addresses: what `ip` does is what the twin tells.
#include <string.h>

#include "test/unit/linux/watch.h"
#include "test/unit/netns.h"

struct link_want {
	const char *name;
	bool gone, up;
	uint16_t mtu;
};

static bool is_link(const struct kernel_event *e, const void *want)
{
	const struct link_want *w = want;

	return e->kind == KERNEL_LINK && strcmp(e->link.name, w->name) == 0 && e->gone == w->gone &&
	       e->link.up == w->up && (w->mtu == 0 || e->link.mtu == w->mtu);
}

struct addr_want {
	const char *text;
	bool gone, tentative;
};

static bool is_addr(const struct kernel_event *e, const void *want)
{
	const struct addr_want *w = want;

	return e->kind == KERNEL_ADDR && ip6_equal(e->addr.addr, addr(w->text)) &&
	       e->gone == w->gone && e->addr.tentative == w->tentative;
}

static void a_link_is_told_with_its_name_mac_and_mtu(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x17};

	assert_int_equal(netns_ip("link add k0 address 02:00:00:00:00:17 mtu 1600 type veth "
				  "peer name k1"),
			 0);
	const struct kernel_event *e =
		watch_for(*state, is_link, &(struct link_want){.name = "k0", .mtu = 1600});
	assert_non_null(e);
	assert_memory_equal(e->link.mac, mac, sizeof(mac));
	assert_int_not_equal(e->ifindex, 0);
}

static void a_link_is_up_when_both_its_ends_are(void **state)
{
	assert_int_equal(netns_ip("link set k0 up"), 0);
	assert_int_equal(netns_ip("link set k1 up"), 0);
	assert_non_null(watch_for(*state, is_link, &(struct link_want){.name = "k0", .up = true}));
	assert_int_equal(netns_ip("link set k1 down"), 0); // k0 loses its carrier
	assert_non_null(watch_for(*state, is_link, &(struct link_want){.name = "k0", .up = false}));
	assert_int_equal(netns_ip("link set k1 up"), 0);
	assert_non_null(watch_for(*state, is_link, &(struct link_want){.name = "k0", .up = true}));
}

static void a_changed_mtu_is_told(void **state)
{
	assert_int_equal(netns_ip("link set k0 mtu 9000"), 0);
	assert_non_null(watch_for(*state, is_link,
				  &(struct link_want){.name = "k0", .up = true, .mtu = 9000}));
}

static void a_link_that_leaves_a_bridge_is_not_gone(void **state)
{
	if (netns_ip("link add bridge0 type bridge 2> /dev/null") != 0)
		skip();
	assert_int_equal(netns_ip("link set k0 master bridge0"), 0);
	assert_int_equal(netns_ip("link set k0 nomaster"), 0);
	assert_int_equal(netns_ip("link set k0 mtu 1601"), 0);
	struct watch *w = *state;
	const struct kernel_event *e;
	do { // until the change of the MTU, nothing may say that it is gone
		e = watch_for(w, is_link, &(struct link_want){.name = "k0", .up = true});
		assert_non_null(e);
		for (unsigned i = 0; i < w->n; i++)
			assert_false(is_link(&w->seen[i], &(struct link_want){.name = "k0",
									      .gone = true,
									      .up = true}) ||
				     is_link(&w->seen[i],
					     &(struct link_want){.name = "k0", .gone = true}));
	} while (e->link.mtu != 1601);
	assert_int_equal(netns_ip("link del bridge0"), 0);
}

static void an_address_is_tentative_until_no_other_has_it(void **state)
{
	assert_int_equal(netns_ip("addr add 2001:db8:1::1/64 dev k0"), 0);
	const struct kernel_event *e = watch_for(
		*state, is_addr, &(struct addr_want){.text = "2001:db8:1::1", .tentative = true});
	assert_non_null(e);
	assert_int_equal(e->addr.len, 64);
	assert_non_null(watch_for(*state, is_addr, &(struct addr_want){.text = "2001:db8:1::1"}));
	assert_int_equal(netns_ip("addr del 2001:db8:1::1/64 dev k0"), 0);
	assert_non_null(watch_for(*state, is_addr,
				  &(struct addr_want){.text = "2001:db8:1::1", .gone = true}));
}

static void of_a_pair_of_addresses_ours_is_told(void **state)
{
	assert_int_equal(netns_ip("addr add 2001:db8:2::1 peer 2001:db8:2::2 dev k0 nodad"), 0);
	assert_non_null(watch_for(*state, is_addr, &(struct addr_want){.text = "2001:db8:2::1"}));
	assert_null(watch_dump(*state, is_addr, &(struct addr_want){.text = "2001:db8:2::2"}));
}

static void a_dump_tells_the_levels_that_events_told(void **state)
{
	assert_non_null(watch_dump(*state, is_link, &(struct link_want){.name = "k0", .up = true}));
	assert_non_null(watch_dump(*state, is_link, &(struct link_want){.name = "lo", .up = true}));
	assert_non_null(watch_dump(*state, is_addr, &(struct addr_want){.text = "::1"}));
	assert_null(watch_dump(*state, is_link, &(struct link_want){.name = "k9"}));
}

struct order {
	enum kernel_event_kind last;
	unsigned backwards, n;
};

static void check_order(void *arg, const struct kernel_event *e)
{
	struct order *o = arg;

	o->backwards += e->kind < o->last;
	o->last = e->kind;
	o->n++;
}

// A reader can rely on it: an address comes after its link, a route after both.
static void a_dump_tells_links_then_addresses_then_routes_then_neighbours(void **state)
{
	struct watch *w = *state;
	struct order o = {0};

	assert_int_equal(kernel_dump(w->kernel, check_order, &o), 0);
	assert_true(o.n > 4);
	assert_int_equal(o.backwards, 0);
}

static void a_deleted_link_is_gone(void **state)
{
	assert_int_equal(netns_ip("link del k0"), 0);
	struct watch *w = *state;
	const struct kernel_event *e =
		watch_for(w, is_link, &(struct link_want){.name = "k0", .gone = true});
	assert_non_null(e);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, watch_start, watch_stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_link_is_told_with_its_name_mac_and_mtu),
		TEST(a_link_is_up_when_both_its_ends_are),
		TEST(a_changed_mtu_is_told),
		TEST(a_link_that_leaves_a_bridge_is_not_gone),
		TEST(an_address_is_tentative_until_no_other_has_it),
		TEST(of_a_pair_of_addresses_ours_is_told),
		TEST(a_dump_tells_the_levels_that_events_told),
		TEST(a_dump_tells_links_then_addresses_then_routes_then_neighbours),
		TEST(a_deleted_link_is_gone),
	};
	int rc = netns_enter();

	return rc != 0 ? rc : cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
