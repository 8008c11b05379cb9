// The few keys whose line is full: a small table beside the lines, keys that never move.
//
// An entry is two words, value first, key published last. Where no key is, stands a marker that
// nobody who probes there can look for; so a reader that sees its key sees a whole entry. A deleted
// entry is used again only after a grace period: until then a reader may stand between the two
// words.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "bcache/grace.h"

enum { STASH_WINDOW = 16 }; // slots that a key may stand in, from its home on

struct stash_slot {
	_Atomic uint64_t value; // 0: none
	_Atomic uint64_t key;   // hash of the prefix, or the slot's marker
};

struct stash {
	struct stash_slot *slots;
	uint64_t mask;
	unsigned shift; // home of a key: product, shifted
	// Control's own.
	struct grace *grace;
	struct map by_line; // line number to slot
	bool *resting;      // deleted, grace period not over
	uint64_t n, capacity;
};

int stash_init(struct stash *, uint64_t capacity, struct grace *); // 0, -ENOMEM
void stash_done(struct stash *);

// Control. The slot of a key, -1: not here.
int64_t stash_locate(const struct stash *, uint64_t hash);
bool stash_add(struct stash *, uint64_t hash, uint64_t line, uint32_t value); // false: full
void stash_change(struct stash *, int64_t slot, uint32_t value);
void stash_del(struct stash *, int64_t slot, uint64_t line);
bool stash_has_line(const struct stash *, uint64_t line);

static inline uint64_t stash_home(const struct stash *s, uint64_t hash)
{
	return hash * 0x9e3779b97f4a7c15u >> s->shift;
}

// Workers. The value of a key, 0: not here.
static inline uint32_t stash_find(const struct stash *s, uint64_t hash)
{
	uint64_t home = stash_home(s, hash);

	for (uint64_t i = 0; i < STASH_WINDOW; i++) {
		struct stash_slot *slot = &s->slots[(home + i) & s->mask];
		if (atomic_load_explicit(&slot->key, memory_order_acquire) != hash)
			continue;
		return (uint32_t)atomic_load_explicit(&slot->value, memory_order_acquire);
	}
	return 0;
}
