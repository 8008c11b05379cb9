// libyaml's events to a tree; see yaml.h. Keys that stand twice are merged as far as that makes
// sense, so that one run finds the mistakes in both places. Where libyaml cannot read on, what was
// read so far stays, marked as cut: its values can be checked, what is missing cannot.
#include "conf/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "conf/tabs.h"

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	struct mistakes *m;
	struct tabs tabs;
	const char *text;
	size_t n;
	uint32_t nodes;
	bool stopped; // nothing more can be read
	bool no_memory;
};

static uint32_t line_of(yaml_mark_t at)
{
	return (uint32_t)at.line + 1;
}

static uint32_t column_of(struct reader *r, yaml_mark_t at)
{
	return tabs_column(&r->tabs, line_of(at), (uint32_t)at.column + 1);
}

static void free_node(struct yaml_node *node)
{
	if (node == NULL)
		return;
	for (uint32_t i = 0; i < node->n; i++)
		free_node(node->items[i]);
	free(node->items);
	free(node->key);
	free(node->text);
	free(node);
}

static void out_of_memory(struct reader *r)
{
	r->no_memory = true;
	r->stopped = true;
}

// ---- What libyaml itself refuses.

// libyaml gives an offset here and no mark.
static void report_bad_byte(struct reader *r)
{
	size_t at = r->parser.problem_offset < r->n ? r->parser.problem_offset : r->n;
	uint32_t line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		column = r->text[i] == '\n' ? 1 : column + 1;
		line += r->text[i] == '\n' ? 1 : 0;
	}
	mistake_add(r->m, line, column, "%s: the file is to be plain UTF-8 text",
		    r->parser.problem);
}

// libyaml's words, which are about YAML, and a hint, which is about the file.
static void report_syntax(struct reader *r)
{
	const char *problem = r->parser.problem != NULL ? r->parser.problem : "no YAML";
	const char *hint = "look at the indentation, colons and quotes here and in the line above";

	if (r->tabs.n > 0) // the tabs are reported, and are why
		return;
	if (strstr(problem, "mapping values are not allowed") != NULL ||
	    strstr(problem, "unexpected ':'") != NULL)
		hint = "a value that ends in ':' or holds ': ' needs quotes; else look at the "
		       "indentation";
	else if (strstr(problem, "expected node content") != NULL)
		hint = "a value is missing here, or one that starts with ':' needs quotes between "
		       "brackets";
	else if (strstr(problem, "cannot start any token") != NULL)
		hint = "a value that starts like this needs quotes";
	mistake_add(r->m, line_of(r->parser.problem_mark), column_of(r, r->parser.problem_mark),
		    "cannot read on from here, %s: %s", problem, hint);
}

// The next event, or false: stopped.
static bool next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (r->stopped)
		return false;
	if (yaml_parser_parse(&r->parser, &r->event))
		return true;
	r->stopped = true;
	if (r->parser.error == YAML_MEMORY_ERROR)
		r->no_memory = true;
	else if (r->parser.error == YAML_READER_ERROR)
		report_bad_byte(r);
	else
		report_syntax(r);
	return false;
}

// ---- Building nodes.

static struct yaml_node *new_node(struct reader *r, enum yaml_kind kind, const char *text)
{
	yaml_mark_t at = r->event.start_mark;
	struct yaml_node *node = calloc(1, sizeof(*node));
	char *copy = strdup(text);

	if (node == NULL || copy == NULL) {
		free(node);
		free(copy);
		out_of_memory(r);
		return NULL;
	}
	*node = (struct yaml_node){.kind = kind, .text = copy};
	node->line = node->key_line = line_of(at);
	node->column = node->key_column = column_of(r, at);
	if (++r->nodes > YAML_MAX_NODES) {
		mistake_add(r->m, node->line, node->column,
			    "more than %d values, the rest is not read", YAML_MAX_NODES);
		r->stopped = true;
	}
	return node;
}

static void append(struct reader *r, struct yaml_node *to, struct yaml_node *child)
{
	if (to->n == to->room) {
		uint32_t room = to->room == 0 ? 8 : 2 * to->room;
		struct yaml_node **items = realloc(to->items, room * sizeof(struct yaml_node *));
		if (items == NULL) {
			free_node(child);
			out_of_memory(r);
			return;
		}
		to->items = items;
		to->room = room;
	}
	to->items[to->n++] = child;
}

static void adopt(struct reader *r, struct yaml_node *map, struct yaml_node *child);

// A key that stands twice: what is in the second place joins the first.
static void merge(struct reader *r, struct yaml_node *first, struct yaml_node *second)
{
	bool both = first->kind == second->kind;

	mistake_add(r->m, second->key_line, second->key_column,
		    "key \"%s\" stands twice, first in line %u: keep one", second->key,
		    (unsigned)first->key_line);
	for (uint32_t i = 0; both && i < second->n; i++) {
		if (first->kind == YAML_MAP)
			adopt(r, first, second->items[i]);
		else
			append(r, first, second->items[i]);
		second->items[i] = NULL;
	}
	free_node(second);
}

static void adopt(struct reader *r, struct yaml_node *map, struct yaml_node *child)
{
	struct yaml_node *first = yaml_find(map, child->key);

	if (first != NULL) {
		merge(r, first, child);
	} else if (map->n == YAML_MAX_KEYS) { // keeps the search for doubles cheap
		mistake_add(r->m, child->key_line, child->key_column,
			    "more than %d keys in one place, the rest is not read", YAML_MAX_KEYS);
		free_node(child);
		r->stopped = true;
	} else {
		append(r, map, child);
	}
}

// Anchors and tags only complicate what an operator has to read.
static void refuse_ornaments(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	char buf[QUOTED];
	uint32_t line = line_of(r->event.start_mark), column = column_of(r, r->event.start_mark);

	if (anchor != NULL)
		mistake_add(r->m, line, column, "anchor %s: anchors are not taken, leave it out",
			    mistake_quote((const char *)anchor, buf));
	if (tag != NULL)
		mistake_add(r->m, line, column, "tag %s: tags are not taken, leave it out",
			    mistake_quote((const char *)tag, buf));
}

static struct yaml_node *build(struct reader *r, unsigned depth);

static struct yaml_node *build_scalar(struct reader *r)
{
	const yaml_event_t *e = &r->event;
	const char *text = (const char *)e->data.scalar.value;
	enum yaml_kind kind = YAML_SCALAR;

	refuse_ornaments(r, e->data.scalar.anchor, e->data.scalar.tag);
	if (strlen(text) != e->data.scalar.length) {
		mistake_add(r->m, line_of(e->start_mark), column_of(r, e->start_mark),
			    "a NUL character in the text: leave it out");
		kind = YAML_BROKEN;
	}
	struct yaml_node *node = new_node(r, kind, text);
	if (node != NULL)
		node->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return node;
}

static struct yaml_node *build_list(struct reader *r, unsigned depth)
{
	refuse_ornaments(r, r->event.data.sequence_start.anchor, r->event.data.sequence_start.tag);
	struct yaml_node *list = new_node(r, YAML_LIST, "");
	while (list != NULL && next(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
		struct yaml_node *item = build(r, depth + 1);
		if (item != NULL)
			append(r, list, item);
	}
	return list;
}

// The event is a key; leaves with the value built, and the key in it.
static struct yaml_node *build_pair(struct reader *r, unsigned depth)
{
	struct yaml_node *key = build(r, depth + 1);
	if (key == NULL)
		return NULL;
	if (key->kind == YAML_MAP || key->kind == YAML_LIST)
		mistake_add(r->m, key->line, key->column, "a key is to be one word");
	struct yaml_node *value = next(r) ? build(r, depth + 1) : NULL;
	if (value == NULL || key->kind != YAML_SCALAR) {
		free_node(value);
		free_node(key);
		return NULL;
	}
	value->key = key->text;
	key->text = NULL;
	value->key_line = key->line;
	value->key_column = key->column;
	free_node(key);
	return value;
}

static struct yaml_node *build_map(struct reader *r, unsigned depth)
{
	refuse_ornaments(r, r->event.data.mapping_start.anchor, r->event.data.mapping_start.tag);
	struct yaml_node *map = new_node(r, YAML_MAP, "");
	while (map != NULL && next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
		struct yaml_node *pair = build_pair(r, depth);
		if (pair != NULL)
			adopt(r, map, pair);
	}
	return map;
}

static struct yaml_node *build_alias(struct reader *r)
{
	char buf[QUOTED];

	mistake_add(r->m, line_of(r->event.start_mark), column_of(r, r->event.start_mark),
		    "alias %s: aliases are not taken, write the value out",
		    mistake_quote((const char *)r->event.data.alias.anchor, buf));
	return new_node(r, YAML_BROKEN, "");
}

// The event starts a value; leaves at its last event. NULL when stopped.
static struct yaml_node *build(struct reader *r, unsigned depth)
{
	if (depth > YAML_MAX_DEPTH) {
		mistake_add(r->m, line_of(r->event.start_mark), column_of(r, r->event.start_mark),
			    "nested deeper than %d, the rest is not read", YAML_MAX_DEPTH);
		r->stopped = true;
		return NULL;
	}
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		return build_scalar(r);
	case YAML_SEQUENCE_START_EVENT:
		return build_list(r, depth);
	case YAML_MAPPING_START_EVENT:
		return build_map(r, depth);
	case YAML_ALIAS_EVENT:
		return build_alias(r);
	default:
		return NULL;
	}
}

static struct yaml_node *empty_root(struct reader *r)
{
	struct yaml_node *root = new_node(r, YAML_MAP, "");
	if (root != NULL)
		root->line = root->column = root->key_line = root->key_column = 1;
	return root;
}

static bool is_nothing(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->plain && node->text[0] == '\0';
}

// The one document; anything but a map at its top is an empty one and a mistake.
static struct yaml_node *build_root(struct reader *r)
{
	struct yaml_node *root = NULL;

	while (next(r) && r->event.type != YAML_STREAM_END_EVENT) {
		if (r->event.type == YAML_DOCUMENT_START_EVENT && root != NULL) {
			mistake_add(r->m, line_of(r->event.start_mark), 1,
				    "a second document starts here: one file holds one");
			break;
		}
		if (r->event.type == YAML_DOCUMENT_START_EVENT && next(r))
			root = build(r, 1);
	}
	if (root != NULL && root->kind != YAML_MAP && !is_nothing(root))
		mistake_add(r->m, root->line, root->column,
			    "the file is to be a map: \"lma:\" and its keys under it");
	if (root != NULL && root->kind == YAML_MAP)
		return root;
	free_node(root);
	return empty_root(r);
}

int yaml_parse(const char *text, size_t n, struct mistakes *m, struct yaml_tree *out)
{
	struct reader r = {.m = m, .text = text, .n = n};

	if (n > YAML_MAX_BYTES) {
		mistake_add(m, 1, 1, "the file is larger than %d MB", YAML_MAX_BYTES >> 20);
		return -EFBIG;
	}
	char *spaced = tabs_replace(&r.tabs, text, n, m);
	if (spaced == NULL || !yaml_parser_initialize(&r.parser)) {
		free(spaced);
		tabs_done(&r.tabs);
		return -ENOMEM;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (unsigned char *)spaced, r.tabs.bytes);
	struct yaml_tree tree = {.root = build_root(&r), .cut = r.stopped};
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	tabs_done(&r.tabs);
	free(spaced);
	if (r.no_memory || tree.root == NULL) {
		yaml_done(&tree);
		return -ENOMEM;
	}
	*out = tree;
	return 0;
}

void yaml_done(struct yaml_tree *t)
{
	free_node(t->root);
	*t = (struct yaml_tree){0};
}

struct yaml_node *yaml_find(const struct yaml_node *map, const char *key)
{
	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (uint32_t i = 0; i < map->n; i++) {
		if (strcmp(map->items[i]->key, key) == 0)
			return map->items[i];
	}
	return NULL;
}
