// The Tunnel Encapsulation Limit of a packet that is about to enter a tunnel: RFC 2473 4.1.1,
// LMA-FW-12.
//
// Finds it, and what stands behind an outer header that has to repeat it. A chain of extension
// headers that cannot be read is not ours to judge: it carries no limit.
#include "fwd/stage.h"

enum { HOP_BY_HOP = 0, ROUTING = 43, AUTHENTICATION = 51, MAX_HEADERS = 4 };
enum { PAD1 = 0, LIMIT = 4, OFFSET_MASK = 0xfff8 };

// Of a destination options header; 0: it has none.
static uint16_t find_option(struct span packet, struct span options)
{
	struct reader r = rd_over(options);

	rd_u16(&r); // next header, length
	while (!r.failed && rd_left(&r) > 0) {
		uint8_t type = rd_u8(&r);
		if (type == PAD1)
			continue;
		struct span body = rd_bytes(&r, rd_u8(&r));
		if (!r.failed && type == LIMIT && body.n == 1)
			return (uint16_t)(body.p - packet.p);
	}
	return 0;
}

// Octets of the extension header that `r` stands at; 0: nothing behind it can be read.
static uint16_t header_len(uint8_t kind, struct reader r)
{
	rd_u8(&r);
	uint8_t len = rd_u8(&r);
	uint16_t offset = rd_u16(&r) & OFFSET_MASK;

	if (r.failed)
		return 0;
	switch (kind) {
	case HOP_BY_HOP:
	case ROUTING:
	case NEXT_OPTIONS:
		return (uint16_t)((len + 1) * 8);
	case NEXT_FRAGMENT: // of a later piece the rest is not a header
		return offset == 0 ? FRAGMENT_HDR : 0;
	case AUTHENTICATION: // RFC 4302 2.2: in units of four
		return (uint16_t)((len + 2) * 4);
	default:
		return 0;
	}
}

uint16_t fwd_find_limit(struct span packet)
{
	struct reader r = rd_over(packet);
	uint8_t next = rd_bytes(&r, IP6_HDR).p[6];

	for (int i = 0; i < MAX_HEADERS; i++) {
		struct span header = rd_bytes(&r, header_len(next, r));
		if (r.failed || header.n == 0)
			return 0;
		uint16_t found = next == NEXT_OPTIONS ? find_option(packet, header) : 0;
		if (found != 0)
			return found;
		next = header.p[0];
	}
	return 0;
}

void fwd_write_limit(uint8_t header[OPTIONS_HDR], uint8_t next, uint8_t limit)
{
	const uint8_t bytes[OPTIONS_HDR] = {next, 0, LIMIT, 1, limit, 1, 1, 0}; // PadN of 3

	memcpy(header, bytes, sizeof(bytes));
}
