// A fast handover at the new MAG: what each step does (RFC 5949 4.1, 5.2, FMIP-08, -09, -11).
//
// Which step it is, pfmip.c's matrix says.
#include "mob/pfmip_steps.h"

void ho_end_new(struct mag *m, uint32_t i, enum handover_outcome outcome, bool drop)
{
	struct handover *h = ho(m, i);

	if (h->state == HO_EXPECTED)
		ho_unbind_expected(m, i);
	h->finished = true;
	h->detour = false;
	ho_bind(m, i);
	ho_release(m, i, drop);
	ho_finish(m, i, outcome);
}

// FMIP-09, RFC 5949 A.1.
static uint8_t handoff_by(const struct context *c, const struct bul_entry *e)
{
	if (c->ll_len == 0)
		return HI_UNKNOWN;
	return c->ll_len == sizeof(e->link.mac) && memcmp(c->ll_id, e->link.mac, c->ll_len) == 0
		       ? HI_BETWEEN_MAGS
		       : HI_BETWEEN_INTERFACES;
}

static bool is_free(const struct mag *m, const struct handover *h, uint32_t entry)
{
	for (uint8_t k = 0; k < h->context.n_hnps; k++) {
		uint32_t other = bul_find_hnp(&m->bul, h->context.hnps[k]);
		if (other != BUL_NULL && other != entry)
			return false;
	}
	return true;
}

// What another MAG said before, and this one does not, is not its node's any more.
static void take_prefixes(struct mag *m, uint32_t entry, const struct context *c)
{
	struct bul_entry *e = entry_of(m, entry);
	struct ip6_prefix lost[BUL_MAX_HNPS];
	uint8_t n_lost = 0;

	for (uint8_t k = 0; e->bound && k < e->n_hnps; k++)
		if (!context_has(c, e->hnps[k])) {
			lost[n_lost++] = e->hnps[k];
			unbind_hnp(m, e->hnps[k]);
		}
	bul_bind(&m->bul, entry, c->hnps, c->n_hnps);
	withdraw(m, entry, lost, n_lost);
}

// The node is here, and what the other MAG said of it holds until the LMA speaks: its packets pass,
// its own wait for the PBA, and it hears of its prefixes at once (FMIP-08).
static void serve(struct mag *m, uint32_t i, uint32_t entry)
{
	struct handover *h = ho(m, i);
	struct bul_entry *e = entry_of(m, entry);
	uint32_t lma = h->context.has_lmaa ? find_lma(m, h->context.lmaa) : e->lma;

	h->state = HO_HERE;
	h->entry = entry;
	h->due_next = m->now.mono + m->fast.conf.hold_uplink;
	bul_set_lma(&m->bul, entry, lma != UINT32_MAX ? (uint8_t)lma : e->lma);
	if (!e->waiting) // the PBA repeats what the PBU that is out said
		e->handoff = handoff_by(&h->context, e);
	if (ip6_is_zero(e->link_local) && !ip6_equal(h->context.lla, e->addr))
		e->link_local =
			h->context.lla; // RFC 5949 6.2.5; the PBU says it, the LMA corrects it
	take_prefixes(m, entry, &h->context);
	ho_hold(m, i, QUEUE_PASS, QUEUE_HOLD, QUEUE_HOLD);
	ho_bind(m, i);
	advertise(m, entry);
}

static void expect(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);
	bool again = h->state == HO_EXPECTED;

	h->forward |= (h->in_flags & HI_F) != 0;
	h->due_over = m->now.mono + m->fast.conf.forward;
	h->state = HO_EXPECTED;
	if (!again) {
		ho_hold(m, i, QUEUE_HOLD, QUEUE_HOLD, QUEUE_HOLD);
		ho_bind_expected(m, i);
	}
	answer_hi(m, i, HACK_CONTEXT_ACCEPTED);
}

static void tell_registered(struct mag *m, uint32_t i)
{
	send_hi(m, i, HI_P, HI_FORWARDING_COMPLETE);
}

// It came by itself before it was announced, and is registered.
static void wait_for_previous(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);

	h->state = HO_REGISTERED;
	h->due_over = m->now.mono + m->fast.conf.forward;
	h->due_next = m->now.mono + m->fast.conf.hold_direct;
	// What went by the previous MAG is longer on its way than what goes straight.
	ho_hold(m, i, QUEUE_PASS, QUEUE_HOLD, h->detour ? QUEUE_HOLD : QUEUE_PASS);
	ho_bind(m, i);
	tell_registered(m, i);
}

static bool is_registered(const struct bul_entry *e)
{
	return e->state == BUL_BOUND || e->state == BUL_REFRESHING;
}

static bool is_recent(const struct mag *m, const struct bul_entry *e)
{
	if (e->state == BUL_LEAVING || e->state == BUL_REFUSED)
		return false;
	return e->state == BUL_REGISTERING || e->state == BUL_ASKING || is_surely_there(m, e) ||
	       m->now.mono - e->accepted < m->fast.conf.forward;
}

// An entry that it has here is this arrival, which was faster than the HI; or an old one.
void ho_announced(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);
	uint32_t e = bul_find_mn_id(&m->bul, handover_mn_id(h), BUL_NULL);

	h->entry = BUL_NULL;
	if (e != BUL_NULL && (h->left || !is_recent(m, entry_of(m, e)))) {
		forget(m, e);
		e = BUL_NULL;
	}
	h->left = false;
	// One that is asked about arrives when the answer is there.
	if (e == BUL_NULL || entry_of(m, e)->state == BUL_ASKING || !is_free(m, h, e)) {
		expect(m, i);
		return;
	}
	bool was_expected = h->state == HO_EXPECTED;
	h->entry = e;
	h->forward = (h->in_flags & HI_F) != 0;
	h->due_over = m->now.mono + m->fast.conf.forward;
	if (is_registered(entry_of(m, e)))
		wait_for_previous(m, i);
	else
		serve(m, i, e);
	if (was_expected) // what is not its own is nobody's
		ho_unbind_expected(m, i);
	answer_hi(m, i, HACK_CONTEXT_ACCEPTED);
}

// What we asked for, if we did, is granted by it.
void ho_go_on(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);

	if ((h->in_flags & HI_F) != 0) {
		h->forward = true;
		h->waiting = false;
		h->due_repeat = 0;
	}
	answer_hi(m, i, HACK_CONTEXT_ACCEPTED);
}

void ho_announced_again(struct mag *m, uint32_t i)
{
	answer_hi(m, i, HACK_CONTEXT_ACCEPTED);
}

// Both asked each other (predictive and reactive at once), or the HAck brings the context.
void ho_learn(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);
	uint32_t e = h->entry;

	if (is_registered(entry_of(m, e))) {
		wait_for_previous(m, i);
	} else if (is_free(m, h, e)) {
		entry_of(m, e)->waiting = false; // a better request follows
		serve(m, i, e);
		send_request(m, e, REQUEST_REATTACH);
		bul_schedule(&m->bul, e);
	} else {
		ho_end_new(m, i, OUTCOME_REFUSED, true);
	}
}

void ho_learn_by_hi(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);

	h->forward = (h->in_flags & HI_F) != 0;
	h->waiting = false; // for the HAck: this says as much
	h->due_repeat = 0;
	answer_hi(m, i, HACK_CONTEXT_ACCEPTED);
	ho_learn(m, i);
}

static void go_plainly(struct mag *m, uint32_t i, enum handover_outcome outcome)
{
	uint32_t e = ho(m, i)->entry;

	ho_end_new(m, i, outcome, true);
	if (entry_of(m, e)->state != BUL_REGISTERING || entry_of(m, e)->waiting)
		return;
	entry_of(m, e)->due_request = m->now.mono;
	bul_schedule(&m->bul, e);
}

void ho_refused_to_new(struct mag *m, uint32_t i)
{
	go_plainly(m, i, OUTCOME_REFUSED);
}

void ho_unanswered_to_new(struct mag *m, uint32_t i)
{
	go_plainly(m, i, OUTCOME_UNANSWERED);
}

// The previous MAG opens the tunnel that it had only prepared; late, if the detour was due before.
void ho_granted(struct mag *m, uint32_t i)
{
	ho(m, i)->forward = true;
	if (ho(m, i)->due_next == 0)
		ho_take_detour(m, i);
}

void ho_arrived(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);

	if (!is_free(m, h, h->entry)) { // the LMA gave its prefixes to somebody else here
		h->entry = BUL_NULL;
		ho_end_new(m, i, OUTCOME_NOT_REGISTERED, true);
		return;
	}
	serve(m, i, h->entry);
	if (!h->forward) // FMIP-02: buffers were prepared, and nobody said "go"
		send_hi(m, i, HI_P | HI_F, HI_DEFAULT);
}

void ho_registered(struct mag *m, uint32_t i)
{
	if (ho(m, i)->finished)
		ho_end_new(m, i, OUTCOME_COMPLETE, false);
	else
		wait_for_previous(m, i);
}

// FMIP-11: the LMA is slower than the node. By its previous MAG its packets pass.
void ho_take_detour(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);

	h->due_next = 0;
	if (!h->forward || h->finished)
		return;
	h->detour = true;
	ho_bind(m, i);
	ho_hold(m, i, QUEUE_PASS, QUEUE_HOLD, QUEUE_PASS);
}

void ho_go_straight(struct mag *m, uint32_t i)
{
	ho(m, i)->due_next = 0;
	ho(m, i)->outcome = OUTCOME_NO_NOTICE;
	if (ho(m, i)->detour) {
		ho(m, i)->detour = false;
		ho_bind(m, i);
	}
	ho_hold(m, i, QUEUE_PASS, QUEUE_PASS, QUEUE_PASS);
}

// The previous MAG has ended before the PBA is here.
void ho_previous_done(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);

	h->finished = true;
	h->detour = false;
	answer_hi(m, i, HACK_ACCEPTED);
	ho_hold(m, i, QUEUE_PASS, QUEUE_PASS, QUEUE_HOLD);
	ho_bind(m, i);
}

void ho_complete(struct mag *m, uint32_t i)
{
	answer_hi(m, i, HACK_ACCEPTED);
	ho_end_new(m, i, OUTCOME_COMPLETE, false);
}

void ho_called_off(struct mag *m, uint32_t i)
{
	answer_hi(m, i, HACK_ACCEPTED);
	ho_end_new(m, i, OUTCOME_CANCELLED, true);
}

// The previous MAG has nothing for us.
void ho_called_off_here(struct mag *m, uint32_t i)
{
	answer_hi(m, i, HACK_ACCEPTED);
	go_plainly(m, i, OUTCOME_REFUSED);
}

void ho_never_came(struct mag *m, uint32_t i)
{
	ho_end_new(m, i, OUTCOME_NEVER_CAME, true);
}

void ho_cancel_new(struct mag *m, uint32_t i)
{
	ho_end_new(m, i, OUTCOME_CANCELLED, true);
}

void ho_refuse_expected(struct mag *m, uint32_t i, uint8_t code)
{
	ho(m, i)->code = code;
	ho_end_new(m, i, OUTCOME_REFUSED, true);
	handover_schedule(&m->fast, i);
}

void ho_not_registered(struct mag *m, uint32_t i)
{
	ho_end_new(m, i, OUTCOME_NOT_REGISTERED, false);
}

void ho_no_notice(struct mag *m, uint32_t i)
{
	ho_end_new(m, i, OUTCOME_NO_NOTICE, false);
}

// Its prefixes are gone: because it left, or the LMA said no.
void ho_leaves_new(struct mag *m, uint32_t i)
{
	uint8_t state = entry_of(m, ho(m, i)->entry)->state;
	bool refused = state == BUL_REGISTERING || state == BUL_REFRESHING;

	ho(m, i)->entry = BUL_NULL;
	ho_end_new(m, i, refused ? OUTCOME_NOT_REGISTERED : OUTCOME_LEFT, true);
}
