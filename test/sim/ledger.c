// What must hold after every step, from what the LMA said alone:
//
// The workers' tables, rebuilt from BIND, DETACH and UNBIND, are the LMA's bindings. A prefix has
// one session. What a PBA grants was bound before it left, stays that node's until the granted time
// is over, and not longer; only an operator, or workers without room, end it earlier. Another node
// gets it after its quarantine. All counts add up.
#include <ctype.h>

#include "test/sim/sim.h"

static struct promise *promise_of(struct world *w, struct ip6_prefix hnp)
{
	if (hnp.len != 64 || !ip6_prefix_covers(w->conf.pools[0].block, hnp.addr))
		broke(w, "a prefix that is not of the pool");
	return &w->promises[ip6_hi64(hnp.addr) % N_PREFIXES];
}

void ledger_clear(struct world *w)
{
	memset(w->promises, 0, sizeof(w->promises));
	memset(w->sent_status, 0, sizeof(w->sent_status));
}

static bool is_theirs(const struct promise *p, struct span mn)
{
	if (mn.n != p->mn_len)
		return false;
	for (uint16_t i = 0; i < mn.n; i++)
		if (tolower(mn.p[i]) != tolower(p->mn[i]))
			return false;
	return true;
}

static void take_bind(struct world *w, const struct lma_action *a)
{
	struct promise *p = promise_of(w, a->bind.hnp);

	if (a->bind.mag == 0 || a->bind.mag > w->conf.max_mags)
		broke(w, "a mag_id out of its range");
	// No room, seldom; then perhaps not for the way back either.
	if (happens(w, w->binds_failed > 0 ? 5 : 200)) {
		w->binds_failed++;
		lma_input(w->lma, w->now,
			  &(struct lma_event){.kind = LMA_BIND_FAILED,
					      .bind_failed.hnp = a->bind.hnp});
		return;
	}
	p->bound = true;
	p->detached = false;
	p->coa = a->bind.coa;
	p->mag = a->bind.mag;
}

static void take_detach(struct world *w, struct ip6_prefix hnp)
{
	struct promise *p = promise_of(w, hnp);

	if (!p->bound)
		broke(w, "DETACH of what is not bound");
	if (!p->detached && w->binds_failed == 0)
		p->until = w->now.mono + w->conf.min_delay_before_bce_delete;
	p->detached = true;
}

static void take_unbind(struct world *w, struct ip6_prefix hnp, enum lma_event_kind why)
{
	struct promise *p = promise_of(w, hnp);

	if (p->until > w->now.mono && why != LMA_DELETE && w->binds_failed < 2)
		broke(w, "a prefix is taken away that was promised");
	w->unbinds++;
	if (p->until == 0)
		p->mn_len = 0; // bound, and never granted: we do not know to whom
	p->bound = p->detached = false;
	p->until = 0;
	p->kept_from_others = w->now.mono + w->conf.prefix_quarantine;
}

static void take_granted(struct world *w, const struct lma_action *a, struct ip6_prefix hnp)
{
	struct span mn = mh_find(a->send.mh, OPT_MN_ID)->mn_id.id;
	struct promise *p = promise_of(w, hnp);

	if (a->send.mh->ba.lifetime_4s == 0)
		return;
	if (!p->bound || p->detached || !ip6_equal(p->coa, a->send.dst))
		broke(w, "a PBA grants what the workers do not know");
	if (!is_theirs(p, mn) && p->until > w->now.mono)
		broke(w, "a PBA grants what was promised to another node");
	if (p->mn_len > 0 && !is_theirs(p, mn) && p->kept_from_others > w->now.mono)
		broke(w, "a PBA grants what is in quarantine");
	p->mn_len = (uint8_t)(mn.n < sizeof(p->mn) ? mn.n : sizeof(p->mn));
	memcpy(p->mn, mn.p, p->mn_len);
	p->until = w->now.mono + (ns_t)a->send.mh->ba.lifetime_4s * 4 * NS_SEC;
	p->grants++;
}

static void take_send(struct world *w, const struct lma_action *a)
{
	const struct mh *mh = a->send.mh;
	const struct mh_opt *opt = NULL;

	if (!ip6_equal(a->send.src, lma_addr()))
		broke(w, "an answer from an address that is not ours");
	transmit(w, a->send.src, a->send.dst, mh);
	if (mh->type != MH_BA)
		return;
	w->sent_status[mh->ba.status]++;
	w->seen_status[mh->ba.status]++;
	if (mh_find(mh, OPT_MN_ID) == NULL || mh_find(mh, OPT_HNP) == NULL ||
	    mh_find(mh, OPT_HANDOFF) == NULL || mh_find(mh, OPT_ACCESS) == NULL)
		broke(w, "a PBA without its four options");
	if (mh->ba.status >= 128 && mh->ba.lifetime_4s != 0)
		broke(w, "a refusal with a lifetime");
	while (mh->ba.status < 128 && (opt = mh_find_next(mh, OPT_HNP, opt)) != NULL)
		take_granted(w, a, (struct ip6_prefix){opt->hnp.prefix, opt->hnp.prefix_len});
}

void ledger_tell(struct world *w, const struct lma_event *event)
{
	struct lma_action a;

	w->binds_failed = w->unbinds = w->sends = w->notes = 0;
	for (uint32_t i = 0; i < N_PREFIXES; i++)
		w->promises[i].grants = 0;
	lma_input(w->lma, w->now, event);
	while (lma_output(w->lma, &a)) {
		trace_action(w, &a);
		switch (a.kind) {
		case LMA_BIND:
			take_bind(w, &a);
			break;
		case LMA_DETACH:
			take_detach(w, a.detach.hnp);
			break;
		case LMA_UNBIND:
			take_unbind(w, a.unbind.hnp, event->kind);
			break;
		case LMA_SEND:
			take_send(w, &a);
			w->sends++;
			break;
		case LMA_NOTE:
			w->seen_notes[a.note.kind]++;
			w->notes++;
			break;
		}
	}
	// Only the repetition of one that waits may go without a word.
	if (event->kind == LMA_MESSAGE && w->sends + w->notes == 0 && lma_totals(w->lma)->held == 0)
		broke(w, "a message without any outcome");
	w->taken_back += w->binds_failed > 0 && w->unbinds == 0;
}

// ---- After a step.

static void check_binding(struct world *w, const struct lma_binding *b, bool seen[N_PREFIXES])
{
	if (b->n_hnps == 0 || b->n_hnps > MAX_HNPS)
		broke(w, "a binding with no prefix, or too many");
	for (uint32_t i = 0; i < b->n_hnps; i++) {
		struct promise *p = promise_of(w, b->hnps[i]);
		if (seen[p - w->promises])
			broke(w, "a prefix in two sessions");
		seen[p - w->promises] = true;
		bool same_end = ip6_equal(p->coa, b->coa) && p->mag == b->mag;
		if (!p->bound || p->detached != (b->state == BCE_DETACHED) ||
		    (!p->detached && !same_end))
			broke(w, "the workers see another binding than the LMA");
		if (!is_theirs(p, b->mn_id))
			broke(w, "a binding of another node than the one it was granted to");
		if (p->until + 2 * NS_MSEC < w->now.mono)
			broke(w, "a binding outlives its lifetime");
	}
}

static uint64_t sum(const uint64_t *v, size_t n)
{
	uint64_t total = 0;

	while (n > 0)
		total += v[--n];
	return total;
}

static void check_totals(struct world *w, uint32_t bindings, uint32_t detached, uint32_t prefixes)
{
	const struct lma_totals *t = lma_totals(w->lma);
	struct lma_mag mag;
	uint32_t cursor = 0, of_mags = 0;

	if (t->bindings != bindings || t->detached != detached)
		broke(w, "totals of bindings are wrong");
	if (t->prefixes_used != prefixes ||
	    t->prefixes_used + t->prefixes_free + t->prefixes_quarantined != N_PREFIXES)
		broke(w, "totals of prefixes are wrong");
	while (lma_next_mag(w->lma, &cursor, &mag))
		of_mags += mag.bindings;
	if (of_mags != bindings)
		broke(w, "the MAGs' bindings are not all bindings");
	if (memcmp(t->by_status, w->sent_status, sizeof(t->by_status)) != 0)
		broke(w, "answers counted are not answers sent");
	if (sum(t->accepted, LMA_N_UPDATES) + sum(t->denied, LMA_N_UPDATES) !=
	    sum(w->sent_status, 256))
		broke(w, "accepted and denied are not what was answered");
	if (sum(t->received, LMA_N_UPDATES) < sum(w->sent_status, 256) + t->held)
		broke(w, "more answers than updates");
}

void ledger_check(struct world *w)
{
	bool seen[N_PREFIXES] = {0};
	uint32_t cursor = 0, bindings = 0, detached = 0, prefixes = 0;
	struct lma_binding b;

	while (lma_next_binding(w->lma, &cursor, &b)) {
		check_binding(w, &b, seen);
		bindings++;
		detached += b.state == BCE_DETACHED;
		prefixes += b.n_hnps;
	}
	for (uint32_t i = 0; i < N_PREFIXES; i++) {
		if (seen[i])
			continue;
		if (w->promises[i].bound)
			broke(w, "the workers know a binding that is none");
		if (w->promises[i].until > w->now.mono)
			broke(w, "a node lost the prefix that it was promised");
	}
	check_totals(w, bindings, detached, prefixes);
}

void ledger_check_empty(struct world *w)
{
	const struct lma_totals *t = lma_totals(w->lma);

	ledger_check(w);
	if (t->bindings != 0 || t->held != 0 || t->prefixes_used != 0 ||
	    t->prefixes_quarantined != 0 || t->prefixes_free != N_PREFIXES)
		broke(w, "something is left when everything is over");
}
