// The one door of the engine: what happened goes in, what to do comes out.
#include "mob/lma.h"

#include <stdlib.h>

#include "mob/engine.h"

static bool are_pools(const struct lma_conf *c, const uint16_t *pools, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (pools[i] >= c->n_pools)
			return false;
	return true;
}

static bool policy_is_sound(const struct lma_conf *c)
{
	for (uint32_t i = 0; i < c->n_mags; i++)
		if (!are_pools(c, c->mags[i].pools, c->mags[i].n_pools))
			return false;
	for (uint32_t i = 0; i < c->n_profiles; i++) {
		const struct lma_profile_conf *row = &c->profiles[i];
		bool is_many = row->key[0] == '@' || strcmp(row->key, "*") == 0;
		if (!are_pools(c, row->pools, row->n_pools) || row->hnps > MAX_HNPS_PER_BCE ||
		    row->n_prefixes > MAX_HNPS_PER_BCE || (is_many && row->n_prefixes > 0))
			return false;
	}
	return true;
}

static bool conf_is_sound(const struct lma_conf *c)
{
	if (c->max_bindings == 0 || c->max_bindings > WHEEL_MAX_ITEMS || c->max_mags == 0 ||
	    c->n_pools > LMA_MAX_POOLS || !policy_is_sound(c))
		return false;
	for (uint32_t i = 0; i < c->n_pools; i++)
		if (c->pools[i].hnp_len == 0 || c->pools[i].hnp_len > 64 ||
		    c->pools[i].hnp_len < c->pools[i].block.len)
			return false;
	return true;
}

static void *copy_of(const void *rows, size_t n, size_t size)
{
	void *copy = calloc(n + 1, size);

	if (copy != NULL && n > 0)
		memcpy(copy, rows, n * size);
	return copy;
}

static bool copy_conf(struct lma *lma, const struct lma_conf *c)
{
	lma->conf = *c;
	lma->conf.mags = copy_of(c->mags, c->n_mags, sizeof(*c->mags));
	lma->conf.pools = copy_of(c->pools, c->n_pools, sizeof(*c->pools));
	lma->conf.profiles = copy_of(c->profiles, c->n_profiles, sizeof(*c->profiles));
	return lma->conf.mags != NULL && lma->conf.pools != NULL && lma->conf.profiles != NULL;
}

static bool make_tables(struct lma *lma, struct instant now)
{
	lma->timers = wheel_new(lma->conf.max_bindings, now.mono);
	lma->held_timers = wheel_new(MAX_HELD, now.mono);
	lma->beats = wheel_new(lma->conf.max_mags + 1, now.mono);
	lma->mags = calloc((size_t)lma->conf.max_mags + 1, sizeof(*lma->mags));
	lma->held = calloc(MAX_HELD, sizeof(*lma->held));
	lma->held_for = malloc(MAX_HELD * sizeof(*lma->held_for));
	lma->actions = calloc(MAX_ACTIONS, sizeof(*lma->actions));
	lma->replies = calloc(MAX_REPLIES, sizeof(*lma->replies));
	if (lma->timers == NULL || lma->beats == NULL || lma->held_timers == NULL ||
	    lma->mags == NULL || lma->held == NULL || lma->held_for == NULL ||
	    lma->actions == NULL || lma->replies == NULL)
		return false;
	for (uint32_t i = 0; i < MAX_HELD; i++)
		lma->held_for[i] = BCE_NULL;
	return map_init(&lma->mags_by_coa, 0) == 0 && policy_init(lma) == 0 &&
	       bindings_init(&lma->bindings, lma->conf.max_bindings, lma->key) == 0 &&
	       pools_init(&lma->pools, &lma->conf, lma->key) == 0;
}

struct lma *lma_new(const struct lma_conf *conf, uint64_t seed, struct instant now)
{
	struct lma *lma = conf_is_sound(conf) ? calloc(1, sizeof(*lma)) : NULL;

	if (lma == NULL)
		return NULL;
	lma->rng.state = seed;
	lma->key = (struct siphash_key){rng_u64(&lma->rng), rng_u64(&lma->rng)};
	lma->now = now;
	lma->be_tokens = BE_PER_S;
	if (!copy_conf(lma, conf) || !make_tables(lma, now)) {
		lma_free(lma);
		return NULL;
	}
	beats_start(lma);
	lma->conf.addresses = NULL; // the caller's, and not needed any more
	return lma;
}

void lma_free(struct lma *lma)
{
	if (lma == NULL)
		return;
	bindings_done(&lma->bindings);
	pools_done(&lma->pools);
	policy_done(lma);
	map_done(&lma->mags_by_coa);
	wheel_free(lma->timers);
	wheel_free(lma->held_timers);
	wheel_free(lma->beats);
	free(lma->mags);
	free(lma->held);
	free(lma->held_for);
	free(lma->actions);
	free(lma->replies);
	free((void *)(uintptr_t)lma->conf.mags);
	free((void *)(uintptr_t)lma->conf.pools);
	free((void *)(uintptr_t)lma->conf.profiles);
	free(lma);
}

void put_action(struct lma *lma, const struct lma_action *action)
{
	if (lma->n_actions == MAX_ACTIONS)
		return; // cannot be: has_room is asked before anything that puts actions
	lma->actions[(lma->action_head + lma->n_actions++) % MAX_ACTIONS] = *action;
}

static bool is_bind_of(const struct lma *lma, const struct lma_action *a, uint32_t bce)
{
	const struct bce *e = binding_get(&lma->bindings, bce);
	const struct ip6_prefix *hnps = binding_hnps(e);

	if (a->kind != LMA_BIND && a->kind != LMA_DETACH)
		return false;
	struct ip6_prefix hnp = a->kind == LMA_BIND ? a->bind.hnp : a->detach.hnp;
	for (uint8_t i = 0; i < e->n_hnps; i++)
		if (ip6_prefix_equal(hnps[i], hnp))
			return true;
	return false;
}

void drop_binds(struct lma *lma, uint32_t bce)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < lma->n_actions; i++) {
		const struct lma_action *a = &lma->actions[(lma->action_head + i) % MAX_ACTIONS];
		if (!is_bind_of(lma, a, bce))
			lma->actions[(lma->action_head + kept++) % MAX_ACTIONS] = *a;
	}
	lma->n_actions = kept;
}

void put_note_of(struct lma *lma, enum lma_note_kind kind, struct ip6_addr mag, uint8_t status,
		 struct span mn_id)
{
	lma->totals.notes[kind]++;
	put_action(lma,
		   &(struct lma_action){
			   .kind = LMA_NOTE,
			   .note = {.kind = kind, .mag = mag, .mn_id = mn_id, .status = status}});
}

void put_note(struct lma *lma, enum lma_note_kind kind, struct ip6_addr mag, uint8_t status)
{
	put_note_of(lma, kind, mag, status, (struct span){0});
}

// Room for `events` more events of bindings, with all that may wait for them. A BIND that failed
// has the second half for itself: it must be undone, however much is waiting.
static bool has_room(const struct lma *lma, uint32_t events)
{
	return lma->n_actions + events * ACTIONS_PER_EVENT <= ACTIONS_OF_INPUT &&
	       lma->n_replies + events * REPLIES_PER_EVENT <= REPLIES_OF_INPUT;
}

static void expire_some(struct lma *lma)
{
	uint32_t budget = EXPIRIES_PER_INPUT, i;

	pool_expire(&lma->pools, lma->now.mono, EXPIRIES_PER_INPUT);
	while (budget > 0 && has_room(lma, 2) && expire_held(lma))
		budget--;
	while (budget > 0 && has_room(lma, 2) &&
	       (i = wheel_expire(lma->timers, lma->now.mono)) != WHEEL_NONE) {
		transit(lma, EV_TIME_OVER, i, NULL);
		budget--;
	}
	while (budget > 0 && has_room(lma, 2) &&
	       (i = wheel_expire(lma->beats, lma->now.mono)) != WHEEL_NONE) {
		expire_beat(lma, i);
		budget--;
	}
}

static void take_bu(struct lma *lma, const struct lma_event *event)
{
	struct ip6_addr src = event->message.src;
	struct request r;

	// Every answer repeats what was asked and adds at most the three that are mandatory.
	if (event->message.mh->opts.n > MH_MAX_OPTS - 3) {
		put_note(lma, LMA_NOTE_BAD_MESSAGE, src, 0); // SEC-10
		return;
	}
	if (!request_read(event, &r)) {
		put_note(lma, LMA_NOTE_IGNORED_BAD_COA, src, 0);
		return;
	}
	if ((r.flags & (BU_P | BU_H)) == 0) {
		put_note(lma, LMA_NOTE_IGNORED_NOT_PROXY, src, 0);
		return;
	}
	r.mn_hash = event->message.ahead != NULL ? event->message.ahead->mn_hash
						 : mn_id_hash(lma->key, r.mn_id_subtype, r.mn_id);
	take_update(lma, &r, UPDATE_FRESH);
}

static void take_message(struct lma *lma, const struct lma_event *event)
{
	struct ip6_addr src = event->message.src;

	if (!ip6_is_routable_unicast(src)) {
		put_note(lma, LMA_NOTE_IGNORED_BAD_SOURCE, src, 0); // WIRE-11
		return;
	}
	if (event->message.mh->opts.repeated > 0)
		put_note(lma, LMA_NOTE_REPEATED_OPTION, src, 0);
	switch (event->message.mh->type) {
	case MH_BU:
		take_bu(lma, event);
		break;
	case MH_BRR:
	case MH_BA:
		put_note(lma, LMA_NOTE_IGNORED_ROLE, src, 0); // WIRE-14
		break;
	case MH_HI:
	case MH_HACK: // WIRE-06: between MAGs alone
		put_note(lma, LMA_NOTE_BAD_MESSAGE, src, 0);
		answer_unknown_type(lma, src, event->message.dst);
		break;
	case MH_HEARTBEAT:
		take_heartbeat(lma, event);
		break;
	case MH_BE:
		if (event->message.mh->be.status == BE_UNKNOWN_MH_TYPE)
			refuse_beats(lma, src);
		put_note(lma, LMA_NOTE_BINDING_ERROR, src, event->message.mh->be.status);
		break;
	}
}

static void take_bad(struct lma *lma, const struct lma_event *event)
{
	put_note(lma, LMA_NOTE_BAD_MESSAGE, event->bad.src, 0);
	if (mh_owes_unknown_type(event->bad.err, event->bad.type, false))
		answer_unknown_type(lma, event->bad.src, event->bad.dst);
}

static void take_prefix_event(struct lma *lma, enum bce_event event, struct ip6_prefix hnp)
{
	uint32_t bce = binding_find_hnp(&lma->bindings, hnp);

	if (bce != BCE_NULL)
		transit(lma, event, bce, NULL);
}

static void delete_all(struct lma *lma, struct ip6_prefix hnp)
{
	while (binding_find_hnp(&lma->bindings, hnp) != BCE_NULL)
		take_prefix_event(lma, EV_DELETE, hnp);
}

void put_watermarks(struct lma *lma)
{
	for (uint32_t i; (i = pool_next_crossed(&lma->pools)) != NO_ROW;) {
		enum lma_note_kind kind =
			lma->pools.v[i].is_high ? LMA_NOTE_POOL_HIGH : LMA_NOTE_POOL_LOW;
		lma->totals.notes[kind]++;
		put_action(lma, &(struct lma_action){.kind = LMA_NOTE,
						     .note = {.kind = kind, .pool = i}});
	}
}

void lma_input(struct lma *lma, struct instant now, const struct lma_event *event)
{
	if (now.mono > lma->now.mono)
		lma->now.mono = now.mono;
	lma->now.wall_q16 = now.wall_q16;
	if (lma->n_actions == 0)
		lma->n_replies = lma->n_sent = 0;
	if (event->kind != LMA_BIND_FAILED)
		expire_some(lma);
	if (event->kind != LMA_BIND_FAILED && !has_room(lma, 1)) {
		lma->totals.notes[LMA_NOTE_OVERLOADED]++;
		return;
	}
	switch (event->kind) {
	case LMA_MESSAGE:
		take_message(lma, event);
		break;
	case LMA_BAD_MESSAGE:
		take_bad(lma, event);
		break;
	case LMA_TICK:
		break;
	case LMA_BIND_FAILED:
		take_prefix_event(lma, EV_BIND_FAILED, event->bind_failed.hnp);
		break;
	case LMA_DELETE:
		delete_all(lma, event->delete.hnp);
		break;
	}
}

bool lma_output(struct lma *lma, struct lma_action *out)
{
	if (lma->n_actions == 0)
		return false;
	*out = lma->actions[lma->action_head];
	// From the front again when it is empty: the same few cache lines for every update.
	lma->action_head = --lma->n_actions > 0 ? (lma->action_head + 1) % MAX_ACTIONS : 0;
	lma->n_sent += out->kind == LMA_SEND; // replies are pulled in the order of their making
	return true;
}

static ns_t earlier(ns_t a, ns_t b)
{
	return a < b ? a : b;
}

ns_t lma_deadline(const struct lma *lma)
{
	if (lma->n_actions > 0)
		return lma->now.mono;
	ns_t held = earlier(wheel_deadline(lma->held_timers), wheel_deadline(lma->beats));
	return earlier(pool_deadline(&lma->pools), earlier(wheel_deadline(lma->timers), held));
}

// HB-02, HB-03: nothing is deleted, it lives out its lifetime.
static bool is_stale(const struct lma *lma, const struct bce *e, ns_t expires)
{
	const struct mag_record *m = &lma->mags[e->mag];

	if (e->state != BCE_ACTIVE)
		return false;
	return m->heartbeat.unreachable ||
	       (m->lost != 0 && expires - e->lifetime_s * NS_SEC < m->lost);
}

bool lma_next_binding(const struct lma *lma, uint32_t *cursor, struct lma_binding *out)
{
	for (; *cursor < lma->bindings.high; ++*cursor) {
		const struct bce *e = binding_get(&lma->bindings, *cursor);
		if (e->mn == 0)
			continue;
		*out = (struct lma_binding){
			.mn_id = mn_id_of(binding_mn(&lma->bindings, e)),
			.mn_id_subtype = binding_mn(&lma->bindings, e)->subtype,
			.ll_id = binding_ll_id(e),
			.hnps = binding_hnps(e),
			.n_hnps = e->n_hnps,
			.coa = lma->mags[e->mag].coa,
			.lmaa = lma->bindings.lmaas[e->lmaa],
			.lla = e->lla,
			.state = e->state,
			.access_tech = e->access,
			.handoff_indicator = e->handoff,
			.mag = e->mag,
			.mag_name = lma->conf.mags[lma->mags[e->mag].conf].name,
			.since = e->since,
			.expires = wheel_get(lma->timers, *cursor),
			.lifetime_s = e->lifetime_s,
			.handovers = e->handovers,
			.service = e->service != NO_SERVICE ? lma->policy.networks[e->service] : "",
			.shared = e->sharer != BCE_NULL,
			.unbound = e->is_unbound,
			.stale = is_stale(lma, e, wheel_get(lma->timers, *cursor)),
		};
		++*cursor;
		return true;
	}
	return false;
}

bool lma_next_pool(const struct lma *lma, uint32_t *cursor, struct lma_pool *out)
{
	uint32_t i = *cursor;

	if (i >= lma->pools.n)
		return false;
	const struct pool *p = &lma->pools.v[i];
	*out = (struct lma_pool){
		.name = lma->conf.pools[i].name,
		.network = lma->conf.pools[i].network,
		.block = p->block,
		.hnp_len = p->hnp_len,
		.is_high = p->is_high,
		.prefixes = p->count,
		.used = p->used,
		.quarantined = p->quarantined,
		.reserved = p->reserved,
		.exhausted = p->exhausted,
	};
	out->free = out->prefixes - out->used - out->quarantined - out->reserved;
	++*cursor;
	return true;
}

const struct lma_totals *lma_totals(struct lma *lma)
{
	struct lma_totals *t = &lma->totals;

	t->bindings = lma->bindings.n;
	t->detached = lma->bindings.n_detached;
	t->held = lma->n_held;
	t->mags = lma->mags_by_coa.n;
	t->prefixes_used = t->prefixes_free = 0;
	t->prefixes_quarantined = lma->pools.n_quarantined;
	struct lma_pool pool;
	for (uint32_t i = 0; lma_next_pool(lma, &i, &pool);) {
		t->prefixes_used += pool.used;
		t->prefixes_free += pool.free;
	}
	return t;
}

const char *lma_note_text(enum lma_note_kind kind)
{
	static const char *const texts[LMA_N_NOTES] = {
#define NOTE(ID, name, text) [LMA_NOTE_##ID] = text,
#include "mob/lma_notes.def"
#undef NOTE
	};

	return kind < LMA_N_NOTES ? texts[kind] : "unknown";
}

const char *lma_note_name(enum lma_note_kind kind)
{
	static const char *const names[LMA_N_NOTES] = {
#define NOTE(ID, name, text) [LMA_NOTE_##ID] = #name,
#include "mob/lma_notes.def"
#undef NOTE
	};

	return kind < LMA_N_NOTES ? names[kind] : "unknown";
}
