// Bindings become state of the workers: an entry for tunnel and place, a slot of the cache, a peer
// that is listened to while a binding uses it.
//
// The only writer of the cache and of entries. Control thread.
#pragma once

#include "app/common/plane.h"

// Packets for hnp go this way from now on, and are taken from there only; replaces what was there
// in one store. tunnel->peer is 1..max_peers. 0 or -errno, and then what was there is there still.
int tunnels_bind(struct plane *, struct ip6_prefix hnp, const struct fwd_tunnel *,
		 const struct fwd_access *, uint16_t path_mtu);
void tunnels_unbind(struct plane *, struct ip6_prefix hnp);
// Packets for hnp are dropped by name (LMA-DER-01).
void tunnels_detach(struct plane *, struct ip6_prefix hnp);
// Entries follow changed routes and neighbours; the peer's next hop is asked for, with no entry yet
// too.
void tunnels_resolve(struct plane *);
