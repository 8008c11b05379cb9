// Time as values. Nothing here reads a clock: whoever owns a loop reads it once a turn and passes
// it down, so that everything pure can run on virtual time.
#pragma once

#include <stdint.h>

typedef uint64_t ns_t; // nanoseconds, monotonic, since an arbitrary start; 0 is "never happened"

#define NS_USEC  ((ns_t)1000)
#define NS_MSEC  ((ns_t)1000000)
#define NS_SEC   ((ns_t)1000000000)
#define NS_NEVER UINT64_MAX // a deadline that does not come

// Timers use mono; timestamps of RFC 5213 8.8 use wall_q16: seconds since 1970-01-01 00:00 UTC in
// the upper 48 bits, 1/65536 s in the lower 16.
struct instant {
	ns_t mono;
	uint64_t wall_q16;
};

static inline uint64_t wall_q16_from_ns(uint64_t unix_ns)
{
	uint64_t s = unix_ns / NS_SEC, rest = unix_ns % NS_SEC;
	return s << 16 | (rest << 16) / NS_SEC;
}
