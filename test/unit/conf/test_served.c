// Whom an LMA serves and with what, as configuration: lists in items of lists, names of pools,
// static prefixes, watermarks; each rule broken once, and near misses that load.
#include <errno.h>

#include "test/unit/conf/text.h"
#include "test/unit/test.h"

#define HEAD LMA PORTS POOLS

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

static struct conf *load(const char *text)
{
	struct conf *c = NULL;
	char *said;

	assert_int_equal(load_bytes(text, strlen(text), &said, &c), 0);
	free(said);
	return c;
}

static void lists_in_items_of_lists_are_read_and_dumped(void **state)
{
	(void)state;
	static const char text[] = LMA PORTS
		"mags:\n"
		"  - {name: a, address: 2001:db8:0:2::1, nodes: [\"@x.net\", y@z.net], pools: "
		"[p2], "
		"max_bindings: 7}\n"
		"  - {name: b, address: 2001:db8:0:2::2, static_tunnel: true}\n"
		"pools:\n"
		"  - {name: p1, prefix: 2001:db8:1000::/40, network: internet, high_percent: 70}\n"
		"  - {name: p2, prefix: 2001:db8:2000::/48, hnp_length: 56, low_percent: 10}\n"
		"profiles:\n"
		"  - {match: y@z.net, pools: [p1, p2], prefixes: [\"2001:db8:1000:1::/64\"], "
		"sessions: 2}\n"
		"  - {match: \"*\", max_lifetime_s: 60, prefix_count: 3}\n";
	struct conf *c = load(text);
	assert_int_equal(c->mags[0].n_nodes, 2);
	assert_string_equal(c->mags[0].nodes[1].text, "y@z.net");
	assert_string_equal(c->mags[0].pools[0].text, "p2");
	assert_int_equal(c->mags[0].max_bindings, 7);
	assert_int_equal(c->mags[1].n_nodes, 0);
	assert_true(c->mags[1].static_tunnel);
	assert_string_equal(c->pools[0].network, "internet");
	assert_int_equal(c->pools[0].high_percent, 70);
	assert_int_equal(c->pools[0].low_percent, 63); // below it, if nothing is said
	assert_int_equal(c->pools[1].low_percent, 10);
	assert_int_equal(c->profiles[0].n_pools, 2);
	assert_int_equal(c->profiles[0].n_prefixes, 1);
	assert_int_equal(c->profiles[0].prefixes[0].prefix.len, 64);
	assert_int_equal(c->profiles[0].prefix_count, 1);
	assert_int_equal(c->profiles[1].prefix_count, 3);
	char *dumped = dump_text(c);
	struct conf *again = load(dumped);
	char *twice = dump_text(again);
	assert_string_equal(dumped, twice);
	assert_string_equal(again->mags[0].nodes[0].text, "@x.net");
	assert_string_equal(again->profiles[0].pools[1].text, "p2");
	free(dumped);
	free(twice);
	conf_free(c);
	conf_free(again);
}

static void a_pool_that_is_named_exists(void **state)
{
	(void)state;
	assert_said(HEAD "mags: [{name: a, address: 2001:db8:0:2::1, pools: [subscriber]}]\n",
		    "f:4:52: mags[].pools: there is no pool \"subscriber\": did you mean "
		    "\"subscribers\"?\n");
	assert_said(LEAST "profiles: [{match: \"*\", pools: [zz]}]\n",
		    "f:5:33: profiles[].pools: there is no pool \"zz\"\n");
	assert_said(LEAST "profiles: [{match: \"*\", pools: [subscribers]}]\n", "");
}

static void a_static_prefix_is_in_a_pool_of_its_length_and_of_one_node(void **state)
{
	(void)state;
#define ROW(match, prefixes) LEAST "profiles: [{match: \"" match "\", prefixes: [" prefixes "]}]\n"
	assert_said(ROW("a@b", "2001:db8:1000:7::/64"), "");
	assert_said(ROW("a@b", "2001:db8:9000:7::/64"),
		    "f:5:38: profiles[].prefixes: 2001:db8:9000:7::/64 is in no pool: core routers "
		    "would not route it here\n");
	assert_said(
		ROW("a@b", "2001:db8:1000::/60"),
		"f:5:38: profiles[].prefixes: 2001:db8:1000::/60 is a /60, pool \"subscribers\" "
		"(2001:db8:1000::/40) gives prefixes of /64\n");
	assert_said(ROW("@b", "2001:db8:1000:7::/64"),
		    "f:5:37: profiles[].prefixes: \"@b\" is many nodes, a prefix belongs to one: "
		    "wanted is a row with a whole NAI\n");
	assert_said(ROW("a@b", "2001:db8:1000:7::/64, 2001:db8:1000:7::/64"),
		    "f:5:60: profiles[].prefixes: 2001:db8:1000:7::/64 stands twice: keep one\n");
}

static void watermarks_tunnels_and_timestamps_make_sense(void **state)
{
	(void)state;
	assert_said(LMA PORTS MAGS
		    "pools: [{name: p, prefix: 2001:db8:1000::/40, high_percent: 50, "
		    "low_percent: 50}]\n",
		    "f:4:78: pool \"p\": low_percent 50 is not below high_percent 50\n");
	assert_said(LMA PORTS POOLS "mags: [{name: a, prefix: 2001:db8:0:2::/64, static_tunnel: "
				    "true}]\n",
		    "f:4:60: mags[].static_tunnel: mag \"a\" is a range: a tunnel has one address "
		    "at its end\n");
	assert_said("lma: {addresses: [2001:db8::1], max_mags: 1}\n" PORTS POOLS
		    "mags: [{name: a, address: 2001:db8:0:2::1, static_tunnel: true}, "
		    "{name: b, address: 2001:db8:0:2::2, static_tunnel: true}]\n",
		    "f:1:43: lma.max_mags: 2 mags have static_tunnel: true, and 1 is less: raise "
		    "it\n");
	// LMA-TS-10: the pair that RFC 5213 9.3 does not have.
	assert_said("lma: {addresses: [2001:db8::1], timestamps: false, "
		    "mobile_node_generated_timestamp: true}\n" PORTS MAGS POOLS,
		    "f:1:85: lma.mobile_node_generated_timestamp needs lma.timestamps: true (RFC "
		    "5213 9.3)\n");
}

static void nodes_of_a_mag_are_no_patterns(void **state)
{
	(void)state;
	assert_said(HEAD "mags: [{name: a, address: 2001:db8:0:2::1, nodes: [\"*@x.net\"]}]\n",
		    "f:4:52: mags[].nodes: \"*@x.net\" is no pattern: did you mean \"@x.net\"?\n");
}

// RFC 5213 9, table B6 of our rules.
static void the_defaults_are_those_of_the_rfc(void **state)
{
	(void)state;
	struct conf *c = load(LEAST);
	char text[IP6_ADDR_TEXT];

	assert_int_equal(c->lma.min_delay_before_bce_delete_ms, 10000);
	assert_int_equal(c->lma.max_delay_before_new_bce_assign_ms, 1500);
	assert_int_equal(c->lma.timestamp_validity_window_ms, 300);
	assert_true(c->lma.timestamps);
	assert_false(c->lma.mobile_node_generated_timestamp);
	assert_string_equal(ip6_format(c->lma.link_local, text), "fe80::200:5eff:fe00:5213");
	assert_memory_equal(c->lma.link_layer, "\x00\x00\x5e\x00\x52\x13", 6);
	assert_true(c->lma.wait_for_old_mag);
	assert_int_equal(c->lma.coalesce_first_pbu_ms, 0);
	conf_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_in_items_of_lists_are_read_and_dumped),
		cmocka_unit_test(a_pool_that_is_named_exists),
		cmocka_unit_test(a_static_prefix_is_in_a_pool_of_its_length_and_of_one_node),
		cmocka_unit_test(watermarks_tunnels_and_timestamps_make_sense),
		cmocka_unit_test(nodes_of_a_mag_are_no_patterns),
		cmocka_unit_test(the_defaults_are_those_of_the_rfc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
