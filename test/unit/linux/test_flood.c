// More events than are read: bounded polls, an overrun that is told, dumps while things change.
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "test/unit/linux/watch.h"
#include "test/unit/netns.h"

enum { ROUTES = 200, ADDRS = 900 };

static void count_routes(void *arg, const struct kernel_event *e)
{
	unsigned *n = arg;

	*n += e->kind == KERNEL_ROUTE && e->route.protocol == KERNEL_ROUTE_PROTO;
}

static bool is_lost(const struct kernel_event *e, const void *want)
{
	(void)want;
	return e->kind == KERNEL_LOST;
}

static struct ip6_prefix nth(unsigned i)
{
	struct ip6_prefix p = prefix("2001:db8::/64");

	p.addr.a[6] = (uint8_t)(i >> 8);
	p.addr.a[7] = (uint8_t)i;
	return p;
}

static void flood(struct kernel *k, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(kernel_pool_route_add(k, nth(i)), 0);
}

static void drain(struct kernel *k, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(kernel_pool_route_del(k, nth(i)), 0);
}

static void a_poll_reads_no_more_than_its_budget(void **state)
{
	struct watch *w = *state;
	unsigned told = 0;

	flood(w->kernel, ROUTES);
	assert_int_equal(kernel_poll(w->kernel, 10, count_routes, &told), 10);
	assert_int_equal(told, 10);
	while (kernel_poll(w->kernel, 10, count_routes, &told) > 0)
		;
	assert_int_equal(told, ROUTES); // none of them twice, none forgotten
	drain(w->kernel, ROUTES);
}

static void a_poll_of_nothing_returns_at_once(void **state)
{
	struct watch *w = *state;
	unsigned told = 0;

	while (kernel_poll(w->kernel, 10, count_routes, &told) > 0)
		;
	assert_int_equal(kernel_poll(w->kernel, 10, count_routes, &told), 0);
}

static void an_overrun_is_told_and_a_dump_makes_it_good(void **state)
{
	struct watch *w = *state;
	unsigned told = 0;
	int small = 1; // the kernel rounds it up to its least

	assert_int_equal(
		setsockopt(kernel_fd(w->kernel), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	flood(w->kernel, ROUTES);
	assert_non_null(watch_for(w, is_lost, NULL));
	assert_int_equal(kernel_dump(w->kernel, count_routes, &told), 0);
	assert_int_equal(told, ROUTES);
	drain(w->kernel, ROUTES);
}

struct asking {
	struct kernel *kernel;
	unsigned told;
	int rc;
};

static void ask_meanwhile(void *arg, const struct kernel_event *e)
{
	struct asking *a = arg;

	count_routes(&a->told, e);
	a->rc |= kernel_pool_route_del(a->kernel, prefix("2001:db8:ffff::/48"));
}

static void a_request_in_the_middle_of_a_dump_disturbs_neither(void **state)
{
	struct watch *w = *state;
	struct asking a = {.kernel = w->kernel};

	flood(w->kernel, ROUTES); // more than one answer of the kernel's holds
	assert_int_equal(kernel_dump(w->kernel, ask_meanwhile, &a), 0);
	assert_int_equal(a.told, ROUTES);
	assert_int_equal(a.rc, 0);
	drain(w->kernel, ROUTES);
}

static atomic_bool stop;

// Writes numbered commands to `ip -batch -`, which is faster than one ip(8) for each.
static int batch(const char *format, unsigned n)
{
	return netns_ip("-batch /dev/stdin <<END\n$(seq -f '%s' %u)\nEND\n", format, n);
}

static void *keep_changing(void *arg)
{
	int *rc = arg;

	while (*rc == 0 && !atomic_load(&stop))
		*rc = batch("addr add 2001:db8:1::%g/128 dev lo nodad", 50) |
		      batch("addr del 2001:db8:1::%g/128 dev lo", 50);
	return NULL;
}

static void count_addrs(void *arg, const struct kernel_event *e)
{
	unsigned *n = arg;

	*n += e->kind == KERNEL_ADDR && e->addr.len == 128 && e->addr.addr.a[5] == 2;
}

// A dump in pieces is interrupted when an address changes between two of them (NLM_F_DUMP_INTR).
static void a_dump_succeeds_while_addresses_come_and_go(void **state)
{
	struct watch *w = *state;
	pthread_t other;
	int changing = 0;
	unsigned told = 0, whole = 0;

	assert_int_equal(batch("addr add 2001:db8:2::%g/128 dev lo nodad", ADDRS), 0);
	assert_int_equal(pthread_create(&other, NULL, keep_changing, &changing), 0);
	// On a slow machine every try of one dump can be interrupted: that is said, never hidden.
	for (unsigned i = 0; i < 200; i++) {
		int rc = kernel_dump(w->kernel, count_addrs, &told);
		assert_true(rc == 0 || rc == -EINTR);
		whole += rc == 0;
	}
	atomic_store(&stop, true);
	pthread_join(other, NULL);
	assert_true(whole > 0);
	assert_int_equal(changing, 0);
	told = 0;
	assert_int_equal(kernel_dump(w->kernel, count_addrs, &told), 0);
	assert_int_equal(told, ADDRS);
}

struct asker {
	struct kernel *kernel;
	unsigned told;
	int rc;
};

static void ask_in_the_midst(void *arg, const struct kernel_event *e)
{
	struct asker *a = arg;

	count_addrs(&a->told, e);
	if (e->kind != KERNEL_ADDR)
		return;
	a->rc |= kernel_pool_route_add(a->kernel, nth(1));
	a->rc |= kernel_neigh_unmanage(a->kernel, 1, addr("2001:db8::77"));
}

static void a_reader_may_ask_in_the_midst_of_a_dump(void **state)
{
	struct watch *w = *state;
	struct asker a = {.kernel = w->kernel};

	assert_int_equal(kernel_dump(w->kernel, ask_in_the_midst, &a), 0);
	assert_int_equal(a.rc, 0);
	assert_int_equal(a.told, ADDRS);
	drain(w->kernel, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, watch_start, watch_stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_poll_reads_no_more_than_its_budget),
		TEST(a_poll_of_nothing_returns_at_once),
		TEST(an_overrun_is_told_and_a_dump_makes_it_good),
		TEST(a_request_in_the_middle_of_a_dump_disturbs_neither),
		TEST(a_dump_succeeds_while_addresses_come_and_go),
		TEST(a_reader_may_ask_in_the_midst_of_a_dump),
	};
	int rc = netns_enter();

	return rc != 0 ? rc : cmocka_run_group_tests_name("flood", tests, NULL, NULL);
}
