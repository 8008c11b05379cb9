// Broken files by the hundred thousand: config/*.yaml with random damage. Whatever the bytes,
// loading ends with a snapshot whose dump loads, or with lines of the one form, sorted by place.
#include <errno.h>

#include "base/rng.h"
#include "test/unit/conf/text.h"
#include "test/unit/test.h"

enum { ROOM = 16384 };

// Pieces that mean something to YAML or to us, more likely to hurt than random bytes.
static const char *const pieces[] = {
	"\t",
	"\n",
	": ",
	"- ",
	"[",
	"]",
	"{",
	"}",
	"\"",
	"'",
	"#",
	"&a ",
	"*a ",
	"!!str ",
	"? ",
	"|\n",
	"<<: *a\n",
	"---\n",
	"...\n",
	"::/0",
	"lma:\n",
	"ports: []\n",
	"\xef\xbb\xbf",
	"\\0",
	"99999999999999999999",
	"-1",
	"2001:db8::",
	"/64",
	"%",
	"\r",
	"null",
	"\xc2\x85",
	"pools:\n  - name: a\n    prefix: ::/0\n",
};

static size_t damage(struct rng *r, char *text, size_t n)
{
	size_t at = rng_below(r, (uint32_t)n + 1), len = rng_below(r, 40), from;
	const char *piece = pieces[rng_below(r, sizeof(pieces) / sizeof(pieces[0]))];

	switch (rng_below(r, 5)) {
	case 0: // flip a bit
		if (at < n)
			text[at] = (char)(text[at] ^ (1 << rng_below(r, 8)));
		return n;
	case 1: // cut something out
		len = len < n - at ? len : n - at;
		memmove(text + at, text + at + len, n - at - len);
		return n - len;
	case 2: // say something twice
		from = rng_below(r, (uint32_t)n + 1);
		len = len < n - from ? len : n - from;
		if (n + len > ROOM)
			return n;
		char copy[40];
		memcpy(copy, text + from, len);
		memmove(text + at + len, text + at, n - at);
		memcpy(text + at, copy, len);
		return n + len;
	case 3: // end early, now and then
		return rng_below(r, 20) == 0 ? at : n;
	default:
		len = strlen(piece);
		if (n + len > ROOM)
			return n;
		memmove(text + at + len, text + at, n - at);
		memcpy(text + at, piece, len);
		return n + len;
	}
}

static void assert_lines_are_sorted_and_of_the_one_form(const char *said)
{
	unsigned long last_line = 0;

	assert_true(said[0] != '\0');
	for (const char *p = said; *p != '\0';) {
		char *end;
		assert_true(strncmp(p, "f:", 2) == 0);
		unsigned long line = strtoul(p + 2, &end, 10);
		assert_true(*end == ':' && line >= last_line && line > 0);
		unsigned long column = strtoul(end + 1, &end, 10);
		assert_true(column > 0 && strncmp(end, ": ", 2) == 0);
		last_line = line;
		p = strchr(end, '\n');
		assert_non_null(p);
		p++;
	}
}

static void load_and_look(enum conf_program program, const char *text, size_t n)
{
	char *exact = malloc(n > 0 ? n : 1), *said, *again; // so that ASan sees one byte too far
	struct conf *c = NULL, *back = NULL;

	memcpy(exact, text, n);
	int err = load_as(program, exact, n, &said, &c);
	if (err == 0) {
		char *dump = dump_text(c);
		assert_string_equal(said, "");
		assert_int_equal(load_as(program, dump, strlen(dump), &again, &back), 0);
		free(dump);
		free(again);
	} else {
		assert_int_equal(err, -EINVAL);
		assert_null(c);
		assert_lines_are_sorted_and_of_the_one_form(said);
	}
	conf_free(c);
	conf_free(back);
	free(said);
	free(exact);
}

static void damage_all(enum conf_program program, const char *file)
{
	const char *rounds = getenv("ROUNDS"), *seed_text = getenv("SEED");
	uint64_t n_rounds = rounds != NULL ? strtoull(rounds, NULL, 10) : 20000;
	uint64_t seed = seed_text != NULL ? strtoull(seed_text, NULL, 10) : 1;
	size_t n;
	char *good = read_source(file, &n), *text = malloc(ROOM);
	assert_non_null(good);
	assert_true(n < ROOM);
	for (uint64_t i = 0; i < n_rounds; i++) {
		struct rng r = {seed + i}; // SEED=seed+i ROUNDS=1 plays one again
		size_t len = n;
		memcpy(text, good, n);
		for (uint32_t hits = 1 + rng_below(&r, 4); hits > 0; hits--)
			len = damage(&r, text, len);
		load_and_look(program, text, len);
	}
	free(text);
	free(good);
}

static void no_bytes_break_the_loader(void **state)
{
	(void)state;
	damage_all(CONF_LMA, "config/lma.yaml");
	damage_all(CONF_MAG, "config/mag.yaml");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(no_bytes_break_the_loader)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
