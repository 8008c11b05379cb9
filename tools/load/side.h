// One of the two ports, its neighbour, and what waits to be sent on it.
//
// The neighbour is the LMA, or a router before it: its link-layer address is asked for by neighbour
// discovery, and asked for ours it gets an answer. One thread.
#pragma once

#include <rte_mbuf.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "conf/conf.h"
#include "drivers/ethdev/ethdev.h"
#include "tools/load/plan.h"

enum { SIDE_QUEUE = 64, SIDE_BURST = 32, SIDE_MAC = 6, SIDE_ETHER = 14 };

enum side_role { SIDE_CORE, SIDE_BACKBONE, N_SIDES };

// To be sent on one queue, from the front.
struct side_queue {
	struct rte_mbuf *pkts[SIDE_QUEUE];
	uint16_t n;
};

struct side {
	enum side_role role;
	const struct plan *plan;
	struct port *port; // NULL: not open
	struct rte_mempool *pool;
	struct ip6_addr own, gateway;
	uint8_t mac[SIDE_MAC], gateway_mac[SIDE_MAC];
	bool resolved; // gateway_mac is known
	bool up;
	ns_t look, ask; // when to look at the link, and to ask for the gateway
	struct side_queue queues[ETHDEV_QUEUES];
	uint64_t no_mbuf;
	uint64_t icmp_errors; // heard: a packet of ours was too big, or had no way
};

const char *side_name(enum side_role);

// Now and then: whether the link is up, whether the neighbour is known; asks for it.
void side_turn(struct side *, ns_t now);

// The queue of a node's packets, so that they stay in order.
static inline uint16_t side_queue_of(const struct side *s, uint32_t node)
{
	return (uint16_t)(node % s->port->n_tx);
}

static inline uint16_t side_room(const struct side *s, uint16_t queue)
{
	return (uint16_t)(SIDE_QUEUE - s->queues[queue].n);
}

// Where there is room.
static inline void side_put(struct side *s, uint16_t queue, struct rte_mbuf *m)
{
	s->queues[queue].pkts[s->queues[queue].n++] = m;
}

// An IPv6 packet that does not come often: copied into a frame to the neighbour. False: no buffer
// or no room.
bool side_put_packet(struct side *, uint16_t queue, const void *packet, uint16_t n);

// Sends as much as the port takes.
void side_flush(struct side *);
uint32_t side_waiting(const struct side *); // what it did not take yet
void side_drop(struct side *);              // and never will

// A packet of ICMPv6 came; `from` is the frame's source.
void side_hear(struct side *, struct span packet, const uint8_t *from);
