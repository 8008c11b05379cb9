// Questions to the kernel about one netdev, by ioctl.
//
// Decides nothing. A socket each time: the questions are rare, and the netdev may come and go.
#include "drivers/netdev/netdev.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int netdev_find(const char *port, const char *netdev, unsigned *ifindex, char *why, size_t n)
{
	unsigned found = if_nametoindex(netdev);

	if (found == 0) {
		snprintf(why, n, "port %s: there is no netdev \"%s\" here; see: ip link", port,
			 netdev);
		return -ENODEV;
	}
	*ifindex = found;
	return 0;
}

static bool ask(int fd, const char *netdev, unsigned long question, struct ifreq *out)
{
	*out = (struct ifreq){0};
	snprintf(out->ifr_name, sizeof(out->ifr_name), "%s", netdev);
	return ioctl(fd, question, out) == 0;
}

void netdev_link(const char *netdev, struct port_link *out)
{
	const short up = IFF_UP | IFF_RUNNING;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r;

	out->up = ask(fd, netdev, SIOCGIFFLAGS, &r) && (r.ifr_flags & up) == up;
	if (ask(fd, netdev, SIOCGIFMTU, &r))
		out->mtu = (uint16_t)(r.ifr_mtu < UINT16_MAX ? r.ifr_mtu : UINT16_MAX);
	if (ask(fd, netdev, SIOCGIFHWADDR, &r))
		memcpy(out->mac, r.ifr_hwaddr.sa_data, sizeof(out->mac));
	if (fd >= 0)
		close(fd);
}

int netdev_take_in(unsigned ifindex, bool all)
{
	const struct packet_mreq wish = {.mr_ifindex = (int)ifindex,
					 .mr_type = all ? PACKET_MR_PROMISC : PACKET_MR_ALLMULTI};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); // protocol 0 receives nothing

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &wish, sizeof(wish)) != 0) {
		int rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}
