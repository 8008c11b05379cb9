// The kernel twin applied: links, addresses, routes and neighbours of the kernel become routes and
// next hops of the workers.
//
// Linux is the routing stack; we follow it. Every route of the main and local tables is taken, the
// best of each prefix is published. Our pools stand above any route of the kernel's for the same
// prefix. Control thread. State is levels: after a lost event everything is read anew.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "drivers/port.h"
#include "fib/fib.h"
#include "linux/kernel_twin.h"

struct twin;

enum { TWIN_INTERFACES = 256 };

// A netdev of the kernel's that stands for an interface of ours.
struct twin_interface {
	char netdev[16];
	uint16_t port, vlan;
};

struct twin_conf {
	struct kernel *kernel; // NULL: no twin (in-memory ports), static routes only
	struct fib *fib;
	struct twin_interface interfaces[TWIN_INTERFACES];
	unsigned n_interfaces;
	const struct ip6_prefix *pools;
	unsigned n_pools;
	uint32_t max_routes, max_neighbours;
	uint64_t seed;
};

int twin_new(const struct twin_conf *, struct twin **out); // 0 or -errno
void twin_free(struct twin *);                             // withdraws the pools' routes

// Reads the kernel's state whole and publishes it. 0 or -errno.
int twin_start(struct twin *);

// One turn: events (bounded), commit, sweep. True if routes, neighbours or links changed since the
// last call, so that who resolved addresses through them resolves again.
bool twin_poll(struct twin *);

// A packet waits for this address's link-layer address: have the kernel find it out and keep it.
void twin_want(struct twin *, struct ip6_addr);

// A route that the kernel does not know: static next hops. 0 or -errno.
int twin_static_route(struct twin *, struct ip6_prefix, const struct nexthop *);

// The kernel's view of the link under an interface; NULL if it has none.
struct adj_link;
const struct adj_link *twin_link(const struct twin *, uint16_t port, uint16_t vlan);
bool twin_has_addr(const struct twin *, struct ip6_addr);
