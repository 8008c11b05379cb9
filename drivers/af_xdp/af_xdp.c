// DPDK's net_af_xdp, attached by name, configured, started, and as bursts for the workers.
//
// Decides the driver's arguments and the depth of its rings. Whether the netdev may be had is
// netdev.c's; what comes to us and what goes to the kernel is the XDP program's.
#include "drivers/af_xdp/af_xdp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include "drivers/af_xdp/netdev.h"

enum { RING = 2048 };

struct af_xdp_port {
	struct port port;
	char device[64]; // DPDK's name of it, "" before it has one
	int claim;       // on the netdev; -1: none
};

static uint16_t rx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return rte_eth_rx_burst((uint16_t)p->ethdev, queue, pkts, n);
}

static uint16_t tx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return rte_eth_tx_burst((uint16_t)p->ethdev, queue, pkts, n);
}

static void af_xdp_close(struct port *p)
{
	struct af_xdp_port *x = (struct af_xdp_port *)p; // port is its first member

	if (p->ethdev >= 0) {
		rte_eth_dev_stop((uint16_t)p->ethdev);
		rte_eth_dev_close((uint16_t)p->ethdev);
	}
	if (x->device[0] != '\0')
		(void)rte_eal_hotplug_remove("vdev", x->device);
	if (x->claim >= 0)
		close(x->claim);
	free(x);
}

static void missed(struct port *p, struct port_missed *out)
{
	struct rte_eth_stats s;

	if (rte_eth_stats_get((uint16_t)p->ethdev, &s) != 0)
		return;
	out->rx_packets += s.ipackets;
	out->tx_packets += s.opackets;
	out->rx_no_room += s.imissed;
	out->rx_errors += s.ierrors;
	out->rx_no_mbuf += s.rx_nombuf;
	// The driver's oerrors are frames that it did not take: the worker counts those by name.
}

static const struct port_ops af_xdp_ops = {
	.name = "af_xdp", .rx = rx, .tx = tx, .close = af_xdp_close, .missed = missed};

static int configure(uint16_t id, uint16_t queues, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {0};

	int rc = rte_eth_dev_configure(id, queues, queues, &conf);
	for (uint16_t q = 0; q < queues && rc == 0; q++) {
		rc = rte_eth_rx_queue_setup(id, q, RING, SOCKET_ID_ANY, NULL, pool);
		if (rc == 0)
			rc = rte_eth_tx_queue_setup(id, q, RING, SOCKET_ID_ANY, NULL);
	}
	return rc == 0 ? rte_eth_dev_start(id) : rc;
}

static int attach(struct af_xdp_port *x, const struct af_xdp_conf *c, uint16_t queues, char *why,
		  size_t n)
{
	char args[256];
	uint16_t id;

	snprintf(x->device, sizeof(x->device), "net_af_xdp_%s", c->name);
	snprintf(args, sizeof(args),
		 "iface=%s,xdp_prog=%s,start_queue=0,queue_count=%u,busy_budget=0", c->netdev,
		 c->xdp_object, queues);
	int rc = rte_eal_hotplug_add("vdev", x->device, args);
	if (rc != 0)
		x->device[0] = '\0';
	if (rc == 0)
		rc = rte_eth_dev_get_port_by_name(x->device, &id);
	if (rc == 0) {
		x->port.ethdev = id;
		rc = configure(id, queues, c->pool);
	}
	if (rc != 0)
		snprintf(why, n,
			 "port %s: AF_XDP on %s does not start: %s; DPDK's lines above say more",
			 c->name, c->netdev, strerror(-rc));
	return rc;
}

int af_xdp_open(const struct af_xdp_conf *c, struct port **out, char *why, size_t n)
{
	struct af_xdp_port *x = calloc(1, sizeof(*x));
	uint16_t queues;

	if (x == NULL) {
		snprintf(why, n, "port %s: there is no memory", c->name);
		return -ENOMEM;
	}
	x->claim = -1;
	x->port = (struct port){.ops = &af_xdp_ops, .ethdev = -1};
	snprintf(x->port.name, sizeof(x->port.name), "%s", c->name);
	snprintf(x->port.netdev, sizeof(x->port.netdev), "%s", c->netdev);
	int rc = netdev_claim(c, &x->claim, &queues, why, n);
	if (rc == 0) {
		x->port.n_rx = x->port.n_tx = queues;
		rc = attach(x, c, queues, why, n);
	}
	if (rc != 0) {
		af_xdp_close(&x->port);
		return rc;
	}
	*out = &x->port;
	return 0;
}
