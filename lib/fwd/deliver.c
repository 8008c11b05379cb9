// Downlink at a MAG: out of the tunnel, onto the link of the node whose prefix has the destination.
//
// Decides by the destination's binding and by the tunnel that the packet came through (MAG-FW-03);
// all addresses in a node's prefix go to that node's MAC address. The MAG's own packets to a node
// pass here too, and end here what access.c sends from one node straight to another.
#include <stdatomic.h>
#include <string.h>

#include <rte_prefetch.h>

#include "fwd/stage.h"
#include "wire/icmp6.h"

static const struct refusal hop_limit_exceeded = {ICMP6_TIME_EXCEEDED, ICMP6_HOP_LIMIT, 0};
static const struct refusal no_way = {ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE, 0};

enum { MAC_LEN = 6 };

// RFC 6543: from the one address that every MAG has on every access link.
static uint8_t write_l2(uint8_t l2[NEXTHOP_L2_MAX], const struct fwd_access *to, const uint8_t *src)
{
	uint8_t n = 2 * MAC_LEN;

	memcpy(l2, to->mac, MAC_LEN);
	memcpy(l2 + MAC_LEN, src, MAC_LEN);
	if (to->vlan != 0) {
		l2[n++] = 0x81;
		l2[n++] = 0x00;
		l2[n++] = (uint8_t)(to->vlan >> 8);
		l2[n++] = (uint8_t)to->vlan;
	}
	l2[n++] = 0x86;
	l2[n++] = 0xdd;
	return n;
}

void fwd_hand_to_node(struct fwd *f, struct pkt *p, const struct fwd_access *to)
{
	uint8_t l2[NEXTHOP_L2_MAX];

	if (rte_pktmbuf_data_len(p->m) > to->mtu) {
		uint32_t mtu = RTE_MAX(to->mtu, IP6_MIN_MTU);
		return fwd_refuse(f, p, V_DROP_LINK_MTU, (struct refusal){ICMP6_TOO_BIG, 0, mtu});
	}
	uint8_t n = write_l2(l2, to, f->conf->access_mac);
	fwd_put(f, p, to->port, l2, n);
}

static bool is_of_mag(const struct pkt *p)
{
	return p->peer >= FWD_FIRST_MAG;
}

static void enter(struct fwd *f, struct pkt *p, const struct fwd_entry *e)
{
	const struct nexthop *nh =
		nexthop_get(f->fib, atomic_load_explicit(&e->nexthop, memory_order_relaxed));

	if (!fwd_take_ecn(f->conf->ecn, ip6_of(p->m), p->outer_ecn))
		return fwd_drop(f, p->m, V_DROP_ECN);
	if (nh->kind != NH_PORT && nh->kind != NH_GLEAN)
		return fwd_refuse(f, p, V_DROP_NO_ROUTE, no_way);
	fwd_enter_tunnel(f, p, e, nh);
}

// FMIP-11: out of another MAG's tunnel, for nobody here: then from a node that left for there.
static void relay_uplink(struct fwd *f, struct pkt *p)
{
	uint32_t value = bcache_find(f->bcache, ip6_of(p->m)->src);

	if (value == BCACHE_NONE)
		return fwd_drop(f, p->m, V_DROP_UNBOUND_SRC);
	if (value < BCACHE_FIRST)
		return fwd_drop(f, p->m, V_DROP_DETACHED);
	const struct fwd_entry *e = entry_get(f->fib, value);
	if (e->handover.next == 0 || entry_get(f->fib, e->handover.next)->peer_id != p->peer)
		return fwd_drop(f, p->m, V_DROP_SPOOF);
	p->verdict = V_TX_UPLINK_DETOUR;
	enter(f, p, e);
}

// RFC 5949 4.2: it waits, or goes on to the node's next MAG. False: straight to the node.
static bool hand_over(struct fwd *f, struct pkt *p, const struct fwd_entry *e)
{
	enum fwd_queue queue = is_of_mag(p) ? FWD_DETOUR : FWD_DIRECT;

	if (!is_released(p) && fwd_hold(f, p, e, queue))
		return true;
	if (e->handover.next != 0) { // FMIP-16
		p->verdict = V_TX_DETOUR;
		enter(f, p, entry_get(f->fib, e->handover.next));
		return true;
	}
	if ((e->access.flags & FWD_EXPECTED) == 0)
		return false;
	fwd_drop(f, p->m, V_DROP_HOLD_OVER);
	return true;
}

static void deliver(struct fwd *f, struct pkt *p, uint32_t value)
{
	struct ip6_hdr_bytes *h = ip6_of(p->m);

	if (value == BCACHE_NONE && is_of_mag(p))
		return relay_uplink(f, p);
	if (value == BCACHE_NONE) // MAG-FW-02, MAG-FW-09: in silence
		return fwd_drop(f, p->m, V_DROP_NO_BINDING);
	if (value < BCACHE_FIRST)
		return fwd_drop(f, p->m, V_DROP_DETACHED);
	const struct fwd_entry *e = entry_get(f->fib, value);
	// What has waited came through a tunnel that was right then.
	if (e->peer_id != p->peer && e->prev_peer_id != p->peer && !is_released(p))
		return is_of_mag(p) ? relay_uplink(f, p) : fwd_drop(f, p->m, V_DROP_WRONG_TUNNEL);
	if (unlikely((e->access.flags & FWD_HANDOVER) != 0) && hand_over(f, p, e))
		return;
	if (!fwd_take_ecn(f->conf->ecn, h, p->outer_ecn))
		return fwd_drop(f, p->m, V_DROP_ECN);
	if (h->hop_limit <= 1)
		return fwd_refuse(f, p, V_DROP_HOP_LIMIT, hop_limit_exceeded);
	h->hop_limit--; // LMA-FW-07
	p->verdict = V_TX_DOWNLINK;
	fwd_hand_to_node(f, p, &e->access);
}

static const struct ip6_addr *destination(const struct pkt *p)
{
	return &ip6_of(p->m)->dst;
}

static void deliver_all(struct fwd *f, uint16_t n)
{
	uint32_t values[FWD_BURST];
	struct lane *in = &f->ripe->tunnel;

	if (n > 0)
		fwd_look_up(f, in, destination, n, values);
	for (uint16_t i = 0; i < n; i++)
		deliver(f, &in->p[i], values[i]);
	lane_clear(in);
}

void fwd_deliver(struct fwd *f)
{
	uint16_t n = fwd_unwrap(f);

	telem_count(&f->telem->decapsulated, n);
	deliver_all(f, n);
}

void fwd_deliver_held(struct fwd *f)
{
	deliver_all(f, f->ripe->tunnel.n);
}

static void hand_own(struct fwd *f, struct pkt *p, const struct fwd_entry *to)
{
	if ((to->access.flags & FWD_EXPECTED) != 0) // nobody is there yet
		return fwd_drop(f, p->m, V_DROP_DETACHED);
	fwd_hand_to_node(f, p, &to->access);
}

void fwd_deliver_own(struct fwd *f)
{
	uint32_t values[FWD_BURST];
	struct lane *in = &f->route;
	uint16_t n = in->n, left = 0;

	if (n == 0)
		return;
	fwd_look_up(f, in, destination, n, values);
	for (uint16_t i = 0; i < n; i++) {
		if (values[i] == BCACHE_NONE)
			lane_move(in, left++, i);
		else if (values[i] < BCACHE_FIRST) // its prefix has no place but here (MAG-FW-05)
			fwd_drop(f, in->p[i].m, V_DROP_DETACHED);
		else
			hand_own(f, &in->p[i], entry_get(f->fib, values[i]));
	}
	in->n = left;
}
