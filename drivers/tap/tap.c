// /dev/net/tun: a TAP without any of its offloads, so that a frame is a frame.
//
// Decides nothing about what passes. What it is given (MAC, MTU) it must accept: the kernel speaks
// for the port with them.
#include "drivers/tap/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct tap {
	int fd;
	char netdev[IFNAMSIZ];
};

static int open_tun(const char *netdev, char *why, size_t n)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int rc = -errno;

	if (fd >= 0)
		return fd;
	if (rc == -ENOENT || rc == -ENODEV || rc == -ENXIO)
		snprintf(why, n,
			 "%s: there is no /dev/net/tun; try: modprobe tun; mkdir -p /dev/net; "
			 "mknod /dev/net/tun c 10 200",
			 netdev);
	else
		snprintf(why, n, "%s: /dev/net/tun: %s", netdev, strerror(-rc));
	return rc;
}

static int refused(const char *netdev, int rc, char *why, size_t n)
{
	if (rc == -EBUSY)
		snprintf(why, n, "%s is in use by another program", netdev);
	else if (rc == -EINVAL)
		snprintf(why, n,
			 "%s is there already and no plain TAP; name the interface otherwise, or "
			 "make it with: ip tuntap add dev %s mode tap",
			 netdev, netdev);
	else if (rc == -EPERM)
		snprintf(why, n, "%s: no right to make a TAP; it needs root (CAP_NET_ADMIN)",
			 netdev);
	else
		snprintf(why, n, "%s cannot be a TAP: %s", netdev, strerror(-rc));
	return rc;
}

static int attach(struct tap *t, char *why, size_t n)
{
	struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI};

	t->fd = open_tun(t->netdev, why, n);
	if (t->fd < 0)
		return t->fd;
	memcpy(r.ifr_name, t->netdev, sizeof(r.ifr_name));
	// A TAP that was somebody's before may have offloads on.
	if (ioctl(t->fd, TUNSETIFF, &r) != 0 || ioctl(t->fd, TUNSETOFFLOAD, 0) != 0)
		return refused(t->netdev, -errno, why, n);
	return 0;
}

static int change(int fd, const char *netdev, unsigned long what, struct ifreq *r)
{
	snprintf(r->ifr_name, sizeof(r->ifr_name), "%s", netdev);
	return ioctl(fd, what, r) == 0 ? 0 : -errno;
}

static int set_up(const struct tap *t, int fd)
{
	struct ifreq r = {0};

	int rc = change(fd, t->netdev, SIOCGIFFLAGS, &r);
	r.ifr_flags |= IFF_UP;
	return rc == 0 ? change(fd, t->netdev, SIOCSIFFLAGS, &r) : rc;
}

// Until the kernel sends on it, which is a moment after it is up: the first neighbour solicitation,
// asked for at start, would be lost and come again a second later. What is not running then may be
// later.
static void await_running(const struct tap *t, int fd)
{
	static const struct timespec nap = {0, 5 * 1000 * 1000};
	struct ifreq r = {0};

	for (int i = 0; i < 200; i++) {
		if (change(fd, t->netdev, SIOCGIFFLAGS, &r) != 0 ||
		    (r.ifr_flags & IFF_RUNNING) != 0)
			return;
		nanosleep(&nap, NULL);
	}
}

static int shape(const struct tap *t, const uint8_t mac[6], uint16_t mtu, char *why, size_t n)
{
	struct ifreq hw = {.ifr_hwaddr.sa_family = ARPHRD_ETHER}, size = {.ifr_mtu = mtu};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	memcpy(hw.ifr_hwaddr.sa_data, mac, 6);
	if ((rc = change(fd, t->netdev, SIOCSIFHWADDR, &hw)) != 0)
		snprintf(why, n, "%s: MAC %02x:%02x:%02x:%02x:%02x:%02x is refused: %s", t->netdev,
			 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], strerror(-rc));
	else if ((rc = change(fd, t->netdev, SIOCSIFMTU, &size)) != 0)
		snprintf(why, n, "%s: MTU %u is refused: %s", t->netdev, mtu, strerror(-rc));
	else if ((rc = set_up(t, fd)) != 0)
		snprintf(why, n, "%s: cannot be set up: %s", t->netdev, strerror(-rc));
	if (rc == 0)
		await_running(t, fd);
	close(fd);
	return rc;
}

int tap_open(const char *netdev, const uint8_t mac[6], uint16_t mtu, struct tap **out, char *why,
	     size_t n)
{
	if (netdev[0] == '\0' || strlen(netdev) >= IFNAMSIZ) {
		snprintf(why, n, "\"%s\" is no name for a TAP: 1 to %d characters", netdev,
			 IFNAMSIZ - 1);
		return -EINVAL;
	}
	struct tap *t = calloc(1, sizeof(*t));
	if (t == NULL) {
		snprintf(why, n, "%s: there is no memory", netdev);
		return -ENOMEM;
	}
	snprintf(t->netdev, sizeof(t->netdev), "%s", netdev);
	int rc = attach(t, why, n);
	if (rc == 0)
		rc = shape(t, mac, mtu, why, n);
	if (rc != 0) {
		tap_close(t);
		return rc;
	}
	*out = t;
	return 0;
}

void tap_close(struct tap *t)
{
	if (t == NULL)
		return;
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}

int tap_fd(const struct tap *t)
{
	return t->fd;
}

int tap_read(struct tap *t, void *buf, size_t room)
{
	uint8_t beyond;
	const struct iovec parts[2] = {{buf, room}, {&beyond, 1}};
	ssize_t got = readv(t->fd, parts, 2);

	if (got < 0)
		return -errno;
	return (size_t)got > room ? -EMSGSIZE : (int)got; // the kernel cuts off what does not fit
}

int tap_write(struct tap *t, const void *frame, size_t n)
{
	ssize_t put = write(t->fd, frame, n);

	if (put < 0)
		return -errno;
	return (size_t)put == n ? 0 : -EIO;
}

int tap_carrier(struct tap *t, bool up)
{
	int carrier = up;

	return ioctl(t->fd, TUNSETCARRIER, &carrier) == 0 ? 0 : -errno;
}
