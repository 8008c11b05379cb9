// Who may register whom: configured MAGs, and profiles of mobile nodes.
#include "mob/engine.h"

uint32_t policy_mag(const struct lma *lma, struct ip6_addr coa)
{
	for (uint32_t i = 0; i < lma->conf.n_mags; i++)
		if (ip6_prefix_covers(lma->conf.mags[i].from, coa))
			return i;
	return UINT32_MAX;
}

static const struct lma_profile_conf *find_profile(const struct lma *lma, struct span key)
{
	for (uint32_t i = 0; i < lma->conf.n_profiles; i++) {
		const char *text = lma->conf.profiles[i].key;
		struct span row = {(const uint8_t *)text,
				   (uint16_t)strnlen(text, sizeof(lma->conf.profiles[i].key))};
		if (mn_id_equal(MN_ID_NAI, row, MN_ID_NAI, key))
			return &lma->conf.profiles[i];
	}
	return NULL;
}

enum pba_status policy_node(const struct lma *lma, struct span mn_id)
{
	uint16_t at = mn_id_realm(MN_ID_NAI, mn_id);
	struct span realm = {mn_id.p + at, (uint16_t)(mn_id.n - at)};
	const struct lma_profile_conf *row = find_profile(lma, mn_id);

	if (row == NULL && realm.n > 0)
		row = find_profile(lma, realm);
	if (row == NULL)
		row = find_profile(lma, (struct span){(const uint8_t *)"*", 1});
	if (row == NULL)
		return PBA_NOT_LMA_FOR_THIS_MN;
	return row->permit ? PBA_ACCEPTED : PBA_PROXY_REG_NOT_ENABLED;
}
