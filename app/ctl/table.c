// Sampling, widths, alignment.
#include "app/ctl/table.h"

#include <string.h>

#include "app/ctl/words.h"

enum { CELL = 1100 };

void table_init(struct table *t, const struct column *columns, FILE *out)
{
	*t = (struct table){.columns = columns, .out = out, .sample = json_array()};
	while (t->n_columns < TABLE_COLUMNS && columns[t->n_columns].key != NULL) {
		t->widths[t->n_columns] = strlen(columns[t->n_columns].heading);
		t->n_columns++;
	}
}

static const char *cell(const struct column *c, const json_t *row, char *buf)
{
	const json_t *v = json_object_get(row, c->key);

	if (json_is_string(v))
		return json_string_value(v)[0] != '\0' ? json_string_value(v) : "-";
	if (!json_is_number(v))
		return "-";
	if (c->kind == COLUMN_DURATION)
		return words_duration(json_number_value(v), buf, CELL);
	return words_count((int64_t)json_number_value(v), buf, CELL);
}

static void print_cell(struct table *t, unsigned i, const char *text)
{
	bool last = i + 1 == t->n_columns;
	int width = (int)t->widths[i];

	if (t->columns[i].kind == COLUMN_TEXT)
		fprintf(t->out, "%-*s", last ? 0 : width, text);
	else
		fprintf(t->out, "%*s", width, text);
	fputs(last ? "\n" : "  ", t->out);
}

static void print_row(struct table *t, const json_t *row)
{
	char buf[CELL];

	for (unsigned i = 0; i < t->n_columns; i++)
		print_cell(t, i, cell(&t->columns[i], row, buf));
}

static void start(struct table *t)
{
	char buf[CELL];
	size_t k;
	json_t *row;

	if (t->started)
		return;
	t->started = true;
	json_array_foreach(t->sample, k, row)
	{
		for (unsigned i = 0; i < t->n_columns; i++) {
			size_t n = strlen(cell(&t->columns[i], row, buf));
			t->widths[i] = n > t->widths[i] ? n : t->widths[i];
		}
	}
	for (unsigned i = 0; i < t->n_columns && t->rows > 0; i++)
		print_cell(t, i, t->columns[i].heading);
	json_array_foreach(t->sample, k, row) print_row(t, row);
	json_array_clear(t->sample);
}

void table_add(struct table *t, json_t *row)
{
	t->rows++;
	if (t->started) {
		print_row(t, row);
		return;
	}
	json_array_append(t->sample, row);
	if (++t->n_sampled == TABLE_SAMPLE)
		start(t);
}

void table_end(struct table *t)
{
	start(t);
	json_decref(t->sample);
	t->sample = NULL;
}
