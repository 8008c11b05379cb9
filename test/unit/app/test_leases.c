// What of a node's binding the DHCPv6 relay goes by.
#include "app/mag/leases.h"

#include "test/unit/test.h"

enum { MAX_HNPS = 3 };

static struct ip6_prefix prefix_of(const char *text)
{
	struct ip6_prefix p;

	assert_int_equal(ip6_prefix_parse(text, &p), 0);
	return p;
}

static void assert_link_address(const struct mag_binding *b, const char *expected)
{
	char text[IP6_ADDR_TEXT];

	assert_string_equal(ip6_format(leases_link_address(b), text), expected);
}

// MAG-DH-04: status < 128, and the prefixes are there.
static void only_a_node_that_is_accepted_may_lease(void **state)
{
	(void)state;
	struct ip6_prefix hnp = prefix_of("2001:db8:100:1::/64");

	for (int s = 0; s < BUL_N_STATES; s++) {
		struct mag_binding b = {.hnps = &hnp, .n_hnps = 1, .state = (enum bul_state)s};
		assert_int_equal(leases_are_for(&b), s == BUL_BOUND || s == BUL_REFRESHING);
		b.n_hnps = 0;
		assert_false(leases_are_for(&b));
	}
}

// MAG-DH-02: the LMA may name a session's prefixes in another order to another MAG.
static void the_link_address_is_the_same_in_whatever_order_the_prefixes_are(void **state)
{
	(void)state;
	static const int orders[][MAX_HNPS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					       {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	const struct ip6_prefix hnps[MAX_HNPS] = {prefix_of("2001:db8:100:2::/64"),
						  prefix_of("2001:db8:100:10::/64"),
						  prefix_of("2001:db8:200::/64")};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct ip6_prefix order[MAX_HNPS];
		for (int k = 0; k < MAX_HNPS; k++)
			order[k] = hnps[orders[i][k]];
		struct mag_binding b = {.hnps = order, .n_hnps = MAX_HNPS};
		assert_link_address(&b, "2001:db8:100:2:200:5eff:fe00:5213");
	}
}

// MAG-DH-01
static void the_link_address_lies_in_the_prefix_however_long_it_is(void **state)
{
	(void)state;
	static const char *const texts[] = {"2001:db8:100::/48", "2001:db8::/32",
					    "2001:db8:100:1::/64", "2001:db8:100:80::/57"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ip6_prefix hnp = prefix_of(texts[i]);
		struct mag_binding b = {.hnps = &hnp, .n_hnps = 1};
		assert_true(ip6_prefix_covers(hnp, leases_link_address(&b)));
	}
}

// MAG-DH-04
static void what_lies_in_one_of_its_prefixes_may_be_leased_and_nothing_else(void **state)
{
	(void)state;
	const struct ip6_prefix hnps[] = {prefix_of("2001:db8:100::/64"),
					  prefix_of("2001:db8:200::/56")};
	const struct mag_binding b = {.hnps = hnps, .n_hnps = 2}, none = {.n_hnps = 0};
	static const struct {
		const char *lease;
		bool good;
	} cases[] = {
		{"2001:db8:100::/128", true},
		{"2001:db8:100::7/128", true},
		{"2001:db8:100:0:ffff:ffff:ffff:ffff/128", true},
		{"2001:db8:100::/64", true},
		{"2001:db8:100:0:8000::/65", true},
		{"2001:db8:100::/63", false}, // has the prefix in it, and the next one
		{"2001:db8:100::/48", false},
		{"::/0", false},
		{"2001:db8:100:1::/128", false},
		{"2001:db8:ff:ffff::1/128", false},
		{"2001:db8:200:ff::7/128", true}, // the second one
		{"2001:db8:200:80::/60", true},
		{"2001:db8:200:100::7/128", false},
		{"fe80::1/128", false},
		{"::/128", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(leases_may_have(&b, prefix_of(cases[i].lease)), cases[i].good);
		assert_false(leases_may_have(&none, prefix_of(cases[i].lease)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_node_that_is_accepted_may_lease),
		cmocka_unit_test(the_link_address_is_the_same_in_whatever_order_the_prefixes_are),
		cmocka_unit_test(the_link_address_lies_in_the_prefix_however_long_it_is),
		cmocka_unit_test(what_lies_in_one_of_its_prefixes_may_be_leased_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
