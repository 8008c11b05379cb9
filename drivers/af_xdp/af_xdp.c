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

#include "drivers/ethdev/ethdev.h"
#include "drivers/netdev/claim.h"
#include "drivers/netdev/netdev.h"

enum { RING = 2048 };

struct af_xdp_port {
	struct ethdev_port dev;
	int claim;   // of the netdev, while it is open
	int take_in; // of an access port: what is for others' MACs too
};

static void af_xdp_close(struct port *p)
{
	struct af_xdp_port *x = (struct af_xdp_port *)p; // port is its first member

	ethdev_stop(&x->dev);
	if (x->take_in >= 0)
		close(x->take_in);
	if (x->claim >= 0)
		close(x->claim);
	free(x);
}

static void link_of(struct port *p, struct port_link *out)
{
	netdev_link(p->netdev, out);
}

static const struct port_ops af_xdp_ops = {.name = "af_xdp",
					   .rx = ethdev_rx,
					   .tx = ethdev_tx,
					   .close = af_xdp_close,
					   .missed = ethdev_missed_rx,
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

static int check_queues(const struct af_xdp_conf *c, uint16_t *queues, char *why, size_t n)
{
	uint16_t channels = count_channels(c->netdev);

	*queues = c->queues > 0 ? c->queues : channels;
	if (*queues > ETHDEV_QUEUES) {
		snprintf(
			why, n,
			"port %s: %u queues of %s, %d are the most; try: ethtool -L %s combined %d",
			c->name, *queues, c->netdev, ETHDEV_QUEUES, c->netdev, ETHDEV_QUEUES);
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

static int take_in_all(struct af_xdp_port *x, unsigned ifindex, char *why, size_t n)
{
	x->take_in = netdev_take_in(ifindex, true);
	if (x->take_in >= 0)
		return 0;
	snprintf(why, n, "port %s: %s cannot take in every frame: %s", x->dev.port.name,
		 x->dev.port.netdev, strerror(-x->take_in));
	return x->take_in;
}

static int start(struct af_xdp_port *x, const struct af_xdp_conf *c, uint16_t queues, char *why,
		 size_t n)
{
	char device[64], args[256];
	struct ethdev_conf dev = {.driver = "AF_XDP",
				  .name = c->name,
				  .device = device,
				  .bus = "vdev",
				  .args = args,
				  .queues = queues,
				  .depth = RING,
				  .netdev = true,
				  .pool = c->pool};

	snprintf(device, sizeof(device), "net_af_xdp_%s", c->name);
	snprintf(args, sizeof(args),
		 "iface=%s,xdp_prog=%s,start_queue=0,queue_count=%u,busy_budget=0", c->netdev,
		 c->xdp_object, queues);
	return ethdev_start(&x->dev, &dev, why, n);
}

int af_xdp_open(const struct af_xdp_conf *c, struct port **out, char *why, size_t n)
{
	unsigned ifindex;
	uint16_t queues;

	int rc = netdev_find(c->name, c->netdev, &ifindex, why, n);
	if (rc == 0)
		rc = check_queues(c, &queues, why, n);
	if (rc != 0)
		return rc;
	struct af_xdp_port *x = calloc(1, sizeof(*x));
	if (x == NULL) {
		snprintf(why, n, "port %s: there is no memory", c->name);
		return -ENOMEM;
	}
	x->dev.port = (struct port){.ops = &af_xdp_ops, .ethdev = -1};
	snprintf(x->dev.port.name, sizeof(x->dev.port.name), "%s", c->name);
	snprintf(x->dev.port.netdev, sizeof(x->dev.port.netdev), "%s", c->netdev);
	x->take_in = -1;
	x->claim = claim_netdev(c->netdev, ifindex, why, n);
	rc = x->claim < 0 ? x->claim : start(x, c, queues, why, n);
	if (rc == 0 && c->access)
		rc = take_in_all(x, ifindex, why, n);
	if (rc != 0) {
		af_xdp_close(&x->dev.port);
		return rc;
	}
	*out = &x->dev.port;
	return 0;
}
