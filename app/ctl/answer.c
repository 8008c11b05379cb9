// Table, pairs or JSON, as rows come. JSON that breaks off stays visibly unfinished, so that no
// program takes half a list for a whole one.
#include "app/ctl/answer.h"

enum { DIGITS = 12 }; // of a real: a microsecond of some days, without the noise of a double

void answer_begin(struct answer *a)
{
	a->rows = 0;
	table_init(&a->table, a->command->columns, a->out, a->columns);
}

// Programs get every row: what is worth showing is for them to say.
static bool is_hidden(const struct answer *a, const json_t *row)
{
	const char *key = a->command->hide_zero;

	return key != NULL && !a->all && json_integer_value(json_object_get(row, key)) == 0;
}

static void print_json(struct answer *a, const json_t *row)
{
	if (!a->command->single)
		fputs(a->rows > 0 ? ",\n" : "[\n", a->out);
	json_dumpf(row, a->out, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
}

bool answer_row(void *arg, json_t *row)
{
	struct answer *a = arg;

	if (a->json)
		print_json(a, row);
	else if (a->command->order)
		fputs("done\n", a->out);
	else if (a->command->single)
		table_pairs(&a->table, row);
	else if (!is_hidden(a, row))
		table_add(&a->table, row);
	a->rows++;
	return !ferror(a->out);
}

static void end_json(struct answer *a)
{
	if (a->command->single)
		fputs(a->rows > 0 ? "\n" : "{}\n", a->out);
	else
		fputs(a->rows > 0 ? "\n]\n" : "[]\n", a->out);
}

bool answer_end(struct answer *a, bool whole)
{
	table_end(&a->table);
	if (whole && a->json)
		end_json(a);
	else if (whole && !a->command->single && !a->command->order && a->table.rows == 0)
		fprintf(a->out, "%s\n", a->command->empty);
	return fflush(a->out) == 0 && !ferror(a->out);
}
