// Which binding an update is about: LMA-BC-01 to -21 from the text of CONFORMANCE B2.
#include <ctype.h>

#include "test/sim/model.h"

// OPT-05, OPT-06.
bool same_name(const uint8_t *a, uint8_t a_kind, uint8_t a_len, const uint8_t *b, uint8_t b_kind,
	       uint8_t b_len)
{
	int at = -1;

	if (a_kind != b_kind || a_len != b_len)
		return false;
	for (int i = 0; i < a_len && a_kind == MN_ID_NAI; i++)
		if (a[i] == '@')
			at = i;
	for (int i = 0; i < a_len; i++) {
		bool is_realm = at >= 0 && i > at;
		if (is_realm ? tolower(a[i]) != tolower(b[i]) : a[i] != b[i])
			return false;
	}
	return true;
}

bool same_node(const struct bound *b, const struct ask *a)
{
	return b->used && same_name(b->id, b->id_kind, b->id_len, a->id, a->id_kind, a->id_len);
}

static bool same_ll(const struct bound *b, const struct ask *a)
{
	return b->ll_len == a->ll_len && memcmp(b->ll, a->ll, a->ll_len) == 0;
}

static bool has_key(const struct bound *b, const struct ask *a)
{
	return a->ll_len > 0 && same_ll(b, a) && b->att == a->att;
}

static bool same_place(const struct bound *b, const struct ask *a)
{
	return b->att == a->att && ip6_equal(b->coa, a->coa);
}

static struct verdict new_session(const struct ask *a, enum place place)
{
	return (struct verdict){a->asked_s == 0 ? O_SILENT : O_NEW, NOBODY, NOBODY, 0, place};
}

static struct verdict found(uint32_t bound, enum place place)
{
	return (struct verdict){O_FOUND, bound, bound, 0, place};
}

static struct verdict refuse(uint8_t status, uint32_t fresh, enum place place)
{
	return (struct verdict){O_REFUSED, NOBODY, fresh, status, place};
}

// ---- 5.4.1.1: by prefix.

static bool same_set(const struct world *w, const struct bound *b, const struct ask *a)
{
	uint32_t hits = 0;

	for (uint8_t i = 0; i < b->n_hnps; i++) {
		struct ip6_prefix hnp = prefix_of_number(&w->setup, b->hnps[i]);
		bool there = false;
		for (uint8_t k = 0; k < a->n_hnps; k++)
			there |= ip6_prefix_equal(a->hnps[k], hnp);
		hits += there;
	}
	return a->n_hnps == b->n_hnps && hits == b->n_hnps;
}

// Of two that share the prefix the one whose key it is, else whose place, else that of the packets.
static uint32_t which(const struct model *m, uint32_t first, const struct ask *a)
{
	uint32_t other = m->bound[first].sharer;

	if (other == NOBODY || has_key(&m->bound[first], a))
		return first;
	if (has_key(&m->bound[other], a))
		return other;
	return !same_place(&m->bound[first], a) && same_place(&m->bound[other], a) ? other : first;
}

static struct verdict by_prefix(const struct world *w, const struct ask *a)
{
	const struct model *m = w->model;
	uint32_t bound = NOBODY, own = NOBODY;
	bool foreign = false;

	for (uint8_t i = 0; i < a->n_hnps; i++) {
		uint32_t number = prefix_number(&w->setup, a->hnps[i]);
		if (number == MAX_PREFIXES || m->prefixes[number].state != TAKEN)
			continue;
		bound = which(m, m->prefixes[number].bound, a);
		if (same_node(&m->bound[bound], a))
			own = bound;
		else
			foreign = true;
	}
	if (bound == NOBODY)
		return new_session(a, AT_BC_02);
	if (foreign)
		return refuse(PBA_NOT_AUTHORIZED_FOR_HNP, own, AT_BC_03);
	const struct bound *b = &m->bound[bound];
	if (a->n_zero > 0 || !same_set(w, b, a))
		return refuse(PBA_PREFIX_SET_MISMATCH, own, AT_BC_04);
	if (has_key(b, a))
		return found(bound, AT_BC_05_KEY);
	if (a->hi == HI_SHARED_PREFIXES && a->asked_s > 0)
		return (struct verdict){O_SHARE, bound, NOBODY, 0, AT_BC_12};
	if (a->hi == HI_BETWEEN_INTERFACES)
		return found(bound, AT_BC_05_HI2);
	if (a->ll_len == 0 && b->ll_len == 0 && a->att == b->att && a->hi == HI_BETWEEN_MAGS)
		return found(bound, AT_BC_05_HI3);
	if (same_place(b, a))
		return found(bound, AT_BC_05_COA);
	if (a->asked_s == 0)
		return (struct verdict){O_SILENT, NOBODY, own, 0, AT_BC_12B};
	return refuse(PBA_NOT_AUTHORIZED_FOR_HNP, own, AT_BC_13);
}

// ---- 5.4.1.2 and 5.4.1.3: by node.

// LMA-BC-17.
static bool is_first_again(const struct world *w, const struct bound *b, const struct ask *a)
{
	return w->now.mono - b->since < w->setup.lma.coalesce_first_pbu && b->ll_len == 0 &&
	       b->hi == a->hi_sent && same_place(b, a);
}

struct scan {
	uint32_t sessions, any, full;
};

// Two with the same key can be: a handoff between interfaces takes the key over. Then any of them
// is right, and m->pick says which.
static struct scan scan_node(const struct world *w, const struct ask *a)
{
	struct scan s = {0, NOBODY, NOBODY};
	uint32_t n_full = 0;

	for (uint32_t i = 0; i < w->model->high; i++) {
		const struct bound *b = &w->model->bound[i];
		if (!same_node(b, a))
			continue;
		s.sessions++;
		s.any = i;
		if (!(a->ll_len > 0 ? has_key(b, a) : is_first_again(w, b, a)))
			continue;
		if (n_full++ <= w->model->pick)
			s.full = i;
	}
	w->model->n_full = n_full;
	return s;
}

static struct verdict wait_for(const struct world *w, uint32_t bound, const enum place places[3],
			       const struct ask *a)
{
	if (w->model->bound[bound].detached)
		return found(bound, places[0]);
	if (w->setup.lma.new_session_at_once)
		return new_session(a, places[1]);
	return (struct verdict){O_WAIT, bound, bound, 0, places[2]};
}

static struct verdict by_identifier(const struct world *w, const struct ask *a)
{
	static const enum place waits[] = {AT_BC_08_GONE, AT_BC_08_NOW, AT_BC_08};
	struct scan s = scan_node(w, a);

	if (s.full != NOBODY)
		return found(s.full, a->hi == HI_NEW_INTERFACE ? AT_BC_11 : AT_BC_06);
	if (a->asked_s == 0)
		return new_session(a, AT_BC_18);
	if (s.sessions != 1)
		return new_session(a, AT_BC_09);
	if (a->hi == HI_BETWEEN_INTERFACES)
		return found(s.any, AT_BC_07);
	if (a->hi == HI_UNKNOWN)
		return wait_for(w, s.any, waits, a);
	return new_session(a, AT_BC_20);
}

static struct verdict by_node(const struct world *w, const struct ask *a)
{
	static const enum place waits[] = {AT_NODE_BC_08_GONE, AT_NODE_BC_08_NOW, AT_NODE_BC_08};
	struct scan s = scan_node(w, a);

	if (a->asked_s == 0)
		return new_session(a, AT_NODE_BC_18);
	if (s.full != NOBODY)
		return found(s.full, AT_BC_17);
	if (s.sessions != 1)
		return new_session(a, AT_BC_10_MANY);
	if (a->hi == HI_BETWEEN_INTERFACES)
		return found(s.any, AT_BC_10_HI2);
	if (a->hi == HI_BETWEEN_MAGS)
		return found(s.any, AT_BC_10_HI3);
	if (a->hi == HI_UNKNOWN)
		return wait_for(w, s.any, waits, a);
	return new_session(a, AT_BC_10);
}

struct verdict look_up(struct world *w, const struct ask *a)
{
	w->model->n_full = 0;
	if (!a->has_id)
		return new_session(a, AT_NO_MN_ID);
	if (a->n_zero < a->n_hnps)
		return by_prefix(w, a);
	return a->ll_len > 0 ? by_identifier(w, a) : by_node(w, a);
}
