// Sampling, widths, who gives way, alignment.
#include "app/ctl/table.h"

#include <string.h>

#include "app/ctl/words.h"

enum { NUMBER = 64, GAP = 2 };

void table_init(struct table *t, const struct column *columns, FILE *out, size_t room)
{
	*t = (struct table){.columns = columns, .out = out, .room = room, .sample = json_array()};
	while (t->n_columns < TABLE_COLUMNS && columns[t->n_columns].key != NULL) {
		t->widths[t->n_columns] = strlen(columns[t->n_columns].heading);
		t->n_columns++;
	}
}

static const char *cell(const struct column *c, const json_t *row, char buf[NUMBER])
{
	const json_t *v = json_object_get(row, c->key);

	if (json_is_string(v))
		return json_string_value(v)[0] != '\0' ? json_string_value(v) : "-";
	if (!json_is_number(v))
		return "-";
	if (c->kind == COLUMN_DURATION)
		return words_duration(json_number_value(v), buf, NUMBER);
	// Not by way of a double: a counter of bytes passes 2^53.
	return words_count(json_is_integer(v) ? json_integer_value(v) : (int64_t)json_real_value(v),
			   buf, NUMBER);
}

// Of the widest line, as far as the sample tells.
static size_t line_width(const struct table *t)
{
	size_t sum = 0;

	for (unsigned i = 0; i < t->n_columns; i++)
		if (!t->hidden[i])
			sum += t->widths[i] + (sum > 0 ? GAP : 0);
	return sum;
}

// Hides columns until the line fits, or until only those are left that do not give way.
static void make_room(struct table *t)
{
	while (t->room > 0 && line_width(t) > t->room) {
		unsigned out = t->n_columns;
		for (unsigned i = 0; i < t->n_columns; i++)
			if (!t->hidden[i] && t->columns[i].yields > 0 &&
			    (out == t->n_columns || t->columns[i].yields > t->columns[out].yields))
				out = i;
		if (out == t->n_columns)
			return;
		t->hidden[out] = true;
	}
}

// Headings if there is no row.
static void print_line(struct table *t, const json_t *row)
{
	char buf[NUMBER];
	int pad = 0; // owed by the cell before, so that no line ends in blanks

	for (unsigned i = 0; i < t->n_columns; i++) {
		const struct column *c = &t->columns[i];
		const char *text = row != NULL ? cell(c, row, buf) : c->heading;
		int width = (int)t->widths[i], n = (int)strlen(text);
		if (t->hidden[i])
			continue;
		fprintf(t->out, "%*s%*s", pad, "", c->kind == COLUMN_TEXT ? 0 : width, text);
		pad = GAP + (c->kind == COLUMN_TEXT && width > n ? width - n : 0);
	}
	fputc('\n', t->out);
}

// Ends the sample: decides widths, prints what waited. Without rows there is nothing to decide.
static void start(struct table *t)
{
	char buf[NUMBER];
	size_t k;
	json_t *row;

	if (t->started || t->rows == 0)
		return;
	t->started = true;
	json_array_foreach(t->sample, k, row)
	{
		for (unsigned i = 0; i < t->n_columns; i++) {
			size_t n = strlen(cell(&t->columns[i], row, buf));
			t->widths[i] = n > t->widths[i] ? n : t->widths[i];
		}
	}
	make_room(t);
	print_line(t, NULL);
	json_array_foreach(t->sample, k, row) print_line(t, row);
	json_array_clear(t->sample);
}

void table_add(struct table *t, json_t *row)
{
	t->rows++;
	if (t->started) {
		print_line(t, row);
		return;
	}
	json_array_append(t->sample, row);
	if (++t->n_sampled == TABLE_SAMPLE)
		start(t);
}

void table_pairs(struct table *t, const json_t *row)
{
	char buf[NUMBER];
	int width = 0;

	for (unsigned i = 0; i < t->n_columns; i++)
		width = (int)t->widths[i] > width ? (int)t->widths[i] : width;
	for (unsigned i = 0; i < t->n_columns; i++)
		fprintf(t->out, "%-*s  %s\n", width, t->columns[i].heading,
			cell(&t->columns[i], row, buf));
}

static void name_hidden(const struct table *t)
{
	const char *before = "too narrow for: ";

	for (unsigned i = 0; i < t->n_columns; i++) {
		if (!t->hidden[i])
			continue;
		fprintf(t->out, "%s%s", before, t->columns[i].heading);
		before = ", ";
	}
	if (before[0] == ',')
		fputs("; all of them: kedgectl ... | less -S\n", t->out);
}

void table_end(struct table *t)
{
	start(t);
	name_hidden(t);
	json_decref(t->sample);
	t->sample = NULL;
}
