// Edit distance (Damerau's, neighbours swapped once) over short words: three rows of the table are
// enough, and fixed bounds keep a hostile key of a megabyte from costing anything.
#include "conf/nearest.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

enum { WORD = 63 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;
	return m < c ? m : c;
}

unsigned edit_distance(const char *a, const char *b)
{
	size_t n = strnlen(a, WORD + 1), m = strnlen(b, WORD + 1);
	unsigned rows[3][WORD + 2]; // two rows back is enough for a swap
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	if (n > WORD || m > WORD)
		return UINT_MAX;
	for (size_t j = 0; j <= m; j++)
		before[j] = last[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned change = a[i - 1] == b[j - 1] ? 0 : 1;
			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		unsigned *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[m];
}

void nearest_offer(struct nearest *n, const char *right)
{
	unsigned d = edit_distance(n->wrong, right);
	size_t limit = strlen(right) / 3;

	if (d > (limit < 1 ? 1 : limit) || (n->best != NULL && d >= n->distance))
		return;
	n->best = right;
	n->distance = d;
}
