// What an answer of a DHCPv6 server leases: found wherever a client may take it from, and refused
// where it cannot be read.
#include "test/unit/wire/dhcp6_bytes.h"

enum { MESSAGE_OPTIONS = 4 };
enum { IA_NA = 3, IA_TA = 4, IAADDR = 5, IA_PD = 25, IAPREFIX = 26 };

static enum dhcp6_err leases_of(const struct bytes *c, struct dhcp6_leases *out)
{
	uint8_t *exact = exact_copy(c);
	enum dhcp6_err err = dhcp6_leases_parse((struct span){exact, c->n}, out);

	free(exact);
	return err;
}

static struct bytes reply(void)
{
	return copy_of((const uint8_t[]){7, 1, 2, 3}, MESSAGE_OPTIONS);
}

static void put_ia(struct bytes *c, unsigned code, unsigned inner)
{
	put_u16(c, code);
	put_u16(c, (code == IA_TA ? 4 : 12) + inner);
	put_u32(c, 1);
	if (code == IA_TA)
		return;
	put_u32(c, 0);
	put_u32(c, 0);
}

static void put_address(struct bytes *c, const char *text, uint32_t valid_s)
{
	struct ip6_addr a = addr_of(text);

	put_u16(c, IAADDR);
	put_u16(c, 24);
	put(c, a.a, 16);
	put_u32(c, valid_s / 2);
	put_u32(c, valid_s);
}

static void put_prefix(struct bytes *c, const char *text, uint8_t len, uint32_t valid_s)
{
	struct ip6_addr a = addr_of(text);

	put_u16(c, IAPREFIX);
	put_u16(c, 25);
	put_u32(c, valid_s / 2);
	put_u32(c, valid_s);
	put(c, &len, 1);
	put(c, a.a, 16);
}

// MAG-DH-04: to judge a lease it has to be seen.
static void addresses_and_prefixes_of_every_association_are_found(void **state)
{
	(void)state;
	struct dhcp6_leases all;
	struct bytes c = copy_of(dhcp6_answer_bytes + REPLY_MESSAGE,
				 sizeof(dhcp6_answer_bytes) - REPLY_MESSAGE);

	assert_int_equal(leases_of(&c, &all), DHCP6_OK);
	assert_int_equal(all.n, 2);
	assert_true(ip6_prefix_equal(all.leases[0].prefix,
				     ip6_prefix_of(addr_of("2001:db8:100::77"), 128)));
	assert_int_equal(all.leases[0].preferred_s, 3600);
	assert_int_equal(all.leases[0].valid_s, 7200);
	assert_true(ip6_prefix_equal(all.leases[1].prefix,
				     ip6_prefix_of(addr_of("2001:db8:100:0:10::"), 60)));
	assert_int_equal(all.leases[1].preferred_s, 30);
	assert_int_equal(all.leases[1].valid_s, 40);

	c = reply();
	put_ia(&c, IA_TA, 2 * 28);
	put_address(&c, "2001:db8:100::1", 100);
	put_address(&c, "2001:db8:bad::1", 100);
	assert_int_equal(leases_of(&c, &all), DHCP6_OK);
	assert_int_equal(all.n, 2);
	assert_true(ip6_equal(all.leases[1].prefix.addr, addr_of("2001:db8:bad::1")));
}

// MAG-DH-04: what a client may take for a lease counts, wherever a server puts it.
static void an_address_among_prefixes_is_a_lease_too(void **state)
{
	(void)state;
	struct dhcp6_leases all;
	struct bytes c = reply();

	put_ia(&c, IA_PD, 28);
	put_address(&c, "2001:db8:bad::1", 100);
	put_ia(&c, IA_NA, 29);
	put_prefix(&c, "2001:db8:bad::", 64, 100);
	assert_int_equal(leases_of(&c, &all), DHCP6_OK);
	assert_int_equal(all.n, 2);
}

// RFC 8415 18.3.4: so a server tells that an address is not for this link, and the node has to hear
// it.
static void what_a_server_takes_back_is_no_lease(void **state)
{
	(void)state;
	struct dhcp6_leases all;
	struct bytes c = reply();

	put_ia(&c, IA_NA, 28);
	put_address(&c, "2001:db8:bad::1", 0);
	put_ia(&c, IA_PD, 29);
	put_prefix(&c, "2001:db8:bad::", 56, 0);
	assert_int_equal(leases_of(&c, &all), DHCP6_OK);
	assert_int_equal(all.n, 0);
}

static void a_message_without_associations_leases_nothing(void **state)
{
	(void)state;
	struct dhcp6_leases all;
	struct bytes c = reply();

	assert_int_equal(leases_of(&c, &all), DHCP6_OK);
	assert_int_equal(all.n, 0);
	put_address(&c, "2001:db8:100::1", 100); // in no association: nobody's
	put_ia(&c, IA_NA, 0);
	assert_int_equal(leases_of(&c, &all), DHCP6_OK);
	assert_int_equal(all.n, 0);
}

static void a_message_that_is_cut_inside_tells_nothing(void **state)
{
	(void)state;
	struct bytes whole = copy_of(dhcp6_answer_bytes + REPLY_MESSAGE,
				     sizeof(dhcp6_answer_bytes) - REPLY_MESSAGE);
	struct dhcp6_leases all = {.n = 77};
	const unsigned ends[] = {4, 18, 32, 82, whole.n}; // of header and options

	for (uint16_t n = 0; n < whole.n; n++) {
		struct bytes c = whole;
		bool ends_whole = false;
		c.n = n;
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			ends_whole |= n == ends[i];
		if (ends_whole)
			continue;
		assert_int_equal(leases_of(&c, &all), DHCP6_MALFORMED);
		assert_int_equal(all.n, 77);
	}
}

static void a_lease_too_short_or_longer_than_an_address_is_refused(void **state)
{
	(void)state;
	struct dhcp6_leases all;

	for (uint8_t cut = 1; cut <= 24; cut++) {
		struct bytes c = reply();
		put_ia(&c, IA_NA, 28u - cut);
		put_address(&c, "2001:db8:100::1", 100);
		c.n -= cut;
		c.b[c.n - (24 - cut) - 1] = (uint8_t)(24 - cut);
		assert_int_equal(leases_of(&c, &all), DHCP6_MALFORMED);
	}
	struct bytes c = reply();
	put_ia(&c, IA_PD, 29);
	put_prefix(&c, "2001:db8:100::", 129, 100);
	assert_int_equal(leases_of(&c, &all), DHCP6_MALFORMED);
	c = reply();
	put_u16(&c, IA_NA);
	put_u16(&c, 11); // no room for IAID, T1 and T2
	put(&c, "12345678901", 11);
	assert_int_equal(leases_of(&c, &all), DHCP6_MALFORMED);
}

static void bits_beyond_a_prefix_do_not_count(void **state)
{
	(void)state;
	struct dhcp6_leases all;
	struct bytes c = reply();

	put_ia(&c, IA_PD, 29);
	put_prefix(&c, "2001:db8:100::1234", 64, 100);
	assert_int_equal(leases_of(&c, &all), DHCP6_OK);
	assert_true(ip6_prefix_equal(all.leases[0].prefix,
				     ip6_prefix_of(addr_of("2001:db8:100::"), 64)));
}

static void more_leases_than_are_looked_at_are_refused(void **state)
{
	(void)state;
	struct dhcp6_leases all;
	struct bytes c = reply();

	put_ia(&c, IA_NA, DHCP6_MAX_LEASES * 28);
	for (unsigned i = 0; i < DHCP6_MAX_LEASES; i++)
		put_address(&c, "2001:db8:100::1", 100);
	assert_int_equal(leases_of(&c, &all), DHCP6_OK);
	assert_int_equal(all.n, DHCP6_MAX_LEASES);
	put_ia(&c, IA_NA, 28);
	put_address(&c, "2001:db8:bad::1", 100);
	assert_int_equal(leases_of(&c, &all), DHCP6_TOO_MANY_LEASES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_prefixes_of_every_association_are_found),
		cmocka_unit_test(an_address_among_prefixes_is_a_lease_too),
		cmocka_unit_test(what_a_server_takes_back_is_no_lease),
		cmocka_unit_test(a_message_without_associations_leases_nothing),
		cmocka_unit_test(a_message_that_is_cut_inside_tells_nothing),
		cmocka_unit_test(a_lease_too_short_or_longer_than_an_address_is_refused),
		cmocka_unit_test(bits_beyond_a_prefix_do_not_count),
		cmocka_unit_test(more_leases_than_are_looked_at_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
