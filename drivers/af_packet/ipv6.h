// The kernel's IPv6 on a netdev, off while it is a port of ours and on again after.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// *was_on: whether it is now off because of us. Refuses a netdev with addresses other than
// link-local ones: the kernel would forget them. 0 or -errno with one line of why.
int ipv6_off(const char *port, const char *netdev, bool *was_on, char *why, size_t n);
void ipv6_on(const char *netdev);
