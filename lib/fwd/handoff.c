// From the worker that received a packet to the one whose it is.
//
// Packets are put aside one by one, and given to an owner all at once: a ring is touched once a
// burst. Who the owner is, spread.c and reassemble.c decide. What a packet was when it was received
// travels in its mbuf, in the line that both sides read anyway.
#include "fwd/stage.h"

static void give(struct fwd *f, struct aside *a, struct rte_ring *owner)
{
	unsigned taken = rte_ring_enqueue_burst(owner, (void *const *)a->pkts, a->n, NULL);

	telem_count(&f->telem->handed_over, taken);
	for (unsigned i = taken; i < a->n; i++)
		fwd_drop(f, a->pkts[i], V_DROP_HANDOFF_FULL);
	a->n = 0;
}

void fwd_hand_over(struct fwd *f, struct rte_ring *const *rings)
{
	for (uint64_t left = f->owners; left != 0; left &= left - 1) {
		unsigned owner = (unsigned)__builtin_ctzll(left);
		give(f, &f->aside[owner], rings[owner]);
	}
	f->owners = 0;
}

// Of several ports in one burst: a plain packet of another one than the burst's goes the long way.
static void take_plain(struct fwd *f, struct lane *lane, struct rte_mbuf *m, uint16_t port)
{
	struct burst *fresh = f->fresh;

	if (lane->n == 0)
		fresh->port = port;
	const struct ip6_hdr_bytes *inner = ip6_behind(m, L2_UNTAGGED + IP6_HDR);
	uint64_t hash = bcache_ask(&f->keys, f->quick.lma ? &inner->src : &inner->dst);
	struct pkt *p = lane_next_plain(lane, hash);
	p->m = m;
	p->plain = 1;
	if (likely(port == fresh->port))
		return;
	fwd_take_long_way(p, port, V_TX_UPLINK);
	lane->mixed = true;
}

uint16_t fwd_take_over(struct fwd *f, struct rte_ring *ring, struct lane *lane)
{
	struct rte_mbuf *pkts[FWD_BURST];
	unsigned n = rte_ring_dequeue_burst(ring, (void **)pkts, FWD_BURST, NULL);

	// Another worker wrote to all this last, and this one will: whole lines change hands once.
	for (unsigned i = 0; i < n; i++)
		__builtin_prefetch(pkts[i], 1);
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *packet = rte_pktmbuf_mtod(pkts[i], const uint8_t *);
		__builtin_prefetch(packet, 1);
		__builtin_prefetch(packet + IP6_HDR, 1);
		rte_prefetch0(packet + 2 * IP6_HDR);
	}
	for (unsigned i = 0; i < n; i++) {
		uint16_t port = (uint16_t)(pkts[i]->hash.usr >> 16);
		uint16_t offset = (uint16_t)pkts[i]->hash.usr;
		if (likely(offset == 0))
			take_plain(f, lane, pkts[i], port);
		else
			lane_add(lane, &(struct pkt){.m = pkts[i],
						     .port = port,
						     .offset = offset,
						     .vlan = pkts[i]->vlan_tci,
						     .verdict = V_TX_UPLINK});
	}
	telem_count(&f->telem->taken_over, n);
	return (uint16_t)n;
}
