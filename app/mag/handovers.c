// Holds by number, orders to the workers in the order in which the engine gives them, and the end.
#include "app/mag/handovers.h"

#include <errno.h>
#include <stdlib.h>

#include "app/mag/gateway.h"

enum { NONE = UINT32_MAX };

struct hold_row { // a prefix whose packets pass the queues
	struct ip6_prefix hnp;
	struct tunnel_way way;
};

struct hold {
	uint32_t serial; // 0: free
	uint32_t number; // of the engine's handover; 0: it is over there
	uint8_t modes[FWD_N_QUEUES], sent[FWD_N_QUEUES];
	bool unsent;  // the workers have not been told of `modes` yet
	bool closing; // free when it is empty
	struct hold_row rows[MAG_MAX_HNPS];
	uint8_t n_rows;
};

struct handovers {
	struct hold *v;
	uint32_t max, n_used, n_closing;
	uint32_t *by_number; // of the engine's handovers: NONE, or its hold
	uint32_t max_numbers;
	uint32_t *free;
	uint32_t n_free;
	uint32_t serial;
	uint32_t ordered[WORKER_MAX]; // orders given to each worker, ever
	uint64_t refused;
};

int handovers_open(struct gateway *g)
{
	uint32_t numbers = g->conf->fast_handover.max_handovers;
	struct handovers *t;

	if (g->conf->fast_handover.n_peers == 0)
		return 0;
	t = g->handovers = calloc(1, sizeof(*t));
	if (t == NULL)
		return -ENOMEM;
	t->max = g->plane.is.max_holds;
	t->max_numbers = numbers;
	t->v = calloc(t->max, sizeof(*t->v));
	t->free = calloc(t->max, sizeof(*t->free));
	t->by_number = calloc(numbers + 1u, sizeof(*t->by_number));
	if (t->v == NULL || t->free == NULL || t->by_number == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i <= numbers; i++)
		t->by_number[i] = NONE;
	while (t->n_free < t->max) {
		t->free[t->n_free] = t->max - 1 - t->n_free;
		t->n_free++;
	}
	return 0;
}

void handovers_close(struct handovers *t)
{
	if (t == NULL)
		return;
	free(t->v);
	free(t->free);
	free(t->by_number);
	free(t);
}

// ---- Orders.

static bool is_carried_out(const struct gateway *g)
{
	for (unsigned i = 0; i < g->plane.n_workers; i++)
		if (fwd_orders_done(g->plane.workers[i].fwd) != g->handovers->ordered[i])
			return false;
	return true;
}

static uint32_t count_waiting(const struct gateway *g, const struct hold *h, unsigned queue)
{
	uint32_t i = (uint32_t)(h - g->handovers->v), n = 0;

	for (unsigned w = 0; w < g->plane.n_workers; w++) {
		const struct fwd_held_state *s = fwd_held_state(g->plane.workers[w].fwd, i);
		if (atomic_load_explicit(&s->serial, memory_order_relaxed) == h->serial)
			n += atomic_load_explicit(&s->packets[queue], memory_order_relaxed);
	}
	return n;
}

// One worker lets direct packets wait for its own detoured ones; for those of another it is not
// told to go on before that one has none.
static void choose_modes(const struct gateway *g, const struct hold *h, uint8_t *modes)
{
	memcpy(modes, h->modes, FWD_N_QUEUES);
	if (g->plane.n_workers > 1 && modes[FWD_DIRECT] == FWD_PASS &&
	    h->sent[FWD_DIRECT] == FWD_HOLD &&
	    (h->sent[FWD_DETOUR] != FWD_PASS || !is_carried_out(g) ||
	     count_waiting(g, h, FWD_DETOUR) > 0))
		modes[FWD_DIRECT] = FWD_HOLD;
}

static bool is_any_ring_full(const struct gateway *g)
{
	for (unsigned i = 0; i < g->plane.n_workers; i++)
		if (rte_ring_full(g->plane.workers[i].orders) != 0)
			return true;
	return false;
}

// To all workers or, for now, to none.
static void order(struct gateway *g, struct hold *h)
{
	struct handovers *t = g->handovers;
	struct fwd_order o = {.serial = h->serial, .hold = (uint16_t)(h - t->v)};

	choose_modes(g, h, o.modes);
	bool is_all = memcmp(o.modes, h->modes, sizeof(o.modes)) == 0;
	bool is_new = memcmp(o.modes, h->sent, sizeof(o.modes)) != 0;
	h->unsent = !is_all || (is_new && is_any_ring_full(g));
	if (!is_new || is_any_ring_full(g))
		return;
	for (unsigned i = 0; i < g->plane.n_workers; i++) {
		void *word = (void *)(uintptr_t)fwd_order_pack(o);
		t->ordered[i] += rte_ring_enqueue(g->plane.workers[i].orders, word) == 0;
	}
	memcpy(h->sent, o.modes, sizeof(o.modes));
}

// ---- What the engine says.

static struct hold *hold_of(const struct gateway *g, uint32_t number)
{
	const struct handovers *t = g->handovers;

	if (t == NULL || number == 0 || number > t->max_numbers || t->by_number[number] == NONE)
		return NULL;
	return &t->v[t->by_number[number]];
}

static struct hold *begin(struct handovers *t, uint32_t number)
{
	if (t == NULL || number == 0 || number > t->max_numbers)
		return NULL;
	if (t->n_free == 0) {
		t->refused++;
		return NULL;
	}
	uint32_t i = t->free[--t->n_free];
	if (++t->serial == 0)
		t->serial = 1;
	t->v[i] = (struct hold){
		.serial = t->serial, .number = number, .sent = {UINT8_MAX, UINT8_MAX, UINT8_MAX}};
	t->by_number[number] = i;
	t->n_used++;
	return &t->v[i];
}

void handovers_hold(struct gateway *g, const struct mag_action *action)
{
	static const uint8_t modes[] = {[QUEUE_PASS] = FWD_PASS, [QUEUE_HOLD] = FWD_HOLD};
	struct hold *h = hold_of(g, action->hold.handover);

	if (h == NULL)
		h = begin(g->handovers, action->hold.handover);
	if (h == NULL)
		return; // its packets pass
	h->modes[FWD_DETOUR] = modes[action->hold.modes[QUEUE_DETOUR]];
	h->modes[FWD_DIRECT] = modes[action->hold.modes[QUEUE_DIRECT]];
	h->modes[FWD_UPLINK] = modes[action->hold.modes[QUEUE_UPLINK]];
	order(g, h);
}

void handovers_release(struct gateway *g, const struct mag_action *action)
{
	struct hold *h = hold_of(g, action->release.handover);

	if (h == NULL)
		return;
	g->handovers->by_number[h->number] = NONE;
	h->number = 0;
	h->closing = true;
	g->handovers->n_closing++;
	memset(h->modes, action->release.drop ? FWD_FLUSH : FWD_PASS, sizeof(h->modes));
	order(g, h);
}

void handovers_fill(struct gateway *g, const struct mag_action *action, struct tunnel_way *way)
{
	const struct hold *h = hold_of(g, action->bind.handover);

	if (h == NULL)
		return;
	way->handover.hold = (uint32_t)(h - g->handovers->v);
	way->handover.serial = h->serial;
	memcpy(way->handover.modes, h->modes, sizeof(way->handover.modes));
	way->access.flags |= FWD_HANDOVER;
}

static void drop_row(struct hold *h, struct ip6_prefix hnp)
{
	for (uint8_t k = 0; k < h->n_rows; k++)
		if (ip6_prefix_equal(h->rows[k].hnp, hnp))
			h->rows[k--] = h->rows[--h->n_rows];
}

void handovers_unbound(struct gateway *g, struct ip6_prefix hnp)
{
	struct handovers *t = g->handovers;

	for (uint32_t i = 0, seen = 0; t != NULL && seen < t->n_used && i < t->max; i++) {
		if (t->v[i].serial == 0)
			continue;
		seen++;
		drop_row(&t->v[i], hnp);
	}
}

void handovers_bound(struct gateway *g, const struct mag_action *action,
		     const struct tunnel_way *way)
{
	handovers_unbound(g, action->bind.hnp);
	if (way->handover.serial == 0)
		return;
	struct hold *h = &g->handovers->v[way->handover.hold];
	if (h->n_rows < MAG_MAX_HNPS)
		h->rows[h->n_rows++] = (struct hold_row){action->bind.hnp, *way};
}

// ---- The end.

static bool is_empty(const struct gateway *g, const struct hold *h)
{
	for (unsigned q = 0; q < FWD_N_QUEUES; q++)
		if (count_waiting(g, h, q) > 0)
			return false;
	return true;
}

// Its bindings without queues. False: not now.
static bool rebind(struct gateway *g, struct hold *h)
{
	while (h->n_rows > 0) {
		struct hold_row *row = &h->rows[h->n_rows - 1];
		row->way.handover = (struct fwd_handover){0};
		if (row->way.next_peer == 0)
			row->way.access.flags &= (uint8_t)~FWD_HANDOVER;
		if (tunnels_bind(&g->plane, row->hnp, &row->way) != 0)
			return false;
		h->n_rows--;
	}
	return true;
}

// With its modes PASS or FLUSH a queue that is empty stays so: its packets pass it.
static void end(struct gateway *g, struct hold *h)
{
	struct handovers *t = g->handovers;

	if (h->unsent || !is_carried_out(g) || !is_empty(g, h) || !rebind(g, h))
		return;
	h->serial = 0;
	t->free[t->n_free++] = (uint32_t)(h - t->v);
	t->n_used--;
	t->n_closing--;
}

void handovers_turn(struct gateway *g)
{
	struct handovers *t = g->handovers;

	for (uint32_t i = 0, seen = 0; t != NULL && seen < t->n_used && i < t->max; i++) {
		struct hold *h = &t->v[i];
		if (h->serial == 0)
			continue;
		seen++;
		if (h->unsent)
			order(g, h);
		if (h->closing)
			end(g, h);
	}
}

void handovers_waiting(const struct gateway *g, uint32_t number, uint64_t *packets, uint64_t *bytes)
{
	const struct hold *h = hold_of(g, number);

	*packets = *bytes = 0;
	for (unsigned w = 0; h != NULL && w < g->plane.n_workers; w++) {
		const struct fwd_held_state *s =
			fwd_held_state(g->plane.workers[w].fwd, (uint32_t)(h - g->handovers->v));
		if (atomic_load_explicit(&s->serial, memory_order_relaxed) != h->serial)
			continue;
		for (unsigned q = 0; q < FWD_N_QUEUES; q++)
			*packets += atomic_load_explicit(&s->packets[q], memory_order_relaxed);
		*bytes += atomic_load_explicit(&s->bytes, memory_order_relaxed);
	}
}

struct handovers_totals handovers_totals(const struct gateway *g)
{
	const struct handovers *t = g->handovers;
	struct handovers_totals out = {0};

	if (t == NULL)
		return out;
	out.holds = t->n_used;
	out.closing = t->n_closing;
	out.refused = t->refused;
	for (unsigned w = 0; w < g->plane.n_workers; w++)
		out.bytes += fwd_held_bytes(g->plane.workers[w].fwd);
	return out;
}
