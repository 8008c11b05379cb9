// Neighbour discovery (RFC 4861) as a MAG speaks it to one mobile node: what it reads (RS, NS, NA),
// what it writes (RA, NS, NA). Pure, any thread.
//
// A packet that RFC 4861 6.1 or 7.1 tells to discard is not one: hop limit, checksum, code,
// lengths, addresses. Options that are not known are skipped by their length.
#pragma once

#include <stdbool.h>

#include "base/cursor.h"

enum nd_type { ND_RS = 133, ND_RA = 134, ND_NS = 135, ND_NA = 136 };
enum { ND_NA_ROUTER = 0x80, ND_NA_SOLICITED = 0x40, ND_NA_OVERRIDE = 0x20 };
enum { ND_MAC = 6, ND_HOP_LIMIT = 255 };

struct nd_message {
	enum nd_type type; // RS, NS or NA
	struct ip6_addr src, dst;
	struct ip6_addr target; // NS, NA
	uint8_t flags;          // NA
	bool has_mac;           // source (RS, NS) or target (NA) link-layer address option
	uint8_t mac[ND_MAC];
};

// A whole IPv6 packet. False: it is no RS, NS or NA that may be listened to; *out is untouched.
bool nd_parse(struct span packet, struct nd_message *out);

struct nd_prefix {
	struct ip6_prefix prefix;
	bool on_link, autonomous;
	uint32_t valid_s, preferred_s;
};

struct nd_advert { // RFC 4861 4.2
	struct ip6_addr src, dst;
	uint8_t mac[ND_MAC]; // source link-layer address option
	uint8_t hop_limit;
	bool managed, other;
	uint16_t router_lifetime_s;
	uint32_t mtu; // 0: no MTU option
	const struct nd_prefix *prefixes;
	uint32_t n_prefixes;
};

// Each writes the whole IPv6 packet with hop limit 255 and checksum: its length, 0 when `room` is
// too small.
size_t nd_ra_emit(void *buf, size_t room, const struct nd_advert *);
size_t nd_na_emit(void *buf, size_t room, struct ip6_addr src, struct ip6_addr dst,
		  struct ip6_addr target, uint8_t flags, const uint8_t mac[ND_MAC]);
// To the target itself where `dst` says so (a probe), or to its solicited-node group.
size_t nd_ns_emit(void *buf, size_t room, struct ip6_addr src, struct ip6_addr dst,
		  struct ip6_addr target, const uint8_t mac[ND_MAC]);

// fe80:: and the modified EUI-64 of a MAC (RFC 4291 appendix A): where a node most often is.
struct ip6_addr nd_link_local_of(const uint8_t mac[ND_MAC]);
