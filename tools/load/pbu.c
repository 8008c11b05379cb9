// What stands in a PBU (RFC 5213 6.9.1), written by the codec of the programs.
#include "tools/load/pbu.h"

enum { IP6_HEADER = 40, HOP_LIMIT = 64 };

static void put_hnp(struct mh *mh, struct ip6_prefix hnp)
{
	struct mh_opt *opt = mh_add(mh, OPT_HNP);

	opt->hnp.prefix = hnp.addr;
	opt->hnp.prefix_len = hnp.len;
}

// The IPv6 header before what `w` begins with; the whole length.
static size_t emit(void *buf, size_t room, struct ip6_addr src, struct ip6_addr dst,
		   const struct mh *mh)
{
	struct writer ip = wr_over(buf, IP6_HEADER);

	if (room < IP6_HEADER)
		return 0;
	struct writer w = wr_over((uint8_t *)buf + IP6_HEADER, room - IP6_HEADER);
	if (!mh_emit(&w, src, dst, mh))
		return 0;
	wr_u32(&ip, 6u << 28);
	wr_u16(&ip, (uint16_t)wr_len(&w));
	wr_u8(&ip, MH_NEXT_HEADER);
	wr_u8(&ip, HOP_LIMIT);
	wr_addr6(&ip, src);
	wr_addr6(&ip, dst);
	return IP6_HEADER + wr_len(&w);
}

size_t pbu_emit(void *buf, size_t room, const struct plan *p, const struct pbu *u)
{
	char nai[PLAN_NAI];
	uint8_t mac[PLAN_MAC];
	struct mh mh;

	plan_ll_id(u->node, mac);
	mh.type = MH_BU;
	mh.bu = (struct mh_bu){
		.seq = u->seq, .flags = BU_A | BU_P, .lifetime_4s = (uint16_t)(u->lifetime_s / 4)};
	mh.opts.n = 0; // the list itself is filled as far as it is used
	struct mh_opt *opt = mh_add(&mh, OPT_MN_ID);
	opt->mn_id.subtype = MN_ID_NAI;
	opt->mn_id.id = plan_nai(p, u->node, nai);
	put_hnp(&mh, u->hnp);
	mh_add(&mh, OPT_HANDOFF)->handoff.indicator = (uint8_t)u->handoff;
	mh_add(&mh, OPT_ACCESS)->access.tech = u->access_technology;
	mh_add(&mh, OPT_LL_ID)->ll_id.id = (struct span){mac, sizeof(mac)};
	mh_add(&mh, OPT_TIMESTAMP)->timestamp.wall_q16 = u->wall_q16;
	return emit(buf, room, plan_coa(p, u->mag), p->lmaa, &mh);
}

size_t pbu_emit_heartbeat(void *buf, size_t room, const struct plan *p, uint32_t mag, uint32_t seq)
{
	struct mh mh = {.type = MH_HEARTBEAT,
			.heartbeat = {.flags = HEARTBEAT_RESPONSE, .seq = seq}};

	mh_add(&mh, OPT_RESTART_COUNTER)->restart_counter.count = 1;
	return emit(buf, room, plan_coa(p, mag), p->lmaa, &mh);
}
