// The handoff indicator: what the link layer knows goes into a first PBU and into no other:
// MAG-HI-01..06, and what it means for a node with two interfaces: MAG-MH-01.
#include "test/unit/mob/mag_play.h"

#define PLAY struct mag_play *p = *state
#define BOTH "both@" REALM

static uint8_t first_says(struct mag_play *p, uint8_t hint)
{
	mag_play_restart(p);
	attach(p, link_of(1), NULL, hint);
	assert_int_equal(p->n_pbus, 1);
	return pbu_handoff(p);
}

static void MAG_HI_01_HI_02_HI_03_what_the_link_layer_knows_is_said(void **state)
{
	PLAY;

	assert_int_equal(first_says(p, HI_NEW_INTERFACE), HI_NEW_INTERFACE);           // MAG-HI-01
	assert_int_equal(first_says(p, HI_BETWEEN_INTERFACES), HI_BETWEEN_INTERFACES); // MAG-HI-02
	assert_int_equal(first_says(p, HI_BETWEEN_MAGS), HI_BETWEEN_MAGS);             // MAG-HI-03
}

static void MAG_HI_05_without_a_hint_or_with_nonsense_it_says_4(void **state)
{
	PLAY;

	assert_int_equal(first_says(p, 0), HI_UNKNOWN);
	assert_int_equal(first_says(p, HI_UNKNOWN), HI_UNKNOWN);
	assert_int_equal(first_says(p, HI_NO_CHANGE), HI_UNKNOWN); // MAG-HI-06
	assert_int_equal(first_says(p, 6), HI_UNKNOWN);
	assert_int_equal(first_says(p, 255), HI_UNKNOWN);
	mag_play_restart(p); // a MAG that restarted knows nothing
	hear(p, link_of(1), HEARD_LINK_UP);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
}

static void MAG_HI_03_a_hint_is_said_again_when_the_pbu_is_repeated(void **state)
{
	PLAY;

	attach(p, link_of(1), NULL, HI_BETWEEN_MAGS);
	pass_ms(p, 1010);
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(pbu_handoff(p), HI_BETWEEN_MAGS); // nothing changed
	reply(p, refuses(PBA_INSUFFICIENT_RESOURCES));
	pass_with_ms(p, link_of(1), 2100);
	assert_int_equal(pbu_handoff(p), HI_BETWEEN_MAGS);
	reply(p, accepts(HNP1));
	expect_bound(p, HNP1, link_of(1));
}

static void MAG_HI_02_a_hint_goes_with_prefixes_that_are_known(void **state)
{
	PLAY;
	struct mag_profile_conf rows[] = {{.match = "*", .permit = true}};

	rows[0].profile.hnps[0] = prefix(HNP1);
	rows[0].profile.n_hnps = 1;
	p->conf.profiles = rows;
	p->conf.n_profiles = 1;
	assert_int_equal(first_says(p, HI_BETWEEN_INTERFACES), HI_BETWEEN_INTERFACES);
	expect_pbu_hnps(p, HNP1, NULL);
	reply(p, accepts(NULL));
	expect_bound(p, HNP1, link_of(1));
	assert_int_equal(first_says(p, 0), HI_UNKNOWN);
	expect_pbu_hnps(p, HNP1, NULL);
}

static void MAG_HI_04_what_was_known_of_one_attachment_is_not_said_of_the_next(void **state)
{
	PLAY;

	attach(p, link_of(1), NULL, HI_BETWEEN_MAGS);
	reply(p, accepts(HNP1));
	pass_ms(p, 1000);
	hear(p, link_of(1), HEARD_LINK_UP); // a return, and nobody knows from where
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	reply(p, accepts(NULL));
	detach(p, link_of(1));
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN); // MAG-HI-05: in every de-registration
	reply(p, accepts(NULL));
	hear(p, link_of(1), HEARD_LINK_UP);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
}

static void MAG_HI_04_a_hint_for_a_node_that_is_bound_here_is_not_certain(void **state)
{
	PLAY;

	join(p, link_of(1), HNP1);
	pass_ms(p, 1000);
	attach(p, link_of(1), NULL, HI_BETWEEN_MAGS); // it came from itself?
	assert_int_equal(p->n_pbus, 1);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
	reply(p, accepts(NULL));
	pass_with_ms(p, link_of(1), 401 * 1000); // and it is not kept for later
	assert_int_equal(p->notes[MAG_NOTE_LOST], 1);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
}

static void MAG_HI_05_a_deregistration_of_a_hinted_node_says_4(void **state)
{
	PLAY;

	attach(p, link_of(1), NULL, HI_NEW_INTERFACE);
	detach(p, link_of(1));
	assert_int_equal(pbu_lifetime_s(p), 0);
	assert_int_equal(pbu_handoff(p), HI_UNKNOWN);
}

static void MAG_HI_06_no_renewal_says_anything_but_5(void **state)
{
	PLAY;

	attach(p, link_of(1), NULL, HI_BETWEEN_INTERFACES);
	reply(p, accepts(HNP1));
	for (int i = 0; i < 5; i++) {
		while (binding_of(p, link_of(1)).state == BUL_BOUND)
			pass_with_ms(p, link_of(1), 1000);
		assert_int_equal(pbu_handoff(p), HI_NO_CHANGE);
		expect_pbu_hnps(p, HNP1, NULL);
		reply(p, accepts(NULL));
		expect_state(p, link_of(1), BUL_BOUND);
	}
}

static void MAG_HI_01_a_hint_while_it_is_asked_about_goes_into_its_first_pbu(void **state)
{
	PLAY;

	p->conf.authorise = true;
	mag_play_restart(p);
	attach(p, link_of(1), NULL, HI_NEW_INTERFACE);
	expect_said(p, "Q");
	authorise(p, MAG_ACCEPT, NULL, 0);
	assert_int_equal(pbu_handoff(p), HI_NEW_INTERFACE);
}

static void MAG_MH_01_a_node_that_moves_between_its_interfaces_says_2(void **state)
{
	PLAY;

	attach(p, link_of(1), BOTH, 0);
	reply(p, accepts(HNP1));
	attach(p, link_of(2), BOTH, HI_NEW_INTERFACE); // a session of its own
	expect_pbu_hnps(p, "::/0", NULL);
	reply(p, accepts(HNP2));
	attach(p, link_of(3), BOTH, HI_BETWEEN_INTERFACES);
	assert_int_equal(pbu_handoff(p), HI_BETWEEN_INTERFACES);
	reply(p, accepts(HNP1)); // the LMA says which session moved
	expect_bound(p, HNP1, link_of(3));
	expect_bound(p, HNP2, link_of(2));
	expect_state(p, link_of(1), BUL_NONE);
	expect_state(p, link_of(2), BUL_BOUND);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mag_play_begin, mag_play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(MAG_HI_01_HI_02_HI_03_what_the_link_layer_knows_is_said),
		T(MAG_HI_05_without_a_hint_or_with_nonsense_it_says_4),
		T(MAG_HI_03_a_hint_is_said_again_when_the_pbu_is_repeated),
		T(MAG_HI_02_a_hint_goes_with_prefixes_that_are_known),
		T(MAG_HI_04_what_was_known_of_one_attachment_is_not_said_of_the_next),
		T(MAG_HI_04_a_hint_for_a_node_that_is_bound_here_is_not_certain),
		T(MAG_HI_05_a_deregistration_of_a_hinted_node_says_4),
		T(MAG_HI_06_no_renewal_says_anything_but_5),
		T(MAG_HI_01_a_hint_while_it_is_asked_about_goes_into_its_first_pbu),
		T(MAG_MH_01_a_node_that_moves_between_its_interfaces_says_2),
	};

	return cmocka_run_group_tests_name("mag-hints", tests, NULL, NULL);
}
