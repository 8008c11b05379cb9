// Four wheels of 256 slots: the lowest holds ticks, each slot of a higher one a whole turn of the
// one below. When the lowest has come around, the next slot above it is dealt out again.
#include "base/wheel.h"

#include <stdlib.h>

enum { LEVELS = 4, BITS = 8, SLOTS = 1 << BITS, SLOT_MASK = SLOTS - 1 };
#define TICK NS_MSEC

// The first item of a list has, in place of the one before it, the number of its slot.
static const uint32_t SLOT_MARK = 1u << 31;

struct timer {
	uint32_t next, prev; // prev: WHEEL_NONE when not set
	ns_t deadline;
};

struct wheel {
	uint64_t tick; // everything before it has come out
	uint32_t set;  // how many are set
	uint32_t max_items;
	uint32_t heads[LEVELS * SLOTS];
	struct timer timers[];
};

struct wheel *wheel_new(uint32_t max_items, ns_t now)
{
	if (max_items > WHEEL_MAX_ITEMS)
		return NULL;
	struct wheel *w = malloc(sizeof(*w) + (size_t)max_items * sizeof(w->timers[0]));
	if (w == NULL)
		return NULL;
	w->tick = now / TICK;
	w->set = 0;
	w->max_items = max_items;
	for (unsigned i = 0; i < LEVELS * SLOTS; i++)
		w->heads[i] = WHEEL_NONE;
	for (uint32_t i = 0; i < max_items; i++)
		w->timers[i] = (struct timer){WHEEL_NONE, WHEEL_NONE, NS_NEVER};
	return w;
}

void wheel_free(struct wheel *w)
{
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
	t->prev = SLOT_MARK | slot;
	if (t->next != WHEEL_NONE)
		w->timers[t->next].prev = item;
	w->heads[slot] = item;
}

static void unlink_from(struct wheel *w, uint32_t item)
{
	struct timer *t = &w->timers[item];

	if (t->prev & SLOT_MARK)
		w->heads[t->prev & ~SLOT_MARK] = t->next;
	else
		w->timers[t->prev].next = t->next;
	if (t->next != WHEEL_NONE)
		w->timers[t->next].prev = t->prev;
	t->next = t->prev = WHEEL_NONE;
}

bool wheel_is_set(const struct wheel *w, uint32_t item)
{
	return item < w->max_items && w->timers[item].prev != WHEEL_NONE;
}

ns_t wheel_get(const struct wheel *w, uint32_t item)
{
	return wheel_is_set(w, item) ? w->timers[item].deadline : NS_NEVER;
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
	wheel_stop(w, item);
	w->timers[item].deadline = deadline;
	link_into(w, item, slot_for(w, tick_of(deadline)));
	w->set++;
}

// Deals out a slot of a higher level to where its timers belong now.
static void cascade(struct wheel *w, uint32_t slot)
{
	uint32_t item = w->heads[slot];

	w->heads[slot] = WHEEL_NONE;
	while (item != WHEEL_NONE) {
		uint32_t next = w->timers[item].next;
		link_into(w, item, slot_for(w, tick_of(w->timers[item].deadline)));
		item = next;
	}
}

static void advance(struct wheel *w)
{
	w->tick++;
	for (uint32_t level = 1; level < LEVELS; level++) {
		if ((w->tick & (((uint64_t)1 << (BITS * level)) - 1)) != 0)
			break;
		cascade(w, level * SLOTS + (uint32_t)(w->tick >> (BITS * level) & SLOT_MASK));
	}
}

uint32_t wheel_expire(struct wheel *w, ns_t now)
{
	uint64_t until = now / TICK;

	for (;;) {
		uint32_t item = w->heads[w->tick & SLOT_MASK];
		if (item != WHEEL_NONE && w->tick <= until) {
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
	// Up to the end of the lowest wheel's turn the slots are exact; there the next ones are
	// dealt out.
	uint64_t tick = w->tick;
	do {
		if (w->heads[tick & SLOT_MASK] != WHEEL_NONE)
			return tick * TICK;
		tick++;
	} while ((tick & SLOT_MASK) != 0);
	return tick * TICK;
}
