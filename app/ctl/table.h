// Rows of JSON as a table that a person can read.
//
// Columns are data: which key, under which heading, said how. The first rows decide the widths, so
// a table of millions streams; nothing is ever cut.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum column_kind { COLUMN_TEXT, COLUMN_COUNT, COLUMN_DURATION };

struct column {
	const char *key, *heading;
	enum column_kind kind;
};

enum { TABLE_COLUMNS = 12, TABLE_SAMPLE = 256 };

struct table {
	const struct column *columns; // ends with a NULL key
	FILE *out;
	unsigned n_columns, n_sampled;
	bool started;
	size_t widths[TABLE_COLUMNS];
	json_t *sample; // rows that wait for the widths
	unsigned long rows;
};

void table_init(struct table *, const struct column *, FILE *out);
void table_add(struct table *, json_t *row);
void table_end(struct table *); // prints what still waits
