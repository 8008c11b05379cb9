// What must hold after every step, from what the LMA said alone:
//
// The workers' tables, rebuilt from BIND, DETACH and UNBIND, are the LMA's bindings. A prefix has
// one session, or two of one node that share it. What a PBA grants was bound before it left, stays
// that node's until the granted time is over, and not longer; only an operator, a refused service,
// or workers without room end it earlier. Another node gets it after its quarantine. All counts add
// up.
#include <ctype.h>

#include "test/sim/world.h"

static struct promise *promise_of(struct world *w, struct ip6_prefix hnp)
{
	uint32_t i = prefix_number(&w->setup, hnp);

	if (i == MAX_PREFIXES)
		broke(w, "a prefix that is not of the pools");
	return &w->promises[i];
}

void ledger_clear(struct world *w)
{
	memset(w->promises, 0, sizeof(w->promises));
	memset(w->sent_status, 0, sizeof(w->sent_status));
	memset(w->noted, 0, sizeof(w->noted));
	memset(w->pool_is_high, 0, sizeof(w->pool_is_high));
}

static bool is_theirs(const struct promise *p, struct span mn)
{
	uint16_t n = mn.n < sizeof(p->mn) ? mn.n : sizeof(p->mn);

	if (n != p->mn_len)
		return false;
	for (uint16_t i = 0; i < n; i++)
		if (tolower(mn.p[i]) != tolower(p->mn[i]))
			return false;
	return true;
}

static void take_bind(struct world *w, const struct did *d)
{
	struct promise *p = promise_of(w, d->a.bind.hnp);

	if (d->a.bind.mag == 0 || d->a.bind.mag > w->setup.lma.max_mags ||
	    d->a.bind.also > w->setup.lma.max_mags || d->a.bind.also == d->a.bind.mag)
		broke(w, "a mag_id out of its range");
	if (d->failed)
		return;
	p->bound = true;
	p->detached = false;
	p->coa = d->a.bind.coa;
	p->mag = d->a.bind.mag;
	p->also = d->a.bind.also;
	p->also_coa = d->a.bind.also_coa;
}

static void take_detach(struct world *w, struct ip6_prefix hnp)
{
	struct promise *p = promise_of(w, hnp);

	if (!p->bound)
		broke(w, "DETACH of what is not bound");
	if (w->binds_failed == 0)
		p->until = w->now.mono + w->setup.lma.min_delay_before_bce_delete;
	p->detached = true;
}

static bool lost_service(const struct world *w)
{
	for (uint32_t i = 0; i < w->n_did; i++)
		if (w->did[i].a.kind == LMA_NOTE && w->did[i].a.note.kind == LMA_NOTE_SERVICE_LOST)
			return true;
	return false;
}

static void take_unbind(struct world *w, struct ip6_prefix hnp, enum lma_event_kind why)
{
	struct promise *p = promise_of(w, hnp);

	if (p->until > w->now.mono && why != LMA_DELETE && w->binds_failed < 2 && !p->is_shared)
		p->taken_away = true; // for a refused service only: that is noted behind it
	if (p->until == 0)
		p->mn_len = 0; // bound, and never granted: we do not know to whom
	p->bound = p->detached = p->is_shared = false;
	p->until = 0;
	p->kept_from_others = w->now.mono + w->setup.lma.prefix_quarantine;
}

static void take_granted(struct world *w, const struct mh *mh, struct ip6_prefix hnp)
{
	struct span mn = mh_find(mh, OPT_MN_ID)->mn_id.id;
	struct promise *p = promise_of(w, hnp);

	if (mh->ba.lifetime_4s == 0)
		return;
	if (!p->bound || p->detached)
		broke(w, "a PBA grants what the workers do not know");
	if (!is_theirs(p, mn) && p->until > w->now.mono)
		broke(w, "a PBA grants what was promised to another node");
	if (p->mn_len > 0 && !is_theirs(p, mn) && p->kept_from_others > w->now.mono)
		broke(w, "a PBA grants what is in quarantine");
	p->mn_len = (uint8_t)(mn.n < sizeof(p->mn) ? mn.n : sizeof(p->mn));
	memcpy(p->mn, mn.p, p->mn_len);
	p->until = w->now.mono + (ns_t)mh->ba.lifetime_4s * 4 * NS_SEC;
}

static bool is_our_address(struct ip6_addr a)
{
	for (uint32_t i = 0; i < N_LMAAS; i++)
		if (ip6_equal(a, lma_addr(i)))
			return true;
	return false;
}

static void take_send(struct world *w, const struct did *d)
{
	const struct mh *mh = d->mh;
	const struct mh_opt *opt = NULL;

	if (!is_our_address(d->a.send.src))
		broke(w, "an answer from an address that is not ours");
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
		take_granted(w, mh, (struct ip6_prefix){opt->hnp.prefix, opt->hnp.prefix_len});
}

// Each way told once.
static void take_note(struct world *w, const struct lma_action *a)
{
	bool high = a->note.kind == LMA_NOTE_POOL_HIGH;

	w->noted[a->note.kind]++;
	w->seen_notes[a->note.kind]++;
	if (!high && a->note.kind != LMA_NOTE_POOL_LOW)
		return;
	if (a->note.pool >= w->setup.lma.n_pools || w->pool_is_high[a->note.pool] == high)
		broke(w, "a watermark is told of twice, or of no pool");
	w->pool_is_high[a->note.pool] = high;
}

void ledger_take(struct world *w, const struct did *d, enum lma_event_kind why)
{
	switch (d->a.kind) {
	case LMA_BIND:
		take_bind(w, d);
		break;
	case LMA_DETACH:
		take_detach(w, d->a.detach.hnp);
		break;
	case LMA_UNBIND:
		take_unbind(w, d->a.unbind.hnp, why);
		break;
	case LMA_SEND:
		take_send(w, d);
		break;
	case LMA_NOTE:
		take_note(w, &d->a);
		break;
	}
}

// ---- After a step.

// What the workers have of a prefix is what one of its sessions says, the one that they do not have
// being the second of two.
static bool workers_agree(const struct promise *p, const struct lma_binding *b)
{
	if (b->state != BCE_ACTIVE || b->unbound)
		return b->shared || p->detached;
	if (p->detached)
		return false;
	return (ip6_equal(p->coa, b->coa) && p->mag == b->mag) ||
	       (b->shared && p->also == b->mag && ip6_equal(p->also_coa, b->coa));
}

static void check_binding(struct world *w, const struct lma_binding *b, uint8_t *seen)
{
	if (b->n_hnps == 0 || b->n_hnps > MAX_HNPS)
		broke(w, "a binding with no prefix, or too many");
	for (uint32_t i = 0; i < b->n_hnps; i++) {
		struct promise *p = promise_of(w, b->hnps[i]);
		uint8_t *times = &seen[p - w->promises];
		p->is_shared |= b->shared;
		if (++*times > (b->shared ? 2 : 1))
			broke(w, "a prefix in too many sessions");
		if (!p->bound || !workers_agree(p, b))
			broke(w, "the workers see another binding than the LMA");
		if (!is_theirs(p, b->mn_id))
			broke(w, "a binding of another node than the one it was granted to");
		if (p->until + 2 * NS_MSEC < w->now.mono && !p->is_shared &&
		    lma_deadline(w->lma) > w->now.mono)
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

static void check_pools(struct world *w, const struct lma_totals *t, uint32_t prefixes)
{
	struct lma_pool pool;
	uint64_t reserved = 0, used = 0;
	uint32_t cursor = 0;

	while (lma_next_pool(w->lma, &cursor, &pool)) {
		reserved += pool.reserved;
		used += pool.used;
		if (pool.is_high != w->pool_is_high[cursor - 1])
			broke(w, "a watermark was crossed and nobody was told");
		if (pool.used + pool.free + pool.quarantined + pool.reserved != pool.prefixes)
			broke(w, "the counts of a pool are wrong");
	}
	if (t->prefixes_used != prefixes || used != prefixes ||
	    t->prefixes_used + t->prefixes_free + t->prefixes_quarantined + reserved !=
		    w->setup.n_prefixes)
		broke(w, "totals of prefixes are wrong");
}

static void check_totals(struct world *w, uint32_t bindings, uint32_t detached)
{
	const struct lma_totals *t = lma_totals(w->lma);
	struct lma_mag mag;
	uint32_t cursor = 0, of_mags = 0;

	if (t->bindings != bindings || t->detached != detached)
		broke(w, "totals of bindings are wrong");
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
	for (uint32_t i = 0; i < LMA_N_NOTES; i++)
		if (i != LMA_NOTE_OVERLOADED && t->notes[i] != w->noted[i])
			broke(w, "notes counted are not notes given");
}

void ledger_check(struct world *w)
{
	static uint8_t seen[MAX_PREFIXES];
	uint32_t cursor = 0, bindings = 0, detached = 0, prefixes = 0;
	struct lma_binding b;

	memset(seen, 0, w->setup.n_prefixes);
	while (lma_next_binding(w->lma, &cursor, &b)) {
		check_binding(w, &b, seen);
		bindings++;
		detached += b.state == BCE_DETACHED;
	}
	for (uint32_t i = 0; i < w->setup.n_prefixes; i++) {
		struct promise *p = &w->promises[i];
		prefixes += seen[i] > 0;
		if (p->taken_away && !lost_service(w))
			broke(w, "a prefix is taken away that was promised");
		p->taken_away = false;
		if (seen[i] > 0)
			continue;
		if (p->bound)
			broke(w, "the workers know a binding that is none");
		if (p->until > w->now.mono)
			broke(w, "a node lost the prefix that it was promised");
	}
	check_pools(w, lma_totals(w->lma), prefixes);
	check_totals(w, bindings, detached);
}

void ledger_check_empty(struct world *w)
{
	const struct lma_totals *t = lma_totals(w->lma);

	ledger_check(w);
	if (t->bindings != 0 || t->held != 0 || t->prefixes_used != 0 ||
	    t->prefixes_quarantined != 0)
		broke(w, "something is left when everything is over");
}
