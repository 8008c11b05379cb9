// The list of options inside a message: skipping, overrun, lengths, repetition, order, values.
#include "test/unit/wire/bytes.h"

// What CONFORMANCE A3 says of the length octet; written down again, not taken from the list.
static const struct {
	uint8_t type, min, max;
} lengths[] = {
	{3, 16, 16}, {8, 1, 255},  {20, 1, 255}, {22, 18, 18}, {23, 2, 2},
	{24, 2, 2},  {25, 2, 255}, {26, 16, 16}, {27, 8, 8},
};

// SEQ-18: all types with all lengths. The body is zeros, which is sound for every option.
static void OPT_02_every_length_of_every_option_is_judged(void **state)
{
	(void)state;
	for (unsigned type = 1; type < 256; type++) {
		unsigned min = 0, max = 255;
		bool known = false;
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			if (lengths[i].type == type) {
				min = lengths[i].min;
				max = lengths[i].max;
				known = true;
			}
		}
		for (unsigned len = 0; len < 256; len++) {
			uint8_t option[257] = {(uint8_t)type, (uint8_t)len};
			struct mh mh;
			bool good = len >= min && len <= max;
			assert_int_equal(parse_bu(option, 2 + len, &mh),
					 good ? MH_OK : MH_BAD_OPTION);
			if (good) {
				assert_int_equal(mh.opts.n, known);
				assert_int_equal(mh.opts.unknown, !known && type != 1);
			}
		}
	}
}

static void WIRE_08_an_unknown_option_is_skipped_by_its_length(void **state)
{
	(void)state;
	static const char options[] =
		"\x63\x03\x17\x02\x01" // looks like a handoff indicator inside
		"\x64\x00"
		"\x18\x02\0\x05";
	struct mh mh;
	assert_int_equal(parse_bu(options, sizeof(options) - 1, &mh), MH_OK);
	assert_int_equal(mh.opts.n, 1);
	assert_int_equal(mh.opts.unknown, 2);
	assert_int_equal(mh.opts.v[0].access.tech, 5);
}

static void WIRE_08_pad1_has_no_length_and_padn_has_one(void **state)
{
	(void)state;
	static const char options[] = "\0\0\0"
				      "\x17\x02\0\x03"
				      "\0"
				      "\x01\x03\xff\xff\xff" // not zero: not ours to judge
				      "\x01\x00"
				      "\x18\x02\0\x05";
	struct mh mh;
	assert_int_equal(parse_bu(options, sizeof(options) - 1, &mh), MH_OK);
	assert_int_equal(mh.opts.n, 2);
	assert_int_equal(mh.opts.unknown, 0);
	assert_int_equal(mh.opts.v[0].handoff.indicator, 3);
	assert_int_equal(mh.opts.v[1].access.tech, 5);
}

// Known, unknown and PadN alike; the option's body ends with the message, or one octet or more
// later.
static void WIRE_08_an_option_beyond_the_message_drops_it(void **state)
{
	(void)state;
	static const uint8_t types[] = {1, 8, 25, 99};
	for (size_t t = 0; t < sizeof(types); t++) {
		for (unsigned len = 0; len < 256; len++) {
			// 2 + 10 octets after the fixed part: full to the multiple of 8.
			uint8_t options[12] = {types[t], (uint8_t)len};
			struct mh mh;
			enum mh_err err = parse_bu(options, sizeof(options), &mh);
			if (len > 10)
				assert_int_equal(err, MH_OPTION_OVERRUN);
			else if (types[t] == 1 || types[t] == 99 || len >= 2)
				assert_int_equal(err, MH_OK);
			else
				assert_int_not_equal(err, MH_OPTION_OVERRUN);
		}
	}
}

static void WIRE_08_a_type_without_its_length_octet_drops_it(void **state)
{
	(void)state;
	struct mh mh;
	for (unsigned type = 0; type < 256; type++) {
		uint8_t options[4] = {0, 0, 0, (uint8_t)type};
		assert_int_equal(parse_bu(options, sizeof(options), &mh),
				 type == 0 ? MH_OK : MH_OPTION_OVERRUN);
	}
}

static void WIRE_09_receivers_do_not_demand_alignment(void **state)
{
	(void)state;
	for (size_t shift = 0; shift < 8; shift++) {
		uint8_t options[8 + 10 + 18] = {0};
		uint8_t *o = options + shift;
		struct mh mh;
		memcpy(o, "\x1b\x08\1\2\3\4\5\6\7\x08", 10); // timestamp
		memcpy(o + 10, "\x1a\x10", 2);               // link-local address
		memcpy(o + 12, addr_of("fe80::1").a, 16);
		assert_int_equal(parse_bu(options, shift + 10 + 18, &mh), MH_OK);
		assert_int_equal(mh.opts.n, 2);
		assert_true(mh.opts.v[0].timestamp.wall_q16 == 0x0102030405060708);
		assert_true(ip6_equal(mh.opts.v[1].lla.addr, addr_of("fe80::1")));
	}
}

static void WIRE_15_options_come_in_any_order(void **state)
{
	(void)state;
	static const char *const parts[] = {"\x17\x02\0\x04", "\x18\x02\0\x05", "\x08\x02\x01x",
					    "\x19\x02\0\0"};
	for (size_t first = 0; first < 4; first++) {
		uint8_t options[16];
		struct mh mh;
		for (size_t i = 0; i < 4; i++)
			memcpy(options + i * 4, parts[(first + i) % 4], 4);
		assert_int_equal(parse_bu(options, sizeof(options), &mh), MH_OK);
		assert_int_equal(mh.opts.n, 4);
		assert_int_equal(mh.opts.v[0].type, parts[first][0]);
		assert_int_equal(mh_find(&mh, OPT_HANDOFF)->handoff.indicator, 4);
		assert_int_equal(mh_find(&mh, OPT_ACCESS)->access.tech, 5);
		assert_int_equal(mh_find(&mh, OPT_MN_ID)->mn_id.id.n, 1);
		assert_int_equal(mh_find(&mh, OPT_LL_ID)->ll_id.id.n, 0);
	}
}

static void WIRE_15_several_vendor_options_are_allowed(void **state)
{
	(void)state;
	static const char options[] = "\x13\x06\0\0\0\x09\x01"
				      "a"
				      "\x13\x06\0\0\0\x09\x01"
				      "b";
	struct mh mh;
	assert_int_equal(parse_bu(options, sizeof(options) - 1, &mh), MH_OK);
	assert_int_equal(mh.opts.n, 0);
	assert_int_equal(mh.opts.unknown, 2);
	assert_int_equal(mh.opts.repeated, 0);
}

static void OPT_01_the_first_of_a_repeated_option_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint8_t len = lengths[i].min < 3 ? 3 : lengths[i].min;
		uint8_t options[3 * 20] = {0};
		struct mh mh;
		if (lengths[i].max < len)
			len = lengths[i].max;
		for (size_t k = 0; k < 3; k++) {
			uint8_t *o = options + k * (2u + len);
			o[0] = lengths[i].type;
			o[1] = len;
			o[1 + len] = (uint8_t)(0x31 + k); // the last octet tells them apart
			if (lengths[i].type == OPT_HNP)
				o[3] = 128;
		}
		assert_int_equal(parse_bu(options, 3 * (2u + len), &mh), MH_OK);
		bool repeats = lengths[i].type == OPT_HNP;
		assert_int_equal(mh.opts.n, repeats ? 3 : 1);
		assert_int_equal(mh.opts.repeated, repeats ? 0 : 2);
		char text[512];
		uint8_t first[20] = {0};
		struct mh alone;
		memcpy(first, options, 2u + len);
		mh.opts.n = 1;
		mh_print(&mh, text, sizeof(text));
		assert_int_equal(parse_bu(first, 2u + len, &alone), MH_OK);
		char expected[512];
		assert_string_equal(text, mh_print(&alone, expected, sizeof(expected)));
	}
}

static void OPT_01_a_repetition_of_the_wrong_length_still_drops_the_message(void **state)
{
	(void)state;
	struct mh mh;
	assert_int_equal(parse_bu("\x17\x02\0\x01\x17\x01\x01", 7, &mh), MH_BAD_OPTION);
}

static enum mh_err parse_hnp(uint8_t prefix_len, const char *prefix, struct mh *out)
{
	uint8_t option[20] = {OPT_HNP, 18, 0, prefix_len};

	memcpy(option + 4, addr_of(prefix).a, 16);
	return parse_bu(option, sizeof(option), out);
}

static void OPT_02_an_hnp_longer_than_128_bits_is_malformed(void **state)
{
	(void)state;
	for (unsigned len = 1; len < 256; len++) {
		struct mh mh;
		assert_int_equal(parse_hnp((uint8_t)len, "2001:db8::", &mh),
				 len <= 128 ? MH_OK : MH_BAD_OPTION);
		assert_int_equal(parse_hnp((uint8_t)len, "::", &mh),
				 len <= 128 ? MH_OK : MH_BAD_OPTION);
	}
}

static void OPT_03_a_value_without_a_length_is_malformed(void **state)
{
	(void)state;
	struct mh mh;
	assert_int_equal(parse_hnp(0, "2001:db8::", &mh), MH_BAD_OPTION);
	assert_int_equal(parse_hnp(0, "::1", &mh), MH_BAD_OPTION);
	assert_int_equal(parse_hnp(0, "8000::", &mh), MH_BAD_OPTION);
	assert_int_equal(parse_hnp(0, "::", &mh), MH_OK);
}

// SEQ-23: with prefix length 0, and with 64.
static void OPT_03_a_zero_hnp_may_have_any_length(void **state)
{
	(void)state;
	for (unsigned len = 0; len <= 128; len++) {
		struct mh mh;
		assert_int_equal(parse_hnp((uint8_t)len, "::", &mh), MH_OK);
		assert_int_equal(mh.opts.v[0].hnp.prefix_len, len);
		assert_true(ip6_is_zero(mh.opts.v[0].hnp.prefix));
	}
}

// The codec keeps what was sent, for the printer; whoever compares makes a prefix of it.
static void OPT_04_bits_beyond_the_length_vanish_in_the_prefix(void **state)
{
	(void)state;
	struct mh mh;
	struct ip6_prefix expected;
	assert_int_equal(parse_hnp(64, "2001:db8:1:1:dead::beef", &mh), MH_OK);
	const struct opt_hnp *hnp = &mh.opts.v[0].hnp;
	assert_int_equal(ip6_prefix_parse("2001:db8:1:1::/64", &expected), 0);
	assert_true(ip6_prefix_equal(ip6_prefix_of(hnp->prefix, hnp->prefix_len), expected));
}

static void OPT_06_an_mn_id_of_every_length_and_subtype_is_read(void **state)
{
	(void)state;
	for (unsigned len = 1; len < 256; len++) {
		uint8_t option[257] = {OPT_MN_ID, (uint8_t)len, (uint8_t)(len % 7)};
		struct mh mh;
		memset(option + 3, 'n', len - 1);
		assert_int_equal(parse_bu(option, 2 + len, &mh), MH_OK);
		assert_int_equal(mh.opts.v[0].mn_id.subtype, len % 7);
		assert_int_equal(mh.opts.v[0].mn_id.id.n, len - 1);
		for (unsigned i = 0; i + 1 < len; i++)
			assert_int_equal(mh.opts.v[0].mn_id.id.p[i], 'n');
	}
}

// The lists of RFC 5213 8.1 and 8.2: an Alternate CoA belongs into a PBU only; a BE carries
// nothing.
static void an_option_that_the_message_may_not_carry_is_skipped(void **state)
{
	(void)state;
	uint8_t buf[MH_MAX_LEN], alt_coa[18] = {OPT_ALT_COA, 16, 0x20};
	struct mh mh;
	assert_int_equal(parse_bu(alt_coa, 18, &mh), MH_OK);
	assert_int_equal(mh.opts.n, 1);
	size_t n = message_with(buf, MH_BA, BA_FIXED, alt_coa, 18);
	assert_int_equal(parse(buf, n, &mh), MH_OK);
	assert_int_equal(mh.opts.n, 0);
	assert_int_equal(mh.opts.unknown, 1);
	n = message_with(buf, MH_BE, BE_FIXED, "\x17\x02\0\x01", 4);
	assert_int_equal(parse(buf, n, &mh), MH_OK);
	assert_int_equal(mh.opts.n, 0);
	assert_int_equal(mh.opts.unknown, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(OPT_02_every_length_of_every_option_is_judged),
		cmocka_unit_test(WIRE_08_an_unknown_option_is_skipped_by_its_length),
		cmocka_unit_test(WIRE_08_pad1_has_no_length_and_padn_has_one),
		cmocka_unit_test(WIRE_08_an_option_beyond_the_message_drops_it),
		cmocka_unit_test(WIRE_08_a_type_without_its_length_octet_drops_it),
		cmocka_unit_test(WIRE_09_receivers_do_not_demand_alignment),
		cmocka_unit_test(WIRE_15_options_come_in_any_order),
		cmocka_unit_test(WIRE_15_several_vendor_options_are_allowed),
		cmocka_unit_test(OPT_01_the_first_of_a_repeated_option_counts),
		cmocka_unit_test(OPT_01_a_repetition_of_the_wrong_length_still_drops_the_message),
		cmocka_unit_test(OPT_02_an_hnp_longer_than_128_bits_is_malformed),
		cmocka_unit_test(OPT_03_a_value_without_a_length_is_malformed),
		cmocka_unit_test(OPT_03_a_zero_hnp_may_have_any_length),
		cmocka_unit_test(OPT_04_bits_beyond_the_length_vanish_in_the_prefix),
		cmocka_unit_test(OPT_06_an_mn_id_of_every_length_and_subtype_is_read),
		cmocka_unit_test(an_option_that_the_message_may_not_carry_is_skipped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
