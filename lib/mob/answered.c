// PBAs: which request one answers, and what follows (RFC 5213 6.9.1.2).
//
// Decides by the tables here alone; nothing but a PBA that fits a request which is out changes an
// entry.
#include "mob/mag_engine.h"

// MAG-REG-06: what a refusal means. Whatever it is but GO_ON, the prefixes go first.
enum remedy {
	LATER,  // again with back-off
	AGAIN,  // at once with a new timestamp or number, then with back-off
	SLOWLY, // a PBU that came late looks so: once at once; if it happens again, the clocks
		// differ, and it is no use to hurry
	NEVER,  // not before an operator acts
	GO_ON,  // of a session that exists nothing changes
};

static enum remedy remedy_for(uint8_t status)
{
	static const struct {
		uint8_t status;
		enum remedy remedy;
	} rows[] = {
		{PBA_SEQUENCE_OUT_OF_WINDOW, AGAIN},       // the number after the one in the PBA
		{PBA_SERVICE_AUTHORIZATION_FAILED, NEVER}, // RFC 5149 4.2: the session is gone
		{PBA_PROXY_REG_NOT_ENABLED, NEVER},
		{PBA_NOT_AUTHORIZED_FOR_HNP, AGAIN}, // INITIAL: with a zero HNP, not with the same
		{PBA_TIMESTAMP_MISMATCH, SLOWLY},
		{PBA_TIMESTAMP_LOWER, AGAIN},
		{PBA_PREFIX_SET_MISMATCH, AGAIN}, // as with 155
		{PBA_CANNOT_MEET_QOS, GO_ON},     // RFC 7222 5.1
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].remedy;
	return LATER;
}

static struct span id_of(const struct mh *mh)
{
	const struct mh_opt *opt = mh_find(mh, OPT_MN_ID);

	if (opt == NULL || opt->mn_id.subtype != MN_ID_NAI)
		return (struct span){0};
	return opt->mn_id.id;
}

static bool is_of_link(const struct bul_entry *e, const struct mh *mh)
{
	const struct mh_opt *ll = mh_find(mh, OPT_LL_ID);

	return ll != NULL &&
	       span_equal(ll->ll_id.id, (struct span){e->link.mac, sizeof(e->link.mac)});
}

// MAG-REG-05, MAG-REG-12: by LMA, MN-ID and number. That of a 135 is the LMA's last one, not ours,
// so the link tells which of a node's sessions it is about.
static bool answers(const struct bul_entry *e, uint8_t lma, const struct mh *mh)
{
	if (!e->waiting || e->lma != lma)
		return false;
	return mh->ba.status == PBA_SEQUENCE_OUT_OF_WINDOW ? is_of_link(e, mh)
							   : mh->ba.seq == e->seq;
}

static uint32_t find_request(const struct mag *m, uint8_t lma, const struct mh *mh)
{
	struct span mn_id = id_of(mh);
	uint32_t i = bul_find_mn_id(&m->bul, mn_id, BUL_NULL);

	while (i != BUL_NULL && !answers(&m->bul.entries[i], lma, mh))
		i = bul_find_mn_id(&m->bul, mn_id, i);
	return i;
}

// MAG-REG-05: what the PBA repeats has to be what we said; an option that is not there is
// different.
static bool repeats(const struct mag *m, const struct bul_entry *e, const struct mh *mh,
		    uint8_t handoff)
{
	const struct mh_opt *hi = mh_find(mh, OPT_HANDOFF), *att = mh_find(mh, OPT_ACCESS);

	return hi != NULL && hi->handoff.indicator == handoff && att != NULL &&
	       att->access.tech == access_tech_of(m, e) && is_of_link(e, mh);
}

static bool has_hnp(const struct ip6_prefix *v, uint8_t n, struct ip6_prefix p)
{
	for (uint8_t i = 0; i < n; i++)
		if (ip6_prefix_equal(v[i], p))
			return true;
	return false;
}

// The prefixes of a PBA, each once, without zero ones and those that cannot be an HNP here.
static uint8_t read_hnps(const struct mh *mh, struct ip6_prefix out[BUL_MAX_HNPS])
{
	const struct mh_opt *opt = NULL;
	uint8_t n = 0;

	while ((opt = mh_find_next(mh, OPT_HNP, opt)) != NULL) {
		struct ip6_prefix p = ip6_prefix_of(opt->hnp.prefix, opt->hnp.prefix_len);
		if (p.len == 0 || p.len > 64 || !ip6_is_routable_unicast(p.addr) ||
		    n == BUL_MAX_HNPS || has_hnp(out, n, p))
			continue;
		out[n++] = p;
	}
	return n;
}

void bind_hnp(struct mag *m, const struct bul_entry *e, struct ip6_prefix hnp)
{
	struct mag_out *out = put_out(m, MAG_BIND);

	if (out == NULL)
		return;
	out->action.bind.hnp = hnp;
	out->action.bind.link = e->link;
	out->action.bind.lmaa = m->lmas[e->lma].addr;
	out->action.bind.local = e->local;
	fast_fill_bind(m, e, &out->action);
}

void unbind_hnp(struct mag *m, struct ip6_prefix hnp)
{
	struct mag_out *out = put_out(m, MAG_UNBIND);

	if (out != NULL)
		out->action.unbind.hnp = hnp;
}

void drop_hnps(struct mag *m, uint32_t i, bool tell)
{
	struct bul_entry *e = entry_of(m, i);
	bool was_bound = e->bound;

	bul_unbind(&m->bul, i);
	if (was_bound && tell)
		withdraw(m, i, e->hnps, e->n_hnps);
	for (uint8_t k = 0; was_bound && k < e->n_hnps; k++)
		unbind_hnp(m, e->hnps[k]);
	e->advertised = false;
	fast_gone(m, i);
}

// The LMA gives this prefix to another entry: its BIND replaces ours, so there is no UNBIND.
static void lose_hnp(struct mag *m, uint32_t i, struct ip6_prefix hnp, struct span to)
{
	struct bul_entry *e = entry_of(m, i);
	struct ip6_prefix rest[BUL_MAX_HNPS];
	uint8_t n = 0;

	for (uint8_t k = 0; k < e->n_hnps; k++)
		if (!ip6_prefix_equal(e->hnps[k], hnp))
			rest[n++] = e->hnps[k];
	bul_bind(&m->bul, i, rest, n);
	withdraw(m, i, &hnp, 1); // MAG-RA-05
	if (n > 0)
		return;
	e->advertised = false;
	if (span_equal(bul_mn_id(e), to) || e->state == BUL_LEAVING) {
		// MAG-MH-01: the session moved to the node's other interface. No de-registration:
		// it would end that session.
		forget(m, i);
		return;
	}
	// Another node's: ours has no session any more, and asks for one.
	note_of(m, MAG_NOTE_LOST, i);
	fast_gone(m, i);
	lapse(m, i);
	e->due_request = m->now.mono + initial_bindack_timeout;
	bul_schedule(&m->bul, i);
}

// MAG-REG-15: the PBA's set rules. What is new is bound before what is lost goes, so a prefix that
// stays is never without.
static bool take_hnps(struct mag *m, uint32_t i, const struct ip6_prefix *hnps, uint8_t n)
{
	struct bul_entry *e = entry_of(m, i);
	struct ip6_prefix lost[BUL_MAX_HNPS], old[BUL_MAX_HNPS];
	uint8_t n_old = e->bound ? e->n_hnps : 0, n_lost = 0;
	bool changed = n != n_old;

	memcpy(old, e->hnps, sizeof(old));
	for (uint8_t k = 0; k < n; k++) {
		if (has_hnp(old, n_old, hnps[k]))
			continue;
		changed = true;
		uint32_t other = bul_find_hnp(&m->bul, hnps[k]);
		if (other != BUL_NULL)
			lose_hnp(m, other, hnps[k], bul_mn_id(e));
		bind_hnp(m, e, hnps[k]);
	}
	for (uint8_t k = 0; k < n_old; k++)
		if (!has_hnp(hnps, n, old[k])) {
			lost[n_lost++] = old[k];
			unbind_hnp(m, old[k]);
		}
	bul_bind(&m->bul, i, hnps, n);
	withdraw(m, i, lost, n_lost);
	return changed;
}

// MAG-REG-13: the lifetime counts from the sending of the PBU.
static void take_lifetime(struct mag *m, struct bul_entry *e, uint32_t granted_s)
{
	uint32_t life_s = granted_s < e->asked_s ? granted_s : e->asked_s;
	ns_t life = life_s * NS_SEC, two_thirds = life / 3 * 2;
	uint32_t spread_ms = (uint32_t)(two_thirds / 5 / NS_MSEC) + 1;

	e->expires = e->sent + life;
	e->due_refresh =
		e->sent + two_thirds - two_thirds / 10 + rng_below(&m->rng, spread_ms) * NS_MSEC;
}

// MAG-REG-17: the LMA would like to be asked earlier.
static void take_advice(const struct mag *m, struct bul_entry *e, const struct mh *mh)
{
	const struct mh_opt *opt = mh_find(mh, OPT_REFRESH_ADVICE);
	ns_t interval = opt != NULL ? opt->refresh_advice.interval_4s * 4 * NS_SEC : 0;

	ns_t at = e->sent + interval;

	if (interval == 0 || at >= e->expires)
		return;
	e->due_refresh = at > m->now.mono ? at : m->now.mono;
}

static struct ip6_addr own_link_local(struct mag *m, const struct bul_entry *e)
{
	struct ip6_addr a;

	do
		a = ip6_from64(0xfe80000000000000, rng_u64(&m->rng));
	while (ip6_equal(a, e->addr));
	return a;
}

// MAG-REG-08, MAG-REG-11: the LMA's address is ours on this link, unless it is the node's. True: it
// is to be told at once of one that we chose.
static bool take_link_local(struct mag *m, struct bul_entry *e, const struct mh *mh)
{
	const struct mh_opt *opt = mh_find(mh, OPT_LLA);

	if (!ip6_is_zero(m->conf.link_local))
		return false;
	if (opt != NULL && ip6_is_link_local(opt->lla.addr) && !ip6_equal(opt->lla.addr, e->addr)) {
		e->link_local = opt->lla.addr;
		e->chose_own = false;
		return false;
	}
	if (!e->chose_own)
		e->link_local = own_link_local(m, e);
	e->chose_own = true;
	bool tell = !e->told_own; // once: an LMA that does not take it would be told for ever
	e->told_own = true;
	return tell;
}

static void take_acceptance(struct mag *m, uint32_t i, const struct mh *mh)
{
	struct bul_entry *e = entry_of(m, i);
	struct ip6_prefix hnps[BUL_MAX_HNPS];
	uint8_t request = e->request, n = read_hnps(mh, hnps);
	uint32_t granted_s = mh->ba.lifetime_4s * 4u;

	e->waiting = false;
	m->totals.accepted++;
	if (request == REQUEST_DEREG) {
		happen(m, i, EV_ACCEPTED);
		return;
	}
	e->due_request = 0;
	e->status = mh->ba.status;
	e->tries = e->refused = 0;
	if (granted_s == 0 || n == 0) { // MAG-REG-15: a session that is none
		e->status = PBA_UNSPECIFIED;
		happen(m, i, EV_REFUSED_BY_LMA);
		return;
	}
	struct ip6_addr before = e->link_local;
	bool tell = take_link_local(m, e, mh);
	bool changed = take_hnps(m, i, hnps, n) || !ip6_equal(before, e->link_local);
	take_lifetime(m, e, granted_s);
	take_advice(m, e, mh);
	if (tell)
		e->due_refresh = m->now.mono;
	e->accepted = m->now.mono;
	fast_registered(m, i);
	happen(m, i, EV_ACCEPTED);
	// MAG-RA-09: after a first registration, and after the node came back; MAG-REG-15.
	if (changed || request != REQUEST_REFRESH || e->forgotten ||
	    m->conf.prefixes_end_with_binding)
		advertise(m, i);
	e->forgotten = false;
}

void take_brr(struct mag *m, uint8_t lma, const struct mh *mh)
{
	struct span mn_id = id_of(mh);
	uint32_t i = bul_find_mn_id(&m->bul, mn_id, BUL_NULL);
	bool any = false;

	for (; i != BUL_NULL; i = bul_find_mn_id(&m->bul, mn_id, i)) {
		struct bul_entry *e = entry_of(m, i);
		if (e->lma != lma || e->state != BUL_BOUND ||
		    m->now.mono - e->accepted < initial_bindack_timeout)
			continue;
		any = true;
		e->due_refresh = m->now.mono;
		bul_schedule(&m->bul, i);
	}
	note(m, any ? MAG_NOTE_REFRESH_ASKED : MAG_NOTE_IGNORED_ROLE);
}

void take_pba(struct mag *m, uint8_t lma, const struct mh *mh)
{
	uint32_t i = (mh->ba.flags & BA_P) != 0 ? find_request(m, lma, mh) : BUL_NULL;

	if (i == BUL_NULL) {
		note(m, MAG_NOTE_IGNORED_PBA);
		return;
	}
	struct bul_entry *e = entry_of(m, i);
	m->totals.by_status[mh->ba.status]++;
	if (!repeats(m, e, mh, handoff_of(e))) {
		note_of(m, MAG_NOTE_MISMATCH, i);
		e->waiting = false;
		if (e->request != REQUEST_DEREG)
			happen(m, i, EV_MISMATCH);
	} else if (mh->ba.status < 128) {
		take_acceptance(m, i, mh);
	} else if (e->request == REQUEST_DEREG) { // MAG-REG-04: the 1 s ends that one
		m->totals.denied++;
	} else {
		e->waiting = false;
		m->totals.denied++;
		e->status = mh->ba.status;
		if (mh->ba.status == PBA_SEQUENCE_OUT_OF_WINDOW)
			e->own_seq = mh->ba.seq;
		happen(m, i, EV_REFUSED_BY_LMA);
	}
	if (m->bul.entries[i].used)
		bul_schedule(&m->bul, i);
}

// The session goes on, and is renewed later.
static void go_on(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	note_of(m, MAG_NOTE_REFUSED, i);
	e->due_request = 0;
	e->due_refresh = m->now.mono + max_bindack_timeout;
	bul_set_state(&m->bul, i, BUL_BOUND);
}

// Until it is asked for again; 0: not before an operator acts.
static ns_t wait_after(enum remedy remedy, uint8_t refused)
{
	switch (remedy) {
	case NEVER:
		return 0;
	case AGAIN:
		return refused == 0 ? 1 : back_off(refused); // 1: with the next tick
	case SLOWLY:
		return refused == 0 ? 1 : max_bindack_timeout;
	default:
		return back_off(refused);
	}
}

void take_refusal(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);
	enum remedy remedy = remedy_for(e->status);
	ns_t wait = wait_after(remedy, e->refused);

	if (remedy == GO_ON && e->bound) {
		go_on(m, i);
		return;
	}
	drop_hnps(m, i, true); // MAG-REG-06, SEQ-25
	note_of(m, MAG_NOTE_REFUSED, i);
	lapse(m, i);
	e->reason = REASON_STATUS;
	if (wait == 0)
		bar(m, i, REASON_STATUS);
	else
		e->due_request = m->now.mono + wait;
	if (e->refused < UINT8_MAX)
		e->refused++;
}
