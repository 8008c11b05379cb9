// Messages from somebody who means harm, or whose memory is broken: each has an answer.
#include "test/unit/wire/bytes.h"

// A message with every option, to be damaged.
static size_t whole_bu(uint8_t *buf)
{
	static const char options[] = "\x08\x04\x01mn1"
				      "\x16\x12\0\x40\x20\x01\x0d\xb8\0\x01\0\x01\0\0\0\0\0\0\0\0"
				      "\x17\x02\0\x01"
				      "\x18\x02\0\x03"
				      "\x19\x08\0\0\x02\0\0\0\0\x01"
				      "\x1b\x08\0\0\0\0\0\x01\x80\0"
				      "\x1a\x10\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
				      "\x03\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x0a";
	size_t n = message_with(buf, MH_BU, BU_FIXED, options, sizeof(options) - 1);
	struct mh mh;

	assert_int_equal(parse(buf, n, &mh), MH_OK);
	assert_int_equal(mh.opts.n, 8);
	return n;
}

// All that may be said of damaged octets: an answer, and if it is MH_OK, a value that prints and
// that emits to something that reads the same.
static enum mh_err judge(const uint8_t *buf, size_t n)
{
	struct mh mh, again;
	uint8_t out[MH_MAX_LEN];
	char text[8192];
	enum mh_err err = parse(buf, n, &mh);

	assert_true((unsigned)err < MH_N_ERRS);
	if (err != MH_OK)
		return err;
	assert_ptr_equal(mh_print(&mh, text, sizeof(text)), text);
	struct writer w = wr_over(out, sizeof(out));
	assert_true(mh_emit(&w, mag_addr(), lma_addr(), &mh));
	assert_int_equal(parse(out, wr_len(&w), &again), MH_OK);
	assert_same_message(&mh, &again);
	return err;
}

static void each_bit_flipped_under_a_right_checksum_has_an_answer(void **state)
{
	(void)state;
	uint8_t whole[MH_MAX_LEN];
	size_t n = whole_bu(whole);
	unsigned answers[MH_N_ERRS] = {0};
	for (size_t bit = 0; bit < n * 8; bit++) {
		uint8_t buf[MH_MAX_LEN];
		memcpy(buf, whole, n);
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (((size_t)buf[1] + 1) * 8 <= n)
			seal(buf, ((size_t)buf[1] + 1) * 8);
		answers[judge(buf, n)]++;
	}
	// The damage reached every check, so each of them was there to answer.
	assert_int_equal(answers[MH_BAD_PROTO], 8);
	assert_true(answers[MH_TRUNCATED] > 0 && answers[MH_UNKNOWN_TYPE] > 0);
	assert_true(answers[MH_OPTION_OVERRUN] > 0 && answers[MH_BAD_OPTION] > 0);
	assert_true(answers[MH_TOO_SHORT] == 0 && answers[MH_BAD_CHECKSUM] == 0);
	assert_true(answers[MH_OK] > n);
}

// Shortened to each multiple of 8 with header length and checksum made right for it.
static void cut_off_at_each_octet_it_has_an_answer(void **state)
{
	(void)state;
	uint8_t whole[MH_MAX_LEN];
	size_t n = whole_bu(whole);
	for (size_t cut = 0; cut < n; cut++) {
		uint8_t buf[MH_MAX_LEN];
		memcpy(buf, whole, n);
		assert_int_equal(judge(buf, cut), MH_TRUNCATED);
		if (cut < 8 || cut % 8 != 0)
			continue;
		buf[1] = (uint8_t)(cut / 8 - 1);
		seal(buf, cut);
		enum mh_err err = judge(buf, cut);
		assert_true(cut >= BU_FIXED || err == MH_TOO_SHORT);
		assert_true(cut < BU_FIXED || err == MH_OK || err == MH_OPTION_OVERRUN);
	}
}

static void random_octets_behind_a_right_header_have_an_answer(void **state)
{
	(void)state;
	uint32_t seed = 5213;
	for (int round = 0; round < 20000; round++) {
		uint8_t buf[264] = {59, (uint8_t)(round % 33), (uint8_t)(MH_BU + round % 3)};
		size_t n = ((size_t)buf[1] + 1) * 8;
		for (size_t i = 6; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			// Small numbers, mostly: they are the types and lengths that matter.
			uint8_t octet = (uint8_t)(seed >> 24);
			buf[i] = (seed >> 16) % 4 != 0 ? octet % 28 : octet;
		}
		seal(buf, n);
		judge(buf, n);
	}
}

// `count` different HNPs, unaligned, 20 octets each. Returns the octets written.
static size_t put_hnps(uint8_t *at, unsigned count)
{
	for (unsigned i = 0; i < count; i++, at += 20) {
		memset(at, 0, 20);
		memcpy(at, "\x16\x12\0\x40\x20\x01\x0d\xb8", 8);
		at[8] = (uint8_t)(i >> 8);
		at[9] = (uint8_t)i;
	}
	return (size_t)count * 20;
}

static void SEC_10_the_41st_option_is_one_too_many(void **state)
{
	(void)state;
	uint8_t options[41 * 20];
	struct mh mh;
	assert_int_equal(parse_bu(options, put_hnps(options, 40), &mh), MH_OK);
	assert_int_equal(mh.opts.n, MH_MAX_OPTS);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(mh.opts.v[i].hnp.prefix.a[5], i);
	assert_int_equal(parse_bu(options, put_hnps(options, 41), &mh), MH_TOO_MANY);
}

// Options that are skipped take no room in the list, before or after the 40th.
static void SEC_10_skipped_options_do_not_fill_the_list(void **state)
{
	(void)state;
	uint8_t options[40 * 20 + 6] = {0x63, 0};
	struct mh mh;
	size_t n = 2 + put_hnps(options + 2, 39);
	memcpy(options + n, "\x17\x02\0\x01", 4);
	n += 4;
	memcpy(options + n, "\x17\x02\0\x02", 4);
	n += 4;
	memcpy(options + n, "\x63\x00", 2);
	n += 2;
	assert_int_equal(parse_bu(options, n, &mh), MH_OK);
	assert_int_equal(mh.opts.n, 40);
	assert_int_equal(mh.opts.unknown, 2);
	assert_int_equal(mh.opts.repeated, 1);
	assert_int_equal(mh_find(&mh, OPT_HANDOFF)->handoff.indicator, 1);
}

// 300 HNPs are 6012 octets: more than a header length can say. Its octet then wraps, or says the
// most it can; what stands behind is not looked at.
static void SEC_10_300_hnps_are_too_many_whatever_the_header_length_says(void **state)
{
	(void)state;
	static uint8_t buf[6016];
	static const size_t told[] = {MH_MAX_LEN, 6016 % MH_MAX_LEN};
	for (size_t i = 0; i < 2; i++) {
		struct mh mh;
		memset(buf, 0, sizeof(buf));
		buf[0] = 59;
		buf[1] = (uint8_t)(told[i] / 8 - 1);
		buf[2] = MH_BU;
		put_hnps(buf + BU_FIXED, 300);
		seal(buf, told[i]);
		assert_int_equal(parse(buf, sizeof(buf), &mh), MH_TOO_MANY);
	}
}

static void an_mn_id_of_255_octets_is_read_whole(void **state)
{
	(void)state;
	uint8_t option[257] = {OPT_MN_ID, 255, MN_ID_NAI};
	struct mh mh;
	for (unsigned i = 0; i < 254; i++)
		option[3 + i] = (uint8_t)i;
	assert_int_equal(parse_bu(option, sizeof(option), &mh), MH_OK);
	assert_int_equal(mh.opts.v[0].mn_id.id.n, 254);
	assert_memory_equal(mh.opts.v[0].mn_id.id.p, option + 3, 254);
	// One octet short of its length.
	uint8_t buf[MH_MAX_LEN];
	size_t n = message_with(buf, MH_BU, BU_FIXED, option, sizeof(option));
	buf[1] = (uint8_t)((n - 8) / 8 - 1);
	seal(buf, n - 8);
	assert_int_equal(parse(buf, n - 8, &mh), MH_OPTION_OVERRUN);
}

static void the_counts_of_skipped_options_do_not_wrap(void **state)
{
	(void)state;
	uint8_t options[MH_MAX_LEN - BU_FIXED] = {0};
	struct mh mh;
	for (size_t i = 0; i < sizeof(options); i += 2)
		options[i] = 99;
	assert_int_equal(parse_bu(options, sizeof(options), &mh), MH_OK);
	assert_int_equal(mh.opts.unknown, 1018);
	for (size_t i = 0; i < sizeof(options); i += 4)
		memcpy(options + i, "\x17\x02\0\x01", 4);
	assert_int_equal(parse_bu(options, sizeof(options), &mh), MH_OK);
	assert_int_equal(mh.opts.n, 1);
	assert_int_equal(mh.opts.repeated, 508);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bit_flipped_under_a_right_checksum_has_an_answer),
		cmocka_unit_test(cut_off_at_each_octet_it_has_an_answer),
		cmocka_unit_test(random_octets_behind_a_right_header_have_an_answer),
		cmocka_unit_test(SEC_10_the_41st_option_is_one_too_many),
		cmocka_unit_test(SEC_10_skipped_options_do_not_fill_the_list),
		cmocka_unit_test(SEC_10_300_hnps_are_too_many_whatever_the_header_length_says),
		cmocka_unit_test(an_mn_id_of_255_octets_is_read_whole),
		cmocka_unit_test(the_counts_of_skipped_options_do_not_wrap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
