// Neighbours asked for through the kernel, with another namespace at the far end of the wire.
#include <net/if.h>
#include <string.h>

#include "test/unit/linux/watch.h"
#include "test/unit/netns.h"

static pid_t far_end;
static int ifindex;
static const uint8_t far_mac[6] = {2, 0, 0, 0, 0, 0x22};

struct neigh_want {
	const char *text;
	bool gone, usable;
};

static bool is_neigh(const struct kernel_event *e, const void *want)
{
	const struct neigh_want *w = want;

	return e->kind == KERNEL_NEIGH && e->ifindex == ifindex &&
	       ip6_equal(e->neigh.addr, addr(w->text)) && e->gone == w->gone &&
	       e->neigh.usable == w->usable;
}

static void a_managed_neighbour_is_resolved_without_traffic(void **state)
{
	struct watch *w = *state;

	assert_int_equal(kernel_neigh_manage(w->kernel, ifindex, addr("2001:db8::2")), 0);
	const struct kernel_event *e =
		watch_for(w, is_neigh, &(struct neigh_want){.text = "2001:db8::2", .usable = true});
	assert_non_null(e);
	assert_memory_equal(e->neigh.mac, far_mac, sizeof(far_mac));
	assert_int_equal(netns_ip("-6 neigh show 2001:db8::2 dev n0 | grep -q managed"), 0);
}

static void managing_twice_is_managing(void **state)
{
	struct watch *w = *state;

	assert_int_equal(kernel_neigh_manage(w->kernel, ifindex, addr("2001:db8::2")), 0);
	assert_int_equal(kernel_neigh_manage(w->kernel, ifindex, addr("2001:db8::2")), 0);
	assert_non_null(watch_dump(w, is_neigh,
				   &(struct neigh_want){.text = "2001:db8::2", .usable = true}));
}

static void a_neighbour_with_another_mac_is_told_again(void **state)
{
	static const uint8_t other[6] = {2, 0, 0, 0, 0, 0x33};

	assert_int_equal(netns_far_ip(far_end, "link set n1 address 02:00:00:00:00:33"), 0);
	// The kernel asks anew when what it knows gets old; a test does not wait for that.
	assert_int_equal(
		netns_ip("-6 neigh replace 2001:db8::2 dev n0 nud probe lladdr 02:00:00:00:00:33"),
		0);
	const struct kernel_event *e = watch_for(
		*state, is_neigh, &(struct neigh_want){.text = "2001:db8::2", .usable = true});
	assert_non_null(e);
	assert_memory_equal(e->neigh.mac, other, sizeof(other));
}

static void an_unmanaged_neighbour_is_gone_and_nobody_minds_twice(void **state)
{
	struct watch *w = *state;

	assert_int_equal(kernel_neigh_unmanage(w->kernel, ifindex, addr("2001:db8::2")), 0);
	assert_non_null(
		watch_for(w, is_neigh, &(struct neigh_want){.text = "2001:db8::2", .gone = true}));
	assert_int_equal(kernel_neigh_unmanage(w->kernel, ifindex, addr("2001:db8::2")), 0);
}

static void who_does_not_answer_is_told_as_gone(void **state)
{
	struct watch *w = *state;

	assert_int_equal(kernel_neigh_manage(w->kernel, ifindex, addr("2001:db8::77")), 0);
	assert_non_null(
		watch_for(w, is_neigh, &(struct neigh_want){.text = "2001:db8::77", .gone = true}));
	assert_int_equal(kernel_neigh_unmanage(w->kernel, ifindex, addr("2001:db8::77")), 0);
}

// An operator who wrote a MAC down by hand meant it.
static void a_neighbour_set_by_hand_stays_as_it_is(void **state)
{
	struct watch *w = *state;
	static const char set[] = "-6 neigh add 2001:db8::66 dev n0 lladdr 02:00:00:00:00:66 "
				  "nud permanent";
	static const char still[] = "-6 neigh show 2001:db8::66 dev n0 nud permanent | grep -q 66";

	assert_int_equal(netns_ip("%s", set), 0);
	assert_int_equal(kernel_neigh_manage(w->kernel, ifindex, addr("2001:db8::66")), 0);
	assert_int_equal(netns_ip("%s", still), 0);
	assert_int_equal(kernel_neigh_unmanage(w->kernel, ifindex, addr("2001:db8::66")), 0);
	assert_int_equal(netns_ip("%s", still), 0);
	assert_non_null(watch_dump(w, is_neigh,
				   &(struct neigh_want){.text = "2001:db8::66", .usable = true}));
}

static void a_netdev_that_is_not_there_is_an_error(void **state)
{
	struct watch *w = *state;

	assert_true(kernel_neigh_manage(w->kernel, 9999, addr("2001:db8::2")) < 0);
}

static int group_start(void **state)
{
	(void)state;
	far_end = netns_far_add();
	if (far_end < 0)
		return -1;
	int rc = netns_ip("link add n0 type veth peer name n1 address 02:00:00:00:00:22") |
		 netns_ip("link set n1 netns %d", far_end) |
		 netns_ip("addr add 2001:db8::1/64 dev n0 nodad") | netns_ip("link set n0 up") |
		 netns_far_ip(far_end, "addr add 2001:db8::2/64 dev n1 nodad") |
		 netns_far_ip(far_end, "link set n1 up");
	ifindex = (int)if_nametoindex("n0");
	return rc == 0 ? 0 : -1;
}

static int group_stop(void **state)
{
	(void)state;
	netns_far_del(far_end);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, watch_start, watch_stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_managed_neighbour_is_resolved_without_traffic),
		TEST(managing_twice_is_managing),
		TEST(a_neighbour_with_another_mac_is_told_again),
		TEST(an_unmanaged_neighbour_is_gone_and_nobody_minds_twice),
		TEST(who_does_not_answer_is_told_as_gone),
		TEST(a_neighbour_set_by_hand_stays_as_it_is),
		TEST(a_netdev_that_is_not_there_is_an_error),
	};
	int rc = netns_enter();

	return rc != 0 ? rc
		       : cmocka_run_group_tests_name("neighbours", tests, group_start, group_stop);
}
