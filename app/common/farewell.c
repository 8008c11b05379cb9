// Records in an array that grows, the free ones chained, found by a keyed hash of the prefix.
#include "app/common/farewell.h"

#include <errno.h>
#include <stdlib.h>

enum { AT_FIRST = 64 };

static uint64_t hash_of(const struct farewells *f, struct ip6_prefix hnp)
{
	return siphash(f->key, &hnp, sizeof(hnp));
}

int farewells_init(struct farewells *f, uint64_t seed)
{
	struct map by_hnp;

	if (map_init(&by_hnp, AT_FIRST) != 0)
		return -ENOMEM;
	*f = (struct farewells){.free = FAREWELL_NONE, .by_hnp = by_hnp, .key = {seed, seed ^ 1}};
	return 0;
}

void farewells_done(struct farewells *f)
{
	map_done(&f->by_hnp);
	free(f->v);
	*f = (struct farewells){0};
}

static int grow(struct farewells *f)
{
	uint32_t max = f->max == 0 ? AT_FIRST : f->max * 2;
	struct farewell *v = realloc(f->v, max * sizeof(*v));

	if (v == NULL)
		return -ENOMEM;
	for (uint32_t i = f->max; i < max; i++)
		v[i].next = i + 1 < max ? i + 1 : FAREWELL_NONE;
	f->free = f->max;
	f->v = v;
	f->max = max;
	return 0;
}

int farewells_add(struct farewells *f, struct ip6_prefix hnp, uint32_t entry)
{
	if (f->free == FAREWELL_NONE && grow(f) != 0)
		return -ENOMEM;
	uint32_t i = f->free;
	if (map_add(&f->by_hnp, hash_of(f, hnp), i) != 0)
		return -ENOMEM;
	f->free = f->v[i].next;
	f->v[i] = (struct farewell){.hnp = hnp, .entry = entry};
	return 0;
}

uint32_t farewells_take(struct farewells *f, struct ip6_prefix hnp)
{
	uint64_t hash = hash_of(f, hnp);
	struct map_cursor c;
	uint32_t i = map_first(&f->by_hnp, hash, &c);

	while (i != MAP_NONE && !ip6_prefix_equal(f->v[i].hnp, hnp))
		i = map_next(&f->by_hnp, &c);
	if (i == MAP_NONE)
		return FAREWELL_NONE;
	map_del(&f->by_hnp, hash, i);
	uint32_t entry = f->v[i].entry;
	f->v[i].next = f->free;
	f->free = i;
	return entry;
}
