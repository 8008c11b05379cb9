// One MAG's tunnel over several workers: who decapsulates what, in which order, and what is lost.
#include "base/rng.h"
#include "test/unit/fwd/crew.h"

enum { PORTS_AT = 40, NUMBER_AT = 48 }; // in the inner packet
enum { TUNNEL_LIMIT = 4 };              // RFC 2473 4.1.1

// A packet of that flow from MN1 through its MAG; the number stands in it.
static struct frame of_flow(uint32_t flow, uint32_t number)
{
	struct frame inner = packet(MN1, CN, UDP, 64);

	inner.b[PORTS_AT] = (uint8_t)(flow >> 8);
	inner.b[PORTS_AT + 1] = (uint8_t)flow;
	memcpy(inner.b + 8 + 8, &flow, sizeof(flow)); // in the source's lower half
	memcpy(inner.b + NUMBER_AT, &number, sizeof(number));
	return tunnelled(COA1, LMAA, inner);
}

static void receive_flows(struct crew *c, unsigned worker, uint32_t first, unsigned n)
{
	struct frame burst[FWD_BURST];

	for (unsigned i = 0; i < n; i++)
		burst[i] = of_flow(first + i, 0);
	crew_receive(c, worker, burst, n);
}

static unsigned drain(struct world *w, uint16_t port)
{
	static struct frame f;
	unsigned n = 0;

	while (world_take(w, port, &f))
		n++;
	return n;
}

static void the_flows_of_one_mag_go_to_every_worker_within_ten_percent(void **state)
{
	struct world *w = *state;
	struct crew c;
	const unsigned bursts = 320, mean = bursts * FWD_BURST / CREW_MAX;

	w->conf.ports[BACKBONE].spread = true;
	crew_start(&c, w, CREW_MAX);
	for (unsigned i = 0; i < bursts; i++) {
		receive_flows(&c, 0, i * FWD_BURST, FWD_BURST);
		crew_turns(&c);
		assert_int_equal(drain(w, CORE), FWD_BURST);
	}
	for (unsigned i = 0; i < CREW_MAX; i++) {
		assert_in_range(c.telem[i].decapsulated, mean * 9 / 10, mean * 11 / 10);
		assert_int_equal(c.telem[i].decapsulated, c.telem[i].verdicts[V_TX_UPLINK]);
	}
	assert_int_equal(c.telem[0].received, mean * CREW_MAX);
	assert_int_equal(c.telem[0].handed_over + c.telem[0].decapsulated, mean * CREW_MAX);
	crew_end(&c);
}

static void a_flow_has_one_owner_whoever_receives_it(void **state)
{
	struct world *w = *state;
	struct crew c;

	w->conf.ports[BACKBONE].spread = true;
	crew_start(&c, w, CREW_MAX);
	for (uint32_t flow = 0; flow < 40; flow++) {
		uint64_t before[CREW_MAX];
		for (unsigned i = 0; i < CREW_MAX; i++)
			before[i] = c.telem[i].decapsulated;
		for (unsigned i = 0; i < CREW_MAX; i++)
			receive_flows(&c, i, flow, 1);
		crew_turns(&c);
		unsigned owners = 0;
		for (unsigned i = 0; i < CREW_MAX; i++)
			owners += c.telem[i].decapsulated != before[i];
		assert_int_equal(owners, 1);
		assert_int_equal(drain(w, CORE), CREW_MAX);
	}
	crew_end(&c);
}

// What left by the core, in its order: each flow's numbers go up, and all come from `worker`.
static unsigned check_order(struct world *w, unsigned worker, unsigned *owners, uint32_t *last)
{
	struct frame f;
	uint32_t flow, number;
	unsigned n = 0;

	while (world_take(w, CORE, &f)) {
		memcpy(&flow, f.b + L2_LEN + 8 + 8, sizeof(flow));
		memcpy(&number, f.b + L2_LEN + NUMBER_AT, sizeof(number));
		if (owners[flow] == CREW_MAX)
			owners[flow] = worker;
		assert_int_equal(owners[flow], worker);
		assert_int_equal(number, last[flow] + 1);
		last[flow] = number;
		n++;
	}
	return n;
}

static void a_flow_keeps_its_order_however_turns_fall(void **state)
{
	enum { FLOWS = 50, ROUNDS = 400 };
	struct world *w = *state;
	struct crew c;
	struct rng rng = {99};
	unsigned owners[FLOWS], out = 0;
	uint32_t last[FLOWS] = {0}, given[FLOWS] = {0};
	struct frame burst[FWD_BURST];

	for (unsigned i = 0; i < FLOWS; i++)
		owners[i] = CREW_MAX;
	w->conf.ports[BACKBONE].spread = true;
	crew_start(&c, w, CREW_MAX);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < FWD_BURST; i++) {
			uint32_t flow = (uint32_t)(rng_u64(&rng) % FLOWS);
			burst[i] = of_flow(flow, ++given[flow]);
			if (rng_u64(&rng) % 16 == 0) // sorted by the receiver, others are not
				burst[i] = with_option(burst[i], TUNNEL_LIMIT, 4);
		}
		crew_receive(&c, 0, burst, FWD_BURST);
		for (unsigned k = 0; k < 6; k++) {
			unsigned worker = (unsigned)(rng_u64(&rng) % CREW_MAX);
			crew_turn(&c, worker);
			out += check_order(w, worker, owners, last);
		}
		for (unsigned i = 0; i < CREW_MAX; i++) { // so that no ring fills
			if (rte_ring_count(c.flows[i]) < CREW_RING / 2)
				continue;
			crew_turn(&c, i);
			out += check_order(w, i, owners, last);
		}
	}
	for (unsigned i = 0; i < CREW_MAX; i++) {
		crew_turn(&c, i);
		out += check_order(w, i, owners, last);
	}
	assert_int_equal(out, ROUNDS * FWD_BURST);
	crew_end(&c);
}

static void a_full_ring_is_a_counted_drop(void **state)
{
	struct world *w = *state;
	struct crew c;

	w->conf.ports[BACKBONE].spread = true;
	crew_start(&c, w, 2);
	for (uint32_t i = 0; i < 8; i++)
		receive_flows(&c, 0, i * FWD_BURST, FWD_BURST);
	uint64_t lost = crew_count(&c, V_DROP_HANDOFF_FULL);
	assert_int_equal(rte_ring_count(c.flows[1]), CREW_RING - 1);
	assert_int_equal(c.telem[0].handed_over, CREW_RING - 1);
	assert_in_range(lost, 1, 8 * FWD_BURST);
	assert_true(crew_is_balanced(&c));
	crew_turns(&c);
	assert_int_equal(c.telem[1].decapsulated, CREW_RING - 1);
	assert_int_equal(c.telem[0].decapsulated + c.telem[1].decapsulated + lost, 8 * FWD_BURST);
	assert_int_equal(crew_count(&c, V_DROP_HANDOFF_FULL), lost);
	drain(w, CORE);
	crew_end(&c);
}

static void what_is_handed_over_is_held_until_its_owner_takes_it(void **state)
{
	struct world *w = *state;
	struct crew c;

	w->conf.ports[BACKBONE].spread = true;
	crew_start(&c, w, 2);
	receive_flows(&c, 0, 0, FWD_BURST);
	assert_in_range(rte_ring_count(c.flows[1]), 1, FWD_BURST - 1);
	assert_int_equal(rte_ring_count(c.flows[0]), 0);
	assert_true(crew_is_balanced(&c));
	crew_turn(&c, 0);
	assert_true(crew_is_balanced(&c));
	crew_turn(&c, 1);
	assert_true(crew_is_balanced(&c));
	assert_int_equal(crew_count(&c, V_TX_UPLINK), FWD_BURST);
	drain(w, CORE);
	crew_end(&c);
}

// Signalling stays with who received it, and holds up nothing of what is spread.
static void what_is_no_tunnel_packet_stays(void **state)
{
	struct world *w = *state;
	struct crew c;
	const struct frame burst[] = {of_flow(1, 0), packet(COA1, LMAA, MOBILITY, 16),
				      packet(CN, MN1, UDP, 64), of_flow(2, 0)};

	w->conf.ports[BACKBONE].spread = true;
	crew_start(&c, w, CREW_MAX);
	crew_receive(&c, 3, burst, 4);
	crew_turns(&c);
	assert_int_equal(c.telem[3].verdicts[V_PUNT_SIGNALLING], 1);
	assert_int_equal(c.telem[3].verdicts[V_TX_DOWNLINK], 1);
	assert_int_equal(crew_count(&c, V_TX_UPLINK), 2);
	drain(w, CORE);
	drain(w, BACKBONE);
	crew_end(&c);
}

// Whose frame it is was looked at by nobody before.
static void the_owner_drops_what_the_receiver_would_have_dropped(void **state)
{
	struct world *w = *state;
	struct crew c;
	struct frame burst[FWD_BURST];

	w->conf.ports[BACKBONE].spread = true;
	memset(w->conf.ports[BACKBONE].mac, 2, 6); // so they are all for somebody else
	crew_start(&c, w, 2);
	for (uint32_t i = 0; i < FWD_BURST; i++)
		burst[i] = of_flow(i, 0);
	crew_receive(&c, 0, burst, FWD_BURST);
	crew_turns(&c);
	assert_in_range(c.telem[1].verdicts[V_DROP_NOT_FOR_US], 1, FWD_BURST - 1);
	assert_int_equal(crew_count(&c, V_DROP_NOT_FOR_US), FWD_BURST);
	assert_true(crew_is_balanced(&c));
	crew_end(&c);
}

static void switched_off_nobody_hands_anything_over(void **state)
{
	struct world *w = *state;
	struct crew c;

	w->conf.ports[CORE].spread = true; // another port's does not count
	crew_start(&c, w, 2);
	receive_flows(&c, 0, 0, FWD_BURST);
	crew_turns(&c);
	assert_int_equal(c.telem[0].decapsulated, FWD_BURST);
	assert_int_equal(c.telem[0].handed_over, 0);
	assert_int_equal(c.telem[1].taken_over, 0);
	drain(w, CORE);
	crew_end(&c);
}

static void a_worker_alone_spreads_nothing(void **state)
{
	struct world *w = *state;

	w->conf.ports[BACKBONE].spread = true;
	fwd_set_conf(w->fwd, &w->conf);
	give(w, from_mn1());
	assert_int_equal(count(w, V_TX_UPLINK), 1);
	assert_int_equal(w->telem.handed_over, 0);
	assert_int_equal(fwd_take_flows(w->fwd, w->now), 0);
	drain(w, CORE);
}

static void a_packet_in_pieces_is_joined_and_then_goes_to_the_owner_of_its_flow(void **state)
{
	struct world *w = *state;
	struct crew c;
	struct frame whole = from_mn1();

	w->conf.ports[BACKBONE].spread = true;
	crew_start(&c, w, 2);
	for (uint32_t id = 0; id < 20; id++) {
		const struct frame pieces[] = {
			piece_of(&whole, 0, 512, true, id),
			piece_of(&whole, 512, (uint16_t)(whole.n - 552), false, id)};
		crew_receive(&c, id % 2, pieces, 2);
		crew_turns(&c);
		assert_true(crew_is_balanced(&c));
		assert_arrived(w, &whole);
	}
	unsigned owner = c.telem[1].decapsulated > 0;
	assert_int_equal(c.telem[owner].decapsulated, 20);
	assert_int_equal(c.telem[1 - owner].decapsulated, 0);
	assert_true(c.telem[0].verdicts[V_MERGED_FRAGMENT] > 0);
	assert_true(c.telem[1].verdicts[V_MERGED_FRAGMENT] > 0);
	crew_end(&c);
}

static void pieces_inside_the_tunnel_go_where_the_first_one_goes(void **state)
{
	struct world *w = *state;
	struct crew c;

	w->conf.ports[BACKBONE].spread = true;
	crew_start(&c, w, CREW_MAX);
	for (uint8_t i = 0; i < 16; i++) { // what is behind the fragment header is no port
		struct frame inner = packet(MN1, CN, FRAGMENT, 64);
		inner.b[PORTS_AT + 2] = inner.b[NUMBER_AT] = i;
		struct frame f = tunnelled(COA1, LMAA, inner);
		crew_receive(&c, 0, &f, 1);
	}
	crew_turns(&c);
	unsigned owners = 0;
	for (unsigned i = 0; i < CREW_MAX; i++)
		owners += c.telem[i].decapsulated > 0;
	assert_int_equal(owners, 1);
	assert_int_equal(drain(w, CORE), 16);
	crew_end(&c);
}

static void a_mag_spreads_what_its_lma_sends(void **state)
{
	struct world *w = *state;
	struct crew c;
	struct frame burst[FWD_BURST];

	world_become_mag(w);
	w->conf.ports[BACKBONE].spread = true;
	crew_start(&c, w, 2);
	for (uint8_t i = 0; i < FWD_BURST; i++) {
		struct frame inner = packet(CN, NODE_A, UDP, 64);
		inner.b[PORTS_AT] = i;
		burst[i] = tunnelled(LMA1, COA, inner);
	}
	crew_receive(&c, 0, burst, FWD_BURST);
	crew_turns(&c);
	for (unsigned i = 0; i < 2; i++)
		assert_in_range(c.telem[i].verdicts[V_TX_DOWNLINK], 1, FWD_BURST - 1);
	assert_int_equal(crew_count(&c, V_TX_DOWNLINK), FWD_BURST);
	assert_int_equal(drain(w, ACCESS), FWD_BURST);
	crew_end(&c);
}

// The owner knows the port that it came through, though another one received it.
static void an_error_about_it_is_made_by_its_owner_as_if_it_had_received_it(void **state)
{
	struct world *w = *state;
	struct crew c;
	struct frame burst[FWD_BURST];

	w->conf.ports[BACKBONE].spread = true;
	w->conf.ports[BACKBONE].addr = addr(OWN);
	crew_start(&c, w, 2);
	for (uint32_t i = 0; i < FWD_BURST; i++) {
		burst[i] = of_flow(i, 0);
		burst[i].b[40 + 7] = 1; // its last hop
	}
	crew_receive(&c, 0, burst, FWD_BURST);
	crew_turns(&c);
	assert_in_range(c.telem[1].verdicts[V_DROP_HOP_LIMIT], 1, FWD_BURST - 1);
	assert_int_equal(crew_count(&c, V_DROP_HOP_LIMIT), FWD_BURST);
	for (unsigned i = 0; i < FWD_BURST; i++) {
		struct frame out = sent(w, BACKBONE), error = stripped(out, 40);
		assert_addr(src_of(&error), OWN);
	}
	assert_true(crew_is_balanced(&c));
	crew_end(&c);
}

static void what_is_not_whole_inside_is_dropped_by_who_received_it(void **state)
{
	struct world *w = *state;
	struct crew c;

	w->conf.ports[BACKBONE].spread = true;
	crew_start(&c, w, CREW_MAX);
	for (uint16_t n = 0; n < 40; n++) {
		struct frame inner = packet(MN1, CN, UDP, 64);
		inner.n = n;
		struct frame f = tunnelled(COA1, LMAA, inner);
		crew_receive(&c, 2, &f, 1);
	}
	crew_turns(&c);
	assert_int_equal(c.telem[2].verdicts[V_DROP_INNER], 40);
	assert_true(crew_is_balanced(&c));
	crew_end(&c);
}

int test_spread(void)
{
	const struct CMUnitTest tests[] = {
		FATE_TEST(the_flows_of_one_mag_go_to_every_worker_within_ten_percent),
		FATE_TEST(a_flow_has_one_owner_whoever_receives_it),
		FATE_TEST(a_flow_keeps_its_order_however_turns_fall),
		FATE_TEST(a_full_ring_is_a_counted_drop),
		FATE_TEST(what_is_handed_over_is_held_until_its_owner_takes_it),
		FATE_TEST(what_is_no_tunnel_packet_stays),
		FATE_TEST(the_owner_drops_what_the_receiver_would_have_dropped),
		FATE_TEST(switched_off_nobody_hands_anything_over),
		FATE_TEST(a_worker_alone_spreads_nothing),
		FATE_TEST(a_packet_in_pieces_is_joined_and_then_goes_to_the_owner_of_its_flow),
		FATE_TEST(pieces_inside_the_tunnel_go_where_the_first_one_goes),
		FATE_TEST(a_mag_spreads_what_its_lma_sends),
		FATE_TEST(an_error_about_it_is_made_by_its_owner_as_if_it_had_received_it),
		FATE_TEST(what_is_not_whole_inside_is_dropped_by_who_received_it),
	};
	return cmocka_run_group_tests_name("spread", tests, NULL, NULL);
}
