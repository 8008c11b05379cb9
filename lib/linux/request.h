// The sockets of the kernel twin, and a request with its answer. Inside lib/linux only.
#pragma once

#include <libmnl/libmnl.h>

#include "linux/kernel_twin.h"

struct kernel {
	struct mnl_socket *events;   // non-blocking, subscribed
	struct mnl_socket *requests; // asks and waits: the kernel answers at once
	struct mnl_socket *dumps;    // apart: who is told of a dump may make requests meanwhile
	uint32_t seq, dump_seq;
};

// Sends a request and takes its acknowledgement. 0 or -errno.
int kernel_request(struct kernel *, struct nlmsghdr *);
// The same, with what is answered before the acknowledgement given to `answer`.
int kernel_request_for(struct kernel *, struct nlmsghdr *, mnl_cb_t answer, void *arg);
