// Who a node is, and what its policy profile says: from the table of MAC and NAI, or <mac>@realm;
// from the profiles of the configuration (RFC 5213 6.2), and over them what the one who authorised
// it says.
//
// Decides who gets an entry. Whoever does not is remembered with the reason.
#include "mob/mag_engine.h"

static const char hex[] = "0123456789abcdef";

// <mac>@realm for a node in no row of the table; its length, 0: not served.
static uint8_t write_nai(const struct mag *m, const uint8_t mac[6], char out[BUL_MAX_MN_ID])
{
	size_t realm = strlen(m->conf.realm);

	if (realm == 0 || realm > BUL_MAX_MN_ID - 13)
		return 0;
	for (int i = 0; i < 6; i++) {
		out[2 * i] = hex[mac[i] >> 4];
		out[2 * i + 1] = hex[mac[i] & 15];
	}
	out[12] = '@';
	memcpy(out + 13, m->conf.realm, realm);
	return (uint8_t)(13 + realm);
}

static struct span identify(const struct mag *m, const uint8_t mac[6], char own[BUL_MAX_MN_ID])
{
	struct map_cursor c;
	uint32_t i = map_first(&m->node_rows, siphash(m->key, mac, 6), &c);

	for (; i != MAP_NONE; i = map_next(&m->node_rows, &c)) {
		const struct mag_node_conf *row = &m->conf.nodes[i];
		if (memcmp(row->mac, mac, 6) == 0)
			return (struct span){(const uint8_t *)row->nai,
					     (uint16_t)strnlen(row->nai, sizeof(row->nai))};
	}
	return (struct span){(const uint8_t *)own, write_nai(m, mac, own)};
}

// ---- Profiles.

static const struct mag_profile_conf *find_row(const struct mag *m, struct span match)
{
	struct map_cursor c;
	uint32_t i = map_first(&m->profile_rows, siphash(m->key, match.p, match.n), &c);

	for (; i != MAP_NONE; i = map_next(&m->profile_rows, &c)) {
		const struct mag_profile_conf *row = &m->conf.profiles[i];
		struct span own = {(const uint8_t *)row->match, (uint16_t)strlen(row->match)};
		if (span_equal(own, match))
			return row;
	}
	return NULL;
}

static struct span realm_of(struct span nai)
{
	for (uint16_t k = nai.n; k > 0; k--)
		if (nai.p[k - 1] == '@')
			return (struct span){nai.p + k - 1, (uint16_t)(nai.n - k + 1)};
	return (struct span){0};
}

const struct mag_profile_conf *profile_of(const struct mag *m, struct span mn_id)
{
	struct span realm = realm_of(mn_id), any = {(const uint8_t *)"*", 1};
	const struct mag_profile_conf *row = find_row(m, mn_id);

	if (row == NULL && realm.n != 0)
		row = find_row(m, realm);
	return row != NULL ? row : find_row(m, any);
}

enum mag_reason take_profile(struct mag *m, uint32_t i, const struct mag_profile *p)
{
	struct bul_entry *e = entry_of(m, i);
	uint32_t lma = ip6_is_zero(p->lma) ? e->lma : find_lma(m, p->lma);

	if (lma == UINT32_MAX)
		return REASON_NO_SUCH_LMA;
	if (p->service[0] != '\0' && !bul_set_service(&m->bul, i, p->service))
		return REASON_FULL;
	bul_set_lma(&m->bul, i, (uint8_t)lma);
	if (p->n_hnps != 0) {
		e->n_hnps = p->n_hnps < BUL_MAX_HNPS ? p->n_hnps : BUL_MAX_HNPS;
		memcpy(e->hnps, p->hnps, e->n_hnps * sizeof(*e->hnps));
	}
	if (p->lifetime_s != 0)
		e->lifetime_s = p->lifetime_s;
	if (p->local_routing != ROUTING_AS_FLAG) // MAG-FW-04
		e->local = p->local_routing == ROUTING_LOCAL;
	return REASON_NONE;
}

// ---- Who may have an entry.

void refuse(struct mag *m, struct mag_link link, struct span mn_id, enum mag_reason reason,
	    struct span why, ns_t until)
{
	struct mag_out *out = put_out(m, MAG_NOTE);
	uint16_t n = why.n < MAG_MAX_WHY ? why.n : MAG_MAX_WHY;

	refusals_put(
		&m->refusals,
		&(struct mag_refusal){
			.link = link, .mn_id = mn_id, .reason = reason, .why = why, .until = until},
		m->now.mono);
	m->totals.by_reason[reason]++;
	m->totals.notes[MAG_NOTE_NOT_SERVED]++;
	if (out == NULL)
		return;
	if (mn_id.n != 0)
		memcpy(out->mn_id, mn_id.p, mn_id.n);
	if (n != 0)
		memcpy(out->why, why.p, n);
	out->action.note.kind = MAG_NOTE_NOT_SERVED;
	out->action.note.link = link;
	out->action.note.reason = reason;
	out->action.note.mn_id = (struct span){out->mn_id, mn_id.n};
	out->action.note.why = (struct span){out->why, n};
}

// What the LMA said of a node is about all its sessions; they live out their lifetimes.
static void bar_others(struct mag *m, uint32_t but)
{
	const struct bul_entry *barred = entry_of(m, but);
	uint32_t i = BUL_NULL;

	while ((i = bul_find_mn_id(&m->bul, bul_mn_id(barred), i)) != BUL_NULL) {
		struct bul_entry *e = entry_of(m, i);
		if (i == but || e->state == BUL_LEAVING)
			continue;
		e->barred = true;
		e->due_request = 0;
		e->reason = barred->reason;
		bul_schedule(&m->bul, i);
	}
}

void bar(struct mag *m, uint32_t i, enum mag_reason reason)
{
	struct bul_entry *e = entry_of(m, i);

	e->barred = true;
	e->due_request = 0;
	e->reason = (uint8_t)reason;
	if (reason == REASON_STATUS)
		bar_others(m, i);
	// Remembered when the entry is gone, and for its other places.
	refusals_put(&m->refusals,
		     &(struct mag_refusal){.link = e->link,
					   .mn_id = bul_mn_id(e),
					   .reason = reason,
					   .status = e->status,
					   .until = UINT64_MAX},
		     m->now.mono);
}

// Of another access technology it is another interface to the LMA. That the node moved there from
// the older one is known, so its session is asked for by its prefixes and the indicator
// (MAG-HI-02).
static void hand_on(struct mag *m, const struct bul_entry *from, struct bul_entry *to)
{
	if (!from->bound || access_tech_of(m, from) == access_tech_of(m, to))
		return;
	memcpy(to->hnps, from->hnps, sizeof(to->hnps));
	to->n_hnps = from->n_hnps;
	to->handoff = HI_BETWEEN_INTERFACES;
}

// MAG-MH-02: the same interface of a node at another place of ours: the older attachment ends
// without a de-registration, which would end the new one too.
void end_older(struct mag *m, struct span nai, uint32_t newer)
{
	struct bul_entry *e = entry_of(m, newer);
	uint32_t i = bul_find_mn_id(&m->bul, nai, BUL_NULL);

	while (i != BUL_NULL) {
		const struct bul_entry *old = entry_of(m, i);
		if (i != newer && memcmp(old->link.mac, e->link.mac, sizeof(e->link.mac)) == 0) {
			hand_on(m, old, e);
			forget(m, i);
			i = BUL_NULL; // the walk begins anew
		}
		i = bul_find_mn_id(&m->bul, nai, i);
	}
}

void pardon(struct mag *m, struct mag_link link, struct span nai)
{
	char own[BUL_MAX_MN_ID];

	if (nai.n == 0)
		nai = identify(m, link.mac, own);
	refusals_forget(&m->refusals, link, nai);
	refusals_forget_mac(&m->refusals, link.mac); // by the name that it was given, too
}

// MAG-PP-01, MAG-PP-03: why a node of this identity has no service here; REASON_NONE: it may have.
static enum mag_reason judge(const struct mag *m, struct span nai,
			     const struct mag_profile_conf **profile)
{
	*profile = profile_of(m, nai);
	if (nai.n == 0 || nai.n > BUL_MAX_MN_ID)
		return REASON_NO_PROFILE;
	// With profiles who is in none is nobody, unless another one is asked.
	if (*profile == NULL && m->conf.n_profiles > 0 && !m->conf.authorise)
		return REASON_NOT_KNOWN;
	if (*profile != NULL && !(*profile)->permit)
		return REASON_NOT_PERMITTED;
	return m->bul.n_pending + m->bul.n_asking >= m->conf.max_pending ? REASON_BUSY
									 : REASON_NONE;
}

// In a full table the place of a node's older entry is its own. False: it has none.
static bool give_up_older(struct mag *m, struct span nai, struct mag_link link)
{
	uint32_t i = bul_find_mn_id(&m->bul, nai, BUL_NULL);

	while (i != BUL_NULL && memcmp(entry_of(m, i)->link.mac, link.mac, sizeof(link.mac)) != 0)
		i = bul_find_mn_id(&m->bul, nai, i);
	if (i != BUL_NULL)
		forget(m, i);
	return i != BUL_NULL;
}

static uint32_t enter(struct mag *m, struct mag_link link, struct span nai,
		      const struct mag_profile_conf *profile)
{
	uint32_t i = bul_add(&m->bul, link, nai);
	if (i == BUL_NULL && !m->conf.authorise && give_up_older(m, nai, link))
		i = bul_add(&m->bul, link, nai);
	if (i == BUL_NULL) {
		refuse(m, link, nai, REASON_FULL, (struct span){0}, 0);
		return BUL_NULL;
	}
	struct bul_entry *e = entry_of(m, i);
	e->lifetime_s = m->conf.lifetime_s;
	e->local = m->conf.local_routing;
	enum mag_reason reason =
		profile != NULL ? take_profile(m, i, &profile->profile) : REASON_NONE;
	if (reason == REASON_NONE) {
		// Where somebody is asked, who has another one's MAC address ends nothing before
		// the answer.
		if (!m->conf.authorise)
			end_older(m, nai, i);
		return i;
	}
	refuse(m, link, nai, reason, (struct span){0}, 0);
	bul_del(&m->bul, i);
	return BUL_NULL;
}

uint32_t appear(struct mag *m, struct mag_link link, struct span nai)
{
	static const uint8_t no_mac[6];
	const struct mag_profile_conf *profile;
	char own[BUL_MAX_MN_ID];

	if ((link.mac[0] & 1) != 0 || memcmp(link.mac, no_mac, sizeof(no_mac)) == 0)
		return BUL_NULL; // nobody's source address (MAG-REG-10)
	if (nai.n == 0)
		nai = fast_expected(m, link.mac); // FMIP-01: as its previous MAG calls it
	if (nai.n == 0)
		nai = identify(m, link.mac, own);
	if (nai.n > BUL_MAX_MN_ID)
		nai.n = 0;
	enum mag_reason reason = refusals_holds(&m->refusals, link, nai, m->now.mono);
	if (reason != REASON_NONE) {
		m->totals.by_reason[reason]++;
		return BUL_NULL;
	}
	reason = judge(m, nai, &profile);
	if (reason != REASON_NONE) {
		refuse(m, link, nai, reason, (struct span){0}, 0);
		return BUL_NULL;
	}
	uint32_t i = enter(m, link, nai, profile);
	if (i == BUL_NULL)
		return BUL_NULL;
	struct bul_entry *e = entry_of(m, i);
	e->since = e->heard = m->now.mono;
	e->due_probe = m->now.mono + m->conf.probe_after;
	if (!m->conf.authorise)
		refusals_forget(&m->refusals, link, nai);
	note_of(m, MAG_NOTE_ATTACHED, i);
	return i;
}
