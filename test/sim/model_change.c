// What becomes of a binding: LMA-REG, -EXT, -HO, -DER, -EXP of CONFORMANCE B3, and LMA-RX-08 when
// the workers have no room.
#include "test/sim/model.h"

static uint32_t new_bound(struct world *w)
{
	struct model *m = w->model;
	uint32_t i = 0;

	while (i < m->high && m->bound[i].used)
		i++;
	if (i == MODEL_BOUND)
		broke(w, "more bindings than the model keeps");
	if (i == m->high)
		m->high++;
	m->bound[i] = (struct bound){.used = true, .sharer = NOBODY};
	return i;
}

// LMA-REG-06, -08.
static uint32_t granted_s(const struct world *w, const struct ask *a)
{
	uint32_t own = w->setup.profiles[a->profile].max_lifetime_s;
	uint32_t most = own > 0 ? own : w->setup.lma.max_lifetime_s;
	uint32_t units = (a->asked_s < most ? a->asked_s : most) / 4;

	return units > 0 ? units * 4 : 4;
}

// LMA-TS-04, -06, -09: of all accepted the greatest stamp; none when the last one had none.
static void keep_freshness(struct bound *b, const struct ask *a)
{
	if (!a->has_stamp)
		b->stamp = 0;
	else if (a->stamp > b->stamp)
		b->stamp = a->stamp;
	b->by_stamp = a->has_stamp;
	b->seq = a->seq;
}

// LMA-PBA-07, -12.
static void keep_lla(struct world *w, struct bound *b, const struct ask *a)
{
	const struct mh *mh = answer_to(w, a);
	const struct mh_opt *opt = mh != NULL ? mh_find(mh, OPT_LLA) : NULL;

	if (!a->has_lla)
		return;
	if (!ip6_is_zero(a->lla))
		b->lla = a->lla;
	if (!ip6_is_zero(b->lla) || opt == NULL || mh->ba.status >= 128)
		return;
	if (ip6_hi64(opt->lla.addr) != 0xfe80000000000000 || ip6_lo64(opt->lla.addr) == 0)
		broke(w, "a generated link-local address that is none");
	b->lla = opt->lla.addr;
}

// LMA-EXT-02, LMA-RX-11: everything is what the update says.
static void accept(struct world *w, struct bound *b, const struct ask *a)
{
	b->coa = a->coa;
	b->lmaa = a->dst;
	b->att = a->att;
	b->hi = a->hi_sent;
	b->ll_len = a->ll_len;
	memcpy(b->ll, a->ll, a->ll_len);
	if (a->service_len > 0) { // RFC 5149 4.1: left out, it is what it was
		b->service_len = a->service_len;
		memcpy(b->service, a->service, a->service_len);
	}
	b->detached = false;
	b->lifetime_s = granted_s(w, a);
	b->ends = w->now.mono + b->lifetime_s * NS_SEC;
	keep_freshness(b, a);
	keep_lla(w, b, a);
}

static void refuse(struct world *w, const struct ask *a, enum place place, enum lma_note_kind kind)
{
	been_at(w, place);
	expect_note(w, kind);
	expect_note(w, LMA_NOTE_REFUSED);
	expect_pba(w, a, PBA_INSUFFICIENT_RESOURCES, NOBODY);
}

static uint32_t add_bound(struct world *w, const struct ask *a, const uint32_t *hnps, uint8_t n)
{
	uint32_t i = new_bound(w);
	struct bound *b = &w->model->bound[i];

	b->id_kind = a->id_kind;
	b->id_len = a->id_len;
	memcpy(b->id, a->id, a->id_len);
	b->n_hnps = n;
	memcpy(b->hnps, hnps, n * sizeof(hnps[0]));
	b->since = w->now.mono;
	accept(w, b, a);
	for (uint8_t k = 0; k < n; k++) {
		w->model->prefixes[hnps[k]].state = TAKEN;
		w->model->prefixes[hnps[k]].bound = i;
	}
	return i;
}

// ---- What the workers have no room for.

// Its tables are the ledger's to check; the notes of what was begun are given.
static void forgive(struct world *w, const struct bound *b, enum lma_note_kind begun)
{
	forgive_tables(w, b->hnps, b->n_hnps);
	expect_note(w, begun);
	for (uint32_t i = 0; i < w->binds_failed; i++)
		expect_note(w, LMA_NOTE_NO_ROOM);
}

static void drop_bound(struct world *w, uint32_t bound)
{
	struct model *m = w->model;
	struct bound *b = &m->bound[bound];

	for (uint8_t i = 0; i < b->n_hnps && b->sharer == NOBODY; i++)
		rest_prefix(w, b->hnps[i], owner_of(b->id, b->id_kind, b->id_len));
	for (uint8_t i = 0; i < b->n_hnps && b->sharer != NOBODY; i++)
		m->prefixes[b->hnps[i]].bound = b->sharer;
	if (b->sharer != NOBODY) {
		m->bound[b->sharer].sharer = NOBODY;
		m->bound[b->sharer].is_second = false;
	}
	b->used = false;
	while (m->high > 0 && !m->bound[m->high - 1].used)
		m->high--;
}

static bool is_asked_for(const struct world *w, const struct ask *a, uint32_t prefix)
{
	for (uint8_t i = 0; i < a->n_hnps; i++)
		if (prefix_number(&w->setup, a->hnps[i]) == prefix)
			return true;
	return false;
}

// What it did not ask for by number is free for everybody (LMA-RX-08).
static void undo_new(struct world *w, const struct ask *a, uint32_t bound, enum lma_note_kind begun)
{
	been_at(w, AT_UNDO_NEW);
	been_at(w, AT_ACTIVE_NO_ROOM);
	struct bound b = w->model->bound[bound];
	forgive(w, &b, begun);
	drop_bound(w, bound);
	for (uint8_t i = 0; i < b.n_hnps && b.sharer == NOBODY; i++)
		if (!is_asked_for(w, a, b.hnps[i]))
			w->model->prefixes[b.hnps[i]].state = FREE;
	expect_pba(w, a, PBA_INSUFFICIENT_RESOURCES, NOBODY);
}

// LMA-RX-08: as it was; without packets, if there was no room for the way back either.
static void undo_change(struct world *w, const struct ask *a, uint32_t bound,
			const struct bound *before, enum lma_note_kind begun)
{
	struct bound *b = &w->model->bound[bound];

	been_at(w, before->detached ? AT_DETACHED_NO_ROOM : AT_ACTIVE_NO_ROOM);
	forgive(w, b, begun);
	*b = *before;
	if (w->binds_failed > 1) {
		been_at(w, AT_UNDO_LOST);
		b->unbound = !b->detached;
	} else {
		been_at(w, AT_UNDO_CHANGE);
	}
	expect_pba(w, a, PBA_INSUFFICIENT_RESOURCES, NOBODY);
}

// ---- Cells.

void create_bound(struct world *w, const struct ask *a)
{
	uint32_t hnps[MAX_HNPS];
	uint8_t n = choose_prefixes(w, a, hnps);

	been_at(w, AT_NONE_INITIAL);
	if (n == 0) {
		refuse(w, a, AT_FULL_POOL, LMA_NOTE_POOL_EMPTY); // LMA-REG-01
		return;
	}
	uint32_t bound = add_bound(w, a, hnps, n);
	if (w->binds_failed > 0) {
		undo_new(w, a, bound, LMA_NOTE_REGISTERED);
		return;
	}
	expect_bind(w, bound);
	expect_note(w, LMA_NOTE_REGISTERED);
	expect_pba(w, a, 0, bound);
}

void share_bound(struct world *w, const struct ask *a, uint32_t first)
{
	struct bound *f = &w->model->bound[first];
	uint32_t bound = add_bound(w, a, f->hnps, f->n_hnps);

	been_at(w, f->detached ? AT_DETACHED_SHARE : AT_ACTIVE_SHARE);
	f->sharer = bound;
	w->model->bound[bound].sharer = first;
	if (w->binds_failed > 0) {
		undo_new(w, a, bound, LMA_NOTE_SHARED);
		return;
	}
	expect_bind(w, bound);
	expect_note(w, LMA_NOTE_SHARED);
	expect_pba(w, a, 0, bound);
}

static void renew(struct world *w, const struct ask *a, uint32_t bound, enum place place)
{
	struct bound *b = &w->model->bound[bound], before = *b;
	bool moves = !ip6_equal(b->coa, a->coa), tunnel = !ip6_equal(b->lmaa, a->dst);
	enum lma_note_kind kind = before.detached ? LMA_NOTE_REVIVED
				  : moves         ? LMA_NOTE_HANDED_OVER
						  : LMA_NOTE_REFRESHED;

	been_at(w, place);
	accept(w, b, a);
	b->handovers += moves;
	if (w->binds_failed > 0) {
		undo_change(w, a, bound, &before, kind);
		return;
	}
	if (before.detached || before.unbound || moves || tunnel)
		expect_bind(w, bound);
	expect_note(w, kind);
	expect_pba(w, a, 0, bound);
	if (before.detached || moves)
		release_asks(w, bound, true); // LMA-BC-19
}

static void deregister(struct world *w, const struct ask *a, uint32_t bound)
{
	struct bound *b = &w->model->bound[bound];

	keep_freshness(b, a);
	if (b->detached) { // LMA-DER-05
		been_at(w, AT_DETACHED_DEREG);
		expect_pba(w, a, 0, bound);
		return;
	}
	been_at(w, AT_ACTIVE_DEREG);
	b->detached = true;
	b->ends = w->now.mono + w->setup.lma.min_delay_before_bce_delete;
	expect_drop(w, bound, LMA_DETACH);
	expect_note(w, LMA_NOTE_DEREGISTERED);
	expect_pba(w, a, 0, bound);
	release_asks(w, bound, false);
}

// LMA-RX-14.
void change_bound(struct world *w, const struct ask *a, uint32_t bound)
{
	const struct bound *b = &w->model->bound[bound];
	bool from_its_mag = ip6_equal(b->coa, a->coa);

	if (a->asked_s == 0 && !from_its_mag) { // LMA-DER-03, LMA-HO-02
		been_at(w, b->detached ? AT_DETACHED_FOREIGN : AT_ACTIVE_FOREIGN);
		expect_note(w, LMA_NOTE_IGNORED_DEREG);
	} else if (a->asked_s == 0) {
		deregister(w, a, bound);
	} else if (from_its_mag) {
		renew(w, a, bound, b->detached ? AT_DETACHED_REFRESH : AT_ACTIVE_REFRESH);
	} else {
		renew(w, a, bound, b->detached ? AT_DETACHED_HANDOFF : AT_ACTIVE_HANDOFF);
	}
}

void remove_bound(struct world *w, uint32_t bound, enum lma_note_kind kind)
{
	bool waited_for = w->model->bound[bound].waited_for;

	expect_drop(w, bound, LMA_UNBIND);
	expect_note(w, kind);
	drop_bound(w, bound);
	if (waited_for)
		release_all(w, bound, false);
}

void time_is_over(struct world *w, uint32_t bound)
{
	bool detached = w->model->bound[bound].detached;

	been_at(w, detached ? AT_DETACHED_TIME : AT_ACTIVE_TIME);
	remove_bound(w, bound, detached ? LMA_NOTE_DELETED : LMA_NOTE_EXPIRED);
}
