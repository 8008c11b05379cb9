// LMA-FW-08: explicit congestion notification at both ends of the tunnel, the whole table in both
// modes.
#include "test/unit/fwd/fate.h"

enum { NOT_ECT = 0, ECT1 = 1, ECT0 = 2, CE = 3, DROP = -1 };

// What the outer header gets, by the inner one's.
static void check_entry(struct world *w, enum fwd_ecn mode, const int table[4])
{
	w->conf.ecn = mode;
	for (uint8_t inner = 0; inner < 4; inner++) {
		struct frame f = packet(CN, MN1, 17, 10);
		set_class(&f, (uint8_t)(0xb8 | inner));
		assert_verdict(fate_of(w, CORE, f), V_TX_DOWNLINK);
		struct frame out = sent(w, BACKBONE);
		assert_int_equal(class_of(&out), 0xb8 | table[inner]);
		out = stripped(out, 40);
		assert_int_equal(class_of(&out), 0xb8 | inner); // itself untouched
	}
}

// What the inner packet leaves with: rows by inner, columns by outer.
static void check_exit(struct world *w, enum fwd_ecn mode, const int table[4][4])
{
	w->conf.ecn = mode;
	for (uint8_t inner = 0; inner < 4; inner++) {
		for (uint8_t outer = 0; outer < 4; outer++) {
			struct frame f = packet(MN1, CN, 17, 10);
			set_class(&f, (uint8_t)(0xb8 | inner));
			f = tunnelled(COA1, LMAA, f);
			set_class(&f, (uint8_t)(0x28 | outer));
			enum verdict v = fate_of(w, BACKBONE, f);
			if (table[inner][outer] == DROP) {
				assert_verdict(v, V_DROP_ECN);
				continue;
			}
			assert_verdict(v, V_TX_UPLINK);
			struct frame out = sent(w, CORE);
			// The DSCP of the tunnel is not taken over.
			assert_int_equal(class_of(&out), 0xb8 | table[inner][outer]);
		}
	}
}

static void LMA_FW_08_rfc6040_entry_copies_all_four(void **state)
{
	check_entry(*state, FWD_ECN_RFC6040, (const int[4]){NOT_ECT, ECT1, ECT0, CE});
}

static void LMA_FW_08_rfc5213_entry_turns_ce_into_ect0(void **state)
{
	check_entry(*state, FWD_ECN_RFC5213, (const int[4]){NOT_ECT, ECT1, ECT0, ECT0});
}

static void LMA_FW_08_rfc6040_exit_follows_the_table_of_section_4_2(void **state)
{
	// outer:                    Not-ECT  ECT(1)   ECT(0)   CE
	static const int table[4][4] = {
		[NOT_ECT] = {NOT_ECT, NOT_ECT, NOT_ECT, DROP},
		[ECT1] = {ECT1, ECT1, ECT1, CE},
		[ECT0] = {ECT0, ECT1, ECT0, CE},
		[CE] = {CE, CE, CE, CE},
	};
	check_exit(*state, FWD_ECN_RFC6040, table);
}

static void LMA_FW_08_rfc5213_exit_marks_what_can_be_marked_and_drops_nothing(void **state)
{
	static const int table[4][4] = {
		[NOT_ECT] = {NOT_ECT, NOT_ECT, NOT_ECT, NOT_ECT},
		[ECT1] = {ECT1, ECT1, ECT1, CE},
		[ECT0] = {ECT0, ECT0, ECT0, CE},
		[CE] = {CE, CE, CE, CE},
	};
	check_exit(*state, FWD_ECN_RFC5213, table);
}

int test_ecn(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(LMA_FW_08_rfc6040_entry_copies_all_four),
		FATE_TEST(LMA_FW_08_rfc5213_entry_turns_ce_into_ect0),
		FATE_TEST(LMA_FW_08_rfc6040_exit_follows_the_table_of_section_4_2),
		FATE_TEST(LMA_FW_08_rfc5213_exit_marks_what_can_be_marked_and_drops_nothing),
	};
	return cmocka_run_group_tests_name("ecn", tests, NULL, NULL);
}
