// What happens next: nodes that move, MAGs and LMA that forget, clocks that are wrong, operators,
// crowds.
#include "test/sim/world.h"

static const uint64_t START_S = 1700000000;
enum { CROWD_JOIN, CROWD_MOVE };

void begin(struct world *w)
{
	w->now = (struct instant){NS_SEC, START_S << 16};
	network_init(w);
	make_ifaces(w);
	start_lma(w);
	for (uint32_t i = 0; i < N_MAGS; i++) {
		w->mags[i].addr = mag_addr(i);
		w->mags[i].clock_off =
			(int64_t)rng_below(&w->rng, 100 * NS_MSEC) - 50 * (int64_t)NS_MSEC;
		w->mags[i].numbers = i == 1 || i == 4;
		w->mags[i].no_beats = i == 5;
	}
	for (uint32_t i = 0; i < N_IFACES; i++) {
		w->where[i] = -1;
		at(w, w->now.mono + rng_below(&w->rng, 4000) * NS_MSEC,
		   (struct sim_event){.kind = SIM_NODE, .iface = i});
	}
	at(w, w->now.mono, (struct sim_event){.kind = SIM_WORLD});
}

static void tell_lma(struct world *w, uint32_t packet)
{
	struct packet *p = &w->packets[packet];
	struct mh mh;
	enum mh_err err = mh_parse((struct span){p->bytes, p->n}, p->src, p->dst, &mh);
	struct lma_event message = {.kind = LMA_MESSAGE,
				    .message = {p->src, p->dst, w->now.wall_q16, &mh, NULL}};
	struct lma_event bad = {.kind = LMA_BAD_MESSAGE, .bad = {p->src, p->dst, err, mh.type}};

	// It may have waited in a queue (LMA-TS-11).
	message.message.arrival_wall_q16 -= happens(w, 10) ? rng_below(&w->rng, 1 << 13) : 0;
	trace(w, "to LMA", err == MH_OK ? &mh : NULL, (uint32_t)ip6_hi64(p->src) & 0xf);
	tell(w, err == MH_OK ? &message : &bad);
	packet_free(w, packet);
}

static void tell_mag(struct world *w, uint32_t mag, uint32_t packet)
{
	struct packet *p = &w->packets[packet];
	struct mh mh;

	if (mh_parse((struct span){p->bytes, p->n}, p->src, p->dst, &mh) == MH_OK) {
		trace(w, "to MAG", &mh, mag);
		mag_on_message(w, mag, p->src, &mh);
	}
	packet_free(w, packet);
}

// ---- Nodes.

// In seconds, or in minutes.
static void notice_later(struct world *w, uint32_t mag, uint32_t iface)
{
	at(w, w->now.mono + rng_below(&w->rng, happens(w, 2) ? 3000 : 400000) * NS_MSEC,
	   (struct sim_event){.kind = SIM_LEAVE, .mag = mag, .iface = iface});
}

// To another MAG: the old one notices first or later.
static void move(struct world *w, uint32_t iface, uint32_t from, uint32_t to, uint8_t hi)
{
	struct session *old = &w->mags[from].sessions[iface];
	const struct session *known = old->n_hnps > 0 && happens(w, 3) ? old : NULL;

	w->where[iface] = (int)to;
	if (happens(w, 3))
		mag_leave(w, from, iface);
	else
		notice_later(w, from, iface);
	mag_attach(w, to, iface, hi, known);
}

// The prefixes of the node's interface before it, to share them or to take them over.
static const struct session *session_beside(struct world *w, uint32_t iface)
{
	uint32_t other = iface % IFACES_PER_NODE > 0 ? iface - 1 : iface + 1;
	const struct session *s =
		w->where[other] >= 0 ? &w->mags[w->where[other]].sessions[other] : NULL;

	return s != NULL && s->n_hnps > 0 ? s : NULL;
}

static void node_acts(struct world *w, uint32_t iface)
{
	static const uint8_t his[] = {1, 1, 1, 4, 4, 4, 3, 3, 3, 2, 2, 5, 0, 6, 6, 7};
	uint8_t hi = his[rng_below(&w->rng, sizeof(his))];
	uint32_t to = rng_below(&w->rng, happens(w, 8) ? N_MAGS : N_MAGS - 1);
	int here = w->where[iface];

	at(w, w->now.mono + rng_below(&w->rng, 120000) * NS_MSEC,
	   (struct sim_event){.kind = SIM_NODE, .iface = iface});
	if (happens(w, 10))
		w->service[iface] = happens(w, 2) ? (uint8_t)rng_below(&w->rng, 4) : 0;
	if (happens(w, 50))
		send_from_everywhere(w, iface);
	if (happens(w, 6))
		send_odd_update(w, here >= 0 ? (uint32_t)here : to, iface);
	if (here < 0) {
		bool beside = hi == HI_SHARED_PREFIXES || hi == HI_BETWEEN_INTERFACES;
		mag_attach(w, to, iface, hi, beside ? session_beside(w, iface) : NULL);
		w->where[iface] = (int)to;
		return;
	}
	switch (rng_below(&w->rng, 10)) {
	case 0:
	case 1:
	case 4:
		mag_leave(w, (uint32_t)here, iface);
		w->where[iface] = -1;
		break;
	case 2: // gone without a word
		w->where[iface] = -1;
		notice_later(w, (uint32_t)here, iface);
		break;
	case 3:
		break;
	default:
		move(w, iface, (uint32_t)here, to, hi);
	}
}

// ---- A crowd comes within a second, most move within another one and are not missed by the old
// MAG: more wait than there is room for, and more end at once than one input serves.

static void crowd_comes(struct world *w)
{
	for (uint32_t i = 0; i < N_CROWD; i++)
		at(w, w->now.mono + rng_below(&w->rng, 3000) * NS_MSEC,
		   (struct sim_event){
			   .kind = SIM_CROWD, .mag = i % 3 * 3, .iface = i, .what = CROWD_JOIN});
	for (uint32_t i = 0; i < N_CROWD; i++)
		at(w, w->now.mono + (8000 + rng_below(&w->rng, 1000)) * NS_MSEC,
		   (struct sim_event){.kind = SIM_CROWD, .mag = 5, .iface = i, .what = CROWD_MOVE});
}

static void crowd_acts(struct world *w, const struct sim_event *e)
{
	if (!w->setup.crowded)
		return;
	if (e->what == CROWD_JOIN)
		send_crowd_update(w, e->mag, e->iface, HI_NEW_INTERFACE, 6);
	else
		send_crowd_update(w, e->mag, e->iface, HI_UNKNOWN, 6);
}

// ---- The rest of the world.

static void delete_some(struct world *w)
{
	uint32_t i = rng_below(&w->rng, w->setup.n_prefixes);

	tell(w,
	     &(struct lma_event){.kind = LMA_DELETE, .delete.hnp = prefix_of_number(&w->setup, i)});
}

// A MAG's clock, or the LMA's, is wrong for a while.
static void clocks_go_wrong(struct world *w)
{
	int64_t step = ((int64_t)rng_below(&w->rng, 9) - 4) * 150 * (int64_t)NS_MSEC;
	uint32_t who = rng_below(&w->rng, 4);

	if (who == 3)
		w->wall_off = w->wall_off == 0 ? step : 0;
	else
		w->mags[who * 3].clock_off = step;
}

static void clocks_are_set(struct world *w)
{
	w->wall_off = 0;
	for (uint32_t i = 0; i < N_MAGS; i++)
		w->mags[i].clock_off = (int64_t)rng_below(&w->rng, 60) * (int64_t)NS_MSEC;
}

// More unknown messages than are answered in a second.
static void strangers_speak(struct world *w)
{
	for (uint32_t i = 0; i < 14; i++)
		tell(w, &(struct lma_event){
				.kind = LMA_BAD_MESSAGE,
				.bad = {mag_addr(i % N_MAGS), lma_addr(0), MH_UNKNOWN_TYPE, 0}});
}

// Nobody came to call the LMA for a while: much is over when somebody does.
static void sleep_some(struct world *w)
{
	move_clock(w, w->now.mono + rng_below(&w->rng, 9000) * NS_MSEC);
}

static void world_turns(struct world *w)
{
	at(w, w->now.mono + NS_SEC, (struct sim_event){.kind = SIM_WORLD});
	if (happens(w, 8))
		delete_some(w);
	if (happens(w, 8))
		send_odd_message(w, rng_below(&w->rng, N_MAGS));
	if (happens(w, 200))
		mag_forget(w, rng_below(&w->rng, N_MAGS));
	if (happens(w, 80))
		clocks_go_wrong(w);
	if (happens(w, 60))
		clocks_are_set(w);
	if (happens(w, 500))
		strangers_speak(w);
	if (happens(w, w->setup.crowded ? 10 : 300))
		sleep_some(w);
	if (!w->setup.modelled && happens(w, 25))
		tell_flood(w);
	if (w->setup.crowded && happens(w, 150))
		crowd_comes(w);
	if (happens(w, w->setup.crowded ? 60 : 500)) {
		w->restarts++;
		start_lma(w);
		if (w->setup.crowded)
			crowd_comes(w);
	}
}

void take(struct world *w, struct sim_event e)
{
	switch (e.kind) {
	case SIM_TO_LMA:
		tell_lma(w, e.what);
		break;
	case SIM_TO_MAG:
		tell_mag(w, e.mag, e.what);
		break;
	case SIM_MAG_TIMER:
		mag_on_timer(w, e.mag, e.iface, e.what);
		break;
	case SIM_LEAVE:
		if (w->where[e.iface] != (int)e.mag)
			mag_leave(w, e.mag, e.iface);
		break;
	case SIM_NODE:
		node_acts(w, e.iface);
		break;
	case SIM_WORLD:
		world_turns(w);
		break;
	case SIM_ANSWER: // sim_domain's
		break;
	case SIM_CROWD:
		crowd_acts(w, &e);
		break;
	}
}

void move_clock(struct world *w, ns_t mono)
{
	if (mono > w->now.mono)
		w->now.mono = mono;
	w->now.wall_q16 = wall_q16_from_ns(START_S * NS_SEC + w->now.mono + (uint64_t)w->wall_off);
}

void tick(struct world *w, ns_t deadline)
{
	uint64_t rested = lma_totals(w->lma)->prefixes_quarantined;

	move_clock(w, deadline);
	tell(w, &(struct lma_event){.kind = LMA_TICK});
	if (lma_deadline(w->lma) > w->now.mono)
		return;
	// Each of 256 expiries says something, but the end of a quarantine; one of no length ends
	// in the next input.
	if (w->n_did < 256 && rested < 256 && w->setup.lma.prefix_quarantine > 0)
		broke(w, "a tick leaves work behind, and there was little");
	w->overruns++;
}

void step(struct world *w)
{
	ns_t deadline = lma_deadline(w->lma);

	if (deadline <= next_time(w)) {
		tick(w, deadline);
		return;
	}
	struct sim_event e = next_event(w);
	move_clock(w, e.at);
	take(w, e);
}
