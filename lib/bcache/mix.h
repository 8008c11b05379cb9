// A bijection of 64-bit keys, different for every seed: what makes an exact table without stored
// keys.
//
// Every step can be undone (xor, xor of a shift, product with an odd number), so different prefixes
// never share a hash; the seeds keep a peer from choosing prefixes that share a line (SEC-04).
#pragma once

#include <stdint.h>

struct mix {
	uint64_t whiten, odd;
};

static inline struct mix mix_of(uint64_t seed)
{
	return (struct mix){seed * 0x9e3779b97f4a7c15u, (seed ^ 0xbf58476d1ce4e5b9u) | 1};
}

static inline uint64_t mix64(struct mix m, uint64_t x)
{
	x = (x ^ m.whiten) * m.odd;
	x ^= x >> 32;
	return x * 0xc4ceb9fe1a85ec53u; // the upper bits choose the line: they are mixed best
}
