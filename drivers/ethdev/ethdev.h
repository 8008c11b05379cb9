// What every port on a DPDK device shares: attach it, one queue pair a queue, start, bursts,
// counters, link. af_xdp, af_packet, pci, vdev and memif differ in the device's name, its arguments
// and what they say when it does not start.
//
// Control thread; the bursts are the queue owner's.
#pragma once

#include <rte_mempool.h>

#include "drivers/port.h"

struct ethdev_conf {
	const char *driver; // "af_packet": for people
	const char *name;   // of the port, as configured
	const char *device; // DPDK's name of it
	const char *bus; // "vdev": attached with `args` now and detached at close; NULL: EAL has it
	const char *args;
	uint16_t queues, depth; // 0 queues: as many as the device has, at most 64
	bool promiscuous;
	struct rte_mempool *pool;
};

// The common part of every such port; a driver's own struct starts with it.
struct ethdev_port {
	struct port port;
	char device[64]; // attached by us, "" otherwise
};

// Fills *p and starts it; whatever fails, ethdev_stop(p) is the end of it. 0 or -errno with one
// line of why.
int ethdev_start(struct ethdev_port *p, const struct ethdev_conf *, char *why, size_t n);
void ethdev_stop(struct ethdev_port *p);

uint16_t ethdev_rx(struct port *, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t ethdev_tx(struct port *, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
void ethdev_missed(struct port *, struct port_missed *out);
void ethdev_link(struct port *, struct port_link *out);
