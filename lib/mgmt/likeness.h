// How much two lines of words have in common: finds the command that was meant. Decides nothing.
#pragma once

#include <stddef.h>

// The longest run of characters that both have, so a missing word or a slip of the fingers still
// leaves a trace of what was meant.
size_t mgmt_likeness(const char *, const char *);
