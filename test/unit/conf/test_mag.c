// A MAG's configuration: what it has to say, what it may not, and that each program reads its own.
#include <errno.h>

#include "test/unit/conf/text.h"
#include "test/unit/test.h"

struct rule_case {
	enum conf_program program;
	const char *text, *said;
};

static void assert_said(enum conf_program program, const char *text, const char *expected)
{
	struct conf *c = NULL;
	char *said;
	int err = load_as(program, text, strlen(text), &said, &c);

	assert_string_equal(said, expected);
	assert_int_equal(err, expected[0] == '\0' ? 0 : -EINVAL);
	conf_free(c);
	free(said);
}

static void assert_each(const struct rule_case *cases)
{
	for (; cases->text != NULL; cases++)
		assert_said(cases->program, cases->text, cases->said);
}

static struct conf *load_mag(const char *text)
{
	struct conf *c = NULL;
	char *said;
	int err = load_as(CONF_MAG, text, strlen(text), &said, &c);

	if (err != 0)
		print_error("%s\n", said);
	assert_int_equal(err, 0);
	free(said);
	return c;
}

static void the_least_that_a_mag_needs_has_the_rfcs_defaults(void **state)
{
	(void)state;
	struct conf *c = load_mag(LEAST_MAG);
	char text[IP6_ADDR_TEXT];

	assert_int_equal(c->program, CONF_MAG);
	assert_string_equal(c->name, "mag");
	assert_string_equal(c->management.socket, "/run/kedge/mag.sock");
	assert_string_equal(c->heartbeat.counter, "/var/lib/kedge/mag.restart");
	assert_string_equal(ip6_format(c->mag.link_local, text), "fe80::200:5eff:fe00:5213");
	assert_memory_equal(c->mag.link_layer, "\x00\x00\x5e\x00\x52\x13", 6);
	assert_int_equal(c->heartbeat.interval_s, 60);
	assert_int_equal(c->heartbeat.missing_allowed, 3);
	assert_true(c->mag.timestamps);
	assert_string_equal(c->mag.realm, "");
	conf_free(c);
}

static void the_counter_is_named_after_the_node(void **state)
{
	(void)state;
	struct conf *c = load_mag(LEAST_MAG "node: {name: north}\n");

	assert_string_equal(c->heartbeat.counter, "/var/lib/kedge/north.restart");
	conf_free(c);
}

static void the_example_loads_and_its_dump_loads_to_the_same(void **state)
{
	(void)state;
	struct conf *c = NULL, *again = NULL;
	char *said, *dump, *second;
	size_t n;
	FILE *errors = open_memstream(&said, &n);

	assert_int_equal(conf_load(source_file("config/mag.yaml"), CONF_MAG, errors, &c), 0);
	conf_warn(c, errors);
	fclose(errors);
	assert_string_equal(said, "");
	free(said);
	assert_int_equal(c->n_nodes, 2);
	assert_string_equal(c->nodes[1].nai, "bob@mobile.example");
	assert_string_equal(c->interfaces[0].twin, "ens1f0");
	assert_string_equal(c->interfaces[1].twin, "");
	assert_int_equal(c->interfaces[2].vlan, 20);
	dump = dump_text(c);
	assert_null(strstr(dump, "pools:")); // what the LMA alone reads
	assert_int_equal(load_as(CONF_MAG, dump, strlen(dump), &said, &again), 0);
	second = dump_text(again);
	assert_string_equal(dump, second);
	free(said);
	free(dump);
	free(second);
	conf_free(c);
	conf_free(again);
}

static void each_program_reads_its_own_keys(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {
		{CONF_MAG, LEAST,
		 "f:1:1: this is a file of kedge-lma, and kedge-mag reads it: try kedge-lma "
		 "--check\n"},
		{CONF_LMA, LEAST_MAG,
		 "f:1:1: this is a file of kedge-mag, and kedge-lma reads it: try kedge-mag "
		 "--check\n"},
		{CONF_MAG, LEAST_MAG MAGS,
		 "f:4:1: key \"mags\" is for kedge-lma, and kedge-mag reads this file: take it "
		 "out\n"},
		{CONF_LMA, LEAST "nodes: []\n",
		 "f:5:1: key \"nodes\" is for kedge-mag, and kedge-lma reads this file: take it "
		 "out\n"},
		{CONF_LMA, NULL, NULL},
	};

	assert_each(cases);
}

static void a_mag_has_two_sides_and_says_which_port_is_which(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {
		{CONF_MAG, MAG MAG_PORTS "interfaces: [{name: b, port: back, role: backbone}]\n",
		 "f:2:43: port \"acc\" has no interface: say with interfaces whether it is of role "
		 "access or backbone\n"
		 "f:3:13: a MAG needs an interface of role access: where its mobile nodes are\n"},
		{CONF_MAG,
		 MAG "ports: [{name: acc, driver: mem}]\n"
		     "interfaces: [{name: a, port: acc, role: access}]\n",
		 "f:3:13: a MAG needs an interface of role backbone: the way to its LMA\n"},
		{CONF_MAG,
		 MAG "ports: [{name: p, driver: mem}]\n"
		     "interfaces: [{name: a, port: p, vlan: 1, role: access}, {name: b, port: p, "
		     "vlan: 2, role: core}]\n",
		 "f:3:91: interface \"b\" shares port \"p\" with \"a\": an access port has no "
		 "kernel "
		 "behind it and carries access interfaces alone\n"},
		{CONF_LMA, LEAST "interfaces: [{name: a, port: core0, role: access}]\n",
		 "f:5:43: interface \"a\": mobile nodes are at MAGs, an LMA has no access "
		 "interface; did you mean backbone?\n"},
		{CONF_LMA, NULL, NULL},
	};

	assert_each(cases);
}

static void addresses_of_a_mag_can_be_what_they_are_for(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {
		{CONF_MAG, "mag: {proxy_coa: fe80::1, lma: 2001:db8::1}\n" MAG_PORTS MAG_ROLES,
		 "f:1:18: mag.proxy_coa: fe80::1 is no routable unicast address\n"},
		{CONF_MAG, "mag: {proxy_coa: 2001:db8::1, lma: 2001:db8::1}\n" MAG_PORTS MAG_ROLES,
		 "f:1:36: mag.lma is the MAG's own mag.proxy_coa: wanted is the LMA's\n"},
		{CONF_MAG,
		 "mag: {proxy_coa: 2001:db8::2, lma: 2001:db8::1, link_local: 2001:db8::3, "
		 "link_layer: 33:33:00:00:00:01}\n" MAG_PORTS MAG_ROLES,
		 "f:1:61: mag.link_local: 2001:db8::3 is not link-local, RFC 6543 has "
		 "fe80::200:5eff:fe00:5213 for every MAG, \"::\" leaves it to the LMA\n"
		 "f:1:86: mag.link_layer is a group address, RFC 6543 has 00:00:5e:00:52:13 for "
		 "every MAG\n"},
		{CONF_MAG,
		 "mag: {proxy_coa: 2001:db8::2, lma: 2001:db8::1, router_lifetime_s: "
		 "60}\n" MAG_PORTS MAG_ROLES,
		 "f:1:68: mag.advertise_interval_s is 600 and mag.router_lifetime_s 60: nodes "
		 "would "
		 "lose their router in between\n"},
		{CONF_MAG,
		 "mag: {proxy_coa: 2001:db8::2, lma: 2001:db8::1, more_lmas: [fe80::1, "
		 "2001:db8::1, 2001:db8::3, 2001:db8::3]}\n" MAG_PORTS MAG_ROLES,
		 "f:1:60: mag.more_lmas: fe80::1 is no routable unicast address\n"
		 "f:1:60: mag.more_lmas: 2001:db8::1 stands in mag already: keep one\n"
		 "f:1:60: mag.more_lmas: 2001:db8::3 stands in mag already: keep one\n"},
		{CONF_MAG,
		 "mag: {proxy_coa: 2001:db8::2, lma: 2001:db8::1, link_local: '::'}\n"
		 "profiles: [{match: a@b, lma: 2001:db8::9}]\n" MAG_PORTS MAG_ROLES,
		 "f:2:30: profiles[].lma: 2001:db8::9 is neither mag.lma nor in mag.more_lmas\n"},
		{CONF_MAG,
		 "mag: {proxy_coa: 2001:db8::2, lma: 2001:db8::1}\n"
		 "profiles: [{match: a@b, sessions: 2}]\n" MAG_PORTS MAG_ROLES,
		 "f:2:25: key \"profiles[].sessions\" is for kedge-lma, and kedge-mag reads this "
		 "file: take it out\n"},
		{CONF_MAG,
		 "mag: {proxy_coa: 2001:db8::2, lma: 2001:db8::1}\n"
		 "radius: {dictionary: d, servers: [{address: '::1', secret_file: s}]}\n" MAG_PORTS
			 MAG_ROLES,
		 "f:2:22: radius.dictionary: \"d\" is no absolute path\n"
		 "f:2:65: radius.servers[].secret_file: \"s\" is no absolute path\n"},
		{CONF_MAG,
		 "mag: {proxy_coa: 2001:db8::2, lma: 2001:db8::1, prefix_valid_s: 7200}\n" MAG_PORTS
			 MAG_ROLES,
		 "f:1:65: mag.prefix_preferred_s is 604800 and mag.prefix_valid_s 7200: a prefix "
		 "cannot be preferred longer than it is valid\n"},
		{CONF_MAG,
		 "mag: {proxy_coa: 2001:db8::2, lma: 2001:db8::1, realm: \"@a\"}\n" MAG_PORTS
			 MAG_ROLES,
		 "f:1:56: mag.realm: write it without \"@\", as in example.net\n"},
		{CONF_LMA, NULL, NULL},
	};

	assert_each(cases);
}

static void a_mac_address_is_one_node(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {
		{CONF_MAG,
		 LEAST_MAG "nodes:\n- {mac: \"02:00:00:00:00:0a\", nai: a@b}\n"
			   "- {mac: \"02:00:00:00:00:0b\", nai: a@b}\n"
			   "- {mac: \"02:00:00:00:00:0A\", nai: c@b}\n",
		 "f:7:9: nodes[].mac: \"02:00:00:00:00:0A\" stands twice, first in line 5: a MAC "
		 "address is one node\n"},
		{CONF_MAG, LEAST_MAG "nodes: [{mac: \"03:00:00:00:00:0a\", nai: a@b}]\n",
		 "f:4:15: nodes[].mac: \"03:00:00:00:00:0a\" is a group address, no node has "
		 "one\n"},
		{CONF_LMA, NULL, NULL},
	};

	assert_each(cases);
}

static void drivers_have_what_they_need_and_nothing_else(void **state)
{
	(void)state;
#define WITH(port) LMA MAGS POOLS "ports: [{name: a, driver: " port "}]\n"
	static const struct rule_case cases[] = {
		{CONF_LMA, WITH("af_packet, netdev: eth0"), ""},
		{CONF_LMA, WITH("pci, device: \"0000:03:00.0\""), ""},
		{CONF_LMA, WITH("pci, device: \"03:00.1\", devargs: \"x=1\""), ""},
		{CONF_LMA, WITH("vdev, device: net_null0, devargs: size=64"), ""},
		{CONF_LMA, WITH("memif, socket: /run/kedge/m.sock, id: 3, server: true"), ""},
		{CONF_LMA, WITH("pci"), "f:4:27: port \"a\" needs a device: pci serves one\n"},
		{CONF_LMA, WITH("memif"), "f:4:27: port \"a\" needs a socket: memif serves one\n"},
		{CONF_LMA, WITH("pci, device: eth0"),
		 "f:4:40: port \"a\": \"eth0\" is no PCI address, wanted is one like 0000:03:00.0; "
		 "see: lspci\n"},
		{CONF_LMA, WITH("vdev, device: tap0"),
		 "f:4:41: port \"a\": \"tap0\" is no virtual device of DPDK, their names start "
		 "with "
		 "net_\n"},
		{CONF_LMA, WITH("memif, socket: m.sock"),
		 "f:4:42: port \"a\": \"m.sock\" is no absolute path: did you mean "
		 "\"/run/kedge/m.sock\"?\n"},
		{CONF_LMA, WITH("af_packet, netdev: eth0, socket: /x"),
		 "f:4:60: port \"a\" is served by af_packet and has no socket: leave it out, or "
		 "did "
		 "you mean driver: memif?\n"},
		{CONF_LMA, NULL, NULL},
	};

	assert_each(cases);
}

static void twins_have_names_of_netdevs_and_one_each(void **state)
{
	(void)state;
#define TWO LMA MAGS POOLS "ports: [{name: a, driver: vdev, device: net_null0}]\n"
	static const struct rule_case cases[] = {
		{CONF_LMA, TWO "interfaces: [{name: a-very-long-interface, port: a, role: core}]\n",
		 "f:5:21: interface \"a-very-long-interface\": \"a-very-long-interface\" is too "
		 "long "
		 "for a netdev of the kernel: name one of at most 15 characters with twin\n"},
		{CONF_LMA,
		 TWO "interfaces: [{name: a-very-long-interface, port: a, role: core, twin: t0}]\n",
		 ""},
		{CONF_LMA,
		 TWO "interfaces: [{name: x, port: a, role: core, twin: t0}, {name: y, port: a, "
		     "vlan: 5, role: core, twin: t0}]\n",
		 "f:5:102: interfaces[].twin: \"t0\" stands twice, first in line 5: each needs its "
		 "own\n"},
		{CONF_MAG,
		 MAG MAG_PORTS
		 "interfaces: [{name: b, port: back, role: backbone, twin: t0}, {name: "
		 "a, port: acc, role: access}]\n",
		 "f:3:58: interface \"b\" has no kernel behind it, so no twin: leave it out\n"},
		{CONF_LMA, NULL, NULL},
	};

	assert_each(cases);
}

static void a_twin_is_named_where_none_is_given(void **state)
{
	(void)state;
	char *said;
	struct conf *c = NULL;
	static const char text[] = LMA MAGS POOLS
		"ports: [{name: a, driver: af_xdp, netdev: eth0}, {name: b, driver: "
		"af_packet, netdev: eth1}, {name: c, driver: mem}]\n"
		"interfaces: [{name: core, port: a, role: core}, {name: core5, port: a, "
		"vlan: 5, role: core}, {name: back, port: b, role: backbone}]\n";

	assert_int_equal(load_as(CONF_LMA, text, sizeof(text) - 1, &said, &c), 0);
	assert_string_equal(c->interfaces[0].twin, "eth0");
	assert_string_equal(c->interfaces[1].twin, "eth0.5");
	assert_string_equal(c->interfaces[2].twin, "back");
	assert_int_equal(c->n_interfaces,
			 4); // and one for port c, on which nothing was said to stand
	assert_string_equal(c->interfaces[3].name, "c");
	assert_string_equal(c->interfaces[3].twin, "");
	free(said);
	conf_free(c);
}

static void a_mag_that_serves_nobody_is_warned_of(void **state)
{
	(void)state;
	static const char *const texts[] = {
		LEAST_MAG, "mag: {proxy_coa: 2001:db8:0:2::1, lma: "
			   "2001:db8::1, realm: example.net}\n" MAG_PORTS MAG_ROLES};
	static const char *const warnings[] = {
		"f: nodes is empty and mag.realm too: no mobile node is served\n", ""};

	for (int i = 0; i < 2; i++) {
		struct conf *c = load_mag(texts[i]);
		char *said;
		size_t n;
		FILE *out = open_memstream(&said, &n);
		conf_warn(c, out);
		fclose(out);
		assert_string_equal(said, warnings[i]);
		free(said);
		conf_free(c);
	}
}

static void heartbeats_are_off_or_as_slow_as_the_rfc_has_them(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {
		{CONF_MAG, LEAST_MAG "heartbeat: {interval_s: 0}\n", ""},
		{CONF_MAG, LEAST_MAG "heartbeat: {interval_s: 30}\n", ""},
		{CONF_MAG, LEAST_MAG "heartbeat: {interval_s: 29}\n",
		 "f:4:25: heartbeat.interval_s: 29 is out of range, wanted is 30..3600 s, or 0 for "
		 "none\n"},
		{CONF_LMA, LEAST "heartbeat: {counter: restart}\n",
		 "f:5:22: heartbeat.counter: \"restart\" is no absolute path: did you mean "
		 "\"/var/lib/kedge/restart\"?\n"},
		{CONF_LMA, NULL, NULL},
	};

	assert_each(cases);
}

// MAG-DET-02: whatever the access link tells, a node that falls silent is missed.
static void the_probes_of_nodes_cannot_be_switched_off(void **state)
{
	(void)state;
#define WITH_MAG(key)                                                                              \
	"mag: {proxy_coa: 2001:db8:0:2::1, lma: 2001:db8::1, " key "}\n" MAG_PORTS MAG_ROLES
	static const struct rule_case cases[] = {
		{CONF_MAG, WITH_MAG("probes: 1"), ""},
		{CONF_MAG, WITH_MAG("probes: 0"),
		 "f:1:61: mag.probes: 0 is out of range, wanted is 1..100 questions (Unanswered "
		 "ones until the node is gone and de-registered.)\n"},
		{CONF_MAG, WITH_MAG("probe_after_ms: 0"),
		 "f:1:69: mag.probe_after_ms: 0 is out of range, wanted is 100..3600000 ms (A node "
		 "that was not heard for so long is asked whether it is there.)\n"},
		{CONF_MAG, WITH_MAG("probe_interval_ms: 0"),
		 "f:1:72: mag.probe_interval_ms: 0 is out of range, wanted is 50..60000 ms "
		 "(Between two such questions.)\n"},
		{CONF_LMA, NULL, NULL},
	};
#undef WITH_MAG

	assert_each(cases);
	struct conf *c = load_mag(LEAST_MAG);
	assert_int_equal(c->mag.probe_after_ms, 30000);
	assert_int_equal(c->mag.probes, 3);
	conf_free(c);
}

static void dhcp_needs_a_server_that_can_be_relayed_to(void **state)
{
	(void)state;
	// MAG-DH-03
#define DHCP(keys) "mag: {proxy_coa: 2001:db8::2, lma: 2001:db8::1, " keys "}\n" MAG_PORTS MAG_ROLES
	static const struct rule_case cases[] = {
		{CONF_MAG, DHCP("dhcp: stateless, dhcp_servers: [2001:db8::53]"), ""},
		{CONF_MAG, DHCP("dhcp: off"), ""},
		{CONF_MAG, DHCP("dhcp_servers: [2001:db8::53]"), ""},
		{CONF_MAG, DHCP("dhcp: stateful"),
		 "f:1:55: mag.dhcp is stateful and there is no server to relay to: name one with "
		 "mag.dhcp_servers\n"},
		{CONF_MAG, DHCP("dhcp: stateless, dhcp_servers: []"),
		 "f:1:55: mag.dhcp is stateless and there is no server to relay to: name one with "
		 "mag.dhcp_servers\n"},
		{CONF_MAG, DHCP("dhcp: stateful, dhcp_servers: [fe80::1]"),
		 "f:1:80: mag.dhcp_servers: fe80::1 is no server's: wanted is a routable unicast "
		 "address that is not this MAG's own\n"},
		{CONF_MAG, DHCP("dhcp: stateful, dhcp_servers: [2001:db8::53, ff05::1:3]"),
		 "f:1:94: mag.dhcp_servers: ff05::1:3 is no server's: wanted is a routable unicast "
		 "address that is not this MAG's own\n"},
		{CONF_MAG, DHCP("dhcp: stateful, dhcp_servers: [2001:db8::2]"),
		 "f:1:80: mag.dhcp_servers: 2001:db8::2 is no server's: wanted is a routable "
		 "unicast address that is not this MAG's own\n"},
		{CONF_MAG, DHCP("dhcp: stateful, dhcp_servers: [2001:db8::53, 2001:db8::53]"),
		 "f:1:94: mag.dhcp_servers: 2001:db8::53 stands twice: keep one\n"},
		{CONF_MAG, DHCP("dhcp: both, dhcp_servers: [2001:db8::53]"),
		 "f:1:55: mag.dhcp: \"both\" is not known, wanted is off or stateless or "
		 "stateful\n"},
		{CONF_LMA, NULL, NULL},
	};

	assert_each(cases);
	struct conf *c = load_mag(LEAST_MAG);
	assert_int_equal(c->mag.dhcp, CONF_DHCP_OFF);
	assert_int_equal(c->mag.n_dhcp_servers, 0);
	conf_free(c);
	c = load_mag(DHCP("dhcp: stateful, dhcp_servers: [2001:db8::53, 2001:db8::54]"));
	assert_int_equal(c->mag.dhcp, CONF_DHCP_STATEFUL);
	assert_int_equal(c->mag.n_dhcp_servers, 2);
	assert_int_equal(c->mag.dhcp_servers[1].a[15], 0x54);
	conf_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_that_a_mag_needs_has_the_rfcs_defaults),
		cmocka_unit_test(the_counter_is_named_after_the_node),
		cmocka_unit_test(the_example_loads_and_its_dump_loads_to_the_same),
		cmocka_unit_test(each_program_reads_its_own_keys),
		cmocka_unit_test(a_mag_has_two_sides_and_says_which_port_is_which),
		cmocka_unit_test(addresses_of_a_mag_can_be_what_they_are_for),
		cmocka_unit_test(a_mac_address_is_one_node),
		cmocka_unit_test(drivers_have_what_they_need_and_nothing_else),
		cmocka_unit_test(twins_have_names_of_netdevs_and_one_each),
		cmocka_unit_test(a_twin_is_named_where_none_is_given),
		cmocka_unit_test(a_mag_that_serves_nobody_is_warned_of),
		cmocka_unit_test(dhcp_needs_a_server_that_can_be_relayed_to),
		cmocka_unit_test(heartbeats_are_off_or_as_slow_as_the_rfc_has_them),
		cmocka_unit_test(the_probes_of_nodes_cannot_be_switched_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
