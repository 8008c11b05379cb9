// One's complement sums.
//
// Decides nothing: whoever asks compares with zero, or writes the result down. Without alignment,
// for signalling and errors; the forwarding path does not come here.
#include "wire/checksum.h"

#include <endian.h>

#include "wire/mh.h"

static uint64_t add_bytes(uint64_t sum, const uint8_t *p, size_t n)
{
	// RFC 1071 2 (B), (C): several words at once; what is carried around is the same in the
	// end.
	for (; n >= 4; n -= 4, p += 4) {
		uint32_t word;
		memcpy(&word, p, sizeof(word));
		sum += be32toh(word);
	}
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint64_t)p[i] << 8 | p[i + 1];
	if (n % 2 != 0)
		sum += (uint64_t)p[n - 1] << 8;
	return sum;
}

uint16_t ip6_checksum(struct ip6_addr src, struct ip6_addr dst, uint8_t next_header,
		      struct span body)
{
	uint64_t sum = (uint64_t)body.n + next_header;

	sum = add_bytes(sum, src.a, sizeof(src.a));
	sum = add_bytes(sum, dst.a, sizeof(dst.a));
	sum = add_bytes(sum, body.p, body.n);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

// WIRE-04: the next header of the pseudo-header is 135, whatever stands before the message.
uint16_t mh_checksum(struct ip6_addr src, struct ip6_addr dst, struct span mh)
{
	return ip6_checksum(src, dst, MH_NEXT_HEADER, mh);
}
