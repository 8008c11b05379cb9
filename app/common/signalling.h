// Mobility messages between the workers and an engine: out of a punted packet, into one of our own.
// Control thread.
#pragma once

#include "app/common/plane.h"

struct signalling {
	struct ip6_addr src, dst;
	enum mh_err err;
	ns_t waited;  // since the burst in which it came
	struct mh mh; // when err is MH_OK; its spans point into the packet
};

// What a SIGNALLING punt says; unreadable ones are counted. False: not even addresses are there.
bool signalling_read(struct plane *, struct rte_mbuf *, ns_t now, struct signalling *out);
// To a worker, which routes it. What cannot be sent is counted: the protocol repeats what matters.
void signalling_send(struct plane *, struct ip6_addr src, struct ip6_addr dst, const struct mh *);
