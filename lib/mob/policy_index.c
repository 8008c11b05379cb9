// What policy.c looks up: indexes over the rows of the configuration, made once.
#include <errno.h>
#include <stdlib.h>

#include "mob/engine.h"

static int index_mags(struct lma *lma)
{
	struct policy *p = &lma->policy;

	for (uint32_t i = 0; i < lma->conf.n_mags; i++) {
		struct ip6_prefix from = lma->conf.mags[i].from;
		if (from.len < 128)
			p->ranges[p->n_ranges++] = i;
		else if (map_add(&p->mags, policy_hash_of_addr(lma, from.addr), i) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int index_nodes(struct lma *lma)
{
	struct policy *p = &lma->policy;
	uint32_t n = 0;

	for (uint32_t i = 0; i < lma->conf.n_mags; i++) {
		const struct lma_mag_conf *row = &lma->conf.mags[i];
		for (uint32_t k = 0; k < row->n_nodes; k++) {
			const char *key = row->nodes[k].text;
			p->mag_nodes[n] = (struct mag_node){i, key};
			uint64_t hash = policy_hash_of_node(lma, i, policy_text(key, KEY_MAX));
			if (map_add(&p->nodes, hash, n++) != 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static int index_profiles(struct lma *lma)
{
	for (uint32_t i = 0; i < lma->conf.n_profiles; i++) {
		uint64_t hash = mn_id_hash(lma->key, MN_ID_NAI,
					   policy_text(lma->conf.profiles[i].key, KEY_MAX));
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

static void collect_pools(struct pool_set *out, const uint16_t *pools, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		pool_set_add(out, pools[i]);
}

static void collect_sets(struct lma *lma)
{
	const struct lma_conf *c = &lma->conf;
	struct policy *p = &lma->policy;

	for (uint32_t i = 0; i < c->n_mags; i++)
		collect_pools(&p->of_mag[i], c->mags[i].pools, c->mags[i].n_pools);
	for (uint32_t i = 0; i < c->n_profiles; i++)
		collect_pools(&p->of_profile[i], c->profiles[i].pools, c->profiles[i].n_pools);
	for (uint32_t i = 0; i < c->n_pools; i++) {
		uint16_t network = policy_service(lma, policy_text(c->pools[i].network, 32));
		pool_set_add(&p->all, i);
		if (network != NO_SERVICE)
			pool_set_add(&p->of_network[network], i);
	}
}

static bool make_room(struct lma *lma, uint32_t n_nodes)
{
	struct policy *p = &lma->policy;
	const struct lma_conf *c = &lma->conf;

	p->networks = calloc((size_t)c->n_pools + 1, sizeof(*p->networks));
	p->of_network = calloc((size_t)c->n_pools + 1, sizeof(*p->of_network));
	p->ranges = calloc((size_t)c->n_mags + 1, sizeof(*p->ranges));
	p->of_mag = calloc((size_t)c->n_mags + 1, sizeof(*p->of_mag));
	p->of_profile = calloc((size_t)c->n_profiles + 1, sizeof(*p->of_profile));
	p->mag_nodes = calloc((size_t)n_nodes + 1, sizeof(*p->mag_nodes));
	return p->networks != NULL && p->of_network != NULL && p->ranges != NULL &&
	       p->of_mag != NULL && p->of_profile != NULL && p->mag_nodes != NULL;
}

int policy_init(struct lma *lma)
{
	struct policy *p = &lma->policy;
	uint32_t n_nodes = 0;
	int rc;

	for (uint32_t i = 0; i < lma->conf.n_mags; i++)
		n_nodes += lma->conf.mags[i].n_nodes;
	if (!make_room(lma, n_nodes))
		return -ENOMEM;
	if ((rc = map_init(&p->mags, lma->conf.n_mags)) != 0 ||
	    (rc = map_init(&p->profiles, lma->conf.n_profiles)) != 0 ||
	    (rc = map_init(&p->nodes, n_nodes)) != 0 || (rc = index_mags(lma)) != 0 ||
	    (rc = index_profiles(lma)) != 0 || (rc = index_nodes(lma)) != 0)
		return rc;
	collect_networks(lma);
	collect_sets(lma);
	return 0;
}

void policy_done(struct lma *lma)
{
	struct policy *p = &lma->policy;

	map_done(&p->mags);
	map_done(&p->profiles);
	map_done(&p->nodes);
	free(p->networks);
	free(p->of_network);
	free(p->ranges);
	free(p->of_mag);
	free(p->of_profile);
	free(p->mag_nodes);
}
