// Durations in two units, counts in groups of three.
#include "app/ctl/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LONGEST 1e15 // s: what lies beyond is said as this

char *words_duration(double seconds, char *buf, size_t n)
{
	static const struct {
		const char *name;
		uint64_t s;
	} units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
	uint64_t s = seconds >= 1 ? (uint64_t)(seconds < LONGEST ? seconds : LONGEST) : 0;
	unsigned ms = s == 0 && seconds > 0 ? (unsigned)(seconds * 1000) : 0;

	snprintf(buf, n, ms > 0 ? "%u ms" : "%u s", ms);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (s < units[i].s)
			continue;
		// Of the next unit only: "3 h" for 3 h and 5 s, since nobody reads three units.
		uint64_t rest = s % units[i].s;
		if (i + 1 < sizeof(units) / sizeof(units[0]) && rest >= units[i + 1].s)
			snprintf(buf, n, "%" PRIu64 " %s %" PRIu64 " %s", s / units[i].s,
				 units[i].name, rest / units[i + 1].s, units[i + 1].name);
		else
			snprintf(buf, n, "%" PRIu64 " %s", s / units[i].s, units[i].name);
		break;
	}
	return buf;
}

char *words_count(int64_t value, char *buf, size_t n)
{
	char digits[32];
	size_t len = 0;

	snprintf(digits, sizeof(digits), "%" PRId64, value);
	for (const char *d = digits; *d != '\0' && len + 2 < n; d++) {
		buf[len++] = *d;
		size_t left = strlen(d + 1);
		if (left > 0 && left % 3 == 0 && *d != '-')
			buf[len++] = ',';
	}
	buf[len] = '\0';
	return buf;
}
