// The rows of schema.def as an array, and finding one. Offsets and sizes come from the compiler, so
// a row cannot point beside its field. Finding is a walk: there are some sixty rows, and a file is
// read once.
#include "conf/schema.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf.h"

#define FROM(a, b)     .min = (a), .max = (b)
#define ONE_OF(words)  .choices = (words)
#define ANY            .min = 0
#define SIZE(s, field) sizeof(((struct s *)0)->field)

const struct schema_row schema[] = {
#define GROUP(path_, text_) {.path = path_, .type = SCHEMA_GROUP, .unit = "", .text = text_},
#define LIST(path_, items, count, item, range, fallback_, apply_, text_)                           \
	{.path = path_,                                                                            \
	 .type = SCHEMA_LIST,                                                                      \
	 range,                                                                                    \
	 .fallback = fallback_,                                                                    \
	 .unit = "",                                                                               \
	 .apply = SCHEMA_##apply_,                                                                 \
	 .text = text_,                                                                            \
	 .offset = offsetof(struct conf, items),                                                   \
	 .size = SIZE(conf, items),                                                                \
	 .count_offset = offsetof(struct conf, count),                                             \
	 .item_size = sizeof(struct item)},
#define ITEM_LIST(path_, in, items, count, item, range, fallback_, apply_, text_)                  \
	{.path = path_,                                                                            \
	 .type = SCHEMA_LIST,                                                                      \
	 range,                                                                                    \
	 .fallback = fallback_,                                                                    \
	 .unit = "",                                                                               \
	 .apply = SCHEMA_##apply_,                                                                 \
	 .text = text_,                                                                            \
	 .offset = offsetof(struct in, items),                                                     \
	 .size = SIZE(in, items),                                                                  \
	 .count_offset = offsetof(struct in, count),                                               \
	 .item_size = sizeof(struct item)},
#define KEY(path_, in, field, type_, range, fallback_, unit_, apply_, text_)                       \
	{.path = path_,                                                                            \
	 .type = SCHEMA_##type_,                                                                   \
	 range,                                                                                    \
	 .fallback = fallback_,                                                                    \
	 .unit = unit_,                                                                            \
	 .apply = SCHEMA_##apply_,                                                                 \
	 .text = text_,                                                                            \
	 .offset = offsetof(struct in, field),                                                     \
	 .size = SIZE(in, field)},
#include "conf/schema.def"
#undef GROUP
#undef LIST
#undef ITEM_LIST
#undef KEY
	{.path = NULL},
};

// What is for one program, with all below it; all else is for every one.
static const struct {
	const char *path;
	enum conf_program program;
} readers[] = {
	{"lma", CONF_LMA},
	{"mags", CONF_LMA},
	{"pools", CONF_LMA},
	{"profiles[].pools", CONF_LMA},
	{"profiles[].sessions", CONF_LMA},
	{"profiles[].prefix_count", CONF_LMA},
	{"mag", CONF_MAG},
	{"radius", CONF_MAG},
	{"fast_handover", CONF_MAG},
	{"nodes", CONF_MAG},
	{"interfaces[].access_technology", CONF_MAG},
	{"profiles[].lma", CONF_MAG},
	{"profiles[].local_routing", CONF_MAG},
	{"profiles[].service", CONF_MAG},
};

int schema_reader(const struct schema_row *row)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		size_t n = strlen(readers[i].path);
		if (strncmp(readers[i].path, row->path, n) == 0 &&
		    strchr(".[", row->path[n]) != NULL) // or its end
			return (int)readers[i].program;
	}
	return -1;
}

bool schema_is_read_by(const struct schema_row *row, unsigned program)
{
	int reader = schema_reader(row);

	return reader < 0 || (unsigned)reader == program;
}

const char *conf_program_name(enum conf_program program)
{
	return program == CONF_MAG ? "mag" : "lma";
}

const struct schema_row *schema_find(const char *path)
{
	for (const struct schema_row *row = schema; row->path != NULL; row++) {
		if (strcmp(row->path, path) == 0)
			return row;
	}
	return NULL;
}

const char *schema_key(const struct schema_row *row)
{
	const char *dot = strrchr(row->path, '.');
	size_t n = strlen(row->path);

	if (n > 2 && strcmp(row->path + n - 2, "[]") == 0)
		return row->path + n;
	return dot == NULL ? row->path : dot + 1;
}

bool schema_is_in(const struct schema_row *row, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(row->path, prefix, n) == 0 && row->path[n] != '\0' &&
	       strpbrk(row->path + n, ".[") == NULL;
}

bool schema_has_plain_items(const struct schema_row *list)
{
	char path[64];

	snprintf(path, sizeof(path), "%s[]", list->path);
	return schema_find(path) != NULL;
}
