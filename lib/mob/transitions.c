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

static void put_for_each_hnp(const struct step *s, enum lma_action_kind kind)
{
	const struct bce *e = entry(s);
	const struct ip6_prefix *hnps = binding_hnps(e);

	for (uint8_t i = 0; i < e->n_hnps; i++) {
		struct lma_action a = {.kind = kind};
		if (kind == LMA_BIND) {
			a.bind.hnp = hnps[i];
			a.bind.lmaa = s->lma->bindings.lmaas[e->lmaa];
			a.bind.coa = s->lma->mags[e->mag].coa;
			a.bind.mag = e->mag;
		} else {
			a.unbind.hnp = hnps[i];
		}
		put_action(s->lma, &a);
	}
}

// LMA-REG-06, LMA-REG-08: not above the asked one, whole units of 4 s, at least one.
static uint32_t granted_lifetime(const struct lma *lma, const struct request *r)
{
	uint32_t s =
		r->lifetime_s < lma->conf.max_lifetime_s ? r->lifetime_s : lma->conf.max_lifetime_s;

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

static void give_prefixes(const struct step *s, const struct ip6_prefix *hnps, uint8_t n)
{
	uint64_t owner = mn_id_hash(s->lma->key, s->r->mn_id_subtype, s->r->mn_id);

	for (uint8_t i = 0; i < n; i++)
		pool_give(&s->lma->pools, hnps[i], owner, s->lma->now.mono);
}

// One prefix for each that was asked for. The named ones first, so that a zero one does not get
// what is named behind it; then the zero ones, from the pools.
static bool take_prefixes(const struct step *s, struct ip6_prefix *out)
{
	const struct request *r = s->r;
	uint64_t owner = mn_id_hash(s->lma->key, r->mn_id_subtype, r->mn_id);
	uint8_t n = 0;
	bool ok = true;

	for (uint8_t i = 0; ok && i < r->n_hnps; i++) {
		if (ip6_is_zero(r->hnps[i].addr))
			continue;
		ok = pool_take(&s->lma->pools, &s->lma->bindings, r->hnps[i], owner);
		if (ok)
			out[n++] = r->hnps[i];
	}
	for (; ok && n < r->n_hnps; n += ok)
		ok = pool_take_any(&s->lma->pools, &s->lma->bindings, out, n, &out[n]);
	if (!ok)
		give_prefixes(s, out, n);
	return ok;
}

static void refuse(const struct step *s, enum lma_note_kind kind)
{
	put_note(s->lma, kind, s->r->coa, PBA_INSUFFICIENT_RESOURCES);
	answer(s->lma, s->r, PBA_INSUFFICIENT_RESOURCES, BCE_NULL);
}

static void create(struct step *s)
{
	struct ip6_prefix hnps[MAX_HNPS_PER_BCE];
	const struct request *r = s->r;

	if (!take_prefixes(s, hnps)) {
		refuse(s, LMA_NOTE_POOL_EMPTY); // LMA-REG-01
		return;
	}
	s->bce = binding_add(&s->lma->bindings, r->mn_id_subtype, r->mn_id);
	if (s->bce == BCE_NULL || !binding_set_hnps(&s->lma->bindings, s->bce, hnps, r->n_hnps) ||
	    !accept(s)) {
		if (s->bce != BCE_NULL)
			binding_del(&s->lma->bindings, s->bce);
		give_prefixes(s, hnps, r->n_hnps);
		refuse(s, LMA_NOTE_FULL);
		return;
	}
	entry(s)->state = BCE_ACTIVE;
	entry(s)->since = s->lma->now.mono;
	put_for_each_hnp(s, LMA_BIND);
	note(s, LMA_NOTE_REGISTERED);
	answer(s->lma, r, PBA_ACCEPTED, s->bce);
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
	if (entry(s)->lmaa != before.lmaa)
		put_for_each_hnp(s, LMA_BIND);
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
	put_for_each_hnp(s, LMA_BIND);
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
	put_for_each_hnp(s, LMA_BIND);
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
	put_for_each_hnp(s, LMA_DETACH);
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

static void remove_binding(struct step *s, enum lma_note_kind kind)
{
	struct lma *lma = s->lma;
	struct bce *e = entry(s);
	const struct ip6_prefix *hnps = binding_hnps(e);
	uint64_t owner = mn_id_hash(lma->key, e->mn->subtype, binding_mn_id(e));

	put_for_each_hnp(s, LMA_UNBIND);
	note(s, kind);
	lma->bindings.n_detached -= e->state == BCE_DETACHED;
	mag_release(lma, e->mag);
	wheel_stop(lma->timers, s->bce);
	for (uint8_t i = 0; i < e->n_hnps; i++)
		pool_give(&lma->pools, hnps[i], owner, lma->now.mono);
	bool waited_for = e->waited_for;
	binding_del(&lma->bindings, s->bce);
	if (waited_for)
		release_held(lma, s->bce, false);
}

static void expire(struct step *s)
{
	remove_binding(s, LMA_NOTE_EXPIRED); // LMA-EXP-01
}

static void delete (struct step *s)
{
	remove_binding(s, LMA_NOTE_DELETED);
}

// A change of a binding is taken back whole (LMA-RX-08); a new one goes. So does one whose change
// cannot be taken back, or whose way back fails too.
static void give_up(struct step *s)
{
	const struct before *before = change_under_way(s->lma, s->bce);
	bool restored = before != NULL && restore(s->lma, s->bce, before);

	drop_binds(s->lma, s->bce);
	turn_into_refusal(s->lma, s->bce, PBA_INSUFFICIENT_RESOURCES);
	if (!restored) {
		remove_binding(s, LMA_NOTE_NO_ROOM);
		return;
	}
	put_for_each_hnp(s, entry(s)->state == BCE_DETACHED ? LMA_DETACH : LMA_BIND);
	note(s, LMA_NOTE_NO_ROOM);
}

static void (*const cells[BCE_N_STATES][N_BCE_EVENTS])(struct step *) = {
	[BCE_NONE] =
		{
			[EV_INITIAL] = create,
			[EV_REFRESH] = cannot_happen,
			[EV_HANDOFF] = cannot_happen,
			[EV_DEREG] = ignore,
			[EV_DEREG_FOREIGN] = ignore, // LMA-DER-04
			[EV_TIME_OVER] = cannot_happen,
			[EV_DELETE] = cannot_happen,
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
			[EV_BIND_FAILED] = give_up,
		},
};

void transit(struct lma *lma, enum bce_event event, uint32_t bce, const struct request *r)
{
	struct step s = {lma, bce, r};
	uint8_t state = bce == BCE_NULL ? BCE_NONE : binding_get(&lma->bindings, bce)->state;

	cells[state][event](&s);
}
