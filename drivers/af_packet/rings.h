// What the rings of a packet socket had no room for.
//
// DPDK 22.11's driver keeps its sockets to itself and never asks them, so they are found among the
// descriptors of this process. Control thread.
#pragma once

#include <stdint.h>

enum { RINGS_MAX = 64 };

struct rings {
	int fd[RINGS_MAX]; // duplicates of the driver's
	unsigned n;
	uint64_t dropped;
};

// Those on the netdev that receive. Call it once the driver has them; rings_done before it closes.
void rings_find(struct rings *, unsigned ifindex);
void rings_done(struct rings *);
uint64_t rings_dropped(struct rings *);
