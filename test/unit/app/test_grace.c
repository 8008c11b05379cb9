// The time for which packets of a previous MAG count at an LMA: FMIP-12.
#include "app/lma/grace.h"

#include <stdio.h>
#include <unistd.h>

#include "conf/conf.h"
#include "test/unit/fwd/world.h"
#include "test/unit/test.h"

enum { BEFORE = 3, AFTER = 4, PEERS = 8 };

static struct world the_world;
static struct plane plane;

static int begin(void **state)
{
	static struct plane_peer peers[PEERS + 1];

	if (world_start(&the_world) != 0)
		return -1;
	memset(peers, 0, sizeof(peers));
	plane = (struct plane){.fib = the_world.fib,
			       .bcache = the_world.bcache,
			       .grace = the_world.grace,
			       .peers = peers,
			       .is = {.tunnel_mtu = 1500, .max_peers = PEERS}};
	*state = grace_list_new();
	return *state != NULL ? farewells_init(&plane.left, 1) : -1;
}

static int end(void **state)
{
	grace_list_free(*state);
	farewells_done(&plane.left);
	for (uint32_t peer = 0; peer <= PEERS; peer++)
		if (plane.peers[peer].refs != 0)
			return -1;
	return world_stop(&the_world) ? 0 : -1;
}

static struct ip6_prefix hnp(void)
{
	return ip6_prefix_of(addr("2001:db8:4000::"), 64);
}

static struct tunnel_way moved(void)
{
	return (struct tunnel_way){
		.tunnel = {addr(LMAA), addr("2001:db8:e::4"), AFTER, BEFORE},
		.also = addr("2001:db8:e::3"),
	};
}

static bool is_welcome(const char *mag)
{
	return peer_find(the_world.fib, addr(mag)) != 0;
}

static void bind_for(struct grace_list *l, ns_t until)
{
	struct tunnel_way way = moved();

	assert_int_equal(tunnels_bind(&plane, hnp(), &way), 0);
	assert_true(grace_list_add(l, hnp(), &way, until));
	assert_true(is_welcome("2001:db8:e::3"));
}

static void FMIP_12_the_previous_mag_is_welcome_until_its_time_is_over(void **state)
{
	bind_for(*state, 100);
	grace_list_turn(*state, &plane, 99);
	assert_true(is_welcome("2001:db8:e::3"));
	grace_list_turn(*state, &plane, 100);
	assert_false(is_welcome("2001:db8:e::3"));
	assert_true(is_welcome("2001:db8:e::4"));
	assert_int_equal(grace_list_count(*state), 0);
	tunnels_unbind(&plane, hnp());
}

// It moved on, left or was deleted meanwhile: what is there now stays.
static void FMIP_12_what_was_written_since_is_left_alone(void **state)
{
	struct tunnel_way other = {.tunnel = {addr(LMAA), addr("2001:db8:e::3"), BEFORE, 0}};

	bind_for(*state, 100);
	assert_int_equal(tunnels_bind(&plane, hnp(), &other), 0);
	grace_list_turn(*state, &plane, 100);
	assert_true(is_welcome("2001:db8:e::3"));
	assert_false(is_welcome("2001:db8:e::4"));
	tunnels_unbind(&plane, hnp());
	bind_for(*state, 200);
	tunnels_unbind(&plane, hnp());
	grace_list_turn(*state, &plane, 200);
	assert_int_equal(bcache_get(the_world.bcache, hnp()), BCACHE_NONE);
	assert_int_equal(grace_list_count(*state), 0);
	bind_for(*state, 300);
	tunnels_detach(&plane, hnp());
	grace_list_turn(*state, &plane, 300);
	assert_int_equal(bcache_get(the_world.bcache, hnp()), BCACHE_DETACHED);
	tunnels_unbind(&plane, hnp());
}

// 200 ms in a domain with fast handover, else none; unless the operator says how long.
static void FMIP_12_how_long_the_domain_or_the_operator_says(void **state)
{
	static const struct {
		bool fast;
		uint32_t said_ms, wanted_ms;
	} rows[] = {{true, CONF_GRACE_AS_DOMAIN, 200},
		    {false, CONF_GRACE_AS_DOMAIN, 0},
		    {true, 0, 0},
		    {true, 50, 50},
		    {false, 10000, 10000}};
	static struct conf c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c.lma.fast_handover = rows[i].fast;
		c.lma.prev_coa_grace_ms = rows[i].said_ms;
		assert_int_equal(grace_of(&c), rows[i].wanted_ms * NS_MSEC);
	}
}

static void beyond_its_room_there_is_none(void **state)
{
	struct tunnel_way way = moved();

	for (uint32_t i = 0; i < GRACE_MAX; i++)
		assert_true(grace_list_add(*state, hnp(), &way, i));
	assert_false(grace_list_add(*state, hnp(), &way, 0));
	for (uint32_t i = 0; i < GRACE_MAX; i++)
		grace_list_turn(*state, &plane, GRACE_MAX);
	assert_int_equal(grace_list_count(*state), 0);
	assert_true(grace_list_add(*state, hnp(), &way, 0));
}

int main(void)
{
	char file_prefix[32];
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(FMIP_12_the_previous_mag_is_welcome_until_its_time_is_over),
		T(FMIP_12_what_was_written_since_is_left_alone),
		T(FMIP_12_how_long_the_domain_or_the_operator_says),
		T(beyond_its_room_there_is_none),
	};

	snprintf(file_prefix, sizeof(file_prefix), "kedge-grace-%d", (int)getpid());
	if (world_boot(&the_world, file_prefix) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
