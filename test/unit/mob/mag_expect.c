// What a test of mag_play.h expects, and what it reads.
#include "test/unit/mob/mag_play.h"

uint16_t pbu_flags(const struct mag_play *p)
{
	return p->pbu.bu.flags;
}

uint8_t pbu_handoff(const struct mag_play *p)
{
	const struct mh_opt *opt = mh_find(&p->pbu, OPT_HANDOFF);

	assert_non_null(opt);
	return opt->handoff.indicator;
}

uint32_t pbu_lifetime_s(const struct mag_play *p)
{
	return p->pbu.bu.lifetime_4s * 4u;
}

uint64_t pbu_timestamp(const struct mag_play *p)
{
	const struct mh_opt *opt = mh_find(&p->pbu, OPT_TIMESTAMP);

	return opt != NULL ? opt->timestamp.wall_q16 : 0;
}

static void expect_hnp(const struct mh_opt *opt, const char *hnp)
{
	if (hnp == NULL) {
		assert_null(opt);
		return;
	}
	assert_non_null(opt);
	assert_true(ip6_prefix_equal((struct ip6_prefix){opt->hnp.prefix, opt->hnp.prefix_len},
				     prefix(hnp)));
}

void expect_pbu_hnps(const struct mag_play *p, const char *first, const char *second)
{
	const struct mh_opt *opt = mh_find(&p->pbu, OPT_HNP);

	expect_hnp(opt, first);
	opt = mh_find_next(&p->pbu, OPT_HNP, opt);
	expect_hnp(opt, second);
	if (second != NULL)
		assert_null(mh_find_next(&p->pbu, OPT_HNP, opt));
}

void expect_pbu_mn(const struct mag_play *p, const char *mn)
{
	const struct mh_opt *opt = mh_find(&p->pbu, OPT_MN_ID);

	assert_non_null(opt);
	assert_int_equal(opt->mn_id.subtype, MN_ID_NAI);
	assert_int_equal(opt->mn_id.id.n, strlen(mn));
	assert_memory_equal(opt->mn_id.id.p, mn, strlen(mn));
}

void expect_said(const struct mag_play *p, const char *order)
{
	assert_string_equal(p->order, order);
}

void expect_bound(const struct mag_play *p, const char *hnp, struct mag_link link)
{
	uint32_t i = find_view(p, prefix(hnp));

	assert_true(i < p->n_view);
	assert_true(same_link(p->view[i].link, link));
}

void expect_unbound(const struct mag_play *p, const char *hnp)
{
	assert_int_equal(find_view(p, prefix(hnp)), p->n_view);
}

struct mag_binding binding_of(const struct mag_play *p, struct mag_link link)
{
	struct mag_binding b;

	return mag_find_binding(p->mag, link, &b) ? b : (struct mag_binding){0};
}

void expect_state(const struct mag_play *p, struct mag_link link, enum bul_state state)
{
	assert_int_equal(binding_of(p, link).state, state);
}

const struct mag_action *last(const struct mag_play *p, enum mag_action_kind kind)
{
	const struct mag_action *found = NULL;

	for (uint32_t i = 0; i < p->n_said; i++)
		if (p->said[i].action.kind == kind)
			found = &p->said[i].action;
	assert_non_null(found);
	return found;
}

void expect_refused(const struct mag_play *p, enum mag_reason reason, uint64_t times)
{
	assert_int_equal(mag_totals(p->mag)->by_reason[reason], times);
}

struct mag_refusal refusal_of(const struct mag_play *p, struct mag_link link)
{
	struct mag_refusal r;
	uint32_t cursor = 0;

	while (mag_next_refusal(p->mag, &cursor, &r))
		if (same_link(r.link, link))
			return r;
	return (struct mag_refusal){0};
}

uint32_t heartbeat_seq(const struct mag_play *p)
{
	struct mag_lma lma;
	uint32_t cursor = 0;

	assert_true(mag_next_lma(p->mag, &cursor, &lma));
	return lma.heartbeat.seq;
}
