// Keys that fall where a test wants them: the bijection of mix.h, backwards.
//
// A table's line is the upper bits of the hash; with the inverse at hand a test names the line and
// counts up the rest, instead of looking for keys at random.
#pragma once

#include "bcache/table.h"

// Newton: each turn doubles the number of right bits.
static inline uint64_t inverse_of(uint64_t odd)
{
	uint64_t x = odd;

	for (int i = 0; i < 6; i++)
		x *= 2 - odd * x;
	return x;
}

static inline uint64_t unshift(uint64_t y, unsigned by)
{
	uint64_t x = y;

	for (unsigned known = by; known < 64; known += by)
		x = y ^ x >> by;
	return x;
}

static inline uint64_t unmix64(struct mix m, uint64_t y)
{
	y = unshift(y * inverse_of(0xc4ceb9fe1a85ec53u), 32);
	return y * inverse_of(m.odd) ^ m.whiten;
}

// Key number `i` of a line: its hash has i below the line's number.
static inline uint64_t key_in(const struct table *t, uint64_t line, uint64_t i)
{
	return unmix64(t->mix, line << (64 - t->bits) | i);
}
