// The common header of a mobility message: lengths, checksum, type, payload proto, and which of
// them speaks first.
#include "test/unit/wire/bytes.h"

static void WIRE_01_a_payload_proto_other_than_59_is_refused(void **state)
{
	(void)state;
	for (unsigned proto = 0; proto < 256; proto++) {
		uint8_t buf[MH_MAX_LEN];
		struct mh mh;
		size_t n = message_with(buf, MH_BU, BU_FIXED, NULL, 0);
		buf[0] = (uint8_t)proto;
		seal(buf, n);
		assert_int_equal(parse(buf, n, &mh), proto == 59 ? MH_OK : MH_BAD_PROTO);
	}
}

static void WIRE_02_a_message_shorter_than_its_fixed_part_is_refused(void **state)
{
	(void)state;
	static const struct {
		uint8_t type, fixed;
	} types[] = {{MH_BU, BU_FIXED}, {MH_BA, BA_FIXED}, {MH_BE, BE_FIXED}};
	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		for (size_t n = 8; n <= 32; n += 8) {
			uint8_t buf[MH_MAX_LEN] = {59, (uint8_t)(n / 8 - 1), types[t].type};
			struct mh mh;
			seal(buf, n);
			assert_int_equal(parse(buf, n, &mh),
					 n < types[t].fixed ? MH_TOO_SHORT : MH_OK);
		}
	}
}

// SEQ-18: HdrLen 0..255, in packets of exactly that size, one octet less, and one octet more.
static void WIRE_03_every_header_length_is_held_against_the_packet(void **state)
{
	(void)state;
	for (size_t hdr_len = 0; hdr_len < 256; hdr_len++) {
		uint8_t buf[MH_MAX_LEN + 1] = {59, (uint8_t)hdr_len, MH_BU};
		size_t n = (hdr_len + 1) * 8;
		struct mh mh;
		seal(buf, n);
		assert_int_equal(parse(buf, n - 1, &mh), MH_TRUNCATED);
		assert_int_equal(parse(buf, n, &mh), n < BU_FIXED ? MH_TOO_SHORT : MH_OK);
		buf[n] = 0xee; // beyond the message: not looked at, not summed
		assert_int_equal(parse(buf, n + 1, &mh), n < BU_FIXED ? MH_TOO_SHORT : MH_OK);
	}
}

static void WIRE_03_a_message_cut_anywhere_is_truncated(void **state)
{
	(void)state;
	uint8_t buf[MH_MAX_LEN];
	struct mh mh;
	size_t n = message_with(buf, MH_BU, BU_FIXED, "\x17\x02\0\x01\x18\x02\0\x03", 8);
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(parse(buf, cut, &mh), MH_TRUNCATED);
	assert_int_equal(parse(buf, n, &mh), MH_OK);
}

static void WIRE_04_a_checksum_off_by_any_bit_is_refused(void **state)
{
	(void)state;
	uint8_t buf[MH_MAX_LEN];
	struct mh mh;
	size_t n = message_with(buf, MH_BU, BU_FIXED, "\x17\x02\0\x01", 4);
	// Not the octet with the header length: it says how much is summed (WIRE_03 above).
	for (size_t bit = 0; bit < n * 8; bit++) {
		if (bit / 8 == 1)
			continue;
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(parse(buf, n, &mh), MH_BAD_CHECKSUM);
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(parse(buf, n, &mh), MH_OK);
}

static void WIRE_04_the_checksum_covers_both_addresses(void **state)
{
	(void)state;
	uint8_t buf[MH_MAX_LEN];
	struct mh mh;
	struct span s = {buf, (uint16_t)message_with(buf, MH_BU, BU_FIXED, NULL, 0)};
	struct ip6_addr other = addr_of("2001:db8:0:1::b");
	assert_int_equal(mh_parse(s, mag_addr(), lma_addr(), &mh), MH_OK);
	assert_int_equal(mh_parse(s, other, lma_addr(), &mh), MH_BAD_CHECKSUM);
	assert_int_equal(mh_parse(s, mag_addr(), other, &mh), MH_BAD_CHECKSUM);
}

// 0x5fdf is what an independent implementation makes of this Binding Error with next header 135.
static void WIRE_04_the_pseudo_header_says_135(void **state)
{
	(void)state;
	uint8_t be[24] = {59, 2, 7, 0, 0, 0, 2};
	struct span s = {be, sizeof(be)};
	assert_int_equal(mh_checksum(lma_addr(), mag_addr(), s), 0x5fdf);
	be[4] = 0x5f;
	be[5] = 0xdf;
	assert_int_equal(mh_checksum(lma_addr(), mag_addr(), s), 0);
}

// SEQ-18: the list of WIRE-06 is 1..4, 8..12 and 16..23; type 0, the refresh request, is not on it.
// FMIP-13: a Fast Binding Update (8) and its kin are.
static void WIRE_06_every_type_without_a_block_is_unknown(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		uint8_t buf[MH_MAX_LEN];
		struct mh mh;
		bool known = type == MH_BRR || type == MH_BU || type == MH_BA || type == MH_BE ||
			     type == MH_HEARTBEAT || type == MH_HI || type == MH_HACK;
		size_t n = message_with(buf, (uint8_t)type, BE_FIXED, NULL, 0);
		assert_int_equal(parse(buf, n, &mh), known ? MH_OK : MH_UNKNOWN_TYPE);
		assert_int_equal(mh.type, type);
	}
}

static void WIRE_07_reserved_octets_are_ignored(void **state)
{
	(void)state;
	uint8_t buf[MH_MAX_LEN];
	struct mh mh;
	static const char options[] = "\x17\x02\xff\x01"          // handoff indicator
				      "\x18\x02\xff\x03"          // access technology
				      "\x19\x04\xff\xff\xab\xcd"; // link-layer identifier
	size_t n = message_with(buf, MH_BU, BU_FIXED, options, sizeof(options) - 1);
	buf[3] = 0xff; // of the common header
	seal(buf, n);
	assert_int_equal(parse(buf, n, &mh), MH_OK);
	assert_int_equal(mh.opts.n, 3);
	assert_int_equal(mh.opts.v[0].handoff.indicator, 1);
	assert_int_equal(mh.opts.v[1].access.tech, 3);
	assert_int_equal(mh.opts.v[2].ll_id.id.n, 2);
	assert_memory_equal(mh.opts.v[2].ll_id.id.p, "\xab\xcd", 2);

	n = message_with(buf, MH_BE, BE_FIXED, NULL, 0);
	buf[6] = BE_NO_BINDING;
	buf[7] = 0xff; // of the Binding Error
	seal(buf, n);
	assert_int_equal(parse(buf, n, &mh), MH_OK);
	assert_int_equal(mh.be.status, BE_NO_BINDING);
}

// One message with every fault; they are mended one by one, in the order in which they are
// reported.
static void WIRE_12_the_checks_speak_in_the_order_of_6275_9_2(void **state)
{
	(void)state;
	uint8_t buf[16] = {58, 2, 99, 0, 0xba, 0xad};
	struct mh mh;
	assert_int_equal(parse(buf, 16, &mh), MH_TRUNCATED);
	buf[1] = 0;
	assert_int_equal(parse(buf, 16, &mh), MH_BAD_CHECKSUM);
	seal(buf, 8);
	assert_int_equal(parse(buf, 16, &mh), MH_UNKNOWN_TYPE);
	buf[2] = MH_BU;
	seal(buf, 8);
	assert_int_equal(parse(buf, 16, &mh), MH_BAD_PROTO);
	buf[0] = 59;
	seal(buf, 8);
	assert_int_equal(parse(buf, 16, &mh), MH_TOO_SHORT);
	buf[1] = 1;
	memcpy(buf + 12, "\x17\x09", 2);
	seal(buf, 16);
	assert_int_equal(parse(buf, 16, &mh), MH_OPTION_OVERRUN);
	memcpy(buf + 12, "\x17\x01", 2);
	seal(buf, 16);
	assert_int_equal(parse(buf, 16, &mh), MH_BAD_OPTION);
	memcpy(buf + 12, "\x17\x02", 2);
	seal(buf, 16);
	assert_int_equal(parse(buf, 16, &mh), MH_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(WIRE_01_a_payload_proto_other_than_59_is_refused),
		cmocka_unit_test(WIRE_02_a_message_shorter_than_its_fixed_part_is_refused),
		cmocka_unit_test(WIRE_03_every_header_length_is_held_against_the_packet),
		cmocka_unit_test(WIRE_03_a_message_cut_anywhere_is_truncated),
		cmocka_unit_test(WIRE_04_a_checksum_off_by_any_bit_is_refused),
		cmocka_unit_test(WIRE_04_the_checksum_covers_both_addresses),
		cmocka_unit_test(WIRE_04_the_pseudo_header_says_135),
		cmocka_unit_test(WIRE_06_every_type_without_a_block_is_unknown),
		cmocka_unit_test(WIRE_07_reserved_octets_are_ignored),
		cmocka_unit_test(WIRE_12_the_checks_speak_in_the_order_of_6275_9_2),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
