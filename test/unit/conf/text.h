// What the tests of lib/conf share: loading a text, what it complained of, files of the source.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

// The least that a file must say, line by line; a test leaves out or changes one of them.
#define LMA   "lma: {addresses: [2001:db8::1]}\n"
#define PORTS "ports: [{name: core0, driver: mem}]\n"
#define MAGS  "mags: [{name: north, address: 2001:db8:0:2::1}]\n"
#define POOLS "pools: [{name: subscribers, prefix: 2001:db8:1000::/40}]\n"
#define LEAST LMA PORTS MAGS POOLS

#define MAG       "mag: {proxy_coa: 2001:db8:0:2::1, lma: 2001:db8::1}\n"
#define MAG_PORTS "ports: [{name: back, driver: mem}, {name: acc, driver: mem}]\n"
#define MAG_ROLES                                                                                  \
	"interfaces: [{name: b, port: back, role: backbone}, {name: a, port: acc, role: "          \
	"access}]\n"
#define LEAST_MAG MAG MAG_PORTS MAG_ROLES

// Loads n bytes as a file named "f"; what was written to `errors` is *said, to be freed.
static inline int load_as(enum conf_program program, const char *text, size_t n, char **said,
			  struct conf **out)
{
	size_t said_len;
	FILE *errors = open_memstream(said, &said_len);
	int err = conf_load_text("f", program, text, n, errors, out);

	fclose(errors);
	return err;
}

static inline int load_bytes(const char *text, size_t n, char **said, struct conf **out)
{
	return load_as(CONF_LMA, text, n, said, out);
}

static inline char *dump_text(const struct conf *c)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	conf_dump(c, out);
	fclose(out);
	return text;
}

// The path of a file of the source, in a static buffer.
static inline const char *source_file(const char *name)
{
	static char path[4096];
	const char *root = getenv("SOURCE_ROOT");

	snprintf(path, sizeof(path), "%s/%s", root != NULL ? root : ".", name);
	return path;
}

// The whole file, to be freed; NULL if there is none.
static inline char *read_source(const char *name, size_t *n)
{
	FILE *f = fopen(source_file(name), "re");
	char *text = calloc(1, 1 << 20);

	*n = f == NULL ? 0 : fread(text, 1, (1 << 20) - 1, f);
	if (f != NULL)
		fclose(f);
	if (*n > 0)
		return text;
	free(text);
	return NULL;
}
