// What an ICMPv6 error about a tunnel packet of ours says, and what its inner source is owed for
// it: RFC 2473 8.1 to 8.3 (LMA-FW-15, LMA-MTU-05). Pure.
#pragma once

#include "base/addr.h"
#include "base/cursor.h"

struct tunnel_error {
	struct ip6_addr local, remote; // of the tunnel packet quoted: our end, the peer's
	// Packet Too Big: bytes that the path takes, at least 1280; 0: another error.
	uint32_t path_mtu;
	struct span inner; // as much as is quoted of the inner packet; empty: not its header
	// Whether its source is owed an error, and which. The rules about errors about errors are
	// icmp6_may_answer's.
	bool tell;
	uint8_t type, code;
	uint32_t param;
};

// `icmp`: an ICMPv6 message of type 1 to 4. False: it quotes no tunnel packet whose both ends can
// be read; *out is untouched then.
bool tunnel_error_read(struct span icmp, struct tunnel_error *out);
