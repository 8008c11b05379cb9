// What every port on a DPDK device shares: attach it, one queue pair a queue, start, bursts,
// counters, link. af_xdp, af_packet, pci, vdev and memif differ in the device's name, its arguments
// and what they say when it does not start.
//
// Control thread; the bursts are the queue owner's.
#pragma once

#include <rte_mempool.h>

#include "drivers/port.h"

enum { ETHDEV_QUEUES = 64 }; // at most

struct ethdev_conf {
	const char *driver; // "af_packet": for people
	const char *name;   // of the port, as configured
	const char *device; // DPDK's name of it
	const char *bus; // "vdev": attached with `args` now and detached at close; NULL: EAL has it
	const char *args;
	uint16_t queues, depth; // 0 queues: as many as the device has, at most 64
	bool promiscuous;       // else all multicast; that it cannot is no failure
	bool netdev;            // the kernel's: neither its MTU nor what it takes in is touched
	bool stopped;           // left so: the driver starts it once its peer is there
	struct rte_mempool *pool;
};

// The common part of every such port; a driver's own struct starts with it.
struct ethdev_port {
	struct port port;
	char device[64]; // attached by us, "" otherwise
};

// Fills *p (but for its ops and netdev, which are the driver's) and starts it; whatever fails,
// ethdev_stop(p) is the end of it. 0 or -errno with one line of why.
int ethdev_start(struct ethdev_port *p, const struct ethdev_conf *, char *why, size_t n);
void ethdev_stop(struct ethdev_port *p);

// The same for a driver that has nothing of its own to keep: its ops end in ethdev_close.
int ethdev_open(const struct ethdev_conf *, const struct port_ops *, struct port **out, char *why,
		size_t n);
void ethdev_close(struct port *);

// What queues are chosen by, out of what a NIC can do: by innermost headers if it can.
uint64_t ethdev_rss(uint64_t can);

uint16_t ethdev_rx(struct port *, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t ethdev_tx(struct port *, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
void ethdev_missed(struct port *, struct port_missed *out);
// Without errors of TX, for drivers that count there what they did not take: the worker counts
// those by name.
void ethdev_missed_rx(struct port *, struct port_missed *out);
// The MTU is Ethernet's 1500: what the wire takes the operator says on the kernel twin.
void ethdev_link(struct port *, struct port_link *out);
