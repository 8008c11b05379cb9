// What updates will touch is asked for before they are judged (every message of play.h is): here
// that it says the right thing when it can, and that nobody relies on it.
#include "test/unit/mob/play.h"

enum { NODES = 3 };

// A first registration, or a renewal if it names a prefix, as far as the look ahead reads it.
static struct mh update_of(const char *mn, const char *hnp)
{
	struct mh mh = {.type = MH_BU};
	struct mh_opt *opt = mh_add(&mh, OPT_MN_ID);

	opt->mn_id.subtype = MN_ID_NAI;
	opt->mn_id.id = (struct span){(const uint8_t *)mn, (uint16_t)strlen(mn)};
	opt = mh_add(&mh, OPT_HNP);
	opt->hnp.prefix = prefix(hnp).addr;
	opt->hnp.prefix_len = prefix(hnp).len;
	return mh;
}

static const char *const names[NODES] = {MN, OTHER, "dave@example.net"};

static void look(struct play *p, struct lma_ahead ahead[NODES])
{
	static struct mh mh[NODES];

	for (int i = 0; i < NODES; i++) {
		mh[i] = update_of(names[i], NOTHING);
		ahead[i] = (struct lma_ahead){.mh = &mh[i]};
	}
	lma_look_ahead(p->lma, ahead, NODES);
}

static void new_nodes_get_the_prefixes_that_were_guessed(void **state)
{
	struct play *p = *state;
	struct lma_ahead ahead[NODES];

	look(p, ahead);
	for (int i = 0; i < NODES; i++) {
		assert_false(ahead[i].by_hnp);
		struct ip6_prefix hnp = prefix(join(p, attach(names[i], MAG1)));
		assert_true(ip6_prefix_equal(ahead[i].hnp, hnp));
	}
}

static void a_node_that_is_there_is_no_new_one(void **state)
{
	struct play *p = *state;
	struct lma_ahead ahead[NODES];

	join(p, attach(names[1], MAG1));
	look(p, ahead);
	assert_int_equal(ahead[1].hnp.len, 0);
	join(p, attach(names[0], MAG1));
	struct ip6_prefix second = prefix(join(p, attach(names[2], MAG1)));
	assert_true(ip6_prefix_equal(ahead[2].hnp, second));
}

static void a_prefix_that_is_named_is_what_is_looked_at(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct mh mh = update_of(MN, hnp);
	struct lma_ahead ahead = {.mh = &mh};

	lma_look_ahead(p->lma, &ahead, 1);
	assert_true(ahead.by_hnp);
	assert_true(ip6_prefix_equal(ahead.hnp, prefix(hnp)));
}

static void nothing_is_guessed_while_released_prefixes_wait(void **state)
{
	struct play *p = *state;
	struct lma_ahead ahead[NODES];
	const char *hnp = join(p, attach("eve@example.net", MAG1));

	say(p, leave("eve@example.net", MAG1, hnp));
	pass_ms(p, 30000); // past its delay, and its quarantine
	look(p, ahead);
	assert_int_equal(ahead[0].hnp.len, 0);
	assert_string_equal(join(p, attach(MN, MAG1)), hnp);
}

// What was looked at is gone before the update is judged: it is judged by what there is.
static void a_look_ahead_that_is_out_of_date_decides_nothing(void **state)
{
	struct play *p = *state;
	const char *hnp = join(p, attach(MN, MAG1));
	struct mh mh = update_of(MN, hnp);
	struct lma_ahead ahead = {.mh = &mh};
	struct lma_event event = {.kind = LMA_MESSAGE,
				  .message = {.src = addr(MAG2),
					      .dst = addr(LMAA),
					      .arrival_wall_q16 = p->now.wall_q16,
					      .mh = &mh,
					      .ahead = &ahead}};

	mh.bu.flags = BU_A | BU_P;
	mh.bu.lifetime_4s = 100;
	mh_add(&mh, OPT_HANDOFF)->handoff.indicator = HI_NEW_INTERFACE;
	mh_add(&mh, OPT_ACCESS)->access.tech = WLAN;
	mh_add(&mh, OPT_TIMESTAMP)->timestamp.wall_q16 = p->now.wall_q16;
	lma_look_ahead(p->lma, &ahead, 1);
	tell(p, (struct lma_event){.kind = LMA_DELETE, .delete.hnp = prefix(hnp)});
	expect_unbound(p, hnp);
	tell(p, event);
	expect_status(p, 0); // a new session, of the node whose prefix it was (LMA-EXP-02)
	expect_bound(p, hnp, MAG2);
}

#define PLAY(name) cmocka_unit_test_setup_teardown(name, play_begin, play_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY(new_nodes_get_the_prefixes_that_were_guessed),
		PLAY(a_node_that_is_there_is_no_new_one),
		PLAY(a_prefix_that_is_named_is_what_is_looked_at),
		PLAY(nothing_is_guessed_while_released_prefixes_wait),
		PLAY(a_look_ahead_that_is_out_of_date_decides_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
