// DPDK's net_af_xdp, attached by name and started, and what can be said about why it does not
// start.
//
// Decides the driver's arguments and the depth of its rings. Who may have the netdev is claim.c's;
// what comes to us and what goes to the kernel is the XDP program's.
#include "drivers/af_xdp/af_xdp.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include "drivers/af_xdp/claim.h"

enum { RING = 2048, MAX_QUEUES = 64 };

struct af_xdp_port {
	struct port port;
	char device[64]; // DPDK's name of it, "" while it has none
	int claim;       // of the netdev, while it is open
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

static void link_of(struct port *p, struct port_link *out)
{
	struct rte_ether_addr mac;
	struct rte_eth_link link;

	if (rte_eth_macaddr_get((uint16_t)p->ethdev, &mac) == 0)
		memcpy(out->mac, mac.addr_bytes, sizeof(out->mac));
	(void)rte_eth_dev_get_mtu((uint16_t)p->ethdev, &out->mtu);
	if (rte_eth_link_get_nowait((uint16_t)p->ethdev, &link) == 0)
		out->up = link.link_status == RTE_ETH_LINK_UP;
}

static const struct port_ops af_xdp_ops = {.name = "af_xdp",
					   .rx = rx,
					   .tx = tx,
					   .close = af_xdp_close,
					   .missed = missed,
					   .link = link_of};

// How many queue pairs the netdev receives on; a netdev that cannot tell has one.
static uint16_t count_channels(const char *netdev)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ifreq request = {.ifr_data = (void *)&channels};
	uint16_t n = 1;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return n;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", netdev);
	if (ioctl(fd, SIOCETHTOOL, &request) == 0) {
		uint32_t rxs =
			channels.combined_count > 0 ? channels.combined_count : channels.rx_count;
		n = (uint16_t)(rxs > 0 ? rxs : 1);
	}
	close(fd);
	return n;
}

static int check_netdev(const struct af_xdp_conf *c, unsigned *ifindex, uint16_t *queues, char *why,
			size_t n)
{
	*ifindex = if_nametoindex(c->netdev);
	if (*ifindex == 0) {
		snprintf(why, n, "port %s: there is no netdev \"%s\" here; see: ip link", c->name,
			 c->netdev);
		return -ENODEV;
	}
	uint16_t channels = count_channels(c->netdev);
	*queues = c->queues > 0 ? c->queues : channels;
	if (*queues > MAX_QUEUES) {
		snprintf(
			why, n,
			"port %s: %u queues of %s, %d are the most; try: ethtool -L %s combined %d",
			c->name, *queues, c->netdev, MAX_QUEUES, c->netdev, MAX_QUEUES);
		return -EINVAL;
	}
	if (*queues != channels) {
		snprintf(why, n,
			 "port %s: %s receives on %u queues and %u sockets are configured, so "
			 "packets would be lost; try: ethtool -L %s combined %u",
			 c->name, c->netdev, channels, *queues, c->netdev, *queues);
		return -EINVAL;
	}
	return 0;
}

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
		if (rc == 0 && c->access)
			(void)rte_eth_promiscuous_enable(
				id); // a driver that cannot sees all anyway
	}
	if (rc != 0)
		snprintf(why, n,
			 "port %s: AF_XDP on %s does not start: %s; DPDK's lines above say more",
			 c->name, c->netdev, strerror(-rc));
	return rc;
}

int af_xdp_open(const struct af_xdp_conf *c, struct port **out, char *why, size_t n)
{
	unsigned ifindex;
	uint16_t queues;

	int rc = check_netdev(c, &ifindex, &queues, why, n);
	if (rc != 0)
		return rc;
	struct af_xdp_port *x = calloc(1, sizeof(*x));
	if (x == NULL) {
		snprintf(why, n, "port %s: there is no memory", c->name);
		return -ENOMEM;
	}
	x->claim = claim_netdev(c->netdev, ifindex, why, n);
	if (x->claim < 0) {
		rc = x->claim;
		free(x);
		return rc;
	}
	x->port = (struct port){.ops = &af_xdp_ops, .n_rx = queues, .n_tx = queues, .ethdev = -1};
	snprintf(x->port.name, sizeof(x->port.name), "%s", c->name);
	snprintf(x->port.netdev, sizeof(x->port.netdev), "%s", c->netdev);
	rc = attach(x, c, queues, why, n);
	if (rc != 0) {
		af_xdp_close(&x->port);
		return rc;
	}
	*out = &x->port;
	return 0;
}
