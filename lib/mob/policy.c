// Who may register whom, with which prefixes, for how long: the rows of the configuration.
//
// Only looks. Which status follows is admit.c's; what is taken from a pool is transitions.c's.
#include "mob/engine.h"

static const struct span everybody = {(const uint8_t *)"*", 1};

uint64_t policy_hash_of_addr(const struct lma *lma, struct ip6_addr a)
{
	return siphash(lma->key, &a, sizeof(a));
}

// A node of one MAG: the key of a profile, and the row.
uint64_t policy_hash_of_node(const struct lma *lma, uint32_t mag, struct span key)
{
	return mn_id_hash(lma->key, MN_ID_NAI, key) + mag * 0x9e3779b97f4a7c15u;
}

// ---- MAGs.

uint32_t policy_mag(const struct lma *lma, struct ip6_addr coa)
{
	struct map_cursor c;
	uint32_t i = map_first(&lma->policy.mags, policy_hash_of_addr(lma, coa), &c);

	for (; i != MAP_NONE; i = map_next(&lma->policy.mags, &c))
		if (ip6_equal(lma->conf.mags[i].from.addr, coa))
			return i;
	for (uint32_t k = 0; k < lma->policy.n_ranges; k++)
		if (ip6_prefix_covers(lma->conf.mags[lma->policy.ranges[k]].from, coa))
			return lma->policy.ranges[k];
	return NO_ROW;
}

static struct span realm_of(uint8_t subtype, struct span mn_id)
{
	uint16_t at = mn_id_realm(subtype, mn_id);

	return (struct span){mn_id.p + at, (uint16_t)(mn_id.n - at)};
}

static bool is_node_of(const struct lma *lma, uint32_t mag, struct span key)
{
	struct map_cursor c;
	uint32_t i = map_first(&lma->policy.nodes, policy_hash_of_node(lma, mag, key), &c);

	for (; i != MAP_NONE; i = map_next(&lma->policy.nodes, &c)) {
		const struct mag_node *node = &lma->policy.mag_nodes[i];
		if (node->mag == mag &&
		    mn_id_equal(MN_ID_NAI, policy_text(node->key, KEY_MAX), MN_ID_NAI, key))
			return true;
	}
	return false;
}

bool policy_mag_serves(const struct lma *lma, uint32_t mag_row, const struct request *r)
{
	if (lma->conf.mags[mag_row].n_nodes == 0 || is_node_of(lma, mag_row, everybody))
		return true;
	if (r->mn_id_subtype != MN_ID_NAI)
		return false;
	return is_node_of(lma, mag_row, r->mn_id) ||
	       is_node_of(lma, mag_row, realm_of(r->mn_id_subtype, r->mn_id));
}

// ---- Mobile nodes.

static uint32_t find_hashed(const struct lma *lma, uint64_t hash, struct span key)
{
	struct map_cursor c;
	uint32_t i = map_first(&lma->policy.profiles, hash, &c);

	for (; i != MAP_NONE; i = map_next(&lma->policy.profiles, &c))
		if (mn_id_equal(MN_ID_NAI, policy_text(lma->conf.profiles[i].key, KEY_MAX),
				MN_ID_NAI, key))
			return i;
	return NO_ROW;
}

static uint32_t find_profile(const struct lma *lma, struct span key)
{
	return find_hashed(lma, mn_id_hash(lma->key, MN_ID_NAI, key), key);
}

uint32_t policy_profile(const struct lma *lma, uint64_t hash, uint8_t subtype, struct span mn_id)
{
	uint32_t row = NO_ROW;

	if (mn_id.n == 0)
		return NO_ROW;
	struct span realm = realm_of(subtype, mn_id);
	if (subtype == MN_ID_NAI)
		row = find_hashed(lma, hash, mn_id);
	if (row == NO_ROW)
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
	for (uint32_t i = 0; i < lma->policy.n_networks; i++)
		if (span_equal(policy_text(lma->policy.networks[i], 32), name))
			return (uint16_t)i;
	return NO_SERVICE;
}

static const struct pool_set *of_mag(const struct lma *lma, uint32_t row)
{
	return lma->conf.mags[row].n_pools != 0 ? &lma->policy.of_mag[row] : &lma->policy.all;
}

static const struct pool_set *of_profile(const struct lma *lma, uint32_t row)
{
	return lma->conf.profiles[row].n_pools != 0 ? &lma->policy.of_profile[row]
						    : &lma->policy.all;
}

bool policy_mag_has_pool(const struct lma *lma, uint32_t mag_row, uint32_t pool)
{
	return pool != UINT32_MAX && pool_set_has(of_mag(lma, mag_row), pool);
}

struct claim policy_claim(const struct lma *lma, const struct request *r, uint16_t service)
{
	struct claim claim = {
		.owner = r->mn_hash, .profile = r->profile, .at_mag = *of_mag(lma, r->mag_row)};

	claim.from = claim.at_mag;
	pool_set_and(&claim.from, of_profile(lma, r->profile));
	if (service != NO_SERVICE)
		pool_set_and(&claim.from, &lma->policy.of_network[service]);
	return claim;
}
