// A packet's verdict.
#include "tools/load/sink.h"

// A request that was sent again tells nothing: which of them was it?
static void watch(struct sink_counts *c, struct node *n, uint32_t mag, uint32_t time)
{
	if (!n->watched || mag != n->to)
		return;
	n->watched = false;
	if (n->tries == 0)
		histogram_add(&c->switched, time - n->asked);
}

static void take_number(struct sink_counts *c, struct flow *flow, const struct stamp *stamp,
			uint32_t time)
{
	switch (flow_take(flow, stamp->number)) {
	case FLOW_NEVER:
		c->wrong[FAULT_NEVER_SENT]++;
		return;
	case FLOW_TWICE:
		c->twice++;
		return;
	case FLOW_LATE:
		c->late++;
		break;
	case FLOW_NEXT:
		break;
	}
	c->received++;
	histogram_add(&c->delays, time - stamp->time);
}

void sink_take(struct sink_counts *c, const struct plan *p, struct node *nodes, enum frame_way way,
	       struct span packet, uint32_t time)
{
	struct frame_found found;
	enum frame_fault fault = frame_read(p, nodes, way, packet, &found);

	if (fault != FAULT_NONE) {
		c->wrong[fault]++;
		return;
	}
	struct node *n = &nodes[found.node];
	if (way == WAY_DOWN) {
		enum node_via via = node_via(n, found.mag, found.stamp.time);
		if (via == VIA_WRONG) {
			c->wrong[FAULT_MAG]++;
			return;
		}
		c->previous += via == VIA_PREVIOUS;
		watch(c, n, found.mag, time);
	}
	take_number(c, way == WAY_DOWN ? &n->down : &n->up, &found.stamp, time);
}

uint64_t sink_wrong(const struct sink_counts *c)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < N_FAULTS; i++)
		n += c->wrong[i];
	return n;
}

uint64_t sink_lost(const struct sink_counts *c)
{
	uint64_t ended = c->received + sink_wrong(c);

	return c->sent > ended ? c->sent - ended : 0;
}
