// A snapshot as YAML, by the rows of the schema: what it loads to is equal. Every default is
// written out, so that two dumps can be compared by diff. Text and addresses stand in quotes
// always: then nothing in them can mean something to YAML.
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/schema.h"
#include "conf/value.h"

// Only what value.c lets in comes here: printable, so the two escapes are enough.
static void emit_value(const struct schema_row *row, const void *field, FILE *out)
{
	char text[VALUE_TEXT];

	if (!value_format(row, field, text)) {
		fprintf(out, "%s\n", text);
		return;
	}
	fputc('"', out);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', out);
		fputc(*p, out);
	}
	fputs("\"\n", out);
}

struct dump {
	FILE *out;
	enum conf_program program; // whose keys
};

static void emit_list(const struct schema_row *, const char *base, const char *first,
		      const char *indent, const struct dump *);

// The keys of a map or list item that starts at base; `first` stands in front of the first one.
static void emit_keys(const char *prefix, const char *base, const char *first, const char *indent,
		      const struct dump *d)
{
	for (const struct schema_row *row = schema; row->path != NULL; row++) {
		// A HOST shares its field with the PREFIX that says the same and more.
		if (!schema_is_in(row, prefix) || row->type == SCHEMA_HOST ||
		    row->type == SCHEMA_LIST || row->type == SCHEMA_GROUP ||
		    !schema_is_read_by(row, d->program))
			continue;
		fprintf(d->out, "%s%s: ", first, schema_key(row));
		emit_value(row, base + row->offset, d->out);
		first = indent;
	}
}

// The lists of plain values in an item of a list.
static void emit_lists(const char *prefix, const char *base, const char *indent,
		       const struct dump *d)
{
	for (const struct schema_row *row = schema; row->path != NULL; row++)
		if (row->type == SCHEMA_LIST && schema_is_in(row, prefix) &&
		    schema_is_read_by(row, d->program))
			emit_list(row, base, indent, indent, d);
}

static void emit_list(const struct schema_row *row, const char *base, const char *first,
		      const char *indent, const struct dump *d)
{
	char path[96], item_indent[24], key_indent[24];
	const char *items;
	uint32_t n;

	memcpy(&items, base + row->offset, sizeof(items));
	memcpy(&n, base + row->count_offset, sizeof(n));
	fprintf(d->out, "%s%s:%s\n", first, schema_key(row), n == 0 ? " []" : "");
	snprintf(item_indent, sizeof(item_indent), "%s  - ", indent);
	snprintf(key_indent, sizeof(key_indent), "%s    ", indent);
	snprintf(path, sizeof(path), "%s[]", row->path);
	const struct schema_row *plain = schema_find(path);
	snprintf(path, sizeof(path), "%s[].", row->path);
	for (uint32_t i = 0; i < n; i++) {
		const char *item = items + i * row->item_size;
		if (plain == NULL) {
			emit_keys(path, item, item_indent, key_indent, d);
			emit_lists(path, item, key_indent, d);
		} else {
			fputs(item_indent, d->out);
			emit_value(plain, item + plain->offset, d->out);
		}
	}
}

static void emit_group(const struct schema_row *group, const char *base, const struct dump *d)
{
	char prefix[96];

	fprintf(d->out, "%s:\n", group->path);
	snprintf(prefix, sizeof(prefix), "%s.", group->path);
	for (const struct schema_row *row = schema; row->path != NULL; row++) {
		if (row->type == SCHEMA_LIST && schema_is_in(row, prefix))
			emit_list(row, base, "  ", "  ", d);
	}
	emit_keys(prefix, base, "  ", "  ", d);
}

void conf_dump(const struct conf *c, FILE *out)
{
	const struct dump d = {out, c->program};

	for (const struct schema_row *row = schema; row->path != NULL; row++) {
		if (!schema_is_read_by(row, c->program))
			continue;
		if (row->type == SCHEMA_GROUP)
			emit_group(row, (const char *)c, &d);
		else if (row->type == SCHEMA_LIST && schema_is_in(row, ""))
			emit_list(row, (const char *)c, "", "", &d);
	}
}
