// Binding cache entries of the control plane (RFC 5213 5.1) and their indexes: by home network
// prefix and by mobile node.
//
// Keeps them findable and consistent; decides nothing. Entries are numbers into chunks that grow
// and never move. What a hash protects against is a peer that chooses identifiers (SEC-04).
#pragma once

#include "base/map.h"
#include "base/siphash.h"
#include "mob/lma.h"

enum { BCE_NULL = UINT32_MAX, LL_ID_INLINE = 8 };

// One mobile node with all its sessions.
struct mn {
	uint32_t first; // binding, chained by next_of_mn
	uint16_t n;
	uint8_t subtype, id_len;
	uint8_t id[];
};

struct bce {
	struct mn *mn;
	union {
		uint8_t bytes[LL_ID_INLINE];
		uint8_t *more; // when ll_id_len says that it is longer
	} ll_id;
	union {
		struct ip6_prefix one;
		struct ip6_prefix *many; // when n_hnps says so
	} hnps;
	uint8_t n_hnps, ll_id_len;
	uint8_t state, access, handoff; // enum bce_state
	uint8_t lmaa;                   // number of the LMA address
	uint16_t seq;
	bool by_timestamp; // the last accepted update had one (LMA-TS-06)
	bool waited_for;   // a held update waits for it
	bool is_second;    // shares its prefixes, and packets for them go to the other one
	bool is_unbound;   // active, but the workers had no room: its next refresh tries again
	uint16_t service;  // number of the network that was selected, UINT16_MAX: none
	uint32_t mag, next_of_mn, lifetime_s, handovers;
	uint32_t sharer;    // the other binding with the same prefixes (LMA-BC-12), BCE_NULL: none
	uint64_t timestamp; // of the last accepted update, 0: it had none
	ns_t since;
	struct ip6_addr lla; // the MAG's link-local address on that link, zero: none
};

enum { BCE_CHUNK_BITS = 12, BCE_CHUNK = 1 << BCE_CHUNK_BITS, MAX_LMAAS = 64 };

struct bindings {
	struct bce **chunks;
	uint32_t max, n, n_prefixes, n_detached, high, free; // free: list through next_of_mn
	struct map by_hnp, by_mn;                            // by_mn: item is the first binding
	struct siphash_key key;
	struct ip6_addr lmaas[MAX_LMAAS];
	uint32_t n_lmaas;
};

int bindings_init(struct bindings *, uint32_t max, struct siphash_key); // 0, -ENOMEM
void bindings_done(struct bindings *);

// A binding without prefixes; BCE_NULL: full or no memory.
uint32_t binding_add(struct bindings *, uint8_t subtype, struct span mn_id);
// With its prefixes, which must be taken from the pools by the caller.
void binding_del(struct bindings *, uint32_t);
struct bce *binding_get(const struct bindings *, uint32_t);

// Of two that share it the one that packets go to.
uint32_t binding_find_hnp(const struct bindings *, struct ip6_prefix);
uint32_t binding_find_mn(const struct bindings *, uint8_t subtype, struct span mn_id); // the first
static inline uint32_t binding_next_of_mn(const struct bindings *b, uint32_t i)
{
	return binding_get(b, i)->next_of_mn;
}

const struct ip6_prefix *binding_hnps(const struct bce *);
bool binding_set_hnps(struct bindings *, uint32_t, const struct ip6_prefix *,
		      uint8_t n); // false: no memory
struct span binding_ll_id(const struct bce *);
bool binding_set_ll_id(struct bce *, struct span); // false: no memory, unchanged
struct span binding_mn_id(const struct bce *);

// Where the realm of an NAI begins, at its last "@"; the length where there is none.
uint16_t mn_id_realm(uint8_t subtype, struct span id);
// OPT-05: octet by octet, the realm of an NAI without regard to case.
bool mn_id_equal(uint8_t subtype_a, struct span a, uint8_t subtype_b, struct span b);
uint64_t mn_id_hash(struct siphash_key, uint8_t subtype, struct span id);

// The number of an LMA address; MAX_LMAAS when there are too many.
uint32_t bindings_lmaa(struct bindings *, struct ip6_addr);
