// A hash map from a 64-bit hash to a 32-bit item number; the keys stay with the caller, who
// compares them.
//
// Open addressing, 8 bytes a slot (32 bits of the hash, the item), at most 3/4 full, doubles when
// it must, deletes without tombstones. Equal hashes may stand several times: walk them with
// map_first / map_next. The hash must be a good one and, where a peer chooses keys, a keyed one
// (siphash.h). One thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { MAP_NONE = UINT32_MAX }; // no such item; never a valid item number

struct map_slot {
	uint32_t tag;    // the hash, upper 32 bits
	uint32_t item_1; // the item and one, so that fresh memory is free: 0
};

struct map {
	struct map_slot *slots;
	uint32_t mask; // number of slots - 1
	uint32_t n;    // items in it
};

// Where a walk over equal hashes stands.
struct map_cursor {
	uint32_t at, tag;
};

// Room for `expected` items without growing. 0, or -ENOMEM with *m untouched.
int map_init(struct map *m, uint32_t expected);
void map_done(struct map *m); // takes a zeroed map too

// 0, or -ENOMEM with the map as it was.
int map_add(struct map *m, uint64_t hash, uint32_t item);

// Removes the one slot with this hash and item; false if there is none.
bool map_del(struct map *m, uint64_t hash, uint32_t item);

// Candidates for a hash, in no order, MAP_NONE at the end. Different hashes can share a tag:
// compare keys. A walk ends at the first add or delete.
uint32_t map_first(const struct map *m, uint64_t hash, struct map_cursor *c);
uint32_t map_next(const struct map *m, struct map_cursor *c);

// Has the processor fetch what map_first will look at.
static inline void map_prefetch(const struct map *m, uint64_t hash)
{
	__builtin_prefetch(&m->slots[(uint32_t)(hash >> 32) & m->mask]);
}
