// Updates that wait for the old MAG: RFC 5213 5.4.1.2 (4) and 5.4.1.3, LMA-BC-08.
//
// A held update keeps copies of what its message pointed to. It ends when the binding it waits for
// is de-registered, moved or gone, or after MaxDelayBeforeNewBCEAssign as a new session.
#include "mob/engine.h"

// The views of identifier and service are set when it is judged: nobody looks at them before.
static void keep(struct held *h, const struct request *r)
{
	h->request = *r;
	memcpy(h->mn_id, r->mn_id.p, r->mn_id.n);
	h->request.mn_id.p = h->mn_id;
	if (r->ll_id_sent.n > 0)
		memcpy(h->ll_id, r->ll_id_sent.p, r->ll_id_sent.n);
	if (r->service.n > 0)
		memcpy(h->service, r->service.p, r->service.n);
}

// Of two updates of one MAG, whether `a` was sent after `b`; the network may have swapped them.
static bool is_newer(const struct request *a, const struct request *b)
{
	if (a->has_timestamp && b->has_timestamp)
		return a->timestamp > b->timestamp;
	return (uint16_t)(a->seq - b->seq - 1) < 32767;
}

bool hold_update(struct lma *lma, uint32_t bce, const struct request *r)
{
	uint32_t room = MAX_HELD, waiting = 0;

	for (uint32_t i = 0; i < MAX_HELD; i++) {
		struct held *h = &lma->held[i];
		if (lma->held_for[i] == BCE_NULL && room == MAX_HELD)
			room = i;
		if (lma->held_for[i] != bce)
			continue;
		waiting++;
		// LMA-RX-10: the MAG asked again; the wait goes on, the answer carries its latest
		// number.
		if (ip6_equal(h->request.coa, r->coa)) {
			if (is_newer(r, &h->request))
				keep(h, r);
			put_note(lma, LMA_NOTE_SUPERSEDED, r->coa, 0);
			return true;
		}
	}
	if (room == MAX_HELD || waiting == HELD_PER_BCE)
		return false;
	keep(&lma->held[room], r);
	lma->held_for[room] = bce;
	binding_get(&lma->bindings, bce)->waited_for = true;
	wheel_set(lma->held_timers, room,
		  lma->now.mono + lma->conf.max_delay_before_new_bce_assign);
	lma->n_held++;
	put_note(lma, LMA_NOTE_HELD, r->coa, 0);
	return true;
}

static void drop(struct lma *lma, uint32_t i)
{
	lma->held_for[i] = BCE_NULL;
	wheel_stop(lma->held_timers, i);
	lma->n_held--;
}

// Out of its slot first: judging it may hold or release others.
static void judge(struct lma *lma, uint32_t i, enum update_path path)
{
	struct held h = lma->held[i];

	h.request.mn_id.p = h.mn_id;
	h.request.ll_id.p = h.request.ll_id_sent.p = h.ll_id;
	h.request.service.p = h.service;
	drop(lma, i);
	take_update(lma, &h.request, path);
}

// Those that wait for this binding, the newest first; how many.
static uint32_t gather(const struct lma *lma, uint32_t bce, uint32_t out[HELD_PER_BCE])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < MAX_HELD && n < HELD_PER_BCE; i++) {
		if (lma->held_for[i] != bce)
			continue;
		uint32_t k = n++;
		for (; k > 0 && is_newer(&lma->held[i].request, &lma->held[out[k - 1]].request);
		     k--)
			out[k] = out[k - 1];
		out[k] = i;
	}
	return n;
}

void release_held(struct lma *lma, uint32_t bce, bool moved)
{
	uint32_t turns[HELD_PER_BCE];
	uint32_t n = gather(lma, bce, turns);

	for (uint32_t i = 0; i < n; i++) {
		if (lma->held_for[turns[i]] != bce)
			continue; // one before it has replaced it
		judge(lma, turns[i], moved ? UPDATE_AGAIN : UPDATE_RELEASED);
		moved = true;
	}
}

void replace_held(struct lma *lma, const struct request *r)
{
	uint32_t turns[HELD_PER_BCE];

	if (lma->n_held == 0)
		return;
	uint32_t bce = binding_find_mn(&lma->bindings, r->mn_hash, r->mn_id_subtype, r->mn_id);
	for (; bce != BCE_NULL; bce = binding_next_of_mn(&lma->bindings, bce)) {
		if (!binding_get(&lma->bindings, bce)->waited_for)
			continue;
		for (uint32_t n = gather(lma, bce, turns); n > 0; n--) {
			const struct request *h = &lma->held[turns[n - 1]].request;
			if (!ip6_equal(h->coa, r->coa) || !is_newer(r, h))
				continue;
			put_note(lma, LMA_NOTE_SUPERSEDED, r->coa, 0);
			drop(lma, turns[n - 1]);
		}
	}
}

bool expire_held(struct lma *lma)
{
	uint32_t i = wheel_expire(lma->held_timers, lma->now.mono);

	if (i == WHEEL_NONE)
		return false;
	judge(lma, i, UPDATE_OVERDUE);
	return true;
}
