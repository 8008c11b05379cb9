// Reading and writing of DHCPv6, each a mirror of the figures of RFC 8415 sections 8, 9 and 21.
#include "wire/dhcp6.h"

#include "wire/checksum.h"

enum { IP6_HEADER = 40, UDP = 17, UDP_HEADER = 8, UDP_CHECKSUM_AT = 6, HOP_LIMIT = 64 };
enum { CLIENT_HEADER = 4, HARDWARE_ETHERNET = 1 };
enum {
	OPT_IA_NA = 3,
	OPT_IA_TA = 4,
	OPT_IAADDR = 5,
	OPT_RELAY_MSG = 9,
	OPT_INTERFACE_ID = 18,
	OPT_IA_PD = 25,
	OPT_IAPREFIX = 26,
	OPT_CLIENT_LINK_LAYER = 79, // RFC 6939
};

static struct ip6_addr read_addr(struct span packet, unsigned at)
{
	struct ip6_addr a;

	memcpy(a.a, packet.p + at, sizeof(a.a));
	return a;
}

static bool is_all_relays_and_servers(struct ip6_addr a)
{
	static const struct ip6_addr group = {{0xff, 2, [13] = 1, 0, 2}};

	return ip6_equal(a, group);
}

// ---- From the node.

// The UDP packet to a relay's port in a packet that is long enough, or DHCP6_NONE.
static enum dhcp6_err find_datagram(struct span packet, struct ip6_addr router, struct span *out)
{
	if (packet.n < IP6_HEADER || packet.p[0] >> 4 != 6 || packet.p[6] != UDP)
		return DHCP6_NONE;
	uint16_t len = (uint16_t)(packet.p[4] << 8 | packet.p[5]);
	if (len > packet.n - IP6_HEADER || len < UDP_HEADER)
		return DHCP6_NONE;
	struct ip6_addr dst = read_addr(packet, 24);
	if (!ip6_equal(dst, router) && !is_all_relays_and_servers(dst))
		return DHCP6_NONE;
	struct span datagram = {packet.p + IP6_HEADER, len};
	struct reader r = rd_over(datagram);
	rd_u16(&r);
	if (rd_u16(&r) != DHCP6_SERVER_PORT)
		return DHCP6_NONE;
	if (rd_u16(&r) != len)
		return DHCP6_MALFORMED;
	*out = datagram;
	return DHCP6_OK;
}

static enum dhcp6_err judge_client(uint8_t type)
{
	switch (type) {
	case DHCP6_SOLICIT:
	case DHCP6_REQUEST:
	case DHCP6_CONFIRM:
	case DHCP6_RENEW:
	case DHCP6_REBIND:
	case DHCP6_RELEASE:
	case DHCP6_DECLINE:
	case DHCP6_INFORMATION_REQUEST:
		return DHCP6_OK;
	case DHCP6_RELAY_FORW:
	case DHCP6_RELAY_REPL:
		return DHCP6_RELAYED;
	default:
		return DHCP6_UNEXPECTED;
	}
}

enum dhcp6_err dhcp6_request_parse(struct span packet, struct ip6_addr router,
				   struct dhcp6_request *out)
{
	struct span datagram;
	enum dhcp6_err err = find_datagram(packet, router, &datagram);

	if (err != DHCP6_OK)
		return err;
	struct dhcp6_request q = {.src = read_addr(packet, 8)};
	struct reader r = rd_over(datagram);
	rd_bytes(&r, UDP_CHECKSUM_AT);
	if (rd_u16(&r) == 0 || ip6_checksum(q.src, read_addr(packet, 24), UDP, datagram) != 0)
		return DHCP6_BAD_CHECKSUM;
	if (!ip6_is_link_local(q.src))
		return DHCP6_BAD_SOURCE;
	q.message = rd_rest(&r);
	if (q.message.n < CLIENT_HEADER)
		return DHCP6_MALFORMED;
	err = judge_client(q.message.p[0]);
	if (err != DHCP6_OK)
		return err;
	q.type = q.message.p[0];
	*out = q;
	return DHCP6_OK;
}

static void put_option(struct writer *w, uint16_t code, struct span value)
{
	wr_u16(w, code);
	wr_u16(w, value.n);
	wr_span(w, value);
}

size_t dhcp6_forward_emit(void *buf, size_t room, const struct dhcp6_forward *f)
{
	struct writer w = wr_over(buf, room);

	wr_u8(&w, DHCP6_RELAY_FORW);
	wr_u8(&w, 0);
	wr_addr6(&w, f->link);
	wr_addr6(&w, f->peer);
	put_option(&w, OPT_INTERFACE_ID, f->interface_id);
	wr_u16(&w, OPT_CLIENT_LINK_LAYER);
	wr_u16(&w, 2 + DHCP6_MAC);
	wr_u16(&w, HARDWARE_ETHERNET);
	wr_bytes(&w, f->mac, DHCP6_MAC);
	put_option(&w, OPT_RELAY_MSG, f->message);
	return w.failed ? 0 : wr_len(&w);
}

// ---- From a server.

// The next option: true until there is none. Ends, too, where a length does not fit: r->failed.
static bool next_option(struct reader *r, uint16_t *code, struct span *value)
{
	if (r->failed || rd_left(r) == 0)
		return false;
	*code = rd_u16(r);
	*value = rd_bytes(r, rd_u16(r));
	return !r->failed;
}

static enum dhcp6_err judge_for_client(uint8_t type)
{
	switch (type) {
	case DHCP6_ADVERTISE:
	case DHCP6_REPLY:
	case DHCP6_RECONFIGURE:
		return DHCP6_OK;
	case DHCP6_RELAY_FORW:
	case DHCP6_RELAY_REPL:
		return DHCP6_RELAYED;
	default:
		return DHCP6_UNEXPECTED;
	}
}

enum dhcp6_err dhcp6_answer_parse(struct span payload, struct dhcp6_answer *out)
{
	struct reader r = rd_over(payload);
	struct dhcp6_answer a = {.type = 0};
	uint16_t code;
	struct span value;

	if (rd_u8(&r) != DHCP6_RELAY_REPL)
		return payload.n > 0 ? DHCP6_UNEXPECTED : DHCP6_MALFORMED;
	rd_u8(&r); // hop count: as it went out
	a.link = rd_addr6(&r);
	a.peer = rd_addr6(&r);
	while (next_option(&r, &code, &value)) {
		struct span *kept = code == OPT_RELAY_MSG      ? &a.message
				    : code == OPT_INTERFACE_ID ? &a.interface_id
							       : NULL;
		if (kept != NULL && kept->p != NULL) // RFC 8415 21.10, 21.18: one of each
			return DHCP6_MALFORMED;
		if (kept != NULL)
			*kept = value;
	}
	if (r.failed || a.interface_id.n == 0 || a.message.n < CLIENT_HEADER)
		return DHCP6_MALFORMED;
	enum dhcp6_err err = judge_for_client(a.message.p[0]);
	if (err != DHCP6_OK)
		return err;
	a.type = a.message.p[0];
	*out = a;
	return DHCP6_OK;
}

size_t dhcp6_answer_emit(void *buf, size_t room, struct ip6_addr src, struct ip6_addr dst,
			 struct span message)
{
	struct writer w = wr_over(buf, room);

	if (message.n > UINT16_MAX - UDP_HEADER)
		return 0;
	uint16_t len = (uint16_t)(UDP_HEADER + message.n);
	wr_u32(&w, 0x60000000);
	wr_u16(&w, len);
	wr_u8(&w, UDP);
	wr_u8(&w, HOP_LIMIT);
	wr_addr6(&w, src);
	wr_addr6(&w, dst);
	wr_u16(&w, DHCP6_SERVER_PORT);
	wr_u16(&w, DHCP6_CLIENT_PORT);
	wr_u16(&w, len);
	wr_u16(&w, 0);
	wr_span(&w, message);
	if (w.failed)
		return 0;
	uint8_t *datagram = (uint8_t *)buf + IP6_HEADER;
	uint16_t sum = ip6_checksum(src, dst, UDP, (struct span){datagram, len});
	if (sum == 0) // RFC 8200 8.1: zero says that there is none
		sum = 0xffff;
	datagram[UDP_CHECKSUM_AT] = (uint8_t)(sum >> 8);
	datagram[UDP_CHECKSUM_AT + 1] = (uint8_t)sum;
	return wr_len(&w);
}

// ---- What it leases.

static enum dhcp6_err take_lease(uint16_t code, struct span value, struct dhcp6_leases *all)
{
	struct reader r = rd_over(value);
	struct dhcp6_lease l = {.preferred_s = 0};
	struct ip6_addr addr = {0};
	uint8_t len = 128;

	if (code == OPT_IAADDR)
		addr = rd_addr6(&r);
	l.preferred_s = rd_u32(&r);
	l.valid_s = rd_u32(&r);
	if (code == OPT_IAPREFIX) {
		len = rd_u8(&r);
		addr = rd_addr6(&r);
	}
	if (r.failed || len > 128)
		return DHCP6_MALFORMED;
	if (l.valid_s == 0)
		return DHCP6_OK;
	if (all->n == DHCP6_MAX_LEASES)
		return DHCP6_TOO_MANY_LEASES;
	l.prefix = ip6_prefix_of(addr, len);
	all->leases[all->n++] = l;
	return DHCP6_OK;
}

// What stands before the options of an identity association.
static size_t ia_header(uint16_t code)
{
	switch (code) {
	case OPT_IA_NA:
	case OPT_IA_PD:
		return 12; // IAID, T1, T2
	case OPT_IA_TA:
		return 4; // IAID
	default:
		return 0;
	}
}

// Address or prefix in whichever association: a client may take what we would not look for.
static enum dhcp6_err take_association(struct span value, size_t header, struct dhcp6_leases *all)
{
	struct reader r = rd_over(value);
	enum dhcp6_err err = DHCP6_OK;
	struct span inner;
	uint16_t code;

	rd_bytes(&r, header);
	while (err == DHCP6_OK && next_option(&r, &code, &inner))
		if (code == OPT_IAADDR || code == OPT_IAPREFIX)
			err = take_lease(code, inner, all);
	return r.failed ? DHCP6_MALFORMED : err;
}

enum dhcp6_err dhcp6_leases_parse(struct span message, struct dhcp6_leases *out)
{
	struct reader r = rd_over(message);
	struct dhcp6_leases all = {.n = 0};
	enum dhcp6_err err = DHCP6_OK;
	struct span value;
	uint16_t code;

	rd_bytes(&r, CLIENT_HEADER);
	while (err == DHCP6_OK && next_option(&r, &code, &value))
		if (ia_header(code) > 0)
			err = take_association(value, ia_header(code), &all);
	if (r.failed)
		return DHCP6_MALFORMED;
	if (err == DHCP6_OK)
		*out = all;
	return err;
}
