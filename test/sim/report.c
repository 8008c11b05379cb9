// What happened how often. A long run must have been everywhere, or it shows nothing.
#include <inttypes.h>
#include <stdio.h>

#include "test/sim/model.h"

// From so many steps on, so many places that were not reached are not yet a failure: some are rare.
static uint32_t may_miss(uint64_t steps)
{
	if (steps < 1000000)
		return UINT32_MAX;
	return steps < 5000000 ? 2 : 0;
}

// Not for us to see: the program that feeds the engine gives these.
static bool is_foreign_note(enum lma_note_kind kind)
{
	return kind == LMA_NOTE_IGNORED_DST;
}

static uint32_t report_statuses(const struct world *w)
{
	static const uint8_t owed[] = {0,   130, 131, 135, 151, 152, 153, 154,
				       155, 156, 157, 158, 159, 160, 161, 162};
	uint32_t missed = 0;

	for (unsigned i = 0; i < 256; i++) {
		bool is_owed = memchr(owed, (int)i, sizeof(owed)) != NULL;
		if (!is_owed && w->seen_status[i] == 0)
			continue;
		printf("%10" PRIu64 " status %u, %s\n", w->seen_status[i], i,
		       pba_status_name((uint8_t)i));
		missed += w->seen_status[i] == 0;
		if (!is_owed)
			printf("           and that status is never owed\n");
		missed += !is_owed;
	}
	return missed;
}

static uint32_t report_notes(const struct world *w)
{
	uint32_t missed = 0;

	for (int i = 0; i < LMA_N_NOTES; i++) {
		if (is_foreign_note((enum lma_note_kind)i))
			continue;
		printf("%10" PRIu64 " %s\n", w->seen_notes[i],
		       lma_note_text((enum lma_note_kind)i));
		missed += w->seen_notes[i] == 0;
	}
	return missed;
}

static uint32_t report_places(const struct world *w)
{
	uint32_t missed = 0;

	for (int i = 0; i < N_PLACES; i++) {
		printf("%10" PRIu64 " %s\n", w->model->been[i], place_text((enum place)i));
		missed += w->model->been[i] == 0;
	}
	return missed;
}

int report(const struct world *w, uint64_t steps)
{
	printf("seed %" PRIu64 ": %" PRIu64 " steps, %.0f s; lost %" PRIu64 ", doubled %" PRIu64
	       ", damaged %" PRIu64 ", restarts %" PRIu64 ", beyond one tick %" PRIu64 "\n",
	       w->seed, steps, (double)w->now.mono / 1e9, w->lost, w->doubled, w->damaged,
	       w->restarts, w->overruns);
	uint32_t missed = report_statuses(w) + report_notes(w) + report_places(w);
	if (missed <= may_miss(steps))
		return 0;
	printf("the run has not been everywhere: %u places missed\n", missed);
	return 1;
}
