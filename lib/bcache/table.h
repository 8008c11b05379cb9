// Quotient buckets for prefixes of one length: lines of eight slots, and the stash behind them.
//
// Why a reader never misses a key that is bound throughout its lookup:
// - a key stands in one place from its insert to its delete: a slot of its line, or a stash slot;
// - in its line: the slot's word changes only by change (same key) and delete, each one store;
// - in the stash: it went there because its line had no empty slot and no tombstone. While it is
// there
//   a delete from that line leaves a tombstone, never an empty slot, so whoever reads the line
//   finds no empty slot and goes on to the stash. Only when the last stash key of the line is gone
//   do its tombstones become empty.
// And never gets another's value: a word holds the whole rest of the hash beside the value, and the
// line is the rest's other part; the stash compares whole hashes (stash.h).
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "bcache/bcache.h"
#include "bcache/mix.h"
#include "bcache/stash.h"

enum { LINE_SLOTS = 8 };

struct line {
	_Alignas(64) _Atomic uint64_t slots[LINE_SLOTS];
};

struct table {
	struct line *lines;
	struct mix mix;
	unsigned bits; // of the line number, and of a value
	uint64_t value_mask;
	struct stash stash;
	// Control's own.
	size_t bytes;
	uint64_t n, max, tombstones, refused;
};

int table_new(const struct bcache_conf *, unsigned bits, struct grace *, struct table **out);
void table_free(struct table *);

// Control: see bcache.h. `key`: the prefix's 64 bits.
int table_set(struct table *, uint64_t key, uint32_t value);
int table_del(struct table *, uint64_t key);

static inline uint64_t table_hash(const struct table *t, uint64_t key)
{
	return mix64(t->mix, key);
}

static inline const struct line *table_line(const struct table *t, uint64_t hash)
{
	return &t->lines[hash >> (64 - t->bits)];
}

// A word that matches a hash has this above its value.
static inline uint64_t table_rest(const struct table *t, uint64_t hash)
{
	return hash << t->bits;
}

// The scalar compare of a line; another instruction set is another function of this shape. The
// value, or 0; *full tells whether the stash has to be asked.
static inline uint32_t line_find(const struct line *line, uint64_t rest, uint64_t value_mask,
				 bool *full)
{
	bool empty = false;

	for (int i = 0; i < LINE_SLOTS; i++) {
		uint64_t word = atomic_load_explicit(&line->slots[i], memory_order_acquire);
		uint64_t value = word & value_mask;
		if ((word & ~value_mask) == rest && value > BCACHE_TOMB)
			return (uint32_t)value;
		empty |= value == BCACHE_NONE;
	}
	*full = !empty;
	return BCACHE_NONE;
}

// Workers.
static inline uint32_t table_find(const struct table *t, uint64_t hash)
{
	bool full = false;
	uint32_t value = line_find(table_line(t, hash), table_rest(t, hash), t->value_mask, &full);

	return value == BCACHE_NONE && full ? stash_find(&t->stash, hash) : value;
}
