// Taking a change of a binding back: the workers had no room for it, so it is answered with a
// refusal, and a refused update changes nothing (LMA-RX-08).
#include "mob/engine.h"

void remember(const struct lma *lma, uint32_t bce, struct before *out)
{
	const struct bce *e = binding_get(&lma->bindings, bce);
	struct span ll_id = binding_ll_id(e);

	*out = (struct before){
		.coa = lma->mags[e->mag].coa,
		.lla = e->lla,
		.timestamp = e->timestamp,
		.deadline = wheel_get(lma->timers, bce),
		.mag = e->mag,
		.lifetime_s = e->lifetime_s,
		.handovers = e->handovers,
		.seq = e->seq,
		.service = e->service,
		.state = e->state,
		.access = e->access,
		.handoff = e->handoff,
		.lmaa = e->lmaa,
		.ll_id_len = (uint8_t)ll_id.n,
		.by_timestamp = e->by_timestamp,
		.is_second = e->is_second,
		.is_unbound = e->is_unbound,
	};
	memcpy(out->ll_id, ll_id.p, ll_id.n);
}

bool restore(struct lma *lma, uint32_t bce, const struct before *before)
{
	struct bce *e = binding_get(&lma->bindings, bce);
	struct mag_record *mag = &lma->mags[before->mag];
	struct span ll_id = {before->ll_id, before->ll_id_len};

	if (!mag->used || !ip6_equal(mag->coa, before->coa) || !binding_set_ll_id(e, ll_id))
		return false;
	mag_hold(lma, before->mag, lma->bindings.lmaas[before->lmaa]);
	mag_release(lma, e->mag);
	lma->bindings.n_detached -= e->state == BCE_DETACHED;
	lma->bindings.n_detached += before->state == BCE_DETACHED;
	e->mag = before->mag;
	e->lla = before->lla;
	e->timestamp = before->timestamp;
	e->lifetime_s = before->lifetime_s;
	e->handovers = before->handovers;
	e->seq = before->seq;
	e->service = before->service;
	e->state = before->state;
	e->access = before->access;
	e->handoff = before->handoff;
	e->lmaa = before->lmaa;
	e->by_timestamp = before->by_timestamp;
	wheel_set(lma->timers, bce, before->deadline);
	return true;
}
