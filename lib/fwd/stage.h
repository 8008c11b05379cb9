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
#include "fwd/quick.h"
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
	uint64_t plain;     // plain.h; to a mobile node: the head of its outer header. Not 0: of
			    // all else there is `m` alone
};

// In `punt` of a packet in the access or tunnel lane: it has waited, and passes the queues.
enum { PKT_RELEASED = 255 };

static inline bool is_released(const struct pkt *p)
{
	return p->punt == PKT_RELEASED;
}

// Packets of one burst, in their order.
struct lane {
	uint16_t n;
	bool mixed;               // not all of them are plain
	uint64_t hash[FWD_BURST]; // of the address that the next lookup is for; 0: not asked yet
	struct pkt p[FWD_BURST];
};

// What a burst leaves for the stages that ask the binding cache: its lines are on their way.
struct burst {
	uint16_t port; // of its plain packets
	struct lane tunnel;
	struct lane enter; // LMA: towards a mobile node, about to enter a tunnel
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
	uint32_t flow_key;
	ns_t now; // of the burst that is under way
	struct lane fragments, route, punt;
	struct burst bursts[2], *fresh, *ripe; // pipeline.c
	struct lane access;                    // MAG: from a node, still with its layer 2
	uint16_t n_errors;                     // ICMP errors that wait for fwd_turn
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
	uint64_t owners;               // bit: something is put aside for that worker
	struct aside aside[FWD_MAX_WORKERS];
	uint32_t fragment_ids[FRAGMENT_IDS];
	struct reassembly reassembly;
	struct holds holds;
	struct fwd_out out[FWD_MAX_PORTS];
	uint16_t n_out; // ports below it may have something to send
};

// An ICMPv6 error to be.
struct refusal {
	uint8_t type, code;
	uint32_t param; // MTU of a Packet Too Big
};

// Room for one more, that is plain: its line of the binding cache is on its way.
static inline struct pkt *lane_next_plain(struct lane *l, uint64_t hash)
{
	uint16_t n = l->n++; // never more than came in, and that is FWD_BURST at most

	l->hash[n] = hash;
	return &l->p[n];
}

// The same for one that is not, or perhaps not; hash 0: its line has not been asked for.
static inline struct pkt *lane_next(struct lane *l, uint64_t hash)
{
	l->mixed = true;
	return lane_next_plain(l, hash);
}

static inline void lane_add(struct lane *l, const struct pkt *p)
{
	*lane_next(l, 0) = *p;
}

// Packet `from` is number `to` now.
static inline void lane_move(struct lane *l, uint16_t to, uint16_t from)
{
	if (likely(to == from))
		return;
	l->p[to] = l->p[from];
	l->hash[to] = l->hash[from];
}

// What stood in it stands there for its reader, until it is filled again.
static inline void lane_clear(struct lane *l)
{
	l->n = 0;
	l->mixed = false;
}

// Made by us, or past all checks once before it waited: pays no hop limit, and nobody is told when
// it is lost.
static inline bool is_own(const struct pkt *p)
{
	return p->verdict == V_TX_ICMP || p->verdict == V_TX_SIGNALLING ||
	       p->verdict == V_TX_WAITED;
}

// What the binding cache has for an address of each of n packets, the one that addr_of gives; the
// entries are on their way.
typedef const struct ip6_addr *pkt_addr(const struct pkt *);
static __rte_always_inline void fwd_look_up(const struct fwd *f, struct lane *l, pkt_addr *addr_of,
					    uint16_t n, uint32_t *values)
{
	if (unlikely(l->mixed))
		for (uint16_t i = 0; i < n; i++)
			if (l->hash[i] == 0)
				l->hash[i] = bcache_ask(&f->keys, addr_of(&l->p[i]));
	bcache_find_asked(f->bcache, l->hash, n, values);
	if (unlikely(bcache_has_other_lengths(f->bcache)))
		for (uint16_t i = 0; i < n; i++)
			if (values[i] == BCACHE_NONE)
				values[i] = bcache_find_other_length(f->bcache, *addr_of(&l->p[i]));
	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(entry_get(f->fib, values[i])); // entry 0 is there, too
}

// ---- The stages, in order.
uint32_t fwd_classify(struct fwd *, uint16_t port, struct rte_mbuf **pkts, uint16_t n); // bytes
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
// A plain packet is not plain any more: what it lacks is filled in, and its layer 2 goes.
void fwd_take_long_way(struct pkt *, uint16_t port, enum verdict);
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

	// A plain one has its layer 2 still: no other offset is 0.
	p->m->hash.usr = p->plain != 0 ? (uint32_t)f->fresh->port << 16
				       : (uint32_t)p->port << 16 | p->offset;
	p->m->vlan_tci = p->plain != 0 ? 0 : p->vlan;
	a->pkts[a->n++] = p->m; // of one burst, so there is room
	f->owners |= UINT64_C(1) << owner;
}
void fwd_hand_over(struct fwd *, struct rte_ring *const *rings);
// What others have put into that ring for this worker, a burst at most, into the lane; how many.
uint16_t fwd_take_over(struct fwd *, struct rte_ring *, struct lane *);

static inline void onward_find(struct fwd *f, struct onward *o, uint32_t number)
{
	if (likely(o->number == number))
		return;
	o->number = number;
	o->nh = nexthop_get(f->fib, (uint16_t)number);
	bool quick = o->nh->quick && o->nh->port < FWD_MAX_PORTS;
	o->out = &f->out[quick ? o->nh->port : 0];
	o->mtu = quick ? o->nh->mtu : 0;
	if (quick && f->n_out <= o->nh->port)
		f->n_out = (uint16_t)(o->nh->port + 1);
}

#include "fwd/ours.h"
#include "fwd/output.h"
#include "fwd/plain.h"
