// PBUs: what stands in each kind, and when one is repeated.
#include "mob/mag_engine.h"

ns_t back_off(uint8_t tries)
{
	ns_t wait = initial_bindack_timeout;

	for (uint8_t i = 0; i < tries && wait < max_bindack_timeout; i++)
		wait *= 2;
	return wait;
}

// LMA-TS-05: fresh in each PBU, and greater than the one before even within one tick of the format.
static uint64_t fresh_timestamp(struct mag *m, struct bul_entry *e)
{
	uint64_t ts = m->now.wall_q16, one_second = 1u << 16;

	// LMA-TS-07: a clock that was put back further is believed; the LMA says what it thinks.
	if (ts <= e->last_timestamp && e->last_timestamp - ts < one_second)
		ts = e->last_timestamp + 1;
	e->last_timestamp = ts;
	return ts;
}

static void put_hnp(struct mh *mh, struct ip6_prefix hnp)
{
	struct mh_opt *opt = mh_add(mh, OPT_HNP);

	if (opt == NULL)
		return;
	opt->hnp.prefix = hnp.addr;
	opt->hnp.prefix_len = hnp.len;
}

// MAG-REG-02, -03, -04, -09: all HNPs of the session, or a zero one that stands alone.
static void put_hnps(struct mh *mh, const struct bul_entry *e)
{
	if (e->request == REQUEST_INITIAL || e->n_hnps == 0) {
		put_hnp(mh, (struct ip6_prefix){0});
		return;
	}
	for (uint8_t i = 0; i < e->n_hnps; i++)
		put_hnp(mh, e->hnps[i]);
}

// MAG-HI-01..06.
uint8_t handoff_of(const struct bul_entry *e)
{
	switch (e->request) {
	case REQUEST_REFRESH:
		return HI_NO_CHANGE;
	case REQUEST_INITIAL:
		return e->handoff != 0 ? e->handoff : HI_UNKNOWN;
	case REQUEST_REATTACH:
		// Only what is known for certain; a return is not (MAG-HI-04, -05).
		return e->state == BUL_REGISTERING && e->handoff != 0 ? e->handoff : HI_UNKNOWN;
	default:
		return HI_UNKNOWN;
	}
}

uint8_t access_tech_of(const struct mag *m, const struct bul_entry *e)
{
	uint8_t own = interface_of(m, e)->access_tech;

	return own != 0 ? own : m->conf.access_tech;
}

static void put_service(struct mh *mh, struct mag_message *msg, const char *service)
{
	size_t n = service != NULL ? strlen(service) : 0;
	struct mh_opt *opt = n > 0 && n <= sizeof(msg->service) ? mh_add(mh, OPT_SERVICE) : NULL;

	if (opt == NULL)
		return;
	memcpy(msg->service, service, n);
	opt->service.name = (struct span){msg->service, (uint16_t)n};
}

static void write_options(struct mag *m, struct bul_entry *e, struct mag_message *msg)
{
	struct mh *mh = &msg->mh;

	memcpy(msg->mn_id, e->mn_id, e->mn_len);
	memcpy(msg->mac, e->link.mac, sizeof(msg->mac));
	struct mh_opt *opt = mh_add(mh, OPT_MN_ID);
	opt->mn_id.subtype = MN_ID_NAI;
	opt->mn_id.id = (struct span){msg->mn_id, e->mn_len};
	put_hnps(mh, e);
	opt = mh_add(mh, OPT_HANDOFF);
	opt->handoff.indicator = handoff_of(e);
	opt = mh_add(mh, OPT_ACCESS);
	opt->access.tech = access_tech_of(m, e);
	opt = mh_add(mh, OPT_LL_ID); // MAG-REG-10
	opt->ll_id.id = (struct span){msg->mac, sizeof(msg->mac)};
	if (ip6_is_zero(m->conf.link_local)) // MAG-REG-11: zero asks, ours tells
		mh_add(mh, OPT_LLA)->lla.addr = e->link_local;
	put_service(mh, msg, e->service);
	if (m->conf.timestamps) {
		opt = mh_add(mh, OPT_TIMESTAMP);
		opt->timestamp.wall_q16 = fresh_timestamp(m, e);
	}
}

static void count(struct mag *m, struct bul_entry *e)
{
	e->pbus++;
	if (e->tries > 0) {
		e->retries++;
		m->totals.retries++;
	} else if (e->request == REQUEST_DEREG) {
		m->totals.sent[2]++;
	} else {
		m->totals.sent[e->request == REQUEST_INITIAL ? 0 : 1]++;
	}
}

// MAG-REG-07: at most MAX_UPDATE_RATE in a second for one session. True: this one waits.
static bool is_too_much(struct mag *m, struct bul_entry *e)
{
	if (e->window == 0 || m->now.mono - e->window >= NS_SEC) {
		e->window = m->now.mono;
		e->in_window = 0;
	}
	if (e->in_window >= MAX_UPDATE_RATE)
		return true;
	e->in_window++;
	return false;
}

// In units of 4 s in 16 bits; zero would be a de-registration.
static uint32_t lifetime_that_fits(uint32_t s)
{
	uint32_t units = s / 4;

	units = units < UINT16_MAX ? units : UINT16_MAX;
	return units == 0 ? 4 : units * 4;
}

static void emit(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);
	struct mag_message *msg = put_message(m);

	e->due_request = m->now.mono + back_off(e->tries);
	if (msg == NULL) // as if it had been lost on the way
		return;
	uint16_t seq = m->conf.timestamps ? ++m->seq : ++e->own_seq;
	e->asked_s = e->request == REQUEST_DEREG ? 0 : lifetime_that_fits(e->lifetime_s);
	msg->mh = (struct mh){.type = MH_BU,
			      .bu = {.seq = seq,
				     .flags = BU_A | BU_P,
				     .lifetime_4s = (uint16_t)(e->asked_s / 4)}};
	write_options(m, e, msg);
	e->seq = seq;
	e->waiting = true;
	e->sent = m->now.mono;
	count(m, e);
	send_message(m, msg, m->lmas[e->lma].addr);
}

void send_request(struct mag *m, uint32_t i, enum bul_request request)
{
	struct bul_entry *e = entry_of(m, i);

	e->request = (uint8_t)request;
	e->tries = 0;
	e->wanted = e->came_up = false;
	e->due_refresh = 0;
	if (request != REQUEST_DEREG && is_too_much(m, e)) {
		e->waiting = false;
		e->due_request = e->window + NS_SEC;
		return;
	}
	emit(m, i);
}

void repeat_request(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	if (e->state == BUL_REFRESHING && e->heard < e->sent && !is_surely_there(m, e)) {
		ask_first(m, e);
		return;
	}
	// MAG-REG-07, -14: only while there is evidence of the node; a sign of it goes on here.
	if (m->now.mono - e->heard > m->conf.probe_after) {
		e->wanted = true;
		e->due_request = 0;
		return;
	}
	if (e->waiting && e->tries < UINT8_MAX)
		e->tries++;
	emit(m, i);
}
