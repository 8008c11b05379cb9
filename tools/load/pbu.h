// The Proxy Binding Updates of a played MAG, and what it says beside them. Pure, any thread.
#pragma once

#include "tools/load/plan.h"
#include "wire/mh.h"

struct pbu {
	uint32_t node, mag;
	uint16_t seq;
	uint32_t lifetime_s; // 0: de-registration
	enum handoff_indicator handoff;
	uint8_t access_technology;
	struct ip6_prefix hnp; // zero: the LMA chooses, or knows
	uint64_t wall_q16;
};

// A whole IPv6 packet: its length, 0 if it does not fit.
size_t pbu_emit(void *buf, size_t room, const struct plan *, const struct pbu *);
// The answer of that MAG to a heartbeat request with this number (RFC 5847 3.3).
size_t pbu_emit_heartbeat(void *buf, size_t room, const struct plan *, uint32_t mag, uint32_t seq);
