// Names in the configuration: those that must differ, and those that must exist elsewhere.
#pragma once

#include "conf/mistakes.h"
#include "conf/yaml.h"

// Looks only at values that check.c took.
void names_check(const struct yaml_node *root, struct mistakes *);
