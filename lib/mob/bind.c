// What the workers are told of a binding.
//
// Two sessions of a node may share their prefixes (LMA-BC-12): packets go to the one that was bound
// last and come from both; what one leaves the other takes over.
#include "mob/engine.h"

static struct bce *sharer_of(const struct lma *lma, const struct bce *e)
{
	return e->sharer != BCE_NULL ? binding_get(&lma->bindings, e->sharer) : NULL;
}

static bool is_active(const struct bce *e)
{
	return e != NULL && e->state == BCE_ACTIVE;
}

bool has_active_sharer(const struct lma *lma, uint32_t bce)
{
	return is_active(sharer_of(lma, binding_get(&lma->bindings, bce)));
}

static void put_moved(struct lma *lma, const struct bce *e, uint32_t previous,
		      struct ip6_prefix hnp)
{
	struct lma_action a = {.kind = LMA_BIND, .bind.hnp = hnp};

	a.bind.lmaa = lma->bindings.lmaas[e->lmaa];
	a.bind.coa = lma->mags[e->mag].coa;
	a.bind.mag = e->mag;
	a.bind.also = previous;
	a.bind.also_coa = lma->mags[previous].coa;
	a.bind.also_for = lma->conf.prev_coa_grace;
	put_action(lma, &a);
}

static void put_bind(struct lma *lma, const struct bce *e, const struct bce *also,
		     struct ip6_prefix hnp)
{
	struct lma_action a = {.kind = LMA_BIND, .bind.hnp = hnp};

	a.bind.lmaa = lma->bindings.lmaas[e->lmaa];
	a.bind.coa = lma->mags[e->mag].coa;
	a.bind.mag = e->mag;
	if (is_active(also) && also->mag != e->mag) {
		a.bind.also = also->mag;
		a.bind.also_coa = lma->mags[also->mag].coa;
	}
	put_action(lma, &a);
}

void bind_all(struct lma *lma, uint32_t bce)
{
	struct bce *e = binding_get(&lma->bindings, bce), *sharer = sharer_of(lma, e);
	const struct ip6_prefix *hnps = binding_hnps(e);

	e->is_second = e->is_unbound = false;
	if (sharer != NULL)
		sharer->is_second = true;
	for (uint8_t i = 0; i < e->n_hnps; i++)
		put_bind(lma, e, sharer, hnps[i]);
}

// RFC 5949 4.1 (j): what the previous MAG sends on is under way still. The sharer's packets count
// for longer, and there is room for one of the two.
void bind_moved(struct lma *lma, uint32_t bce, uint32_t previous)
{
	static const ns_t slack = NS_SEC; // the number means that MAG until the workers forgot it
	struct bce *e = binding_get(&lma->bindings, bce);
	const struct ip6_prefix *hnps = binding_hnps(e);

	if (lma->conf.prev_coa_grace == 0 || is_active(sharer_of(lma, e)) || previous == e->mag) {
		bind_all(lma, bce);
		return;
	}
	e->is_unbound = false;
	lma->mags[previous].busy_until = lma->now.mono + lma->conf.prev_coa_grace + slack;
	for (uint8_t i = 0; i < e->n_hnps; i++)
		put_moved(lma, e, previous, hnps[i]);
}

void unbind_all(struct lma *lma, uint32_t bce, enum lma_action_kind kind)
{
	struct bce *e = binding_get(&lma->bindings, bce), *sharer = sharer_of(lma, e);
	const struct ip6_prefix *hnps = binding_hnps(e);

	if (sharer != NULL && kind == LMA_UNBIND)
		kind = LMA_DETACH; // the sharer, in its own wait, keeps the prefix
	if (is_active(sharer)) {
		e->is_second = true;
		sharer->is_second = sharer->is_unbound = false;
	}
	for (uint8_t i = 0; i < e->n_hnps; i++) {
		struct lma_action a = {.kind = kind, .unbind.hnp = hnps[i]};
		if (is_active(sharer))
			put_bind(lma, sharer, NULL, hnps[i]);
		else
			put_action(lma, &a);
	}
}

void stay_unbound(struct lma *lma, uint32_t bce)
{
	binding_get(&lma->bindings, bce)->is_unbound = true;
	unbind_all(lma, bce, LMA_DETACH);
}
