// The rules that span rows, each broken once, with the exact line; and their near misses, which
// load.
#include <errno.h>

#include "test/unit/conf/text.h"
#include "test/unit/test.h"

struct rule_case {
	const char *text, *said; // said "": it loads
};

static void assert_said(const char *text, const char *expected)
{
	struct conf *c = NULL;
	char *said;
	int err = load_bytes(text, strlen(text), &said, &c);

	assert_string_equal(said, expected);
	assert_int_equal(err, expected[0] == '\0' ? 0 : -EINVAL);
	conf_free(c);
	free(said);
}

static void assert_each(const struct rule_case *cases)
{
	for (; cases->text != NULL; cases++)
		assert_said(cases->text, cases->said);
}

#define POOL(name, prefix)      "  - {name: " name ", prefix: " prefix "}\n"
#define HNP(name, prefix, bits) "  - {name: " name ", prefix: " prefix ", hnp_length: " bits "}\n"

static void pools_that_overlap_are_both_named(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {
		{LMA PORTS MAGS "pools:\n" POOL("a", "2001:db8:1000::/40")
			 POOL("b", "2001:db8:1010::/44"),
		 "f:6:23: pool \"b\" (2001:db8:1010::/44) overlaps pool \"a\" (2001:db8:1000::/40) "
		 "in line 5: "
		 "each prefix belongs to one pool\n"},
		{LMA PORTS MAGS "pools:\n" POOL("a", "2001:db8:1000::/48")
			 POOL("b", "2001:db8:1000::/40"),
		 "f:6:23: pool \"b\" (2001:db8:1000::/40) overlaps pool \"a\" (2001:db8:1000::/48) "
		 "in line 5: "
		 "each prefix belongs to one pool\n"},
		{LMA PORTS MAGS "pools:\n" POOL("a", "2001:db8:1000::/40")
			 POOL("b", "2001:db8:1100::/40"),
		 ""},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void hnps_longer_than_64_bits_are_refused_with_the_reason(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {
		{LMA PORTS MAGS "pools:\n" HNP("a", "2001:db8:1000::/40", "65"),
		 "f:5:55: pools[].hnp_length: 65 is out of range, wanted is 1..64 bits (Length of "
		 "each home "
		 "network prefix, from the block's own to 64: the binding cache looks at the first "
		 "64 bits of "
		 "an address only.)\n"},
		{LMA PORTS MAGS "pools:\n" POOL("a", "2001:db8:1000::/80"),
		 "f:5:23: pool \"a\" is a /80: home network prefixes are at most /64, because the "
		 "binding "
		 "cache looks at the first 64 bits only; did you mean 2001:db8:1000::/64?\n"},
		{LMA PORTS MAGS "pools:\n" HNP("a", "2001:db8:1000::/40", "39"),
		 "f:5:55: pools[].hnp_length: 39 is shorter than the pool, 2001:db8:1000::/40: "
		 "wanted is "
		 "40..64\n"},
		{LMA PORTS MAGS "pools:\n" HNP("a", "2001:db8:1000::/40", "40"), ""},
		{LMA PORTS MAGS "pools:\n" HNP("a", "2001:db8:1000::/64", "64"), ""},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void pools_hold_routable_addresses(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {
		{LMA PORTS "mags: []\npools:\n" POOL("a", "fe80::/48"),
		 "f:5:23: pool \"a\" (fe80::/48) holds link-local addresses: wanted is a block "
		 "that is routed "
		 "to this LMA\n"},
		{LMA PORTS "mags: []\npools:\n" POOL("a", "ff00::/8"),
		 "f:5:23: pool \"a\" (ff00::/8) holds multicast addresses: wanted is a block that "
		 "is routed to "
		 "this LMA\n"},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void lma_addresses_stand_outside_pools_and_differ(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {
		{"lma: {addresses: [2001:db8:1000::1]}\n" PORTS MAGS POOLS,
		 "f:1:19: lma.addresses: 2001:db8:1000::1 lies in pool \"subscribers\" "
		 "(2001:db8:1000::/40): "
		 "take one outside, pools belong to mobile nodes\n"},
		{"lma: {addresses: [fe80::1]}\n" PORTS MAGS POOLS,
		 "f:1:19: lma.addresses: fe80::1 is not routable unicast, wanted is one like "
		 "2001:db8::1\n"},
		{"lma: {addresses: [2001:db8::1, 2001:db8:0::1]}\n" PORTS MAGS POOLS,
		 "f:1:32: lma.addresses: 2001:db8::1 stands twice, first in line 1: keep one\n"},
		{NULL, NULL},
	};
	assert_each(cases);
}

#define MAG_AT(name, key, where) "  - {name: " name ", " key ": " where "}\n"

static void mags_are_told_apart_and_stand_outside_pools(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {
		{LMA PORTS POOLS "mags:\n" MAG_AT("a", "address", "2001:db8:1000::1"),
		 "f:5:24: mag \"a\" (2001:db8:1000::1/128) overlaps pool \"subscribers\" "
		 "(2001:db8:1000::/40): MAGs stand outside all pools, those belong to mobile "
		 "nodes\n"},
		{LMA PORTS POOLS "mags:\n" MAG_AT("a", "prefix", "2001:db8::/32"),
		 "f:5:23: mag \"a\" (2001:db8::/32) overlaps pool \"subscribers\" "
		 "(2001:db8:1000::/40): MAGs "
		 "stand outside all pools, those belong to mobile nodes\n"},
		{LMA PORTS POOLS "mags:\n" MAG_AT("a", "address", "2001:db8::1"),
		 "f:5:24: mag \"a\" has the address of this LMA, 2001:db8::1: wanted is the MAG's "
		 "own\n"},
		{LMA PORTS POOLS "mags:\n" MAG_AT("a", "address", "fe80::1"),
		 "f:5:24: mag \"a\" (fe80::1/128) holds link-local addresses: wanted are routable "
		 "unicast "
		 "addresses\n"},
		{LMA PORTS POOLS "mags:\n" MAG_AT("a", "address", "2001:db8:2::1")
			 MAG_AT("b", "prefix", "2001:db8:2::1/128"),
		 "f:6:23: mag \"b\" (2001:db8:2::1/128) is the same as mag \"a\" in line 5: keep "
		 "one\n"},
		{LMA PORTS POOLS "mags:\n"
				 "  - {name: a, address: 2001:db8:2::1, prefix: 2001:db8:2::/64}\n",
		 "f:5:39: a MAG has an address or a prefix: keep one, address is in line 5\n"},
		{LMA PORTS POOLS "mags:\n" MAG_AT("a", "address", "2001:db8:2::1")
			 MAG_AT("a", "address", "2001:db8:2::2"),
		 "f:6:12: mags[].name: \"a\" stands twice, first in line 5: each needs its own\n"},
		// A named MAG within a range of them.
		{LMA PORTS POOLS "mags:\n" MAG_AT("a", "address", "2001:db8:2::1")
			 MAG_AT("b", "prefix", "2001:db8:2::/64"),
		 ""},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void ports_have_what_they_need_and_interfaces_a_port(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {
		{LEAST "interfaces: [{name: i, port: cor0, role: core}]\n",
		 "f:5:30: interfaces[].port: there is no port \"cor0\": did you mean \"core0\"?\n"},
		{LEAST "interfaces: [{name: i, port: wan, role: core}]\n",
		 "f:5:30: interfaces[].port: there is no port \"wan\": the ports are core0\n"},
		{LEAST "interfaces: [{name: i, port: core0, role: core}, "
		       "{name: j, port: core0, role: backbone}]\n",
		 "f:5:66: interface \"j\" is on port \"core0\", VLAN 0, as interface \"i\" is: "
		 "give it another "
		 "VLAN\n"},
		{LEAST "interfaces: [{name: i, port: core0, role: core}, "
		       "{name: j, port: core0, role: backbone, vlan: 2}]\n",
		 ""},
		{LMA MAGS POOLS "ports:\n  - {name: a, driver: mem, netdev: x}\n",
		 "f:5:36: port \"a\" is served by mem and has no netdev: leave it out, or did you "
		 "mean driver: af_xdp or af_packet?\n"},
		{LMA MAGS POOLS "ports:\n  - {name: a, driver: mem, queues: 2}\n",
		 "f:5:36: port \"a\" is in memory and has one queue: did you mean queues: 1?\n"},
		{LMA MAGS POOLS "ports:\n  - {name: a, driver: af_xdp, netdev: x}\n"
				"  - {name: b, driver: af_xdp, netdev: x}\n",
		 "f:6:39: ports[].netdev: \"x\" stands twice, first in line 5: each needs its "
		 "own\n"},
		{LMA MAGS POOLS "ports:\n  - {name: a, driver: af_xdp, netdev: a/b}\n",
		 "f:5:39: ports[].netdev: \"a/b\" can be no netdev: no spaces, '/' or ':', see "
		 "\"ip link\"\n"},
		{LMA MAGS POOLS "ports:\n  - {name: a, driver: af_xdp, netdev: abcdefghijklmnop}\n",
		 "f:5:39: ports[].netdev: \"abcdefghijklmnop\" is too long: 16 bytes, at most "
		 "15\n"},
		{LEAST "nexthops:\n  - {to: '::/0', port: nix, mac: 02:00:00:00:00:01, src_mac: "
		       "02:00:00:00:00:02}\n",
		 "f:6:24: nexthops[].port: there is no port \"nix\": the ports are core0\n"},
		{LEAST "nexthops:\n"
		       "  - {to: '::/0', port: core0, mac: 02:00:00:00:00:01, src_mac: "
		       "02:00:00:00:00:02}\n"
		       "  - {to: '::/0', port: core0, mac: 02:00:00:00:00:01, src_mac: "
		       "02:00:00:00:00:02}\n",
		 "f:7:10: nexthops[].to: ::/0 stands twice, first in line 6: keep one\n"},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void profiles_are_no_patterns_and_stand_once(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {
		{LEAST "profiles: [{match: '*@a.example'}]\n",
		 "f:5:20: profiles[].match: \"*@a.example\" is no pattern: did you mean "
		 "\"@a.example\"?\n"},
		{LEAST "profiles: [{match: 'x@*'}]\n",
		 "f:5:20: profiles[].match: \"x@*\" is no pattern, wanted is a whole NAI, "
		 "\"@realm\", or "
		 "\"*\" alone\n"},
		{LEAST "profiles: [{match: a@b}, {match: '@b'}, {match: a@b}]\n",
		 "f:5:49: profiles[].match: \"a@b\" stands twice, first in line 5: each needs its "
		 "own\n"},
		{LEAST "profiles: [{match: a*b@c}]\n", ""}, // RFC 4282 2.1 allows it in a user name
		{NULL, NULL},
	};
	assert_each(cases);
}

// `least`, then a list of n items from a pattern with one or two numbers in it.
static char *many(const char *least, const char *list, const char *item, unsigned n)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fprintf(out, "%s%s\n", least, list);
	for (unsigned i = 0; i < n; i++) {
		for (const char *p = item; *p != '\0'; p++) {
			if (*p == '#')
				fprintf(out, "%x", i + 1);
			else
				fputc(*p, out);
		}
	}
	fclose(out);
	return text;
}

static void lists_end_at_their_caps(void **state)
{
	(void)state;
	static const struct {
		const char *least, *list, *item;
		unsigned cap;
		const char *said;
	} cases[] = {
		{PORTS MAGS POOLS, "lma:\n  addresses:", "    - 2001:db8:f::#\n", 64,
		 "f:70:7: lma.addresses has 65 items, at most 64 are taken\n"},
		{LMA MAGS POOLS, "ports:", "  - {name: p#, driver: mem}\n", 16,
		 "f:21:5: ports has 17 items, at most 16 are taken\n"},
		{LMA PORTS MAGS, "pools:", "  - {name: p#, prefix: 2001:db9:#::/48}\n", 1024,
		 "f:1029:5: pools has 1025 items, at most 1024 are taken\n"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *full = many(cases[i].least, cases[i].list, cases[i].item, cases[i].cap);
		char *over = many(cases[i].least, cases[i].list, cases[i].item, cases[i].cap + 1);
		assert_said(full, "");
		assert_said(over, cases[i].said);
		free(full);
		free(over);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pools_that_overlap_are_both_named),
		cmocka_unit_test(hnps_longer_than_64_bits_are_refused_with_the_reason),
		cmocka_unit_test(pools_hold_routable_addresses),
		cmocka_unit_test(lma_addresses_stand_outside_pools_and_differ),
		cmocka_unit_test(mags_are_told_apart_and_stand_outside_pools),
		cmocka_unit_test(ports_have_what_they_need_and_interfaces_a_port),
		cmocka_unit_test(profiles_are_no_patterns_and_stand_once),
		cmocka_unit_test(lists_end_at_their_caps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
