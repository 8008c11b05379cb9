// A number that outlives the process: the restart counter of RFC 5847, one more at each start that
// lost its sessions (HB-03).
//
// A file of one line. It is replaced whole and synced (write beside, fsync, rename, fsync of the
// directory), so a killed or powered-off machine finds the old or the new number, never half of
// one. Blocks: call it at start only.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Reads the file, adds one, stores; *out is the new value, 1 if there was no file. 0 or -errno with
// one line of why and what to do; a file that is no counter is refused (-EINVAL), never
// overwritten. Wraps from 2^32 - 1 to 0.
int counter_next(const char *path, uint32_t *out, char *why, size_t n);
