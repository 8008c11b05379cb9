// Writing messages: mirrors of the parser, alignment, sealing, and what is refused.
#include "test/unit/wire/bytes.h"

#include <stdlib.h>

static const uint8_t octets[300] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

// Every option with its smallest, a usual and its largest value, by number; false behind the last.
static bool sample_option(unsigned i, struct mh_opt *out)
{
	const struct mh_opt samples[] = {
		{.type = OPT_ALT_COA, .alt_coa.addr = addr_of("2001:db8::7")},
		{.type = OPT_MN_ID, .mn_id = {MN_ID_NAI, {NULL, 0}}},
		{.type = OPT_MN_ID, .mn_id = {MN_ID_NAI, {octets, 7}}},
		{.type = OPT_MN_ID, .mn_id = {255, {octets, 254}}},
		{.type = OPT_HNP},
		{.type = OPT_HNP, .hnp = {64, {{0}}}},
		{.type = OPT_HNP, .hnp = {64, addr_of("2001:db8:1::")}},
		{.type = OPT_HNP, .hnp = {128, addr_of("2001:db8:1::1")}},
		{.type = OPT_HANDOFF, .handoff.indicator = 0},
		{.type = OPT_HANDOFF, .handoff.indicator = 255},
		{.type = OPT_ACCESS, .access.tech = 0},
		{.type = OPT_ACCESS, .access.tech = 255},
		{.type = OPT_LL_ID},
		{.type = OPT_LL_ID, .ll_id.id = {octets, 6}},
		{.type = OPT_LL_ID, .ll_id.id = {octets, 253}},
		{.type = OPT_LLA},
		{.type = OPT_LLA, .lla.addr = addr_of("fe80::1")},
		{.type = OPT_TIMESTAMP, .timestamp.wall_q16 = 0},
		{.type = OPT_TIMESTAMP, .timestamp.wall_q16 = UINT64_MAX},
	};

	if (i >= sizeof(samples) / sizeof(samples[0]))
		return false;
	*out = samples[i];
	return true;
}

static bool emit_into(uint8_t *buf, size_t room, const struct mh *mh, size_t *len)
{
	struct writer w = wr_over(buf, room);
	bool ok = mh_emit(&w, mag_addr(), lma_addr(), mh);

	*len = wr_len(&w);
	return ok;
}

static void assert_round_trip(const struct mh *mh)
{
	uint8_t buf[MH_MAX_LEN];
	struct mh back;
	size_t n;

	assert_true(emit_into(buf, sizeof(buf), mh, &n));
	assert_int_equal(n % 8, 0);
	assert_int_equal(buf[1], n / 8 - 1);
	assert_int_equal(parse(buf, n, &back), MH_OK);
	assert_same_message(mh, &back);
}

static void every_option_comes_back_from_every_message_that_carries_it(void **state)
{
	(void)state;
	struct mh_opt opt;
	for (unsigned i = 0; sample_option(i, &opt); i++) {
		struct mh bu = {.type = MH_BU, .bu = {65535, 65535, 65535}, .opts = {.n = 1}};
		struct mh ba = {.type = MH_BA, .ba = {255, 255, 65535, 65535}, .opts = {.n = 1}};
		bu.opts.v[0] = ba.opts.v[0] = opt;
		assert_round_trip(&bu);
		if (opt.type != OPT_ALT_COA)
			assert_round_trip(&ba);
	}
	struct mh be = {.type = MH_BE, .be = {BE_NO_BINDING, addr_of("2001:db8::1")}};
	assert_round_trip(&be);
	// RFC 6275 6.2.4: in a PBA alone. MAG-REG-20: the LMA says whom it asks for.
	struct mh ba = {.type = MH_BA, .opts = {.n = 1}}, brr = {.type = MH_BRR, .opts = {.n = 1}};
	ba.opts.v[0] =
		(struct mh_opt){.type = OPT_REFRESH_ADVICE, .refresh_advice.interval_4s = 65535};
	assert_round_trip(&ba);
	brr.opts.v[0] = (struct mh_opt){.type = OPT_MN_ID, .mn_id = {MN_ID_NAI, {octets, 7}}};
	assert_round_trip(&brr);
}

static void every_pair_of_options_comes_back(void **state)
{
	(void)state;
	struct mh mh = {.type = MH_BU, .opts = {.n = 2}};
	for (unsigned i = 0; sample_option(i, &mh.opts.v[0]); i++)
		for (unsigned k = 0; sample_option(k, &mh.opts.v[1]); k++)
			if (mh.opts.v[0].type != mh.opts.v[1].type || mh.opts.v[0].type == OPT_HNP)
				assert_round_trip(&mh);
}

// CONFORMANCE A3, written down again: the option's first octet stands at n * k + off.
static void assert_aligned(const uint8_t *mh, size_t n)
{
	static const struct {
		uint8_t type, n, off;
	} rules[] = {{3, 8, 6}, {22, 8, 4}, {26, 8, 6}, {27, 8, 2}};

	for (size_t at = BU_FIXED; at < n; at += mh[at] == 0 ? 1u : 2u + mh[at + 1]) {
		for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++)
			if (mh[at] == rules[r].type)
				assert_int_equal(at % rules[r].n, rules[r].off);
		if (mh[at] == 1)
			for (size_t i = 0; i < mh[at + 1]; i++)
				assert_int_equal(mh[at + 2 + i], 0);
	}
}

// Behind an MN-ID of each length, so that each distance to the next place comes up; and written at
// each offset in memory, because alignment counts from the start of the message.
static void WIRE_09_options_stand_at_their_alignment(void **state)
{
	(void)state;
	struct mh mh = {.type = MH_BU, .opts = {.n = 2}};
	for (unsigned i = 0; sample_option(i, &mh.opts.v[1]); i++) {
		for (uint16_t len = 0; len < 8; len++) {
			uint8_t buf[600], first[600];
			mh.opts.v[0] = (struct mh_opt){.type = OPT_MN_ID,
						       .mn_id = {MN_ID_NAI, {octets, len}}};
			size_t n;
			assert_true(emit_into(first, sizeof(first), &mh, &n));
			assert_aligned(first, n);
			struct writer w = wr_over(buf, sizeof(buf));
			wr_bytes(&w, octets, len);
			assert_true(mh_emit(&w, mag_addr(), lma_addr(), &mh));
			assert_int_equal(wr_len(&w), len + n);
			assert_memory_equal(buf + len, first, n);
		}
	}
}

static void WIRE_07_reserved_octets_are_written_as_zero(void **state)
{
	(void)state;
	struct mh mh = {.type = MH_BU, .opts = {.n = 3}};
	uint8_t buf[64];
	size_t n;
	mh.opts.v[0] = (struct mh_opt){.type = OPT_HANDOFF, .handoff.indicator = 255};
	mh.opts.v[1] = (struct mh_opt){.type = OPT_ACCESS, .access.tech = 255};
	mh.opts.v[2] = (struct mh_opt){.type = OPT_LL_ID, .ll_id.id = {octets, 2}};
	memset(buf, 0xff, sizeof(buf));
	assert_true(emit_into(buf, sizeof(buf), &mh, &n));
	assert_int_equal(buf[3], 0);
	assert_memory_equal(buf + BU_FIXED, "\x17\x02\0\xff\x18\x02\0\xff\x19\x04\0\0\x01\x02", 14);
	assert_memory_equal(buf + BU_FIXED + 14, "\x01\x04\0\0\0\0", 6);
	assert_int_equal(n, 32);
}

static void a_buffer_that_is_too_small_is_refused_and_not_overrun(void **state)
{
	(void)state;
	struct mh mh = {.type = MH_BU, .opts = {.n = 5}};
	uint8_t whole[256];
	size_t n, dummy;
	static const unsigned some[] = {2, 6, 9, 16, 18};
	for (unsigned i = 0; i < 5; i++)
		assert_true(sample_option(some[i], &mh.opts.v[i]));
	assert_true(emit_into(whole, sizeof(whole), &mh, &n));
	for (size_t room = 1; room <= n; room++) {
		uint8_t *exact = malloc(room);
		assert_non_null(exact);
		assert_int_equal(emit_into(exact, room, &mh, &dummy), room == n);
		if (room == n)
			assert_memory_equal(exact, whole, n);
		free(exact);
	}
}

static void a_message_of_2048_octets_is_the_largest(void **state)
{
	(void)state;
	static uint8_t buf[4096];
	struct mh mh = {.type = MH_BU, .opts = {.n = 8}}, back;
	size_t n;
	for (unsigned i = 0; i < 8; i++)
		mh.opts.v[i] = (struct mh_opt){.type = OPT_LL_ID, .ll_id.id = {octets, 250}};
	// 12 + 8 * 254 = 2044: four octets of padding, no more.
	assert_true(emit_into(buf, sizeof(buf), &mh, &n));
	assert_int_equal(n, 2048);
	assert_int_equal(buf[1], 255);
	assert_int_equal(parse(buf, n, &back), MH_OK);
	mh.opts.v[7].ll_id.id.n = 253; // 2047: one octet of padding
	mh.opts.v[6].ll_id.id.n = 252; // 2049
	assert_false(emit_into(buf, sizeof(buf), &mh, &n));
}

static bool emits(enum mh_type type, struct mh_opt opt)
{
	uint8_t buf[MH_MAX_LEN];
	struct mh mh = {.type = type, .opts = {.n = 1, .v = {opt}}};
	size_t n;

	return emit_into(buf, sizeof(buf), &mh, &n);
}

static void a_value_that_does_not_fit_its_option_is_refused(void **state)
{
	(void)state;
	struct mh_opt mn_id = {.type = OPT_MN_ID, .mn_id = {MN_ID_NAI, {octets, 254}}};
	struct mh_opt ll_id = {.type = OPT_LL_ID, .ll_id.id = {octets, 253}};
	assert_true(emits(MH_BU, mn_id));
	assert_true(emits(MH_BU, ll_id));
	for (uint16_t n = 255; n < 300; n++) {
		mn_id.mn_id.id.n = n;
		ll_id.ll_id.id.n = n;
		assert_false(emits(MH_BU, mn_id));
		assert_false(emits(MH_BU, ll_id));
	}
	struct mh_opt hnp = {.type = OPT_HNP, .hnp = {129, addr_of("2001:db8::")}};
	assert_false(emits(MH_BU, hnp)); // OPT-02
	hnp.hnp.prefix_len = 0;
	assert_false(emits(MH_BU, hnp)); // OPT-03
	hnp.hnp.prefix_len = 128;
	assert_true(emits(MH_BU, hnp));
}

static void what_is_not_on_the_lists_is_refused(void **state)
{
	(void)state;
	struct mh_opt handoff = {.type = OPT_HANDOFF}, alt_coa = {.type = OPT_ALT_COA};
	assert_true(emits(MH_BU, handoff));
	assert_true(emits(MH_BU, alt_coa));
	assert_false(emits(MH_BA, alt_coa));
	assert_false(emits(MH_BE, handoff));
	assert_false(emits((enum mh_type)14, handoff));
	assert_false(emits((enum mh_type)(MH_BU + 256), handoff)); // not cut down to an octet
	handoff.type = (enum opt_type)99;
	assert_false(emits(MH_BU, handoff));
	handoff.type = (enum opt_type)(OPT_HANDOFF + 256);
	assert_false(emits(MH_BU, handoff));
	handoff.type = (enum opt_type)1; // PadN is the emitter's own
	assert_false(emits(MH_BU, handoff));
}

static void options_are_added_until_the_list_is_full_and_found_in_order(void **state)
{
	(void)state;
	struct mh mh = {.type = MH_BU};
	assert_null(mh_find(&mh, OPT_HNP));
	for (unsigned i = 0; i < MH_MAX_OPTS; i++) {
		struct mh_opt *opt = mh_add(&mh, i % 2 == 0 ? OPT_HNP : OPT_ACCESS);
		assert_non_null(opt);
		assert_true(ip6_is_zero(opt->hnp.prefix));
		opt->hnp.prefix.a[0] = (uint8_t)(i + 1);
	}
	assert_null(mh_add(&mh, OPT_HNP));
	assert_int_equal(mh.opts.n, MH_MAX_OPTS);
	unsigned found = 0;
	for (const struct mh_opt *opt = NULL; (opt = mh_find_next(&mh, OPT_HNP, opt)) != NULL;)
		assert_int_equal(opt->hnp.prefix.a[0], 2 * found++ + 1);
	assert_int_equal(found, MH_MAX_OPTS / 2);
	assert_ptr_equal(mh_find(&mh, OPT_ACCESS), &mh.opts.v[1]);
	assert_null(mh_find(&mh, OPT_TIMESTAMP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_comes_back_from_every_message_that_carries_it),
		cmocka_unit_test(every_pair_of_options_comes_back),
		cmocka_unit_test(WIRE_09_options_stand_at_their_alignment),
		cmocka_unit_test(WIRE_07_reserved_octets_are_written_as_zero),
		cmocka_unit_test(a_buffer_that_is_too_small_is_refused_and_not_overrun),
		cmocka_unit_test(a_message_of_2048_octets_is_the_largest),
		cmocka_unit_test(a_value_that_does_not_fit_its_option_is_refused),
		cmocka_unit_test(what_is_not_on_the_lists_is_refused),
		cmocka_unit_test(options_are_added_until_the_list_is_full_and_found_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
