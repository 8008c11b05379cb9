// The world: who does what next, from a seed.
//
// usage: sim_lma [seed | random] [steps] [trace from step]
#include "test/sim/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const uint64_t START_S = 1700000000;

bool happens(struct world *w, uint32_t one_in)
{
	return rng_below(&w->rng, one_in) == 0;
}

struct ip6_addr lma_addr(void)
{
	return ip6_from64(0x20010db8000a0000, 1);
}

_Noreturn void broke(const struct world *w, const char *what)
{
	printf("seed %" PRIu64 ", step %" PRIu64 ": %s\nreplay: %s %" PRIu64 " %" PRIu64 " %" PRIu64
	       "\n",
	       w->seed, w->step, what, w->program, w->seed, w->step + 1,
	       w->step > 200 ? w->step - 200 : 0);
	exit(1);
}

static void trace(const struct world *w, const char *what, const struct mh *mh, int mag)
{
	char line[300];

	if (w->step < w->trace_from)
		return;
	printf("%8" PRIu64 " %12.6f %s %d %s\n", w->step, (double)w->now.mono / 1e9, what, mag,
	       mh != NULL ? mh_print(mh, line, sizeof(line)) : "");
}

void trace_action(const struct world *w, const struct lma_action *a)
{
	static const char *const names[] = {"BIND", "DETACH", "UNBIND", "SEND"};
	char text[300];

	if (w->step < w->trace_from)
		return;
	if (a->kind == LMA_NOTE)
		printf("%24s%s\n", "", lma_note_text(a->note.kind));
	else if (a->kind == LMA_SEND)
		printf("%24sSEND %s\n", "", mh_print(a->send.mh, text, sizeof(text)));
	else
		printf("%24s%s %s\n", "", names[a->kind], ip6_prefix_format(a->bind.hnp, text));
}

static void configure(struct world *w)
{
	static const struct lma_mag_conf mags = {.name = "all",
						 .from = {{{0x20, 1, 0xd, 0xb8, 0, 1}}, 48}};
	static const struct lma_pool_conf pool = {.block = {{{0x20, 1, 0xd, 0xb8, 0x40}}, 58},
						  .hnp_len = 64};
	static const struct lma_profile_conf all = {.key = "*", .permit = true};

	w->conf = (struct lma_conf){
		.mags = &mags,
		.pools = &pool,
		.profiles = &all,
		.n_mags = 1,
		.n_pools = 1,
		.n_profiles = 1,
		.max_bindings = 60,
		.max_mags = N_MAGS - 1, // one must wait until another has no binding
		.sessions_per_mn = 3,
		.max_lifetime_s = 300,
		.min_delay_before_bce_delete = 10 * NS_SEC,
		.max_delay_before_new_bce_assign = 1500 * NS_MSEC,
		.timestamp_validity_window = 300 * NS_MSEC,
		.prefix_quarantine = 7 * NS_SEC,
	};
}

static void start_lma(struct world *w)
{
	lma_free(w->lma);
	w->lma = lma_new(&w->conf, rng_u64(&w->rng), w->now);
	if (w->lma == NULL)
		broke(w, "no LMA");
	ledger_clear(w);
}

static void begin(struct world *w)
{
	w->now = (struct instant){NS_SEC, START_S << 16};
	configure(w);
	network_init(w);
	start_lma(w);
	for (uint32_t i = 0; i < N_MAGS; i++) {
		w->mags[i].addr = ip6_from64(0x20010db800010000 + i, 1);
		w->mags[i].clock_off =
			(int64_t)rng_below(&w->rng, 200 * NS_MSEC) - 100 * (int64_t)NS_MSEC;
		w->mags[i].numbers = i == 1;
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
				    .message = {p->src, p->dst, w->now.wall_q16, &mh}};
	struct lma_event bad = {.kind = LMA_BAD_MESSAGE, .bad = {p->src, p->dst, err}};

	trace(w, "to LMA", err == MH_OK ? &mh : NULL, 0);
	ledger_tell(w, err == MH_OK ? &message : &bad);
	packet_free(w, packet);
}

static void tell_mag(struct world *w, uint32_t mag, uint32_t packet)
{
	struct packet *p = &w->packets[packet];
	struct mh mh;

	if (mh_parse((struct span){p->bytes, p->n}, p->src, p->dst, &mh) == MH_OK) {
		trace(w, "to MAG", &mh, (int)mag);
		mag_on_message(w, mag, &mh);
	}
	packet_free(w, packet);
}

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

static void node_acts(struct world *w, uint32_t iface)
{
	static const uint8_t his[] = {1, 1, 1, 4, 4, 3, 3, 2, 5, 0};
	uint8_t hi = his[rng_below(&w->rng, sizeof(his))];
	uint32_t to = rng_below(&w->rng, N_MAGS);
	int here = w->where[iface];

	at(w, w->now.mono + rng_below(&w->rng, 60000) * NS_MSEC,
	   (struct sim_event){.kind = SIM_NODE, .iface = iface});
	if (here < 0) {
		mag_attach(w, to, iface, hi, NULL);
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

static void delete_some(struct world *w)
{
	uint32_t i = rng_below(&w->rng, N_PREFIXES);
	struct ip6_addr a = ip6_from64(0x20010db840000000 + i, 0);

	ledger_tell(w, &(struct lma_event){.kind = LMA_DELETE, .delete.hnp = {a, 64}});
}

static void world_turns(struct world *w)
{
	at(w, w->now.mono + NS_SEC, (struct sim_event){.kind = SIM_WORLD});
	if (happens(w, 10))
		delete_some(w);
	if (happens(w, 200))
		mag_forget(w, rng_below(&w->rng, N_MAGS));
	if (happens(w, 60)) // one MAG's clock is a bad one
		w->mags[0].clock_off =
			((int64_t)rng_below(&w->rng, 5) - 2) * 180 * (int64_t)NS_MSEC;
	if (happens(w, 3000)) {
		start_lma(w);
		w->restarts++;
	}
}

static void take(struct world *w, struct sim_event e)
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
	}
}

static void move_clock(struct world *w, ns_t mono)
{
	if (mono > w->now.mono)
		w->now.mono = mono;
	w->now.wall_q16 = wall_q16_from_ns(START_S * NS_SEC + w->now.mono);
}

static void tick(struct world *w, ns_t deadline)
{
	move_clock(w, deadline);
	ledger_tell(w, &(struct lma_event){.kind = LMA_TICK});
	if (lma_deadline(w->lma) <= w->now.mono)
		broke(w, "a tick leaves work behind, and there was little");
}

static void run(struct world *w, uint64_t steps)
{
	for (w->step = 0; w->step < steps; w->step++) {
		ns_t deadline = lma_deadline(w->lma);
		if (deadline <= next_time(w)) {
			tick(w, deadline);
		} else {
			struct sim_event e = next_event(w);
			move_clock(w, e.at);
			take(w, e);
		}
		ledger_check(w);
	}
	while (lma_deadline(w->lma) != NS_NEVER)
		tick(w, lma_deadline(w->lma));
	ledger_check_empty(w);
}

// A long run must have been to all the places, or it shows nothing.
static int report(const struct world *w, uint64_t steps)
{
	static const uint8_t statuses[] = {0, 130, 135, 155, 156, 157, 159};
	int missed = 0;

	printf("seed %" PRIu64 ": %" PRIu64 " steps, %.0f s; lost %" PRIu64 ", doubled %" PRIu64
	       ", damaged %" PRIu64 ", taken back %" PRIu64 ", restarts %" PRIu64 "\n",
	       w->seed, steps, (double)w->now.mono / 1e9, w->lost, w->doubled, w->damaged,
	       w->taken_back, w->restarts);
	for (int i = 0; i < LMA_N_NOTES; i++)
		if (w->seen_notes[i] > 0)
			printf("%10" PRIu64 " %s\n", w->seen_notes[i],
			       lma_note_text((enum lma_note_kind)i));
	for (int i = 0; i < 256; i++)
		if (w->seen_status[i] > 0)
			printf("%10" PRIu64 " status %d, %s\n", w->seen_status[i], i,
			       pba_status_name((uint8_t)i));
	for (int i = LMA_NOTE_REGISTERED; i <= LMA_NOTE_IGNORED_DEREG; i++)
		missed += w->seen_notes[i] == 0;
	for (size_t i = 0; i < sizeof(statuses); i++)
		missed += w->seen_status[statuses[i]] == 0;
	missed += w->taken_back == 0;
	if (missed > 0 && steps >= 300000)
		printf("the run has not been everywhere: %d places missed\n", missed);
	return missed > 0 && steps >= 300000;
}

int main(int argc, char **argv)
{
	struct world *w = calloc(1, sizeof(*w));
	uint64_t steps = argc > 2 ? strtoull(argv[2], NULL, 0) : 1000000;

	if (w == NULL)
		return 1;
	w->program = argv[0];
	w->seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	if (argc > 1 && strcmp(argv[1], "random") == 0)
		w->seed = (uint64_t)time(NULL);
	w->rng.state = w->seed;
	w->trace_from = argc > 3 ? strtoull(argv[3], NULL, 0) : UINT64_MAX;
	begin(w);
	run(w, steps);
	int rc = report(w, steps);
	lma_free(w->lma);
	free(w);
	return rc;
}
