// The nearest right word to a wrong one, by edit distance: "did you mean ...?".
//
// Decides how near is near enough: a guess that is further off than a third of the word is worse
// than none.
#pragma once

#include <stdio.h>

struct nearest {
	const char *wrong;
	const char *best; // NULL: nothing near enough offered yet
	unsigned distance;
};

static inline struct nearest nearest_to(const char *wrong)
{
	return (struct nearest){.wrong = wrong};
}

// Keeps `right` if it is nearer than what was offered before; it must outlive n.
void nearest_offer(struct nearest *n, const char *right);

// Edits (insert, delete, replace, swap neighbours) from a to b; words beyond 63 bytes count as
// infinitely far.
unsigned edit_distance(const char *a, const char *b);
