// Which node the next packet is for: each as often as any other, or by Zipf's law, where node k
// gets its share in proportion to 1 / (k + 1)^s.
//
// Zipf's numbers are drawn beforehand, four million of them, and gone around in: drawing one takes
// as long as forwarding several packets. One owner.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

struct pick {
	uint32_t n; // of nodes
	struct rng rng;
	uint32_t *drawn; // NULL: uniform
	uint32_t at;
};

enum { PICK_DRAWN = 1 << 22 };

// zipf 0: uniform. 0 or -ENOMEM.
int pick_init(struct pick *, uint32_t n, double zipf, uint64_t seed);
void pick_done(struct pick *);

// 0..n-1.
static inline uint32_t pick_next(struct pick *p)
{
	if (p->drawn == NULL)
		return rng_below(&p->rng, p->n);
	p->at = (p->at + 1) % PICK_DRAWN;
	return p->drawn[p->at];
}
