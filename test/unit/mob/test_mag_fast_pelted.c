// A MAG that is pelted by its peers, its nodes, the LMA and an operator with whatever there is, in
// any order; and what has to be left when all fall silent: nothing. ROUNDS in the environment says
// how many seeds, from 1.
#include "test/unit/mob/fast_play.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"

enum { NODES = 5, STEPS = 400, NUMBERS = MAX_HANDOVERS + 1 };

struct pelting {
	struct mag_play *p;
	struct rng rng;
	uint64_t seed;
	bool held[NUMBERS]; // by number: the workers have queues of it
	uint16_t last_seq;  // of its own HI
	char last_to[IP6_ADDR_TEXT];
	uint8_t last_node;
};

static uint32_t any(struct pelting *t, uint32_t n)
{
	return rng_below(&t->rng, n);
}

static const char *name_of(uint32_t node, char buf[64])
{
	snprintf(buf, 64, "0200000000%02x@" REALM, node);
	return buf;
}

static const char *hnp_of(uint32_t node, char buf[64])
{
	snprintf(buf, 64, "2001:db8:4000:%x::/64", node);
	return buf;
}

// What the workers were told since the last thing that happened.
static void look(struct pelting *t)
{
	for (uint32_t i = 0; i < t->p->n_said; i++) {
		const struct mag_action *a = &t->p->said[i].action;
		if (a->kind == MAG_HOLD) {
			assert_in_range(a->hold.handover, 1, MAX_HANDOVERS);
			t->held[a->hold.handover] = true;
		} else if (a->kind == MAG_RELEASE) {
			if (!t->held[a->release.handover])
				fail_msg("seed %u: queues end that never were", (unsigned)t->seed);
			t->held[a->release.handover] = false;
		} else if (a->kind == MAG_SEND && a->send.mh->type == MH_HI) {
			t->last_seq = a->send.mh->hi.seq;
			ip6_format(a->send.dst, t->last_to);
			const struct mh_opt *id = mh_find(a->send.mh, OPT_MN_ID);
			t->last_node = (uint8_t)(id->mn_id.id.p[11] - '0');
		}
	}
	t->p->n_said = 0; // some do nothing
}

static void put_anything(struct pelting *t, struct mh *mh, uint32_t node)
{
	static const uint8_t wanted[] = {OPT_HNP, 0, OPT_LMAA, 0};
	char hnp[64];

	if (any(t, 3) > 0)
		with_context(mh, hnp_of(any(t, 6) > 0 ? node : 1 + any(t, NODES + 2), hnp), NULL,
			     0);
	if (any(t, 5) == 0)
		with_context(mh, hnp_of(NODES + 1 + any(t, 3), hnp), NULL, 0);
	if (any(t, 4) > 0)
		with_context(mh, NULL, any(t, 8) > 0 ? LMAA : STRANGER, 0);
	if (any(t, 3) > 0)
		with_context(mh, NULL, NULL, (uint8_t)(any(t, 8) > 0 ? node : 1 + any(t, NODES)));
	if (any(t, 20) == 0)
		mh_add(mh, OPT_GRE_KEY);
	if (any(t, 20) == 0)
		mh_add(mh, OPT_IPV4_HOA)->ipv4_hoa.addr = 7;
	if (any(t, 6) == 0 && mh->type == MH_HI)
		mh_add(mh, OPT_CONTEXT_REQUEST)->context_request.wanted =
			(struct span){wanted, sizeof(wanted)};
}

static void a_hi(struct pelting *t)
{
	static const uint8_t codes[] = {HI_DEFAULT, HI_FORWARDING_COMPLETE, HI_ALL_CONTEXT,
					HI_ALL_CONTEXT};
	static const uint8_t flags[] = {HI_P, HI_P | HI_F, HI_P | HI_F, HI_P | HI_U,
					HI_P | HI_F | HI_U};
	uint32_t node = 1 + any(t, NODES);
	char mn[64];
	struct mh mh = hi(flags[any(t, 5)], codes[any(t, 4)], (uint16_t)any(t, 40));

	about(&mh, name_of(node, mn));
	if (any(t, 4) > 0)
		put_anything(t, &mh, node);
	peer_says(t->p, any(t, 2) ? MAG2 : MAG3, &mh);
}

static void a_hack(struct pelting *t)
{
	static const uint8_t codes[] = {0, 5, 5, 6, 6, 128, 129, 130, 131, 132};
	struct mh mh = {.type = MH_HACK,
			.hack = {.seq = t->last_seq,
				 .flags = HACK_P | (any(t, 2) ? HACK_F : 0),
				 .code = codes[any(t, 10)]}};
	char mn[64];

	if (t->last_node == 0)
		return;
	about(&mh, name_of(t->last_node, mn));
	put_anything(t, &mh, t->last_node);
	peer_says(t->p, t->last_to, &mh);
}

static void an_answer_of_the_lma(struct pelting *t)
{
	static const int statuses[] = {PBA_UNSPECIFIED, PBA_INSUFFICIENT_RESOURCES,
				       PBA_NOT_AUTHORIZED_FOR_HNP, PBA_TIMESTAMP_LOWER,
				       PBA_SERVICE_AUTHORIZATION_FAILED};
	uint32_t node = t->p->pbu_mac[5];
	char hnp[64];

	if (node == 0)
		return;
	struct pba pba = any(t, 8) > 0 ? accepts(hnp_of(node, hnp)) : refuses(statuses[any(t, 5)]);
	if (any(t, 25) == 0)
		pba.handoff = 1 + (int)any(t, 5);
	if (any(t, 10) == 0)
		pba.lifetime_s = 8;
	reply(t->p, pba);
}

static void an_order(struct pelting *t)
{
	char mn[64];
	enum mag_hand_over what = (enum mag_hand_over)any(t, 3);

	hand_over(t->p, name_of(1 + any(t, NODES), mn), what,
		  what == HAND_OVER_CANCEL ? NULL
		  : any(t, 2)              ? MAG2
					   : MAG3);
}

static void a_node(struct pelting *t)
{
	struct mag_link link = link_of((uint8_t)(1 + any(t, NODES)));

	switch (any(t, 6)) {
	case 0:
		attach(t->p, link, NULL, 0);
		break;
	case 1:
		attach_from(t->p, link, any(t, 2) ? MAG2 : MAG3);
		break;
	case 2:
		detach(t->p, link);
		break;
	default:
		hear(t->p, link, (enum mag_heard)any(t, 4));
	}
}

static void something(struct pelting *t)
{
	static const unsigned ms[] = {1, 5, 20, 60, 100, 400, 1100, 6000};

	t->p->bind_room = any(t, 12) == 0 ? any(t, 2) : UINT32_MAX;
	switch (any(t, 9)) {
	case 0:
	case 1:
		a_hi(t);
		break;
	case 2:
		a_hack(t);
		break;
	case 3:
	case 4:
		an_answer_of_the_lma(t);
		break;
	case 5:
		an_order(t);
		break;
	case 6:
	case 7:
		a_node(t);
		break;
	default:
		t->p->bind_room = UINT32_MAX;
		pass_ms(t->p, ms[any(t, any(t, 4) ? 5 : 8)]);
	}
	look(t);
}

// What is bound is a session's, or is expected.
static void check(struct pelting *t)
{
	struct mag_play *p = t->p;

	for (uint32_t i = 0; i < p->n_view; i++) {
		const struct mag_action *how = &p->view[i].how;
		struct mag_binding b;
		bool found = false;
		if (!how->bind.expected && mag_find_binding(p->mag, p->view[i].link, &b))
			for (uint32_t k = 0; k < b.n_hnps; k++)
				found |= ip6_prefix_equal(b.hnps[k], p->view[i].hnp);
		if (!found && !how->bind.expected)
			fail_msg("seed %u: a prefix is bound that is nobody's", (unsigned)t->seed);
	}
}

static void nothing_is_left(struct pelting *t)
{
	struct mag_handover h;
	uint32_t cursor = 0;

	while (mag_next_handover(t->p->mag, &cursor, &h))
		fail_msg("seed %u: a handover is left in state %d", (unsigned)t->seed, h.state);
	for (int i = 1; i < NUMBERS; i++)
		if (t->held[i])
			fail_msg("seed %u: queues of handover %d are left", (unsigned)t->seed, i);
	if (t->p->n_view > 0)
		fail_msg("seed %u: %u prefixes are left", (unsigned)t->seed, t->p->n_view);
}

static void whatever_comes_nothing_is_left_of_it(void **state)
{
	struct mag_play *p = *state;
	unsigned rounds = getenv("ROUNDS") != NULL ? (unsigned)atoi(getenv("ROUNDS")) : 200;

	for (uint64_t seed = 1; seed <= rounds; seed++) {
		mag_play_restart(p);
		memset(p->pbu_mac, 0, sizeof(p->pbu_mac));
		struct pelting t = {.p = p, .rng = {seed}, .seed = seed};
		for (int i = 0; i < STEPS; i++) {
			something(&t);
			check(&t);
		}
		p->bind_room = UINT32_MAX;
		for (int i = 0; i < 200; i++) { // nobody says anything any more
			pass_ms(p, 1000);
			look(&t);
			check(&t);
		}
		nothing_is_left(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whatever_comes_nothing_is_left_of_it, fast_begin,
						mag_play_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
