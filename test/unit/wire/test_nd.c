// Neighbour discovery: octets of an independent implementation, and every packet that RFC 4861 says
// to discard.
#include "wire/nd.h"

#include <stdlib.h>

#include "test/unit/wire/bytes.h"
#include "wire/checksum.h"

enum { IP6 = 40, PLEN = 4, NEXT = 6, HOPS = 7, SRC = 8, DST = 24, TYPE = 40, CODE = 41, SUM = 42 };
enum { TARGET = 48, RS_OPTIONS = 48, NS_OPTIONS = 64, MAX = 256 };

static const uint8_t router_mac[6] = {0x00, 0x00, 0x5e, 0x00, 0x52, 0x13};
static const uint8_t node_mac[6] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x01};
static const char router[] = "fe80::200:5eff:fe00:5213", node[] = "fe80::ff:fe00:1";

static const uint8_t ra[] = {
	0x60, 0x00, 0x00, 0x00, 0x00, 0x40, 0x3a, 0xff, //
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x52, 0x13, //
	0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, //
	0x86, 0x00, 0x8d, 0xec, 0x40, 0x00, 0x07, 0x08, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x01, 0x01, 0x00, 0x00, 0x5e, 0x00, 0x52, 0x13, //
	0x05, 0x01, 0x00, 0x00, 0x00, 0x00, 0x05, 0xb4, //
	0x03, 0x04, 0x40, 0xc0, 0x00, 0x27, 0x8d, 0x00, //
	0x00, 0x09, 0x3a, 0x80, 0x00, 0x00, 0x00, 0x00, //
	0x20, 0x01, 0x0d, 0xb8, 0x01, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
};

static const uint8_t na[] = {
	0x60, 0x00, 0x00, 0x00, 0x00, 0x20, 0x3a, 0xff, //
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x52, 0x13, //
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, //
	0x88, 0x00, 0x87, 0xe4, 0xe0, 0x00, 0x00, 0x00, //
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x52, 0x13, //
	0x02, 0x01, 0x00, 0x00, 0x5e, 0x00, 0x52, 0x13, //
};

static const uint8_t ns[] = {
	0x60, 0x00, 0x00, 0x00, 0x00, 0x20, 0x3a, 0xff, //
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x52, 0x13, //
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x01, //
	0x87, 0x00, 0x1c, 0xf8, 0x00, 0x00, 0x00, 0x00, //
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x01, //
	0x01, 0x01, 0x00, 0x00, 0x5e, 0x00, 0x52, 0x13, //
};

static const uint8_t rs[] = {
	0x60, 0x00, 0x00, 0x00, 0x00, 0x10, 0x3a, 0xff, //
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x01, //
	0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, //
	0x85, 0x00, 0x7b, 0x2c, 0x00, 0x00, 0x00, 0x00, //
	0x01, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, //
};

static const uint8_t dad[] = {
	0x60, 0x00, 0x00, 0x00, 0x00, 0x18, 0x3a, 0xff, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x01, 0xff, 0x00, 0x00, 0x01, //
	0x87, 0x00, 0x7d, 0x25, 0x00, 0x00, 0x00, 0x00, //
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x01, //
};

struct bytes {
	uint8_t b[MAX];
	uint16_t n;
};

static struct bytes copy_of(const uint8_t *p, size_t n)
{
	struct bytes c = {.n = (uint16_t)n};

	memcpy(c.b, p, n);
	return c;
}

// Payload length and checksum made right again.
static void reseal(struct bytes *c)
{
	struct ip6_addr src, dst;
	struct span icmp = {c->b + IP6, (uint16_t)(c->n - IP6)};

	memcpy(src.a, c->b + SRC, 16);
	memcpy(dst.a, c->b + DST, 16);
	c->b[PLEN] = (uint8_t)(icmp.n >> 8);
	c->b[PLEN + 1] = (uint8_t)icmp.n;
	c->b[SUM] = c->b[SUM + 1] = 0;
	uint16_t sum = ip6_checksum(src, dst, 58, icmp);
	c->b[SUM] = (uint8_t)(sum >> 8);
	c->b[SUM + 1] = (uint8_t)sum;
}

// In a piece of heap that ends where the packet does.
static bool parses(const struct bytes *c, struct nd_message *out)
{
	uint8_t *exact = malloc(c->n > 0 ? c->n : 1);

	assert_non_null(exact);
	memcpy(exact, c->b, c->n);
	bool ok = nd_parse((struct span){exact, c->n}, out);
	free(exact);
	return ok;
}

static bool parses_resealed(struct bytes c)
{
	struct nd_message m;

	reseal(&c);
	return parses(&c, &m);
}

#define COPY(array) copy_of(array, sizeof(array))

static void a_router_advertisement_is_written_as_others_write_it(void **state)
{
	(void)state;
	uint8_t buf[MAX];
	struct nd_prefix prefix = {.prefix = ip6_prefix_of(addr_of("2001:db8:100::"), 64),
				   .on_link = true,
				   .autonomous = true,
				   .valid_s = 2592000,
				   .preferred_s = 604800};
	struct nd_advert a = {.src = addr_of(router),
			      .dst = addr_of("ff02::1"),
			      .hop_limit = 64,
			      .router_lifetime_s = 1800,
			      .mtu = 1460,
			      .prefixes = &prefix,
			      .n_prefixes = 1};
	memcpy(a.mac, router_mac, 6);
	assert_int_equal(nd_ra_emit(buf, sizeof(buf), &a), sizeof(ra));
	assert_memory_equal(buf, ra, sizeof(ra));
	for (size_t room = 0; room < sizeof(ra); room++)
		assert_int_equal(nd_ra_emit(buf, room, &a), 0);
	a.mtu = 0;
	assert_int_equal(nd_ra_emit(buf, sizeof(buf), &a), sizeof(ra) - 8);
	a.managed = a.other = true;
	assert_true(nd_ra_emit(buf, sizeof(buf), &a) > 0);
	assert_int_equal(buf[IP6 + 5], 0xc0);
	a.managed = false;
	assert_true(nd_ra_emit(buf, sizeof(buf), &a) > 0);
	assert_int_equal(buf[IP6 + 5], 0x40);
	a.managed = true;
	a.other = prefix.autonomous = false; // MAG-RA-02: how it is with DHCPv6
	assert_true(nd_ra_emit(buf, sizeof(buf), &a) > 0);
	assert_int_equal(buf[IP6 + 5], 0x80);
	assert_int_equal(buf[IP6 + 16 + 8 + 3], 0x80); // no MTU option: L alone
}

static void solicitations_and_their_answers_are_written_as_others_write_them(void **state)
{
	(void)state;
	uint8_t buf[MAX];
	size_t n =
		nd_na_emit(buf, sizeof(buf), addr_of(router), addr_of("fe80::1"), addr_of(router),
			   ND_NA_ROUTER | ND_NA_SOLICITED | ND_NA_OVERRIDE, router_mac);
	assert_int_equal(n, sizeof(na));
	assert_memory_equal(buf, na, n);
	n = nd_ns_emit(buf, sizeof(buf), addr_of(router), addr_of(node), addr_of(node), router_mac);
	assert_int_equal(n, sizeof(ns));
	assert_memory_equal(buf, ns, n);
	assert_int_equal(
		nd_ns_emit(buf, n - 1, addr_of(router), addr_of(node), addr_of(node), router_mac),
		0);
}

static void what_others_write_is_read(void **state)
{
	(void)state;
	struct nd_message m;
	struct bytes c = COPY(rs);
	assert_true(parses(&c, &m));
	assert_int_equal(m.type, ND_RS);
	assert_true(ip6_equal(m.src, addr_of(node)));
	assert_true(m.has_mac);
	assert_memory_equal(m.mac, node_mac, 6);

	c = COPY(dad);
	assert_true(parses(&c, &m));
	assert_int_equal(m.type, ND_NS);
	assert_true(ip6_is_zero(m.src));
	assert_true(ip6_equal(m.target, addr_of(node)));
	assert_false(m.has_mac);

	c = COPY(na);
	assert_true(parses(&c, &m));
	assert_int_equal(m.type, ND_NA);
	assert_int_equal(m.flags, ND_NA_ROUTER | ND_NA_SOLICITED | ND_NA_OVERRIDE);
	assert_memory_equal(m.mac, router_mac, 6);
}

static void an_advertisement_of_a_router_is_not_for_a_router(void **state)
{
	(void)state;
	struct nd_message m;
	struct bytes c = COPY(ra);
	assert_false(parses(&c, &m));
}

static void a_packet_that_passed_a_router_is_discarded(void **state)
{
	(void)state;
	struct bytes c = COPY(rs);
	for (int hops = 0; hops < 255; hops += 51) {
		c.b[HOPS] = (uint8_t)hops;
		assert_false(parses_resealed(c));
	}
}

static void a_wrong_checksum_or_code_is_discarded(void **state)
{
	(void)state;
	struct nd_message m;
	for (size_t i = SRC; i < sizeof(ns); i++) {
		struct bytes c = COPY(ns);
		c.b[i] ^= 0x10;
		assert_false(parses(&c, &m));
	}
	struct bytes c = COPY(ns);
	c.b[CODE] = 1;
	assert_false(parses_resealed(c));
}

static void a_packet_that_is_cut_or_says_more_than_it_has_is_discarded(void **state)
{
	(void)state;
	struct nd_message m;
	for (uint16_t n = 0; n < sizeof(ns); n++) {
		struct bytes c = COPY(ns);
		c.n = n;
		assert_false(parses(&c, &m));
		if (n <= IP6 || n == NS_OPTIONS) // without its option it is whole again
			continue;
		assert_false(parses_resealed(c));
	}
	struct bytes c = COPY(ns);
	c.b[PLEN + 1]++;
	assert_false(parses(&c, &m));
}

static void an_option_without_length_or_beyond_the_end_is_discarded(void **state)
{
	(void)state;
	struct bytes c = COPY(rs);
	c.b[RS_OPTIONS + 1] = 0;
	assert_false(parses_resealed(c));
	for (int units = 2; units < 256; units++) {
		c.b[RS_OPTIONS + 1] = (uint8_t)units;
		assert_false(parses_resealed(c));
	}
}

static void unknown_options_are_skipped_and_the_first_address_counts(void **state)
{
	(void)state;
	struct nd_message m;
	struct bytes c = COPY(rs);
	memmove(c.b + RS_OPTIONS + 16, c.b + RS_OPTIONS, 8);
	memset(c.b + RS_OPTIONS, 0xee, 16);
	c.b[RS_OPTIONS + 1] = 2;
	memcpy(c.b + RS_OPTIONS + 24, c.b + RS_OPTIONS + 16, 8);
	c.b[RS_OPTIONS + 31] = 0x77;
	c.n += 24;
	reseal(&c);
	assert_true(parses(&c, &m));
	assert_memory_equal(m.mac, node_mac, 6);
}

static void addresses_that_rfc_4861_forbids_are_discarded(void **state)
{
	(void)state;
	struct ip6_addr zero = {0}, group = addr_of("ff02::1");
	struct bytes c = COPY(rs);
	memcpy(c.b + SRC, &zero, 16); // 6.1.1: with a link-layer address
	assert_false(parses_resealed(c));
	c = COPY(rs);
	memcpy(c.b + SRC, &group, 16);
	assert_false(parses_resealed(c));
	c = COPY(ns);
	memcpy(c.b + TARGET, &group, 16); // 7.1.1
	assert_false(parses_resealed(c));
	c = COPY(dad);
	memcpy(c.b + DST, &group, 16); // 7.1.1: to the solicited-node group alone
	assert_false(parses_resealed(c));
	c = COPY(ns);
	memcpy(c.b + SRC, &zero, 16);
	struct ip6_addr solicited = addr_of("ff02::1:ff00:1");
	memcpy(c.b + DST, &solicited, 16); // 7.1.1: with a link-layer address
	assert_false(parses_resealed(c));
	c = COPY(na);
	memcpy(c.b + TARGET, &group, 16); // 7.1.2
	assert_false(parses_resealed(c));
	c = COPY(na);
	memcpy(c.b + DST, &group, 16); // 7.1.2: solicited, to a group
	assert_false(parses_resealed(c));
	c.b[IP6 + 4] = ND_NA_OVERRIDE;
	assert_true(parses_resealed(c));
}

static void other_messages_are_none(void **state)
{
	(void)state;
	for (int type = 0; type < 256; type++) {
		struct bytes c = COPY(dad);
		if (type == ND_NS || type == ND_RS || type == ND_NA)
			continue;
		c.b[TYPE] = (uint8_t)type;
		assert_false(parses_resealed(c));
	}
	struct bytes c = COPY(rs);
	c.b[NEXT] = 17;
	assert_false(parses_resealed(c));
}

static void a_link_local_address_is_made_of_the_mac_address(void **state)
{
	(void)state;
	assert_true(ip6_equal(nd_link_local_of(node_mac), addr_of(node)));
	assert_true(ip6_equal(nd_link_local_of(router_mac), addr_of(router)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_router_advertisement_is_written_as_others_write_it),
		cmocka_unit_test(solicitations_and_their_answers_are_written_as_others_write_them),
		cmocka_unit_test(what_others_write_is_read),
		cmocka_unit_test(an_advertisement_of_a_router_is_not_for_a_router),
		cmocka_unit_test(a_packet_that_passed_a_router_is_discarded),
		cmocka_unit_test(a_wrong_checksum_or_code_is_discarded),
		cmocka_unit_test(a_packet_that_is_cut_or_says_more_than_it_has_is_discarded),
		cmocka_unit_test(an_option_without_length_or_beyond_the_end_is_discarded),
		cmocka_unit_test(unknown_options_are_skipped_and_the_first_address_counts),
		cmocka_unit_test(addresses_that_rfc_4861_forbids_are_discarded),
		cmocka_unit_test(other_messages_are_none),
		cmocka_unit_test(a_link_local_address_is_made_of_the_mac_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
