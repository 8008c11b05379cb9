// What a good file becomes: defaults, every key, the dump, the reference page.
#include <errno.h>

#include "conf/schema.h"
#include "test/unit/conf/text.h"
#include "test/unit/test.h"

static struct conf *load(const char *text)
{
	char *said;
	struct conf *c = NULL;
	int err = load_bytes(text, strlen(text), &said, &c);

	assert_string_equal(said, "");
	assert_int_equal(err, 0);
	free(said);
	return c;
}

static struct ip6_addr addr(const char *text)
{
	struct ip6_addr a;

	assert_int_equal(ip6_parse(text, &a), 0);
	return a;
}

static void the_least_file_gets_the_defaults_of_the_rfc(void **state)
{
	(void)state;
	struct conf *c = load(LEAST);
	// CONFORMANCE B6: RFC 5213 9.1 and 9.3.
	assert_int_equal(c->lma.min_delay_before_bce_delete_ms, 10000);
	assert_int_equal(c->lma.max_delay_before_new_bce_assign_ms, 1500);
	assert_int_equal(c->lma.timestamp_validity_window_ms, 300);
	assert_false(c->lma.mobile_node_generated_timestamp);
	assert_int_equal(c->lma.ecn, CONF_ECN_RFC6040);
	assert_int_equal(c->lma.sessions_per_mn, 4);
	assert_int_equal(c->lma.max_lifetime_s, 3600);
	assert_int_equal(c->lma.tunnel_mtu, 1500);
	assert_string_equal(c->path, "f");
	assert_string_equal(c->name, "lma");
	assert_string_equal(c->management.socket, "/run/kedge/lma.sock");
	assert_int_equal(c->dataplane.workers, 1);
	assert_int_equal(c->dataplane.spread, CONF_SPREAD_AUTO);
	assert_false(c->dataplane.hugepages);
	assert_int_equal(c->dataplane.memory_mb, 512);
	assert_int_equal(c->pools[0].hnp_len, 64);
	conf_free(c);
}

static void LMA_EXP_02_the_quarantine_is_as_long_as_the_delay_unless_said_otherwise(void **state)
{
	(void)state;
	struct conf *c = load(
		"lma: {addresses: [2001:db8::1], min_delay_before_bce_delete_ms: 20000}\n" PORTS
			MAGS POOLS);
	assert_int_equal(c->lma.prefix_quarantine_ms, 20000);
	conf_free(c);
	c = load("lma: {addresses: [2001:db8::1], prefix_quarantine_ms: 7}\n" PORTS MAGS POOLS);
	assert_int_equal(c->lma.prefix_quarantine_ms, 7);
	conf_free(c);
}

static void without_profiles_everybody_is_served_and_with_an_empty_list_nobody(void **state)
{
	(void)state;
	struct conf *c = load(LEAST);
	assert_int_equal(c->n_profiles, 1);
	assert_string_equal(c->profiles[0].match, "*");
	assert_true(c->profiles[0].permit);
	conf_free(c);
	c = load(LEAST "profiles: []\n");
	assert_int_equal(c->n_profiles, 0);
	conf_free(c);
}

static void spreading_is_forced_or_forbidden_by_a_plain_word(void **state)
{
	(void)state;
	struct conf *c = load(LEAST "dataplane: {spread: off}\n");
	assert_int_equal(c->dataplane.spread, CONF_SPREAD_OFF);
	conf_free(c);
	c = load(LEAST "dataplane: {spread: on}\n");
	assert_int_equal(c->dataplane.spread, CONF_SPREAD_ON);
	conf_free(c);
}

static void every_list_is_filled_row_by_row(void **state)
{
	(void)state;
	struct conf *c = load(
		"lma: {addresses: [2001:db8::1, 2001:db8::2], ecn: rfc5213, max_bindings: "
		"1_000_000}\n"
		"ports: [{name: a, driver: af_xdp, netdev: eth0, queues: 3}, {name: b, driver: "
		"mem}]\n"
		"interfaces: [{name: i, port: a, vlan: 7, role: backbone}]\n"
		"mags: [{name: m, address: 2001:db8:2::1}, {name: n, prefix: 2001:db8:3::/48}]\n"
		"pools: [{name: p, prefix: 2001:db8:1000::/40, hnp_length: 56}]\n"
		"profiles: [{match: '@a', permit: false}]\n"
		"nexthops: [{to: '::/0', port: b, mac: 02:00:00:00:00:0a, src_mac: "
		"02:00:00:00:00:0b, "
		"mtu: 9000}]\n");
	assert_int_equal(c->lma.n_addresses, 2);
	assert_true(ip6_equal(c->lma.addresses[1], addr("2001:db8::2")));
	assert_int_equal(c->lma.ecn, CONF_ECN_RFC5213);
	assert_int_equal(c->lma.max_bindings, 1000000);
	assert_int_equal(c->n_ports, 2);
	assert_int_equal(c->ports[0].driver, CONF_AF_XDP);
	assert_string_equal(c->ports[0].netdev, "eth0");
	assert_int_equal(c->ports[0].queues, 3);
	assert_int_equal(c->ports[1].driver, CONF_MEM);
	assert_int_equal(c->interfaces[0].vlan, 7);
	assert_int_equal(c->interfaces[0].role, CONF_BACKBONE);
	assert_int_equal(c->mags[0].from.len, 128);
	assert_true(ip6_equal(c->mags[0].from.addr, addr("2001:db8:2::1")));
	assert_int_equal(c->mags[1].from.len, 48);
	assert_int_equal(c->pools[0].hnp_len, 56);
	assert_false(c->profiles[0].permit);
	assert_int_equal(c->nexthops[0].to.len, 0);
	assert_int_equal(c->nexthops[0].mac[5], 0x0a);
	assert_int_equal(c->nexthops[0].src_mac[5], 0x0b);
	assert_int_equal(c->nexthops[0].mtu, 9000);
	conf_free(c);
}

static void assert_same_bytes(const void *a, const void *b, size_t size, uint32_t n)
{
	if (n > 0)
		assert_memory_equal(a, b, size * n);
}

// Their lists by what they hold, not where.
static void assert_same_mag(struct conf_mag a, struct conf_mag b)
{
	assert_int_equal(a.n_nodes, b.n_nodes);
	assert_int_equal(a.n_pools, b.n_pools);
	assert_same_bytes(a.nodes, b.nodes, sizeof(*a.nodes), a.n_nodes);
	assert_same_bytes(a.pools, b.pools, sizeof(*a.pools), a.n_pools);
	a.nodes = b.nodes;
	a.pools = b.pools;
	assert_memory_equal(&a, &b, sizeof(a));
}

static void assert_same_profile(struct conf_profile a, struct conf_profile b)
{
	assert_int_equal(a.n_pools, b.n_pools);
	assert_int_equal(a.n_prefixes, b.n_prefixes);
	assert_same_bytes(a.pools, b.pools, sizeof(*a.pools), a.n_pools);
	assert_same_bytes(a.prefixes, b.prefixes, sizeof(*a.prefixes), a.n_prefixes);
	a.pools = b.pools;
	a.prefixes = b.prefixes;
	assert_memory_equal(&a, &b, sizeof(a));
}

// Equal in all but the path: plain members as bytes, then the lists.
static void assert_same(struct conf *a, struct conf *b)
{
	assert_string_equal(a->name, b->name);
	assert_memory_equal(&a->management, &b->management, sizeof(a->management));
	assert_memory_equal(&a->dataplane, &b->dataplane, sizeof(a->dataplane));
	size_t from = offsetof(struct conf, lma.n_addresses), to = offsetof(struct conf, ports);
	assert_memory_equal((char *)a + from, (char *)b + from, to - from);
	assert_same_bytes(a->lma.addresses, b->lma.addresses, sizeof(*a->lma.addresses),
			  a->lma.n_addresses);
	from = offsetof(struct conf, n_ports);
	assert_memory_equal((char *)a + from, (char *)b + from, sizeof(*a) - from);
	assert_same_bytes(a->ports, b->ports, sizeof(*a->ports), a->n_ports);
	assert_same_bytes(a->interfaces, b->interfaces, sizeof(*a->interfaces), a->n_interfaces);
	for (uint32_t i = 0; i < a->n_mags; i++)
		assert_same_mag(a->mags[i], b->mags[i]);
	assert_same_bytes(a->pools, b->pools, sizeof(*a->pools), a->n_pools);
	for (uint32_t i = 0; i < a->n_profiles; i++)
		assert_same_profile(a->profiles[i], b->profiles[i]);
	assert_same_bytes(a->nexthops, b->nexthops, sizeof(*a->nexthops), a->n_nexthops);
}

static void a_dump_loads_to_the_same(void **state)
{
	(void)state;
	size_t n;
	char *example = read_source("config/lma.yaml", &n);
	assert_non_null(example);
	const char *const texts[] = {
		example,
		LEAST,
		LEAST
		"profiles: [{match: 'o\\\"dd: # one@x'}, {match: 'j\xc3\xb6rg@x', permit: false}]\n"
		"node: {name: 'null'}\n"
		"dataplane: {lcores: '', workers: 7, hugepages: true, idle_sleep_us: 0}\n"
		"nexthops: [{to: '::/0', port: core0, mac: 02:00:00:00:00:0a, "
		"src_mac: 02:00:00:00:00:0b}]\n",
		"lma: {addresses: ['2001:db8::']}\nmags: []\npools: []\nprofiles: []\n"
		"ports: [{name: a, driver: af_xdp, netdev: '0'}]\n",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct conf *a = load(texts[i]);
		char *first = dump_text(a);
		struct conf *b = load(first);
		char *second = dump_text(b);
		assert_same(a, b);
		assert_string_equal(first, second);
		free(first);
		free(second);
		conf_free(a);
		conf_free(b);
	}
	free(example);
}

static void a_dump_writes_every_key(void **state)
{
	(void)state;
	struct conf *c = load(LEAST "interfaces: [{name: i, port: core0, role: core}]\n"
				    "nexthops: [{to: '::/0', port: core0, mac: 02:00:00:00:00:0a, "
				    "src_mac: 02:00:00:00:00:0b}]\n");
	char *text = dump_text(c);
	for (const struct schema_row *row = schema; row->path != NULL; row++) {
		char key[80];
		snprintf(key, sizeof(key), "%s:", schema_key(row));
		// A MAG's address is dumped as a prefix of 128 bits.
		if (row->type != SCHEMA_HOST && schema_is_read_by(row, CONF_LMA) &&
		    schema_key(row)[0] != '\0')
			assert_non_null(strstr(text, key));
	}
	free(text);
	conf_free(c);
}

static void the_rows_of_the_schema_are_whole(void **state)
{
	(void)state;
	unsigned live = 0;
	for (const struct schema_row *row = schema; row->path != NULL; row++) {
		assert_ptr_equal(schema_find(row->path), row); // no path stands twice
		assert_true(strlen(row->text) > 0);
		assert_non_null(row->unit);
		assert_int_equal(row->choices != NULL, row->type == SCHEMA_CHOICE);
		if (row->fallback != NULL && row->fallback[0] == '=')
			assert_true(schema_find(row->fallback + 1) < row);
		if (row->type == SCHEMA_NAME || row->type == SCHEMA_TEXT)
			assert_int_equal(row->max, row->size - 1); // room for the NUL
		live += row->apply == SCHEMA_LIVE && row->type != SCHEMA_GROUP ? 1 : 0;
	}
	assert_true(live > 10);
	assert_int_equal(schema_find("mags")->apply, SCHEMA_LIVE);
	assert_int_equal(schema_find("ports")->apply, SCHEMA_RESTART);
}

static void the_page_in_docs_is_the_one_that_the_schema_yields(void **state)
{
	(void)state;
	size_t n, written_len;
	char *page, *written = read_source("docs/configuration.md", &written_len);
	FILE *out = open_memstream(&page, &n);
	conf_reference(out);
	fclose(out);
	assert_non_null(written);
	assert_string_equal(written, page); // if not: ninja configuration-page
	free(page);
	free(written);
}

static void the_example_loads_from_its_file_and_warns_of_nothing(void **state)
{
	(void)state;
	struct conf *c = NULL;
	char *said;
	size_t n;
	FILE *errors = open_memstream(&said, &n);
	assert_int_equal(conf_load(source_file("config/lma.yaml"), CONF_LMA, errors, &c), 0);
	conf_warn(c, errors);
	fclose(errors);
	assert_string_equal(said, "");
	assert_string_equal(c->path, source_file("config/lma.yaml"));
	assert_string_equal(c->ports[0].name, "core0");
	assert_string_equal(c->ports[1].name, "backbone0");
	free(said);
	conf_free(c);
}

static void a_file_that_cannot_be_read_is_one_line(void **state)
{
	(void)state;
	struct conf *c = NULL;
	char *said;
	size_t n;
	FILE *errors = open_memstream(&said, &n);
	assert_int_equal(conf_load("/does/not/exist.yaml", CONF_LMA, errors, &c), -ENOENT);
	assert_int_equal(conf_load("/", CONF_LMA, errors, &c), -EISDIR);
	fclose(errors);
	assert_string_equal(said,
			    "/does/not/exist.yaml: cannot be read: No such file or directory\n"
			    "/: cannot be read: Is a directory\n");
	assert_null(c);
	free(said);
}

static void LMA_VAR_02_a_wait_shorter_than_a_resend_is_warned_of(void **state)
{
	(void)state;
	struct conf *c = load(
		"lma: {addresses: [2001:db8::1], max_delay_before_new_bce_assign_ms: 999}\n" PORTS
			MAGS POOLS);
	char *said;
	size_t n;
	FILE *out = open_memstream(&said, &n);
	conf_warn(c, out);
	fclose(out);
	assert_string_equal(said,
			    "f: lma.max_delay_before_new_bce_assign_ms is 999: below 1000 ms a "
			    "PBU sent again by the MAG comes too late\n");
	free(said);
	conf_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_file_gets_the_defaults_of_the_rfc),
		cmocka_unit_test(
			LMA_EXP_02_the_quarantine_is_as_long_as_the_delay_unless_said_otherwise),
		cmocka_unit_test(
			without_profiles_everybody_is_served_and_with_an_empty_list_nobody),
		cmocka_unit_test(spreading_is_forced_or_forbidden_by_a_plain_word),
		cmocka_unit_test(every_list_is_filled_row_by_row),
		cmocka_unit_test(a_dump_loads_to_the_same),
		cmocka_unit_test(a_dump_writes_every_key),
		cmocka_unit_test(the_rows_of_the_schema_are_whole),
		cmocka_unit_test(the_page_in_docs_is_the_one_that_the_schema_yields),
		cmocka_unit_test(the_example_loads_from_its_file_and_warns_of_nothing),
		cmocka_unit_test(a_file_that_cannot_be_read_is_one_line),
		cmocka_unit_test(LMA_VAR_02_a_wait_shorter_than_a_resend_is_warned_of),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
