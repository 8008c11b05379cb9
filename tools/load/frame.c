// Octets of the packets of both ways.
#include "tools/load/frame.h"

#include <string.h>

enum { LENGTH_AT = 4, NEXT_AT = 6, HOPS_AT = 7, SRC_AT = 8, DST_AT = 24, NEXT_IP6 = 41 };

#define FAULT(name, text) {#name, text},
static const struct {
	const char *name, *text;
} faults[] = {
	{"NONE", "nothing"},
#include "tools/load/faults.def"
};
#undef FAULT

const char *frame_way_name(enum frame_way way)
{
	return way == WAY_DOWN ? "downlink" : "uplink";
}

const char *frame_fault_name(enum frame_fault f)
{
	return faults[f].name;
}

const char *frame_fault_text(enum frame_fault f)
{
	return faults[f].text;
}

static void put_addr(uint8_t *ip, unsigned at, struct ip6_addr a)
{
	memcpy(ip + at, a.a, sizeof(a.a));
}

static struct ip6_addr addr_at(const uint8_t *ip, unsigned at)
{
	struct ip6_addr a;

	memcpy(a.a, ip + at, sizeof(a.a));
	return a;
}

static void put_length(uint8_t *ip, uint16_t n)
{
	ip[LENGTH_AT] = (uint8_t)(n >> 8);
	ip[LENGTH_AT + 1] = (uint8_t)n;
}

static uint32_t length_of(const uint8_t *ip)
{
	return (uint32_t)ip[LENGTH_AT] << 8 | ip[LENGTH_AT + 1];
}

static void begin_ip6(uint8_t *ip, uint8_t next)
{
	ip[0] = 0x60;
	ip[NEXT_AT] = next;
	ip[HOPS_AT] = FRAME_HOP_LIMIT;
}

struct frame_form frame_form(const struct plan *p, enum frame_way way, const uint8_t to[6],
			     const uint8_t from[6])
{
	struct frame_form f = {.way = way};
	uint8_t *ip = f.bytes + FRAME_ETHER;

	memcpy(f.bytes, to, 6);
	memcpy(f.bytes + 6, from, 6);
	f.bytes[12] = 0x86;
	f.bytes[13] = 0xdd;
	if (way == WAY_UP) {
		begin_ip6(ip, NEXT_IP6);
		put_addr(ip, DST_AT, p->lmaa);
		ip += FRAME_IP6;
	}
	begin_ip6(ip, FRAME_TEST);
	put_addr(ip, way == WAY_UP ? DST_AT : SRC_AT, p->correspondent);
	f.headers = (uint16_t)(ip + FRAME_IP6 - f.bytes);
	return f;
}

uint16_t frame_length(const struct frame_form *f, uint16_t size)
{
	return (uint16_t)(size + f->headers - FRAME_ETHER - FRAME_IP6);
}

static uint32_t stream_of(enum frame_way way, uint32_t node)
{
	return node << 1 | way;
}

void frame_write(uint8_t *frame, uint16_t size, const struct frame_form *f, const struct plan *p,
		 const struct node *n, uint32_t node, struct stamp stamp)
{
	struct ip6_addr address = plan_address(n->hnp, node);
	uint8_t *ip = frame + f->headers - FRAME_IP6;
	uint16_t payload = (uint16_t)(size - FRAME_ETHER - FRAME_IP6);

	memcpy(frame, f->bytes, f->headers);
	put_length(ip, payload);
	if (f->way == WAY_UP) {
		put_length(frame + FRAME_ETHER, (uint16_t)(FRAME_IP6 + payload));
		put_addr(frame + FRAME_ETHER, SRC_AT, plan_coa(p, n->mag));
		put_addr(ip, SRC_AT, address);
	} else {
		put_addr(ip, DST_AT, address);
	}
	stamp_write(ip + FRAME_IP6, payload, stream_of(f->way, node), stamp);
}

// ---- When it comes: downlink in the tunnel, uplink plain.

static unsigned inner_at(enum frame_way way)
{
	return way == WAY_DOWN ? FRAME_IP6 : 0;
}

static unsigned node_at(enum frame_way way)
{
	return inner_at(way) + (way == WAY_DOWN ? DST_AT : SRC_AT);
}

uint32_t frame_node(const struct plan *p, enum frame_way way, struct span packet)
{
	if (packet.n < inner_at(way) + FRAME_IP6)
		return PLAN_NONE;
	return plan_node_of_address(p, addr_at(packet.p, node_at(way)));
}

// Whole packets, one in the other, and nothing behind: no frame of ours is so short that it has to
// be filled.
static bool has_shape(enum frame_way way, struct span packet)
{
	const uint8_t *inner = packet.p + inner_at(way);

	if (packet.n < inner_at(way) + FRAME_IP6 + STAMP_LEN)
		return false;
	if (way == WAY_DOWN && (packet.p[0] >> 4 != 6 || packet.p[NEXT_AT] != NEXT_IP6 ||
				length_of(packet.p) != FRAME_IP6 + length_of(inner)))
		return false;
	return inner[0] >> 4 == 6 && inner[NEXT_AT] == FRAME_TEST &&
	       inner_at(way) + FRAME_IP6 + length_of(inner) == packet.n;
}

enum frame_fault frame_read(const struct plan *p, const struct node *nodes, enum frame_way way,
			    struct span packet, struct frame_found *out)
{
	const uint8_t *inner = packet.p + inner_at(way);
	struct frame_found found = {.mag = PLAN_NONE};

	if (!has_shape(way, packet))
		return FAULT_SHAPE;
	if (way == WAY_DOWN) {
		found.mag = plan_mag(p, addr_at(packet.p, DST_AT));
		if (found.mag == PLAN_NONE || !ip6_equal(addr_at(packet.p, SRC_AT), p->lmaa))
			return FAULT_TUNNEL;
	}
	found.node = frame_node(p, way, packet);
	if (found.node == PLAN_NONE ||
	    !ip6_equal(addr_at(inner, way == WAY_DOWN ? SRC_AT : DST_AT), p->correspondent))
		return FAULT_ADDRESS;
	if (ip6_hi64(addr_at(packet.p, node_at(way))) != nodes[found.node].hnp)
		return FAULT_PREFIX;
	if (inner[HOPS_AT] != FRAME_HOP_LIMIT - 1)
		return FAULT_HOP_LIMIT;
	if (!stamp_read(inner + FRAME_IP6, (uint16_t)length_of(inner), stream_of(way, found.node),
			&found.stamp))
		return FAULT_PAYLOAD;
	*out = found;
	return FAULT_NONE;
}
