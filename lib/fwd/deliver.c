// Downlink at a MAG: out of the tunnel, onto the link of the node whose prefix has the destination.
//
// Decides by the destination's binding and by the tunnel that the packet came through (MAG-FW-03);
// all addresses in a node's prefix go to that node's MAC address. The MAG's own packets to a node
// pass here too, and end here what access.c sends from one node straight to another.
#include <string.h>

#include <rte_prefetch.h>

#include "fwd/stage.h"
#include "wire/icmp6.h"

static const struct refusal hop_limit_exceeded = {ICMP6_TIME_EXCEEDED, ICMP6_HOP_LIMIT, 0};

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

static void deliver(struct fwd *f, struct pkt *p, uint32_t value)
{
	struct ip6_hdr_bytes *h = ip6_of(p->m);

	if (value == BCACHE_NONE) // MAG-FW-02, MAG-FW-09: in silence
		return fwd_drop(f, p->m, V_DROP_NO_BINDING);
	if (value < BCACHE_FIRST)
		return fwd_drop(f, p->m, V_DROP_DETACHED);
	const struct fwd_entry *e = entry_get(f->fib, value);
	if (e->peer_id != p->peer && e->prev_peer_id != p->peer)
		return fwd_drop(f, p->m, V_DROP_WRONG_TUNNEL);
	if (!fwd_take_ecn(f->conf->ecn, h, p->outer_ecn))
		return fwd_drop(f, p->m, V_DROP_ECN);
	if (h->hop_limit <= 1)
		return fwd_refuse(f, p, V_DROP_HOP_LIMIT, hop_limit_exceeded);
	h->hop_limit--; // LMA-FW-07
	p->verdict = V_TX_DOWNLINK;
	fwd_hand_to_node(f, p, &e->access);
}

static void look_up(const struct fwd *f, const struct lane *in, uint16_t n, uint32_t *values)
{
	const struct ip6_addr *destinations[FWD_BURST];

	for (uint16_t i = 0; i < n; i++)
		destinations[i] = &ip6_of(in->p[i].m)->dst;
	bcache_find_burst(f->bcache, destinations, n, values);
	for (uint16_t i = 0; i < n; i++)
		if (values[i] >= BCACHE_FIRST)
			rte_prefetch0(entry_get(f->fib, values[i]));
}

void fwd_deliver(struct fwd *f)
{
	uint32_t values[FWD_BURST];
	struct lane *in = &f->tunnel;
	uint16_t n = fwd_unwrap(f);

	if (n == 0)
		return;
	look_up(f, in, n, values);
	for (uint16_t i = 0; i < n; i++)
		deliver(f, &in->p[i], values[i]);
}

void fwd_deliver_own(struct fwd *f)
{
	uint32_t values[FWD_BURST];
	struct lane *in = &f->route;
	uint16_t n = in->n, left = 0;

	if (n == 0)
		return;
	look_up(f, in, n, values);
	for (uint16_t i = 0; i < n; i++) {
		if (values[i] == BCACHE_NONE)
			in->p[left++] = in->p[i];
		else if (values[i] < BCACHE_FIRST) // its prefix has no place but here (MAG-FW-05)
			fwd_drop(f, in->p[i].m, V_DROP_DETACHED);
		else
			fwd_hand_to_node(f, &in->p[i], &entry_get(f->fib, values[i])->access);
	}
	in->n = left;
}
