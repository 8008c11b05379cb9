// How lines are compared: one function for each instruction set, the best one that the CPU has is
// chosen when a cache is made (bcache_conf.isa).
//
// All of them find what line_find finds. Vector loads take a slot whole, but promise nothing about
// two slots: which one matches is a guess, that one is read again with acquire and judged alone,
// and a guess that does not hold any more, like a line with no match, is left to line_find.
#pragma once

#include "bcache/table.h"

// The values of n hashes whose lines were asked for before; 0: not bound.
typedef void find_lines_fn(const struct table *, const uint64_t *hashes, unsigned n,
			   uint32_t *values);

find_lines_fn find_lines_scalar, find_lines_avx2, find_lines_avx512;
// NULL: this CPU has it not, or this build cannot use it.
find_lines_fn *find_lines_of(enum bcache_isa);

// Slot `at` holds the value, if it is still as it was.
static inline uint32_t line_take(const struct line *line, unsigned at, uint64_t rest,
				 uint64_t value_mask)
{
	uint64_t word = atomic_load_explicit(&line->slots[at], memory_order_acquire);
	uint64_t value = word & value_mask;

	return (word & ~value_mask) == rest && value > BCACHE_TOMB ? (uint32_t)value : BCACHE_NONE;
}
