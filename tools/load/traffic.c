// A burst each turn: nodes first, so that their cache lines are there when they are read.
#include "tools/load/traffic.h"

#include <string.h>

#include <rte_prefetch.h>

static const ns_t patience = NS_SEC; // a CPU may be another's for long

static uint64_t come(const struct traffic *t)
{
	return t->counts.received + sink_wrong(&t->counts);
}

uint64_t traffic_under_way(const struct traffic *t)
{
	uint64_t ended = come(t) + t->given_up;

	return t->counts.sent > ended ? t->counts.sent - ended : 0;
}

// Nothing came for long: what is under way will not come, and must not hold back the rest.
static void give_up(struct traffic *t, struct now now)
{
	uint64_t heard = come(t);

	if (heard != t->heard || traffic_under_way(t) == 0) {
		t->heard = heard;
		t->quiet_since = now.mono;
	} else if (now.mono - t->quiet_since > patience) {
		t->given_up += traffic_under_way(t);
		t->quiet_since = now.mono; // and what is sent now has its own time
	}
}

static uint32_t may_send(struct traffic *t, struct now now)
{
	uint32_t n = SIDE_BURST;

	if (t->in_flight == 0)
		return n;
	give_up(t, now);
	uint64_t under_way = traffic_under_way(t);
	if (under_way >= t->in_flight)
		return 0;
	return t->in_flight - under_way < n ? (uint32_t)(t->in_flight - under_way) : n;
}

// Nodes that have service, by chance; how many. One that has none is asked for but once.
static uint32_t choose(struct traffic *t, uint32_t *nodes, uint32_t n)
{
	uint32_t got = 0;

	for (uint32_t i = 0; i < n; i++) {
		nodes[i] = pick_next(t->pick);
		rte_prefetch0(&t->nodes[nodes[i]]);
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct node *node = &t->nodes[nodes[i]];
		// Who moves does not send meanwhile: which MAG would take it?
		bool has_service =
			t->way == WAY_DOWN ? node_is_reachable(node) : node->state == NODE_BOUND;
		if (has_service && side_room(t->side, side_queue_of(t->side, nodes[i])) > 0)
			nodes[got++] = nodes[i];
	}
	return got;
}

static void send_one(struct traffic *t, struct rte_mbuf *m, uint32_t node, uint32_t time)
{
	struct node *n = &t->nodes[node];
	struct flow *flow = t->way == WAY_DOWN ? &n->down : &n->up;
	uint16_t size = sizes_next(&t->sizes);

	m->data_len = frame_length(&t->form, size);
	m->pkt_len = m->data_len;
	frame_write(rte_pktmbuf_mtod(m, uint8_t *), size, &t->form, t->plan, n, node,
		    (struct stamp){flow->sent++, time});
	side_put(t->side, side_queue_of(t->side, node), m);
	t->counts.sent++;
	t->counts.sent_octets += size;
}

// Beside what is due: so that the moment is seen when its packets change their way.
static void send_to_watched(struct traffic *t, struct now now)
{
	uint32_t node = *t->watched;

	if (node == PLAN_NONE || t->way != WAY_DOWN || now.tsc < t->next_watch ||
	    side_room(t->side, side_queue_of(t->side, node)) == 0)
		return;
	struct rte_mbuf *m = may_send(t, now) > 0 ? rte_pktmbuf_alloc(t->side->pool) : NULL;
	if (m == NULL)
		return;
	t->next_watch = now.tsc + t->watch_ticks;
	send_one(t, m, node, stamp_time(now));
}

void traffic_send(struct traffic *t, struct now now)
{
	struct rte_mbuf *pkts[SIDE_BURST];
	uint32_t nodes[SIDE_BURST], sent = 0;

	// What the port did not take goes first.
	if (t->pace.per_tick == 0 || side_waiting(t->side) >= SIDE_BURST)
		return;
	send_to_watched(t, now);
	uint32_t n = pace_take(&t->pace, now.tsc, may_send(t, now));
	if (n == 0)
		return;
	uint32_t chosen = choose(t, nodes, n);
	if (chosen > 0 && rte_pktmbuf_alloc_bulk(t->side->pool, pkts, chosen) != 0) {
		t->side->no_mbuf++;
		chosen = 0;
	}
	for (; sent < chosen; sent++)
		if (side_room(t->side, side_queue_of(t->side, nodes[sent])) > 0)
			send_one(t, pkts[sent], nodes[sent], stamp_time(now));
		else
			break;
	if (sent < chosen)
		rte_pktmbuf_free_bulk(pkts + sent, chosen - sent);
	pace_give_back(&t->pace, n - sent);
}

void traffic_restart(struct traffic *t, double rate, double hz, struct now now)
{
	memset(&t->counts, 0, sizeof(t->counts));
	t->given_up = t->heard = 0;
	t->quiet_since = now.mono;
	t->pace = pace_of(rate, hz, now.tsc);
}

void traffic_stop(struct traffic *t)
{
	t->pace.per_tick = 0;
}
