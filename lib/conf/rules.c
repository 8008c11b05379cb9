// The rules that span rows; see rules.h. One function each, named as the sentence that holds when
// it is silent; the list at the end is the order of running, the order of telling is that of the
// file. Those about ports and interfaces are in rules_ports.c, about whom an LMA serves in
// rules_policy.c, about a MAG in rules_mag.c, about names that must be unique or must exist in
// names.c.
#include "conf/rules.h"

#include <string.h>

#include "conf/names.h"
#include "conf/rules_view.h"

const struct yaml_node *rule_item(const struct view *v, const char *list, uint32_t i,
				  const char *key)
{
	const struct yaml_node *items = yaml_find(v->root, list);

	if (items == NULL || i >= items->n)
		return NULL;
	const struct yaml_node *node = yaml_find(items->items[i], key);
	return node != NULL && node->good ? node : NULL;
}

const struct yaml_node *rule_item_of(const struct view *v, const char *list, uint32_t i,
				     const char *key, uint32_t k)
{
	const struct yaml_node *items = yaml_find(v->root, list);

	if (items == NULL || i >= items->n)
		return NULL;
	const struct yaml_node *inner = yaml_find(items->items[i], key);
	return inner != NULL && k < inner->n && inner->items[k]->good ? inner->items[k] : NULL;
}

const struct yaml_node *rule_key(const struct view *v, const char *group, const char *key)
{
	const struct yaml_node *node = yaml_find(yaml_find(v->root, group), key);

	return node != NULL && node->good ? node : NULL;
}

static const struct yaml_node *find_address(const struct view *v, uint32_t i)
{
	const struct yaml_node *list = yaml_find(yaml_find(v->root, "lma"), "addresses");

	return list != NULL && i < list->n && list->items[i]->good ? list->items[i] : NULL;
}

static const struct yaml_node *find_mag(const struct view *v, uint32_t i)
{
	const struct yaml_node *node = rule_item(v, "mags", i, "address");

	return node != NULL ? node : rule_item(v, "mags", i, "prefix");
}

// What no prefix of ours may touch: unspecified, loopback, link-local, multicast.
static const char *unusable(struct ip6_prefix p)
{
	static const struct {
		const char *text, *name;
	} kinds[] = {{"::/127", "the unspecified and the loopback address"},
		     {"fe80::/10", "link-local addresses"},
		     {"ff00::/8", "multicast addresses"}};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct ip6_prefix kind;
		if (ip6_prefix_parse(kinds[i].text, &kind) == 0 && ip6_prefix_overlaps(kind, p))
			return kinds[i].name;
	}
	return NULL;
}

// ---- Pools.

static void hnps_fit_their_pool_and_64_bits(const struct view *v)
{
	char p6[IP6_PREFIX_TEXT];

	for (uint32_t i = 0; i < v->c->n_pools; i++) {
		const struct conf_pool *pool = &v->c->pools[i];
		const struct yaml_node *block = rule_item(v, "pools", i, "prefix");
		const struct yaml_node *len = rule_item(v, "pools", i, "hnp_length");
		// The cache of the workers is keyed by the upper 64 bits of an address.
		if (block != NULL && pool->block.len > 64)
			mistake_add(
				v->m, block->line, block->column,
				"pool \"%s\" is a /%u: home network prefixes are at most /64, "
				"because the binding cache looks at the first 64 bits only; did "
				"you mean %s?",
				pool->name, (unsigned)pool->block.len,
				ip6_prefix_format(ip6_prefix_of(pool->block.addr, 64), p6));
		else if (block != NULL && len != NULL && pool->hnp_len < pool->block.len)
			mistake_add(v->m, len->line, len->column,
				    "pools[].hnp_length: %u is shorter than the pool, %s: wanted "
				    "is %u..64",
				    (unsigned)pool->hnp_len, ip6_prefix_format(pool->block, p6),
				    (unsigned)pool->block.len);
	}
}

// A prefix belongs to one pool only. Each pool is told once, with the first that it overlaps.
static void pools_do_not_overlap(const struct view *v)
{
	char a6[IP6_PREFIX_TEXT], b6[IP6_PREFIX_TEXT];

	for (uint32_t i = 1; i < v->c->n_pools; i++) {
		const struct yaml_node *later = rule_item(v, "pools", i, "prefix");
		const struct conf_pool *b = &v->c->pools[i];
		for (uint32_t j = 0; later != NULL && j < i; j++) {
			const struct conf_pool *a = &v->c->pools[j];
			if (!ip6_prefix_overlaps(a->block, b->block))
				continue;
			const struct yaml_node *first = rule_item(v, "pools", j, "prefix");
			if (first == NULL)
				continue;
			mistake_add(v->m, later->line, later->column,
				    "pool \"%s\" (%s) overlaps pool \"%s\" (%s) in line %u: each "
				    "prefix "
				    "belongs to one pool",
				    b->name, ip6_prefix_format(b->block, b6), a->name,
				    ip6_prefix_format(a->block, a6), (unsigned)first->line);
			break;
		}
	}
}

static void pools_are_routable(const struct view *v)
{
	char p6[IP6_PREFIX_TEXT];

	for (uint32_t i = 0; i < v->c->n_pools; i++) {
		const struct yaml_node *node = rule_item(v, "pools", i, "prefix");
		const char *kind = node == NULL ? NULL : unusable(v->c->pools[i].block);
		if (kind != NULL)
			mistake_add(
				v->m, node->line, node->column,
				"pool \"%s\" (%s) holds %s: wanted is a block that is routed to "
				"this LMA",
				v->c->pools[i].name, ip6_prefix_format(v->c->pools[i].block, p6),
				kind);
	}
}

// The pool that overlaps p and was given without mistake, or NULL.
static const struct conf_pool *find_pool(const struct view *v, struct ip6_prefix p)
{
	for (uint32_t i = 0; i < v->c->n_pools; i++) {
		if (ip6_prefix_overlaps(v->c->pools[i].block, p) &&
		    rule_item(v, "pools", i, "prefix") != NULL)
			return &v->c->pools[i];
	}
	return NULL;
}

// ---- Tunnel ends.

static void lma_addresses_are_routable_and_differ(const struct view *v)
{
	char a6[IP6_ADDR_TEXT];
	const struct ip6_addr *all = v->c->lma.addresses;

	for (uint32_t i = 0; i < v->c->lma.n_addresses; i++) {
		const struct yaml_node *node = find_address(v, i);
		if (node == NULL)
			continue;
		ip6_format(all[i], a6);
		if (!ip6_is_routable_unicast(all[i]))
			mistake_add(v->m, node->line, node->column,
				    "lma.addresses: %s is not routable unicast, wanted is one like "
				    "2001:db8::1",
				    a6);
		for (uint32_t j = 0; j < i; j++) {
			if (!ip6_equal(all[i], all[j]) || find_address(v, j) == NULL)
				continue;
			mistake_add(v->m, node->line, node->column,
				    "lma.addresses: %s stands twice, first in line %u: keep one",
				    a6, (unsigned)find_address(v, j)->line);
			break;
		}
	}
}

// The steering takes all of a pool as traffic for mobile nodes: signalling to such an address would
// be looked up in the binding cache and lost. The same for MAGs below.
static void lma_addresses_are_in_no_pool(const struct view *v)
{
	char a6[IP6_ADDR_TEXT], p6[IP6_PREFIX_TEXT];

	for (uint32_t i = 0; i < v->c->lma.n_addresses; i++) {
		const struct yaml_node *node = find_address(v, i);
		struct ip6_addr a = v->c->lma.addresses[i];
		const struct conf_pool *pool =
			node == NULL ? NULL : find_pool(v, ip6_prefix_of(a, 128));
		if (pool != NULL)
			mistake_add(v->m, node->line, node->column,
				    "lma.addresses: %s lies in pool \"%s\" (%s): take one outside, "
				    "pools belong to mobile nodes",
				    ip6_format(a, a6), pool->name,
				    ip6_prefix_format(pool->block, p6));
	}
}

// Two keys for one field: `address` is what one MAG has, `prefix` spares a row for each.
static void mags_are_given_once(const struct view *v)
{
	const struct yaml_node *mags = yaml_find(v->root, "mags");

	for (uint32_t i = 0; i < v->c->n_mags; i++) {
		const struct yaml_node *item = mags->items[i];
		const struct yaml_node *address = yaml_find(item, "address");
		const struct yaml_node *prefix = yaml_find(item, "prefix");
		if (item->kind != YAML_MAP)
			continue;
		if (address == NULL && prefix == NULL)
			mistake_add(
				v->m, item->line, item->column,
				"key \"mags[].address\" is missing: the MAG's address, or a prefix "
				"for a range of MAGs");
		else if (address != NULL && prefix != NULL)
			mistake_add(
				v->m, prefix->key_line, prefix->key_column,
				"a MAG has an address or a prefix: keep one, address is in line %u",
				(unsigned)address->key_line);
	}
}

// A MAG inside another's range is fine, the same twice is not.
static void mags_differ(const struct view *v)
{
	char p6[IP6_PREFIX_TEXT];

	for (uint32_t i = 1; i < v->c->n_mags; i++) {
		const struct conf_mag *mag = &v->c->mags[i];
		const struct yaml_node *node = find_mag(v, i);
		for (uint32_t j = 0; node != NULL && j < i; j++) {
			if (!ip6_prefix_equal(mag->from, v->c->mags[j].from) ||
			    find_mag(v, j) == NULL)
				continue;
			mistake_add(
				v->m, node->line, node->column,
				"mag \"%s\" (%s) is the same as mag \"%s\" in line %u: keep one",
				mag->name, ip6_prefix_format(mag->from, p6), v->c->mags[j].name,
				(unsigned)find_mag(v, j)->line);
			break;
		}
	}
}

static void mags_are_routable(const struct view *v)
{
	char p6[IP6_PREFIX_TEXT];

	for (uint32_t i = 0; i < v->c->n_mags; i++) {
		const struct yaml_node *node = find_mag(v, i);
		const char *kind = node == NULL ? NULL : unusable(v->c->mags[i].from);
		if (kind != NULL)
			mistake_add(
				v->m, node->line, node->column,
				"mag \"%s\" (%s) holds %s: wanted are routable unicast addresses",
				v->c->mags[i].name, ip6_prefix_format(v->c->mags[i].from, p6),
				kind);
	}
}

static void mags_are_in_no_pool(const struct view *v)
{
	char a6[IP6_PREFIX_TEXT], p6[IP6_PREFIX_TEXT];

	for (uint32_t i = 0; i < v->c->n_mags; i++) {
		const struct conf_mag *mag = &v->c->mags[i];
		const struct yaml_node *node = find_mag(v, i);
		const struct conf_pool *pool = node == NULL ? NULL : find_pool(v, mag->from);
		if (pool != NULL)
			mistake_add(
				v->m, node->line, node->column,
				"mag \"%s\" (%s) overlaps pool \"%s\" (%s): MAGs stand outside all "
				"pools, those belong to mobile nodes",
				mag->name, ip6_prefix_format(mag->from, a6), pool->name,
				ip6_prefix_format(pool->block, p6));
	}
}

static void mags_are_not_this_lma(const struct view *v)
{
	char a6[IP6_ADDR_TEXT];

	for (uint32_t i = 0; i < v->c->n_mags; i++) {
		const struct conf_mag *mag = &v->c->mags[i];
		const struct yaml_node *node = find_mag(v, i);
		for (uint32_t j = 0; node != NULL && j < v->c->lma.n_addresses; j++) {
			if (mag->from.len == 128 && find_address(v, j) != NULL &&
			    ip6_equal(mag->from.addr, v->c->lma.addresses[j]))
				mistake_add(
					v->m, node->line, node->column,
					"mag \"%s\" has the address of this LMA, %s: wanted is the "
					"MAG's own",
					mag->name, ip6_format(mag->from.addr, a6));
		}
	}
}

// ---- Ports and the rest.

static void nexthops_differ(const struct view *v)
{
	char p6[IP6_PREFIX_TEXT];

	for (uint32_t i = 1; i < v->c->n_nexthops; i++) {
		const struct yaml_node *node = rule_item(v, "nexthops", i, "to");
		for (uint32_t j = 0; node != NULL && j < i; j++) {
			const struct yaml_node *first = NULL;
			if (ip6_prefix_equal(v->c->nexthops[i].to, v->c->nexthops[j].to))
				first = rule_item(v, "nexthops", j, "to");
			if (first == NULL)
				continue;
			mistake_add(v->m, node->line, node->column,
				    "nexthops[].to: %s stands twice, first in line %u: keep one",
				    ip6_prefix_format(v->c->nexthops[i].to, p6),
				    (unsigned)first->line);
			break;
		}
	}
}

// What dev_valid_name of the kernel refuses. Whether there is such a netdev, the driver finds out.
static void netdevs_can_be_names_of_the_kernel(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_ports; i++) {
		const struct yaml_node *node = rule_item(v, "ports", i, "netdev");
		const char *name = v->c->ports[i].netdev;
		if (node != NULL && (strpbrk(name, "/: ") != NULL || strcmp(name, ".") == 0 ||
				     strcmp(name, "..") == 0))
			mistake_add(v->m, node->line, node->column,
				    "ports[].netdev: \"%s\" can be no netdev: no spaces, '/' or "
				    "':', see "
				    "\"ip link\"",
				    name);
	}
}

static void the_socket_has_an_absolute_path(const struct view *v)
{
	const struct yaml_node *node = yaml_find(yaml_find(v->root, "management"), "socket");

	if (node != NULL && node->good && v->c->management.socket[0] != '/')
		mistake_add(v->m, node->line, node->column,
			    "management.socket: \"%s\" is no absolute path: did you mean "
			    "\"/run/kedge/%s\"?",
			    v->c->management.socket, v->c->management.socket);
}

// EAL would refuse it too, but after the start, and without the line.
static void lcores_look_like_eals(const struct view *v)
{
	const struct yaml_node *node = yaml_find(yaml_find(v->root, "dataplane"), "lcores");

	if (node != NULL && node->good &&
	    v->c->dataplane.lcores[strspn(v->c->dataplane.lcores, "0123456789,-@()")] != '\0')
		mistake_add(v->m, node->line, node->column,
			    "dataplane.lcores: \"%s\" is no list of CPUs, wanted is one like "
			    "\"0,1\" or "
			    "\"0@(0,1)\"",
			    v->c->dataplane.lcores);
}

static rule_fn *const rules[] = {
	hnps_fit_their_pool_and_64_bits,
	pools_do_not_overlap,
	pools_are_routable,
	lma_addresses_are_routable_and_differ,
	lma_addresses_are_in_no_pool,
	mags_are_given_once,
	mags_differ,
	mags_are_routable,
	mags_are_in_no_pool,
	mags_are_not_this_lma,
	netdevs_can_be_names_of_the_kernel,
	nexthops_differ,
	the_socket_has_an_absolute_path,
	lcores_look_like_eals,
	NULL,
};

void rules_check(const struct conf *c, const struct yaml_node *root, struct mistakes *m)
{
	struct view v = {c, root, m};

	rule_fn *const *const all[] = {rules, rules_of_policy, rules_of_ports, rules_of_mag};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (rule_fn *const *rule = all[i]; *rule != NULL; rule++)
			(*rule)(&v);
	names_check(root, m);
}

static void warn_of_mag(const struct conf *c, FILE *out)
{
	if (c->n_nodes == 0 && c->mag.realm[0] == '\0')
		fprintf(out, "%s: nodes is empty and mag.realm too: no mobile node is served\n",
			c->path);
	if (c->fast_handover.n_peers > 0 &&
	    c->fast_handover.hold_direct_ms <= c->fast_handover.settle_ms)
		fprintf(out,
			"%s: fast_handover.hold_direct_ms is %u and settle_ms is %u: a previous "
			"MAG that settles so long says that it is done too late, and direct "
			"packets overtake its own; make hold_direct_ms longer\n",
			c->path, (unsigned)c->fast_handover.hold_direct_ms,
			(unsigned)c->fast_handover.settle_ms);
}

void rules_warn(const struct conf *c, FILE *out)
{
	if (c->program == CONF_MAG) {
		warn_of_mag(c, out);
		return;
	}
	// LMA-VAR-02: MAGs send again after 1 s.
	if (c->lma.max_delay_before_new_bce_assign_ms < 1000)
		fprintf(out,
			"%s: lma.max_delay_before_new_bce_assign_ms is %u: below 1000 ms a PBU "
			"sent "
			"again by the MAG comes too late\n",
			c->path, (unsigned)c->lma.max_delay_before_new_bce_assign_ms);
	if (c->n_mags == 0)
		fprintf(out, "%s: mags is empty: no MAG may register\n", c->path);
	if (c->n_pools == 0)
		fprintf(out, "%s: pools is empty: there is no prefix to give\n", c->path);
	if (c->n_profiles == 0)
		fprintf(out, "%s: profiles is empty: no mobile node is served\n", c->path);
}
