// Which cell a number falls into, and what stands for a cell.
#include "tools/load/histogram.h"

enum { STEPS = 1 << HISTOGRAM_STEP_BITS };

// The first 64 numbers have a cell each, then each power of two has 64.
static unsigned cell_of(uint64_t v)
{
	if (v >> HISTOGRAM_VALUE_BITS != 0)
		return HISTOGRAM_CELLS - 1;
	if (v < STEPS)
		return (unsigned)v;
	unsigned shift = 63 - (unsigned)__builtin_clzll(v) - HISTOGRAM_STEP_BITS;
	return ((shift + 1) << HISTOGRAM_STEP_BITS) + ((unsigned)(v >> shift) & (STEPS - 1));
}

static uint64_t last_of(unsigned cell)
{
	if (cell < STEPS)
		return cell;
	unsigned shift = (cell >> HISTOGRAM_STEP_BITS) - 1;
	uint64_t first = (uint64_t)(STEPS + (cell & (STEPS - 1))) << shift;
	return first + (UINT64_C(1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t value)
{
	h->n++;
	if (value > h->max)
		h->max = value;
	h->cells[cell_of(value)]++;
}

uint64_t histogram_at(const struct histogram *h, double share)
{
	uint64_t seen = 0;

	if (h->n == 0)
		return 0;
	double wanted = share * (double)h->n;
	for (unsigned i = 0; i < HISTOGRAM_CELLS - 1; i++) {
		seen += h->cells[i];
		if (seen > 0 && (double)seen >= wanted)
			return last_of(i) < h->max ? last_of(i) : h->max;
	}
	return h->max;
}
