// Addresses and prefixes: text both ways, masks, covering.
#include <errno.h>

#include "base/addr.h"
#include "test/unit/test.h"

static struct ip6_addr addr(const char *text)
{
	struct ip6_addr a = {0};

	assert_int_equal(ip6_parse(text, &a), 0);
	return a;
}

static struct ip6_prefix prefix(const char *text)
{
	struct ip6_prefix p = {0};

	assert_int_equal(ip6_prefix_parse(text, &p), 0);
	return p;
}

static void text_goes_in_and_comes_out_the_same(void **state)
{
	(void)state;
	static const char *const texts[] = {"::", "::1", "2001:db8::1", "fe80::200:5eff:fe00:5213"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char buf[IP6_ADDR_TEXT];
		assert_string_equal(ip6_format(addr(texts[i]), buf), texts[i]);
	}
	char buf[IP6_PREFIX_TEXT];
	assert_string_equal(ip6_prefix_format(prefix("2001:db8:1::/48"), buf), "2001:db8:1::/48");
}

static void a_bad_text_is_refused_and_leaves_the_result_alone(void **state)
{
	(void)state;
	static const char *const bad[] = {"",
					  "2001:db8::",
					  "2001:db8::/",
					  "2001:db8::/129",
					  "2001:db8::/6x",
					  "2001:db8::1/64",
					  "/64",
					  "2001:db8::/0064",
					  "10.0.0.0/8"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ip6_prefix p = {.len = 7};
		assert_int_equal(ip6_prefix_parse(bad[i], &p), -EINVAL);
		assert_int_equal(p.len, 7);
	}
}

static void a_mask_zeroes_what_lies_beyond_its_length(void **state)
{
	(void)state;
	struct ip6_addr ones = addr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	for (unsigned len = 0; len <= 128; len++) {
		struct ip6_addr m = ip6_mask(ones, (uint8_t)len);
		unsigned bits = 0;
		for (int i = 0; i < 16; i++)
			bits += (unsigned)__builtin_popcount(m.a[i]);
		assert_int_equal(bits, len);
	}
	assert_true(ip6_equal(ip6_mask(ones, 200), ones));
}

static void prefixes_cover_and_overlap(void **state)
{
	(void)state;
	assert_true(ip6_prefix_covers(prefix("2001:db8::/32"), addr("2001:db8:1::5")));
	assert_false(ip6_prefix_covers(prefix("2001:db8::/32"), addr("2001:db9::")));
	assert_true(ip6_prefix_overlaps(prefix("2001:db8:1::/48"), prefix("2001:db8::/32")));
	assert_true(ip6_prefix_overlaps(prefix("2001:db8::/32"), prefix("2001:db8:1::/48")));
	assert_false(ip6_prefix_overlaps(prefix("2001:db8:1::/48"), prefix("2001:db8:2::/48")));
	assert_true(ip6_prefix_covers(prefix("::/0"), addr("ff02::1")));
}

static void WIRE_13_tells_what_a_care_of_address_may_be(void **state)
{
	(void)state;
	assert_true(ip6_is_routable_unicast(addr("2001:db8::1")));
	assert_false(ip6_is_routable_unicast(addr("::")));
	assert_false(ip6_is_routable_unicast(addr("::1")));
	assert_false(ip6_is_routable_unicast(addr("fe80::1")));
	assert_false(ip6_is_routable_unicast(addr("febf::1")));
	assert_false(ip6_is_routable_unicast(addr("ff02::1")));
	assert_true(ip6_is_routable_unicast(addr("fec0::1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_in_and_comes_out_the_same),
		cmocka_unit_test(a_bad_text_is_refused_and_leaves_the_result_alone),
		cmocka_unit_test(a_mask_zeroes_what_lies_beyond_its_length),
		cmocka_unit_test(prefixes_cover_and_overlap),
		cmocka_unit_test(WIRE_13_tells_what_a_care_of_address_may_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
