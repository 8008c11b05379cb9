// The forwarding path of one worker: a burst of packets in, arrays of packets to send out, a
// verdict for each.
//
// pipeline.c  the order of the stages, and the one place that counts and frees
// classify.c  bytes become headers, here and nowhere else: which lane a frame takes
// spread.c    uplink: whose flow; handoff.c from worker to worker
// encap.c     downlink: binding, hop limit, MTU, DSCP and ECN, flow label, prebuilt header
// decap.c     uplink: whose tunnel, whose source, ECN, hop limit
// route.c     what next for a packet in no tunnel: a port, a pool, nowhere
// icmp.c      ICMPv6 errors, token bucket; they enter the next burst as if received
// output.h    next hop: layer-2 header, into the port's array
// punt.c      to the control thread, policed per MAG
// limit.c     the limit option of a packet that enters a tunnel
// frag.c      outer packets in pieces; reassemble.[ch] the way back
// access.c    uplink at a MAG: whose frame, from where, into the tunnel or straight to a node here
// deliver.c   downlink at a MAG: out of the tunnel, to the node's link
// listen.c    frames of access links and of the kernel for control, policed
// hold.[ch]   packets that wait for a fast handover (RFC 5949)
//
// An LMA's burst goes through decap, route, encap; a MAG's through access, deliver, route.
//
// Knows no driver and no YAML: the app polls ports, calls fwd_burst, sends what is in fwd_out,
// calls fwd_sent. Threads: a struct fwd belongs to one worker; what it reads of others is bcache
// and fib (their rules) and the immutable struct fwd_conf. Nothing here blocks, allocates other
// than mbufs, or logs. RFCs: 5213 5.6, 2473, 6040, 6438, 4443, 8200.
#pragma once

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/siphash.h"
#include "bcache/bcache.h"
#include "fib/fib.h"
#include "fwd/hold.h"
#include "telem/verdict.h"

enum { FWD_BURST = 32, FWD_MAX_PORTS = 16, FWD_MAX_LMAA = 64, FWD_MAX_POOLS = 1024 };
enum { FWD_MAX_WORKERS = 64 };

enum fwd_ecn { FWD_ECN_RFC6040, FWD_ECN_RFC5213 };
enum fwd_role { FWD_LMA, FWD_MAG };

// What stands behind a port, and so what its frames may be.
enum fwd_port_kind {
	FWD_PORT_STEERED, // the netdev is the twin: an XDP program lets only ours through
	FWD_PORT_RELAYED, // a TAP is the twin: what is not ours goes there by way of control
	FWD_PORT_ACCESS,  // mobile nodes, no twin: every frame is ours (MAG)
};

struct fwd_port {
	enum fwd_port_kind kind;
	uint8_t mac[6];       // accept only unicast frames to it; all zero: any
	struct ip6_addr addr; // source of our ICMP errors out of it; zero: the first tunnel address
	bool spread;          // what comes out of tunnels here is dealt out to workers by flows
	uint64_t vlans[64];   // bit v: frames with that 802.1Q tag are taken; bit 0: untagged ones
};

// What the workers need of the configuration. Immutable; replaced whole through fwd_set_conf.
struct fwd_conf {
	enum fwd_role role;
	struct ip6_addr lmaas[FWD_MAX_LMAA]; // our tunnel addresses: of a MAG the proxy-CoA
	uint32_t n_lmaas;
	const struct ip6_prefix *pools; // sorted by address, not overlapping
	uint32_t n_pools;
	enum fwd_ecn ecn;
	uint32_t icmp_rate;          // errors per second, this worker
	uint32_t reassembly_packets; // outer fragments that this worker keeps at most
	uint32_t signalling_rate;    // mobility messages per second and source, this worker
	uint32_t attach_rate;  // frames per second and MAC of an access link that control sees
	uint32_t relay_rate;   // frames per second to the kernel's TAPs, this worker
	uint8_t access_mac[6]; // of a MAG on every access link (RFC 6543)
	// What waits for fast handovers (hold.h); all zero: nothing may.
	uint64_t hold_node_bytes, hold_bytes; // of buffers: one node's, and all of this worker's
	ns_t hold_age;                        // no packet waits longer
	uint32_t hold_drain_rate;             // times the rate at which packets came
	struct fwd_port ports[FWD_MAX_PORTS];
};

struct fwd;

struct fwd_init {
	unsigned worker; // number, also its number with grace
	const struct bcache *bcache;
	const struct fib *fib;
	struct rte_mempool *pool; // for packets of our own, and what fragments are joined to
	// To each worker, for outer fragments that are its own, and for tunnel packets whose flow
	// is; NULL with one worker. Without `flows` nothing is spread.
	struct rte_ring *const *fragments, *const *flows;
	unsigned n_workers;            // at most FWD_MAX_WORKERS
	struct siphash_key common_key; // the same for all workers
	struct rte_ring *punt;         // to control; shared by the workers (multi producer)
	struct rte_ring *relay; // to control for the kernel's TAPs; NULL without relayed ports
	struct telem_worker *telem;
	uint64_t seed;
	uint32_t max_holds; // fast handovers at a time (hold.h); 0: none
	int socket;         // NUMA node of the worker's own memory
};

// Numbers of tunnel peers at a MAG: LMAs below, other MAGs from here on.
enum { FWD_FIRST_MAG = 17 };

int fwd_new(const struct fwd_init *, const struct fwd_conf *, struct fwd **out); // 0, -ENOMEM
void fwd_free(struct fwd *); // frees what it holds

// Worker. Takes effect with the next burst; the old one is the caller's to retire (grace).
void fwd_set_conf(struct fwd *, const struct fwd_conf *);

// Worker. Takes all n (<= FWD_BURST) packets, as received on that port: Ethernet frames in one
// segment.
void fwd_burst(struct fwd *, uint16_t port, struct rte_mbuf **pkts, uint16_t n, ns_t now);

// Worker. A burst waits inside until the next one comes; when none does, this runs it. How much
// there was.
unsigned fwd_flush(struct fwd *);

// Worker. Packets of control's making, n <= FWD_BURST, each with a struct fwd_punt in front that
// says what it is: IPv6 without layer 2, in one segment, to be routed (SIGNALLING, ICMP, WAITED),
// or a whole frame for the port that it names (ND, FROM_KERNEL). Counted as TX_SIGNALLING, TX_ICMP,
// TX_WAITED, TX_ND, TX_KERNEL.
void fwd_originate(struct fwd *, struct rte_mbuf **pkts, uint16_t n, ns_t now);

// Worker. ICMP errors made during the last bursts and fragments from other workers become input
// now, and fragments that waited too long go; call it once a turn. How much there was.
unsigned fwd_turn(struct fwd *, ns_t now);

// Worker. Tunnel packets that other workers received and this one owns become input now, a burst at
// most: how many. Once a turn or oftener, with the output sent in between.
unsigned fwd_take_flows(struct fwd *, ns_t now);

// What waits to be sent on a port since the last fwd_sent.
struct fwd_out {
	uint16_t n;
	struct rte_mbuf *pkts[4 * FWD_BURST];
	uint16_t
		lens[4 * FWD_BURST]; // bytes of each: after the port took it, it is not ours to ask
	uint8_t verdicts[4 * FWD_BURST]; // enum verdict of each when it is taken
};
struct fwd_out *fwd_out(struct fwd *, uint16_t port);

// The port took the first `taken`; the rest is counted as `lost` (DROP_TX_FULL, DROP_HANDOFF_FULL)
// and freed.
void fwd_sent(struct fwd *, uint16_t port, uint16_t taken, enum verdict lost);

// How many packets the worker holds just now (for the accounting identity), and how many of them
// wait for nothing but its next turn.
unsigned fwd_held(const struct fwd *);
unsigned fwd_due(const struct fwd *);
// Worker, at its end. Fragments that wait for others are dropped by name.
void fwd_stop(struct fwd *);

// ---- On the rings from and to control: mbufs with this in front. The data is the IPv6 packet
// (outer header first), or the whole Ethernet frame where it says so.
enum fwd_punt_kind {
	FWD_PUNT_SIGNALLING,
	FWD_PUNT_ICMP,
	FWD_PUNT_GLEAN,
	FWD_PUNT_ACCESS, // a frame of an access link: somebody is there, or neighbour discovery
	FWD_PUNT_KERNEL, // a frame for the twin of a relayed port; on the relay ring
	// Control to worker:
	FWD_PUNT_WAITED,      // a GLEAN packet comes back
	FWD_PUNT_ND,          // a frame for a mobile node
	FWD_PUNT_FROM_KERNEL, // a frame of the kernel's, from the TAP
};

struct fwd_punt {
	uint8_t kind;
	uint8_t spare;
	uint16_t port;         // received on, or to be sent on
	uint16_t vlan;         // of its 802.1Q tag, which a received frame still has; 0: none
	uint16_t mh_offset;    // of the mobility header, or of the ICMPv6 header, from the start of
			       // the packet
	uint16_t mh_len;       // to the end of the packet
	ns_t arrival;          // monotonic, when the burst was received (LMA-TS-11)
	struct ip6_addr glean; // GLEAN: the address to resolve; the packet waits for it
};
// Lives in the mbuf's private area: pools are made with at least this much.
static inline struct fwd_punt *fwd_punt_of(struct rte_mbuf *m)
{
	return (struct fwd_punt *)rte_mbuf_to_priv(m);
}
