// What a fast handover makes of its node's packets, and how it ends, at both MAGs.
//
// Says BIND, HOLD and RELEASE; decides nothing of when.
#include "mob/pfmip_steps.h"

static const ns_t remembered = 60 * NS_SEC; // one that is over: for HIs that come twice, and people

void ho_hold(struct mag *m, uint32_t i, enum mag_queue_mode detour, enum mag_queue_mode direct,
	     enum mag_queue_mode uplink)
{
	struct mag_out *out = put_out(m, MAG_HOLD);

	ho(m, i)->buffers = true;
	if (out == NULL)
		return;
	out->action.hold.handover = i + 1;
	out->action.hold.modes[QUEUE_DETOUR] = (uint8_t)detour;
	out->action.hold.modes[QUEUE_DIRECT] = (uint8_t)direct;
	out->action.hold.modes[QUEUE_UPLINK] = (uint8_t)uplink;
}

void ho_release(struct mag *m, uint32_t i, bool drop)
{
	struct mag_out *out = ho(m, i)->buffers ? put_out(m, MAG_RELEASE) : NULL;

	ho(m, i)->buffers = false;
	if (out == NULL)
		return;
	out->action.release.handover = i + 1;
	out->action.release.drop = drop;
}

// Again with what holds now: one store for each prefix.
void ho_bind(struct mag *m, uint32_t i)
{
	const struct handover *h = ho(m, i);
	const struct bul_entry *e = h->entry != BUL_NULL ? entry_of(m, h->entry) : NULL;

	for (uint8_t k = 0; e != NULL && e->bound && k < e->n_hnps; k++)
		bind_hnp(m, e, e->hnps[k]);
}

// What a session here has stays its own: another one of the same node's.
static void bind_expected(struct mag *m, uint32_t i, struct ip6_prefix hnp)
{
	const struct handover *h = ho(m, i);
	bool is_taken = bul_find_hnp(&m->bul, hnp) != BUL_NULL;
	struct mag_out *out = is_taken ? NULL : put_out(m, MAG_BIND);

	if (out == NULL)
		return;
	out->action.bind.hnp = hnp;
	out->action.bind.lmaa = h->context.lmaa;
	out->action.bind.handover = i + 1;
	out->action.bind.expected = true;
	if (h->context.ll_len == sizeof(out->action.bind.link.mac))
		memcpy(out->action.bind.link.mac, h->context.ll_id,
		       sizeof(out->action.bind.link.mac));
	out->action.bind.previous = h->peer;
}

void ho_bind_expected(struct mag *m, uint32_t i)
{
	const struct context *c = &ho(m, i)->context;

	for (uint8_t k = 0; k < c->n_hnps; k++)
		bind_expected(m, i, c->hnps[k]);
}

static void unbind_expected(struct mag *m, struct ip6_prefix hnp)
{
	if (bul_find_hnp(&m->bul, hnp) == BUL_NULL) // else it is somebody's by now
		unbind_hnp(m, hnp);
}

void ho_unbind_expected(struct mag *m, uint32_t i)
{
	const struct context *c = &ho(m, i)->context;

	for (uint8_t k = 0; k < c->n_hnps; k++)
		unbind_expected(m, c->hnps[k]);
}

void ho_set_context(struct mag *m, uint32_t i, const struct context *context)
{
	const struct context old = ho(m, i)->context;
	bool bound = ho(m, i)->state == HO_EXPECTED;

	handover_set_context(&m->fast, i, context);
	for (uint8_t k = 0; bound && k < context->n_hnps; k++)
		if (!context_has(&old, context->hnps[k]))
			bind_expected(m, i, context->hnps[k]);
	for (uint8_t k = 0; bound && k < old.n_hnps; k++)
		if (!context_has(context, old.hnps[k]))
			unbind_expected(m, old.hnps[k]);
}

void fast_fill_bind(const struct mag *m, const struct bul_entry *e, struct mag_action *a)
{
	uint32_t number = fast_number(m, e);
	const struct handover *h = number != 0 ? &m->fast.v[number - 1] : NULL;

	if (h == NULL)
		return;
	a->bind.previous = h->from;
	if (h->state == HO_FORWARDING || h->state == HO_SETTLING)
		a->bind.next = h->peer;
	if (h->state == HO_HERE || h->state == HO_REGISTERED) {
		a->bind.previous = h->finished ? (struct ip6_addr){0} : h->peer;
		a->bind.detour = h->detour;
	}
	if (h->buffers || !ip6_is_zero(a->bind.next) || !ip6_is_zero(a->bind.previous))
		a->bind.handover = number;
}

static void note_outcome(struct mag *m, uint32_t i, enum handover_outcome outcome)
{
	const struct handover *h = ho(m, i);
	bool good = outcome == OUTCOME_COMPLETE || outcome == OUTCOME_CANCELLED ||
		    outcome == OUTCOME_RETURNED;
	enum mag_note_kind kind = good ? MAG_NOTE_HANDED_OVER : MAG_NOTE_HANDOVER_FAILED;
	struct mag_out *out = put_out(m, MAG_NOTE);

	m->totals.notes[kind]++;
	m->totals.outcomes[outcome]++;
	if (out == NULL)
		return;
	memcpy(out->mn_id, h->mn_id, h->mn_len);
	out->action.note.kind = kind;
	out->action.note.mn_id = (struct span){out->mn_id, h->mn_len};
	out->action.note.lma = h->peer;
	out->action.note.status = h->code;
	out->action.note.outcome = outcome;
}

void ho_finish(struct mag *m, uint32_t i, enum handover_outcome outcome)
{
	struct handover *h = ho(m, i);

	note_outcome(m, i, outcome);
	h->outcome = (uint8_t)outcome;
	h->state = HO_OVER;
	h->entry = BUL_NULL;
	h->waiting = false;
	h->due_repeat = h->due_over = 0;
	h->due_next = m->now.mono + remembered;
}

// What it still does is undone, in silence: the caller begins anew at once.
static void undo(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);
	bool complete = h->is_new && h->state == HO_REGISTERED;

	if (h->state == HO_EXPECTED)
		ho_unbind_expected(m, i);
	if (!h->is_new && h->state != HO_ENDING) // it is told once, and may be lost
		send_hi(m, i, HI_P | HI_F, HI_FORWARDING_COMPLETE);
	ho_release(m, i, h->state == HO_EXPECTED);
	ho_finish(m, i, complete ? OUTCOME_COMPLETE : OUTCOME_ELSEWHERE);
}

void handover_restart(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);
	struct handover fresh = {.entry = h->entry,
				 .state = HO_OVER,
				 .left = h->left,
				 .since = m->now.mono,
				 .mn_len = h->mn_len};

	if (h->is_new && h->entry != BUL_NULL && !h->finished)
		fresh.from = h->peer; // what it still sends goes the same way
	if (h->entry != BUL_NULL) {   // it was let rest
		watch_again(m, entry_of(m, h->entry));
		bul_schedule(&m->bul, h->entry);
	}
	if (h->state != HO_OVER)
		undo(m, i);
	handover_set_context(&m->fast, i, &(struct context){0});
	memcpy(fresh.mn_id, h->mn_id, h->mn_len);
	*h = fresh;
	ho_bind(m, i);
}
