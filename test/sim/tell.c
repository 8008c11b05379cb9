// One event told to the LMA, and everything that it says about it: carried out for the workers,
// sent, written down for the ledger and the model.
#include "test/sim/model.h"

void start_lma(struct world *w)
{
	lma_free(w->lma);
	draw_setup(w);
	w->lma = lma_new(&w->setup.lma, rng_u64(&w->rng), w->now);
	if (w->lma == NULL)
		broke(w, "no LMA");
	w->n_did = 0;
	ledger_clear(w);
	model_clear(w);
}

static void begin_step(struct world *w)
{
	w->n_did = w->n_pbas = w->binds_failed = 0;
}

// A copy that stays when the LMA has gone on: what a MAG would read.
static struct mh *copy_of(struct world *w, const struct lma_action *a)
{
	if (w->n_pbas == MAX_PBAS)
		broke(w, "more messages in a step than the simulation keeps");
	uint8_t *bytes = w->pba_bytes[w->n_pbas];
	struct mh *mh = &w->pbas[w->n_pbas++];
	struct writer out = wr_over(bytes, PACKET_BYTES);

	if (!mh_emit(&out, a->send.src, a->send.dst, a->send.mh))
		broke(w, "a message that cannot be written");
	struct span wire = {bytes, (uint16_t)wr_len(&out)};
	if (mh_parse(wire, a->send.src, a->send.dst, mh) != MH_OK)
		broke(w, "a message that cannot be read");
	return mh;
}

// No room, seldom; then perhaps not for the way back either.
static bool has_no_room(struct world *w)
{
	if (!happens(w, w->binds_failed > 0 ? 5 : 150))
		return false;
	w->binds_failed++;
	return true;
}

static void pull(struct world *w, enum lma_event_kind why, bool may_fail)
{
	struct lma_action a;

	while (lma_output(w->lma, &a)) {
		if (w->n_did == MAX_DID)
			broke(w, "more actions in a step than the simulation keeps");
		struct did *d = &w->did[w->n_did++];
		*d = (struct did){.a = a};
		trace_action(w, &a);
		if (a.kind == LMA_SEND) {
			transmit(w, a.send.src, a.send.dst, a.send.mh);
			d->mh = copy_of(w, &a);
		}
		d->failed = a.kind == LMA_BIND && may_fail && has_no_room(w);
		if (d->failed)
			lma_input(w->lma, w->now,
				  &(struct lma_event){.kind = LMA_BIND_FAILED,
						      .bind_failed.hnp = a.bind.hnp});
		ledger_take(w, d, why);
	}
}

void tell(struct world *w, const struct lma_event *event)
{
	bool may_fail = !w->setup.modelled ||
			(model_is_simple(w, event) && lma_deadline(w->lma) > w->now.mono);

	begin_step(w);
	lma_input(w->lma, w->now, event);
	pull(w, event->kind, may_fail);
	if (w->setup.modelled)
		model_follow(w, event);
	else if (event->kind == LMA_MESSAGE && event->message.mh->type == MH_BU && w->n_did == 0 &&
		 lma_totals(w->lma)->held == 0)
		// Only the repetition of one that waits may go without a word.
		broke(w, "a message without any outcome");
}

// Those that were under way come all at once, again and again, before anything is carried out.
void tell_flood(struct world *w)
{
	uint64_t before = lma_totals(w->lma)->notes[LMA_NOTE_OVERLOADED];

	begin_step(w);
	for (uint32_t i = 0, n = 0; n < 60000; i = (i + 1) % N_PACKETS, n++) {
		if (lma_totals(w->lma)->notes[LMA_NOTE_OVERLOADED] > before + 20)
			break;
		struct packet *p = &w->packets[i];
		struct mh mh;
		if (p->n == 0 || ip6_hi64(p->dst) != ip6_hi64(lma_addr(0)) ||
		    mh_parse((struct span){p->bytes, p->n}, p->src, p->dst, &mh) != MH_OK)
			continue;
		lma_input(w->lma, w->now,
			  &(struct lma_event){
				  .kind = LMA_MESSAGE,
				  .message = {p->src, p->dst, w->now.wall_q16, &mh, NULL}});
	}
	w->seen_notes[LMA_NOTE_OVERLOADED] +=
		lma_totals(w->lma)->notes[LMA_NOTE_OVERLOADED] - before;
	pull(w, LMA_MESSAGE, false);
}
