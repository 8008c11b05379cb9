// Rules about a MAG, its nodes, and about what LMA and MAG have in common.
#include <stdlib.h>
#include <string.h>

#include "conf/rules_view.h"

static void the_mag_and_its_lma_are_two_routable_addresses(const struct view *v)
{
	const struct yaml_node *coa = rule_key(v, "mag", "proxy_coa");
	const struct yaml_node *lma = rule_key(v, "mag", "lma");
	char text[IP6_ADDR_TEXT];

	if (coa == NULL || lma == NULL)
		return;
	if (!ip6_is_routable_unicast(v->c->mag.coa))
		mistake_add(v->m, coa->line, coa->column,
			    "mag.proxy_coa: %s is no routable unicast address",
			    ip6_format(v->c->mag.coa, text));
	if (!ip6_is_routable_unicast(v->c->mag.lmaa))
		mistake_add(v->m, lma->line, lma->column,
			    "mag.lma: %s is no routable unicast address",
			    ip6_format(v->c->mag.lmaa, text));
	if (ip6_equal(v->c->mag.coa, v->c->mag.lmaa))
		mistake_add(v->m, lma->line, lma->column,
			    "mag.lma is the MAG's own mag.proxy_coa: wanted is the LMA's");
}

static void the_router_that_nodes_see_is_a_link_local_unicast_one(const struct view *v)
{
	const struct yaml_node *node = rule_key(v, "mag", "link_local");
	char text[IP6_ADDR_TEXT];

	if (node != NULL && !ip6_is_zero(v->c->mag.link_local) &&
	    !ip6_is_link_local(v->c->mag.link_local))
		mistake_add(v->m, node->line, node->column,
			    "mag.link_local: %s is not link-local, RFC 6543 has "
			    "fe80::200:5eff:fe00:5213 for every MAG, \"::\" leaves it to the LMA",
			    ip6_format(v->c->mag.link_local, text));
	node = rule_key(v, "mag", "link_layer");
	if (node != NULL && (v->c->mag.link_layer[0] & 1) != 0)
		mistake_add(v->m, node->line, node->column,
			    "mag.link_layer is a group address, RFC 6543 has 00:00:5e:00:52:13 for "
			    "every MAG");
}

static void prefixes_are_preferred_no_longer_than_valid(const struct view *v)
{
	const struct yaml_node *node = rule_key(v, "mag", "prefix_preferred_s");

	if (node == NULL)
		node = rule_key(v, "mag", "prefix_valid_s");
	if (node != NULL && v->c->mag.prefix_preferred_s > v->c->mag.prefix_valid_s)
		mistake_add(v->m, node->line, node->column,
			    "mag.prefix_preferred_s is %u and mag.prefix_valid_s %u: a prefix "
			    "cannot be preferred longer than it is valid",
			    v->c->mag.prefix_preferred_s, v->c->mag.prefix_valid_s);
}

static void a_node_hears_of_its_router_before_it_gives_it_up(const struct view *v)
{
	const struct yaml_node *node = rule_key(v, "mag", "advertise_interval_s");

	if (node == NULL)
		node = rule_key(v, "mag", "router_lifetime_s");
	if (node != NULL && v->c->mag.advertise_interval_s >= v->c->mag.router_lifetime_s)
		mistake_add(v->m, node->line, node->column,
			    "mag.advertise_interval_s is %u and mag.router_lifetime_s %u: nodes "
			    "would lose their router in between",
			    v->c->mag.advertise_interval_s, v->c->mag.router_lifetime_s);
}

static bool is_lma(const struct conf *c, struct ip6_addr a)
{
	for (uint32_t i = 0; i < c->mag.n_more_lmas; i++)
		if (ip6_equal(c->mag.more_lmas[i], a))
			return true;
	return ip6_equal(c->mag.lmaa, a);
}

static void further_lmas_are_routable_and_others(const struct view *v)
{
	const struct yaml_node *node = rule_key(v, "mag", "more_lmas");
	char text[IP6_ADDR_TEXT];

	for (uint32_t i = 0; node != NULL && i < v->c->mag.n_more_lmas; i++) {
		struct ip6_addr a = v->c->mag.more_lmas[i];
		bool again = ip6_equal(a, v->c->mag.lmaa) || ip6_equal(a, v->c->mag.coa);
		for (uint32_t k = 0; k < i; k++)
			again |= ip6_equal(a, v->c->mag.more_lmas[k]);
		if (!ip6_is_routable_unicast(a))
			mistake_add(v->m, node->line, node->column,
				    "mag.more_lmas: %s is no routable unicast address",
				    ip6_format(a, text));
		else if (again)
			mistake_add(v->m, node->line, node->column,
				    "mag.more_lmas: %s stands in mag already: keep one",
				    ip6_format(a, text));
	}
}

static void profiles_name_lmas_that_are_here(const struct view *v)
{
	char text[IP6_ADDR_TEXT];

	for (uint32_t i = 0; i < v->c->n_profiles && v->c->program == CONF_MAG; i++) {
		const struct yaml_node *node = rule_item(v, "profiles", i, "lma");
		if (node != NULL && !ip6_is_zero(v->c->profiles[i].lma) &&
		    !is_lma(v->c, v->c->profiles[i].lma))
			mistake_add(v->m, node->line, node->column,
				    "profiles[].lma: %s is neither mag.lma nor in mag.more_lmas",
				    ip6_format(v->c->profiles[i].lma, text));
	}
}

static void radius_files_have_absolute_paths(const struct view *v)
{
	const struct yaml_node *node = rule_key(v, "radius", "dictionary");

	if (node != NULL && v->c->radius.dictionary[0] != '\0' && v->c->radius.dictionary[0] != '/')
		mistake_add(v->m, node->line, node->column,
			    "radius.dictionary: \"%s\" is no absolute path",
			    v->c->radius.dictionary);
	const struct yaml_node *list = yaml_find(yaml_find(v->root, "radius"), "servers");
	for (uint32_t i = 0; i < v->c->radius.n_servers; i++) {
		node = yaml_find(list->items[i], "secret_file");
		if (node != NULL && node->good && v->c->radius.servers[i].secret_file[0] != '/')
			mistake_add(v->m, node->line, node->column,
				    "radius.servers[].secret_file: \"%s\" is no absolute path",
				    v->c->radius.servers[i].secret_file);
	}
}

// FMIP-10: an access point is behind one MAG.
static void access_points_have_one_routable_mag(const struct view *v)
{
	const struct conf *c = v->c;
	char text[IP6_ADDR_TEXT];

	for (uint32_t i = 0; i < c->fast_handover.n_peers; i++) {
		const struct yaml_node *list =
			yaml_find(yaml_find(v->root, "fast_handover"), "peers");
		const struct yaml_node *mag = yaml_find(list->items[i], "mag");
		const struct yaml_node *ap = yaml_find(list->items[i], "ap");
		struct ip6_addr a = c->fast_handover.peers[i].mag;
		if (mag != NULL && mag->good && (!ip6_is_routable_unicast(a) || is_lma(c, a)))
			mistake_add(v->m, mag->line, mag->column,
				    "fast_handover.peers[].mag: %s is no MAG's: wanted is a "
				    "routable unicast address that is no LMA's",
				    ip6_format(a, text));
		for (uint32_t k = 0; k < i && ap != NULL && ap->good; k++)
			if (strcmp(c->fast_handover.peers[k].ap, c->fast_handover.peers[i].ap) == 0)
				mistake_add(v->m, ap->line, ap->column,
					    "fast_handover.peers[].ap: \"%s\" stands twice: an "
					    "access point is behind one MAG",
					    ap->text);
	}
}

// What waits takes packet buffers from the ports.
static void handovers_leave_packet_buffers_to_the_ports(const struct view *v)
{
	const struct yaml_node *node = rule_key(v, "fast_handover", "buffer_mib");
	uint64_t half = (uint64_t)v->c->dataplane.mbufs / 2 * CONF_BUFFER_BYTES >> 20;

	if (node != NULL && v->c->fast_handover.buffer_mib > half)
		mistake_add(v->m, node->line, node->column,
			    "fast_handover.buffer_mib is %u: at most half of dataplane.mbufs may "
			    "wait, %u MiB of %u buffers; raise dataplane.mbufs",
			    v->c->fast_handover.buffer_mib, (unsigned)half, v->c->dataplane.mbufs);
}

// MAG-DH-03: whom its nodes' messages go to.
static void dhcp_is_relayed_to_servers_that_can_be_reached(const struct view *v)
{
	const struct yaml_node *list = yaml_find(yaml_find(v->root, "mag"), "dhcp_servers");
	const struct yaml_node *dhcp = rule_key(v, "mag", "dhcp");
	char text[IP6_ADDR_TEXT];

	if (dhcp != NULL && v->c->mag.dhcp != CONF_DHCP_OFF && (list == NULL || list->n == 0))
		mistake_add(v->m, dhcp->line, dhcp->column,
			    "mag.dhcp is %s and there is no server to relay to: name one with "
			    "mag.dhcp_servers",
			    dhcp->text);
	for (uint32_t i = 0; list != NULL && list->good && i < v->c->mag.n_dhcp_servers; i++) {
		const struct yaml_node *node = list->items[i];
		struct ip6_addr a = v->c->mag.dhcp_servers[i];
		if (!node->good)
			continue;
		if (!ip6_is_routable_unicast(a) || ip6_equal(a, v->c->mag.coa))
			mistake_add(v->m, node->line, node->column,
				    "mag.dhcp_servers: %s is no server's: wanted is a routable "
				    "unicast address that is not this MAG's own",
				    ip6_format(a, text));
		for (uint32_t k = 0; k < i; k++)
			if (ip6_equal(a, v->c->mag.dhcp_servers[k]) && list->items[k]->good)
				mistake_add(v->m, node->line, node->column,
					    "mag.dhcp_servers: %s stands twice: keep one",
					    ip6_format(a, text));
	}
}

static void a_realm_stands_behind_the_at_sign(const struct view *v)
{
	const struct yaml_node *node = rule_key(v, "mag", "realm");

	if (node != NULL && strchr(v->c->mag.realm, '@') != NULL)
		mistake_add(v->m, node->line, node->column,
			    "mag.realm: write it without \"@\", as in example.net");
}

struct place {
	uint8_t mac[6];
	const struct yaml_node *node;
};

static int by_mac_and_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int d = memcmp(x->mac, y->mac, sizeof(x->mac));

	if (d != 0)
		return d;
	if (x->node->line != y->node->line)
		return x->node->line < y->node->line ? -1 : 1;
	return x->node->column < y->node->column ? -1 : x->node->column > y->node->column;
}

static void refuse_doubled(const struct view *v, struct place *all, uint32_t n)
{
	const struct place *first = all;

	qsort(all, n, sizeof(*all), by_mac_and_place);
	for (uint32_t i = 1; i < n; i++) {
		if (memcmp(first->mac, all[i].mac, sizeof(first->mac)) != 0)
			first = &all[i];
		else
			mistake_add(v->m, all[i].node->line, all[i].node->column,
				    "nodes[].mac: \"%s\" stands twice, first in line %u: a MAC "
				    "address is one node",
				    all[i].node->text, (unsigned)first->node->line);
	}
}

// Compared as addresses: 0A and 0a are the same.
static void nodes_have_a_unicast_mac_address_each(const struct view *v)
{
	struct place *all = calloc(v->c->n_nodes + 1u, sizeof(*all));
	uint32_t n = 0;

	if (all == NULL) {
		v->m->no_memory = true;
		return;
	}
	for (uint32_t i = 0; i < v->c->n_nodes; i++) {
		const struct yaml_node *node = rule_item(v, "nodes", i, "mac");
		const uint8_t *mac = v->c->nodes[i].mac;
		if (node == NULL)
			continue;
		if ((mac[0] & 1) != 0)
			mistake_add(v->m, node->line, node->column,
				    "nodes[].mac: \"%s\" is a group address, no node has one",
				    node->text);
		all[n].node = node;
		memcpy(all[n++].mac, mac, sizeof(all->mac));
	}
	refuse_doubled(v, all, n);
	free(all);
}

static bool has_role(const struct conf *c, bool access)
{
	for (uint32_t i = 0; i < c->n_interfaces; i++)
		if ((c->interfaces[i].role == CONF_ACCESS) == access)
			return true;
	return false;
}

static void a_mag_stands_between_nodes_and_the_network(const struct view *v)
{
	const struct yaml_node *list = yaml_find(v->root, "interfaces");
	const struct yaml_node *where = list != NULL ? list : v->root;

	if (v->c->program != CONF_MAG || (list != NULL && !list->good))
		return;
	if (!has_role(v->c, true))
		mistake_add(v->m, where->line, where->column,
			    "a MAG needs an interface of role access: where its mobile nodes are");
	if (!has_role(v->c, false))
		mistake_add(v->m, where->line, where->column,
			    "a MAG needs an interface of role backbone: the way to its LMA");
}

static void ports_of_a_mag_have_a_role(const struct view *v)
{
	if (v->c->program != CONF_MAG)
		return;
	for (uint32_t i = 0; i < v->c->n_ports; i++) {
		const struct yaml_node *node = rule_item(v, "ports", i, "name");
		bool found = node == NULL;
		for (uint32_t k = 0; k < v->c->n_interfaces; k++)
			found |= strcmp(v->c->interfaces[k].port, v->c->ports[i].name) == 0;
		if (!found)
			mistake_add(v->m, node->line, node->column,
				    "port \"%s\" has no interface: say with interfaces whether it "
				    "is of role access or backbone",
				    v->c->ports[i].name);
	}
}

static void an_lma_has_no_access_interface(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_interfaces && v->c->program == CONF_LMA; i++) {
		const struct yaml_node *node = rule_item(v, "interfaces", i, "role");
		if (node != NULL && v->c->interfaces[i].role == CONF_ACCESS)
			mistake_add(v->m, node->line, node->column,
				    "interface \"%s\": mobile nodes are at MAGs, an LMA has no "
				    "access interface; did you mean backbone?",
				    v->c->interfaces[i].name);
	}
}

// RFC 5847 3: 30 to 3600 s.
static void heartbeats_are_off_or_no_faster_than_the_rfc(const struct view *v)
{
	const struct yaml_node *node = rule_key(v, "heartbeat", "interval_s");

	if (node != NULL && v->c->heartbeat.interval_s > 0 && v->c->heartbeat.interval_s < 30)
		mistake_add(v->m, node->line, node->column,
			    "heartbeat.interval_s: %u is out of range, wanted is 30..3600 s, or 0 "
			    "for none",
			    v->c->heartbeat.interval_s);
}

static void the_counter_has_an_absolute_path(const struct view *v)
{
	const struct yaml_node *node = rule_key(v, "heartbeat", "counter");

	if (node != NULL && v->c->heartbeat.counter[0] != '/')
		mistake_add(v->m, node->line, node->column,
			    "heartbeat.counter: \"%s\" is no absolute path: did you mean "
			    "\"/var/lib/kedge/%s\"?",
			    v->c->heartbeat.counter, v->c->heartbeat.counter);
}

rule_fn *const rules_of_mag[] = {
	the_mag_and_its_lma_are_two_routable_addresses,
	the_router_that_nodes_see_is_a_link_local_unicast_one,
	prefixes_are_preferred_no_longer_than_valid,
	a_node_hears_of_its_router_before_it_gives_it_up,
	further_lmas_are_routable_and_others,
	profiles_name_lmas_that_are_here,
	radius_files_have_absolute_paths,
	access_points_have_one_routable_mag,
	handovers_leave_packet_buffers_to_the_ports,
	dhcp_is_relayed_to_servers_that_can_be_reached,
	a_realm_stands_behind_the_at_sign,
	nodes_have_a_unicast_mac_address_each,
	a_mag_stands_between_nodes_and_the_network,
	ports_of_a_mag_have_a_role,
	an_lma_has_no_access_interface,
	heartbeats_are_off_or_no_faster_than_the_rfc,
	the_counter_has_an_absolute_path,
	NULL,
};
