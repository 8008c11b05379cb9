// Clauses of rules that have their tests elsewhere: nodes with several interfaces, farewells at the
// wrong moment, stamps that come back, clocks that were put back.
#include "test/unit/mob/play.h"

#include <stdio.h>

#define MS (int64_t) NS_MSEC

static uint32_t sessions(struct play *p)
{
	return lma_totals(p->lma)->bindings;
}

// ---- Several interfaces: sessions, prefixes and lifetimes of their own.

static struct pbu interface(const char *ll_id, int att, uint32_t lifetime_s)
{
	struct pbu u = attach(MN, MAG1);

	u.ll_id = ll_id;
	u.att = att;
	u.lifetime_s = lifetime_s;
	u.hnps[1] = NOTHING;
	return u;
}

static void LMA_REG_04_each_interface_has_prefixes_and_a_lifetime_of_its_own(void **state)
{
	struct play *p = *state;
	const char *hnps[4];
	hnps[0] = join(p, interface("aaaaaa", WLAN, 100));
	hnps[1] = granted(p, 1);
	hnps[2] = join(p, interface("bbbbbb", LTE, 200));
	hnps[3] = granted(p, 1);
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(hnps[i], hnps[k]);
	assert_int_equal(binding_of(p, hnps[0]).lifetime_s, 100);
	assert_int_equal(binding_of(p, hnps[3]).lifetime_s, 200);
	pass_ms(p, 101 * 1000);
	expect_unbound(p, hnps[0]);
	expect_unbound(p, hnps[1]);
	expect_bound(p, hnps[2], MAG1);
	expect_bound(p, hnps[3], MAG1);
	assert_int_equal(sessions(p), 1);
}

static void LMA_REG_04_a_handoff_of_one_interface_moves_its_prefixes_alone(void **state)
{
	struct play *p = *state;
	const char *hnps[4];
	hnps[0] = join(p, interface("aaaaaa", WLAN, 400));
	hnps[1] = granted(p, 1);
	hnps[2] = join(p, interface("bbbbbb", LTE, 400));
	hnps[3] = granted(p, 1);
	struct pbu moved = interface("bbbbbb", LTE, 400);
	moved.src = MAG2;
	moved.hi = HI_BETWEEN_MAGS;
	moved.hnps[1] = NULL;
	say(p, moved);
	expect_status(p, 0);
	expect_bound(p, hnps[0], MAG1);
	expect_bound(p, hnps[1], MAG1);
	expect_bound(p, hnps[2], MAG2);
	expect_bound(p, hnps[3], MAG2);
	struct pbu gone = leave(MN, MAG1, hnps[1]); // as a set, so the order does not matter
	gone.hnps[1] = hnps[0];
	gone.ll_id = "aaaaaa";
	say(p, gone);
	expect_status(p, 0);
	expect_detached(p, hnps[0]);
	expect_detached(p, hnps[1]);
	expect_bound(p, hnps[2], MAG2);
}

static void LMA_BC_01_one_prefix_among_zeros_is_by_prefix(void **state)
{
	struct play *p = *state;
	struct pbu u = interface("aaaaaa", WLAN, 400);
	u.hnps[1] = NULL;
	const char *hnp = join(p, u);
	u.hnps[1] = hnp; // 5.4.1.2 would find it by its key; 5.4.1.1 counts prefixes
	say(p, u);
	expect_status(p, 159);
	u.hnps[1] = NOTHING;
	say(p, u); // all are zero: by its key
	expect_status(p, 0);
	assert_string_equal(granted(p, 0), hnp);
	assert_int_equal(sessions(p), 1);
}

// ---- De-registration.

static void LMA_HO_02_an_old_farewell_at_the_wrong_time_is_156(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	pass_ms(p, 1000);
	say(p, arrive(MN, MAG2)); // one millisecond ago now
	struct pbu late = leave(MN, MAG1, hnp);
	late.ts_ns = -1 * MS; // equal to what was accepted
	say(p, late);
	expect_status(p, 156);
	assert_true(ip6_equal(p->sent[0].dst, addr(MAG1)));
	late.ts_ns = 1000 * MS; // outside the window
	say(p, late);
	expect_status(p, 156);
	expect_bound(p, hnp, MAG2);
	assert_int_equal(sessions(p), 1);
}

static void LMA_DER_02_the_same_mag_revives_it_as_well(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, leave(MN, MAG1, hnp));
	pass_ms(p, 5000);
	say(p, refresh(MN, MAG1, hnp));
	expect_status(p, 0);
	expect_bound(p, hnp, MAG1);
	pass_ms(p, 20 * 1000);
	expect_bound(p, hnp, MAG1);
	assert_int_equal(lma_totals(p->lma)->detached, 0);
}

static void LMA_DER_07_each_missing_option_is_named_at_the_end_too(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u = leave(NULL, MAG1, hnp);
	say(p, u);
	expect_status(p, 160);
	u = leave(MN, MAG1, NULL);
	say(p, u);
	expect_status(p, 158);
	u = leave(MN, MAG1, hnp);
	u.hi = ABSENT;
	say(p, u);
	expect_status(p, 161);
	u = leave(MN, MAG1, hnp);
	u.att = ABSENT;
	say(p, u);
	expect_status(p, 162);
	expect_bound(p, hnp, MAG1);
}

static void LMA_EXP_01_a_shorter_renewal_ends_earlier(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1)); // 400 s
	struct pbu u = refresh(MN, MAG1, hnp);
	u.lifetime_s = 40;
	say(p, u);
	pass_ms(p, 39 * 1000);
	expect_bound(p, hnp, MAG1);
	pass_ms(p, 1001); // at once: there is no delay of ten seconds after a lifetime
	expect_unbound(p, hnp);
	assert_int_equal(p->n_detaches, 0);
}

// ---- Stamps.

static uint64_t stamp(const struct play *p)
{
	return pba_opt(p, OPT_TIMESTAMP)->timestamp.wall_q16;
}

static void LMA_PBA_05_every_refusal_after_the_test_gives_the_stamp_back(void **state)
{
	struct play *p = *state;
	p->conf.sessions_per_mn = 1;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	struct pbu u[6];
	static const int statuses[6] = {155, 159, 161, 162, 130, 158};
	for (int i = 0; i < 6; i++) {
		u[i] = refresh(MN, MAG1, hnp);
		u[i].ts_ns = 50 * MS;
	}
	u[0].att = LTE;
	u[1].hnps[1] = NOTHING;
	u[2].hi = ABSENT;
	u[3].att = ABSENT;
	u[4].hnps[0] = NOTHING;
	u[4].hi = HI_NEW_INTERFACE;
	u[5].hnps[0] = NULL;
	for (int i = 0; i < 6; i++) {
		uint64_t sent = wall_q16_from_ns(p->wall_ns + 50 * NS_MSEC);
		say(p, u[i]);
		expect_status(p, statuses[i]);
		assert_int_equal(stamp(p), sent);
	}
}

static void LMA_TS_03_a_stamp_that_a_node_made_goes_back_with_an_acceptance_only(void **state)
{
	struct play *p = *state;
	p->conf.mobile_node_generated_timestamp = true;
	play_restart(p);
	struct pbu u = attach(MN, MAG1);
	u.ts_ns = 86400 * (int64_t)NS_SEC; // a clock of the node's own
	uint64_t sent = wall_q16_from_ns(p->wall_ns + 86400 * NS_SEC);
	const char *hnp = join(p, u);
	assert_int_equal(stamp(p), sent);
	uint64_t ours = p->now.wall_q16;
	say(p, refresh(MN, MAG1, hnp)); // ours is far behind it
	expect_status(p, 157);
	assert_int_equal(stamp(p), ours);
}

static void LMA_TS_07_a_mag_whose_clock_was_put_back_is_refused_until_it_has_caught_up(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	u.ts_ns = 250 * MS;
	const char *hnp = join(p, u);
	u = refresh(MN, MAG1, hnp);
	u.ts_ns = -100 * MS; // put back by 350 ms
	say(p, u);
	expect_status(p, 157);
	expect_bound(p, hnp, MAG1);
	pass_ms(p, 340);
	say(p, u);
	expect_status(p, 157);
	pass_ms(p, 20);
	say(p, u);
	expect_status(p, 0);
	assert_int_equal(lma_totals(p->lma)->by_status[157], 2);
	uint32_t cursor = 0;
	struct lma_mag mag;
	assert_true(lma_next_mag(p->lma, &cursor, &mag));
	assert_int_equal(mag.denied[LMA_REFRESH], 2);
	assert_int_equal(mag.clock_lower, 2);
	assert_int_equal(mag.clock_apart, 0);
	u = refresh(MN, MAG1, hnp);
	u.ts_ns = 900 * MS; // and now it is ahead
	say(p, u);
	expect_status(p, 156);
	cursor = 0;
	assert_true(lma_next_mag(p->lma, &cursor, &mag));
	assert_int_equal(mag.clock_lower, 2);
	assert_int_equal(mag.clock_apart, 1);
}

static void LMA_TS_01_the_option_decides_whatever_the_domain_has(void **state)
{
	struct play *p = *state;
	for (int expect = 0; expect < 2; expect++) {
		p->conf.expect_timestamps = expect == 1;
		play_restart(p);
		struct pbu u = attach(MN, MAG1);
		u.no_timestamp = true;
		u.seq = 7;
		const char *hnp = join(p, u);
		u = refresh(MN, MAG1, hnp);
		u.no_timestamp = true;
		u.seq = 7;
		say(p, u);
		expect_status(p, 135); // by number
		u.no_timestamp = false;
		say(p, u);
		expect_status(p, 0); // by stamp
	}
}

static void LMA_TS_02_the_stamp_is_48_bits_of_seconds_and_16_of_their_parts(void **state)
{
	struct play *p = *state;
	struct pbu u = attach(MN, MAG1);
	p->wall_ns = 1 * NS_SEC + NS_SEC / 2; // half past the first second of 1970
	p->now.wall_q16 = 0x18000;
	say(p, u);
	expect_status(p, 0);
	assert_int_equal(stamp(p), 0x18000);
}

// ---- Made addresses.

static void LMA_PBA_12_a_made_link_local_address_is_nobodys_elses(void **state)
{
	struct play *p = *state;
	enum { NODES = 200 };
	static struct ip6_addr made[NODES];
	char name[32];
	for (uint32_t i = 0; i < NODES; i++) {
		snprintf(name, sizeof(name), "n%u@example.net", i);
		struct pbu u = attach(name, MAG1);
		u.ll_id = "\x02\x11\x22\x33\x44\x55";
		u.lla = "::";
		join(p, u);
		made[i] = pba_opt(p, OPT_LLA)->lla.addr;
		assert_int_equal(ip6_hi64(made[i]), 0xfe80ull << 48);
		assert_true(ip6_lo64(made[i]) != 0);
		assert_false(ip6_equal(made[i], addr("fe80::11:22ff:fe33:4455"))); // the node's own
		for (uint32_t k = 0; k < i; k++)
			assert_false(ip6_equal(made[i], made[k]));
	}
}

// ---- Sources.

static void WIRE_13_a_link_local_source_is_no_care_of_address(void **state)
{
	struct play *p = *state;
	static const char *const sources[] = {"fe80::1", "fe80::200:5eff:fe00:5213"};
	for (size_t i = 0; i < 2; i++) {
		say(p, attach(MN, sources[i]));
		expect_silence(p);
		struct pbu u = attach(MN, sources[i]);
		u.alt_coa = MAG1;
		say(p, u);
		expect_silence(p);
	}
	assert_int_equal(sessions(p), 0);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_REG_04_each_interface_has_prefixes_and_a_lifetime_of_its_own),
		PLAY(LMA_REG_04_a_handoff_of_one_interface_moves_its_prefixes_alone),
		PLAY(LMA_BC_01_one_prefix_among_zeros_is_by_prefix),
		PLAY(LMA_HO_02_an_old_farewell_at_the_wrong_time_is_156),
		PLAY(LMA_DER_02_the_same_mag_revives_it_as_well),
		PLAY(LMA_DER_07_each_missing_option_is_named_at_the_end_too),
		PLAY(LMA_EXP_01_a_shorter_renewal_ends_earlier),
		PLAY(LMA_PBA_05_every_refusal_after_the_test_gives_the_stamp_back),
		PLAY(LMA_TS_03_a_stamp_that_a_node_made_goes_back_with_an_acceptance_only),
		PLAY(LMA_TS_07_a_mag_whose_clock_was_put_back_is_refused_until_it_has_caught_up),
		PLAY(LMA_TS_01_the_option_decides_whatever_the_domain_has),
		PLAY(LMA_TS_02_the_stamp_is_48_bits_of_seconds_and_16_of_their_parts),
		PLAY(LMA_PBA_12_a_made_link_local_address_is_nobodys_elses),
		PLAY(WIRE_13_a_link_local_source_is_no_care_of_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
