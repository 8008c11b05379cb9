// What a fuzz target is: libFuzzer's entry points, and how it says that a property is broken.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// One input; returns 0. May not keep state that changes what the next input does.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Optional: once, before the first input.
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

// Not assert: it has to hold in every build type.
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)
