// Every kind of mistake with the exact lines that it gives: place, what is wrong, the nearest right
// thing.
#include <errno.h>

#include "test/unit/conf/text.h"
#include "test/unit/test.h"

struct mistake_case {
	const char *text, *said;
};

static void assert_said(const char *text, size_t n, const char *expected)
{
	struct conf *c = NULL;
	char *said;

	assert_int_equal(load_bytes(text, n, &said, &c), -EINVAL);
	assert_string_equal(said, expected);
	assert_null(c);
	free(said);
}

static void assert_each(const struct mistake_case *cases)
{
	for (; cases->text != NULL; cases++)
		assert_said(cases->text, strlen(cases->text), cases->said);
}

static void an_unknown_key_gets_the_nearest_right_one(void **state)
{
	(void)state;
	static const struct mistake_case cases[] = {
		{LEAST "node: {nmae: x}\n",
		 "f:5:8: unknown key \"nmae\": did you mean \"name\"?\n"},
		{LEAST "prots: []\n", "f:5:1: unknown key \"prots\": did you mean \"ports\"?\n"},
		{LEAST "workers: 2\n",
		 "f:5:1: key \"workers\" does not belong here: did you mean dataplane.workers?\n"},
		{LEAST "node:\n  colour: red\n",
		 "f:6:3: unknown key \"colour\": the keys here are name\n"},
		{LEAST "interfaces: [{name: a, port: core0, role: core, vlna: 1}]\n",
		 "f:5:49: unknown key \"vlna\": did you mean \"vlan\"?\n"},
		{LEAST "'': 1\n", "f:5:1: unknown key \"\": the keys here are node, management, "
				  "dataplane, heartbeat, "
				  "lma, ports, interfaces, mags, pools, profiles, nexthops\n"},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void a_doubled_key_names_the_line_of_the_first(void **state)
{
	(void)state;
	static const struct mistake_case cases[] = {
		{LEAST "node:\n  name: a\n  name: b\n",
		 "f:7:3: key \"name\" stands twice, first in line 6: keep one\n"},
		{LEAST "node: {name: a}\nnode: {name: b, nmae: c}\n",
		 "f:6:1: key \"node\" stands twice, first in line 5: keep one\n"
		 "f:6:8: key \"name\" stands twice, first in line 5: keep one\n"
		 "f:6:17: unknown key \"nmae\": did you mean \"name\"?\n"},
		{LMA PORTS MAGS POOLS "pools: [{name: b, prefix: 2001:db8:2000::/33}]\n",
		 "f:5:1: key \"pools\" stands twice, first in line 4: keep one\n"
		 "f:5:27: pools[].prefix: \"2001:db8:2000::/33\" has bits beyond its length: did "
		 "you mean "
		 "2001:db8::/33?\n"},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void a_missing_key_says_what_it_is(void **state)
{
	(void)state;
	static const struct mistake_case cases[] = {
		{PORTS MAGS POOLS,
		 "f:1:1: key \"lma.addresses\" is missing: Tunnel addresses (LMAA): where "
		 "MAGs send PBUs and tunnelled packets.\n"},
		{"lma: {ecn: rfc6040}\n" PORTS MAGS POOLS,
		 "f:1:6: key \"lma.addresses\" is missing: Tunnel addresses (LMAA): where MAGs "
		 "send PBUs and "
		 "tunnelled packets.\n"},
		{"lma: {addresses: []}\n" PORTS MAGS POOLS,
		 "f:1:18: lma.addresses is empty: Tunnel addresses (LMAA): where MAGs send PBUs "
		 "and "
		 "tunnelled packets.\n"},
		{LMA MAGS POOLS "ports: [{driver: mem}]\n",
		 "f:4:9: key \"ports[].name\" is missing: Name of the port, for interfaces, tables "
		 "and "
		 "metrics.\n"},
		{LMA PORTS POOLS "mags: [{name: m}]\n",
		 "f:4:8: key \"mags[].address\" is missing: the MAG's address, or a prefix for a "
		 "range of "
		 "MAGs\n"},
		{LMA MAGS POOLS "ports: [{name: a, driver: af_xdp}]\n",
		 "f:4:27: port \"a\" needs a netdev: af_xdp serves one\n"},
		{"", "f:1:1: key \"lma.addresses\" is missing: Tunnel addresses (LMAA): where MAGs "
		     "send PBUs and "
		     "tunnelled packets.\n"
		     "f:1:1: key \"ports\" is missing: Where packets come and go.\n"
		     "f:1:1: key \"mags\" is missing: MAGs that may register here; [] for none.\n"
		     "f:1:1: key \"pools\" is missing: Blocks that home network prefixes are cut "
		     "from; they do "
		     "not overlap; [] for none.\n"},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void a_wrong_type_says_what_is_wanted(void **state)
{
	(void)state;
	static const struct mistake_case cases[] = {
		{LEAST "dataplane: {workers: lots}\n",
		 "f:5:22: dataplane.workers: \"lots\" is no number, wanted is 1..64 threads\n"},
		{LEAST "dataplane: {workers: '2'}\n",
		 "f:5:22: dataplane.workers: \"2\" is text: write 2 without quotes\n"},
		{LEAST "dataplane: {workers: 0x10}\n",
		 "f:5:22: dataplane.workers: \"0x10\" is no number, wanted is 1..64 threads\n"},
		{LEAST "dataplane: {memory_mb: 1GB}\n",
		 "f:5:24: dataplane.memory_mb: \"1GB\" is no number: did you mean 1024? it is in "
		 "MB\n"},
		{LEAST "dataplane: {hugepages: yes}\n",
		 "f:5:24: dataplane.hugepages: \"yes\" is no flag: did you mean true, without "
		 "quotes?\n"},
		{LEAST "dataplane: {hugepages: maybe}\n",
		 "f:5:24: dataplane.hugepages: \"maybe\" is no flag, wanted is true or false\n"},
		{LEAST "dataplane: 5\n",
		 "f:5:12: dataplane is one value, wanted is a map of keys\n"},
		{LEAST "profiles:\n",
		 "f:5:10: profiles is empty, wanted is a list of items; [] for none\n"},
		{LEAST "node: {name: [a]}\n", "f:5:14: node.name is a list, wanted is one value\n"},
		{LEAST "node: {name: }\n", "f:5:14: node.name is empty, wanted is one value\n"},
		{LEAST "profiles: [5]\n",
		 "f:5:12: profiles[] is one value, wanted is a map of keys\n"},
		{LMA MAGS POOLS "ports: [{name: a, driver: af_xpd}]\n",
		 "f:4:27: ports[].driver: \"af_xpd\" is not known: did you mean af_xdp? wanted is "
		 "mem or "
		 "af_xdp or af_packet or pci or vdev or memif\n"},
		{LEAST "management: {socket: lma.sock}\n",
		 "f:5:22: management.socket: \"lma.sock\" is no absolute path: did you mean "
		 "\"/run/kedge/lma.sock\"?\n"},
		{LEAST "dataplane: {lcores: all}\n", "f:5:21: dataplane.lcores: \"all\" is no list "
						     "of CPUs, wanted is one like \"0,1\" or "
						     "\"0@(0,1)\"\n"},
		{"lma: {addresses: [2001:db8::1], min_delay_before_bce_delete_ms: 10s}\n" PORTS MAGS
			 POOLS,
		 "f:1:65: lma.min_delay_before_bce_delete_ms: \"10s\" is no number: did you mean "
		 "10000? it is "
		 "in ms\n"},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void out_of_range_tells_the_range(void **state)
{
	(void)state;
	static const struct mistake_case cases[] = {
		{LEAST "dataplane: {workers: 65}\n", "f:5:22: dataplane.workers: 65 is out of "
						     "range, wanted is 1..64 threads (Forwarding "
						     "threads, beside the one of control.)\n"},
		{LEAST "dataplane: {workers: -1}\n", "f:5:22: dataplane.workers: -1 is out of "
						     "range, wanted is 1..64 threads (Forwarding "
						     "threads, beside the one of control.)\n"},
		{LEAST "dataplane: {workers: 99999999999999999999999999999999999999999999}\n",
		 "f:5:22: dataplane.workers: 9999999999999999999999999999999999999999 is out of "
		 "range, "
		 "wanted is 1..64 threads (Forwarding threads, beside the one of control.)\n"},
		{LEAST "node: {name: abcdefghijklmnopqrstuvwxyz0123456789}\n",
		 "f:5:14: node.name: \"abcdefghijklmnopqrstuvwxyz0123456789\" is too long: 36 "
		 "bytes, at most "
		 "31\n"},
		{LEAST "node: {name: a b}\n",
		 "f:5:14: node.name: \"a b\" is no name: letters, digits and . _ - only\n"},
		{LEAST "node: {name: ''}\n",
		 "f:5:14: node.name: \"\" is too short, wanted are 1..31 bytes\n"},
		{LEAST "management: {socket: \"/a\\u2028b\"}\n",
		 "f:5:22: management.socket: \"/a\u2028b\" has a character that cannot be "
		 "printed\n"},
		{LEAST "management: {socket: \"/a\\nb\"}\n",
		 "f:5:22: management.socket: \"/a?b\" has a character that cannot be printed\n"},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void a_bad_address_gets_the_nearest_right_one(void **state)
{
	(void)state;
	static const struct mistake_case cases[] = {
		{"lma: {addresses: [10.0.0.1]}\n" PORTS MAGS POOLS,
		 "f:1:19: lma.addresses[]: \"10.0.0.1\" is an IPv4 address, wanted is an IPv6 one, "
		 "like "
		 "2001:db8::1\n"},
		{"lma: {addresses: [2001:db8::1/64]}\n" PORTS MAGS POOLS,
		 "f:1:19: lma.addresses[]: \"2001:db8::1/64\" is a prefix, wanted is an address: "
		 "did you mean "
		 "2001:db8::1?\n"},
		{"lma: {addresses: [2001:db8:::1]}\n" PORTS MAGS POOLS,
		 "f:1:19: lma.addresses[]: \"2001:db8:::1\" is no IPv6 address: did you mean "
		 "2001:db8::1?\n"},
		{"lma: {addresses: ['[2001:db8::1]']}\n" PORTS MAGS POOLS,
		 "f:1:19: lma.addresses[]: \"[2001:db8::1]\" is no IPv6 address: did you mean "
		 "2001:db8::1?\n"},
		{"lma: {addresses: [here]}\n" PORTS MAGS POOLS,
		 "f:1:19: lma.addresses[]: \"here\" is no IPv6 address, wanted is one like "
		 "2001:db8::1\n"},
		{LMA PORTS MAGS "pools: [{name: p, prefix: 2001:db8::1/64}]\n",
		 "f:4:27: pools[].prefix: \"2001:db8::1/64\" has bits beyond its length: did you "
		 "mean "
		 "2001:db8::/64?\n"},
		{LMA PORTS MAGS "pools: [{name: p, prefix: 2001:db8:4::7}]\n",
		 "f:4:27: pools[].prefix: \"2001:db8:4::7\" has no length: did you mean "
		 "2001:db8:4::/64?\n"},
		{LMA PORTS MAGS "pools: [{name: p, prefix: 2001:db8:4/48}]\n",
		 "f:4:27: pools[].prefix: \"2001:db8:4/48\" is no IPv6 prefix: did you mean "
		 "2001:db8:4::/48?\n"},
		{LMA PORTS MAGS "pools: [{name: p, prefix: 2001:db8::/129}]\n",
		 "f:4:27: pools[].prefix: \"2001:db8::/129\" has a length that is not in 0..128: "
		 "did you mean "
		 "2001:db8::/64?\n"},
		{LMA PORTS MAGS "pools: [{name: p, prefix: 10.0.0.0/8}]\n",
		 "f:4:27: pools[].prefix: \"10.0.0.0/8\" is an IPv4 prefix, wanted is an IPv6 one, "
		 "like "
		 "2001:db8::/64\n"},
		{LEAST
		 "nexthops: [{to: '::/0', port: core0, mac: 02-00-00-00-00-01, src_mac: nix}]\n",
		 "f:5:43: nexthops[].mac: \"02-00-00-00-00-01\" is no MAC address: did you mean "
		 "02:00:00:00:00:01?\n"
		 "f:5:71: nexthops[].src_mac: \"nix\" is no MAC address, wanted is one like "
		 "02:00:00:00:00:01\n"},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void a_tab_is_a_mistake_and_the_rest_is_read_all_the_same(void **state)
{
	(void)state;
	static const struct mistake_case cases[] = {
		{LEAST "node:\n\tname: a b\n",
		 "f:6:1: a tab in the indentation: use spaces, 2 for each step\n"
		 "f:6:8: node.name: \"a b\" is no name: letters, digits and . _ - only\n"},
		{LEAST "node:\n    name: a\ndataplane:\n\tworkers: 0\n\n\t# a comment\n \t\n",
		 "f:8:1: a tab in the indentation: use spaces, 4 for each step\n"
		 "f:8:11: dataplane.workers: 0 is out of range, wanted is 1..64 threads "
		 "(Forwarding threads, "
		 "beside the one of control.)\n"},
		// Where the guess does not work out, no mistake that is none is told.
		{LEAST "node:\n  \tname: a\n  colour: b\n",
		 "f:6:3: a tab in the indentation: use spaces, 2 for each step\n"},
		{LEAST "profiles:\n  -\tmatch: '*'\n",
		 "f:6:4: a tab in the indentation: use spaces, 2 for each step\n"},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void what_of_yaml_is_not_taken_is_refused_by_name(void **state)
{
	(void)state;
	static const struct mistake_case cases[] = {
		{LEAST "node: {name: &n lma}\n",
		 "f:5:14: anchor \"n\": anchors are not taken, leave it out\n"},
		{LEAST "node: {name: *n}\n",
		 "f:5:14: alias \"n\": aliases are not taken, write the value out\n"},
		{LEAST "node: {name: !mine lma}\n",
		 "f:5:14: tag \"!mine\": tags are not taken, leave it out\n"},
		{LEAST "---\nlma: {}\n",
		 "f:5:1: a second document starts here: one file holds one\n"},
		{LEAST "? [a]\n: b\n", "f:5:3: a key is to be one word\n"},
		{LEAST "node: {name: \"a\\0b\"}\n",
		 "f:5:14: a NUL character in the text: leave it out\n"},
		{"[[[[[[[[[[[[[[[[[[[[[[[[\n",
		 "f:1:1: the file is to be a map: \"lma:\" and its keys under it\n"
		 "f:1:17: nested deeper than 16, the rest is not read\n"},
		{LEAST "node: {name: 2001::}\n  x",
		 "f:5:19: cannot read on from here, found unexpected ':': a value that ends in ':' "
		 "or holds ': ' needs quotes; else look at the indentation\n"},
		{LEAST "nexthops:\n  - to: 2001:db8::\n",
		 "f:6:9: nexthops[].to: \"2001:db8:\" has no length: did you mean 2001:db8::/64?\n"
		 "f:6:18: cannot read on from here, mapping values are not allowed in this "
		 "context: a value "
		 "that ends in ':' or holds ': ' needs quotes; else look at the indentation\n"},
		{LEAST "node: {name: @a}\n", "f:5:14: cannot read on from here, found character "
					     "that cannot start any token: a value that "
					     "starts like this needs quotes\n"},
		{LEAST "node: {name: \xff}\n",
		 "f:5:14: invalid leading UTF-8 octet: the file is to be plain UTF-8 text\n"},
		{NULL, NULL},
	};
	assert_each(cases);
}

static void a_file_is_bounded(void **state)
{
	(void)state;
	size_t n = (8 << 20) + 1;
	char *text = malloc(n);
	assert_non_null(text);
	memset(text, '#', n);
	assert_said(text, n, "f:1:1: the file is larger than 8 MB\n");
	free(text);
}

// n lines from a pattern with a number in it for '#', and the last line of what was said of them.
static void assert_last_said(const char *pattern, unsigned n, const char *expected)
{
	char *text, *said;
	size_t len;
	struct conf *c = NULL;
	FILE *out = open_memstream(&text, &len);

	for (unsigned i = 0; i < n; i++) {
		const char *number = strchr(pattern, '#');
		fprintf(out, "%.*s", (int)strcspn(pattern, "#"), pattern);
		if (number != NULL)
			fprintf(out, "%u%s", i, number + 1);
	}
	fclose(out);
	assert_int_equal(load_bytes(text, len, &said, &c), -EINVAL);
	said[strlen(said) - 1] = '\0';
	const char *last = strrchr(said, '\n');
	assert_string_equal(last == NULL ? said : last + 1, expected);
	free(said);
	free(text);
}

static void keys_values_and_mistakes_are_bounded(void **state)
{
	(void)state;
	assert_last_said("k#: 1\n", 300,
			 "f:257:1: more than 256 keys in one place, the rest is not read");
	assert_last_said("- a\n", 1000001,
			 "f:1000000:3: more than 1000000 values, the rest is not read");
	// Tabs in 10010 lines, no map, four missing keys.
	assert_last_said("\t- #: x\n", 10010, "f:10000:1: and 15 more mistakes: mend these first");
}

static void all_mistakes_are_told_at_once_in_the_order_of_the_file(void **state)
{
	(void)state;
	static const struct mistake_case cases[] = {
		{"pools:\n"
		 "  - name: a\n"
		 "    prefix: 2001:db8:1000::/40\n"
		 "  - name: a\n"
		 "    prefix: 2001:db8:1000::/48\n"
		 "lma:\n"
		 "  addresses: [2001:db8::1]\n"
		 "  ecn: none\n"
		 "  ecn: rfc6040\n"
		 "dataplane:\n"
		 "\tworkers: 0\n"
		 "interfaces:\n"
		 "  - {name: i, port: core1, role: core}\n"
		 "ports:\n"
		 "  - {name: core0, driver: mem}\n",
		 "f:1:1: key \"mags\" is missing: MAGs that may register here; [] for none.\n"
		 "f:4:11: pools[].name: \"a\" stands twice, first in line 2: each needs its own\n"
		 "f:5:13: pool \"a\" (2001:db8:1000::/48) overlaps pool \"a\" (2001:db8:1000::/40) "
		 "in line 3: "
		 "each prefix belongs to one pool\n"
		 "f:8:8: lma.ecn: \"none\" is not known, wanted is rfc6040 or rfc5213\n"
		 "f:9:3: key \"ecn\" stands twice, first in line 8: keep one\n"
		 "f:11:1: a tab in the indentation: use spaces, 2 for each step\n"
		 "f:11:11: dataplane.workers: 0 is out of range, wanted is 1..64 threads "
		 "(Forwarding threads, "
		 "beside the one of control.)\n"
		 "f:13:21: interfaces[].port: there is no port \"core1\": did you mean "
		 "\"core0\"?\n"},
		{NULL, NULL},
	};
	assert_each(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_key_gets_the_nearest_right_one),
		cmocka_unit_test(a_doubled_key_names_the_line_of_the_first),
		cmocka_unit_test(a_missing_key_says_what_it_is),
		cmocka_unit_test(a_wrong_type_says_what_is_wanted),
		cmocka_unit_test(out_of_range_tells_the_range),
		cmocka_unit_test(a_bad_address_gets_the_nearest_right_one),
		cmocka_unit_test(a_tab_is_a_mistake_and_the_rest_is_read_all_the_same),
		cmocka_unit_test(what_of_yaml_is_not_taken_is_refused_by_name),
		cmocka_unit_test(a_file_is_bounded),
		cmocka_unit_test(keys_values_and_mistakes_are_bounded),
		cmocka_unit_test(all_mistakes_are_told_at_once_in_the_order_of_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
