// Makes packets out of a template and a random number, and takes them back.
#include "test/perf/bench/source.h"

#include <stdlib.h>
#include <string.h>

struct side {
	struct port port; // first
	struct source *source;
};

struct source {
	struct side sides[2];
	struct source_kind kind;
	struct rte_mempool *pool;
	uint64_t random;
	uint32_t n;
	struct rte_mbuf *stack[SOURCE_BUFFERS];
};

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state ^ *state >> 29;
}

uint16_t source_give(struct source *s, struct rte_mbuf **pkts, uint16_t n)
{
	const struct source_kind *k = &s->kind;

	if (n > s->n)
		n = (uint16_t)s->n;
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = s->stack[--s->n];
		uint64_t r = next_random(&s->random);
		m->data_off = RTE_PKTMBUF_HEADROOM;
		m->data_len = k->len;
		m->pkt_len = k->len;
		m->ol_flags = 0;
		uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
		memcpy(frame, k->bytes, k->n_bytes);
		k->fill(frame, (uint32_t)((r >> 32) * k->n >> 32), (uint32_t)r);
		pkts[i] = m;
	}
	return n;
}

void source_take(struct source *s, struct rte_mbuf **pkts, uint16_t n)
{
	memcpy(&s->stack[s->n], pkts, n * sizeof(*pkts));
	s->n += n;
}

static uint16_t rx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	(void)queue;
	return source_give(((struct side *)p)->source, pkts, n);
}

static uint16_t rx_nothing(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	(void)p;
	(void)queue;
	(void)pkts;
	(void)n;
	return 0;
}

static uint16_t tx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	(void)queue;
	source_take(((struct side *)p)->source, pkts, n);
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

uint32_t source_refill(struct source *s)
{
	uint32_t n = 0;

	while (s->n < SOURCE_BUFFERS) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(s->pool);
		if (m == NULL)
			break;
		s->stack[s->n++] = m;
		n++;
	}
	return n;
}

struct source *source_new(const struct source_kind *kind, struct rte_mempool *pool, uint16_t in,
			  uint16_t out)
{
	static const struct port_ops ops[2] = {{"source", rx, tx, nothing, missed, link_of},
					       {"sink", rx_nothing, tx, nothing, missed, link_of}};
	const uint16_t numbers[2] = {in, out};
	struct source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->kind = *kind;
	s->pool = pool;
	s->random = 88172645463325252u + in;
	for (int i = 0; i < 2; i++)
		s->sides[i] = (struct side){
			{.ops = &ops[i], .n_rx = 1, .n_tx = 1, .number = numbers[i], .ethdev = -1},
			s};
	source_refill(s);
	return s;
}

void source_free(struct source *s)
{
	if (s == NULL)
		return;
	while (s->n > 0)
		rte_pktmbuf_free(s->stack[--s->n]);
	free(s);
}

struct port *source_port(struct source *s, int side)
{
	return &s->sides[side].port;
}
