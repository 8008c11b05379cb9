// The program's log: lines on standard error, one for each thing that somebody may have to act on.
//
// Libraries do not log and workers never do: the control thread decides, and says it once, with the
// object and the reason. What peers can provoke goes through a limit, so a flood of refused binding
// updates costs counters, not disk.
#pragma once

#include <stdbool.h>

#include "base/clock.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO };

void log_open(const char *program);
void log_line(enum log_level, const char *format, ...) __attribute__((format(printf, 2, 3)));

// At most `per_s` lines a second for one kind of message; the first line of a later second tells
// how many were left out. Zero-initialised by its owner.
struct log_limit {
	ns_t window;
	unsigned given, left_out;
};
bool log_allowed(struct log_limit *, unsigned per_s, ns_t now);
