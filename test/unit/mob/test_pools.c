// Pools that last: several of them, static prefixes, watermarks, exhaustion, quarantine, and that
// allocation does not grow with the pool. LMA-REG-01, -02, -04, LMA-EXP-02.
#include <stdio.h>

#include "test/unit/mob/play.h"

#define SMALL "2001:db8:4000::/62" // four prefixes of 64 bits
#define LARGE "2001:db8:5000::/40" // sixteen million

static struct lma_pool_conf pools[2];
static struct lma_profile_conf profiles[2];
static struct ip6_prefix statics[2];

static int begin(void **state)
{
	int rc = play_begin(state);
	struct play *p = *state;

	pools[0] = (struct lma_pool_conf){.name = "small", .block = prefix(SMALL), .hnp_len = 64};
	pools[1] = (struct lma_pool_conf){.name = "large", .block = prefix(LARGE), .hnp_len = 64};
	profiles[0] = (struct lma_profile_conf){.key = MN, .permit = true};
	profiles[1] = (struct lma_profile_conf){.key = "@example.net", .permit = true};
	p->conf.pools = pools;
	p->conf.n_pools = 1;
	p->conf.profiles = profiles;
	p->conf.n_profiles = 2;
	p->conf.sessions_per_mn = 255;
	return rc;
}

static struct lma_pool pool_at(struct play *p, uint32_t i)
{
	struct lma_pool pool;

	assert_true(lma_next_pool(p->lma, &i, &pool));
	return pool;
}

static void LMA_REG_01_an_empty_pool_is_130_and_counted(void **state)
{
	struct play *p = *state;
	play_restart(p);
	for (int i = 0; i < 4; i++)
		join(p, attach(OTHER, MAG1));
	say(p, attach(OTHER, MAG1));
	expect_status(p, 130);
	assert_int_equal(p->notes[LMA_NOTE_POOL_EMPTY], 1);
	assert_int_equal(pool_at(p, 0).exhausted, 1);
	assert_int_equal(pool_at(p, 0).used, 4);
	assert_int_equal(pool_at(p, 0).free, 0);
}

static void the_next_pool_gives_when_one_is_empty(void **state)
{
	struct play *p = *state;
	p->conf.n_pools = 2;
	pools[1].hnp_len = 60;
	play_restart(p);
	for (int i = 0; i < 5; i++)
		join(p, attach(OTHER, MAG1));
	assert_true(ip6_prefix_covers(prefix(LARGE), prefix(granted(p, 0)).addr));
	assert_int_equal(prefix(granted(p, 0)).len, 60); // each pool has a length of its own
}

static void a_static_prefix_is_its_nodes_and_nobody_elses(void **state)
{
	struct play *p = *state;
	statics[0] = prefix("2001:db8:4000:2::/64");
	profiles[0].prefixes = statics;
	profiles[0].n_prefixes = 1;
	play_restart(p);
	assert_int_equal(pool_at(p, 0).reserved, 1);
	say(p, refresh(OTHER, MAG1, "2001:db8:4000:2::/64"));
	expect_status(p, 155); // LMA-REG-02
	for (int i = 0; i < 3; i++)
		join(p, attach(OTHER, MAG1));
	say(p, attach(OTHER, MAG1)); // one is free, but not for this node
	expect_status(p, 130);
	const char *hnp = join(p, attach(MN, MAG1));
	assert_string_equal(hnp, "2001:db8:4000:2::/64");
	assert_int_equal(pba_hnps(p), 1);
	assert_int_equal(pool_at(p, 0).reserved, 0);
}

static void a_static_prefix_is_for_one_session_and_comes_back_to_the_node(void **state)
{
	struct play *p = *state;
	statics[0] = prefix("2001:db8:4000:2::/64");
	statics[1] = prefix("2001:db8:4000:3::/64");
	profiles[0].prefixes = statics;
	profiles[0].n_prefixes = 2;
	play_restart(p);
	const char *a = join(p, attach(MN, MAG1));
	const char *b = granted(p, 1);
	assert_int_equal(pba_hnps(p), 2);
	join(p, attach(MN, MAG1));
	assert_int_equal(pba_hnps(p), 1); // another interface: from the pool
	assert_string_not_equal(granted(p, 0), a);
	struct pbu gone = leave(MN, MAG1, a);
	gone.hnps[1] = b;
	say(p, gone);
	pass_ms(p, 10500); // deleted; its quarantine would last
	assert_int_equal(pool_at(p, 0).quarantined, 0);
	assert_string_equal(join(p, attach(MN, MAG1)), a);
	assert_int_equal(pba_hnps(p), 2);
}

static void a_static_prefix_outside_all_pools_is_refused_as_configuration(void **state)
{
	struct play *p = *state;
	statics[0] = prefix("2001:db8:9999::/64");
	profiles[0].prefixes = statics;
	profiles[0].n_prefixes = 1;
	assert_null(lma_new(&p->conf, 1, p->now));
	statics[0] = prefix("2001:db8:4000:2::/64");
	statics[1] = statics[0];
	profiles[0].n_prefixes = 2;
	assert_null(lma_new(&p->conf, 1, p->now));
}

static void watermarks_are_told_once_each_way(void **state)
{
	struct play *p = *state;
	const char *hnps[4];
	pools[0].high_pct = 75;
	pools[0].low_pct = 50;
	play_restart(p);
	for (int i = 0; i < 2; i++)
		hnps[i] = join(p, attach(OTHER, MAG1));
	assert_int_equal(p->notes[LMA_NOTE_POOL_HIGH], 0);
	hnps[2] = join(p, attach(OTHER, MAG1));
	assert_int_equal(p->notes[LMA_NOTE_POOL_HIGH], 1);
	assert_int_equal(p->noted_pool, 0);
	assert_true(pool_at(p, 0).is_high);
	hnps[3] = join(p, attach(OTHER, MAG1));
	assert_int_equal(p->notes[LMA_NOTE_POOL_HIGH], 0);
	for (int i = 0; i < 2; i++) {
		tell(p, (struct lma_event){.kind = LMA_DELETE, .delete = {prefix(hnps[i])}});
		assert_int_equal(p->notes[LMA_NOTE_POOL_LOW], i == 1);
	}
	tell(p, (struct lma_event){.kind = LMA_DELETE, .delete = {prefix(hnps[2])}});
	assert_int_equal(p->notes[LMA_NOTE_POOL_LOW], 0);
	assert_false(pool_at(p, 0).is_high);
}

static void LMA_EXP_02_only_the_last_node_gets_a_quarantined_prefix(void **state)
{
	struct play *p = *state;
	p->conf.prefix_quarantine = 30 * NS_SEC;
	play_restart(p);
	const char *hnp = join(p, attach(MN, MAG1));
	tell(p, (struct lma_event){.kind = LMA_DELETE, .delete = {prefix(hnp)}});
	assert_int_equal(pool_at(p, 0).quarantined, 1);
	for (int i = 0; i < 3; i++)
		join(p, attach(OTHER, MAG1));
	say(p, attach(OTHER, MAG1));
	expect_status(p, 130);
	say(p, refresh(OTHER, MAG1, hnp));
	expect_status(p, 155);
	say(p, refresh(MN, MAG1, hnp));
	expect_status(p, 0);
	tell(p, (struct lma_event){.kind = LMA_DELETE, .delete = {prefix(hnp)}});
	pass_ms(p, 30001);
	assert_string_equal(join(p, attach(OTHER, MAG1)), hnp);
}

// After a restart everybody claims what it had: the pointer passes that without looking at each.
static void a_million_claimed_prefixes_do_not_slow_the_next_allocation(void **state)
{
	struct play *p = *state;
	enum { CLAIMED = 1 << 20 };
	pools[0] = pools[1];
	p->conf.max_bindings = CLAIMED + 16;
	p->conf.sessions_per_mn = UINT32_MAX;
	play_restart(p);
	struct mh mh = {.type = MH_BU, .bu = {.flags = BU_A | BU_P, .lifetime_4s = 900}};
	char name[32];
	mh_add(&mh, OPT_MN_ID)->mn_id.subtype = MN_ID_NAI;
	mh_add(&mh, OPT_HANDOFF)->handoff.indicator = HI_NO_CHANGE;
	mh_add(&mh, OPT_ACCESS)->access.tech = WLAN;
	mh_add(&mh, OPT_HNP)->hnp.prefix_len = 64;
	uint64_t base = ip6_hi64(prefix(LARGE).addr);
	for (uint64_t i = 0; i < CLAIMED; i++) {
		struct lma_action a;
		snprintf(name, sizeof(name), "n%u@example.net", (unsigned)i);
		mh.opts.v[0].mn_id.id =
			(struct span){(const uint8_t *)name, (uint16_t)strlen(name)};
		mh.opts.v[3].hnp.prefix = ip6_from64(base + i, 0);
		lma_input(p->lma, p->now,
			  &(struct lma_event){
				  .kind = LMA_MESSAGE,
				  .message = {addr(MAG1), addr(LMAA), p->now.wall_q16, &mh, NULL}});
		while (lma_output(p->lma, &a))
			continue;
	}
	assert_int_equal(lma_totals(p->lma)->bindings, CLAIMED);
	assert_true(ip6_hi64(prefix(join(p, attach(OTHER, MAG1))).addr) == base + CLAIMED);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, begin, play_end)
	const struct CMUnitTest tests[] = {
		PLAY(LMA_REG_01_an_empty_pool_is_130_and_counted),
		PLAY(the_next_pool_gives_when_one_is_empty),
		PLAY(a_static_prefix_is_its_nodes_and_nobody_elses),
		PLAY(a_static_prefix_is_for_one_session_and_comes_back_to_the_node),
		PLAY(a_static_prefix_outside_all_pools_is_refused_as_configuration),
		PLAY(watermarks_are_told_once_each_way),
		PLAY(LMA_EXP_02_only_the_last_node_gets_a_quarantined_prefix),
		PLAY(a_million_claimed_prefixes_do_not_slow_the_next_allocation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
