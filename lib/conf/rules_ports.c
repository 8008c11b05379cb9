// Rules about ports and the interfaces that stand on them.
#include <stdio.h>
#include <string.h>

#include "conf/rules_view.h"

enum { IFNAME = 15 };

// What each driver's port is made of. The first word is what it cannot do without.
static const struct {
	const char *driver, *needs, *may;
} drivers[] = {
	[CONF_MEM] = {"mem", "", ""},
	[CONF_AF_XDP] = {"af_xdp", "netdev", "queues"},
	[CONF_AF_PACKET] = {"af_packet", "netdev", "queues"},
	[CONF_PCI] = {"pci", "device", "devargs queues"},
	[CONF_VDEV] = {"vdev", "device", "devargs queues"},
	[CONF_MEMIF] = {"memif", "socket", "id server queues"},
};
static const char *const special[] = {"netdev", "device", "devargs", "socket", "id", "server"};

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; (p = strstr(p, word)) != NULL; p += n)
		if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

// The drivers whose ports have such a key.
static void drivers_with(const char *key, char *buf, size_t n)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]) && used < n; i++)
		if (strcmp(drivers[i].needs, key) == 0 || has_word(drivers[i].may, key))
			used += (size_t)snprintf(buf + used, n - used, "%s%s",
						 used > 0 ? " or " : "", drivers[i].driver);
}

static void ports_have_what_their_driver_needs(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_ports; i++) {
		const struct conf_port *port = &v->c->ports[i];
		const struct yaml_node *driver = rule_item(v, "ports", i, "driver");
		const char *needs = drivers[port->driver].needs;
		if (driver == NULL || needs[0] == '\0')
			continue;
		const struct yaml_node *node =
			yaml_find(yaml_find(v->root, "ports")->items[i], needs);
		if (node == NULL || node->text == NULL || node->text[0] == '\0')
			mistake_add(v->m, driver->line, driver->column,
				    "port \"%s\" needs a %s: %s serves one", port->name, needs,
				    drivers[port->driver].driver);
	}
}

// A dump has every key, with its default.
static bool says_nothing(const struct yaml_node *node)
{
	return node->text[0] == '\0' || strcmp(node->text, "0") == 0 ||
	       strcmp(node->text, "false") == 0;
}

static void ports_have_nothing_that_is_another_drivers(const struct view *v)
{
	char others[80];

	for (uint32_t i = 0; i < v->c->n_ports; i++) {
		const struct conf_port *port = &v->c->ports[i];
		if (rule_item(v, "ports", i, "driver") == NULL)
			continue;
		for (size_t k = 0; k < sizeof(special) / sizeof(special[0]); k++) {
			const struct yaml_node *node = rule_item(v, "ports", i, special[k]);
			if (node == NULL || says_nothing(node) ||
			    strcmp(drivers[port->driver].needs, special[k]) == 0 ||
			    has_word(drivers[port->driver].may, special[k]))
				continue;
			drivers_with(special[k], others, sizeof(others));
			mistake_add(v->m, node->line, node->column,
				    "port \"%s\" is served by %s and has no %s: leave it out, or "
				    "did you mean driver: %s?",
				    port->name, drivers[port->driver].driver, special[k], others);
		}
	}
}

static void ports_in_memory_have_one_queue(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_ports; i++) {
		const struct conf_port *port = &v->c->ports[i];
		const struct yaml_node *queues = rule_item(v, "ports", i, "queues");
		if (port->driver == CONF_MEM && queues != NULL && port->queues > 1)
			mistake_add(v->m, queues->line, queues->column,
				    "port \"%s\" is in memory and has one queue: did you mean "
				    "queues: 1?",
				    port->name);
	}
}

// 0000:03:00.0, the domain may be left out.
static bool is_pci_address(const char *s)
{
	unsigned domain, bus, slot, function;
	int end = 0;

	if (sscanf(s, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &end) == 4 &&
	    s[end] == '\0')
		return true;
	end = 0;
	return sscanf(s, "%2x:%2x.%1x%n", &bus, &slot, &function, &end) == 3 && s[end] == '\0';
}

static void devices_have_names_that_dpdk_knows(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_ports; i++) {
		const struct conf_port *port = &v->c->ports[i];
		const struct yaml_node *node = rule_item(v, "ports", i, "device");
		if (node == NULL)
			continue;
		if (port->driver == CONF_PCI && !is_pci_address(port->device))
			mistake_add(v->m, node->line, node->column,
				    "port \"%s\": \"%s\" is no PCI address, wanted is one like "
				    "0000:03:00.0; see: lspci",
				    port->name, port->device);
		if (port->driver == CONF_VDEV && strncmp(port->device, "net_", 4) != 0)
			mistake_add(v->m, node->line, node->column,
				    "port \"%s\": \"%s\" is no virtual device of DPDK, their names "
				    "start with net_",
				    port->name, port->device);
	}
}

static void memif_sockets_have_absolute_paths(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_ports; i++) {
		const struct conf_port *port = &v->c->ports[i];
		const struct yaml_node *node = rule_item(v, "ports", i, "socket");
		if (node != NULL && port->driver == CONF_MEMIF && port->socket[0] != '/')
			mistake_add(v->m, node->line, node->column,
				    "port \"%s\": \"%s\" is no absolute path: did you mean "
				    "\"/run/kedge/%s\"?",
				    port->name, port->socket, port->socket);
	}
}

// ---- Interfaces.

// Frames are told apart by port and tag alone.
static void interfaces_share_no_port_and_vlan(const struct view *v)
{
	for (uint32_t i = 1; i < v->c->n_interfaces; i++) {
		const struct conf_interface *b = &v->c->interfaces[i];
		const struct yaml_node *node = rule_item(v, "interfaces", i, "port");
		for (uint32_t j = 0; node != NULL && j < i; j++) {
			const struct conf_interface *a = &v->c->interfaces[j];
			if (a->vlan != b->vlan || strcmp(a->port, b->port) != 0)
				continue;
			mistake_add(v->m, node->line, node->column,
				    "interface \"%s\" is on port \"%s\", VLAN %u, as interface "
				    "\"%s\" is: "
				    "give it another VLAN",
				    b->name, b->port, (unsigned)b->vlan, a->name);
			break;
		}
	}
}

// Every frame of an access port is ours, so nothing else can stand on it.
static void access_ports_are_access_ports_alone(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_interfaces; i++) {
		const struct conf_interface *a = &v->c->interfaces[i];
		const struct yaml_node *node = rule_item(v, "interfaces", i, "role");
		for (uint32_t j = 0; node != NULL && j < i; j++) {
			const struct conf_interface *b = &v->c->interfaces[j];
			if (strcmp(a->port, b->port) != 0 ||
			    (a->role == CONF_ACCESS) == (b->role == CONF_ACCESS))
				continue;
			mistake_add(v->m, node->line, node->column,
				    "interface \"%s\" shares port \"%s\" with \"%s\": an access "
				    "port has no kernel behind it and carries access interfaces "
				    "alone",
				    a->name, a->port, b->name);
			break;
		}
	}
}

static const struct conf_port *port_of(const struct view *v, const struct conf_interface *in)
{
	for (uint32_t i = 0; i < v->c->n_ports; i++)
		if (strcmp(v->c->ports[i].name, in->port) == 0)
			return &v->c->ports[i];
	return NULL;
}

static bool has_twin(const struct view *v, const struct conf_interface *in)
{
	const struct conf_port *port = port_of(v, in);

	return port != NULL && port->driver != CONF_MEM && in->role != CONF_ACCESS;
}

static void twins_are_given_where_there_is_one(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_interfaces; i++) {
		const struct conf_interface *in = &v->c->interfaces[i];
		const struct yaml_node *node = rule_item(v, "interfaces", i, "twin");
		if (node == NULL || in->twin[0] == '\0' || port_of(v, in) == NULL ||
		    has_twin(v, in))
			continue;
		mistake_add(v->m, node->line, node->column,
			    "interface \"%s\" has no kernel behind it, so no twin: leave it out",
			    in->name);
	}
}

// The names that are made where none is given must fit the kernel's 15 characters.
static void twins_have_names_that_fit(const struct view *v)
{
	for (uint32_t i = 0; i < v->c->n_interfaces; i++) {
		const struct conf_interface *in = &v->c->interfaces[i];
		const struct yaml_node *node = rule_item(v, "interfaces", i, "name");
		const struct conf_port *port = port_of(v, in);
		char name[64];
		if (node == NULL || in->twin[0] != '\0' || !has_twin(v, in))
			continue;
		if (port->driver != CONF_AF_XDP)
			snprintf(name, sizeof(name), "%s", in->name);
		else if (in->vlan != 0)
			snprintf(name, sizeof(name), "%s.%u", port->netdev, in->vlan);
		else
			continue;
		if (strlen(name) > IFNAME)
			mistake_add(v->m, node->line, node->column,
				    "interface \"%s\": \"%s\" is too long for a netdev of the "
				    "kernel: name one of at most 15 characters with twin",
				    in->name, name);
	}
}

rule_fn *const rules_of_ports[] = {
	ports_have_what_their_driver_needs,  ports_have_nothing_that_is_another_drivers,
	ports_in_memory_have_one_queue,      devices_have_names_that_dpdk_knows,
	memif_sockets_have_absolute_paths,   interfaces_share_no_port_and_vlan,
	access_ports_are_access_ports_alone, twins_are_given_where_there_is_one,
	twins_have_names_that_fit,           NULL,
};
