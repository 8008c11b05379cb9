// Who does what next, from a seed.
//
// usage: sim_domain [seed | random] [steps] [trace from step]
#include "test/sim/domain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const uint64_t START_S = 1700000000;
// Of one round: so long they roam, stay, and have a kind network.
static const ns_t roam = 200 * NS_SEC, stay = 150 * NS_SEC, peace = 150 * NS_SEC;

enum domain_turn { TURN_STAY, TURN_PEACE, TURN_CHECK };

bool happens(struct world *w, uint32_t one_in)
{
	return rng_below(&w->rng, one_in) == 0;
}

_Noreturn void broke(const struct world *w, const char *what)
{
	printf("seed %" PRIu64 ", step %" PRIu64 ": %s\nreplay: %s %" PRIu64 " %" PRIu64 " %" PRIu64
	       "\n",
	       w->seed, w->step, what, w->program, w->seed, w->step + 1,
	       w->step > 500 ? w->step - 500 : 0);
	exit(1);
}

static void trace(const struct world *w, const char *what, uint32_t a, uint32_t b,
		  const struct mh *mh)
{
	char line[300];

	if (w->step < w->trace_from)
		return;
	printf("%8" PRIu64 " %12.6f %s %u %u %s\n", w->step, (double)w->now.mono / 1e9, what, a, b,
	       mh != NULL ? mh_print(mh, line, sizeof(line)) : "");
}

struct mag_link link_of_node(uint32_t node)
{
	return (struct mag_link){0, {2, 0, 0, 0, 0, (uint8_t)(node + 1)}};
}

uint32_t node_of_link(struct mag_link link)
{
	return link.mac[5] - 1u;
}

// ---- The parties.

static struct instant clock_of(const struct domain *d, const struct gateway *g)
{
	struct instant now = d->net.now;

	now.wall_q16 += (uint64_t)(g->clock_off * 65536 / (int64_t)NS_SEC);
	return now;
}

// Now and then an LMA says something else than it means: each status there is, and a refresh that
// it would like earlier.
static void bend(struct domain *d, struct mh *mh)
{
	struct mh_opt *opt;

	if (d->net.calm || mh->type != MH_BA || mh->ba.status != PBA_ACCEPTED)
		return;
	if (happens(&d->net, 25)) {
		mh->ba.status = (uint8_t)(128 + rng_below(&d->net.rng, 60));
		mh->ba.lifetime_4s = 0;
	} else if (happens(&d->net, 10) && (opt = mh_add(mh, OPT_REFRESH_ADVICE)) != NULL) {
		opt->refresh_advice.interval_4s = (uint16_t)(1 + rng_below(&d->net.rng, 20));
	}
}

static void pull_lma(struct domain *d, uint32_t lma)
{
	struct lma_action a;
	struct mh mh;

	while (lma_output(d->lmas[lma], &a)) {
		if (a.kind != LMA_SEND)
			continue;
		mh = *a.send.mh;
		bend(d, &mh);
		trace(&d->net, "LMA says", lma, 0, &mh);
		if (mh.type == MH_BA)
			d->seen_status[mh.ba.status]++;
		transmit(&d->net, a.send.src, a.send.dst, &mh);
	}
}

void say_to_mag(struct domain *d, uint32_t lma, uint32_t mag, const struct mh *mh)
{
	transmit(&d->net, d->lmaas[lma], d->gateways[mag].coa, mh);
}

void pull_mag(struct domain *d, uint32_t mag)
{
	struct gateway *g = &d->gateways[mag];
	struct mag_action a;

	while (mag_output(g->mag, &a)) {
		if (a.kind == MAG_NOTE)
			trace(&d->net, mag_note_text(a.note.kind), mag, node_of_link(a.note.link),
			      NULL);
		check_said(d, mag, &a);
		if (a.kind == MAG_SEND) {
			trace(&d->net, "MAG says", mag, 0, a.send.mh);
			transmit(&d->net, a.send.src, a.send.dst, a.send.mh);
		} else if (a.kind == MAG_ASK) {
			ask_server(d, mag, &a);
		} else if (a.kind == MAG_PROBE) {
			uint32_t node = node_of_link(a.probe.link);
			// Who is there answers, mostly, in a moment.
			if (d->nodes[node].at == (int)mag && !happens(&d->net, 50))
				at(&d->net, d->net.now.mono + 3 * NS_MSEC,
				   (struct sim_event){.kind = SIM_MAG_TIMER,
						      .iface = node,
						      .what = d->nodes[node].visit});
		}
	}
}

void tell_mag(struct domain *d, uint32_t mag, const struct mag_event *event)
{
	mag_input(d->gateways[mag].mag, clock_of(d, &d->gateways[mag]), event);
	pull_mag(d, mag);
}

static void start_mag(struct domain *d, uint32_t mag)
{
	struct gateway *g = &d->gateways[mag];
	struct mag_conf conf = conf_of_mag(d, mag);

	mag_free(g->mag);
	for (uint32_t i = 0; i < D_PREFIXES; i++)
		g->node_of[i] = -1;
	memset(g->of, 0, sizeof(g->of));
	for (uint32_t i = 0; i < D_LMAS; i++)
		g->tunnel_mtu[i] = conf.lmas[i].tunnel_mtu;
	g->restarts++;
	g->mag = mag_new(&conf, rng_u64(&d->net.rng), clock_of(d, g));
	if (g->mag == NULL)
		broke(&d->net, "no MAG");
	pull_mag(d, mag);
}

static void start_lma(struct domain *d, uint32_t lma)
{
	lma_free(d->lmas[lma]);
	d->lmas[lma] = lma_new(&d->lma_conf[lma], rng_u64(&d->net.rng), d->net.now);
	if (d->lmas[lma] == NULL)
		broke(&d->net, "no LMA");
	d->lma_conf[lma].heartbeat.restart_counter++;
	d->lma_conf[lma].heartbeat.lost_sessions = true;
	pull_lma(d, lma);
}

// ---- Nodes.

static void speak(struct domain *d, uint32_t node, enum mag_heard what)
{
	struct node *n = &d->nodes[node];

	if (n->at == NOWHERE)
		return;
	trace(&d->net, "node speaks at", node, (uint32_t)n->at, NULL);
	tell_mag(d, (uint32_t)n->at,
		 &(struct mag_event){.kind = MAG_HEARD,
				     .heard = {.link = link_of_node(node), .what = what}});
}

static void speak_later(struct domain *d, uint32_t node, ns_t after)
{
	at(&d->net, d->net.now.mono + after,
	   (struct sim_event){.kind = SIM_LEAVE, .iface = node, .what = d->nodes[node].visit});
}

static void leave(struct domain *d, uint32_t node)
{
	struct node *n = &d->nodes[node];
	int old = n->at;

	if (old == NOWHERE)
		return;
	n->left[old] = d->net.now.mono;
	n->at = NOWHERE;
	n->visit++;
	if (happens(&d->net, 3)) // else its probes will tell
		tell_mag(d, (uint32_t)old,
			 &(struct mag_event){.kind = MAG_DETACH, .detach = link_of_node(node)});
}

static void come(struct domain *d, uint32_t node, uint32_t mag)
{
	static const enum mag_heard signs[] = {HEARD_LINK_UP, HEARD_SOLICIT, HEARD_SEARCH};
	struct node *n = &d->nodes[node];

	n->at = (int)mag;
	n->came = d->net.now.mono;
	n->visit++;
	speak(d, node, signs[rng_below(&d->net.rng, 3)]);
	speak_later(d, node, 20 * NS_MSEC);
}

// What else happens in a domain: an LMA asks for a renewal, a path changes.
static void disturb(struct domain *d)
{
	uint32_t node = rng_below(&d->net.rng, D_NODES), mag = rng_below(&d->net.rng, D_MAGS);
	uint32_t lma = rng_below(&d->net.rng, D_LMAS);
	struct mag_binding b;

	if (happens(&d->net, 4) && mag_find_binding(d->gateways[mag].mag, link_of_node(node), &b)) {
		struct mh brr = {.type = MH_BRR};
		struct mh_opt *opt = mh_add(&brr, OPT_MN_ID);
		opt->mn_id.subtype = MN_ID_NAI;
		opt->mn_id.id = b.mn_id;
		say_to_mag(d, lma, mag, &brr);
	}
	if (happens(&d->net, 8)) {
		uint16_t mtu = (uint16_t)(1280 + 20 * rng_below(&d->net.rng, 12));
		d->gateways[mag].tunnel_mtu[lma] = mtu;
		tell_mag(d, mag,
			 &(struct mag_event){.kind = MAG_PATH_MTU,
					     .path_mtu = {d->lmaas[lma], mtu}});
	}
}

static void node_acts(struct domain *d, uint32_t node)
{
	struct node *n = &d->nodes[node];
	int before = n->at;

	at(&d->net, d->net.now.mono + rng_below(&d->net.rng, 40000) * NS_MSEC,
	   (struct sim_event){.kind = SIM_NODE, .iface = node});
	if (!d->roaming)
		return;
	leave(d, node);
	if (before != NOWHERE && happens(&d->net, 6)) {
		n->hnp.len = 0; // who is away for long may get another one
		return;
	}
	d->handoffs += before != NOWHERE;
	come(d, node, rng_below(&d->net.rng, D_MAGS));
	disturb(d);
}

// ---- The world.

static void forget_prefixes(struct domain *d)
{
	for (uint32_t i = 0; i < D_NODES; i++)
		d->nodes[i].hnp.len = 0;
}

static void turn(struct domain *d, enum domain_turn what)
{
	ns_t now = d->net.now.mono;

	switch (what) {
	case TURN_STAY:
		d->roaming = false;
		at(&d->net, now + stay, (struct sim_event){.kind = SIM_WORLD, .what = TURN_PEACE});
		break;
	case TURN_PEACE:
		d->net.calm = true;
		pardon_all(d);
		at(&d->net, now + peace, (struct sim_event){.kind = SIM_WORLD, .what = TURN_CHECK});
		break;
	case TURN_CHECK:
		check_agreement(d);
		change_minds(d);
		d->net.calm = false;
		d->roaming = true;
		at(&d->net, now + roam, (struct sim_event){.kind = SIM_WORLD, .what = TURN_STAY});
		if (happens(&d->net, 4)) {
			d->lma_restarts++;
			forget_prefixes(d);
			start_lma(d, rng_below(&d->net.rng, D_LMAS));
		}
		if (happens(&d->net, 4)) {
			d->mag_restarts++;
			forget_prefixes(d);
			start_mag(d, rng_below(&d->net.rng, D_MAGS));
		}
		break;
	}
}

static void deliver(struct domain *d, const struct sim_event *e)
{
	struct packet *p = &d->net.packets[e->what];
	struct mh mh;

	if (mh_parse((struct span){p->bytes, p->n}, p->src, p->dst, &mh) != MH_OK)
		broke(&d->net, "a message that cannot be read");
	if (e->kind == SIM_TO_LMA) {
		uint32_t lma = ip6_equal(p->dst, d->lmaas[0]) ? 0 : 1;
		lma_input(d->lmas[lma], d->net.now,
			  &(struct lma_event){
				  .kind = LMA_MESSAGE,
				  .message = {p->src, p->dst, d->net.now.wall_q16, &mh, NULL}});
		pull_lma(d, lma);
	} else {
		trace(&d->net, "MAG hears", e->mag, 0, &mh);
		tell_mag(
			d, e->mag,
			&(struct mag_event){.kind = MAG_MESSAGE, .message = {p->src, p->dst, &mh}});
	}
	packet_free(&d->net, e->what);
}

static void take(struct domain *d, const struct sim_event *e)
{
	struct node *n = &d->nodes[e->iface];

	switch (e->kind) {
	case SIM_TO_LMA:
	case SIM_TO_MAG:
		deliver(d, e);
		break;
	case SIM_NODE:
		node_acts(d, e->iface);
		break;
	case SIM_LEAVE: // it speaks, now and then
		if (e->what != n->visit)
			break;
		speak(d, e->iface, happens(&d->net, 10) ? HEARD_LINK_UP : HEARD_FRAME);
		speak_later(d, e->iface, rng_below(&d->net.rng, 12000) * NS_MSEC);
		break;
	case SIM_MAG_TIMER: // it answers a probe
		if (e->what == n->visit)
			speak(d, e->iface, HEARD_FRAME);
		break;
	case SIM_WORLD:
		turn(d, (enum domain_turn)e->what);
		break;
	case SIM_ANSWER:
		take_answer(d, e->what);
		break;
	case SIM_CROWD: // sim_lma's
		break;
	}
}

static void move_clock(struct domain *d, ns_t mono)
{
	if (mono > d->net.now.mono)
		d->net.now.mono = mono;
	d->net.now.wall_q16 = wall_q16_from_ns(START_S * NS_SEC + d->net.now.mono);
}

// The first of those whose time comes next; from D_MAGS on the LMAs.
static ns_t next_deadline(const struct domain *d, uint32_t *who)
{
	ns_t due = lma_deadline(d->lmas[0]);

	*who = D_MAGS;
	if (lma_deadline(d->lmas[1]) < due) {
		due = lma_deadline(d->lmas[1]);
		*who = D_MAGS + 1;
	}
	for (uint32_t i = 0; i < D_MAGS; i++)
		if (mag_deadline(d->gateways[i].mag) < due) {
			due = mag_deadline(d->gateways[i].mag);
			*who = i;
		}
	return due;
}

static void step(struct domain *d)
{
	uint32_t who;
	ns_t due = next_deadline(d, &who);

	if (due > next_time(&d->net)) {
		struct sim_event e = next_event(&d->net);
		move_clock(d, e.at);
		take(d, &e);
	} else {
		move_clock(d, due);
		if (who >= D_MAGS) {
			lma_input(d->lmas[who - D_MAGS], d->net.now,
				  &(struct lma_event){.kind = LMA_TICK});
			pull_lma(d, who - D_MAGS);
		} else {
			tell_mag(d, who, &(struct mag_event){.kind = MAG_TICK});
		}
	}
	check_tables(d);
}

static void begin(struct domain *d)
{
	d->net.now = (struct instant){NS_SEC, START_S << 16};
	d->net.undamaged = true; // without IPsec a changed PBA would be believed
	network_init(&d->net);
	configure(d);
	for (uint32_t i = 0; i < D_LMAS; i++)
		start_lma(d, i);
	for (uint32_t i = 0; i < D_MAGS; i++)
		start_mag(d, i);
	for (uint32_t i = 0; i < D_NODES; i++) {
		d->nodes[i].allowed = true;
		d->nodes[i].at = NOWHERE;
		at(&d->net, d->net.now.mono + rng_below(&d->net.rng, 4000) * NS_MSEC,
		   (struct sim_event){.kind = SIM_NODE, .iface = i});
	}
	d->roaming = true;
	at(&d->net, roam, (struct sim_event){.kind = SIM_WORLD, .what = TURN_STAY});
}

// A long run must have been to all the places, or it shows nothing.
static int report(const struct domain *d, uint64_t steps)
{
	printf("seed %" PRIu64 ": %" PRIu64 " steps, %.0f s; lost %" PRIu64 ", doubled %" PRIu64
	       ", PBUs %" PRIu64 ", handoffs %" PRIu64 ", prefixes kept %" PRIu64
	       ", changed %" PRIu64 ", agreements %" PRIu64 ", restarts of the LMA %" PRIu64
	       ", of a MAG %" PRIu64 "\n",
	       d->net.seed, steps, (double)d->net.now.mono / 1e9, d->net.lost, d->net.doubled,
	       d->pbus, d->handoffs, d->kept, d->changed, d->agreements, d->lma_restarts,
	       d->mag_restarts);
	for (int i = 0; i < MAG_N_NOTES; i++)
		if (d->seen_notes[i] > 0)
			printf("%10" PRIu64 " %s\n", d->seen_notes[i],
			       mag_note_text((enum mag_note_kind)i));
	for (int i = REASON_NONE + 1; i < MAG_N_REASONS; i++)
		if (d->seen_reasons[i] > 0)
			printf("%10" PRIu64 " not served: %s\n", d->seen_reasons[i],
			       mag_reason_text((enum mag_reason)i));
	for (int i = 0; i < 256; i++)
		if (d->seen_status[i] > 0)
			printf("%10" PRIu64 " status %d, %s\n", d->seen_status[i], i,
			       pba_status_name((uint8_t)i));
	bool everywhere = d->agreements > 10 && d->lma_restarts > 0 && d->mag_restarts > 0 &&
			  d->kept > 10 && d->seen_notes[MAG_NOTE_SILENT] > 0 &&
			  d->seen_notes[MAG_NOTE_LMA_RESTARTED] > 0 &&
			  d->seen_notes[MAG_NOTE_REFRESH_ASKED] > 0 &&
			  d->seen_reasons[REASON_NOT_PERMITTED] > 0 &&
			  (!d->authorise || (d->seen_reasons[REASON_REJECTED] > 0 &&
					     d->seen_reasons[REASON_UNANSWERED] > 0 &&
					     d->seen_notes[MAG_NOTE_UNANSWERED] > 0));
	if (!everywhere && steps >= 1000000)
		printf("the run has not been everywhere\n");
	return !everywhere && steps >= 1000000;
}

int main(int argc, char **argv)
{
	struct domain *d = calloc(1, sizeof(*d));
	uint64_t steps = argc > 2 ? strtoull(argv[2], NULL, 0) : 1000000;

	if (d == NULL)
		return 1;
	d->net.program = argv[0];
	d->net.seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	if (argc > 1 && strcmp(argv[1], "random") == 0)
		d->net.seed = (uint64_t)time(NULL);
	d->net.rng.state = d->net.seed;
	d->net.trace_from = argc > 3 ? strtoull(argv[3], NULL, 0) : UINT64_MAX;
	begin(d);
	for (; d->net.step < steps; d->net.step++)
		step(d);
	int rc = report(d, steps);
	for (uint32_t i = 0; i < D_LMAS; i++)
		lma_free(d->lmas[i]);
	for (uint32_t i = 0; i < D_MAGS; i++)
		mag_free(d->gateways[i].mag);
	free(d);
	return rc;
}
