// The last stage: the next hop's layer-2 header in front, and a place in its port's array. A part
// of stage.h.
//
// Decides nothing but whether there is room. What stands in the array has its verdict with it and
// is counted by fwd_sent, when the port has taken it.
#pragma once

#include <string.h>

enum { L2_UNTAGGED = 14 };

// With a header of the caller's; none (l2_len 0) for a whole frame.
static inline void fwd_put(struct fwd *f, struct pkt *p, uint16_t port, const uint8_t *l2,
			   uint8_t l2_len)
{
	if (unlikely(port >= FWD_MAX_PORTS || l2_len > NEXTHOP_L2_MAX))
		return fwd_drop(f, p->m, V_DROP_NO_ROUTE);
	struct fwd_out *out = &f->out[port];
	if (unlikely(out->n >= FWD_OUT))
		return fwd_drop(f, p->m, V_DROP_TX_FULL);
	char *front = rte_pktmbuf_prepend(p->m, l2_len);
	if (unlikely(front == NULL))
		return fwd_drop(f, p->m, V_DROP_NO_MBUF);
	if (likely(l2_len == L2_UNTAGGED)) // a length that the compiler knows
		memcpy(front, l2, L2_UNTAGGED);
	else if (l2_len > 0)
		memcpy(front, l2, l2_len);
	out->pkts[out->n] = p->m;
	out->lens[out->n] = rte_pktmbuf_data_len(p->m);
	out->verdicts[out->n++] = p->verdict;
	f->n_out = RTE_MAX(f->n_out, (uint16_t)(port + 1));
}

// As fwd_put, for what most need: there is room, and the headers stand already. len: of the frame.
static inline void put_whole(struct fwd_out *out, struct rte_mbuf *m, uint16_t len, uint8_t verdict)
{
	uint16_t n = out->n;

	out->pkts[n] = m;
	out->lens[n] = len;
	out->verdicts[n] = verdict;
	out->n = (uint16_t)(n + 1);
}

// nh->kind is NH_PORT.
static inline void fwd_output(struct fwd *f, struct pkt *p, const struct nexthop *nh)
{
	fwd_put(f, p, nh->port, nh->l2, nh->l2_len);
}
