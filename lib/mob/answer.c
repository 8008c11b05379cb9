// Composing what we send: PBAs by LMA-PBA-01..14, Binding Errors by WIRE-06.
#include "mob/engine.h"

struct reply *new_reply(struct lma *lma)
{
	return lma->n_replies < MAX_REPLIES ? &lma->replies[lma->n_replies++] : NULL;
}

static void put_hnp(struct mh *mh, struct ip6_addr addr, uint8_t len)
{
	struct mh_opt *opt = mh_add(mh, OPT_HNP);

	if (opt == NULL)
		return;
	opt->hnp.prefix = addr;
	opt->hnp.prefix_len = len;
}

// LMA-PBA-04: accepted: all of the binding; refused: those of the update, one zero if it had none.
static void put_hnps(struct lma *lma, struct reply *reply, uint8_t status)
{
	if (status < 128 && reply->bce != BCE_NULL) {
		const struct bce *e = binding_get(&lma->bindings, reply->bce);
		const struct ip6_prefix *hnps = binding_hnps(e);
		for (uint8_t i = 0; i < e->n_hnps; i++)
			put_hnp(&reply->mh, hnps[i].addr, hnps[i].len);
		return;
	}
	for (uint8_t i = 0; i < reply->n_asked; i++)
		put_hnp(&reply->mh, reply->asked[i].addr, reply->asked[i].len);
	if (reply->n_asked == 0)
		put_hnp(&reply->mh, (struct ip6_addr){0}, 0); // LMA-PBA-14
}

static void put_mn_id(struct reply *reply, const struct request *r)
{
	struct mh_opt *opt = mh_add(&reply->mh, OPT_MN_ID);

	if (opt == NULL)
		return;
	// LMA-PBA-02: copied, or of no octets (OPT-06).
	opt->mn_id.subtype = r->has_mn_id ? r->mn_id_subtype : MN_ID_NAI;
	if (r->mn_id.n > 0)
		memcpy(reply->mn_id, r->mn_id.p, r->mn_id.n);
	opt->mn_id.id = (struct span){reply->mn_id, r->mn_id.n};
}

static void put_ll_id(struct reply *reply, const struct request *r)
{
	struct mh_opt *opt = r->has_ll_id ? mh_add(&reply->mh, OPT_LL_ID) : NULL;

	if (opt == NULL)
		return;
	if (r->ll_id_sent.n > 0)
		memcpy(reply->ll_id, r->ll_id_sent.p, r->ll_id_sent.n);
	opt->ll_id.id = (struct span){reply->ll_id, r->ll_id_sent.n};
}

// LMA-PBA-05: the update's value back, our clock with 156 and 157.
static void put_timestamp(struct lma *lma, struct reply *reply, const struct request *r,
			  uint8_t status)
{
	struct mh_opt *opt = r->has_timestamp ? mh_add(&reply->mh, OPT_TIMESTAMP) : NULL;

	if (opt == NULL)
		return;
	opt->timestamp.wall_q16 = r->timestamp;
	if (status == PBA_TIMESTAMP_MISMATCH || status == PBA_TIMESTAMP_LOWER)
		opt->timestamp.wall_q16 = lma->now.wall_q16;
}

// LMA-PBA-07: refused: copied; accepted: what the binding has now.
static void put_lla(struct lma *lma, struct reply *reply, const struct request *r, uint8_t status)
{
	struct mh_opt *opt = r->has_lla ? mh_add(&reply->mh, OPT_LLA) : NULL;

	if (opt == NULL)
		return;
	opt->lla.addr = r->lla;
	if (status < 128 && reply->bce != BCE_NULL)
		opt->lla.addr = binding_get(&lma->bindings, reply->bce)->lla;
}

// RFC 6275 9.5.1: with 135 the last accepted number, else the update's.
static uint16_t answered_seq(const struct lma *lma, const struct request *r, uint8_t status)
{
	if (status != PBA_SEQUENCE_OUT_OF_WINDOW)
		return r->seq;
	struct match m = lookup_binding(lma, r);
	if (m.freshness == BCE_NULL)
		return r->seq;
	return binding_get(&lma->bindings, m.freshness)->seq;
}

static void count(struct lma *lma, const struct request *r, uint8_t status)
{
	lma->totals.by_status[status]++;
	count_answered(lma, r->mag, r->update, status);
}

static struct reply *compose(struct lma *lma, const struct request *r, enum pba_status status,
			     uint32_t bce)
{
	struct reply *reply = new_reply(lma);

	count(lma, r, (uint8_t)status);
	if (reply == NULL)
		return NULL; // cannot be: the budget of an input leaves room
	reply->bce = bce;
	reply->mag = r->mag;
	reply->update = r->update;
	reply->is_change = false;
	reply->n_asked = r->n_hnps;
	reply->asked_lla = r->lla;
	memcpy(reply->asked, r->hnps_sent, sizeof(reply->asked[0]) * r->n_hnps);
	mh_init(&reply->mh, MH_BA);
	reply->mh.ba.status = (uint8_t)status;
	reply->mh.ba.flags = r->flags & BU_P ? BA_P : 0;
	reply->mh.ba.seq = answered_seq(lma, r, (uint8_t)status);
	if (bce != BCE_NULL && r->lifetime_s > 0)
		reply->mh.ba.lifetime_4s =
			(uint16_t)(binding_get(&lma->bindings, bce)->lifetime_s / 4);
	put_mn_id(reply, r);
	put_hnps(lma, reply, (uint8_t)status);
	if (status >= 128)
		put_note_of(lma, LMA_NOTE_REFUSED, r->coa, (uint8_t)status,
			    (struct span){reply->mn_id, r->mn_id.n});
	// LMA-PBA-03: always, zero if the update had none.
	struct mh_opt *opt = mh_add(&reply->mh, OPT_HANDOFF);
	if (opt != NULL)
		opt->handoff.indicator = r->handoff;
	if ((opt = mh_add(&reply->mh, OPT_ACCESS)) != NULL)
		opt->access.tech = r->access;
	put_ll_id(reply, r);
	put_lla(lma, reply, r, (uint8_t)status);
	put_timestamp(lma, reply, r, (uint8_t)status);
	// LMA-PBA-01, LMA-PBA-09: from where the update went, to where it came from.
	put_action(lma,
		   &(struct lma_action){.kind = LMA_SEND,
					.send = {.src = r->dst, .dst = r->src, .mh = &reply->mh}});
	return reply;
}

void answer(struct lma *lma, const struct request *r, enum pba_status status, uint32_t bce)
{
	(void)compose(lma, r, status, bce);
}

void answer_change(struct lma *lma, const struct request *r, uint32_t bce,
		   const struct before *before)
{
	struct reply *reply = compose(lma, r, PBA_ACCEPTED, bce);

	if (reply == NULL)
		return;
	reply->is_change = true;
	reply->before = *before;
}

// Takes the HNP options out; the rest keeps its order.
static void drop_hnps(struct mh *mh)
{
	uint8_t n = 0;

	for (uint8_t i = 0; i < mh->opts.n; i++)
		if (mh->opts.v[i].type != OPT_HNP)
			mh->opts.v[n++] = mh->opts.v[i];
	mh->opts.n = n;
}

// LMA-PBA-07: as it was asked for.
static void copy_lla(struct reply *reply)
{
	for (uint8_t i = 0; i < reply->mh.opts.n; i++)
		if (reply->mh.opts.v[i].type == OPT_LLA)
			reply->mh.opts.v[i].lla.addr = reply->asked_lla;
}

// One that was refused grants none.
static bool is_grant_of(const struct reply *reply, uint32_t bce)
{
	return bce != BCE_NULL && reply->bce == bce;
}

const struct reply *grant_under_way(const struct lma *lma, uint32_t bce)
{
	for (uint32_t i = lma->n_sent; i < lma->n_replies; i++)
		if (is_grant_of(&lma->replies[i], bce))
			return &lma->replies[i];
	return NULL;
}

void turn_into_refusal(struct lma *lma, uint32_t bce, enum pba_status status)
{
	for (uint32_t i = lma->n_sent; i < lma->n_replies; i++) {
		struct reply *reply = &lma->replies[i];
		if (!is_grant_of(reply, bce))
			continue;
		lma->totals.by_status[reply->mh.ba.status]--;
		lma->totals.by_status[status]++;
		count_turned(lma, reply->mag, reply->update);
		reply->mh.ba.status = (uint8_t)status;
		reply->mh.ba.lifetime_4s = 0;
		reply->bce = BCE_NULL;
		drop_hnps(&reply->mh);
		put_hnps(lma, reply, (uint8_t)status);
		copy_lla(reply);
	}
}

// RFC 6275 9.3.3: limited like ICMPv6 errors.
static bool take_token(struct lma *lma)
{
	ns_t passed = lma->now.mono - lma->be_refilled;

	if (passed >= NS_SEC / BE_PER_S) {
		uint64_t more = passed / (NS_SEC / BE_PER_S);
		lma->be_tokens = more > BE_PER_S - lma->be_tokens ? BE_PER_S
								  : lma->be_tokens + (uint32_t)more;
		lma->be_refilled = lma->now.mono;
	}
	if (lma->be_tokens == 0)
		return false;
	lma->be_tokens--;
	return true;
}

void answer_unknown_type(struct lma *lma, struct ip6_addr src, struct ip6_addr dst)
{
	struct reply *reply;

	if (!ip6_is_routable_unicast(src) || ip6_is_multicast(dst))
		return;
	if (!take_token(lma) || (reply = new_reply(lma)) == NULL) {
		put_note(lma, LMA_NOTE_BE_LIMITED, src, 0);
		return;
	}
	reply->bce = BCE_NULL;
	mh_init(&reply->mh, MH_BE);
	reply->mh.be.status = BE_UNKNOWN_MH_TYPE;
	put_note(lma, LMA_NOTE_BE_SENT, src, BE_UNKNOWN_MH_TYPE);
	put_action(lma, &(struct lma_action){.kind = LMA_SEND,
					     .send = {.src = dst, .dst = src, .mh = &reply->mh}});
}
