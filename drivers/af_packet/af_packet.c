// DPDK's net_af_packet on a netdev that the kernel's IPv6 has been sent away from.
//
// Decides the size of its rings, and with it the longest packet. What the rings had no room for is
// read from its sockets here: DPDK 22.11's driver does not say.
#include "drivers/af_packet/af_packet.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/af_packet/ipv6.h"
#include "drivers/af_packet/rings.h"
#include "drivers/ethdev/ethdev.h"
#include "drivers/netdev/claim.h"
#include "drivers/netdev/netdev.h"

enum {
	BLOCK = 65536,
	SLOT = 2048,
	SLOTS = 4096,
	// Where the kernel puts the packet in a slot; its MAC header stands before that. Tags are
	// kept beside.
	BEFORE = TPACKET_ALIGN(TPACKET2_HDRLEN + 16),
	LARGEST_MTU = SLOT - BEFORE,
};

struct af_packet_port {
	struct ethdev_port dev;
	struct rings rings;
	char netdev[16];    // the port's own is its kernel twin, and this one is not
	int claim, take_in; // descriptors, -1 without
	bool ipv6_was_on;
};

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void af_packet_close(struct port *p)
{
	struct af_packet_port *x = (struct af_packet_port *)p; // port is its first member

	rings_done(&x->rings);
	ethdev_stop(&x->dev);
	if (x->ipv6_was_on)
		ipv6_on(x->netdev);
	close_fd(x->take_in);
	close_fd(x->claim);
	free(x);
}

static void missed(struct port *p, struct port_missed *out)
{
	struct af_packet_port *x = (struct af_packet_port *)p;

	ethdev_missed(p, out); // its oerrors are frames that it took and the kernel did not
	out->rx_no_room += rings_dropped(&x->rings);
}

static void link_of(struct port *p, struct port_link *out)
{
	netdev_link(((struct af_packet_port *)p)->netdev, out);
}

static const struct port_ops af_packet_ops = {.name = "af_packet",
					      .rx = ethdev_rx,
					      .tx = ethdev_tx,
					      .close = af_packet_close,
					      .missed = missed,
					      .link = link_of};

static int check_mtu(const struct af_packet_conf *c, char *why, size_t n)
{
	struct port_link link = {0};

	netdev_link(c->netdev, &link);
	if (link.mtu <= LARGEST_MTU)
		return 0;
	snprintf(why, n,
		 "port %s: %s has an MTU of %u, %d is the most with af_packet; try: ip link set "
		 "dev %s mtu %d",
		 c->name, c->netdev, link.mtu, LARGEST_MTU, c->netdev, LARGEST_MTU);
	return -EMSGSIZE;
}

static int start(struct af_packet_port *x, const struct af_packet_conf *c, char *why, size_t n)
{
	char device[64], args[256];
	struct ethdev_conf dev = {.driver = "af_packet",
				  .name = c->name,
				  .device = device,
				  .bus = "vdev",
				  .args = args,
				  .queues = c->queues > 0 ? c->queues : 1,
				  .depth = SLOTS,
				  .netdev = true,
				  .pool = c->pool};

	snprintf(device, sizeof(device), "net_af_packet_%s", c->name);
	snprintf(args, sizeof(args),
		 "iface=%s,qpairs=%u,blocksz=%d,framesz=%d,framecnt=%d,qdisc_bypass=1", c->netdev,
		 dev.queues, BLOCK, SLOT, SLOTS);
	return ethdev_start(&x->dev, &dev, why, n);
}

// What the netdev itself must do for us, in this order: without a claim it is not touched.
static int prepare(struct af_packet_port *x, const struct af_packet_conf *c, unsigned ifindex,
		   char *why, size_t n)
{
	x->claim = claim_netdev(c->netdev, ifindex, why, n);
	if (x->claim < 0)
		return x->claim;
	int rc = ipv6_off(c->name, c->netdev, &x->ipv6_was_on, why, n);
	if (rc != 0)
		return rc;
	x->take_in = netdev_take_in(ifindex, c->access);
	if (x->take_in < 0)
		snprintf(why, n, "port %s: %s cannot take in all frames: %s", c->name, c->netdev,
			 strerror(-x->take_in));
	return x->take_in < 0 ? x->take_in : 0;
}

int af_packet_open(const struct af_packet_conf *c, struct port **out, char *why, size_t n)
{
	unsigned ifindex;

	int rc = netdev_find(c->name, c->netdev, &ifindex, why, n);
	if (rc == 0)
		rc = check_mtu(c, why, n);
	if (rc != 0)
		return rc;
	struct af_packet_port *x = calloc(1, sizeof(*x));
	if (x == NULL) {
		snprintf(why, n, "port %s: there is no memory", c->name);
		return -ENOMEM;
	}
	x->dev.port = (struct port){.ops = &af_packet_ops, .ethdev = -1};
	snprintf(x->netdev, sizeof(x->netdev), "%s", c->netdev);
	x->claim = x->take_in = -1;
	rc = prepare(x, c, ifindex, why, n);
	if (rc == 0)
		rc = start(x, c, why, n);
	if (rc != 0) {
		af_packet_close(&x->dev.port);
		return rc;
	}
	rings_find(&x->rings, ifindex);
	*out = &x->dev.port;
	return 0;
}
