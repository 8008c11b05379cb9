// kedge-lma: the order of start and stop. Decides nothing else.
#include <string.h>

#include "app/common/program.h"
#include "app/lma/anchor.h"

static bool run(struct conf *conf, const volatile sig_atomic_t *stop)
{
	static struct anchor anchor;
	char why[512] = "";

	anchor.conf = conf;
	int rc = anchor_start(&anchor, why, sizeof(why));
	if (rc == 0)
		rc = anchor_run_workers(&anchor);
	if (rc == 0) {
		program_ready(conf, "show bindings");
		control_run(&anchor, stop);
	} else {
		log_line(LOG_ERROR, "not started: %s", why[0] ? why : strerror(-rc));
	}
	anchor_stop(&anchor);
	return rc == 0;
}

int main(int argc, char **argv)
{
	static const struct program program = {.name = "kedge-lma",
					       .purpose = "run the Local Mobility Anchor",
					       .example = "/etc/kedge/lma.yaml",
					       .reads = CONF_LMA,
					       .run = run};

	return program_main(&program, argc, argv);
}
