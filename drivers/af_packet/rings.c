// The packet sockets of this process, and the kernel's count of what they lost.
#include "drivers/af_packet/rings.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOK_AT = 65536 };

static bool is_ring(int fd, unsigned ifindex)
{
	struct sockaddr_ll at = {0};
	socklen_t len = sizeof(at), version_len = sizeof(int);
	int version;

	// By the rings' version: other packet sockets of the process have none.
	return getsockname(fd, (struct sockaddr *)&at, &len) == 0 && at.sll_family == AF_PACKET &&
	       at.sll_ifindex == (int)ifindex &&
	       getsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, &version_len) == 0 &&
	       version == TPACKET_V2;
}

void rings_find(struct rings *r, unsigned ifindex)
{
	struct rlimit limit;
	int end = LOOK_AT;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < LOOK_AT)
		end = (int)limit.rlim_cur;
	int mine[RINGS_MAX];
	unsigned found = 0;
	for (int fd = 0; fd < end && found < RINGS_MAX; fd++)
		if (is_ring(fd, ifindex))
			mine[found++] = fd;
	for (unsigned i = 0; i < found; i++) {
		int fd = fcntl(mine[i], F_DUPFD_CLOEXEC, 0);
		if (fd >= 0)
			r->fd[r->n++] = fd;
	}
}

void rings_done(struct rings *r)
{
	for (unsigned i = 0; i < r->n; i++)
		close(r->fd[i]);
	r->n = 0;
}

uint64_t rings_dropped(struct rings *r)
{
	for (unsigned i = 0; i < r->n; i++) {
		struct tpacket_stats now = {0};
		socklen_t len = sizeof(now);
		// Asking sets the kernel's count to zero.
		if (getsockopt(r->fd[i], SOL_PACKET, PACKET_STATISTICS, &now, &len) == 0)
			r->dropped += now.tp_drops;
	}
	return r->dropped;
}
