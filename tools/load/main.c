// kedge-load: the order of start and stop, and the exit code. Decides nothing else.
//
// 0 well; 1 it did not start, did not come to its end, or lost something that --expect-no-loss
// forbids; 2 wrong arguments.
#include <string.h>

#include <rte_version.h>

#include "app/common/version.h"
#include "tools/load/load.h"

enum { EXIT_BAD = 1, EXIT_USAGE = 2 };

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static int report(const struct load *l, const struct arguments *a)
{
	bool to_stdout = strcmp(a->json, "-") == 0;
	int rc = 0;

	report_text(l, to_stdout ? stderr : stdout);
	if (a->json[0] != '\0' && (rc = report_json(l, a->json)) != 0)
		fprintf(stderr, "kedge-load: --json %s: %s\n", a->json, strerror(-rc));
	if (l->failed[0] != '\0')
		fprintf(stderr, "kedge-load: %s\n", l->failed);
	if (a->expect_no_loss && !report_is_clean(l)) {
		fprintf(stderr, "kedge-load: not clean, and --expect-no-loss was given\n");
		return EXIT_BAD;
	}
	return rc != 0 || l->failed[0] != '\0' ? EXIT_BAD : 0;
}

static int run(const struct arguments *a)
{
	static struct load load;
	struct sigaction action = {.sa_handler = on_signal};
	char why[512] = "";
	int code = EXIT_BAD;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	load.stop = &stop;
	int rc = load_start(&load, a, why, sizeof(why));
	if (rc == 0) {
		(void)run_all(&load);
		code = report(&load, a);
	} else {
		fprintf(stderr, "kedge-load: not started: %s\n", why[0] ? why : strerror(-rc));
	}
	load_stop(&load);
	return code;
}

int main(int argc, char **argv)
{
	static struct arguments arguments;
	char why[ARGUMENTS_WHY];

	switch (arguments_read(argc, argv, &arguments, why)) {
	case ARGUMENTS_RUN:
		return run(&arguments);
	case ARGUMENTS_HELP:
		arguments_help(stdout);
		return 0;
	case ARGUMENTS_VERSION:
		printf("kedge-load %s, %s\n", KEDGE_VERSION, rte_version());
		return 0;
	default:
		fprintf(stderr, "kedge-load: %s\n", why);
		return EXIT_USAGE;
	}
}
