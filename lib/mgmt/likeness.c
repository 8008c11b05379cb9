// By trying every pair of places: lines are short, and their lengths bounded.
#include "mgmt/likeness.h"

size_t mgmt_likeness(const char *a, const char *b)
{
	size_t best = 0;

	for (const char *from = a; *from != '\0'; from++) {
		for (const char *p = b; *p != '\0'; p++) {
			size_t n = 0;
			while (from[n] != '\0' && from[n] == p[n])
				n++;
			best = n > best ? n : best;
		}
	}
	return best;
}
