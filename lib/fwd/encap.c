// Towards a mobile node: whose binding covers the destination, does the packet live one hop longer,
// does it fit, and what the header in front of it says.
//
// Three kinds come here: from the network (DOWNLINK, checked and charged a hop), from another
// mobile node (HAIRPIN, both done by decap.c), and our own. RFC 5213 5.6, RFC 2473 3.1 and 7.1.
#include <stdatomic.h>
#include <string.h>

#include <rte_prefetch.h>

#include "fwd/stage.h"
#include "wire/icmp6.h"

static const struct refusal hop_limit_exceeded = {ICMP6_TIME_EXCEEDED, ICMP6_HOP_LIMIT, 0};
static const struct refusal no_way = {ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE, 0};

static bool has_link_scope(const struct ip6_addr *a)
{
	return ip6_is_link_local(*a) || ip6_is_multicast(*a);
}

// What the network may send to a mobile node. LMA-FW-14, LMA-FW-04; a source in a pool would be a
// mobile node that does not come through its tunnel (LMA-FW-03).
static inline bool may_enter(const struct fwd *f, const struct ip6_hdr_bytes *h, enum verdict *why)
{
	if (unlikely(!is_surely_global(first_half(&h->src)) ||
		     !is_surely_global(first_half(&h->dst)))) {
		*why = V_DROP_LINK_SCOPE;
		if (has_link_scope(&h->src) || has_link_scope(&h->dst))
			return false;
		*why = V_DROP_INNER_SRC;
		if (ip6_is_zero(h->src) || ip6_is_loopback(h->src))
			return false;
	}
	*why = V_DROP_POOL_SRC;
	return !fwd_is_mobile(f, &h->src);
}

// LMA-FW-08, the entry; LMA-FW-09.
static uint8_t outer_class(enum fwd_ecn mode, uint8_t inner)
{
	if (mode == FWD_ECN_RFC5213 && (inner & ECN_MASK) == ECN_CE)
		return (uint8_t)((inner & ~ECN_MASK) | ECN_ECT0); // RFC 5213 5.6.3, RFC 3168 9.1.1
	return inner;
}

// LMA-FW-12. False: no tunnel may take it any more, and it is refused.
static bool take_limit(struct fwd *f, struct pkt *p)
{
	uint16_t at = fwd_find_limit(ip6_span(p->m));

	p->limit = at != 0 ? *rte_pktmbuf_mtod_offset(p->m, const uint8_t *, at) : 0;
	if (at == 0 || p->limit > 0)
		return true;
	fwd_refuse(f, p, V_DROP_LIMIT,
		   (struct refusal){ICMP6_PARAMETER_PROBLEM, ICMP6_ERRONEOUS_FIELD, at});
	return false;
}

// Traffic class, label and length are the packet's (flow.h), all else is as prepared.
static __rte_always_inline void write_outer(uint8_t *outer, const struct fwd_entry *e,
					    uint64_t head)
{
	uint64_t prepared;

	memcpy(&prepared, e->outer, sizeof(prepared));
	head |= prepared;
	memcpy(outer, &head, sizeof(head));
	memcpy(outer + sizeof(head), e->outer + sizeof(head), IP6_HDR - sizeof(head));
}

static __rte_always_inline struct ip6_hdr_bytes *put_outer(struct fwd *f, struct pkt *p,
							   const struct fwd_entry *e, uint16_t more)
{
	const struct ip6_hdr_bytes *h = ip6_of(p->m);
	uint64_t tc = outer_class(f->conf->ecn, ip6_class(h));
	uint16_t len = rte_pktmbuf_data_len(p->m);
	uint64_t label = flow_label(f->flow_key, h, flow_ports(h, len));
	uint64_t head = outer_head((tc & 0xf) << 12 | tc >> 4, label, (uint16_t)(len + more));
	struct ip6_hdr_bytes *outer =
		(struct ip6_hdr_bytes *)rte_pktmbuf_prepend(p->m, (uint16_t)(IP6_HDR + more));

	if (outer == NULL) {
		fwd_drop(f, p->m, V_DROP_NO_MBUF);
		return NULL;
	}
	write_outer((uint8_t *)outer, e, head);
	return outer;
}

// Out of the port, or to wait for the next hop's address: in its tunnel, for on its own it would
// leave by the routes.
static __rte_always_inline void leave(struct fwd *f, struct pkt *p, const struct fwd_entry *e,
				      const struct nexthop *nh)
{
	if (likely(nh->kind == NH_PORT))
		fwd_output(f, p, nh);
	else
		fwd_glean(f, p, ip6_is_zero(nh->gateway) ? e->tunnel.remote : nh->gateway);
}

// RFC 2473 7.1. Whether it may enter in one piece, or in several; else it is refused or dropped.
static bool fits(struct fwd *f, struct pkt *p, uint32_t overhead, uint32_t path)
{
	uint32_t len = rte_pktmbuf_data_len(p->m);
	uint32_t told = RTE_MAX(path, IP6_MIN_MTU + overhead) - overhead;

	if (len + overhead <= path)
		return true;
	if (len > told)
		fwd_refuse(f, p, V_DROP_TOO_BIG, (struct refusal){ICMP6_TOO_BIG, 0, told});
	else if (path < IP6_MIN_MTU)
		fwd_drop(f, p->m, V_DROP_LINK_MTU);
	else
		return true; // (b)
	return false;
}

// What carries a limit, or does not fit.
static __rte_noinline void enter_slowly(struct fwd *f, struct pkt *p, const struct fwd_entry *e,
					const struct nexthop *nh, uint32_t path)
{
	if (may_have_limit(ip6_of(p->m)->next_header) && !take_limit(f, p))
		return;
	uint16_t more = p->limit != 0 ? OPTIONS_HDR : 0;
	if (!fits(f, p, IP6_HDR + more, path))
		return;
	struct ip6_hdr_bytes *outer = put_outer(f, p, e, more);
	if (outer == NULL)
		return;
	if (more != 0) {
		fwd_write_limit((uint8_t *)(outer + 1), outer->next_header,
				(uint8_t)(p->limit - 1));
		outer->next_header = NEXT_OPTIONS;
	}
	if (rte_pktmbuf_data_len(p->m) <= path || nh->kind != NH_PORT)
		leave(f, p, e, nh);
	else
		fwd_fragment(f, p, e, nh, path);
}

// access.c's too. The entry's path MTU may be older than what the link says now.
void fwd_enter_tunnel(struct fwd *f, struct pkt *p, const struct fwd_entry *e,
		      const struct nexthop *nh)
{
	uint32_t path = RTE_MIN(atomic_load_explicit(&e->path_mtu, memory_order_relaxed), nh->mtu);

	const struct ip6_hdr_bytes *h = ip6_of(p->m);

	if (unlikely(may_have_limit(h->next_header) ||
		     rte_pktmbuf_data_len(p->m) + (uint32_t)IP6_HDR > path))
		enter_slowly(f, p, e, nh, path);
	else if (put_outer(f, p, e, 0) != NULL)
		leave(f, p, e, nh);
}

static __rte_always_inline void enter(struct fwd *f, struct pkt *p, uint32_t value)
{
	if (unlikely(value < BCACHE_FIRST)) // LMA-FW-13: in silence
		return fwd_drop(f, p->m,
				value == BCACHE_NONE ? V_DROP_NO_BINDING : V_DROP_DETACHED);
	if (p->verdict == V_TX_DOWNLINK) {
		struct ip6_hdr_bytes *h = ip6_of(p->m);
		if (h->hop_limit <= 1)
			return fwd_refuse(f, p, V_DROP_HOP_LIMIT, hop_limit_exceeded);
		h->hop_limit--; // LMA-FW-07
	}
	const struct fwd_entry *e = entry_get(f->fib, value);
	const struct nexthop *nh =
		nexthop_get(f->fib, atomic_load_explicit(&e->nexthop, memory_order_relaxed));
	if (likely(nh->kind == NH_PORT))
		return fwd_enter_tunnel(f, p, e, nh);
	if (nh->kind == NH_GLEAN)
		return fwd_glean(f, p, ip6_is_zero(nh->gateway) ? e->tunnel.remote : nh->gateway);
	// RFC 2473 8.3: no way to the tunnel's end is told as code 3
	fwd_refuse(f, p, V_DROP_NO_ROUTE, no_way);
}

// A plain packet, still with its layer 2: both headers at once, into the array of an untagged port.
// False: something is not as it mostly is, and nothing was done.
static __rte_always_inline bool enter_plainly(struct fwd *f, struct pkt *p, uint32_t value,
					      struct onward *to)
{
	struct rte_mbuf *m = p->m;
	uint32_t len = m->data_len + (uint32_t)IP6_HDR; // of the frame that leaves

	if (unlikely(value < BCACHE_FIRST))
		return false;
	const struct fwd_entry *e = entry_get(f->fib, value);
	onward_find(f, to, atomic_load_explicit(&e->nexthop, memory_order_relaxed));
	uint32_t path = atomic_load_explicit(&e->path_mtu, memory_order_relaxed);
	if (unlikely(len - L2_UNTAGGED > RTE_MIN(path, to->mtu) || to->out->n >= FWD_OUT ||
		     m->data_off < IP6_HDR))
		return false;
	uint8_t *front = rte_pktmbuf_mtod(m, uint8_t *) - IP6_HDR;
	struct ip6_hdr_bytes *h = (struct ip6_hdr_bytes *)(front + L2_UNTAGGED + IP6_HDR);
	h->hop_limit--; // LMA-FW-07
	memcpy(front, to->nh->l2, L2_UNTAGGED);
	write_outer(front + L2_UNTAGGED, e, p->plain);
	m->data_off = (uint16_t)(m->data_off - IP6_HDR);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	put_whole(to->out, m, (uint16_t)len, V_TX_DOWNLINK);
	return true;
}

static const struct ip6_addr *destination(const struct pkt *p)
{
	return &ip6_behind(p->m, p->plain != 0 ? L2_UNTAGGED : 0)->dst;
}

// Drops what may not enter; what is left moves up.
static __rte_noinline uint16_t keep_what_may_enter(struct fwd *f)
{
	struct lane *in = &f->ripe->enter;
	uint16_t n = 0;
	enum verdict why;

	for (uint16_t i = 0; i < in->n; i++) {
		struct pkt *p = &in->p[i];
		if (p->plain == 0 && p->verdict == V_TX_DOWNLINK &&
		    !may_enter(f, ip6_of(p->m), &why))
			fwd_drop(f, p->m, why);
		else
			lane_move(in, n++, i);
	}
	return n;
}

void fwd_encap(struct fwd *f)
{
	struct onward to = ONWARD_NOWHERE;
	uint32_t values[FWD_BURST];
	struct lane *in = &f->ripe->enter;
	struct pkt *p = in->p;
	uint16_t n = in->n;

	if (n == 0)
		return;
	if (unlikely(in->mixed))
		n = keep_what_may_enter(f);
	fwd_look_up(f, in, destination, n, values);
	for (uint16_t i = 0; i < n; i++) {
		if (likely(p[i].plain != 0)) {
			if (likely(enter_plainly(f, &p[i], values[i], &to)))
				continue;
			fwd_take_long_way(&p[i], f->ripe->port, V_TX_DOWNLINK);
		}
		enter(f, &p[i], values[i]);
	}
	lane_clear(in);
}
