// How long the frames are: all alike, or a mix as on the Internet. Pure.
#pragma once

#include <stdint.h>

enum { SIZES_IMIX = 12 };

struct sizes {
	uint16_t of[SIZES_IMIX], n; // gone around in
	uint16_t at;
};

static inline struct sizes sizes_fixed(uint16_t size)
{
	return (struct sizes){.of = {size}, .n = 1};
}

// Seven short ones, four middle ones and a long one, such that with a tunnel each fits an MTU of
// 1500.
static inline struct sizes sizes_imix(void)
{
	return (struct sizes){.of = {64, 570, 64, 64, 570, 64, 1400, 64, 570, 64, 570, 64},
			      .n = SIZES_IMIX};
}

static inline uint16_t sizes_next(struct sizes *s)
{
	s->at = (uint16_t)(s->at + 1 < s->n ? s->at + 1 : 0);
	return s->of[s->at];
}
