// Bytes become headers: the only place that looks at a frame before its lengths are checked.
//
// Decides which lane a frame takes: to a mobile node (enter), out of a tunnel (tunnel), to control
// (punt), or dropped by name. What is ours is steer.h's table, the same that the XDP program uses.
// Does not decide whether anybody may send it: that is decap's and encap's.
#include <string.h>

#include <rte_prefetch.h>

#include "drivers/xdp/steer.h"
#include "fwd/stage.h"

#define STEER_PROTO(name, next_header) PROTO_##name = next_header,
enum { STEER_PROTOS(STEER_PROTO) };
#undef STEER_PROTO

enum {
	MAC_LEN = 6,
	ETH_LEN = 14,
	TAG_LEN = 4,
	TYPE_IPV6 = 0x86dd,
	TYPE_VLAN = 0x8100,
	VLAN_MASK = 0xfff
};

// RFC 2473 3.3 walks the chain; more than this many headers is nobody's honest packet.
enum { MAX_EXT_HEADERS = 4 };
enum { OPT_PAD1 = 0, OPT_ACTION = 0xc0 };

// Where a frame goes: a lane, or DROP for the reason given.
// The way of a packet without its layer 2, before ACCESS, or of the whole frame.
enum way { ENTER, TUNNEL, PUNT, FRAGMENT, ACCESS, LISTEN, RELAY, DROP };
struct sorted {
	enum way way;
	enum verdict why;        // DROP
	enum fwd_punt_kind punt; // PUNT
	uint16_t offset;         // TUNNEL, PUNT, FRAGMENT: of what follows the outer headers
	uint16_t vlan;
};

static struct sorted dropped(enum verdict why)
{
	return (struct sorted){.way = DROP, .why = why};
}

static bool is_our_mac(const uint8_t *conf, const uint8_t *dst)
{
	uint64_t ours = mac_bits(conf);

	return ours == 0 || ours == mac_bits(dst); // all zero: any
}

static bool is_group(const uint8_t *mac)
{
	return (mac[0] & 1) != 0;
}

// The layer-2 header, checked.
struct l2 {
	const uint8_t *dst, *src;
	uint16_t len, type, vlan;
};

static bool read_ethernet(struct span frame, struct l2 *out)
{
	struct reader r = rd_over(frame);

	out->dst = rd_bytes(&r, MAC_LEN).p;
	out->src = rd_bytes(&r, MAC_LEN).p;
	out->type = rd_u16(&r);
	out->vlan = 0;
	if (out->type == TYPE_VLAN) {
		out->vlan = rd_u16(&r) & VLAN_MASK;
		out->type = rd_u16(&r);
	}
	out->len = (uint16_t)(r.p - frame.p);
	return !r.failed;
}

static bool has_interface(const struct fwd_port *port, uint16_t vlan)
{
	return (port->vlans[vlan / 64] >> vlan % 64 & 1) != 0;
}

// RFC 8200 4.2: the upper two bits of an option's type say what becomes of a packet whose reader
// does not know it. Those that say "skip me" are skipped; the Tunnel Encapsulation Limit (4) is one
// of them, whatever its value (RFC 2473 3.3, LMA-FW-11). All others ask for a discard.
static bool options_are_harmless(struct span options)
{
	struct reader r = rd_over(options);

	rd_u16(&r); // next header, length
	while (!r.failed && rd_left(&r) > 0) {
		uint8_t type = rd_u8(&r);
		if (type == OPT_PAD1)
			continue;
		if ((type & OPT_ACTION) != 0)
			return false;
		rd_bytes(&r, rd_u8(&r));
	}
	return !r.failed;
}

// A packet to one of our tunnel addresses, by what stands at `offset`.
static struct sorted by_protocol(uint8_t next, struct span packet, uint16_t offset, bool extended)
{
	struct reader r = {packet.p + offset, packet.p + packet.n, false};
	enum verdict unknown = extended ? V_DROP_EXT_HEADERS : V_DROP_NOT_OURS;

	switch (next) {
	case PROTO_IPV6:
		return (struct sorted){.way = TUNNEL, .offset = offset};
	case PROTO_MOBILITY:
		return (struct sorted){.way = PUNT, .punt = FWD_PUNT_SIGNALLING, .offset = offset};
	case PROTO_FRAGMENT:
		return (struct sorted){.way = FRAGMENT, .offset = offset};
	case PROTO_IPIP:
	case PROTO_GRE:
		return dropped(V_DROP_OUTER_PROTO);
	case STEER_UDP: {
		rd_u16(&r);
		uint16_t port = rd_u16(&r);
		if (r.failed)
			return dropped(V_DROP_TRUNCATED);
		bool ours = port == STEER_UDP_SIGNAL || port == STEER_UDP_DATA;
		return dropped(ours ? V_DROP_OUTER_PROTO : unknown);
	}
	case STEER_ICMPV6: {
		uint8_t type = rd_u8(&r);
		if (r.failed)
			return dropped(V_DROP_TRUNCATED);
		if (type < 1 || type > STEER_ICMP_ERRORS)
			return dropped(unknown);
		return (struct sorted){.way = PUNT, .punt = FWD_PUNT_ICMP, .offset = offset};
	}
	default:
		return dropped(unknown);
	}
}

// RFC 8200 4.4: then the header is skipped, whatever its type.
static bool route_has_ended(struct span header)
{
	return header.p[3] == 0;
}

// LMA-FW-11: the outer chain, strictly in order.
static struct sorted walk(struct span packet)
{
	struct reader r = rd_over(packet);
	uint8_t next = rd_bytes(&r, IP6_HDR).p[6];

	for (int i = 0; i <= MAX_EXT_HEADERS; i++) {
		if (next != PROTO_DSTOPTS && next != PROTO_ROUTING &&
		    (next != PROTO_HOPOPTS || i > 0)) // RFC 8200 4.1: it comes first
			return by_protocol(next, packet, (uint16_t)(r.p - packet.p), i > 0);
		struct reader at = r;
		uint8_t kind = next;
		next = rd_u8(&at);
		struct span header = rd_bytes(&r, (rd_u8(&at) + 1u) * 8);
		if (at.failed || r.failed)
			break;
		if (kind == PROTO_ROUTING ? !route_has_ended(header)
					  : !options_are_harmless(header))
			break;
	}
	return dropped(V_DROP_EXT_HEADERS);
}

// Behind the layer-2 header: the IPv6 packet, without padding; DROP if there is none.
static struct sorted find_packet(struct span frame, const struct l2 *l2, struct span *packet)
{
	if (l2->type != TYPE_IPV6)
		return dropped(V_DROP_NOT_IPV6);
	if (frame.n > l2->len && frame.p[l2->len] >> 4 != 6)
		return dropped(V_DROP_NOT_IPV6);
	uint32_t len = ip6_packet_len(frame.p + l2->len, frame.n - l2->len);
	if (len == 0)
		return dropped(V_DROP_TRUNCATED);
	*packet = (struct span){frame.p + l2->len, (uint16_t)len};
	return (struct sorted){.way = ENTER};
}

// What is ours on a port of the network's side: steer.h's table.
static struct sorted sort_network(const struct fwd_conf *conf, const struct fwd_port *port,
				  struct span frame, const struct l2 *l2, struct span *packet)
{
	if (is_group(l2->dst) ||
	    !is_our_mac(port->mac, l2->dst)) // ND and the like are the kernel's
		return dropped(V_DROP_NOT_FOR_US);
	struct sorted s = find_packet(frame, l2, packet);
	if (s.way == DROP)
		return s;
	const struct ip6_hdr_bytes *h = (const struct ip6_hdr_bytes *)packet->p;
	if (fwd_is_lmaa(conf, &h->dst))
		return walk(*packet);
	return fwd_in_pool(conf, &h->dst) ? s : dropped(V_DROP_NOT_OURS);
}

// Where a TAP is the kernel's twin, what is not ours is the kernel's.
static struct sorted sort_relayed(const struct fwd_conf *conf, const struct fwd_port *port,
				  struct span frame, const struct l2 *l2, struct span *packet)
{
	struct sorted s = sort_network(conf, port, frame, l2, packet);
	bool to_us = is_group(l2->dst) || is_our_mac(port->mac, l2->dst);

	if (s.way == DROP && to_us &&
	    (s.why == V_DROP_NOT_OURS || s.why == V_DROP_NOT_IPV6 || s.why == V_DROP_NOT_FOR_US))
		s.way = RELAY;
	return s;
}

// A mobile node's frame: to be forwarded, or for control to look at (MAG-FW-10).
static struct sorted sort_access(const struct fwd_conf *conf, struct span frame,
				 const struct l2 *l2, struct span *packet)
{
	bool to_us = memcmp(l2->dst, conf->access_mac, MAC_LEN) == 0;

	if (is_group(l2->src) || memcmp(l2->src, conf->access_mac, MAC_LEN) == 0)
		return dropped(V_DROP_SPOOF); // nobody's address, or ours come back
	if (!to_us && !is_group(l2->dst))
		return dropped(V_DROP_NOT_FOR_US);
	struct sorted s = find_packet(frame, l2, packet);
	if (s.way == DROP && s.why != V_DROP_NOT_IPV6)
		return s;
	s.offset = l2->len;
	const struct ip6_hdr_bytes *h = (const struct ip6_hdr_bytes *)packet->p;
	bool routable = to_us && s.way != DROP && ip6_is_routable_unicast(h->src) &&
			ip6_is_routable_unicast(h->dst);
	s.way = routable ? ACCESS : LISTEN;
	return s;
}

// Leaves in m the IPv6 packet alone, without layer 2 and its padding; for ACCESS, LISTEN and RELAY
// the frame.
static struct sorted sort(const struct fwd_conf *conf, const struct fwd_port *port,
			  struct rte_mbuf *m)
{
	struct span packet = {0};
	struct sorted s;
	struct l2 l2;

	// Chains are rare (a driver with scattered receive): everything after this sees one
	// segment.
	if (m->nb_segs > 1 && rte_pktmbuf_linearize(m) != 0)
		return dropped(V_DROP_NO_MBUF);
	struct span frame = ip6_span(m);
	if (!read_ethernet(frame, &l2))
		return dropped(V_DROP_TRUNCATED);
	if (!has_interface(port, l2.vlan))
		return dropped(V_DROP_VLAN);
	switch (port->kind) {
	case FWD_PORT_ACCESS:
		s = sort_access(conf, frame, &l2, &packet);
		break;
	case FWD_PORT_RELAYED:
		s = sort_relayed(conf, port, frame, &l2, &packet);
		break;
	default:
		s = sort_network(conf, port, frame, &l2, &packet);
	}
	s.vlan = l2.vlan;
	if (s.way >= ACCESS)
		return s;
	rte_pktmbuf_adj(m, l2.len);
	rte_pktmbuf_trim(m, (uint16_t)(frame.n - l2.len - packet.n));
	return s;
}

// In place, member by member: a copy is made of wider loads than the stores just before it, and
// waits for them (12 cycles a packet, measured).
static inline void write_pkt(struct pkt *p, struct rte_mbuf *m, uint16_t port, struct sorted s,
			     enum verdict verdict)
{
	p->m = m;
	p->peer = 0;
	p->port = port;
	p->offset = s.offset;
	p->vlan = s.vlan;
	p->verdict = (uint8_t)verdict;
	p->outer_ecn = 0;
	p->punt = (uint8_t)s.punt;
	p->limit = 0;
	p->plain = 0;
}

// Of the address that its stage will look up first, so that the line comes while the rest of the
// burst is sorted. Nothing inside is checked yet: what is not there is not asked for.
static inline uint64_t ask_inner(const struct fwd *f, struct rte_mbuf *m, uint16_t offset)
{
	if (unlikely(rte_pktmbuf_data_len(m) < offset + IP6_HDR))
		return 0;
	const struct ip6_hdr_bytes *inner =
		rte_pktmbuf_mtod_offset(m, const struct ip6_hdr_bytes *, offset);
	return bcache_ask(&f->keys, f->conf->role == FWD_LMA ? &inner->src : &inner->dst);
}

static inline uint64_t ask_source(const struct fwd *f, struct rte_mbuf *m, uint16_t offset)
{
	return bcache_ask(&f->keys,
			  &rte_pktmbuf_mtod_offset(m, const struct ip6_hdr_bytes *, offset)->src);
}

// A packet that is not plain, or not any more: without its layer 2, as sort() leaves it.
void fwd_take_long_way(struct pkt *p, uint16_t port, enum verdict verdict)
{
	*p = (struct pkt){.m = p->m,
			  .port = port,
			  .offset = verdict == V_TX_UPLINK ? IP6_HDR : 0,
			  .verdict = (uint8_t)verdict};
	rte_pktmbuf_adj(p->m, ETH_LEN);
}

static __rte_always_inline void add_quickly(struct fwd *f, struct lane *l, uint64_t hash,
					    struct rte_mbuf *m, uint64_t plain,
					    enum verdict verdict)
{
	struct pkt *p = lane_next_plain(l, hash);

	p->m = m;
	p->plain = plain;
	if (likely(plain != 0))
		return;
	fwd_take_long_way(p, f->fresh->port, verdict);
	l->mixed = true;
}

// What most frames are: untagged, for us, an IPv6 packet and nothing behind it, to a mobile node or
// out of a tunnel. Whether it is one of these; then nothing is left to be checked of what sort()
// checks, and of what comes after whatever makes a packet plain.
static __rte_always_inline bool sort_quickly(struct fwd *f, const struct quick_port *port,
					     struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct ip6_hdr_bytes *h = (const struct ip6_hdr_bytes *)(frame + ETH_LEN);
	uint32_t len = rte_pktmbuf_data_len(m);
	const struct quick *q = &f->quick;

	if (unlikely(m->nb_segs != 1 || len < ETH_LEN + IP6_HDR))
		return false;
	// Ethertype, first word and payload length in one.
	uint64_t word = eight_octets(frame + 2 * MAC_LEN);
	len -= ETH_LEN;
	if (unlikely((eight_octets(frame) & port->mask) != port->mac ||
		     (word & 0xf0ffff) != (6u << 20 | RTE_BE16(TYPE_IPV6)) ||
		     rte_be_to_cpu_16((uint16_t)(word >> 48)) + (uint32_t)IP6_HDR != len))
		return false;
	if (in_first_pool(q, first_half(&h->dst)) ||
	    (unlikely(q->many) && fwd_in_pool(f->conf, &h->dst))) {
		uint64_t hash = bcache_ask(&f->keys, &h->dst);
		add_quickly(f, &f->fresh->enter, hash, m, plain_down(f, h, len), V_TX_DOWNLINK);
		return true;
	}
	if (unlikely(!is_first_lmaa(q, &h->dst) || h->next_header != PROTO_IPV6 ||
		     len < 2 * IP6_HDR))
		return false;
	uint64_t hash = bcache_ask(&f->keys, q->lma ? &h[1].src : &h[1].dst);
	add_quickly(f, &f->fresh->tunnel, hash, m, plain_up(f, h, len), V_TX_UPLINK);
	return true;
}

// The long way, apart from the loop: what is rare costs what is usual no registers.
static __rte_noinline void sort_slowly(struct fwd *f, uint16_t port, struct rte_mbuf *m)
{
	struct sorted s = sort(f->conf, &f->conf->ports[port], m);
	struct pkt p;

	switch (s.way) {
	case ENTER:
		write_pkt(lane_next(&f->fresh->enter, bcache_ask(&f->keys, &ip6_of(m)->dst)), m,
			  port, s, V_TX_DOWNLINK);
		break;
	case TUNNEL:
		write_pkt(lane_next(&f->fresh->tunnel, ask_inner(f, m, s.offset)), m, port, s,
			  V_TX_UPLINK);
		break;
	case PUNT:
		write_pkt(lane_next(&f->punt, 0), m, port, s, 0);
		break;
	case FRAGMENT:
		write_pkt(lane_next(&f->fragments, 0), m, port, s, V_TX_UPLINK);
		break;
	case ACCESS:
		write_pkt(lane_next(&f->access, ask_source(f, m, s.offset)), m, port, s,
			  V_TX_UPLINK);
		break;
	case LISTEN:
		write_pkt(&p, m, port, s, 0);
		fwd_listen(f, &p, V_DROP_ACCESS_POLICED);
		break;
	case RELAY:
		write_pkt(&p, m, port, s, 0);
		fwd_relay(f, &p);
		break;
	case DROP:
		fwd_drop(f, m, s.why);
		break;
	}
}

uint32_t fwd_classify(struct fwd *f, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	const struct quick_port *quick = &f->quick.ports[port];
	uint32_t bytes = 0;

	f->fresh->port = port;
	for (uint16_t i = 0; i < n && i < PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		if (i + PREFETCH_AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + PREFETCH_AHEAD], void *));
		bytes += m->pkt_len;
		if (unlikely(!sort_quickly(f, quick, m)))
			sort_slowly(f, port, m);
	}
	return bytes;
}

// A fragment in a fragment is nobody's honest packet.
void fwd_sort_again(struct fwd *f, struct pkt *p)
{
	struct sorted s = walk(ip6_span(p->m));

	p->offset = s.offset;
	p->verdict = V_TX_UPLINK;
	p->punt = (uint8_t)s.punt;
	if (s.way == TUNNEL)
		lane_add(&f->fresh->tunnel, p);
	else if (s.way == PUNT)
		lane_add(&f->punt, p);
	else
		fwd_drop(f, p->m, s.way == DROP ? s.why : V_DROP_FRAGMENT);
}
