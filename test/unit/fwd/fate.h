// For the tests: what became of a packet, and one start and stop around each test.
#pragma once

#include "test/unit/fwd/world.h"

#include "test/unit/test.h"

extern struct world the_world;

int start(void **state); // *state is the world
int stop(void **state);  // balanced, and every buffer is back

// Gives the frame to that port, one turn of the worker. The one verdict that it caused.
enum verdict fate(struct world *, uint16_t port, struct frame);
// The same for a packet: a frame is put around it.
enum verdict fate_of(struct world *, uint16_t port, struct frame packet);
// The same for what control makes: a packet, or a frame for that port.
enum verdict fate_of_own(struct world *, enum fwd_punt_kind, uint16_t port, struct frame);
// What left by that port, without layer 2. Fails the test if nothing did.
struct frame sent(struct world *, uint16_t port);
void assert_nothing_sent(struct world *);
void assert_verdict(enum verdict got, enum verdict wanted);
struct ip6_addr src_of(const struct frame *);
struct ip6_addr dst_of(const struct frame *);
void assert_addr(struct ip6_addr got, const char *wanted);

#define FATE_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

// One group of tests in each file.
int test_classify(void);
int test_downlink(void);
int test_ecn(void);
int test_uplink(void);
int test_icmp(void);
int test_access(void);
int test_local(void);
int test_deliver(void);
int test_relay(void);
int test_punt(void);
int test_bounds(void);
int test_mem(void);
int test_fragments(void);
int test_reassembly(void);
int test_spread(void);
int test_limit(void);
int test_hold(void);
int test_detour(void);
int test_plain(void);
int test_random(void);
