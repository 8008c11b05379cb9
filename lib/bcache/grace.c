// Quiescent states by rte_rcu_qsbr, and a queue of what waits for them in the order of its tokens.
#include "bcache/grace.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_rcu_qsbr.h>

enum { QUEUE_START = 256 };

struct waiting {
	uint64_t token;
	void (*fn)(void *arg, uint64_t n);
	void *arg;
	uint64_t n;
};

struct grace {
	struct rte_rcu_qsbr *qsbr;
	struct waiting *queue; // a ring, oldest token first
	uint64_t head, n, room;
};

int grace_new(unsigned max_readers, struct grace **out)
{
	if (max_readers == 0)
		return -EINVAL;
	struct grace *g = calloc(1, sizeof(*g));
	if (g == NULL)
		return -ENOMEM;
	g->room = QUEUE_START;
	g->queue = calloc(g->room, sizeof(*g->queue));
	g->qsbr = aligned_alloc(RTE_CACHE_LINE_SIZE, rte_rcu_qsbr_get_memsize(max_readers));
	int rc = g->queue != NULL && g->qsbr != NULL ? 0 : -ENOMEM;
	if (rc == 0 && rte_rcu_qsbr_init(g->qsbr, max_readers) != 0)
		rc = -EINVAL;
	for (unsigned i = 0; i < max_readers && rc == 0; i++)
		if (rte_rcu_qsbr_thread_register(g->qsbr, i) != 0)
			rc = -EINVAL;
	if (rc != 0) {
		free(g->qsbr);
		free(g->queue);
		free(g);
		return rc;
	}
	*out = g;
	return 0;
}

static void run_oldest(struct grace *g)
{
	struct waiting w = g->queue[g->head % g->room];

	g->head++;
	g->n--;
	w.fn(w.arg, w.n);
}

void grace_drain(struct grace *g)
{
	while (g->n > 0)
		run_oldest(g);
}

void grace_free(struct grace *g)
{
	if (g == NULL)
		return;
	grace_drain(g);
	free(g->qsbr);
	free(g->queue);
	free(g);
}

void grace_online(struct grace *g, unsigned reader)
{
	rte_rcu_qsbr_thread_online(g->qsbr, reader);
}

void grace_offline(struct grace *g, unsigned reader)
{
	rte_rcu_qsbr_thread_offline(g->qsbr, reader);
}

void grace_quiescent(struct grace *g, unsigned reader)
{
	rte_rcu_qsbr_quiescent(g->qsbr, reader);
}

static bool grow(struct grace *g)
{
	struct waiting *more = calloc(2 * g->room, sizeof(*more));

	if (more == NULL)
		return false;
	for (uint64_t i = 0; i < g->n; i++)
		more[i] = g->queue[(g->head + i) % g->room];
	free(g->queue);
	g->queue = more;
	g->head = 0;
	g->room *= 2;
	return true;
}

bool grace_defer(struct grace *g, void (*fn)(void *arg, uint64_t n), void *arg, uint64_t n)
{
	if (g->n == g->room && !grow(g))
		return false;
	g->queue[(g->head + g->n) % g->room] =
		(struct waiting){rte_rcu_qsbr_start(g->qsbr), fn, arg, n};
	g->n++;
	return true;
}

void grace_poll(struct grace *g)
{
	// What runs may defer more; that waits for a later poll.
	for (uint64_t left = g->n; left > 0; left--) {
		if (rte_rcu_qsbr_check(g->qsbr, g->queue[g->head % g->room].token, false) != 1)
			return;
		run_oldest(g);
	}
}

uint64_t grace_pending(const struct grace *g)
{
	return g->n;
}
