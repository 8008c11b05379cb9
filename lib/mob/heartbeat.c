// One peer's heartbeats: when to ask, what an answer means.
#include "mob/heartbeat.h"

// HB-07: +-10 %, so that a thousand MAGs do not ask in one moment.
static ns_t jittered(ns_t interval, struct rng *rng)
{
	ns_t spread = interval / 5;
	uint32_t ms = (uint32_t)(spread / NS_MSEC) + 1;

	return interval - spread / 2 + rng_below(rng, ms) * NS_MSEC;
}

void heartbeat_begin(struct heartbeat *h, const struct heartbeat_conf *c, struct rng *rng, ns_t now)
{
	if (h->due != 0 || c->interval == 0 || h->incapable)
		return;
	if (h->seq == 0)
		h->seq = (uint32_t)rng_u64(rng);
	h->due = now + jittered(c->interval, rng);
}

void heartbeat_end(struct heartbeat *h)
{
	h->due = 0;
	h->unanswered = 0;
	h->unreachable = false; // nobody asks any more, so nobody knows
}

bool heartbeat_tick(struct heartbeat *h, const struct heartbeat_conf *c, struct rng *rng, ns_t now,
		    struct mh *request, enum heartbeat_news *news)
{
	*news = HEARTBEAT_NOTHING;
	if (h->due == 0 || now < h->due)
		return false;
	h->due = now + jittered(c->interval, rng);
	// HB-02: counted before each request; one too many and the peer is out of reach.
	h->unanswered++;
	if (h->unanswered > c->missing_allowed && !h->unreachable) {
		h->unreachable = true;
		*news = HEARTBEAT_LOST;
	}
	h->requests++;
	*request = (struct mh){.type = MH_HEARTBEAT, .heartbeat = {.seq = ++h->seq}};
	return true;
}

static void add_counter(const struct heartbeat_conf *c, struct mh *mh)
{
	struct mh_opt *opt = mh_add(mh, OPT_RESTART_COUNTER); // never full: it is the first

	if (opt != NULL)
		opt->restart_counter.count = c->restart_counter;
}

// HB-03: a counter that was never heard is stored, another one than before tells of lost sessions.
// HB-04: so does an unasked one, even if it is the first that is heard: nobody else sends those.
static bool learn_counter(struct heartbeat *h, const struct mh *mh, bool unasked)
{
	const struct mh_opt *opt = mh_find(mh, OPT_RESTART_COUNTER);

	if (opt == NULL)
		return false;
	bool restarted = h->has_counter ? h->counter != opt->restart_counter.count : unasked;
	h->has_counter = true;
	h->counter = opt->restart_counter.count;
	return restarted;
}

static enum heartbeat_news hear_response(struct heartbeat *h, const struct mh *mh)
{
	bool unasked = (mh->heartbeat.flags & HEARTBEAT_UNSOLICITED) != 0;
	bool back = h->unreachable;

	// HB-08: only the response to the last request counts; HB-04: an unasked one has no number.
	if (!unasked && (h->unanswered == 0 || mh->heartbeat.seq != h->seq))
		return HEARTBEAT_STRAY;
	h->unanswered = 0;
	h->unreachable = false;
	h->responses++;
	if (learn_counter(h, mh, unasked))
		return HEARTBEAT_RESTARTED;
	return back ? HEARTBEAT_BACK : HEARTBEAT_NOTHING;
}

enum heartbeat_news heartbeat_heard(struct heartbeat *h, const struct heartbeat_conf *c,
				    const struct mh *mh, struct mh *answer)
{
	if ((mh->heartbeat.flags & HEARTBEAT_RESPONSE) != 0)
		return hear_response(h, mh);
	*answer = (struct mh){.type = MH_HEARTBEAT,
			      .heartbeat = {HEARTBEAT_RESPONSE, mh->heartbeat.seq}};
	add_counter(c, answer);
	h->answered++;
	return HEARTBEAT_ANSWER;
}

void heartbeat_refused(struct heartbeat *h)
{
	heartbeat_end(h);
	h->incapable = true;
}

void heartbeat_unsolicited(const struct heartbeat_conf *c, struct mh *out)
{
	*out = (struct mh){.type = MH_HEARTBEAT,
			   .heartbeat = {HEARTBEAT_RESPONSE | HEARTBEAT_UNSOLICITED, 0}};
	add_counter(c, out);
}
