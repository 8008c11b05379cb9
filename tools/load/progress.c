// A line each second while it runs, on standard error.
#include "tools/load/load.h"

static double per_second(uint64_t now, uint64_t before, ns_t took)
{
	return (double)(now - before) * NS_SEC / (double)took;
}

static void say_way(struct load *l, enum frame_way way, ns_t took)
{
	const struct sink_counts *c = &l->traffic[way].counts;

	if (c->sent == 0)
		return;
	fprintf(stderr, "   %s %.3f Mpps out, %.3f in, %lu wrong", way == WAY_DOWN ? "down" : "up",
		per_second(c->sent, l->progress.sent[way], took) / 1e6,
		per_second(c->received, l->progress.received[way], took) / 1e6, sink_wrong(c));
}

void progress_turn(struct load *l, struct now now)
{
	const struct registrar *r = &l->registrar;

	// A search says something after each trial.
	if (l->args->quiet || now.mono < l->progress.due ||
	    (l->search.tries > 0 && !l->search.done))
		return;
	ns_t took = now.mono - l->progress.last;
	if (l->progress.due > 0) {
		fprintf(stderr, "%4lu s   %u of %u bound, %.0f PBA/s",
			(unsigned long)(now.mono / NS_SEC),
			r->in_state[NODE_BOUND] + r->in_state[NODE_MOVING], l->plan.nodes,
			per_second(r->answers.n, l->progress.answers, took));
		for (enum frame_way way = 0; way < N_WAYS; way++)
			say_way(l, way, took);
		fputc('\n', stderr);
	}
	l->progress.due = now.mono + NS_SEC;
	l->progress.last = now.mono;
	l->progress.answers = r->answers.n;
	for (unsigned way = 0; way < N_WAYS; way++) {
		l->progress.sent[way] = l->traffic[way].counts.sent;
		l->progress.received[way] = l->traffic[way].counts.received;
	}
}
