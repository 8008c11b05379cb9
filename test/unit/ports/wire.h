// A veth pair with a port on one end and packet sockets on both: what is put in at the far end,
// and where it comes out.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "drivers/port.h"

enum { FRAME_MAX = 2048, ETH_LEN = 14, TAG_LEN = 4, IP6_LEN = 40 };

struct frame {
	uint16_t n;
	uint8_t b[FRAME_MAX];
};

#define NEAR_MAC "02:00:00:00:00:01"
#define FAR_MAC  "02:00:00:00:00:02"

struct wire {
	int near; // packet socket: what the kernel sees on the port's netdev
	int far;  // packet socket: the other end
	struct port *port;
};

// Makes the pair NAME0 (the port's) and NAME1, both up and quiet, and opens the sockets. 0 or -1.
int wire_up(struct wire *, const char *name);
void wire_down(struct wire *, const char *name);

// EAL as small as it gets; call after steer_open. 0 or -1. And buffers for ports.
int wire_eal(void);
struct rte_mempool *wire_pool(void);

enum fate { FATE_LOST, FATE_OURS, FATE_KERNEL };

// Sends a frame in at the far end and says where it came out, unchanged.
enum fate wire_fate(struct wire *, const struct frame *);
// Sends it in at the far end; whether it came to the port unchanged, whatever the kernel saw.
bool wire_comes(struct wire *, const struct frame *);
// Sends it out by the port; whether it came out at the far end unchanged.
bool wire_send(struct wire *, struct rte_mempool *, const struct frame *);

// Whether the port's link comes to be up, or down: the kernel says so when it comes to it, at most
// a second later.
bool wire_until(struct wire *, bool up, struct port_link *out);

// ---- Frames
struct ip6_addr addr(const char *text);
// An IPv6 packet with the payload's first bytes given, the rest a pattern; in an Ethernet frame
// from the far end to the near one.
struct frame frame_to(const char *dst, uint8_t next, const uint8_t *payload, uint16_t given,
		      uint16_t n);
struct frame with_tag(struct frame, uint16_t type, uint16_t vlan);
