// The stage of mag_play.h.
#include "test/unit/mob/mag_play.h"

#include <stdlib.h>

int mag_play_begin(void **state)
{
	struct mag_play *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->said = calloc(PLAY_SAID, sizeof(*p->said));
	assert_non_null(p->said);
	p->conf = (struct mag_conf){
		.coa = addr(COA),
		.lmaa = addr(LMAA),
		.realm = REALM,
		.access_tech = ACCESS,
		.max_nodes = 100,
		.max_pending = 50,
		.lifetime_s = 400,
		.timestamps = true,
		.link_local = addr("fe80::200:5eff:fe00:5213"),
		.tunnel_mtu = 1460,
		.access_mtu = 1500,
		.prefix_valid_s = 2592000,
		.prefix_preferred_s = 604800,
		.router_lifetime_s = 1800,
		.probe_after = 10 * NS_SEC,
		.probe_interval = 1 * NS_SEC,
		.probes = 3,
	};
	p->wall_ns = 1700000000 * NS_SEC;
	p->now = (struct instant){1000 * NS_SEC, wall_q16_from_ns(p->wall_ns)};
	mag_play_restart(p);
	*state = p;
	return 0;
}

int mag_play_end(void **state)
{
	struct mag_play *p = *state;

	mag_free(p->mag);
	free(p->said);
	free(p);
	return 0;
}

void mag_play_restart(struct mag_play *p)
{
	mag_free(p->mag);
	p->n_view = 0;
	p->bind_room = UINT32_MAX;
	p->mag = mag_new(&p->conf, 1, p->now);
	assert_non_null(p->mag);
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

struct mag_link link_of(uint8_t node)
{
	return (struct mag_link){1, {2, 0, 0, 0, 0, node}};
}

struct mag_link at_interface(struct mag_link link, uint16_t interface)
{
	link.interface = interface;
	return link;
}

static bool same_link(struct mag_link a, struct mag_link b)
{
	return a.interface == b.interface && memcmp(a.mac, b.mac, sizeof(a.mac)) == 0;
}

// ---- What the workers, the wire and the nodes see.

static uint32_t find_view(const struct mag_play *p, struct ip6_prefix hnp)
{
	uint32_t i = 0;

	while (i < p->n_view && !ip6_prefix_equal(p->view[i].hnp, hnp))
		i++;
	return i;
}

static void take_bind(struct mag_play *p, const struct mag_action *a)
{
	uint32_t i = find_view(p, a->bind.hnp);

	assert_true(ip6_equal(a->bind.lmaa, p->conf.lmaa));
	if (p->bind_room == 0) {
		mag_input(p->mag, p->now,
			  &(struct mag_event){.kind = MAG_BIND_FAILED,
					      .bind_failed.link = a->bind.link});
		return;
	}
	p->bind_room--;
	assert_true(i < PLAY_VIEW);
	p->view[i].hnp = a->bind.hnp;
	p->view[i].link = a->bind.link;
	if (i == p->n_view)
		p->n_view++;
}

static void take_unbind(struct mag_play *p, struct ip6_prefix hnp)
{
	uint32_t i = find_view(p, hnp);

	if (i < p->n_view)
		p->view[i] = p->view[--p->n_view];
}

static struct span copy_span(uint8_t *to, struct span s)
{
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	return (struct span){to, s.n};
}

// Kept beyond what was said: what the LMA answers to.
static void keep_pbu(struct mag_play *p, const struct mh *mh)
{
	struct mh_opt *opt;

	p->pbu = *mh;
	for (uint8_t i = 0; i < mh->opts.n; i++) {
		opt = &p->pbu.opts.v[i];
		if (opt->type == OPT_MN_ID)
			opt->mn_id.id = copy_span(p->pbu_mn, opt->mn_id.id);
		if (opt->type == OPT_LL_ID)
			opt->ll_id.id = copy_span(p->pbu_mac, opt->ll_id.id);
	}
	if (p->n_pbus < sizeof(p->pbu_at) / sizeof(p->pbu_at[0]))
		p->pbu_at[p->n_pbus] = p->now.mono;
	p->n_pbus++;
}

static void take_send(struct mag_play *p, const struct mag_action *a)
{
	uint8_t bytes[MH_MAX_LEN];
	struct writer w = wr_over(bytes, sizeof(bytes));
	struct mh back;

	// Whatever the engine says must be a message that the wire can carry.
	assert_true(mh_emit(&w, a->send.src, a->send.dst, a->send.mh));
	assert_int_equal(mh_parse((struct span){bytes, (uint16_t)wr_len(&w)}, a->send.src,
				  a->send.dst, &back),
			 MH_OK);
	if (a->send.mh->type == MH_BU)
		keep_pbu(p, a->send.mh);
}

// One letter; of Router Advertisements W for those that withdraw.
static char letter_of(const struct mag_action *a)
{
	if (a->kind == MAG_ADVERTISE && a->advertise.valid_s == 0)
		return 'W';
	return "BUSAP-"[a->kind];
}

static void remember(struct mag_play *p, const struct mag_action *a)
{
	assert_true(p->n_said < PLAY_SAID);
	struct said *s = &p->said[p->n_said];
	size_t n = strlen(p->order);

	s->action = *a;
	if (a->kind == MAG_SEND) {
		s->mh = *a->send.mh;
		s->action.send.mh = &s->mh;
	} else if (a->kind == MAG_ADVERTISE) {
		assert_true(a->advertise.n_hnps <= sizeof(s->hnps) / sizeof(s->hnps[0]));
		memcpy(s->hnps, a->advertise.hnps, a->advertise.n_hnps * sizeof(s->hnps[0]));
		s->action.advertise.hnps = s->hnps;
	} else if (a->kind == MAG_NOTE) {
		s->action.note.mn_id = copy_span(s->mn_id, a->note.mn_id);
	}
	p->n_said++;
	if (a->kind == MAG_NOTE)
		p->notes[a->note.kind]++;
	else
		p->order[n] = letter_of(a);
}

static void pull(struct mag_play *p)
{
	struct mag_action a;

	while (mag_output(p->mag, &a)) {
		remember(p, &a);
		if (a.kind == MAG_BIND)
			take_bind(p, &a);
		else if (a.kind == MAG_UNBIND)
			take_unbind(p, a.unbind.hnp);
		else if (a.kind == MAG_SEND)
			take_send(p, &a);
	}
}

static void forget_said(struct mag_play *p)
{
	p->n_said = p->n_pbus = 0;
	memset(p->order, 0, sizeof(p->order));
	memset(p->notes, 0, sizeof(p->notes));
}

// ---- What happens.

void tell(struct mag_play *p, const struct mag_event *event)
{
	forget_said(p);
	mag_input(p->mag, p->now, event);
	pull(p);
}

void hear(struct mag_play *p, struct mag_link link, enum mag_heard what)
{
	tell(p, &(struct mag_event){.kind = MAG_HEARD, .heard = {.link = link, .what = what}});
}

void attach(struct mag_play *p, struct mag_link link, const char *nai, uint8_t handoff)
{
	struct mag_event e = {.kind = MAG_ATTACH,
			      .attach = {.link = link, .handoff_indicator = handoff}};

	if (nai != NULL)
		e.attach.nai = (struct span){(const uint8_t *)nai, (uint16_t)strlen(nai)};
	tell(p, &e);
}

void detach(struct mag_play *p, struct mag_link link)
{
	tell(p, &(struct mag_event){.kind = MAG_DETACH, .detach = link});
}

void carrier(struct mag_play *p, uint16_t interface, bool up)
{
	tell(p, &(struct mag_event){.kind = MAG_CARRIER,
				    .carrier = {.interface = interface, .up = up}});
}

static void move_to(struct mag_play *p, ns_t mono)
{
	p->wall_ns += mono - p->now.mono;
	p->now = (struct instant){mono, wall_q16_from_ns(p->wall_ns)};
	mag_input(p->mag, p->now, &(struct mag_event){.kind = MAG_TICK});
	pull(p);
}

static void move_until(struct mag_play *p, ns_t end)
{
	ns_t at;

	while ((at = mag_deadline(p->mag)) < end)
		move_to(p, at > p->now.mono ? at : p->now.mono + NS_USEC);
	move_to(p, end);
}

void pass_ms(struct mag_play *p, uint64_t ms)
{
	forget_said(p);
	move_until(p, p->now.mono + ms * NS_MSEC);
}

void pass_with_ms(struct mag_play *p, struct mag_link link, uint64_t ms)
{
	struct mag_event e = {.kind = MAG_HEARD, .heard = {.link = link}};

	forget_said(p);
	for (; ms > 0; ms -= ms < 5000 ? ms : 5000) {
		mag_input(p->mag, p->now, &e);
		pull(p);
		move_until(p, p->now.mono + (ms < 5000 ? ms : 5000) * NS_MSEC);
	}
}

struct pba accepts(const char *hnp)
{
	return (struct pba){.status = 0,
			    .lifetime_s = -1,
			    .seq = -1,
			    .handoff = -1,
			    .access = -1,
			    .hnps = {hnp}};
}

struct pba refuses(int status)
{
	return (struct pba){
		.status = status, .lifetime_s = 0, .seq = -1, .handoff = -1, .access = -1};
}

void say_mh(struct mag_play *p, const char *src, const char *dst, const struct mh *mh)
{
	tell(p, &(struct mag_event){.kind = MAG_MESSAGE, .message = {addr(src), addr(dst), mh}});
}

static void put_hnps(struct mh *mh, const struct mag_play *p, const struct pba *a)
{
	const struct mh_opt *asked = NULL;
	struct mh_opt *opt;

	for (uint32_t i = 0; a->hnps[i] != NULL; i++) {
		opt = mh_add(mh, OPT_HNP);
		opt->hnp.prefix = prefix(a->hnps[i]).addr;
		opt->hnp.prefix_len = prefix(a->hnps[i]).len;
	}
	while (a->hnps[0] == NULL && (asked = mh_find_next(&p->pbu, OPT_HNP, asked)) != NULL)
		*mh_add(mh, OPT_HNP) = *asked;
}

void reply(struct mag_play *p, struct pba a)
{
	struct mh mh = {.type = MH_BA, .ba = {.flags = a.not_proxy ? 0 : BA_P}};
	struct mh_opt *opt;

	mh.ba.status = (uint8_t)a.status;
	mh.ba.seq = a.seq >= 0 ? (uint16_t)a.seq : p->pbu.bu.seq;
	mh.ba.lifetime_4s =
		a.lifetime_s >= 0 ? (uint16_t)(a.lifetime_s / 4) : p->pbu.bu.lifetime_4s;
	if (!a.no_mn) {
		opt = mh_add(&mh, OPT_MN_ID);
		*opt = *mh_find(&p->pbu, OPT_MN_ID);
		if (a.mn != NULL)
			opt->mn_id.id =
				(struct span){(const uint8_t *)a.mn, (uint16_t)strlen(a.mn)};
	}
	put_hnps(&mh, p, &a);
	if (!a.no_handoff)
		mh_add(&mh, OPT_HANDOFF)->handoff.indicator =
			a.handoff >= 0 ? (uint8_t)a.handoff : pbu_handoff(p);
	if (!a.no_access)
		mh_add(&mh, OPT_ACCESS)->access.tech = a.access >= 0 ? (uint8_t)a.access : ACCESS;
	if (!a.no_ll_id) {
		opt = mh_add(&mh, OPT_LL_ID);
		*opt = *mh_find(&p->pbu, OPT_LL_ID);
		if (a.mac != NULL)
			opt->ll_id.id = (struct span){a.mac, 6};
	}
	say_mh(p, a.src != NULL ? a.src : LMAA, a.dst != NULL ? a.dst : COA, &mh);
}

void join(struct mag_play *p, struct mag_link link, const char *hnp)
{
	hear(p, link, HEARD_FRAME);
	reply(p, accepts(hnp));
	expect_bound(p, hnp, link);
}

// ---- What is expected.

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
