// The link, the neighbour, and bursts out.
//
// Decides for which addresses it answers: its own, on the core side the correspondent's, on the
// backbone side every proxy-CoA's.
#include "tools/load/side.h"

#include <string.h>

#include "wire/nd.h"

enum { ND_ROOM = 128 };
enum { TYPE_AT = 40, FIRST_INFORMATIONAL = 128 }; // RFC 4443 2.1

// A port that has come up a moment ago is not known to the kernel at its other end yet: sooner
// again than RFC 4861 has a host do it.
static const ns_t look_interval = 100 * NS_MSEC, ask_interval = 200 * NS_MSEC;
static const uint8_t ether_type[] = {0x86, 0xdd};

const char *side_name(enum side_role role)
{
	return role == SIDE_CORE ? "core" : "backbone";
}

static bool put_frame(struct side *s, uint16_t queue, const uint8_t *to, const void *packet,
		      uint16_t n)
{
	struct rte_mbuf *m = side_room(s, queue) > 0 ? rte_pktmbuf_alloc(s->pool) : NULL;

	if (m == NULL) {
		s->no_mbuf++;
		return false;
	}
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(SIDE_ETHER + n));
	if (frame == NULL) {
		rte_pktmbuf_free(m);
		return false;
	}
	memcpy(frame, to, SIDE_MAC);
	memcpy(frame + SIDE_MAC, s->mac, SIDE_MAC);
	memcpy(frame + 2 * SIDE_MAC, ether_type, sizeof(ether_type));
	memcpy(frame + SIDE_ETHER, packet, n);
	side_put(s, queue, m);
	return true;
}

bool side_put_packet(struct side *s, uint16_t queue, const void *packet, uint16_t n)
{
	return put_frame(s, queue, s->gateway_mac, packet, n);
}

// RFC 4861 7.2.2: to the group that its last 24 bits choose.
static void ask(struct side *s)
{
	struct ip6_addr group = {{0xff, 2, [11] = 1, 0xff}};
	uint8_t packet[ND_ROOM], to[SIDE_MAC] = {0x33, 0x33};

	memcpy(group.a + 13, s->gateway.a + 13, 3);
	memcpy(to + 2, group.a + 12, 4);
	size_t n = nd_ns_emit(packet, sizeof(packet), s->own, group, s->gateway, s->mac);
	(void)put_frame(s, 0, to, packet, (uint16_t)n);
}

static bool is_ours(const struct side *s, struct ip6_addr a)
{
	if (ip6_equal(a, s->own))
		return true;
	return s->role == SIDE_CORE ? ip6_equal(a, s->plan->correspondent)
				    : plan_mag(s->plan, a) != PLAN_NONE;
}

static void answer(struct side *s, const struct nd_message *asked, const uint8_t *to)
{
	uint8_t packet[ND_ROOM];

	if (ip6_is_zero(asked->src) || !is_ours(s, asked->target))
		return;
	size_t n = nd_na_emit(packet, sizeof(packet), asked->target, asked->src, asked->target,
			      ND_NA_SOLICITED | ND_NA_OVERRIDE, s->mac);
	(void)put_frame(s, 0, to, packet, (uint16_t)n);
}

void side_hear(struct side *s, struct span packet, const uint8_t *from)
{
	struct nd_message m;

	if (packet.n > TYPE_AT && packet.p[TYPE_AT] < FIRST_INFORMATIONAL)
		s->icmp_errors++;
	if (!nd_parse(packet, &m))
		return;
	if (m.type == ND_NS)
		answer(s, &m, from);
	if (m.type == ND_NA && m.has_mac && ip6_equal(m.target, s->gateway)) {
		memcpy(s->gateway_mac, m.mac, SIDE_MAC);
		s->resolved = true;
	}
}

void side_turn(struct side *s, ns_t now)
{
	struct port_link link = {0};

	if (now >= s->look) {
		s->look = now + look_interval;
		s->port->ops->link(s->port, &link);
		memcpy(s->mac, link.mac, SIDE_MAC);
		s->up = link.up;
	}
	if (s->up && !s->resolved && now >= s->ask) {
		s->ask = now + ask_interval;
		ask(s);
	}
}

static void flush_queue(struct side *s, uint16_t q)
{
	struct side_queue *out = &s->queues[q];
	uint16_t sent = port_tx(s->port, q, out->pkts, out->n);

	out->n = (uint16_t)(out->n - sent);
	memmove(out->pkts, out->pkts + sent, out->n * sizeof(out->pkts[0]));
}

void side_flush(struct side *s)
{
	for (uint16_t q = 0; q < s->port->n_tx; q++)
		if (s->queues[q].n > 0)
			flush_queue(s, q);
}

uint32_t side_waiting(const struct side *s)
{
	uint32_t n = 0;

	for (uint16_t q = 0; q < s->port->n_tx; q++)
		n += s->queues[q].n;
	return n;
}

void side_drop(struct side *s)
{
	for (uint16_t q = 0; q < s->port->n_tx; q++) {
		rte_pktmbuf_free_bulk(s->queues[q].pkts, s->queues[q].n);
		s->queues[q].n = 0;
	}
}
