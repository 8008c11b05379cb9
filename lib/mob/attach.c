// A node appears, is heard, falls silent, leaves: state of its entry x what happens, a full matrix.
//
// Decides when a node is served and when no longer; what a PBU says is register.c's, what a PBA
// means answered.c's.
#include "mob/mag_engine.h"

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
	uint32_t before = m->bul.n_bound;

	bul_set_state(&m->bul, i, state);
	// HB-02: requests only while there is a binding with the peer.
	if (before == 0 && m->bul.n_bound > 0)
		heartbeat_begin(&m->lma, &m->conf.heartbeat, &m->rng, m->now.mono);
	if (before > 0 && m->bul.n_bound == 0)
		heartbeat_end(&m->lma);
}

void forget(struct mag *m, uint32_t i)
{
	drop_hnps(m, i, false); // MAG-REG-04b: the link is gone, nobody hears an RA
	set(m, i, BUL_NONE);
	bul_del(&m->bul, i);
}

static void first(struct mag *m, uint32_t i)
{
	set(m, i, BUL_REGISTERING);
	if (!entry_of(m, i)->barred)
		send_request(m, i, REQUEST_INITIAL);
}

static void renew(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	if (e->barred)
		return;
	// MAG-REG-14: no renewal without evidence that the node is there. It is asked for.
	if (m->now.mono - e->heard > m->conf.probe_after) {
		e->wanted = true;
		e->due_probe = m->now.mono;
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

	if (e->barred || m->now.mono - e->accepted < interval)
		return;
	set(m, i, BUL_REFRESHING);
	send_request(m, i, REQUEST_REATTACH);
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
	if (entry_of(m, i)->wanted)
		renew(m, i);
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

static void solicited(struct mag *m, uint32_t i)
{
	advertise(m, i); // MAG-RA-04
	reattach(m, i);
}

static void solicited_refreshing(struct mag *m, uint32_t i)
{
	advertise(m, i);
	heard_waiting(m, i);
}

static void leave(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	if (e->state == BUL_LEAVING)
		return;
	e->expires = 0;
	e->due_probe = 0;
	set(m, i, BUL_LEAVING);
	send_request(m, i, REQUEST_DEREG); // MAG-REG-04, SEQ-31: one, not repeated
}

static void silent(struct mag *m, uint32_t i)
{
	note_of(m, MAG_NOTE_SILENT, i);
	leave(m, i);
}

static void silent_refused(struct mag *m, uint32_t i)
{
	forget(m, i);
}

static void granted(struct mag *m, uint32_t i)
{
	bool is_new = entry_of(m, i)->state == BUL_REGISTERING;

	set(m, i, BUL_BOUND);
	if (is_new)
		note_of(m, MAG_NOTE_BOUND, i);
}

static void left(struct mag *m, uint32_t i)
{
	note_of(m, MAG_NOTE_DETACHED, i);
	forget(m, i);
}

// It is here again before its de-registration was answered. The new PBU is newer than that one:
// whichever the LMA sees first, the node ends up bound (an older de-registration is refused with
// 157, LMA-TS-08). What the workers know stays until the answer.
static void back(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	e->since = m->now.mono;
	e->attach_us = 0;
	e->due_probe = m->now.mono + m->conf.probe_after;
	first(m, i);
}

static void again(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	if (m->now.mono - e->heard > m->conf.probe_after) { // a refused node that went away
		forget(m, i);
		return;
	}
	uint8_t tries = e->tries;
	set(m, i, BUL_REGISTERING);
	send_request(m, i, REQUEST_INITIAL);
	e->tries = tries; // the next refusal waits longer
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
	e->tries = 0;
	first(m, i);
}

static void ordered_bound(struct mag *m, uint32_t i)
{
	entry_of(m, i)->barred = false;
	reattach(m, i);
}

// Nobody answered until the lifetime was over: the LMA has forgotten the session (MAG-REG-13).
static void over(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	note_of(m, MAG_NOTE_LOST, i);
	e->expires = 0;
	drop_hnps(m, i, true);
	first(m, i);
}

static void no_room(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	note_of(m, MAG_NOTE_NO_ROOM, i);
	drop_adverts(m, e->link);
	e->advertised = false;
	drop_hnps(m, i, false);
	e->n_hnps = 0;
	e->expires = 0;
	e->status = PBA_INSUFFICIENT_RESOURCES;
	send_request(m, i, REQUEST_DEREG);
	set(m, i, BUL_REFUSED);
	e->due_request = m->now.mono + max_bindack_timeout; // others may have left by then
}

static transition_fn *const matrix[BUL_N_STATES][N_BUL_EVENTS] = {
	[BUL_NONE] = {[EV_HEARD] = first,
		      [EV_LINK_UP] = first,
		      [EV_SOLICIT] = first,
		      [EV_SEARCH] = first,
		      [EV_ATTACH] = first,
		      [EV_DETACH] = never,
		      [EV_SILENT] = never,
		      [EV_ACCEPTED] = never,
		      [EV_REFUSED_BY_LMA] = never,
		      [EV_REPEAT] = never,
		      [EV_REFRESH] = never,
		      [EV_OVER] = never,
		      [EV_NO_ROOM] = never},
	[BUL_REGISTERING] = {[EV_HEARD] = heard_waiting,
			     [EV_LINK_UP] = heard_waiting,
			     [EV_SOLICIT] = heard_waiting, // the RA comes with the PBA (MAG-RA-01)
			     [EV_SEARCH] = heard_waiting,
			     [EV_ATTACH] = ordered,
			     [EV_DETACH] = leave,
			     [EV_SILENT] = silent,
			     [EV_ACCEPTED] = granted,
			     [EV_REFUSED_BY_LMA] = take_refusal,
			     [EV_REPEAT] = repeat,
			     [EV_REFRESH] = never,
			     [EV_OVER] = never,
			     [EV_NO_ROOM] = never},
	[BUL_BOUND] = {[EV_HEARD] = heard_bound,
		       [EV_LINK_UP] = reattach,
		       [EV_SOLICIT] = solicited,
		       [EV_SEARCH] = searched,
		       [EV_ATTACH] = ordered_bound,
		       [EV_DETACH] = leave,
		       [EV_SILENT] = silent,
		       [EV_ACCEPTED] = never,
		       [EV_REFUSED_BY_LMA] = never,
		       [EV_REPEAT] = never,
		       [EV_REFRESH] = renew,
		       [EV_OVER] = over,
		       [EV_NO_ROOM] = no_room},
	[BUL_REFRESHING] = {[EV_HEARD] = heard_waiting,
			    [EV_LINK_UP] = heard_waiting, // what is out says it already
			    [EV_SOLICIT] = solicited_refreshing,
			    [EV_SEARCH] = heard_waiting,
			    [EV_ATTACH] = heard_waiting,
			    [EV_DETACH] = leave,
			    [EV_SILENT] = silent,
			    [EV_ACCEPTED] = granted,
			    [EV_REFUSED_BY_LMA] = take_refusal,
			    [EV_REPEAT] = repeat,
			    [EV_REFRESH] = stay,
			    [EV_OVER] = over,
			    [EV_NO_ROOM] = no_room},
	[BUL_LEAVING] = {[EV_HEARD] = back,
			 [EV_LINK_UP] = back,
			 [EV_SOLICIT] = back,
			 [EV_SEARCH] = back,
			 [EV_ATTACH] = back,
			 [EV_DETACH] = stay,
			 [EV_SILENT] = stay,
			 [EV_ACCEPTED] = left,
			 [EV_REFUSED_BY_LMA] = stay,
			 [EV_REPEAT] = left, // 1 s without an answer (MAG-REG-04)
			 [EV_REFRESH] = never,
			 [EV_OVER] = never,
			 [EV_NO_ROOM] = never},
	[BUL_REFUSED] = {[EV_HEARD] = stay, // its own timer tries again
			 [EV_LINK_UP] = stay,
			 [EV_SOLICIT] = stay, // MAG-RA-01
			 [EV_SEARCH] = stay,
			 [EV_ATTACH] = ordered,
			 [EV_DETACH] = silent_refused,
			 [EV_SILENT] = silent_refused,
			 [EV_ACCEPTED] = never,
			 [EV_REFUSED_BY_LMA] = never,
			 [EV_REPEAT] = again,
			 [EV_REFRESH] = never,
			 [EV_OVER] = never,
			 [EV_NO_ROOM] = never},
};

void happen(struct mag *m, uint32_t i, enum bul_event event)
{
	matrix[entry_of(m, i)->state][event](m, i);
	if (entry_of(m, i)->used)
		bul_schedule(&m->bul, i);
}

// ---- Who is it?

static const char hex[] = "0123456789abcdef";

// <mac>@realm for a node in no row of the table; its length, 0: not served.
static uint8_t write_nai(const struct mag *m, const uint8_t mac[6], char out[BUL_MAX_MN_ID])
{
	size_t realm = strlen(m->conf.realm);

	if (realm == 0 || realm > BUL_MAX_MN_ID - 13)
		return 0;
	for (int i = 0; i < 6; i++) {
		out[2 * i] = hex[mac[i] >> 4];
		out[2 * i + 1] = hex[mac[i] & 15];
	}
	out[12] = '@';
	memcpy(out + 13, m->conf.realm, realm);
	return (uint8_t)(13 + realm);
}

static uint64_t hash_mac(const struct mag *m, const uint8_t mac[6])
{
	return siphash(m->key, mac, 6);
}

static struct span identify(const struct mag *m, const uint8_t mac[6], char own[BUL_MAX_MN_ID])
{
	struct map_cursor c;
	uint32_t i = map_first(&m->node_rows, hash_mac(m, mac), &c);

	for (; i != MAP_NONE; i = map_next(&m->node_rows, &c)) {
		const struct mag_node_conf *row = &m->conf.nodes[i];
		if (memcmp(row->mac, mac, 6) == 0)
			return (struct span){(const uint8_t *)row->nai,
					     (uint16_t)strnlen(row->nai, sizeof(row->nai))};
	}
	return (struct span){(const uint8_t *)own, write_nai(m, mac, own)};
}

// MAG-MH-02: the same interface of a node at another place of ours: the older attachment ends
// without a de-registration, which would end the new one too.
static void end_older(struct mag *m, struct span nai, struct mag_link link)
{
	uint32_t i = bul_find_mn_id(&m->bul, nai, BUL_NULL);

	while (i != BUL_NULL) {
		if (memcmp(entry_of(m, i)->link.mac, link.mac, sizeof(link.mac)) == 0) {
			forget(m, i);
			return; // there is no third
		}
		i = bul_find_mn_id(&m->bul, nai, i);
	}
}

uint32_t appear(struct mag *m, struct mag_link link, struct span nai, uint8_t handoff)
{
	char own[BUL_MAX_MN_ID];

	if (nai.n == 0)
		nai = identify(m, link.mac, own);
	if (nai.n == 0 || nai.n > BUL_MAX_MN_ID) {
		note(m, MAG_NOTE_NO_PROFILE); // MAG-PP-01
		return BUL_NULL;
	}
	end_older(m, nai, link);
	if (m->bul.n_pending >= m->conf.max_pending) {
		note(m, MAG_NOTE_PENDING_FULL);
		return BUL_NULL;
	}
	uint32_t i = bul_add(&m->bul, link, nai);
	if (i == BUL_NULL) {
		note(m, MAG_NOTE_FULL);
		return BUL_NULL;
	}
	struct bul_entry *e = entry_of(m, i);
	e->handoff = handoff;
	e->since = e->heard = m->now.mono;
	e->due_probe = m->now.mono + m->conf.probe_after;
	note_of(m, MAG_NOTE_ATTACHED, i);
	return i;
}

// ---- Time.

// MAG-DET-01: a node that was not heard for a while is asked, and when it does not answer it is
// gone.
static void look_after(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);
	ns_t quiet = m->now.mono - e->heard;

	if (quiet < m->conf.probe_after) {
		e->probes = 0;
		e->due_probe = e->heard + m->conf.probe_after;
	} else if (e->probes >= m->conf.probes || e->state == BUL_REFUSED) {
		happen(m, i, EV_SILENT);
	} else {
		e->probes++;
		e->due_probe = m->now.mono + m->conf.probe_interval;
		probe(m, i);
	}
}

void on_timer(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);
	ns_t now = m->now.mono;

	if (e->gone) {
		e->gone = false;
		happen(m, i, EV_DETACH);
	} else if (e->expires != 0 && e->expires <= now) {
		happen(m, i, EV_OVER);
	} else if (e->due_request != 0 && e->due_request <= now) {
		e->due_request = 0;
		happen(m, i, EV_REPEAT);
	} else if (e->due_refresh != 0 && e->due_refresh <= now) {
		e->due_refresh = 0;
		happen(m, i, EV_REFRESH);
	} else if (e->due_probe != 0 && e->due_probe <= now) {
		look_after(m, i);
	}
	if (e->used)
		bul_schedule(&m->bul, i);
}
