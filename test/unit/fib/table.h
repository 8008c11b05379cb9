// One small fib around every test, and the groups of this program.
#pragma once

#include "fib/fib.h"
#include "test/unit/test.h"

enum { FEW_ENTRIES = 4, FEW_NEXTHOPS = 8, FEW_ROUTES = 600, FEW_PEERS = 8 };

struct bench {
	struct grace *grace; // reader 0 is online
	struct fib *fib;
};

int start(void **state); // *state is the bench
int stop(void **state);
void pass(struct bench *); // a grace period: the reader reports, what waited runs
struct ip6_addr addr(const char *text);

#define FIB_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int run_entries(void); // failed tests, as cmocka counts them
int run_nexthops(void);
int run_peers(void);
int run_routes(void);
