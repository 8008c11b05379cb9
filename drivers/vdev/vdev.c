// A virtual device by name and arguments, as they stand in the configuration.
//
// Decides the depth of its rings. All else is what the devices of DPDK share.
#include "drivers/vdev/vdev.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/ethdev/ethdev.h"

enum { RING = 1024 };

static const struct port_ops ops = {.name = "vdev",
				    .rx = ethdev_rx,
				    .tx = ethdev_tx,
				    .close = ethdev_close,
				    .missed = ethdev_missed_rx,
				    .link = ethdev_link};

int vdev_open(const struct vdev_conf *c, struct port **out, char *why, size_t n)
{
	const struct ethdev_conf dev = {.driver = "vdev",
					.name = c->name,
					.device = c->device,
					.bus = "vdev",
					.args = c->args,
					.queues = c->queues,
					.depth = RING,
					.promiscuous = c->access,
					.pool = c->pool};

	if (strncmp(c->device, "net_", 4) != 0) {
		snprintf(why, n,
			 "port %s: \"%s\" is no network device of DPDK: those begin with net_, as "
			 "net_bonding0 or net_virtio_user0",
			 c->name, c->device);
		return -EINVAL;
	}
	return ethdev_open(&dev, &ops, out, why, n);
}
