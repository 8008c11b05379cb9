// Inside of fwd: what a stage gets and gives. Nobody outside lib/fwd includes it.
//
// A burst goes through classify → spread → decap → route → encap → output, and punt. Between stages
// packets lie in lanes of struct fwd; each stage empties the lane it reads, appends to lanes
// further on only, and gives what it drops to fwd_drop, the one place that counts and frees.
#pragma once

#include <stdbool.h>

#include <rte_prefetch.h>

#include "base/siphash.h"
#include "bcache/ask.h"
#include "fwd/bucket.h"
#include "fwd/fwd.h"
#include "fwd/ip6.h"
#include "fwd/reassemble.h"

enum { FWD_OUT = 4 * FWD_BURST };
enum { PREFETCH_AHEAD = 4 }; // packets whose first line is asked for before they are looked at
// Buckets for signalling: those of MAGs that have bindings, by their number, and those of anybody
// else, by hash, with one over all of these. So a flood from made-up addresses silences no MAG that
// is known, and fills no ring.
enum {
	MAG_BUCKETS = 4096,
	STRANGER_BUCKETS = 1024,
	GLEAN_BUCKETS = 256,
	ACCESS_BUCKETS = 4096,
	LINK_BUCKETS = 256
};
enum { FRAGMENT_IDS = 1024 }; // counters of fragment identifications, by peer

// A packet between two stages.
struct pkt {
	struct rte_mbuf *m; // one segment; its data starts at an IPv6 header and ends with it
	uint32_t peer;      // decap: whose tunnel it came through
	uint16_t port;      // received on
	uint16_t offset;    // classify: of what follows the outer headers; access lane: of the IPv6
			    // header
	uint16_t vlan;      // received with; 0: untagged
	uint8_t verdict;    // what it is counted as if it leaves: V_TX_*
	uint8_t outer_ecn;  // decap
	uint8_t punt;       // enum fwd_punt_kind
	uint8_t limit;      // the tunnel encapsulation limit that it carries; 0: none
	uint64_t hash;      // of the address that the next lookup is for, asked already; 0: not
};

// In `punt` of a packet in the access or tunnel lane: it has waited, and passes the queues.
enum { PKT_RELEASED = 255 };

static inline bool is_released(const struct pkt *p)
{
	return p->punt == PKT_RELEASED;
}

struct lane {
	uint16_t n;
	struct pkt p[FWD_BURST];
};

struct hold_queue {
	struct rte_mbuf *head, *tail;
	uint32_t n;
	uint8_t mode; // enum fwd_mode
	bool draining;
	uint64_t arrived; // since `first`
	ns_t first, last;
	ns_t go_at; // the next one goes
};

struct hold {
	uint32_t serial;
	bool closed, active;
	uint64_t bytes;
	struct hold_queue q[FWD_N_QUEUES];
};

struct holds {
	uint32_t max, n_active, n_held, n_draining;
	struct hold *v;
	uint32_t *active; // numbers of those in which something waits
	uint64_t bytes;
	struct fwd_held_state *states;   // written here, control reads
	_Atomic uint64_t reported_bytes; // the same
	_Atomic uint32_t orders_done;    // the same
};

// Of a struct fwd_conf, what is asked of every packet, as words that compare at once. Whatever it
// says no to is asked again the long way.
struct quick {
	uint64_t lmaa[2];             // the first tunnel address, as in memory
	uint64_t pool, pool_mask;     // the first pool's prefix, host order; mask 0: it has none
	uint64_t macs[FWD_MAX_PORTS]; // 0: any
};

// Packets of one burst that are another worker's.
struct aside {
	uint16_t n;
	struct rte_mbuf *pkts[FWD_BURST];
};

struct fwd {
	const struct fwd_conf *conf;
	struct quick quick;
	const struct bcache *bcache;
	struct bcache_keys keys;
	const struct fib *fib;
	struct telem_worker *telem;
	struct rte_mempool *pool;
	struct rte_ring *punt_ring, *relay_ring;
	struct siphash_key key;
	ns_t now; // of the burst that is under way
	struct lane fragments, tunnel, route, punt;
	struct lane enter;  // LMA: towards a mobile node, about to enter a tunnel
	struct lane access; // MAG: from a node, still with its layer 2
	uint16_t n_errors;  // ICMP errors that wait for fwd_turn
	struct pkt errors[FWD_BURST];
	struct bucket icmp_bucket;
	struct bucket mag_buckets[MAG_BUCKETS], stranger_buckets[STRANGER_BUCKETS], all_strangers;
	struct bucket glean_buckets[GLEAN_BUCKETS];
	struct bucket access_buckets[ACCESS_BUCKETS], link_buckets[LINK_BUCKETS], access_all;
	struct bucket relay_bucket;
	unsigned worker, n_workers;
	struct rte_ring *const *fragment_rings, *const *flow_rings;
	struct siphash_key common_key; // the same on all workers
	uint16_t spread_ports;         // bit: what comes there out of tunnels is spread
	uint16_t n_owned; // of the tunnel lane, at its front: taken over from another worker
	uint64_t owners;  // bit: something is put aside for that worker
	struct aside aside[FWD_MAX_WORKERS];
	uint32_t fragment_ids[FRAGMENT_IDS];
	struct reassembly reassembly;
	struct holds holds;
	struct fwd_out out[FWD_MAX_PORTS];
};

// An ICMPv6 error to be.
struct refusal {
	uint8_t type, code;
	uint32_t param; // MTU of a Packet Too Big
};

// Room for one more.
static inline struct pkt *lane_next(struct lane *l)
{
	return &l->p[l->n++]; // never more than came in, and that is FWD_BURST at most
}

static inline void lane_add(struct lane *l, const struct pkt *p)
{
	*lane_next(l) = *p;
}

// A packet whose address was looked up. Member by member: a copy as a whole is made of wider loads
// than the stores just before it, and waits for them.
static inline void lane_move(struct lane *l, const struct pkt *from)
{
	struct pkt *p = lane_next(l);

	p->m = from->m;
	p->peer = from->peer;
	p->port = from->port;
	p->offset = from->offset;
	p->vlan = from->vlan;
	p->verdict = from->verdict;
	p->outer_ecn = from->outer_ecn;
	p->punt = from->punt;
	p->limit = from->limit;
	p->hash = 0;
}

// Made by us, or past all checks once before it waited: pays no hop limit, and nobody is told when
// it is lost.
static inline bool is_own(const struct pkt *p)
{
	return p->verdict == V_TX_ICMP || p->verdict == V_TX_SIGNALLING ||
	       p->verdict == V_TX_WAITED;
}

// What the binding cache has for the addresses of n packets; the entries are on their way.
static inline void fwd_look_up(const struct fwd *f, const struct pkt *p,
			       const struct ip6_addr *const *addrs, uint16_t n, uint32_t *values)
{
	uint64_t hashes[FWD_BURST];

	for (uint16_t i = 0; i < n; i++)
		hashes[i] = p[i].hash != 0 ? p[i].hash : bcache_ask(&f->keys, addrs[i]);
	bcache_find_asked(f->bcache, addrs, hashes, n, values);
	for (uint16_t i = 0; i < n; i++)
		if (values[i] >= BCACHE_FIRST)
			rte_prefetch0(entry_get(f->fib, values[i]));
}

// ---- The stages, in order.
void fwd_classify(struct fwd *, uint16_t port, struct rte_mbuf **pkts, uint16_t n);
void fwd_reassemble(struct fwd *);   // fragments → tunnel, punt
void fwd_spread(struct fwd *);       // tunnel → tunnel, or another worker
void fwd_decap(struct fwd *);        // LMA: tunnel → route
void fwd_access(struct fwd *);       // MAG: access → output
void fwd_deliver(struct fwd *);      // MAG: tunnel → output
void fwd_deliver_held(struct fwd *); // MAG: tunnel → output, what had waited there
void fwd_deliver_own(struct fwd *);  // MAG: route → output, what is for a node here
void fwd_route(struct fwd *);        // route → enter, output
void fwd_encap(struct fwd *);        // LMA: enter → output
void fwd_to_control(struct fwd *);   // punt → ring

// ---- Ends of a packet.

// One packet has had its verdict; the packet is somebody else's by now, or never came to be.
static inline void fwd_count(struct fwd *f, enum verdict verdict)
{
	telem_count(&f->telem->verdicts[verdict], 1);
}
// Counts and frees.
void fwd_drop(struct fwd *, struct rte_mbuf *m, enum verdict);
// Drops it and tells its source, within rate and rules. The data is the packet that its source
// sent.
void fwd_refuse(struct fwd *, struct pkt *, enum verdict, struct refusal);
// The link-layer address of `next` is unknown: control is asked to find it and keeps the packet
// until then; one soon after another for the same address is dropped.
void fwd_glean(struct fwd *, struct pkt *, struct ip6_addr next);
// A whole frame of an access link to control, if its MAC address may ask; else it is dropped as
// `otherwise`: as ACCESS_POLICED, or, a packet that is only a sign of a node, as UNBOUND_SRC.
void fwd_listen(struct fwd *, struct pkt *, enum verdict otherwise);
// The first octets of a frame that waits: somebody is there. As often as its MAC address may ask.
void fwd_tell(struct fwd *, const struct pkt *);
// A whole frame to the kernel's TAP, by way of control.
void fwd_relay(struct fwd *, struct pkt *);

// ---- Parts of tunnels that LMA and MAG share.

// MAG: onto that node's link; what does not fit it is refused.
void fwd_hand_to_node(struct fwd *, struct pkt *, const struct fwd_access *to);
// Takes the outer headers off every packet of the tunnel lane; what is not let in is dropped by
// name. How many are left at its front.
uint16_t fwd_unwrap(struct fwd *);
// LMA-FW-08, the exit. False: RFC 6040 4.2 asks for a drop.
bool fwd_take_ecn(enum fwd_ecn, struct ip6_hdr_bytes *inner, uint8_t outer_ecn);
// Through that entry's tunnel over that next hop, which is a NH_PORT or a NH_GLEAN: the outer
// header in front, whole or in pieces; or it may not enter, and is refused or dropped (LMA-MTU-02,
// LMA-FW-12).
void fwd_enter_tunnel(struct fwd *, struct pkt *, const struct fwd_entry *, const struct nexthop *);
// A wrapped packet that is longer than `path`, out of the next hop's port in pieces.
void fwd_fragment(struct fwd *, struct pkt *, const struct fwd_entry *, const struct nexthop *,
		  uint32_t path);
// Where the value of a tunnel encapsulation limit stands in an IPv6 packet; 0: it has none.
uint16_t fwd_find_limit(struct span packet);
// The destination options header that carries one.
void fwd_write_limit(uint8_t header[OPTIONS_HDR], uint8_t next, uint8_t limit);

// ---- Fast handover (hold.h).

int holds_init(struct holds *, uint32_t max, int socket); // 0, -ENOMEM
void holds_done(struct holds *);
// True: it waits, or was dropped by name. False: it goes on now.
bool fwd_hold(struct fwd *, const struct pkt *, const struct fwd_entry *, enum fwd_queue);
// A frame of a node that is expected: it waits, and control is told.
void fwd_await(struct fwd *, struct pkt *, const struct fwd_entry *);
// What may go on by now, into the tunnel and access lanes; how much.
unsigned fwd_go_on(struct fwd *);
void fwd_drop_held(struct fwd *);

// ---- Fragments.

// A packet that was joined, or was one all the time, into the lane that is its own.
void fwd_sort_again(struct fwd *, struct pkt *);
void fwd_expire_fragments(struct fwd *);
void fwd_drop_fragments(struct fwd *); // all that wait

// ---- From worker to worker.

// Until fwd_hand_over, which gives each owner its own; what a ring does not take is dropped by
// name. At most a burst in between.
static inline void fwd_put_aside(struct fwd *f, const struct pkt *p, unsigned owner)
{
	struct aside *a = &f->aside[owner];

	p->m->hash.usr = (uint32_t)p->port << 16 | p->offset;
	p->m->vlan_tci = p->vlan;
	a->pkts[a->n++] = p->m; // of one burst, so there is room
	f->owners |= UINT64_C(1) << owner;
}
void fwd_hand_over(struct fwd *, struct rte_ring *const *rings);
// What others have put into that ring for this worker, a burst at most, into the lane; how many.
uint16_t fwd_take_over(struct fwd *, struct rte_ring *, struct lane *);

#include "fwd/ours.h"
#include "fwd/output.h"
