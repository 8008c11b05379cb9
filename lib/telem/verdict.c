// The list of verdicts as names, texts and sources, and the sum over workers.
#include "telem/verdict.h"

#include <stddef.h>

static const struct row {
	const char *name, *text, *source;
} rows[N_VERDICTS] = {
#define VERDICT(ID, text, source) [V_##ID] = {#ID, text, source},
#include "telem/verdicts.def"
#undef VERDICT
};

const char *verdict_name(enum verdict v)
{
	return v < N_VERDICTS ? rows[v].name : NULL;
}

const char *verdict_text(enum verdict v)
{
	return v < N_VERDICTS ? rows[v].text : NULL;
}

const char *verdict_source(enum verdict v)
{
	return v < N_VERDICTS ? rows[v].source : NULL;
}

void telem_sum(const struct telem_worker *const *workers, unsigned n, struct telem_worker *sum)
{
	*sum = (struct telem_worker){0};
	for (unsigned i = 0; i < n; i++) {
		const struct telem_worker *w = workers[i];
		for (unsigned v = 0; v < N_VERDICTS; v++)
			sum->verdicts[v] += telem_read(&w->verdicts[v]);
		sum->received += telem_read(&w->received);
		sum->received_bytes += telem_read(&w->received_bytes);
		sum->originated += telem_read(&w->originated);
		sum->sent += telem_read(&w->sent);
		sum->sent_bytes += telem_read(&w->sent_bytes);
		sum->polls += telem_read(&w->polls);
		sum->idle_polls += telem_read(&w->idle_polls);
		sum->sleeps += telem_read(&w->sleeps);
	}
}
