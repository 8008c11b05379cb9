// One trial more, and what it says of the interval.
#include "tools/load/search.h"

enum { MOST_TRIALS = 100 };

struct search search_begin(double tolerated, double resolution, unsigned tries)
{
	return (struct search){.tolerated = tolerated, .resolution = resolution, .tries = tries};
}

double search_rate(const struct search *s)
{
	return s->next;
}

static bool is_good(const struct search *s, const struct search_trial *t)
{
	return t->sent > 0 && (double)t->lost <= s->tolerated * (double)t->sent;
}

// Of what was asked for; a fixed rate is met to the packet unless somebody is in the way.
static bool is_offered(const struct search_trial *t)
{
	return t->sent_rate >= 0.98 * t->rate;
}

void search_learn(struct search *s, const struct search_trial *t)
{
	bool good = is_good(s, t), first = s->trials++ == 0;

	if (good && t->sent_rate > s->best.sent_rate)
		s->best = *t;
	if (first) {
		s->most = s->high = t->sent_rate;
		s->next = s->high / 2;
		s->done = good || s->most <= 0;
		return;
	}
	if (good && t->sent_rate > s->low)
		s->low = t->sent_rate < t->rate ? t->sent_rate : t->rate;
	bool settled = good && is_offered(t);
	if (!settled && ++s->failed < s->tries && s->trials < MOST_TRIALS)
		return; // the same rate again
	if (!settled)
		s->high = t->rate;
	s->failed = 0;
	s->next = (s->low + s->high) / 2;
	s->done = s->high - s->low <= s->resolution * s->most || s->trials >= MOST_TRIALS;
}
