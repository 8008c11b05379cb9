// The data plane of a program, an LMA's or a MAG's: everything between its configuration and its
// workers.
//
// plane.c       builds it, runs it and takes it down, step by step
// tunnels.[ch]  bindings become entries and cache slots; farewell.[ch] those that were left
// path_mtu.[ch] what the path to each peer takes, as routers on it have told
// tunnel_errors.[ch]  ICMPv6 errors about our tunnel packets
// relay.[ch]    frames between relayed ports and their TAPs
// spreading.[ch]  who spreads a tunnel's packets over workers, and how even it came out
// signalling.[ch]  mobility messages in and out
// twin.[ch], rib.[ch], adj.[ch]  the kernel's links, routes and neighbours applied
// loop.[ch]     the control thread's turn around all of it
//
// Owned by the control thread; workers get their own parts of it (struct worker). What the protocol
// decides is the program's: plane knows no engine.
#pragma once

#include "app/common/farewell.h"
#include "app/common/relay.h"
#include "app/common/spreading.h"
#include "app/common/twin.h"
#include "app/common/waiting.h"
#include "app/common/worker.h"
#include "bcache/bcache.h"
#include "conf/conf.h"
#include "drivers/xdp/loader.h"
#include "fib/fib.h"
#include "fwd/bucket.h"
#include "linux/kernel_twin.h"
#include "wire/mh.h"

enum { PLANE_INTERFACES = 256 };

// An interface of the configuration, in use.
struct plane_interface {
	const struct conf_interface *conf;
	uint16_t port;
	struct relay relay; // a TAP, where the port is no netdev of the kernel's
};

// What control itself lost or could not do; every one is shown.
struct plane_counters {
	uint64_t punts, gleans, icmp_punts;
	uint64_t parse_errors[MH_N_ERRS];
	uint64_t sent, send_no_mbuf, send_ring_full, send_not_encoded;
	uint64_t tunnel_errors, tunnel_errors_strange, tunnel_errors_relayed, path_mtu_changes;
	uint64_t params_told; // Parameter Problems about mobility headers (WIRE-01, WIRE-02)
};

// Who packets come from: the other end of a tunnel.
struct plane_peer {
	uint32_t refs; // bindings: at 0 its tunnel packets are refused
	struct ip6_addr remote;
	uint16_t path_mtu; // learnt; 0: the configured one holds
	ns_t path_mtu_until;
	uint16_t inside_told; // to the program (path_mtu_tell); 0: nothing yet
};

struct plane_conf {
	const char *program; // "kedge-lma"
	const struct conf *conf;
	struct fwd_conf fwd; // the program's part; ports and pools are filled in here
	uint64_t max_bindings;
	uint32_t max_entries, max_peers;
	uint32_t max_holds;   // of fast handovers, at each worker; 0: none
	uint16_t tunnel_mtu;  // path MTU to a peer until it is learnt
	struct ip6_addr peer; // the way there is kept known from the start on; zero: none is needed
};

struct plane {
	struct plane_conf is;
	struct grace *grace;
	struct bcache *bcache;
	struct fib *fib;
	struct steer *steer; // NULL without AF_XDP ports
	struct rte_mempool *pool;
	struct rte_ring *punt, *relay;
	struct port *ports[PORT_MAX];
	unsigned n_ports;
	struct plane_interface interfaces[PLANE_INTERFACES];
	unsigned n_interfaces;
	struct ip6_prefix *pools;        // sorted, for the workers
	const struct fwd_conf *fwd_conf; // the newest; older ones are with grace
	struct telem_worker telem[WORKER_MAX];
	struct worker workers[WORKER_MAX];
	// To each worker: outer fragments that are its own, tunnel packets of its flows.
	struct rte_ring *fragments[WORKER_MAX], *flows[WORKER_MAX];
	struct siphash_key common_key;
	unsigned n_workers, n_running;
	struct kernel *kernel;
	struct twin *twin;
	struct plane_peer *peers; // by number
	struct farewells left;    // entries of detached prefixes, each held once
	uint32_t n_path_mtus;     // of them with a learnt path MTU
	ns_t path_mtus_due;
	bool path_mtus_news;    // perhaps: path_mtu_tell looks
	struct bucket errors;   // ICMPv6 errors that control sends
	struct waiting waiting; // packets without a neighbour yet
	struct plane_counters counters;
	struct balance balance; // of what the workers took out of tunnels
	struct relay_counters relayed;
	bool link_up[PORT_MAX]; // of ports without a kernel's netdev
	ns_t links_due;
};

// Builds everything; on failure says why in one line and leaves what there is to plane_done. 0 or
// -errno. Once a process.
int plane_start(struct plane *, const struct plane_conf *, char *why, size_t n);
// From here on packets are ours.
int plane_run(struct plane *);
// The workers end and nothing is steered to us any more; takes half-built ones.
void plane_halt(struct plane *);
void plane_done(struct plane *);

// Publishes a fwd_conf that has the links' present MACs and addresses.
void plane_publish(struct plane *);

// Tunnel addresses that are on no interface here: a line of the log each.
void plane_warn_of_addresses(const struct plane *);

// Ports that the kernel does not watch: called for each that went up or down since the last call.
// Looks ten times a second at most.
typedef void plane_link_fn(void *arg, uint16_t port, bool up);
void plane_links(struct plane *, ns_t now, plane_link_fn *, void *arg);

// The access interface that frames of this port and VLAN come through, UINT32_MAX: none.
uint32_t plane_interface_of(const struct plane *, uint16_t port, uint16_t vlan);

// Which way what comes out of tunnels at that port is spread over the workers.
enum spreading plane_spreading(const struct plane *, const struct port *);

uint64_t plane_seed(void);
