// Four wheels of 256 slots: the lowest holds ticks, each slot of a higher one a whole turn of the
// one below.
//
// A slot of a higher wheel is dealt out to where its timers belong by then, in two passes and some
// timers a tick, for it may hold all there are: in the half of a slot's time before it begins,
// those of its first half; in its own first half the rest, which are of the second.
//
// A timer that is set to a later time stays where it is until its slot's time has come: who sets it
// again and again, as lifetimes are, writes to it alone and not to its neighbours.
#include "base/wheel.h"

#include <stdlib.h>

#include "base/pages.h"

enum { LEVELS = 4, BITS = 8, SLOTS = 1 << BITS, SLOT_MASK = SLOTS - 1 };
#define TICK NS_MSEC
// Timers that a pass looks at in a tick: 100 us of work, and a quarter of a million in a slot of
// the second wheel before the end of a pass has to make up for it.
enum { DEALT_A_TICK = 2048 };

// The first item of a list has, in place of the one before it, the number of its slot.
static const uint32_t SLOT_MARK = 1u << 31;

struct timer {
	uint32_t next;   // WHEEL_NONE: none
	uint32_t prev_1; // the item before it and one, or its slot; 0: not set
	ns_t deadline;   // not before the slot's time
};

struct wheel {
	uint64_t tick; // everything before it has come out
	uint32_t set;  // how many are set
	uint32_t max_items;
	uint32_t dealt[LEVELS]; // slot of each higher wheel that a pass goes through
	uint32_t at[LEVELS];    // the item that it comes to; WHEEL_NONE: it is over
	uint32_t heads[LEVELS * SLOTS];
	struct timer *timers;
};

static size_t bytes_of(uint32_t max_items)
{
	return (size_t)max_items * sizeof(struct timer);
}

struct wheel *wheel_new(uint32_t max_items, ns_t now)
{
	struct wheel *w = max_items <= WHEEL_MAX_ITEMS ? malloc(sizeof(*w)) : NULL;

	if (w == NULL)
		return NULL;
	*w = (struct wheel){.tick = now / TICK, .max_items = max_items};
	w->timers = pages_new(bytes_of(max_items));
	if (w->timers == NULL && max_items > 0) {
		free(w);
		return NULL;
	}
	for (unsigned i = 0; i < LEVELS * SLOTS; i++)
		w->heads[i] = WHEEL_NONE;
	for (unsigned i = 0; i < LEVELS; i++)
		w->at[i] = WHEEL_NONE;
	return w;
}

void wheel_free(struct wheel *w)
{
	if (w == NULL)
		return;
	pages_free(w->timers, bytes_of(w->max_items));
	free(w);
}

// Rounded up, so that nothing comes out early.
static uint64_t tick_of(ns_t deadline)
{
	return deadline / TICK + (deadline % TICK != 0);
}

static uint32_t slot_for(const struct wheel *w, uint64_t tick)
{
	if (tick < w->tick)
		tick = w->tick;
	uint64_t ahead = tick - w->tick;
	for (uint32_t level = 0; level < LEVELS; level++)
		if (ahead >> (BITS * (level + 1)) == 0)
			return level * SLOTS + (uint32_t)(tick >> (BITS * level) & SLOT_MASK);
	// Further than all wheels: as far as they go, to be dealt out again then.
	tick = w->tick + ((uint64_t)1 << (BITS * LEVELS)) - 1;
	return (LEVELS - 1) * SLOTS + (uint32_t)(tick >> (BITS * (LEVELS - 1)) & SLOT_MASK);
}

static void link_into(struct wheel *w, uint32_t item, uint32_t slot)
{
	struct timer *t = &w->timers[item];

	t->next = w->heads[slot];
	t->prev_1 = SLOT_MARK | slot;
	if (t->next != WHEEL_NONE)
		w->timers[t->next].prev_1 = item + 1;
	w->heads[slot] = item;
}

static void unlink_from(struct wheel *w, uint32_t item)
{
	struct timer *t = &w->timers[item];

	for (uint32_t level = 1; level < LEVELS; level++)
		if (w->at[level] == item)
			w->at[level] = t->next;
	if (t->prev_1 & SLOT_MARK)
		w->heads[t->prev_1 & ~SLOT_MARK] = t->next;
	else
		w->timers[t->prev_1 - 1].next = t->next;
	if (t->next != WHEEL_NONE)
		w->timers[t->next].prev_1 = t->prev_1;
	t->prev_1 = 0;
}

bool wheel_is_set(const struct wheel *w, uint32_t item)
{
	return item < w->max_items && w->timers[item].prev_1 != 0;
}

ns_t wheel_get(const struct wheel *w, uint32_t item)
{
	return wheel_is_set(w, item) ? w->timers[item].deadline : NS_NEVER;
}

void wheel_prefetch(const struct wheel *w, uint32_t item)
{
	__builtin_prefetch(&w->timers[item], 1);
}

void wheel_stop(struct wheel *w, uint32_t item)
{
	if (!wheel_is_set(w, item))
		return;
	unlink_from(w, item);
	w->set--;
}

void wheel_set(struct wheel *w, uint32_t item, ns_t deadline)
{
	if (item >= w->max_items)
		return;
	// Later than it was: where it stands it will be looked at in time.
	if (wheel_is_set(w, item) && deadline >= w->timers[item].deadline) {
		w->timers[item].deadline = deadline;
		return;
	}
	wheel_stop(w, item);
	w->timers[item].deadline = deadline;
	link_into(w, item, slot_for(w, tick_of(deadline)));
	w->set++;
}

// Goes on with a pass. What stays is of the slot's second half, or of its next turn.
static void deal(struct wheel *w, uint32_t level, uint32_t most)
{
	for (; most > 0 && w->at[level] != WHEEL_NONE; most--) {
		uint32_t item = w->at[level];
		uint32_t slot = slot_for(w, tick_of(w->timers[item].deadline));
		w->at[level] = w->timers[item].next;
		if (slot == w->dealt[level])
			continue;
		unlink_from(w, item);
		link_into(w, item, slot);
	}
}

// Once a half of a slot: the pass before has to end, and another one begins.
static void turn_over(struct wheel *w, uint32_t level)
{
	uint64_t width = (uint64_t)1 << (BITS * level);
	uint64_t slot = (w->tick >> (BITS * level)) + ((w->tick & (width - 1)) != 0);

	deal(w, level, UINT32_MAX);
	w->dealt[level] = level * SLOTS + (uint32_t)(slot & SLOT_MASK);
	w->at[level] = w->heads[w->dealt[level]];
}

static void advance(struct wheel *w)
{
	w->tick++;
	for (uint32_t level = 1; level < LEVELS; level++) {
		if ((w->tick & (((uint64_t)1 << (BITS * level - 1)) - 1)) == 0)
			turn_over(w, level);
		if (w->at[level] != WHEEL_NONE)
			deal(w, level, DEALT_A_TICK);
	}
}

// Its deadline was moved since it was put here: to where it belongs now.
static bool is_later(struct wheel *w, uint32_t item)
{
	uint64_t tick = tick_of(w->timers[item].deadline);

	if (tick <= w->tick)
		return false;
	unlink_from(w, item);
	link_into(w, item, slot_for(w, tick));
	return true;
}

uint32_t wheel_expire(struct wheel *w, ns_t now)
{
	uint64_t until = now / TICK;

	for (;;) {
		uint32_t item = w->heads[w->tick & SLOT_MASK];
		if (item != WHEEL_NONE && w->tick <= until) {
			if (is_later(w, item))
				continue;
			wheel_stop(w, item);
			return item;
		}
		if (w->tick >= until)
			return WHEEL_NONE;
		if (w->set == 0)
			w->tick = until;
		else
			advance(w);
	}
}

ns_t wheel_deadline(const struct wheel *w)
{
	if (w->set == 0)
		return NS_NEVER;
	// Up to the half of the lowest wheel's turn the slots are exact; there a pass ends.
	uint64_t tick = w->tick;
	do {
		if (w->heads[tick & SLOT_MASK] != WHEEL_NONE)
			return tick * TICK;
		tick++;
	} while ((tick & (SLOT_MASK >> 1)) != 0);
	return tick * TICK;
}
