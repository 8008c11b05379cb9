// A small network around one struct fwd, for its tests and for fuzzing: ports in memory, real cache
// and routes, two MAGs and three mobile nodes. And frames, built from the inside out.
//
//   CN 2001:db8:ff::9 -- [CORE  kedge  BACKBONE] -- MAG1 2001:db8:a::1 -- MN1 2001:db8:1000:1::/64
//                             LMAA                  MAG2 2001:db8:b::1 -- MN2 2001:db8:1000:2::/64
//   MN3 2001:db8:1000:3::/64 is detached; 2001:db8:1000:4::/64 is nobody's.
//
// It starts as an LMA. After world_become_mag it is a MAG with the address COA, and
//
//   CN -- LMA1 2001:db8:e::1 -- [BACKBONE  kedge  ACCESS] -- NODE_A 2001:db8:3000:1::/64, untagged
//         LMA2 2001:db8:e::2                                 NODE_B 2001:db8:3000:2::/64, VLAN 5
//                                                            NODE_E 2001:db8:3000:5::/64, VLAN 5
//   NODE_A and NODE_B are bound at LMA1, NODE_E at LMA2; 2001:db8:3000:3::/64 is detached, :4:: is
//   nobody's.
#pragma once

#include "drivers/mem/mem.h"
#include "fwd/fwd.h"

enum { CORE, BACKBONE, ACCESS, N_PORTS };
enum { MAG1 = 1, MAG2 = 2, PEER_LMA1 = 7, PEER_LMA2 = 8 };
enum { VLAN_B = 5 };
enum { A, B, E, N_NODES }; // in world.nodes
enum { FRAME_MAX = 4096, WORLD_MBUFS = 1023, L2_LEN = 14, WORLD_HOLDS = 4 };

#define LMAA "2001:db8:1::1"
#define COA1 "2001:db8:a::1"
#define COA2 "2001:db8:b::1"
#define MN1  "2001:db8:1000:1::10"
#define MN2  "2001:db8:1000:2::20"
#define MN3  "2001:db8:1000:3::30"
#define MN4  "2001:db8:1000:4::40"
#define CN   "2001:db8:ff::9"
#define FAR  "2001:db8:ee::5" // on a link of ours, link-layer address unknown
#define OWN  "2001:db8:dd::1" // an address of this machine
#define VOID "2001:db8:cc::1" // no route

#define LMA1   "2001:db8:e::1"
#define LMA2   "2001:db8:e::2"
#define COA    "2001:db8:f::1"
#define NODE_A "2001:db8:3000:1::a"
#define NODE_B "2001:db8:3000:2::b"
#define NODE_C "2001:db8:3000:3::c"
#define NODE_D "2001:db8:3000:4::d"
#define NODE_E "2001:db8:3000:5::e"

// Of the mobile nodes, and of the MAG on every access link.
extern const uint8_t mac_a[6], mac_b[6], mac_e[6], mac_stranger[6], access_mac[6];

struct frame {
	uint16_t n;
	uint8_t b[FRAME_MAX];
};

struct world {
	struct rte_mempool *pool;
	struct rte_ring *punt, *relay;
	struct grace *grace;
	struct bcache *bcache;
	struct fib *fib;
	struct port *ports[N_PORTS];
	uint32_t entries[2]; // of MAG1, MAG2
	uint32_t nodes[N_NODES];
	uint16_t nh_core, nh_backbone, nh_glean;
	struct fwd_conf conf;
	struct fwd *fwd;
	ns_t now;
	struct telem_worker telem;
	uint64_t seen[N_VERDICTS]; // over all tests
};

// EAL and what stays for the whole program; a fresh fwd with the settings of the start; and its
// end, which says whether every buffer came back. All but the last: 0 or -1.
int world_boot(struct world *, const char *file_prefix);
int world_start(struct world *);
bool world_stop(struct world *);

// From here to the end of the test it is a MAG.
void world_become_mag(struct world *);
// What a test has changed in `conf` is taken, as a worker takes what control publishes: by
// world_turn, or at once by this.
void world_publish(struct world *);
// Until the end of the test that node may be routed to locally.
void world_open(struct world *, int node);
// What the workers read of a node, to be changed under them: for the length of a test.
struct fwd_entry *world_entry(struct world *, int node);

// DESIGN 5: received + originated + fragmented = sum of verdicts + held.
bool world_balanced(const struct world *);

// One turn of a worker: errors, each port's input, output. Without ports: world_output.
void world_turn(struct world *);
void world_output(struct world *);
// Puts a frame into a buffer, `at` bytes from its start. AT_HEAP: behind the usual headroom in a
// piece of heap that ends where the frame ends, since ASan sees nothing inside a pool.
enum { AT_HEADROOM = RTE_PKTMBUF_HEADROOM, AT_HEAP = UINT16_MAX };
struct rte_mbuf *world_mbuf(struct world *, const struct frame *, uint16_t at);
// The next packet that left by that port; false: none.
bool world_take(struct world *, uint16_t port, struct frame *out);
// The next packet for control, with its note; false: none.
bool world_punted(struct world *, struct fwd_punt *note, struct frame *out);

// The next frame for a TAP, the same way.
bool world_relayed(struct world *, struct fwd_punt *note, struct frame *out);

// ---- Frames. Packets are IPv6 without layer 2; `framed` puts it in front.
struct ip6_addr addr(const char *text);
struct frame packet(const char *src, const char *dst, uint8_t next, uint16_t payload);
struct frame in_front(struct frame, const void *bytes, uint16_t n);
struct frame tunnelled(const char *src, const char *dst, struct frame inner);
struct frame framed(uint16_t port, struct frame);
// On an access link: from a node's MAC address, tagged unless vlan is 0.
struct frame from_node(const uint8_t mac[6], uint16_t vlan, struct frame packet);
struct frame tagged(struct frame frame, uint16_t vlan);
struct frame stripped(struct frame, uint16_t n);
// A destination options header of 8 octets: an option of that type with one octet of value.
struct frame with_option(struct frame packet, uint8_t type, uint8_t value);
void set_class(struct frame *packet, uint8_t tc);
uint8_t class_of(const struct frame *packet);
