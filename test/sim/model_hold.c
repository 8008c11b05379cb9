// Updates that wait for the old MAG: LMA-BC-08, -15, -19, LMA-RX-10, LMA-TS-09.
#include "test/sim/model.h"

static bool is_newer(const struct ask *a, const struct ask *b)
{
	uint32_t ahead = (65536u + a->seq - b->seq) % 65536u;

	if (a->has_stamp && b->has_stamp)
		return a->stamp > b->stamp;
	return ahead >= 1 && ahead <= 32767;
}

bool hold_ask(struct world *w, uint32_t bound, const struct ask *a)
{
	struct model *m = w->model;
	uint32_t room = MODEL_HELD, waiting = 0;

	for (uint32_t i = MODEL_HELD; i-- > 0;) {
		struct waiting *h = &m->waiting[i];
		if (!h->used)
			room = i;
		if (!h->used || h->bound != bound)
			continue;
		waiting++;
		if (ip6_equal(h->ask.coa, a->coa)) { // LMA-RX-10
			been_at(w, AT_HELD_AGAIN);
			if (is_newer(a, &h->ask))
				h->ask = *a;
			expect_note(w, LMA_NOTE_SUPERSEDED);
			return true;
		}
	}
	if (room == MODEL_HELD || waiting == MODEL_HELD_FOR_ONE) {
		been_at(w, room == MODEL_HELD ? AT_HELD_FULL : AT_HELD_MANY);
		return false;
	}
	m->waiting[room] = (struct waiting){
		true, bound, w->now.mono + w->setup.lma.max_delay_before_new_bce_assign, *a};
	m->n_waiting++;
	m->bound[bound].waited_for = true;
	been_at(w, AT_HELD);
	expect_note(w, LMA_NOTE_HELD);
	return true;
}

static struct ask let_go(struct world *w, uint32_t i)
{
	w->model->waiting[i].used = false;
	w->model->n_waiting--;
	return w->model->waiting[i].ask;
}

// LMA-BC-19: what the same MAG has sent for this node before is void.
void replace_asks(struct world *w, const struct ask *a)
{
	struct model *m = w->model;

	for (uint32_t i = 0; m->n_waiting > 0 && i < MODEL_HELD; i++) {
		const struct ask *h = &m->waiting[i].ask;
		if (!m->waiting[i].used || !ip6_equal(h->coa, a->coa) || !is_newer(a, h) ||
		    !same_name(h->id, h->id_kind, h->id_len, a->id, a->id_kind, a->id_len))
			continue;
		been_at(w, AT_HELD_REPLACED);
		expect_note(w, LMA_NOTE_SUPERSEDED);
		let_go(w, i);
	}
}

// The newest first; the others after it, as if they came now.
void release_all(struct world *w, uint32_t bound, bool moved)
{
	struct model *m = w->model;
	uint32_t turns[MODEL_HELD_FOR_ONE], n = 0;

	for (uint32_t i = 0; m->n_waiting > 0 && i < MODEL_HELD; i++) {
		if (!m->waiting[i].used || m->waiting[i].bound != bound)
			continue;
		uint32_t k = n++;
		for (; k > 0 && is_newer(&m->waiting[i].ask, &m->waiting[turns[k - 1]].ask); k--)
			turns[k] = turns[k - 1];
		turns[k] = i;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (!m->waiting[turns[i]].used || m->waiting[turns[i]].bound != bound)
			continue; // one before it has replaced it
		struct ask a = let_go(w, turns[i]);
		been_at(w, moved ? AT_HELD_MOVED : AT_HELD_RELEASED);
		judge(w, &a, moved ? P_AGAIN : P_RELEASED);
		moved = true;
	}
}

void release_asks(struct world *w, uint32_t bound, bool moved)
{
	struct bound *b = &w->model->bound[bound];

	if (!b->waited_for)
		return;
	b->waited_for = false;
	release_all(w, bound, moved);
}

// Of a timer's milliseconds: never before its time, at most one later.
static bool is_due(const struct world *w, ns_t when)
{
	return (when + NS_MSEC - 1) / NS_MSEC <= w->now.mono / NS_MSEC;
}

// Of several in one millisecond the one that was answered first.
static uint32_t next_overdue(const struct world *w)
{
	const struct model *m = w->model;
	const struct mh *first = NULL;
	uint32_t next = MODEL_HELD;

	for (uint32_t i = 0; i < MODEL_HELD; i++) {
		if (!m->waiting[i].used || !is_due(w, m->waiting[i].ends))
			continue;
		const struct mh *mh = answer_to(w, &m->waiting[i].ask);
		if (next == MODEL_HELD || (mh != NULL && (first == NULL || mh < first))) {
			next = i;
			first = mh;
		}
	}
	return next;
}

void overdue_asks(struct world *w)
{
	uint32_t i;

	while (w->model->n_waiting > 0 && w->model->served < 256 &&
	       (i = next_overdue(w)) != MODEL_HELD) {
		struct ask a = let_go(w, i);
		w->model->served++;
		been_at(w, AT_HELD_OVERDUE);
		judge(w, &a, P_OVERDUE);
	}
}
