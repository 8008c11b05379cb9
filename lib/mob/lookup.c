// Which binding an update is about: RFC 5213 5.4.1, as a pure look without effects.
//
// Three tables, one for each branch: by prefix (5.4.1.1), by node and link-layer identifier
// (5.4.1.2), by node alone (5.4.1.3). The first row that holds decides; the last one always does.
// Handoff indicators 0 and unassigned count as 4 (LMA-RX-07).
#include "mob/engine.h"

// What the rows of one branch look at.
struct scene {
	const struct lma *lma;
	const struct request *r;
	uint32_t bce;  // by prefix: the binding that has one; else the only session of the node
	uint32_t full; // by link-layer identifier: the session with all of its key
	uint32_t own;  // by prefix: the node's binding that has one, associated or not
	bool foreign;  // by prefix: another node has one
};

enum outcome { NONE, FOUND, FOUND_FULL, WAIT, SHARE, SILENT, NOT_YOURS, WRONG_SET };

struct row {
	const char *rule;
	bool (*holds)(const struct scene *);
	enum outcome outcome;
};

static const struct bce *entry(const struct scene *s)
{
	return binding_get(&s->lma->bindings, s->bce);
}

static uint8_t indicator(const struct request *r)
{
	return r->handoff >= HI_NEW_INTERFACE && r->handoff <= HI_SHARED_PREFIXES ? r->handoff
										  : HI_UNKNOWN;
}

// ---- What the rows ask.

static bool always(const struct scene *s)
{
	(void)s;
	return true;
}

static bool deregisters(const struct scene *s)
{
	return s->r->lifetime_s == 0;
}

static bool nobody_has_one(const struct scene *s)
{
	return s->bce == BCE_NULL;
}

static bool another_node_has_one(const struct scene *s)
{
	return s->foreign;
}

// LMA-BC-04: the same prefixes, each once. Those of two sessions are no set either.
static bool set_differs(const struct scene *s)
{
	const struct request *r = s->r;
	const struct bce *e = entry(s);
	const struct ip6_prefix *hnps = binding_hnps(e);

	if (r->n_zero > 0 || r->n_hnps != e->n_hnps)
		return true;
	for (uint8_t i = 0; i < e->n_hnps; i++) {
		bool there = false;
		for (uint8_t k = 0; k < r->n_hnps; k++)
			there |= ip6_prefix_equal(hnps[i], r->hnps[k]);
		if (!there)
			return true;
	}
	return false;
}

static bool has_full_key(const struct bce *e, const struct request *r)
{
	return r->ll_id.n > 0 && e->access == r->access && span_equal(binding_ll_id(e), r->ll_id);
}

static bool full_key_matches(const struct scene *s)
{
	return has_full_key(entry(s), s->r);
}

static bool wants_to_share(const struct scene *s)
{
	return indicator(s->r) == HI_SHARED_PREFIXES && s->r->lifetime_s > 0;
}

static bool moves_between_interfaces(const struct scene *s)
{
	return indicator(s->r) == HI_BETWEEN_INTERFACES;
}

static bool moves_between_mags(const struct scene *s)
{
	return indicator(s->r) == HI_BETWEEN_MAGS;
}

static bool same_nameless_interface_moves(const struct scene *s)
{
	const struct bce *e = entry(s);

	return s->r->ll_id.n == 0 && e->ll_id_len == 0 && e->access == s->r->access &&
	       moves_between_mags(s);
}

// LMA-BC-12b: the care-of address of the Alternate option, if there is one.
static bool has_same_place(const struct lma *lma, const struct bce *e, const struct request *r)
{
	return e->access == r->access && ip6_equal(lma->mags[e->mag].coa, r->coa);
}

static bool same_place(const struct scene *s)
{
	return has_same_place(s->lma, entry(s), s->r);
}

static bool a_session_has_all_of_its_key(const struct scene *s)
{
	return s->full != BCE_NULL;
}

static bool is_not_the_only_one(const struct scene *s)
{
	return s->bce == BCE_NULL;
}

static bool knows_no_handoff(const struct scene *s)
{
	return indicator(s->r) == HI_UNKNOWN;
}

// The old MAG has de-registered already.
static bool comes_after_the_old_mag(const struct scene *s)
{
	return knows_no_handoff(s) && entry(s)->state == BCE_DETACHED;
}

static bool may_not_wait(const struct scene *s)
{
	return knows_no_handoff(s) && s->lma->conf.new_session_at_once;
}

// ---- The tables.

// RFC 5213 5.4.1.1.
static const struct row by_prefix[] = {
	{"LMA-BC-02", nobody_has_one, NONE},
	{"LMA-BC-03", another_node_has_one, NOT_YOURS},
	{"LMA-BC-04", set_differs, WRONG_SET},
	{"LMA-BC-05", full_key_matches, FOUND},
	{"LMA-BC-12", wants_to_share, SHARE},
	{"LMA-BC-05", moves_between_interfaces, FOUND},
	{"LMA-BC-05", same_nameless_interface_moves, FOUND},
	{"LMA-BC-05", same_place, FOUND},
	{"LMA-BC-12b", deregisters, SILENT},
	{"LMA-BC-13", always, NOT_YOURS},
};

// RFC 5213 5.4.1.2.
static const struct row by_link_layer_id[] = {
	{"LMA-BC-06", a_session_has_all_of_its_key, FOUND_FULL},
	{"LMA-BC-18", deregisters, NONE},
	{"LMA-BC-09", is_not_the_only_one, NONE},
	{"LMA-BC-07", moves_between_interfaces, FOUND},
	{"LMA-BC-08", comes_after_the_old_mag, FOUND},
	{"LMA-BC-08", may_not_wait, NONE},
	{"LMA-BC-08", knows_no_handoff, WAIT},
	{"LMA-BC-20", always, NONE},
};

// RFC 5213 5.4.1.3.
static const struct row by_node[] = {
	{"LMA-BC-18", deregisters, NONE},
	{"LMA-BC-17", a_session_has_all_of_its_key, FOUND_FULL},
	{"LMA-BC-10", is_not_the_only_one, NONE},
	{"LMA-BC-10", moves_between_interfaces, FOUND},
	{"LMA-BC-10", moves_between_mags, FOUND},
	{"LMA-BC-08", comes_after_the_old_mag, FOUND},
	{"LMA-BC-08", may_not_wait, NONE},
	{"LMA-BC-08", knows_no_handoff, WAIT},
	{"LMA-BC-10", always, NONE},
};

// ---- From a row to an answer.

static struct match of_kind(enum match_kind kind, uint32_t bce, uint32_t freshness)
{
	return (struct match){kind, bce, freshness, PBA_ACCEPTED};
}

static struct match refused(enum pba_status status, uint32_t freshness)
{
	return (struct match){MATCH_REFUSED, BCE_NULL, freshness, status};
}

// LMA-DER-04, LMA-BC-12b: nothing to de-register is no error and no answer.
static struct match none(const struct request *r)
{
	return of_kind(r->lifetime_s == 0 ? MATCH_SILENT : MATCH_NEW, BCE_NULL, BCE_NULL);
}

static struct match decide(const struct row *rows, const struct scene *s)
{
	while (!rows->holds(s))
		rows++;
	switch (rows->outcome) {
	case FOUND:
		return of_kind(MATCH_BINDING, s->bce, s->bce);
	case FOUND_FULL:
		return of_kind(MATCH_BINDING, s->full, s->full);
	case WAIT:
		return of_kind(MATCH_WAIT, s->bce, s->bce);
	case SHARE: // a session of its own: nothing was accepted in it before
		return of_kind(MATCH_SHARE, s->bce, BCE_NULL);
	case SILENT:
		return of_kind(MATCH_SILENT, BCE_NULL, s->own);
	case NOT_YOURS:
		return refused(PBA_NOT_AUTHORIZED_FOR_HNP, s->own);
	case WRONG_SET:
		return refused(PBA_PREFIX_SET_MISMATCH, s->own);
	case NONE:
		break;
	}
	return none(s->r);
}

// ---- Setting the scene.

static bool is_of_node(const struct lma *lma, uint32_t bce, const struct request *r)
{
	const struct mn *mn = binding_mn(&lma->bindings, binding_get(&lma->bindings, bce));

	return mn_id_equal(mn->subtype, mn_id_of(mn), r->mn_id_subtype, r->mn_id);
}

// Of two sessions that share the prefixes, the one that the update is from.
static uint32_t which_of_two(const struct lma *lma, uint32_t bce, const struct request *r)
{
	uint32_t other = binding_get(&lma->bindings, bce)->sharer;

	if (other == BCE_NULL || has_full_key(binding_get(&lma->bindings, bce), r))
		return bce;
	const struct bce *o = binding_get(&lma->bindings, other);
	if (has_full_key(o, r))
		return other;
	if (has_same_place(lma, binding_get(&lma->bindings, bce), r))
		return bce;
	return has_same_place(lma, o, r) ? other : bce;
}

static struct match look_by_prefix(const struct lma *lma, const struct request *r)
{
	struct scene s = {lma, r, BCE_NULL, BCE_NULL, BCE_NULL, false};

	for (uint8_t i = 0; i < r->n_hnps; i++) {
		uint32_t bce = ip6_is_zero(r->hnps[i].addr)
				       ? BCE_NULL
				       : binding_find_hnp(&lma->bindings, r->hnps[i]);
		if (bce == BCE_NULL)
			continue;
		s.bce = bce = which_of_two(lma, bce, r);
		if (is_of_node(lma, bce, r))
			s.own = bce;
		else
			s.foreign = true; // LMA-BC-12d
	}
	return decide(by_prefix, &s);
}

// LMA-BC-17: the first registration again, whose answer was lost; nothing else tells it from the
// first one of another interface.
static bool is_first_again(const struct lma *lma, const struct bce *e, const struct request *r)
{
	return lma->now.mono - e->since < lma->conf.coalesce_first_pbu && e->ll_id_len == 0 &&
	       e->handoff == r->handoff && has_same_place(lma, e, r);
}

static struct match look_by_node(const struct lma *lma, const struct request *r)
{
	const struct bindings *b = &lma->bindings;
	uint32_t first = binding_find_mn(b, r->mn_hash, r->mn_id_subtype, r->mn_id);
	bool by_id = r->ll_id.n > 0;
	struct scene s = {lma, r, BCE_NULL, BCE_NULL, BCE_NULL, false};

	if (first != BCE_NULL && binding_mn(b, binding_get(b, first))->n == 1)
		s.bce = first;
	for (uint32_t i = first; i != BCE_NULL; i = binding_next_of_mn(b, i)) {
		const struct bce *e = binding_get(b, i);
		if (by_id ? has_full_key(e, r) : is_first_again(lma, e, r))
			s.full = i; // LMA-BC-06, LMA-BC-11: whatever the indicator says
	}
	return decide(by_id ? by_link_layer_id : by_node, &s);
}

struct match lookup_binding(const struct lma *lma, const struct request *r)
{
	if (!r->has_mn_id)
		return none(r);
	// LMA-BC-01, LMA-BC-12d: any prefix that is not zero.
	return r->n_zero < r->n_hnps ? look_by_prefix(lma, r) : look_by_node(lma, r);
}
