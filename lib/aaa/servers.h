// Which server is asked next: in the order of the configuration, but one that did not answer is
// left alone for a while, so that it does not cost every node its time-out. Then one question tries
// it again, not all that are out at that time. Where all are silent the one that was silent first
// is tried, by one question too: the others are told at once that nobody answers. Shared by the
// helper threads; the caller of each function holds aaa.c's lock.
#pragma once

#include "aaa/aaa.h"
#include "aaa/exchange.h"

struct servers {
	struct aaa_server all[AAA_MAX_SERVERS];
	struct aaa_server_totals totals[AAA_MAX_SERVERS];
	ns_t silent_until[AAA_MAX_SERVERS]; // 0: it answered
	bool tried[AAA_MAX_SERVERS];        // silent, and a question is out to see
	unsigned n;
};

// The next one whose bit is not in *tried, which gets it; n: none is left.
unsigned servers_next(struct servers *, uint32_t *tried, ns_t now);
// What came of asking it.
void servers_learn(struct servers *, unsigned i, enum exchange_result, enum aaa_verdict,
		   unsigned forged, ns_t now);
