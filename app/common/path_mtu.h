// What the path to each tunnel peer takes: RFC 8201 for tunnels, LMA-MTU-01, -05, -07.
//
// Begins with the configured MTU, goes down as routers on the path tell (Packet Too Big), and up
// again to the configured one ten minutes later, for a longer path may be back (RFC 8201 4). A
// program that tells its nodes what fits into a tunnel (MAG-RA-08) is told of each change.
// Control thread.
#pragma once

#include "base/addr.h"
#include "base/clock.h"

struct plane;

// What holds for a new tunnel to that peer, in octets of an outer packet.
uint16_t path_mtu_get(const struct plane *, uint32_t peer);
// A router told that this path takes no more. False: that is no news.
bool path_mtu_learn(struct plane *, uint32_t peer, uint32_t mtu, ns_t now);
// The number is another peer's from now on.
void path_mtu_forget(struct plane *, uint32_t peer);
// Call it every turn.
void path_mtu_turn(struct plane *, ns_t now);

// What is taken into the tunnel to that peer, in octets of an inner packet: what the path and the
// link at its begin leave beside the outer header. Never less than 1280, which goes in pieces then
// (LMA-MTU-02), and less than which no Router Advertisement may say.
uint16_t path_mtu_inside(const struct plane *, uint32_t peer);
// What it is now for a peer to which it was something else at the last call, or to which there was
// no tunnel yet and the configured MTU says something else. fn may bind and unbind.
typedef void path_mtu_fn(void *arg, struct ip6_addr peer, uint16_t inside);
void path_mtu_tell(struct plane *, path_mtu_fn *, void *arg);
