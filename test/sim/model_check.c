// The LMA's bindings and counters are the model's.
#include "test/sim/model.h"

static bool same_span(struct span s, const uint8_t *v, uint8_t n)
{
	return s.n == n && memcmp(s.p, v, n) == 0;
}

static bool same_prefixes(const struct world *w, const struct lma_binding *b, const struct bound *m)
{
	if (b->n_hnps != m->n_hnps)
		return false;
	for (uint32_t i = 0; i < b->n_hnps; i++) {
		uint32_t number = prefix_number(&w->setup, b->hnps[i]), k = 0;
		while (k < m->n_hnps && m->hnps[k] != number)
			k++;
		if (k == m->n_hnps)
			return false;
	}
	return true;
}

static void check_names(const struct world *w, const struct lma_binding *b, const struct bound *m)
{
	if (b->mn_id_subtype != m->id_kind || b->mn_id.n != m->id_len ||
	    !same_name(b->mn_id.p, m->id_kind, m->id_len, m->id, m->id_kind, m->id_len))
		broke(w, "a binding of another node");
	if (!same_prefixes(w, b, m))
		broke(w, "a binding with other prefixes");
	if (!same_span(b->ll_id, m->ll, m->ll_len))
		broke(w, "a binding with another link-layer identifier");
	if (strlen(b->service) != m->service_len ||
	    memcmp(b->service, m->service, m->service_len) != 0)
		broke(w, "a binding with another service");
}

static void check_values(const struct world *w, const struct lma_binding *b, const struct bound *m)
{
	if (!ip6_equal(b->coa, m->coa) || !ip6_equal(b->lmaa, m->lmaa))
		broke(w, "a binding with another tunnel");
	if (!ip6_equal(b->lla, m->lla))
		broke(w, "a binding with another link-local address");
	if ((b->state == BCE_DETACHED) != m->detached || b->access_tech != m->att ||
	    b->handoff_indicator != m->hi)
		broke(w, "a binding in another state");
	if (b->since != m->since || b->expires != m->ends || b->lifetime_s != m->lifetime_s)
		broke(w, "a binding with other times");
	if (b->handovers != m->handovers)
		broke(w, "a binding with another number of handovers");
	if (b->shared != (m->sharer != NOBODY))
		broke(w, "a binding that shares, or not");
}

// Two that share differ in what identifies them, or in when they began.
static uint32_t find_bound(const struct world *w, const struct lma_binding *b, const uint8_t *seen)
{
	uint32_t number = prefix_number(&w->setup, b->hnps[0]);
	uint32_t first = number < MAX_PREFIXES ? w->model->prefixes[number].bound : NOBODY;

	if (first == NOBODY)
		return NOBODY;
	const struct bound *m = &w->model->bound[first];
	bool other = m->sharer != NOBODY &&
		     (seen[first] || !ip6_equal(m->coa, b->coa) || m->att != b->access_tech ||
		      m->since != b->since || m->ends != b->expires);
	return other ? m->sharer : first;
}

static void check_counters(const struct world *w, uint32_t bindings)
{
	const struct lma_totals *t = lma_totals(w->lma);
	const struct model *m = w->model;
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->high; i++)
		n += m->bound[i].used;
	if (n != bindings)
		broke(w, "other bindings than there should be");
	if (t->held != m->n_waiting)
		broke(w, "other updates wait than should");
	if (memcmp(t->received, m->received, sizeof(t->received)) != 0 ||
	    memcmp(t->accepted, m->accepted, sizeof(t->accepted)) != 0 ||
	    memcmp(t->denied, m->denied, sizeof(t->denied)) != 0 ||
	    memcmp(t->by_status, m->by_status, sizeof(t->by_status)) != 0)
		broke(w, "counters of updates are wrong");
}

static void check_prefixes(const struct world *w)
{
	const struct lma_totals *t = lma_totals(w->lma);
	uint64_t n[3] = {0}, reserved = 0;

	for (uint32_t i = 0; i < w->setup.n_prefixes; i++) {
		const struct prefix_state *p = &w->model->prefixes[i];
		n[p->state]++;
		reserved += p->state == FREE && p->is_static_of != NOBODY;
	}
	if (t->prefixes_free != n[FREE] - reserved || t->prefixes_used != n[TAKEN] ||
	    t->prefixes_quarantined != n[RESTING])
		broke(w, "other prefixes are free, used or in quarantine than should be");
}

void model_check(struct world *w)
{
	static uint8_t seen[MODEL_BOUND];
	uint32_t cursor = 0, bindings = 0;
	struct lma_binding b;

	memset(seen, 0, w->model->high);
	while (lma_next_binding(w->lma, &cursor, &b)) {
		uint32_t i = find_bound(w, &b, seen);
		if (i == NOBODY)
			broke(w, "a binding that should not be");
		seen[i] = 1;
		check_names(w, &b, &w->model->bound[i]);
		check_values(w, &b, &w->model->bound[i]);
		bindings++;
	}
	check_counters(w, bindings);
	check_prefixes(w);
}
