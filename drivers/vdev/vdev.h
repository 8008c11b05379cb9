// Any virtual device of DPDK: bonding, virtio-user, null, ring, pcap. Its arguments are the
// operator's.
#pragma once

#include <rte_mempool.h>

#include "drivers/port.h"

struct vdev_conf {
	const char *name;   // of the port, as configured
	const char *device; // "net_...": driver and a number or name
	const char *args;   // "" for none
	uint16_t queues;    // 0: as many as the device has, at most 64
	struct rte_mempool *pool;
	bool access; // takes in what is for others' MACs too
};

// 0 or -errno with one line of why.
int vdev_open(const struct vdev_conf *, struct port **out, char *why, size_t n);
