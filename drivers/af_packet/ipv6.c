// One file below /proc/sys, which shows the network namespace of whoever opens it.
#include "drivers/af_packet/ipv6.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SCOPE_LINK = 0x20 }; // of /proc/net/if_inet6

static int open_switch(const char *netdev, int mode)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", netdev);
	return open(path, mode | O_CLOEXEC);
}

static int set(const char *netdev, char value)
{
	int fd = open_switch(netdev, O_WRONLY);

	if (fd < 0)
		return -errno;
	int rc = write(fd, &value, 1) == 1 ? 0 : -errno;
	close(fd);
	return rc;
}

static bool has_addresses(const char *netdev)
{
	char line[128], name[17];
	unsigned scope;
	bool found = false;
	FILE *f = fopen("/proc/net/if_inet6", "re");

	if (f == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = sscanf(line, "%*s %*x %*x %x %*x %16s", &scope, name) == 2 &&
			scope != SCOPE_LINK && strcmp(name, netdev) == 0;
	fclose(f);
	return found;
}

int ipv6_off(const char *port, const char *netdev, bool *was_on, char *why, size_t n)
{
	int fd = open_switch(netdev, O_RDONLY);
	char now = '1';

	*was_on = false;
	if (fd < 0 && errno == ENOENT)
		return 0; // a kernel without IPv6
	if (fd < 0 || read(fd, &now, 1) != 1)
		now = '0';
	if (fd >= 0)
		close(fd);
	if (now == '1')
		return 0;
	if (has_addresses(netdev)) {
		snprintf(why, n,
			 "port %s: %s has IPv6 addresses, which belong on the port's TAP; try: "
			 "ip -6 addr flush dev %s scope global",
			 port, netdev, netdev);
		return -EADDRINUSE;
	}
	int rc = set(netdev, '1');
	if (rc != 0)
		snprintf(why, n,
			 "port %s: the kernel would answer on %s too, and its IPv6 cannot be "
			 "turned off: %s; try: sysctl -w net/ipv6/conf/%s/disable_ipv6=1",
			 port, netdev, strerror(-rc), netdev);
	*was_on = rc == 0;
	return rc;
}

void ipv6_on(const char *netdev)
{
	(void)set(netdev, '0');
}
