// Lines on standard error with a time and a level; a supervisor keeps them.
#include "app/common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static const char *program_name = "kedge";

void log_open(const char *program)
{
	program_name = program;
	setvbuf(stderr, NULL, _IOLBF, 0);
}

void log_line(enum log_level level, const char *format, ...)
{
	static const char *const names[] = {"error", "warning", "info"};
	char text[1024], when[32];
	struct timespec now;
	struct tm tm;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(when, sizeof(when), "%FT%T", &tm);
	fprintf(stderr, "%s.%03ldZ %s %s: %s\n", when, now.tv_nsec / 1000000, program_name,
		names[level], text);
}

bool log_allowed(struct log_limit *limit, unsigned per_s, ns_t now)
{
	if (now - limit->window >= NS_SEC) {
		if (limit->left_out > 0)
			log_line(LOG_WARNING, "%u similar lines left out", limit->left_out);
		*limit = (struct log_limit){.window = now};
	}
	if (limit->given >= per_s) {
		limit->left_out++;
		return false;
	}
	limit->given++;
	return true;
}
