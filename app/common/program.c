// Arguments and signals. Decides nothing about what the program does.
#include "app/common/program.h"

#include <getopt.h>
#include <stdio.h>

#include <rte_version.h>

#include "app/common/log.h"
#include "app/common/version.h"

enum { EXIT_START = 1, EXIT_USAGE = 2 };

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static int usage(const struct program *p, FILE *out, int code)
{
	fprintf(out,
		"usage: %s --config FILE       %s\n"
		"       %s --check FILE        only check a configuration: 0 good, 2 not\n"
		"       %s --dump-config FILE  print it with every default written out\n"
		"       %s --version\n"
		"try: %s --check %s\n",
		p->name, p->purpose, p->name, p->name, p->name, p->name, p->example);
	return code;
}

static int check(const struct program *p, const char *path, bool dump)
{
	struct conf *conf = NULL;

	if (conf_load(path, p->reads, stderr, &conf) != 0)
		return EXIT_USAGE;
	conf_warn(conf, stderr);
	if (dump)
		conf_dump(conf, stdout);
	else
		printf("%s: good\n", path);
	conf_free(conf);
	return 0;
}

static int run(const struct program *p, const char *path)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct conf *conf = NULL;

	log_open(p->name);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (conf_load(path, p->reads, stderr, &conf) != 0)
		return EXIT_USAGE;
	conf_warn(conf, stderr);
	return p->run(conf, &stop) ? 0 : EXIT_START;
}

void program_ready(const struct conf *conf, const char *look_with)
{
	printf("ready\n");
	fflush(stdout);
	log_line(LOG_INFO, "serving; stop with SIGTERM, look with: kedgectl --socket %s %s",
		 conf->management.socket, look_with);
}

int program_main(const struct program *p, int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", required_argument, NULL, 'k'},
		{"dump-config", required_argument, NULL, 'd'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};

	int option = getopt_long(argc, argv, "c:h", options, NULL);
	if (optind < argc)
		return usage(p, stderr, EXIT_USAGE);
	switch (option) {
	case 'c':
		return run(p, optarg);
	case 'k':
		return check(p, optarg, false);
	case 'd':
		return check(p, optarg, true);
	case 'v':
		printf("%s %s, %s\n", p->name, KEDGE_VERSION, rte_version());
		return 0;
	case 'h':
		return usage(p, stdout, 0);
	default:
		return usage(p, stderr, EXIT_USAGE);
	}
}
