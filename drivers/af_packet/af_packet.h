// A kernel netdev through a packet socket: works on every netdev, needs no XDP, and copies.
//
// The kernel sees every frame too, so IPv6 is turned off on the netdev while the port is open: its
// kernel twin is a TAP. Frames come as the kernel has them: one whose checksum the other end left
// to its hardware (veth; ethtool -K tx off there) or that GRO has merged (ethtool -K gro off here)
// is no good to us.
#pragma once

#include <rte_mempool.h>

#include "drivers/port.h"

struct af_packet_conf {
	const char *name; // of the port, as configured
	const char *netdev;
	uint16_t queues; // 0: one
	struct rte_mempool *pool;
	bool access; // takes in what is for others' MACs too
};

// 0 or -errno with one line of why and what to type: no such netdev; an MTU whose packets do not
// fit in a slot of the ring; IPv6 addresses of its own, which would be lost; another port has it.
int af_packet_open(const struct af_packet_conf *, struct port **out, char *why, size_t n);
