// How lines are compared: one function for each instruction set, the best one that the CPU has is
// chosen when a cache is made (bcache_conf.isa).
//
// All of them find what line_find finds. Vector loads take a slot whole, but promise nothing about
// two slots: which one matches is a guess, that one is read again with acquire and judged alone,
// and a guess that does not hold any more, like a line with no match, is left to table_find.
#pragma once

#include "bcache/table.h"

// The values of n hashes whose lines were asked for before; 0: not bound.
typedef void find_lines_fn(const struct table *, const uint64_t *hashes, unsigned n,
			   uint32_t *values);

find_lines_fn find_lines_scalar, find_lines_avx2, find_lines_avx512;
// NULL: this CPU has it not, or this build cannot use it.
find_lines_fn *find_lines_of(enum bcache_isa);

// What a loop over lines needs of its table.
struct table_view {
	const struct line *lines;
	uint64_t value_mask;
	unsigned bits;
};

static inline struct table_view table_view(const struct table *t)
{
	return (struct table_view){t->lines, t->value_mask, t->bits};
}

static inline const struct line *view_line(const struct table_view *v, uint64_t hash)
{
	return &v->lines[hash >> (64 - v->bits)];
}

// The first of the slots that matched, read again: the value alone if it still has that rest, else
// more than a value can be.
static inline uint64_t line_take(const struct line *line, unsigned match, uint64_t rest)
{
	return atomic_load_explicit(&line->slots[__builtin_ctz(match)], memory_order_acquire) ^
	       rest;
}

// Neither NONE nor TOMB, and no more than a value has bits.
static inline bool view_is_value(const struct table_view *v, uint64_t x)
{
	return __builtin_expect(x - BCACHE_DETACHED <= v->value_mask - BCACHE_DETACHED, 1);
}
