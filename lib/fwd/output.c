// The last stage: the next hop's layer-2 header in front, and a place in its port's array.
//
// Decides nothing but whether there is room. What stands in the array has its verdict with it and
// is counted by fwd_sent, when the port has taken it.
#include <string.h>

#include "fwd/stage.h"

void fwd_output(struct fwd *f, struct pkt *p, const struct nexthop *nh)
{
	if (nh->port >= FWD_MAX_PORTS || nh->l2_len > NEXTHOP_L2_MAX)
		return fwd_drop(f, p->m, V_DROP_NO_ROUTE);
	struct fwd_out *out = &f->out[nh->port];
	if (out->n >= FWD_OUT)
		return fwd_drop(f, p->m, V_DROP_TX_FULL);
	char *l2 = rte_pktmbuf_prepend(p->m, nh->l2_len);
	if (l2 == NULL)
		return fwd_drop(f, p->m, V_DROP_NO_MBUF);
	memcpy(l2, nh->l2, nh->l2_len);
	out->pkts[out->n] = p->m;
	out->lens[out->n] = rte_pktmbuf_data_len(p->m);
	out->verdicts[out->n++] = p->verdict;
}
