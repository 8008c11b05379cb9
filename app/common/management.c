// What mgmt_open says, for people.
#include "app/common/management.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int management_open(const struct conf *conf, const struct mgmt_command *commands, void *app,
		    struct mgmt **out, char *why, size_t n)
{
	const char *path = conf->management.socket;

	int rc = mgmt_open(path, commands, app, out);
	if (rc == -EADDRINUSE)
		snprintf(why, n,
			 "another instance answers on %s: stop it, or give this one another "
			 "management.socket",
			 path);
	else if (rc != 0)
		snprintf(why, n, "management socket %s: %s; does its directory exist?", path,
			 strerror(-rc));
	return rc;
}
