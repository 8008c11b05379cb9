// What updates will touch, asked for early, so that memory answers for several at once. Decides
// nothing and changes nothing.
//
// What this finds may be gone, or somebody else's, when the update is judged, and the prefix that a
// new node will get is a guess: nobody relies on it.
#include "mob/engine.h"

static const struct mh_opt *first_named_hnp(const struct mh *mh)
{
	const struct mh_opt *opt = NULL;

	while ((opt = mh_find_next(mh, OPT_HNP, opt)) != NULL && ip6_is_zero(opt->hnp.prefix))
		;
	return opt;
}

// The index that the lookup will ask (lookup.c).
static const struct map *index_of(const struct lma *lma, const struct lma_ahead *a)
{
	return a->by_hnp ? &lma->bindings.by_hnp : &lma->bindings.by_mn;
}

static void ask_index(const struct lma *lma, struct lma_ahead *a)
{
	const struct mh_opt *id = mh_find(a->mh, OPT_MN_ID), *hnp = first_named_hnp(a->mh);

	a->mn_hash = id != NULL ? mn_id_hash(lma->key, id->mn_id.subtype, id->mn_id.id) : 0;
	a->by_hnp = hnp != NULL;
	a->hnp = hnp != NULL ? ip6_prefix_of(hnp->hnp.prefix, hnp->hnp.prefix_len)
			     : (struct ip6_prefix){0};
	a->hash = hnp != NULL ? binding_hnp_hash(&lma->bindings, a->hnp) : a->mn_hash;
	map_prefetch(index_of(lma, a), a->hash);
}

// The `number`th new node of these gets a prefix that nobody has.
static void ask_new(const struct lma *lma, struct lma_ahead *a, uint32_t number)
{
	if (a->by_hnp || !pool_guess(&lma->pools, number, &a->hnp))
		return;
	map_prefetch(&lma->bindings.by_hnp, binding_hnp_hash(&lma->bindings, a->hnp));
}

static bool ask_binding(const struct lma *lma, struct lma_ahead *a)
{
	struct map_cursor c;

	a->bce = map_first(index_of(lma, a), a->hash, &c);
	if (a->bce == MAP_NONE)
		return false;
	const char *e = (const char *)binding_get(&lma->bindings, a->bce);
	__builtin_prefetch(e, 1);
	__builtin_prefetch(e + sizeof(struct bce) - 1, 1);
	wheel_prefetch(lma->timers, a->bce);
	return true;
}

static void ask_node(const struct lma *lma, const struct lma_ahead *a)
{
	const struct bindings *b = &lma->bindings;

	if (a->bce != MAP_NONE)
		__builtin_prefetch(binding_mn(b, binding_get(b, a->bce)));
}

void lma_look_ahead(const struct lma *lma, struct lma_ahead *v, unsigned n)
{
	uint32_t news = 0;

	for (unsigned i = 0; i < n; i++)
		ask_index(lma, &v[i]);
	for (unsigned i = 0; i < n; i++)
		if (!ask_binding(lma, &v[i]))
			ask_new(lma, &v[i], news++);
	for (unsigned i = 0; i < n; i++)
		ask_node(lma, &v[i]);
}
