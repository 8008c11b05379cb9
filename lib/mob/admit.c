// The acceptance checks in the order of LMA-RX-06: the first row that fails gives the status.
//
// Every row only looks; an update that is refused has changed nothing (LMA-RX-08).
#include "mob/engine.h"

static enum pba_status check_proxy(struct lma *lma, const struct request *r, const struct match *m)
{
	(void)lma, (void)m;
	return r->flags & BU_P ? PBA_ACCEPTED : PBA_HOME_REGISTRATION_UNSUPPORTED; // LMA-RX-04
}

static enum pba_status check_mn_id(struct lma *lma, const struct request *r, const struct match *m)
{
	(void)lma, (void)m;
	return r->has_mn_id ? PBA_ACCEPTED : PBA_MISSING_MN_ID;
}

// With an Alternate Care-of Address both ends must be MAGs of ours (LMA-RX-12).
static enum pba_status check_mag(struct lma *lma, const struct request *r, const struct match *m)
{
	(void)m;
	uint32_t src = ip6_equal(r->src, r->coa) ? r->mag_row : policy_mag(lma, r->src);

	if (src == NO_ROW || r->mag_row == NO_ROW)
		return PBA_MAG_NOT_AUTHORIZED;
	if (!policy_mag_serves(lma, src, r) || !policy_mag_serves(lma, r->mag_row, r))
		return PBA_MAG_NOT_AUTHORIZED;
	return PBA_ACCEPTED;
}

static enum pba_status check_node(struct lma *lma, const struct request *r, const struct match *m)
{
	(void)m;
	if (r->profile == NO_ROW)
		return PBA_NOT_LMA_FOR_THIS_MN;
	return lma->conf.profiles[r->profile].permit ? PBA_ACCEPTED : PBA_PROXY_REG_NOT_ENABLED;
}

// RFC 5213 5.5: lower comes before outside the window (LMA-TS-03).
static enum pba_status check_timestamp(const struct lma *lma, const struct request *r,
				       const struct bce *e)
{
	uint64_t apart = r->timestamp > r->arrival_q16 ? r->timestamp - r->arrival_q16
						       : r->arrival_q16 - r->timestamp;
	// Rounded up: both stamps were rounded down, and the window includes its end.
	uint64_t window = wall_q16_from_ns(lma->conf.timestamp_validity_window + NS_SEC / 65536);

	if (e != NULL && r->timestamp < e->timestamp)
		return PBA_TIMESTAMP_LOWER;
	if (e != NULL && e->by_timestamp && r->timestamp == e->timestamp)
		return PBA_TIMESTAMP_MISMATCH;
	if (!lma->conf.mobile_node_generated_timestamp && apart > window) // LMA-TS-11: inclusive
		return PBA_TIMESTAMP_MISMATCH;
	return PBA_ACCEPTED;
}

// LMA-TS-06, RFC 6275 9.5.1: newer by 1 to 32767, modulo 65536.
static enum pba_status check_sequence(const struct request *r, const struct bce *e)
{
	uint16_t ahead = e != NULL ? (uint16_t)(r->seq - e->seq) : 1;

	if (e == NULL || e->by_timestamp || (ahead >= 1 && ahead <= 32767))
		return PBA_ACCEPTED;
	return PBA_SEQUENCE_OUT_OF_WINDOW;
}

static enum pba_status check_freshness(struct lma *lma, const struct request *r,
				       const struct match *m)
{
	const struct bce *e =
		m->freshness != BCE_NULL ? binding_get(&lma->bindings, m->freshness) : NULL;

	return r->has_timestamp ? check_timestamp(lma, r, e) : check_sequence(r, e);
}

// RFC 5149 4.2: the node may have that service, and what it has already can be used for it. After
// freshness, because a refusal deletes the binding: an old message must not. A de-registration
// selects nothing.
static enum pba_status check_service(struct lma *lma, const struct request *r,
				     const struct match *m)
{
	static const struct pool_set nothing;
	uint16_t service = policy_service(lma, r->service);

	if (r->service.n == 0 || r->lifetime_s == 0)
		return PBA_ACCEPTED;
	struct claim claim = policy_claim(lma, r, service);
	if (service == NO_SERVICE || memcmp(&claim.from, &nothing, sizeof(nothing)) == 0)
		return PBA_SERVICE_AUTHORIZATION_FAILED;
	if (m->kind != MATCH_BINDING && m->kind != MATCH_SHARE)
		return PBA_ACCEPTED;
	const struct bce *e = binding_get(&lma->bindings, m->bce);
	const struct ip6_prefix *hnps = binding_hnps(e);
	for (uint8_t i = 0; i < e->n_hnps; i++)
		if (!pool_set_has(&claim.from, pool_of(&lma->pools, hnps[i])) &&
		    !pool_is_static_for(&lma->pools, hnps[i], r->profile))
			return PBA_SERVICE_AUTHORIZATION_FAILED;
	return PBA_ACCEPTED;
}

static enum pba_status check_hnp(struct lma *lma, const struct request *r, const struct match *m)
{
	(void)lma, (void)m;
	return r->n_hnps > 0 ? PBA_ACCEPTED : PBA_MISSING_HNP;
}

static enum pba_status check_handoff(struct lma *lma, const struct request *r,
				     const struct match *m)
{
	(void)lma, (void)m;
	return r->has_handoff ? PBA_ACCEPTED : PBA_MISSING_HANDOFF_INDICATOR;
}

static enum pba_status check_access(struct lma *lma, const struct request *r, const struct match *m)
{
	(void)lma, (void)m;
	return r->has_access ? PBA_ACCEPTED : PBA_MISSING_ACCESS_TECH_TYPE;
}

static enum pba_status check_binding(struct lma *lma, const struct request *r,
				     const struct match *m)
{
	(void)lma, (void)r;
	return m->kind == MATCH_REFUSED ? m->status : PBA_ACCEPTED;
}

// Prefixes that a new session claims: in pools that it may have them of, free, of the right length
// (LMA-REG-02).
static enum pba_status check_claims(struct lma *lma, const struct request *r, const struct match *m)
{
	if (m->kind != MATCH_NEW || r->n_zero == r->n_hnps)
		return PBA_ACCEPTED;
	struct claim claim = policy_claim(lma, r, policy_service(lma, r->service));
	for (uint8_t i = 0; i < r->n_hnps; i++) {
		if (ip6_is_zero(r->hnps[i].addr))
			continue;
		if (!pool_may_take(&lma->pools, &lma->bindings, &claim, r->hnps[i]))
			return PBA_NOT_AUTHORIZED_FOR_HNP;
		for (uint8_t k = 0; k < i; k++) // OPT-08
			if (ip6_prefix_equal(r->hnps[i], r->hnps[k]))
				return PBA_NOT_AUTHORIZED_FOR_HNP;
	}
	return PBA_ACCEPTED;
}

// LMA-RX-12: what the session has already may be served by this MAG.
static enum pba_status check_mag_pools(struct lma *lma, const struct request *r,
				       const struct match *m)
{
	if ((m->kind != MATCH_BINDING && m->kind != MATCH_SHARE) || r->lifetime_s == 0)
		return PBA_ACCEPTED; // who waits may come to have another session
	const struct bce *e = binding_get(&lma->bindings, m->bce);
	const struct ip6_prefix *hnps = binding_hnps(e);
	for (uint8_t i = 0; i < e->n_hnps; i++)
		if (!policy_mag_has_pool(lma, r->mag_row, pool_of(&lma->pools, hnps[i])))
			return PBA_NOT_AUTHORIZED_FOR_HNP;
	return PBA_ACCEPTED;
}

static enum pba_status no_room(struct lma *lma, const struct request *r, enum lma_note_kind kind)
{
	put_note(lma, kind, r->coa, PBA_INSUFFICIENT_RESOURCES);
	return PBA_INSUFFICIENT_RESOURCES;
}

// SEC-05: a binding more at this MAG, by registration or by handoff.
static enum pba_status check_mag_room(struct lma *lma, const struct request *r,
				      const struct match *m)
{
	uint32_t max = lma->conf.mags[r->mag_row].max_bindings;
	bool is_there = m->kind == MATCH_BINDING && r->mag != 0 &&
			binding_get(&lma->bindings, m->bce)->mag == r->mag;

	if (max == 0 || m->kind == MATCH_SILENT || is_there || r->lifetime_s == 0)
		return PBA_ACCEPTED;
	return r->mag != 0 && lma->mags[r->mag].bindings >= max ? no_room(lma, r, LMA_NOTE_MAG_FULL)
								: PBA_ACCEPTED;
}

// Caps: sessions of the node (LMA-BC-14), prefixes of a session (SEC-10), two sessions that share
// prefixes (LMA-BC-12).
static enum pba_status check_node_room(struct lma *lma, const struct request *r,
				       const struct match *m)
{
	const struct bindings *b = &lma->bindings;

	if (m->kind != MATCH_NEW && m->kind != MATCH_SHARE)
		return PBA_ACCEPTED;
	uint32_t first = binding_find_mn(b, r->mn_hash, r->mn_id_subtype, r->mn_id);
	uint32_t sessions = first != BCE_NULL ? binding_mn(b, binding_get(b, first))->n : 0;
	if (m->kind == MATCH_SHARE && binding_get(b, m->bce)->sharer != BCE_NULL)
		return PBA_INSUFFICIENT_RESOURCES;
	return r->n_hnps > MAX_HNPS_PER_BCE || sessions >= policy_sessions(lma, r)
		       ? PBA_INSUFFICIENT_RESOURCES
		       : PBA_ACCEPTED;
}

static enum pba_status check_room(struct lma *lma, const struct request *r, const struct match *m)
{
	const struct bindings *b = &lma->bindings;
	struct ip6_prefix statics[MAX_HNPS_PER_BCE];
	uint8_t n_statics, wanted = r->n_hnps;

	if (m->kind != MATCH_NEW && m->kind != MATCH_SHARE)
		return PBA_ACCEPTED;
	if (m->kind == MATCH_NEW && r->n_hnps == 1 && r->n_zero == 1)
		wanted = policy_hnps(lma, r, statics, &n_statics);
	return b->n_prefixes + wanted > lma->conf.max_bindings ? no_room(lma, r, LMA_NOTE_FULL)
							       : PBA_ACCEPTED;
}

static const struct admission {
	const char *rule;
	enum pba_status (*check)(struct lma *, const struct request *, const struct match *);
} admissions[] = {
	{"LMA-RX-04: proxy registrations only", check_proxy},
	{"LMA-RX-06 (3): mobile node identifier", check_mn_id},
	{"LMA-RX-06 (4), LMA-RX-12: a MAG of ours, for this node", check_mag},
	{"LMA-RX-06 (5), (6): a mobile node of ours", check_node},
	{"LMA-RX-06 (7): timestamp or sequence number", check_freshness},
	{"LMA-RX-06 (6), LMA-RX-08: service selection", check_service},
	{"LMA-RX-06 (8): home network prefix", check_hnp},
	{"LMA-RX-06 (9): handoff indicator", check_handoff},
	{"LMA-RX-06 (10): access technology type", check_access},
	{"LMA-RX-06 (11): binding test", check_binding},
	{"LMA-REG-02: prefixes that are claimed", check_claims},
	{"LMA-RX-12: prefixes that the MAG may serve", check_mag_pools},
	{"SEC-05: room at the MAG", check_mag_room},
	{"LMA-BC-14, SEC-05, SEC-10: room of the node", check_node_room},
	{"room in the binding cache", check_room},
};

enum pba_status admit(struct lma *lma, const struct request *r, const struct match *m)
{
	for (size_t i = 0; i < sizeof(admissions) / sizeof(admissions[0]); i++) {
		enum pba_status status = admissions[i].check(lma, r, m);
		if (status != PBA_ACCEPTED)
			return status;
	}
	return PBA_ACCEPTED;
}
