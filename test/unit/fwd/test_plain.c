// Plain packets have the end that the long way gives them: the same bursts twice, once where
// packets may be plain and once where none may, with the same verdicts, and octet by octet the same
// frames in the same order. KEDGE_SEED replays.
#include <stdlib.h>

#include "base/rng.h"
#include "test/unit/fwd/fate.h"

enum { BURSTS = 20000, N_SEEDS = 12, OUT_MAX = 4 * FWD_BURST };

struct outcome {
	uint64_t verdicts[N_VERDICTS];
	uint16_t n[N_PORTS];
	struct frame sent[N_PORTS][OUT_MAX];
};

// The last one is too long to be quick, and nobody is there: whoever has it knows no plain packets.
static const struct ip6_prefix pools[] = {
	{{{0x20, 0x01, 0x0d, 0xb8, 0x10}}, 36},
	{{{0x20, 0x01, 0x0d, 0xb8, 0x30}}, 36},
	{{{0x7f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}, 128}};
static const struct ip6_prefix pools_of_one[] = {
	{{{0x20, 0x01, 0x0d, 0xb8, 0x10}}, 36},
	{{{0x7f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}, 128}};

// n_pools: without the last one.
static void let_some_be_plain(struct world *w, unsigned n_pools)
{
	w->conf.n_lmaas = 1;
	w->conf.pools = n_pools == 1 ? pools_of_one : pools;
	w->conf.n_pools = n_pools;
}

static void let_none_be_plain(struct world *w)
{
	w->conf.lmaas[1] = addr("7fff:1:2:3:4:5:6:7");
	w->conf.n_lmaas = 2;
	w->conf.n_pools++;
}

static void run_burst(struct world *w, uint16_t port, const struct frame *frames, unsigned n,
		      struct outcome *out)
{
	struct fwd_punt note;
	struct frame f;
	uint64_t before[N_VERDICTS];

	memcpy(before, w->telem.verdicts, sizeof(before));
	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = world_mbuf(w, &frames[i], AT_HEADROOM);
		assert_int_equal(mem_give(w->ports[port], &m, 1), 1);
	}
	for (int turn = 0; turn < 3; turn++) // errors that they cause, and what those cause
		world_turn(w);
	for (uint16_t p = 0; p < N_PORTS; p++)
		for (out->n[p] = 0; world_take(w, p, &f); out->n[p]++) {
			assert_true(out->n[p] < OUT_MAX);
			out->sent[p][out->n[p]] = f;
		}
	while (world_punted(w, &note, &f))
		;
	for (int v = 0; v < N_VERDICTS; v++)
		out->verdicts[v] = w->telem.verdicts[v] - before[v];
	assert_true(world_balanced(w));
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
	for (int v = 0; v < N_VERDICTS; v++) {
		if (a->verdicts[v] != b->verdicts[v])
			print_error("%s\n", verdict_name((enum verdict)v));
		assert_int_equal(a->verdicts[v], b->verdicts[v]);
	}
	for (uint16_t p = 0; p < N_PORTS; p++) {
		assert_int_equal(a->n[p], b->n[p]);
		for (uint16_t i = 0; i < a->n[p]; i++) {
			assert_int_equal(a->sent[p][i].n, b->sent[p][i].n);
			assert_memory_equal(a->sent[p][i].b, b->sent[p][i].b, a->sent[p][i].n);
		}
	}
}

static unsigned make_seeds(struct frame seeds[2][N_SEEDS])
{
	const struct frame plain[] = {packet(CN, MN1, 17, 60),  packet(CN, MN2, 6, 300),
				      packet(CN, MN1, 58, 8),   packet(CN, MN3, 17, 20),
				      packet(CN, MN4, 17, 20),  packet(CN, MN1, 17, 2),
				      packet(MN2, MN1, 17, 20), packet(CN, MN1, 0, 16)};
	const unsigned n = sizeof(plain) / sizeof(plain[0]);

	for (unsigned i = 0; i < n; i++)
		seeds[CORE][i] = framed(CORE, plain[i]);
	const struct frame up[] = {
		packet(MN1, CN, 17, 60), packet(MN1, CN, 6, 300),    packet(MN1, MN2, 17, 20),
		packet(MN2, CN, 17, 20), packet(MN3, CN, 17, 20),    packet(MN1, VOID, 17, 20),
		packet(MN1, COA2, 4, 8), packet(MN1, LMAA, 135, 16),
	};
	for (unsigned i = 0; i < n; i++)
		seeds[BACKBONE][i] = framed(BACKBONE, tunnelled(COA1, LMAA, up[i]));
	return n;
}

// Most bits that matter stand in the headers; what is special of an address or a number is small.
static void mutate(struct rng *r, struct frame *f)
{
	static const uint16_t places[] = {12, 14, 15, 18, 19, 20, 21, 22, 38, 54, 61, 62, 78};

	if (rng_below(r, 2) == 0)
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
}

static void compare(struct world *w, unsigned n_pools)
{
	static struct frame seeds[2][N_SEEDS], burst[FWD_BURST];
	static struct outcome quick, slow;
	const char *given = getenv("KEDGE_SEED");
	struct rng r = {given != NULL ? strtoull(given, NULL, 0) : 20261128};
	unsigned n_seeds = make_seeds(seeds);

	print_message("KEDGE_SEED=%llu\n", (unsigned long long)r.state);
	w->conf.icmp_rate = w->conf.signalling_rate = UINT32_MAX / 2;
	for (int done = 0; done < BURSTS; done++) {
		uint16_t port = rng_below(&r, 2) ? CORE : BACKBONE;
		unsigned n = 1 + rng_below(&r, rng_below(&r, 2) ? 4 : FWD_BURST);
		for (unsigned i = 0; i < n; i++) {
			burst[i] = seeds[port][rng_below(&r, n_seeds)];
			mutate(&r, &burst[i]);
		}
		w->now += NS_SEC;
		let_some_be_plain(w, n_pools);
		run_burst(w, port, burst, n, &quick);
		let_none_be_plain(w);
		run_burst(w, port, burst, n, &slow);
		assert_same(&quick, &slow);
	}
}

static void with_one_pool_plain_packets_end_as_the_long_way_ends_them(void **state)
{
	compare(*state, 1);
}

static void with_several_pools_plain_packets_end_as_the_long_way_ends_them(void **state)
{
	compare(*state, 2);
}

int test_plain(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(with_one_pool_plain_packets_end_as_the_long_way_ends_them),
		FATE_TEST(with_several_pools_plain_packets_end_as_the_long_way_ends_them),
	};
	return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
