// LMA-FW-08: explicit congestion notification at both ends of the tunnel, the whole table in both
// modes.
#include "test/unit/fwd/fate.h"

enum { NOT_ECT = 0, ECT1 = 1, ECT0 = 2, CE = 3, DROP = -1 };

static const int entry_6040[4] = {NOT_ECT, ECT1, ECT0, CE};
static const int entry_5213[4] = {NOT_ECT, ECT1, ECT0, ECT0};

// outer:                    Not-ECT  ECT(1)   ECT(0)   CE
static const int exit_6040[4][4] = {
	[NOT_ECT] = {NOT_ECT, NOT_ECT, NOT_ECT, DROP},
	[ECT1] = {ECT1, ECT1, ECT1, CE},
	[ECT0] = {ECT0, ECT1, ECT0, CE},
	[CE] = {CE, CE, CE, CE},
};
static const int exit_5213[4][4] = {
	[NOT_ECT] = {NOT_ECT, NOT_ECT, NOT_ECT, NOT_ECT},
	[ECT1] = {ECT1, ECT1, ECT1, CE},
	[ECT0] = {ECT0, ECT0, ECT0, CE},
	[CE] = {CE, CE, CE, CE},
};

// Into a tunnel: of an LMA from the network, of a MAG from a node. Out of one the other way.
static enum verdict enter(struct world *w, uint8_t tc)
{
	bool mag = w->conf.role == FWD_MAG;
	struct frame f = mag ? packet(NODE_A, CN, 17, 10) : packet(CN, MN1, 17, 10);

	set_class(&f, tc);
	return mag ? fate(w, ACCESS, from_node(mac_a, 0, f)) : fate_of(w, CORE, f);
}

static enum verdict leave(struct world *w, uint8_t inner, uint8_t outer)
{
	bool mag = w->conf.role == FWD_MAG;
	struct frame f = mag ? packet(CN, NODE_A, 17, 10) : packet(MN1, CN, 17, 10);

	set_class(&f, inner);
	f = mag ? tunnelled(LMA1, COA, f) : tunnelled(COA1, LMAA, f);
	set_class(&f, outer);
	return fate_of(w, BACKBONE, f);
}

// What the outer header gets, by the inner one's.
static void check_entry(struct world *w, enum fwd_ecn mode, const int table[4])
{
	enum verdict entered = w->conf.role == FWD_MAG ? V_TX_UPLINK : V_TX_DOWNLINK;

	w->conf.ecn = mode;
	for (uint8_t inner = 0; inner < 4; inner++) {
		assert_verdict(enter(w, (uint8_t)(0xb8 | inner)), entered);
		struct frame out = sent(w, BACKBONE);
		assert_int_equal(class_of(&out), 0xb8 | table[inner]);
		out = stripped(out, 40);
		assert_int_equal(class_of(&out), 0xb8 | inner); // itself untouched
	}
}

// What the inner packet leaves with: rows by inner, columns by outer.
static void check_exit(struct world *w, enum fwd_ecn mode, const int table[4][4])
{
	bool mag = w->conf.role == FWD_MAG;

	w->conf.ecn = mode;
	for (uint8_t inner = 0; inner < 4; inner++) {
		for (uint8_t outer = 0; outer < 4; outer++) {
			enum verdict v = leave(w, (uint8_t)(0xb8 | inner), (uint8_t)(0x28 | outer));
			if (table[inner][outer] == DROP) {
				assert_verdict(v, V_DROP_ECN);
				continue;
			}
			assert_verdict(v, mag ? V_TX_DOWNLINK : V_TX_UPLINK);
			struct frame out = sent(w, mag ? ACCESS : CORE);
			// The DSCP of the tunnel is not taken over.
			assert_int_equal(class_of(&out), 0xb8 | table[inner][outer]);
		}
	}
}

static void LMA_FW_08_rfc6040_entry_copies_all_four(void **state)
{
	check_entry(*state, FWD_ECN_RFC6040, entry_6040);
}

static void LMA_FW_08_rfc5213_entry_turns_ce_into_ect0(void **state)
{
	check_entry(*state, FWD_ECN_RFC5213, entry_5213);
}

static void LMA_FW_08_rfc6040_exit_follows_the_table_of_section_4_2(void **state)
{
	check_exit(*state, FWD_ECN_RFC6040, exit_6040);
}

static void LMA_FW_08_rfc5213_exit_marks_what_can_be_marked_and_drops_nothing(void **state)
{
	check_exit(*state, FWD_ECN_RFC5213, exit_5213);
}

// LMA-FW-08: both modes.
static void MAG_FW_08_a_mags_entry_marks_as_an_lmas(void **state)
{
	world_become_mag(*state);
	check_entry(*state, FWD_ECN_RFC6040, entry_6040);
	check_entry(*state, FWD_ECN_RFC5213, entry_5213);
}

static void MAG_FW_08_a_mags_exit_marks_and_drops_as_an_lmas(void **state)
{
	world_become_mag(*state);
	check_exit(*state, FWD_ECN_RFC6040, exit_6040);
	check_exit(*state, FWD_ECN_RFC5213, exit_5213);
}

int test_ecn(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(LMA_FW_08_rfc6040_entry_copies_all_four),
		FATE_TEST(LMA_FW_08_rfc5213_entry_turns_ce_into_ect0),
		FATE_TEST(LMA_FW_08_rfc6040_exit_follows_the_table_of_section_4_2),
		FATE_TEST(LMA_FW_08_rfc5213_exit_marks_what_can_be_marked_and_drops_nothing),
		FATE_TEST(MAG_FW_08_a_mags_entry_marks_as_an_lmas),
		FATE_TEST(MAG_FW_08_a_mags_exit_marks_and_drops_as_an_lmas),
	};
	return cmocka_run_group_tests_name("ecn", tests, NULL, NULL);
}
