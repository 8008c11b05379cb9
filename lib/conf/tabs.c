// One tab counts as one step of indentation, the first step that the file makes with spaces. That
// is a guess; where it is wrong libyaml stops, and yaml.c keeps quiet about that: the tabs are the
// mistake. Columns told afterwards are those of the file, not of the copy.
#include "conf/tabs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

// How long the indentation is: blanks, and dashes of lists.
static size_t indentation(const char *line, const char *end)
{
	const char *p = line;

	while (p < end && (is_blank(*p) || (*p == '-' && p + 1 < end && is_blank(p[1]))))
		p++;
	return (size_t)(p - line);
}

static const char *end_of_line(const char *line, const char *end)
{
	const char *lf = memchr(line, '\n', (size_t)(end - line));
	return lf == NULL ? end : lf;
}

static const char *next_line(const char *line, const char *end)
{
	const char *stop = end_of_line(line, end);
	return stop < end ? stop + 1 : end;
}

// The first line that starts with spaces, or 2; at most 8.
static uint32_t find_step(const char *text, const char *end)
{
	for (const char *line = text; line < end; line = next_line(line, end)) {
		size_t spaces = 0;
		while (line + spaces < end && line[spaces] == ' ' && spaces < 9)
			spaces++;
		if (spaces > 0 && spaces < 9 && line + spaces < end && line[spaces] != '\n' &&
		    line[spaces] != '#' && line[spaces] != '\t')
			return (uint32_t)spaces;
	}
	return 2;
}

static bool note_line(struct tabs *t, uint32_t line, uint32_t wider)
{
	if (t->n == t->room) {
		uint32_t room = t->room == 0 ? 16 : 2 * t->room;
		struct tabbed *lines = realloc(t->lines, room * sizeof(*lines));
		if (lines == NULL)
			return false;
		t->lines = lines;
		t->room = room;
	}
	t->lines[t->n++] = (struct tabbed){line, wider};
	return true;
}

static size_t count_tabs(const char *p, size_t n)
{
	size_t tabs = 0;

	for (size_t i = 0; i < n; i++)
		tabs += p[i] == '\t' ? 1 : 0;
	return tabs;
}

// Notes the lines with tabs; how many tabs there are, or SIZE_MAX without memory.
static size_t find_tabs(struct tabs *t, const char *text, const char *end, struct mistakes *m)
{
	size_t all = 0;
	uint32_t number = 1;

	for (const char *line = text; line < end; line = next_line(line, end), number++) {
		const char *stop = end_of_line(line, end);
		size_t deep = indentation(line, stop), tabs = count_tabs(line, deep);
		bool empty = line + deep == stop || line[deep] == '#' || line[deep] == '\r';
		all += tabs;
		if (tabs == 0 || empty)
			continue;
		if (!note_line(t, number, (uint32_t)tabs * (t->width - 1)))
			return SIZE_MAX;
		const char *first = memchr(line, '\t', deep);
		mistake_add(m, number, (uint32_t)(first - line) + 1,
			    "a tab in the indentation: use spaces, %u for each step",
			    (unsigned)t->width);
	}
	return all;
}

char *tabs_replace(struct tabs *t, const char *text, size_t n, struct mistakes *m)
{
	const char *end = text + n;

	t->width = find_step(text, end);
	size_t all = find_tabs(t, text, end, m);
	char *out = all == SIZE_MAX ? NULL : malloc(n + all * (t->width - 1) + 1);
	if (out == NULL)
		return NULL;
	char *to = out;
	for (const char *line = text; line < end;) {
		const char *next = next_line(line, end);
		size_t deep = indentation(line, end_of_line(line, end));
		for (size_t i = 0; i < deep; i++) {
			size_t width = line[i] == '\t' ? t->width : 1;
			memset(to, line[i] == '\t' ? ' ' : line[i], width);
			to += width;
		}
		memcpy(to, line + deep, (size_t)(next - line) - deep);
		to += (size_t)(next - line) - deep;
		line = next;
	}
	t->bytes = (size_t)(to - out);
	return out;
}

uint32_t tabs_column(struct tabs *t, uint32_t line, uint32_t column)
{
	if (t->at > 0 && t->at <= t->n && t->lines[t->at - 1].line >= line)
		t->at = 0; // back: only a mistake's mark does that
	while (t->at < t->n && t->lines[t->at].line < line)
		t->at++;
	if (t->at == t->n || t->lines[t->at].line != line)
		return column;
	uint32_t wider = t->lines[t->at].wider;
	return column > wider + 1 ? column - wider : column;
}

void tabs_done(struct tabs *t)
{
	free(t->lines);
	*t = (struct tabs){0};
}
