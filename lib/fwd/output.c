// The last stage: the next hop's layer-2 header in front, and a place in its port's array.
//
// Decides nothing but whether there is room. What stands in the array has its verdict with it and
// is counted by fwd_sent, when the port has taken it.
#include <string.h>

#include "fwd/stage.h"

void fwd_output(struct fwd *f, struct pkt *p, const struct nexthop *nh)
{
	fwd_put(f, p, nh->port, nh->l2, nh->l2_len);
}

void fwd_put(struct fwd *f, struct pkt *p, uint16_t port, const uint8_t *l2, uint8_t l2_len)
{
	if (port >= FWD_MAX_PORTS || l2_len > NEXTHOP_L2_MAX)
		return fwd_drop(f, p->m, V_DROP_NO_ROUTE);
	struct fwd_out *out = &f->out[port];
	if (out->n >= FWD_OUT)
		return fwd_drop(f, p->m, V_DROP_TX_FULL);
	char *front = rte_pktmbuf_prepend(p->m, l2_len);
	if (front == NULL)
		return fwd_drop(f, p->m, V_DROP_NO_MBUF);
	if (l2_len > 0)
		memcpy(front, l2, l2_len);
	out->pkts[out->n] = p->m;
	out->lens[out->n] = rte_pktmbuf_data_len(p->m);
	out->verdicts[out->n++] = p->verdict;
}
