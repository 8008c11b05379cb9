// From octets to bindings: what the rules of the mobility header and of its options refuse reaches
// no binding, and what they let through does. Messages are laid out by hand, octet by octet, and
// read and told to the engine as the control thread does it.
#include "test/unit/mob/play.h"

#include <stdlib.h>

#include "wire/checksum.h"

enum { BU_FIXED = 12 };

struct octets {
	uint8_t b[MH_MAX_LEN];
	size_t n;
};

static void put(struct octets *o, const void *bytes, size_t n)
{
	assert_true(o->n + n <= sizeof(o->b));
	memcpy(o->b + o->n, bytes, n);
	o->n += n;
}

static void put_option(struct octets *o, uint8_t type, const void *body, uint8_t n)
{
	put(o, (uint8_t[]){type, n}, 2);
	put(o, body, n);
}

static struct octets message(uint8_t type, size_t fixed)
{
	struct octets o = {.b = {59, 0, type}, .n = fixed};

	return o;
}

static struct octets bu(void)
{
	struct octets o = message(MH_BU, BU_FIXED);

	o.b[8] = 0x82; // A and P
	o.b[11] = 100; // 400 s
	return o;
}

static void put_stamp(struct octets *o, const struct play *p)
{
	uint8_t stamp[8];

	for (int i = 0; i < 8; i++)
		stamp[i] = (uint8_t)(p->now.wall_q16 >> (56 - 8 * i));
	put_option(o, 27, stamp, 8);
}

static void put_hnp(struct octets *o, uint8_t len, const char *value)
{
	uint8_t body[18] = {0, len};

	memcpy(body + 2, addr(value).a, 16);
	put_option(o, 22, body, 18);
}

// Everything that a first registration needs, in the order of the RFC's list.
static struct octets whole(const struct play *p)
{
	struct octets o = bu();

	put_option(&o, 8, "\1" MN, sizeof(MN));
	put_hnp(&o, 0, "::");
	put_option(&o, 23, "\0\1", 2);
	put_option(&o, 24, "\0\4", 2);
	put_option(&o, 25, "\0\0aaaaaa", 8);
	put_stamp(&o, p);
	return o;
}

static void pad(struct octets *o)
{
	while (o->n % 8 != 0)
		put(o, "", 1);
	o->b[1] = (uint8_t)(o->n / 8 - 1);
}

static void seal(struct octets *o, const char *src)
{
	o->b[4] = o->b[5] = 0;
	struct span whole = {o->b, (uint16_t)o->n};
	uint16_t sum = ip6_checksum(addr(src), addr(LMAA), MH_NEXT_HEADER, whole);
	o->b[4] = (uint8_t)(sum >> 8);
	o->b[5] = (uint8_t)sum;
}

// From memory that ends where the message ends.
static void hear(struct play *p, const struct octets *o, const char *src)
{
	uint8_t *exact = malloc(o->n);
	struct mh mh;

	assert_non_null(exact);
	memcpy(exact, o->b, o->n);
	enum mh_err err =
		mh_parse((struct span){exact, (uint16_t)o->n}, addr(src), addr(LMAA), &mh);
	if (err == MH_OK)
		tell(p, (struct lma_event){
				.kind = LMA_MESSAGE,
				.message = {addr(src), addr(LMAA), p->now.wall_q16, &mh, NULL}});
	else
		tell(p, (struct lma_event){.kind = LMA_BAD_MESSAGE,
					   .bad = {addr(src), addr(LMAA), err, 0}});
	p->now.mono += NS_MSEC;
	step_clock(p, NS_MSEC);
	free(exact);
}

static void hear_sealed(struct play *p, struct octets o)
{
	pad(&o);
	seal(&o, MAG1);
	hear(p, &o, MAG1);
}

static uint32_t sessions(struct play *p)
{
	return lma_totals(p->lma)->bindings;
}

// ---- The header.

static void expect_nothing_registered(struct play *p)
{
	assert_int_equal(sessions(p), 0);
	assert_int_equal(p->n_binds, 0);
	for (uint32_t i = 0; i < p->n_sent; i++)
		assert_int_not_equal(p->sent[i].mh.type, MH_BA);
}

static void LMA_RX_02_what_breaks_a_rule_of_the_header_registers_nobody(void **state)
{
	struct play *p = *state;
	struct octets good = whole(p), o;
	pad(&good);
	static const struct {
		unsigned at;
		uint8_t value;
		bool silent;
	} wrong[] = {
		{0, 6, true},   // WIRE-01: a payload
		{2, 4, false},  // WIRE-06: answered with a Binding Error
		{2, 77, false}, // the same
		{13, 255, true} // WIRE-08: an option beyond the end
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		o = good;
		o.b[wrong[i].at] = wrong[i].value;
		seal(&o, MAG1);
		hear(p, &o, MAG1);
		expect_nothing_registered(p);
		assert_int_equal(p->n_sent, !wrong[i].silent);
	}
	o = good; // WIRE-02: shorter than what its type needs
	o.n = 8;
	o.b[1] = 0;
	seal(&o, MAG1);
	hear(p, &o, MAG1);
	expect_nothing_registered(p);
	o = good; // WIRE-03: longer than the packet
	o.b[1]++;
	seal(&o, MAG1);
	hear(p, &o, MAG1);
	expect_nothing_registered(p);
	o = good; // WIRE-04
	seal(&o, MAG1);
	o.b[o.n - 1] ^= 1;
	hear(p, &o, MAG1);
	expect_nothing_registered(p);
	o = good; // WIRE-11
	seal(&o, "ff02::1");
	hear(p, &o, "ff02::1");
	expect_nothing_registered(p);
	assert_int_equal(p->n_sent, 0);
	o = good;
	seal(&o, MAG1);
	hear(p, &o, MAG1);
	expect_status(p, 0); // so nothing else was wrong with it
}

static void WIRE_02_octets_behind_the_message_are_not_part_of_it(void **state)
{
	struct play *p = *state;
	struct octets o = whole(p);
	pad(&o);
	seal(&o, MAG1);
	put(&o, "\x17\x02\0\3\x17\x02\0\3", 8);
	hear(p, &o, MAG1);
	expect_status(p, 0);
	assert_int_equal(pba_opt(p, OPT_HANDOFF)->handoff.indicator, 1);
}

static void WIRE_07_reserved_bits_change_nothing(void **state)
{
	struct play *p = *state;
	struct octets o = bu();
	o.b[3] = 0xff;
	o.b[9] = 0xff; // flags that nobody has given a meaning here
	put_option(&o, 8, "\1" MN, sizeof(MN));
	put_option(&o, 22, "\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 18);
	put_option(&o, 23, "\xff\1", 2);
	put_option(&o, 24, "\xff\4", 2);
	put_option(&o, 25,
		   "\xff\xff"
		   "aaaaaa",
		   8);
	put_stamp(&o, p);
	hear_sealed(p, o);
	expect_status(p, 0);
	struct lma_binding b = binding_of(p, granted(p, 0));
	assert_int_equal(b.handoff_indicator, 1);
	assert_int_equal(b.access_tech, 4);
	assert_int_equal(b.ll_id.n, 6);
}

static void WIRE_15_whatever_the_order_and_whoever_is_between_it_registers(void **state)
{
	struct play *p = *state;
	for (unsigned first = 0; first < 6; first++) {
		struct octets o = bu();
		for (unsigned i = 0; i < 6; i++) {
			switch ((first + i) % 6) {
			case 0:
				put_option(&o, 8, "\1" MN, sizeof(MN));
				break;
			case 1:
				put_hnp(&o, 0, "::");
				break;
			case 2:
				put_option(&o, 23, "\0\1", 2);
				break;
			case 3:
				put_option(&o, 24, "\0\4", 2);
				break;
			case 4:
				put_option(&o, 25, "\0\0aaaaaa", 8);
				break;
			case 5:
				put_stamp(&o, p);
				break;
			}
			put_option(&o, 19, "\0\0\0\x09\1x", 6); // of a vendor
			put_option(&o, 200, "\x17\x02\0\3", 4); // WIRE-08: unknown
		}
		hear_sealed(p, o);
		expect_status(p, 0);
		assert_int_equal(sessions(p), 1); // by its full key the same one
	}
}

// ---- Options.

static void OPT_01_the_first_of_two_decides_what_is_bound(void **state)
{
	struct play *p = *state;
	struct octets o = whole(p);
	put_option(&o, 8, "\1" OTHER, sizeof(OTHER));
	put_option(&o, 23, "\0\5", 2);
	put_option(&o, 24, "\0\x08", 2);
	put_option(&o, 25, "\0\0bbbbbb", 8);
	put_option(&o, 27, "\0\0\0\0\0\0\0\0", 8);
	hear_sealed(p, o);
	expect_status(p, 0);
	struct lma_binding b = binding_of(p, granted(p, 0));
	assert_int_equal(b.mn_id.n, strlen(MN));
	assert_memory_equal(b.mn_id.p, MN, strlen(MN));
	assert_int_equal(b.handoff_indicator, 1);
	assert_int_equal(b.access_tech, 4);
	assert_memory_equal(b.ll_id.p, "aaaaaa", 6);
	assert_int_equal(p->notes[LMA_NOTE_REPEATED_OPTION], 1);
}

// RFC 5213 5.3.6: "the values that were in the request", bits behind the length and all.
static void LMA_PBA_04_a_refused_prefix_comes_back_as_it_came(void **state)
{
	static const uint8_t odd[18] = {0, 56, 0x20, 1, 0xd, 0xb8, 0xde, 0xad, 0, 2, 0xff, 1};
	static const uint8_t zero[18] = {0, 64};
	struct play *p = *state;
	struct octets o = whole(p);
	put_option(&o, 22, odd, sizeof(odd));
	put_option(&o, 22, zero, sizeof(zero));
	hear_sealed(p, o);
	expect_status(p, 155);
	const struct mh_opt *opt = mh_find_next(pba(p), OPT_HNP, NULL);
	opt = mh_find_next(pba(p), OPT_HNP, opt); // behind that of whole()
	assert_memory_equal(opt->hnp.prefix.a, odd + 2, 16);
	assert_int_equal(opt->hnp.prefix_len, 56);
	opt = mh_find_next(pba(p), OPT_HNP, opt);
	assert_true(ip6_is_zero(opt->hnp.prefix));
	assert_int_equal(opt->hnp.prefix_len, 64);
}

static void OPT_02_a_message_with_an_option_of_the_wrong_length_has_no_answer(void **state)
{
	struct play *p = *state;
	static const struct {
		uint8_t type, n;
	} wrong[] = {{3, 15}, {22, 17}, {22, 19}, {23, 1}, {23, 3}, {24, 1},
		     {24, 3}, {25, 1},  {26, 15}, {27, 7}, {27, 9}};
	static const uint8_t zeros[32];
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct octets o = whole(p);
		put_option(&o, wrong[i].type, zeros, wrong[i].n);
		hear_sealed(p, o);
		expect_silence(p);
		assert_int_equal(p->notes[LMA_NOTE_BAD_MESSAGE], 1);
	}
	struct octets o = whole(p);
	put_hnp(&o, 129, "::");
	hear_sealed(p, o);
	expect_silence(p);
	assert_int_equal(sessions(p), 0);
}

static void OPT_03_a_prefix_is_zero_by_its_value_alone(void **state)
{
	struct play *p = *state;
	p->conf.sessions_per_mn = 200;
	play_restart(p);
	for (unsigned len = 0; len <= 128; len++) {
		struct octets o = bu();
		put_option(&o, 8, "\1" MN, sizeof(MN));
		put_hnp(&o, (uint8_t)len, "::");
		put_option(&o, 23, "\0\1", 2);
		put_option(&o, 24, "\0\4", 2);
		hear_sealed(p, o);
		expect_status(p, 0);
		assert_int_equal(prefix(granted(p, 0)).len, 64);
		assert_int_equal(sessions(p), len + 1);
	}
	struct octets o = whole(p);
	put_hnp(&o, 0, "2001:db8:4000:5::");
	hear_sealed(p, o);
	expect_silence(p);
}

static void OPT_04_bits_beyond_the_length_are_no_part_of_the_prefix(void **state)
{
	struct play *p = *state;
	struct octets o = bu();
	put_option(&o, 8, "\1" MN, sizeof(MN));
	put_hnp(&o, 64, "2001:db8:4000:5:dead::beef");
	put_option(&o, 23, "\0\1", 2);
	put_option(&o, 24, "\0\4", 2);
	hear_sealed(p, o);
	expect_status(p, 0);
	assert_string_equal(granted(p, 0), "2001:db8:4000:5::/64");
	expect_bound(p, "2001:db8:4000:5::/64", MAG1);
	say(p, refresh(MN, MAG1, "2001:db8:4000:5::/64"));
	expect_status(p, 0);
	assert_int_equal(sessions(p), 1);
	assert_int_equal(lma_totals(p->lma)->accepted[LMA_REFRESH], 1);
}

static void OPT_07_identifiers_are_equal_in_length_and_in_every_octet(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ll_id = "aaaaaa";
	const char *hnp = join(p, u);
	static const char *const others[] = {"aaaaa", "aaaaaab", "aaaaab"};
	for (uint32_t i = 0; i < 3; i++) {
		u.ll_id = others[i];
		assert_string_not_equal(join(p, u), hnp);
		assert_int_equal(sessions(p), i + 2);
	}
	u.ll_id = "aaaaaa";
	assert_string_equal(join(p, u), hnp);
	assert_int_equal(sessions(p), 4);
}

static void OPT_09_of_two_alternate_care_of_addresses_the_first_counts(void **state)
{
	struct play *p = *state;
	struct octets o = whole(p);
	put_option(&o, 3, addr(MAG2).a, 16);
	put_option(&o, 3, addr(NO_MAG).a, 16);
	hear_sealed(p, o);
	expect_status(p, 0);
	expect_bound(p, granted(p, 0), MAG2);
}

// ---- Everything.

// Each type with each length in each message: one answer at most, and never a binding.
static void SEC_02_every_option_of_every_length_has_its_fate(void **state)
{
	struct play *p = *state;
	static const uint8_t types[] = {MH_BRR, MH_BU, MH_BA, MH_BE, MH_HEARTBEAT, 1, 16};
	static const uint8_t zeros[255];
	uint32_t refused = 0, silent = 0;
	for (size_t t = 0; t < sizeof(types); t++) {
		for (unsigned option = 0; option < 256; option++) {
			// Those between have no block in any message: every 16th of them will do.
			if (option > 40 && option % 16 != 0)
				continue;
			for (unsigned len = 0; len < 256; len++) {
				struct octets o = message(types[t], types[t] == MH_BE ? 24 : 12);
				if (types[t] == MH_BU)
					o.b[8] = 0x82;
				put_option(&o, (uint8_t)option, zeros, (uint8_t)len);
				hear_sealed(p, o);
				assert_in_range(p->n_sent, 0, 1);
				assert_int_equal(p->n_binds, 0);
				refused += p->n_sent == 1 && p->sent[0].mh.type == MH_BA;
				silent += p->n_sent == 0;
			}
		}
	}
	assert_int_equal(sessions(p), 0);
	assert_true(refused > 0 && silent > 0);
	hear_sealed(p, whole(p));
	expect_status(p, 0);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_RX_02_what_breaks_a_rule_of_the_header_registers_nobody),
		PLAY(WIRE_02_octets_behind_the_message_are_not_part_of_it),
		PLAY(WIRE_07_reserved_bits_change_nothing),
		PLAY(WIRE_15_whatever_the_order_and_whoever_is_between_it_registers),
		PLAY(LMA_PBA_04_a_refused_prefix_comes_back_as_it_came),
		PLAY(OPT_01_the_first_of_two_decides_what_is_bound),
		PLAY(OPT_02_a_message_with_an_option_of_the_wrong_length_has_no_answer),
		PLAY(OPT_03_a_prefix_is_zero_by_its_value_alone),
		PLAY(OPT_04_bits_beyond_the_length_are_no_part_of_the_prefix),
		PLAY(OPT_07_identifiers_are_equal_in_length_and_in_every_octet),
		PLAY(OPT_09_of_two_alternate_care_of_addresses_the_first_counts),
		PLAY(SEC_02_every_option_of_every_length_has_its_fate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
