// What becomes of packets that come: counted, judged, timed.
//
// Each packet that was sent ends as received, as wrong, or is lost. Late ones and those by the
// previous MAG are received ones, counted beside; one that comes twice is received once. One
// thread.
#pragma once

#include "tools/load/frame.h"
#include "tools/load/histogram.h"

// One direction's, since the last sink_restart.
struct sink_counts {
	uint64_t sent, sent_octets; // of frames without a tunnel
	uint64_t received, late, twice, previous;
	uint64_t wrong[N_FAULTS];
	struct histogram delays;   // time of stamps
	struct histogram switched; // PBU to the first packet by the new MAG, of watched nodes
};

// `packet` from its IPv6 header on, `time` now. Whether it was received, or is wrong.
void sink_take(struct sink_counts *, const struct plan *, struct node *nodes, enum frame_way,
	       struct span packet, uint32_t time);

uint64_t sink_wrong(const struct sink_counts *);
uint64_t sink_lost(const struct sink_counts *); // what is under way counts, too
