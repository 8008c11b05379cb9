// After a handoff packets of the previous MAG count for a while: FMIP-12.
#include "test/unit/mob/play.h"

static const ns_t grace = 200 * NS_MSEC;

#define PLAY_GRACE(p)                                                                              \
	struct play *p = *state;                                                                   \
	p->conf.prev_coa_grace = grace;                                                            \
	play_restart(p)

static void FMIP_12_a_handoff_lets_the_previous_mag_in(void **state)
{
	PLAY_GRACE(p);
	const char *hnp = join(p, attach(MN, MAG1));

	expect_bound(p, hnp, MAG1);
	say(p, arrive(MN, MAG2));
	expect_status(p, PBA_ACCEPTED);
	expect_shared(p, hnp, MAG2, MAG1);
	assert_int_equal(p->n_binds, 1); // one swap (LMA-HO-01); the workers' time ends it
	say(p, refresh(MN, MAG2, hnp));
	assert_int_equal(p->n_binds, 0); // which a renewal does not touch
}

static void FMIP_12_without_a_grace_it_is_left_out_at_once(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));

	say(p, arrive(MN, MAG2));
	expect_bound(p, hnp, MAG2);
}

// Of two handoffs the second one counts: there is room for one.
static void FMIP_12_of_several_previous_mags_the_last_one_counts(void **state)
{
	PLAY_GRACE(p);
	const char *hnp = join(p, attach(MN, MAG1));

	say(p, arrive(MN, MAG2));
	say(p, arrive(MN, MAG3));
	expect_shared(p, hnp, MAG3, MAG2);
}

// Who said himself that the node left sends nothing for it any more.
static void FMIP_12_a_mag_that_deregistered_is_no_previous_one(void **state)
{
	PLAY_GRACE(p);
	const char *hnp = join(p, attach(MN, MAG1));

	say(p, leave(MN, MAG1, hnp));
	say(p, arrive(MN, MAG2));
	expect_bound(p, hnp, MAG2);
}

// The number that the workers know it by is nobody else's before they have forgotten it.
static void FMIP_12_the_number_of_the_previous_mag_is_kept_so_long(void **state)
{
	struct play *p = *state;

	p->conf.prev_coa_grace = grace;
	p->conf.max_mags = 2;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	say(p, arrive(MN, MAG2));
	expect_shared(p, hnp, MAG2, MAG1);
	say(p, attach(OTHER, MAG3));
	expect_status(p, PBA_INSUFFICIENT_RESOURCES);
	pass_ms(p, 1300);
	say(p, attach(OTHER, MAG3));
	expect_status(p, PBA_ACCEPTED);
}

static void FMIP_12_a_handoff_without_room_is_taken_back(void **state)
{
	PLAY_GRACE(p);
	const char *hnp = join(p, attach(MN, MAG1));

	p->fail_next = true;
	say(p, arrive(MN, MAG2));
	expect_status(p, PBA_INSUFFICIENT_RESOURCES);
	expect_bound(p, hnp, MAG1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, play_begin, play_end)
	const struct CMUnitTest tests[] = {
		T(FMIP_12_a_handoff_lets_the_previous_mag_in),
		T(FMIP_12_without_a_grace_it_is_left_out_at_once),
		T(FMIP_12_of_several_previous_mags_the_last_one_counts),
		T(FMIP_12_a_mag_that_deregistered_is_no_previous_one),
		T(FMIP_12_the_number_of_the_previous_mag_is_kept_so_long),
		T(FMIP_12_a_handoff_without_room_is_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
