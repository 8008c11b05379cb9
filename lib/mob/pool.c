// The pointer, the free lists and the quarantine.
#include "mob/pool.h"

#include <errno.h>
#include <stdlib.h>

enum { NONE = UINT32_MAX, POINTER_STEPS = 256, RANDOM_TRIES = 64, BITS_MAX = 26 };

static uint64_t count_of(const struct lma_pool_conf *c)
{
	unsigned bits = (unsigned)(c->hnp_len - c->block.len);

	return bits < 63 ? (uint64_t)1 << bits : INT64_MAX;
}

static bool make_pool(struct pool *pool, const struct lma_pool_conf *c)
{
	*pool = (struct pool){.block = c->block,
			      .hnp_len = c->hnp_len,
			      .high_pct = c->high_pct,
			      .low_pct = c->low_pct,
			      .count = count_of(c),
			      .free = {NONE, NONE}};
	if (pool->count > (uint64_t)1 << BITS_MAX)
		return true;
	pool->taken = calloc((pool->count + 63) / 64, sizeof(*pool->taken));
	return pool->taken != NULL;
}

static int add_static(struct pools *p, struct ip6_prefix prefix, uint32_t profile);

int pools_init(struct pools *p, const struct lma_conf *conf, struct siphash_key key)
{
	uint32_t n_statics = 0;
	int rc = -ENOMEM;

	for (uint32_t i = 0; i < conf->n_profiles; i++)
		n_statics += conf->profiles[i].n_prefixes;
	*p = (struct pools){.key = key,
			    .quarantined = {NONE, NONE},
			    .idle_free = NONE,
			    .quarantine = conf->prefix_quarantine};
	p->v = calloc((size_t)conf->n_pools + 1, sizeof(*p->v));
	p->statics = calloc((size_t)n_statics + 1, sizeof(*p->statics));
	if (p->v == NULL || p->statics == NULL || map_init(&p->by_prefix, 0) != 0 ||
	    map_init(&p->by_static, n_statics) != 0)
		goto failed;
	for (uint32_t i = 0; i < conf->n_pools; i++) {
		p->n = i + 1;
		if (!make_pool(&p->v[i], &conf->pools[i]))
			goto failed;
	}
	for (uint32_t i = 0; i < conf->n_profiles; i++) {
		for (uint32_t k = 0; k < conf->profiles[i].n_prefixes; k++) {
			rc = add_static(p, conf->profiles[i].prefixes[k], i);
			if (rc != 0)
				goto failed;
		}
	}
	return 0;
failed:
	pools_done(p);
	return rc;
}

void pools_done(struct pools *p)
{
	for (uint32_t i = 0; p->v != NULL && i < p->n; i++)
		free(p->v[i].taken);
	free(p->v);
	free(p->idle);
	free(p->statics);
	map_done(&p->by_prefix);
	map_done(&p->by_static);
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

uint32_t pool_of(const struct pools *p, struct ip6_prefix prefix)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (prefix.len == p->v[i].hnp_len && ip6_prefix_covers(p->v[i].block, prefix.addr))
			return i;
	return NONE;
}

static uint64_t index_of(const struct pool *pool, struct ip6_prefix prefix)
{
	return (ip6_hi64(prefix.addr) - ip6_hi64(pool->block.addr)) >> (64 - pool->hnp_len);
}

// The pointer will pass it by.
static void mark_taken(struct pool *pool, struct ip6_prefix prefix)
{
	uint64_t i = index_of(pool, prefix);

	if (pool->taken != NULL)
		pool->taken[i / 64] |= (uint64_t)1 << i % 64;
}

static uint32_t find_static(const struct pools *p, struct ip6_prefix prefix)
{
	struct map_cursor c;

	if (p->n_statics == 0)
		return NONE;
	uint32_t i = map_first(&p->by_static, hash_of(p, prefix), &c);

	for (; i != MAP_NONE; i = map_next(&p->by_static, &c))
		if (ip6_prefix_equal(p->statics[i].prefix, prefix))
			return i;
	return NONE;
}

bool pool_is_static_for(const struct pools *p, struct ip6_prefix prefix, uint32_t profile)
{
	uint32_t i = find_static(p, prefix);

	return i != NONE && p->statics[i].profile == profile;
}

static int add_static(struct pools *p, struct ip6_prefix prefix, uint32_t profile)
{
	uint32_t pool = pool_of(p, prefix);

	if (pool == NONE || find_static(p, prefix) != NONE)
		return -EINVAL;
	p->statics[p->n_statics] = (struct static_prefix){prefix, profile};
	if (map_add(&p->by_static, hash_of(p, prefix), p->n_statics) != 0)
		return -ENOMEM;
	p->n_statics++;
	p->v[pool].reserved++;
	mark_taken(&p->v[pool], prefix);
	return 0;
}

// Hysteresis: told once above the high mark, and once below the low one.
static void watch_level(struct pools *p, struct pool *pool)
{
	uint64_t hundredth = pool->count / 100, rest = pool->count % 100;
	uint64_t high = hundredth * pool->high_pct + rest * pool->high_pct / 100;
	uint64_t low = hundredth * pool->low_pct + rest * pool->low_pct / 100;
	bool is_high = pool->is_high ? pool->used > low : pool->used >= high;

	if (pool->high_pct == 0 || is_high == pool->is_high)
		return;
	pool->is_high = is_high;
	p->n_crossed += !pool->crossed;
	pool->crossed = true;
}

static void use(struct pools *p, struct pool *pool, struct ip6_prefix prefix)
{
	mark_taken(pool, prefix);
	pool->used++;
	pool->reserved -= find_static(p, prefix) != NONE;
	watch_level(p, pool);
}

uint32_t pool_next_crossed(struct pools *p)
{
	for (uint32_t i = 0; p->n_crossed > 0 && i < p->n; i++) {
		if (!p->v[i].crossed)
			continue;
		p->v[i].crossed = false;
		p->n_crossed--;
		return i;
	}
	return NONE;
}

static uint32_t find_idle(const struct pools *p, struct ip6_prefix prefix)
{
	struct map_cursor c;

	if (p->by_prefix.n == 0)
		return NONE;
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
	p->v[idle->pool].quarantined -= !idle->free;
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
	       find_static(p, prefix) == NONE && !is_among(prefix, except, n);
}

// The next one that was never taken, of a pool that keeps a bit for each; pool->count: none.
static uint64_t skip_taken(const struct pool *pool, uint64_t at)
{
	while (at < pool->count) {
		uint64_t new = ~pool->taken[at / 64] >> at % 64;
		if (new != 0)
			return at + (uint64_t)__builtin_ctzll(new);
		at = (at / 64 + 1) * 64;
	}
	return pool->count;
}

static bool take_by_bits(const struct pools *p, const struct bindings *b, struct pool *pool,
			 const struct ip6_prefix *except, uint8_t n, struct ip6_prefix *out)
{
	while ((pool->next = skip_taken(pool, pool->next)) < pool->count) {
		*out = prefix_at(pool, pool->next++);
		if (is_new(p, b, *out, except, n))
			return true;
	}
	return false;
}

static bool take_next(const struct pools *p, const struct bindings *b, struct pool *pool,
		      const struct ip6_prefix *except, uint8_t n, struct ip6_prefix *out)
{
	for (uint32_t steps = 0; steps < POINTER_STEPS && pool->next < pool->count; steps++) {
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

// A large pool has more prefixes than four times what can be bound: a claimed stretch as long as
// the pointer's steps is rare (after a restart), and then chance has a free one at hand.
static bool take_new(struct pools *p, const struct bindings *b, struct pool *pool,
		     const struct ip6_prefix *except, uint8_t n, struct ip6_prefix *out)
{
	if (pool->taken != NULL)
		return take_by_bits(p, b, pool, except, n, out);
	return take_next(p, b, pool, except, n, out) || take_somewhere(p, b, pool, except, n, out);
}

bool pool_take_any(struct pools *p, const struct bindings *b, const struct claim *claim,
		   const struct ip6_prefix *except, uint8_t n, struct ip6_prefix *out)
{
	for (uint32_t i = 0; i < p->n; i++) {
		struct pool *pool = &p->v[i];
		if (!pool_set_has(&claim->from, i))
			continue;
		if (take_released(p, pool, out) || take_new(p, b, pool, except, n, out)) {
			use(p, pool, *out);
			p->last = i;
			return true;
		}
		pool->exhausted++;
	}
	return false;
}

bool pool_guess(const struct pools *p, uint32_t number, struct ip6_prefix *out)
{
	const struct pool *pool = &p->v[p->last];

	if (p->n == 0 || pool->free.first != NONE || pool->count - pool->next <= number)
		return false;
	*out = prefix_at(pool, pool->next + number);
	return true;
}

static uint64_t n_free(const struct pool *pool)
{
	return pool->count - pool->used - pool->quarantined - pool->reserved;
}

static bool is_free(const struct pools *p, struct ip6_prefix prefix)
{
	uint32_t i = find_idle(p, prefix);

	return find_static(p, prefix) == NONE && (i == NONE || p->idle[i].free);
}

bool pool_has_free(struct pools *p, const struct claim *claim, const struct ip6_prefix *named,
		   uint8_t n, uint8_t wanted)
{
	uint64_t free = 0;

	for (uint32_t i = 0; i < p->n && free < wanted + n; i++)
		free += pool_set_has(&claim->from, i) ? n_free(&p->v[i]) : 0;
	for (uint8_t i = 0; i < n && free > 0; i++)
		free -= is_free(p, named[i]);
	for (uint32_t i = 0; i < p->n && free < wanted; i++)
		p->v[i].exhausted += pool_set_has(&claim->from, i);
	return free >= wanted;
}

bool pool_may_take(const struct pools *p, const struct bindings *b, const struct claim *claim,
		   struct ip6_prefix prefix)
{
	uint32_t pool = pool_of(p, prefix), assigned = find_static(p, prefix);

	if (pool == NONE || binding_find_hnp(b, prefix) != BCE_NULL)
		return false;
	if (assigned != NONE)
		return p->statics[assigned].profile == claim->profile &&
		       pool_set_has(&claim->at_mag, pool);
	if (!pool_set_has(&claim->from, pool))
		return false;
	uint32_t i = find_idle(p, prefix);
	return i == NONE || p->idle[i].free || p->idle[i].owner == claim->owner;
}

bool pool_take(struct pools *p, const struct bindings *b, const struct claim *claim,
	       struct ip6_prefix prefix)
{
	if (!pool_may_take(p, b, claim, prefix))
		return false;
	uint32_t i = find_idle(p, prefix);
	if (i != NONE)
		claim_idle(p, i);
	use(p, &p->v[pool_of(p, prefix)], prefix);
	return true;
}

// Not used any more: its row, to be put into a list; NONE for a static one. No memory to remember
// it: it is lost to the pool until the next start, never given twice.
static uint32_t make_idle(struct pools *p, uint32_t pool, struct ip6_prefix prefix)
{
	p->v[pool].used--;
	watch_level(p, &p->v[pool]);
	if (find_static(p, prefix) != NONE) { // nobody else can get it, late packets or not
		p->v[pool].reserved++;
		return NONE;
	}
	uint32_t i = new_idle(p);
	if (i == NONE || map_add(&p->by_prefix, hash_of(p, prefix), i) == 0)
		return i;
	drop_idle(p, i);
	return NONE;
}

void pool_return(struct pools *p, struct ip6_prefix prefix)
{
	uint32_t pool = pool_of(p, prefix);
	uint32_t i = pool != NONE ? make_idle(p, pool, prefix) : NONE;

	if (i == NONE)
		return;
	p->idle[i] = (struct idle_prefix){.prefix = prefix, .pool = pool, .free = true};
	append(p, &p->v[pool].free, i);
}

void pool_give(struct pools *p, struct ip6_prefix prefix, uint64_t owner, ns_t now)
{
	uint32_t pool = pool_of(p, prefix);
	uint32_t i = pool != NONE ? make_idle(p, pool, prefix) : NONE;

	if (i == NONE)
		return;
	p->idle[i] = (struct idle_prefix){
		.prefix = prefix, .pool = pool, .ready = now + p->quarantine, .owner = owner};
	append(p, &p->quarantined, i);
	p->n_quarantined++;
	p->v[pool].quarantined++;
}

uint32_t pool_expire(struct pools *p, ns_t now, uint32_t budget)
{
	uint32_t n = 0;

	while (n < budget && p->quarantined.first != NONE &&
	       p->idle[p->quarantined.first].ready <= now) {
		uint32_t i = p->quarantined.first;
		take_out(p, &p->quarantined, i);
		p->n_quarantined--;
		p->v[p->idle[i].pool].quarantined--;
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
