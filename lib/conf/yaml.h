// YAML text to a tree of maps, lists and scalars, each with its line and column.
//
// Decides: what of YAML we take. Plain maps, lists and scalars; no anchors, aliases, tags, merge
// keys or second documents. Doubled keys and tabs are found here, because only here they can be
// seen. Does not decide what a key means (check.c). Bounded in size, depth and number of values,
// whatever the bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/mistakes.h"

enum {
	YAML_MAX_BYTES = 8 << 20,
	YAML_MAX_DEPTH = 16,
	YAML_MAX_NODES = 1000000,
	YAML_MAX_KEYS = 256, // in one map
};

enum yaml_kind {
	YAML_SCALAR,
	YAML_MAP,
	YAML_LIST,
	YAML_BROKEN, // something stood here, and what is wrong with it is reported already
};

struct yaml_node {
	enum yaml_kind kind;
	uint32_t line, column; // from 1; of the value
	uint32_t key_line, key_column;
	char *key;  // in a map, else NULL
	char *text; // of a scalar, without NUL inside; "" for all else
	bool plain; // a scalar without quotes
	bool good;  // check.c took the value: rules may rely on it
	uint32_t n, room;
	struct yaml_node **items; // of a map or list, in the order of the file
};

struct yaml_tree {
	struct yaml_node *root; // a map, perhaps an empty one
	bool cut; // the text could not be read to its end: what is missing may stand there
};

// 0, also when the text has mistakes (then they are in m); -ENOMEM.
int yaml_parse(const char *text, size_t n, struct mistakes *m, struct yaml_tree *out);
void yaml_done(struct yaml_tree *);

// NULL if there is none, or if map is NULL or no map.
struct yaml_node *yaml_find(const struct yaml_node *map, const char *key);
