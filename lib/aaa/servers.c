// The order of the servers, and how long a silent one is left alone.
#include "aaa/servers.h"

static const ns_t silence = 30 * NS_SEC;

unsigned servers_next(const struct servers *s, uint32_t *tried, ns_t now)
{
	unsigned best = s->n;

	for (unsigned i = 0; i < s->n && best == s->n; i++)
		if ((*tried & 1u << i) == 0 && s->silent_until[i] <= now)
			best = i;
	if (best == s->n && *tried == 0) // all are silent
		for (unsigned i = best = 0; i < s->n; i++)
			if (s->silent_until[i] < s->silent_until[best])
				best = i;
	if (best < s->n)
		*tried |= 1u << best;
	return best;
}

void servers_learn(struct servers *s, unsigned i, enum exchange_result result,
		   enum aaa_verdict verdict, unsigned forged, ns_t now)
{
	struct aaa_server_totals *t = &s->totals[i];

	t->asked++;
	t->forged += forged;
	s->silent_until[i] = result == EXCHANGE_ANSWERED ? 0 : now + silence;
	switch (result) {
	case EXCHANGE_ANSWERED:
		t->accepted += verdict == AAA_ACCEPT;
		t->rejected += verdict == AAA_REJECT;
		t->unusable += verdict == AAA_UNUSABLE;
		break;
	case EXCHANGE_SILENT:
		t->timeouts++;
		break;
	case EXCHANGE_FORGED:
		break;
	case EXCHANGE_FAILED:
		t->unusable++;
		break;
	}
}
