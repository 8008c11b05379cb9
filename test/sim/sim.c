// The run from a seed.
//
// usage: sim_lma [seed | random] [steps] [trace from step]
//        sim_lma [--seed N | --seed random] [--steps N] [--trace N]
#include "test/sim/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "test/sim/model.h"

bool happens(struct world *w, uint32_t one_in)
{
	return rng_below(&w->rng, one_in) == 0;
}

_Noreturn void broke(const struct world *w, const char *what)
{
	printf("seed %" PRIu64 ", step %" PRIu64 ": %s\nreplay: %s %" PRIu64 " %" PRIu64 " %" PRIu64
	       "\n",
	       w->seed, w->step, what, w->program, w->seed, w->step + 1,
	       w->step > 200 ? w->step - 200 : 0);
	exit(1);
}

void trace(const struct world *w, const char *what, const struct mh *mh, uint32_t number)
{
	char line[400];

	if (w->step < w->trace_from)
		return;
	printf("%8" PRIu64 " %12.6f %s %u %s\n", w->step, (double)w->now.mono / 1e9, what, number,
	       mh != NULL ? mh_print(mh, line, sizeof(line)) : "");
}

void trace_action(const struct world *w, const struct lma_action *a)
{
	static const char *const names[] = {"BIND", "DETACH", "UNBIND", "SEND"};
	char text[400];

	if (w->step < w->trace_from)
		return;
	if (a->kind == LMA_NOTE)
		printf("%24s%s\n", "", lma_note_text(a->note.kind));
	else if (a->kind == LMA_SEND)
		printf("%24sSEND %s\n", "", mh_print(a->send.mh, text, sizeof(text)));
	else
		printf("%24s%s %s\n", "", names[a->kind], ip6_prefix_format(a->bind.hnp, text));
}

static void run(struct world *w, uint64_t steps)
{
	for (w->step = 0; w->step < steps; w->step++) {
		step(w);
		ledger_check(w);
		// A crowd is compared only now and then: each time all of it is looked at.
		if (w->setup.modelled && (!w->setup.crowded || w->step % 16 == 0))
			model_check(w);
	}
	while (lma_deadline(w->lma) != NS_NEVER)
		tick(w, lma_deadline(w->lma));
	ledger_check_empty(w);
}

struct args {
	const char *seed;
	uint64_t steps, trace_from;
};

static const char *value(int argc, char **argv, int i)
{
	if (i + 1 < argc)
		return argv[i + 1];
	fprintf(stderr, "%s: %s needs a number\n", argv[0], argv[i]);
	exit(2);
}

static struct args read_args(int argc, char **argv)
{
	struct args a = {"1", 1000000, UINT64_MAX};
	int place = 0;

	for (int i = 1; i < argc; i++) {
		const char *text = strncmp(argv[i], "--", 2) == 0 ? value(argc, argv, i) : argv[i];
		if (strcmp(argv[i], "--seed") == 0 || (text == argv[i] && place == 0))
			a.seed = text;
		else if (strcmp(argv[i], "--steps") == 0 || (text == argv[i] && place == 1))
			a.steps = strtoull(text, NULL, 0);
		else
			a.trace_from = strtoull(text, NULL, 0);
		place += text == argv[i];
		i += text != argv[i];
	}
	return a;
}

int main(int argc, char **argv)
{
	struct args a = read_args(argc, argv);
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL || (w->model = model_new()) == NULL)
		return 1;
	w->program = argv[0];
	w->seed = strcmp(a.seed, "random") == 0 ? (uint64_t)time(NULL) : strtoull(a.seed, NULL, 0);
	w->rng.state = w->seed;
	w->trace_from = a.trace_from;
	begin(w);
	run(w, a.steps);
	int rc = report(w, a.steps);
	lma_free(w->lma);
	free(w->model);
	free(w);
	return rc;
}
