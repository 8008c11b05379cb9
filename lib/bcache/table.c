// The writer's side of a table, and its memory.
#include "bcache/table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/pages.h"

enum { HUGE = 2 << 20 };

// Huge pages where there are any, transparent ones where the kernel gives them; zeroed.
static void *map_memory(size_t bytes)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *p = MAP_FAILED;

	if (bytes % HUGE == 0)
		p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB, -1, 0);
	if (p == MAP_FAILED)
		p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	// Now, or the first write to each page is a fault of control's and an interrupt to every
	// worker that has read it.
	return pages_touch(p, bytes);
}

int table_new(const struct bcache_conf *conf, unsigned bits, struct grace *grace,
	      struct table **out)
{
	uint64_t stash = conf->max_bindings / 1024 > 64 ? conf->max_bindings / 1024 : 64;
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->mix = mix_of(conf->seed);
	t->bits = bits;
	t->value_mask = ((uint64_t)1 << bits) - 1;
	t->bytes = sizeof(struct line) << bits;
	t->max = conf->max_bindings;
	t->lines = map_memory(t->bytes);
	if (t->lines == NULL || stash_init(&t->stash, stash, grace) != 0) {
		table_free(t);
		return -ENOMEM;
	}
	*out = t;
	return 0;
}

void table_free(struct table *t)
{
	if (t == NULL)
		return;
	if (t->lines != NULL)
		munmap(t->lines, t->bytes);
	stash_done(&t->stash);
	free(t);
}

// The slot with this key; or one that is free, tombstones first, if it is not there; -1: neither.
static int locate(const struct table *t, const struct line *line, uint64_t rest, bool *there)
{
	int room = -1;

	*there = false;
	for (int i = 0; i < LINE_SLOTS; i++) {
		uint64_t word = atomic_load_explicit(&line->slots[i], memory_order_relaxed);
		uint64_t value = word & t->value_mask;
		if (value > BCACHE_TOMB && (word & ~t->value_mask) == rest) {
			*there = true;
			return i;
		}
		if (value == BCACHE_TOMB || (value == BCACHE_NONE && room < 0))
			room = i;
	}
	return room;
}

static bool has_empty(const struct table *t, const struct line *line)
{
	for (int i = 0; i < LINE_SLOTS; i++)
		if ((atomic_load_explicit(&line->slots[i], memory_order_relaxed) & t->value_mask) ==
		    BCACHE_NONE)
			return true;
	return false;
}

int table_set(struct table *t, uint64_t key, uint32_t value)
{
	uint64_t hash = table_hash(t, key), number = hash >> (64 - t->bits);
	struct line *line = &t->lines[number];
	bool there;
	int at = locate(t, line, table_rest(t, hash), &there);
	// A line with an empty slot has no keys in the stash.
	int64_t stashed = there || has_empty(t, line) ? -1 : stash_locate(&t->stash, hash);

	if (stashed >= 0) {
		stash_change(&t->stash, stashed, value);
		return 0;
	}
	if (!there && t->n == t->max) {
		t->refused++;
		return -ENOSPC;
	}
	if (at >= 0) {
		uint64_t old = atomic_load_explicit(&line->slots[at], memory_order_relaxed);
		t->tombstones -= (old & t->value_mask) == BCACHE_TOMB;
		atomic_store_explicit(&line->slots[at], table_rest(t, hash) | value,
				      memory_order_release);
	} else if (!stash_add(&t->stash, hash, number, value)) {
		t->refused++;
		return -ENOSPC;
	}
	t->n += !there;
	return 0;
}

static void clear_tombstones(struct table *t, struct line *line)
{
	for (int i = 0; i < LINE_SLOTS; i++) {
		uint64_t word = atomic_load_explicit(&line->slots[i], memory_order_relaxed);
		if ((word & t->value_mask) != BCACHE_TOMB)
			continue;
		atomic_store_explicit(&line->slots[i], 0, memory_order_release);
		t->tombstones--;
	}
}

int table_del(struct table *t, uint64_t key)
{
	uint64_t hash = table_hash(t, key), number = hash >> (64 - t->bits);
	struct line *line = &t->lines[number];
	bool there;
	int at = locate(t, line, table_rest(t, hash), &there);

	if (there) {
		// A line with an empty slot has no keys in the stash.
		bool keep = !has_empty(t, line) && stash_has_line(&t->stash, number);
		atomic_store_explicit(&line->slots[at], keep ? BCACHE_TOMB : BCACHE_NONE,
				      memory_order_release);
		t->tombstones += keep;
		t->n--;
		return 0;
	}
	int64_t stashed = stash_locate(&t->stash, hash);
	if (stashed < 0)
		return -ENOENT;
	stash_del(&t->stash, stashed, number);
	if (!stash_has_line(&t->stash, number))
		clear_tombstones(t, line);
	t->n--;
	return 0;
}
