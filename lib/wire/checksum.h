// The Internet checksum with the IPv6 pseudo-header (RFC 8200 8.1), for whatever stands above IPv6.
#pragma once

#include "base/cursor.h"

// Over pseudo-header and body. Zero when the body carries a right checksum; the value to write,
// big-endian, when its checksum field is zero.
uint16_t ip6_checksum(struct ip6_addr src, struct ip6_addr dst, uint8_t next_header,
		      struct span body);
