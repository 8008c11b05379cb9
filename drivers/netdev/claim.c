// The claim is an abstract UNIX address, which belongs to the network namespace as netdevs do.
//
// It names the netdev by its index: under a new name it is still the same. Does not decide whether
// a program of somebody else's is needed: the operator does.
#include "drivers/netdev/claim.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "drivers/xdp/steer.h"

static int bind_name(unsigned ifindex)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX}; // path starts with NUL: abstract
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	int len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "kedge-netdev-%u",
			   ifindex);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
	if (bind(fd, (struct sockaddr *)&address, size) != 0) {
		int rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static bool is_ours(uint32_t program)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(program);

	if (fd < 0)
		return false;
	int rc = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	return rc == 0 && (strcmp(info.name, STEER_PROGRAM) == 0 ||
			   strcmp(info.name, STEER_ACCESS_PROGRAM) == 0);
}

static int take_off_leftover(const char *netdev, unsigned ifindex, char *why, size_t n)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query((int)ifindex, 0, &query) != 0 || query.prog_id == 0)
		return 0;
	uint32_t mode =
		query.attach_mode == XDP_ATTACHED_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	if (is_ours(query.prog_id)) {
		int rc = bpf_xdp_detach((int)ifindex, mode, NULL);
		if (rc != 0)
			snprintf(why, n, "%s: what a killed instance left cannot be taken off: %s",
				 netdev, strerror(-rc));
		return rc;
	}
	snprintf(why, n,
		 "%s has an XDP program already, of somebody else's (id %u); if nobody needs it: "
		 "ip link set dev %s xdp off",
		 netdev, query.prog_id, netdev);
	return -EBUSY;
}

int claim_netdev(const char *netdev, unsigned ifindex, char *why, size_t n)
{
	int fd = bind_name(ifindex);

	if (fd == -EADDRINUSE)
		snprintf(why, n, "%s belongs to another instance that runs: one netdev, one port",
			 netdev);
	else if (fd < 0)
		snprintf(why, n, "%s cannot be claimed: %s", netdev, strerror(-fd));
	if (fd < 0)
		return fd == -EADDRINUSE ? -EBUSY : fd;
	int rc = take_off_leftover(netdev, ifindex, why, n);
	if (rc != 0) {
		close(fd);
		return rc;
	}
	return fd;
}
