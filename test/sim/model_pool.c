// Who may have which prefix: LMA-REG-01, -02, -05, LMA-EXP-02, static ones, networks.
#include <ctype.h>

#include "test/sim/model.h"

// LMA-BC, OPT-05: of an NAI the realm counts without regard to case.
uint64_t owner_of(const uint8_t *id, uint8_t kind, uint8_t len)
{
	uint64_t h = 14695981039346656037u ^ kind;
	uint8_t at = len;

	for (uint8_t i = 0; kind == MN_ID_NAI && i < len; i++)
		if (id[i] == '@')
			at = i;
	for (uint8_t i = 0; i < len; i++)
		h = (h ^ (uint64_t)(i > at ? tolower(id[i]) : id[i])) * 1099511628211u;
	return h;
}

bool is_listed(const uint16_t *pools, uint32_t n, uint32_t pool)
{
	for (uint32_t i = 0; i < n; i++)
		if (pools[i] == pool)
			return true;
	return n == 0;
}

static bool has_network(const struct world *w, const struct ask *a, uint32_t pool)
{
	const char *network = w->setup.pools[pool].network;

	return a->service_len == 0 || (strlen(network) == a->service_len &&
				       memcmp(network, a->service, a->service_len) == 0);
}

static bool is_for(const struct world *w, const struct ask *a, uint32_t pool)
{
	const struct lma_profile_conf *p = &w->setup.profiles[a->profile];
	const struct lma_mag_conf *m = &w->setup.mags[a->mag_row];

	return is_listed(p->pools, p->n_pools, pool) && is_listed(m->pools, m->n_pools, pool) &&
	       has_network(w, a, pool);
}

bool has_pool_of_service(const struct world *w, const struct ask *a)
{
	for (uint32_t i = 0; i < w->setup.lma.n_pools; i++)
		if (w->setup.pools[i].network[0] != '\0' && is_for(w, a, i))
			return true;
	return false;
}

bool prefix_fits_service(const struct world *w, const struct ask *a, uint32_t prefix)
{
	return w->model->prefixes[prefix].is_static_of == a->profile ||
	       is_for(w, a, pool_of_number(&w->setup, prefix));
}

static bool may_have(struct world *w, const struct ask *a, uint32_t prefix)
{
	const struct prefix_state *p = &w->model->prefixes[prefix];

	if (p->state == TAKEN)
		return false;
	if (p->is_static_of != NOBODY) {
		if (p->is_static_of != a->profile)
			been_at(w, AT_CLAIM_OTHERS_STATIC);
		return p->is_static_of == a->profile;
	}
	if (!is_for(w, a, pool_of_number(&w->setup, prefix))) {
		been_at(w, AT_CLAIM_POOL);
		return false;
	}
	if (p->state == FREE)
		return true;
	bool back = p->owner == owner_of(a->id, a->id_kind, a->id_len);
	been_at(w, back ? AT_CLAIM_BACK : AT_CLAIM_RESTING);
	return back;
}

bool may_claim(const struct world *w, const struct ask *a, struct ip6_prefix hnp)
{
	uint32_t i = prefix_number(&w->setup, hnp);

	return i != MAX_PREFIXES && may_have((struct world *)(uintptr_t)w, a, i);
}

static bool is_free(const struct world *w, uint32_t prefix)
{
	const struct prefix_state *p = &w->model->prefixes[prefix];

	return p->state == FREE && p->is_static_of == NOBODY;
}

static uint32_t n_free(const struct world *w, uint32_t pool)
{
	uint32_t n = 0;

	for (uint32_t i = w->setup.first_prefix[pool];
	     i < w->setup.n_prefixes && pool_of_number(&w->setup, i) == pool; i++)
		n += is_free(w, i);
	return n;
}

// Which prefixes it must have: those that are named, or static.
static uint8_t named_ones(const struct world *w, const struct ask *a, uint32_t out[static MAX_HNPS],
			  uint8_t *wanted)
{
	const struct lma_profile_conf *row = &w->setup.profiles[a->profile];
	uint8_t n = 0;

	*wanted = a->n_hnps;
	if (a->n_hnps != 1 || a->n_zero != 1) {
		for (uint8_t i = 0; i < a->n_hnps; i++)
			if (!ip6_is_zero(a->hnps[i].addr))
				out[n++] = prefix_number(&w->setup, a->hnps[i]);
		return n;
	}
	for (uint32_t i = 0; i < row->n_prefixes; i++) {
		out[n] = prefix_number(&w->setup, row->prefixes[i]);
		n += w->model->prefixes[out[n]].state != TAKEN;
	}
	*wanted = row->hnps > n ? row->hnps : n > 1 ? n : 1;
	return n;
}

uint8_t wanted_prefixes(const struct world *w, const struct ask *a, bool is_new)
{
	uint32_t named[MAX_HNPS];
	uint8_t wanted = a->n_hnps;

	if (is_new && a->n_hnps <= MAX_HNPS)
		named_ones(w, a, named, &wanted);
	return wanted;
}

static bool is_among(uint32_t prefix, const uint32_t *v, uint8_t n)
{
	for (uint8_t i = 0; i < n; i++)
		if (v[i] == prefix)
			return true;
	return false;
}

// Those that the LMA chose, of its BINDs: each of the first pool that has one.
static uint8_t adopt(struct world *w, const struct ask *a, uint32_t *out, uint8_t n, uint8_t wanted)
{
	const struct mh *mh = answer_to(w, a);
	const struct mh_opt *opt = NULL;
	uint32_t left[MAX_POOLS], bit = w->binds_failed > 0 ? 1 : 0;

	for (uint32_t i = 0; i < w->setup.lma.n_pools; i++)
		left[i] = is_for(w, a, i) ? n_free(w, i) : 0;
	if (bit == 0 && n < wanted && (mh == NULL || mh->ba.status >= 128))
		broke(w, "a session is refused for which there are prefixes");
	for (uint32_t i = 0, k; n < wanted; i++) {
		uint32_t number = MAX_PREFIXES;
		if (bit == 0) {
			opt = mh_find_next(mh, OPT_HNP, opt);
			if (opt != NULL)
				number = prefix_number(
					&w->setup,
					(struct ip6_prefix){opt->hnp.prefix, opt->hnp.prefix_len});
		} else { // taken back: it is unbound
			for (; i < w->n_did && w->did[i].a.kind != LMA_UNBIND; i++)
				;
			opt = NULL;
			if (i < w->n_did)
				number = prefix_number(&w->setup, w->did[i].a.unbind.hnp);
		}
		if (number == MAX_PREFIXES)
			broke(w, "a session with fewer prefixes than it should have");
		if (is_among(number, out, n))
			continue;
		for (k = 0; k < w->setup.lma.n_pools && left[k] == 0; k++)
			;
		if (!is_free(w, number) || k != pool_of_number(&w->setup, number))
			broke(w, "a prefix that is not free, or of a later pool");
		left[k]--;
		out[n++] = number;
	}
	return n;
}

uint8_t choose_prefixes(struct world *w, const struct ask *a, uint32_t out[static MAX_HNPS])
{
	uint8_t wanted, n = named_ones(w, a, out, &wanted);
	uint32_t there = 0;

	for (uint32_t i = 0; i < w->setup.lma.n_pools; i++)
		if (n < wanted && is_for(w, a, i))
			there += n_free(w, i);
	// One that is named may be free as well.
	for (uint8_t i = 0; i < n && there > 0; i++)
		there -= is_free(w, out[i]) && is_for(w, a, pool_of_number(&w->setup, out[i]));
	if (n < wanted && there < (uint32_t)(wanted - n))
		return 0;
	if (n > 0 && a->n_zero == 1 && a->n_hnps == 1)
		been_at(w, AT_CLAIM_STATIC);
	if (wanted > 1)
		been_at(w, AT_SEVERAL_HNPS);
	for (uint8_t i = 0; i < n; i++)
		w->model->prefixes[out[i]].state = TAKEN;
	return adopt(w, a, out, n, wanted);
}

void rest_prefix(struct world *w, uint32_t prefix, uint64_t owner)
{
	struct prefix_state *p = &w->model->prefixes[prefix];

	p->bound = NOBODY;
	p->state = p->is_static_of != NOBODY ? FREE : RESTING;
	p->owner = owner;
	p->rests_until = w->now.mono + w->setup.lma.prefix_quarantine;
	p->order = w->model->order++;
}

// At most 256 in one input, the oldest first.
void end_rests(struct world *w)
{
	uint32_t over = 0;

	for (uint32_t i = 0; i < w->setup.n_prefixes; i++) {
		struct prefix_state *p = &w->model->prefixes[i];
		over += p->state == RESTING && p->rests_until <= w->now.mono;
	}
	for (uint32_t served = 0; over > 0 && served < 256; over--, served++) {
		struct prefix_state *first = NULL; // over 256 only in a storm
		for (uint32_t i = 0; i < w->setup.n_prefixes; i++) {
			struct prefix_state *p = &w->model->prefixes[i];
			if (p->state == RESTING && p->rests_until <= w->now.mono &&
			    (first == NULL || p->order < first->order))
				first = p;
		}
		first->state = FREE;
	}
}

uint32_t used_prefixes(const struct world *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->model->high; i++)
		n += w->model->bound[i].used ? w->model->bound[i].n_hnps : 0;
	return n;
}
