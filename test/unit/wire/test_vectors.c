// Messages written down octet by octet from the RFCs' figures, their checksums computed by an
// independent implementation: what they say when read, and that emitting says them again.
#include "test/unit/wire/bytes.h"

// Seq 0x1234, A and P, 25 * 4 s; every option of RFC 5213, each at its alignment.
static const uint8_t pbu[] = {
	0x3b, 0x0c, 0x05, 0x00, 0x32, 0x4b,             // header
	0x12, 0x34, 0x82, 0x00, 0x00, 0x19,             // sequence, flags, lifetime
	0x08, 0x10, 0x01,                               // MN-ID, NAI
	'm',  'n',  '1',  '@',  'e',  'x',  'a',  'm',  //
	'p',  'l',  'e',  '.',  'c',  'o',  'm',        //
	0x01, 0x04, 0x00, 0x00, 0x00, 0x00,             // PadN, so that 8n+4 is next
	0x16, 0x12, 0x00, 0x40,                         // HNP, /64
	0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x01, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x17, 0x02, 0x00, 0x01,                         // handoff indicator, new interface
	0x18, 0x02, 0x00, 0x03,                         // access technology type, 802.3
	0x19, 0x08, 0x00, 0x00,                         // MN link-layer identifier
	0x02, 0x00, 0x00, 0x00, 0x00, 0x01,             //
	0x1b, 0x08,                                     // timestamp: 1 s + 1/2 s (CONFORMANCE A3)
	0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x80, 0x00, //
	0x01, 0x00,                                     // PadN, so that 8n+6 is next
	0x1a, 0x10,                                     // link-local address
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x52, 0x13, //
};

// Status 160 as LMA-PBA rules it: an empty MN-ID (length 1), a zero HNP, indicators of zero.
static const uint8_t pba_160[] = {
	0x3b, 0x05, 0x06, 0x00, 0x5f, 0x57,             // header
	0xa0, 0x20, 0x12, 0x34, 0x00, 0x00,             // status, P, sequence, lifetime
	0x08, 0x01, 0x01,                               // MN-ID, NAI, nothing
	0x01, 0x03, 0x00, 0x00, 0x00,                   // PadN
	0x16, 0x12, 0x00, 0x00,                         // HNP, /0
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
	0x17, 0x02, 0x00, 0x00,                         //
	0x18, 0x02, 0x00, 0x00,                         //
};

static const uint8_t be[] = {
	0x3b, 0x02, 0x07, 0x00, 0x5f, 0xdf,             // header
	0x02, 0x00,                                     // unrecognized MH type
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // no home address
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
};

static const uint8_t pbu_alt_coa[] = {
	0x3b, 0x03, 0x05, 0x00, 0xaf, 0xf5,             // header
	0x00, 0x01, 0x82, 0x00, 0x00, 0x0a,             // sequence, flags, lifetime
	0x01, 0x00,                                     // PadN, so that 8n+6 is next
	0x03, 0x10,                                     // Alternate CoA
	0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x02, //
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, //
};

static void assert_emits(const struct mh *mh, struct ip6_addr src, struct ip6_addr dst,
			 const uint8_t *octets, size_t n)
{
	uint8_t buf[MH_MAX_LEN];
	struct writer w = wr_over(buf, sizeof(buf));

	assert_true(mh_emit(&w, src, dst, mh));
	assert_int_equal(wr_len(&w), n);
	assert_memory_equal(buf, octets, n);
}

static void assert_rfc5213_options(const struct mh *mh)
{
	const struct mh_opt *v = mh->opts.v;

	assert_int_equal(mh->opts.n, 7);
	assert_int_equal(mh->opts.unknown + mh->opts.repeated, 0);
	assert_int_equal(v[0].type, OPT_MN_ID);
	assert_int_equal(v[0].mn_id.subtype, MN_ID_NAI);
	assert_int_equal(v[0].mn_id.id.n, 15);
	assert_memory_equal(v[0].mn_id.id.p, "mn1@example.com", 15);
	assert_int_equal(v[1].type, OPT_HNP);
	assert_int_equal(v[1].hnp.prefix_len, 64);
	assert_true(ip6_equal(v[1].hnp.prefix, addr_of("2001:db8:1:1::")));
	assert_int_equal(v[2].type, OPT_HANDOFF);
	assert_int_equal(v[2].handoff.indicator, HI_NEW_INTERFACE);
	assert_int_equal(v[3].type, OPT_ACCESS);
	assert_int_equal(v[3].access.tech, 3);
	assert_int_equal(v[4].type, OPT_LL_ID);
	assert_int_equal(v[4].ll_id.id.n, 6);
	assert_memory_equal(v[4].ll_id.id.p, "\x02\0\0\0\0\x01", 6);
	assert_int_equal(v[5].type, OPT_TIMESTAMP);
	assert_int_equal(v[5].timestamp.wall_q16, 0x18000);
	assert_int_equal(v[6].type, OPT_LLA);
	assert_true(ip6_equal(v[6].lla.addr, addr_of("fe80::200:5eff:fe00:5213")));
}

static void a_pbu_is_read_and_written_as_in_the_figures(void **state)
{
	(void)state;
	struct mh mh;
	assert_int_equal(parse(pbu, sizeof(pbu), &mh), MH_OK);
	assert_int_equal(mh.type, MH_BU);
	assert_int_equal(mh.bu.seq, 0x1234);
	assert_int_equal(mh.bu.flags, BU_A | BU_P);
	assert_int_equal(mh.bu.lifetime_4s, 25);
	assert_rfc5213_options(&mh);
	assert_emits(&mh, mag_addr(), lma_addr(), pbu, sizeof(pbu));
}

// The body's options are those of the PBU; type, status, flags and checksum differ.
static void a_pba_is_read_and_written_as_in_the_figures(void **state)
{
	(void)state;
	static const uint8_t start[] = {0x3b, 0x0c, 0x06, 0x00, 0xb3, 0x2b,
					0x00, 0x20, 0x12, 0x34, 0x00, 0x19};
	uint8_t pba[sizeof(pbu)];
	struct mh mh;
	memcpy(pba, pbu, sizeof(pbu));
	memcpy(pba, start, sizeof(start));
	assert_int_equal(parse(pba, sizeof(pba), &mh), MH_OK);
	assert_int_equal(mh.type, MH_BA);
	assert_int_equal(mh.ba.status, PBA_ACCEPTED);
	assert_int_equal(mh.ba.flags, BA_P);
	assert_int_equal(mh.ba.seq, 0x1234);
	assert_int_equal(mh.ba.lifetime_4s, 25);
	assert_rfc5213_options(&mh);
	assert_emits(&mh, lma_addr(), mag_addr(), pba, sizeof(pba));
}

static void SEQ_24_a_pba_with_an_empty_mn_id_is_recognised(void **state)
{
	(void)state;
	struct mh mh;
	assert_int_equal(parse(pba_160, sizeof(pba_160), &mh), MH_OK);
	assert_int_equal(mh.ba.status, PBA_MISSING_MN_ID);
	assert_int_equal(mh.opts.n, 4);
	assert_int_equal(mh.opts.v[0].type, OPT_MN_ID);
	assert_int_equal(mh.opts.v[0].mn_id.subtype, MN_ID_NAI);
	assert_int_equal(mh.opts.v[0].mn_id.id.n, 0);
	assert_int_equal(mh.opts.v[1].hnp.prefix_len, 0);
	assert_true(ip6_is_zero(mh.opts.v[1].hnp.prefix));
	assert_int_equal(mh.opts.v[2].handoff.indicator, HI_RESERVED);
	assert_emits(&mh, lma_addr(), mag_addr(), pba_160, sizeof(pba_160));
}

static void a_binding_error_is_read_and_written_as_in_the_figures(void **state)
{
	(void)state;
	struct mh mh;
	assert_int_equal(parse(be, sizeof(be), &mh), MH_OK);
	assert_int_equal(mh.type, MH_BE);
	assert_int_equal(mh.be.status, BE_UNKNOWN_MH_TYPE);
	assert_true(ip6_is_zero(mh.be.home));
	assert_int_equal(mh.opts.n, 0);
	assert_emits(&mh, lma_addr(), mag_addr(), be, sizeof(be));
}

static void an_alternate_coa_stands_at_8n_plus_6(void **state)
{
	(void)state;
	struct mh mh;
	assert_int_equal(parse(pbu_alt_coa, sizeof(pbu_alt_coa), &mh), MH_OK);
	assert_int_equal(mh.opts.n, 1);
	assert_int_equal(mh.opts.v[0].type, OPT_ALT_COA);
	assert_true(ip6_equal(mh.opts.v[0].alt_coa.addr, addr_of("2001:db8:0:2::a")));
	assert_emits(&mh, mag_addr(), lma_addr(), pbu_alt_coa, sizeof(pbu_alt_coa));
}

// The whole chain from a value: what an emitter makes of a message that was never parsed.
static void a_pbu_made_from_values_is_the_vector(void **state)
{
	(void)state;
	static const uint8_t mac[] = {0x02, 0, 0, 0, 0, 0x01};
	struct mh mh = {.type = MH_BU, .bu = {0x1234, BU_A | BU_P, 25}};
	mh_add(&mh, OPT_MN_ID)->mn_id =
		(struct opt_mn_id){MN_ID_NAI, {(const uint8_t *)"mn1@example.com", 15}};
	mh_add(&mh, OPT_HNP)->hnp = (struct opt_hnp){64, addr_of("2001:db8:1:1::")};
	mh_add(&mh, OPT_HANDOFF)->handoff.indicator = HI_NEW_INTERFACE;
	mh_add(&mh, OPT_ACCESS)->access.tech = 3;
	mh_add(&mh, OPT_LL_ID)->ll_id.id = (struct span){mac, sizeof(mac)};
	mh_add(&mh, OPT_TIMESTAMP)->timestamp.wall_q16 = 0x18000;
	mh_add(&mh, OPT_LLA)->lla.addr = addr_of("fe80::200:5eff:fe00:5213");
	assert_emits(&mh, mag_addr(), lma_addr(), pbu, sizeof(pbu));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pbu_is_read_and_written_as_in_the_figures),
		cmocka_unit_test(a_pba_is_read_and_written_as_in_the_figures),
		cmocka_unit_test(SEQ_24_a_pba_with_an_empty_mn_id_is_recognised),
		cmocka_unit_test(a_binding_error_is_read_and_written_as_in_the_figures),
		cmocka_unit_test(an_alternate_coa_stands_at_8n_plus_6),
		cmocka_unit_test(a_pbu_made_from_values_is_the_vector),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
