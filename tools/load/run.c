// The phases, one after the other: link, neighbours, registration, traffic or a search, leaving.
//
// Decides when a phase is over, and when waiting for it makes no sense any more.
#include "tools/load/load.h"

#include <stdarg.h>
#include <string.h>

enum { AHEAD = 4 }; // packets each way

static const ns_t ahead_patience = 1500 * NS_MSEC;
static const ns_t link_patience = 30 * NS_SEC, answer_patience = 10 * NS_SEC;
static const ns_t drain_patience = 2 * NS_SEC; // RFC 2544 23: for what is still under way

static bool __attribute__((format(printf, 2, 3))) fail(struct load *l, const char *format, ...)
{
	va_list args;

	if (l->failed[0] != '\0')
		return false; // the first reason is the reason
	va_start(args, format);
	vsnprintf(l->failed, sizeof(l->failed), format, args);
	va_end(args);
	return false;
}

// False: it was stopped, or a port that had a link has none.
static bool goes_on(struct load *l)
{
	if (*l->stop)
		return fail(l, "stopped");
	for (unsigned i = 0; i < N_SIDES; i++)
		if (l->sides[i].resolved && !l->sides[i].up)
			return fail(l, "the %s port has lost its link: does the LMA still run?",
				    side_name(l->sides[i].role));
	return true;
}

static bool are_ready(const struct load *l)
{
	for (unsigned i = 0; i < N_SIDES; i++)
		if (!l->sides[i].up || !l->sides[i].resolved)
			return false;
	return true;
}

static bool wait_for_links(struct load *l)
{
	struct now now = load_now(l);
	ns_t until = now.mono + link_patience;
	unsigned s = link_patience / NS_SEC;

	for (; now.mono < until && goes_on(l); now = load_now(l)) {
		if (are_ready(l))
			return true;
		load_turn(l, now);
	}
	for (unsigned i = 0; i < N_SIDES; i++) {
		const char *name = side_name(l->sides[i].role);
		if (!l->sides[i].up)
			return fail(l,
				    "the %s port has no link for %u s: does the LMA run, and is "
				    "this the port that its configuration has?",
				    name, s);
		if (!l->sides[i].resolved)
			return fail(l,
				    "nobody answers for --%s-gateway for %u s: is that address on "
				    "the LMA's interface? ip -6 addr",
				    name, s);
	}
	return false;
}

// A phase of requests, until each is answered.
static bool request_all(struct load *l, bool (*turn)(struct registrar *, struct now))
{
	struct registrar *r = &l->registrar;
	struct now now = load_now(l);

	registrar_pause(r, now);
	for (; goes_on(l); now = load_now(l)) {
		bool all = turn(r, now);
		load_turn(l, now);
		if (all && r->waiting == 0)
			return true;
		if (r->waiting == 0)
			r->heard = now.mono; // a slow pace: no answer is owed
		if (now.mono > r->heard + answer_patience)
			return fail(l,
				    "no answer for 10 s, %u PBUs wait for one: has the LMA a way "
				    "back to --proxy-coa, and are these MAGs in its mags?",
				    r->waiting);
	}
	return false;
}

static bool register_all(struct load *l)
{
	struct registrar *r = &l->registrar;
	ns_t began = load_now(l).mono;

	bool good = request_all(l, registrar_enter);
	l->registering = load_now(l).mono - began;
	l->registered_pbus = r->counts.accepted;
	if (good && r->in_state[NODE_BOUND] == 0)
		return fail(l, "the LMA refused every node: the table says with which status");
	return good;
}

static bool leave_all(struct load *l)
{
	uint64_t before = l->registrar.counts.accepted;
	ns_t began = load_now(l).mono;

	bool good = request_all(l, registrar_leave);
	l->leaving = load_now(l).mono - began;
	l->left_pbus = l->registrar.counts.accepted - before;
	return good;
}

static bool is_under_way(const struct load *l)
{
	for (unsigned i = 0; i < N_WAYS; i++)
		if (sink_lost(&l->traffic[i].counts) > 0)
			return true;
	return l->registrar.waiting > 0;
}

static uint64_t come(const struct load *l)
{
	uint64_t n = l->registrar.counts.accepted;

	for (unsigned i = 0; i < N_WAYS; i++)
		n += l->traffic[i].counts.received + sink_wrong(&l->traffic[i].counts);
	return n;
}

// Until all has come, or nothing does any more. A handover that has no answer is waited for longer:
// its PBU is sent again.
static void drain(struct load *l)
{
	struct now now = load_now(l);
	ns_t heard = now.mono;
	uint64_t before = come(l);

	for (; is_under_way(l) && goes_on(l); now = load_now(l)) {
		load_turn(l, now);
		if (come(l) != before) {
			before = come(l);
			heard = now.mono;
		}
		ns_t patience = l->registrar.waiting > 0 ? answer_patience : drain_patience;
		if (now.mono > heard + patience)
			return;
	}
}

// RFC 2544 23: some go ahead of what counts, one at a time. The LMA may have to find out where the
// next hop is, and keeps but one packet meanwhile.
static void go_ahead(struct load *l, struct traffic *t)
{
	struct now now = load_now(l);
	uint64_t in_flight = t->in_flight;
	ns_t until = now.mono + ahead_patience;

	t->in_flight = 1;
	traffic_restart(t, PACE_MAX, l->ticks.hz, now);
	for (; t->counts.received < AHEAD && now.mono < until && goes_on(l); now = load_now(l))
		load_turn(l, now);
	traffic_stop(t);
	until = now.mono + ahead_patience;
	for (; t->counts.received > 0 && sink_lost(&t->counts) > 0 && now.mono < until;
	     now = load_now(l))
		load_turn(l, now);
	l->ahead[t->way] = t->counts.sent;
	t->in_flight = in_flight;
}

bool run_traffic(struct load *l, const double rates[N_WAYS], ns_t how_long, bool handovers)
{
	for (unsigned way = 0; way < N_WAYS; way++) {
		struct traffic *t = &l->traffic[way];
		t->form = frame_form(&l->plan, t->way, t->side->gateway_mac, t->side->mac);
		if (rates[way] != 0 && l->ahead[way] == 0)
			go_ahead(l, t);
	}
	struct now now = load_now(l);
	ns_t began = now.mono, until = began + how_long;
	for (unsigned way = 0; way < N_WAYS; way++)
		traffic_restart(&l->traffic[way], rates[way], l->ticks.hz, now);
	memset(&l->progress, 0, sizeof(l->progress));
	if (handovers)
		registrar_serve(&l->registrar, now);
	for (; now.mono < until && goes_on(l); now = load_now(l))
		load_turn(l, now);
	l->traffic_took = now.mono - began;
	for (unsigned way = 0; way < N_WAYS; way++)
		traffic_stop(&l->traffic[way]);
	registrar_pause(&l->registrar, now);
	drain(l);
	return goes_on(l);
}

static bool carry(struct load *l)
{
	const struct arguments *a = l->args;
	const double rates[N_WAYS] = {[WAY_DOWN] = a->downlink, [WAY_UP] = a->uplink};
	bool handovers = a->handover_rate != 0 || a->storm_interval_s > 0;

	if (a->ndr || a->pdr_percent > 0)
		return trials_run(l);
	if (a->downlink == 0 && a->uplink == 0 && !handovers)
		return true;
	return run_traffic(l, rates, a->seconds * NS_SEC, handovers);
}

bool run_all(struct load *l)
{
	return wait_for_links(l) && register_all(l) && carry(l) &&
	       (l->args->keep_bindings || leave_all(l));
}
