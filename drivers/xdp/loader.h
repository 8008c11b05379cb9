// Loads what the XDP program reads: tunnel addresses, pools; reads what it counts.
//
// DPDK's AF_XDP driver loads the program itself, from a file, once per netdev; its maps are pinned
// by name so that all copies share them with us. The pins live in a bpffs that we mount in a mount
// namespace of our own: two instances never meet, and nothing is left behind when we are killed.
// Control thread; before EAL starts.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "drivers/xdp/steer.h"

struct steer;

// Enters a private mount namespace, mounts bpffs, creates and pins the maps. Call it first,
// single-threaded. 0 or -errno with one line of why and what to do.
int steer_open(struct steer **out, char *why, size_t n);
void steer_close(struct steer *);

// A path from which the driver can load the program while `steer` is open (xdp_prog= of
// net_af_xdp).
const char *steer_object_path(const struct steer *);
// The same for access ports, on which every frame is ours.
const char *steer_access_object_path(const struct steer *);

// Replace the whole sets. 0, -ENOSPC beyond STEER_MAX_*, -errno.
int steer_set_tunnel_addrs(struct steer *, const struct ip6_addr *addrs, unsigned n);
int steer_set_pools(struct steer *, const struct ip6_prefix *pools, unsigned n);

// Summed over CPUs.
int steer_counters(struct steer *, uint64_t out[STEER_N_COUNTERS]);
