// The trials of a search, each a run of traffic of its own.
#include "tools/load/load.h"

static struct search_trial sum(const struct load *l, double rate)
{
	struct search_trial t = {.rate = rate};

	for (unsigned way = 0; way < N_WAYS; way++) {
		t.sent += l->traffic[way].counts.sent;
		t.lost += sink_lost(&l->traffic[way].counts) + sink_wrong(&l->traffic[way].counts);
	}
	t.sent_rate = (double)t.sent * NS_SEC / (double)l->traffic_took;
	return t;
}

// Both directions, where both are asked for, have half of the rate each.
bool trials_run(struct load *l)
{
	const struct arguments *a = l->args;
	bool wanted[N_WAYS] = {[WAY_DOWN] = a->downlink != 0, [WAY_UP] = a->uplink != 0};
	double parts = wanted[WAY_DOWN] + wanted[WAY_UP];

	l->search = search_begin(a->pdr_percent / 100, a->resolution_percent / 100, a->trial_tries);
	while (!l->search.done) {
		double rate = search_rate(&l->search), rates[N_WAYS];
		for (unsigned way = 0; way < N_WAYS; way++)
			rates[way] = !wanted[way] ? 0 : rate == 0 ? PACE_MAX : rate / parts;
		if (!run_traffic(l, rates, a->trial_s * NS_SEC, false))
			return false;
		struct search_trial t = sum(l, rate);
		search_learn(&l->search, &t);
		if (!a->quiet)
			fprintf(stderr,
				"trial %2u   %.3f Mpps asked for, %.3f sent, %lu of %lu lost\n",
				l->search.trials, (rate == 0 ? t.sent_rate : rate) / 1e6,
				t.sent_rate / 1e6, t.lost, t.sent);
	}
	return true;
}
