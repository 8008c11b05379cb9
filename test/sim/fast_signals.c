// The engines of the domain with fast handover: what they are told, and what they say.
#include <string.h>

#include "test/sim/fast.h"

enum { LMA_SEED = 7, LIFETIME_S = 120 };

static const ns_t grace = 200 * NS_MSEC, thinking = 300 * NS_MSEC;

struct mag_link link_of_node(int node)
{
	return (struct mag_link){1, {2, 0, 0, 0, 0, (uint8_t)(node + 1)}};
}

struct ip6_prefix hnp_of_node(int node)
{
	return ip6_prefix_of(ip6_from64(0x20010db840000000 + (uint64_t)node, 0), 64);
}

int node_of_hnp(struct ip6_prefix p)
{
	return (int)(ip6_hi64(p.addr) & 0xff);
}

const char *name_of_node(int node, char buf[64])
{
	snprintf(buf, 64, "0200000000%02x@example.net", node + 1);
	return buf;
}

static void make_mag(struct fast *f, int i)
{
	struct mag_peer_conf peers[F_MAGS];
	struct mag_conf conf = {
		.coa = f->mags[i].coa,
		.lmas = {{f->lmaa, 1460}},
		.n_lmas = 1,
		.realm = "example.net",
		.access_tech = 4,
		.max_nodes = 4 * F_NODES,
		.max_pending = F_NODES,
		.lifetime_s = LIFETIME_S,
		.timestamps = true,
		.link_local = ip6_from64(0xfe80000000000000, 0x02005efffe005213),
		.access_mtu = 1500,
		.prefix_valid_s = 86400,
		.prefix_preferred_s = 3600,
		.router_lifetime_s = 1800,
		.advertise_interval = 600 * NS_SEC,
		.probe_after = 5 * NS_SEC,
		.probe_interval = NS_SEC,
		.probes = 3,
		.fast = {.peers = peers,
			 .n_peers = F_MAGS,
			 .max_handovers = F_HOLDS,
			 .forward = 10 * NS_SEC,
			 .hold_direct = 100 * NS_MSEC,
			 .settle = 30 * NS_MSEC,
			 .hold_uplink = f->slow ? 100 * NS_MSEC : 2 * NS_SEC},
	};

	for (int k = 0; k < F_MAGS; k++)
		peers[k] = (struct mag_peer_conf){.ap = "ap", .mag = f->mags[k].coa};
	f->mags[i].mag = mag_new(&conf, rng_u64(&f->rng), f->now);
	if (f->mags[i].mag == NULL)
		broke_fast(f, "no memory");
}

void engines_begin(struct fast *f)
{
	static struct lma_mag_conf mags[F_MAGS];
	static struct lma_pool_conf pool;
	static struct lma_profile_conf profiles[F_NODES];
	static struct ip6_prefix hnps[F_NODES];

	f->lmaa = ip6_from64(0x20010db8000a0000, 1);
	pool = (struct lma_pool_conf){.block = {ip6_from64(0x20010db840000000, 0), 56},
				      .hnp_len = 64};
	for (int i = 0; i < F_MAGS; i++) {
		f->mags[i].coa = ip6_from64(0x20010db8000b0000 + (uint64_t)i, 1);
		mags[i] = (struct lma_mag_conf){.from = {f->mags[i].coa, 128}};
		snprintf(mags[i].name, sizeof(mags[i].name), "mag%d", i);
	}
	for (int i = 0; i < F_NODES; i++) {
		char name[64];
		hnps[i] = hnp_of_node(i);
		profiles[i] = (struct lma_profile_conf){
			.permit = true, .prefixes = &hnps[i], .n_prefixes = 1};
		snprintf(profiles[i].key, sizeof(profiles[i].key), "%s", name_of_node(i, name));
	}
	f->lma_conf = (struct lma_conf){
		.mags = mags,
		.pools = &pool,
		.profiles = profiles,
		.n_mags = F_MAGS,
		.n_pools = 1,
		.n_profiles = F_NODES,
		.max_bindings = 100,
		.max_mags = F_MAGS,
		.sessions_per_mn = 1,
		.max_lifetime_s = LIFETIME_S,
		.min_delay_before_bce_delete = 10 * NS_SEC,
		.max_delay_before_new_bce_assign = 1500 * NS_MSEC,
		.timestamp_validity_window = 300 * NS_MSEC,
		.prefix_quarantine = 10 * NS_SEC,
		.prev_coa_grace = grace,
		.addresses = &f->lmaa,
		.n_addresses = 1,
	};
	f->lma = lma_new(&f->lma_conf, LMA_SEED, f->now);
	if (f->lma == NULL)
		broke_fast(f, "no memory");
	for (int i = 0; i < F_MAGS; i++)
		make_mag(f, i);
}

static void add_up(struct fast *f, int mag)
{
	const struct mag_totals *t = mag_totals(f->mags[mag].mag);

	for (int i = 0; i < N_OUTCOMES; i++)
		f->outcomes[i] += t->outcomes[i];
}

void engines_end(struct fast *f)
{
	lma_free(f->lma);
	for (int i = 0; i < F_MAGS; i++) {
		add_up(f, i);
		mag_free(f->mags[i].mag);
	}
}

void mag_restart(struct fast *f, int mag)
{
	struct fast_mag *m = &f->mags[mag];

	f->restarts++;
	add_up(f, mag);
	drop_all(f, mag);
	memset(m->bound, 0, sizeof(m->bound));
	mag_free(m->mag);
	make_mag(f, mag);
}

// ---- Messages.

static void post(struct fast *f, struct ip6_addr src, struct ip6_addr dst, const struct mh *mh)
{
	char text[512];
	bool safe = f->calm || f->quiet;
	uint32_t copies = !safe && odds(f, 15) ? 2 : 1;

	if (f->trace)
		printf("%.3f ms %x -> %x %s\n", (double)f->now.mono / 1e6, src.a[7], dst.a[7],
		       mh_print(mh, text, sizeof(text)));
	if (!safe && odds(f, 8))
		return;
	while (copies-- > 0) {
		uint32_t i = 0;
		while (i < F_MESSAGES && f->messages[i].used)
			i++;
		if (i == F_MESSAGES)
			broke_fast(f, "the simulation's own mail is full");
		struct fast_message *m = &f->messages[i];
		struct writer w = wr_over(m->bytes, sizeof(m->bytes));
		if (!mh_emit(&w, src, dst, mh))
			broke_fast(f, "a message that cannot be written");
		m->src = src;
		m->dst = dst;
		m->n = (uint16_t)wr_len(&w);
		m->used = true;
		ns_t delay =
			f->calm ? 2 * NS_MSEC
				: NS_MSEC + rng_below(&f->rng, 20 * NS_MSEC) +
					  (odds(f, 20) ? rng_below(&f->rng, 2000) * NS_MSEC : 0);
		if (f->slow && ip6_equal(dst, f->lmaa)) // it lies there, and came in time
			delay += thinking;
		schedule(f, delay, (struct fast_event){.kind = F_MESSAGE, .message = i});
	}
}

static void carry_out_bind(struct fast *f, int mag, const struct mag_action *a)
{
	int node = node_of_hnp(a->bind.hnp);

	if (node >= F_NODES)
		broke_fast(f, "a prefix that is nobody's is bound");
	if (f->trace)
		printf("%.3f ms mag %d binds %d: expected %d detour %d next %d previous %d\n",
		       (double)f->now.mono / 1e6, mag, node, a->bind.expected, a->bind.detour,
		       !ip6_is_zero(a->bind.next), !ip6_is_zero(a->bind.previous));
	f->mags[mag].bound[node] = true;
	f->mags[mag].bind[node] = *a;
}

static void pull_mag(struct fast *f, int mag)
{
	struct fast_mag *m = &f->mags[mag];
	struct mag_action a;

	while (mag_output(m->mag, &a)) {
		switch (a.kind) {
		case MAG_BIND:
			carry_out_bind(f, mag, &a);
			break;
		case MAG_UNBIND:
			m->bound[node_of_hnp(a.unbind.hnp)] = false;
			break;
		case MAG_SEND:
			post(f, a.send.src, a.send.dst, a.send.mh);
			break;
		case MAG_HOLD:
			hold_changes(f, mag, &a);
			break;
		case MAG_RELEASE:
			hold_ends(f, mag, &a);
			break;
		case MAG_PROBE: {
			int node = a.probe.link.mac[5] - 1;
			if (f->nodes[node].at == mag)
				mag_input(m->mag, f->now,
					  &(struct mag_event){.kind = MAG_HEARD,
							      .heard = {.link = a.probe.link}});
			break;
		}
		case MAG_ADVERTISE:
		case MAG_ASK:
		case MAG_NOTE:
			break;
		}
	}
	queues_go_on(f, mag);
}

static void pull_lma(struct fast *f)
{
	struct lma_action a;

	while (lma_output(f->lma, &a)) {
		int node;
		switch (a.kind) {
		case LMA_BIND:
			node = node_of_hnp(a.bind.hnp);
			f->lma_also[node] = NOWHERE;
			for (int i = 0; i < F_MAGS; i++) {
				if (ip6_equal(a.bind.coa, f->mags[i].coa))
					f->lma_at[node] = i;
				if (a.bind.also != 0 && ip6_equal(a.bind.also_coa, f->mags[i].coa))
					f->lma_also[node] = i;
			}
			f->lma_also_until[node] = f->now.mono + a.bind.also_for;
			break;
		case LMA_DETACH:
			f->lma_at[node_of_hnp(a.detach.hnp)] = NOWHERE;
			break;
		case LMA_UNBIND:
			f->lma_at[node_of_hnp(a.unbind.hnp)] = NOWHERE;
			break;
		case LMA_SEND:
			post(f, a.send.src, a.send.dst, a.send.mh);
			break;
		case LMA_NOTE:
			break;
		}
	}
}

void mag_tell(struct fast *f, int mag, const struct mag_event *event)
{
	mag_input(f->mags[mag].mag, f->now, event);
	pull_mag(f, mag);
}

void message_arrives(struct fast *f, uint32_t i)
{
	const struct fast_message m = f->messages[i]; // its place is free for answers
	struct mh mh;

	f->messages[i].used = false;
	if (mh_parse((struct span){m.bytes, m.n}, m.src, m.dst, &mh) != MH_OK)
		broke_fast(f, "a message that cannot be read");
	if (ip6_equal(m.dst, f->lmaa)) {
		uint64_t came = wall_q16_from_ns(f->wall_ns - (f->slow ? thinking : 0));
		lma_input(f->lma, f->now,
			  &(struct lma_event){.kind = LMA_MESSAGE,
					      .message = {m.src, m.dst, came, &mh, NULL}});
		pull_lma(f);
		return;
	}
	for (int k = 0; k < F_MAGS; k++)
		if (ip6_equal(m.dst, f->mags[k].coa))
			mag_tell(f, k,
				 &(struct mag_event){.kind = MAG_MESSAGE,
						     .message = {m.src, m.dst, &mh}});
}

void engines_tick(struct fast *f)
{
	if (lma_deadline(f->lma) <= f->now.mono) {
		lma_input(f->lma, f->now, &(struct lma_event){.kind = LMA_TICK});
		pull_lma(f);
	}
	for (int i = 0; i < F_MAGS; i++)
		if (mag_deadline(f->mags[i].mag) <= f->now.mono)
			mag_tell(f, i, &(struct mag_event){.kind = MAG_TICK});
}

ns_t engines_deadline(const struct fast *f)
{
	ns_t due = lma_deadline(f->lma);

	for (int i = 0; i < F_MAGS; i++) {
		ns_t one = mag_deadline(f->mags[i].mag);
		due = one < due ? one : due;
	}
	return due;
}

struct mag_handover handover_at(const struct fast *f, int mag, int node)
{
	struct mag_handover h;
	uint32_t cursor = 0;
	char name[64];

	name_of_node(node, name);
	while (mag_next_handover(f->mags[mag].mag, &cursor, &h))
		if (h.mn_id.n == strlen(name) && memcmp(h.mn_id.p, name, h.mn_id.n) == 0)
			return h;
	return (struct mag_handover){0};
}

bool is_bound_at(const struct fast *f, int mag, int node)
{
	struct mag_binding b;

	return mag_find_binding(f->mags[mag].mag, link_of_node(node), &b) &&
	       (b.state == BUL_BOUND || b.state == BUL_REFRESHING);
}
