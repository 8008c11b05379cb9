// A device of EAL's by its address.
//
// Decides the depth of its rings and what to say when it is not there. All else is what the devices
// of DPDK share.
#include "drivers/pci/pci.h"

#include <errno.h>
#include <stdio.h>

#include <rte_ethdev.h>

#include "drivers/ethdev/ethdev.h"

enum { RING = 1024 };

static const struct port_ops ops = {.name = "pci",
				    .rx = ethdev_rx,
				    .tx = ethdev_tx,
				    .close = ethdev_close,
				    .missed = ethdev_missed,
				    .link = ethdev_link};

int pci_open(const struct pci_conf *c, struct port **out, char *why, size_t n)
{
	const struct ethdev_conf dev = {.driver = "pci",
					.name = c->name,
					.device = c->device,
					.queues = c->queues,
					.depth = RING,
					.promiscuous = c->access,
					.pool = c->pool};
	uint16_t id;

	if (rte_eth_dev_get_port_by_name(c->device, &id) != 0) {
		snprintf(why, n,
			 "port %s: DPDK has no NIC at %s; is it there (lspci -s %s), and given to "
			 "DPDK? try: dpdk-devbind.py --bind=vfio-pci %s",
			 c->name, c->device, c->device, c->device);
		return -ENODEV;
	}
	return ethdev_open(&dev, &ops, out, why, n);
}
