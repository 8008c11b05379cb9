// kedge-mag: the order of start and stop. Decides nothing else.
#include <string.h>

#include "app/common/program.h"
#include "app/mag/gateway.h"

static bool run(struct conf *conf, const volatile sig_atomic_t *stop)
{
	static struct gateway gateway;
	char why[512] = "";

	gateway.conf = conf;
	int rc = gateway_start(&gateway, why, sizeof(why));
	if (rc == 0)
		rc = gateway_run_workers(&gateway);
	if (rc == 0) {
		program_ready(conf, "show nodes");
		control_run(&gateway, stop);
	} else {
		log_line(LOG_ERROR, "not started: %s", why[0] ? why : strerror(-rc));
	}
	gateway_stop(&gateway);
	return rc == 0;
}

int main(int argc, char **argv)
{
	static const struct program program = {.name = "kedge-mag",
					       .purpose = "run the Mobile Access Gateway",
					       .example = "/etc/kedge/mag.yaml",
					       .reads = CONF_MAG,
					       .run = run};

	return program_main(&program, argc, argv);
}
