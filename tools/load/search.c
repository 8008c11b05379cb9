// One trial more, and what it says of the interval.
#include "tools/load/search.h"

enum { MOST_TRIALS = 100 };

struct search search_begin(double tolerated, double resolution, unsigned tries)
{
	return (struct search){.tolerated = tolerated, .resolution = resolution, .tries = tries};
}

double search_rate(const struct search *s)
{
	return s->trials == 0 ? 0 : (s->low + s->high) / 2;
}

static bool is_good(const struct search *s, const struct search_trial *t)
{
	return t->sent > 0 && (double)t->lost <= s->tolerated * (double)t->sent;
}

void search_learn(struct search *s, const struct search_trial *t)
{
	bool good = is_good(s, t), first = s->trials++ == 0;

	if (first)
		s->most = s->high = t->sent_rate;
	if (good && t->sent_rate > s->best.sent_rate)
		s->best = *t;
	if (first) {
		s->done = good || s->most <= 0;
		return;
	}
	if (!good && ++s->failed < s->tries && s->trials < MOST_TRIALS)
		return; // the same rate again
	s->failed = 0;
	if (good)
		s->low = t->rate;
	else
		s->high = t->rate;
	s->done = s->high - s->low <= s->resolution * s->most || s->trials >= MOST_TRIALS;
}
