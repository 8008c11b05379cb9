// The program itself, run against a server that this process plays: what it printed and how it
// left.
#pragma once

#include <stdbool.h>

#include "mgmt/mgmt.h"

enum { STAGE_ARGUMENTS = 8 };

struct stage {
	const char *program;
	char dir[32], path[64];
	struct mgmt *mgmt; // NULL: nobody is there
	bool as_nobody;    // the next run has no rights
	char out[262144], err[4096];
};

void stage_open(struct stage *, const char *program);
void stage_close(struct stage *);
// Runs the program with $KEDGE_SOCKET naming the stage's socket; returns its exit code, -1 if a
// signal ended it.
int stage_run(struct stage *, const char *const arguments[STAGE_ARGUMENTS]);
