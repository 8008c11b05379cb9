// DHCPv6 (RFC 8415) as the relay agent beside one mobile node has to read and write it. Pure, any
// thread.
//
// A node's packet becomes a Relay-forward message, a server's Relay-reply becomes a packet for the
// node; what is in between is nobody's business here but for one thing: what an answer leases. No
// message is looked into deeper than relay message, identity association, address or prefix, and
// nothing is taken from it in a number that the sender chooses. Options that are not known are
// skipped by their length.
//
// Left out: relaying for another relay (19.1.2), which a mobile node is not, and messages that are
// neither a client's nor for one (lease queries, RFC 5007).
#pragma once

#include <stdbool.h>

#include "base/cursor.h"

enum dhcp6_type { // RFC 8415 7.3
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE = 2,
	DHCP6_REQUEST = 3,
	DHCP6_CONFIRM = 4,
	DHCP6_RENEW = 5,
	DHCP6_REBIND = 6,
	DHCP6_REPLY = 7,
	DHCP6_RELEASE = 8,
	DHCP6_DECLINE = 9,
	DHCP6_RECONFIGURE = 10,
	DHCP6_INFORMATION_REQUEST = 11,
	DHCP6_RELAY_FORW = 12,
	DHCP6_RELAY_REPL = 13,
};

enum { DHCP6_CLIENT_PORT = 546, DHCP6_SERVER_PORT = 547, DHCP6_MAC = 6 };

enum dhcp6_err {
	DHCP6_OK,
	DHCP6_NONE,            // no UDP packet to a relay's port here: somebody else's
	DHCP6_MALFORMED,       // lengths do not fit, or an option that has to be there once is not
	DHCP6_BAD_CHECKSUM,    // or none at all (RFC 8200 8.1)
	DHCP6_BAD_SOURCE,      // no link-local address (RFC 8415 16)
	DHCP6_RELAYED,         // from or for a relay agent where a client has to be
	DHCP6_UNEXPECTED,      // a message that does not travel in this direction
	DHCP6_TOO_MANY_LEASES, // more than DHCP6_MAX_LEASES
	DHCP6_N_ERRS,
};

// ---- From the node.

struct dhcp6_request {
	enum dhcp6_type type;
	struct ip6_addr src;
	struct span message; // from the message type on; points into the packet
};

// A whole IPv6 packet to All_DHCP_Relay_Agents_and_Servers, or to `router`, our address on that
// link. Its source port is not looked at: RFC 8415 7.2 says where clients listen, not what they
// send from. On failure *out is untouched, here and below.
enum dhcp6_err dhcp6_request_parse(struct span packet, struct ip6_addr router,
				   struct dhcp6_request *out);

struct dhcp6_forward { // RFC 8415 9.1, hop count 0
	struct ip6_addr link, peer;
	struct span interface_id;
	uint8_t mac[DHCP6_MAC]; // the client's link-layer address (RFC 6939)
	struct span message;
};

// The Relay-forward message, without UDP and IPv6: its length, 0 when `room` is too small.
size_t dhcp6_forward_emit(void *buf, size_t room, const struct dhcp6_forward *);

// ---- From a server.

struct dhcp6_answer {
	enum dhcp6_type type; // of the message for the client
	struct ip6_addr link, peer;
	struct span interface_id, message; // point into the payload
};

// The payload of a UDP packet: a Relay-reply with one message for a client in it and the
// Interface-ID that went out.
enum dhcp6_err dhcp6_answer_parse(struct span payload, struct dhcp6_answer *out);

// The packet for the node: the whole IPv6 packet's length, 0 when `room` is too small.
size_t dhcp6_answer_emit(void *buf, size_t room, struct ip6_addr src, struct ip6_addr dst,
			 struct span message);

enum { DHCP6_MAX_LEASES = 64 };

struct dhcp6_lease {
	struct ip6_prefix prefix; // an address is a /128
	uint32_t preferred_s, valid_s;
};

struct dhcp6_leases {
	struct dhcp6_lease leases[DHCP6_MAX_LEASES];
	uint32_t n;
};

// Every address and prefix in the identity associations (IA_NA, IA_TA, IA_PD) of a message for a
// client. One with a valid lifetime of 0 is none: so a server tells a client to give it up (RFC
// 8415 18.3.4).
enum dhcp6_err dhcp6_leases_parse(struct span message, struct dhcp6_leases *out);
