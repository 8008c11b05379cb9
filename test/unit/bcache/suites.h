// The groups of this program, one file each; main stands in test_cache.c.
#pragma once

#include "test/unit/test.h"

int run_mix(void); // failed tests, as cmocka counts them
int run_grace(void);
int run_lines(void);
