// Tabs in the indentation of a YAML file: each such line is a mistake, and the tabs become spaces
// so that the rest of the file can be read and its mistakes found in the same run.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "conf/mistakes.h"

struct tabs {
	struct tabbed {
		uint32_t line;
		uint32_t wider; // columns that the line grew by
	} * lines;
	uint32_t n, room;
	uint32_t at; // where tabs_column looked last: lines come in order
	uint32_t width;
	size_t bytes; // of the new text
};

// A copy of text without such tabs, to be freed; NULL: no memory.
char *tabs_replace(struct tabs *, const char *text, size_t n, struct mistakes *m);
// The column in the file of a column in the copy.
uint32_t tabs_column(struct tabs *, uint32_t line, uint32_t column);
void tabs_done(struct tabs *);
