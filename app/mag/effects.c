// From decisions to effects: what the engine says is done to the workers' tables and to the wire,
// in the order in which it says it. So a node's packets pass before the Router Advertisement that
// invites them leaves.
#include "app/common/signalling.h"
#include "app/common/text.h"
#include "app/common/tunnels.h"
#include "app/mag/authorise.h"
#include "app/mag/gateway.h"

// Tunnel peers are the LMAs in the order of the configuration, from 1.
static uint16_t peer_of(const struct conf *c, struct ip6_addr lma)
{
	for (uint16_t i = 0; i < c->mag.n_more_lmas; i++)
		if (ip6_equal(c->mag.more_lmas[i], lma))
			return (uint16_t)(i + 2);
	return 1;
}

static struct fwd_access place_of(struct gateway *g, struct mag_link link)
{
	const struct plane_interface *in = &g->plane.interfaces[link.interface];
	struct port *port = g->plane.ports[in->port];
	struct port_link at = {.mtu = 1500};
	struct fwd_access place = {.port = in->port, .vlan = in->conf->vlan};

	port->ops->link(port, &at);
	place.mtu = at.mtu;
	memcpy(place.mac, link.mac, sizeof(place.mac));
	return place;
}

static int bind(struct gateway *g, const struct mag_action *action)
{
	const struct fwd_tunnel tunnel = {.local = g->conf->mag.coa,
					  .remote = action->bind.lmaa,
					  .peer = peer_of(g->conf, action->bind.lmaa)};
	struct fwd_access place = place_of(g, action->bind.link);

	place.flags = action->bind.local ? FWD_LOCAL : 0;
	return tunnels_bind(&g->plane, action->bind.hnp, &tunnel, &place, (struct ip6_addr){0});
}

// What somebody may have to act on; the rest is counted.
static bool is_news(enum mag_note_kind kind)
{
	switch (kind) {
	case MAG_NOTE_REFUSED:
	case MAG_NOTE_LOST:
	case MAG_NOTE_NOT_SERVED:
	case MAG_NOTE_UNANSWERED:
	case MAG_NOTE_NO_ROOM:
	case MAG_NOTE_LMA_LOST:
	case MAG_NOTE_LMA_BACK:
	case MAG_NOTE_LMA_RESTARTED:
		return true;
	default:
		return false;
	}
}

static void log_refusal(const struct mag_action *action, const char *mn_id, const char *mac)
{
	char why[MAG_MAX_WHY + 8] = "";

	if (action->note.why.n > 0)
		text_of_words(action->note.why, why, sizeof(why));
	log_line(LOG_WARNING, "mobile node \"%s\", %s, not served: %s%s%s; %s", mn_id, mac,
		 mag_reason_text(action->note.reason), why[0] != '\0' ? ": " : "", why,
		 mag_reason_advice(action->note.reason));
}

static void log_note(struct gateway *g, const struct mag_action *action, ns_t now)
{
	char mac[32], mn_id[128], lma[IP6_ADDR_TEXT];

	if (!is_news(action->note.kind) || !log_allowed(&g->notes, 10, now))
		return;
	text_of_mac((struct span){action->note.link.mac, 6}, mac, sizeof(mac));
	text_of(action->note.mn_id, mn_id, sizeof(mn_id));
	if (action->note.kind == MAG_NOTE_NOT_SERVED)
		log_refusal(action, mn_id, mac);
	else if (action->note.kind == MAG_NOTE_REFUSED)
		log_line(LOG_WARNING, "%s: mobile node \"%s\", %s, status %u (%s)",
			 mag_note_text(action->note.kind), mn_id, mac, action->note.status,
			 pba_status_name(action->note.status));
	else if (action->note.mn_id.n > 0)
		log_line(LOG_WARNING, "%s: mobile node \"%s\", %s",
			 mag_note_text(action->note.kind), mn_id, mac);
	else if (!ip6_is_zero(action->note.lma))
		log_line(LOG_WARNING, "%s: %s", mag_note_text(action->note.kind),
			 ip6_format(action->note.lma, lma));
	else
		log_line(LOG_WARNING, "%s", mag_note_text(action->note.kind));
}

void effects_apply(struct gateway *g, struct instant now)
{
	struct mag_action action;

	while (mag_output(g->mag, &action)) {
		switch (action.kind) {
		case MAG_BIND:
			if (bind(g, &action) == 0)
				break;
			g->counters.bind_failed++;
			mag_input(g->mag, now,
				  &(struct mag_event){.kind = MAG_BIND_FAILED,
						      .bind_failed.link = action.bind.link});
			break;
		case MAG_UNBIND:
			tunnels_unbind(&g->plane, action.unbind.hnp);
			break;
		case MAG_SEND:
			signalling_send(&g->plane, action.send.src, action.send.dst,
					action.send.mh);
			break;
		case MAG_ADVERTISE:
			frames_advertise(g, &action);
			break;
		case MAG_PROBE:
			frames_probe(g, &action);
			break;
		case MAG_ASK:
			authorise_ask(g, &action, now);
			break;
		case MAG_HOLD:
		case MAG_RELEASE:
			break;
		case MAG_NOTE:
			log_note(g, &action, now.mono);
			break;
		}
	}
}
