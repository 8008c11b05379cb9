// One event: what the rules say that it leads to, ticked off against what the LMA did.
#include "test/sim/model.h"

#include <stdlib.h>

struct model *model_new(void)
{
	return calloc(1, sizeof(struct model));
}

void been_at(struct world *w, enum place place)
{
	w->model->been[place] += !w->model->trying;
}

const char *place_text(enum place place)
{
	static const char *const texts[N_PLACES] = {
#define PLACE(ID, text) [AT_##ID] = text,
#include "test/sim/places.def"
#undef PLACE
	};

	return texts[place];
}

void model_clear(struct world *w)
{
	struct model *m = w->model;

	memset(m, 0, offsetof(struct model, been));
	for (uint32_t i = 0; i < MAX_PREFIXES; i++)
		m->prefixes[i].bound = m->prefixes[i].is_static_of = NOBODY;
	for (uint32_t i = 0; i < w->setup.lma.n_profiles; i++) {
		const struct lma_profile_conf *p = &w->setup.profiles[i];
		for (uint32_t k = 0; k < p->n_prefixes; k++)
			m->prefixes[prefix_number(&w->setup, p->prefixes[k])].is_static_of = i;
	}
}

// ---- An update as the rules see it.

static uint8_t copy_span(uint8_t *to, struct span from)
{
	if (from.n > 0)
		memcpy(to, from.p, from.n);
	return (uint8_t)from.n;
}

static void read_names(struct ask *a, const struct mh *mh)
{
	const struct mh_opt *opt = mh_find(mh, OPT_MN_ID);

	if (opt != NULL) {
		a->id_len = copy_span(a->id, opt->mn_id.id);
		a->id_kind = opt->mn_id.subtype;
		a->has_id = a->id_len > 0; // OPT-06
	}
	if ((opt = mh_find(mh, OPT_SERVICE)) != NULL)
		a->service_len = copy_span(a->service, opt->service.name);
	if ((opt = mh_find(mh, OPT_LL_ID)) == NULL)
		return;
	a->has_ll = true;
	a->ll_sent_len = copy_span(a->ll_sent, opt->ll_id.id);
	for (uint8_t i = 0; i < a->ll_sent_len; i++) // LMA-BC-12c
		if (a->ll_sent[i] != 0)
			a->ll_len = a->ll_sent_len;
	memcpy(a->ll, a->ll_sent, a->ll_len);
}

static void read_hnps(struct ask *a, const struct mh *mh)
{
	const struct mh_opt *opt = NULL;

	while ((opt = mh_find_next(mh, OPT_HNP, opt)) != NULL) {
		a->sent[a->n_hnps].prefix = opt->hnp.prefix;
		a->sent[a->n_hnps].prefix_len = opt->hnp.prefix_len;
		struct ip6_prefix *hnp = &a->hnps[a->n_hnps++];
		*hnp = ip6_prefix_of(opt->hnp.prefix, opt->hnp.prefix_len);
		a->n_zero += ip6_is_zero(opt->hnp.prefix); // OPT-03
	}
}

static struct ask read_ask(const struct lma_event *event)
{
	const struct mh *mh = event->message.mh;
	const struct mh_opt *opt;
	struct ask a = {.src = event->message.src,
			.dst = event->message.dst,
			.coa = event->message.src,
			.came_q16 = event->message.arrival_wall_q16,
			.asked_s = mh->bu.lifetime_4s * 4u,
			.seq = mh->bu.seq,
			.answer_seq = mh->bu.seq,
			.flags = mh->bu.flags,
			.hi = HI_UNKNOWN};

	if ((opt = mh_find(mh, OPT_ALT_COA)) != NULL)
		a.coa = opt->alt_coa.addr;
	read_names(&a, mh);
	read_hnps(&a, mh);
	if ((opt = mh_find(mh, OPT_HANDOFF)) != NULL) {
		a.has_hi = true;
		a.hi_sent = opt->handoff.indicator;
		if (a.hi_sent >= 1 && a.hi_sent <= 6) // LMA-RX-07
			a.hi = a.hi_sent;
	}
	if ((opt = mh_find(mh, OPT_ACCESS)) != NULL) {
		a.has_att = true;
		a.att = opt->access.tech;
	}
	if ((opt = mh_find(mh, OPT_LLA)) != NULL) {
		a.has_lla = true;
		a.lla = opt->lla.addr;
	}
	if ((opt = mh_find(mh, OPT_TIMESTAMP)) != NULL) {
		a.has_stamp = true;
		a.stamp = opt->timestamp.wall_q16;
	}
	return a;
}

// ---- One update.

static enum lma_update class_of(const struct world *w, const struct ask *a, const struct verdict *v)
{
	if (a->asked_s == 0)
		return LMA_DEREG;
	if (!a->has_id || v->outcome == O_REFUSED)
		return LMA_UNCLASSIFIED;
	if (v->outcome == O_NEW || v->outcome == O_SHARE)
		return LMA_INITIAL;
	return ip6_equal(w->model->bound[v->bound].coa, a->coa) ? LMA_REFRESH : LMA_HANDOFF;
}

// LMA-RX-08, RFC 5149 4.2: the one refusal that changes something.
static void lose_service(struct world *w, const struct ask *a, uint32_t bound)
{
	const struct bound *b = &w->model->bound[bound];

	if (b->service_len == a->service_len && memcmp(b->service, a->service, b->service_len) == 0)
		return;
	been_at(w, b->detached ? AT_DETACHED_SERVICE : AT_ACTIVE_SERVICE);
	remove_bound(w, bound, LMA_NOTE_SERVICE_LOST);
}

static void refuse(struct world *w, struct ask *a, const struct verdict *v, uint8_t status)
{
	if (status == PBA_SEQUENCE_OUT_OF_WINDOW)
		a->answer_seq = w->model->bound[v->fresh].seq;
	if (status == PBA_MAG_NOT_AUTHORIZED)
		expect_note(w, LMA_NOTE_UNKNOWN_MAG);
	if (status == PBA_SERVICE_AUTHORIZATION_FAILED && v->outcome == O_FOUND)
		lose_service(w, a, v->bound);
	expect_note(w, LMA_NOTE_REFUSED);
	expect_pba(w, a, status, NOBODY);
}

static void carry_out(struct world *w, struct ask *a, const struct verdict *v)
{
	take_note_if(w, LMA_NOTE_ODD_TIMESTAMPS); // LMA-VAR-01: told once for each MAG
	take_note_if(w, LMA_NOTE_ODD_LINK_LOCAL);
	switch (v->outcome) {
	case O_WAIT:
		if (hold_ask(w, v->bound, a))
			return;
		expect_note(w, LMA_NOTE_FULL);
		refuse(w, a, v, PBA_INSUFFICIENT_RESOURCES);
		return;
	case O_SHARE:
		share_bound(w, a, v->bound);
		return;
	case O_FOUND:
		change_bound(w, a, v->bound);
		return;
	default:
		create_bound(w, a);
	}
}

static struct verdict look(struct world *w, const struct ask *a, enum path path)
{
	struct verdict v = look_up(w, a);

	if (path == P_RELEASED || path == P_OVERDUE)
		v.fresh = NOBODY; // LMA-TS-09
	if (path == P_OVERDUE && v.outcome == O_WAIT)
		v.outcome = O_NEW;
	return v;
}

// Of one for which there was no room: whose prefixes were to be bound.
static bool was_bound(const struct world *w, const struct bound *b)
{
	for (uint32_t i = 0; i < w->n_did; i++)
		if (w->did[i].a.kind == LMA_BIND)
			return prefix_number(&w->setup, w->did[i].a.bind.hnp) == b->hnps[0];
	return false;
}

// Whether the answer is as if this session were meant.
static bool is_meant(struct world *w, const struct ask *a, const struct verdict *v, enum path path)
{
	const struct bound *b = &w->model->bound[v->bound];
	const struct mh *mh = answer_to(w, a);
	uint8_t status = admit_ask(w, a, v);
	enum lma_update class = class_of(w, a, v);

	if (status == 0 && !has_mag_room(w, a->coa))
		status = PBA_INSUFFICIENT_RESOURCES;
	if (path == P_FRESH && lma_totals(w->lma)->received[class] != w->model->received[class] + 1)
		return false;
	if (status == PBA_SERVICE_AUTHORIZATION_FAILED && !is_dropped(w, v->bound))
		return false;
	if (w->binds_failed > 0)
		return was_bound(w, b);
	if (mh == NULL) // LMA-DER-03
		return status == 0 && a->asked_s == 0 && !ip6_equal(b->coa, a->coa);
	const struct mh_opt *opt = mh_find(mh, OPT_HNP);
	struct ip6_prefix hnp = {opt->hnp.prefix, opt->hnp.prefix_len};
	return mh->ba.status == status &&
	       (status == 0 ? prefix_number(&w->setup, hnp) == b->hnps[0]
			    : status != PBA_SEQUENCE_OUT_OF_WINDOW || mh->ba.seq == b->seq);
}

static struct verdict look_for_meant(struct world *w, const struct ask *a, enum path path)
{
	struct model *m = w->model;
	struct verdict v = look(w, a, path);
	uint32_t n = v.outcome == O_FOUND ? m->n_full : 0;

	m->trying = true;
	while (n > 1 && m->pick + 1 < n && !is_meant(w, a, &v, path)) {
		m->pick++;
		v = look(w, a, path);
	}
	m->pick = 0;
	m->trying = false;
	return v;
}

void judge(struct world *w, struct ask *a, enum path path)
{
	a->mag_row = row_of_mag(w, a->coa);
	a->profile = row_of_node(w, a);
	struct verdict v = look_for_meant(w, a, path);
	been_at(w, v.place);
	if (path == P_FRESH) {
		a->class = class_of(w, a, &v);
		w->model->received[a->class]++;
		if (a->has_hi && (a->hi_sent < 1 || a->hi_sent > 6))
			expect_note(w, LMA_NOTE_UNKNOWN_HI);
	}
	uint8_t status = admit_ask(w, a, &v);
	if (status != 0) {
		refuse(w, a, &v, status);
		return;
	}
	if (path == P_FRESH && v.outcome != O_WAIT)
		replace_asks(w, a);
	if (v.outcome == O_SILENT) { // LMA-DER-04
		been_at(w, AT_NONE_DEREG);
		expect_note(w, LMA_NOTE_IGNORED_DEREG);
		return;
	}
	if (!has_mag_room(w, a->coa)) {
		been_at(w, AT_FULL_MAGS);
		expect_note(w, LMA_NOTE_FULL);
		refuse(w, a, &v, PBA_INSUFFICIENT_RESOURCES);
		return;
	}
	carry_out(w, a, &v);
}

// ---- One event.

static void follow_update(struct world *w, const struct lma_event *event)
{
	const struct mh *mh = event->message.mh;
	struct ask a;

	if (mh->opts.n > MH_MAX_OPTS - 3) { // the answer would have too many
		expect_note(w, LMA_NOTE_BAD_MESSAGE);
		return;
	}
	a = read_ask(event);
	if (!ip6_is_routable_unicast(a.coa))
		expect_note(w, LMA_NOTE_IGNORED_BAD_COA); // WIRE-13
	else if ((a.flags & (BU_P | BU_H)) == 0)
		expect_note(w, LMA_NOTE_IGNORED_NOT_PROXY); // LMA-RX-04
	else
		judge(w, &a, P_FRESH);
}

// Heartbeats are not the model's: it asks only that a request is answered.
static void forgive_beats(struct world *w)
{
	static const enum lma_note_kind kinds[] = {LMA_NOTE_MAG_LOST, LMA_NOTE_MAG_BACK,
						   LMA_NOTE_MAG_RESTARTED,
						   LMA_NOTE_STRAY_HEARTBEAT};

	for (uint32_t i = 0; i < w->n_did; i++) {
		struct did *d = &w->did[i];
		for (uint32_t k = 0; k < 4 && d->a.kind == LMA_NOTE; k++)
			d->matched |= d->a.note.kind == kinds[k];
		if (d->a.kind == LMA_SEND)
			d->matched |= d->mh->type == MH_HEARTBEAT;
	}
}

// WIRE-06: its sender learns so, but not too often.
static void follow_unknown(struct world *w)
{
	if (take_note_if(w, LMA_NOTE_BE_LIMITED))
		return;
	expect_note(w, LMA_NOTE_BE_SENT);
	for (uint32_t i = 0; i < w->n_did; i++)
		if (w->did[i].a.kind == LMA_SEND && w->did[i].mh->type == MH_BE)
			w->did[i].matched = true;
}

static void follow_message(struct world *w, const struct lma_event *event)
{
	struct ip6_addr src = event->message.src;

	if (!ip6_is_routable_unicast(src)) {
		expect_note(w, LMA_NOTE_IGNORED_BAD_SOURCE);
		return;
	}
	if (event->message.mh->opts.repeated > 0)
		expect_note(w, LMA_NOTE_REPEATED_OPTION);
	switch (event->message.mh->type) {
	case MH_BU:
		follow_update(w, event);
		break;
	case MH_BRR:
	case MH_BA:
		expect_note(w, LMA_NOTE_IGNORED_ROLE);
		break;
	case MH_HEARTBEAT:
		if (row_of_mag(w, src) == NOBODY)
			expect_note(w, LMA_NOTE_UNKNOWN_MAG);
		else if (!has_mag_room(w, src))
			expect_note(w, LMA_NOTE_FULL);
		break;
	case MH_HI:
	case MH_HACK: // damage made it of this type, and spared the rest
		expect_note(w, LMA_NOTE_BAD_MESSAGE);
		follow_unknown(w);
		break;
	case MH_BE:
		expect_note(w, LMA_NOTE_BINDING_ERROR);
		break;
	}
}

static void follow_bad(struct world *w, const struct lma_event *event)
{
	expect_note(w, LMA_NOTE_BAD_MESSAGE);
	if (mh_owes_unknown_type(event->bad.err, event->bad.type, false) &&
	    ip6_is_routable_unicast(event->bad.src))
		follow_unknown(w);
}

static void follow_delete(struct world *w, struct ip6_prefix hnp)
{
	uint32_t i = prefix_number(&w->setup, hnp);

	while (i != MAX_PREFIXES && w->model->prefixes[i].state == TAKEN) {
		uint32_t bound = w->model->prefixes[i].bound;
		been_at(w, w->model->bound[bound].detached ? AT_DETACHED_DELETE : AT_ACTIVE_DELETE);
		remove_bound(w, bound, LMA_NOTE_DELETED);
	}
}

// Of several in one millisecond the one that was unbound first.
static uint32_t next_over(const struct world *w)
{
	uint32_t next = NOBODY, first = UINT32_MAX;

	for (uint32_t i = 0; i < w->model->high; i++) {
		const struct bound *b = &w->model->bound[i];
		if (!b->used || (b->ends + NS_MSEC - 1) / NS_MSEC > w->now.mono / NS_MSEC)
			continue;
		uint32_t at = 0;
		struct ip6_prefix hnp = prefix_of_number(&w->setup, b->hnps[0]);
		while (at < w->n_did && (w->did[at].matched || w->did[at].a.kind > LMA_UNBIND ||
					 !ip6_prefix_equal(w->did[at].a.unbind.hnp, hnp)))
			at++;
		if (next == NOBODY || at < first) {
			next = i;
			first = at;
		}
	}
	return next;
}

static void pass_time(struct world *w)
{
	uint32_t bound;

	w->model->served = 0;
	end_rests(w);
	overdue_asks(w);
	while (w->model->served < 256 && (bound = next_over(w)) != NOBODY) {
		w->model->served++;
		time_is_over(w, bound);
	}
	if (w->model->served == 256)
		been_at(w, AT_STORM);
}

void model_follow(struct world *w, const struct lma_event *event)
{
	forgive_beats(w);
	for (uint32_t i = 0; i < w->n_did; i++) // the ledger asks that each is told of once
		w->did[i].matched |= w->did[i].a.kind == LMA_NOTE &&
				     (w->did[i].a.note.kind == LMA_NOTE_POOL_HIGH ||
				      w->did[i].a.note.kind == LMA_NOTE_POOL_LOW);
	pass_time(w);
	switch (event->kind) {
	case LMA_MESSAGE:
		follow_message(w, event);
		break;
	case LMA_BAD_MESSAGE:
		follow_bad(w, event);
		break;
	case LMA_DELETE:
		follow_delete(w, event->delete.hnp);
		break;
	default:
		break;
	}
	expect_nothing_more(w);
}

bool model_is_simple(const struct world *w, const struct lma_event *event)
{
	if (event->kind != LMA_MESSAGE || event->message.mh->type != MH_BU)
		return false;
	struct ask a = read_ask(event);
	if (a.asked_s == 0 || a.hi == HI_SHARED_PREFIXES)
		return false;
	for (uint32_t i = 0; i < w->model->high; i++)
		if (same_node(&w->model->bound[i], &a) && w->model->bound[i].sharer != NOBODY)
			return false;
	for (uint32_t i = 0; w->model->n_waiting > 0 && i < MODEL_HELD; i++) {
		const struct ask *h = &w->model->waiting[i].ask;
		if (w->model->waiting[i].used &&
		    same_name(h->id, h->id_kind, h->id_len, a.id, a.id_kind, a.id_len))
			return false;
	}
	return true;
}
