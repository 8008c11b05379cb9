// The parts put together and taken apart.
#include "fib/fib_impl.h"

#include <errno.h>
#include <stdlib.h>

int fib_new(const char *name, const struct fib_conf *conf, struct grace *grace, struct fib **out)
{
	if (conf->max_entries == 0 || conf->max_nexthops <= NEXTHOP_FIRST ||
	    conf->max_nexthops > 16384 || conf->max_peers == 0 || conf->max_routes == 0)
		return -EINVAL;
	struct fib *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return -ENOMEM;
	f->conf = *conf;
	f->grace = grace;
	int rc = entries_init(f);
	if (rc == 0)
		rc = nexthops_init(f);
	if (rc == 0)
		rc = peers_init(f);
	if (rc == 0)
		rc = routes_init(f, name);
	if (rc != 0) {
		fib_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

void fib_free(struct fib *f)
{
	if (f == NULL)
		return;
	grace_drain(f->grace); // entries, next hops and routes wait there
	routes_done(f);
	peers_done(f);
	nexthops_done(f);
	entries_done(f);
	free(f);
}
