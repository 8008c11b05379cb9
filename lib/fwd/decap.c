// Uplink: packets out of a tunnel. Whose tunnel is it, is the inner packet whole, may its source
// use this tunnel, what does congestion on the way mean for it, does it live one hop longer.
//
// Decides whether a mobile node's packet is let in; where it goes is route.c's. RFC 5213 5.6.2 and
// 6275 10.4.5: the outer source has to be the care-of address that the inner source is bound to.
#include <rte_prefetch.h>

#include "fwd/stage.h"
#include "wire/icmp6.h"

static const struct refusal hop_limit_exceeded = {ICMP6_TIME_EXCEEDED, ICMP6_HOP_LIMIT, 0};

// LMA-FW-04.
static bool may_cross(const struct ip6_addr *a)
{
	return ip6_is_routable_unicast(*a);
}

// Takes the outer headers off. What remains is the inner packet, trimmed to its own length. False,
// with the reason, when it is not let in.
static inline bool unwrap(struct fwd *f, struct pkt *p, enum verdict *why)
{
	const struct ip6_hdr_bytes *outer = ip6_of(p->m);

	*why = V_DROP_UNKNOWN_TUNNEL;
	p->peer = peer_find(f->fib, outer->src);
	if (p->peer == 0)
		return false;
	*why = V_DROP_INNER;
	p->outer_ecn = ip6_class(outer) & ECN_MASK;
	uint16_t room = (uint16_t)(rte_pktmbuf_data_len(p->m) - p->offset);
	uint32_t len =
		ip6_packet_len(rte_pktmbuf_mtod_offset(p->m, const uint8_t *, p->offset), room);
	if (len == 0)
		return false;
	rte_pktmbuf_adj(p->m, p->offset);
	rte_pktmbuf_trim(p->m, (uint16_t)(room - len));

	const struct ip6_hdr_bytes *inner = ip6_of(p->m);
	if (unlikely(!is_surely_global(first_half(&inner->src)) ||
		     !is_surely_global(first_half(&inner->dst)))) {
		*why = V_DROP_INNER_SRC;
		if (!may_cross(&inner->src))
			return false;
		*why = V_DROP_INNER_DST;
		if (!may_cross(&inner->dst))
			return false;
	}
	*why = V_DROP_NESTED;
	return !fwd_is_tunnel_end(f, &inner->dst);
}

// LMA-FW-03: bound, and bound to this tunnel.
static inline bool is_entitled(const struct fwd *f, const struct pkt *p, uint32_t value,
			       enum verdict *why)
{
	*why = V_DROP_UNBOUND_SRC;
	if (value == BCACHE_NONE)
		return false;
	*why = V_DROP_DETACHED;
	if (value < BCACHE_FIRST)
		return false;
	const struct fwd_entry *e = entry_get(f->fib, value);
	*why = V_DROP_SPOOF;
	return e->peer_id == p->peer || e->prev_peer_id == p->peer;
}

bool fwd_take_ecn(enum fwd_ecn mode, struct ip6_hdr_bytes *inner, uint8_t outer_ecn)
{
	uint8_t ecn = ip6_class(inner) & ECN_MASK;

	if (outer_ecn == ECN_CE) {
		if (ecn != ECN_NOT_ECT)
			ip6_set_ecn(inner, ECN_CE);
		return ecn != ECN_NOT_ECT || mode == FWD_ECN_RFC5213;
	}
	if (mode == FWD_ECN_RFC6040 && outer_ecn == ECN_ECT1 && ecn == ECN_ECT0)
		ip6_set_ecn(inner, ECN_ECT1);
	return true;
}

static __rte_always_inline void let_in(struct fwd *f, struct pkt *p, uint32_t value)
{
	struct ip6_hdr_bytes *inner = ip6_of(p->m);
	enum verdict why;

	if (!is_entitled(f, p, value, &why))
		return fwd_drop(f, p->m, why);
	if (p->outer_ecn != ECN_NOT_ECT && !fwd_take_ecn(f->conf->ecn, inner, p->outer_ecn))
		return fwd_drop(f, p->m, V_DROP_ECN);
	if (inner->hop_limit <= 1)
		return fwd_refuse(f, p, V_DROP_HOP_LIMIT, hop_limit_exceeded);
	inner->hop_limit--; // LMA-FW-07: once, wherever it goes from here
	p->plain = 0;
	lane_add(&f->route, p);
}

// A plain packet, still with its layer 2: it came from where its entry sends to, so the entry's
// peer is whose tunnel it is (LMA-FW-03). False: it did not, or is not bound, and nothing was done.
static __rte_always_inline bool let_in_plainly(struct fwd *f, struct pkt *p, uint32_t value)
{
	struct rte_mbuf *m = p->m;
	struct ip6_hdr_bytes *outer = ip6_behind(m, L2_UNTAGGED), *inner = outer + 1;

	if (unlikely(value < BCACHE_FIRST))
		return false;
	const struct fwd_entry *e = entry_get(f->fib, value);
	const struct ip6_hdr_bytes *back = (const struct ip6_hdr_bytes *)e->outer;
	if (unlikely(!ip6_equal(outer->src, back->dst)))
		return false;
	inner->hop_limit--; // LMA-FW-07
	m->data_off = (uint16_t)(m->data_off + L2_UNTAGGED + IP6_HDR);
	m->data_len = (uint16_t)(m->data_len - L2_UNTAGGED - IP6_HDR);
	m->pkt_len -= L2_UNTAGGED + IP6_HDR;
	struct pkt *next = lane_next_plain(&f->route, 0);
	next->m = m;
	next->plain = 1;
	return true;
}

static const struct ip6_addr *source(const struct pkt *p)
{
	return &ip6_behind(p->m, p->plain != 0 ? L2_UNTAGGED + IP6_HDR : 0)->src;
}

uint16_t fwd_unwrap(struct fwd *f)
{
	struct lane *in = &f->ripe->tunnel;
	uint16_t n = 0;
	enum verdict why;

	for (uint16_t i = 0; i < in->n; i++) {
		if (in->p[i].plain == 0 && unlikely(!unwrap(f, &in->p[i], &why)))
			fwd_drop(f, in->p[i].m, why);
		else
			lane_move(in, n++, i);
	}
	return n;
}

void fwd_decap(struct fwd *f)
{
	uint32_t values[FWD_BURST];
	struct lane *in = &f->ripe->tunnel;
	struct pkt *p = in->p;
	uint16_t n = in->n;
	enum verdict why;

	if (n == 0)
		return;
	if (unlikely(in->mixed))
		n = fwd_unwrap(f);
	uint16_t in_none = 0; // whose tunnel is none
	fwd_look_up(f, in, source, n, values);
	for (uint16_t i = 0; i < n; i++) {
		if (likely(p[i].plain != 0)) {
			if (likely(let_in_plainly(f, &p[i], values[i])))
				continue;
			fwd_take_long_way(&p[i], f->ripe->port, V_TX_UPLINK);
			if (!unwrap(f, &p[i], &why)) {
				fwd_drop(f, p[i].m, why);
				in_none++;
				continue;
			}
		}
		let_in(f, &p[i], values[i]);
	}
	telem_count(&f->telem->decapsulated, (uint64_t)(n - in_none));
	lane_clear(in);
}
