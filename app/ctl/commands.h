// What kedgectl can be asked, and how each answer looks.
#pragma once

#include "app/ctl/table.h"

struct command {
	const char *words, *help;
	const struct column *columns;
	const char *empty;     // said in place of a table without rows
	const char *hide_zero; // rows with zero under this key are not shown; NULL: all are
	bool single;           // one object, shown as headings and values
	bool order;            // further words may follow its name; the answer is that it was done
};

extern const struct command commands[]; // ends with NULL words
