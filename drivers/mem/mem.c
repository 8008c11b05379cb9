// The port in memory: what is given comes out of rx, what is sent can be taken.
//
// Decides nothing: a full ring takes less, and what is left inside at close is freed. Each side of
// each ring has one owner, so the rings are single producer and single consumer.
#include "drivers/mem/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_lcore.h>
#include <rte_ring.h>

struct mem {
	struct port port;
	struct rte_ring *to_rx, *from_tx;
};

static struct mem *mem_of(struct port *p)
{
	return (struct mem *)p; // the head is its first member
}

static uint16_t take(struct rte_ring *r, struct rte_mbuf **pkts, uint16_t n)
{
	return (uint16_t)rte_ring_sc_dequeue_burst(r, (void **)pkts, n, NULL);
}

static uint16_t give(struct rte_ring *r, struct rte_mbuf **pkts, uint16_t n)
{
	return (uint16_t)rte_ring_sp_enqueue_burst(r, (void *const *)pkts, n, NULL);
}

static uint16_t rx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	(void)queue;
	return take(mem_of(p)->to_rx, pkts, n);
}

static uint16_t tx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	(void)queue;
	return give(mem_of(p)->from_tx, pkts, n);
}

static void free_ring(struct rte_ring *r)
{
	struct rte_mbuf *m;

	if (r == NULL)
		return;
	while (take(r, &m, 1) == 1)
		rte_pktmbuf_free(m);
	rte_ring_free(r);
}

static void close_mem(struct port *p)
{
	struct mem *mem = mem_of(p);

	if (mem == NULL)
		return;
	free_ring(mem->to_rx);
	free_ring(mem->from_tx);
	free(mem);
}

// Rings in memory lose nothing on their own: what does not fit stays with whoever gives it.
static void missed(struct port *p, struct port_missed *out)
{
	(void)p;
	(void)out;
}

static void link_of(struct port *p, struct port_link *out)
{
	(void)p;
	*out = (struct port_link){.mtu = 1500, .up = true};
}

static const struct port_ops ops = {"mem", rx, tx, close_mem, missed, link_of};

static struct rte_ring *new_ring(const char *name, const char *side, uint16_t depth)
{
	char full[RTE_RING_NAMESIZE];

	snprintf(full, sizeof(full), "%.16s.%s", name, side);
	return rte_ring_create(full, depth, SOCKET_ID_ANY,
			       RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
}

int mem_open(const char *name, uint16_t depth, struct port **out)
{
	struct mem *mem = calloc(1, sizeof(*mem));

	if (mem == NULL)
		return -ENOMEM;
	mem->port = (struct port){.ops = &ops, .n_rx = 1, .n_tx = 1, .ethdev = -1};
	snprintf(mem->port.name, sizeof(mem->port.name), "%s", name);
	mem->to_rx = new_ring(name, "rx", depth);
	mem->from_tx = new_ring(name, "tx", depth);
	if (mem->to_rx == NULL || mem->from_tx == NULL) {
		close_mem(&mem->port);
		return -ENOMEM;
	}
	*out = &mem->port;
	return 0;
}

uint16_t mem_give(struct port *p, struct rte_mbuf **pkts, uint16_t n)
{
	return give(mem_of(p)->to_rx, pkts, n);
}

uint16_t mem_take(struct port *p, struct rte_mbuf **pkts, uint16_t n)
{
	return take(mem_of(p)->from_tx, pkts, n);
}
