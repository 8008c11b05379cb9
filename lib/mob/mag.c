// The one door of the engine: what happened goes in, what to do comes out.
#include "mob/mag.h"

#include <stdlib.h>

#include "mob/mag_engine.h"

static uint64_t hash_mac(const struct mag *m, const uint8_t mac[6])
{
	return siphash(m->key, mac, 6);
}

static bool make_tables(struct mag *m, const struct mag_conf *c)
{
	struct mag_node_conf *nodes = calloc((size_t)c->n_nodes + 1, sizeof(*nodes));

	m->conf.nodes = nodes;
	m->out = calloc(MAG_ACTIONS, sizeof(*m->out));
	m->messages = calloc(MAG_MESSAGES, sizeof(*m->messages));
	if (nodes == NULL || m->out == NULL || m->messages == NULL ||
	    map_init(&m->node_rows, c->n_nodes) != 0 ||
	    bul_init(&m->bul, c->max_nodes, m->key, m->now.mono) != 0)
		return false;
	for (uint32_t i = 0; i < c->n_nodes; i++) {
		nodes[i] = c->nodes[i];
		if (map_add(&m->node_rows, hash_mac(m, nodes[i].mac), i) != 0)
			return false;
	}
	return true;
}

struct mag *mag_new(const struct mag_conf *conf, uint64_t seed, struct instant now)
{
	struct mag *m = conf->max_nodes > 0 && conf->max_nodes <= WHEEL_MAX_ITEMS
				? calloc(1, sizeof(*m))
				: NULL;

	if (m == NULL)
		return NULL;
	m->rng.state = seed;
	m->key = (struct siphash_key){rng_u64(&m->rng), rng_u64(&m->rng)};
	m->seq = (uint16_t)rng_u64(&m->rng);
	m->now = now;
	m->conf = *conf;
	// In units of 4 s in 16 bits; zero would be a de-registration.
	if (m->conf.lifetime_s < 4)
		m->conf.lifetime_s = 4;
	if (m->conf.lifetime_s > UINT16_MAX * 4u)
		m->conf.lifetime_s = UINT16_MAX * 4u;
	if (!make_tables(m, conf)) {
		mag_free(m);
		return NULL;
	}
	// HB-04: the LMA learns at once that our sessions are gone.
	struct mag_message *msg = conf->heartbeat.lost_sessions ? put_message(m) : NULL;
	if (msg != NULL) {
		heartbeat_unsolicited(&m->conf.heartbeat, &msg->mh);
		send_message(m, msg);
	}
	return m;
}

void mag_free(struct mag *m)
{
	if (m == NULL)
		return;
	bul_done(&m->bul);
	map_done(&m->node_rows);
	free((void *)(uintptr_t)m->conf.nodes);
	free(m->out);
	free(m->messages);
	free(m);
}

// ---- Actions.

struct mag_out *put_out(struct mag *m, enum mag_action_kind kind)
{
	if (m->n_out == MAG_ACTIONS)
		return NULL; // cannot be: has_room is asked before anything that puts actions
	struct mag_out *out = &m->out[(m->out_head + m->n_out++) % MAG_ACTIONS];
	memset(&out->action, 0, sizeof(out->action));
	out->action.kind = kind;
	return out;
}

struct mag_message *put_message(struct mag *m)
{
	return m->n_messages < MAG_MESSAGES ? &m->messages[m->n_messages++] : NULL;
}

void send_message(struct mag *m, const struct mag_message *msg)
{
	struct mag_out *out = put_out(m, MAG_SEND);

	if (out == NULL)
		return;
	out->action.send.src = m->conf.coa;
	out->action.send.dst = m->conf.lmaa;
	out->action.send.mh = &msg->mh;
}

static bool is_advert_to(const struct mag_action *a, struct mag_link link)
{
	return a->kind == MAG_ADVERTISE && a->advertise.valid_s > 0 &&
	       a->advertise.link.interface == link.interface &&
	       memcmp(a->advertise.link.mac, link.mac, sizeof(link.mac)) == 0;
}

void drop_adverts(struct mag *m, struct mag_link link)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < m->n_out; i++) {
		struct mag_out *from = &m->out[(m->out_head + i) % MAG_ACTIONS];
		struct mag_out *to = &m->out[(m->out_head + kept) % MAG_ACTIONS];
		if (is_advert_to(&from->action, link))
			continue;
		kept++;
		if (to == from)
			continue;
		*to = *from; // and what it points to in itself
		if (to->action.kind == MAG_ADVERTISE)
			to->action.advertise.hnps = to->hnps;
		if (to->action.kind == MAG_NOTE && to->action.note.mn_id.n > 0)
			to->action.note.mn_id.p = to->mn_id;
	}
	m->n_out = kept;
}

void note(struct mag *m, enum mag_note_kind kind)
{
	struct mag_out *out = put_out(m, MAG_NOTE);

	m->totals.notes[kind]++;
	if (out != NULL)
		out->action.note.kind = kind;
}

void note_of(struct mag *m, enum mag_note_kind kind, uint32_t i)
{
	const struct bul_entry *e = entry_of(m, i);
	struct mag_out *out = put_out(m, MAG_NOTE);

	m->totals.notes[kind]++;
	if (out == NULL)
		return;
	memcpy(out->mn_id, e->mn_id, e->mn_len);
	out->action.note.kind = kind;
	out->action.note.link = e->link;
	out->action.note.mn_id = (struct span){out->mn_id, e->mn_len};
	out->action.note.status = e->status;
}

bool mag_output(struct mag *m, struct mag_action *out)
{
	if (m->n_out == 0)
		return false;
	*out = m->out[m->out_head].action;
	m->out_head = (m->out_head + 1) % MAG_ACTIONS;
	m->n_out--;
	return true;
}

static bool has_room(const struct mag *m)
{
	return m->n_out + MAG_ACTIONS_PER_EVENT <= MAG_ACTIONS_OF_INPUT &&
	       m->n_messages + MAG_MESSAGES_PER_EVENT <= MAG_MESSAGES_OF_INPUT;
}

// ---- What happened.

static void hear(struct mag *m, const struct mag_event *event)
{
	static const enum bul_event events[] = {[HEARD_FRAME] = EV_HEARD,
						[HEARD_LINK_UP] = EV_LINK_UP,
						[HEARD_SOLICIT] = EV_SOLICIT,
						[HEARD_SEARCH] = EV_SEARCH};
	uint32_t i = bul_find_link(&m->bul, event->heard.link);

	if (i == BUL_NULL)
		i = appear(m, event->heard.link, (struct span){0});
	if (i == BUL_NULL)
		return;
	struct bul_entry *e = entry_of(m, i);
	e->heard = m->now.mono;
	e->probes = 0;
	if (event->heard.what != HEARD_FRAME)
		e->gone = false; // its link came up after the carrier was lost
	if (ip6_is_link_local(event->heard.addr))
		e->addr = event->heard.addr;
	happen(m, i, events[event->heard.what]);
}

// MAG-HI-06: 5 is for renewals alone, whatever the operator says.
static bool is_indicator(uint8_t handoff)
{
	return handoff >= HI_NEW_INTERFACE && handoff <= HI_UNKNOWN;
}

static void attach(struct mag *m, const struct mag_event *event)
{
	struct span nai = event->attach.nai;
	uint32_t i = bul_find_link(&m->bul, event->attach.link);

	// Another identity on this link: the old session ends here, without waiting for an answer.
	if (i != BUL_NULL && nai.n > 0 && !span_equal(nai, bul_mn_id(entry_of(m, i)))) {
		happen(m, i, EV_DETACH);
		if (entry_of(m, i)->used)
			forget(m, i);
		i = BUL_NULL;
	}
	if (i == BUL_NULL)
		i = appear(m, event->attach.link, nai);
	if (i == BUL_NULL)
		return;
	struct bul_entry *e = entry_of(m, i);
	e->heard = m->now.mono;
	e->probes = 0;
	e->gone = false;
	if (is_indicator(event->attach.handoff_indicator))
		e->handoff = event->attach.handoff_indicator;
	happen(m, i, EV_ATTACH);
}

static void detach(struct mag *m, struct mag_link link)
{
	uint32_t i = bul_find_link(&m->bul, link);

	if (i == BUL_NULL)
		return;
	entry_of(m, i)->told = true;
	happen(m, i, EV_DETACH);
}

// Marked here, taken with the ticks that follow: a port may have carried them all.
static void lose_carrier(struct mag *m, uint16_t interface)
{
	for (uint32_t i = 0; i < m->bul.max; i++) {
		struct bul_entry *e = entry_of(m, i);
		if (!e->used || e->link.interface != interface)
			continue;
		e->gone = true;
		bul_schedule(&m->bul, i);
	}
}

// HB-03: the LMA lost its sessions. Every node is registered again with what it has, HI 5, at most
// a thousand in a second (LMA-RST-01).
static void register_all(struct mag *m)
{
	ns_t when = m->now.mono;

	if (m->bul.n_bound > 0)
		note(m, MAG_NOTE_LMA_RESTARTED);
	for (uint32_t i = 0; i < m->bul.max; i++) {
		struct bul_entry *e = entry_of(m, i);
		if (e->state != BUL_BOUND && e->state != BUL_REFRESHING)
			continue;   // the others ask anyway
		e->came_up = false; // the renewal says it too
		e->forgotten = true;
		e->due_refresh = when += NS_MSEC;
		bul_schedule(&m->bul, i);
	}
}

static void take_heartbeat(struct mag *m, const struct mh *mh)
{
	struct mag_message *msg = put_message(m);
	bool was_lost = m->lma.unreachable;

	if (msg == NULL)
		return;
	switch (heartbeat_heard(&m->lma, &m->conf.heartbeat, mh, &msg->mh)) {
	case HEARTBEAT_ANSWER:
		send_message(m, msg);
		break;
	case HEARTBEAT_BACK:
		note(m, MAG_NOTE_LMA_BACK);
		break;
	case HEARTBEAT_RESTARTED:
		if (was_lost)
			note(m, MAG_NOTE_LMA_BACK);
		register_all(m);
		break;
	case HEARTBEAT_STRAY:
		note(m, MAG_NOTE_IGNORED_ROLE);
		break;
	case HEARTBEAT_LOST:
	case HEARTBEAT_NOTHING:
		break;
	}
}

static void take_message(struct mag *m, const struct mag_event *event)
{
	const struct mh *mh = event->message.mh;

	if (!ip6_equal(event->message.src, m->conf.lmaa) ||
	    !ip6_equal(event->message.dst, m->conf.coa)) {
		note(m, MAG_NOTE_IGNORED_SOURCE);
		return;
	}
	switch (mh->type) {
	case MH_BA:
		take_pba(m, mh);
		break;
	case MH_HEARTBEAT:
		take_heartbeat(m, mh);
		break;
	case MH_BE:
		// HB-05: it says so of a request for a heartbeat; for a PBU it is an alarm
		// (WIRE-16).
		if (mh->be.status == BE_UNKNOWN_MH_TYPE && m->lma.unanswered > 0)
			heartbeat_refused(&m->lma);
		note(m, MAG_NOTE_BINDING_ERROR);
		break;
	case MH_BU:
	case MH_BRR:
		note(m, MAG_NOTE_IGNORED_ROLE); // WIRE-14
		break;
	}
}

// WIRE-06: the sender of a type that we do not know learns so, but not too often.
static void answer_unknown_type(struct mag *m, struct ip6_addr src, struct ip6_addr dst)
{
	if (m->now.mono - m->error_window >= NS_SEC) {
		m->error_window = m->now.mono;
		m->errors_sent = 0;
	}
	if (!ip6_is_routable_unicast(src) || ip6_is_multicast(dst) ||
	    m->errors_sent >= BINDING_ERRORS_PER_S)
		return;
	struct mag_message *msg = put_message(m);
	struct mag_out *out = msg != NULL ? put_out(m, MAG_SEND) : NULL;
	if (out == NULL)
		return;
	m->errors_sent++;
	msg->mh = (struct mh){.type = MH_BE, .be = {.status = BE_UNKNOWN_MH_TYPE}};
	out->action.send.src = dst;
	out->action.send.dst = src;
	out->action.send.mh = &msg->mh;
}

static void take_bad(struct mag *m, const struct mag_event *event)
{
	note(m, MAG_NOTE_BAD_MESSAGE);
	if (event->bad.err == MH_UNKNOWN_TYPE)
		answer_unknown_type(m, event->bad.src, event->bad.dst);
}

static void fail_bind(struct mag *m, struct mag_link link)
{
	uint32_t i = bul_find_link(&m->bul, link);

	if (i != BUL_NULL)
		happen(m, i, EV_NO_ROOM);
}

static void beat(struct mag *m)
{
	enum heartbeat_news news;
	struct mag_message *msg = put_message(m);

	if (msg == NULL)
		return;
	if (heartbeat_tick(&m->lma, &m->conf.heartbeat, &m->rng, m->now.mono, &msg->mh, &news))
		send_message(m, msg);
	else
		m->n_messages--;
	if (news == HEARTBEAT_LOST)
		note(m, MAG_NOTE_LMA_LOST);
}

static void tick(struct mag *m)
{
	for (unsigned n = 0; n < MAG_EXPIRIES_PER_INPUT && has_room(m); n++) {
		uint32_t i = wheel_expire(m->bul.timers, m->now.mono);
		if (i == WHEEL_NONE)
			break;
		on_timer(m, i);
	}
	if (has_room(m))
		beat(m);
}

void mag_input(struct mag *m, struct instant now, const struct mag_event *event)
{
	if (now.mono > m->now.mono)
		m->now.mono = now.mono;
	m->now.wall_q16 = now.wall_q16;
	if (m->n_out == 0)
		m->n_messages = 0;
	if (event->kind != MAG_BIND_FAILED && !has_room(m)) {
		m->totals.notes[MAG_NOTE_OVERLOADED]++;
		return;
	}
	switch (event->kind) {
	case MAG_HEARD:
		hear(m, event);
		break;
	case MAG_ATTACH:
		attach(m, event);
		break;
	case MAG_DETACH:
		detach(m, event->detach);
		break;
	case MAG_CARRIER:
		if (!event->carrier.up)
			lose_carrier(m, event->carrier.interface);
		break;
	case MAG_MESSAGE:
		take_message(m, event);
		break;
	case MAG_BAD_MESSAGE:
		take_bad(m, event);
		break;
	case MAG_BIND_FAILED:
		fail_bind(m, event->bind_failed.link);
		break;
	case MAG_TICK:
		tick(m);
		break;
	}
}

ns_t mag_deadline(const struct mag *m)
{
	ns_t due = m->n_out > 0 ? m->now.mono : wheel_deadline(m->bul.timers);

	if (m->lma.due != 0 && m->lma.due < due)
		due = m->lma.due;
	return due;
}
