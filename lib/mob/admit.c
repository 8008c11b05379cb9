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
	if (policy_mag(lma, r->src) == UINT32_MAX || policy_mag(lma, r->coa) == UINT32_MAX)
		return PBA_MAG_NOT_AUTHORIZED;
	return PBA_ACCEPTED;
}

static enum pba_status check_node(struct lma *lma, const struct request *r, const struct match *m)
{
	(void)m;
	return policy_node(lma, r->mn_id);
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

// Prefixes that a new session claims: in our pools, free, of the right length (LMA-REG-02).
static enum pba_status check_claims(struct lma *lma, const struct request *r, const struct match *m)
{
	uint64_t owner = mn_id_hash(lma->key, r->mn_id_subtype, r->mn_id);

	if (m->kind != MATCH_NEW)
		return PBA_ACCEPTED;
	for (uint8_t i = 0; i < r->n_hnps; i++) {
		if (ip6_is_zero(r->hnps[i].addr))
			continue;
		if (!pool_may_take(&lma->pools, &lma->bindings, r->hnps[i], owner))
			return PBA_NOT_AUTHORIZED_FOR_HNP;
		for (uint8_t k = 0; k < i; k++) // OPT-08
			if (ip6_prefix_equal(r->hnps[i], r->hnps[k]))
				return PBA_NOT_AUTHORIZED_FOR_HNP;
	}
	return PBA_ACCEPTED;
}

// Caps: bindings, sessions of the node (LMA-BC-14), prefixes of a session (SEC-10).
static enum pba_status check_room(struct lma *lma, const struct request *r, const struct match *m)
{
	const struct bindings *b = &lma->bindings;
	uint32_t first = binding_find_mn(b, r->mn_id_subtype, r->mn_id);
	uint32_t sessions = first != BCE_NULL ? binding_get(b, first)->mn->n : 0;

	if (m->kind != MATCH_NEW)
		return PBA_ACCEPTED;
	if (r->n_hnps > MAX_HNPS_PER_BCE || sessions >= lma->conf.sessions_per_mn)
		return PBA_INSUFFICIENT_RESOURCES;
	if (b->n_prefixes + r->n_hnps > lma->conf.max_bindings) {
		put_note(lma, LMA_NOTE_FULL, r->coa, PBA_INSUFFICIENT_RESOURCES);
		return PBA_INSUFFICIENT_RESOURCES;
	}
	return PBA_ACCEPTED;
}

static const struct admission {
	const char *rule;
	enum pba_status (*check)(struct lma *, const struct request *, const struct match *);
} admissions[] = {
	{"LMA-RX-04: proxy registrations only", check_proxy},
	{"LMA-RX-06 (3): mobile node identifier", check_mn_id},
	{"LMA-RX-06 (4): a MAG of ours", check_mag},
	{"LMA-RX-06 (5), (6): a mobile node of ours", check_node},
	{"LMA-RX-06 (7): timestamp or sequence number", check_freshness},
	{"LMA-RX-06 (8): home network prefix", check_hnp},
	{"LMA-RX-06 (9): handoff indicator", check_handoff},
	{"LMA-RX-06 (10): access technology type", check_access},
	{"LMA-RX-06 (11): binding test", check_binding},
	{"LMA-REG-02: prefixes that are claimed", check_claims},
	{"LMA-BC-14, SEC-05: room", check_room},
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
