// What came, and whose it is.
#include "tools/load/load.h"

#include <rte_cycles.h>
#include <rte_prefetch.h>

enum { NEXT_AT = 6, BURSTS = 4, MOBILITY = 135, ICMPV6 = 58, NEXT_IP6 = 41 };

static struct span packet_of(struct rte_mbuf *m)
{
	uint16_t n = rte_pktmbuf_data_len(m);
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);

	if (n < FRAME_ETHER + FRAME_IP6 || frame[12] != 0x86 || frame[13] != 0xdd)
		return (struct span){0};
	return (struct span){frame + FRAME_ETHER, (uint16_t)(n - FRAME_ETHER)};
}

static enum frame_way way_of(enum side_role role)
{
	return role == SIDE_CORE ? WAY_UP : WAY_DOWN;
}

static void take(struct load *l, enum side_role role, struct rte_mbuf *m, struct now now)
{
	enum frame_way way = way_of(role);
	struct span packet = packet_of(m);
	uint8_t next = packet.p != NULL ? packet.p[NEXT_AT] : 0;

	if (next == (way == WAY_UP ? FRAME_TEST : NEXT_IP6))
		sink_take(&l->traffic[way].counts, &l->plan, l->nodes, way, packet,
			  stamp_time(now));
	else if (next == MOBILITY && role == SIDE_BACKBONE)
		registrar_hear(&l->registrar, packet, now);
	else if (next == ICMPV6)
		side_hear(&l->sides[role], packet, packet.p - FRAME_ETHER + SIDE_MAC);
	else
		l->strange[role]++;
}

static void prefetch_node(const struct load *l, enum side_role role, struct rte_mbuf *m)
{
	struct span packet = packet_of(m);
	uint32_t node = packet.p != NULL ? frame_node(&l->plan, way_of(role), packet) : PLAN_NONE;

	if (node != PLAN_NONE)
		rte_prefetch0(&l->nodes[node]);
}

static uint16_t take_burst(struct load *l, enum side_role role, uint16_t queue)
{
	struct rte_mbuf *pkts[SIDE_BURST];
	uint16_t n = port_rx(l->sides[role].port, queue, pkts, SIDE_BURST);
	if (n == 0)
		return 0;
	struct now now =
		load_now(l); // after they came, or they would have come before they were sent
	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (uint16_t i = 0; i < n; i++)
		prefetch_node(l, role, pkts[i]);
	for (uint16_t i = 0; i < n; i++)
		take(l, role, pkts[i], now);
	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}

void intake_turn(struct load *l)
{
	for (enum side_role role = 0; role < N_SIDES; role++)
		for (uint16_t q = 0; q < l->sides[role].port->n_rx; q++)
			for (int i = 0; i < BURSTS; i++)
				if (take_burst(l, role, q) < SIDE_BURST)
					break;
}
