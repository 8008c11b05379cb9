// Rows to values; every mistake says what to type.
#include "tools/load/arguments.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "conf/nearest.h"
#include "tools/load/pace.h"
#include "tools/load/port_words.h"

enum kind { COUNT, RATE, SHARE, ADDRESS, PORT, SIZE, TEXT, FLAG, HEADING };

struct row {
	const char *name;
	enum kind kind;
	size_t at;
	double low, high;
	const char *value, *help;
};

#define GROUP(text) {.help = text, .kind = HEADING},
#define OPTION(name, kind, field, low, high, value, help)                                          \
	{name, kind, offsetof(struct arguments, field), low, high, value, help},
static const struct row rows[] = {
#include "tools/load/options.def"
};
#undef GROUP
#undef OPTION
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]), TEXT_WANTED = 96 };
enum { FIRST = 256 }; // of getopt's values: no character

static const struct arguments defaults = {
	.plan = {.mags = 1, .nodes = 1000, .realm = "load.example"},
	.access_technology = 4,
	.lifetime_s = 3600,
	.pbu_rate = PACE_MAX,
	.pbus_in_flight = 256,
	.sizes = {.of = {64}, .n = 1},
	.seconds = 10,
	.trial_s = 2,
	.trial_tries = 1,
	.resolution_percent = 1,
	.memory_mb = 256,
	.mbufs = 16384,
	.seed = 1,
};

// Digits, with _ between them for the eye as in the configuration.
static bool read_digits(const char *text, double *out)
{
	char plain[32], *end;
	size_t n = 0;

	for (const char *p = text; *p != '\0' && n + 1 < sizeof(plain); p++)
		if (*p != '_' || p == text)
			plain[n++] = *p;
	plain[n] = '\0';
	if (n == 0 || strspn(plain, "0123456789.") != n)
		return false;
	*out = strtod(plain, &end);
	return *end == '\0';
}

static bool read_ranged(const struct row *row, const char *text, double *out)
{
	double v;

	if (!read_digits(text, &v) || v < row->low || v > row->high)
		return false;
	if ((row->kind == COUNT || row->kind == SIZE) && v != (double)(uint64_t)v)
		return false;
	*out = v;
	return true;
}

static bool take(const struct row *row, const char *text, struct arguments *a)
{
	void *field = (char *)a + row->at;
	double v = 0;

	switch (row->kind) {
	case COUNT:
		if (!read_ranged(row, text, &v))
			return false;
		*(uint32_t *)field = (uint32_t)v;
		return true;
	case RATE:
		if (strcmp(text, "max") == 0)
			*(double *)field = PACE_MAX;
		return strcmp(text, "max") == 0 || read_ranged(row, text, field);
	case SHARE:
		return read_ranged(row, text, field);
	case ADDRESS:
		return ip6_parse(text, field) == 0;
	case SIZE:
		if (strcmp(text, "imix") == 0)
			*(struct sizes *)field = sizes_imix();
		else if (read_ranged(row, text, &v))
			*(struct sizes *)field = sizes_fixed((uint16_t)v);
		else
			return false;
		return true;
	case TEXT:
		if (text[0] == '\0' || strlen(text) >= (size_t)row->high)
			return false;
		strcpy(field, text);
		return true;
	default:
		*(bool *)field = true;
		return true;
	}
}

static const char *wanted(const struct row *row, char buf[static TEXT_WANTED])
{
	switch (row->kind) {
	case ADDRESS:
		return "an IPv6 address";
	case TEXT:
		snprintf(buf, TEXT_WANTED, "a text of at most %.0f characters", row->high - 1);
		break;
	default:
		snprintf(buf, TEXT_WANTED, "a %snumber from %.10g to %.10g%s",
			 row->kind == COUNT || row->kind == SIZE ? "whole " : "", row->low,
			 row->high,
			 row->kind == RATE   ? ", or max"
			 : row->kind == SIZE ? ", or imix"
					     : "");
	}
	return buf;
}

static void say_unknown(const char *word, char why[static ARGUMENTS_WHY])
{
	struct nearest near = nearest_to(word + strspn(word, "-"));

	for (unsigned i = 0; i < N_ROWS; i++)
		if (rows[i].kind != HEADING)
			nearest_offer(&near, rows[i].name);
	if (near.best != NULL)
		snprintf(why, ARGUMENTS_WHY, "there is no %s: did you mean --%s?", word, near.best);
	else
		snprintf(why, ARGUMENTS_WHY, "there is no %s: kedge-load --help has all options",
			 word);
}

static bool take_row(const struct row *row, const char *text, struct arguments *a,
		     char why[static ARGUMENTS_WHY])
{
	char buf[TEXT_WANTED], reason[ARGUMENTS_WHY - 32];

	if (row->kind == PORT) {
		if (port_words_read(text, row->name, (void *)((char *)a + row->at), reason,
				    sizeof(reason)))
			return true;
		snprintf(why, ARGUMENTS_WHY, "--%s: %s", row->name, reason);
		return false;
	}
	if (take(row, text, a))
		return true;
	snprintf(why, ARGUMENTS_WHY, "--%s %.80s: wanted is %s", row->name, text, wanted(row, buf));
	return false;
}

// What spans options.
static bool fit_together(const struct arguments *a, const bool *given,
			 char why[static ARGUMENTS_WHY])
{
	for (unsigned i = 0; i < N_ROWS; i++) {
		bool must = (rows[i].kind == ADDRESS || rows[i].kind == PORT) && rows[i].low > 0;
		if (!must || given[i])
			continue;
		snprintf(why, ARGUMENTS_WHY, "--%s is missing: type --%s %s, %s", rows[i].name,
			 rows[i].name, rows[i].value, rows[i].help);
		return false;
	}
	if ((a->ndr || a->pdr_percent > 0) && a->downlink == 0 && a->uplink == 0)
		snprintf(why, ARGUMENTS_WHY,
			 "a search needs a direction: add --downlink max, --uplink max or both");
	else if (a->ndr && a->pdr_percent > 0)
		snprintf(why, ARGUMENTS_WHY, "one search at a time: --ndr or --pdr, not both");
	else if (a->handover_rate != 0 && a->plan.mags < 2)
		snprintf(why, ARGUMENTS_WHY, "a handover needs another MAG: --mags 2 or more");
	else if (a->storm_interval_s > 0 && a->plan.mags < 2)
		snprintf(why, ARGUMENTS_WHY, "a storm needs another MAG: --mags 2 or more");
	else if (a->watch_handovers &&
		 (a->downlink == 0 || (a->handover_rate == 0 && a->storm_interval_s == 0)))
		snprintf(why, ARGUMENTS_WHY,
			 "--watch-handovers needs handovers and packets: add --handover-rate 100 "
			 "--downlink 10000");
	else if (ip6_lo64(a->plan.first_coa) + a->plan.mags < ip6_lo64(a->plan.first_coa))
		snprintf(why, ARGUMENTS_WHY,
			 "%u proxy-CoAs do not fit behind that one: give --proxy-coa a lower one",
			 a->plan.mags);
	else
		return true;
	return false;
}

enum arguments_wish arguments_read(int argc, char **argv, struct arguments *out,
				   char why[static ARGUMENTS_WHY])
{
	struct option options[N_ROWS + 3] = {0};
	struct arguments a = defaults;
	bool given[N_ROWS] = {false};
	unsigned n = 0;
	int c, at = 0;

	for (unsigned i = 0; i < N_ROWS; i++)
		if (rows[i].kind != HEADING)
			options[n++] = (struct option){rows[i].name,
						       rows[i].kind == FLAG ? no_argument
									    : required_argument,
						       NULL, FIRST + (int)i};
	options[n++] = (struct option){"help", no_argument, NULL, FIRST + N_ROWS};
	options[n] = (struct option){"version", no_argument, NULL, FIRST + N_ROWS + 1};
	optind = 0; // anew, also for a test
	while ((c = getopt_long(argc, argv, ":", options, &at)) != -1) {
		if (c == FIRST + N_ROWS)
			return ARGUMENTS_HELP;
		if (c == FIRST + N_ROWS + 1)
			return ARGUMENTS_VERSION;
		if (c == ':' || c == '?') {
			const char *word = argv[optind - 1];
			if (c == '?')
				say_unknown(word, why);
			else
				snprintf(why, ARGUMENTS_WHY,
					 "%s: something has to follow it; kedge-load --help", word);
			return ARGUMENTS_WRONG;
		}
		if (!take_row(&rows[c - FIRST], optarg, &a, why))
			return ARGUMENTS_WRONG;
		given[c - FIRST] = true;
	}
	if (optind < argc) {
		snprintf(why, ARGUMENTS_WHY, "%s: options begin with --, see kedge-load --help",
			 argv[optind]);
		return ARGUMENTS_WRONG;
	}
	if (!fit_together(&a, given, why))
		return ARGUMENTS_WRONG;
	*out = a;
	return ARGUMENTS_RUN;
}

// What holds when it is not given; "" where nothing does.
static void say_default(const struct row *row, FILE *out)
{
	const void *field = (const char *)&defaults + row->at;
	double rate = row->kind == RATE || row->kind == SHARE ? *(const double *)field : 0;

	if (row->kind == COUNT)
		fprintf(out, " (%u)", *(const uint32_t *)field);
	else if (row->kind == SIZE)
		fprintf(out, " (%u)", ((const struct sizes *)field)->of[0]);
	else if (rate != 0)
		fprintf(out, rate < 0 ? " (max)" : " (%g)", rate);
	else if (row->kind == TEXT && *(const char *)field != '\0')
		fprintf(out, " (%s)", (const char *)field);
}

void arguments_help(FILE *out)
{
	fputs("usage: kedge-load OPTIONS    plays MAGs and mobile nodes against a kedge-lma\n"
	      "PORT is a port of the configuration: driver=memif,socket=/run/kedge/core.sock\n",
	      out);
	for (unsigned i = 0; i < N_ROWS; i++) {
		char left[48];
		if (rows[i].kind == HEADING) {
			fprintf(out, "\n%s\n", rows[i].help);
			continue;
		}
		snprintf(left, sizeof(left), "--%s %s", rows[i].name, rows[i].value);
		fprintf(out, "  %-27s %s", left, rows[i].help);
		say_default(&rows[i], out);
		fputc('\n', out);
	}
	fputs("\n  --help, --version\nIn brackets: what holds if it is not given. docs/load.md has "
	      "examples.\n",
	      out);
}
