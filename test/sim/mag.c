// A MAG for the simulation: RFC 5213 section 6.9 as far as the LMA can see it.
#include "test/sim/world.h"

static void set_timer(struct world *w, uint32_t mag, uint32_t iface, ns_t after)
{
	struct session *s = &w->mags[mag].sessions[iface];

	at(w, w->now.mono + after,
	   (struct sim_event){
		   .kind = SIM_MAG_TIMER, .mag = mag, .iface = iface, .what = ++s->generation});
}

static void ask(struct world *w, uint32_t mag, uint32_t iface)
{
	struct session *s = &w->mags[mag].sessions[iface];

	send_update(w, mag, iface, (uint16_t)(1 + rng_below(&w->rng, 100)));
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
	s->lmaa = happens(w, 20) ? (uint8_t)rng_below(&w->rng, N_LMAAS) : (uint8_t)(mag % 2);
	s->service = w->service[iface];
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
		s->wanted = happens(w, 10) ? (uint8_t)(2 + rng_below(&w->rng, 3)) : 1;
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
	w->mags[mag].restarts++;
	for (uint32_t i = 0; i < N_IFACES; i++) {
		struct session *s = &w->mags[mag].sessions[i];
		s->state = OFF;
		s->seq = 0;
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

static void beat(struct world *w, uint32_t mag, struct ip6_addr from, const struct mh *mh)
{
	struct mag_model *m = &w->mags[mag];
	struct mh answer = {.type = MH_HEARTBEAT,
			    .heartbeat = {HEARTBEAT_RESPONSE, mh->heartbeat.seq}};

	if (m->no_beats || (mh->heartbeat.flags & HEARTBEAT_RESPONSE) != 0)
		return;
	mh_add(&answer, OPT_RESTART_COUNTER)->restart_counter.count = m->restarts;
	transmit(w, m->addr, from, &answer);
}

static bool is_of_iface(const struct world *w, uint32_t iface, const struct mh_opt *mn)
{
	const struct iface *f = &w->ifaces[iface];
	struct span name = {(const uint8_t *)f->name, f->name_len};

	return mn->mn_id.id.n == name.n && memcmp(mn->mn_id.id.p, name.p, name.n - 5u) == 0;
}

void mag_on_message(struct world *w, uint32_t mag, struct ip6_addr from, const struct mh *mh)
{
	const struct mh_opt *mn = mh_find(mh, OPT_MN_ID);

	if (mh->type == MH_HEARTBEAT)
		beat(w, mag, from, mh);
	if (mh->type != MH_BA || mn == NULL)
		return;
	for (uint32_t i = 0; i < N_IFACES; i++) {
		struct session *s = &w->mags[mag].sessions[i];
		bool waits = s->state == ASKING || s->state == LEAVING;
		if (!waits || !is_of_iface(w, i, mn))
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
