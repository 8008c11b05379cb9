// Plain packets have the end that the long way gives them: the same sequences at two workers, of
// which one knows no plain packets, with the same verdicts, and octet by octet the same frames in
// the same order. What a worker is told changes between bursts, while one waits. KEDGE_SEED
// replays.
#include <stdlib.h>

#include "base/rng.h"
#include "test/unit/fwd/pieces.h"

enum { SEQUENCES = 20000, STEPS = 7, N_SEEDS = 28, OUT_MAX = 256, TAG = 5 };

#define LMAA2 "2001:db8:1::2"
#define MN5   "2001:db8:1000:500::50" // of a /56
#define MN6   "fd00:1:0:1::60"

struct outcome {
	uint64_t verdicts[N_VERDICTS], decapsulated;
	uint16_t n[N_PORTS];
	struct frame sent[N_PORTS][OUT_MAX];
};

// A worker, and what it was told last and before.
struct side {
	struct world w;
	struct fwd_conf confs[2];
	unsigned told;
	bool slow;
};

// The first one is too long to be quick, and nobody is there: whoever has it, and a tunnel address
// like it in front, sorts every packet the long way.
static const struct ip6_prefix pools[][3] = {
	{{{{1, 9, 9, 9}}, 128}, {{{0x20, 0x01, 0x0d, 0xb8, 0x10}}, 36}},
	{{{{1, 9, 9, 9}}, 128},
	 {{{0x20, 0x01, 0x0d, 0xb8, 0x10}}, 36},
	 {{{0x20, 0x01, 0x0d, 0xb8, 0x30}}, 36}},
	{{{{1, 9, 9, 9}}, 128}, {{{0x20, 0x01, 0x0d, 0xb8, 0x10}}, 36}, {{{0xfd, 0, 0, 1}}, 32}},
	{{{{1, 9, 9, 9}}, 128}, {{{0xfd, 0, 0, 1}}, 32}},
};
static const unsigned n_pools[] = {2, 3, 3, 2};

static bool one_in(struct rng *r, uint32_t n)
{
	return rng_below(r, n) == 0;
}

static uint16_t one_of(struct rng *r, const uint16_t *v, uint32_t n)
{
	return v[rng_below(r, n)];
}

#define ONE_OF(r, ...)                                                                             \
	one_of(r, (const uint16_t[]){__VA_ARGS__},                                                 \
	       sizeof((const uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t))

static void tell(struct side *s, struct rng *r)
{
	struct fwd_conf *c = &s->confs[s->told ^= 1];
	uint32_t which = rng_below(r, sizeof(n_pools) / sizeof(n_pools[0])), skip = !s->slow;

	*c = s->w.conf;
	c->icmp_rate = c->signalling_rate = UINT32_MAX / 2;
	c->pools = pools[which] + skip;
	c->n_pools = n_pools[which] - skip;
	c->n_lmaas = 0;
	if (s->slow)
		c->lmaas[c->n_lmaas++] = addr("109:909::1");
	c->lmaas[c->n_lmaas++] = addr(LMAA);
	if (one_in(r, 4))
		c->lmaas[c->n_lmaas++] = addr(LMAA2);
	c->ecn = one_in(r, 6) ? FWD_ECN_RFC5213 : FWD_ECN_RFC6040;
	for (unsigned port = 0; port < N_PORTS; port++) {
		c->ports[port].addr = addr("2001:db8:ff::1"); // errors come from there
		c->ports[port].vlans[0] = one_in(r, 12) ? 1 << TAG : ONE_OF(r, 1, 1 | 1 << TAG);
		if (one_in(r, 4))
			memset(c->ports[port].mac, 0, sizeof(c->ports[port].mac));
	}
	fwd_set_conf(s->w.fwd, c);
}

static void change_nexthop(struct world *w, struct rng *r, uint16_t number, uint16_t port)
{
	struct nexthop nh = {.kind = one_in(r, 12) ? (uint8_t)ONE_OF(r, NH_GLEAN, NH_NONE)
						   : NH_PORT,
			     .port = port,
			     .mtu = one_in(r, 3) ? ONE_OF(r, 99, 100, 101, 140, 1280) : 1500,
			     .l2_len = one_in(r, 6) ? L2_LEN + 4 : L2_LEN};

	memset(nh.l2, (int)number, sizeof(nh.l2));
	assert_int_equal(nexthop_change(w->fib, number, &nh), 0);
	grace_poll(w->grace);
}

// What control changes of the tables at any time.
static void change_tables(struct world *w, struct rng *r)
{
	change_nexthop(w, r, w->nh_core, CORE);
	change_nexthop(w, r, w->nh_backbone, BACKBONE);
	for (int i = 0; i < 2; i++) {
		struct fwd_entry *e =
			(struct fwd_entry *)(uintptr_t)entry_get(w->fib, w->entries[i]);
		entry_set_mtu(w->fib, w->entries[i],
			      one_in(r, 3) ? ONE_OF(r, 139, 140, 141, 1280) : 1500);
		entry_set_nexthop(w->fib, w->entries[i],
				  one_in(r, 16) ? NEXTHOP_LOCAL : w->nh_backbone);
		e->prev_peer_id = one_in(r, 3) ? MAG2 : 0;
	}
}

static void make_seeds(struct frame seeds[2][N_SEEDS])
{
	const struct frame down[] = {packet(CN, MN1, 17, 60),   packet(CN, MN2, 6, 300),
				     packet(CN, MN1, 58, 8),    packet(CN, MN3, 17, 20),
				     packet(CN, MN4, 17, 20),   packet(CN, MN1, 17, 2),
				     packet(MN2, MN1, 17, 20),  packet(CN, MN1, 0, 16),
				     packet(CN, MN5, 17, 60),   packet(CN, MN6, 17, 60),
				     packet(CN, MN1, 17, 59),   packet(CN, MN1, 17, 61),
				     packet(CN, MN1, 6, 1199),  packet(CN, MN1, 6, 1200),
				     packet(CN, MN1, 6, 1201),  packet(CN, MN2, 17, 1219),
				     packet(CN, MN2, 17, 1220), packet(CN, MN2, 17, 1221),
				     packet(CN, MN1, 17, 1420), packet(CN, MN1, 17, 1421),
				     packet(MN6, MN1, 17, 20),  packet(CN, MN1, 59, 0),
				     packet(CN, MN1, 17, 4),    packet(CN, MN1, 60, 8),
				     packet("::9", MN1, 17, 9), packet("fe80::9", MN1, 6, 9),
				     packet("::", MN1, 17, 9),  packet("ff0e::9", MN1, 6, 9)};
	const struct frame up[] = {
		packet(MN1, CN, 17, 60),   packet(MN1, CN, 6, 300),    packet(MN1, MN2, 17, 20),
		packet(MN2, CN, 17, 20),   packet(MN3, CN, 17, 20),    packet(MN1, VOID, 17, 20),
		packet(MN1, COA2, 4, 8),   packet(MN1, LMAA, 135, 16), packet(MN5, CN, 17, 60),
		packet(MN6, CN, 17, 59),   packet(MN1, CN, 17, 61),    packet(MN1, MN6, 17, 60),
		packet(MN1, CN, 17, 1240), packet(MN1, CN, 17, 1241),  packet(MN1, OWN, 17, 9),
		packet(MN1, CN, 59, 0),    packet(MN1, CN, 17, 3),     packet(MN1, LMAA2, 17, 60),
		packet(MN1, MN2, 17, 60),  packet(MN1, FAR, 17, 30),   packet(MN2, MN1, 17, 1241),
		packet(MN1, MN5, 6, 59),   packet(MN1, "::9", 17, 60), packet(MN1, "fe80::9", 6, 9),
		packet(MN1, "::1", 17, 9), packet("ff02::1", CN, 6, 9)};
	enum { N_UP = sizeof(up) / sizeof(up[0]) };
	const struct frame whole = tunnelled(COA1, LMAA, up[0]);

	static_assert(sizeof(down) / sizeof(down[0]) == N_SEEDS && N_UP + 2 == N_SEEDS, "all");
	for (unsigned i = 0; i < N_SEEDS; i++)
		seeds[CORE][i] = framed(CORE, down[i]);
	for (unsigned i = 0; i < N_UP; i++) {
		const char *mag = i % 4 == 3 ? COA2 : COA1, *lma = i == 8 ? LMAA2 : LMAA;
		seeds[BACKBONE][i] = framed(BACKBONE, tunnelled(mag, lma, up[i]));
	}
	seeds[BACKBONE][N_UP] = framed(BACKBONE, piece_of(&whole, 0, 48, true, 7));
	seeds[BACKBONE][N_UP + 1] = framed(BACKBONE, piece_of(&whole, 48, 52, false, 7));
}

// Most bits that matter stand in the headers; what is special of an address or a number is small.
static void mutate(struct rng *r, struct frame *f)
{
	static const uint16_t places[] = {12, 14, 15, 18, 19, 20, 21, 22, 38, 54, 61, 62, 78};

	for (uint32_t at = L2_LEN; one_in(r, 2) && at + 1u < f->n && at < 80; at += 40)
		f->b[at + 1] = (uint8_t)((f->b[at + 1] & ~0x30) | rng_below(r, 4) << 4); // its ECN
	if (!one_in(r, 4))
		return;
	for (uint32_t i = rng_below(r, 3); i > 0; i--) {
		uint32_t at = rng_below(r, RTE_MIN(f->n, 110u));
		f->b[at] = rng_below(r, 2) ? (uint8_t)(f->b[at] ^ 1u << rng_below(r, 8))
					   : (uint8_t)rng_u64(r);
	}
	uint32_t at = places[rng_below(r, sizeof(places) / sizeof(places[0]))];
	if (rng_below(r, 4) == 0 && at < f->n)
		f->b[at] = (uint8_t)rng_below(r, 4);
	if (rng_below(r, 16) == 0)
		f->n = (uint16_t)(1 + rng_below(r, f->n));
	if (one_in(r, 4) && f->n > 12)
		*f = tagged(*f, TAG);
}

static uint16_t place(struct rng *r)
{
	return one_in(r, 6) ? (uint16_t)rng_below(r, 80) : ONE_OF(r, AT_HEADROOM, AT_HEAP);
}

static void receive(struct world *w, struct rng *r, const struct frame seeds[2][N_SEEDS])
{
	uint16_t port = one_in(r, 2) ? CORE : BACKBONE;
	uint16_t n = (uint16_t)(1 + rng_below(r, one_in(r, 2) ? 4 : FWD_BURST));
	struct rte_mbuf *pkts[FWD_BURST];

	for (uint16_t i = 0; i < n; i++) {
		struct frame f = seeds[port][rng_below(r, N_SEEDS)];
		mutate(r, &f);
		pkts[i] = world_mbuf(w, &f, place(r));
		assert_non_null(pkts[i]);
	}
	fwd_burst(w->fwd, port, pkts, n, w->now);
}

static void originate(struct world *w, struct rng *r)
{
	struct frame f = packet(LMAA, one_in(r, 2) ? MN1 : COA2, 17, 60);
	struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);

	fwd_punt_of(m)->kind = (uint8_t)ONE_OF(r, FWD_PUNT_SIGNALLING, FWD_PUNT_WAITED);
	fwd_originate(w->fwd, &m, 1, w->now);
}

static void take_step(struct side *s, struct rng *r, const struct frame seeds[2][N_SEEDS])
{
	switch (rng_below(r, 12)) {
	case 0:
		fwd_turn(s->w.fwd, s->w.now);
		break;
	case 1:
		fwd_flush(s->w.fwd);
		break;
	case 2:
		tell(s, r);
		break;
	case 3:
		change_tables(&s->w, r);
		break;
	case 4:
		originate(&s->w, r);
		break;
	default:
		receive(&s->w, r, seeds);
	}
	assert_true(world_balanced(&s->w));
	if (one_in(r, 4))
		world_output(&s->w);
}

static void collect(struct world *w, struct outcome *out)
{
	struct fwd_punt note;
	struct frame f;

	for (uint16_t p = 0; p < N_PORTS; p++)
		for (out->n[p] = 0; out->n[p] < OUT_MAX; out->n[p]++)
			if (!world_take(w, p, &out->sent[p][out->n[p]]))
				break;
	while (world_punted(w, &note, &f))
		;
	memcpy(out->verdicts, w->telem.verdicts, sizeof(out->verdicts));
	out->decapsulated = w->telem.decapsulated;
}

static void run(struct side *s, struct rng r, const struct frame seeds[2][N_SEEDS],
		struct outcome *out)
{
	s->w.now += NS_SEC;
	tell(s, &r);
	change_tables(&s->w, &r);
	for (uint32_t steps = 1 + rng_below(&r, STEPS); steps > 0; steps--)
		take_step(s, &r, seeds);
	for (int turn = 0; turn < 3; turn++) { // errors that they cause, and what those cause
		fwd_turn(s->w.fwd, s->w.now);
		fwd_flush(s->w.fwd);
		world_output(&s->w);
	}
	assert_int_equal(fwd_due(s->w.fwd), 0);
	assert_true(world_balanced(&s->w));
	collect(&s->w, out);
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
	for (int v = 0; v < N_VERDICTS; v++) {
		if (a->verdicts[v] != b->verdicts[v])
			print_error("%s\n", verdict_name((enum verdict)v));
		assert_int_equal(a->verdicts[v], b->verdicts[v]);
	}
	assert_int_equal(a->decapsulated, b->decapsulated);
	for (uint16_t p = 0; p < N_PORTS; p++) {
		assert_int_equal(a->n[p], b->n[p]);
		for (uint16_t i = 0; i < a->n[p]; i++) {
			assert_int_equal(a->sent[p][i].n, b->sent[p][i].n);
			assert_memory_equal(a->sent[p][i].b, b->sent[p][i].b, a->sent[p][i].n);
		}
	}
}

static void start_side(struct side *s, const struct world *like, bool slow)
{
	s->w = *like;
	s->slow = slow;
	const struct fwd_init init = {.bcache = like->bcache,
				      .fib = like->fib,
				      .pool = like->pool,
				      .punt = like->punt,
				      .relay = like->relay,
				      .telem = &s->w.telem,
				      .seed = 7};
	memset(&s->w.telem, 0, sizeof(s->w.telem));
	assert_int_equal(fwd_new(&init, &s->w.conf, &s->w.fwd), 0);
}

static void bind_more(const struct world *w, bool bound)
{
	const struct ip6_prefix hnps[] = {ip6_prefix_of(addr(MN5), 56),
					  ip6_prefix_of(addr(MN6), 64)};

	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(bound ? bcache_set(w->bcache, hnps[i], w->entries[0])
				       : bcache_del(w->bcache, hnps[i]),
				 0);
	assert_int_equal(bound ? route_set(w->fib, pools[3][1], NEXTHOP_POOL)
			       : route_del(w->fib, pools[3][1]),
			 0);
	for (int i = 0; i < 2; i++) {
		(void)route_commit(w->fib);
		grace_poll(w->grace);
	}
}

static void plain_packets_end_as_the_long_way_ends_them(void **state)
{
	static struct frame seeds[2][N_SEEDS];
	static struct side sides[2];
	static struct outcome out[2];
	const struct world *w = *state;
	const char *given = getenv("KEDGE_SEED");
	struct rng r = {given != NULL ? strtoull(given, NULL, 0) : 20261128};

	make_seeds(seeds);
	print_message("KEDGE_SEED=%llu\n", (unsigned long long)r.state);
	bind_more(w, true);
	for (int i = 0; i < 2; i++)
		start_side(&sides[i], w, i == 1);
	for (int done = 0; done < SEQUENCES; done++) {
		const struct rng here = {rng_u64(&r)};
		for (int i = 0; i < 2; i++)
			run(&sides[i], here, seeds, &out[i]);
		assert_same(&out[0], &out[1]);
	}
	for (int i = 0; i < 2; i++)
		fwd_free(sides[i].w.fwd);
	bind_more(w, false);
	for (int i = 0; i < 2; i++)
		((struct fwd_entry *)(uintptr_t)entry_get(w->fib, w->entries[i]))->prev_peer_id = 0;
}

int test_plain(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(plain_packets_end_as_the_long_way_ends_them),
	};
	return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
