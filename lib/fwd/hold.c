// Queues of packets that wait, linked through the packets' private areas; what goes on, and when.
//
// Decides who waits and who goes first; what an entry is for is deliver.c's and access.c's.
#include "fwd/hold.h"

#include <assert.h>
#include <errno.h>

#include <rte_malloc.h>

#include "fwd/stage.h"

enum { AT_ONCE = 5, A_TURN = FWD_BURST, MAC_AT = 6, MAC_LEN = 6 };

// Of a packet that waits, in its private area.
struct held {
	struct rte_mbuf *next;
	ns_t since;
	uint32_t peer;
	uint16_t port, offset, vlan;
	uint8_t outer_ecn;
};
static_assert(sizeof(struct held) <= sizeof(struct fwd_punt), "pools are made for that one");

static struct held *held_of(struct rte_mbuf *m)
{
	return (struct held *)rte_mbuf_to_priv(m);
}

// ---- Words.

enum { HOLD_SHIFT = 32, MODES_SHIFT = 48, MODE_BITS = 2, LAST_SHIFT = 60 };

uint64_t fwd_order_pack(struct fwd_order o)
{
	uint64_t word = o.serial | (uint64_t)o.hold << HOLD_SHIFT;

	for (unsigned q = 0; q < FWD_N_QUEUES; q++)
		word |= (uint64_t)(o.modes[q] & 3) << (MODES_SHIFT + q * MODE_BITS);
	return word | (uint64_t)o.last << LAST_SHIFT;
}

struct fwd_order fwd_order_unpack(uint64_t word)
{
	struct fwd_order o = {.serial = (uint32_t)word,
			      .hold = (uint16_t)(word >> HOLD_SHIFT),
			      .last = (word >> LAST_SHIFT & 1) != 0};

	for (unsigned q = 0; q < FWD_N_QUEUES; q++)
		o.modes[q] = (uint8_t)(word >> (MODES_SHIFT + q * MODE_BITS) & 3);
	return o;
}

// ---- The table.

int holds_init(struct holds *t, uint32_t max, int socket)
{
	*t = (struct holds){.max = max};
	if (max == 0)
		return 0;
	t->v = rte_zmalloc_socket("holds", max * sizeof(*t->v), RTE_CACHE_LINE_SIZE, socket);
	t->states =
		rte_zmalloc_socket("held", max * sizeof(*t->states), RTE_CACHE_LINE_SIZE, socket);
	t->active = rte_zmalloc_socket("active", max * sizeof(*t->active), 0, socket);
	return t->v != NULL && t->states != NULL && t->active != NULL ? 0 : -ENOMEM;
}

static struct rte_mbuf *take_oldest(struct holds *t, struct hold *h, unsigned queue)
{
	struct hold_queue *q = &h->q[queue];
	struct rte_mbuf *m = q->head;

	q->head = held_of(m)->next;
	if (q->head == NULL)
		q->tail = NULL;
	q->n--;
	h->bytes -= m->buf_len;
	t->bytes -= m->buf_len;
	t->n_held--;
	return m;
}

static void report(struct holds *t, const struct hold *h)
{
	struct fwd_held_state *s = &t->states[h - t->v];

	for (unsigned q = 0; q < FWD_N_QUEUES; q++)
		atomic_store_explicit(&s->packets[q], h->q[q].n, memory_order_relaxed);
	atomic_store_explicit(&s->bytes, h->bytes, memory_order_relaxed);
	atomic_store_explicit(&s->serial, h->closed ? 0 : h->serial, memory_order_relaxed);
	atomic_store_explicit(&t->reported_bytes, t->bytes, memory_order_relaxed);
}

static void drop_oldest(struct fwd *f, struct hold *h, unsigned queue, enum verdict why)
{
	fwd_drop(f, take_oldest(&f->holds, h, queue), why);
}

static void flush(struct fwd *f, struct hold *h, unsigned queue)
{
	while (h->q[queue].n > 0)
		drop_oldest(f, h, queue, V_DROP_HOLD_OVER);
}

static void flush_all(struct fwd *f, struct hold *h)
{
	for (unsigned q = 0; q < FWD_N_QUEUES; q++)
		flush(f, h, q);
}

static void open(struct fwd *f, struct hold *h, uint32_t serial, const uint8_t *modes)
{
	bool active = h->active;

	flush_all(f, h);
	*h = (struct hold){.serial = serial, .active = active};
	for (unsigned q = 0; q < FWD_N_QUEUES; q++)
		h->q[q].mode = modes[q];
}

static bool is_newer(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

// NULL: nothing of this entry's waits any more.
static struct hold *find(struct fwd *f, const struct fwd_handover *of)
{
	if (of->serial == 0 || of->hold >= f->holds.max)
		return NULL;
	struct hold *h = &f->holds.v[of->hold];
	if (h->serial == 0 || is_newer(of->serial, h->serial))
		open(f, h, of->serial, of->modes);
	return h->serial == of->serial && !h->closed ? h : NULL;
}

void holds_done(struct holds *t)
{
	for (uint32_t i = 0; i < t->max && t->v != NULL; i++)
		for (unsigned q = 0; q < FWD_N_QUEUES; q++)
			while (t->v[i].q[q].n > 0)
				rte_pktmbuf_free(take_oldest(t, &t->v[i], q));
	rte_free(t->v);
	rte_free(t->states);
	rte_free(t->active);
	*t = (struct holds){0};
}

void fwd_drop_held(struct fwd *f)
{
	for (uint32_t i = 0; i < f->holds.n_active; i++) {
		struct hold *h = &f->holds.v[f->holds.active[i]];
		flush_all(f, h);
		h->active = false;
		report(&f->holds, h);
	}
	f->holds.n_active = 0;
}

// ---- Waiting.

// Whose packet is the oldest of a hold's: what came first goes first when there is no room.
static unsigned oldest_queue(const struct hold *h)
{
	unsigned best = FWD_N_QUEUES;

	for (unsigned q = 0; q < FWD_N_QUEUES; q++)
		if (h->q[q].n > 0 &&
		    (best == FWD_N_QUEUES ||
		     held_of(h->q[q].head)->since < held_of(h->q[best].head)->since))
			best = q;
	return best;
}

static bool make_room(struct fwd *f, struct hold *h, uint32_t bytes)
{
	const struct fwd_conf *c = f->conf;

	while (h->bytes + bytes > c->hold_node_bytes || f->holds.bytes + bytes > c->hold_bytes) {
		unsigned q = oldest_queue(h);
		if (q == FWD_N_QUEUES)
			return false;
		drop_oldest(f, h, q, V_DROP_HOLD_FULL);
	}
	return true;
}

static void meter(struct hold_queue *q, ns_t now)
{
	if (q->n == 0 && !q->draining) {
		q->first = now;
		q->arrived = 0;
	}
	q->arrived++;
	q->last = now;
}

static void append(struct fwd *f, struct hold *h, unsigned queue, const struct pkt *p)
{
	struct hold_queue *q = &h->q[queue];

	if (p->m->priv_size < sizeof(struct held) || !make_room(f, h, p->m->buf_len))
		return fwd_drop(f, p->m, V_DROP_HOLD_FULL);
	meter(q, f->now);
	*held_of(p->m) = (struct held){.since = f->now,
				       .peer = p->peer,
				       .port = p->port,
				       .offset = p->offset,
				       .vlan = p->vlan,
				       .outer_ecn = p->outer_ecn};
	if (q->tail != NULL)
		held_of(q->tail)->next = p->m;
	else
		q->head = p->m;
	q->tail = p->m;
	q->n++;
	h->bytes += p->m->buf_len;
	f->holds.bytes += p->m->buf_len;
	f->holds.n_held++;
	if (!h->active) {
		h->active = true;
		f->holds.active[f->holds.n_active++] = (uint32_t)(h - f->holds.v);
	}
	report(&f->holds, h);
}

bool fwd_hold(struct fwd *f, const struct pkt *p, const struct fwd_entry *e, enum fwd_queue queue)
{
	struct hold *h = find(f, &e->handover);

	if (h == NULL)
		return false;
	if (h->q[queue].mode == FWD_FLUSH) {
		fwd_drop(f, p->m, V_DROP_HOLD_OVER);
		return true;
	}
	bool behind = h->q[queue].n > 0 || (queue == FWD_DIRECT && h->q[FWD_DETOUR].n > 0);
	if (h->q[queue].mode == FWD_PASS && !behind)
		return false;
	append(f, h, queue, p);
	return true;
}

void fwd_await(struct fwd *f, struct pkt *p, const struct fwd_entry *e)
{
	static const uint8_t any[MAC_LEN];
	const uint8_t *mac = rte_pktmbuf_mtod_offset(p->m, const uint8_t *, MAC_AT);

	// Whoever else has a source in its prefix fills none of its queues.
	if (memcmp(e->access.mac, any, MAC_LEN) != 0 && memcmp(e->access.mac, mac, MAC_LEN) != 0)
		return fwd_listen(f, p, V_DROP_UNBOUND_SRC);
	fwd_tell(f, p);
	if (!fwd_hold(f, p, e, FWD_UPLINK))
		fwd_drop(f, p->m, V_DROP_HOLD_OVER);
}

// ---- Going on.

// What a queue's next packet would find; NULL: its node has no entry any more.
static const struct fwd_entry *entry_of(const struct fwd *f, struct rte_mbuf *m, unsigned queue)
{
	uint16_t offset = queue == FWD_UPLINK ? held_of(m)->offset : 0;
	const struct ip6_hdr_bytes *h =
		rte_pktmbuf_mtod_offset(m, const struct ip6_hdr_bytes *, offset);
	uint32_t value = bcache_find(f->bcache, queue == FWD_UPLINK ? h->src : h->dst);

	return value >= BCACHE_FIRST ? entry_get(f->fib, value) : NULL;
}

static bool may_go(const struct fwd *f, const struct hold *h, unsigned queue)
{
	const struct hold_queue *q = &h->q[queue];

	if (q->n == 0 || q->mode != FWD_PASS || (queue == FWD_DIRECT && h->q[FWD_DETOUR].n > 0))
		return false;
	const struct fwd_entry *e = entry_of(f, q->head, queue);
	return e == NULL || (e->access.flags & FWD_EXPECTED) == 0;
}

static void go_on(struct fwd *f, struct hold *h, unsigned queue, struct lane *to)
{
	struct rte_mbuf *m = take_oldest(&f->holds, h, queue);
	const struct held was = *held_of(m);

	lane_add(to, &(struct pkt){.m = m,
				   .peer = was.peer,
				   .port = was.port,
				   .offset = was.offset,
				   .vlan = was.vlan,
				   .outer_ecn = was.outer_ecn,
				   .verdict = V_TX_UPLINK,
				   .punt = PKT_RELEASED});
}

// RFC 5568 5.4: five at once, then metered by how fast they came; faster by a factor, else who is
// behind stays so. A tunnel to the next MAG is no radio, and what is kept for it has to be out
// before that is told that nothing comes any more.
static ns_t interval_of(const struct fwd *f, const struct hold *h, unsigned queue)
{
	const struct hold_queue *q = &h->q[queue];
	uint32_t rate = RTE_MAX(f->conf->hold_drain_rate, 1u);
	const struct fwd_entry *e = q->n > 0 ? entry_of(f, q->head, queue) : NULL;

	if (e != NULL && e->handover.next != 0)
		return 0;
	return q->arrived > 1 ? (q->last - q->first) / (q->arrived - 1) / rate : 0;
}

static unsigned drain(struct fwd *f, struct hold *h, unsigned queue, struct lane *to)
{
	struct hold_queue *q = &h->q[queue];
	ns_t interval = interval_of(f, h, queue);
	unsigned n = 0;

	if (!q->draining)
		q->go_at = 0;
	q->draining = true;
	if (f->now > q->go_at + AT_ONCE * interval)
		q->go_at = f->now - AT_ONCE * interval + interval;
	while (n < AT_ONCE && to->n < A_TURN && q->go_at <= f->now && may_go(f, h, queue)) {
		go_on(f, h, queue, to);
		q->go_at += interval;
		n++;
	}
	if (q->n == 0)
		q->draining = false;
	return n;
}

static void expire(struct fwd *f, struct hold *h)
{
	for (unsigned q = 0; q < FWD_N_QUEUES; q++)
		while (h->q[q].n > 0 && f->now - held_of(h->q[q].head)->since > f->conf->hold_age)
			drop_oldest(f, h, q, V_DROP_HOLD_TIMEOUT);
}

unsigned fwd_go_on(struct fwd *f)
{
	struct holds *t = &f->holds;
	unsigned n = 0;

	t->n_draining = 0;
	for (uint32_t i = 0; i < t->n_active; i++) {
		struct hold *h = &t->v[t->active[i]];
		expire(f, h);
		for (unsigned q = 0; q < FWD_N_QUEUES; q++) {
			struct lane *to = q == FWD_UPLINK ? &f->access : &f->ripe->tunnel;
			if (!may_go(f, h, q))
				continue;
			n += drain(f, h, q, to);
			t->n_draining += h->q[q].n > 0;
		}
		report(t, h);
		if (h->q[FWD_DETOUR].n + h->q[FWD_DIRECT].n + h->q[FWD_UPLINK].n > 0)
			continue;
		h->active = false;
		t->active[i--] = t->active[--t->n_active];
	}
	return n;
}

// ---- Orders.

static void obey(struct fwd *f, struct fwd_order o)
{
	struct hold *h = o.hold < f->holds.max && o.serial != 0 ? &f->holds.v[o.hold] : NULL;

	if (h == NULL || (h->serial != 0 && is_newer(h->serial, o.serial)))
		return;
	if (h->serial != o.serial)
		open(f, h, o.serial, o.modes);
	for (unsigned q = 0; q < FWD_N_QUEUES; q++) {
		h->q[q].mode = o.modes[q];
		if (o.modes[q] == FWD_FLUSH || o.last)
			flush(f, h, q);
	}
	h->closed = o.last;
	report(&f->holds, h);
}

void fwd_take_orders(struct fwd *f, const uint64_t *words, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		obey(f, fwd_order_unpack(words[i]));
	uint32_t done = atomic_load_explicit(&f->holds.orders_done, memory_order_relaxed);
	atomic_store_explicit(&f->holds.orders_done, done + n, memory_order_release);
}

uint32_t fwd_orders_done(const struct fwd *f)
{
	return atomic_load_explicit(&f->holds.orders_done, memory_order_acquire);
}

const struct fwd_held_state *fwd_held_state(const struct fwd *f, uint32_t hold)
{
	return &f->holds.states[hold];
}

uint64_t fwd_held_bytes(const struct fwd *f)
{
	return atomic_load_explicit(&f->holds.reported_bytes, memory_order_relaxed);
}

bool fwd_is_draining(const struct fwd *f)
{
	return f->holds.n_draining > 0;
}
