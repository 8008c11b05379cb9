// A node appears, is heard, falls silent, leaves: state of its entry x what happens, a full matrix.
//
// Decides when a node is served and when no longer; what a PBU says is register.c's, what a PBA
// means answered.c's.
#include "mob/mag_engine.h"

static const ns_t wait_for_context = 100 * NS_MSEC; // RFC 5568 6.2.1.1: by then HI is repeated

typedef void transition_fn(struct mag *, uint32_t entry);

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

static void set(struct mag *m, uint32_t i, enum bul_state state)
{
	uint8_t lma = entry_of(m, i)->lma;
	uint32_t before = m->bul.n_bound_at[lma];

	bul_set_state(&m->bul, i, state);
	begin_or_end_heartbeat(m, lma, before);
}

void forget(struct mag *m, uint32_t i)
{
	drop_hnps(m, i, false); // MAG-REG-04b: the link is gone, nobody hears an RA
	set(m, i, BUL_NONE);
	bul_del(&m->bul, i);
}

void lapse(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	watch_again(m, e);
	e->n_hnps = 0;
	e->expires = e->due_request = e->due_refresh = e->due_advert = 0;
	e->waiting = e->wanted = e->forgotten = false;
	set(m, i, BUL_REFUSED);
}

// Of a node that had prefixes here they are asked for again (MAG-REG-02); the LMA may say 155.
void first(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);
	bool waits = fast_arrive(m, i); // it may bring its prefixes
	enum bul_request request = e->n_hnps > 0 ? REQUEST_REATTACH : REQUEST_INITIAL;

	watch_again(m, e);
	set(m, i, BUL_REGISTERING);
	if (waits) { // what its previous MAG knows makes a better request; but not for long
		e->request = (uint8_t)request;
		e->tries = 0;
		e->waiting = e->wanted = false;
		e->due_refresh = 0;
		e->due_request = m->now.mono + wait_for_context;
		return;
	}
	if (m->now.mono - e->heard <= m->conf.probe_after) {
		send_request(m, i, request);
		return;
	}
	e->request = (uint8_t)request; // MAG-REG-14: sent when the node is heard
	e->tries = 0;
	e->waiting = false;
	e->wanted = true;
	e->due_request = 0;
	e->due_refresh = 0;
}

// MAG-PP-03, MAG-REG-21: while it is not known whether it may be served, its link is silent.
static void arrive(struct mag *m, uint32_t i)
{
	if (!m->conf.authorise) {
		first(m, i);
		return;
	}
	set(m, i, BUL_ASKING);
	ask(m, i);
}

// To an LMA that restarted every binding is told as a renewal (HB-03).
static enum bul_request of_return(const struct bul_entry *e)
{
	return e->forgotten ? REQUEST_REFRESH : REQUEST_REATTACH;
}

static void renew(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	if (e->barred)
		return;
	if (e->came_up || !is_surely_there(m, e)) {
		ask_first(m, e);
		e->waiting = false; // for what was said before
		e->request = REQUEST_REFRESH;
		return;
	}
	set(m, i, BUL_REFRESHING);
	send_request(m, i, REQUEST_REFRESH);
}

// A node that is bound shows that its link came up. It may have been at another MAG in between, and
// be bound there, while what is known here is old: so it is registered anew with what it has. This
// is a new attachment, not a renewal, so it says 4 (MAG-HI-05) and MAG-HI-06 holds for renewals.
static void reattach_after(struct mag *m, uint32_t i, ns_t interval)
{
	struct bul_entry *e = entry_of(m, i);

	if (e->barred)
		return;
	// A sign so soon is mostly another one of the same link-up. If not, the node was elsewhere
	// in between: it is asked whether it is here, later, and registered if so.
	if (m->now.mono - e->accepted < interval) {
		e->came_up = true;
		e->due_refresh = e->accepted + reattach_interval;
		return;
	}
	set(m, i, BUL_REFRESHING);
	send_request(m, i, of_return(e));
}

static void reattach(struct mag *m, uint32_t i)
{
	reattach_after(m, i, reattach_interval);
}

static void searched(struct mag *m, uint32_t i)
{
	reattach_after(m, i, search_interval);
}

static void heard_bound(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	if (!e->wanted || e->barred)
		return;
	set(m, i, BUL_REFRESHING);
	send_request(m, i, e->came_up ? of_return(e) : REQUEST_REFRESH);
}

// MAG-REG-07: repeating stopped when the node fell silent.
static void heard_waiting(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	if (!e->wanted || e->barred)
		return;
	e->wanted = false;
	repeat_request(m, i);
}

// What is out may be a renewal, or may have been sent before the node was elsewhere.
static void reattach_refreshing(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);
	ns_t enough = e->request == REQUEST_REFRESH ? search_interval : initial_bindack_timeout;

	if (!e->barred && m->now.mono - e->sent >= enough)
		send_request(m, i, of_return(e));
	else
		heard_waiting(m, i);
}

static void solicited(struct mag *m, uint32_t i)
{
	advertise(m, i); // MAG-RA-04
	reattach(m, i);
}

static void solicited_refreshing(struct mag *m, uint32_t i)
{
	advertise(m, i);
	reattach_refreshing(m, i);
}

static void leave(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	e->due_probe = 0;
	set(m, i, BUL_LEAVING);
	send_request(m, i, REQUEST_DEREG); // MAG-REG-04, SEQ-31: one, not repeated
}

// FMIP-16: while its packets are sent on, the session is kept.
static void depart(struct mag *m, uint32_t i)
{
	if (fast_keeps(m, i))
		set(m, i, BUL_BOUND);
	else
		leave(m, i);
}

static void silent_served(struct mag *m, uint32_t i)
{
	note_of(m, MAG_NOTE_SILENT, i);
	depart(m, i);
}

static void silent(struct mag *m, uint32_t i)
{
	note_of(m, MAG_NOTE_SILENT, i);
	leave(m, i);
}

// MAG-REG-05: ignored, and the PBU is not sent again until an administrator acts. What is bound
// lives out its lifetime.
static void differs(struct mag *m, uint32_t i)
{
	bar(m, i, REASON_MISMATCH);
}

static void differs_new(struct mag *m, uint32_t i)
{
	drop_hnps(m, i, true); // bound by what its previous MAG knew
	lapse(m, i);
	bar(m, i, REASON_MISMATCH);
}

static void granted(struct mag *m, uint32_t i)
{
	bool is_new = entry_of(m, i)->state == BUL_REGISTERING;

	entry_of(m, i)->handoff = 0; // what was known was of this attachment
	entry_of(m, i)->reason = REASON_NONE;
	set(m, i, BUL_BOUND);
	if (is_new)
		note_of(m, MAG_NOTE_BOUND, i);
}

static void left(struct mag *m, uint32_t i)
{
	note_of(m, MAG_NOTE_DETACHED, i);
	// MAG-REG-04b: of a node that was only silent the link is still there, perhaps it hears.
	if (!entry_of(m, i)->told)
		drop_hnps(m, i, true);
	forget(m, i);
}

// It may not be served: that it is there changes nothing.
static void ban(struct mag *m, uint32_t i)
{
	entry_of(m, i)->banned = true;
}

// It is here again before its de-registration was answered. The new PBU is newer than that one:
// whichever the LMA sees first, the node ends up bound (an older de-registration is refused with
// 157, LMA-TS-08). What the workers know stays until the answer, at most for its lifetime.
static void back(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	if (e->banned || e->barred)
		return;
	e->told = false;
	e->since = m->now.mono;
	e->attach_us = 0;
	e->due_probe = m->now.mono + m->conf.probe_after;
	if (!e->bound) {
		first(m, i);
		return;
	}
	set(m, i, BUL_REFRESHING);
	send_request(m, i, REQUEST_REATTACH);
}

// Of a node that was silent any frame says that it is there. Of one that is said to be gone a frame
// may be an old one that waited in a queue: to attach it would take it from its next MAG. When it
// is really there, the next frame or its link-up says so.
static void back_if_silent(struct mag *m, uint32_t i)
{
	if (!entry_of(m, i)->told)
		back(m, i);
}

static void again(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	if (m->now.mono - e->heard > m->conf.probe_after) { // a refused node that went away
		forget(m, i);
		return;
	}
	set(m, i, BUL_REGISTERING);
	send_request(m, i, REQUEST_INITIAL);
}

static void repeat(struct mag *m, uint32_t i)
{
	repeat_request(m, i);
}

// Only the operator lifts a bar (MAG-REG-05, -06).
static void ordered(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	e->barred = false;
	e->refused = 0;
	first(m, i);
}

static void ordered_bound(struct mag *m, uint32_t i)
{
	entry_of(m, i)->barred = false;
	reattach(m, i);
}

static void ordered_refreshing(struct mag *m, uint32_t i)
{
	entry_of(m, i)->barred = false;
	reattach_refreshing(m, i);
}

// Nobody answered until the lifetime was over: the LMA has forgotten the session (MAG-REG-13).
static void over(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	note_of(m, MAG_NOTE_LOST, i);
	e->expires = 0;
	drop_hnps(m, i, true);
	if (e->barred)
		lapse(m, i);
	else
		first(m, i);
}

static void no_room(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	note_of(m, MAG_NOTE_NO_ROOM, i);
	drop_adverts(m, e->link);
	if (e->request == REQUEST_INITIAL)
		e->advertised = false; // its first RA was among them
	drop_hnps(m, i, true);
	e->status = PBA_INSUFFICIENT_RESOURCES;
	e->reason = REASON_NO_ROOM;
	send_request(m, i, REQUEST_DEREG); // with the prefixes, so before they are forgotten
	lapse(m, i);
	e->due_request = m->now.mono + max_bindack_timeout; // others may have left by then
}

// Bound before the LMA was asked: by what its previous MAG knew.
static void no_room_new(struct mag *m, uint32_t i)
{
	if (entry_of(m, i)->bound)
		no_room(m, i);
}

static void denied(struct mag *m, uint32_t i)
{
	forget(m, i); // it was never served
}

// Its session ends as if it had left; it is still there, so it is told (MAG-RA-05).
static void denied_served(struct mag *m, uint32_t i)
{
	entry_of(m, i)->told = false;
	ban(m, i);
	leave(m, i);
}

static transition_fn *const matrix[BUL_N_STATES][N_BUL_EVENTS] = {
	[BUL_NONE] = {[EV_HEARD] = arrive,
		      [EV_LINK_UP] = arrive,
		      [EV_SOLICIT] = arrive,
		      [EV_SEARCH] = arrive,
		      [EV_ATTACH] = arrive,
		      [EV_DETACH] = never,
		      [EV_SILENT] = never,
		      [EV_ACCEPTED] = never,
		      [EV_REFUSED_BY_LMA] = never,
		      [EV_MISMATCH] = never,
		      [EV_REPEAT] = never,
		      [EV_REFRESH] = never,
		      [EV_OVER] = never,
		      [EV_NO_ROOM] = never,
		      [EV_PERMITTED] = never,
		      [EV_DENIED] = never},
	[BUL_ASKING] = {[EV_HEARD] = stay,
			[EV_LINK_UP] = stay,
			[EV_SOLICIT] = stay, // MAG-RA-01
			[EV_SEARCH] = stay,
			[EV_ATTACH] = stay,
			[EV_DETACH] = denied, // the answer finds nobody
			[EV_SILENT] = denied,
			[EV_ACCEPTED] = never,
			[EV_REFUSED_BY_LMA] = never,
			[EV_MISMATCH] = never,
			[EV_REPEAT] = never,
			[EV_REFRESH] = never,
			[EV_OVER] = never,
			[EV_NO_ROOM] = never,
			[EV_PERMITTED] = first,
			[EV_DENIED] = denied},
	[BUL_REGISTERING] = {[EV_HEARD] = heard_waiting,
			     [EV_LINK_UP] = heard_waiting,
			     [EV_SOLICIT] = heard_waiting, // the RA comes with the PBA (MAG-RA-01)
			     [EV_SEARCH] = heard_waiting,
			     [EV_ATTACH] = ordered,
			     [EV_DETACH] = leave,
			     [EV_SILENT] = silent,
			     [EV_ACCEPTED] = granted,
			     [EV_REFUSED_BY_LMA] = take_refusal,
			     [EV_MISMATCH] = differs_new,
			     [EV_REPEAT] = repeat,
			     [EV_REFRESH] = never,
			     [EV_OVER] = never,
			     [EV_NO_ROOM] = no_room_new,
			     [EV_PERMITTED] = stay,
			     [EV_DENIED] = denied_served},
	[BUL_BOUND] = {[EV_HEARD] = heard_bound,
		       [EV_LINK_UP] = reattach,
		       [EV_SOLICIT] = solicited,
		       [EV_SEARCH] = searched,
		       [EV_ATTACH] = ordered_bound,
		       [EV_DETACH] = depart,
		       [EV_SILENT] = silent_served,
		       [EV_ACCEPTED] = never,
		       [EV_REFUSED_BY_LMA] = never,
		       [EV_MISMATCH] = never,
		       [EV_REPEAT] = never,
		       [EV_REFRESH] = renew,
		       [EV_OVER] = over,
		       [EV_NO_ROOM] = no_room,
		       [EV_PERMITTED] = stay,
		       [EV_DENIED] = denied_served},
	[BUL_REFRESHING] = {[EV_HEARD] = heard_waiting,
			    [EV_LINK_UP] = reattach_refreshing,
			    [EV_SOLICIT] = solicited_refreshing,
			    [EV_SEARCH] = reattach_refreshing,
			    [EV_ATTACH] = ordered_refreshing,
			    [EV_DETACH] = depart,
			    [EV_SILENT] = silent_served,
			    [EV_ACCEPTED] = granted,
			    [EV_REFUSED_BY_LMA] = take_refusal,
			    [EV_MISMATCH] = differs,
			    [EV_REPEAT] = repeat,
			    [EV_REFRESH] = renew, // the LMA restarted: what is out is in vain
			    [EV_OVER] = over,
			    [EV_NO_ROOM] = no_room,
			    [EV_PERMITTED] = stay,
			    [EV_DENIED] = denied_served},
	[BUL_LEAVING] = {[EV_HEARD] = back_if_silent,
			 [EV_LINK_UP] = back,
			 [EV_SOLICIT] = back,
			 [EV_SEARCH] = back,
			 [EV_ATTACH] = back,
			 [EV_DETACH] = stay,
			 [EV_SILENT] = never, // it is not asked any more
			 [EV_ACCEPTED] = left,
			 [EV_REFUSED_BY_LMA] = never, // MAG-REG-04: it changes nothing
			 [EV_MISMATCH] = never,
			 [EV_REPEAT] = left, // 1 s without an answer (MAG-REG-04)
			 [EV_REFRESH] = never,
			 [EV_OVER] = left,
			 [EV_NO_ROOM] = left,
			 [EV_PERMITTED] = stay,
			 [EV_DENIED] = ban},
	[BUL_REFUSED] = {[EV_HEARD] = stay, // its own timer tries again
			 [EV_LINK_UP] = stay,
			 [EV_SOLICIT] = stay, // MAG-RA-01
			 [EV_SEARCH] = stay,
			 [EV_ATTACH] = ordered,
			 [EV_DETACH] = forget,
			 [EV_SILENT] = forget,
			 [EV_ACCEPTED] = never, // nothing is waited for
			 [EV_REFUSED_BY_LMA] = never,
			 [EV_MISMATCH] = never,
			 [EV_REPEAT] = again,
			 [EV_REFRESH] = never,
			 [EV_OVER] = never,
			 [EV_NO_ROOM] = never,
			 [EV_PERMITTED] = stay,
			 [EV_DENIED] = denied},
};

void happen(struct mag *m, uint32_t i, enum bul_event event)
{
	matrix[entry_of(m, i)->state][event](m, i);
	if (entry_of(m, i)->used)
		bul_schedule(&m->bul, i);
}
