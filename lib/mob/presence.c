// What an entry's timer means: which of its times came, and whether its node is still there.
//
// Decides in which order what is due is done, one at a time; what follows is attach.c's.
#include "mob/mag_engine.h"

// MAG-REG-14, for a node that may have a binding elsewhere by now: the LMA would take a renewal of
// ours for its return and end that one, until its MAG renews. So the sign of it must be as fresh as
// an answer to a probe.
bool is_surely_there(const struct mag *m, const struct bul_entry *e)
{
	return m->now.mono - e->heard <= m->conf.probe_interval;
}

void ask_first(struct mag *m, struct bul_entry *e)
{
	e->wanted = true;
	e->due_request = 0;
	e->due_probe = m->now.mono;
}

// One that is kept for its next MAG is not asked whether it is here; now it is ours alone.
void watch_again(const struct mag *m, struct bul_entry *e)
{
	if (e->due_probe == 0)
		e->due_probe = m->now.mono;
}

// MAG-DET-01: a node that was not heard for a while is asked, and when it does not answer it is
// gone. One whose link has just come up is not given up before that while is over: it cannot answer
// yet if it still looks for duplicates of its address.
static void look_after(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);
	bool early = m->now.mono - e->heard < m->conf.probe_after;

	if (early && !e->wanted) {
		e->probes = 0;
		e->due_probe = e->heard + m->conf.probe_after;
	} else if (e->probes >= m->conf.probes || e->state == BUL_REFUSED) {
		happen(m, i, EV_SILENT);
	} else {
		if (!early || !e->came_up)
			e->probes++;
		e->due_probe = m->now.mono + m->conf.probe_interval;
		probe(m, i);
	}
}

static bool is_due(ns_t due, ns_t now)
{
	return due != 0 && due <= now;
}

void on_timer(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);
	ns_t now = m->now.mono;

	if (e->gone) {
		e->gone = false;
		e->told = true;
		happen(m, i, EV_DETACH);
	} else if (is_due(e->expires, now)) {
		happen(m, i, EV_OVER);
	} else if (is_due(e->due_request, now)) {
		e->due_request = 0;
		happen(m, i, EV_REPEAT);
	} else if (is_due(e->due_refresh, now)) {
		e->due_refresh = 0;
		happen(m, i, EV_REFRESH);
	} else if (is_due(e->due_probe, now)) {
		look_after(m, i);
	} else if (is_due(e->due_ask, now)) {
		on_ask_timer(m, i);
	} else if (is_due(e->due_advert, now)) {
		e->due_advert = 0;
		if (e->state != BUL_LEAVING)
			advertise(m, i);
	}
	if (e->used)
		bul_schedule(&m->bul, i);
}
