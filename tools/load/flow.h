// One direction of one node's packets: numbered when sent, and judged by number when they come.
//
// Decides what is late and what came twice, as far back as 64 packets; what is older counts as
// late. Pure; 16 bytes a flow.
#pragma once

#include <stdint.h>

struct flow {          // zero-initialised: nothing sent
	uint32_t sent; // the number that the next one gets
	uint32_t next; // the one that is expected
	uint64_t seen; // bit i: number next - 1 - i came
};

enum flow_order {
	FLOW_NEXT,  // as expected, or behind a gap
	FLOW_LATE,  // behind one that was sent later
	FLOW_TWICE, // came already
	FLOW_NEVER, // was not sent
};

static inline enum flow_order flow_take(struct flow *f, uint32_t number)
{
	int32_t ahead = (int32_t)(number - f->next);

	if ((int32_t)(number - f->sent) >= 0)
		return FLOW_NEVER;
	if (ahead >= 0) {
		f->seen = ahead < 63 ? f->seen << (ahead + 1) | 1 : 1;
		f->next = number + 1;
		return FLOW_NEXT;
	}
	uint32_t back = (uint32_t)-ahead - 1;
	if (back >= 64)
		return FLOW_LATE;
	if ((f->seen >> back & 1) != 0)
		return FLOW_TWICE;
	f->seen |= UINT64_C(1) << back;
	return FLOW_LATE;
}
