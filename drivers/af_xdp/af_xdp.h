// A kernel netdev through DPDK's AF_XDP driver, steered by our XDP program. The netdev itself is
// the kernel twin: what is not ours goes on to the kernel.
#pragma once

#include <rte_mempool.h>

#include "drivers/port.h"

struct af_xdp_conf {
	const char *name; // of the port, as configured
	const char *netdev;
	uint16_t queues;        // 0: as many as the netdev has
	const char *xdp_object; // path of the program: steer_object_path, steer_access_object_path
	bool access;            // takes in what is for others' MACs too
	struct rte_mempool *pool;
};

// Attaches, configures, starts. 0 or -errno with one line of why in `why`: no such netdev; channels
// and sockets differ in number (packets on a queue without a socket would be lost); an XDP program
// is attached already, and not by one of ours that was killed: such a program is taken off. Once
// for each netdev in a process' life: DPDK 22.11's driver does not close its sockets before the
// process ends.
int af_xdp_open(const struct af_xdp_conf *, struct port **out, char *why, size_t n);
