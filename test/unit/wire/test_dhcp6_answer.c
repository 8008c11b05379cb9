// DHCPv6 from a server: octets of an independent implementation, what a server may not send, and
// the packet that comes of it.
#include "test/unit/wire/dhcp6_bytes.h"

enum { UDP_SUM = 46, MAX = DHCP6_TEST_MAX };

static const char router[] = "fe80::200:5eff:fe00:5213", node[] = "fe80::ff:fe00:1";
static const char link_address[] = "2001:db8:100:0:200:5eff:fe00:5213";
static const uint8_t interface_id[8] = {0, 1, 2, 0, 0, 0, 0, 1};

static const uint8_t advertise[] = {
	0x60, 0x00, 0x00, 0x00, 0x00, 0x87, 0x11, 0x40, //
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x52, 0x13, //
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x01, //
	0x02, 0x23, 0x02, 0x22, 0x00, 0x87, 0xa0, 0x53, //
	0x02, 0x12, 0x34, 0x56, 0x00, 0x01, 0x00, 0x0a, //
	0x00, 0x03, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, //
	0x00, 0x01, 0x00, 0x02, 0x00, 0x0a, 0x00, 0x03, //
	0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x99, //
	0x00, 0x03, 0x00, 0x2e, 0x00, 0x00, 0x00, 0x01, //
	0x00, 0x00, 0x07, 0x08, 0x00, 0x00, 0x0b, 0x40, //
	0x00, 0x05, 0x00, 0x18, 0x20, 0x01, 0x0d, 0xb8, //
	0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x77, 0x00, 0x00, 0x0e, 0x10, //
	0x00, 0x00, 0x1c, 0x20, 0x00, 0x0d, 0x00, 0x02, //
	0x00, 0x00, 0x00, 0x19, 0x00, 0x29, 0x00, 0x00, //
	0x00, 0x02, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, //
	0x00, 0x14, 0x00, 0x1a, 0x00, 0x19, 0x00, 0x00, //
	0x00, 0x1e, 0x00, 0x00, 0x00, 0x28, 0x3c, 0x20, //
	0x01, 0x0d, 0xb8, 0x01, 0x00, 0x00, 0x00, 0x00, //
	0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,       //
};

static enum dhcp6_err answer_of(const struct bytes *c)
{
	struct dhcp6_answer a;
	uint8_t *exact = exact_copy(c);
	enum dhcp6_err err = dhcp6_answer_parse((struct span){exact, c->n}, &a);

	free(exact);
	return err;
}

static void a_relay_reply_is_read_as_others_write_it(void **state)
{
	(void)state;
	struct dhcp6_answer a;

	assert_int_equal(dhcp6_answer_parse(SPAN(dhcp6_answer_bytes), &a), DHCP6_OK);
	assert_int_equal(a.type, DHCP6_ADVERTISE);
	assert_true(ip6_equal(a.link, addr_of(link_address)));
	assert_true(ip6_equal(a.peer, addr_of(node)));
	assert_int_equal(a.interface_id.n, sizeof(interface_id));
	assert_memory_equal(a.interface_id.p, interface_id, sizeof(interface_id));
	assert_ptr_equal(a.message.p, dhcp6_answer_bytes + REPLY_MESSAGE);
	assert_int_equal(a.message.n, sizeof(dhcp6_answer_bytes) - REPLY_MESSAGE);
}

static void a_cut_answer_is_refused_wherever_it_is_cut(void **state)
{
	(void)state;
	for (uint16_t n = 0; n < sizeof(dhcp6_answer_bytes); n++) {
		struct bytes c = COPY(dhcp6_answer_bytes);
		c.n = n;
		assert_int_equal(answer_of(&c), DHCP6_MALFORMED);
	}
}

static void an_option_beyond_the_end_is_refused(void **state)
{
	(void)state;
	for (unsigned at = REPLY_OPTIONS + 2; at < REPLY_MESSAGE; at += 12) {
		struct bytes c = COPY(dhcp6_answer_bytes);
		c.b[at] = 0xff;
		assert_int_equal(answer_of(&c), DHCP6_MALFORMED);
	}
}

static void only_a_relay_reply_is_an_answer(void **state)
{
	(void)state;
	for (int type = 0; type < 256; type++) {
		struct bytes c = COPY(dhcp6_answer_bytes);
		c.b[0] = (uint8_t)type;
		assert_int_equal(answer_of(&c), type == 13 ? DHCP6_OK : DHCP6_UNEXPECTED);
	}
}

static void only_what_is_for_a_client_goes_to_a_node(void **state)
{
	(void)state;
	for (int type = 0; type < 256; type++) {
		struct bytes c = COPY(dhcp6_answer_bytes);
		c.b[REPLY_MESSAGE] = (uint8_t)type;
		bool good = type == 2 || type == 7 || type == 10; // RFC 8415 7.3
		bool relayed = type == 12 || type == 13;
		assert_int_equal(answer_of(&c), good      ? DHCP6_OK
						: relayed ? DHCP6_RELAYED
							  : DHCP6_UNEXPECTED);
	}
}

static void each_option_that_counts_is_there_once(void **state)
{
	(void)state;
	struct bytes c = COPY(dhcp6_answer_bytes);
	put(&c, dhcp6_answer_bytes + REPLY_OPTIONS, 12); // a second Interface-ID
	assert_int_equal(answer_of(&c), DHCP6_MALFORMED);
	c = COPY(dhcp6_answer_bytes);
	put_u16(&c, 9);
	put_u16(&c, 0);
	assert_int_equal(answer_of(&c), DHCP6_MALFORMED);
	c = COPY(dhcp6_answer_bytes);
	c.b[REPLY_OPTIONS + 1] = 99; // no Interface-ID
	assert_int_equal(answer_of(&c), DHCP6_MALFORMED);
	c = COPY(dhcp6_answer_bytes);
	c.n = REPLY_MESSAGE - 4; // no relay message
	assert_int_equal(answer_of(&c), DHCP6_MALFORMED);
	put_u16(&c, 9);
	put_u16(&c, 3);
	put(&c, "\x07xx", 3); // one without a whole transaction-id
	assert_int_equal(answer_of(&c), DHCP6_MALFORMED);
	c.b[c.n - 4] = 4;
	put(&c, "x", 1);
	assert_int_equal(answer_of(&c), DHCP6_OK);
}

static void unknown_options_of_a_server_are_skipped(void **state)
{
	(void)state;
	struct dhcp6_answer a;
	struct bytes c = {.n = 0};

	put(&c, dhcp6_answer_bytes, REPLY_OPTIONS);
	put_u16(&c, 0xfff0);
	put_u16(&c, 5);
	put(&c, "12345", 5);
	put(&c, dhcp6_answer_bytes + REPLY_OPTIONS, sizeof(dhcp6_answer_bytes) - REPLY_OPTIONS);
	put_u16(&c, 0xfff1);
	put_u16(&c, 0);
	assert_int_equal(dhcp6_answer_parse((struct span){c.b, c.n}, &a), DHCP6_OK);
	assert_int_equal(a.message.n, sizeof(dhcp6_answer_bytes) - REPLY_MESSAGE);
	assert_memory_equal(a.interface_id.p, interface_id, sizeof(interface_id));
}

static void the_packet_for_the_node_is_written_as_others_write_it(void **state)
{
	(void)state;
	uint8_t buf[MAX];
	struct span message = {dhcp6_answer_bytes + REPLY_MESSAGE,
			       sizeof(dhcp6_answer_bytes) - REPLY_MESSAGE};
	struct ip6_addr src = addr_of(router), dst = addr_of(node);

	assert_int_equal(dhcp6_answer_emit(buf, sizeof(buf), src, dst, message), sizeof(advertise));
	assert_memory_equal(buf, advertise, sizeof(advertise));
	for (size_t room = 0; room < sizeof(advertise); room++)
		assert_int_equal(dhcp6_answer_emit(buf, room, src, dst, message), 0);
	assert_int_equal(
		dhcp6_answer_emit(buf, sizeof(buf), src, dst, (struct span){message.p, UINT16_MAX}),
		0);
}

static void the_longest_message_is_as_long_as_udp_allows(void **state)
{
	(void)state;
	enum { HEADERS = 48, LONGEST = UINT16_MAX - 8 };
	uint8_t *message = calloc(1, UINT16_MAX), *buf = malloc(HEADERS + LONGEST);
	struct ip6_addr src = addr_of(router), dst = addr_of(node);

	assert_non_null(message);
	assert_non_null(buf);
	assert_int_equal(dhcp6_answer_emit(buf, HEADERS + LONGEST, src, dst,
					   (struct span){message, LONGEST}),
			 HEADERS + LONGEST);
	assert_int_equal(dhcp6_answer_emit(buf, HEADERS + LONGEST, src, dst,
					   (struct span){message, LONGEST + 1}),
			 0);
	free(message);
	free(buf);
}

// RFC 8200 8.1: a computed zero is written as all ones.
static void a_checksum_of_zero_is_written_as_ones(void **state)
{
	(void)state;
	uint8_t message[6] = {7}, buf[MAX];
	struct ip6_addr src = addr_of(router), dst = addr_of(node);
	unsigned ones = 0;

	for (unsigned i = 0; i < 65536; i++) {
		message[4] = (uint8_t)(i >> 8);
		message[5] = (uint8_t)i;
		dhcp6_answer_emit(buf, sizeof(buf), src, dst, SPAN(message));
		unsigned sum = (unsigned)buf[UDP_SUM] << 8 | buf[UDP_SUM + 1];
		assert_int_not_equal(sum, 0);
		ones += sum == 0xffff;
	}
	assert_true(ones > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_relay_reply_is_read_as_others_write_it),
		cmocka_unit_test(a_cut_answer_is_refused_wherever_it_is_cut),
		cmocka_unit_test(an_option_beyond_the_end_is_refused),
		cmocka_unit_test(only_a_relay_reply_is_an_answer),
		cmocka_unit_test(only_what_is_for_a_client_goes_to_a_node),
		cmocka_unit_test(each_option_that_counts_is_there_once),
		cmocka_unit_test(unknown_options_of_a_server_are_skipped),
		cmocka_unit_test(the_packet_for_the_node_is_written_as_others_write_it),
		cmocka_unit_test(the_longest_message_is_as_long_as_udp_allows),
		cmocka_unit_test(a_checksum_of_zero_is_written_as_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
