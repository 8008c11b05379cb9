// Every key of the configuration as a row of schema.def, in the order of the reference page.
//
// A path is dotted: "lma.ecn" is a key in the map "lma"; "ports[].name" is a key in each item of
// the list "ports"; "lma.addresses[]" is each item of a list of plain values. The loader, its
// error texts, the dump and the reference page all come from here.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum schema_type {
	SCHEMA_GROUP,   // a map of keys
	SCHEMA_LIST,    // a list; min..max items
	SCHEMA_NAME,    // letters, digits and . _ - ; min..max bytes
	SCHEMA_TEXT,    // printable text; min..max bytes
	SCHEMA_NUMBER,  // min..max
	SCHEMA_FLAG,    // true or false
	SCHEMA_CHOICE,  // one of `choices`, in the order of the enum
	SCHEMA_ADDRESS, // an IPv6 address
	SCHEMA_PREFIX,  // an IPv6 prefix, no bits beyond its length
	SCHEMA_HOST,    // an IPv6 address in a field that holds a prefix: a /128
	SCHEMA_MAC,
};

enum schema_apply { SCHEMA_LIVE, SCHEMA_RESTART };

struct schema_row {
	const char *path;
	enum schema_type type;
	uint64_t min, max;
	const char *choices; // separated by spaces
	// As text. NULL: the key must be there. "": nothing, the field stays zero. "=path": what
	// that key, an earlier row, has. In it {program} is "lma" or "mag", {name} is node.name.
	const char *fallback;
	const char *unit;
	enum schema_apply apply; // does a reload take it, or does it need a new start?
	const char *text;
	size_t offset, size; // of the field, in struct conf or in the list's item
	size_t count_offset; // of a list: its number of items
	size_t item_size;
};

// All rows; ends with a row without path.
extern const struct schema_row schema[];

// Who reads the row: its section, the word before the first dot, may be for one program alone.
bool schema_is_read_by(const struct schema_row *, unsigned program);
// The one program that reads it, -1: every one.
int schema_reader(const struct schema_row *);

const struct schema_row *schema_find(const char *path); // NULL if there is none
// The last word of the path; "" for an item of a list of plain values.
const char *schema_key(const struct schema_row *);
// Whether the row stands directly in the map or list item with this prefix: "", "lma.", "ports[].".
bool schema_is_in(const struct schema_row *, const char *prefix);
// A list of maps, or of plain values?
bool schema_has_plain_items(const struct schema_row *list);
