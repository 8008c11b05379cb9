// Large tables: zeroed memory, on large pages where the kernel has them.
//
// A table that is read at random misses the TLB as often as the cache; pages of 2 MB end that. All
// of it is there at once: who fills the table later waits for no page, and a machine that has too
// little says so at the start. What is smaller than one such page is ordinary memory. Any thread.
#pragma once

#include <stddef.h>

void *pages_new(size_t bytes); // NULL: no memory
// A fresh mapping, whatever its pages, made large where it can be and all of it there: itself.
// NULL: no memory, or it is MAP_FAILED; then nothing is mapped any more.
void *pages_touch(void *mapping, size_t bytes);
void pages_free(void *, size_t bytes); // takes NULL; as many bytes as pages_new got
