// May this netdev become a port: is it there, do its queues and our sockets agree in number, is an
// XDP program in the way.
//
// A process that is killed leaves its XDP program on the netdev, dropping what is ours; the next
// one takes it off. That its owner is dead is known by the claim: a Unix socket with a name in this
// network namespace, as the netdev is, which the kernel closes with its process.
#include "drivers/af_xdp/netdev.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "drivers/xdp/steer.h"

// How many queue pairs the netdev receives on; a netdev that cannot tell has one.
static uint32_t count_channels(const char *netdev)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ifreq request = {.ifr_data = (void *)&channels};
	uint32_t n = 1;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return n;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", netdev);
	if (ioctl(fd, SIOCETHTOOL, &request) == 0) {
		n = channels.combined_count > 0 ? channels.combined_count : channels.rx_count;
		n = n > 0 ? n : 1;
	}
	close(fd);
	return n;
}

static int check_queues(const struct af_xdp_conf *c, uint16_t *queues, char *why, size_t n)
{
	uint32_t channels = count_channels(c->netdev);
	uint32_t wanted = c->queues > 0 ? c->queues : channels;

	if (wanted > AF_XDP_MAX_QUEUES) {
		snprintf(why, n,
			 "port %s: %s with %u queues, %d are the most; try: ethtool -L %s combined "
			 "%d",
			 c->name, c->netdev, wanted, AF_XDP_MAX_QUEUES, c->netdev,
			 AF_XDP_MAX_QUEUES);
		return -EINVAL;
	}
	if (wanted != channels) {
		snprintf(why, n,
			 "port %s: %s receives on %u queues and %u sockets are configured, so "
			 "packets would be lost; try: ethtool -L %s combined %u",
			 c->name, c->netdev, channels, wanted, c->netdev, wanted);
		return -EINVAL;
	}
	*queues = (uint16_t)wanted;
	return 0;
}

// Binds the name that stands for the netdev; its descriptor or -errno.
static int bind_claim(unsigned ifindex)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	// A first byte of zero: an abstract name, seen in this network namespace only.
	int len =
		snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "kedge/af_xdp/%u", ifindex);
	socklen_t all = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
	if (bind(fd, (const struct sockaddr *)&name, all) == 0)
		return fd;
	int rc = -errno;
	close(fd);
	return rc;
}

static bool is_our_program(uint32_t id)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return false;
	bool ours = bpf_obj_get_info_by_fd(fd, &info, &len) == 0 &&
		    strcmp(info.name, STEER_PROGRAM) == 0;
	close(fd);
	return ours;
}

// With the claim in hand no living process of ours has the netdev: a program of ours on it is left
// from one that was killed. Of others' programs we know nothing and touch none.
static int clear_program(const struct af_xdp_conf *c, unsigned ifindex, char *why, size_t n)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, at);

	if (bpf_xdp_query((int)ifindex, 0, &at) != 0 || at.attach_mode == XDP_ATTACHED_NONE)
		return 0;
	uint32_t mode = at.attach_mode == XDP_ATTACHED_DRV   ? XDP_FLAGS_DRV_MODE
			: at.attach_mode == XDP_ATTACHED_SKB ? XDP_FLAGS_SKB_MODE
							     : 0;
	if (mode != 0 && is_our_program(at.prog_id) &&
	    bpf_xdp_detach((int)ifindex, mode, NULL) == 0)
		return 0;
	snprintf(why, n,
		 "port %s: %s has an XDP program already (id %u); if nobody needs it: "
		 "ip link set dev %s xdp off",
		 c->name, c->netdev, at.prog_id, c->netdev);
	return -EBUSY;
}

int netdev_claim(const struct af_xdp_conf *c, int *claim, uint16_t *queues, char *why, size_t n)
{
	unsigned ifindex = if_nametoindex(c->netdev);
	uint16_t found;

	if (ifindex == 0) {
		snprintf(why, n, "port %s: there is no netdev \"%s\" here; see: ip link", c->name,
			 c->netdev);
		return -ENODEV;
	}
	int rc = check_queues(c, &found, why, n);
	if (rc != 0)
		return rc;
	int fd = bind_claim(ifindex);
	if (fd < 0) {
		snprintf(why, n, "port %s: %s: %s; see: ss -xa | grep kedge/af_xdp/%u", c->name,
			 c->netdev,
			 fd == -EADDRINUSE ? "another port of Kedge has it" : strerror(-fd),
			 ifindex);
		return fd == -EADDRINUSE ? -EBUSY : fd;
	}
	rc = clear_program(c, ifindex, why, n);
	if (rc != 0) {
		close(fd);
		return rc;
	}
	*claim = fd;
	*queues = found;
	return 0;
}
