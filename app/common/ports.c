// Each driver's own words for the same few things.
//
// Decides nothing: which keys go with which driver is the configuration's, what opens is the
// driver's.
#include "app/common/ports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/af_packet/af_packet.h"
#include "drivers/af_xdp/af_xdp.h"
#include "drivers/mem/mem.h"
#include "drivers/memif/memif.h"
#include "drivers/pci/pci.h"
#include "drivers/vdev/vdev.h"

enum { MEM_PORT_DEPTH = 1024 };

static int open_mem(const struct conf_port *c, struct port **out, char *why, size_t n)
{
	int rc = mem_open(c->name, MEM_PORT_DEPTH, out);

	if (rc != 0)
		snprintf(why, n, "port %s: %s", c->name, strerror(-rc));
	return rc;
}

int ports_open(const struct conf_port *c, bool access, const char *steer_object,
	       const char *access_object, struct rte_mempool *pool, struct port **out, char *why,
	       size_t n)
{
	const struct af_xdp_conf xdp = {.name = c->name,
					.netdev = c->netdev,
					.queues = c->queues,
					.xdp_object = access ? access_object : steer_object,
					.access = access,
					.pool = pool};
	const struct af_packet_conf packet = {.name = c->name,
					      .netdev = c->netdev,
					      .queues = c->queues,
					      .pool = pool,
					      .access = access};
	const struct pci_conf pci = {.name = c->name,
				     .device = c->device,
				     .queues = c->queues,
				     .pool = pool,
				     .access = access};
	const struct vdev_conf vdev = {.name = c->name,
				       .device = c->device,
				       .args = c->devargs,
				       .queues = c->queues,
				       .pool = pool,
				       .access = access};
	const struct memif_conf memif = {.name = c->name,
					 .socket = c->socket,
					 .id = c->id,
					 .server = c->server,
					 .queues = c->queues,
					 .pool = pool};

	switch (c->driver) {
	case CONF_MEM:
		return open_mem(c, out, why, n);
	case CONF_AF_XDP:
		return af_xdp_open(&xdp, out, why, n);
	case CONF_AF_PACKET:
		return af_packet_open(&packet, out, why, n);
	case CONF_PCI:
		return pci_open(&pci, out, why, n);
	case CONF_VDEV:
		return vdev_open(&vdev, out, why, n);
	case CONF_MEMIF:
		return memif_open(&memif, out, why, n);
	}
	snprintf(why, n, "port %s: no such driver", c->name);
	return -EINVAL;
}
