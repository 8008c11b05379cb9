// From decisions to effects: what the engine says is done to the workers' tables and to the wire,
// in the order in which it says it. So a node's packets pass before the Router Advertisement that
// invites them leaves.
#include "app/common/signalling.h"
#include "app/common/text.h"
#include "app/common/tunnels.h"
#include "app/mag/authorise.h"
#include "app/mag/gateway.h"
#include "app/mag/handovers.h"

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

// Behind them other MAGs, by the first row that has their address.
static uint16_t mag_peer_of(const struct conf *c, struct ip6_addr mag)
{
	for (uint32_t i = 0; i < c->fast_handover.n_peers; i++)
		if (ip6_equal(c->fast_handover.peers[i].mag, mag))
			return (uint16_t)(FWD_FIRST_MAG + i);
	return 0;
}

// Both ends of the node's way before count for what comes; one of them for what it sends.
static void come_from(const struct conf *c, const struct mag_action *action, struct tunnel_way *way)
{
	uint16_t previous = mag_peer_of(c, action->bind.previous);

	if (ip6_is_zero(action->bind.previous) || previous == 0)
		return;
	way->also = action->bind.previous;
	way->tunnel.also = previous;
	if (!action->bind.detour)
		return;
	way->also = way->tunnel.remote;
	way->tunnel.also = way->tunnel.peer;
	way->tunnel.remote = action->bind.previous;
	way->tunnel.peer = previous;
}

static int bind(struct gateway *g, const struct mag_action *action)
{
	struct tunnel_way way = {
		.tunnel = {.local = g->conf->mag.coa,
			   .remote = action->bind.lmaa,
			   .peer = peer_of(g->conf, action->bind.lmaa)},
	};

	if (action->bind.expected) {
		way.access.flags = FWD_HANDOVER | FWD_EXPECTED;
		memcpy(way.access.mac, action->bind.link.mac, sizeof(way.access.mac));
	} else {
		way.access = place_of(g, action->bind.link);
		way.access.flags = action->bind.local ? FWD_LOCAL : 0;
	}
	come_from(g->conf, action, &way);
	if (!ip6_is_zero(action->bind.next)) { // and not to it by way of this MAG's other nodes
		way.next = action->bind.next;
		way.next_peer = mag_peer_of(g->conf, action->bind.next);
		way.access.flags = FWD_HANDOVER;
	}
	handovers_fill(g, action, &way);
	int rc = tunnels_bind(&g->plane, action->bind.hnp, &way);
	if (rc == 0)
		handovers_bound(g, action, &way);
	return rc;
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
	case MAG_NOTE_HANDED_OVER:
	case MAG_NOTE_HANDOVER_FAILED:
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

static void log_handover(const struct mag_action *action, const char *mn_id)
{
	enum handover_outcome outcome = action->note.outcome;
	char peer[IP6_ADDR_TEXT], code[96] = "";

	if (outcome == OUTCOME_REFUSED)
		snprintf(code, sizeof(code), ": %u (%s)", action->note.status,
			 hack_code_name(action->note.status));
	log_line(action->note.kind == MAG_NOTE_HANDED_OVER ? LOG_INFO : LOG_WARNING,
		 "%s: mobile node \"%s\", other MAG %s: %s%s", mag_note_text(action->note.kind),
		 mn_id, ip6_format(action->note.lma, peer), handover_outcome_text(outcome), code);
}

static void log_note(struct gateway *g, const struct mag_action *action, ns_t now)
{
	char mac[32], mn_id[128], lma[IP6_ADDR_TEXT];

	if (!is_news(action->note.kind) || !log_allowed(&g->notes, 10, now))
		return;
	text_of_mac((struct span){action->note.link.mac, 6}, mac, sizeof(mac));
	text_of(action->note.mn_id, mn_id, sizeof(mn_id));
	if (action->note.kind == MAG_NOTE_HANDED_OVER ||
	    action->note.kind == MAG_NOTE_HANDOVER_FAILED)
		log_handover(action, mn_id);
	else if (action->note.kind == MAG_NOTE_NOT_SERVED)
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
				  &(struct mag_event){
					  .kind = MAG_BIND_FAILED,
					  .bind_failed = {.link = action.bind.link,
							  .handover = action.bind.handover}});
			break;
		case MAG_UNBIND:
			handovers_unbound(g, action.unbind.hnp);
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
			handovers_hold(g, &action);
			break;
		case MAG_RELEASE:
			handovers_release(g, &action);
			break;
		case MAG_NOTE:
			log_note(g, &action, now.mono);
			break;
		}
	}
}
