// A million mutated frames: whatever comes, each packet has exactly one verdict and every buffer
// comes back. KEDGE_SEED replays.
#include <stdlib.h>

#include "base/rng.h"
#include "test/unit/fwd/fate.h"

enum { FRAMES = 1000000, N_SEEDS = 12 };

static unsigned make_seeds(struct frame seeds[N_SEEDS])
{
	unsigned n = 0;

	seeds[n++] = packet(CN, MN1, 17, 60);
	seeds[n++] = packet(CN, MN3, 6, 60);
	seeds[n++] = packet(CN, MN2, 17, 1450);
	seeds[n++] = tunnelled(COA1, LMAA, packet(MN1, CN, 17, 60));
	seeds[n++] = tunnelled(COA2, LMAA, packet(MN2, CN, 58, 60));
	seeds[n++] = tunnelled(COA1, LMAA, packet(MN1, MN2, 17, 60));
	seeds[n++] = tunnelled(COA1, LMAA, packet(MN1, FAR, 17, 60));
	seeds[n++] = tunnelled(COA1, LMAA, packet(MN1, VOID, 17, 60));
	seeds[n++] = with_option(tunnelled(COA1, LMAA, packet(MN1, CN, 17, 60)), 4, 4);
	seeds[n++] = with_option(with_option(packet(COA1, LMAA, 135, 60), 4, 4), 4, 0);
	seeds[n++] = packet(COA1, LMAA, 58, 60);
	seeds[n++] = packet(COA1, LMAA, 17, 60);
	return n;
}

// Most bits that matter stand in the first headers.
static void mutate(struct rng *r, struct frame *f)
{
	for (uint32_t i = rng_below(r, 4); i > 0; i--) {
		uint32_t at = rng_below(r, rng_below(r, 2) ? f->n : RTE_MIN(f->n, 120));
		f->b[at] = rng_below(r, 2) ? (uint8_t)(f->b[at] ^ 1u << rng_below(r, 8))
					   : (uint8_t)rng_u64(r);
	}
	if (rng_below(r, 8) == 0)
		f->n = (uint16_t)(1 + rng_below(r, f->n));
}

static void mutated_frames_have_one_verdict_each_and_leak_nothing(void **state)
{
	static struct frame seeds[2][N_SEEDS], f;
	struct world *w = *state;
	const char *given = getenv("KEDGE_SEED");
	struct rng r = {given != NULL ? strtoull(given, NULL, 0) : 20230601};
	struct rte_mbuf *pkts[FWD_BURST];
	struct fwd_punt note;

	print_message("KEDGE_SEED=%llu\n", (unsigned long long)r.state);
	unsigned n_seeds = make_seeds(seeds[CORE]);
	for (unsigned i = 0; i < n_seeds; i++) {
		seeds[BACKBONE][i] = framed(BACKBONE, seeds[CORE][i]);
		seeds[CORE][i] = framed(CORE, seeds[CORE][i]);
	}
	for (unsigned done = 0; done < FRAMES; done += FWD_BURST) {
		uint16_t port = (uint16_t)rng_below(&r, N_PORTS);
		for (unsigned i = 0; i < FWD_BURST; i++) {
			const struct frame *seed = &seeds[port][rng_below(&r, n_seeds)];
			f.n = seed->n;
			memcpy(f.b, seed->b, f.n);
			mutate(&r, &f);
			pkts[i] = world_mbuf(w, &f, rng_below(&r, 16) ? AT_HEADROOM : AT_HEAP);
			assert_non_null(pkts[i]);
		}
		w->now += NS_MSEC;
		fwd_turn(w->fwd, w->now);
		fwd_burst(w->fwd, port, pkts, FWD_BURST, w->now);
		assert_true(world_balanced(w));
		world_output(w);
		for (uint16_t p = 0; p < N_PORTS; p++)
			while (world_take(w, p, &f))
				;
		while (world_punted(w, &note, &f))
			;
		assert_true(world_balanced(w));
	}
	assert_int_equal(w->telem.received, FRAMES);
	// Mutation left enough of them whole to reach the end of every way.
	for (int v = V_TX_DOWNLINK; v <= V_TX_ICMP; v++)
		assert_true(w->telem.verdicts[v] > 100);
}

int test_random(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(mutated_frames_have_one_verdict_each_and_leak_nothing),
	};
	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
