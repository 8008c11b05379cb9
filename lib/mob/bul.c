// Entries in an array; three hash maps lead to them.
#include "mob/bul.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t hash_link(const struct bul *b, struct mag_link link)
{
	uint8_t key[8] = {(uint8_t)(link.interface >> 8), (uint8_t)link.interface};

	memcpy(key + 2, link.mac, sizeof(link.mac));
	return siphash(b->key, key, sizeof(key));
}

static uint64_t hash_mn_id(const struct bul *b, struct span mn_id)
{
	return siphash(b->key, mn_id.p, mn_id.n);
}

static uint64_t hash_hnp(const struct bul *b, struct ip6_prefix p)
{
	return siphash(b->key, &p, sizeof(p));
}

int bul_init(struct bul *b, uint32_t max, struct siphash_key key, ns_t now)
{
	*b = (struct bul){.max = max, .key = key};
	b->entries = calloc(max, sizeof(*b->entries));
	b->free = calloc(max, sizeof(*b->free));
	b->timers = wheel_new(max, now);
	if (b->entries == NULL || b->free == NULL || b->timers == NULL ||
	    map_init(&b->by_link, max) != 0 || map_init(&b->by_mn_id, max) != 0 ||
	    map_init(&b->by_hnp, max) != 0)
		return -ENOMEM; // what there is goes with bul_done
	while (b->n_free < max) {
		b->free[b->n_free] = max - 1 - b->n_free;
		b->n_free++;
	}
	return 0;
}

static void drop_texts(struct bul_entry *e)
{
	free(e->mn_id);
	free(e->asked_as);
	free(e->service);
}

void bul_done(struct bul *b)
{
	for (uint32_t i = 0; b->entries != NULL && i < b->max; i++)
		drop_texts(&b->entries[i]);
	map_done(&b->by_link);
	map_done(&b->by_mn_id);
	map_done(&b->by_hnp);
	wheel_free(b->timers);
	free(b->entries);
	free(b->free);
	*b = (struct bul){0};
}

static bool is_one_too_many(const struct bul *b, struct span mn_id)
{
	uint32_t n = 0, i = BUL_NULL;

	while ((i = bul_find_mn_id(b, mn_id, i)) != BUL_NULL)
		n++;
	return n >= BUL_MAX_LINKS;
}

uint32_t bul_add(struct bul *b, struct mag_link link, struct span mn_id)
{
	if (b->n_free == 0 || mn_id.n == 0 || mn_id.n > BUL_MAX_MN_ID || is_one_too_many(b, mn_id))
		return BUL_NULL;
	char *copy = malloc(mn_id.n);
	if (copy == NULL)
		return BUL_NULL;
	uint32_t i = b->free[b->n_free - 1];
	if (map_add(&b->by_link, hash_link(b, link), i) != 0) {
		free(copy);
		return BUL_NULL;
	}
	if (map_add(&b->by_mn_id, hash_mn_id(b, mn_id), i) != 0) {
		map_del(&b->by_link, hash_link(b, link), i);
		free(copy);
		return BUL_NULL;
	}
	b->n_free--;
	memcpy(copy, mn_id.p, mn_id.n);
	b->entries[i] = (struct bul_entry){
		.used = true, .link = link, .mn_id = copy, .mn_len = (uint8_t)mn_id.n};
	return i;
}

void bul_del(struct bul *b, uint32_t i)
{
	struct bul_entry *e = &b->entries[i];

	bul_set_state(b, i, BUL_NONE);
	bul_unbind(b, i);
	wheel_stop(b->timers, i);
	map_del(&b->by_link, hash_link(b, e->link), i);
	map_del(&b->by_mn_id, hash_mn_id(b, bul_mn_id(e)), i);
	drop_texts(e);
	*e = (struct bul_entry){0};
	b->free[b->n_free++] = i;
}

static bool same_link(struct mag_link a, struct mag_link b)
{
	return a.interface == b.interface && memcmp(a.mac, b.mac, sizeof(a.mac)) == 0;
}

uint32_t bul_find_link(const struct bul *b, struct mag_link link)
{
	struct map_cursor c;
	uint32_t i = map_first(&b->by_link, hash_link(b, link), &c);

	for (; i != MAP_NONE; i = map_next(&b->by_link, &c))
		if (same_link(b->entries[i].link, link))
			return i;
	return BUL_NULL;
}

uint32_t bul_find_mn_id(const struct bul *b, struct span mn_id, uint32_t after)
{
	struct map_cursor c;
	uint32_t i = map_first(&b->by_mn_id, hash_mn_id(b, mn_id), &c);
	bool passed = after == BUL_NULL;

	for (; i != MAP_NONE; i = map_next(&b->by_mn_id, &c)) {
		if (passed && span_equal(bul_mn_id(&b->entries[i]), mn_id))
			return i;
		passed |= i == after;
	}
	return BUL_NULL;
}

uint32_t bul_find_hnp(const struct bul *b, struct ip6_prefix hnp)
{
	struct map_cursor c;
	uint32_t i = map_first(&b->by_hnp, hash_hnp(b, hnp), &c);

	for (; i != MAP_NONE; i = map_next(&b->by_hnp, &c))
		for (uint8_t k = 0; k < b->entries[i].n_hnps; k++)
			if (ip6_prefix_equal(b->entries[i].hnps[k], hnp))
				return i;
	return BUL_NULL;
}

static uint32_t *counter_of(struct bul *b, uint8_t state)
{
	switch (state) {
	case BUL_ASKING:
		return &b->n_asking;
	case BUL_REGISTERING:
		return &b->n_pending;
	case BUL_REFUSED:
		return &b->n_refused;
	case BUL_BOUND:
	case BUL_REFRESHING:
		return &b->n_bound;
	default:
		return NULL;
	}
}

static void count_state(struct bul *b, const struct bul_entry *e, uint32_t by)
{
	uint32_t *counter = counter_of(b, e->state);

	if (counter != NULL)
		*counter += by;
	if (counter == &b->n_bound)
		b->n_bound_at[e->lma] += by;
}

void bul_set_state(struct bul *b, uint32_t i, enum bul_state state)
{
	struct bul_entry *e = &b->entries[i];

	count_state(b, e, UINT32_MAX);
	e->state = (uint8_t)state;
	count_state(b, e, 1);
}

void bul_set_lma(struct bul *b, uint32_t i, uint8_t lma)
{
	struct bul_entry *e = &b->entries[i];

	count_state(b, e, UINT32_MAX);
	e->lma = lma;
	count_state(b, e, 1);
}

bool bul_set_service(struct bul *b, uint32_t i, const char *service)
{
	struct bul_entry *e = &b->entries[i];
	size_t n = strlen(service);
	char *copy = n > 0 ? malloc(n + 1) : NULL;

	if (n > 0 && copy == NULL)
		return false;
	if (n > 0)
		memcpy(copy, service, n + 1);
	free(e->service);
	e->service = copy;
	return true;
}

int bul_rename(struct bul *b, uint32_t i, struct span mn_id)
{
	struct bul_entry *e = &b->entries[i];
	uint64_t old = hash_mn_id(b, bul_mn_id(e));

	if (mn_id.n == 0 || mn_id.n > BUL_MAX_MN_ID || is_one_too_many(b, mn_id))
		return -EEXIST;
	char *copy = malloc(mn_id.n);
	if (copy == NULL || map_add(&b->by_mn_id, hash_mn_id(b, mn_id), i) != 0) {
		free(copy);
		return -ENOMEM;
	}
	map_del(&b->by_mn_id, old, i);
	memcpy(copy, mn_id.p, mn_id.n);
	if (e->asked_as == NULL) {
		e->asked_as = e->mn_id;
		e->asked_len = e->mn_len;
	} else {
		free(e->mn_id);
	}
	e->mn_id = copy;
	e->mn_len = (uint8_t)mn_id.n;
	return 0;
}

void bul_bind(struct bul *b, uint32_t i, const struct ip6_prefix *hnps, uint8_t n)
{
	struct bul_entry *e = &b->entries[i];

	bul_unbind(b, i);
	memcpy(e->hnps, hnps, n * sizeof(*hnps));
	e->n_hnps = n;
	e->bound = n != 0;
	for (uint8_t k = 0; k < n; k++)
		map_add(&b->by_hnp, hash_hnp(b, hnps[k]), i);
}

void bul_unbind(struct bul *b, uint32_t i)
{
	struct bul_entry *e = &b->entries[i];

	for (uint8_t k = 0; e->bound && k < e->n_hnps; k++)
		map_del(&b->by_hnp, hash_hnp(b, e->hnps[k]), i);
	e->bound = false;
}

static ns_t sooner(ns_t a, ns_t b)
{
	if (a == 0 || b == 0)
		return a == 0 ? b : a;
	return a < b ? a : b;
}

void bul_schedule(struct bul *b, uint32_t i)
{
	const struct bul_entry *e = &b->entries[i];
	ns_t due = sooner(sooner(e->due_request, e->due_refresh), sooner(e->due_probe, e->expires));

	due = sooner(due, sooner(e->due_advert, e->due_ask));
	if (e->gone)
		due = 1; // long past
	if (due != 0)
		wheel_set(b->timers, i, due);
	else
		wheel_stop(b->timers, i);
}
