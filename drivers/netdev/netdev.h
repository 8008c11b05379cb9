// A netdev of the kernel as a port sees it: is it there, its link, what it lets in.
//
// By ioctl, in the network namespace of the calling thread. Control thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "drivers/port.h"

// Its index, or -ENODEV with one line of why.
int netdev_find(const char *port, const char *netdev, unsigned *ifindex, char *why, size_t n);
// MAC, MTU and whether it is up and has a carrier. One that is gone is down; the rest is unchanged.
void netdev_link(const char *netdev, struct port_link *out);
// An open descriptor that makes it take in what is not for its own MAC: all of it, or multicast
// alone. The kernel counts who wants that, so close it to let go, and nothing stays when we are
// killed. -errno.
int netdev_take_in(unsigned ifindex, bool all);
