// Numbers and times as people say them.
#pragma once

#include <stddef.h>
#include <stdint.h>

// "2 min 5 s", "3 h 12 min", "4 d 1 h", "850 ms"; two units at most. Returns buf.
char *words_duration(double seconds, char *buf, size_t n);
// "12,345,678". Returns buf.
char *words_count(int64_t value, char *buf, size_t n);
