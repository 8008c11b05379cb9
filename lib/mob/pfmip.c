// A fast handover: its state x what happens, a full matrix (RFC 5949 4.1, 4.2; RFC 5568 5.6).
//
// Decides when packets go by the other MAG, when they wait, and how it ends. Whose HI or HAck it is
// was decided in pfmip_messages.c; who is here and registered is attach.c's and answered.c's.
#include "mob/pfmip_steps.h"

// Frames that waited in a queue while their sender left are no sign that it is back.
static const ns_t stale_frames = 50 * NS_MSEC;

typedef void handover_fn(struct mag *, uint32_t);

static void stay(struct mag *m, uint32_t i)
{
	(void)m;
	(void)i;
}

// "Cannot happen" and harmless if it does: the cell is written down so that nobody has to wonder.
static void never(struct mag *m, uint32_t i)
{
	stay(m, i);
}

static void forgotten(struct mag *m, uint32_t i)
{
	handover_del(&m->fast, i);
}

static handover_fn *const matrix[HO_N_STATES]
				[N_HANDOVER_EVENTS] =
					{
						[HO_NONE] =
							{
								[HEV_GO] = never,
								[HEV_PREPARE] = never,
								[HEV_CANCEL] = never,
								[HEV_CONTEXT] = never,
								[HEV_WANTED] = never,
								[HEV_DONE] = never,
								[HEV_ACCEPTED] = never,
								[HEV_REFUSED] = never,
								[HEV_UNANSWERED] = never,
								[HEV_ARRIVED] = never,
								[HEV_REGISTERED] = never,
								[HEV_LEFT] = never,
								[HEV_GONE] = never,
								[HEV_BACK] = never,
								[HEV_NEXT] = never,
								[HEV_OVER] = never,
							},
						[HO_ASKED] =
							{
								[HEV_GO] = ho_go_now,
								[HEV_PREPARE] = stay,
								[HEV_CANCEL] = ho_cancel,
								[HEV_CONTEXT] = never,
								[HEV_WANTED] = ho_wanted,
								[HEV_DONE] = ho_settle,
								[HEV_ACCEPTED] = ho_accepted,
								[HEV_REFUSED] = ho_refused,
								[HEV_UNANSWERED] = ho_unanswered,
								[HEV_ARRIVED] = never,
								[HEV_REGISTERED] = never,
								[HEV_LEFT] = ho_leaves,
								[HEV_GONE] = ho_loses_session,
								[HEV_BACK] = ho_stays,
								[HEV_NEXT] = never,
								[HEV_OVER] = ho_not_begun,
							},
						[HO_PREPARED] =
							{
								[HEV_GO] = ho_go,
								[HEV_PREPARE] = stay,
								[HEV_CANCEL] = ho_cancel,
								[HEV_CONTEXT] = never,
								[HEV_WANTED] = ho_wanted,
								[HEV_DONE] = ho_settle,
								[HEV_ACCEPTED] = never,
								[HEV_REFUSED] = never,
								[HEV_UNANSWERED] = never,
								[HEV_ARRIVED] = never,
								[HEV_REGISTERED] = never,
								[HEV_LEFT] = ho_leaves,
								[HEV_GONE] = ho_loses_forwarded,
								[HEV_BACK] = ho_stays,
								[HEV_NEXT] = never,
								[HEV_OVER] = ho_too_long,
							},
						[HO_FORWARDING] =
							{
								[HEV_GO] = stay,
								[HEV_PREPARE] = stay,
								[HEV_CANCEL] = ho_cancel,
								[HEV_CONTEXT] = never,
								[HEV_WANTED] = ho_wanted,
								[HEV_DONE] = ho_settle,
								[HEV_ACCEPTED] = never,
								[HEV_REFUSED] = never,
								[HEV_UNANSWERED] = never,
								[HEV_ARRIVED] = never,
								[HEV_REGISTERED] = never,
								[HEV_LEFT] = ho_leaves,
								[HEV_GONE] = ho_loses_forwarded,
								[HEV_BACK] = ho_returns,
								[HEV_NEXT] = never,
								[HEV_OVER] = ho_too_long,
							},
						[HO_SETTLING] =
							{
								[HEV_GO] = stay,
								[HEV_PREPARE] = stay,
								[HEV_CANCEL] = stay,
								[HEV_CONTEXT] = never,
								[HEV_WANTED] = ho_wanted_again,
								[HEV_DONE] = ho_done_again,
								[HEV_ACCEPTED] = never,
								[HEV_REFUSED] = never,
								[HEV_UNANSWERED] = never,
								[HEV_ARRIVED] = never,
								[HEV_REGISTERED] = never,
								[HEV_LEFT] = stay,
								[HEV_GONE] = ho_loses_forwarded,
								[HEV_BACK] = ho_returns,
								[HEV_NEXT] = ho_settled,
								[HEV_OVER] = never,
							},
						[HO_ENDING] =
							{
								[HEV_GO] = never,
								[HEV_PREPARE] = never,
								[HEV_CANCEL] = stay,
								[HEV_CONTEXT] = never,
								[HEV_WANTED] = ho_wanted,
								[HEV_DONE] = ho_done_again,
								[HEV_ACCEPTED] = ho_ended,
								[HEV_REFUSED] = ho_ended,
								[HEV_UNANSWERED] = ho_ended,
								[HEV_ARRIVED] = never,
								[HEV_REGISTERED] = never,
								[HEV_LEFT] = never,
								[HEV_GONE] = never,
								[HEV_BACK] = never,
								[HEV_NEXT] = never,
								[HEV_OVER] = never,
							},
						[HO_ASKING] =
							{
								[HEV_GO] = never,
								[HEV_PREPARE] = never,
								[HEV_CANCEL] = stay,
								[HEV_CONTEXT] = ho_learn_by_hi,
								[HEV_WANTED] = never,
								[HEV_DONE] = ho_called_off_here,
								[HEV_ACCEPTED] = ho_learn,
								[HEV_REFUSED] = ho_refused_to_new,
								[HEV_UNANSWERED] =
									ho_unanswered_to_new,
								[HEV_ARRIVED] = never,
								[HEV_REGISTERED] = stay,
								[HEV_LEFT] = never,
								[HEV_GONE] = ho_leaves_new,
								[HEV_BACK] = never,
								[HEV_NEXT] = never,
								[HEV_OVER] = ho_unanswered_to_new,
							},
						[HO_EXPECTED] =
							{
								[HEV_GO] = never,
								[HEV_PREPARE] = never,
								[HEV_CANCEL] = ho_cancel_new,
								[HEV_CONTEXT] = ho_announced,
								[HEV_WANTED] = never,
								[HEV_DONE] = ho_called_off,
								[HEV_ACCEPTED] = never,
								[HEV_REFUSED] = never,
								[HEV_UNANSWERED] = never,
								[HEV_ARRIVED] = ho_arrived,
								[HEV_REGISTERED] = never,
								[HEV_LEFT] = never,
								[HEV_GONE] = never,
								[HEV_BACK] = never,
								[HEV_NEXT] = never,
								[HEV_OVER] = ho_never_came,
							},
						[HO_HERE] =
							{
								[HEV_GO] = never,
								[HEV_PREPARE] = never,
								[HEV_CANCEL] = stay,
								[HEV_CONTEXT] = ho_go_on,
								[HEV_WANTED] = never,
								[HEV_DONE] = ho_previous_done,
								[HEV_ACCEPTED] = ho_granted,
								[HEV_REFUSED] = stay,
								[HEV_UNANSWERED] = stay,
								[HEV_ARRIVED] = never,
								[HEV_REGISTERED] = ho_registered,
								[HEV_LEFT] = never,
								[HEV_GONE] = ho_leaves_new,
								[HEV_BACK] = never,
								[HEV_NEXT] = ho_take_detour,
								[HEV_OVER] = ho_not_registered,
							},
						[HO_REGISTERED] =
							{
								[HEV_GO] = never,
								[HEV_PREPARE] = never,
								[HEV_CANCEL] = stay,
								[HEV_CONTEXT] = ho_announced_again,
								[HEV_WANTED] = never,
								[HEV_DONE] = ho_complete,
								[HEV_ACCEPTED] = stay,
								[HEV_REFUSED] = stay,
								[HEV_UNANSWERED] = stay,
								[HEV_ARRIVED] = never,
								[HEV_REGISTERED] = stay,
								[HEV_LEFT] = never,
								[HEV_GONE] = ho_leaves_new,
								[HEV_BACK] = never,
								[HEV_NEXT] = ho_go_straight,
								[HEV_OVER] = ho_no_notice,
							},
						[HO_OVER] =
							{
								[HEV_GO] = ho_go,
								[HEV_PREPARE] = ho_prepare,
								[HEV_CANCEL] = stay,
								[HEV_CONTEXT] = ho_announced,
								[HEV_WANTED] = ho_wanted,
								[HEV_DONE] = never,
								[HEV_ACCEPTED] = never,
								[HEV_REFUSED] = never,
								[HEV_UNANSWERED] = never,
								[HEV_ARRIVED] = never,
								[HEV_REGISTERED] = never,
								[HEV_LEFT] = never,
								[HEV_GONE] = never,
								[HEV_BACK] = never,
								[HEV_NEXT] = forgotten,
								[HEV_OVER] = never,
							},
};

void handover_happen(struct mag *m, uint32_t i, enum handover_event event)
{
	matrix[ho(m, i)->state][event](m, i);
	if (ho(m, i)->mn_len != 0) // not forgotten
		handover_schedule(&m->fast, i);
}

// ---- Orders and time.

static uint32_t find_served(const struct mag *m, struct span mn_id)
{
	uint32_t e = BUL_NULL;

	while ((e = bul_find_mn_id(&m->bul, mn_id, e)) != BUL_NULL) {
		uint8_t state = m->bul.entries[e].state;
		if (state == BUL_BOUND || state == BUL_REFRESHING)
			return e;
	}
	return BUL_NULL;
}

// The record for its move to that MAG; HO_NULL: it cannot begin now.
static uint32_t begin_move(struct mag *m, uint32_t i, struct span mn_id, struct ip6_addr to)
{
	uint32_t e = find_served(m, mn_id);

	if (e == BUL_NULL || !fast_is_peer(&m->fast, to) || ip6_equal(to, m->conf.coa))
		return HO_NULL;
	if (i == HO_NULL)
		i = handover_add(&m->fast, mn_id, m->now.mono);
	else if (ho(m, i)->is_new || !ip6_equal(ho(m, i)->peer, to) ||
		 ho(m, i)->state == HO_ENDING || ho(m, i)->state == HO_OVER)
		handover_restart(m, i);
	if (i == HO_NULL)
		return HO_NULL;
	ho(m, i)->entry = e;
	ho(m, i)->peer = to;
	ho(m, i)->is_new = false;
	return i;
}

void take_order(struct mag *m, const struct mag_event *event)
{
	static const enum handover_event events[] = {[HAND_OVER_GO] = HEV_GO,
						     [HAND_OVER_PREPARE] = HEV_PREPARE,
						     [HAND_OVER_CANCEL] = HEV_CANCEL};
	struct span mn_id = event->hand_over.mn_id;
	uint32_t i = handover_find(&m->fast, mn_id);

	if (event->hand_over.what != HAND_OVER_CANCEL)
		i = begin_move(m, i, mn_id, event->hand_over.to);
	if (i == HO_NULL)
		note(m, MAG_NOTE_IGNORED_ORDER);
	else
		handover_happen(m, i, events[event->hand_over.what]);
}

static bool is_due(ns_t due, ns_t now)
{
	return due != 0 && due <= now;
}

void on_handover_timer(struct mag *m, uint32_t i)
{
	struct handover *h = ho(m, i);

	if (is_due(h->due_over, m->now.mono)) {
		h->due_over = 0;
		handover_happen(m, i, HEV_OVER);
	} else if (is_due(h->due_repeat, m->now.mono)) {
		repeat_hi(m, i);
	} else if (is_due(h->due_next, m->now.mono)) {
		h->due_next = 0;
		handover_happen(m, i, HEV_NEXT);
	}
	if (ho(m, i)->mn_len != 0)
		handover_schedule(&m->fast, i);
}

bool fail_handover_bind(struct mag *m, uint32_t number)
{
	uint32_t i = number - 1;
	struct handover *h = i < m->fast.conf.max_handovers ? ho(m, i) : NULL;

	if (h == NULL || h->state == HO_NONE || h->state == HO_OVER)
		return false;
	uint32_t e = h->entry;
	take_back_answer(m, i, HACK_NO_RESOURCES);
	if (h->is_new)
		ho_end_new(m, i, OUTCOME_NO_ROOM, true);
	else
		ho_end_previous(m, i, OUTCOME_NO_ROOM); // what was bound is so still
	handover_schedule(&m->fast, i);
	if (h->is_new && e != BUL_NULL)
		happen(m, e, EV_NO_ROOM);
	return true;
}

// ---- What the rest of the engine asks and tells.

static uint32_t record_of(const struct mag *m, const struct bul_entry *e)
{
	uint32_t i = handover_find(&m->fast, bul_mn_id(e));

	if (i == HO_NULL || m->fast.v[i].entry != (uint32_t)(e - m->bul.entries))
		return HO_NULL;
	return i;
}

uint32_t fast_number(const struct mag *m, const struct bul_entry *e)
{
	uint32_t i = record_of(m, e);

	return i == HO_NULL ? 0 : i + 1;
}

struct span fast_expected(const struct mag *m, const uint8_t mac[6])
{
	uint32_t i = handover_find_mac(&m->fast, mac);

	return i == HO_NULL ? (struct span){0} : handover_mn_id(&m->fast.v[i]);
}

bool fast_arrive(struct mag *m, uint32_t entry)
{
	uint32_t i = handover_find(&m->fast, bul_mn_id(entry_of(m, entry)));

	if (i == HO_NULL)
		return false;
	struct handover *h = ho(m, i);
	if (h->state == HO_EXPECTED) {
		h->entry = entry;
		handover_happen(m, i, HEV_ARRIVED);
	} else if (h->state == HO_ASKING && h->entry == entry) {
		if (!h->waiting)
			send_hi(m, i, HI_P | HI_F, HI_DEFAULT); // FMIP-03
		handover_schedule(&m->fast, i);
		return true;
	}
	return false;
}

void fast_come_from(struct mag *m, uint32_t entry, struct ip6_addr previous)
{
	const struct bul_entry *e = entry_of(m, entry);
	uint32_t i = handover_find(&m->fast, bul_mn_id(e));

	if (e->bound || !fast_is_peer(&m->fast, previous) || ip6_equal(previous, m->conf.coa))
		return;
	if (i == HO_NULL)
		i = handover_add(&m->fast, bul_mn_id(e), m->now.mono);
	else if (ho(m, i)->state == HO_OVER || !ho(m, i)->is_new)
		handover_restart(m, i);
	else
		return; // it is expected, or asked for already
	if (i == HO_NULL)
		return;
	struct handover *h = ho(m, i);
	h->is_new = h->reactive = true;
	h->left = false;
	h->peer = previous;
	h->entry = entry;
	h->state = HO_ASKING;
	h->due_over = m->now.mono + m->fast.conf.forward;
	handover_schedule(&m->fast, i);
}

void fast_registered(struct mag *m, uint32_t entry)
{
	uint32_t i = record_of(m, entry_of(m, entry));

	if (i != HO_NULL)
		handover_happen(m, i, HEV_REGISTERED);
}

bool fast_keeps(struct mag *m, uint32_t entry)
{
	uint32_t i = record_of(m, entry_of(m, entry));

	if (i == HO_NULL || ho(m, i)->is_new)
		return false;
	handover_happen(m, i, HEV_LEFT);
	ho_let_rest(m, entry);
	return true;
}

void fast_gone(struct mag *m, uint32_t entry)
{
	uint32_t i = record_of(m, entry_of(m, entry));

	if (i != HO_NULL)
		handover_happen(m, i, HEV_GONE);
}

void fast_heard(struct mag *m, uint32_t entry, enum mag_heard what)
{
	uint32_t i = record_of(m, entry_of(m, entry));
	const struct handover *h = i != HO_NULL ? ho(m, i) : NULL;

	if (h == NULL || h->is_new)
		return;
	bool back = h->left ? m->now.mono - h->left_at > stale_frames
			    : what == HEARD_SOLICIT || what == HEARD_SEARCH;
	if (back)
		handover_happen(m, i, HEV_BACK);
}
