// Access links as control sees them: whose frame it is, what it asks for, and frames of our own.
//
// Decides what a router owes at once and without state: the answer to a Neighbour Solicitation for
// its address, also to one of duplicate address detection (MAG-RA-06). All else is the engine's.
// Every frame to a node goes to its MAC alone, whatever its IPv6 destination: nodes on one access
// network do not hear each other's (MAG-LT-01, RFC 6085).
#include <string.h>

#include "app/common/adj.h"
#include "app/mag/gateway.h"

enum { MAC_LEN = 6, ETH_LEN = 14, TYPE_IPV6 = 0x86dd, TYPE_VLAN = 0x8100 };
enum { IP6_HEADER = 40, HOP_BY_HOP = 0, ICMPV6 = 58, MLD_REPORT = 131, MLD2_REPORT = 143 };
enum { RA_HOP_LIMIT = 64 };

static struct ip6_addr all_nodes(void)
{
	return (struct ip6_addr){{0xff, 0x02, [15] = 1}};
}

// The IPv6 packet in a frame, as long as it says it is; empty if there is none.
static struct span packet_in(struct span frame)
{
	struct reader r = rd_over(frame);

	rd_bytes(&r, 2 * MAC_LEN);
	uint16_t type = rd_u16(&r);
	if (type == TYPE_VLAN) {
		rd_u16(&r);
		type = rd_u16(&r);
	}
	struct span packet = rd_rest(&r);
	if (r.failed || type != TYPE_IPV6 || packet.n < IP6_HEADER || packet.p[0] >> 4 != 6)
		return (struct span){0};
	uint16_t len = (uint16_t)(IP6_HEADER + (packet.p[4] << 8 | packet.p[5]));
	if (len > packet.n)
		return (struct span){0};
	return (struct span){packet.p, len};
}

// RFC 3810 5.2: reports have a hop-by-hop header with the router alert in front.
static bool is_mld_report(struct span packet)
{
	struct reader r = rd_over(packet);

	if (rd_bytes(&r, IP6_HEADER).p[6] != HOP_BY_HOP)
		return false;
	struct reader at = r;
	uint8_t next = rd_u8(&at);
	rd_bytes(&r, (rd_u8(&at) + 1u) * 8);
	uint8_t type = rd_u8(&r);
	return !at.failed && !r.failed && next == ICMPV6 &&
	       (type == MLD_REPORT || type == MLD2_REPORT);
}

// A frame for a node: layer 2 in front of what `emit` wrote at `packet`. Into the hands of a
// worker.
static void send(struct gateway *g, struct rte_mbuf *m, struct mag_link link, size_t len)
{
	const struct plane_interface *in = &g->plane.interfaces[link.interface];
	uint8_t l2[NEXTHOP_L2_MAX];
	uint8_t n = adj_write_l2(l2, link.mac, g->conf->mag.link_layer, in->conf->vlan);
	char *at = NULL;

	if (len > 0 && rte_pktmbuf_append(m, (uint16_t)len) != NULL)
		at = rte_pktmbuf_prepend(m, n);
	if (at == NULL) {
		g->counters.nd_no_mbuf++;
		rte_pktmbuf_free(m);
		return;
	}
	memcpy(at, l2, n);
	*fwd_punt_of(m) = (struct fwd_punt){.kind = FWD_PUNT_ND, .port = in->port};
	if (rte_ring_enqueue(g->plane.workers[0].inject, m) != 0) {
		g->counters.nd_ring_full++;
		rte_pktmbuf_free(m);
		return;
	}
	g->counters.nd_sent++;
}

static struct rte_mbuf *blank(struct gateway *g)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(g->plane.pool);

	if (m == NULL)
		g->counters.nd_no_mbuf++; // who wanted it asks again
	return m;
}

void frames_send(struct gateway *g, struct mag_link link, struct span packet)
{
	struct rte_mbuf *m = blank(g);

	if (m == NULL)
		return;
	if (packet.n <= rte_pktmbuf_tailroom(m))
		memcpy(rte_pktmbuf_mtod(m, void *), packet.p, packet.n);
	send(g, m, link, packet.n);
}

// Our address on a node's link: the domain's, or that of its session. Zero: none yet.
static struct ip6_addr router_of(const struct gateway *g, const struct mag_binding *b)
{
	return b != NULL ? b->link_local : g->conf->mag.link_local;
}

static bool is_ours(struct gateway *g, struct mag_link link, struct ip6_addr target, uint8_t *flags)
{
	struct mag_binding b;

	bool found = mag_find_binding(g->mag, link, &b);

	*flags = ND_NA_ROUTER | ND_NA_OVERRIDE;
	if (ip6_equal(target, router_of(g, found ? &b : NULL)))
		return true;
	// MAG-RA-10: of a home network prefix we have the subnet-router anycast address alone; RFC
	// 4861 7.2.7: who answers for an anycast address does not override.
	*flags = ND_NA_ROUTER;
	if (!found)
		return false;
	for (uint32_t i = 0; i < b.n_hnps; i++)
		if (ip6_equal(b.hnps[i].addr, target))
			return true;
	return false;
}

static void answer_solicitation(struct gateway *g, struct mag_link link,
				const struct nd_message *ns)
{
	bool detects = ip6_is_zero(ns->src); // RFC 4862 5.4.2: it wants the address for itself
	uint8_t flags;

	if (!is_ours(g, link, ns->target, &flags))
		return;
	struct rte_mbuf *m = blank(g);
	if (m == NULL)
		return;
	g->counters.defended += detects;
	if (!detects)
		flags |= ND_NA_SOLICITED;
	size_t len = nd_na_emit(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_tailroom(m), ns->target,
				detects ? all_nodes() : ns->src, ns->target, flags,
				g->conf->mag.link_layer);
	send(g, m, link, len);
}

// Who kept its link knows its router and asks it alone (RFC 4861 7.3.3); a carrier that goes takes
// a host's neighbours with it.
static bool is_search(const struct gateway *g, struct mag_link link, const struct nd_message *nd)
{
	struct mag_binding b;
	bool found = mag_find_binding(g->mag, link, &b);

	return nd->type == ND_NS && !ip6_is_zero(nd->src) && ip6_is_multicast(nd->dst) &&
	       !ip6_is_zero(nd->target) && ip6_equal(nd->target, router_of(g, found ? &b : NULL));
}

void frames_take(struct gateway *g, struct rte_mbuf *m, struct instant now)
{
	const struct fwd_punt *note = fwd_punt_of(m);
	struct span frame = {rte_pktmbuf_mtod(m, const uint8_t *), rte_pktmbuf_data_len(m)};
	uint32_t interface = plane_interface_of(&g->plane, note->port, note->vlan);
	struct mag_event event = {.kind = MAG_HEARD};
	struct nd_message nd;

	if (interface == UINT32_MAX || frame.n < ETH_LEN) {
		g->counters.no_interface++;
		return;
	}
	g->counters.heard++;
	event.heard.link.interface = (uint16_t)interface;
	memcpy(event.heard.link.mac, frame.p + MAC_LEN, MAC_LEN);
	struct span packet = packet_in(frame);
	bool is_nd = packet.n > 0 && nd_parse(packet, &nd);
	if (is_nd && ip6_is_link_local(nd.src))
		event.heard.addr = nd.src;
	if (is_nd && nd.type == ND_RS) {
		g->counters.solicited++;
		event.heard.what = HEARD_SOLICIT;
	} else if (is_nd && is_search(g, event.heard.link, &nd)) {
		event.heard.what = HEARD_SEARCH;
	} else if ((is_nd && nd.type == ND_NS && ip6_is_zero(nd.src)) ||
		   (packet.n > 0 && is_mld_report(packet))) {
		event.heard.what = HEARD_LINK_UP;
	}
	if (is_nd && nd.type == ND_NS)
		answer_solicitation(g, event.heard.link, &nd);
	mag_input(g->mag, now, &event);
	effects_apply(g, now);
	if (packet.n > 0)
		dhcp_take(g, event.heard.link, packet, now);
}

void frames_advertise(struct gateway *g, const struct mag_action *action)
{
	struct nd_prefix prefixes[MH_MAX_OPTS];
	uint32_t n = action->advertise.n_hnps;
	enum conf_dhcp dhcp = g->conf->mag.dhcp;
	struct rte_mbuf *m = blank(g);

	if (m == NULL)
		return;
	n = n < MH_MAX_OPTS ? n : MH_MAX_OPTS;
	for (uint32_t i = 0; i < n; i++)
		prefixes[i] = (struct nd_prefix){.prefix = action->advertise.hnps[i],
						 .on_link = true,
						 // MAG-RA-02: one way to an address.
						 .autonomous = dhcp != CONF_DHCP_STATEFUL,
						 .valid_s = action->advertise.valid_s,
						 .preferred_s = action->advertise.preferred_s};
	struct nd_advert ra = {.src = action->advertise.src,
			       .dst = all_nodes(),
			       .hop_limit = RA_HOP_LIMIT,
			       .managed = dhcp == CONF_DHCP_STATEFUL, // MAG-DH-02
			       .other = dhcp == CONF_DHCP_STATELESS,
			       .router_lifetime_s = action->advertise.router_lifetime_s,
			       .mtu = action->advertise.mtu,
			       .prefixes = prefixes,
			       .n_prefixes = n};
	memcpy(ra.mac, g->conf->mag.link_layer, sizeof(ra.mac));
	size_t len = nd_ra_emit(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_tailroom(m), &ra);
	send(g, m, action->advertise.link, len);
}

void frames_probe(struct gateway *g, const struct mag_action *action)
{
	struct rte_mbuf *m = blank(g);

	if (m == NULL)
		return;
	size_t len =
		nd_ns_emit(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_tailroom(m), action->probe.src,
			   action->probe.target, action->probe.target, g->conf->mag.link_layer);
	send(g, m, action->probe.link, len);
}
