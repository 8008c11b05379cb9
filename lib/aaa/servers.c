// The order of the servers, and how long a silent one is left alone.
#include "aaa/servers.h"

static const ns_t silence = 30 * NS_SEC;

static unsigned find_due(const struct servers *s, uint32_t tried, ns_t now)
{
	unsigned i = 0;

	while (i < s->n && ((tried & 1u << i) != 0 || s->silent_until[i] > now || s->tried[i]))
		i++;
	return i;
}

static unsigned find_longest_silent(const struct servers *s)
{
	unsigned best = s->n;

	for (unsigned i = 0; i < s->n; i++)
		if (!s->tried[i] && (best == s->n || s->silent_until[i] < s->silent_until[best]))
			best = i;
	return best;
}

unsigned servers_next(struct servers *s, uint32_t *tried, ns_t now)
{
	unsigned i = find_due(s, *tried, now);

	if (i == s->n && *tried == 0)
		i = find_longest_silent(s);
	if (i < s->n) {
		*tried |= 1u << i;
		s->tried[i] = s->silent_until[i] != 0;
	}
	return i;
}

void servers_learn(struct servers *s, unsigned i, enum exchange_result result,
		   enum aaa_verdict verdict, unsigned forged, ns_t now)
{
	struct aaa_server_totals *t = &s->totals[i];

	s->tried[i] = false;
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
