// From a Binding Update to what the rules talk about. No decision but that of WIRE-13.
#include "mob/engine.h"

// LMA-BC-12c: an identifier of no octets, or of zeros only, is none.
static struct span real_ll_id(struct span id)
{
	for (uint16_t i = 0; i < id.n; i++)
		if (id.p[i] != 0)
			return id;
	return (struct span){0};
}

static void read_hnps(const struct mh *mh, struct request *r)
{
	const struct mh_opt *opt = NULL;

	while ((opt = mh_find_next(mh, OPT_HNP, opt)) != NULL) {
		bool zero = ip6_is_zero(opt->hnp.prefix); // OPT-03
		uint8_t len = zero ? 0 : opt->hnp.prefix_len;
		r->hnps_sent[r->n_hnps] = (struct hnp_sent){opt->hnp.prefix, opt->hnp.prefix_len};
		r->hnps[r->n_hnps++] = ip6_prefix_of(opt->hnp.prefix, len); // OPT-04
		r->n_zero += zero;
	}
}

bool request_read(const struct lma_event *event, struct request *r)
{
	const struct mh *mh = event->message.mh;
	const struct mh_opt *opt;

	// Prefixes are written one by one: zeroing room for all of them would cost more than the
	// rest.
	memset(r, 0, offsetof(struct request, hnps));
	r->src = event->message.src;
	r->dst = event->message.dst;
	r->coa = event->message.src;
	r->mag_row = NO_ROW;
	r->profile = NO_ROW;
	r->arrival_q16 = event->message.arrival_wall_q16;
	r->seq = mh->bu.seq;
	r->flags = mh->bu.flags;
	r->lifetime_s = (uint32_t)mh->bu.lifetime_4s * 4;
	if ((opt = mh_find(mh, OPT_ALT_COA)) != NULL)
		r->coa = opt->alt_coa.addr;
	if ((opt = mh_find(mh, OPT_MN_ID)) != NULL) {
		r->mn_id = opt->mn_id.id;
		r->mn_id_subtype = opt->mn_id.subtype;
		r->has_mn_id = opt->mn_id.id.n > 0; // OPT-06: empty counts as missing
	}
	if ((opt = mh_find(mh, OPT_SERVICE)) != NULL)
		r->service = opt->service.name;
	if ((opt = mh_find(mh, OPT_HANDOFF)) != NULL) {
		r->handoff = opt->handoff.indicator;
		r->has_handoff = true;
	}
	if ((opt = mh_find(mh, OPT_ACCESS)) != NULL) {
		r->access = opt->access.tech;
		r->has_access = true;
	}
	if ((opt = mh_find(mh, OPT_LL_ID)) != NULL) {
		r->has_ll_id = true;
		r->ll_id_sent = opt->ll_id.id;
		r->ll_id = real_ll_id(opt->ll_id.id);
	}
	if ((opt = mh_find(mh, OPT_LLA)) != NULL) {
		r->lla = opt->lla.addr;
		r->has_lla = true;
	}
	if ((opt = mh_find(mh, OPT_TIMESTAMP)) != NULL) {
		r->timestamp = opt->timestamp.wall_q16;
		r->has_timestamp = true;
	}
	read_hnps(mh, r);
	return ip6_is_routable_unicast(r->coa);
}
