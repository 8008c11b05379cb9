// Who was refused at this MAG and has no entry of the binding update list: for the operator, and so
// that one who asks with every frame is not asked for with every frame.
//
// By MN-ID, or by link where there is none. Bounded; the oldest gives way, so strangers on a link
// cost no memory. Owner: the engine. Decides nothing but whether a node's time is over.
#pragma once

#include "base/map.h"
#include "base/siphash.h"
#include "mob/mag.h"

enum { MAX_REFUSALS = 1024 };

struct refusals {
	struct refused {
		struct mag_link link;
		bool used;
		uint8_t reason, status, mn_len, why_len;
		uint64_t times;
		ns_t since, last, until;
		uint8_t mn_id[253], why[MAG_MAX_WHY];
	} * rows;
	struct map index;
	struct siphash_key key;
	uint32_t next, n; // next: the row that gives way; n: rows in use
};

int refusals_init(struct refusals *, struct siphash_key); // 0, -ENOMEM
void refusals_done(struct refusals *);

// One more of this node; `until` UINT64_MAX: until an operator acts. Why is cut where it is too
// long.
void refusals_put(struct refusals *, const struct mag_refusal *, ns_t now);
// Why it was refused, if its time is not over; counts it then. Else REASON_NONE.
enum mag_reason refusals_holds(struct refusals *, struct mag_link, struct span mn_id, ns_t now);
void refusals_forget(struct refusals *, struct mag_link, struct span mn_id);
// By whatever name: of this MAC address. Walks all rows.
void refusals_forget_mac(struct refusals *, const uint8_t mac[6]);
// Walks all: start with *cursor = 0; false at the end.
bool refusals_next(const struct refusals *, uint32_t *cursor, struct mag_refusal *out);
