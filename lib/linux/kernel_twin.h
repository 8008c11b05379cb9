// The kernel twin: what the kernel of this network namespace knows about links, addresses, routes
// and neighbours, over rtnetlink (libmnl), and the little that we tell it.
//
// kernel.c   socket, dump, events; neigh.c, route.c: what we write
// Control thread only; never blocks but in kernel_dump at start. After an overrun of the event
// socket (ENOBUFS) the caller sees KERNEL_LOST and dumps anew: state is levels, not edges.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct kernel;

enum kernel_event_kind { KERNEL_LINK, KERNEL_ADDR, KERNEL_ROUTE, KERNEL_NEIGH, KERNEL_LOST };

struct kernel_event {
	enum kernel_event_kind kind;
	bool gone; // deleted, or for a neighbour: failed
	int ifindex;
	union {
		struct {
			char name[16];
			uint8_t mac[6];
			uint16_t mtu;
			bool up; // administratively up and carrier
		} link;
		struct {
			struct ip6_addr addr;
			uint8_t len;
			bool tentative;
		} addr;
		struct {
			struct ip6_prefix dst;
			struct ip6_addr gateway; // zero: on-link
			uint32_t metric, table;
			uint8_t type;     // RTN_UNICAST, RTN_LOCAL, RTN_BLACKHOLE ...
			uint8_t protocol; // RTPROT_*
			bool replaces; // those of its prefix, table and metric, which nobody else
				       // tells as gone
		} route;
		struct {
			struct ip6_addr addr;
			uint8_t mac[6];
			bool usable; // REACHABLE, STALE, DELAY, PROBE, PERMANENT, NOARP: has a MAC
		} neigh;
	};
};

typedef void kernel_event_fn(void *arg, const struct kernel_event *);

int kernel_open(struct kernel **out); // 0 or -errno
void kernel_close(struct kernel *);
int kernel_fd(const struct kernel *); // readable: call kernel_poll

// Everything, as events: links, then addresses, routes (main and local table), neighbours. What
// changes while it is read may be told twice; `fn` may manage neighbours and routes. 0 or -errno;
// -EINTR if it never held still.
int kernel_dump(struct kernel *, kernel_event_fn *, void *arg);
// What happened since; at most `budget` messages, so that a flood of routes does not starve
// signalling. The number read, 0 for none, or -errno.
int kernel_poll(struct kernel *, unsigned budget, kernel_event_fn *, void *arg);

// Have the kernel resolve a neighbour and keep it resolved, though it sees no traffic
// (NTF_EXT_MANAGED; NTF_USE where the kernel is older than 5.16). One that the operator has set
// (permanent) is left alone by both. 0 or -errno.
int kernel_neigh_manage(struct kernel *, int ifindex, struct ip6_addr);
int kernel_neigh_unmanage(struct kernel *, int ifindex, struct ip6_addr);

// A blackhole route with our protocol number, for a routing daemon to announce (DESIGN section 6).
enum { KERNEL_ROUTE_PROTO = 213 };
int kernel_pool_route_add(struct kernel *, struct ip6_prefix); // 0 also if ours is there already
int kernel_pool_route_del(struct kernel *, struct ip6_prefix);
