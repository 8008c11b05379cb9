// The reference page docs/configuration.md, from the rows of the schema: one table a section, in
// their order. A test compares the committed page with what this writes, so neither can run ahead
// of the other.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/schema.h"
#include "conf/value.h"
#include "conf/yaml.h"

static const char head[] =
	"# Configuration\n"
	"\n"
	"Generated from the rows of `lib/conf/schema.def`; do not edit. Commented examples are\n"
	"`config/lma.yaml` and `config/mag.yaml`. `kedge-lma --check FILE`, `kedge-mag --check "
	"FILE`\n"
	"tell every mistake in a file, one line each, and start nothing:\n"
	"`file:line:column: what is wrong, and the nearest right thing`.\n"
	"\n"
	"The file is YAML in UTF-8: maps, lists and plain values. Indent with spaces. A key\n"
	"stands once. Anchors, aliases, tags and further documents are refused. Keys carry their\n"
	"unit in the name (`_ms`, `_s`, `_us`, `_mb`) and take bare numbers, with `_` between\n"
	"digits for the eye: `1_000_000`. Flags are `true` and `false`. An address that ends in\n"
	"`::` needs quotes, and between brackets one that starts with it. An empty list is\n"
	"written `[]`.\n";

static const char *type_text(const struct schema_row *row)
{
	static const char *const texts[] = {
		[SCHEMA_GROUP] = "map",          [SCHEMA_LIST] = "list",
		[SCHEMA_NAME] = "name",          [SCHEMA_TEXT] = "text",
		[SCHEMA_NUMBER] = "number",      [SCHEMA_FLAG] = "flag",
		[SCHEMA_CHOICE] = "word",        [SCHEMA_ADDRESS] = "IPv6 address",
		[SCHEMA_PREFIX] = "IPv6 prefix", [SCHEMA_HOST] = "IPv6 address",
		[SCHEMA_MAC] = "MAC address",
	};
	return texts[row->type];
}

static void emit_default(const struct schema_row *row, FILE *out)
{
	if (row->fallback == NULL)
		fputs("must be given", out);
	else if (row->fallback[0] == '=')
		fprintf(out, "as `%s`", row->fallback + 1);
	else if (row->fallback[0] != '\0')
		fprintf(out, "`%s`", row->fallback);
	else
		fputs("none", out);
}

// The one program that reads this key, where others read the rest of its section; else -1.
static int own_reader(const struct schema_row *row)
{
	char section[64];

	snprintf(section, sizeof(section), "%.*s", (int)strcspn(row->path, ".["), row->path);
	const struct schema_row *above = schema_find(section);
	return above != NULL && schema_reader(above) >= 0 ? -1 : schema_reader(row);
}

static void emit_row(const struct schema_row *row, FILE *out)
{
	char range[128];
	int reader = own_reader(row);

	value_range(row, range, sizeof(range));
	fprintf(out, "| `%s` | %s%s%s%s%s | ", row->path, type_text(row),
		range[0] != '\0' ? ", " : "", range,
		row->unit[0] != '\0' && row->type == SCHEMA_NUMBER ? " " : "", row->unit);
	emit_default(row, out);
	fprintf(out, " | %s | %s%s%s |\n", row->apply == SCHEMA_LIVE ? "live" : "restart",
		row->text, reader >= 0 ? " For kedge-" : "",
		reader >= 0 ? (reader == CONF_MAG ? "mag alone." : "lma alone.") : "");
}

static void emit_table_head(const struct schema_row *section, FILE *out)
{
	fprintf(out, "\n## %s\n\n", section->path);
	if (section->type == SCHEMA_GROUP)
		fprintf(out, "%s\n\n", section->text);
	if (schema_reader(section) >= 0)
		fprintf(out, "For `kedge-%s` alone.\n\n",
			conf_program_name((enum conf_program)schema_reader(section)));
	fputs("| key | value | default | change | |\n|---|---|---|---|---|\n", out);
}

void conf_reference(FILE *out)
{
	fputs(head, out);
	fprintf(out,
		"A file has at most %d MB.\n"
		"\n"
		"Change: a *live* key is taken by a reload, a *restart* key needs a new start.\n",
		YAML_MAX_BYTES >> 20);
	for (const struct schema_row *row = schema; row->path != NULL; row++) {
		if (schema_is_in(row, ""))
			emit_table_head(row, out);
		if (row->type != SCHEMA_GROUP)
			emit_row(row, out);
	}
}
