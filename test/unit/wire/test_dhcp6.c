// DHCPv6 from a node: octets of an independent implementation, and what a node may not send.
#include "test/unit/wire/dhcp6_bytes.h"
#include "wire/checksum.h"

enum {
	IP6 = 40,
	PLEN = 4,
	NEXT = 6,
	SRC = 8,
	DST = 24,
	UDP_DPORT = 42,
	UDP_LEN = 44,
	UDP_SUM = 46
};
enum { TYPE = 48, MAX = DHCP6_TEST_MAX };

static const char router[] = "fe80::200:5eff:fe00:5213", node[] = "fe80::ff:fe00:1";
static const char link_address[] = "2001:db8:100:0:200:5eff:fe00:5213";
static const uint8_t interface_id[8] = {0, 1, 2, 0, 0, 0, 0, 1};

static const uint8_t solicit[] = {
	0x60, 0x00, 0x00, 0x00, 0x00, 0x30, 0x11, 0x01, //
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x01, //
	0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x02, //
	0x02, 0x22, 0x02, 0x23, 0x00, 0x30, 0xc7, 0x2f, //
	0x01, 0x12, 0x34, 0x56, 0x00, 0x01, 0x00, 0x0a, //
	0x00, 0x03, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, //
	0x00, 0x01, 0x00, 0x08, 0x00, 0x02, 0x00, 0x00, //
	0x00, 0x03, 0x00, 0x0c, 0x00, 0x00, 0x00, 0x01, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
};

static const uint8_t forward[] = {
	0x0c, 0x00, 0x20, 0x01, 0x0d, 0xb8, 0x01, 0x00, //
	0x00, 0x00, 0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, //
	0x52, 0x13, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xfe, 0x00, //
	0x00, 0x01, 0x00, 0x12, 0x00, 0x08, 0x00, 0x01, //
	0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x4f, //
	0x00, 0x08, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, //
	0x00, 0x01, 0x00, 0x09, 0x00, 0x28, 0x01, 0x12, //
	0x34, 0x56, 0x00, 0x01, 0x00, 0x0a, 0x00, 0x03, //
	0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, //
	0x00, 0x08, 0x00, 0x02, 0x00, 0x00, 0x00, 0x03, //
	0x00, 0x0c, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00,             //
};

// Both lengths and the checksum made right again.
static void reseal(struct bytes *c)
{
	struct ip6_addr src, dst;
	struct span udp = {c->b + IP6, (uint16_t)(c->n - IP6)};

	memcpy(src.a, c->b + SRC, 16);
	memcpy(dst.a, c->b + DST, 16);
	c->b[PLEN] = c->b[UDP_LEN] = (uint8_t)(udp.n >> 8);
	c->b[PLEN + 1] = c->b[UDP_LEN + 1] = (uint8_t)udp.n;
	c->b[UDP_SUM] = c->b[UDP_SUM + 1] = 0;
	uint16_t sum = ip6_checksum(src, dst, 17, udp);
	c->b[UDP_SUM] = (uint8_t)(sum >> 8);
	c->b[UDP_SUM + 1] = (uint8_t)sum;
}

static enum dhcp6_err request_of(const struct bytes *c)
{
	struct dhcp6_request q;
	uint8_t *exact = exact_copy(c);
	enum dhcp6_err err = dhcp6_request_parse((struct span){exact, c->n}, addr_of(router), &q);

	free(exact);
	return err;
}

static enum dhcp6_err resealed_request(struct bytes c)
{
	reseal(&c);
	return request_of(&c);
}

static void a_clients_message_is_taken_as_others_write_it(void **state)
{
	(void)state;
	struct dhcp6_request q;

	assert_int_equal(dhcp6_request_parse(SPAN(solicit), addr_of(router), &q), DHCP6_OK);
	assert_int_equal(q.type, DHCP6_SOLICIT);
	assert_true(ip6_equal(q.src, addr_of(node)));
	assert_ptr_equal(q.message.p, solicit + TYPE);
	assert_int_equal(q.message.n, sizeof(solicit) - TYPE);
}

static void the_routers_own_address_will_do_and_no_other(void **state)
{
	(void)state;
	static const struct {
		const char *dst;
		enum dhcp6_err err;
	} cases[] = {
		{router, DHCP6_OK},          {"ff02::1:2", DHCP6_OK}, {"ff02::1", DHCP6_NONE},
		{"ff05::1:3", DHCP6_NONE},   {"fe80::1", DHCP6_NONE}, {"ff02::2:1", DHCP6_NONE},
		{"2001:db8::1", DHCP6_NONE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip6_addr dst = addr_of(cases[i].dst);
		struct bytes c = COPY(solicit);
		memcpy(c.b + DST, dst.a, 16);
		assert_int_equal(resealed_request(c), cases[i].err);
	}
}

static void what_is_not_for_a_relays_port_is_somebody_elses(void **state)
{
	(void)state;
	struct bytes c = COPY(solicit);
	c.b[UDP_DPORT + 1]--;
	assert_int_equal(resealed_request(c), DHCP6_NONE);
	c = COPY(solicit);
	c.b[NEXT] = 58;
	assert_int_equal(request_of(&c), DHCP6_NONE);
	c = COPY(solicit);
	c.b[0] = 0x45;
	assert_int_equal(request_of(&c), DHCP6_NONE);
}

// RFC 8415 7.2 says where a client listens, not where it sends from.
static void the_port_that_it_comes_from_does_not_matter(void **state)
{
	(void)state;
	struct bytes c = COPY(solicit);
	c.b[IP6] = 0x99;
	assert_int_equal(resealed_request(c), DHCP6_OK);
}

static void eight_messages_are_a_clients_and_every_other_has_a_name(void **state)
{
	(void)state;
	unsigned taken = 0;

	for (int type = 0; type < 256; type++) {
		struct bytes c = COPY(solicit);
		c.b[TYPE] = (uint8_t)type;
		enum dhcp6_err err = resealed_request(c);
		switch (type) {
		case 1: // RFC 8415 7.3
		case 3:
		case 4:
		case 5:
		case 6:
		case 8:
		case 9:
		case 11:
			assert_int_equal(err, DHCP6_OK);
			taken++;
			break;
		case 12: // a mobile node is no relay
		case 13:
			assert_int_equal(err, DHCP6_RELAYED);
			break;
		default:
			assert_int_equal(err, DHCP6_UNEXPECTED);
		}
	}
	assert_int_equal(taken, 8);
}

static void a_client_speaks_from_its_link_local_address(void **state)
{
	(void)state;
	static const char *const others[] = {"2001:db8:100::1", "::", "ff02::1", "::1", "fec0::1"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct ip6_addr src = addr_of(others[i]);
		struct bytes c = COPY(solicit);
		memcpy(c.b + SRC, src.a, 16);
		assert_int_equal(resealed_request(c), DHCP6_BAD_SOURCE);
	}
}

static void a_wrong_checksum_and_none_at_all_are_refused(void **state)
{
	(void)state;
	for (size_t i = TYPE; i < sizeof(solicit); i++) {
		struct bytes c = COPY(solicit);
		c.b[i] ^= 0x04;
		assert_int_equal(request_of(&c), DHCP6_BAD_CHECKSUM);
	}
	struct bytes c = COPY(solicit);
	c.b[SRC + 15] ^= 0x04; // of the pseudo-header
	assert_int_equal(request_of(&c), DHCP6_BAD_CHECKSUM);
	c = COPY(solicit);
	c.b[UDP_SUM] = c.b[UDP_SUM + 1] = 0;
	assert_int_equal(request_of(&c), DHCP6_BAD_CHECKSUM);
}

static void a_cut_request_and_one_with_lengths_that_differ_are_refused(void **state)
{
	(void)state;
	for (uint16_t n = 0; n < sizeof(solicit); n++) {
		struct bytes c = COPY(solicit);
		c.n = n;
		assert_int_equal(request_of(&c), DHCP6_NONE);
		if (n < IP6 + 8)
			continue;
		// Sealed again it is a message without its end: that is the server's to judge.
		assert_int_equal(resealed_request(c), n < TYPE + 4 ? DHCP6_MALFORMED : DHCP6_OK);
	}
	struct bytes c = COPY(solicit);
	c.b[UDP_LEN + 1]--;
	assert_int_equal(request_of(&c), DHCP6_MALFORMED);
	c.b[UDP_LEN + 1] += 2;
	assert_int_equal(request_of(&c), DHCP6_MALFORMED);
}

static void what_stands_behind_the_packet_is_not_in_the_message(void **state)
{
	(void)state;
	struct dhcp6_request q;
	struct bytes c = COPY(solicit);

	c.n += 6; // padding of a frame
	assert_int_equal(dhcp6_request_parse((struct span){c.b, c.n}, addr_of(router), &q),
			 DHCP6_OK);
	assert_int_equal(q.message.n, sizeof(solicit) - TYPE);
}

// MAG-DH-01: the link-address is the one that the caller chose.
static void a_relay_forward_is_written_as_others_write_it(void **state)
{
	(void)state;
	uint8_t buf[MAX];
	struct dhcp6_forward f = {.link = addr_of(link_address),
				  .peer = addr_of(node),
				  .interface_id = SPAN(interface_id),
				  .mac = {2, 0, 0, 0, 0, 1},
				  .message = {solicit + TYPE, sizeof(solicit) - TYPE}};

	assert_int_equal(dhcp6_forward_emit(buf, sizeof(buf), &f), sizeof(forward));
	assert_memory_equal(buf, forward, sizeof(forward));
	for (size_t room = 0; room < sizeof(forward); room++)
		assert_int_equal(dhcp6_forward_emit(buf, room, &f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clients_message_is_taken_as_others_write_it),
		cmocka_unit_test(the_routers_own_address_will_do_and_no_other),
		cmocka_unit_test(what_is_not_for_a_relays_port_is_somebody_elses),
		cmocka_unit_test(the_port_that_it_comes_from_does_not_matter),
		cmocka_unit_test(eight_messages_are_a_clients_and_every_other_has_a_name),
		cmocka_unit_test(a_client_speaks_from_its_link_local_address),
		cmocka_unit_test(a_wrong_checksum_and_none_at_all_are_refused),
		cmocka_unit_test(a_cut_request_and_one_with_lengths_that_differ_are_refused),
		cmocka_unit_test(what_stands_behind_the_packet_is_not_in_the_message),
		cmocka_unit_test(a_relay_forward_is_written_as_others_write_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
