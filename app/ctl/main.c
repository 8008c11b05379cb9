// kedgectl: arguments, one question, one answer. What the commands are and how answers look stands
// in commands.c and answer.c.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/ctl/answer.h"
#include "app/ctl/client.h"
#include "mgmt/likeness.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NOBODY = 3 };
enum { REQUEST = 512 }; // a line of the server's at most

#define LMA_SOCKET "/run/kedge/lma.sock"
#define MAG_SOCKET "/run/kedge/mag.sock"

static int usage(FILE *out, int code)
{
	fputs("usage: kedgectl [--socket PATH] [--json] [--all] COMMAND\n\ncommands:\n", out);
	for (const struct command *c = commands; c->words != NULL; c++)
		fprintf(out, "  %-15s  %s\n", c->words, c->help);
	fputs("  help             this\n"
	      "\noptions:\n"
	      "  --socket PATH   the instance's management socket; default $KEDGE_SOCKET, else\n"
	      "                  " LMA_SOCKET ", and if there is none " MAG_SOCKET "\n"
	      "  --json          for programs: a JSON array (show version: one object)\n"
	      "  --all           rows that are zero, too (JSON has them always)\n"
	      "\nexamples:\n"
	      "  sudo kedgectl show bindings\n"
	      "  sudo kedgectl --socket /run/kedge/lma2.sock show drops --all\n"
	      "  sudo kedgectl --json show bindings | jq -r '.[] | select(.mag == "
	      "\"mag1\").mn_id'\n"
	      "\nexit codes: 0 answered, 1 the server refused or broke off, 2 wrong arguments, "
	      "3 nobody there\n",
	      out);
	return code;
}

// Words may come as one argument or as several.
static void join(int n, char **words, char text[REQUEST])
{
	text[0] = '\0';
	for (int i = 0; i < n; i++)
		snprintf(text + strlen(text), REQUEST - strlen(text), "%s%s", i ? " " : "",
			 words[i]);
}

static bool is_named(const struct command *c, const char *text)
{
	size_t n = strlen(c->words);

	return strncmp(c->words, text, n) == 0 && (text[n] == '\0' || (c->order && text[n] == ' '));
}

// NULL: there is no such command, and that is said.
static const struct command *find_command(const char *text)
{
	const struct command *nearest = commands;

	for (const struct command *c = commands; c->words != NULL; c++) {
		if (is_named(c, text))
			return c;
		if (mgmt_likeness(c->words, text) > mgmt_likeness(nearest->words, text))
			nearest = c;
	}
	fprintf(stderr, "kedgectl: unknown command \"%s\"; did you mean \"%s\"? there are: ", text,
		nearest->words);
	for (const struct command *c = commands; c->words != NULL; c++)
		fprintf(stderr, "%s, ", c->words);
	fputs("help\n", stderr);
	return NULL;
}

// 0: not a terminal, so whoever reads takes lines of any length.
static unsigned terminal_columns(void)
{
	struct winsize size = {0};

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static int ask(const char *path, const char *request, struct answer *a)
{
	char why[512] = "";

	answer_begin(a);
	enum client_result result = client_ask(path, request, answer_row, a, why, sizeof(why));
	bool written = answer_end(a, result == CLIENT_OK);
	if (result == CLIENT_OK && written)
		return 0;
	if (result == CLIENT_OK)
		perror("kedgectl: cannot write the answer");
	else
		fprintf(stderr, "kedgectl: %s\n", why);
	return result == CLIENT_UNREACHABLE ? EXIT_NOBODY : EXIT_REFUSED;
}

// "mag handover MN --to AP-ID": a word of the command and no option of ours.
static void unveil_words(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--to") == 0 || strcmp(argv[i], "--from") == 0)
			argv[i] += 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"socket", required_argument, NULL, 's'},
						{"json", no_argument, NULL, 'j'},
						{"all", no_argument, NULL, 'a'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	struct answer answer = {.out = stdout, .columns = terminal_columns()};
	// An empty variable would name a socket without a name; it counts as not set.
	const char *path = getenv("KEDGE_SOCKET");
	int option;

	if (path == NULL || path[0] == '\0')
		path = access(LMA_SOCKET, F_OK) != 0 && access(MAG_SOCKET, F_OK) == 0 ? MAG_SOCKET
										      : LMA_SOCKET;
	unveil_words(argc, argv);
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
			fputs("all options: kedgectl help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return usage(stderr, EXIT_USAGE);
	if (strcmp(argv[optind], "help") == 0)
		return usage(stdout, 0);
	char request[REQUEST];
	join(argc - optind, argv + optind, request);
	answer.command = find_command(request);
	return answer.command == NULL ? EXIT_USAGE : ask(path, request, &answer);
}
