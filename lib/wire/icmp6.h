// ICMPv6 errors (RFC 4443): which packets may be answered, and the whole error packet as bytes.
// Pure.
#pragma once

#include "base/cursor.h"

enum {
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER_PROBLEM = 4,
};
enum { ICMP6_NO_ROUTE = 0, ICMP6_HOP_LIMIT = 0, ICMP6_ADDRESS_UNREACHABLE = 3 };
enum { ICMP6_REASSEMBLY = 1, ICMP6_ERRONEOUS_FIELD = 0 };
// RFC 4443 2.4(c): as much of the packet as fits without exceeding it.
enum { ICMP6_ERROR_MAX = 1280 };

// RFC 4443 2.4(e): no error about an error, a redirect, a multicast or one without a unicast
// source. Packet Too Big may answer a multicast. `packet` is the offending IPv6 packet, whole or
// its first octets: one whose extension headers do not end in them is not answered.
bool icmp6_may_answer(struct span packet, uint8_t type);

// Writes the IPv6 packet with the error about `packet`; `param` is the MTU of a Packet Too Big or
// the pointer of a Parameter Problem. Its length, or 0 when `room` is too small. `buf` and `packet`
// do not overlap.
size_t icmp6_error_emit(void *buf, size_t room, struct ip6_addr src, struct ip6_addr dst,
			uint8_t type, uint8_t code, uint32_t param, struct span packet);
