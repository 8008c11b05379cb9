// Whether a node may be served, where somebody else decides it: RFC 5213 6.5, 6.14; RFC 6572.
//
// One question is out for an entry at a time, and its ticket says which answer is its own. A node
// that is served goes on being served while nobody can say (MAG-PP-03 is about who may begin).
#include "mob/mag_engine.h"

static const ns_t ask_later = 60 * NS_SEC; // who is served, when nobody could say

void ask(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);
	struct mag_out *out = put_out(m, MAG_ASK);

	e->due_ask = m->now.mono + m->conf.authorise_timeout;
	e->asking = true;
	e->ticket = (uint64_t)++m->serial << 32 | i;
	if (out == NULL)
		return; // as if nobody answered
	struct span name = bul_asked_as(e);
	size_t service = e->service != NULL ? strlen(e->service) : 0;
	memcpy(out->mn_id, name.p, name.n);
	if (service != 0)
		memcpy(out->service, e->service, service); // RFC 6572 4.3
	out->action.ask.ticket = e->ticket;
	out->action.ask.link = e->link;
	out->action.ask.mn_id = (struct span){out->mn_id, name.n};
	out->action.ask.service = (struct span){out->service, (uint16_t)service};
	m->totals.asked++;
}

// That nobody could say is not held against a node for long: it may be different in a moment.
static ns_t hold_for(const struct mag *m, enum mag_reason reason)
{
	return reason == REASON_UNANSWERED ? m->conf.hold_refused / 30 : m->conf.hold_refused;
}

static void deny(struct mag *m, uint32_t i, enum mag_reason reason, struct span why)
{
	struct bul_entry *e = entry_of(m, i);

	refuse(m, e->link, bul_mn_id(e), reason, why, m->now.mono + hold_for(m, reason));
	happen(m, i, EV_DENIED);
}

// Nobody can say. Who is served stays so and is asked for again.
static void go_without(struct mag *m, uint32_t i, enum mag_reason reason, struct span why)
{
	struct bul_entry *e = entry_of(m, i);

	if (e->state == BUL_ASKING && !m->conf.serve_unanswered) {
		deny(m, i, reason, why);
		return;
	}
	if (e->state == BUL_ASKING)
		end_older(m, bul_mn_id(e), i);
	note_of(m, MAG_NOTE_UNANSWERED, i);
	e->due_ask = m->now.mono + ask_later;
	happen(m, i, EV_PERMITTED);
}

// MAG-PP-02: the answer's identity is the stable one, and who is barred is so by that name, unless
// an operator spoke for this place since. A node has one entry at a place, so another one of that
// identity on this interface ends. The LMA knows a node that is served by its name already: of an
// answer to a later question only the time counts.
static enum mag_reason take_newcomer(struct mag *m, uint32_t i, const struct mag_event *event)
{
	struct bul_entry *e = entry_of(m, i);
	struct span said = event->authorised.mn_id, name = said.n > 0 ? said : bul_mn_id(e);
	enum mag_reason held = refusals_holds(&m->refusals, e->link, name, m->now.mono);

	if (held != REASON_NONE && !e->pardoned)
		return held;
	refusals_forget(&m->refusals, e->link, name);
	refusals_forget(&m->refusals, e->link, bul_mn_id(e));
	end_older(m, name, i);
	if (!span_equal(name, bul_mn_id(e)) && bul_rename(&m->bul, i, name) != 0)
		return REASON_UNUSABLE;
	const struct mag_profile *profile = event->authorised.profile;
	return profile != NULL ? take_profile(m, i, profile) : REASON_NONE;
}

static void accept(struct mag *m, uint32_t i, const struct mag_event *event)
{
	struct bul_entry *e = entry_of(m, i);
	uint32_t session_s = event->authorised.session_s;
	enum mag_reason reason = e->state == BUL_ASKING ? take_newcomer(m, i, event) : REASON_NONE;

	if (reason != REASON_NONE) {
		deny(m, i, reason, event->authorised.why);
		return;
	}
	e->due_ask = session_s > 0 ? m->now.mono + session_s * NS_SEC : 0;
	happen(m, i, EV_PERMITTED);
}

void take_authorisation(struct mag *m, const struct mag_event *event)
{
	uint32_t i = (uint32_t)event->authorised.ticket;
	struct bul_entry *e = entry_of(m, i % m->bul.max); // whose number is in its ticket, too

	if (!e->asking || e->ticket != event->authorised.ticket) {
		note(m, MAG_NOTE_IGNORED_ANSWER); // the node left in the meantime
		return;
	}
	e->asking = false;
	e->due_ask = 0;
	switch (event->authorised.verdict) {
	case MAG_ACCEPT:
		accept(m, i, event);
		break;
	case MAG_REJECT:
		deny(m, i, REASON_REJECTED, event->authorised.why);
		break;
	case MAG_UNREACHABLE:
		go_without(m, i, REASON_UNANSWERED, event->authorised.why);
		break;
	case MAG_UNUSABLE:
		deny(m, i, REASON_UNUSABLE, event->authorised.why);
		break;
	}
}

void on_ask_timer(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	e->due_ask = 0;
	if (e->state == BUL_LEAVING) { // it may be back before that is done
		e->due_ask = m->now.mono + initial_bindack_timeout;
		return;
	}
	if (e->asking) {
		e->asking = false;
		go_without(m, i, REASON_UNANSWERED, (struct span){0});
	} else {
		ask(m, i);
	}
}
