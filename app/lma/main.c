// kedge-lma: arguments, then the order of start and stop. Decides nothing else.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_version.h>

#include "app/common/log.h"
#include "app/common/version.h"
#include "app/lma/anchor.h"
#include "conf/conf.h"

// Exit codes: 0 well, 1 did not start, 2 wrong arguments or configuration.
enum { EXIT_START = 1, EXIT_USAGE = 2 };

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static int usage(FILE *out, int code)
{
	fputs("usage: kedge-lma --config FILE       run the Local Mobility Anchor\n"
	      "       kedge-lma --check FILE        only check a configuration: 0 good, 2 not\n"
	      "       kedge-lma --dump-config FILE  print it with every default written out\n"
	      "       kedge-lma --version\n"
	      "try: kedge-lma --check /etc/kedge/lma.yaml\n",
	      out);
	return code;
}

static int check(const char *path, bool dump)
{
	struct conf *conf = NULL;
	char why[512];

	if (conf_load(path, stderr, &conf) != 0)
		return EXIT_USAGE;
	conf_warn(conf, stderr);
	int rc = anchor_check(conf, why, sizeof(why));
	if (rc != 0)
		fprintf(stderr, "%s\n", why);
	else if (dump)
		conf_dump(conf, stdout);
	else
		printf("%s: good\n", path);
	conf_free(conf);
	return rc == 0 ? 0 : EXIT_USAGE;
}

static int run(const char *path)
{
	static struct anchor anchor;
	char why[512] = "";

	log_open("kedge-lma");
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);

	int rc = conf_load(path, stderr, &anchor.conf);
	if (rc != 0)
		return EXIT_USAGE;
	conf_warn(anchor.conf, stderr);
	rc = anchor_start(&anchor, why, sizeof(why));
	if (rc == 0)
		rc = anchor_run_workers(&anchor);
	if (rc == 0) {
		printf("ready\n");
		fflush(stdout);
		log_line(LOG_INFO,
			 "serving; stop with SIGTERM, look with: kedgectl --socket %s "
			 "show bindings",
			 anchor.conf->management.socket);
		control_run(&anchor, &stop);
	} else {
		log_line(LOG_ERROR, "not started: %s", why[0] ? why : strerror(-rc));
	}
	anchor_stop(&anchor);
	return rc == 0 ? 0 : EXIT_START;
}

int main(int argc, char **argv)
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
		return usage(stderr, EXIT_USAGE);
	switch (option) {
	case 'c':
		return run(optarg);
	case 'k':
		return check(optarg, false);
	case 'd':
		return check(optarg, true);
	case 'v':
		printf("kedge-lma %s, %s\n", KEDGE_VERSION, rte_version());
		return 0;
	case 'h':
		return usage(stdout, 0);
	default:
		return usage(stderr, EXIT_USAGE);
	}
}
