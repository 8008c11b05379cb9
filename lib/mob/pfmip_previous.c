// A fast handover at the previous MAG: what each step does (RFC 5949 4.1, FMIP-16, FMIP-17).
//
// Which step it is, pfmip.c's matrix says.
#include "mob/pfmip_steps.h"

// FMIP-16: it is not here. What we say of it to the LMA or ask it meanwhile would be newer than
// what its next MAG says, and take its session back.
void ho_let_rest(struct mag *m, uint32_t entry)
{
	struct bul_entry *e = entry_of(m, entry);

	e->due_probe = e->due_refresh = e->due_request = e->due_advert = 0;
	e->waiting = e->wanted = false;
	if (e->state == BUL_REFRESHING)
		bul_set_state(&m->bul, entry, BUL_BOUND);
	bul_schedule(&m->bul, entry);
}

static bool rests(const struct bul_entry *e)
{
	return (e->state == BUL_BOUND || e->state == BUL_REGISTERING) && e->due_refresh == 0 &&
	       e->due_request == 0;
}

// The LMA may have it at its next MAG by now: with the first sign of it, it is registered again.
static void claim(struct mag *m, struct bul_entry *e)
{
	e->came_up = true;
	e->accepted = 0; // a long time ago
	ask_first(m, e);
}

// Its packets go straight again; who had left is de-registered now (FMIP-16).
static void serve_directly(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);
	uint32_t e = h->entry;
	bool left = h->left;

	h->from = (struct ip6_addr){0};
	ho_bind(m, i); // its state says by now that nothing is sent on
	h->entry = BUL_NULL;
	ho_release(m, i, false);
	if (e == BUL_NULL)
		return;
	entry_of(m, e)->due_probe = m->now.mono;
	if (left) {
		happen(m, e, EV_DETACH);
		return;
	}
	if (rests(entry_of(m, e)))
		claim(m, entry_of(m, e));
	bul_schedule(&m->bul, e);
}

// The next MAG learns that nothing comes any more (FMIP-04).
void ho_end_forwarding(struct mag *m, uint32_t i, enum handover_outcome outcome)
{
	struct handover *h = ho(m, i);

	h->state = HO_ENDING;
	h->outcome = (uint8_t)outcome;
	h->due_next = h->due_over = 0;
	serve_directly(m, i);
	send_hi(m, i, HI_P | HI_F, HI_FORWARDING_COMPLETE);
}

void ho_end_previous(struct mag *m, uint32_t i, enum handover_outcome outcome)
{
	struct handover *h = ho(m, i);

	h->state = HO_OVER;
	serve_directly(m, i);
	ho_finish(m, i, outcome);
}

void ho_go(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);

	h->state = HO_ASKED;
	h->due_over = m->now.mono + m->fast.conf.forward;
	send_hi(m, i, HI_P | HI_F, HI_ALL_CONTEXT); // FMIP-01, FMIP-04
}

void ho_prepare(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);

	h->state = HO_ASKED;
	h->due_over = m->now.mono + m->fast.conf.forward;
	send_hi(m, i, HI_P | HI_U, HI_ALL_CONTEXT); // FMIP-02
}

// The order to prepare is overtaken by the one to go.
void ho_go_now(struct mag *m, uint32_t i)
{
	if ((ho(m, i)->out_flags & HI_F) == 0)
		ho_go(m, i);
}

void ho_accepted(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);

	h->state = (h->out_flags & HI_F) != 0 ? HO_FORWARDING : HO_PREPARED;
	h->due_over = m->now.mono + m->fast.conf.forward;
	if (h->state == HO_FORWARDING)
		ho_bind(m, i); // FMIP-16
}

void ho_refused(struct mag *m, uint32_t i)
{
	ho_end_previous(m, i, OUTCOME_REFUSED);
}

void ho_unanswered(struct mag *m, uint32_t i)
{
	ho_end_previous(m, i, OUTCOME_UNANSWERED);
}

void ho_cancel(struct mag *m, uint32_t i)
{
	ho(m, i)->left = false; // so it is said
	ho_end_forwarding(m, i, OUTCOME_CANCELLED);
}

// The new MAG asks: the node is there. FMIP-02, FMIP-03.
void ho_wanted(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);
	struct bul_entry *e = entry_of(m, h->entry);
	bool is_there = (h->in_flags & HI_F) != 0;
	bool forward = is_there || h->state == HO_FORWARDING; // more context may be asked for

	if (is_there && e->state == BUL_LEAVING) { // the LMA knows already that it left
		answer_hi(m, i, HACK_NO_FORWARDING);
		ho_release(m, i, false); // it may have been prepared
		ho_finish(m, i, OUTCOME_REFUSED);
		return;
	}
	h->reactive |= h->state == HO_OVER;
	if (is_there) {
		h->left = true;
		h->left_at = m->now.mono;
		ho_let_rest(m, h->entry);
	}
	h->due_over = m->now.mono + m->fast.conf.forward;
	h->waiting = false; // for the answer to a HI of ours: it has come so
	h->due_repeat = 0;
	h->state = forward ? HO_FORWARDING : HO_PREPARED;
	if (!forward && (h->in_flags & HI_U) != 0)
		ho_hold(m, i, QUEUE_PASS, QUEUE_HOLD, QUEUE_PASS);
	ho_bind(m, i);
	if (forward && h->buffers)
		ho_hold(m, i, QUEUE_PASS, QUEUE_PASS, QUEUE_PASS);
	answer_hi(m, i, HACK_ALL_CONTEXT);
}

void ho_done_again(struct mag *m, uint32_t i)
{
	answer_hi(m, i, HACK_ACCEPTED);
}

void ho_wanted_again(struct mag *m, uint32_t i)
{
	answer_hi(m, i, HACK_ALL_CONTEXT);
}

// It is registered at its new MAG. What the LMA sent to us before is on its way still.
void ho_settle(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);

	h->state = HO_SETTLING;
	h->left = true;
	h->left_at = m->now.mono;
	h->waiting = false;
	h->due_repeat = h->due_over = 0;
	h->due_next = m->now.mono + m->fast.conf.settle;
	ho_let_rest(m, h->entry);
	ho_bind(m, i);
	answer_hi(m, i, HACK_ACCEPTED);
}

void ho_settled(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);
	uint32_t e = h->entry;

	h->entry = BUL_NULL; // no de-registration: the session is the new MAG's
	if (e != BUL_NULL)
		forget(m, e);
	ho_end_forwarding(m, i, OUTCOME_COMPLETE);
}

void ho_leaves(struct mag *m, uint32_t i)
{
	ho(m, i)->left = true;
	ho(m, i)->left_at = m->now.mono;
}

void ho_returns(struct mag *m, uint32_t i)
{
	ho(m, i)->left = false;
	ho_end_forwarding(m, i, OUTCOME_RETURNED); // FMIP-17
}

// What was kept for its next MAG is its own again.
void ho_stays(struct mag *m, uint32_t i)
{
	ho(m, i)->left = false;
	if (ho(m, i)->buffers)
		ho_end_forwarding(m, i, OUTCOME_RETURNED);
}

void ho_loses_session(struct mag *m, uint32_t i)
{
	ho(m, i)->entry = BUL_NULL;
	ho_end_previous(m, i, OUTCOME_LEFT);
}

void ho_loses_forwarded(struct mag *m, uint32_t i)
{
	ho(m, i)->entry = BUL_NULL;
	ho_end_forwarding(m, i, OUTCOME_LEFT);
}

void ho_not_begun(struct mag *m, uint32_t i)
{
	ho_end_previous(m, i, OUTCOME_TIMED_OUT);
}

// Who was heard here a moment ago never left (FMIP-17).
void ho_too_long(struct mag *m, uint32_t i)
{
	ho_end_forwarding(m, i, ho(m, i)->left ? OUTCOME_TIMED_OUT : OUTCOME_NEVER_CAME);
}

void ho_ended(struct mag *m, uint32_t i)
{
	ho_finish(m, i, ho(m, i)->outcome);
}
