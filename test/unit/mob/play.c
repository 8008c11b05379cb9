// The stage of play.h.
#include "test/unit/mob/play.h"

#include <stdio.h>
#include <stdlib.h>

static const struct lma_mag_conf *some_mags(uint32_t *n)
{
	static struct lma_mag_conf mags[3] = {{.name = "one"}, {.name = "two"}, {.name = "range"}};

	mags[0].from = prefix(MAG1 "/128");
	mags[1].from = prefix(MAG2 "/128");
	mags[2].from = prefix("2001:db8:3::/48");
	*n = 3;
	return mags;
}

static const struct lma_pool_conf *some_pools(uint32_t *n)
{
	static struct lma_pool_conf pools[1] = {{.name = "pool", .hnp_len = 64}};

	pools[0].block = prefix(POOL);
	*n = 1;
	return pools;
}

static const struct lma_profile_conf profiles[] = {
	{.key = BARRED, .permit = false},
	{.key = "@example.net", .permit = true},
};

void play_restart(struct play *p)
{
	lma_free(p->lma);
	p->n_view = 0;
	p->seq = 0;
	p->bind_room = UINT32_MAX;
	p->lma = lma_new(&p->conf, 1, p->now);
	assert_non_null(p->lma);
}

int play_begin(void **state)
{
	struct play *p = calloc(1, sizeof(*p));

	p->conf = (struct lma_conf){
		.profiles = profiles,
		.n_profiles = sizeof(profiles) / sizeof(profiles[0]),
		.max_bindings = 1000,
		.max_mags = 100,
		.sessions_per_mn = 4,
		.max_lifetime_s = 3600,
		.min_delay_before_bce_delete = 10 * NS_SEC,
		.max_delay_before_new_bce_assign = 1500 * NS_MSEC,
		.timestamp_validity_window = 300 * NS_MSEC,
		.prefix_quarantine = 10 * NS_SEC,
	};
	p->conf.mags = some_mags(&p->conf.n_mags);
	p->conf.pools = some_pools(&p->conf.n_pools);
	p->wall_ns = 1700000000 * NS_SEC;
	p->now = (struct instant){1000 * NS_SEC, wall_q16_from_ns(p->wall_ns)};
	play_restart(p);
	*state = p;
	return 0;
}

int play_end(void **state)
{
	struct play *p = *state;

	lma_free(p->lma);
	free(p);
	return 0;
}

struct ip6_addr addr(const char *text)
{
	struct ip6_addr a;

	assert_int_equal(ip6_parse(text, &a), 0);
	return a;
}

struct ip6_prefix prefix(const char *text)
{
	struct ip6_prefix p;

	assert_int_equal(ip6_prefix_parse(text, &p), 0);
	return p;
}

struct pbu attach(const char *mn, const char *mag)
{
	return (struct pbu){
		.mn = mn,
		.src = mag,
		.dst = LMAA,
		.hnps = {NOTHING},
		.hi = HI_NEW_INTERFACE,
		.att = WLAN,
		.lifetime_s = 400,
		.flags = BU_A | BU_P,
		.seq = ABSENT,
		.mn_subtype = MN_ID_NAI,
	};
}

struct pbu refresh(const char *mn, const char *mag, const char *hnp)
{
	struct pbu u = attach(mn, mag);

	u.hnps[0] = hnp;
	u.hi = HI_NO_CHANGE;
	return u;
}

struct pbu arrive(const char *mn, const char *mag)
{
	struct pbu u = attach(mn, mag);

	u.hi = HI_BETWEEN_MAGS;
	return u;
}

struct pbu leave(const char *mn, const char *mag, const char *hnp)
{
	struct pbu u = refresh(mn, mag, hnp);

	u.lifetime_s = 0;
	u.hi = HI_UNKNOWN;
	return u;
}

// ---- What the workers and the wire see.

static struct worker_view *find_view(const struct play *p, struct ip6_prefix hnp)
{
	for (uint32_t i = 0; i < p->n_view; i++)
		if (ip6_prefix_equal(p->view[i].hnp, hnp))
			return (struct worker_view *)&p->view[i];
	return NULL;
}

static void take_bind(struct play *p, const struct lma_action *a)
{
	struct worker_view *v = find_view(p, a->bind.hnp);

	p->n_binds++;
	if (p->bind_room == 0 || p->fail_next) {
		p->fail_next = false;
		lma_input(p->lma, p->now,
			  &(struct lma_event){.kind = LMA_BIND_FAILED,
					      .bind_failed.hnp = a->bind.hnp});
		return;
	}
	p->bind_room--;
	if (v == NULL) {
		assert_true(p->n_view < PLAY_PREFIXES);
		v = &p->view[p->n_view++];
	}
	assert_in_range(a->bind.mag, 1, p->conf.max_mags);
	*v = (struct worker_view){.hnp = a->bind.hnp,
				  .coa = a->bind.coa,
				  .mag = a->bind.mag,
				  .also = a->bind.also,
				  .also_coa = a->bind.also_coa};
}

static void take_unbind(struct play *p, struct ip6_prefix hnp)
{
	struct worker_view *v = find_view(p, hnp);

	p->n_unbinds++;
	if (v != NULL)
		*v = p->view[--p->n_view];
}

static void take_detach(struct play *p, struct ip6_prefix hnp)
{
	struct worker_view *v = find_view(p, hnp);

	p->n_detaches++;
	assert_non_null(v);
	v->detached = true;
}

static void take_send(struct play *p, const struct lma_action *a)
{
	uint8_t bytes[MH_MAX_LEN];
	struct writer w = wr_over(bytes, sizeof(bytes));
	struct mh back;

	// Whatever the engine says must be a message that the wire can carry.
	assert_true(mh_emit(&w, a->send.src, a->send.dst, a->send.mh));
	assert_int_equal(mh_parse((struct span){bytes, (uint16_t)wr_len(&w)}, a->send.src,
				  a->send.dst, &back),
			 MH_OK);
	assert_true(p->n_sent < PLAY_SENT);
	p->sent[p->n_sent].src = a->send.src;
	p->sent[p->n_sent].dst = a->send.dst;
	p->sent[p->n_sent++].mh = *a->send.mh;
}

static void pull(struct play *p)
{
	struct lma_action a;

	while (!p->is_busy && lma_output(p->lma, &a)) {
		size_t n = strlen(p->order);
		if (a.kind != LMA_NOTE && n + 1 < sizeof(p->order))
			p->order[n] = "BDUS"[a.kind];
		switch (a.kind) {
		case LMA_BIND:
			take_bind(p, &a);
			break;
		case LMA_DETACH:
			take_detach(p, a.detach.hnp);
			break;
		case LMA_UNBIND:
			take_unbind(p, a.unbind.hnp);
			break;
		case LMA_SEND:
			take_send(p, &a);
			break;
		case LMA_NOTE:
			p->notes[a.note.kind]++;
			if (a.note.kind == LMA_NOTE_POOL_HIGH || a.note.kind == LMA_NOTE_POOL_LOW)
				p->noted_pool = a.note.pool;
			break;
		}
	}
}

static void forget(struct play *p)
{
	p->n_sent = p->n_binds = p->n_unbinds = p->n_detaches = 0;
	memset(p->notes, 0, sizeof(p->notes));
	memset(p->order, 0, sizeof(p->order));
}

// ---- Speaking.

static struct span text_span(const char *text)
{
	return (struct span){(const uint8_t *)text, (uint16_t)strlen(text)};
}

static void add_hnps(struct mh *mh, const struct pbu *u)
{
	for (uint32_t i = 0; i < PLAY_HNPS && u->hnps[i] != NULL; i++) {
		struct ip6_prefix hnp = prefix(u->hnps[i]);
		struct mh_opt *opt = mh_add(mh, OPT_HNP);
		opt->hnp.prefix = hnp.addr;
		opt->hnp.prefix_len = hnp.len;
	}
}

static void add_identity(struct mh *mh, const struct pbu *u)
{
	static const uint8_t zeros[255];
	struct mh_opt *opt;

	if (u->mn != NULL) {
		opt = mh_add(mh, OPT_MN_ID);
		opt->mn_id.subtype = u->mn_subtype;
		opt->mn_id.id = text_span(u->mn);
	}
	if (u->service != NULL)
		mh_add(mh, OPT_SERVICE)->service.name = text_span(u->service);
	if (u->hi != ABSENT)
		mh_add(mh, OPT_HANDOFF)->handoff.indicator = (uint8_t)u->hi;
	if (u->att != ABSENT)
		mh_add(mh, OPT_ACCESS)->access.tech = (uint8_t)u->att;
	if (u->ll_id != NULL)
		mh_add(mh, OPT_LL_ID)->ll_id.id = text_span(u->ll_id);
	if (u->ll_zeros > 0)
		mh_add(mh, OPT_LL_ID)->ll_id.id = (struct span){zeros, u->ll_zeros};
	if (u->lla != NULL)
		mh_add(mh, OPT_LLA)->lla.addr = addr(u->lla);
	if (u->alt_coa != NULL)
		mh_add(mh, OPT_ALT_COA)->alt_coa.addr = addr(u->alt_coa);
}

void step_clock(struct play *p, int64_t ns)
{
	p->wall_ns += (uint64_t)ns;
	p->now.wall_q16 = wall_q16_from_ns(p->wall_ns);
}

void say_raw(struct play *p, const struct lma_event *event)
{
	forget(p);
	lma_input(p->lma, p->now, event);
	pull(p);
}

void say(struct play *p, struct pbu u)
{
	struct mh mh = {.type = MH_BU, .bu = {.flags = u.flags}};

	mh.bu.seq = u.seq == ABSENT ? ++p->seq : (uint16_t)u.seq;
	mh.bu.lifetime_4s = (uint16_t)(u.lifetime_s / 4);
	add_identity(&mh, &u);
	add_hnps(&mh, &u);
	if (!u.no_timestamp)
		mh_add(&mh, OPT_TIMESTAMP)->timestamp.wall_q16 =
			wall_q16_from_ns(p->wall_ns + (uint64_t)u.ts_ns);
	struct lma_ahead ahead = {.mh = &mh};
	lma_look_ahead(p->lma, &ahead, 1);
	say_raw(p, &(struct lma_event){
			   .kind = LMA_MESSAGE,
			   .message = {addr(u.src), addr(u.dst), p->now.wall_q16, &mh, &ahead}});
	// Clocks never stand still between two messages.
	p->now.mono += NS_MSEC;
	step_clock(p, NS_MSEC);
}

void tell(struct play *p, struct lma_event event)
{
	say_raw(p, &event);
}

static void move_to(struct play *p, ns_t mono)
{
	step_clock(p, (int64_t)(mono - p->now.mono));
	p->now.mono = mono;
	lma_input(p->lma, p->now, &(struct lma_event){.kind = LMA_TICK});
	pull(p);
}

void pass_ms(struct play *p, uint64_t ms)
{
	ns_t end = p->now.mono + ms * NS_MSEC, at;

	forget(p);
	while ((at = lma_deadline(p->lma)) < end)
		move_to(p, at > p->now.mono ? at : p->now.mono + NS_USEC);
	move_to(p, end);
}

// ---- Expecting.

const struct mh *pba(const struct play *p)
{
	assert_true(p->n_sent > 0);
	assert_int_equal(p->sent[p->n_sent - 1].mh.type, MH_BA);
	return &p->sent[p->n_sent - 1].mh;
}

const struct mh_opt *pba_opt(const struct play *p, enum opt_type type)
{
	return mh_find(pba(p), type);
}

uint32_t pba_hnps(const struct play *p)
{
	const struct mh_opt *opt = NULL;
	uint32_t n = 0;

	while ((opt = mh_find_next(pba(p), OPT_HNP, opt)) != NULL)
		n++;
	return n;
}

const char *granted(const struct play *p, uint32_t i)
{
	static char texts[64][IP6_PREFIX_TEXT];
	static uint32_t next;
	const struct mh_opt *opt = mh_find(pba(p), OPT_HNP);

	while (i-- > 0)
		opt = mh_find_next(pba(p), OPT_HNP, opt);
	assert_non_null(opt);
	next = (next + 1) % 64;
	return ip6_prefix_format((struct ip6_prefix){opt->hnp.prefix, opt->hnp.prefix_len},
				 texts[next]);
}

const char *join(struct play *p, struct pbu u)
{
	say(p, u);
	expect_status(p, 0);
	return granted(p, 0);
}

void expect_status(const struct play *p, int status)
{
	assert_int_equal(p->n_sent, 1);
	assert_int_equal(pba(p)->ba.status, status);
}

void expect_silence(const struct play *p)
{
	assert_int_equal(p->n_sent, 0);
}

void expect_bound(const struct play *p, const char *hnp, const char *mag)
{
	const struct worker_view *v = find_view(p, prefix(hnp));

	assert_non_null(v);
	assert_false(v->detached);
	assert_true(ip6_equal(v->coa, addr(mag)));
	assert_int_equal(v->also, 0);
}

void expect_shared(const struct play *p, const char *hnp, const char *mag, const char *also)
{
	const struct worker_view *v = find_view(p, prefix(hnp));

	assert_non_null(v);
	assert_false(v->detached);
	assert_true(ip6_equal(v->coa, addr(mag)));
	assert_int_not_equal(v->also, 0);
	assert_true(ip6_equal(v->also_coa, addr(also)));
}

void expect_detached(const struct play *p, const char *hnp)
{
	const struct worker_view *v = find_view(p, prefix(hnp));

	assert_non_null(v);
	assert_true(v->detached);
}

void expect_unbound(const struct play *p, const char *hnp)
{
	assert_null(find_view(p, prefix(hnp)));
}

struct lma_binding binding_of(const struct play *p, const char *hnp)
{
	struct lma_binding b;
	uint32_t cursor = 0;

	while (lma_next_binding(p->lma, &cursor, &b))
		for (uint32_t i = 0; i < b.n_hnps; i++)
			if (ip6_prefix_equal(b.hnps[i], prefix(hnp)))
				return b;
	return (struct lma_binding){0};
}
