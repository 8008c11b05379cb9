// Who may register whom, with which prefixes, for how long: the rows of the configuration and their
// indexes.
//
// Only looks. Which status follows is admit.c's; what is taken from a pool is transitions.c's.
#include <errno.h>
#include <stdlib.h>

#include "mob/engine.h"

static const struct span everybody = {(const uint8_t *)"*", 1};

static uint64_t hash_of_addr(const struct lma *lma, struct ip6_addr a)
{
	return siphash(lma->key, &a, sizeof(a));
}

static struct span text_span(const char *text, size_t max)
{
	return (struct span){(const uint8_t *)text, (uint16_t)strnlen(text, max)};
}

static struct span key_of(const struct lma_profile_conf *row)
{
	return text_span(row->key, sizeof(row->key));
}

static int index_mags(struct lma *lma)
{
	for (uint32_t i = 0; i < lma->conf.n_mags; i++) {
		struct ip6_prefix from = lma->conf.mags[i].from;
		if (from.len == 128 &&
		    map_add(&lma->policy.mags, hash_of_addr(lma, from.addr), i) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int index_profiles(struct lma *lma)
{
	for (uint32_t i = 0; i < lma->conf.n_profiles; i++) {
		uint64_t hash = mn_id_hash(lma->key, MN_ID_NAI, key_of(&lma->conf.profiles[i]));
		if (map_add(&lma->policy.profiles, hash, i) != 0)
			return -ENOMEM;
	}
	return 0;
}

static void collect_networks(struct lma *lma)
{
	struct policy *p = &lma->policy;

	for (uint32_t i = 0; i < lma->conf.n_pools; i++) {
		const char *name = lma->conf.pools[i].network;
		uint32_t k = 0;
		while (k < p->n_networks && strcmp(p->networks[k], name) != 0)
			k++;
		if (k == p->n_networks && name[0] != '\0')
			p->networks[p->n_networks++] = name;
	}
}

int policy_init(struct lma *lma)
{
	struct policy *p = &lma->policy;
	int rc;

	p->networks = calloc((size_t)lma->conf.n_pools + 1, sizeof(*p->networks));
	if (p->networks == NULL)
		return -ENOMEM;
	if ((rc = map_init(&p->mags, lma->conf.n_mags)) != 0 ||
	    (rc = map_init(&p->profiles, lma->conf.n_profiles)) != 0 ||
	    (rc = index_mags(lma)) != 0 || (rc = index_profiles(lma)) != 0)
		return rc;
	collect_networks(lma);
	return 0;
}

void policy_done(struct lma *lma)
{
	map_done(&lma->policy.mags);
	map_done(&lma->policy.profiles);
	free(lma->policy.networks);
}

// ---- MAGs.

uint32_t policy_mag(const struct lma *lma, struct ip6_addr coa)
{
	struct map_cursor c;
	uint32_t i = map_first(&lma->policy.mags, hash_of_addr(lma, coa), &c);

	for (; i != MAP_NONE; i = map_next(&lma->policy.mags, &c))
		if (ip6_equal(lma->conf.mags[i].from.addr, coa))
			return i;
	for (i = 0; i < lma->conf.n_mags; i++)
		if (lma->conf.mags[i].from.len < 128 &&
		    ip6_prefix_covers(lma->conf.mags[i].from, coa))
			return i;
	return NO_ROW;
}

static struct span realm_of(uint8_t subtype, struct span mn_id)
{
	uint16_t at = mn_id_realm(subtype, mn_id);

	return (struct span){mn_id.p + at, (uint16_t)(mn_id.n - at)};
}

static bool key_covers(struct span key, uint8_t subtype, struct span mn_id)
{
	return mn_id_equal(MN_ID_NAI, key, MN_ID_NAI, everybody) ||
	       mn_id_equal(MN_ID_NAI, key, subtype, mn_id) ||
	       mn_id_equal(MN_ID_NAI, key, subtype, realm_of(subtype, mn_id));
}

bool policy_mag_serves(const struct lma *lma, uint32_t mag_row, const struct request *r)
{
	const struct lma_mag_conf *row = &lma->conf.mags[mag_row];

	for (uint32_t i = 0; i < row->n_nodes; i++)
		if (key_covers(text_span(row->nodes[i].text, sizeof(row->nodes[i].text)),
			       r->mn_id_subtype, r->mn_id))
			return true;
	return row->n_nodes == 0;
}

// ---- Mobile nodes.

static uint32_t find_profile(const struct lma *lma, struct span key)
{
	struct map_cursor c;
	uint32_t i = map_first(&lma->policy.profiles, mn_id_hash(lma->key, MN_ID_NAI, key), &c);

	for (; i != MAP_NONE; i = map_next(&lma->policy.profiles, &c))
		if (mn_id_equal(MN_ID_NAI, key_of(&lma->conf.profiles[i]), MN_ID_NAI, key))
			return i;
	return NO_ROW;
}

uint32_t policy_profile(const struct lma *lma, uint8_t subtype, struct span mn_id)
{
	uint32_t row = NO_ROW;

	if (mn_id.n == 0)
		return NO_ROW;
	struct span realm = realm_of(subtype, mn_id);
	if (subtype == MN_ID_NAI)
		row = find_profile(lma, mn_id);
	if (row == NO_ROW && realm.n > 0)
		row = find_profile(lma, realm);
	return row != NO_ROW ? row : find_profile(lma, everybody);
}

uint32_t policy_sessions(const struct lma *lma, const struct request *r)
{
	uint32_t own = lma->conf.profiles[r->profile].sessions;

	return own != 0 ? own : lma->conf.sessions_per_mn;
}

uint32_t policy_lifetime_s(const struct lma *lma, const struct request *r)
{
	uint32_t own = lma->conf.profiles[r->profile].max_lifetime_s;

	return own != 0 ? own : lma->conf.max_lifetime_s;
}

uint8_t policy_hnps(const struct lma *lma, const struct request *r,
		    struct ip6_prefix statics[MAX_HNPS_PER_BCE], uint8_t *n_statics)
{
	const struct lma_profile_conf *row = &lma->conf.profiles[r->profile];
	uint8_t n = 0, wanted = row->hnps != 0 ? row->hnps : 1;

	for (uint32_t i = 0; i < row->n_prefixes && n < MAX_HNPS_PER_BCE; i++)
		if (binding_find_hnp(&lma->bindings, row->prefixes[i]) == BCE_NULL &&
		    policy_mag_has_pool(lma, r->mag_row, pool_of(&lma->pools, row->prefixes[i])))
			statics[n++] = row->prefixes[i];
	*n_statics = n;
	return wanted > n ? wanted : n;
}

// ---- Networks and their pools.

uint16_t policy_service(const struct lma *lma, struct span name)
{
	for (uint32_t i = 0; name.n > 0 && i < lma->policy.n_networks; i++)
		if (span_equal(text_span(lma->policy.networks[i], 32), name))
			return (uint16_t)i;
	return NO_SERVICE;
}

static bool is_listed(const uint16_t *pools, uint32_t n, uint32_t pool)
{
	for (uint32_t i = 0; i < n; i++)
		if (pools[i] == pool)
			return true;
	return n == 0;
}

static bool is_in_network(const struct lma *lma, uint32_t pool, uint16_t service)
{
	return service == NO_SERVICE ||
	       strcmp(lma->conf.pools[pool].network, lma->policy.networks[service]) == 0;
}

bool policy_mag_has_pool(const struct lma *lma, uint32_t mag_row, uint32_t pool)
{
	const struct lma_mag_conf *row = &lma->conf.mags[mag_row];

	return is_listed(row->pools, row->n_pools, pool);
}

struct claim policy_claim(const struct lma *lma, const struct request *r, uint16_t service)
{
	const struct lma_profile_conf *profile = &lma->conf.profiles[r->profile];
	struct claim claim = {.owner = mn_id_hash(lma->key, r->mn_id_subtype, r->mn_id),
			      .profile = r->profile};

	for (uint32_t i = 0; i < lma->conf.n_pools; i++) {
		if (!policy_mag_has_pool(lma, r->mag_row, i))
			continue;
		pool_set_add(&claim.at_mag, i);
		if (is_listed(profile->pools, profile->n_pools, i) &&
		    is_in_network(lma, i, service))
			pool_set_add(&claim.from, i);
	}
	return claim;
}
