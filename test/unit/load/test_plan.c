// Names, addresses and identifiers of the played domain, there and back.
#include "test/unit/test.h"
#include "tools/load/plan.h"

static struct plan plan(uint32_t nodes, uint32_t mags)
{
	struct plan p = {.nodes = nodes, .mags = mags, .realm = "load.example"};

	assert_int_equal(ip6_parse("2001:db8:b1::1", &p.first_coa), 0);
	return p;
}

static uint32_t node_of(const struct plan *p, const char *nai)
{
	return plan_node_of_nai(p, (struct span){(const uint8_t *)nai, (uint16_t)strlen(nai)});
}

static void each_mag_has_an_address_of_its_own(void **state)
{
	struct plan p = plan(10, 300);

	(void)state;
	for (uint32_t i = 0; i < 300; i++)
		assert_int_equal(plan_mag(&p, plan_coa(&p, i)), i);
	char text[IP6_ADDR_TEXT];
	assert_string_equal(ip6_format(plan_coa(&p, 299), text), "2001:db8:b1::12c");
}

static void addresses_beside_the_mags_are_no_mags(void **state)
{
	struct plan p = plan(10, 300);
	struct ip6_addr elsewhere;

	(void)state;
	assert_int_equal(plan_mag(&p, plan_coa(&p, 300)), PLAN_NONE);
	assert_int_equal(plan_mag(&p, plan_coa(&p, UINT32_MAX)), PLAN_NONE);
	assert_int_equal(ip6_parse("2001:db8:b1::", &elsewhere), 0);
	assert_int_equal(plan_mag(&p, elsewhere), PLAN_NONE);
	assert_int_equal(ip6_parse("2001:db8:b2::1", &elsewhere), 0);
	assert_int_equal(plan_mag(&p, elsewhere), PLAN_NONE);
}

static void each_node_is_known_by_its_name(void **state)
{
	struct plan p = plan(PLAN_NODES, 1);
	char buf[PLAN_NAI];

	(void)state;
	for (uint32_t i = 0; i < PLAN_NODES; i = i * 3 + 1)
		assert_int_equal(plan_node_of_nai(&p, plan_nai(&p, i, buf)), i);
	assert_string_equal((const char *)plan_nai(&p, 42, buf).p, "node-42@load.example");
}

static void names_that_only_look_like_a_nodes_are_none(void **state)
{
	struct plan p = plan(1000, 1);

	(void)state;
	assert_int_equal(node_of(&p, "node-999@load.example"), 999);
	assert_int_equal(node_of(&p, "node-1000@load.example"), PLAN_NONE);
	assert_int_equal(node_of(&p, "node-01@load.example"), PLAN_NONE);
	assert_int_equal(node_of(&p, "node-@load.example"), PLAN_NONE);
	assert_int_equal(node_of(&p, "node-1@load.exampl"), PLAN_NONE);
	assert_int_equal(node_of(&p, "node-1@load.example1"), PLAN_NONE);
	assert_int_equal(node_of(&p, "nodE-1@load.example"), PLAN_NONE);
	assert_int_equal(node_of(&p, "node-4294967297@load.example"), PLAN_NONE);
	assert_int_equal(node_of(&p, "node-99999999999999999999999@load.example"), PLAN_NONE);
	assert_int_equal(node_of(&p, "node"), PLAN_NONE);
	assert_int_equal(node_of(&p, ""), PLAN_NONE);
}

static void each_node_is_known_by_its_address(void **state)
{
	struct plan p = plan(1000, 1);
	uint64_t hnp = 0x20010db800010002;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		struct ip6_addr a = plan_address(hnp, i);
		assert_int_equal(plan_node_of_address(&p, a), i);
		assert_true(ip6_hi64(a) == hnp);
	}
	assert_int_equal(plan_node_of_address(&p, plan_address(hnp, 1000)), PLAN_NONE);
	// The subnet-router anycast address is nobody's.
	assert_int_equal(plan_node_of_address(&p, ip6_from64(hnp, 0)), PLAN_NONE);
}

static void link_layer_identifiers_differ_and_are_no_groups(void **state)
{
	uint8_t a[PLAN_MAC], b[PLAN_MAC];

	(void)state;
	plan_ll_id(0x01020304, a);
	plan_ll_id(0x01020305, b);
	assert_memory_equal(a, ((uint8_t[]){2, 0, 1, 2, 3, 4}), sizeof(a));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(a[0] & 1, 0);
}

static void nodes_are_spread_over_the_mags_and_move_around(void **state)
{
	struct plan p = plan(1000, 16);

	(void)state;
	assert_int_equal(plan_first_mag(&p, 0), 0);
	assert_int_equal(plan_first_mag(&p, 17), 1);
	assert_int_equal(plan_mag_after(&p, 15, 1), 0);
	assert_int_equal(plan_mag_after(&p, 3, 15), 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mag_has_an_address_of_its_own),
		cmocka_unit_test(addresses_beside_the_mags_are_no_mags),
		cmocka_unit_test(each_node_is_known_by_its_name),
		cmocka_unit_test(names_that_only_look_like_a_nodes_are_none),
		cmocka_unit_test(each_node_is_known_by_its_address),
		cmocka_unit_test(link_layer_identifiers_differ_and_are_no_groups),
		cmocka_unit_test(nodes_are_spread_over_the_mags_and_move_around),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
