// Uplink at a MAG: whose packet is it, does it come from where that node is, and into its tunnel.
//
// One lookup by source says all of it: the entry has the node's place and its tunnel. The routes of
// the MAG are not asked (MAG-FW-06, MAG-FW-07). A source that is nobody's is a sign that a node is
// there. Where local routing is allowed for a node, a second lookup by destination says whether it
// is another such node here: then the packet goes straight to its link (MAG-FW-04).
#include <stdatomic.h>
#include <string.h>

#include <rte_prefetch.h>

#include "fwd/stage.h"
#include "wire/icmp6.h"

static const struct refusal hop_limit_exceeded = {ICMP6_TIME_EXCEEDED, ICMP6_HOP_LIMIT, 0};
static const struct refusal no_way = {ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE, 0};

enum { MAC_AT = 6, MAC_LEN = 6 };

// MAG-PP-04: a node is its MAC address behind its port and VLAN.
static bool is_in_place(const struct fwd_access *place, const struct pkt *p)
{
	const uint8_t *mac = rte_pktmbuf_mtod_offset(p->m, const uint8_t *, MAC_AT);

	return memcmp(place->mac, mac, MAC_LEN) == 0 && place->port == p->port &&
	       place->vlan == p->vlan;
}

// The packet alone: without layer 2 and its padding.
static void strip(struct pkt *p)
{
	rte_pktmbuf_adj(p->m, p->offset);
	uint16_t room = rte_pktmbuf_data_len(p->m);
	uint32_t len = ip6_packet_len(rte_pktmbuf_mtod(p->m, const uint8_t *), room);
	rte_pktmbuf_trim(p->m, (uint16_t)(room - len));
}

// Inside the loop, though decide has it too: 18 instructions a packet, measured.
static __rte_always_inline void enter(struct fwd *f, struct pkt *p, const struct fwd_entry *e)
{
	const struct nexthop *nh =
		nexthop_get(f->fib, atomic_load_explicit(&e->nexthop, memory_order_relaxed));

	if (nh->kind != NH_PORT && nh->kind != NH_GLEAN)
		return fwd_refuse(f, p, V_DROP_NO_ROUTE, no_way);
	fwd_enter_tunnel(f, p, e, nh);
}

// Packets of nodes that may be routed to locally, until all their destinations are looked up
// together: a MAG without such nodes pays one test a packet.
struct undecided {
	uint16_t n;
	struct pkt *p[FWD_BURST];
	const struct fwd_entry *from[FWD_BURST];
};

static void admit(struct fwd *f, struct pkt *p, uint32_t value, struct undecided *local)
{
	if (value == BCACHE_NONE) // MAG-FW-05
		return fwd_listen(f, p, V_DROP_UNBOUND_SRC);
	if (value < BCACHE_FIRST)
		return fwd_drop(f, p->m, V_DROP_DETACHED);
	const struct fwd_entry *e = entry_get(f->fib, value);
	bool moves = unlikely((e->access.flags & FWD_HANDOVER) != 0);
	if (moves && (e->access.flags & FWD_EXPECTED) != 0)
		return fwd_await(f, p, e);
	if (!is_in_place(&e->access, p)) // MAG-FW-01
		return fwd_drop(f, p->m, V_DROP_SPOOF);
	if (moves && !is_released(p) && fwd_hold(f, p, e, FWD_UPLINK))
		return;
	if (moves && e->handover.next != 0) // FMIP-17: control knows whether it had left
		fwd_tell(f, p);
	strip(p);
	struct ip6_hdr_bytes *h = ip6_of(p->m);
	if (fwd_is_tunnel_end(f, &h->dst))
		return fwd_drop(f, p->m, V_DROP_NESTED);
	if (h->hop_limit <= 1) // MAG-FW-10
		return fwd_refuse(f, p, V_DROP_HOP_LIMIT, hop_limit_exceeded);
	h->hop_limit--; // LMA-FW-07
	if (likely((e->access.flags & FWD_LOCAL) == 0))
		return enter(f, p, e);
	local->p[local->n] = p;
	local->from[local->n++] = e;
}

static bool is_one_place(const struct fwd_access *a, const struct fwd_access *b)
{
	return memcmp(a->mac, b->mac, MAC_LEN) == 0 && a->port == b->port && a->vlan == b->vlan;
}

// RFC 5213 6.10.5: through the tunnel unless both may be routed to locally; then it must not be
// (MAG-FW-04, MAG-FW-06). Back to its sender it must not go, for that is the other end of the one
// point-to-point link (RFC 4443 3.1): the addresses in its prefixes that it does not answer for
// itself are nobody's.
static void decide(struct fwd *f, struct pkt *p, const struct fwd_entry *from, uint32_t value)
{
	const struct fwd_entry *to = value >= BCACHE_FIRST ? entry_get(f->fib, value) : NULL;

	if (to == NULL || (to->access.flags & FWD_LOCAL) == 0)
		return enter(f, p, from);
	if (is_one_place(&to->access, &from->access))
		return fwd_refuse(f, p, V_DROP_SAME_LINK, no_way);
	p->verdict = V_TX_LOCAL;
	fwd_hand_to_node(f, p, &to->access);
}

static __rte_noinline void decide_all(struct fwd *f, const struct undecided *local)
{
	const struct ip6_addr *destinations[FWD_BURST];
	uint32_t values[FWD_BURST];

	for (uint16_t i = 0; i < local->n; i++)
		destinations[i] = &ip6_of(local->p[i]->m)->dst;
	bcache_find_burst(f->bcache, destinations, local->n, values);
	for (uint16_t i = 0; i < local->n; i++)
		if (values[i] >= BCACHE_FIRST)
			rte_prefetch0(entry_get(f->fib, values[i]));
	for (uint16_t i = 0; i < local->n; i++)
		decide(f, local->p[i], local->from[i], values[i]);
}

static const struct ip6_addr *source(const struct pkt *p)
{
	return &ip6_behind(p->m, p->offset)->src;
}

void fwd_access(struct fwd *f)
{
	uint32_t values[FWD_BURST];
	struct lane *in = &f->access;
	struct undecided local;
	uint16_t n = in->n;

	if (n == 0)
		return;
	local.n = 0;
	fwd_look_up(f, in, source, n, values);
	for (uint16_t i = 0; i < n; i++)
		admit(f, &in->p[i], values[i], &local);
	if (local.n > 0)
		decide_all(f, &local);
	lane_clear(in);
}
