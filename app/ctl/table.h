// Rows of JSON as a table that a person can read.
//
// Columns are data: which key, under which heading, said how. The first rows decide the widths, so
// a table of millions streams; no cell is ever cut. Where a terminal is too narrow, whole columns
// give way, the least telling first, and a last line names them.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum column_kind { COLUMN_TEXT, COLUMN_COUNT, COLUMN_DURATION };

struct column {
	const char *key, *heading;
	enum column_kind kind;
	unsigned yields; // 0: stays; the highest gives way first
};

enum { TABLE_COLUMNS = 12, TABLE_SAMPLE = 256 };

struct table {
	const struct column *columns; // ends with a NULL key
	FILE *out;
	size_t room; // of a line; 0: no bounds
	unsigned n_columns, n_sampled;
	bool started;
	bool hidden[TABLE_COLUMNS];
	size_t widths[TABLE_COLUMNS];
	json_t *sample; // rows that wait for the widths
	unsigned long rows;
};

void table_init(struct table *, const struct column *, FILE *out, size_t room);
void table_add(struct table *, json_t *row);
// In place of table_add: a single row as lines of heading and value.
void table_pairs(struct table *, const json_t *row);
void table_end(struct table *); // prints what still waits; nothing if there was no row
