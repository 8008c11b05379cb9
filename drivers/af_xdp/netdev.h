// A netdev before its port is opened: whether it can be had, and what stands in the way. Inside
// drivers/af_xdp only.
#pragma once

#include "drivers/af_xdp/af_xdp.h"

enum { AF_XDP_MAX_QUEUES = 64 };

// Takes the netdev for this process until `*claim`, a descriptor, is closed; says on how many
// queues the port is to receive. 0 or -errno with one line of why.
int netdev_claim(const struct af_xdp_conf *, int *claim, uint16_t *queues, char *why, size_t n);
