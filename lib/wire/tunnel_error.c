// Reading the quoted packet: outer IPv6 header, what we put behind it, inner IPv6 header.
//
// A router quotes what it could not forward, so there may be a destination options header with the
// limit option (RFC 2473 4.1.1) and a fragment header (7.1) in between. Only a first fragment shows
// the inner header.
#include "wire/tunnel_error.h"

#include "wire/icmp6.h"

enum { IP6_HEADER = 40, ICMP6_HEADER = 8, MIN_MTU = 1280, OPTIONS_HEADER = 8 };
enum { NEXT_IPV6 = 41, NEXT_FRAGMENT = 44, NEXT_OPTIONS = 60, OFFSET_MASK = 0xfff8 };
enum { LIMIT_VALUE_AT = 4 }; // in the options header that we write

// Where the inner packet begins, and where the value of the limit option stands; 0: not there.
struct layers {
	uint16_t inner, limit;
};

static struct layers walk(struct span outer)
{
	struct reader r = rd_over(outer);
	struct layers at = {0};
	uint8_t next = rd_bytes(&r, IP6_HEADER).p[6];

	// At most one of each, in either order.
	for (int i = 0; i < 2 && next != NEXT_IPV6; i++) {
		struct span header = rd_bytes(&r, OPTIONS_HEADER);
		if (r.failed || (next != NEXT_OPTIONS && next != NEXT_FRAGMENT))
			return at;
		if (next == NEXT_OPTIONS)
			at.limit = (uint16_t)(header.p - outer.p + LIMIT_VALUE_AT);
		else if ((((unsigned)header.p[2] << 8 | header.p[3]) & OFFSET_MASK) != 0)
			return at;
		next = header.p[0];
	}
	if (next == NEXT_IPV6 && rd_left(&r) >= IP6_HEADER)
		at.inner = (uint16_t)(r.p - outer.p);
	return at;
}

// How long the inner packet is by its own header, quoted whole or not.
static uint32_t inner_len(struct span inner)
{
	return IP6_HEADER + ((uint32_t)inner.p[4] << 8 | inner.p[5]);
}

static void owe(struct tunnel_error *e, uint8_t type, uint8_t code, uint32_t param)
{
	e->tell = e->inner.n > 0;
	e->type = type;
	e->code = code;
	e->param = param;
}

// RFC 2473 8.2, 8.3.
static void read_too_big(struct tunnel_error *e, uint32_t mtu, struct layers at)
{
	uint32_t overhead = IP6_HEADER + (at.limit != 0 ? OPTIONS_HEADER : 0);

	e->path_mtu = mtu < MIN_MTU ? MIN_MTU : mtu;
	mtu = e->path_mtu - overhead;
	if (e->inner.n > 0 && inner_len(e->inner) > MIN_MTU)
		owe(e, ICMP6_TOO_BIG, 0, mtu < MIN_MTU ? MIN_MTU : mtu);
}

bool tunnel_error_read(struct span icmp, struct tunnel_error *out)
{
	struct reader r = rd_over(icmp);
	struct tunnel_error e = {0};

	uint8_t type = rd_u8(&r), code = rd_u8(&r);
	rd_u16(&r);
	uint32_t param = rd_u32(&r);
	struct span outer = rd_bytes(&r, rd_left(&r));
	if (r.failed || outer.n < IP6_HEADER || outer.p[0] >> 4 != 6)
		return false;
	memcpy(e.local.a, outer.p + 8, sizeof(e.local.a));
	memcpy(e.remote.a, outer.p + 24, sizeof(e.remote.a));
	struct layers at = walk(outer);
	if (at.inner != 0 && outer.p[at.inner] >> 4 == 6)
		e.inner = (struct span){outer.p + at.inner, (uint16_t)(outer.n - at.inner)};
	switch (type) {
	case ICMP6_TOO_BIG:
		read_too_big(&e, param, at);
		break;
	case ICMP6_TIME_EXCEEDED: // 8.1 (a); a piece lost on the way is no news of the way
		if (code == ICMP6_HOP_LIMIT)
			owe(&e, ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE, 0);
		break;
	case ICMP6_UNREACHABLE:
		owe(&e, ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE, 0);
		break;
	case ICMP6_PARAMETER_PROBLEM: // about our own header is ours, but for the limit (8.1(c))
		if (at.limit != 0 && param == at.limit)
			owe(&e, ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE, 0);
		break;
	}
	*out = e;
	return true;
}
