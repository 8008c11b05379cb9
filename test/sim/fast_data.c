// Where packets go, wait and end: what the workers do with BIND, HOLD and RELEASE, in few words.
#include <string.h>

#include "test/sim/fast.h"

static const ns_t to_lma = 2 * NS_MSEC, between_mags = 12 * NS_MSEC, on_air = 1 * NS_MSEC;

static void lose(struct fast *f, struct fast_packet p, enum fast_cause why)
{
	const struct fast_node *n = &f->nodes[p.node];

	f->lost[why]++;
	if (f->trace)
		printf("%.3f ms lost %s %u of %d, cause %d\n", (double)f->now.mono / 1e6,
		       p.up ? "up" : "down", p.seq, p.node, why);
	if (n->clean_from != 0)
		broke_fast(f, "a move that was announced lost a packet");
}

static void arrive(struct fast *f, struct fast_packet p)
{
	struct fast_node *n = &f->nodes[p.node];

	f->delivered++;
	if (n->seen[p.up][p.seq % F_SEEN] == p.seq)
		broke_fast(f, "a packet came twice");
	n->seen[p.up][p.seq % F_SEEN] = p.seq;
	if (p.seq < n->highest[p.up]) {
		f->reordered++;
		if (f->trace)
			printf("%.3f ms %s %u of %d comes after %u\n", (double)f->now.mono / 1e6,
			       p.up ? "up" : "down", p.seq, p.node, n->highest[p.up]);
		if (f->calm && f->now.mono >= n->odd_until)
			broke_fast(f, "a packet overtook another one");
	} else {
		n->highest[p.up] = p.seq;
	}
}

static void into_tunnel(struct fast *f, int from, int to, struct fast_packet p)
{
	bool by_lma = from == F_LMA || to == F_LMA;

	p.from = (uint8_t)from;
	schedule(f, by_lma ? to_lma : between_mags,
		 (struct fast_event){.kind = F_TUNNEL, .where = (uint8_t)to, .packet = p});
}

// ---- A node, and the LMA.

void node_sends(struct fast *f, int node)
{
	struct fast_node *n = &f->nodes[node];

	if (f->lma_at[node] != NOWHERE) {
		struct fast_packet down = {.seq = ++n->next[0], .node = (uint8_t)node};
		into_tunnel(f, F_LMA, f->lma_at[node], down);
	}
	n->next[1]++;
	while (n->at != NOWHERE && n->sent_up < n->next[1])
		schedule(f, on_air,
			 (struct fast_event){.kind = F_FRAME,
					     .where = (uint8_t)n->at,
					     .packet = {.seq = ++n->sent_up,
							.node = (uint8_t)node,
							.up = true}});
}

void node_receives(struct fast *f, int mag, struct fast_packet p)
{
	if (f->nodes[p.node].at != mag)
		lose(f, p, LOST_AIR);
	else
		arrive(f, p);
}

static void lma_receives(struct fast *f, struct fast_packet p)
{
	int at = f->lma_at[p.node];
	bool also = f->lma_also[p.node] == p.from && f->now.mono < f->lma_also_until[p.node];

	if (at == p.from || also)
		arrive(f, p);
	else
		lose(f, p, LOST_SPOOF);
}

// ---- A MAG.

static int mag_of(const struct fast *f, struct ip6_addr addr)
{
	for (int i = 0; i < F_MAGS; i++)
		if (ip6_equal(f->mags[i].coa, addr))
			return i;
	return NOWHERE;
}

static struct fast_hold *hold_of(struct fast_mag *m, const struct mag_action *bind)
{
	struct fast_hold *h = &m->holds[bind->bind.handover];

	return bind->bind.handover != 0 && h->used ? h : NULL;
}

static bool waits(struct fast *f, struct fast_mag *m, const struct mag_action *bind,
		  enum mag_queue queue, struct fast_packet p)
{
	struct fast_hold *h = hold_of(m, bind);
	bool behind = h != NULL &&
		      (h->q[queue].n > 0 || (queue == QUEUE_DIRECT && h->q[QUEUE_DETOUR].n > 0));

	if (h == NULL || (h->modes[queue] == QUEUE_PASS && !behind))
		return false;
	struct fast_queue *q = &h->q[queue];
	if (q->n == F_WAITING)
		broke_fast(f, "the simulation's own queue of waiting packets is full");
	q->v[(q->head + q->n++) % F_WAITING] = p;
	return true;
}

static void goes_down(struct fast *f, int mag, struct fast_packet p)
{
	const struct mag_action *b = &f->mags[mag].bind[p.node];

	if (!ip6_is_zero(b->bind.next))
		into_tunnel(f, mag, mag_of(f, b->bind.next), p);
	else if (b->bind.expected)
		lose(f, p, LOST_OVER);
	else
		schedule(
			f, on_air,
			(struct fast_event){.kind = F_TO_NODE, .where = (uint8_t)mag, .packet = p});
}

static void goes_up(struct fast *f, int mag, struct fast_packet p)
{
	const struct mag_action *b = &f->mags[mag].bind[p.node];

	into_tunnel(f, mag, b->bind.detour ? mag_of(f, b->bind.previous) : F_LMA, p);
}

void tunnel_arrives(struct fast *f, int where, struct fast_packet p)
{
	if (where == F_LMA) {
		lma_receives(f, p);
		return;
	}
	struct fast_mag *m = &f->mags[where];
	const struct mag_action *b = &m->bind[p.node];
	if (!m->bound[p.node]) {
		lose(f, p, LOST_NO_NODE);
	} else if (p.up) { // from its next MAG
		if (!ip6_is_zero(b->bind.next) && mag_of(f, b->bind.next) == p.from)
			goes_up(f, where, p);
		else
			lose(f, p, LOST_STRANGE);
	} else if (p.from != F_LMA &&
		   (ip6_is_zero(b->bind.previous) || mag_of(f, b->bind.previous) != p.from)) {
		lose(f, p, LOST_STRANGE);
	} else if (!waits(f, m, b, p.from == F_LMA ? QUEUE_DIRECT : QUEUE_DETOUR, p)) {
		goes_down(f, where, p);
	}
}

static void is_heard(struct fast *f, int mag, int node)
{
	mag_tell(f, mag,
		 &(struct mag_event){.kind = MAG_HEARD, .heard = {.link = link_of_node(node)}});
}

void frame_arrives(struct fast *f, int mag, struct fast_packet p)
{
	struct fast_mag *m = &f->mags[mag];
	const struct mag_action *b = &m->bind[p.node];

	if (!m->bound[p.node]) {
		lose(f, p, LOST_UNBOUND);
		is_heard(f, mag, p.node);
	} else if (b->bind.expected) {
		if (!waits(f, m, b, QUEUE_UPLINK, p))
			lose(f, p, LOST_OVER);
		is_heard(f, mag, p.node);
	} else if (!waits(f, m, b, QUEUE_UPLINK, p)) {
		goes_up(f, mag, p);
	}
}

// ---- Queues.

static bool is_stuck(const struct fast_mag *m, const struct fast_hold *h, unsigned queue)
{
	const struct fast_queue *q = &h->q[queue];
	const struct fast_packet *p = &q->v[q->head];

	return q->n == 0 || h->modes[queue] != QUEUE_PASS ||
	       (queue == QUEUE_DIRECT && h->q[QUEUE_DETOUR].n > 0) ||
	       (m->bound[p->node] && m->bind[p->node].bind.expected);
}

static void one_goes(struct fast *f, int mag, struct fast_hold *h, unsigned queue)
{
	struct fast_queue *q = &h->q[queue];
	struct fast_packet p = q->v[q->head];

	q->head = (q->head + 1) % F_WAITING;
	q->n--;
	if (!f->mags[mag].bound[p.node])
		lose(f, p, LOST_NO_NODE);
	else if (queue == QUEUE_UPLINK)
		goes_up(f, mag, p);
	else
		goes_down(f, mag, p);
}

void queues_go_on(struct fast *f, int mag)
{
	struct fast_mag *m = &f->mags[mag];

	for (int i = 1; i <= F_HOLDS; i++)
		for (unsigned q = 0; m->holds[i].used && q < MAG_N_QUEUES; q++)
			while (!is_stuck(m, &m->holds[i], q))
				one_goes(f, mag, &m->holds[i], q);
}

void hold_changes(struct fast *f, int mag, const struct mag_action *a)
{
	struct fast_hold *h = &f->mags[mag].holds[a->hold.handover];

	if (a->hold.handover == 0 || a->hold.handover > F_HOLDS)
		broke_fast(f, "queues of a handover that there cannot be");
	h->used = true;
	memcpy(h->modes, a->hold.modes, sizeof(h->modes));
}

static void drop_hold(struct fast *f, struct fast_hold *h, enum fast_cause why)
{
	for (unsigned q = 0; q < MAG_N_QUEUES; q++)
		for (; h->q[q].n > 0; h->q[q].n--) {
			struct fast_packet p = h->q[q].v[h->q[q].head];
			h->q[q].head = (h->q[q].head + 1) % F_WAITING;
			lose(f, p, why);
		}
}

void hold_ends(struct fast *f, int mag, const struct mag_action *a)
{
	struct fast_hold *h = &f->mags[mag].holds[a->release.handover];

	if (!h->used)
		broke_fast(f, "queues end that never were");
	memset(h->modes, QUEUE_PASS, sizeof(h->modes));
	if (!a->release.drop)
		queues_go_on(f, mag);
	drop_hold(f, h, LOST_OVER);
	h->used = false;
}

void drop_all(struct fast *f, int mag)
{
	for (int i = 1; i <= F_HOLDS; i++) {
		drop_hold(f, &f->mags[mag].holds[i], LOST_RESTART);
		f->mags[mag].holds[i].used = false;
	}
}

uint32_t count_waiting(const struct fast *f)
{
	uint32_t n = 0;

	for (int mag = 0; mag < F_MAGS; mag++)
		for (int i = 1; i <= F_HOLDS; i++)
			n += f->mags[mag].holds[i].used;
	return n;
}
