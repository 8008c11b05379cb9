// The DHCPv6 relay agent between mobile nodes and the domain's servers: RFC 8415 19, RFC 5213 6.11.
//
// Decides whose messages are relayed (a node's whose binding is accepted), what its link-address
// is, and which answers a node gets: those of configured servers that lease nothing outside its
// home network prefixes (MAG-DH-04). Keeps nothing of a message: the Interface-ID that goes out,
// and comes back, is the node's place. Servers answer to the proxy-CoA, which is the kernel's, on a
// socket of its own.
// Control thread; never blocks.
#pragma once

#include "base/clock.h"
#include "base/cursor.h"
#include "conf/conf.h"
#include "mob/mag.h"

struct dhcp;
struct gateway;

enum dhcp_count {
#define COUNT(ID, name, text) DHCP_##ID,
#include "app/mag/dhcp_counts.def"
#undef COUNT
	DHCP_N_COUNTS,
};
const char *dhcp_count_name(enum dhcp_count);
const char *dhcp_count_text(enum dhcp_count);

// 0 or -errno with one line of why. Where the configuration has it off *out stays NULL, which all
// others take, and do nothing.
int dhcp_open(const struct conf *, struct dhcp **out, char *why, size_t n);
void dhcp_close(struct dhcp *);

// A node's packet, whatever it is: relayed if it is for a relay and may be.
void dhcp_take(struct gateway *, struct mag_link, struct span packet, struct instant now);
// What servers have answered, as much of it as a turn may take.
void dhcp_poll(struct gateway *, struct instant now);

uint64_t dhcp_count_get(const struct dhcp *, enum dhcp_count);
