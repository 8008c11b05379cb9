// The one door of the engine: what happened goes in, what to do comes out.
#include "mob/mag.h"

#include <stdlib.h>

#include "mob/mag_engine.h"

static void *copy_of(const void *rows, uint32_t n, size_t size)
{
	void *copy = calloc((size_t)n + 1, size);

	if (copy != NULL && n > 0)
		memcpy(copy, rows, n * size);
	return copy;
}

static bool copy_conf(struct mag *m, const struct mag_conf *c)
{
	m->conf = *c;
	m->conf.nodes = copy_of(c->nodes, c->n_nodes, sizeof(*c->nodes));
	m->conf.profiles = copy_of(c->profiles, c->n_profiles, sizeof(*c->profiles));
	m->conf.interfaces = copy_of(c->interfaces, c->n_interfaces, sizeof(*c->interfaces));
	return m->conf.nodes != NULL && m->conf.profiles != NULL && m->conf.interfaces != NULL;
}

static bool index_rows(struct mag *m)
{
	const struct mag_conf *c = &m->conf;

	for (uint32_t i = 0; i < c->n_nodes; i++)
		if (map_add(&m->node_rows, siphash(m->key, c->nodes[i].mac, 6), i) != 0)
			return false;
	for (uint32_t i = 0; i < c->n_profiles; i++) {
		const char *match = c->profiles[i].match;
		if (map_add(&m->profile_rows, siphash(m->key, match, strlen(match)), i) != 0)
			return false;
	}
	return true;
}

static bool make_tables(struct mag *m, const struct mag_conf *c)
{
	m->out = calloc(MAG_ACTIONS, sizeof(*m->out));
	m->messages = calloc(MAG_MESSAGES, sizeof(*m->messages));
	return copy_conf(m, c) && m->out != NULL && m->messages != NULL &&
	       map_init(&m->node_rows, c->n_nodes) == 0 &&
	       map_init(&m->profile_rows, c->n_profiles) == 0 &&
	       refusals_init(&m->refusals, m->key) == 0 &&
	       fast_init(&m->fast, &c->fast, m->key, m->now.mono) == 0 &&
	       bul_init(&m->bul, c->max_nodes, m->key, m->now.mono) == 0 && index_rows(m);
}

struct mag *mag_new(const struct mag_conf *conf, uint64_t seed, struct instant now)
{
	bool is_sound = conf->max_nodes > 0 && conf->max_nodes <= WHEEL_MAX_ITEMS &&
			conf->n_lmas > 0 && conf->n_lmas <= MAG_MAX_LMAS;
	struct mag *m = is_sound ? calloc(1, sizeof(*m)) : NULL;

	if (m == NULL)
		return NULL;
	m->rng.state = seed;
	m->key = (struct siphash_key){rng_u64(&m->rng), rng_u64(&m->rng)};
	m->seq = (uint16_t)rng_u64(&m->rng);
	uint16_t hi_seq = (uint16_t)rng_u64(&m->rng);
	m->now = now;
	if (!make_tables(m, conf)) {
		mag_free(m);
		return NULL;
	}
	m->fast.seq = hi_seq;
	lmas_begin(m);
	return m;
}

void mag_free(struct mag *m)
{
	if (m == NULL)
		return;
	bul_done(&m->bul);
	map_done(&m->node_rows);
	map_done(&m->profile_rows);
	refusals_done(&m->refusals);
	fast_done(&m->fast);
	free((void *)(uintptr_t)m->conf.nodes);
	free((void *)(uintptr_t)m->conf.profiles);
	free((void *)(uintptr_t)m->conf.interfaces);
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

void send_message(struct mag *m, const struct mag_message *msg, struct ip6_addr lma)
{
	struct mag_out *out = put_out(m, MAG_SEND);

	if (out == NULL)
		return;
	out->action.send.src = m->conf.coa;
	out->action.send.dst = lma;
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
		if (to->action.kind == MAG_NOTE && to->action.note.why.n > 0)
			to->action.note.why.p = to->why;
		if (to->action.kind == MAG_ASK) {
			to->action.ask.mn_id.p = to->mn_id;
			to->action.ask.service.p = to->service;
		}
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

void note_lma(struct mag *m, enum mag_note_kind kind, struct ip6_addr lma)
{
	struct mag_out *out = put_out(m, MAG_NOTE);

	m->totals.notes[kind]++;
	if (out == NULL)
		return;
	out->action.note.kind = kind;
	out->action.note.lma = lma;
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
	out->action.note.lma = m->lmas[e->lma].addr;
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

bool has_room(const struct mag *m)
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

	if (i != BUL_NULL)
		fast_heard(m, i, event->heard.what);
	else
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

// MAG-HI-06: 5 is for renewals alone, whatever the link layer says.
static bool is_indicator(uint8_t handoff)
{
	return handoff >= HI_NEW_INTERFACE && handoff <= HI_UNKNOWN;
}

static void attach(struct mag *m, const struct mag_event *event)
{
	struct span nai = event->attach.nai;
	uint32_t i = bul_find_link(&m->bul, event->attach.link);

	// Another identity on this link, or one that was not to be served any more: the old session
	// ends here, without waiting for an answer.
	if (i != BUL_NULL && (entry_of(m, i)->banned ||
			      (nai.n > 0 && !span_equal(nai, bul_mn_id(entry_of(m, i)))))) {
		happen(m, i, EV_DETACH);
		if (entry_of(m, i)->used)
			forget(m, i);
		i = BUL_NULL;
	}
	pardon(m, event->attach.link, nai);
	if (i != BUL_NULL)
		fast_heard(m, i, HEARD_SEARCH);
	else
		i = appear(m, event->attach.link, nai);
	if (i == BUL_NULL)
		return;
	struct bul_entry *e = entry_of(m, i);
	e->heard = m->now.mono;
	e->probes = 0;
	e->gone = false;
	e->pardoned = true;
	refusals_forget(&m->refusals, e->link, bul_mn_id(e)); // if it has another name than asked
	if (is_indicator(event->attach.handoff_indicator))
		e->handoff = event->attach.handoff_indicator;
	if (!ip6_is_zero(event->attach.previous))
		fast_come_from(m, i, event->attach.previous);
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

// FMIP-10: between MAGs that know each other.
static void take_peer_message(struct mag *m, struct ip6_addr src, const struct mh *mh)
{
	if (m->fast.timers == NULL) { // WIRE-06: it is off
		note(m, MAG_NOTE_BAD_MESSAGE);
		answer_unknown_type(m, src, m->conf.coa);
	} else if (!fast_is_peer(&m->fast, src) || ip6_equal(src, m->conf.coa)) {
		note(m, MAG_NOTE_IGNORED_SOURCE);
	} else if (mh->type == MH_HI) {
		take_hi(m, src, mh);
	} else {
		take_hack(m, src, mh);
	}
}

static void take_message(struct mag *m, const struct mag_event *event)
{
	const struct mh *mh = event->message.mh;
	bool of_peer = mh->type == MH_HI || mh->type == MH_HACK;
	uint32_t found = find_lma(m, event->message.src);
	uint8_t lma = (uint8_t)found;

	if ((found == UINT32_MAX && !of_peer) || !ip6_equal(event->message.dst, m->conf.coa)) {
		note(m, MAG_NOTE_IGNORED_SOURCE);
		return;
	}
	switch (mh->type) {
	case MH_BA:
		take_pba(m, lma, mh);
		break;
	case MH_BRR:
		take_brr(m, lma, mh);
		break;
	case MH_HEARTBEAT:
		hear_beat(m, lma, mh);
		break;
	case MH_BE:
		take_binding_error(m, lma, mh);
		break;
	case MH_HI:
	case MH_HACK:
		take_peer_message(m, event->message.src, mh);
		break;
	case MH_BU:
		note(m, MAG_NOTE_IGNORED_ROLE); // WIRE-14
		break;
	}
}

static void take_bad(struct mag *m, const struct mag_event *event)
{
	note(m, MAG_NOTE_BAD_MESSAGE);
	if (mh_owes_unknown_type(event->bad.err, event->bad.type, m->fast.timers != NULL))
		answer_unknown_type(m, event->bad.src, event->bad.dst);
}

static void fail_bind(struct mag *m, struct mag_link link, uint32_t handover)
{
	uint32_t i = bul_find_link(&m->bul, link);

	if (handover != 0 && fail_handover_bind(m, handover))
		return;
	if (i != BUL_NULL)
		happen(m, i, EV_NO_ROOM);
}

static void tick(struct mag *m)
{
	for (unsigned n = 0; n < MAG_EXPIRIES_PER_INPUT && has_room(m); n++) {
		uint32_t i = wheel_expire(m->bul.timers, m->now.mono);
		if (i == WHEEL_NONE)
			break;
		on_timer(m, i);
	}
	for (unsigned n = 0; m->fast.timers != NULL && n < MAG_EXPIRIES_PER_INPUT && has_room(m);
	     n++) {
		uint32_t i = wheel_expire(m->fast.timers, m->now.mono);
		if (i == WHEEL_NONE)
			break;
		on_handover_timer(m, i);
	}
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
		fail_bind(m, event->bind_failed.link, event->bind_failed.handover);
		break;
	case MAG_AUTHORISED:
		take_authorisation(m, event);
		break;
	case MAG_PATH_MTU:
		take_path_mtu(m, event->path_mtu.lma, event->path_mtu.tunnel_mtu);
		break;
	case MAG_HAND_OVER:
		take_order(m, event);
		break;
	case MAG_TICK:
		tick(m);
		break;
	}
}

ns_t mag_deadline(const struct mag *m)
{
	ns_t due = m->n_out > 0 ? m->now.mono : wheel_deadline(m->bul.timers);
	ns_t beat = next_beat(m);
	ns_t hand_over = m->fast.timers != NULL ? wheel_deadline(m->fast.timers) : due;

	due = hand_over < due ? hand_over : due;
	return beat < due ? beat : due;
}
