// Packets of a source, kept back until they are due.
#include "test/perf/bench/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DST_AT = 14 + 24, PREFIX = 8 };

static uint16_t rx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct core *c = (struct core *)p;
	uint64_t ticks = atomic_load_explicit(&c->ticks_a_packet, memory_order_relaxed);

	(void)queue;
	if (ticks == CORE_QUIET)
		return 0;
	n = source_give(c->source, pkts, (uint16_t)pace_due(&c->pace, ticks, n));
	if (n > 0 && c->mags->probe.is_on) {
		struct ip6_prefix hnp = domain_hnp(c->domain, c->mags->probe.node);
		memcpy(rte_pktmbuf_mtod_offset(pkts[0], uint8_t *, DST_AT), hnp.addr.a, PREFIX);
	}
	return n;
}

// Nothing is sent there; what is all the same, is taken back.
static uint16_t tx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	(void)queue;
	source_take(((struct core *)p)->source, pkts, n);
	return n;
}

static void nothing(struct port *p)
{
	(void)p;
}

static void missed(struct port *p, struct port_missed *out)
{
	(void)p;
	(void)out;
}

static void link_of(struct port *p, struct port_link *out)
{
	(void)p;
	*out = (struct port_link){.mtu = 9000, .up = true};
}

int core_new(const struct domain *d, uint16_t size, struct core **out)
{
	static const struct port_ops ops = {"core", rx, tx, nothing, missed, link_of};
	const struct source_kind down = domain_packets(d, DOWN, size);
	struct core *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	c->port = (struct port){.ops = &ops, .n_rx = 1, .n_tx = 1, .number = CORE, .ethdev = -1};
	c->domain = d;
	c->source = source_new(&down, d->pool, CORE, BACKBONE);
	atomic_store(&c->ticks_a_packet, CORE_QUIET);
	if (c->source == NULL) {
		core_free(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

void core_free(struct core *c)
{
	if (c == NULL)
		return;
	source_free(c->source);
	free(c);
}
