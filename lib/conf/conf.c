// Load and free: the steps from text to a snapshot, and nothing of their insides. A snapshot with a
// mistake never leaves this file: it is built whole, or freed.
// Text comes first, files only at the end, so that tests and damage need no file system.
#include "conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"
#include "conf/mistakes.h"
#include "conf/rules.h"
#include "conf/yaml.h"

// Without profiles, everybody whom a MAG brings is served.
static int permit_all(struct conf *c)
{
	c->profiles = calloc(1, sizeof(*c->profiles));
	if (c->profiles == NULL)
		return -ENOMEM;
	c->n_profiles = 1;
	c->profiles[0] = (struct conf_profile){.match = "*", .permit = true, .prefix_count = 1};
	return 0;
}

static bool has_interface(const struct conf *c, const char *port)
{
	for (uint32_t i = 0; i < c->n_interfaces; i++)
		if (strcmp(c->interfaces[i].port, port) == 0)
			return true;
	return false;
}

// A port on which nothing stands is an untagged interface of its own; what a MAG's ports are has to
// be said, and rules.c asks for it.
static int add_interfaces(struct conf *c)
{
	size_t n = c->n_interfaces + c->n_ports + 1;
	struct conf_interface *all = realloc(c->interfaces, n * sizeof(*all));

	if (all == NULL)
		return -ENOMEM;
	c->interfaces = all;
	for (uint32_t i = 0; i < c->n_ports && c->program == CONF_LMA; i++) {
		if (has_interface(c, c->ports[i].name))
			continue;
		struct conf_interface in = {.role = CONF_CORE};
		memcpy(in.name, c->ports[i].name, sizeof(in.name));
		memcpy(in.port, c->ports[i].name, sizeof(in.port));
		all[c->n_interfaces++] = in;
	}
	return 0;
}

static const struct conf_port *port_of(const struct conf *c, const struct conf_interface *in)
{
	for (uint32_t i = 0; i < c->n_ports; i++)
		if (strcmp(c->ports[i].name, in->port) == 0)
			return &c->ports[i];
	return NULL;
}

// A pool that says when it is high, but not when it is low again.
static void settle_watermarks(struct conf *c, const struct yaml_node *root)
{
	const struct yaml_node *pools = yaml_find(root, "pools");

	for (uint32_t i = 0; pools != NULL && i < c->n_pools && i < pools->n; i++) {
		struct conf_pool *pool = &c->pools[i];
		if (yaml_find(pools->items[i], "low_percent") == NULL &&
		    pool->low_percent >= pool->high_percent)
			pool->low_percent = (uint8_t)(pool->high_percent * 9 / 10);
	}
}

// The kernel's netdev that stands for each interface, where none is named.
static void name_twins(struct conf *c)
{
	for (uint32_t i = 0; i < c->n_interfaces; i++) {
		struct conf_interface *in = &c->interfaces[i];
		const struct conf_port *port = port_of(c, in);
		if (port == NULL || in->twin[0] != '\0' || in->role == CONF_ACCESS ||
		    port->driver == CONF_MEM)
			continue;
		if (port->driver != CONF_AF_XDP)
			snprintf(in->twin, sizeof(in->twin), "%.15s", in->name);
		else if (in->vlan != 0)
			snprintf(in->twin, sizeof(in->twin), "%.9s.%u", port->netdev, in->vlan);
		else
			snprintf(in->twin, sizeof(in->twin), "%.15s", port->netdev);
	}
}

// A whole file of the other program is one mistake, not one a line.
static bool is_of_another_program(const struct yaml_node *root, enum conf_program program,
				  struct mistakes *m)
{
	enum conf_program other = program == CONF_LMA ? CONF_MAG : CONF_LMA;
	const struct yaml_node *theirs = yaml_find(root, conf_program_name(other));

	if (theirs == NULL || yaml_find(root, conf_program_name(program)) != NULL)
		return false;
	mistake_add(m, theirs->key_line, theirs->key_column,
		    "this is a file of kedge-%s, and kedge-%s reads it: try kedge-%s --check",
		    conf_program_name(other), conf_program_name(program), conf_program_name(other));
	return true;
}

static int build(const char *text, size_t n, struct mistakes *m, struct conf *c)
{
	struct yaml_tree tree;
	int err = yaml_parse(text, n, m, &tree);

	if (err != 0)
		return err;
	if (is_of_another_program(tree.root, c->program, m)) {
		yaml_done(&tree);
		return m->no_memory ? -ENOMEM : 0;
	}
	err = check_fill(&tree, m, c);
	if (err == 0)
		settle_watermarks(c, tree.root);
	// Half a file breaks rules that the whole one keeps.
	if (err == 0 && !tree.cut)
		rules_check(c, tree.root, m);
	if (err == 0 && c->program == CONF_LMA && yaml_find(tree.root, "profiles") == NULL)
		err = permit_all(c);
	if (err == 0)
		err = add_interfaces(c);
	if (err == 0)
		name_twins(c);
	yaml_done(&tree);
	return m->no_memory ? -ENOMEM : err;
}

int conf_load_text(const char *name, enum conf_program program, const char *text, size_t n,
		   FILE *errors, struct conf **out)
{
	struct mistakes m = {0};
	struct conf *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	if (c != NULL) {
		c->program = program;
		err = build(text, n, &m, c);
	}

	if (err == -ENOMEM)
		fprintf(errors, "%s: no memory to read it\n", name);
	else if (m.found > 0)
		err = -EINVAL;
	if (err == -EINVAL)
		mistakes_emit(&m, name, errors);
	if (err == 0) {
		snprintf(c->path, sizeof(c->path), "%s", name);
		*out = c;
		c = NULL;
	}
	mistakes_done(&m);
	conf_free(c);
	return err;
}

// The whole file, at most one byte more than is taken. 0 or -errno.
static int read_file(const char *path, char **out, size_t *n)
{
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return -errno;
	int err = 0;
	char *text = malloc(YAML_MAX_BYTES + 1);
	if (text == NULL) {
		err = -ENOMEM;
	} else {
		*n = fread(text, 1, YAML_MAX_BYTES + 1, f);
		if (ferror(f))
			err = errno != 0 ? -errno : -EIO;
	}
	fclose(f);
	if (err != 0)
		free(text);
	else
		*out = text;
	return err;
}

int conf_load(const char *path, enum conf_program program, FILE *errors, struct conf **out)
{
	char *text = NULL;
	size_t n = 0;
	int err = read_file(path, &text, &n);

	if (err != 0) {
		fprintf(errors, "%s: cannot be read: %s\n", path, strerror(-err));
		return err;
	}
	err = conf_load_text(path, program, text, n, errors, out);
	free(text);
	return err;
}

void conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	for (uint32_t i = 0; i < c->n_mags; i++) {
		free(c->mags[i].nodes);
		free(c->mags[i].pools);
	}
	for (uint32_t i = 0; i < c->n_profiles; i++) {
		free(c->profiles[i].pools);
		free(c->profiles[i].prefixes);
	}
	free(c->lma.addresses);
	free(c->mag.more_lmas);
	free(c->radius.servers);
	free(c->fast_handover.peers);
	free(c->mag.dhcp_servers);
	free(c->ports);
	free(c->interfaces);
	free(c->mags);
	free(c->pools);
	free(c->profiles);
	free(c->nodes);
	free(c->nexthops);
	free(c);
}

void conf_warn(const struct conf *c, FILE *out)
{
	rules_warn(c, out);
}
