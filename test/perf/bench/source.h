// A pair of ports in memory for measurements: one that makes packets, one that takes them back.
//
// A packet is written anew each time it is received, as a NIC writes it into the cache: a template,
// and the place that is this packet's own. Buffers go round, last sent first received, so that what
// is measured is the path and not the memory of buffers. One thread receives; others may have a TX
// queue of their own each.
#pragma once

#include "drivers/port.h"
#include "fwd/fwd.h"

// Buffers of a source, and of one that is shared: more, so that a worker which is not on its CPU
// for a moment does not hold up all.
enum { SOURCE_BUFFERS = 256, SOURCE_SHARED = 2000, SOURCE_QUEUES = 63, TEMPLATE_MAX = 160 };

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

// Before it is used: TX queues 0 to queues - 1, where queue 0 is whose RX queue it is; what leaves
// by the others comes back over rings. 0 or -ENOMEM.
int source_share(struct source *, unsigned queues);
// From now on that function sees every packet that leaves, in the thread that sends it; NULL: no
// more. While nobody forwards.
typedef void source_watch_fn(void *arg, struct rte_mbuf *const *pkts, uint16_t n);
void source_watch(struct source *, source_watch_fn *, void *arg);

// For what is measured without a worker: gives and takes directly.
uint16_t source_give(struct source *, struct rte_mbuf **pkts, uint16_t n);
void source_take(struct source *, struct rte_mbuf **pkts, uint16_t n);
