// What is asked of every packet, as words that compare at once. A part of stage.h.
//
// Made out of a struct fwd_conf whenever that changes, the worker's own. Addresses are as in
// memory.
#pragma once

#include "fwd/flow.h"
#include "fwd/fwd.h"

struct quick_port {
	uint64_t mac, mask; // destinations that it takes untagged, in the first 48 bits; nobody's
			    // where it does not
};

struct quick {
	uint64_t lmaa[2];         // the first tunnel address
	uint64_t pool, pool_mask; // the first pool's prefix; mask 0: none
	bool lma;                 // the role
	bool many;                // pools, all of them such that their packets may be plain
	bool down, up;            // whether any packet of that way may be plain
	struct quick_port ports[FWD_MAX_PORTS];
};

void quick_init(struct quick *, const struct fwd_conf *);

// Where packets leave by one next hop: mostly the same as the last, so looked up once a burst.
struct onward {
	uint32_t number; // of the next hop; UINT32_MAX: none yet
	uint32_t mtu;    // 0: not this way, not so simply
	const struct nexthop *nh;
	struct fwd_out *out; // of an untagged port
};

static const struct onward ONWARD_NOWHERE = {.number = UINT32_MAX};
