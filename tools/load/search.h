// The highest rate at which no more than a share is lost: RFC 2544 26.1, by halving.
//
// The first trial is as fast as possible; what was sent in it is the most that there is. Then the
// interval is halved until it is narrow. A trial in which the sender itself did not reach its rate
// is good for what it sent, and no more is asked for again. Where others take the CPU now and then,
// a rate may have several tries: it is bad if all of them are. Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct search_trial {
	double rate; // packets a second: asked for; 0: as fast as possible
	double sent_rate;
	uint64_t sent, lost;
};

struct search {
	double tolerated;  // share of lost packets: 0 for NDR
	double resolution; // share of the first trial's rate
	double low, high;  // good; bad, or more than the sender reaches
	double next;       // to be tried
	double most;       // the first trial's
	bool done;
	unsigned tries;  // of a rate
	unsigned failed; // of this one, so far
	unsigned trials;
	struct search_trial best; // the fastest good one
};

struct search search_begin(double tolerated, double resolution, unsigned tries);
// The next trial's rate; 0: as fast as possible. Not when it is done.
double search_rate(const struct search *);
void search_learn(struct search *, const struct search_trial *);
