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

enum { MAC_LEN = 6, ETH_LEN = 14, TAG_LEN = 4, TYPE_IPV6 = 0x86dd, TYPE_VLAN = 0x8100 };

// RFC 2473 3.3 walks the chain; more than this many headers is nobody's honest packet.
enum { MAX_EXT_HEADERS = 4 };
enum { OPT_PAD1 = 0, OPT_ACTION = 0xc0 };

// Where a frame goes: a lane, or DROP for the reason given.
enum way { ENTER, TUNNEL, PUNT, DROP };
struct sorted {
	enum way way;
	enum verdict why;        // DROP
	enum fwd_punt_kind punt; // PUNT
	uint16_t offset;         // TUNNEL, PUNT: of what follows the outer headers
};

static struct sorted dropped(enum verdict why)
{
	return (struct sorted){.way = DROP, .why = why};
}

bool fwd_is_lmaa(const struct fwd_conf *conf, const struct ip6_addr *a)
{
	for (uint32_t i = 0; i < conf->n_lmaas; i++)
		if (ip6_equal(conf->lmaas[i], *a))
			return true;
	return false;
}

bool fwd_in_pool(const struct fwd_conf *conf, const struct ip6_addr *a)
{
	uint32_t lo = 0, hi = conf->n_pools;

	while (lo < hi) { // the last pool that starts at or before a
		uint32_t mid = (lo + hi) / 2;
		if (memcmp(&conf->pools[mid].addr, a, sizeof(*a)) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo > 0 && ip6_prefix_covers(conf->pools[lo - 1], *a);
}

static bool is_our_mac(const uint8_t *conf, const uint8_t *dst)
{
	static const uint8_t any[MAC_LEN];

	if (dst[0] & 1) // group addresses: ND and the like are the kernel's
		return false;
	return memcmp(conf, any, MAC_LEN) == 0 || memcmp(conf, dst, MAC_LEN) == 0;
}

// Length of the layer-2 header in *l2_len, or why the frame is not ours.
static bool read_ethernet(const uint8_t *mac, struct span frame, uint16_t *l2_len,
			  enum verdict *why)
{
	struct reader r = rd_over(frame);
	struct span dst = rd_bytes(&r, MAC_LEN);
	rd_bytes(&r, MAC_LEN);
	uint16_t type = rd_u16(&r);

	*why = V_DROP_TRUNCATED;
	if (type == TYPE_VLAN) {
		rd_u16(&r);
		type = rd_u16(&r);
	}
	if (r.failed)
		return false;
	*why = V_DROP_NOT_FOR_US;
	if (!is_our_mac(mac, dst.p))
		return false;
	*why = V_DROP_NOT_IPV6;
	if (type != TYPE_IPV6)
		return false;
	*l2_len = (uint16_t)(r.p - frame.p);
	return true;
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
		return (struct sorted){PUNT, 0, FWD_PUNT_SIGNALLING, offset};
	case PROTO_FRAGMENT:
		return dropped(V_DROP_FRAGMENT);
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
		return (struct sorted){PUNT, 0, FWD_PUNT_ICMP, offset};
	}
	default:
		return dropped(unknown);
	}
}

// LMA-FW-11: the outer chain, strictly in order.
static struct sorted walk(struct span packet)
{
	struct reader r = rd_over(packet);
	uint8_t next = rd_bytes(&r, IP6_HDR).p[6];

	for (int i = 0; i <= MAX_EXT_HEADERS; i++) {
		if (next != PROTO_DSTOPTS)
			return by_protocol(next, packet, (uint16_t)(r.p - packet.p), i > 0);
		struct reader at = r;
		next = rd_u8(&at);
		struct span options = rd_bytes(&r, (rd_u8(&at) + 1u) * 8);
		if (at.failed || r.failed || !options_are_harmless(options))
			break;
	}
	return dropped(V_DROP_EXT_HEADERS);
}

// Leaves in m the IPv6 packet alone, without layer 2 and its padding.
static struct sorted sort(const struct fwd_conf *conf, uint16_t port, struct rte_mbuf *m)
{
	enum verdict why;
	uint16_t l2_len;

	// Chains are rare (a driver with scattered receive): everything after this sees one
	// segment.
	if (m->nb_segs > 1 && rte_pktmbuf_linearize(m) != 0)
		return dropped(V_DROP_NO_MBUF);
	struct span frame = ip6_span(m);
	if (!read_ethernet(conf->ports[port].mac, frame, &l2_len, &why))
		return dropped(why);
	if (frame.n > l2_len && frame.p[l2_len] >> 4 != 6)
		return dropped(V_DROP_NOT_IPV6);
	uint32_t len = ip6_packet_len(frame.p + l2_len, frame.n - l2_len);
	if (len == 0)
		return dropped(V_DROP_TRUNCATED);
	rte_pktmbuf_adj(m, l2_len);
	rte_pktmbuf_trim(m, (uint16_t)(frame.n - l2_len - len));

	const struct ip6_hdr_bytes *h = ip6_of(m);
	if (fwd_is_lmaa(conf, &h->dst))
		return walk(ip6_span(m));
	if (fwd_in_pool(conf, &h->dst))
		return (struct sorted){.way = ENTER};
	return dropped(V_DROP_NOT_OURS);
}

void fwd_classify(struct fwd *f, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n && i < PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (uint16_t i = 0; i < n; i++) {
		if (i + PREFETCH_AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + PREFETCH_AHEAD], void *));
		struct sorted s = sort(f->conf, port, pkts[i]);
		struct pkt p = {.m = pkts[i], .port = port, .offset = s.offset};
		switch (s.way) {
		case ENTER:
			p.verdict = V_TX_DOWNLINK;
			lane_add(&f->enter, &p);
			break;
		case TUNNEL:
			p.verdict = V_TX_UPLINK;
			lane_add(&f->tunnel, &p);
			break;
		case PUNT:
			p.punt = (uint8_t)s.punt;
			lane_add(&f->punt, &p);
			break;
		case DROP:
			fwd_drop(f, p.m, s.why);
			break;
		}
	}
}
