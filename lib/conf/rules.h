// What values of the configuration must be to each other: what no single row of the schema can say.
//
// One named function each, in a visible list in rules.c. They look only at values that check.c took
// (node->good), so that one mistake is told once.
#pragma once

#include "conf/conf.h"
#include "conf/mistakes.h"
#include "conf/yaml.h"

void rules_check(const struct conf *, const struct yaml_node *root, struct mistakes *);
// Things to tell an operator that are no mistakes, one line each, without places.
void rules_warn(const struct conf *, FILE *out);
