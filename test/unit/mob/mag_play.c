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
		.lmas = {{addr(LMAA), 1460}},
		.n_lmas = 1,
		.realm = REALM,
		.access_tech = ACCESS,
		.max_nodes = 100,
		.max_pending = 50,
		.lifetime_s = 400,
		.timestamps = true,
		.link_local = addr("fe80::200:5eff:fe00:5213"),
		.access_mtu = 1500,
		.prefix_valid_s = 2592000,
		.prefix_preferred_s = 604800,
		.router_lifetime_s = 1800,
		.authorise_timeout = 30 * NS_SEC,
		.hold_refused = 60 * NS_SEC,
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

bool same_link(struct mag_link a, struct mag_link b)
{
	return a.interface == b.interface && memcmp(a.mac, b.mac, sizeof(a.mac)) == 0;
}

// ---- What the workers, the wire and the nodes see.

uint32_t find_view(const struct mag_play *p, struct ip6_prefix hnp)
{
	uint32_t i = 0;

	while (i < p->n_view && !ip6_prefix_equal(p->view[i].hnp, hnp))
		i++;
	return i;
}

// An entry that is there needs no room.
static bool is_as_before(const struct mag_play *p, uint32_t i, const struct mag_action *a)
{
	return i < p->n_view && same_link(p->view[i].link, a->bind.link) &&
	       ip6_equal(p->view[i].how.bind.next, a->bind.next) &&
	       ip6_equal(p->view[i].how.bind.previous, a->bind.previous);
}

static void take_bind(struct mag_play *p, const struct mag_action *a)
{
	uint32_t i = find_view(p, a->bind.hnp);

	if (p->bind_room == 0 && !is_as_before(p, i, a)) {
		mag_input(p->mag, p->now,
			  &(struct mag_event){.kind = MAG_BIND_FAILED,
					      .bind_failed = {.link = a->bind.link,
							      .handover = a->bind.handover}});
		return;
	}
	p->bind_room -= p->bind_room > 0;
	assert_true(i < PLAY_VIEW);
	p->view[i].hnp = a->bind.hnp;
	p->view[i].link = a->bind.link;
	p->view[i].lmaa = a->bind.lmaa;
	p->view[i].local = a->bind.local;
	p->view[i].how = *a;
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
		if (opt->type == OPT_SERVICE)
			opt->service.name = copy_span(p->pbu_service, opt->service.name);
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
	return "BUSAPQHR-"[a->kind];
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
		s->action.note.why = copy_span(s->why, a->note.why);
	} else if (a->kind == MAG_ASK) {
		s->action.ask.mn_id = copy_span(s->mn_id, a->ask.mn_id);
		s->action.ask.service = copy_span(s->service, a->ask.service);
		p->ticket = a->ask.ticket;
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
		mh_add(&mh, OPT_ACCESS)->access.tech =
			a.access >= 0 ? (uint8_t)a.access
				      : mh_find(&p->pbu, OPT_ACCESS)->access.tech;
	if (a.link_local != NULL)
		mh_add(&mh, OPT_LLA)->lla.addr = addr(a.link_local);
	if (a.refresh_s != 0)
		mh_add(&mh, OPT_REFRESH_ADVICE)->refresh_advice.interval_4s = a.refresh_s / 4;
	if (!a.no_ll_id) {
		opt = mh_add(&mh, OPT_LL_ID);
		*opt = *mh_find(&p->pbu, OPT_LL_ID);
		if (a.mac != NULL)
			opt->ll_id.id = (struct span){a.mac, 6};
	}
	say_mh(p, a.src != NULL ? a.src : LMAA, a.dst != NULL ? a.dst : COA, &mh);
}

void authorise(struct mag_play *p, enum mag_verdict verdict, const struct mag_profile *profile,
	       uint32_t session_s)
{
	tell(p, &(struct mag_event){.kind = MAG_AUTHORISED,
				    .authorised = {.ticket = p->ticket,
						   .verdict = verdict,
						   .profile = profile,
						   .session_s = session_s}});
}

void join(struct mag_play *p, struct mag_link link, const char *hnp)
{
	hear(p, link, HEARD_FRAME);
	reply(p, accepts(hnp));
	expect_bound(p, hnp, link);
}
