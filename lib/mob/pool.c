// The pointer, the free lists and the quarantine.
#include "mob/pool.h"

#include <errno.h>
#include <stdlib.h>

enum { NONE = UINT32_MAX, POINTER_STEPS = 256, RANDOM_TRIES = 64 };

int pools_init(struct pools *p, const struct lma_conf *conf, struct siphash_key key)
{
	*p = (struct pools){.n = conf->n_pools,
			    .key = key,
			    .quarantined = {NONE, NONE},
			    .idle_free = NONE,
			    .quarantine = conf->prefix_quarantine};
	p->v = calloc((size_t)conf->n_pools + 1, sizeof(*p->v));
	if (p->v == NULL || map_init(&p->by_prefix, 0) != 0) {
		pools_done(p);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < p->n; i++) {
		const struct lma_pool_conf *c = &conf->pools[i];
		unsigned bits = (unsigned)(c->hnp_len - c->block.len);
		p->v[i] = (struct pool){.block = c->block,
					.hnp_len = c->hnp_len,
					.count = bits < 63 ? (uint64_t)1 << bits : INT64_MAX,
					.free = {NONE, NONE}};
	}
	return 0;
}

void pools_done(struct pools *p)
{
	free(p->v);
	free(p->idle);
	map_done(&p->by_prefix);
	*p = (struct pools){0};
}

static uint64_t hash_of(const struct pools *p, struct ip6_prefix prefix)
{
	return siphash(p->key, &prefix, sizeof(prefix));
}

static struct ip6_prefix prefix_at(const struct pool *pool, uint64_t index)
{
	uint64_t hi = ip6_hi64(pool->block.addr) | index << (64 - pool->hnp_len);

	return (struct ip6_prefix){ip6_from64(hi, 0), pool->hnp_len};
}

static uint32_t pool_of(const struct pools *p, struct ip6_prefix prefix)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (prefix.len == p->v[i].hnp_len && ip6_prefix_covers(p->v[i].block, prefix.addr))
			return i;
	return NONE;
}

static uint32_t find_idle(const struct pools *p, struct ip6_prefix prefix)
{
	struct map_cursor c;
	uint32_t i = map_first(&p->by_prefix, hash_of(p, prefix), &c);

	for (; i != MAP_NONE; i = map_next(&p->by_prefix, &c))
		if (ip6_prefix_equal(p->idle[i].prefix, prefix))
			return i;
	return NONE;
}

static uint32_t new_idle(struct pools *p)
{
	uint32_t i = p->idle_free;

	if (i != NONE) {
		p->idle_free = p->idle[i].next;
		return i;
	}
	if (p->idle_high == p->idle_max) {
		uint32_t max = p->idle_max > 0 ? 2 * p->idle_max : 1024;
		struct idle_prefix *more = realloc(p->idle, (size_t)max * sizeof(*more));
		if (more == NULL)
			return NONE;
		p->idle = more;
		p->idle_max = max;
	}
	return p->idle_high++;
}

static void drop_idle(struct pools *p, uint32_t i)
{
	p->idle[i].next = p->idle_free;
	p->idle_free = i;
}

static void append(struct pools *p, struct idle_list *list, uint32_t i)
{
	p->idle[i].next = NONE;
	p->idle[i].prev = list->last;
	if (list->last == NONE)
		list->first = i;
	else
		p->idle[list->last].next = i;
	list->last = i;
}

static void take_out(struct pools *p, struct idle_list *list, uint32_t i)
{
	uint32_t next = p->idle[i].next, prev = p->idle[i].prev;

	if (prev == NONE)
		list->first = next;
	else
		p->idle[prev].next = next;
	if (next == NONE)
		list->last = prev;
	else
		p->idle[next].prev = prev;
}

// The prefix is somebody's again: nothing is left of it here.
static void claim_idle(struct pools *p, uint32_t i)
{
	struct idle_prefix *idle = &p->idle[i];

	map_del(&p->by_prefix, hash_of(p, idle->prefix), i);
	take_out(p, idle->free ? &p->v[idle->pool].free : &p->quarantined, i);
	p->n_quarantined -= !idle->free;
	drop_idle(p, i);
}

static bool take_released(struct pools *p, struct pool *pool, struct ip6_prefix *out)
{
	if (pool->free.first == NONE)
		return false;
	*out = p->idle[pool->free.first].prefix;
	claim_idle(p, pool->free.first);
	return true;
}

static bool is_among(struct ip6_prefix prefix, const struct ip6_prefix *v, uint8_t n)
{
	for (uint8_t i = 0; i < n; i++)
		if (ip6_prefix_equal(prefix, v[i]))
			return true;
	return false;
}

// Not claimed by a node that had it before we started, now or until a moment ago.
static bool is_new(const struct pools *p, const struct bindings *b, struct ip6_prefix prefix,
		   const struct ip6_prefix *except, uint8_t n)
{
	return binding_find_hnp(b, prefix) == BCE_NULL && find_idle(p, prefix) == NONE &&
	       !is_among(prefix, except, n);
}

static bool take_next(const struct pools *p, const struct bindings *b, struct pool *pool,
		      const struct ip6_prefix *except, uint8_t n, uint64_t steps,
		      struct ip6_prefix *out)
{
	while (steps-- > 0 && pool->next < pool->count) {
		*out = prefix_at(pool, pool->next++);
		if (is_new(p, b, *out, except, n))
			return true;
	}
	return false;
}

static bool take_somewhere(struct pools *p, const struct bindings *b, const struct pool *pool,
			   const struct ip6_prefix *except, uint8_t n, struct ip6_prefix *out)
{
	for (uint32_t tries = 0; tries < RANDOM_TRIES; tries++) {
		p->draws++;
		*out = prefix_at(pool, siphash(p->key, &p->draws, sizeof(p->draws)) % pool->count);
		if (is_new(p, b, *out, except, n))
			return true;
	}
	return false;
}

// After a restart a million prefixes in a row may be claimed: the pointer goes on a little with
// each allocation, which meanwhile gets one from anywhere, so that none takes long. Only in a pool
// that is nearly used up it has to go all the way.
static bool take_new(struct pools *p, const struct bindings *b, struct pool *pool,
		     const struct ip6_prefix *except, uint8_t n, struct ip6_prefix *out)
{
	return take_next(p, b, pool, except, n, POINTER_STEPS, out) ||
	       (pool->next < pool->count && take_somewhere(p, b, pool, except, n, out)) ||
	       take_next(p, b, pool, except, n, UINT64_MAX, out);
}

bool pool_take_any(struct pools *p, const struct bindings *b, const struct ip6_prefix *except,
		   uint8_t n, struct ip6_prefix *out)
{
	for (uint32_t i = 0; i < p->n; i++) {
		struct pool *pool = &p->v[i];
		if (take_released(p, pool, out) || take_new(p, b, pool, except, n, out)) {
			pool->used++;
			return true;
		}
	}
	return false;
}

bool pool_may_take(const struct pools *p, const struct bindings *b, struct ip6_prefix prefix,
		   uint64_t owner)
{
	if (pool_of(p, prefix) == NONE || binding_find_hnp(b, prefix) != BCE_NULL)
		return false;
	uint32_t i = find_idle(p, prefix);
	return i == NONE || p->idle[i].free || p->idle[i].owner == owner;
}

bool pool_take(struct pools *p, const struct bindings *b, struct ip6_prefix prefix, uint64_t owner)
{
	if (!pool_may_take(p, b, prefix, owner))
		return false;
	uint32_t i = find_idle(p, prefix);
	if (i != NONE)
		claim_idle(p, i);
	p->v[pool_of(p, prefix)].used++;
	return true;
}

void pool_give(struct pools *p, struct ip6_prefix prefix, uint64_t owner, ns_t now)
{
	uint32_t pool = pool_of(p, prefix);

	if (pool == NONE)
		return;
	p->v[pool].used--;
	uint32_t i = new_idle(p);
	// No memory to remember it: it is lost to the pool until the next start, never given out
	// twice.
	if (i == NONE || map_add(&p->by_prefix, hash_of(p, prefix), i) != 0) {
		if (i != NONE)
			drop_idle(p, i);
		return;
	}
	p->idle[i] = (struct idle_prefix){
		.prefix = prefix, .pool = pool, .ready = now + p->quarantine, .owner = owner};
	append(p, &p->quarantined, i);
	p->n_quarantined++;
}

uint32_t pool_expire(struct pools *p, ns_t now, uint32_t budget)
{
	uint32_t n = 0;

	while (n < budget && p->quarantined.first != NONE &&
	       p->idle[p->quarantined.first].ready <= now) {
		uint32_t i = p->quarantined.first;
		take_out(p, &p->quarantined, i);
		p->n_quarantined--;
		p->idle[i].free = true;
		append(p, &p->v[p->idle[i].pool].free, i);
		n++;
	}
	return n;
}

ns_t pool_deadline(const struct pools *p)
{
	return p->quarantined.first != NONE ? p->idle[p->quarantined.first].ready : NS_NEVER;
}
