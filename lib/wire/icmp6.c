// Composing ICMPv6 errors.
//
// Decides whether RFC 4443 permits an error about a packet, and what its octets are. Does not
// decide whether one is due, from which address, nor how many a second: lib/fwd does.
#include "wire/icmp6.h"

#include "wire/checksum.h"

enum { IP6_HEADER = 40, ICMP6_HEADER = 8, NEXT_ICMP6 = 58, REDIRECT = 137, ERROR_HOP_LIMIT = 64 };
enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DEST_OPTIONS = 60 };
enum { MAX_EXTENSIONS = 8 };

struct upper {
	bool found;     // the chain of extension headers could be followed to its end
	bool elsewhere; // ... but it stands in another fragment
	uint8_t proto;
	size_t at;
};

static size_t extension_len(uint8_t kind, uint8_t len)
{
	if (kind == FRAGMENT)
		return 8; // its second octet is reserved, not a length
	return kind == AUTHENTICATION ? ((size_t)len + 2) * 4 : ((size_t)len + 1) * 8;
}

static struct upper find_upper(struct span packet)
{
	struct upper u = {.proto = packet.p[6], .at = IP6_HEADER};

	for (int i = 0; i <= MAX_EXTENSIONS; i++) {
		uint8_t kind = u.proto;
		if (kind != HOP_BY_HOP && kind != ROUTING && kind != FRAGMENT &&
		    kind != AUTHENTICATION && kind != DEST_OPTIONS) {
			u.found = true;
			return u;
		}
		if (u.at + 8 > packet.n)
			return u;
		const uint8_t *h = packet.p + u.at;
		u.proto = h[0];
		u.at += extension_len(kind, h[1]);
		if (kind == FRAGMENT && ((h[2] << 8 | h[3]) & 0xfff8) != 0) {
			u.found = u.elsewhere = true;
			return u;
		}
	}
	return u;
}

// Whether it is an ICMPv6 error or redirect, or could be one as far as these bytes show. A later
// fragment is taken for none: what it belongs to has been judged with the first one.
static bool may_be_error(struct span packet)
{
	struct upper u = find_upper(packet);

	if (!u.found)
		return true;
	if (u.elsewhere || u.proto != NEXT_ICMP6)
		return false;
	return u.at >= packet.n || packet.p[u.at] < 128 || packet.p[u.at] == REDIRECT;
}

bool icmp6_may_answer(struct span packet, uint8_t type)
{
	struct ip6_addr src, dst;

	if (packet.n < IP6_HEADER)
		return false;
	memcpy(src.a, packet.p + 8, sizeof(src.a));
	memcpy(dst.a, packet.p + 24, sizeof(dst.a));
	if (ip6_is_zero(src) || ip6_is_multicast(src))
		return false;
	if (ip6_is_multicast(dst) && type != ICMP6_TOO_BIG)
		return false;
	return !may_be_error(packet);
}

size_t icmp6_error_emit(void *buf, size_t room, struct ip6_addr src, struct ip6_addr dst,
			uint8_t type, uint8_t code, uint32_t param, struct span packet)
{
	size_t quoted = packet.n;
	struct writer w = wr_over(buf, room);

	if (quoted > ICMP6_ERROR_MAX - IP6_HEADER - ICMP6_HEADER)
		quoted = ICMP6_ERROR_MAX - IP6_HEADER - ICMP6_HEADER;
	wr_u32(&w, 0x60000000);
	wr_u16(&w, (uint16_t)(ICMP6_HEADER + quoted));
	wr_u8(&w, NEXT_ICMP6);
	wr_u8(&w, ERROR_HOP_LIMIT);
	wr_addr6(&w, src);
	wr_addr6(&w, dst);
	uint8_t *icmp = w.p;
	wr_u8(&w, type);
	wr_u8(&w, code);
	wr_u16(&w, 0);
	wr_u32(&w, param);
	wr_bytes(&w, packet.p, quoted);
	if (w.failed)
		return 0;
	uint16_t sum = ip6_checksum(src, dst, NEXT_ICMP6,
				    (struct span){icmp, (uint16_t)(ICMP6_HEADER + quoted)});
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
	return wr_len(&w);
}
