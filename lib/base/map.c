// Linear probing with deletion by shifting back: a lookup ends at the first free slot, always.
#include "base/map.h"

#include <errno.h>

#include "base/pages.h"

enum { MIN_SLOTS = 16 };

static uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}

static size_t bytes_of(uint64_t n)
{
	return n * sizeof(struct map_slot);
}

static bool is_free(struct map_slot slot)
{
	return slot.item_1 == 0;
}

int map_init(struct map *m, uint32_t expected)
{
	uint64_t n = MIN_SLOTS;

	while (n * 3 / 4 < expected)
		n *= 2;
	struct map_slot *slots = pages_new(bytes_of(n));
	if (slots == NULL)
		return -ENOMEM;
	*m = (struct map){.slots = slots, .mask = (uint32_t)(n - 1)};
	return 0;
}

void map_done(struct map *m)
{
	pages_free(m->slots, bytes_of((uint64_t)m->mask + 1));
	*m = (struct map){0};
}

static void put(struct map_slot *slots, uint32_t mask, struct map_slot slot)
{
	uint32_t at = slot.tag & mask;

	while (!is_free(slots[at]))
		at = (at + 1) & mask;
	slots[at] = slot;
}

static int grow(struct map *m)
{
	uint32_t n = (m->mask + 1) * 2;
	struct map_slot *slots = n > 0 ? pages_new(bytes_of(n)) : NULL;

	if (slots == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i <= m->mask; i++)
		if (!is_free(m->slots[i]))
			put(slots, n - 1, m->slots[i]);
	pages_free(m->slots, bytes_of((uint64_t)m->mask + 1));
	m->slots = slots;
	m->mask = n - 1;
	return 0;
}

int map_add(struct map *m, uint64_t hash, uint32_t item)
{
	if ((uint64_t)(m->n + 1) * 4 > (uint64_t)(m->mask + 1) * 3) {
		int rc = grow(m);
		if (rc != 0)
			return rc;
	}
	put(m->slots, m->mask, (struct map_slot){tag_of(hash), item + 1});
	m->n++;
	return 0;
}

// Moves back what stands behind a hole and may stand in it: its home is not after the hole.
static void close_hole(struct map *m, uint32_t hole)
{
	uint32_t at = hole;

	for (;;) {
		at = (at + 1) & m->mask;
		if (is_free(m->slots[at]))
			break;
		uint32_t home = m->slots[at].tag & m->mask;
		if (((at - home) & m->mask) >= ((at - hole) & m->mask)) {
			m->slots[hole] = m->slots[at];
			hole = at;
		}
	}
	m->slots[hole] = (struct map_slot){0};
}

bool map_del(struct map *m, uint64_t hash, uint32_t item)
{
	uint32_t at = tag_of(hash) & m->mask;

	for (; !is_free(m->slots[at]); at = (at + 1) & m->mask) {
		if (m->slots[at].item_1 != item + 1 || m->slots[at].tag != tag_of(hash))
			continue;
		close_hole(m, at);
		m->n--;
		return true;
	}
	return false;
}

static uint32_t next_equal(const struct map *m, struct map_cursor *c)
{
	for (; !is_free(m->slots[c->at]); c->at = (c->at + 1) & m->mask)
		if (m->slots[c->at].tag == c->tag)
			return m->slots[c->at].item_1 - 1;
	return MAP_NONE;
}

uint32_t map_first(const struct map *m, uint64_t hash, struct map_cursor *c)
{
	*c = (struct map_cursor){tag_of(hash) & m->mask, tag_of(hash)};
	return next_equal(m, c);
}

uint32_t map_next(const struct map *m, struct map_cursor *c)
{
	c->at = (c->at + 1) & m->mask;
	return next_equal(m, c);
}
