// One binding update from lookup to transition.
#include "mob/engine.h"

static bool from_its_mag(const struct lma *lma, uint32_t bce, const struct request *r)
{
	return ip6_equal(lma->mags[binding_get(&lma->bindings, bce)->mag].coa, r->coa);
}

// LMA-RX-14: what the update is, once its binding is known.
static enum bce_event event_of(const struct lma *lma, const struct request *r, uint32_t bce)
{
	if (bce == BCE_NULL)
		return r->lifetime_s == 0 ? EV_DEREG_FOREIGN : EV_INITIAL;
	if (r->lifetime_s == 0)
		return from_its_mag(lma, bce, r) ? EV_DEREG : EV_DEREG_FOREIGN;
	return from_its_mag(lma, bce, r) ? EV_REFRESH : EV_HANDOFF;
}

static enum lma_update class_of(const struct lma *lma, const struct request *r,
				const struct match *m)
{
	if (!r->has_mn_id || m->kind == MATCH_REFUSED)
		return r->lifetime_s == 0 ? LMA_DEREG : LMA_UNCLASSIFIED;
	if (r->lifetime_s == 0)
		return LMA_DEREG;
	if (m->kind == MATCH_NEW || m->kind == MATCH_SHARE)
		return LMA_INITIAL;
	return from_its_mag(lma, m->bce, r) ? LMA_REFRESH : LMA_HANDOFF;
}

// The record of its MAG; an update that needs none (a de-registration of nothing) makes none.
static bool know_mag(struct lma *lma, struct request *r)
{
	if (r->mag != 0) {
		mag_heard(lma, r->mag);
		return true;
	}
	r->mag = mag_get(lma, r->coa, r->mag_row);
	if (r->mag != 0) {
		lma->mags[r->mag].received[r->update]++;
		return true;
	}
	put_note(lma, LMA_NOTE_FULL, r->coa, PBA_INSUFFICIENT_RESOURCES);
	answer(lma, r, PBA_INSUFFICIENT_RESOURCES, BCE_NULL);
	return false;
}

static void take_notice(struct lma *lma, const struct request *r)
{
	count_received(lma, r->mag, r->update);
	if (r->has_handoff && (r->handoff < HI_NEW_INTERFACE || r->handoff > HI_SHARED_PREFIXES))
		put_note(lma, LMA_NOTE_UNKNOWN_HI, r->coa, r->handoff); // LMA-RX-07
}

static void wait_or_refuse(struct lma *lma, uint32_t bce, const struct request *r)
{
	if (hold_update(lma, bce, r))
		return;
	put_note(lma, LMA_NOTE_FULL, r->coa, PBA_INSUFFICIENT_RESOURCES); // SEC-10
	answer(lma, r, PBA_INSUFFICIENT_RESOURCES, BCE_NULL);
}

// LMA-RX-08, RFC 5149 4.2: the one refusal that changes something, if it was a change of service.
static void lose_service(struct lma *lma, const struct match *m, const struct request *r)
{
	uint16_t service = policy_service(lma, r->service);

	if (service == NO_SERVICE || service != binding_get(&lma->bindings, m->bce)->service)
		transit(lma, EV_SERVICE_LOST, m->bce, NULL);
}

// LMA-VAR-01: once for each MAG and variable, for the operator; it is served nevertheless.
static void compare_domain(struct lma *lma, const struct request *r)
{
	struct mag_record *m = &lma->mags[r->mag];

	if (lma->conf.expect_timestamps && !r->has_timestamp && !m->odd_timestamps) {
		m->odd_timestamps = true;
		put_note(lma, LMA_NOTE_ODD_TIMESTAMPS, r->coa, 0);
	}
	if (lma->conf.expect_fixed_lla && r->has_lla && !m->odd_lla) {
		m->odd_lla = true;
		put_note(lma, LMA_NOTE_ODD_LINK_LOCAL, r->coa, 0);
	}
}

void take_update(struct lma *lma, struct request *r, enum update_path path)
{
	struct match m = lookup_binding(lma, r);

	if (path == UPDATE_RELEASED || path == UPDATE_OVERDUE)
		m.freshness = BCE_NULL; // LMA-TS-09: it was checked when it came
	if (path == UPDATE_OVERDUE && m.kind == MATCH_WAIT)
		m.kind = MATCH_NEW; // LMA-BC-08: nothing came in time
	r->mag = mag_find(lma, r->coa);
	r->mag_row = r->mag != 0 ? lma->mags[r->mag].conf : policy_mag(lma, r->coa);
	r->profile = policy_profile(lma, r->mn_hash, r->mn_id_subtype, r->mn_id);
	if (path == UPDATE_FRESH) {
		r->update = class_of(lma, r, &m); // and that it stays, however long it waits
		take_notice(lma, r);
	}
	enum pba_status status = admit(lma, r, &m);
	if (status == PBA_MAG_NOT_AUTHORIZED)
		put_note(lma, LMA_NOTE_UNKNOWN_MAG, r->coa, (uint8_t)status);
	if (status != PBA_ACCEPTED) {
		if (status == PBA_SERVICE_AUTHORIZATION_FAILED && m.kind == MATCH_BINDING)
			lose_service(lma, &m, r);
		answer(lma, r, status, BCE_NULL);
		return;
	}
	if (path == UPDATE_FRESH && m.kind != MATCH_WAIT)
		replace_held(lma, r);
	if (m.kind == MATCH_SILENT) {
		transit(lma, EV_DEREG_FOREIGN, BCE_NULL, r);
		return;
	}
	if (!know_mag(lma, r))
		return;
	compare_domain(lma, r);
	if (m.kind == MATCH_WAIT) {
		wait_or_refuse(lma, m.bce, r);
		return;
	}
	if (m.kind == MATCH_SHARE) {
		transit(lma, EV_SHARE, m.bce, r);
		return;
	}
	uint32_t bce = m.kind == MATCH_BINDING ? m.bce : BCE_NULL;
	transit(lma, event_of(lma, r, bce), bce, r);
}
