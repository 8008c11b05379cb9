// What there is to say about a verdict: its name for counters, its text and its source; and the sum
// over workers. All from verdicts.def; decides nothing about packets. Any thread.
#include "telem/verdict.h"

#include <stddef.h>
#include <string.h>

enum { NAME_SIZE = 24 };

// The name is the id in lower case, put together by the compiler: nothing to fill in at start-up.
#define CHAR_AT(s, i) ((s)[(i) < sizeof(s) ? (i) : sizeof(s) - 1])
#define LOWER(s, i)                                                                                \
	(char)(CHAR_AT(s, i) >= 'A' && CHAR_AT(s, i) <= 'Z' ? CHAR_AT(s, i) + 'a' - 'A'            \
							    : CHAR_AT(s, i))
#define LOWER_4(s, i) LOWER(s, i), LOWER(s, i + 1), LOWER(s, i + 2), LOWER(s, i + 3)
#define LOWER_24(s)                                                                                \
	LOWER_4(s, 0), LOWER_4(s, 4), LOWER_4(s, 8), LOWER_4(s, 12), LOWER_4(s, 16), LOWER_4(s, 20)

static const struct {
	char name[NAME_SIZE];
	const char *text, *source;
} rows[] = {
#define VERDICT(ID, text, source) {{LOWER_24(#ID)}, text, source},
#include "telem/verdicts.def"
#undef VERDICT
};

#define VERDICT(ID, text, source)                                                                  \
	_Static_assert(sizeof(#ID) <= NAME_SIZE, #ID " is too long for NAME_SIZE");
#include "telem/verdicts.def"
#undef VERDICT

const char *verdict_name(enum verdict v)
{
	return (unsigned)v < N_VERDICTS ? rows[v].name : NULL;
}

const char *verdict_text(enum verdict v)
{
	return (unsigned)v < N_VERDICTS ? rows[v].text : NULL;
}

const char *verdict_source(enum verdict v)
{
	return (unsigned)v < N_VERDICTS ? rows[v].source : NULL;
}

void telem_sum(const struct telem_worker *const *workers, unsigned n, struct telem_worker *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned i = 0; i < n; i++) {
		const struct telem_worker *w = workers[i];
		for (unsigned v = 0; v < N_VERDICTS; v++)
			sum->verdicts[v] += telem_read(&w->verdicts[v]);
		sum->received += telem_read(&w->received);
		sum->received_bytes += telem_read(&w->received_bytes);
		sum->originated += telem_read(&w->originated);
		sum->fragmented += telem_read(&w->fragmented);
		sum->sent += telem_read(&w->sent);
		sum->sent_bytes += telem_read(&w->sent_bytes);
		sum->polls += telem_read(&w->polls);
		sum->idle_polls += telem_read(&w->idle_polls);
		sum->sleeps += telem_read(&w->sleeps);
		sum->decapsulated += telem_read(&w->decapsulated);
		sum->handed_over += telem_read(&w->handed_over);
		sum->taken_over += telem_read(&w->taken_over);
	}
}
