// Keeps what the twin tells and looks for what a test waits for.
//
// Decides how long is too long; what matters in an event is the test's.
#include "test/unit/linux/watch.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

// The kernel asks for a managed neighbour every 5 s: one that was asked for before the link carried
// anything is there after the second time.
enum { PATIENCE_MS = 15000, BUDGET = 64 };

int watch_start(void **state)
{
	struct watch *w = calloc(1, sizeof(*w));

	*state = w;
	return w != NULL && kernel_open(&w->kernel) == 0 ? 0 : -1;
}

int watch_stop(void **state)
{
	struct watch *w = *state;

	kernel_close(w->kernel);
	free(w);
	return 0;
}

static void keep(void *arg, const struct kernel_event *e)
{
	struct watch *w = arg;

	if (w->n < WATCH_MAX)
		w->seen[w->n++] = *e;
}

const struct kernel_event *watch_for(struct watch *w, watch_match *match, const void *want)
{
	static struct kernel_event found;
	struct pollfd readable = {.fd = kernel_fd(w->kernel), .events = POLLIN};

	for (;;) {
		for (unsigned i = 0; i < w->n; i++) {
			if (!match(&w->seen[i], want))
				continue;
			found = w->seen[i];
			w->n -= i + 1;
			memmove(w->seen, w->seen + i + 1, w->n * sizeof(w->seen[0]));
			return &found;
		}
		w->n = 0;
		if (poll(&readable, 1, PATIENCE_MS) != 1)
			return NULL;
		assert_true(kernel_poll(w->kernel, BUDGET, keep, w) >= 0);
	}
}

const struct kernel_event *watch_dump(struct watch *w, watch_match *match, const void *want)
{
	static struct kernel_event found;
	bool any = false;

	w->n = 0;
	assert_int_equal(kernel_dump(w->kernel, keep, w), 0);
	assert_true(w->n < WATCH_MAX);
	for (unsigned i = 0; i < w->n; i++)
		if (match(&w->seen[i], want)) {
			found = w->seen[i];
			any = true;
		}
	w->n = 0;
	return any ? &found : NULL;
}

struct ip6_addr addr(const char *text)
{
	struct ip6_addr a = {0};

	assert_int_equal(ip6_parse(text, &a), 0);
	return a;
}

struct ip6_prefix prefix(const char *text)
{
	struct ip6_prefix p = {0};

	assert_int_equal(ip6_prefix_parse(text, &p), 0);
	return p;
}
