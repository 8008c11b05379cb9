// The domain that is played: which MAGs there are, which nodes, and what each is called on the
// wire.
//
// Node k is node-<k>@<realm>, has the link-layer identifier 02:00 and k in four octets, and in its
// home network prefix the interface identifier k + 1. MAG i has the i-th proxy-CoA from the first
// on; node k starts at MAG k modulo the number of MAGs. Pure: nothing here keeps state, and from a
// name, an address or an identifier back to a number is arithmetic.
#pragma once

#include "base/addr.h"
#include "base/cursor.h"

enum { PLAN_NONE = UINT32_MAX, PLAN_MAGS = 65535, PLAN_NODES = 1 << 24 };
enum { PLAN_REALM = 200, PLAN_NAI = 240, PLAN_MAC = 6 };

struct plan {
	uint32_t nodes, mags;
	struct ip6_addr first_coa;
	struct ip6_addr lmaa;
	struct ip6_addr correspondent; // whom nodes talk to, on the core side
	char realm[PLAN_REALM];
};

struct ip6_addr plan_coa(const struct plan *, uint32_t mag);
uint32_t plan_mag(const struct plan *, struct ip6_addr); // PLAN_NONE: no CoA of ours

static inline uint32_t plan_first_mag(const struct plan *p, uint32_t node)
{
	return node % p->mags;
}

// The MAG-th after it, round; with one MAG there is no other.
static inline uint32_t plan_mag_after(const struct plan *p, uint32_t mag, uint32_t steps)
{
	return (mag + steps) % p->mags;
}

// The view is into buf.
struct span plan_nai(const struct plan *, uint32_t node, char buf[static PLAN_NAI]);
uint32_t plan_node_of_nai(const struct plan *, struct span); // PLAN_NONE: none of ours
void plan_ll_id(uint32_t node, uint8_t mac[static PLAN_MAC]);

// hnp: the first 64 bits of its home network prefix.
static inline struct ip6_addr plan_address(uint64_t hnp, uint32_t node)
{
	return ip6_from64(hnp, (uint64_t)node + 1);
}

static inline uint32_t plan_node_of_address(const struct plan *p, struct ip6_addr a)
{
	uint64_t k = ip6_lo64(a) - 1;

	return k < p->nodes ? (uint32_t)k : PLAN_NONE;
}
