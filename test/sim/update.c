// The binding updates that a MAG sends: RFC 5213 6.9.1.5, and what no MAG should send.
#include <ctype.h>
#include <stdio.h>

#include "test/sim/world.h"

static uint64_t clock_of(const struct world *w, const struct mag_model *m)
{
	return w->now.wall_q16 + (uint64_t)((m->clock_off - w->wall_off) * 65536 / (int64_t)NS_SEC);
}

static void put_hnp(struct mh *mh, struct ip6_prefix hnp)
{
	struct mh_opt *opt = mh_add(mh, OPT_HNP);

	if (opt == NULL)
		return;
	opt->hnp.prefix = hnp.addr;
	opt->hnp.prefix_len = hnp.len;
}

static void put_hnps(struct world *w, struct mh *mh, const struct session *s)
{
	uint8_t zero_len = happens(w, 2) ? 64 : 0;

	for (uint8_t i = 0; i < s->n_hnps || i < s->wanted; i++)
		put_hnp(mh, i < s->n_hnps ? s->hnps[i]
					  : (struct ip6_prefix){.len = zero_len}); // OPT-03
}

static void put_lla(struct world *w, struct mh *mh, uint32_t iface)
{
	if (!happens(w, 4))
		return;
	struct mh_opt *opt = mh_add(mh, OPT_LLA);
	if (happens(w, 3))
		opt->lla.addr = ip6_from64(0xfe80000000000000, 0x1000 + iface);
}

// `name` holds what the message points to.
static void compose(struct world *w, uint32_t mag, uint32_t iface, struct mh *mh,
		    char name[static 48])
{
	struct mag_model *m = &w->mags[mag];
	struct session *s = &m->sessions[iface];
	const struct iface *f = &w->ifaces[iface];
	struct mh_opt *opt = mh_add(mh, OPT_MN_ID);

	s->seq = m->numbers ? (uint16_t)(s->seq + 1) : ++m->seq;
	mh->bu.seq = s->seq;
	memcpy(name, f->name, 48);
	if (f->name_kind == MN_ID_NAI && happens(w, 8)) // OPT-05
		name[f->name_len - 2] = (char)toupper(name[f->name_len - 2]);
	opt->mn_id.subtype = f->name_kind;
	opt->mn_id.id = (struct span){(const uint8_t *)name, f->name_len};
	if (s->service > 0) {
		const char *service = service_name(s->service);
		mh_add(mh, OPT_SERVICE)->service.name =
			(struct span){(const uint8_t *)service, (uint16_t)strlen(service)};
	}
	put_hnps(w, mh, s);
	mh_add(mh, OPT_HANDOFF)->handoff.indicator = s->hi;
	mh_add(mh, OPT_ACCESS)->access.tech = f->att;
	if (f->ll_id_len > 0)
		mh_add(mh, OPT_LL_ID)->ll_id.id = (struct span){f->ll_id, f->ll_id_len};
	put_lla(w, mh, iface);
	if (!m->numbers)
		mh_add(mh, OPT_TIMESTAMP)->timestamp.wall_q16 = clock_of(w, m);
}

void send_update(struct world *w, uint32_t mag, uint32_t iface, uint16_t lifetime_4s)
{
	struct mag_model *m = &w->mags[mag];
	struct mh mh = {.type = MH_BU, .bu = {.flags = BU_A | BU_P, .lifetime_4s = lifetime_4s}};
	char name[48];

	compose(w, mag, iface, &mh, name);
	transmit(w, m->addr, lma_addr(m->sessions[iface].lmaa), &mh);
}

// ---- What no MAG should send.

static void drop_option(struct mh *mh, enum opt_type type)
{
	uint8_t n = 0;

	for (uint8_t i = 0; i < mh->opts.n; i++)
		if (mh->opts.v[i].type != type)
			mh->opts.v[n++] = mh->opts.v[i];
	mh->opts.n = n;
}

static struct ip6_prefix some_prefix(struct world *w)
{
	return prefix_of_number(&w->setup, rng_below(&w->rng, w->setup.n_prefixes));
}

static void claim_some(struct world *w, struct mh *mh, bool instead)
{
	struct ip6_prefix hnp = some_prefix(w);

	if (instead)
		drop_option(mh, OPT_HNP);
	if (happens(w, 8))
		hnp.len++; // of no pool
	put_hnp(mh, hnp);
	if (happens(w, 8))
		put_hnp(mh, hnp); // OPT-08
}

static void put_alt_coa(struct world *w, struct mh *mh)
{
	static const uint64_t bad[] = {0, 0xfe80000000000000, 0xff02000000000000};
	struct mh_opt *opt = mh_add(mh, OPT_ALT_COA);

	if (opt == NULL)
		return;
	if (happens(w, 4))
		opt->alt_coa.addr = ip6_from64(bad[rng_below(&w->rng, 3)], 1);
	else
		opt->alt_coa.addr = mag_addr(rng_below(&w->rng, N_MAGS));
}

// OPT-01: it stands once, and the first one counts.
static void repeat_option(struct mh *mh, uint8_t type)
{
	const struct mh_opt *first = mh_find(mh, type);

	if (first == NULL || mh->opts.n == MH_MAX_OPTS)
		return;
	struct mh_opt *again = &mh->opts.v[mh->opts.n++];
	*again = *first;
	again->handoff.indicator = (uint8_t)(first->handoff.indicator + 1);
}

static void spoil(struct world *w, struct mh *mh)
{
	struct mh_opt *opt;

	switch (rng_below(&w->rng, 17)) {
	case 0:
		drop_option(mh, OPT_MN_ID);
		break;
	case 1:
		drop_option(mh, OPT_HNP);
		break;
	case 2:
		drop_option(mh, OPT_HANDOFF);
		break;
	case 3:
		drop_option(mh, OPT_ACCESS);
		break;
	case 4:
		mh->bu.flags = happens(w, 2) ? BU_A | BU_H : BU_A;
		break;
	case 5:
	case 6:
		put_alt_coa(w, mh);
		break;
	case 7:
	case 8:
		claim_some(w, mh, false);
		break;
	case 9:
	case 10:
	case 11:
		claim_some(w, mh, true);
		break;
	case 12:
		for (uint32_t n = rng_below(&w->rng, 24); n > 0; n--)
			put_hnp(mh, (struct ip6_prefix){0});
		break;
	case 13:
		drop_option(mh, OPT_TIMESTAMP);
		break;
	case 14: // an old one, of a clock that is wrong
		opt = (struct mh_opt *)(uintptr_t)mh_find(mh, OPT_TIMESTAMP);
		if (opt != NULL)
			opt->timestamp.wall_q16 -= rng_below(&w->rng, 4 << 16);
		break;
	case 15:
		repeat_option(mh, OPT_HANDOFF);
		break;
	default:
		drop_option(mh, OPT_LL_ID);
	}
}

void send_odd_update(struct world *w, uint32_t mag, uint32_t iface)
{
	struct mh mh = {.type = MH_BU, .bu = {.flags = BU_A | BU_P}};
	char name[48];

	compose(w, mag, iface, &mh, name);
	mh.bu.lifetime_4s = (uint16_t)(happens(w, 3) ? 0 : rng_below(&w->rng, 90));
	if (happens(w, 2)) {
		struct mh_opt *opt = (struct mh_opt *)(uintptr_t)mh_find(&mh, OPT_HANDOFF);
		opt->handoff.indicator = (uint8_t)rng_below(&w->rng, 9);
	}
	spoil(w, &mh);
	if (happens(w, 5))
		spoil(w, &mh);
	transmit(w, w->mags[mag].addr, lma_addr(rng_below(&w->rng, N_LMAAS)), &mh);
}

void send_from_everywhere(struct world *w, uint32_t iface)
{
	for (uint32_t i = 0; i < N_MAGS; i++) {
		struct session *s = &w->mags[i].sessions[iface], before = *s;
		s->n_hnps = s->service = 0;
		s->wanted = 1;
		s->hi = HI_UNKNOWN;
		send_update(w, i, iface, 20);
		before.seq = s->seq;
		*s = before;
	}
}

void send_odd_message(struct world *w, uint32_t mag)
{
	static const enum mh_type types[] = {MH_BRR, MH_BA, MH_BE, MH_HEARTBEAT};
	struct mh mh = {.type = types[rng_below(&w->rng, 4)]};

	if (mh.type == MH_BE)
		mh.be.status = (uint8_t)(1 + rng_below(&w->rng, 2));
	if (mh.type == MH_HEARTBEAT)
		mh.heartbeat.flags = (uint16_t)rng_below(&w->rng, 4);
	transmit(w, happens(w, 8) ? (struct ip6_addr){0} : w->mags[mag].addr, lma_addr(0), &mh);
}

// ---- A crowd: nodes that nobody keeps an account of.

void send_crowd_update(struct world *w, uint32_t mag, uint32_t node, uint8_t hi,
		       uint16_t lifetime_4s)
{
	struct mh mh = {.type = MH_BU, .bu = {.flags = BU_A | BU_P, .lifetime_4s = lifetime_4s}};
	char name[48];
	int n = snprintf(name, sizeof(name), "crowd%u@example.net", node);
	struct mh_opt *opt = mh_add(&mh, OPT_MN_ID);

	mh.bu.seq = ++w->mags[mag].seq;
	opt->mn_id.subtype = MN_ID_NAI;
	opt->mn_id.id = (struct span){(const uint8_t *)name, (uint16_t)n};
	put_hnp(&mh, (struct ip6_prefix){0});
	mh_add(&mh, OPT_HANDOFF)->handoff.indicator = hi;
	mh_add(&mh, OPT_ACCESS)->access.tech = 4;
	mh_add(&mh, OPT_TIMESTAMP)->timestamp.wall_q16 = w->now.wall_q16;
	transmit(w, w->mags[mag].addr, lma_addr(0), &mh);
}
