// Storage and indexes of binding cache entries.
#include "mob/binding.h"

#include <errno.h>
#include <stdlib.h>

#include "base/pages.h"

int bindings_init(struct bindings *b, uint32_t max, struct siphash_key key)
{
	*b = (struct bindings){
		.max = max, .key = key, .free = BCE_NULL, .mns_high = 1, .mns_free = BCE_NULL};
	b->v = pages_new((size_t)max * sizeof(*b->v));
	b->mns = pages_new(((size_t)max + 1) * sizeof(*b->mns));
	if (b->v == NULL || b->mns == NULL || map_init(&b->by_hnp, max) != 0 ||
	    map_init(&b->by_mn, max) != 0) {
		bindings_done(b);
		return -ENOMEM;
	}
	return 0;
}

static void free_own(struct bce *e)
{
	if (e->n_hnps > 1)
		free((void *)(uintptr_t)binding_hnps(e));
	if (e->ll_id_len > LL_ID_INLINE)
		free(e->ll_id.more);
}

static void drop_mn(struct bindings *b, uint32_t i)
{
	struct mn *mn = &b->mns[i];

	if (mn->id_len > MN_ID_INLINE)
		free(mn->id.more);
	*mn = (struct mn){.first = b->mns_free};
	b->mns_free = i;
}

void bindings_done(struct bindings *b)
{
	for (uint32_t i = 0; b->v != NULL && i < b->high; i++) {
		struct bce *e = binding_get(b, i);
		if (e->mn == 0)
			continue;
		free_own(e);
		if (--binding_mn(b, e)->n == 0)
			drop_mn(b, e->mn);
	}
	pages_free(b->v, (size_t)b->max * sizeof(*b->v));
	pages_free(b->mns, ((size_t)b->max + 1) * sizeof(*b->mns));
	map_done(&b->by_hnp);
	map_done(&b->by_mn);
	*b = (struct bindings){0};
}

uint64_t binding_hnp_hash(const struct bindings *b, struct ip6_prefix p)
{
	return siphash(b->key, &p, sizeof(p));
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

uint16_t mn_id_realm(uint8_t subtype, struct span id)
{
	uint16_t at = id.n;

	while (subtype == MN_ID_NAI && at > 0)
		if (id.p[--at] == '@')
			return at;
	return id.n;
}

bool mn_id_equal(uint8_t subtype_a, struct span a, uint8_t subtype_b, struct span b)
{
	if (subtype_a != subtype_b || a.n != b.n)
		return false;
	if (a.n == 0 || memcmp(a.p, b.p, a.n) == 0)
		return true; // as nearly always
	uint16_t realm = mn_id_realm(subtype_a, a);
	for (uint16_t i = 0; i < a.n; i++)
		if (i < realm ? a.p[i] != b.p[i] : lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

uint64_t mn_id_hash(struct siphash_key key, uint8_t subtype, struct span id)
{
	uint8_t folded[256];
	uint16_t realm = mn_id_realm(subtype, id);
	uint16_t n = id.n < 255 ? id.n : 255;

	folded[0] = subtype;
	for (uint16_t i = 0; i < n; i++)
		folded[i + 1] = i < realm ? id.p[i] : lower(id.p[i]);
	return siphash(key, folded, (size_t)n + 1);
}

uint32_t binding_find_hnp(const struct bindings *b, struct ip6_prefix hnp)
{
	struct map_cursor c;
	uint32_t i = map_first(&b->by_hnp, binding_hnp_hash(b, hnp), &c);

	for (; i != MAP_NONE; i = map_next(&b->by_hnp, &c)) {
		const struct bce *e = binding_get(b, i);
		const struct ip6_prefix *hnps = binding_hnps(e);
		for (uint8_t k = 0; k < e->n_hnps && !e->is_second; k++)
			if (ip6_prefix_equal(hnps[k], hnp))
				return i;
	}
	return BCE_NULL;
}

uint32_t binding_find_mn(const struct bindings *b, uint64_t hash, uint8_t subtype, struct span id)
{
	struct map_cursor c;
	uint32_t i = map_first(&b->by_mn, hash, &c);

	for (; i != MAP_NONE; i = map_next(&b->by_mn, &c)) {
		const struct mn *mn = binding_mn(b, binding_get(b, i));
		if (mn_id_equal(mn->subtype, mn_id_of(mn), subtype, id))
			return i;
	}
	return BCE_NULL;
}

static uint32_t take_free(struct bindings *b)
{
	uint32_t i = b->free;

	if (i != BCE_NULL) {
		b->free = binding_get(b, i)->next_of_mn;
		return i;
	}
	return b->high < b->max ? b->high++ : BCE_NULL;
}

static void give_free(struct bindings *b, uint32_t i)
{
	*binding_get(b, i) = (struct bce){.next_of_mn = b->free};
	b->free = i;
}

// There are as many as bindings, so that one is free. 0: no memory, or an identifier that no
// message holds.
static uint32_t new_mn(struct bindings *b, uint8_t subtype, struct span id)
{
	uint8_t *more = NULL;

	if (id.n > 255 || (id.n > MN_ID_INLINE && (more = malloc(id.n)) == NULL))
		return 0;
	uint32_t i = b->mns_free;
	if (i != BCE_NULL)
		b->mns_free = b->mns[i].first;
	else
		i = b->mns_high++;
	struct mn *mn = &b->mns[i];
	*mn = (struct mn){.first = BCE_NULL, .subtype = subtype, .id_len = (uint8_t)id.n};
	if (more != NULL)
		mn->id.more = more;
	if (id.n > 0)
		memcpy(more != NULL ? more : mn->id.bytes, id.p, id.n);
	return i;
}

uint32_t binding_add(struct bindings *b, uint64_t hash, uint8_t subtype, struct span id)
{
	uint32_t other = binding_find_mn(b, hash, subtype, id);
	uint32_t i = take_free(b);

	if (i == BCE_NULL)
		return BCE_NULL;
	uint32_t mn = other != BCE_NULL ? binding_get(b, other)->mn : new_mn(b, subtype, id);
	if (mn == 0 || (other == BCE_NULL && map_add(&b->by_mn, hash, i) != 0)) {
		if (mn != 0)
			drop_mn(b, mn);
		give_free(b, i);
		return BCE_NULL;
	}
	// A node known already keeps its first session as its entry in the index; the new one
	// stands behind that.
	struct bce *e = binding_get(b, i);
	*e = (struct bce){
		.mn = mn, .next_of_mn = BCE_NULL, .sharer = BCE_NULL, .service = UINT16_MAX};
	if (other == BCE_NULL) {
		b->mns[mn].first = i;
	} else {
		struct bce *first = binding_get(b, b->mns[mn].first);
		e->next_of_mn = first->next_of_mn;
		first->next_of_mn = i;
	}
	b->mns[mn].n++;
	b->n++;
	return i;
}

static void leave_mn(struct bindings *b, uint32_t i)
{
	struct bce *e = binding_get(b, i);
	struct mn *mn = binding_mn(b, e);
	uint64_t hash = mn_id_hash(b->key, mn->subtype, mn_id_of(mn));

	if (mn->first != i) {
		uint32_t k = mn->first;
		while (binding_get(b, k)->next_of_mn != i)
			k = binding_get(b, k)->next_of_mn;
		binding_get(b, k)->next_of_mn = e->next_of_mn;
	} else {
		map_del(&b->by_mn, hash, i);
		mn->first = e->next_of_mn;
		// The slot just freed is there for the next session, so this cannot fail.
		if (mn->first != BCE_NULL)
			(void)map_add(&b->by_mn, hash, mn->first);
	}
	if (--mn->n == 0)
		drop_mn(b, e->mn);
}

void binding_del(struct bindings *b, uint32_t i)
{
	struct bce *e = binding_get(b, i);

	(void)binding_set_hnps(b, i, NULL, 0);
	leave_mn(b, i);
	free_own(e);
	give_free(b, i);
	b->n--;
}

bool binding_set_hnps(struct bindings *b, uint32_t i, const struct ip6_prefix *hnps, uint8_t n)
{
	struct bce *e = binding_get(b, i);
	struct ip6_prefix *many = NULL;

	if (n > 1 && (many = malloc(n * sizeof(*many))) == NULL)
		return false;
	for (uint8_t k = 0; k < n; k++) {
		if (map_add(&b->by_hnp, binding_hnp_hash(b, hnps[k]), i) == 0)
			continue;
		while (k > 0)
			map_del(&b->by_hnp, binding_hnp_hash(b, hnps[--k]), i);
		free(many);
		return false;
	}
	const struct ip6_prefix *old = binding_hnps(e);
	for (uint8_t k = 0; k < e->n_hnps; k++)
		map_del(&b->by_hnp, binding_hnp_hash(b, old[k]), i);
	b->n_prefixes += (uint32_t)n - e->n_hnps;
	if (e->n_hnps > 1)
		free((void *)(uintptr_t)old);
	if (n > 1) {
		memcpy(many, hnps, n * sizeof(*many));
		memcpy(e->hnps.many, &many, sizeof(many));
	} else if (n == 1) {
		e->hnps.one = hnps[0];
	}
	e->n_hnps = n;
	return true;
}

bool binding_set_ll_id(struct bce *e, struct span id)
{
	uint8_t *more = NULL;

	if (id.n > 255 || (id.n > LL_ID_INLINE && (more = malloc(id.n)) == NULL))
		return false;
	if (e->ll_id_len > LL_ID_INLINE)
		free(e->ll_id.more);
	e->ll_id_len = (uint8_t)id.n;
	if (more != NULL)
		e->ll_id.more = more;
	if (id.n > 0)
		memcpy(more != NULL ? more : e->ll_id.bytes, id.p, id.n);
	return true;
}

uint32_t bindings_lmaa(struct bindings *b, struct ip6_addr a)
{
	for (uint32_t i = 0; i < b->n_lmaas; i++)
		if (ip6_equal(b->lmaas[i], a))
			return i;
	if (b->n_lmaas == MAX_LMAAS)
		return MAX_LMAAS;
	b->lmaas[b->n_lmaas] = a;
	return b->n_lmaas++;
}
