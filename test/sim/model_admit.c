// The first check that fails: LMA-RX-06 in its order, B5 for time stamps and numbers.
#include <stdio.h>

#include "test/sim/model.h"

// ---- Rows of the configuration.

uint32_t row_of_mag(const struct world *w, struct ip6_addr coa)
{
	uint32_t row = NOBODY;

	for (uint32_t i = w->setup.lma.n_mags; i-- > 0;)
		if (ip6_prefix_covers(w->setup.mags[i].from, coa) &&
		    (row == NOBODY || w->setup.mags[row].from.len < 128 ||
		     w->setup.mags[i].from.len == 128))
			row = i;
	return row;
}

static bool is_key(const char *key, const uint8_t *id, uint8_t len)
{
	return same_name((const uint8_t *)key, MN_ID_NAI, (uint8_t)strlen(key), id, MN_ID_NAI, len);
}

// Its "@realm"; nothing for what is no NAI.
static uint8_t realm_of(const struct ask *a)
{
	uint8_t at = a->id_len;

	for (uint8_t i = 0; a->id_kind == MN_ID_NAI && i < a->id_len; i++)
		if (a->id[i] == '@')
			at = i;
	return at;
}

uint32_t row_of_node(const struct world *w, const struct ask *a)
{
	uint8_t at = realm_of(a);
	uint32_t by_realm = NOBODY, by_star = NOBODY;

	for (uint32_t i = 0; i < w->setup.lma.n_profiles; i++) {
		const char *key = w->setup.profiles[i].key;
		if (a->id_kind == MN_ID_NAI && is_key(key, a->id, a->id_len))
			return i;
		if (at < a->id_len && is_key(key, a->id + at, (uint8_t)(a->id_len - at)))
			by_realm = i;
		if (strcmp(key, "*") == 0)
			by_star = i;
	}
	return by_realm != NOBODY ? by_realm : by_star;
}

static bool serves(const struct world *w, uint32_t mag_row, const struct ask *a)
{
	const struct lma_mag_conf *m = &w->setup.mags[mag_row];
	uint8_t at = realm_of(a);

	for (uint32_t i = 0; i < m->n_nodes; i++)
		if (strcmp(m->nodes[i].text, "*") == 0 ||
		    (a->id_kind == MN_ID_NAI && is_key(m->nodes[i].text, a->id, a->id_len)) ||
		    (at < a->id_len &&
		     is_key(m->nodes[i].text, a->id + at, (uint8_t)(a->id_len - at))))
			return true;
	return m->n_nodes == 0;
}

// ---- Checks.

static uint8_t check_mag(const struct world *w, const struct ask *a)
{
	uint32_t src = row_of_mag(w, a->src);

	if (src == NOBODY || a->mag_row == NOBODY || !serves(w, src, a) ||
	    !serves(w, a->mag_row, a))
		return PBA_MAG_NOT_AUTHORIZED;
	return 0;
}

static uint8_t check_node(const struct world *w, const struct ask *a)
{
	if (a->profile == NOBODY)
		return PBA_NOT_LMA_FOR_THIS_MN;
	return w->setup.profiles[a->profile].permit ? 0 : PBA_PROXY_REG_NOT_ENABLED;
}

static uint8_t check_stamp(const struct world *w, const struct ask *a, const struct bound *b)
{
	// LMA-TS-11: the window includes its end; in units of the format, rounded up.
	uint64_t window = (w->setup.lma.timestamp_validity_window * 65536 + NS_SEC - 1) / NS_SEC;
	bool inside = a->stamp + window >= a->came_q16 && a->stamp <= a->came_q16 + window;

	if (b != NULL && b->by_stamp && a->stamp < b->stamp)
		return PBA_TIMESTAMP_LOWER;
	if (b != NULL && b->by_stamp && a->stamp == b->stamp)
		return PBA_TIMESTAMP_MISMATCH;
	return inside || w->setup.lma.mobile_node_generated_timestamp ? 0 : PBA_TIMESTAMP_MISMATCH;
}

// LMA-TS-06.
static uint8_t check_number(const struct ask *a, const struct bound *b)
{
	if (b == NULL || b->by_stamp)
		return 0;
	uint32_t newer_by = (65536u + a->seq - b->seq) % 65536u;
	return newer_by == 0 || newer_by >= 32768 ? PBA_SEQUENCE_OUT_OF_WINDOW : 0;
}

static uint8_t check_service(const struct world *w, const struct ask *a, const struct verdict *v)
{
	if (a->service_len == 0 || a->asked_s == 0)
		return 0;
	if (!has_pool_of_service(w, a))
		return PBA_SERVICE_AUTHORIZATION_FAILED;
	if (v->outcome != O_FOUND && v->outcome != O_SHARE)
		return 0;
	const struct bound *b = &w->model->bound[v->bound];
	for (uint8_t i = 0; i < b->n_hnps; i++)
		if (!prefix_fits_service(w, a, b->hnps[i]))
			return PBA_SERVICE_AUTHORIZATION_FAILED;
	return 0;
}

static uint8_t check_claims(const struct world *w, const struct ask *a, const struct verdict *v)
{
	for (uint8_t i = 0; v->outcome == O_NEW && i < a->n_hnps; i++) {
		if (ip6_is_zero(a->hnps[i].addr))
			continue;
		if (!may_claim(w, a, a->hnps[i]))
			return PBA_NOT_AUTHORIZED_FOR_HNP;
		for (uint8_t k = 0; k < i; k++) // OPT-08
			if (ip6_prefix_equal(a->hnps[i], a->hnps[k]))
				return PBA_NOT_AUTHORIZED_FOR_HNP;
	}
	return 0;
}

// LMA-RX-12: what the session has already may be served by this MAG.
static uint8_t check_mag_pools(const struct world *w, const struct ask *a, const struct verdict *v)
{
	const struct lma_mag_conf *m = &w->setup.mags[a->mag_row];

	if ((v->outcome != O_FOUND && v->outcome != O_SHARE) || a->asked_s == 0)
		return 0;
	const struct bound *b = &w->model->bound[v->bound];
	for (uint8_t i = 0; i < b->n_hnps; i++)
		if (!is_listed(m->pools, m->n_pools, pool_of_number(&w->setup, b->hnps[i])))
			return PBA_NOT_AUTHORIZED_FOR_HNP;
	return 0;
}

// ---- Room.

uint32_t bindings_at(const struct world *w, struct ip6_addr coa)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->model->high; i++)
		n += w->model->bound[i].used && ip6_equal(w->model->bound[i].coa, coa);
	return n;
}

// The number of a MAG without bindings may be given to another.
bool has_mag_room(const struct world *w, struct ip6_addr coa)
{
	struct ip6_addr there[N_MAGS + 1];
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->model->high; i++) {
		const struct bound *b = &w->model->bound[i];
		uint32_t k = 0;
		while (k < n && !ip6_equal(there[k], b->coa))
			k++;
		if (b->used && k == n && n <= N_MAGS)
			there[n++] = b->coa;
	}
	return bindings_at(w, coa) > 0 || n < w->setup.lma.max_mags;
}

static uint8_t full(struct world *w, enum place place, enum lma_note_kind kind)
{
	been_at(w, place);
	if (kind != LMA_N_NOTES && !w->model->trying)
		expect_note(w, kind);
	return PBA_INSUFFICIENT_RESOURCES;
}

static bool is_at_quota(const struct world *w, const struct ask *a, const struct verdict *v)
{
	uint32_t max = w->setup.mags[a->mag_row].max_bindings;

	if (max == 0 || a->asked_s == 0 ||
	    (v->outcome == O_FOUND && ip6_equal(w->model->bound[v->bound].coa, a->coa)))
		return false;
	return bindings_at(w, a->coa) >= max;
}

static uint8_t check_room(struct world *w, const struct ask *a, const struct verdict *v)
{
	const struct lma_profile_conf *row = &w->setup.profiles[a->profile];
	uint32_t sessions = 0, most = row->sessions ? row->sessions : w->setup.lma.sessions_per_mn;

	if (is_at_quota(w, a, v))
		return full(w, AT_FULL_MAG, LMA_NOTE_MAG_FULL);
	if (v->outcome != O_NEW && v->outcome != O_SHARE)
		return 0;
	for (uint32_t i = 0; i < w->model->high; i++)
		sessions += same_node(&w->model->bound[i], a);
	if (v->outcome == O_SHARE && w->model->bound[v->bound].sharer != NOBODY)
		return full(w, AT_FULL_SHARE, LMA_N_NOTES);
	if (a->n_hnps > MAX_HNPS)
		return full(w, AT_FULL_HNPS, LMA_N_NOTES);
	if (sessions >= most)
		return full(w, AT_FULL_SESSIONS, LMA_N_NOTES);
	if (used_prefixes(w) + wanted_prefixes(w, a, v->outcome == O_NEW) >
	    w->setup.lma.max_bindings)
		return full(w, AT_FULL_BINDINGS, LMA_NOTE_FULL);
	return 0;
}

uint8_t admit_ask(struct world *w, const struct ask *a, const struct verdict *v)
{
	const struct bound *b = v->fresh != NOBODY ? &w->model->bound[v->fresh] : NULL;
	uint8_t status;

	if ((a->flags & BU_P) == 0)
		return PBA_HOME_REGISTRATION_UNSUPPORTED;
	if (!a->has_id)
		return PBA_MISSING_MN_ID;
	if ((status = check_mag(w, a)) != 0 || (status = check_node(w, a)) != 0)
		return status;
	status = a->has_stamp ? check_stamp(w, a, b) : check_number(a, b);
	if (status != 0 || (status = check_service(w, a, v)) != 0)
		return status;
	if (a->n_hnps == 0)
		return PBA_MISSING_HNP;
	if (!a->has_hi)
		return PBA_MISSING_HANDOFF_INDICATOR;
	if (!a->has_att)
		return PBA_MISSING_ACCESS_TECH_TYPE;
	if (v->outcome == O_REFUSED)
		return v->status;
	if ((status = check_claims(w, a, v)) != 0 || (status = check_mag_pools(w, a, v)) != 0)
		return status;
	return check_room(w, a, v);
}
