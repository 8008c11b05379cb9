// A DPDK device from its name to bursts.
//
// Decides how many queues it gets, and that a device which cannot do what is only wished (take in
// all frames, long ones, spread them) is used without. What a device is called and what can be said
// about why it does not start is its driver's.
#include "drivers/ethdev/ethdev.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

enum { MTU = 1500, RX_MTU = 2000 }; // the most that is one buffer, with two tags

static const uint64_t spread_by = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP;

uint16_t ethdev_rx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return rte_eth_rx_burst((uint16_t)p->ethdev, queue, pkts, n);
}

uint16_t ethdev_tx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return rte_eth_tx_burst((uint16_t)p->ethdev, queue, pkts, n);
}

void ethdev_missed_rx(struct port *p, struct port_missed *out)
{
	struct rte_eth_stats s;

	if (rte_eth_stats_get((uint16_t)p->ethdev, &s) != 0)
		return;
	out->rx_packets += s.ipackets;
	out->tx_packets += s.opackets;
	out->rx_no_room += s.imissed;
	out->rx_errors += s.ierrors;
	out->rx_no_mbuf += s.rx_nombuf;
}

void ethdev_missed(struct port *p, struct port_missed *out)
{
	struct rte_eth_stats s;

	ethdev_missed_rx(p, out);
	if (rte_eth_stats_get((uint16_t)p->ethdev, &s) == 0)
		out->tx_errors += s.oerrors;
}

void ethdev_link(struct port *p, struct port_link *out)
{
	struct rte_ether_addr mac;
	struct rte_eth_link link;

	if (rte_eth_macaddr_get((uint16_t)p->ethdev, &mac) == 0)
		memcpy(out->mac, mac.addr_bytes, sizeof(out->mac));
	out->mtu = MTU;
	out->up = rte_eth_link_get_nowait((uint16_t)p->ethdev, &link) == 0 &&
		  link.link_status == RTE_ETH_LINK_UP;
}

static int attach(struct ethdev_port *p, const struct ethdev_conf *c, uint16_t *id)
{
	if (c->bus != NULL) {
		int rc = rte_eal_hotplug_add(c->bus, c->device, c->args);
		if (rc != 0)
			return rc;
		snprintf(p->device, sizeof(p->device), "%s", c->device);
	}
	return rte_eth_dev_get_port_by_name(c->device, id);
}

static uint16_t count_queues(const struct ethdev_conf *c, const struct rte_eth_dev_info *info)
{
	uint16_t n = info->max_rx_queues < info->max_tx_queues ? info->max_rx_queues
							       : info->max_tx_queues;

	if (c->queues > 0)
		return c->queues;
	return n < ETHDEV_QUEUES ? n : ETHDEV_QUEUES;
}

uint64_t ethdev_rss(uint64_t can)
{
	uint64_t by = can & spread_by;

	// Two bits that are a number: some drivers report both, but innermost has to be asked for
	// alone.
	if (by != 0 && (can & RTE_ETH_RSS_LEVEL_INNERMOST) != 0)
		by |= RTE_ETH_RSS_LEVEL_INNERMOST;
	return by;
}

static int configure(uint16_t id, uint16_t queues, uint64_t rss)
{
	struct rte_eth_conf conf = {0};

	if (queues > 1 && rss != 0) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = rss;
	}
	return rte_eth_dev_configure(id, queues, queues, &conf);
}

static int set_up_queues(uint16_t id, struct port *p, const struct ethdev_conf *c,
			 const struct rte_eth_dev_info *info)
{
	uint16_t queues = p->n_rx, rx_depth = c->depth, tx_depth = c->depth;
	uint64_t rss = ethdev_rss(info->flow_type_rss_offloads);

	p->inner_rss = queues > 1 && (rss & RTE_ETH_RSS_LEVEL_MASK) != 0;
	int rc = configure(id, queues, rss);
	if (rc != 0 && p->inner_rss) { // it said that it can, and does not
		p->inner_rss = false;
		rc = configure(id, queues, rss & ~RTE_ETH_RSS_LEVEL_MASK);
	}
	if (rc == 0 && !c->netdev)
		(void)rte_eth_dev_set_mtu(id, info->max_mtu < RX_MTU ? info->max_mtu : RX_MTU);
	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(id, &rx_depth, &tx_depth);
	for (uint16_t q = 0; q < queues && rc == 0; q++) {
		rc = rte_eth_rx_queue_setup(id, q, rx_depth, SOCKET_ID_ANY, NULL, c->pool);
		if (rc == 0)
			rc = rte_eth_tx_queue_setup(id, q, tx_depth, SOCKET_ID_ANY, NULL);
	}
	return rc;
}

// Wishes: many drivers refuse them, and their ports work.
static void take_in(uint16_t id, bool promiscuous)
{
	if (!promiscuous || rte_eth_promiscuous_enable(id) != 0)
		(void)rte_eth_allmulticast_enable(id);
}

static const char *reason(int rc)
{
	return rc == -1 ? "its driver gives no reason" : strerror(-rc); // many drivers say -1
}

int ethdev_start(struct ethdev_port *p, const struct ethdev_conf *c, char *why, size_t n)
{
	struct rte_eth_dev_info info;
	uint16_t id;

	p->port.ethdev = -1;
	p->device[0] = '\0';
	snprintf(p->port.name, sizeof(p->port.name), "%s", c->name);
	int rc = attach(p, c, &id);
	if (rc == 0) {
		p->port.ethdev = id;
		rc = rte_eth_dev_info_get(id, &info);
	}
	if (rc == 0) {
		p->port.n_rx = p->port.n_tx = count_queues(c, &info);
		rc = set_up_queues(id, &p->port, c, &info);
	}
	if (rc == 0 && !c->stopped)
		rc = rte_eth_dev_start(id);
	if (rc == 0 && !c->netdev)
		take_in(id, c->promiscuous);
	if (rc == -ENOMEM)
		snprintf(why, n,
			 "port %s: no memory for %u queues of %s: lower its queues, or raise "
			 "dataplane.mbufs",
			 c->name, p->port.n_rx, c->device);
	else if (rc != 0)
		snprintf(why, n, "port %s: %s (%s) does not start: %s; DPDK's lines above say more",
			 c->name, c->driver, c->device, reason(rc));
	return rc;
}

void ethdev_stop(struct ethdev_port *p)
{
	if (p == NULL)
		return;
	if (p->port.ethdev >= 0) {
		(void)rte_eth_dev_stop((uint16_t)p->port.ethdev);
		(void)rte_eth_dev_close((uint16_t)p->port.ethdev);
	}
	if (p->device[0] != '\0')
		(void)rte_eal_hotplug_remove("vdev", p->device);
	p->port.ethdev = -1;
	p->device[0] = '\0';
}

int ethdev_open(const struct ethdev_conf *c, const struct port_ops *ops, struct port **out,
		char *why, size_t n)
{
	struct ethdev_port *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		snprintf(why, n, "port %s: there is no memory", c->name);
		return -ENOMEM;
	}
	p->port.ops = ops;
	int rc = ethdev_start(p, c, why, n);
	if (rc != 0) {
		ethdev_close(&p->port);
		return rc;
	}
	*out = &p->port;
	return 0;
}

void ethdev_close(struct port *p)
{
	ethdev_stop((struct ethdev_port *)p); // port is its first member
	free(p);
}
