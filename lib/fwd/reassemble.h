// Outer fragments become whole packets again: RFC 8200 4.5, RFC 5722, LMA-MTU-04, WIRE-10.
//
// Each worker owns the datagrams whose hash is its own; what arrives elsewhere is handed over. All
// is bounded: datagrams, pieces of one, packets held, bytes, time. When there is no room the oldest
// goes, by name. Fragments of tunnel packets are kept for known peers only, and mobility messages
// have a small table and few packets of their own: strangers cannot take the room of MAGs. One
// worker.
#pragma once

#include "base/addr.h"
#include "base/clock.h"
#include "fwd/fwd.h"

enum {
	DATAGRAM_PIECES = 16,
	DATAGRAM_WAYS = 8,
	TUNNEL_DATAGRAMS = 1024,
	SIGNALLING_DATAGRAMS = 32,
	SIGNALLING_PACKETS = 64,
	SIGNALLING_MAX = 2048, // bytes of a mobility message: RFC 6275 6.1.1, Header Len
	TUNNEL_WAIT_S = 60,    // RFC 8200 4.5
	SIGNALLING_WAIT_S = 2,
};

struct piece {
	struct rte_mbuf *m; // the whole outer packet
	uint16_t at, n;     // bytes of the datagram
	uint16_t skip;      // octets of the packet in front of them
};

struct datagram {
	struct ip6_addr src, dst;
	uint32_t id;
	uint32_t bytes, total; // total 0: the last piece is not here yet
	uint16_t older, newer; // in order of arrival; DATAGRAM_NONE at the ends
	uint16_t port;         // of the first that came
	uint8_t n;             // pieces, sorted by where they begin; 0: free
	ns_t until;
	struct piece v[DATAGRAM_PIECES];
};

struct datagrams {
	struct datagram *v;
	uint16_t n, oldest, newest;
	uint32_t held; // packets
};

struct reassembly {
	struct datagrams tunnel, signalling;
};

int reassembly_init(struct reassembly *, int socket); // 0, -ENOMEM
void reassembly_done(struct reassembly *);            // frees what it holds
