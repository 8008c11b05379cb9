// A MAG for the simulation: RFC 5213 section 6.9 as far as the LMA can see it.
#include <stdio.h>

#include "test/sim/sim.h"

static void set_timer(struct world *w, uint32_t mag, uint32_t iface, ns_t after)
{
	struct session *s = &w->mags[mag].sessions[iface];

	at(w, w->now.mono + after,
	   (struct sim_event){
		   .kind = SIM_MAG_TIMER, .mag = mag, .iface = iface, .what = ++s->generation});
}

static struct span name_of(uint32_t iface, char buf[static 32])
{
	int n = snprintf(buf, 32, "node%u@example.net", iface / 2);

	return (struct span){(const uint8_t *)buf, (uint16_t)n};
}

// A third of the nodes have no link-layer identifiers, a third on one interface only.
static bool has_ll_id(uint32_t iface)
{
	uint32_t node = iface / 2;

	return node % 3 == 0 || (node % 3 == 2 && iface % 2 == 0);
}

static uint64_t clock_of(const struct world *w, const struct mag_model *m)
{
	return w->now.wall_q16 + (uint64_t)(m->clock_off * 65536 / (int64_t)NS_SEC);
}

static void send_update(struct world *w, uint32_t mag, uint32_t iface, uint16_t lifetime_4s)
{
	struct mag_model *m = &w->mags[mag];
	struct session *s = &m->sessions[iface];
	struct mh mh = {.type = MH_BU, .bu = {.flags = BU_A | BU_P, .lifetime_4s = lifetime_4s}};
	struct mh_opt *opt = mh_add(&mh, OPT_MN_ID);
	uint8_t ll_id[8] = {2, 0, 0, 0, (uint8_t)(iface >> 8), (uint8_t)iface, 7, 7};
	char name[32];

	s->seq = m->numbers ? (uint16_t)(s->seq + 1) : ++m->seq;
	mh.bu.seq = s->seq;
	opt->mn_id.subtype = MN_ID_NAI;
	opt->mn_id.id = name_of(iface, name);
	for (uint8_t i = 0; i < s->n_hnps || i < s->wanted; i++) {
		opt = mh_add(&mh, OPT_HNP);
		if (i >= s->n_hnps)
			continue;
		opt->hnp.prefix = s->hnps[i].addr;
		opt->hnp.prefix_len = s->hnps[i].len;
	}
	mh_add(&mh, OPT_HANDOFF)->handoff.indicator = s->hi;
	mh_add(&mh, OPT_ACCESS)->access.tech = iface % 2 ? 8 : 4;
	if (has_ll_id(iface))
		mh_add(&mh, OPT_LL_ID)->ll_id.id = (struct span){ll_id, sizeof(ll_id)};
	if (happens(w, 4))
		mh_add(&mh, OPT_LLA);
	if (!m->numbers)
		mh_add(&mh, OPT_TIMESTAMP)->timestamp.wall_q16 = clock_of(w, m);
	transmit(w, m->addr, lma_addr(), &mh);
}

static void ask(struct world *w, uint32_t mag, uint32_t iface)
{
	struct session *s = &w->mags[mag].sessions[iface];

	send_update(w, mag, iface, (uint16_t)(10 + rng_below(&w->rng, 90)));
	set_timer(w, mag, iface, s->timeout);
	s->timeout *= 2;
	s->tries++;
}

static void start(struct world *w, uint32_t mag, uint32_t iface, uint8_t hi)
{
	struct session *s = &w->mags[mag].sessions[iface];

	s->state = ASKING;
	s->hi = hi;
	s->timeout = NS_SEC;
	s->tries = 0;
	ask(w, mag, iface);
}

void mag_attach(struct world *w, uint32_t mag, uint32_t iface, uint8_t hi,
		const struct session *known)
{
	struct session *s = &w->mags[mag].sessions[iface];

	if (known != NULL && known != s) {
		s->n_hnps = s->wanted = known->n_hnps;
		memcpy(s->hnps, known->hnps, sizeof(s->hnps));
	} else if (known == NULL) {
		s->n_hnps = 0;
		s->wanted = happens(w, 10) ? 3 : 1;
	}
	start(w, mag, iface, hi);
}

void mag_leave(struct world *w, uint32_t mag, uint32_t iface)
{
	struct session *s = &w->mags[mag].sessions[iface];
	bool known = s->n_hnps > 0;

	s->generation++;
	if (s->state == OFF)
		return;
	s->state = known ? LEAVING : OFF;
	if (!known)
		return;
	s->tries = 0;
	s->hi = HI_UNKNOWN;
	send_update(w, mag, iface, 0);
	set_timer(w, mag, iface, NS_SEC);
}

void mag_forget(struct world *w, uint32_t mag)
{
	for (uint32_t i = 0; i < N_IFACES; i++) {
		struct session *s = &w->mags[mag].sessions[i];
		s->state = OFF;
		s->generation++;
	}
}

void mag_on_timer(struct world *w, uint32_t mag, uint32_t iface, uint32_t generation)
{
	struct session *s = &w->mags[mag].sessions[iface];

	if (s->generation != generation)
		return;
	if (s->state == ON) {
		start(w, mag, iface, HI_NO_CHANGE);
	} else if (s->state == ASKING && s->tries < 6) {
		ask(w, mag, iface);
	} else if (s->state == LEAVING && s->tries++ < 2) {
		send_update(w, mag, iface, 0);
		set_timer(w, mag, iface, NS_SEC);
	} else {
		s->state = OFF;
	}
}

static void take_grant(struct world *w, uint32_t mag, uint32_t iface, const struct mh *mh)
{
	struct session *s = &w->mags[mag].sessions[iface];
	const struct mh_opt *opt = NULL;

	if (mh->ba.lifetime_4s == 0) {
		s->state = OFF;
		s->generation++;
		return;
	}
	s->state = ON;
	s->n_hnps = 0;
	while ((opt = mh_find_next(mh, OPT_HNP, opt)) != NULL && s->n_hnps < MAX_HNPS)
		s->hnps[s->n_hnps++] = (struct ip6_prefix){opt->hnp.prefix, opt->hnp.prefix_len};
	s->wanted = s->n_hnps;
	// Usually in good time, at times too late.
	ns_t whole = mh->ba.lifetime_4s * 4 * NS_SEC;
	set_timer(w, mag, iface, happens(w, 10) ? whole + NS_SEC : whole * 2 / 5);
}

static void take_refusal(struct world *w, uint32_t mag, uint32_t iface, const struct mh *mh)
{
	struct session *s = &w->mags[mag].sessions[iface];

	switch (mh->ba.status) {
	case PBA_SEQUENCE_OUT_OF_WINDOW:
		s->seq = mh->ba.seq;
		break;
	case PBA_NOT_AUTHORIZED_FOR_HNP:
	case PBA_PREFIX_SET_MISMATCH:
		s->n_hnps = 0; // asks for any
		s->wanted = 1;
		s->hi = HI_UNKNOWN;
		break;
	case PBA_TIMESTAMP_MISMATCH:
	case PBA_TIMESTAMP_LOWER:
		break; // the timer asks again
	default:
		s->state = OFF;
		s->generation++;
	}
}

void mag_on_message(struct world *w, uint32_t mag, const struct mh *mh)
{
	const struct mh_opt *mn = mh_find(mh, OPT_MN_ID);
	char name[32];

	if (mh->type != MH_BA || mn == NULL)
		return;
	for (uint32_t i = 0; i < N_IFACES; i++) {
		struct session *s = &w->mags[mag].sessions[i];
		bool waits = s->state == ASKING || s->state == LEAVING;
		if (!waits || !span_equal(mn->mn_id.id, name_of(i, name)))
			continue;
		if (mh->ba.seq != s->seq && mh->ba.status != PBA_SEQUENCE_OUT_OF_WINDOW)
			continue;
		if (mh->ba.status < 128)
			take_grant(w, mag, i, mh);
		else if (s->state == ASKING)
			take_refusal(w, mag, i, mh);
		return;
	}
}
