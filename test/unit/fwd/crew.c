// Making the workers, and their turns.
#include "test/unit/fwd/crew.h"

#include <stdio.h>

static struct rte_ring *new_ring(const char *name, unsigned number)
{
	char full[RTE_RING_NAMESIZE];

	snprintf(full, sizeof(full), "%s%u", name, number);
	struct rte_ring *r = rte_ring_create(full, CREW_RING, SOCKET_ID_ANY, RING_F_SC_DEQ);
	assert_non_null(r);
	return r;
}

void crew_start(struct crew *c, struct world *w, unsigned n)
{
	*c = (struct crew){.world = w, .n = n};
	for (unsigned i = 0; i < n; i++) {
		c->fragments[i] = new_ring("fragments", i);
		c->flows[i] = new_ring("flows", i);
	}
	for (unsigned i = 0; i < n; i++) {
		const struct fwd_init init = {
			.worker = i,
			.bcache = w->bcache,
			.fib = w->fib,
			.pool = w->pool,
			.punt = w->punt,
			.telem = &c->telem[i],
			.fragments = c->fragments,
			.flows = c->flows,
			.n_workers = n,
			.common_key = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9},
			.seed = i};
		assert_int_equal(fwd_new(&init, &w->conf, &c->workers[i]), 0);
	}
}

void crew_end(struct crew *c)
{
	const struct telem_worker *each[CREW_MAX + 1] = {&c->world->telem};
	struct telem_worker sum;

	for (unsigned i = 0; i < c->n; i++) {
		fwd_stop(c->workers[i]);
		assert_int_equal(fwd_held(c->workers[i]), 0);
		fwd_free(c->workers[i]);
		assert_true(rte_ring_empty(c->fragments[i]) && rte_ring_empty(c->flows[i]));
		rte_ring_free(c->fragments[i]);
		rte_ring_free(c->flows[i]);
		each[i + 1] = &c->telem[i];
	}
	telem_sum(each, c->n + 1, &sum);
	c->world->telem = sum;
}

void crew_receive(struct crew *c, unsigned worker, const struct frame *packets, unsigned n)
{
	struct rte_mbuf *m[FWD_BURST];

	for (unsigned i = 0; i < n; i++) {
		struct frame f = framed(BACKBONE, packets[i]);
		m[i] = world_mbuf(c->world, &f, AT_HEADROOM);
		assert_non_null(m[i]);
	}
	fwd_burst(c->workers[worker], BACKBONE, m, (uint16_t)n, c->world->now);
}

static void send_out(struct crew *c, unsigned worker)
{
	struct fwd *own = c->world->fwd;

	c->world->fwd = c->workers[worker];
	world_output(c->world);
	c->world->fwd = own;
}

void crew_turn(struct crew *c, unsigned worker)
{
	fwd_turn(c->workers[worker], c->world->now);
	send_out(c, worker);
	while (fwd_take_flows(c->workers[worker], c->world->now) > 0)
		send_out(c, worker);
	fwd_flush(c->workers[worker]);
	send_out(c, worker);
}

static bool has_more(const struct crew *c)
{
	for (unsigned i = 0; i < c->n; i++)
		if (!rte_ring_empty(c->fragments[i]) || !rte_ring_empty(c->flows[i]) ||
		    fwd_due(c->workers[i]) > 0)
			return true;
	return false;
}

void crew_turns(struct crew *c)
{
	do
		for (unsigned i = 0; i < c->n; i++)
			crew_turn(c, i);
	while (has_more(c));
}

uint64_t crew_count(const struct crew *c, enum verdict v)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < c->n; i++)
		n += c->telem[i].verdicts[v];
	return n;
}

bool crew_is_balanced(const struct crew *c)
{
	uint64_t in = 0, out = 0;

	for (unsigned i = 0; i < c->n; i++) {
		in += c->telem[i].received + c->telem[i].originated + c->telem[i].fragmented;
		out += fwd_held(c->workers[i]) + rte_ring_count(c->fragments[i]) +
		       rte_ring_count(c->flows[i]);
	}
	for (int v = 0; v < N_VERDICTS; v++)
		out += crew_count(c, (enum verdict)v);
	return in == out;
}
