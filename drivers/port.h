// What a worker needs from a port: receive a burst, send a burst. Everything else about a port is
// start-up.
//
// mem/ in memory, for tests and benchmarks · af_xdp/ a kernel netdev through AF_XDP · xdp/ the
// steering program Every (port, RX queue) and (port, TX queue) has exactly one owner thread.
// port_open and port_close: control.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

enum { PORT_MAX = 16 };

struct port;

// What the driver itself counted.
struct port_missed {
	uint64_t rx_no_room, rx_errors, rx_no_mbuf, tx_errors;
	uint64_t rx_packets, tx_packets;
};

// What a port without kernel twin says of its link.
struct port_link {
	uint8_t mac[6];
	uint16_t mtu; // IP bytes
	bool up;
};

// Burst calls: one indirect call per burst, never per packet. tx returns how many it took, from the
// front; the caller keeps the rest.
struct port_ops {
	const char *name;
	uint16_t (*rx)(struct port *, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
	uint16_t (*tx)(struct port *, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
	void (*close)(struct port *);
	// What the driver lost before or after us; adds to *out.
	void (*missed)(struct port *, struct port_missed *out);
	// Control, now and then: may be a system call.
	void (*link)(struct port *, struct port_link *out);
};

// The common head of every driver's own struct.
struct port {
	const struct port_ops *ops;
	char name[32];   // as in the configuration
	char netdev[16]; // kernel twin, "" if there is none
	uint16_t n_rx, n_tx;
	uint16_t number; // in fwd: 0..PORT_MAX-1
	bool inner_rss;  // its NIC chooses the RX queue by what is inside a tunnel
	int ethdev;      // DPDK's port id, -1 if it is none
};

static inline uint16_t port_rx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return p->ops->rx(p, queue, pkts, n);
}

static inline uint16_t port_tx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return p->ops->tx(p, queue, pkts, n);
}
