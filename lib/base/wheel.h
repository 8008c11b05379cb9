// A hierarchical timer wheel over item numbers, on whatever time its caller tells it.
//
// Links live in one array indexed by item number: a timer costs 16 bytes an item and no allocation
// when it is set, moved or stopped, all O(1). Resolution 1 ms: an item comes out at its deadline or
// at most one tick after it, never before. Four levels of 256 slots, 49 days; what is further away
// goes around. One thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct wheel;

enum { WHEEL_NONE = UINT32_MAX, WHEEL_MAX_ITEMS = 1 << 30 };

// For items 0 .. max_items-1. NULL: no memory, or more than WHEEL_MAX_ITEMS.
struct wheel *wheel_new(uint32_t max_items, ns_t now);
void wheel_free(struct wheel *);

// Sets or moves the one timer of item.
void wheel_set(struct wheel *, uint32_t item, ns_t deadline);
void wheel_stop(struct wheel *, uint32_t item); // harmless if not set
bool wheel_is_set(const struct wheel *, uint32_t item);
ns_t wheel_get(const struct wheel *, uint32_t item); // its deadline; NS_NEVER if not set

// Has the processor fetch what wheel_set will write.
void wheel_prefetch(const struct wheel *, uint32_t item);

// The next item whose deadline has passed, taken out of the wheel; WHEEL_NONE when there is none.
uint32_t wheel_expire(struct wheel *, ns_t now);

// A time by which wheel_expire should be called again: never later than the earliest deadline plus
// one tick, possibly earlier; NS_NEVER when nothing is set.
ns_t wheel_deadline(const struct wheel *);
