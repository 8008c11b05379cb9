// HI and HAck: what stands in them, whose they are, and how often one is repeated.
//
// Decides whether a HI may be acted upon at all (FMIP-10) and which event it is; what follows is
// pfmip.c's. What the other MAG says of a node is read here, and nothing else is believed.
#include "mob/pfmip_steps.h"

static const ns_t first_timeout = 100 * NS_MSEC; // FMIP-05: no RTT is known

static struct span id_of(const struct mh *mh)
{
	const struct mh_opt *opt = mh_find(mh, OPT_MN_ID);

	if (opt == NULL || opt->mn_id.subtype != MN_ID_NAI || opt->mn_id.id.n > HO_MAX_MN_ID)
		return (struct span){0};
	return opt->mn_id.id;
}

// ---- What is said.

static void put_id(struct mag_message *msg, struct span mn_id)
{
	struct mh_opt *opt = mh_add(&msg->mh, OPT_MN_ID);

	memcpy(msg->mn_id, mn_id.p, mn_id.n);
	opt->mn_id.subtype = MN_ID_NAI;
	opt->mn_id.id = (struct span){msg->mn_id, mn_id.n};
}

// FMIP-01, FMIP-03: all HNPs, the LMA, and how the node and we are called on its link.
static void put_context(struct mag *m, struct mag_message *msg, const struct bul_entry *e)
{
	struct mh_opt *opt;

	for (uint8_t k = 0; k < e->n_hnps && (opt = mh_add(&msg->mh, OPT_HNP)) != NULL; k++) {
		opt->hnp.prefix = e->hnps[k].addr;
		opt->hnp.prefix_len = e->hnps[k].len;
	}
	memcpy(msg->lmaa, m->lmas[e->lma].addr.a, sizeof(msg->lmaa));
	memcpy(msg->mac, e->link.mac, sizeof(msg->mac));
	if ((opt = mh_add(&msg->mh, OPT_LMAA)) != NULL) {
		opt->lmaa.code = LMAA_IPV6;
		opt->lmaa.addr = (struct span){msg->lmaa, sizeof(msg->lmaa)};
	}
	if ((opt = mh_add(&msg->mh, OPT_LL_ID)) != NULL)
		opt->ll_id.id = (struct span){msg->mac, sizeof(msg->mac)};
	if ((opt = mh_add(&msg->mh, OPT_LLA)) != NULL)
		opt->lla.addr = link_local_of(m, e);
	if (!ip6_is_zero(e->addr) && (opt = mh_add(&msg->mh, OPT_LLA_IID)) != NULL)
		opt->lla_iid.iid = ip6_lo64(e->addr);
}

// RFC 5949 6.2.1: what a new MAG cannot do without.
static void put_wanted(struct mag_message *msg)
{
	static const uint8_t wanted[] = {OPT_HNP, 0, OPT_LL_ID, 0, OPT_LMAA, 0};
	struct mh_opt *opt = mh_add(&msg->mh, OPT_CONTEXT_REQUEST);

	memcpy(msg->wanted, wanted, sizeof(wanted));
	opt->context_request.wanted = (struct span){msg->wanted, sizeof(wanted)};
}

static void emit_hi(struct mag *m, uint32_t i)
{
	struct handover *h = &m->fast.v[i];
	struct mag_message *msg = put_message(m);

	h->due_repeat = m->now.mono + (first_timeout << h->tries);
	h->waiting = true;
	if (msg == NULL) // as if it had been lost on the way
		return;
	msg->mh =
		(struct mh){.type = MH_HI,
			    .hi = {.seq = h->out_seq, .flags = h->out_flags, .code = h->out_code}};
	put_id(msg, handover_mn_id(h));
	if (h->out_code == HI_ALL_CONTEXT && h->entry != BUL_NULL)
		put_context(m, msg, entry_of(m, h->entry));
	else if (h->out_code == HI_DEFAULT)
		put_wanted(msg);
	m->totals.his++;
	send_message(m, msg, h->peer);
}

void send_hi(struct mag *m, uint32_t i, uint8_t flags, uint8_t code)
{
	struct handover *h = &m->fast.v[i];

	h->out_flags = flags;
	h->out_code = code;
	h->out_seq = ++m->fast.seq;
	h->tries = 0;
	emit_hi(m, i);
}

void repeat_hi(struct mag *m, uint32_t i)
{
	struct handover *h = &m->fast.v[i];

	h->due_repeat = 0;
	if (h->tries == HI_RETRIES) {
		h->waiting = false;
		handover_happen(m, i, HEV_UNANSWERED);
		return;
	}
	h->tries++;
	m->totals.hi_retries++;
	emit_hi(m, i);
}

// FMIP-15.
static struct mag_message *emit_hack(struct mag *m, struct span mn_id, uint16_t seq, uint8_t flags,
				     uint8_t code)
{
	struct mag_message *msg = put_message(m);

	if (msg == NULL)
		return NULL;
	msg->mh = (struct mh){.type = MH_HACK,
			      .hack = {.seq = seq, .flags = HACK_P | flags, .code = code}};
	put_id(msg, mn_id);
	m->totals.hacks++;
	return msg;
}

static void answer_again(struct mag *m, uint32_t i)
{
	const struct handover *h = &m->fast.v[i];
	struct mag_message *msg =
		emit_hack(m, handover_mn_id(h), h->in_seq, h->hack_flags, h->hack_code);

	if (msg == NULL)
		return;
	if (h->hack_code == HACK_ALL_CONTEXT || h->hack_code == HACK_NO_FORWARDING) {
		uint32_t e = h->entry;
		if (e == BUL_NULL)
			e = bul_find_mn_id(&m->bul, handover_mn_id(h), BUL_NULL);
		if (e != BUL_NULL)
			put_context(m, msg, entry_of(m, e));
	}
	send_message(m, msg, h->peer);
}

void answer_hi(struct mag *m, uint32_t i, uint8_t code)
{
	struct handover *h = &m->fast.v[i];

	h->hack_code = h->code = code;
	h->hack_flags = 0;
	if (code != HACK_NO_FORWARDING && (h->in_flags & HI_F) != 0)
		h->hack_flags |= HACK_F;
	if (code != HACK_NO_FORWARDING && (h->in_flags & HI_U) != 0)
		h->hack_flags |= HACK_U;
	h->answered = true;
	answer_again(m, i);
}

void take_back_answer(struct mag *m, uint32_t i, uint8_t code)
{
	struct handover *h = ho(m, i);

	for (uint32_t k = 0; k < m->n_messages; k++) {
		struct mh *mh = &m->messages[k].mh;
		if (mh->type != MH_HACK) // there is one at most: a HI at a time is answered
			continue;
		mh->hack.code = h->hack_code = code;
		mh->hack.flags = HACK_P;
		h->hack_flags = 0;
	}
}

// To a HI that leaves no trace here; with context, if there is an entry.
static void tell_at_once(struct mag *m, struct ip6_addr peer, const struct mh *hi, uint8_t code,
			 uint32_t entry)
{
	struct mag_message *msg = emit_hack(m, id_of(hi), hi->hi.seq, 0, code);

	if (msg == NULL)
		return;
	if (entry != BUL_NULL)
		put_context(m, msg, entry_of(m, entry));
	send_message(m, msg, peer);
}

static void answer_at_once(struct mag *m, struct ip6_addr peer, const struct mh *hi, uint8_t code)
{
	tell_at_once(m, peer, hi, code, BUL_NULL);
}

// ---- What is heard.

static uint32_t be32_of(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

// Beside those that are known. False: a prefix in it can be nobody's HNP here.
static bool read_hnps(const struct mh *mh, struct context *c)
{
	const struct mh_opt *opt = NULL;

	while ((opt = mh_find_next(mh, OPT_HNP, opt)) != NULL) {
		struct ip6_prefix p = ip6_prefix_of(opt->hnp.prefix, opt->hnp.prefix_len);
		if (p.len == 0 || p.len > 64 || !ip6_is_routable_unicast(p.addr))
			return false;
		if (context_has(c, p))
			continue;
		if (c->n_hnps == MAG_MAX_HNPS)
			return false;
		c->hnps[c->n_hnps++] = p;
	}
	return true;
}

// Its LMA may have an address of each family.
static void read_lmaas(const struct mh *mh, struct context *c)
{
	const struct mh_opt *opt = NULL;

	while ((opt = mh_find_next(mh, OPT_LMAA, opt)) != NULL) {
		if (opt->lmaa.code != LMAA_IPV6) {
			c->ipv4_lmaa = be32_of(opt->lmaa.addr.p);
			continue;
		}
		memcpy(c->lmaa.a, opt->lmaa.addr.p, sizeof(c->lmaa.a));
		c->has_lmaa = true;
	}
}

// What is said of the node now, beside what is in *c already.
static bool read_context(const struct mh *mh, struct context *c)
{
	const struct mh_opt *ll = mh_find(mh, OPT_LL_ID), *v4 = mh_find(mh, OPT_IPV4_HOA);
	const struct mh_opt *lla = mh_find(mh, OPT_LLA);

	c->gre |= mh_find(mh, OPT_GRE_KEY) != NULL;
	read_lmaas(mh, c);
	if (ll != NULL && ll->ll_id.id.n <= HO_MAX_LL_ID) {
		memcpy(c->ll_id, ll->ll_id.id.p, ll->ll_id.id.n);
		c->ll_len = (uint8_t)ll->ll_id.id.n;
	}
	if (lla != NULL && ip6_is_link_local(lla->lla.addr))
		c->lla = lla->lla.addr;
	if (v4 != NULL) // FMIP-19
		c->ipv4_hoa = v4->ipv4_hoa.addr;
	return read_hnps(mh, c);
}

// FMIP-10: 0, or the code that says why the node cannot come here.
static uint8_t judge(struct mag *m, struct span mn_id, const struct context *c)
{
	const struct mag_profile_conf *profile = profile_of(m, mn_id);
	uint32_t e = bul_find_mn_id(&m->bul, mn_id, BUL_NULL);

	if (!c->has_lmaa || c->n_hnps == 0)
		return HACK_UNSPECIFIED;
	if (e != BUL_NULL && (entry_of(m, e)->barred || entry_of(m, e)->banned))
		return HACK_PROHIBITED; // only an operator lifts that
	if (find_lma(m, c->lmaa) == UINT32_MAX)
		return HACK_PROHIBITED;
	if (profile != NULL ? !profile->permit : m->conf.n_profiles > 0 && !m->conf.authorise)
		return HACK_PROHIBITED;
	if (c->gre) // FMIP-14: packets go as they are
		return HACK_NO_FORWARDING;
	for (uint8_t k = 0; k < c->n_hnps; k++) {
		uint32_t other = bul_find_hnp(&m->bul, c->hnps[k]);
		if (other != BUL_NULL && !span_equal(bul_mn_id(entry_of(m, other)), mn_id))
			return HACK_UNSPECIFIED;
	}
	return 0;
}

// The record in which this HI is answered: the one there is, or a new one; what another MAG was
// told there is over (FMIP-17). HO_NULL: no room.
static uint32_t open_record(struct mag *m, uint32_t i, struct span mn_id, struct ip6_addr peer,
			    bool is_new)
{
	if (i == HO_NULL) {
		i = handover_add(&m->fast, mn_id, m->now.mono);
		if (i == HO_NULL)
			return HO_NULL;
	} else if (m->fast.v[i].state == HO_OVER || m->fast.v[i].is_new != is_new ||
		   !ip6_equal(m->fast.v[i].peer, peer)) {
		handover_restart(m, i);
	}
	m->fast.v[i].peer = peer;
	m->fast.v[i].is_new = is_new;
	return i;
}

static void note_in(struct handover *h, const struct mh *mh)
{
	h->in_seq = mh->hi.seq;
	h->in_flags = mh->hi.flags;
	h->in_code = mh->hi.code;
}

// RFC 5949 6.1.1: context may come in pieces, the last one with code 3; and 4.2: after one with U
// comes one with F, which need not say it again.
static bool goes_on(const struct handover *h, struct ip6_addr peer)
{
	return h != NULL && h->is_new && h->state != HO_OVER && ip6_equal(h->peer, peer);
}

static struct context known_before(const struct handover *h, const struct mh *mh)
{
	bool is_more = h->in_code != HI_ALL_CONTEXT || mh_find(mh, OPT_HNP) == NULL;

	return is_more ? h->context : (struct context){0};
}

// Whose HI it is, is told by what is in it; or a node is expected, and nobody asks for anything.
static bool is_of_previous(const struct handover *h, struct ip6_addr peer, const struct mh *mh)
{
	return mh->hi.code == HI_ALL_CONTEXT || mh_find(mh, OPT_HNP) != NULL ||
	       mh_find(mh, OPT_IPV4_HOA) != NULL ||
	       (goes_on(h, peer) && h->state == HO_EXPECTED &&
		mh_find(mh, OPT_CONTEXT_REQUEST) == NULL);
}

static void take_coming(struct mag *m, uint32_t i, struct ip6_addr peer, const struct mh *mh)
{
	const struct handover *h = i != HO_NULL ? ho(m, i) : NULL;
	struct context c = goes_on(h, peer) ? known_before(h, mh) : (struct context){0};
	uint8_t code = HACK_UNSPECIFIED;

	if (read_context(mh, &c))
		code = judge(m, id_of(mh), &c);
	if (code == 0 && (i = open_record(m, i, id_of(mh), peer, true)) == HO_NULL)
		code = HACK_NO_RESOURCES;
	if (code != 0) {
		answer_at_once(m, peer, mh, code);
		if (goes_on(h, peer) && h->state == HO_EXPECTED)
			ho_refuse_expected(m, i, code);
		return;
	}
	note_in(&m->fast.v[i], mh);
	ho_set_context(m, i, &c);
	handover_happen(m, i, HEV_CONTEXT);
}

// Of what a new MAG may ask for, what is known here.
static bool wants_what_is_there(const struct mh *mh)
{
	const struct mh_opt *opt = mh_find(mh, OPT_CONTEXT_REQUEST);

	if (opt == NULL || opt->context_request.wanted.n == 0)
		return true;
	struct reader r = rd_over(opt->context_request.wanted);
	bool any = false;
	while (!r.failed && rd_left(&r) > 0) {
		uint8_t type = rd_u8(&r);
		rd_bytes(&r, rd_u8(&r));
		any |= !r.failed && (type == OPT_HNP || type == OPT_LL_ID || type == OPT_LMAA ||
				     type == OPT_LLA || type == OPT_LLA_IID);
	}
	return any;
}

// Its session here, with prefixes; BUL_NULL: none.
static uint32_t find_session(const struct mag *m, struct span mn_id)
{
	uint32_t e = BUL_NULL;

	while ((e = bul_find_mn_id(&m->bul, mn_id, e)) != BUL_NULL)
		if (m->bul.entries[e].bound)
			return e;
	return BUL_NULL;
}

static void take_wanted(struct mag *m, uint32_t i, struct ip6_addr peer, const struct mh *mh)
{
	const struct handover *h = i != HO_NULL ? ho(m, i) : NULL;
	uint32_t e = h != NULL && !h->is_new ? h->entry : BUL_NULL;
	uint8_t code = 0;

	if (e == BUL_NULL)
		e = find_session(m, id_of(mh));
	if (e == BUL_NULL || !wants_what_is_there(mh)) // FMIP-03
		code = HACK_NO_CONTEXT;
	else if (mh_find(mh, OPT_GRE_KEY) != NULL && (mh->hi.flags & HI_F) != 0)
		code = HACK_NO_FORWARDING; // FMIP-14; the context is to be had
	else if ((i = open_record(m, i, id_of(mh), peer, false)) == HO_NULL)
		code = HACK_NO_RESOURCES;
	if (code != 0) {
		tell_at_once(m, peer, mh, code, code == HACK_NO_FORWARDING ? e : BUL_NULL);
		return;
	}
	note_in(&m->fast.v[i], mh);
	m->fast.v[i].entry = e;
	handover_happen(m, i, HEV_WANTED);
}

static void take_done(struct mag *m, uint32_t i, struct ip6_addr peer, const struct mh *mh)
{
	if (i == HO_NULL || m->fast.v[i].state == HO_OVER || !ip6_equal(m->fast.v[i].peer, peer)) {
		answer_at_once(m, peer, mh, HACK_ACCEPTED);
		return;
	}
	note_in(&m->fast.v[i], mh);
	handover_happen(m, i, HEV_DONE);
}

void take_hi(struct mag *m, struct ip6_addr peer, const struct mh *mh)
{
	struct span mn_id = id_of(mh);
	uint32_t i = handover_find(&m->fast, mn_id);
	const struct handover *h = i != HO_NULL ? &m->fast.v[i] : NULL;

	if ((mh->hi.flags & HI_P) == 0 || mn_id.n == 0) { // FMIP-13, or about nobody
		note(m, MAG_NOTE_IGNORED_ROLE);
		return;
	}
	if (h != NULL && h->answered && h->in_seq == mh->hi.seq && ip6_equal(h->peer, peer))
		answer_again(m, i); // FMIP-15
	else if (mh->hi.code == HI_FORWARDING_COMPLETE)
		take_done(m, i, peer, mh);
	else if (is_of_previous(h, peer, mh))
		take_coming(m, i, peer, mh);
	else
		take_wanted(m, i, peer, mh);
}

void take_hack(struct mag *m, struct ip6_addr peer, const struct mh *mh)
{
	uint32_t i = handover_find(&m->fast, id_of(mh));
	struct handover *h = i != HO_NULL ? &m->fast.v[i] : NULL;
	struct context c = {0};

	if (h == NULL || !h->waiting || h->out_seq != mh->hack.seq || !ip6_equal(h->peer, peer) ||
	    (mh->hack.flags & HACK_P) == 0) {
		note(m, MAG_NOTE_IGNORED_HACK);
		return;
	}
	h->waiting = false;
	h->due_repeat = 0;
	h->code = mh->hack.code;
	bool accepted = mh->hack.code < 128;
	if (h->state == HO_ASKING) {
		// 132 with context: the node may be registered with it, and nothing is forwarded.
		bool known = (accepted || mh->hack.code == HACK_NO_FORWARDING) &&
			     read_context(mh, &c) && c.n_hnps > 0 &&
			     (!c.has_lmaa || find_lma(m, c.lmaa) != UINT32_MAX);
		if (known)
			handover_set_context(&m->fast, i, &c);
		h->forward = accepted;
		accepted = known;
	}
	handover_happen(m, i, accepted ? HEV_ACCEPTED : HEV_REFUSED);
}
