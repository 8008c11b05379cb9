// What every rule looks at: the values, the tree that they came from, and where to complain.
#pragma once

#include "conf/conf.h"
#include "conf/mistakes.h"
#include "conf/yaml.h"

struct view {
	const struct conf *c;
	const struct yaml_node *root;
	struct mistakes *m;
};

typedef void rule_fn(const struct view *);

// The node of a list item's key, if its value was taken.
const struct yaml_node *rule_item(const struct view *, const char *list, uint32_t i,
				  const char *key);
// The node of the k-th value of a plain list in a list item.
const struct yaml_node *rule_item_of(const struct view *, const char *list, uint32_t i,
				     const char *key, uint32_t k);
// The node of a group's key, if its value was taken; where there is none the group, else the root.
const struct yaml_node *rule_key(const struct view *, const char *group, const char *key);

extern rule_fn *const rules_of_ports[];  // rules_ports.c; end with NULL
extern rule_fn *const rules_of_mag[];    // rules_mag.c
extern rule_fn *const rules_of_policy[]; // rules_policy.c
