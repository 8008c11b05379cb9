// What becomes of a binding: a full matrix of its state and the event. RFC 5213 5.3.2 to 5.3.5.
//
// Every cell is written down, those that cannot happen too. A cell acts only after everything that
// may fail has succeeded, so an update is carried out whole or answered with a refusal.
#include "mob/engine.h"

// One event under way.
struct step {
	struct lma *lma;
	uint32_t bce;
	const struct request *r; // NULL: not from a message
};

static struct bce *entry(const struct step *s)
{
	return binding_get(&s->lma->bindings, s->bce);
}

static void note(const struct step *s, enum lma_note_kind kind)
{
	const struct bce *e = entry(s);

	put_note(s->lma, kind, s->lma->mags[e->mag].coa, 0);
}

// LMA-REG-06, LMA-REG-08: not above the asked one, whole units of 4 s, at least one.
static uint32_t granted_lifetime(const struct lma *lma, const struct request *r)
{
	uint32_t most = policy_lifetime_s(lma, r);
	uint32_t s = r->lifetime_s < most ? r->lifetime_s : most;

	return s < 4 ? 4 : s / 4 * 4;
}

// LMA-PBA-12: fe80:: and 64 random bits, never all zero.
static struct ip6_addr new_link_local(struct lma *lma)
{
	return ip6_from64(0xfe80ull << 48, rng_u64(&lma->rng) | 1);
}

static void keep_freshness(struct bce *e, const struct request *r)
{
	// What waited may be older than the de-registration it waited for (LMA-TS-09): the stamp
	// kept is the greatest of all accepted (RFC 5213 5.5).
	if (!r->has_timestamp)
		e->timestamp = 0;
	else if (!e->by_timestamp || r->timestamp > e->timestamp)
		e->timestamp = r->timestamp;
	e->by_timestamp = r->has_timestamp;
	e->seq = r->seq;
}

// Everything that an accepted update replaces (LMA-RX-11, LMA-EXT-02). False: no memory, unchanged.
static bool accept(const struct step *s)
{
	const struct request *r = s->r;
	struct bce *e = entry(s);
	uint32_t lmaa = bindings_lmaa(&s->lma->bindings, r->dst);

	if (lmaa == MAX_LMAAS || !binding_set_ll_id(e, r->ll_id))
		return false;
	if (e->mag != r->mag) {
		if (e->mag != 0)
			mag_release(s->lma, e->mag);
		mag_hold(s->lma, r->mag, r->dst);
		e->mag = r->mag;
	}
	e->lmaa = (uint8_t)lmaa;
	e->access = r->access;
	e->handoff = r->handoff;
	if (r->service.n > 0) // RFC 5149 4.1: left out in a renewal, it is what it was
		e->service = policy_service(s->lma, r->service);
	e->lifetime_s = granted_lifetime(s->lma, r);
	keep_freshness(e, r);
	if (r->has_lla && !ip6_is_zero(r->lla))
		e->lla = r->lla; // LMA-PBA-07
	else if (r->has_lla && ip6_is_zero(e->lla))
		e->lla = new_link_local(s->lma);
	wheel_set(s->lma->timers, s->bce, s->lma->now.mono + e->lifetime_s * NS_SEC);
	return true;
}

// ---- Cells.

static void cannot_happen(struct step *s)
{
	(void)s; // the lookup names no binding in this state for this event
}

// Prefixes of a session to be: those that it named, or that are assigned to it, first.
struct taken {
	struct ip6_prefix v[MAX_HNPS_PER_BCE];
	uint8_t n, n_named;
};

// As if they had not been taken: those of the pool are free for everybody (LMA-RX-08), a named one
// may have been kept for this node.
static void give_back(const struct step *s, const struct taken *t)
{
	for (uint8_t i = 0; i < t->n; i++) {
		if (i < t->n_named)
			pool_give(&s->lma->pools, t->v[i], s->r->mn_hash, s->lma->now.mono);
		else
			pool_return(&s->lma->pools, t->v[i]);
	}
}

static uint8_t named_prefixes(const struct request *r, struct ip6_prefix *out)
{
	uint8_t n = 0;

	for (uint8_t i = 0; i < r->n_hnps; i++)
		if (!ip6_is_zero(r->hnps[i].addr))
			out[n++] = r->hnps[i];
	return n;
}

// A session that asks for one prefix gets what its profile says: the static ones that are free, and
// others up to the number (LMA-REG-05). Else one for each that was asked for: the named ones first,
// so that a zero one does not get what is named behind it. False: there are not enough.
static bool take_prefixes(const struct step *s, struct taken *t)
{
	const struct request *r = s->r;
	struct pools *pools = &s->lma->pools;
	const struct bindings *bindings = &s->lma->bindings;
	struct claim claim = policy_claim(s->lma, r, policy_service(s->lma, r->service));
	uint8_t wanted = r->n_hnps;
	bool ok = true;

	t->n = 0;
	if (r->n_hnps == 1 && r->n_zero == 1)
		wanted = policy_hnps(s->lma, r, t->v, &t->n_named);
	else
		t->n_named = named_prefixes(r, t->v);
	// LMA-RX-08: too few, then none is touched.
	if (!pool_has_free(pools, &claim, t->v, t->n_named, (uint8_t)(wanted - t->n_named)))
		return false;
	for (; ok && t->n < t->n_named; t->n += ok)
		ok = pool_take(pools, bindings, &claim, t->v[t->n]);
	for (; ok && t->n < wanted; t->n += ok)
		ok = pool_take_any(pools, bindings, &claim, t->v, t->n, &t->v[t->n]);
	if (!ok)
		give_back(s, t);
	return ok;
}

static void refuse(const struct step *s, enum lma_note_kind kind)
{
	put_note(s->lma, kind, s->r->coa, PBA_INSUFFICIENT_RESOURCES);
	answer(s->lma, s->r, PBA_INSUFFICIENT_RESOURCES, BCE_NULL);
}

// A binding with these prefixes, not known to the workers yet. False: no room, and nothing is left
// of it.
static bool add_binding(struct step *s, const struct ip6_prefix *hnps, uint8_t n)
{
	struct bindings *b = &s->lma->bindings;

	s->bce = binding_add(b, s->r->mn_hash, s->r->mn_id_subtype, s->r->mn_id);
	if (s->bce != BCE_NULL && binding_set_hnps(b, s->bce, hnps, n) && accept(s)) {
		entry(s)->state = BCE_ACTIVE;
		entry(s)->since = s->lma->now.mono;
		return true;
	}
	if (s->bce != BCE_NULL)
		binding_del(b, s->bce);
	return false;
}

static void create(struct step *s)
{
	struct taken taken;

	if (!take_prefixes(s, &taken)) {
		refuse(s, LMA_NOTE_POOL_EMPTY); // LMA-REG-01
		return;
	}
	if (!add_binding(s, taken.v, taken.n)) {
		give_back(s, &taken);
		refuse(s, LMA_NOTE_FULL);
		return;
	}
	bind_all(s->lma, s->bce);
	note(s, LMA_NOTE_REGISTERED);
	put_watermarks(s->lma);
	answer(s->lma, s->r, PBA_ACCEPTED, s->bce);
}

// RFC 7864 3.2.1: another session of the node with the same prefixes.
static void share(struct step *s)
{
	struct bindings *b = &s->lma->bindings;
	struct ip6_prefix hnps[MAX_HNPS_PER_BCE];
	uint32_t first = s->bce;
	uint8_t n = entry(s)->n_hnps;

	memcpy(hnps, binding_hnps(entry(s)), n * sizeof(hnps[0]));
	if (!add_binding(s, hnps, n)) {
		refuse(s, LMA_NOTE_FULL);
		return;
	}
	entry(s)->sharer = first;
	binding_get(b, first)->sharer = s->bce;
	bind_all(s->lma, s->bce);
	note(s, LMA_NOTE_SHARED);
	answer(s->lma, s->r, PBA_ACCEPTED, s->bce);
}

// LMA-EXT-01: the workers need to know only if the tunnel's own end changed.
static void renew(struct step *s)
{
	struct before before;

	remember(s->lma, s->bce, &before);
	if (!accept(s)) {
		refuse(s, LMA_NOTE_FULL);
		return;
	}
	if (entry(s)->lmaa != before.lmaa || before.is_unbound)
		bind_all(s->lma, s->bce);
	note(s, LMA_NOTE_REFRESHED);
	answer_change(s->lma, s->r, s->bce, &before);
}

// Those who waited for this binding are judged again; each may be held anew.
static void release(const struct step *s, bool moved)
{
	struct bce *e = entry(s);

	if (!e->waited_for)
		return;
	e->waited_for = false;
	release_held(s->lma, s->bce, moved);
}

// LMA-HO-01: one swap, at no instant is there no binding.
static void hand_over(struct step *s)
{
	struct before before;

	remember(s->lma, s->bce, &before);
	if (!accept(s)) {
		refuse(s, LMA_NOTE_FULL);
		return;
	}
	entry(s)->handovers++;
	bind_moved(s->lma, s->bce, before.mag);
	note(s, LMA_NOTE_HANDED_OVER);
	answer_change(s->lma, s->r, s->bce, &before);
	release(s, true); // LMA-BC-19
}

// LMA-DER-02: back within the delay, at the same MAG or another.
static void revive(struct step *s)
{
	struct before before;

	remember(s->lma, s->bce, &before);
	if (!accept(s)) {
		refuse(s, LMA_NOTE_FULL); // LMA-DER-06: the delay runs on
		return;
	}
	entry(s)->state = BCE_ACTIVE;
	entry(s)->handovers += entry(s)->mag != before.mag;
	s->lma->bindings.n_detached--;
	bind_all(s->lma, s->bce);
	note(s, LMA_NOTE_REVIVED);
	answer_change(s->lma, s->r, s->bce, &before);
	release(s, true);
}

// LMA-DER-01: answered at once, traffic dropped by name, the prefix kept for a while.
static void detach(struct step *s)
{
	struct bce *e = entry(s);

	keep_freshness(e, s->r);
	e->state = BCE_DETACHED;
	s->lma->bindings.n_detached++;
	wheel_set(s->lma->timers, s->bce,
		  s->lma->now.mono + s->lma->conf.min_delay_before_bce_delete);
	unbind_all(s->lma, s->bce, LMA_DETACH);
	note(s, LMA_NOTE_DEREGISTERED);
	answer(s->lma, s->r, PBA_ACCEPTED, s->bce);
	release(s, false);
}

// LMA-DER-05: said again, answered again; the timer is not restarted.
static void confirm(struct step *s)
{
	keep_freshness(entry(s), s->r);
	answer(s->lma, s->r, PBA_ACCEPTED, s->bce);
}

static void ignore(struct step *s)
{
	put_note(s->lma, LMA_NOTE_IGNORED_DEREG, s->r->coa, 0);
}

// Of a session that never came to be, what it did not name itself is as free as before: a refusal
// that is repeated must not empty the pool (LMA-RX-08).
static void free_prefix(const struct step *s, struct ip6_prefix hnp, const struct reply *refused)
{
	struct pools *pools = &s->lma->pools;
	const struct mn *mn = binding_mn(&s->lma->bindings, entry(s));
	struct span mn_id = mn_id_of(mn);
	uint64_t hash = mn_id_hash(s->lma->key, mn->subtype, mn_id);
	bool was_given =
		refused != NULL && !refused->is_change &&
		!pool_is_static_for(pools, hnp, policy_profile(s->lma, hash, mn->subtype, mn_id));

	for (uint8_t i = 0; was_given && i < refused->n_asked; i++)
		was_given = !ip6_prefix_equal(
			ip6_prefix_of(refused->asked[i].addr, refused->asked[i].len), hnp);
	if (was_given)
		pool_return(pools, hnp);
	else
		pool_give(pools, hnp, hash, s->lma->now.mono);
}

// `refused`: the answer to the update that made it, if it goes because of that.
static void remove_binding(struct step *s, enum lma_note_kind kind, const struct reply *refused)
{
	struct lma *lma = s->lma;
	struct bce *e = entry(s);
	const struct ip6_prefix *hnps = binding_hnps(e);

	unbind_all(s->lma, s->bce, LMA_UNBIND);
	note(s, kind);
	lma->bindings.n_detached -= e->state == BCE_DETACHED;
	mag_release(lma, e->mag);
	wheel_stop(lma->timers, s->bce);
	for (uint8_t i = 0; i < e->n_hnps && e->sharer == BCE_NULL; i++)
		free_prefix(s, hnps[i], refused);
	if (e->sharer != BCE_NULL) {
		struct bce *sharer = binding_get(&lma->bindings, e->sharer);
		sharer->sharer = BCE_NULL;
		sharer->is_second = false;
	}
	put_watermarks(lma);
	bool waited_for = e->waited_for;
	binding_del(&lma->bindings, s->bce);
	if (waited_for)
		release_held(lma, s->bce, false);
}

static void expire(struct step *s)
{
	remove_binding(s, LMA_NOTE_EXPIRED, NULL); // LMA-EXP-01
}

static void delete (struct step *s)
{
	remove_binding(s, LMA_NOTE_DELETED, NULL);
}

static void lose_service(struct step *s)
{
	remove_binding(s, LMA_NOTE_SERVICE_LOST, NULL); // LMA-RX-08
}

// A change of a binding is taken back whole (LMA-RX-08); a new one goes, and so does one whose
// change cannot be taken back. One that nobody asked to change, because it took over from its
// sharer, stays.
static void give_up(struct step *s)
{
	const struct reply *grant = grant_under_way(s->lma, s->bce);
	const struct before *before = grant != NULL && grant->is_change ? &grant->before : NULL;
	bool restored = before != NULL && restore(s->lma, s->bce, before);
	bool was_second = before != NULL && before->is_second;

	drop_binds(s->lma, s->bce);
	turn_into_refusal(s->lma, s->bce, PBA_INSUFFICIENT_RESOURCES);
	if (grant != NULL && !restored) {
		remove_binding(s, LMA_NOTE_NO_ROOM, grant);
		return;
	}
	note(s, LMA_NOTE_NO_ROOM);
	if (grant == NULL || before->is_unbound)
		return stay_unbound(s->lma, s->bce);
	if (was_second && has_active_sharer(s->lma, s->bce))
		s->bce = entry(s)->sharer; // packets went there, and go there again
	if (entry(s)->state == BCE_ACTIVE)
		bind_all(s->lma, s->bce);
	else
		unbind_all(s->lma, s->bce, LMA_DETACH);
}

static void (*const cells[BCE_N_STATES][N_BCE_EVENTS])(struct step *) = {
	[BCE_NONE] =
		{
			[EV_INITIAL] = create,
			[EV_REFRESH] = cannot_happen,
			[EV_HANDOFF] = cannot_happen,
			[EV_DEREG] = cannot_happen,
			[EV_DEREG_FOREIGN] = ignore, // LMA-DER-04
			[EV_TIME_OVER] = cannot_happen,
			[EV_DELETE] = cannot_happen,
			[EV_SERVICE_LOST] = cannot_happen,
			[EV_SHARE] = cannot_happen,
			[EV_BIND_FAILED] = cannot_happen,
		},
	[BCE_ACTIVE] =
		{
			[EV_INITIAL] = cannot_happen,
			[EV_REFRESH] = renew,
			[EV_HANDOFF] = hand_over,
			[EV_DEREG] = detach,
			[EV_DEREG_FOREIGN] = ignore, // LMA-DER-03, LMA-HO-02
			[EV_TIME_OVER] = expire,
			[EV_DELETE] = delete,
			[EV_SERVICE_LOST] = lose_service,
			[EV_SHARE] = share,
			[EV_BIND_FAILED] = give_up,
		},
	[BCE_DETACHED] =
		{
			[EV_INITIAL] = cannot_happen,
			[EV_REFRESH] = revive,
			[EV_HANDOFF] = revive,
			[EV_DEREG] = confirm,
			[EV_DEREG_FOREIGN] = ignore,
			[EV_TIME_OVER] = delete, // LMA-DER-02
			[EV_DELETE] = delete,
			[EV_SERVICE_LOST] = lose_service,
			[EV_SHARE] = share,
			[EV_BIND_FAILED] = give_up,
		},
};

void transit(struct lma *lma, enum bce_event event, uint32_t bce, const struct request *r)
{
	struct step s = {lma, bce, r};
	uint8_t state = bce == BCE_NULL ? BCE_NONE : binding_get(&lma->bindings, bce)->state;

	cells[state][event](&s);
}
