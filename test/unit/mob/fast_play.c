// The other MAGs of fast_play.h, and what their messages say.
#include "test/unit/mob/fast_play.h"

static const struct mag_peer_conf *peers(void)
{
	static struct mag_peer_conf v[3] = {{.ap = "ap1"}, {.ap = "ap2"}, {.ap = "ap3"}};

	v[0].mag = addr(COA);
	v[1].mag = addr(MAG2);
	v[2].mag = addr(MAG3);
	return v;
}

int fast_begin(void **state)
{
	int rc = mag_play_begin(state);
	struct mag_play *p = *state;

	p->conf.fast = (struct mag_fast_conf){.peers = peers(),
					      .n_peers = 3,
					      .max_handovers = MAX_HANDOVERS,
					      .forward = FORWARD_MS * NS_MSEC,
					      .hold_direct = DIRECT_MS * NS_MSEC,
					      .settle = SETTLE_MS * NS_MSEC,
					      .hold_uplink = UPLINK_MS * NS_MSEC};
	mag_play_restart(p);
	return rc;
}

static struct span span_of(const char *text)
{
	return (struct span){(const uint8_t *)text, (uint16_t)strlen(text)};
}

void hand_over(struct mag_play *p, const char *mn, enum mag_hand_over what, const char *to)
{
	struct mag_event e = {.kind = MAG_HAND_OVER,
			      .hand_over = {.mn_id = span_of(mn), .what = what}};

	if (to != NULL)
		e.hand_over.to = addr(to);
	tell(p, &e);
}

void attach_from(struct mag_play *p, struct mag_link link, const char *mag)
{
	tell(p, &(struct mag_event){.kind = MAG_ATTACH,
				    .attach = {.link = link, .previous = addr(mag)}});
}

void about(struct mh *mh, const char *mn)
{
	struct mh_opt *opt = (struct mh_opt *)(uintptr_t)mh_find(mh, OPT_MN_ID);

	if (opt == NULL)
		opt = mh_add(mh, OPT_MN_ID);
	opt->mn_id.subtype = MN_ID_NAI;
	opt->mn_id.id = span_of(mn);
}

struct mh hi(uint8_t flags, uint8_t code, uint16_t seq)
{
	struct mh mh = {.type = MH_HI, .hi = {.seq = seq, .flags = flags, .code = code}};

	about(&mh, NODE);
	return mh;
}

struct mh hack(const struct mag_play *p, uint8_t flags, uint8_t code)
{
	struct mh mh = {.type = MH_HACK, .hack = {.flags = flags, .code = code}};

	for (uint32_t i = 0; i < p->n_said; i++)
		if (p->said[i].action.kind == MAG_SEND && p->said[i].mh.type == MH_HI)
			mh.hack.seq = p->said[i].mh.hi.seq;
	about(&mh, NODE);
	return mh;
}

void with_context(struct mh *mh, const char *hnp, const char *lmaa, uint8_t node)
{
	static struct ip6_addr lma;
	static uint8_t mac[6];
	struct mh_opt *opt;

	if (hnp != NULL) {
		opt = mh_add(mh, OPT_HNP);
		opt->hnp.prefix = prefix(hnp).addr;
		opt->hnp.prefix_len = prefix(hnp).len;
	}
	if (lmaa != NULL) {
		lma = addr(lmaa);
		opt = mh_add(mh, OPT_LMAA);
		opt->lmaa.code = LMAA_IPV6;
		opt->lmaa.addr = (struct span){lma.a, sizeof(lma.a)};
	}
	if (node != 0) {
		memcpy(mac, link_of(node).mac, sizeof(mac));
		mh_add(mh, OPT_LL_ID)->ll_id.id = (struct span){mac, sizeof(mac)};
	}
}

void peer_says(struct mag_play *p, const char *mag, const struct mh *mh)
{
	say_mh(p, mag, COA, mh);
}

void accepts_hi(struct mag_play *p)
{
	const struct mag_action *a = last_mh(p, MH_HI);
	struct mh mh;

	assert_non_null(a);
	mh = hack(p, (uint8_t)(a->send.mh->hi.flags << 1), HACK_CONTEXT_ACCEPTED);
	char text[IP6_ADDR_TEXT];
	peer_says(p, ip6_format(a->send.dst, text), &mh);
}

void notice(struct mag_play *p, uint16_t seq)
{
	struct mh mh = hi(HI_P, HI_FORWARDING_COMPLETE, seq);

	peer_says(p, MAG2, &mh);
}

void wants(struct mag_play *p, const char *mag, uint8_t flags, uint16_t seq)
{
	struct mh mh = hi(flags, HI_DEFAULT, seq);

	peer_says(p, mag, &mh);
}

void coming(struct mag_play *p, uint8_t flags, uint16_t seq)
{
	struct mh mh = hi(flags, HI_ALL_CONTEXT, seq);

	with_context(&mh, HNP1, LMAA, 1);
	peer_says(p, MAG2, &mh);
}

void done(struct mag_play *p, uint16_t seq)
{
	struct mh mh = hi(HI_P | HI_F, HI_FORWARDING_COMPLETE, seq);

	peer_says(p, MAG2, &mh);
}

struct mh told(const struct mag_play *p, uint8_t flags, uint8_t code)
{
	struct mh mh = hack(p, flags, code);

	with_context(&mh, HNP1, LMAA, 1);
	return mh;
}

void forwarding(struct mag_play *p)
{
	join(p, link_of(1), HNP1);
	hand_over(p, NODE, HAND_OVER_GO, MAG2);
	accepts_hi(p);
	expect_handover(p, HO_FORWARDING);
}

void expected(struct mag_play *p)
{
	struct mh mh = hi(HI_P | HI_F, HI_ALL_CONTEXT, 7);

	with_context(&mh, HNP1, LMAA, 1);
	peer_says(p, MAG2, &mh);
	expect_handover(p, HO_EXPECTED);
}

void is_here(struct mag_play *p)
{
	expected(p);
	hear(p, link_of(1), HEARD_FRAME);
	expect_handover(p, HO_HERE);
}

void is_registered(struct mag_play *p)
{
	is_here(p);
	reply(p, accepts(NULL));
	expect_handover(p, HO_REGISTERED);
}

struct mag_handover handover_of(const struct mag_play *p, const char *mn)
{
	struct mag_handover h;
	uint32_t cursor = 0;

	while (mag_next_handover(p->mag, &cursor, &h))
		if (span_equal(h.mn_id, span_of(mn)))
			return h;
	return (struct mag_handover){0};
}

void expect_handover(const struct mag_play *p, enum handover_state state)
{
	assert_int_equal(handover_of(p, NODE).state, state);
}

void expect_over(const struct mag_play *p, enum handover_outcome outcome)
{
	expect_handover(p, HO_OVER);
	assert_string_equal(handover_outcome_name(handover_of(p, NODE).outcome),
			    handover_outcome_name(outcome));
}

const struct mag_action *last_mh(const struct mag_play *p, unsigned type)
{
	for (uint32_t i = p->n_said; i-- > 0;)
		if (p->said[i].action.kind == MAG_SEND && p->said[i].mh.type == type)
			return &p->said[i].action;
	return NULL;
}

unsigned count_mh(const struct mag_play *p, unsigned type)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < p->n_said; i++)
		n += p->said[i].action.kind == MAG_SEND && p->said[i].mh.type == type;
	return n;
}

void expect_hi(const struct mag_play *p, const char *to, uint8_t flags, uint8_t code)
{
	const struct mag_action *a = last_mh(p, MH_HI);

	assert_non_null(a);
	assert_true(ip6_equal(a->send.dst, addr(to)));
	assert_true(ip6_equal(a->send.src, addr(COA)));
	assert_int_equal(a->send.mh->hi.flags, flags);
	assert_int_equal(a->send.mh->hi.code, code);
}

void expect_hack(const struct mag_play *p, const char *to, uint16_t seq, uint8_t flags,
		 uint8_t code)
{
	const struct mag_action *a = last_mh(p, MH_HACK);

	assert_non_null(a);
	assert_true(ip6_equal(a->send.dst, addr(to)));
	assert_true(ip6_equal(a->send.src, addr(COA)));
	assert_int_equal(a->send.mh->hack.seq, seq);
	assert_int_equal(a->send.mh->hack.flags, flags);
	assert_int_equal(a->send.mh->hack.code, code);
}

void expect_modes(const struct mag_play *p, enum mag_queue_mode detour, enum mag_queue_mode direct,
		  enum mag_queue_mode uplink)
{
	const struct mag_action *a = last(p, MAG_HOLD);

	assert_int_equal(a->hold.modes[QUEUE_DETOUR], detour);
	assert_int_equal(a->hold.modes[QUEUE_DIRECT], direct);
	assert_int_equal(a->hold.modes[QUEUE_UPLINK], uplink);
}

const struct mag_action *bound(const struct mag_play *p)
{
	uint32_t i = find_view(p, prefix(HNP1));

	assert_true(i < p->n_view);
	return &p->view[i].how;
}

void expect_released(const struct mag_play *p, bool drop)
{
	assert_int_equal(last(p, MAG_RELEASE)->release.drop, drop);
}
