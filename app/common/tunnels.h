// Bindings become state of the workers: an entry for tunnel and place, a slot of the cache, a peer
// that is listened to while a binding uses it.
//
// The only writer of the cache and of entries. Control thread.
#pragma once

#include "app/common/plane.h"

// Packets for hnp go this way from now on, and are taken from there only; replaces what was there
// in one store. tunnel->peer is 1..max_peers; `also` is the address of tunnel->also, if there is
// one. 0 or -errno, and then what was there is there still.
int tunnels_bind(struct plane *, struct ip6_prefix hnp, const struct fwd_tunnel *,
		 const struct fwd_access *, struct ip6_addr also);
// A tunnel that is there without bindings, and stays (LMA-FW-10). 0 or -errno.
int tunnels_keep(struct plane *, const struct fwd_tunnel *);
void tunnels_unbind(struct plane *, struct ip6_prefix hnp);
// Packets for hnp are dropped by name (LMA-DER-01).
void tunnels_detach(struct plane *, struct ip6_prefix hnp);
// Entries follow changed routes and neighbours; the peer's next hop is asked for, with no entry yet
// too.
void tunnels_resolve(struct plane *);
