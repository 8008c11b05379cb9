// A tree of YAML against the schema: fills a struct conf row by row.
//
// Decides: unknown keys (with the nearest right one), missing ones, types, ranges, defaults. Does
// not decide what values must be to each other: rules.h.
#pragma once

#include "conf/conf.h"
#include "conf/mistakes.h"
#include "conf/yaml.h"

// Every mistake goes into m; what is wrong or missing keeps its default or zero. Marks the nodes
// whose values were taken as good. Item i of a list in the tree is item i in c. 0 or -ENOMEM.
int check_fill(const struct yaml_tree *, struct mistakes *m, struct conf *c);
