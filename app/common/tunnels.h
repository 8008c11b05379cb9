// Bindings become state of the workers: an entry for tunnel and place, a slot of the cache, a peer
// that is listened to while a binding uses it.
//
// The only writer of the cache and of entries. Control thread.
#pragma once

#include "app/common/plane.h"

// Where a binding's packets go and come from.
struct tunnel_way {
	struct fwd_tunnel tunnel;     // its peer is 1..max_peers
	struct ip6_addr also;         // the address of tunnel.also, if there is one
	struct fwd_access access;     // at a MAG
	struct fwd_handover handover; // at a MAG; its `next` is filled in here
	struct ip6_addr next;         // the next MAG, whose number is next_peer; zero: none
	uint32_t next_peer;
};

// Packets for hnp go this way from now on, and are taken from there only; replaces what was there
// in one store. 0 or -errno, and then what was there is there still.
int tunnels_bind(struct plane *, struct ip6_prefix hnp, const struct tunnel_way *);
// Has the processor fetch what a binding or unbinding of hnp will change.
void tunnels_look_ahead(const struct plane *, struct ip6_prefix hnp);
// A tunnel that is there without bindings, and stays (LMA-FW-10). 0 or -errno.
int tunnels_keep(struct plane *, const struct fwd_tunnel *);
void tunnels_unbind(struct plane *, struct ip6_prefix hnp);
// Packets for hnp are dropped by name (LMA-DER-01).
void tunnels_detach(struct plane *, struct ip6_prefix hnp);
// Entries follow changed routes and neighbours; the peer's next hop is asked for, with no entry yet
// too.
void tunnels_resolve(struct plane *);
