// What the path to each tunnel peer takes: RFC 8201 for tunnels, LMA-MTU-01, -05, -07.
//
// Begins with the configured MTU, goes down as routers on the path tell (Packet Too Big), and up
// again to the configured one ten minutes later, for a longer path may be back (RFC 8201 4).
// Control thread.
#pragma once

#include "base/addr.h"
#include "base/clock.h"

struct plane;

// What holds for a new tunnel to that peer.
uint16_t path_mtu_get(const struct plane *, uint32_t peer);
// A router told that this path takes no more. False: that is no news.
bool path_mtu_learn(struct plane *, uint32_t peer, uint32_t mtu, ns_t now);
// The number is another peer's from now on.
void path_mtu_forget(struct plane *, uint32_t peer);
// Call it every turn.
void path_mtu_turn(struct plane *, ns_t now);
