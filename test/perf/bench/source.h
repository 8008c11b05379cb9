// A pair of ports in memory for measurements: one that makes packets, one that takes them back.
//
// A packet is written anew each time it is received, as a NIC writes it into the cache: a template,
// and the place that is this packet's own. Buffers go round, last sent first received, so that what
// is measured is the path and not the memory of buffers. One thread.
#pragma once

#include "drivers/port.h"
#include "fwd/fwd.h"

enum { SOURCE_BUFFERS = 256, TEMPLATE_MAX = 160 };

struct source;

// What is different in each packet: written at fill, from a number below `n`, random and even.
struct source_kind {
	uint8_t bytes[TEMPLATE_MAX]; // the headers, from the Ethernet one on
	uint16_t n_bytes, len;       // of the template; of the whole frame
	uint32_t n;                  // numbers
	void (*fill)(uint8_t *frame, uint32_t number, uint32_t other); // both random
};

// Buffers are of `pool`; numbers of the ports as fwd has them. NULL: no memory.
struct source *source_new(const struct source_kind *, struct rte_mempool *, uint16_t in,
			  uint16_t out);
void source_free(struct source *);
struct port *source_port(struct source *, int side); // 0: it comes from there, 1: it goes there
// Packets that never came back are replaced; how many.
uint32_t source_refill(struct source *);

// For what is measured without a worker: gives and takes directly.
uint16_t source_give(struct source *, struct rte_mbuf **pkts, uint16_t n);
void source_take(struct source *, struct rte_mbuf **pkts, uint16_t n);
