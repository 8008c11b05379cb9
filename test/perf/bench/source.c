// Makes packets out of a template and a random number, and takes them back.
#include "test/perf/bench/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ring.h>

enum { FRESH = 256 };

struct side {
	struct port port; // first
	struct source *source;
};

struct source {
	// Constant while packets are forwarded; every sender reads it.
	struct side sides[2];
	struct source_kind kind;
	struct rte_mempool *pool;
	source_watch_fn *watch; // sees what is sent; NULL: nobody does
	void *watcher;
	uint32_t most;
	unsigned n_back;
	struct rte_ring *back[SOURCE_QUEUES]; // of other threads' queues, to this one
	// The receiver's.
	_Alignas(64) uint64_t random;
	uint32_t n, n_fresh;
	struct rte_mbuf *stack[SOURCE_SHARED], *fresh[FRESH];
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

// What others have sent is given out again only a turn later: until then its lines come from their
// caches, since a NIC that writes a packet makes no CPU wait for them either.
__attribute__((target("prfchw"))) static void take_back(struct source *s)
{
	memcpy(&s->stack[s->n], s->fresh, s->n_fresh * sizeof(s->fresh[0]));
	s->n += s->n_fresh;
	s->n_fresh = 0;
	for (unsigned i = 0; i < s->n_back; i++)
		s->n_fresh += rte_ring_sc_dequeue_burst(s->back[i], (void **)&s->fresh[s->n_fresh],
							FRESH - s->n_fresh, NULL);
	for (uint32_t i = 0; i < s->n_fresh; i++) {
		const uint8_t *data = (const uint8_t *)s->fresh[i]->buf_addr + RTE_PKTMBUF_HEADROOM;
		__builtin_prefetch(s->fresh[i], 1);
		for (uint32_t at = 0; at < s->kind.n_bytes; at += RTE_CACHE_LINE_SIZE)
			__builtin_prefetch(data + at, 1);
		__builtin_prefetch(data + s->kind.n_bytes - 1, 1);
	}
}

static uint16_t rx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct source *s = ((struct side *)p)->source;

	(void)queue;
	take_back(s);
	return source_give(s, pkts, n);
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
	struct source *s = ((struct side *)p)->source;

	if (s->watch != NULL)
		s->watch(s->watcher, pkts, n);
	if (queue > 0)
		return (uint16_t)rte_ring_sp_enqueue_burst(s->back[queue - 1], (void **)pkts, n,
							   NULL);
	source_take(s, pkts, n);
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

	while (s->n < s->most) {
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
	struct source *s = NULL;

	if (posix_memalign((void **)&s, 64, RTE_ALIGN(sizeof(*s), 64)) != 0)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->kind = *kind;
	s->pool = pool;
	s->most = SOURCE_BUFFERS;
	s->random = 88172645463325252u + in;
	for (int i = 0; i < 2; i++)
		s->sides[i] = (struct side){
			{.ops = &ops[i], .n_rx = 1, .n_tx = 1, .number = numbers[i], .ethdev = -1},
			s};
	source_refill(s);
	return s;
}

int source_share(struct source *s, unsigned queues)
{
	static unsigned number;
	char name[RTE_RING_NAMESIZE];

	for (; s->n_back + 1 < queues && s->n_back < SOURCE_QUEUES; s->n_back++) {
		snprintf(name, sizeof(name), "back.%u", number++);
		s->back[s->n_back] =
			rte_ring_create(name, 2048, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (s->back[s->n_back] == NULL)
			return -ENOMEM;
	}
	s->most = queues > 1 ? SOURCE_SHARED : SOURCE_BUFFERS;
	source_refill(s);
	s->sides[0].port.n_tx = s->sides[1].port.n_tx = (uint16_t)(s->n_back + 1);
	return 0;
}

void source_watch(struct source *s, source_watch_fn *watch, void *arg)
{
	s->watcher = arg;
	s->watch = watch;
}

void source_free(struct source *s)
{
	if (s == NULL)
		return;
	do
		take_back(s);
	while (s->n_fresh > 0);
	for (unsigned i = 0; i < s->n_back; i++)
		rte_ring_free(s->back[i]);
	while (s->n > 0)
		rte_pktmbuf_free(s->stack[--s->n]);
	free(s);
}

struct port *source_port(struct source *s, int side)
{
	return &s->sides[side].port;
}
