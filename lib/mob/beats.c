// Heartbeats with the MAGs: who is asked, who is answered, what is told at a start (RFC 5847).
//
// Decides who a peer is: a MAG with bindings is asked, a MAG that may register here is answered,
// also without any (HB-08), nobody else is (SEC-01). Nothing that is learnt deletes a binding
// (HB-02).
#include "mob/engine.h"

enum { TOLD_AT_START = 512 }; // messages; who is not told finds out by a request of its own

static void send_to(struct lma *lma, struct ip6_addr src, struct ip6_addr dst, const struct mh *mh)
{
	put_action(lma, &(struct lma_action){.kind = LMA_SEND,
					     .send = {.src = src, .dst = dst, .mh = mh}});
}

// A reply that holds a heartbeat grants nothing.
static struct reply *new_beat(struct lma *lma)
{
	struct reply *reply = new_reply(lma);

	if (reply != NULL)
		reply->bce = BCE_NULL;
	return reply;
}

void beats_start(struct lma *lma)
{
	const struct lma_conf *c = &lma->conf;
	unsigned told = 0;

	if (!c->heartbeat.lost_sessions)
		return;
	for (uint32_t i = 0; i < c->n_mags; i++) {
		if (c->mags[i].from.len != 128) // of a range nobody knows who is there
			continue;
		for (uint32_t k = 0; k < c->n_addresses && told < TOLD_AT_START; k++, told++) {
			struct reply *reply = new_beat(lma);
			if (reply == NULL)
				return;
			heartbeat_unsolicited(&c->heartbeat, &reply->mh);
			send_to(lma, c->addresses[k], c->mags[i].from.addr, &reply->mh);
		}
	}
}

void beats_begin(struct lma *lma, uint32_t mag)
{
	struct heartbeat *h = &lma->mags[mag].heartbeat;

	heartbeat_begin(h, &lma->conf.heartbeat, &lma->rng, lma->now.mono);
	if (h->due != 0)
		wheel_set(lma->beats, mag, h->due);
}

void beats_end(struct lma *lma, uint32_t mag)
{
	heartbeat_end(&lma->mags[mag].heartbeat);
	wheel_stop(lma->beats, mag);
}

void expire_beat(struct lma *lma, uint32_t mag)
{
	struct mag_record *m = &lma->mags[mag];
	struct reply *reply = new_beat(lma);
	enum heartbeat_news news;

	if (reply == NULL) { // the next turn asks
		wheel_set(lma->beats, mag, lma->now.mono + NS_SEC);
		return;
	}
	if (heartbeat_tick(&m->heartbeat, &lma->conf.heartbeat, &lma->rng, lma->now.mono,
			   &reply->mh, &news))
		send_to(lma, m->lmaa, m->coa, &reply->mh);
	else
		lma->n_replies--;
	if (news == HEARTBEAT_LOST)
		put_note(lma, LMA_NOTE_MAG_LOST, m->coa, 0);
	if (m->heartbeat.due != 0)
		wheel_set(lma->beats, mag, m->heartbeat.due);
}

static void learn(struct lma *lma, struct mag_record *m, enum heartbeat_news news)
{
	switch (news) {
	case HEARTBEAT_BACK:
		put_note(lma, LMA_NOTE_MAG_BACK, m->coa, 0);
		break;
	case HEARTBEAT_RESTARTED:
		m->lost = lma->now.mono;
		if (m->bindings > 0)
			put_note(lma, LMA_NOTE_MAG_RESTARTED, m->coa, 0);
		break;
	case HEARTBEAT_STRAY:
		put_note(lma, LMA_NOTE_STRAY_HEARTBEAT, m->coa, 0);
		break;
	default:
		break;
	}
}

void take_heartbeat(struct lma *lma, const struct lma_event *event)
{
	struct ip6_addr src = event->message.src;
	uint32_t conf = policy_mag(lma, src);

	if (conf == UINT32_MAX) {
		put_note(lma, LMA_NOTE_UNKNOWN_MAG, src, 0);
		return;
	}
	uint32_t mag = mag_get(lma, src, conf);
	struct reply *reply = mag != 0 ? new_beat(lma) : NULL;
	if (reply == NULL) {
		put_note(lma, LMA_NOTE_FULL, src, 0);
		return;
	}
	struct mag_record *m = &lma->mags[mag];
	enum heartbeat_news news =
		heartbeat_heard(&m->heartbeat, &lma->conf.heartbeat, event->message.mh, &reply->mh);
	if (news == HEARTBEAT_ANSWER) {
		send_to(lma, event->message.dst, src, &reply->mh);
		return;
	}
	lma->n_replies--;
	learn(lma, m, news);
}

void refuse_beats(struct lma *lma, struct ip6_addr coa)
{
	uint32_t mag = mag_find(lma, coa);

	if (mag == 0 || lma->mags[mag].heartbeat.unanswered == 0)
		return;
	heartbeat_refused(&lma->mags[mag].heartbeat);
	wheel_stop(lma->beats, mag);
}
