// The LMAs that this MAG registers nodes at: do they live, did they lose their bindings, what fits
// into the tunnels to them.
#include "mob/mag_engine.h"

void lmas_begin(struct mag *m)
{
	for (uint32_t k = 0; k < m->conf.n_lmas; k++)
		m->lmas[k] = (struct lma_peer){.addr = m->conf.lmas[k].addr,
					       .tunnel_mtu = m->conf.lmas[k].tunnel_mtu};
	// HB-04: they learn at once that our sessions are gone.
	for (uint32_t k = 0; k < m->conf.n_lmas && m->conf.heartbeat.lost_sessions; k++) {
		struct mag_message *msg = put_message(m);
		if (msg == NULL)
			break;
		heartbeat_unsolicited(&m->conf.heartbeat, &msg->mh);
		send_message(m, msg, m->lmas[k].addr);
	}
}

uint32_t find_lma(const struct mag *m, struct ip6_addr addr)
{
	for (uint32_t k = 0; k < m->conf.n_lmas; k++)
		if (ip6_equal(m->lmas[k].addr, addr))
			return k;
	return UINT32_MAX;
}

// HB-02: requests only while there is a binding with the peer.
void begin_or_end_heartbeat(struct mag *m, uint8_t lma, uint32_t before)
{
	struct heartbeat *h = &m->lmas[lma].heartbeat;
	bool had = before != 0, has = m->bul.n_bound_at[lma] != 0;

	if (had == has)
		return;
	if (has)
		heartbeat_begin(h, &m->conf.heartbeat, &m->rng, m->now.mono);
	else
		heartbeat_end(h);
}

// HB-03: the LMA lost its sessions. Every node is registered again with what it has, HI 5, at most
// a thousand in a second (LMA-RST-01).
static void register_all(struct mag *m, uint8_t lma)
{
	ns_t when = m->now.mono;

	if (m->bul.n_bound_at[lma] > 0)
		note_lma(m, MAG_NOTE_LMA_RESTARTED, m->lmas[lma].addr);
	for (uint32_t i = 0; i < m->bul.max; i++) {
		struct bul_entry *e = entry_of(m, i);
		if (e->lma != lma || (e->state != BUL_BOUND && e->state != BUL_REFRESHING))
			continue;   // the others ask anyway
		e->came_up = false; // the renewal says it too
		e->forgotten = true;
		e->due_refresh = when += NS_MSEC;
		bul_schedule(&m->bul, i);
	}
}

void hear_beat(struct mag *m, uint8_t lma, const struct mh *mh)
{
	struct mag_message *msg = put_message(m);
	struct lma_peer *peer = &m->lmas[lma];
	bool was_lost = peer->heartbeat.unreachable;

	if (msg == NULL)
		return;
	switch (heartbeat_heard(&peer->heartbeat, &m->conf.heartbeat, mh, &msg->mh)) {
	case HEARTBEAT_ANSWER:
		send_message(m, msg, peer->addr);
		break;
	case HEARTBEAT_BACK:
		note_lma(m, MAG_NOTE_LMA_BACK, peer->addr);
		break;
	case HEARTBEAT_RESTARTED:
		if (was_lost)
			note_lma(m, MAG_NOTE_LMA_BACK, peer->addr);
		register_all(m, lma);
		break;
	case HEARTBEAT_STRAY:
		note(m, MAG_NOTE_IGNORED_ROLE);
		break;
	case HEARTBEAT_LOST:
	case HEARTBEAT_NOTHING:
		break;
	}
}

// HB-05: it says so of a request for a heartbeat; for a PBU it is an alarm (WIRE-16).
void take_binding_error(struct mag *m, uint8_t lma, const struct mh *mh)
{
	struct heartbeat *h = &m->lmas[lma].heartbeat;

	if (mh->be.status == BE_UNKNOWN_MH_TYPE && h->unanswered > 0)
		heartbeat_refused(h);
	note_lma(m, MAG_NOTE_BINDING_ERROR, m->lmas[lma].addr);
}

// MAG-RA-08: every later RA says it; the nodes concerned learn it soon, a thousand in a second.
void take_path_mtu(struct mag *m, struct ip6_addr addr, uint16_t tunnel_mtu)
{
	uint32_t lma = find_lma(m, addr);
	ns_t when = m->now.mono;

	if (lma == UINT32_MAX || m->lmas[lma].tunnel_mtu == tunnel_mtu)
		return;
	m->lmas[lma].tunnel_mtu = tunnel_mtu;
	for (uint32_t i = 0; i < m->bul.max; i++) {
		struct bul_entry *e = entry_of(m, i);
		if (e->lma != lma || !e->bound)
			continue;
		e->due_advert = when += NS_MSEC;
		bul_schedule(&m->bul, i);
	}
}

void beat(struct mag *m)
{
	enum heartbeat_news news;

	for (uint32_t k = 0; k < m->conf.n_lmas && has_room(m); k++) {
		struct mag_message *msg = put_message(m);
		if (msg == NULL)
			return;
		if (heartbeat_tick(&m->lmas[k].heartbeat, &m->conf.heartbeat, &m->rng, m->now.mono,
				   &msg->mh, &news))
			send_message(m, msg, m->lmas[k].addr);
		else
			m->n_messages--;
		if (news == HEARTBEAT_LOST)
			note_lma(m, MAG_NOTE_LMA_LOST, m->lmas[k].addr);
	}
}

ns_t next_beat(const struct mag *m)
{
	ns_t due = UINT64_MAX;

	for (uint32_t k = 0; k < m->conf.n_lmas; k++) {
		ns_t one = m->lmas[k].heartbeat.due;
		if (one != 0)
			due = one < due ? one : due;
	}
	return due;
}
