// From decisions to effects: what the engine says is done to the workers' tables and to the wire,
// in the order in which it says it. So a binding is known to the workers before the PBA that grants
// it leaves.
#include <errno.h>

#include "app/common/signalling.h"
#include "app/common/text.h"
#include "app/common/tunnels.h"
#include "app/lma/anchor.h"
#include "app/lma/grace.h"

// Without the previous MAG, if there is no room for it: that is a favour.
static int bind_for_a_while(struct anchor *a, const struct lma_action *action,
			    struct tunnel_way *way, ns_t now)
{
	if (a->graces != NULL && tunnels_bind(&a->plane, action->bind.hnp, way) == 0 &&
	    grace_list_add(a->graces, action->bind.hnp, way, now + action->bind.also_for))
		return 0;
	way->tunnel.also = 0;
	way->also = (struct ip6_addr){0};
	return tunnels_bind(&a->plane, action->bind.hnp, way);
}

static int bind(struct anchor *a, const struct lma_action *action, ns_t now)
{
	struct tunnel_way way = {
		.tunnel = {.local = action->bind.lmaa,
			   .remote = action->bind.coa,
			   .peer = action->bind.mag,
			   .also = action->bind.also},
		.also = action->bind.also_coa,
	};

	if (action->bind.also_for > 0)
		return bind_for_a_while(a, action, &way, now);
	return tunnels_bind(&a->plane, action->bind.hnp, &way);
}

static bool is_news(enum lma_note_kind kind)
{
	static const enum lma_note_kind news[] = {
		LMA_NOTE_REFUSED,        LMA_NOTE_MAG_LOST,       LMA_NOTE_MAG_BACK,
		LMA_NOTE_MAG_RESTARTED,  LMA_NOTE_POOL_HIGH,      LMA_NOTE_POOL_LOW,
		LMA_NOTE_ODD_TIMESTAMPS, LMA_NOTE_ODD_LINK_LOCAL, LMA_NOTE_SERVICE_LOST,
		LMA_NOTE_POOL_EMPTY,     LMA_NOTE_FULL,           LMA_NOTE_MAG_FULL,
		LMA_NOTE_NO_ROOM,
	};

	for (size_t i = 0; i < sizeof(news) / sizeof(news[0]); i++)
		if (news[i] == kind)
			return true;
	return false;
}

// What a peer can cause as often as it likes hides nothing that is the operator's (SEC-06).
static struct log_limit *limit_of(struct anchor *a, enum lma_note_kind kind)
{
	switch (kind) {
	case LMA_NOTE_REFUSED:
		return &a->refusals;
	case LMA_NOTE_POOL_EMPTY: // why one of them was refused
	case LMA_NOTE_FULL:
	case LMA_NOTE_MAG_FULL:
	case LMA_NOTE_NO_ROOM:
		return &a->shortages;
	default:
		return &a->news;
	}
}

static void log_note(struct anchor *a, const struct lma_action *action, ns_t now)
{
	char mag[IP6_ADDR_TEXT], mn_id[128];

	// Accepted updates are counted, not logged; refusals are what somebody has to act on
	// (SEC-06).
	if (!is_news(action->note.kind))
		return;
	if (!log_allowed(limit_of(a, action->note.kind), 10, now))
		return;
	if (action->note.kind == LMA_NOTE_POOL_HIGH || action->note.kind == LMA_NOTE_POOL_LOW) {
		log_line(LOG_WARNING, "%s: \"%s\"", lma_note_text(action->note.kind),
			 a->conf->pools[action->note.pool].name);
		return;
	}
	if (action->note.kind != LMA_NOTE_REFUSED) {
		log_line(LOG_WARNING, "%s: MAG %s", lma_note_text(action->note.kind),
			 ip6_format(action->note.mag, mag));
		return;
	}
	log_line(LOG_WARNING, "%s: mobile node \"%s\", MAG %s, status %u (%s)",
		 lma_note_text(action->note.kind),
		 text_of(action->note.mn_id, mn_id, sizeof(mn_id)),
		 ip6_format(action->note.mag, mag), action->note.status,
		 pba_status_name(action->note.status));
}

int effects_keep_tunnel(struct anchor *a, struct ip6_addr mag)
{
	struct fwd_tunnel tunnel = {
		.local = a->conf->lma.addresses[0],
		.remote = mag,
		.peer = lma_keep_mag(a->lma, mag),
	};

	return tunnel.peer == 0 ? -ENOSPC : tunnels_keep(&a->plane, &tunnel);
}

void effects_apply(struct anchor *a, struct instant now)
{
	struct lma_action action;

	while (lma_output(a->lma, &action)) {
		switch (action.kind) {
		case LMA_BIND:
			if (bind(a, &action, now.mono) == 0)
				break;
			a->bind_failed++;
			lma_input(a->lma, now,
				  &(struct lma_event){.kind = LMA_BIND_FAILED,
						      .bind_failed.hnp = action.bind.hnp});
			break;
		case LMA_DETACH:
			tunnels_detach(&a->plane, action.detach.hnp);
			break;
		case LMA_UNBIND:
			tunnels_unbind(&a->plane, action.unbind.hnp);
			break;
		case LMA_SEND:
			signalling_send(&a->plane, action.send.src, action.send.dst,
					action.send.mh);
			break;
		case LMA_NOTE:
			log_note(a, &action, now.mono);
			break;
		}
	}
}
