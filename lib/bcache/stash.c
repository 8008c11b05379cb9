// The writer's side of the stash.
#include "bcache/stash.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t line_hash(uint64_t line)
{
	return line * 0xbf58476d1ce4e5b9u;
}

// A key whose window does not reach this slot: no reader that comes by asks for it.
static uint64_t marker_of(const struct stash *s, uint64_t slot)
{
	uint64_t key = slot;

	while (((slot - stash_home(s, key)) & s->mask) < STASH_WINDOW)
		key += 0x94d049bb133111ebu;
	return key;
}

int stash_init(struct stash *s, uint64_t capacity, struct grace *grace)
{
	unsigned bits = 7;

	while ((uint64_t)1 << bits < 4 * capacity)
		bits++;
	uint64_t n = (uint64_t)1 << bits;
	*s = (struct stash){
		.mask = n - 1, .shift = 64 - bits, .grace = grace, .capacity = capacity};
	s->slots = calloc(n, sizeof(*s->slots));
	s->resting = calloc(n, sizeof(*s->resting));
	if (s->slots == NULL || s->resting == NULL || map_init(&s->by_line, 0) != 0) {
		stash_done(s);
		return -ENOMEM;
	}
	for (uint64_t i = 0; i < n; i++)
		atomic_init(&s->slots[i].key, marker_of(s, i));
	return 0;
}

void stash_done(struct stash *s)
{
	free(s->slots);
	free(s->resting);
	map_done(&s->by_line);
	*s = (struct stash){0};
}

int64_t stash_locate(const struct stash *s, uint64_t hash)
{
	uint64_t home = stash_home(s, hash);

	for (uint64_t i = 0; i < STASH_WINDOW; i++) {
		uint64_t at = (home + i) & s->mask;
		if (atomic_load_explicit(&s->slots[at].key, memory_order_relaxed) == hash)
			return (int64_t)at;
	}
	return -1;
}

static int64_t find_room(const struct stash *s, uint64_t hash)
{
	uint64_t home = stash_home(s, hash);

	for (uint64_t i = 0; i < STASH_WINDOW; i++) {
		uint64_t at = (home + i) & s->mask;
		if (!s->resting[at] &&
		    atomic_load_explicit(&s->slots[at].value, memory_order_relaxed) == 0)
			return (int64_t)at;
	}
	return -1;
}

bool stash_add(struct stash *s, uint64_t hash, uint64_t line, uint32_t value)
{
	int64_t at = s->n < s->capacity ? find_room(s, hash) : -1;

	if (at < 0 || map_add(&s->by_line, line_hash(line), (uint32_t)at) != 0)
		return false;
	atomic_store_explicit(&s->slots[at].value, value, memory_order_release);
	atomic_store_explicit(&s->slots[at].key, hash, memory_order_release);
	s->n++;
	return true;
}

void stash_change(struct stash *s, int64_t slot, uint32_t value)
{
	atomic_store_explicit(&s->slots[slot].value, value, memory_order_release);
}

static void end_rest(void *stash, uint64_t slot)
{
	((struct stash *)stash)->resting[slot] = false;
}

void stash_del(struct stash *s, int64_t slot, uint64_t line)
{
	map_del(&s->by_line, line_hash(line), (uint32_t)slot);
	atomic_store_explicit(&s->slots[slot].value, 0, memory_order_release);
	atomic_store_explicit(&s->slots[slot].key, marker_of(s, (uint64_t)slot),
			      memory_order_release);
	// No memory for the note: the slot rests for ever, which costs a slot and no packet.
	s->resting[slot] = true;
	(void)grace_defer(s->grace, end_rest, s, (uint64_t)slot);
	s->n--;
}

bool stash_has_line(const struct stash *s, uint64_t line)
{
	struct map_cursor c;

	return map_first(&s->by_line, line_hash(line), &c) != MAP_NONE;
}
