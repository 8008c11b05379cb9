// Events in order of time, and messages that do not arrive as they were sent.
#include "test/sim/sim.h"

enum { NONE = UINT32_MAX };

void network_init(struct world *w)
{
	for (uint32_t i = 0; i < N_PACKETS; i++)
		w->packets[i].next_free = i + 1 < N_PACKETS ? i + 1 : NONE;
	w->free_packet = 0;
	w->n_events = 0;
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct sim_event *a, struct sim_event *b)
{
	struct sim_event t = *a;

	*a = *b;
	*b = t;
}

void at(struct world *w, ns_t when, struct sim_event event)
{
	uint32_t i = w->n_events;

	if (i == MAX_EVENTS)
		broke(w, "the simulation's own queue is full");
	event.at = when;
	event.order = w->order++;
	w->events[w->n_events++] = event;
	for (; i > 0 && before(&w->events[i], &w->events[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&w->events[i], &w->events[(i - 1) / 2]);
}

struct sim_event next_event(struct world *w)
{
	struct sim_event first = w->events[0];
	uint32_t i = 0, least;

	w->events[0] = w->events[--w->n_events];
	for (;; i = least) {
		least = i;
		for (uint32_t k = 2 * i + 1; k <= 2 * i + 2 && k < w->n_events; k++)
			if (before(&w->events[k], &w->events[least]))
				least = k;
		if (least == i)
			return first;
		swap(&w->events[i], &w->events[least]);
	}
}

ns_t next_time(const struct world *w)
{
	return w->n_events > 0 ? w->events[0].at : NS_NEVER;
}

static uint32_t new_packet(struct world *w)
{
	uint32_t i = w->free_packet;

	if (i != NONE)
		w->free_packet = w->packets[i].next_free;
	return i;
}

void packet_free(struct world *w, uint32_t i)
{
	w->packets[i].next_free = w->free_packet;
	w->free_packet = i;
}

// Mostly some milliseconds, at times seconds: later messages overtake.
static ns_t delay(struct world *w)
{
	ns_t ns = NS_MSEC + rng_below(&w->rng, 40 * NS_MSEC);

	return !w->calm && happens(w, 20) ? ns + rng_below(&w->rng, 3000) * NS_MSEC : ns;
}

// A byte becomes another; half of the time the checksum is made right again, so that the parser and
// the engine see it.
static void damage(struct world *w, struct packet *p)
{
	w->damaged++;
	p->bytes[rng_below(&w->rng, p->n)] = (uint8_t)rng_u64(&w->rng);
	if (happens(w, 2))
		return;
	p->bytes[4] = p->bytes[5] = 0;
	uint16_t sum = mh_checksum(p->src, p->dst, (struct span){p->bytes, p->n});
	p->bytes[4] = (uint8_t)(sum >> 8);
	p->bytes[5] = (uint8_t)sum;
}

static uint32_t mag_at(const struct world *w, struct ip6_addr addr)
{
	for (uint32_t i = 0; i < N_MAGS; i++)
		if (ip6_equal(w->mags[i].addr, addr))
			return i;
	return NONE;
}

void transmit(struct world *w, struct ip6_addr src, struct ip6_addr dst, const struct mh *mh)
{
	uint32_t mag = mag_at(w, dst), i;
	uint32_t copies = !w->calm && happens(w, 20) ? 2 : 1;

	w->doubled += copies - 1;
	if (!w->calm && happens(w, 15)) {
		w->lost++;
		return;
	}
	while (copies-- > 0 && (i = new_packet(w)) != NONE) {
		struct packet *p = &w->packets[i];
		struct writer out = wr_over(p->bytes, sizeof(p->bytes));
		p->src = src;
		p->dst = dst;
		if (!mh_emit(&out, src, dst, mh))
			broke(w, "a message that cannot be written");
		p->n = (uint16_t)wr_len(&out);
		if (!w->undamaged && happens(w, 100))
			damage(w, p);
		at(w, w->now.mono + delay(w),
		   (struct sim_event){
			   .kind = mag != NONE ? SIM_TO_MAG : SIM_TO_LMA, .mag = mag, .what = i});
	}
}
