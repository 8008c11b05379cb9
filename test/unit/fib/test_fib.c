// The bench of the tests, what cannot be a fib, and the order of the groups.
#include <errno.h>

#include "test/unit/eal.h"
#include "test/unit/fib/table.h"

static const struct fib_conf few = {.max_entries = FEW_ENTRIES,
				    .max_nexthops = FEW_NEXTHOPS,
				    .max_routes = FEW_ROUTES,
				    .max_peers = FEW_PEERS,
				    .seed = 11};

int start(void **state)
{
	static struct bench b;

	*state = &b;
	if (grace_new(1, &b.grace) != 0 || fib_new("bench", &few, b.grace, &b.fib) != 0)
		return -1;
	grace_online(b.grace, 0);
	return 0;
}

int stop(void **state)
{
	struct bench *b = *state;

	grace_offline(b->grace, 0);
	fib_free(b->fib);
	grace_free(b->grace);
	return 0;
}

void pass(struct bench *b)
{
	grace_quiescent(b->grace, 0);
	grace_poll(b->grace);
}

struct ip6_addr addr(const char *text)
{
	struct ip6_addr a;

	assert_int_equal(ip6_parse(text, &a), 0);
	return a;
}

static void a_fib_that_cannot_be_is_refused(void **state)
{
	struct bench *b = *state;
	struct fib_conf wrong[] = {few, few, few, few, few};
	wrong[0].max_entries = 0;
	wrong[1].max_nexthops = NEXTHOP_FIRST;
	wrong[2].max_nexthops = 16385;
	wrong[3].max_peers = 0;
	wrong[4].max_routes = 0;
	for (unsigned i = 0; i < 5; i++) {
		struct fib *f = NULL;
		assert_int_equal(fib_new("wrong", &wrong[i], b->grace, &f), -EINVAL);
		assert_null(f);
	}
	fib_free(NULL);
}

static void a_second_fib_of_one_name_is_refused_and_leaves_the_first(void **state)
{
	struct bench *b = *state;
	struct fib *f = NULL;
	assert_int_not_equal(fib_new("bench", &few, b->grace, &f), 0);
	assert_null(f);
	int32_t nexthop;
	struct ip6_addr a = addr("2001:db8::1");
	route_find_burst(b->fib, &a, 1, &nexthop);
	assert_int_equal(nexthop, NEXTHOP_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIB_TEST(a_fib_that_cannot_be_is_refused),
		FIB_TEST(a_second_fib_of_one_name_is_refused_and_leaves_the_first),
	};

	if (eal_start("fib") != 0)
		return 1;
	int failed = run_entries() + run_nexthops() + run_peers() + run_routes() +
		     cmocka_run_group_tests_name("fib", tests, NULL, NULL);
	rte_eal_cleanup();
	return failed;
}
