// Text to field and back, one function per type; addresses are in address.c. Keys carry their unit
// in the name and values are bare numbers; who writes "10s" is told the number.
#include "conf/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/address.h"
#include "conf/mistakes.h"
#include "conf/nearest.h"

enum { WORD = 64 };

// ---- Numbers.

static void put_number(void *field, size_t size, uint64_t v)
{
	uint8_t v8 = (uint8_t)v;
	uint16_t v16 = (uint16_t)v;
	uint32_t v32 = (uint32_t)v;

	memcpy(field, size == 1 ? &v8 : size == 2 ? (void *)&v16 : (void *)&v32, size);
}

static uint64_t get_number(const void *field, size_t size)
{
	uint32_t v32;
	uint16_t v16;

	if (size == 1)
		return *(const uint8_t *)field;
	if (size == 2) {
		memcpy(&v16, field, sizeof(v16));
		return v16;
	}
	memcpy(&v32, field, sizeof(v32));
	return v32;
}

// Digits, "_" between them for the eye; *rest is what follows. Stops at UINT64_MAX.
static bool read_digits(const char *s, uint64_t *out, const char **rest)
{
	uint64_t v = 0;
	const char *p = s;

	for (; (*p >= '0' && *p <= '9') || (*p == '_' && p > s); p++) {
		uint64_t digit = *p == '_' ? 0 : (uint64_t)(*p - '0');
		if (*p == '_')
			continue;
		v = v > (UINT64_MAX - digit) / 10 ? UINT64_MAX : v * 10 + digit;
	}
	*rest = p;
	*out = v;
	return p > s;
}

// How much of a base unit (ns, bytes) one unit is; kinds do not mix.
static const struct unit {
	const char *name;
	char kind;
	uint64_t size;
} units[] = {
	{"us", 't', 1000},         {"ms", 't', 1000000},       {"s", 't', 1000000000},
	{"sec", 't', 1000000000},  {"m", 't', 60000000000},    {"min", 't', 60000000000},
	{"h", 't', 3600000000000}, {"d", 't', 86400000000000}, {"M", 'b', 1 << 20},
	{"MB", 'b', 1 << 20},      {"MiB", 'b', 1 << 20},      {"G", 'b', 1 << 30},
	{"GB", 'b', 1 << 30},      {"GiB", 'b', 1 << 30},
};

static const struct unit *find_unit(const char *name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	}
	return NULL;
}

// "10s" for a key in ms is 10000, if it comes out even and in range.
static bool convert(const struct schema_row *row, const char *text, uint64_t *out)
{
	const char *rest;
	uint64_t v;

	if (!read_digits(text, &v, &rest))
		return false;
	while (*rest == ' ')
		rest++;
	const struct unit *from = find_unit(rest), *to = find_unit(row->unit);
	if (from == NULL || to == NULL || from->kind != to->kind || v > UINT64_MAX / from->size)
		return false;
	*out = v * from->size / to->size;
	return v * from->size % to->size == 0 && *out >= row->min && *out <= row->max;
}

// Quotes make a value text in YAML: who quotes a number may mean something else, so it is asked.
static bool parse_number(const struct schema_row *row, const char *text, bool plain, void *field,
			 char *why)
{
	char q[QUOTED], range[WORD];
	const char *rest = text;
	uint64_t v = 0;
	bool digits = read_digits(text[0] == '-' ? text + 1 : text, &v, &rest) && *rest == '\0';

	mistake_quote(text, q);
	value_range(row, range, sizeof(range));
	if (digits && (text[0] == '-' || v < row->min || v > row->max)) {
		snprintf(why, VALUE_WHY, "%.40s is out of range, wanted is %s%s%s (%s)", text,
			 range, row->unit[0] != '\0' ? " " : "", row->unit, row->text);
	} else if (!digits && convert(row, text, &v)) {
		snprintf(why, VALUE_WHY, "%s is no number: did you mean %" PRIu64 "? it is in %s",
			 q, v, row->unit);
	} else if (!digits) {
		snprintf(why, VALUE_WHY, "%s is no number, wanted is %s%s%s", q, range,
			 row->unit[0] != '\0' ? " " : "", row->unit);
	} else if (!plain) {
		snprintf(why, VALUE_WHY, "%s is text: write %s without quotes", q, text);
	} else {
		put_number(field, row->size, v);
		return true;
	}
	return false;
}

// ---- Words.

// YAML 1.1 takes yes, on and their kin as flags, YAML 1.2 does not: we take neither's, but know
// them.
static bool parse_flag(const char *text, bool plain, void *field, char *why)
{
	static const char *const yes[] = {"yes", "on", "True", "TRUE", "1", "y"};
	static const char *const no[] = {"no", "off", "False", "FALSE", "0", "n"};
	char q[QUOTED];
	bool is_true = strcmp(text, "true") == 0, is_false = strcmp(text, "false") == 0;
	const char *meant = is_true ? "true" : is_false ? "false" : NULL;

	if (plain && meant != NULL) {
		memcpy(field, &is_true, sizeof(is_true));
		return true;
	}
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcasecmp(text, yes[i]) == 0)
			meant = "true";
		if (strcasecmp(text, no[i]) == 0)
			meant = "false";
	}
	mistake_quote(text, q);
	if (meant != NULL)
		snprintf(why, VALUE_WHY, "%s is no flag: did you mean %s, without quotes?", q,
			 meant);
	else
		snprintf(why, VALUE_WHY, "%s is no flag, wanted is true or false", q);
	return false;
}

// The word number `i` of choices, or false.
static bool choice_word(const char *choices, unsigned i, char word[static WORD])
{
	for (; i > 0 && choices != NULL; i--) {
		choices = strchr(choices, ' ');
		choices = choices == NULL ? NULL : choices + 1;
	}
	if (choices == NULL)
		return false;
	snprintf(word, WORD, "%.*s", (int)strcspn(choices, " "), choices);
	return true;
}

static bool parse_choice(const struct schema_row *row, const char *text, void *field, char *why)
{
	char words[8][WORD], q[QUOTED], range[WORD];
	struct nearest near = nearest_to(text);

	for (unsigned i = 0; i < 8 && choice_word(row->choices, i, words[i]); i++) {
		if (strcmp(words[i], text) == 0) {
			put_number(field, row->size, i);
			return true;
		}
		nearest_offer(&near, words[i]);
	}
	mistake_quote(text, q);
	value_range(row, range, sizeof(range));
	if (near.best != NULL)
		snprintf(why, VALUE_WHY, "%s is not known: did you mean %s? wanted is %s", q,
			 near.best, range);
	else
		snprintf(why, VALUE_WHY, "%s is not known, wanted is %s", q, range);
	return false;
}

// ---- Text.

static bool is_name(const char *s)
{
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] ==
	       '\0';
}

// Nothing that cannot be seen: C0, C1, line separators, byte order marks, non-characters.
static bool is_printable(const char *s)
{
	static const char *const unseen[] = {"\u2028", "\u2029", "\ufeff", "\xef\xbf\xbe",
					     "\xef\xbf\xbf"};
	for (const char *p = s; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;
		if (c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)p[1] < 0xa0))
			return false;
	}
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
		if (strstr(s, unseen[i]) != NULL)
			return false;
	}
	return true;
}

// Fills up with zeros: equal snapshots are equal bytes.
static bool parse_text(const struct schema_row *row, const char *text, void *field, char *why)
{
	char q[QUOTED];
	size_t n = strlen(text);

	mistake_quote(text, q);
	if (n < row->min)
		snprintf(why, VALUE_WHY,
			 "%s is too short, wanted are %" PRIu64 "..%" PRIu64 " bytes", q, row->min,
			 row->max);
	else if (n > row->max)
		snprintf(why, VALUE_WHY, "%s is too long: %zu bytes, at most %" PRIu64, q, n,
			 row->max);
	else if (row->type == SCHEMA_NAME && !is_name(text))
		snprintf(why, VALUE_WHY, "%s is no name: letters, digits and . _ - only", q);
	else if (!is_printable(text))
		snprintf(why, VALUE_WHY, "%s has a character that cannot be printed", q);
	else {
		memset(field, 0, row->size);
		memcpy(field, text, n);
		return true;
	}
	return false;
}

static bool parse_host(const char *text, struct ip6_prefix *out, char *why)
{
	struct ip6_addr a;

	if (!address_parse(text, &a, why, VALUE_WHY))
		return false;
	*out = ip6_prefix_of(a, 128);
	return true;
}

bool value_parse(const struct schema_row *row, const char *text, bool plain, void *field,
		 char why[static VALUE_WHY])
{
	switch (row->type) {
	case SCHEMA_NAME:
	case SCHEMA_TEXT:
		return parse_text(row, text, field, why);
	case SCHEMA_NUMBER:
		return parse_number(row, text, plain, field, why);
	case SCHEMA_FLAG:
		return parse_flag(text, plain, field, why);
	case SCHEMA_CHOICE:
		return parse_choice(row, text, field, why);
	case SCHEMA_ADDRESS:
		return address_parse(text, field, why, VALUE_WHY);
	case SCHEMA_PREFIX:
		return address_prefix_parse(text, field, why, VALUE_WHY);
	case SCHEMA_HOST:
		return parse_host(text, field, why);
	case SCHEMA_MAC:
		return address_mac_parse(text, field, why, VALUE_WHY);
	case SCHEMA_GROUP:
	case SCHEMA_LIST:
		break;
	}
	snprintf(why, VALUE_WHY, "%s is no value", row->path);
	return false;
}

bool value_format(const struct schema_row *row, const void *field, char text[static VALUE_TEXT])
{
	char word[WORD] = "", a6[IP6_ADDR_TEXT], p6[IP6_PREFIX_TEXT];
	const uint8_t *mac = field;

	switch (row->type) {
	case SCHEMA_NUMBER:
		snprintf(text, VALUE_TEXT, "%" PRIu64, get_number(field, row->size));
		return false;
	case SCHEMA_FLAG:
		snprintf(text, VALUE_TEXT, "%s", get_number(field, 1) != 0 ? "true" : "false");
		return false;
	case SCHEMA_CHOICE:
		choice_word(row->choices, (unsigned)get_number(field, row->size), word);
		snprintf(text, VALUE_TEXT, "%s", word);
		return false;
	case SCHEMA_ADDRESS:
		snprintf(text, VALUE_TEXT, "%s", ip6_format(*(const struct ip6_addr *)field, a6));
		return true;
	case SCHEMA_HOST:
		snprintf(text, VALUE_TEXT, "%s",
			 ip6_format(((const struct ip6_prefix *)field)->addr, a6));
		return true;
	case SCHEMA_PREFIX:
		snprintf(text, VALUE_TEXT, "%s",
			 ip6_prefix_format(*(const struct ip6_prefix *)field, p6));
		return true;
	case SCHEMA_MAC:
		snprintf(text, VALUE_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
			 mac[3], mac[4], mac[5]);
		return true;
	default:
		snprintf(text, VALUE_TEXT, "%s", (const char *)field);
		return true;
	}
}

void value_range(const struct schema_row *row, char *buf, size_t n)
{
	char word[WORD];
	size_t at = 0;

	buf[0] = '\0';
	switch (row->type) {
	case SCHEMA_NUMBER:
		snprintf(buf, n, "%" PRIu64 "..%" PRIu64, row->min, row->max);
		break;
	case SCHEMA_NAME:
	case SCHEMA_TEXT:
		snprintf(buf, n, "%" PRIu64 "..%" PRIu64 " bytes", row->min, row->max);
		break;
	case SCHEMA_LIST:
		snprintf(buf, n, "%" PRIu64 "..%" PRIu64 " items", row->min, row->max);
		break;
	case SCHEMA_FLAG:
		snprintf(buf, n, "true or false");
		break;
	case SCHEMA_CHOICE:
		for (unsigned i = 0; choice_word(row->choices, i, word) && at < n; i++)
			at += (size_t)snprintf(buf + at, n - at, "%s%s", i == 0 ? "" : " or ",
					       word);
		break;
	default:
		break;
	}
}
