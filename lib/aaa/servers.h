// Which server is asked next: in the order of the configuration, but one that did not answer is
// left alone for a while, so that it does not cost every node its time-out. Where all are silent
// the one that was silent first is tried. Shared by the helper threads; the caller of each function
// holds aaa.c's lock.
#pragma once

#include "aaa/aaa.h"
#include "aaa/exchange.h"

struct servers {
	struct aaa_server all[AAA_MAX_SERVERS];
	struct aaa_server_totals totals[AAA_MAX_SERVERS];
	ns_t silent_until[AAA_MAX_SERVERS];
	unsigned n;
};

// The next one whose bit is not in *tried, which gets it; n: none is left.
unsigned servers_next(const struct servers *, uint32_t *tried, ns_t now);
// What came of asking it.
void servers_learn(struct servers *, unsigned i, enum exchange_result, enum aaa_verdict,
		   unsigned forged, ns_t now);
