// The MAGs of a domain, as one port in memory: proxy binding updates come from it, and what is sent
// to it is looked at and taken back.
//
// Every node is at a MAG, in its turn asks for something, and is owed an acceptance: what is
// refused is counted apart. Nodes take turns in an order that jumps about in all of them. One
// thread, but for what is atomic.
#pragma once

#include <stdatomic.h>

#include "test/perf/bench/domain.h"
#include "test/perf/bench/pace.h"

enum call {
	CALL_INITIAL,  // of a node that is not there yet: one zero prefix, nodes in their order
	CALL_REFRESH,  // at the MAG where it is
	CALL_HANDOVER, // at another one
	CALL_MIX,      // every fourth a handover, the rest refreshes
	N_CALLS,
};
const char *call_name(enum call);

// A handover that is watched until the first packet of the node comes by its new tunnel.
struct probe {
	bool is_on;
	uint32_t node;
	uint16_t mag;
	uint64_t asked_tsc;
};

struct mags {
	struct port port; // first
	const struct domain *domain;
	struct source *tunnelled; // takes back what comes by a tunnel
	enum call call;           // changed only while nothing is allowed
	// Written by who measures, read by who has the port.
	_Alignas(64) _Atomic uint64_t allowed; // so many may be asked in all
	_Atomic bool is_mute;                  // calls are made, and thrown away
	_Atomic uint64_t ticks_a_call;         // TSC ticks between two calls at least; 0: no matter
	// Written by who has the port, read by who measures.
	_Alignas(64) _Atomic uint64_t asked;
	_Atomic uint64_t accepted, refused;
	// The port's own.
	_Alignas(64) uint64_t turn, stride;
	uint32_t first, n; // nodes
	struct pace pace;
	uint64_t wall_q16;
	uint16_t *at; // MAG of each node
	struct probe probe;
	void (*on_probe)(void *arg, uint64_t ticks);
	void *arg;
	uint16_t len, id_at, hnp_at, handoff_at, ll_id_at, stamp_at; // places in the frame
	uint8_t frame[256];
};

int mags_new(const struct domain *, struct source *tunnelled, struct mags **out); // 0 or -errno
void mags_free(struct mags *);
void mags_take(struct mags *, uint32_t first, uint32_t n); // only these nodes from now on; else all
// Writes the next call into an empty buffer as it comes in.
void mags_write_id(uint8_t *, uint32_t node); // eight digits
void mags_write(struct mags *, struct rte_mbuf *);
void mags_tell_time(struct mags *);          // what calls are stamped with from now on
bool mags_is_acceptance(const uint8_t *ip6); // of a packet that is sent to them
