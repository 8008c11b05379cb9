// An answer on its way to whoever asked: a table for people, JSON for programs.
//
// Rows go out as they come. Neither decides what was asked, nor reads the socket.
#pragma once

#include "app/ctl/commands.h"

struct answer {
	const struct command *command; // and these by the caller, before answer_begin
	FILE *out;
	bool json, all;   // all: rows that are zero, too
	unsigned columns; // width of the terminal; 0: not a terminal
	unsigned long rows;
	struct table table;
};

void answer_begin(struct answer *);
// A client_row_fn: false when the output takes no more.
bool answer_row(void *answer, json_t *row);
// Writes what still waits; `whole` if the server came to its end. False: it could not be written.
bool answer_end(struct answer *, bool whole);
