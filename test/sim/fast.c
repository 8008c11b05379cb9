// Nodes that move, in every way there is, until the steps are used up; and what has to hold.
//
//   sim_fast SEED|random STEPS [trace]
#include "test/sim/fast.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const ns_t tick = 5 * NS_MSEC, look = 10 * NS_MSEC;
static uint64_t the_seed;

_Noreturn void broke_fast(const struct fast *f, const char *what)
{
	fprintf(stderr, "sim_fast: seed %" PRIu64 ", step %" PRIu64 ", %.3f ms: %s\n", the_seed,
		f->steps, (double)f->now.mono / 1e6, what);
	exit(1);
}

bool odds(struct fast *f, uint32_t one_in)
{
	return rng_below(&f->rng, one_in) == 0;
}

// ---- Events in order of time.

static bool before(const struct fast_event *a, const struct fast_event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct fast_event *a, struct fast_event *b)
{
	struct fast_event t = *a;

	*a = *b;
	*b = t;
}

void schedule(struct fast *f, ns_t after, struct fast_event e)
{
	uint32_t i = f->n_events;

	if (i == F_EVENTS)
		broke_fast(f, "the simulation's own queue is full");
	e.at = f->now.mono + after;
	e.order = f->order++;
	f->events[f->n_events++] = e;
	for (; i > 0 && before(&f->events[i], &f->events[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&f->events[i], &f->events[(i - 1) / 2]);
}

static struct fast_event next_event(struct fast *f)
{
	struct fast_event first = f->events[0];
	uint32_t i = 0, least;

	f->events[0] = f->events[--f->n_events];
	for (;; i = least) {
		least = i;
		for (uint32_t k = 2 * i + 1; k <= 2 * i + 2 && k < f->n_events; k++)
			if (before(&f->events[k], &f->events[least]))
				least = k;
		if (least == i)
			return first;
		swap(&f->events[i], &f->events[least]);
	}
}

static void set_time(struct fast *f, ns_t mono)
{
	f->wall_ns += mono - f->now.mono;
	f->now = (struct instant){mono, wall_q16_from_ns(f->wall_ns)};
}

// ---- Moves.

static int other_mag(struct fast *f, int than)
{
	return (than + 1 + (int)rng_below(&f->rng, F_MAGS - 1)) % F_MAGS;
}

static void order(struct fast *f, int node, enum mag_hand_over what, int to)
{
	char name[64];
	struct mag_event e = {.kind = MAG_HAND_OVER, .hand_over = {.what = what}};

	name_of_node(node, name);
	e.hand_over.mn_id = (struct span){(const uint8_t *)name, (uint16_t)strlen(name)};
	if (to != NOWHERE)
		e.hand_over.to = f->mags[to].coa;
	mag_tell(f, f->nodes[node].was, &e);
}

static void step_at(struct fast *f, int node, int step, ns_t after)
{
	f->nodes[node].step = step;
	f->nodes[node].since = f->now.mono;
	schedule(f, after, (struct fast_event){.kind = F_STEP, .where = (uint8_t)node});
}

enum { REST, WAIT_FORWARDING, LEAVE, ARRIVE, SETTLE, CANCEL };

static ns_t gap(struct fast *f)
{
	return (ns_t)(odds(f, 30) ? 12000 : 1 + rng_below(&f->rng, 400)) * NS_MSEC;
}

static void begin_move(struct fast *f, int node)
{
	struct fast_node *n = &f->nodes[node];

	f->moves++;
	n->was = n->at;
	n->said = n->to = other_mag(f, n->at);
	if (odds(f, 10))
		n->to = odds(f, 2) ? n->at : other_mag(f, n->at); // elsewhere, or back
	n->plan = PLAN_PREDICTIVE + (enum fast_plan)rng_below(&f->rng, PLAN_BOTH);
	switch (n->plan) {
	case PLAN_PREDICTIVE:
		order(f, node, odds(f, 5) ? HAND_OVER_PREPARE : HAND_OVER_GO, n->said);
		step_at(f, node, WAIT_FORWARDING, look);
		return;
	case PLAN_CANCEL:
		order(f, node, HAND_OVER_GO, n->said);
		step_at(f, node, CANCEL, rng_below(&f->rng, 300) * NS_MSEC);
		return;
	case PLAN_BOTH:
		order(f, node, HAND_OVER_GO, n->said);
		break;
	default:
		break;
	}
	step_at(f, node, LEAVE, 0);
}

// Nothing may be lost of a node whose move is announced, and which goes where it was said, in calm;
// unless a word about it is on its way to the LMA still.
static void keep_watch(struct fast *f, int node)
{
	struct fast_node *n = &f->nodes[node];
	struct mag_binding b = {.state = BUL_NONE};

	mag_find_binding(f->mags[n->was].mag, link_of_node(node), &b);
	bool clean = f->calm && n->to == n->said && b.state == BUL_BOUND;
	n->clean_from = clean ? f->now.mono : 0;
	f->announced += n->clean_from != 0;
}

static void wait_forwarding(struct fast *f, int node)
{
	struct fast_node *n = &f->nodes[node];
	enum handover_state state = handover_at(f, n->was, node).state;

	if (state == HO_FORWARDING) {
		keep_watch(f, node);
		step_at(f, node, LEAVE, 10 * NS_MSEC); // what is on the air is received
	} else if (state == HO_PREPARED && odds(f, 4)) {
		order(f, node, HAND_OVER_GO, n->said);
		step_at(f, node, WAIT_FORWARDING, look);
	} else if (f->now.mono - n->since > 0 && (state == HO_OVER || odds(f, 100))) {
		step_at(f, node, LEAVE, 0); // it goes all the same
	} else {
		step_at(f, node, WAIT_FORWARDING, look);
	}
}

static void leave(struct fast *f, int node)
{
	struct fast_node *n = &f->nodes[node];
	ns_t away = gap(f);

	if (n->plan != PLAN_REACTIVE && n->plan != PLAN_PLAIN && n->to != n->said)
		n->odd_until = f->now.mono + 30 * NS_SEC;
	if (away > 9 * NS_SEC)
		n->clean_from = 0; // longer than anybody waits
	n->at = NOWHERE;
	bool told = n->plan == PLAN_PLAIN || odds(f, 3);
	if (told)
		mag_tell(f, n->was,
			 &(struct mag_event){.kind = MAG_DETACH, .detach = link_of_node(node)});
	step_at(f, node, ARRIVE, away);
}

static void arrive(struct fast *f, int node)
{
	struct fast_node *n = &f->nodes[node];
	struct mag_event e = {.kind = MAG_ATTACH, .attach = {.link = link_of_node(node)}};

	n->at = n->to;
	if ((n->plan == PLAN_REACTIVE || n->plan == PLAN_BOTH) && n->was != n->at)
		e.attach.previous = f->mags[n->was].coa;
	mag_tell(f, n->at, &e);
	step_at(f, node, SETTLE, look);
}

static void settle(struct fast *f, int node)
{
	struct fast_node *n = &f->nodes[node];
	bool here = f->lma_at[node] == n->at && is_bound_at(f, n->at, node);

	if (!here) {
		if (odds(f, 20)) // it makes itself heard
			mag_tell(f, n->at,
				 &(struct mag_event){.kind = MAG_HEARD,
						     .heard = {.link = link_of_node(node),
							       .what = HEARD_SEARCH}});
		step_at(f, node, SETTLE, look);
		return;
	}
	n->plan = PLAN_NONE;
	step_at(f, node, REST, (50 + rng_below(&f->rng, 1500)) * NS_MSEC);
}

static void step(struct fast *f, int node)
{
	struct fast_node *n = &f->nodes[node];

	switch (n->step) {
	case REST:
		n->clean_from = 0;
		begin_move(f, node);
		break;
	case WAIT_FORWARDING:
		wait_forwarding(f, node);
		break;
	case LEAVE:
		leave(f, node);
		break;
	case ARRIVE:
		arrive(f, node);
		break;
	case SETTLE:
		settle(f, node);
		break;
	case CANCEL:
		order(f, node, HAND_OVER_CANCEL, NOWHERE);
		n->plan = PLAN_NONE;
		step_at(f, node, REST, 2 * NS_SEC);
		break;
	}
}

// ---- What has to hold.

static void check_ends(struct fast *f)
{
	static const ns_t longest = (10 + 3) * NS_SEC; // forward, and the last HI

	for (int mag = 0; mag < F_MAGS; mag++) {
		struct mag_handover h;
		uint32_t cursor = 0;
		while (mag_next_handover(f->mags[mag].mag, &cursor, &h))
			if (h.state != HO_OVER && f->now.mono - h.since > 2 * longest)
				broke_fast(f, "a handover does not end");
	}
}

// Where a node is bound and not expected its packets are delivered: at one MAG, but where a MAG has
// not learnt yet that it left.
static void check_quiet(struct fast *f)
{
	if (count_waiting(f) != 0)
		broke_fast(f, "queues are left when all is quiet");
	for (int node = 0; node < F_NODES; node++) {
		for (int mag = 0; mag < F_MAGS; mag++) {
			const struct fast_mag *m = &f->mags[mag];
			const struct mag_action *b = &m->bind[node];
			if (!m->bound[node])
				continue;
			if (b->bind.expected || b->bind.detour || !ip6_is_zero(b->bind.next) ||
			    !ip6_is_zero(b->bind.previous))
				broke_fast(f, "a tunnel between MAGs is left when all is quiet");
			if (mag != f->nodes[node].at)
				broke_fast(f, "a MAG serves a node that is elsewhere");
		}
		if (f->lma_at[node] != f->nodes[node].at)
			broke_fast(f, "the LMA has a node elsewhere than it is");
	}
}

static void happen(struct fast *f, const struct fast_event *e)
{
	switch (e->kind) {
	case F_MESSAGE:
		message_arrives(f, e->message);
		break;
	case F_TUNNEL:
		tunnel_arrives(f, e->where, e->packet);
		break;
	case F_FRAME:
		frame_arrives(f, e->where, e->packet);
		break;
	case F_TO_NODE:
		node_receives(f, e->where, e->packet);
		break;
	case F_TICK:
		for (int node = 0; node < F_NODES; node++)
			node_sends(f, node);
		schedule(f, tick, *e);
		break;
	case F_STEP:
		step(f, e->where);
		break;
	}
}

static void advance(struct fast *f)
{
	ns_t due = engines_deadline(f);

	f->steps++;
	if (f->n_events == 0 || due < f->events[0].at) {
		set_time(f, due > f->now.mono ? due : f->now.mono);
		engines_tick(f);
		return;
	}
	struct fast_event e = next_event(f);
	set_time(f, e.at);
	happen(f, &e);
}

// Nobody begins a move any more; those under way end, and what they left goes in its time.
static bool is_resting(const struct fast *f)
{
	for (int node = 0; node < F_NODES; node++)
		if (f->nodes[node].step != REST)
			return false;
	return true;
}

static void calm_down(struct fast *f)
{
	ns_t end = 0;
	bool searched = false;

	f->quiet = true;
	while (end == 0 || f->now.mono < end) {
		if (f->n_events > 0 && f->events[0].kind == F_STEP &&
		    f->nodes[f->events[0].where].step == REST &&
		    engines_deadline(f) >= f->events[0].at) {
			struct fast_event e = next_event(f);
			set_time(f, e.at);
			f->nodes[e.where].clean_from = 0;
			schedule(f, NS_SEC, e); // not now
			continue;
		}
		advance(f);
		if (end == 0 && is_resting(f))
			end = f->now.mono + 45 * NS_SEC;
		if (searched || f->calm || end == 0 || f->now.mono < end - 20 * NS_SEC)
			continue;
		// An old request of another MAG, late in a rough network, may have taken a binding
		// away: RFC 5213 knows no remedy but the next registration.
		for (int node = 0; node < F_NODES; node++)
			mag_tell(f, f->nodes[node].at,
				 &(struct mag_event){.kind = MAG_HEARD,
						     .heard = {.link = link_of_node(node),
							       .what = HEARD_SEARCH}});
		searched = true;
	}
	check_quiet(f);
	f->quiet = false;
}

static void report(const struct fast *f)
{
	static const char *const causes[N_LOST] = {"air",     "no node", "unbound", "spoof",
						   "strange", "over",    "restart"};

	printf("seed %" PRIu64 "%s: %" PRIu64 " moves, %" PRIu64 " announced and watched, %" PRIu64
	       " packets delivered, %" PRIu64 " reordered, %" PRIu64 " restarts\nlost:",
	       the_seed,
	       f->slow   ? ", calm, slow LMA"
	       : f->calm ? ", calm"
			 : "",
	       f->moves, f->announced, f->delivered, f->reordered, f->restarts);
	for (int i = 0; i < N_LOST; i++)
		printf(" %s %" PRIu64, causes[i], f->lost[i]);
	printf("\nends:");
	for (int i = OUTCOME_NONE + 1; i < N_OUTCOMES; i++)
		printf(" %s %" PRIu64, handover_outcome_name((enum handover_outcome)i) + 9,
		       f->outcomes[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	static struct fast f;

	if (argc < 3) {
		fputs("usage: sim_fast SEED|random STEPS [trace]\n", stderr);
		return 2;
	}
	the_seed =
		strcmp(argv[1], "random") == 0 ? (uint64_t)time(NULL) : strtoull(argv[1], NULL, 10);
	uint64_t steps = strtoull(argv[2], NULL, 10);
	f.rng.state = the_seed;
	f.calm = the_seed % 2 == 0;
	f.slow = the_seed % 4 == 0;
	f.trace = argc > 3;
	f.wall_ns = 1700000000 * NS_SEC;
	f.now = (struct instant){1000 * NS_SEC, wall_q16_from_ns(f.wall_ns)};
	engines_begin(&f);
	for (int node = 0; node < F_NODES; node++) {
		f.lma_at[node] = f.lma_also[node] = NOWHERE;
		f.nodes[node].to = node % F_MAGS;
		f.nodes[node].was = f.nodes[node].to;
		step_at(&f, node, ARRIVE, 0);
	}
	schedule(&f, tick, (struct fast_event){.kind = F_TICK});
	uint64_t restart = 150000, rest = 200000;
	while (f.steps < steps) {
		advance(&f);
		if (f.steps % 256 == 0)
			check_ends(&f);
		if (!f.calm && f.steps >= restart) {
			restart += 400000;
			mag_restart(&f, (int)rng_below(&f.rng, F_MAGS));
		}
		if (f.steps >= rest) {
			calm_down(&f);
			rest = f.steps + 200000;
		}
	}
	calm_down(&f);
	engines_end(&f);
	report(&f);
	return 0;
}
