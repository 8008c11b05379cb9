// A kernel twin with its events kept, and waiting for one of them.
#pragma once

#include <stdbool.h>

#include "linux/kernel_twin.h"
#include "test/unit/test.h"

enum { WATCH_MAX = 4096 };

struct watch {
	struct kernel *kernel;
	struct kernel_event seen[WATCH_MAX];
	unsigned n;
};

// cmocka's setup and teardown of one test; *state is a struct watch.
int watch_start(void **state);
int watch_stop(void **state);

typedef bool watch_match(const struct kernel_event *, const void *want);

// The next event that matches, of those seen since the last one, waiting up to a few seconds for
// it; NULL if it does not come.
const struct kernel_event *watch_for(struct watch *, watch_match *, const void *want);
// The last match among what a dump tells, or NULL.
const struct kernel_event *watch_dump(struct watch *, watch_match *, const void *want);

struct ip6_addr addr(const char *text);
struct ip6_prefix prefix(const char *text);
