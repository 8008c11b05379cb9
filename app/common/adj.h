// Adjacencies: neighbours on links of ours, each one a next hop of the workers.
//
// An adjacency is a number that routes and forwarding entries name; what it means changes with what
// the kernel learns of the neighbour. While the neighbour is not usable it is NH_GLEAN. Control
// thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/map.h"
#include "base/siphash.h"
#include "fib/fib.h"

enum { ADJ_NONE = UINT32_MAX };

// A link of the kernel that is the twin of one of our ports.
struct adj_link {
	int ifindex;
	char name[16];
	uint16_t port, vlan; // vlan 0: untagged
	uint8_t mac[6];
	uint16_t mtu;
	bool up;
	struct ip6_addr addr; // the first global one, for our ICMP errors; zero if there is none
	uint16_t glean;       // next hop of its on-link prefixes
};

struct adj {
	struct ip6_addr addr;
	struct adj_link *link;
	uint8_t mac[6];
	bool usable, gateway, host; // host: it has a /128 route of its own
	uint16_t nexthop;
	uint32_t refs; // routes that lead here
};

struct adj_table {
	struct fib *fib;
	struct adj *adjs;
	uint32_t *free;
	uint32_t n_free, max;
	struct map by_addr;
	struct siphash_key key;
};

int adj_init(struct adj_table *, struct fib *, uint32_t max, uint64_t seed); // 0, -ENOMEM
void adj_done(struct adj_table *);

uint32_t adj_find(const struct adj_table *, const struct adj_link *, struct ip6_addr);
// The adjacency, made if there is none; ADJ_NONE when tables are full.
uint32_t adj_get(struct adj_table *, struct adj_link *, struct ip6_addr);
// Ethernet header for IPv6, with a tag if vlan is not 0: its length.
uint8_t adj_write_l2(uint8_t l2[NEXTHOP_L2_MAX], const uint8_t dst[6], const uint8_t src[6],
		     uint16_t vlan);
// Publishes what is known of it now; call after any change of the neighbour or its link.
void adj_publish(struct adj_table *, uint32_t);
// Frees every adjacency without references, host route and use. Only when no published route and no
// forwarding entry can still name one.
void adj_sweep(struct adj_table *);
// Publishes the glean next hop of a link, making it if needed. 0 or -errno.
int adj_link_publish(struct adj_table *, struct adj_link *);
