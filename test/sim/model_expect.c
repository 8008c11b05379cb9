// What the LMA must have said in this step: looked for in what it did say, checked, ticked off.
#include <stdio.h>

#include "test/sim/model.h"

void expect_note(struct world *w, enum lma_note_kind kind)
{
	char what[200];

	if (take_note_if(w, kind))
		return;
	snprintf(what, sizeof(what), "the LMA did not note: %s", lma_note_text(kind));
	broke(w, what);
}

bool take_note_if(struct world *w, enum lma_note_kind kind)
{
	for (uint32_t i = 0; i < w->n_did; i++) {
		struct did *d = &w->did[i];
		if (d->matched || d->a.kind != LMA_NOTE || d->a.note.kind != kind)
			continue;
		d->matched = true;
		return true;
	}
	return false;
}

// ---- The workers' tables.

static struct did *find_change(struct world *w, enum lma_action_kind kind, uint32_t prefix)
{
	struct ip6_prefix hnp = prefix_of_number(&w->setup, prefix);

	for (uint32_t i = 0; i < w->n_did; i++) {
		struct did *d = &w->did[i];
		if (!d->matched && d->a.kind == kind && ip6_prefix_equal(d->a.bind.hnp, hnp))
			return d;
	}
	return NULL;
}

static bool is_also(const struct world *w, const struct bound *b)
{
	const struct bound *other = b->sharer != NOBODY ? &w->model->bound[b->sharer] : NULL;

	return other != NULL && !other->detached && !ip6_equal(other->coa, b->coa);
}

void expect_bind(struct world *w, uint32_t bound)
{
	struct bound *b = &w->model->bound[bound];

	b->is_second = b->unbound = false;
	if (b->sharer != NOBODY)
		w->model->bound[b->sharer].is_second = true;
	for (uint8_t i = 0; i < b->n_hnps; i++) {
		struct did *d = find_change(w, LMA_BIND, b->hnps[i]);
		w->model->prefixes[b->hnps[i]].bound = bound;
		if (d == NULL)
			broke(w, "a BIND is missing");
		d->matched = true;
		if (!ip6_equal(d->a.bind.coa, b->coa) || !ip6_equal(d->a.bind.lmaa, b->lmaa))
			broke(w, "a BIND to another tunnel");
		if ((d->a.bind.also != 0) != is_also(w, b) ||
		    (is_also(w, b) &&
		     !ip6_equal(d->a.bind.also_coa, w->model->bound[b->sharer].coa)))
			broke(w, "a BIND with another sharer");
	}
}

// What one leaves the other takes over, if two share.
void expect_drop(struct world *w, uint32_t bound, enum lma_action_kind kind)
{
	struct bound *b = &w->model->bound[bound];

	if (b->sharer != NOBODY && !w->model->bound[b->sharer].detached) {
		bool detached = b->detached;
		been_at(w, AT_SHARER_TAKES_OVER);
		b->detached = true; // packets come from there no more
		expect_bind(w, b->sharer);
		b->detached = detached;
		return;
	}
	for (uint8_t i = 0; i < b->n_hnps; i++) {
		struct did *d = find_change(w, b->sharer != NOBODY ? LMA_DETACH : kind, b->hnps[i]);
		if (d == NULL)
			broke(w, "a DETACH or an UNBIND is missing");
		d->matched = true;
	}
}

bool is_dropped(struct world *w, uint32_t bound)
{
	const struct bound *b = &w->model->bound[bound];
	const struct did *d = find_change(w, LMA_BIND, b->hnps[0]);

	if (d != NULL)
		return !ip6_equal(d->a.bind.coa, b->coa);
	return find_change(w, LMA_DETACH, b->hnps[0]) != NULL ||
	       find_change(w, LMA_UNBIND, b->hnps[0]) != NULL;
}

void forgive_tables(struct world *w, const uint32_t *prefixes, uint8_t n)
{
	static const enum lma_action_kind kinds[] = {LMA_BIND, LMA_DETACH, LMA_UNBIND};
	struct did *d;

	for (uint8_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < 3; k++)
			while ((d = find_change(w, kinds[k], prefixes[i])) != NULL)
				d->matched = true;
}

// ---- Answers: LMA-PBA-01 to -12.

static bool is_answer(const struct did *d, const struct ask *a)
{
	if (d->matched || d->a.kind != LMA_SEND || d->mh->type != MH_BA)
		return false;
	const struct mh_opt *id = mh_find(d->mh, OPT_MN_ID);
	const struct mh_opt *stamp = mh_find(d->mh, OPT_TIMESTAMP);
	uint8_t status = d->mh->ba.status;
	bool clock = status == PBA_TIMESTAMP_MISMATCH || status == PBA_TIMESTAMP_LOWER;
	return ip6_equal(d->a.send.dst, a->src) && ip6_equal(d->a.send.src, a->dst) &&
	       (d->mh->ba.seq == a->seq || status == PBA_SEQUENCE_OUT_OF_WINDOW) &&
	       (stamp != NULL) == a->has_stamp &&
	       (stamp == NULL || clock || stamp->timestamp.wall_q16 == a->stamp) &&
	       id->mn_id.id.n == a->id_len && memcmp(id->mn_id.id.p, a->id, a->id_len) == 0;
}

static struct did *find_answer(const struct world *w, const struct ask *a)
{
	for (uint32_t i = 0; i < w->n_did; i++)
		if (is_answer(&w->did[i], a))
			return (struct did *)(uintptr_t)&w->did[i];
	return NULL;
}

const struct mh *answer_to(const struct world *w, const struct ask *a)
{
	const struct did *d = find_answer(w, a);

	return d != NULL ? d->mh : NULL;
}

static bool has_prefix(const struct world *w, const struct bound *b, const struct mh_opt *opt)
{
	uint32_t number =
		prefix_number(&w->setup, (struct ip6_prefix){opt->hnp.prefix, opt->hnp.prefix_len});

	for (uint8_t i = 0; i < b->n_hnps; i++)
		if (b->hnps[i] == number)
			return true;
	return false;
}

// LMA-PBA-04.
static void check_hnps(const struct world *w, const struct mh *mh, const struct ask *a,
		       const struct bound *b)
{
	const struct mh_opt *opt = NULL;
	uint8_t n = 0, owed = b != NULL ? b->n_hnps : a->n_hnps > 0 ? a->n_hnps : 1;
	bool right = true;

	while ((opt = mh_find_next(mh, OPT_HNP, opt)) != NULL && n++ < owed) {
		if (b != NULL)
			right &= has_prefix(w, b, opt);
		else if (a->n_hnps > 0)
			right &= ip6_equal(opt->hnp.prefix, a->sent[n - 1].prefix) &&
				 opt->hnp.prefix_len == a->sent[n - 1].prefix_len;
		else
			right &= ip6_is_zero(opt->hnp.prefix) && opt->hnp.prefix_len == 0;
	}
	if (!right || n != owed || opt != NULL)
		broke(w, "a PBA with other prefixes than it should have");
}

static void check_lla(const struct world *w, const struct mh *mh, const struct ask *a,
		      const struct bound *b)
{
	const struct mh_opt *opt = mh_find(mh, OPT_LLA);

	if ((opt != NULL) != a->has_lla)
		broke(w, "a link-local address option in surplus, or missing");
	if (opt != NULL && !ip6_equal(opt->lla.addr, b != NULL ? b->lla : a->lla))
		broke(w, "a PBA with another link-local address");
}

static void check_copies(const struct world *w, const struct mh *mh, const struct ask *a)
{
	const struct mh_opt *ll = mh_find(mh, OPT_LL_ID), *stamp = mh_find(mh, OPT_TIMESTAMP);
	uint8_t status = mh->ba.status;

	if (mh_find(mh, OPT_MN_ID)->mn_id.subtype != (a->has_id ? a->id_kind : MN_ID_NAI) ||
	    mh_find(mh, OPT_HANDOFF)->handoff.indicator != (a->has_hi ? a->hi_sent : 0) ||
	    mh_find(mh, OPT_ACCESS)->access.tech != (a->has_att ? a->att : 0))
		broke(w, "a PBA without what its update had");
	if ((ll != NULL) != a->has_ll ||
	    (ll != NULL && (ll->ll_id.id.n != a->ll_sent_len ||
			    memcmp(ll->ll_id.id.p, a->ll_sent, a->ll_sent_len) != 0)))
		broke(w, "a PBA with another link-layer identifier");
	if (stamp != NULL && (status == PBA_TIMESTAMP_MISMATCH || status == PBA_TIMESTAMP_LOWER) &&
	    stamp->timestamp.wall_q16 != w->now.wall_q16)
		broke(w, "a PBA that tells another time than the LMA's (LMA-PBA-05)");
}

void expect_pba(struct world *w, const struct ask *a, uint8_t status, uint32_t bound)
{
	const struct bound *b = bound != NOBODY ? &w->model->bound[bound] : NULL;
	struct did *d = find_answer(w, a);
	char what[200];

	if (d == NULL) {
		snprintf(what, sizeof(what), "no PBA where status %u is owed", status);
		broke(w, what);
	}
	d->matched = true;
	const struct mh *mh = d->mh;
	if (mh->ba.status != status) {
		snprintf(what, sizeof(what), "status %u where %u is owed", mh->ba.status, status);
		broke(w, what);
	}
	if (mh->ba.seq != a->answer_seq || mh->ba.flags != (a->flags & BU_P ? BA_P : 0))
		broke(w, "a PBA with another number or flags");
	if (mh->ba.lifetime_4s != (b != NULL && a->asked_s > 0 ? b->lifetime_s / 4 : 0))
		broke(w, "a PBA that grants another lifetime");
	check_hnps(w, mh, a, b);
	check_lla(w, mh, a, b);
	check_copies(w, mh, a);
	w->model->by_status[status]++;
	(status < 128 ? w->model->accepted : w->model->denied)[a->class]++;
}

void expect_nothing_more(struct world *w)
{
	static const char *const names[] = {"BIND", "DETACH", "UNBIND", "message", "note"};
	char what[200];

	for (uint32_t i = 0; i < w->n_did; i++) {
		const struct did *d = &w->did[i];
		if (d->matched)
			continue;
		const char *more = "";
		if (d->a.kind == LMA_NOTE)
			more = lma_note_text(d->a.note.kind);
		else if (d->a.kind == LMA_SEND)
			more = mh_type_name(d->mh->type);
		snprintf(what, sizeof(what), "nobody expected this %s: %s", names[d->a.kind], more);
		broke(w, what);
	}
}
