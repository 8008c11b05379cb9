// Which binding an update is about: RFC 5213 5.4.1, as a pure look without effects.
//
// Three branches: by prefix (5.4.1.1), by node and link-layer identifier (5.4.1.2), by node alone
// (5.4.1.3). Handoff indicators 0 and unassigned count as 4 (LMA-RX-07).
#include "mob/engine.h"

static uint8_t indicator(const struct request *r)
{
	return r->handoff >= HI_NEW_INTERFACE && r->handoff <= HI_NO_CHANGE ? r->handoff
									    : HI_UNKNOWN;
}

static struct match refused(enum pba_status status, uint32_t freshness)
{
	return (struct match){MATCH_REFUSED, BCE_NULL, freshness, status};
}

static struct match found(uint32_t bce)
{
	return (struct match){MATCH_BINDING, bce, bce, PBA_ACCEPTED};
}

static struct match none(const struct request *r)
{
	// LMA-DER-04, LMA-BC-12b: nothing to de-register is no error and no answer.
	enum match_kind kind = r->lifetime_s == 0 ? MATCH_SILENT : MATCH_NEW;

	return (struct match){kind, BCE_NULL, BCE_NULL, PBA_ACCEPTED};
}

static bool is_of_node(const struct bce *e, const struct request *r)
{
	return r->has_mn_id &&
	       mn_id_equal(e->mn->subtype, binding_mn_id(e), r->mn_id_subtype, r->mn_id);
}

static bool coa_equal(const struct lma *lma, const struct bce *e, const struct request *r)
{
	return ip6_equal(lma->mags[e->mag].coa, r->coa);
}

// LMA-BC-04: the same prefixes, each once.
static bool same_set(const struct bce *e, const struct request *r)
{
	const struct ip6_prefix *hnps = binding_hnps(e);

	if (r->n_zero > 0 || r->n_hnps != e->n_hnps)
		return false;
	for (uint8_t i = 0; i < e->n_hnps; i++) {
		bool there = false;
		for (uint8_t k = 0; k < r->n_hnps; k++)
			there |= ip6_prefix_equal(hnps[i], r->hnps[k]);
		if (!there)
			return false;
	}
	return true;
}

// LMA-BC-05: the four ways in which an update with the binding's prefixes is of the same session.
static bool same_session(const struct lma *lma, const struct bce *e, const struct request *r)
{
	bool access = e->access == r->access;

	if (r->ll_id.n > 0 && access && span_equal(binding_ll_id(e), r->ll_id))
		return true;
	if (indicator(r) == HI_BETWEEN_INTERFACES)
		return true;
	if (r->ll_id.n == 0 && e->ll_id_len == 0 && access && indicator(r) == HI_BETWEEN_MAGS)
		return true;
	return access && coa_equal(lma, e, r);
}

// RFC 5213 5.4.1.1.
static struct match by_prefix(const struct lma *lma, const struct request *r)
{
	uint32_t bce = BCE_NULL, own = BCE_NULL;
	bool foreign = false;

	for (uint8_t i = 0; i < r->n_hnps; i++) {
		uint32_t k = ip6_is_zero(r->hnps[i].addr)
				     ? BCE_NULL
				     : binding_find_hnp(&lma->bindings, r->hnps[i]);
		if (k == BCE_NULL)
			continue;
		bce = k;
		if (is_of_node(binding_get(&lma->bindings, k), r))
			own = k;
		else
			foreign = true;
	}
	if (bce == BCE_NULL)
		return none(r); // LMA-BC-02
	if (foreign)
		return refused(PBA_NOT_AUTHORIZED_FOR_HNP, own); // LMA-BC-03, LMA-BC-12d
	const struct bce *e = binding_get(&lma->bindings, bce);
	if (!same_set(e, r)) // prefixes of two sessions are no set either
		return refused(PBA_PREFIX_SET_MISMATCH, own);
	if (same_session(lma, e, r))
		return found(bce);
	// LMA-BC-13: another session, but the prefixes are taken; a de-registration is silent.
	if (r->lifetime_s == 0)
		return (struct match){MATCH_SILENT, BCE_NULL, own, PBA_ACCEPTED};
	return refused(PBA_NOT_AUTHORIZED_FOR_HNP, own);
}

// LMA-BC-08: wait for the old MAG, unless it has de-registered already.
static struct match wait_for(const struct lma *lma, uint32_t bce)
{
	struct match m = found(bce);

	if (binding_get(&lma->bindings, bce)->state != BCE_DETACHED)
		m.kind = MATCH_WAIT;
	return m;
}

// The single session of a node, if it has just one.
static uint32_t only_session(const struct lma *lma, uint32_t first)
{
	return first != BCE_NULL && binding_get(&lma->bindings, first)->mn->n == 1 ? first
										   : BCE_NULL;
}

// RFC 5213 5.4.1.2.
static struct match by_link_layer_id(const struct lma *lma, const struct request *r, uint32_t first)
{
	for (uint32_t i = first; i != BCE_NULL; i = binding_next_of_mn(&lma->bindings, i)) {
		const struct bce *e = binding_get(&lma->bindings, i);
		if (e->access == r->access && span_equal(binding_ll_id(e), r->ll_id))
			return found(i); // LMA-BC-06, LMA-BC-11: whatever the indicator says
	}
	uint32_t only = only_session(lma, first);
	if (only == BCE_NULL || r->lifetime_s == 0) // LMA-BC-18
		return none(r);
	if (indicator(r) == HI_BETWEEN_INTERFACES)
		return found(only);
	if (indicator(r) == HI_UNKNOWN)
		return wait_for(lma, only);
	return none(r);
}

// RFC 5213 5.4.1.3.
static struct match by_node(const struct lma *lma, const struct request *r, uint32_t first)
{
	uint32_t only = only_session(lma, first);

	if (only == BCE_NULL || r->lifetime_s == 0) // LMA-BC-18
		return none(r);
	if (indicator(r) == HI_BETWEEN_INTERFACES || indicator(r) == HI_BETWEEN_MAGS)
		return found(only);
	if (indicator(r) == HI_UNKNOWN)
		return wait_for(lma, only);
	return none(r);
}

struct match lookup_binding(const struct lma *lma, const struct request *r)
{
	uint32_t first;

	if (!r->has_mn_id)
		return none(r);
	if (r->n_zero < r->n_hnps) // LMA-BC-12d: any prefix that is not zero
		return by_prefix(lma, r);
	first = binding_find_mn(&lma->bindings, r->mn_id_subtype, r->mn_id);
	return r->ll_id.n > 0 ? by_link_layer_id(lma, r, first) : by_node(lma, r, first);
}
