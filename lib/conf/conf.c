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
	c->profiles[0] = (struct conf_profile){.match = "*", .permit = true};
	return 0;
}

static int build(const char *text, size_t n, struct mistakes *m, struct conf *c)
{
	struct yaml_tree tree;
	int err = yaml_parse(text, n, m, &tree);

	if (err != 0)
		return err;
	err = check_fill(&tree, m, c);
	// Half a file breaks rules that the whole one keeps.
	if (err == 0 && !tree.cut)
		rules_check(c, tree.root, m);
	if (err == 0 && yaml_find(tree.root, "profiles") == NULL)
		err = permit_all(c);
	yaml_done(&tree);
	return m->no_memory ? -ENOMEM : err;
}

int conf_load_text(const char *name, const char *text, size_t n, FILE *errors, struct conf **out)
{
	struct mistakes m = {0};
	struct conf *c = calloc(1, sizeof(*c));
	int err = c == NULL ? -ENOMEM : build(text, n, &m, c);

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

int conf_load(const char *path, FILE *errors, struct conf **out)
{
	char *text = NULL;
	size_t n = 0;
	int err = read_file(path, &text, &n);

	if (err != 0) {
		fprintf(errors, "%s: cannot be read: %s\n", path, strerror(-err));
		return err;
	}
	err = conf_load_text(path, text, n, errors, out);
	free(text);
	return err;
}

void conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	free(c->lma.addresses);
	free(c->ports);
	free(c->interfaces);
	free(c->mags);
	free(c->pools);
	free(c->profiles);
	free(c->nexthops);
	free(c);
}

void conf_warn(const struct conf *c, FILE *out)
{
	rules_warn(c, out);
}
