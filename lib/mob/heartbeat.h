// Heartbeats with one peer: RFC 5847, the same at an LMA and at a MAG.
//
// Decides when a request is due, what an answer to one says, and what was learnt: the peer does not
// answer, answers again, or lost its sessions. Who the peers are and what follows for bindings is
// the engine's (lma.c, mag.c): nothing is deleted here or there (HB-02). Pure; one owner.
#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "wire/mh.h"

struct heartbeat_conf {
	ns_t interval;            // 30..3600 s, default 60 s; 0: no requests (HB-02)
	unsigned missing_allowed; // MISSING_HEARTBEATS_ALLOWED, default 3
	uint32_t restart_counter; // ours: one more at each start that lost its sessions (HB-03)
	bool lost_sessions;       // this start did: peers are told unasked (HB-04)
};

struct heartbeat {           // zero-initialised: a peer that nothing is known of
	ns_t due;            // of the next request; 0: none
	uint32_t seq;        // of the last request
	uint32_t unanswered; // requests since the last good response
	uint32_t counter;    // the peer's restart counter
	bool has_counter, unreachable,
		incapable; // incapable: it said it does not know heartbeats (HB-05)
	uint64_t requests, responses,
		answered; // sent, good ones received, requests of its answered
};

enum heartbeat_news {
	HEARTBEAT_NOTHING,
	HEARTBEAT_ANSWER,    // *answer is owed to the peer (HB-01, HB-08)
	HEARTBEAT_LOST,      // it does not answer any more: alarm, its bindings are stale
	HEARTBEAT_BACK,      // it does again
	HEARTBEAT_RESTARTED, // its restart counter changed: its sessions are gone (HB-03); it may
			     // be BACK too
	HEARTBEAT_STRAY,     // a response to no request of ours
};

// A binding with the peer exists from now on: the first request is due within an interval +-10 %
// (HB-02, HB-07). Without bindings: heartbeat_end.
void heartbeat_begin(struct heartbeat *, const struct heartbeat_conf *, struct rng *, ns_t now);
void heartbeat_end(struct heartbeat *);
// Time came. True: *request is to be sent now; *news is LOST when this one is one too many.
bool heartbeat_tick(struct heartbeat *, const struct heartbeat_conf *, struct rng *, ns_t now,
		    struct mh *request, enum heartbeat_news *news);
// A Heartbeat of the peer's. For a request *answer is filled.
enum heartbeat_news heartbeat_heard(struct heartbeat *, const struct heartbeat_conf *,
				    const struct mh *, struct mh *answer);
// The peer answered a request with a Binding Error of status 2 (HB-05).
void heartbeat_refused(struct heartbeat *);
// HB-04.
void heartbeat_unsolicited(const struct heartbeat_conf *, struct mh *out);
