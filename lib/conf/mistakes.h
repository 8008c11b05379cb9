// What is wrong with a configuration file: collected while it is read, written at the end, sorted
// by place, one line each: file:line:column: what is wrong, and the nearest right thing.
//
// Decides: order, form, and how much is too much. Does not decide what a mistake is. Text from the
// file may go in as it is: what cannot be printed comes out as '?', and nothing breaks the line.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// Beyond this many the rest is only counted: nobody reads on, and a hostile file fills no memory.
enum { MISTAKES_MAX = 10000 };

struct mistake {
	uint32_t line, column;
	uint32_t order; // as found: keeps the sort stable
	char *text;
};

struct mistakes {
	struct mistake *all;
	uint32_t n, room;
	uint64_t found;
	bool no_memory;
};

__attribute__((format(printf, 4, 5))) void mistake_add(struct mistakes *, uint32_t line,
						       uint32_t column, const char *format, ...);
// Sorts and writes them.
void mistakes_emit(struct mistakes *, const char *file, FILE *out);
void mistakes_done(struct mistakes *);

// A value in quotes, shortened to what fits, for use in a message. Returns buf.
enum { QUOTED = 72 };
char *mistake_quote(const char *text, char buf[static QUOTED]);
