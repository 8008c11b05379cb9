// Where a packet goes that is in no tunnel: one of mobile nodes that came out of theirs, or one of
// our own making.
//
// Decides by the routes alone: out of a port, back into a tunnel because a pool has the
// destination (LMA-FW-06), or nowhere. Knows nothing of bindings: that is encap.c's.
#include "fwd/stage.h"
#include "wire/icmp6.h"

static const struct refusal no_route = {ICMP6_UNREACHABLE, ICMP6_NO_ROUTE, 0};

static void leave(struct fwd *f, struct pkt *p, const struct nexthop *nh)
{
	if (rte_pktmbuf_data_len(p->m) <= nh->mtu)
		return fwd_output(f, p, nh);
	uint32_t mtu = RTE_MAX(nh->mtu, IP6_MIN_MTU); // no IPv6 link has less (RFC 8200 5)
	fwd_refuse(f, p, V_DROP_LINK_MTU, (struct refusal){ICMP6_TOO_BIG, 0, mtu});
}

// Whole, out of an untagged port that has room. False: nothing was done.
static __rte_always_inline bool leave_quickly(struct rte_mbuf *m, enum verdict verdict,
					      const struct onward *to)
{
	uint32_t len = m->data_len;

	if (unlikely(len > to->mtu || to->out->n >= FWD_OUT || m->data_off < L2_UNTAGGED))
		return false;
	m->data_off = (uint16_t)(m->data_off - L2_UNTAGGED);
	memcpy(rte_pktmbuf_mtod(m, uint8_t *), to->nh->l2, L2_UNTAGGED);
	m->data_len = (uint16_t)(len + L2_UNTAGGED);
	m->pkt_len = len + L2_UNTAGGED;
	put_whole(to->out, m, (uint16_t)(len + L2_UNTAGGED), verdict);
	return true;
}

static void follow(struct fwd *f, struct pkt *p, const struct nexthop *nh)
{
	switch (nh->kind) {
	case NH_POOL:
		if (p->verdict == V_TX_UPLINK)
			p->verdict = V_TX_HAIRPIN;
		return lane_add(&f->ripe->enter, p);
	case NH_PORT:
		return leave(f, p, nh);
	case NH_GLEAN:
		return fwd_glean(f, p, ip6_is_zero(nh->gateway) ? ip6_of(p->m)->dst : nh->gateway);
	case NH_LOCAL: // to this machine itself: its doors are not for mobile nodes
		return fwd_drop(f, p->m, V_DROP_NO_ROUTE);
	default:
		return fwd_refuse(f, p, V_DROP_NO_ROUTE, no_route);
	}
}

void fwd_route(struct fwd *f)
{
	struct ip6_addr destinations[FWD_BURST];
	int32_t nexthops[FWD_BURST];
	struct onward to = ONWARD_NOWHERE;
	struct lane *in = &f->route;
	uint16_t n = in->n;

	if (n == 0)
		return;
	for (uint16_t i = 0; i < n; i++)
		destinations[i] = ip6_of(in->p[i].m)->dst;
	route_find_burst(f->fib, destinations, n, nexthops);
	for (uint16_t i = 0; i < n; i++) {
		struct pkt *p = &in->p[i];
		onward_find(f, &to, (uint32_t)nexthops[i]);
		if (likely(leave_quickly(p->m, p->plain != 0 ? V_TX_UPLINK : p->verdict, &to)))
			continue;
		if (p->plain != 0)
			*p = (struct pkt){.m = p->m, .port = f->ripe->port, .verdict = V_TX_UPLINK};
		follow(f, p, to.nh);
	}
	lane_clear(in);
}
