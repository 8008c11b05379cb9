// Where packets go once the binding cache has spoken: forwarding entries, next hops, routes, known
// MAGs.
//
// entry.h      struct fwd_entry, what a worker needs to encapsulate towards one MAG
// entries.[ch] the dense array of them; shared per (LMA address, proxy-CoA), reference counted
// nexthop.[ch] next hops: port and layer-2 header, reached through one atomic pointer each
// read.h       how workers read entries, next hops and peers
// routes.[ch]  destination to next hop or POOL: two rte_lpm6 copies, one atomic pointer, flipped
// peers.[ch]   outer source address to its number: open addressing, written in place
//
// A binding names an entry, an entry names a next hop by number, a next hop is replaced by
// publishing a new one under the same number: so a changed neighbour costs one store, whatever the
// number of bindings.
//
// Threads: control writes, workers read. What is replaced is reclaimed by grace.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "bcache/grace.h"

struct fib;

struct fib_conf {
	uint32_t max_entries;  // forwarding entries
	uint32_t max_nexthops; // at most 16384
	uint32_t max_routes;
	uint32_t max_peers; // MAGs at a time
	uint64_t seed;
};

// 0, -EINVAL or -ENOMEM. Needs a running EAL (rte_lpm6). `name` is unique in the process.
int fib_new(const char *name, const struct fib_conf *, struct grace *, struct fib **out);
void fib_free(struct fib *);

// ---- Next hops. 64 bytes, immutable once published.

enum nexthop_kind {
	NH_NONE,  // no route: DROP_NO_ROUTE
	NH_POOL,  // one of our pools: look in the binding cache
	NH_PORT,  // out of a port, header known
	NH_GLEAN, // on a link of ours, address not known yet: ask, drop
	NH_LOCAL, // an address of this machine's own: not through us, DROP_NO_ROUTE
};

enum { NEXTHOP_L2_MAX = 18 }; // Ethernet with one 802.1Q tag

struct nexthop {
	uint8_t kind; // enum nexthop_kind
	uint8_t l2_len;
	uint16_t port;              // port number as in fwd
	uint16_t mtu;               // of the link, IP bytes
	uint16_t vlan;              // of the link; 0: untagged
	uint8_t l2[NEXTHOP_L2_MAX]; // destination MAC, source MAC, [tag], ethertype
	struct ip6_addr gateway;    // for people; zero when on-link
	bool quick;                 // NH_PORT, untagged: nexthop.c sets it
};

// Numbers 0..max-1. 0 is always NH_NONE, 1 always NH_POOL, 2 always NH_LOCAL.
enum { NEXTHOP_NONE = 0, NEXTHOP_POOL = 1, NEXTHOP_LOCAL = 2, NEXTHOP_FIRST = 3 };

// Control. Publishes a copy under a new number; -ENOSPC or -ENOMEM (then negative).
int nexthop_add(struct fib *, const struct nexthop *);
// Replaces what a number means; readers see the old or the new, whole. 0 or -ENOMEM (then the old
// stays).
int nexthop_change(struct fib *, uint16_t number, const struct nexthop *);
// Frees a number; it is not reused before a grace period. Nobody may refer to it any more.
void nexthop_del(struct fib *, uint16_t number);

// ---- Forwarding entries.

#include "fib/entry.h"

// Control. The entry for that tunnel, place and handover (NULL: none), made if there is none, with
// one more reference: its index, or -ENOSPC. Indexes start at BCACHE_FIRST.
int64_t entry_hold(struct fib *, const struct fwd_tunnel *, const struct fwd_access *,
		   const struct fwd_handover *);
void entry_release(struct fib *, uint32_t index); // at 0 references: reclaimed by grace
uint32_t entry_refs(const struct fib *, uint32_t index);
// What may change under a live entry, each one relaxed atomic store.
void entry_set_nexthop(struct fib *, uint32_t index, uint16_t nexthop);
void entry_set_mtu(struct fib *, uint32_t index, uint16_t path_mtu);
// Calls fn for each live entry. Control.
void entry_each(struct fib *, void (*fn)(void *arg, uint32_t index, const struct fwd_entry *),
		void *arg);

// ---- Tunnel peers: outer source address to number. At an LMA the MAGs (mag_id), at a MAG the LMA.

// 0; present: changed. -ENOSPC; -EINVAL for 0 and UINT32_MAX, which are words of the table.
int peer_add(struct fib *, struct ip6_addr coa, uint32_t mag);
void peer_del(struct fib *, struct ip6_addr coa);

// ---- Routes.

// Control. Take effect at route_commit; a set on a present prefix changes it. 0, -ENOSPC, -ENOENT,
// -ENOMEM.
int route_set(struct fib *, struct ip6_prefix, uint16_t nexthop);
int route_del(struct fib *, struct ip6_prefix);
// Publishes all since the last commit. At most one commit is under way: -EBUSY until the workers
// have left the old copy; then the changes stay queued and are taken by the next call. 0 when there
// is nothing left.
int route_commit(struct fib *);
// The number for addr as control sees it (committed or not).
uint16_t route_get(const struct fib *, struct ip6_addr);
// Workers. Next-hop numbers for a burst; NEXTHOP_NONE where no route covers.
void route_find_burst(const struct fib *, const struct ip6_addr *addrs, unsigned n,
		      int32_t *nexthops);

#include "fib/read.h"
