// HI and HAck (RFC 5568 6.2.1, RFC 5949 6.1) with every option that RFC 5949 names, written down
// octet by octet; two independent decoders read them alike, but for option 42, which one lacks.
#include "test/unit/wire/bytes.h"

// What both carry, from octet 10 on: MN-ID, vendor, PadN, HNP, LL-ID, PadN, LLA, GRE key, IPv4 HoA.
#define SHARED                                                                                     \
	"\x08\x10\x01mn1@example.com"                                                              \
	"\x13\x08\0\0\x7e\xd9\x07"                                                                 \
	"abc"                                                                                      \
	"\x01\x04\0\0\0\0"                                                                         \
	"\x16\x12\0\x40"                                                                           \
	"\x20\x01\x0d\xb8\0\x01\0\x01"                                                             \
	"\0\0\0\0\0\0\0\0"                                                                         \
	"\x19\x08\0\0\x02\0\0\0\0\x01"                                                             \
	"\x01\x02\0\0"                                                                             \
	"\x1a\x10"                                                                                 \
	"\xfe\x80\0\0\0\0\0\0"                                                                     \
	"\x02\0\x5e\xff\xfe\0\x52\x13"                                                             \
	"\x21\x06\0\0\x01\x02\x03\x04"                                                             \
	"\x24\x06\x80\0\xc0\0\x02\x01"
#define IID "\x2a\x0a\0\0\x02\0\0\0\0\0\0\x01" // interface identifier of the link-local address

static const char hi[] = "\x3b\x13\x0e\0\x3a\x9a"     // header
			 "\x12\x34\x30\x03"           // sequence, P and F, code
	SHARED "\x28\x0d\0\0\x16\0\x29\0"             // context request: HNP, LMAA
			 "\x13\x05\0\0\x7e\xd9\x07"   // and this of a vendor
			 "\0"                         // Pad1
			 "\x29\x12\x01\0"             // LMAA, IPv6
			 "\x20\x01\x0d\xb8\0\x1a\0\0" //
			 "\0\0\0\0\0\0\0\x01" IID;

static const char hack[] = "\x3b\x10\x0f\0\x0b\x48" // header
			   "\x12\x34\x60\x05"       // sequence, P and F, code
	SHARED "\x29\x06\x02\0\xc6\x33\x64\x01"     // LMAA, IPv4
			   "\x01\x02\0\0" IID;

static void expect_shared(const struct mh_opt *v)
{
	assert_memory_equal(v[0].mn_id.id.p, "mn1@example.com", 15);
	assert_int_equal(v[1].vendor.vendor, 32473);
	assert_int_equal(v[1].vendor.subtype, 7);
	assert_memory_equal(v[1].vendor.data.p, "abc", 3);
	assert_true(ip6_equal(v[2].hnp.prefix, addr_of("2001:db8:1:1::")));
	assert_int_equal(v[3].ll_id.id.n, 6);
	assert_true(ip6_equal(v[4].lla.addr, addr_of("fe80::200:5eff:fe00:5213")));
	assert_int_equal(v[5].type, OPT_GRE_KEY);
	assert_int_equal(v[5].gre_key.key.n, 4);
	assert_memory_equal(v[5].gre_key.key.p, "\x01\x02\x03\x04", 4);
	assert_int_equal(v[6].type, OPT_IPV4_HOA);
	assert_int_equal(v[6].ipv4_hoa.prefix_len_10 >> 10, 32);
	assert_int_equal(v[6].ipv4_hoa.addr, 0xc0000201);
}

static void expect_written_again(const struct mh *mh, struct ip6_addr src, struct ip6_addr dst,
				 const char *octets, size_t n)
{
	uint8_t buf[MH_MAX_LEN];
	struct writer w = wr_over(buf, sizeof(buf));

	assert_true(mh_emit(&w, src, dst, mh));
	assert_int_equal(wr_len(&w), n);
	assert_memory_equal(buf, octets, n);
}

static void FMIP_01_a_hi_is_read_and_written_as_in_the_figures(void **state)
{
	(void)state;
	static const char wanted[] = "\x16\0\x29\0\x13\x05\0\0\x7e\xd9\x07";
	struct mh mh;

	assert_int_equal(parse((const uint8_t *)hi, sizeof(hi) - 1, &mh), MH_OK);
	assert_int_equal(mh.type, MH_HI);
	assert_int_equal(mh.hi.seq, 0x1234);
	assert_int_equal(mh.hi.flags, HI_P | HI_F);
	assert_int_equal(mh.hi.code, HI_ALL_CONTEXT);
	assert_int_equal(mh.opts.n, 10);
	expect_shared(mh.opts.v);
	assert_int_equal(mh.opts.v[7].type, OPT_CONTEXT_REQUEST);
	assert_int_equal(mh.opts.v[7].context_request.wanted.n, sizeof(wanted) - 1);
	assert_memory_equal(mh.opts.v[7].context_request.wanted.p, wanted, sizeof(wanted) - 1);
	assert_int_equal(mh.opts.v[8].lmaa.code, LMAA_IPV6);
	struct ip6_addr lmaa = addr_of("2001:db8:1a::1");
	assert_memory_equal(mh.opts.v[8].lmaa.addr.p, lmaa.a, 16);
	assert_true(mh.opts.v[9].lla_iid.iid == 0x0200000000000001);
	expect_written_again(&mh, mag_addr(), lma_addr(), hi, sizeof(hi) - 1);
}

static void FMIP_03_a_hack_is_read_and_written_as_in_the_figures(void **state)
{
	(void)state;
	struct mh mh;

	assert_int_equal(parse((const uint8_t *)hack, sizeof(hack) - 1, &mh), MH_OK);
	assert_int_equal(mh.type, MH_HACK);
	assert_int_equal(mh.hack.seq, 0x1234);
	assert_int_equal(mh.hack.flags, HACK_P | HACK_F);
	assert_int_equal(mh.hack.code, HACK_CONTEXT_ACCEPTED);
	assert_int_equal(mh.opts.n, 9);
	expect_shared(mh.opts.v);
	assert_int_equal(mh.opts.v[7].lmaa.code, LMAA_IPV4);
	assert_memory_equal(mh.opts.v[7].lmaa.addr.p, "\xc6\x33\x64\x01", 4);
	assert_true(mh.opts.v[8].lla_iid.iid == 0x0200000000000001);
	expect_written_again(&mh, lma_addr(), mag_addr(), hack, sizeof(hack) - 1);
}

static enum mh_err with_option(const uint8_t *option, size_t n)
{
	uint8_t buf[MH_MAX_LEN];
	struct mh mh;

	return parse(buf, message_with(buf, MH_HI, HI_FIXED, option, n), &mh);
}

static void FMIP_19_the_code_of_an_lmaa_says_how_long_it_is(void **state)
{
	(void)state;

	for (unsigned code = 0; code < 256; code++) {
		for (uint8_t len = 0; len < 24; len++) {
			uint8_t option[2 + 24] = {OPT_LMAA, len, (uint8_t)code};
			bool sound =
				(code == LMAA_IPV6 && len == 18) || (code == LMAA_IPV4 && len == 6);

			assert_int_equal(with_option(option, 2 + (size_t)len),
					 sound ? MH_OK : MH_BAD_OPTION);
		}
	}
}

static void FMIP_14_a_gre_key_is_there_or_not(void **state)
{
	(void)state;

	for (uint8_t len = 0; len < 12; len++) {
		uint8_t option[2 + 12] = {OPT_GRE_KEY, len};

		assert_int_equal(with_option(option, 2 + (size_t)len),
				 len == 2 || len == 6 ? MH_OK : MH_BAD_OPTION);
	}
}

static void a_mismatch_is_not_written(void **state)
{
	(void)state;
	static const uint8_t address[16];
	uint8_t buf[MH_MAX_LEN];

	for (uint8_t code = 0; code < 4; code++) {
		for (uint16_t n = 0; n <= 16; n += 4) {
			struct mh mh = {.type = MH_HI, .hi = {1, HI_P, HI_ALL_CONTEXT}};
			struct writer w = wr_over(buf, sizeof(buf));
			bool sound =
				(code == LMAA_IPV6 && n == 16) || (code == LMAA_IPV4 && n == 4);

			mh_add(&mh, OPT_LMAA)->lmaa = (struct opt_lmaa){code, {address, n}};
			assert_int_equal(mh_emit(&w, mag_addr(), lma_addr(), &mh), sound);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(FMIP_01_a_hi_is_read_and_written_as_in_the_figures),
		cmocka_unit_test(FMIP_03_a_hack_is_read_and_written_as_in_the_figures),
		cmocka_unit_test(FMIP_19_the_code_of_an_lmaa_says_how_long_it_is),
		cmocka_unit_test(FMIP_14_a_gre_key_is_there_or_not),
		cmocka_unit_test(a_mismatch_is_not_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
