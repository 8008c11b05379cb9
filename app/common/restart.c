// The directory of the counter is made if only it is missing.
#include "app/common/restart.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/counter.h"

static void make_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[CONF_PATH];

	if (slash == NULL || slash == path)
		return;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	(void)mkdir(dir, 0755); // what is wrong with it, the counter says
}

int restart_heartbeat(const struct conf *c, struct heartbeat_conf *out, char *why, size_t n)
{
	uint32_t counter = 0;

	make_directory_of(c->heartbeat.counter);
	int rc = counter_next(c->heartbeat.counter, &counter, why, n);
	if (rc != 0)
		return rc;
	*out = (struct heartbeat_conf){
		.interval = c->heartbeat.interval_s * NS_SEC,
		.missing_allowed = c->heartbeat.missing_allowed,
		.restart_counter = counter,
		.lost_sessions = true,
	};
	return 0;
}
