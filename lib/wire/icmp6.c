// Composing ICMPv6 errors.
#include "wire/icmp6.h"

#include "wire/checksum.h"

enum { IP6_HEADER = 40, ICMP6_HEADER = 8, NEXT_ICMP6 = 58, REDIRECT = 137, ERROR_HOP_LIMIT = 64 };
enum { MAX_EXTENSIONS = 8 };

// The ICMPv6 type of a packet, behind hop-by-hop, routing and destination options; -1 if it has
// none.
static int icmp6_type(struct span packet)
{
	uint8_t next = packet.p[6];
	size_t at = IP6_HEADER;

	for (int i = 0; i < MAX_EXTENSIONS && (next == 0 || next == 43 || next == 60); i++) {
		if (at + 2 > packet.n)
			return -1;
		next = packet.p[at];
		at += ((size_t)packet.p[at + 1] + 1) * 8;
	}
	return next == NEXT_ICMP6 && at < packet.n ? packet.p[at] : -1;
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
	int asked = icmp6_type(packet);
	return asked < 0 || (asked >= 128 && asked != REDIRECT);
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
