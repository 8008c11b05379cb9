// kedgectl: arguments, one question, one answer as a table or as JSON.
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/ctl/client.h"
#include "app/ctl/commands.h"
#include "app/ctl/words.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NOBODY = 3 };

#define DEFAULT_SOCKET "/run/kedge/lma.sock"

struct answer {
	const struct command *command;
	bool json, all;
	unsigned long rows;
	struct table table;
};

static int usage(FILE *out, int code)
{
	fputs("usage: kedgectl [--socket PATH] [--json] [--all] COMMAND\n\ncommands:\n", out);
	for (const struct command *c = commands; c->words != NULL; c++)
		fprintf(out, "  %-14s  %s\n", c->words, c->help);
	fputs("\noptions:\n"
	      "  --socket PATH   the instance's management socket; default $KEDGE_SOCKET, "
	      "else " DEFAULT_SOCKET "\n"
	      "  --json          for programs: a JSON array (show version: one object)\n"
	      "  --all           rows that are zero too\n"
	      "\nexamples:\n"
	      "  kedgectl show bindings\n"
	      "  kedgectl --json show drops | jq '.[] | select(.count > 0)'\n",
	      out);
	return code;
}

static bool is_hidden(const struct answer *a, const json_t *row)
{
	const char *key = a->command->hide_zero;

	return key != NULL && !a->all && json_integer_value(json_object_get(row, key)) == 0;
}

static void print_pairs(const json_t *row)
{
	char buf[64];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)row, key, value)
	{
		if (json_is_string(value))
			printf("%-10s  %s\n", key, json_string_value(value));
		else
			printf("%-10s  %s\n", strcmp(key, "uptime_s") == 0 ? "up for" : key,
			       words_duration(json_number_value(value), buf, sizeof(buf)));
	}
}

static bool take_row(void *arg, json_t *row)
{
	struct answer *a = arg;

	if (a->json) {
		fputs(a->command->single ? "" : a->rows > 0 ? ",\n" : "[\n", stdout);
		json_dumpf(row, stdout, JSON_COMPACT);
	} else if (a->command->single) {
		print_pairs(row);
	} else if (!is_hidden(a, row)) {
		table_add(&a->table, row);
	}
	a->rows++;
	return !ferror(stdout);
}

static void end_answer(struct answer *a)
{
	if (a->json) {
		if (!a->command->single)
			fputs(a->rows > 0 ? "\n]" : "[]", stdout);
		putchar('\n');
	} else if (!a->command->single) {
		table_end(&a->table);
		if (a->table.rows == 0)
			puts(a->command->empty);
	}
}

static int ask(const char *path, struct answer *a)
{
	char why[512] = "";

	if (!a->json && !a->command->single)
		table_init(&a->table, a->command->columns, stdout);
	enum client_result result =
		client_ask(path, a->command->words, take_row, a, why, sizeof(why));
	if (result == CLIENT_OK) {
		end_answer(a);
		return 0;
	}
	fprintf(stderr, "kedgectl: %s\n", why);
	return result == CLIENT_UNREACHABLE ? EXIT_NOBODY : EXIT_REFUSED;
}

static const struct command *find_command(int n, char **words)
{
	char text[128] = "";

	for (int i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 words[i]);
	for (const struct command *c = commands; c->words != NULL; c++)
		if (strcmp(c->words, text) == 0)
			return c;
	if (strcmp(text, "help") != 0)
		fprintf(stderr, "kedgectl: unknown command \"%s\"\n", text);
	return NULL;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"socket", required_argument, NULL, 's'},
						{"json", no_argument, NULL, 'j'},
						{"all", no_argument, NULL, 'a'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	const char *path = getenv("KEDGE_SOCKET");
	struct answer answer = {0};
	int option;

	path = path != NULL ? path : DEFAULT_SOCKET;
	while ((option = getopt_long(argc, argv, "s:jah", options, NULL)) != -1) {
		switch (option) {
		case 's':
			path = optarg;
			break;
		case 'j':
			answer.json = true;
			break;
		case 'a':
			answer.all = true;
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, EXIT_USAGE);
		}
	}
	if (optind < argc && strcmp(argv[optind], "help") == 0)
		return usage(stdout, 0);
	answer.command = optind < argc ? find_command(argc - optind, argv + optind) : NULL;
	if (answer.command == NULL)
		return usage(stderr, EXIT_USAGE);
	return ask(path, &answer);
}
