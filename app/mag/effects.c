// From decisions to effects: what the engine says is done to the workers' tables and to the wire,
// in the order in which it says it. So a node's packets pass before the Router Advertisement that
// invites them leaves.
#include "app/common/signalling.h"
#include "app/common/text.h"
#include "app/common/tunnels.h"
#include "app/mag/gateway.h"

enum { LMA_PEER = 1 }; // the one tunnel peer there is

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
	const struct fwd_tunnel tunnel = {
		.local = g->conf->mag.coa, .remote = action->bind.lmaa, .peer = LMA_PEER};
	const struct fwd_access place = place_of(g, action->bind.link);

	return tunnels_bind(&g->plane, action->bind.hnp, &tunnel, &place, (struct ip6_addr){0});
}

// What somebody may have to act on; the rest is counted.
static bool is_news(enum mag_note_kind kind)
{
	switch (kind) {
	case MAG_NOTE_REFUSED:
	case MAG_NOTE_LOST:
	case MAG_NOTE_NO_PROFILE:
	case MAG_NOTE_FULL:
	case MAG_NOTE_NO_ROOM:
	case MAG_NOTE_LMA_LOST:
	case MAG_NOTE_LMA_BACK:
	case MAG_NOTE_LMA_RESTARTED:
		return true;
	default:
		return false;
	}
}

static void log_note(struct gateway *g, const struct mag_action *action, ns_t now)
{
	char mac[32], mn_id[128];

	if (!is_news(action->note.kind) || !log_allowed(&g->notes, 10, now))
		return;
	text_of_mac((struct span){action->note.link.mac, 6}, mac, sizeof(mac));
	text_of(action->note.mn_id, mn_id, sizeof(mn_id));
	if (action->note.kind == MAG_NOTE_REFUSED)
		log_line(LOG_WARNING, "%s: mobile node \"%s\", %s, status %u (%s)",
			 mag_note_text(action->note.kind), mn_id, mac, action->note.status,
			 pba_status_name(action->note.status));
	else if (action->note.mn_id.n > 0)
		log_line(LOG_WARNING, "%s: mobile node \"%s\", %s",
			 mag_note_text(action->note.kind), mn_id, mac);
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
		case MAG_NOTE:
			log_note(g, &action, now.mono);
			break;
		}
	}
}
