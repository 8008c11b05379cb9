// A port in memory: two rings of mbufs. What a test puts in comes out of port_rx, what the worker
// sends is there to take. Single producer and consumer on each side.
#pragma once

#include "drivers/port.h"

// One queue each way, `depth` packets (a power of two). 0 or -ENOMEM.
int mem_open(const char *name, uint16_t depth, struct port **out);

// The other side: hand packets in (returns how many fitted), take what was sent.
uint16_t mem_give(struct port *, struct rte_mbuf **pkts, uint16_t n);
uint16_t mem_take(struct port *, struct rte_mbuf **pkts, uint16_t n);
