// Whom the anchor serves: rows of the configuration become rows of the engine, names of pools their
// numbers. What conf let in is known to be consistent.
#include <errno.h>
#include <stdlib.h>

#include "app/lma/anchor.h"

// How much the rows point to.
struct sizes {
	uint32_t pools, keys, statics;
};

static struct sizes measure(const struct conf *c)
{
	struct sizes n = {0};

	for (uint32_t i = 0; i < c->n_mags; i++) {
		n.pools += c->mags[i].n_pools;
		n.keys += c->mags[i].n_nodes;
	}
	for (uint32_t i = 0; i < c->n_profiles; i++) {
		n.pools += c->profiles[i].n_pools;
		n.statics += c->profiles[i].n_prefixes;
	}
	return n;
}

static uint16_t pool_row(const struct conf *c, const char *name)
{
	uint16_t i = 0;

	while (i + 1u < c->n_pools && strcmp(c->pools[i].name, name) != 0)
		i++;
	return i;
}

// Appends the numbers of those pools; where they begin.
static const uint16_t *add_pools(const struct conf *c, const struct conf_word *names, uint32_t n,
				 uint16_t **end)
{
	const uint16_t *begin = *end;

	for (uint32_t i = 0; i < n; i++)
		*(*end)++ = pool_row(c, names[i].text);
	return begin;
}

static void make_mags(const struct conf *c, struct served *s, uint16_t **pools)
{
	struct lma_key *key = s->keys;

	for (uint32_t i = 0; i < c->n_mags; i++) {
		const struct conf_mag *from = &c->mags[i];
		struct lma_mag_conf *to = &s->mags[i];
		snprintf(to->name, sizeof(to->name), "%s", from->name);
		to->from = from->from;
		to->max_bindings = from->max_bindings;
		to->pools = add_pools(c, from->pools, from->n_pools, pools);
		to->n_pools = from->n_pools;
		to->nodes = key;
		to->n_nodes = from->n_nodes;
		for (uint32_t k = 0; k < from->n_nodes; k++)
			snprintf((key++)->text, sizeof(key->text), "%s", from->nodes[k].text);
	}
}

static void make_pools(const struct conf *c, struct served *s)
{
	for (uint32_t i = 0; i < c->n_pools; i++) {
		const struct conf_pool *from = &c->pools[i];
		struct lma_pool_conf *to = &s->pools[i];
		snprintf(to->name, sizeof(to->name), "%s", from->name);
		snprintf(to->network, sizeof(to->network), "%s", from->network);
		to->block = from->block;
		to->hnp_len = from->hnp_len;
		to->high_pct = from->high_percent;
		to->low_pct = from->low_percent;
	}
}

static void make_profiles(const struct conf *c, struct served *s, uint16_t **pools)
{
	struct ip6_prefix *prefix = s->statics;

	for (uint32_t i = 0; i < c->n_profiles; i++) {
		const struct conf_profile *from = &c->profiles[i];
		struct lma_profile_conf *to = &s->profiles[i];
		snprintf(to->key, sizeof(to->key), "%s", from->match);
		to->permit = from->permit;
		to->max_lifetime_s = from->max_lifetime_s;
		to->sessions = from->sessions;
		to->hnps = from->prefix_count;
		to->pools = add_pools(c, from->pools, from->n_pools, pools);
		to->n_pools = from->n_pools;
		to->prefixes = prefix;
		to->n_prefixes = from->n_prefixes;
		for (uint32_t k = 0; k < from->n_prefixes; k++)
			*prefix++ = from->prefixes[k].prefix;
	}
}

int served_make(const struct conf *c, struct served *s)
{
	struct sizes n = measure(c);

	*s = (struct served){
		.mags = calloc(c->n_mags + 1u, sizeof(*s->mags)),
		.pools = calloc(c->n_pools + 1u, sizeof(*s->pools)),
		.profiles = calloc(c->n_profiles + 1u, sizeof(*s->profiles)),
		.pool_rows = calloc(n.pools + 1u, sizeof(*s->pool_rows)),
		.keys = calloc(n.keys + 1u, sizeof(*s->keys)),
		.statics = calloc(n.statics + 1u, sizeof(*s->statics)),
	};
	if (s->mags == NULL || s->pools == NULL || s->profiles == NULL || s->pool_rows == NULL ||
	    s->keys == NULL || s->statics == NULL)
		return -ENOMEM;
	uint16_t *pools = s->pool_rows;
	make_mags(c, s, &pools);
	make_pools(c, s);
	make_profiles(c, s, &pools);
	return 0;
}

void served_fill(const struct served *s, const struct conf *c, struct lma_conf *out)
{
	out->mags = s->mags;
	out->pools = s->pools;
	out->profiles = s->profiles;
	out->n_mags = c->n_mags;
	out->n_pools = c->n_pools;
	out->n_profiles = c->n_profiles;
}

void served_free(struct served *s)
{
	free(s->mags);
	free(s->pools);
	free(s->profiles);
	free(s->pool_rows);
	free(s->keys);
	free(s->statics);
	*s = (struct served){0};
}
