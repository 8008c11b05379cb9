// A million mutated frames: whatever comes, each packet has exactly one verdict and every buffer
// comes back. KEDGE_SEED replays.
#include <stdlib.h>

#include "base/rng.h"
#include "test/unit/fwd/fate.h"

enum { FRAMES = 1000000, N_SEEDS = 12, N_MAG_SEEDS = 5 };

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

static void run(struct world *w, struct frame seeds[N_PORTS][N_SEEDS], unsigned n_seeds,
		uint16_t n_ports)
{
	static struct frame f;
	const char *given = getenv("KEDGE_SEED");
	struct rng r = {given != NULL ? strtoull(given, NULL, 0) : 20230601};
	struct rte_mbuf *pkts[FWD_BURST];
	struct fwd_punt note;

	print_message("KEDGE_SEED=%llu\n", (unsigned long long)r.state);
	for (unsigned done = 0; done < FRAMES; done += FWD_BURST) {
		uint16_t port = (uint16_t)rng_below(&r, n_ports);
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
		fwd_flush(w->fwd);
		assert_true(world_balanced(w));
		world_output(w);
		for (uint16_t p = 0; p < N_PORTS; p++)
			while (world_take(w, p, &f))
				;
		while (world_punted(w, &note, &f) || world_relayed(w, &note, &f))
			;
		assert_true(world_balanced(w));
	}
	assert_int_equal(w->telem.received, FRAMES);
}

// At a MAG, by port; each list has N_MAG_SEEDS.
static void make_mag_seeds(struct frame seeds[N_PORTS][N_SEEDS])
{
	struct frame *back = seeds[BACKBONE], *access = seeds[ACCESS], *core = seeds[CORE];

	back[0] = framed(BACKBONE, tunnelled(LMA1, COA, packet(CN, NODE_A, 17, 60)));
	back[1] = framed(BACKBONE, tunnelled(LMA1, COA, packet(CN, NODE_B, 6, 60)));
	back[2] = framed(BACKBONE, tunnelled(LMA2, COA, packet(CN, NODE_A, 17, 60)));
	back[3] = framed(BACKBONE, packet(LMA1, COA, 135, 60));
	back[4] = framed(BACKBONE, tunnelled(LMA2, COA, packet(CN, NODE_E, 6, 60)));
	access[0] = from_node(mac_a, 0, packet(NODE_A, CN, 17, 60));
	access[1] = from_node(mac_b, VLAN_B, packet(NODE_B, CN, 6, 60));
	access[2] = from_node(mac_stranger, 0, packet(NODE_D, CN, 17, 60));
	access[3] = from_node(mac_a, 0, packet("fe80::1", "ff02::2", 58, 16));
	access[4] = from_node(mac_a, 0, packet(NODE_A, NODE_B, 17, 60));
	core[0] = framed(CORE, packet(CN, OWN, 6, 60));
	core[1] = framed(CORE, packet("fe80::1", "fe80::2", 58, 60));
	core[2] = framed(CORE, packet(CN, COA, 58, 60));
	core[3] = framed(CORE, tunnelled(LMA1, COA, packet(CN, NODE_A, 17, 60)));
	core[4] = framed(CORE, packet(CN, NODE_A, 17, 60));
}

static void at_a_mag_mutated_frames_have_one_verdict_each_and_leak_nothing(void **state)
{
	static struct frame seeds[N_PORTS][N_SEEDS];
	struct world *w = *state;

	world_become_mag(w);
	world_open(w, A);
	world_open(w, B);
	w->conf.ports[CORE].kind = FWD_PORT_RELAYED;
	w->conf.relay_rate = w->conf.attach_rate = 1000000;
	make_mag_seeds(seeds);
	run(w, seeds, N_MAG_SEEDS, N_PORTS);
	assert_true(w->telem.verdicts[V_PUNT_ACCESS] > 100);
	assert_true(w->telem.verdicts[V_PUNT_KERNEL] > 100);
	assert_true(w->telem.verdicts[V_TX_UPLINK] > 100);
	assert_true(w->telem.verdicts[V_TX_DOWNLINK] > 100);
	assert_true(w->telem.verdicts[V_TX_LOCAL] > 100);
}

static void mutated_frames_have_one_verdict_each_and_leak_nothing(void **state)
{
	static struct frame seeds[N_PORTS][N_SEEDS];
	struct world *w = *state;

	unsigned n_seeds = make_seeds(seeds[CORE]);
	for (unsigned i = 0; i < n_seeds; i++) {
		seeds[BACKBONE][i] = framed(BACKBONE, seeds[CORE][i]);
		seeds[CORE][i] = framed(CORE, seeds[CORE][i]);
	}
	run(w, seeds, n_seeds, ACCESS);
	// Mutation left enough of them whole to reach the end of every way.
	static const enum verdict ends[] = {V_TX_DOWNLINK, V_TX_UPLINK, V_TX_HAIRPIN, V_TX_ICMP};
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		assert_true(w->telem.verdicts[ends[i]] > 100);
}

int test_random(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(mutated_frames_have_one_verdict_each_and_leak_nothing),
		FATE_TEST(at_a_mag_mutated_frames_have_one_verdict_each_and_leak_nothing),
	};
	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
