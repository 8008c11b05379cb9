// Names that must differ from item to item, and names that must be those of a port; both as lists,
// so that a new key is a row. Doubled names are found by sorting, because there may be as many
// profiles as a file can hold. Compares text: what is equal in value only (addresses) is rules.c's.
#include "conf/names.h"

#include <stdlib.h>
#include <string.h>

#include "conf/nearest.h"

// Keys whose values differ from item to item of the list.
static const struct unique {
	const char *list, *key;
} uniques[] = {
	{"ports", "name"},      {"ports", "netdev"}, {"ports", "device"}, {"interfaces", "name"},
	{"interfaces", "twin"}, {"mags", "name"},    {"pools", "name"},   {"profiles", "match"},
};

// Keys whose values are the name of a port.
static const struct unique references[] = {{"interfaces", "port"}, {"nexthops", "port"}};

static const struct yaml_node *find_good(const struct yaml_node *item, const char *key)
{
	const struct yaml_node *node = yaml_find(item, key);

	return node != NULL && node->good && node->text[0] != '\0' ? node : NULL;
}

static int by_text_and_place(const void *a, const void *b)
{
	const struct yaml_node *x = *(const struct yaml_node *const *)a;
	const struct yaml_node *y = *(const struct yaml_node *const *)b;
	int d = strcmp(x->text, y->text);

	if (d != 0)
		return d;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

static void refuse_twins(const struct yaml_node *root, const struct unique *u, struct mistakes *m)
{
	const struct yaml_node *list = yaml_find(root, u->list), *first = NULL;
	char q[QUOTED];
	uint32_t n = 0;

	if (list == NULL || list->kind != YAML_LIST || list->n == 0)
		return;
	const struct yaml_node **all = calloc(list->n, sizeof(const struct yaml_node *));
	if (all == NULL) {
		m->no_memory = true;
		return;
	}
	for (uint32_t i = 0; i < list->n; i++) {
		const struct yaml_node *node = find_good(list->items[i], u->key);
		if (node != NULL)
			all[n++] = node;
	}
	qsort(all, n, sizeof(const struct yaml_node *), by_text_and_place);
	for (uint32_t i = 0; i < n; i++) {
		if (first == NULL || strcmp(first->text, all[i]->text) != 0)
			first = all[i];
		else
			mistake_add(
				m, all[i]->line, all[i]->column,
				"%s[].%s: %s stands twice, first in line %u: each needs its own",
				u->list, u->key, mistake_quote(all[i]->text, q),
				(unsigned)first->line);
	}
	free(all);
}

// A port whose own row has mistakes still has its name: one mistake is told once.
static const char *find_port(const struct yaml_node *ports, const char *name, const char **nearest)
{
	struct nearest near = nearest_to(name);

	for (uint32_t i = 0; ports != NULL && i < ports->n; i++) {
		const struct yaml_node *port = yaml_find(ports->items[i], "name");
		if (port == NULL || port->kind != YAML_SCALAR)
			continue;
		if (strcmp(port->text, name) == 0)
			return port->text;
		nearest_offer(&near, port->text);
	}
	*nearest = near.best;
	return NULL;
}

static void list_ports(const struct yaml_node *ports, char *buf, size_t n)
{
	size_t used = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; ports != NULL && i < ports->n && used < n; i++) {
		const struct yaml_node *port = find_good(ports->items[i], "name");
		if (port != NULL)
			used += (size_t)snprintf(buf + used, n - used, "%s%s", used > 0 ? ", " : "",
						 port->text);
	}
}

static void refuse_unknown_ports(const struct yaml_node *root, const struct unique *r,
				 struct mistakes *m)
{
	const struct yaml_node *list = yaml_find(root, r->list), *ports = yaml_find(root, "ports");
	const char *near = NULL;
	char q[QUOTED], known[600];

	list_ports(ports, known, sizeof(known));
	for (uint32_t i = 0; list != NULL && i < list->n; i++) {
		const struct yaml_node *node = find_good(list->items[i], r->key);
		if (node == NULL || find_port(ports, node->text, &near) != NULL)
			continue;
		mistake_quote(node->text, q);
		if (near != NULL)
			mistake_add(m, node->line, node->column,
				    "%s[].%s: there is no port %s: did you mean \"%s\"?", r->list,
				    r->key, q, near);
		else
			mistake_add(m, node->line, node->column,
				    "%s[].%s: there is no port %s: the ports are %s", r->list,
				    r->key, q, known[0] != '\0' ? known : "none");
	}
}

void names_check(const struct yaml_node *root, struct mistakes *m)
{
	for (size_t i = 0; i < sizeof(uniques) / sizeof(uniques[0]); i++)
		refuse_twins(root, &uniques[i], m);
	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
		refuse_unknown_ports(root, &references[i], m);
}
