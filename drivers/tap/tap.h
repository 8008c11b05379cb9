// A TAP device as the kernel twin of a port that is not the kernel's: what is not ours goes to the
// kernel through it, what the kernel sends comes back the same way (DESIGN section 6).
//
// The kernel's addresses, routes and neighbours stand on it as on any netdev. One that is there
// already (made by the operator, with its addresses) is used and stays; else one is made and goes
// away with the process. Control thread only: a read or write is a system call, which no worker
// makes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tap;

// Opens or makes it, gives it this MAC and MTU (a refusal of either is an error), sets it up. 0 or
// -errno with one line of why: no right to, no /dev/net/tun, the name is another kind of netdev or
// in use.
int tap_open(const char *netdev, const uint8_t mac[6], uint16_t mtu, struct tap **out, char *why,
	     size_t n);
void tap_close(struct tap *);
int tap_fd(const struct tap *); // readable: the kernel has frames for us
// One frame without offloads or prefixes. Its length, -EAGAIN when there is none, -errno. Never
// blocks.
int tap_read(struct tap *, void *buf, size_t room);
int tap_write(struct tap *, const void *frame, size_t n); // 0 or -errno
// The port's carrier, handed on to the kernel. 0 or -errno.
int tap_carrier(struct tap *, bool up);
