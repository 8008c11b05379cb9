// Walks tree and schema side by side; see check.h. The schema leads: for each of its rows the value
// in the tree, or the default. What the tree has beside that is an unknown key. A wrong value
// leaves the default in place, so that the walk goes on and finds the rest.
#include "conf/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/nearest.h"
#include "conf/schema.h"
#include "conf/value.h"

enum { PATH = 96 };

struct filler {
	struct mistakes *m;
	struct conf *c;
	bool cut; // a missing key is no mistake: it may stand where the file could not be read
	bool no_memory;
};

// The field of a row, in struct conf or in a list's item: the one place where an offset becomes a
// pointer.
static void *at(void *base, size_t offset)
{
	return (char *)base + offset;
}

// ---- Keys that are not known.

// "workers" at the top belongs under "dataplane": the path of a key of that name elsewhere.
static const char *find_elsewhere(const struct filler *f, const char *key)
{
	for (const struct schema_row *row = schema; row->path != NULL; row++) {
		if (strcmp(schema_key(row), key) == 0 && schema_is_read_by(row, f->c->program))
			return row->path;
	}
	return NULL;
}

static void list_keys(const struct filler *f, const char *prefix, char *buf, size_t n)
{
	size_t used = 0;

	buf[0] = '\0';
	for (const struct schema_row *row = schema; row->path != NULL && used < n; row++) {
		if (schema_is_in(row, prefix) && schema_is_read_by(row, f->c->program))
			used += (size_t)snprintf(buf + used, n - used, "%s%s", used > 0 ? ", " : "",
						 schema_key(row));
	}
}

static void refuse_key(struct filler *f, const struct yaml_node *node, const char *prefix)
{
	char q[QUOTED], keys[700];
	struct nearest near = nearest_to(node->key);
	const char *elsewhere = node->key[0] != '\0' ? find_elsewhere(f, node->key) : NULL;

	for (const struct schema_row *row = schema; row->path != NULL; row++) {
		if (schema_is_in(row, prefix) && schema_is_read_by(row, f->c->program))
			nearest_offer(&near, schema_key(row));
	}
	mistake_quote(node->key, q);
	list_keys(f, prefix, keys, sizeof(keys));
	if (near.best != NULL)
		mistake_add(f->m, node->key_line, node->key_column,
			    "unknown key %s: did you mean \"%s\"?", q, near.best);
	else if (elsewhere != NULL)
		mistake_add(f->m, node->key_line, node->key_column,
			    "key %s does not belong here: did you mean %s?", q, elsewhere);
	else
		mistake_add(f->m, node->key_line, node->key_column,
			    "unknown key %s: the keys here are %s", q, keys);
}

// A good key in the file of the other program.
static void refuse_reader(struct filler *f, const struct yaml_node *node,
			  const struct schema_row *row)
{
	mistake_add(f->m, node->key_line, node->key_column,
		    "key \"%s\" is for kedge-%s, and kedge-%s reads this file: take it out",
		    row->path, conf_program_name((enum conf_program)schema_reader(row)),
		    conf_program_name(f->c->program));
}

// ---- Values.

// What an operator sees in the file, not what YAML calls it: "key:" and nothing after it is empty.
static const char *kind_text(const struct yaml_node *node)
{
	static const char *const texts[] = {"one value", "a map", "a list", ""};
	bool empty = node->kind == YAML_SCALAR && node->plain &&
		     (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
		      strcmp(node->text, "null") == 0);
	return empty ? "empty" : texts[node->kind];
}

static bool is_kind(struct filler *f, const char *path, const struct yaml_node *node,
		    enum yaml_kind wanted)
{
	static const char *const texts[] = {"one value", "a map of keys", "a list of items"};
	const char *kind = kind_text(node);

	if (node->kind == YAML_BROKEN)
		return false;
	if (node->kind == wanted && (wanted != YAML_SCALAR || strcmp(kind, "empty") != 0))
		return true;
	mistake_add(f->m, node->line, node->column, "%s is %s, wanted is %s%s", path, kind,
		    texts[wanted], wanted == YAML_LIST ? "; [] for none" : "");
	return false;
}

static void read_value(struct filler *f, const struct schema_row *row, struct yaml_node *node,
		       void *base)
{
	char why[VALUE_WHY];

	if (!is_kind(f, row->path, node, YAML_SCALAR))
		return;
	node->good = value_parse(row, node->text, node->plain, at(base, row->offset), why);
	if (!node->good)
		mistake_add(f->m, node->line, node->column, "%s: %s", row->path, why);
}

// A default with its {program} and {name}.
static void fill_in(const struct conf *c, const char *fallback, char *out, size_t n)
{
	size_t used = 0;

	out[0] = '\0';
	while (*fallback != '\0' && used < n) {
		const char *word = NULL;
		if (strncmp(fallback, "{program}", 9) == 0)
			word = conf_program_name(c->program);
		else if (strncmp(fallback, "{name}", 6) == 0)
			word = c->name;
		if (word != NULL) {
			used += (size_t)snprintf(out + used, n - used, "%s", word);
			fallback = strchr(fallback, '}') + 1;
		} else {
			used += (size_t)snprintf(out + used, n - used, "%c", *fallback++);
		}
	}
}

// The key is not there: its default, or a mistake at `where`.
static void fall_back(struct filler *f, const struct schema_row *row, const struct yaml_node *where,
		      void *base)
{
	char why[VALUE_WHY], text[VALUE_TEXT];

	if (row->fallback == NULL) {
		if (!f->cut)
			mistake_add(f->m, where->line, where->column, "key \"%s\" is missing: %s",
				    row->path, row->text);
	} else if (row->fallback[0] == '=') {
		const struct schema_row *other = schema_find(row->fallback + 1);
		memcpy(at(base, row->offset), at(base, other->offset), row->size);
	} else if (row->fallback[0] != '\0') {
		fill_in(f->c, row->fallback, text, sizeof(text));
		value_parse(row, text, true, at(base, row->offset), why);
	}
}

// ---- Maps and lists.

static void fill_map(struct filler *f, struct yaml_node *map, const char *prefix, void *base);

static void fill_item(struct filler *f, const struct schema_row *list, struct yaml_node *item,
		      void *base)
{
	char path[PATH];

	snprintf(path, sizeof(path), "%s[]", list->path);
	const struct schema_row *plain = schema_find(path);
	if (plain != NULL) {
		read_value(f, plain, item, base);
	} else if (is_kind(f, path, item, YAML_MAP)) {
		snprintf(path, sizeof(path), "%s[].", list->path);
		fill_map(f, item, path, base);
	}
}

static void fill_list(struct filler *f, const struct schema_row *row, struct yaml_node *list,
		      void *base)
{
	if (!is_kind(f, row->path, list, YAML_LIST))
		return;
	uint32_t n = list->n < row->max ? list->n : (uint32_t)row->max;
	if (list->n < row->min)
		mistake_add(f->m, list->line, list->column, "%s is empty: %s", row->path,
			    row->text);
	if (list->n > row->max)
		mistake_add(f->m, list->items[n]->line, list->items[n]->column,
			    "%s has %" PRIu32 " items, at most %" PRIu64 " are taken", row->path,
			    list->n, row->max);
	char *items = calloc(n > 0 ? n : 1, row->item_size);
	if (items == NULL) {
		f->no_memory = true;
		return;
	}
	memcpy(at(base, row->offset), &items, sizeof(items));
	memcpy(at(base, row->count_offset), &n, sizeof(n));
	for (uint32_t i = 0; i < n; i++)
		fill_item(f, row, list->items[i], items + i * row->item_size);
	list->good = true;
}

static void fill_row(struct filler *f, const struct schema_row *row, struct yaml_node *node,
		     void *base)
{
	char prefix[PATH];

	if (row->type == SCHEMA_LIST) {
		fill_list(f, row, node, base);
	} else if (row->type != SCHEMA_GROUP) {
		read_value(f, row, node, base);
	} else if (is_kind(f, row->path, node, YAML_MAP)) {
		snprintf(prefix, sizeof(prefix), "%s.", row->path);
		fill_map(f, node, prefix, base);
	}
}

// A group that is not there is an empty one.
static void fill_absent_group(struct filler *f, const struct schema_row *row,
			      const struct yaml_node *where, void *base)
{
	char prefix[PATH];
	struct yaml_node empty = {.kind = YAML_MAP, .line = where->line, .column = where->column};

	snprintf(prefix, sizeof(prefix), "%s.", row->path);
	fill_map(f, &empty, prefix, base);
}

// What stands in the map first, in the order of the schema, then what does not belong there.
static void fill_map(struct filler *f, struct yaml_node *map, const char *prefix, void *base)
{
	for (const struct schema_row *row = schema; row->path != NULL; row++) {
		if (!schema_is_in(row, prefix) || !schema_is_read_by(row, f->c->program))
			continue;
		struct yaml_node *node = yaml_find(map, schema_key(row));
		if (node != NULL && (row->type == SCHEMA_GROUP || row->type == SCHEMA_LIST))
			fill_row(f, row, node, base);
		else if (node != NULL) {
			if (row->fallback != NULL)
				fall_back(f, row, map, base); // what a wrong value leaves
			fill_row(f, row, node, base);
		} else if (row->type == SCHEMA_GROUP)
			fill_absent_group(f, row, map, base);
		else
			fall_back(f, row, map, base);
	}
	char path[PATH];
	for (uint32_t i = 0; i < map->n; i++) {
		struct yaml_node *node = map->items[i];
		int n = snprintf(path, sizeof(path), "%s%s", prefix, node->key);
		const struct schema_row *row = (size_t)n < sizeof(path) ? schema_find(path) : NULL;
		if (row == NULL || !schema_is_in(row, prefix))
			refuse_key(f, node, prefix);
		else if (!schema_is_read_by(row, f->c->program))
			refuse_reader(f, node, row);
	}
}

int check_fill(const struct yaml_tree *tree, struct mistakes *m, struct conf *c)
{
	struct filler f = {.m = m, .c = c, .cut = tree->cut};

	fill_map(&f, tree->root, "", c);
	return f.no_memory || m->no_memory ? -ENOMEM : 0;
}
