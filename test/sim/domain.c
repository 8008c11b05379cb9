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

static void pull_lma(struct domain *d)
{
	struct lma_action a;

	while (lma_output(d->lma, &a)) {
		if (a.kind != LMA_SEND)
			continue;
		trace(&d->net, "LMA says", 0, 0, a.send.mh);
		if (a.send.mh->type == MH_BA)
			d->seen_status[a.send.mh->ba.status]++;
		transmit(&d->net, a.send.src, a.send.dst, a.send.mh);
	}
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

static void tell_mag(struct domain *d, uint32_t mag, const struct mag_event *event)
{
	mag_input(d->gateways[mag].mag, clock_of(d, &d->gateways[mag]), event);
	pull_mag(d, mag);
}

static void start_mag(struct domain *d, uint32_t mag)
{
	struct gateway *g = &d->gateways[mag];
	struct mag_conf conf = {
		.coa = g->coa,
		.lmas = {{d->lmaa, 1460}},
		.n_lmas = 1,
		.realm = "example.net",
		.access_tech = 4,
		.max_nodes = D_NODES,
		.max_pending = D_NODES,
		.lifetime_s = lifetime_s,
		.timestamps = true,
		.link_local = ip6_from64(0xfe80000000000000, 0x02005efffe005213),
		.access_mtu = 1500,
		.prefix_valid_s = 86400,
		.prefix_preferred_s = 3600,
		.router_lifetime_s = 1800,
		.probe_after = 5 * NS_SEC,
		.probe_interval = NS_SEC,
		.probes = 3,
		.heartbeat = {.interval = 30 * NS_SEC,
			      .missing_allowed = 3,
			      .restart_counter = g->restarts,
			      .lost_sessions = g->restarts > 0},
	};

	mag_free(g->mag);
	for (uint32_t i = 0; i < D_PREFIXES; i++)
		g->node_of[i] = -1;
	g->restarts++;
	g->mag = mag_new(&conf, rng_u64(&d->net.rng), clock_of(d, g));
	if (g->mag == NULL)
		broke(&d->net, "no MAG");
	pull_mag(d, mag);
}

static void start_lma(struct domain *d)
{
	lma_free(d->lma);
	d->lma = lma_new(&d->lma_conf, rng_u64(&d->net.rng), d->net.now);
	if (d->lma == NULL)
		broke(&d->net, "no LMA");
	d->lma_conf.heartbeat.restart_counter++;
	d->lma_conf.heartbeat.lost_sessions = true;
	pull_lma(d);
}

static void configure(struct domain *d)
{
	static const struct lma_pool_conf pool = {.block = {{{0x20, 1, 0xd, 0xb8, 0x40}}, 58},
						  .hnp_len = 64};
	static const struct lma_profile_conf all = {.key = "*", .permit = true};

	d->lmaa = ip6_from64(0x20010db8000a0000, 1);
	for (uint32_t i = 0; i < D_MAGS; i++) {
		struct gateway *g = &d->gateways[i];
		g->coa = d->net.mags[i].addr = ip6_from64(0x20010db800010000 + i, 1);
		g->clock_off =
			(int64_t)rng_below(&d->net.rng, 160 * NS_MSEC) - 80 * (int64_t)NS_MSEC;
		d->lma_mags[i].from = (struct ip6_prefix){g->coa, 128};
	}
	d->lma_conf = (struct lma_conf){
		.mags = d->lma_mags,
		.pools = &pool,
		.profiles = &all,
		.addresses = &d->lmaa,
		.n_mags = D_MAGS,
		.n_pools = 1,
		.n_profiles = 1,
		.n_addresses = 1,
		.max_bindings = 100,
		.max_mags = D_MAGS,
		.sessions_per_mn = 3,
		.max_lifetime_s = 300,
		.min_delay_before_bce_delete = 10 * NS_SEC,
		.max_delay_before_new_bce_assign = 1500 * NS_MSEC,
		// Messages are on their way for seconds at times; how old one may be is tested
		// elsewhere.
		.timestamp_validity_window = 5 * NS_SEC,
		.prefix_quarantine = 10 * NS_SEC,
		.heartbeat = {.interval = 30 * NS_SEC, .missing_allowed = 3, .restart_counter = 1},
	};
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
		at(&d->net, now + peace, (struct sim_event){.kind = SIM_WORLD, .what = TURN_CHECK});
		break;
	case TURN_CHECK:
		check_agreement(d);
		d->net.calm = false;
		d->roaming = true;
		at(&d->net, now + roam, (struct sim_event){.kind = SIM_WORLD, .what = TURN_STAY});
		if (happens(&d->net, 4)) {
			d->lma_restarts++;
			forget_prefixes(d);
			start_lma(d);
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
		lma_input(
			d->lma, d->net.now,
			&(struct lma_event){.kind = LMA_MESSAGE,
					    .message = {p->src, p->dst, d->net.now.wall_q16, &mh}});
		pull_lma(d);
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

// The first of those whose time comes next; D_MAGS: the LMA's.
static ns_t next_deadline(const struct domain *d, uint32_t *who)
{
	ns_t due = lma_deadline(d->lma);

	*who = D_MAGS;
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
		if (who == D_MAGS) {
			lma_input(d->lma, d->net.now, &(struct lma_event){.kind = LMA_TICK});
			pull_lma(d);
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
	start_lma(d);
	for (uint32_t i = 0; i < D_MAGS; i++)
		start_mag(d, i);
	for (uint32_t i = 0; i < D_NODES; i++) {
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
	for (int i = 0; i < 256; i++)
		if (d->seen_status[i] > 0)
			printf("%10" PRIu64 " status %d, %s\n", d->seen_status[i], i,
			       pba_status_name((uint8_t)i));
	bool everywhere = d->agreements > 10 && d->lma_restarts > 0 && d->mag_restarts > 0 &&
			  d->kept > 10 && d->seen_notes[MAG_NOTE_SILENT] > 0 &&
			  d->seen_notes[MAG_NOTE_LMA_RESTARTED] > 0;
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
	lma_free(d->lma);
	for (uint32_t i = 0; i < D_MAGS; i++)
		mag_free(d->gateways[i].mag);
	free(d);
	return rc;
}
