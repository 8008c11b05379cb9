// Binding cache entries of the control plane (RFC 5213 5.1) and their indexes: by home network
// prefix and by mobile node.
//
// Keeps them findable and consistent; decides nothing. Entries and nodes are numbers into tables
// that are as large as may be from the start: growing would stop the control thread for a second.
// An update of a node that is known reads a slot of an index, an entry's two cache lines, its
// node's one. What a hash protects against is a peer that chooses identifiers (SEC-04).
#pragma once

#include <assert.h>

#include "base/map.h"
#include "base/siphash.h"
#include "mob/lma.h"

enum { BCE_NULL = UINT32_MAX, LL_ID_INLINE = 8, MN_ID_INLINE = 24 };

// One mobile node with all its sessions.
struct mn {
	uint32_t first; // binding, chained by next_of_mn
	uint16_t n;
	uint8_t subtype, id_len;
	union {
		uint8_t bytes[MN_ID_INLINE];
		uint8_t *more; // when id_len says that it is longer
	} id;
};
static_assert(sizeof(struct mn) == 32, "half a cache line");

struct bce {
	uint32_t mn;         // 0: no binding
	uint32_t next_of_mn; // binding; BCE_NULL: the last one
	uint32_t sharer;     // the other binding with the same prefixes (LMA-BC-12), BCE_NULL: none
	uint32_t mag;
	union {
		uint8_t bytes[LL_ID_INLINE];
		uint8_t *more; // when ll_id_len says that it is longer
	} ll_id;
	uint64_t timestamp; // of the last accepted update, 0: it had none
	ns_t since;
	uint32_t lifetime_s, handovers;
	uint16_t seq;
	uint16_t service; // number of the network that was selected, UINT16_MAX: none
	uint8_t n_hnps, ll_id_len;
	uint8_t state, access, handoff; // enum bce_state
	uint8_t lmaa;                   // number of the LMA address
	bool by_timestamp : 1;          // the last accepted update had one (LMA-TS-06)
	bool waited_for : 1;            // a held update waits for it
	bool is_second : 1;  // shares its prefixes, and packets for them go to the other one
	bool is_unbound : 1; // active, but the workers had no room: its next refresh tries again
	union {
		struct ip6_prefix one;
		// When n_hnps says so: bytes of the pointer to them, which aligned would cost
		// seven octets of each entry.
		uint8_t many[sizeof(struct ip6_prefix *)];
	} hnps;
	struct ip6_addr lla; // the MAG's link-local address on that link, zero: none
};
static_assert(sizeof(struct bce) == 96, "two cache lines, wherever it begins");

enum { MAX_LMAAS = 64 };

struct bindings {
	struct bce *v;
	struct mn *mns; // from 1 on
	uint32_t max, n, n_prefixes, n_detached;
	uint32_t high, free;         // of v; free: list through next_of_mn
	uint32_t mns_high, mns_free; // of mns; free: list through first
	struct map by_hnp, by_mn;    // by_mn: item is the first binding
	struct siphash_key key;
	struct ip6_addr lmaas[MAX_LMAAS];
	uint32_t n_lmaas;
};

int bindings_init(struct bindings *, uint32_t max, struct siphash_key); // 0, -ENOMEM
void bindings_done(struct bindings *);

// A binding without prefixes; BCE_NULL: full or no memory. `hash`: mn_id_hash of the node.
uint32_t binding_add(struct bindings *, uint64_t hash, uint8_t subtype, struct span mn_id);
// With its prefixes, which must be taken from the pools by the caller.
void binding_del(struct bindings *, uint32_t);
static inline struct bce *binding_get(const struct bindings *b, uint32_t i)
{
	return &b->v[i];
}
static inline struct mn *binding_mn(const struct bindings *b, const struct bce *e)
{
	return &b->mns[e->mn];
}

uint64_t binding_hnp_hash(const struct bindings *, struct ip6_prefix); // in by_hnp
// Of two that share it the one that packets go to.
uint32_t binding_find_hnp(const struct bindings *, struct ip6_prefix);
// The first one; `hash`: mn_id_hash of the node.
uint32_t binding_find_mn(const struct bindings *, uint64_t hash, uint8_t subtype,
			 struct span mn_id);
static inline uint32_t binding_next_of_mn(const struct bindings *b, uint32_t i)
{
	return binding_get(b, i)->next_of_mn;
}

static inline const struct ip6_prefix *binding_hnps(const struct bce *e)
{
	const struct ip6_prefix *many;

	if (e->n_hnps <= 1)
		return &e->hnps.one;
	memcpy(&many, e->hnps.many, sizeof(many));
	return many;
}
bool binding_set_hnps(struct bindings *, uint32_t, const struct ip6_prefix *,
		      uint8_t n); // false: no memory
static inline struct span binding_ll_id(const struct bce *e)
{
	return (struct span){e->ll_id_len > LL_ID_INLINE ? e->ll_id.more : e->ll_id.bytes,
			     e->ll_id_len};
}
bool binding_set_ll_id(struct bce *, struct span); // false: no memory, unchanged
static inline struct span mn_id_of(const struct mn *mn)
{
	return (struct span){mn->id_len > MN_ID_INLINE ? mn->id.more : mn->id.bytes, mn->id_len};
}

// Where the realm of an NAI begins, at its last "@"; the length where there is none.
uint16_t mn_id_realm(uint8_t subtype, struct span id);
// OPT-05: octet by octet, the realm of an NAI without regard to case.
bool mn_id_equal(uint8_t subtype_a, struct span a, uint8_t subtype_b, struct span b);
uint64_t mn_id_hash(struct siphash_key, uint8_t subtype, struct span id);

// The number of an LMA address; MAX_LMAAS when there are too many.
uint32_t bindings_lmaa(struct bindings *, struct ip6_addr);
