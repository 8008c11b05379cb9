// The rules about whom an LMA serves and with what: profiles, what a MAG may, networks, static
// prefixes. One function each, named as the sentence that holds when it is silent.
#include <stdlib.h>
#include <string.h>

#include "conf/nearest.h"
#include "conf/rules_view.h"

// A whole NAI, "@realm" or "*" alone; what else looks like a pattern is a mistake.
static void check_key(const struct view *v, const struct yaml_node *node, const char *path,
		      const char *match)
{
	const char *realm = strchr(match, '@');

	// A '*' inside a user name is legal (RFC 4282 2.1), as a pattern it would do nothing.
	if (node == NULL || match[1] == '\0')
		return;
	if (match[0] == '*' && realm == match + 1)
		mistake_add(v->m, node->line, node->column,
			    "%s: \"%s\" is no pattern: did you mean \"%s\"?", path, match, realm);
	else if (match[0] == '*' || (realm != NULL && strchr(realm, '*') != NULL))
		mistake_add(v->m, node->line, node->column,
			    "%s: \"%s\" is no pattern, wanted is a whole NAI, \"@realm\", or \"*\" "
			    "alone",
			    path, match);
}

static void profiles_match_what_can_be_matched(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_profiles; i++)
		check_key(v, rule_item(v, "profiles", i, "match"), "profiles[].match",
			  v->c->profiles[i].match);
}

static void mags_name_nodes_that_can_be_matched(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_mags; i++)
		for (uint32_t k = 0; k < v->c->mags[i].n_nodes; k++)
			check_key(v, rule_item_of(v, "mags", i, "nodes", k), "mags[].nodes",
				  v->c->mags[i].nodes[k].text);
}

// ---- Names of pools.

static void check_pool_name(const struct view *v, const struct yaml_node *node, const char *path,
			    const char *name)
{
	struct nearest near = nearest_to(name);

	if (node == NULL)
		return;
	for (uint32_t i = 0; i < v->c->n_pools; i++) {
		if (strcmp(v->c->pools[i].name, name) == 0)
			return;
		nearest_offer(&near, v->c->pools[i].name);
	}
	if (near.best != NULL)
		mistake_add(v->m, node->line, node->column,
			    "%s: there is no pool \"%s\": did you mean \"%s\"?", path, name,
			    near.best);
	else
		mistake_add(v->m, node->line, node->column, "%s: there is no pool \"%s\"", path,
			    name);
}

static void pools_that_are_named_exist(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_mags; i++)
		for (uint32_t k = 0; k < v->c->mags[i].n_pools; k++)
			check_pool_name(v, rule_item_of(v, "mags", i, "pools", k), "mags[].pools",
					v->c->mags[i].pools[k].text);
	for (uint32_t i = 0; i < v->c->n_profiles; i++)
		for (uint32_t k = 0; k < v->c->profiles[i].n_pools; k++)
			check_pool_name(v, rule_item_of(v, "profiles", i, "pools", k),
					"profiles[].pools", v->c->profiles[i].pools[k].text);
}

static void low_watermarks_are_below_the_high_ones(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_pools; i++) {
		const struct conf_pool *pool = &v->c->pools[i];
		const struct yaml_node *node = rule_item(v, "pools", i, "low_percent");
		if (node != NULL && pool->high_percent > 0 &&
		    pool->low_percent >= pool->high_percent)
			mistake_add(v->m, node->line, node->column,
				    "pool \"%s\": low_percent %u is not below high_percent %u",
				    pool->name, (unsigned)pool->low_percent,
				    (unsigned)pool->high_percent);
	}
}

// ---- Static prefixes.

static const struct conf_pool *pool_around(const struct view *v, struct ip6_prefix p)
{
	for (uint32_t i = 0; i < v->c->n_pools; i++)
		if (p.len >= v->c->pools[i].block.len &&
		    ip6_prefix_covers(v->c->pools[i].block, p.addr))
			return &v->c->pools[i];
	return NULL;
}

static void check_static(const struct view *v, uint32_t i, uint32_t k)
{
	const struct conf_profile *row = &v->c->profiles[i];
	const struct yaml_node *node = rule_item_of(v, "profiles", i, "prefixes", k);
	struct ip6_prefix prefix = row->prefixes[k].prefix;
	const struct conf_pool *pool = pool_around(v, prefix);
	char text[IP6_PREFIX_TEXT], block[IP6_PREFIX_TEXT];

	if (node == NULL)
		return;
	ip6_prefix_format(prefix, text);
	if (v->c->program == CONF_MAG)
		; // the LMA's pools are not known here
	else if (pool == NULL)
		mistake_add(v->m, node->line, node->column,
			    "profiles[].prefixes: %s is in no pool: core routers would not route "
			    "it here",
			    text);
	else if (pool->hnp_len != prefix.len)
		mistake_add(v->m, node->line, node->column,
			    "profiles[].prefixes: %s is a /%u, pool \"%s\" (%s) gives prefixes of "
			    "/%u",
			    text, (unsigned)prefix.len, pool->name,
			    ip6_prefix_format(pool->block, block), (unsigned)pool->hnp_len);
	if (row->match[0] == '@' || strcmp(row->match, "*") == 0)
		mistake_add(v->m, node->line, node->column,
			    "profiles[].prefixes: \"%s\" is many nodes, a prefix belongs to one: "
			    "wanted is a row with a whole NAI",
			    row->match);
}

static void static_prefixes_are_in_a_pool_and_of_one_node(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_profiles; i++)
		for (uint32_t k = 0; k < v->c->profiles[i].n_prefixes; k++)
			check_static(v, i, k);
}

struct place {
	struct ip6_prefix prefix;
	uint32_t profile, number;
};

static int by_prefix_and_place(const void *x, const void *y)
{
	const struct place *a = x, *b = y;
	int by_addr = memcmp(&a->prefix.addr, &b->prefix.addr, sizeof(a->prefix.addr));

	if (by_addr != 0)
		return by_addr;
	if (a->prefix.len != b->prefix.len)
		return a->prefix.len < b->prefix.len ? -1 : 1;
	if (a->profile != b->profile)
		return a->profile < b->profile ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

static void tell_of_doubles(const struct view *v, const struct place *all, size_t n)
{
	char text[IP6_PREFIX_TEXT];

	for (size_t i = 1; i < n; i++) {
		const struct yaml_node *node =
			rule_item_of(v, "profiles", all[i].profile, "prefixes", all[i].number);
		if (node != NULL && ip6_prefix_equal(all[i].prefix, all[i - 1].prefix))
			mistake_add(v->m, node->line, node->column,
				    "profiles[].prefixes: %s stands twice: keep one",
				    ip6_prefix_format(all[i].prefix, text));
	}
}

static void static_prefixes_stand_once(const struct view *v)
{
	size_t n = 0;

	for (uint32_t i = 0; i < v->c->n_profiles; i++)
		n += v->c->profiles[i].n_prefixes;
	struct place *all = n > 0 ? calloc(n, sizeof(*all)) : NULL;
	if (all == NULL)
		return; // where there is no memory for this there is none for what it is about
	n = 0;
	for (uint32_t i = 0; i < v->c->n_profiles; i++)
		for (uint32_t k = 0; k < v->c->profiles[i].n_prefixes; k++)
			all[n++] = (struct place){v->c->profiles[i].prefixes[k].prefix, i, k};
	qsort(all, n, sizeof(*all), by_prefix_and_place);
	tell_of_doubles(v, all, n);
	free(all);
}

// ---- The rest.

static void static_tunnels_are_to_one_address(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_mags; i++) {
		const struct yaml_node *node = rule_item(v, "mags", i, "static_tunnel");
		if (node != NULL && v->c->mags[i].static_tunnel && v->c->mags[i].from.len < 128)
			mistake_add(v->m, node->line, node->column,
				    "mags[].static_tunnel: mag \"%s\" is a range: a tunnel has one "
				    "address at its end",
				    v->c->mags[i].name);
	}
}

static void static_tunnels_are_not_more_than_mags(const struct view *v)
{
	const struct yaml_node *node = rule_key(v, "lma", "max_mags");
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->c->n_mags; i++)
		n += v->c->mags[i].static_tunnel;
	if (node != NULL && n > v->c->lma.max_mags)
		mistake_add(
			v->m, node->line, node->column,
			"lma.max_mags: %u mags have static_tunnel: true, and %u is less: raise it",
			n, v->c->lma.max_mags);
}

// RFC 5213 9.3, LMA-TS-10.
static void generated_timestamps_need_timestamps(const struct view *v)
{
	const struct yaml_node *node = rule_key(v, "lma", "mobile_node_generated_timestamp");

	if (node != NULL && v->c->lma.mobile_node_generated_timestamp && !v->c->lma.timestamps)
		mistake_add(v->m, node->line, node->column,
			    "lma.mobile_node_generated_timestamp needs lma.timestamps: true "
			    "(RFC 5213 9.3)");
}

rule_fn *const rules_of_policy[] = {
	profiles_match_what_can_be_matched,
	mags_name_nodes_that_can_be_matched,
	pools_that_are_named_exist,
	low_watermarks_are_below_the_high_ones,
	static_prefixes_are_in_a_pool_and_of_one_node,
	static_prefixes_stand_once,
	static_tunnels_are_to_one_address,
	static_tunnels_are_not_more_than_mags,
	generated_timestamps_need_timestamps,
	NULL,
};
