// Collects, sorts and writes what is wrong with a file; see mistakes.h. The first MISTAKES_MAX
// found are kept as text, the rest is a number. Without memory it says so (no_memory) and the load
// fails as a whole: a list with holes would look complete.
#include "conf/mistakes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// A file may hold anything; a terminal must see one plain line.
static void make_printable(char *s)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
	}
}

void mistake_add(struct mistakes *m, uint32_t line, uint32_t column, const char *format, ...)
{
	char text[1024];
	va_list ap;

	if (m->found++ >= MISTAKES_MAX)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	make_printable(text);
	if (m->n == m->room) {
		uint32_t room = m->room == 0 ? 16 : 2 * m->room;
		struct mistake *all = realloc(m->all, room * sizeof(*all));
		if (all == NULL) {
			m->no_memory = true;
			return;
		}
		m->all = all;
		m->room = room;
	}
	char *copy = strdup(text);
	if (copy == NULL) {
		m->no_memory = true;
		return;
	}
	m->all[m->n] = (struct mistake){line, column, m->n, copy};
	m->n++;
}

// The order of finding breaks ties: qsort alone would shuffle what stands in one place.
static int by_place(const void *a, const void *b)
{
	const struct mistake *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

void mistakes_emit(struct mistakes *m, const char *file, FILE *out)
{
	char name[256];

	snprintf(name, sizeof(name), "%s", file);
	make_printable(name);
	if (m->n > 1)
		qsort(m->all, m->n, sizeof(*m->all), by_place);
	for (uint32_t i = 0; i < m->n; i++)
		fprintf(out, "%s:%" PRIu32 ":%" PRIu32 ": %s\n", name, m->all[i].line,
			m->all[i].column, m->all[i].text);
	if (m->found > m->n && m->n > 0)
		fprintf(out,
			"%s:%" PRIu32 ":%" PRIu32 ": and %" PRIu64
			" more mistakes: mend these first\n",
			name, m->all[m->n - 1].line, m->all[m->n - 1].column, m->found - m->n);
}

void mistakes_done(struct mistakes *m)
{
	for (uint32_t i = 0; i < m->n; i++)
		free(m->all[i].text);
	free(m->all);
	*m = (struct mistakes){0};
}

char *mistake_quote(const char *text, char buf[static QUOTED])
{
	size_t n = strlen(text), most = QUOTED - sizeof("\"...\"");

	if (n <= most) {
		snprintf(buf, QUOTED, "\"%s\"", text);
		return buf;
	}
	// Not in the middle of a UTF-8 sequence.
	for (n = most; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
		;
	snprintf(buf, QUOTED, "\"%.*s...\"", (int)n, text);
	return buf;
}
