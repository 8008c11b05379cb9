// A NIC that DPDK drives itself. EAL has found it already: it was told the address (app/common).
#pragma once

#include <rte_mempool.h>

#include "drivers/port.h"

struct pci_conf {
	const char *name;   // of the port, as configured
	const char *device; // "0000:03:00.0"
	uint16_t queues;    // 0: as many as the device has, at most 64
	struct rte_mempool *pool;
	bool access; // takes in what is for others' MACs too
};

// 0 or -errno with one line of why: EAL did not find it (bound to the kernel's driver still?), or
// it does not start.
int pci_open(const struct pci_conf *, struct port **out, char *why, size_t n);
