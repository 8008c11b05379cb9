// The played MAGs' signalling on a clock of our own: what leaves, and what each answer does.
#include <stdlib.h>

#include "test/unit/eal.h"
#include "test/unit/load/played.h"
#include "tools/load/registrar.h"

enum { IP6 = 40 };

static struct rte_mempool *pool;
static struct port port = {.n_tx = 1}; // never sent on: what waits for it is looked at
static struct side side;
static struct registrar registrar;
static struct node *held;
static struct now now;

static const struct registrar_conf usual = {.plan = &played,
					    .pbu_rate = PACE_MAX,
					    .most_waiting = 4,
					    .lifetime_s = 3600,
					    .access_technology = 4};

// A message that left since the last look.
struct left {
	struct mh mh;
	uint8_t bytes[512]; // what mh has views into
	uint32_t node, mag;
};

static void begin(const struct registrar_conf *conf)
{
	play();
	side = (struct side){.role = SIDE_BACKBONE, .plan = &played, .port = &port, .pool = pool};
	now = (struct now){1000000, NS_SEC};
	memset(held, 0, NODES * sizeof(*held));
	memset(&registrar, 0, sizeof(registrar));
	assert_int_equal(registrar_init(&registrar, conf, held, &side, 1, now), 0);
	registrar.register_pace = registrar.handover_pace = pace_of(PACE_MAX, 1e9, now.tsc);
}

static void pass(ns_t time)
{
	now.mono += time;
	now.tsc += time;
	registrar_repeat(&registrar, now);
}

static uint16_t waiting_to_leave(void)
{
	return side.queues[0].n;
}

static void take_out(struct left *out)
{
	struct rte_mbuf *m = side.queues[0].pkts[0];
	uint16_t n = (uint16_t)(rte_pktmbuf_data_len(m) - SIDE_ETHER);
	struct ip6_addr src, dst;

	assert_true(side.queues[0].n > 0);
	memcpy(out->bytes, rte_pktmbuf_mtod(m, uint8_t *) + SIDE_ETHER, n);
	memmove(side.queues[0].pkts, side.queues[0].pkts + 1,
		--side.queues[0].n * sizeof(side.queues[0].pkts[0]));
	rte_pktmbuf_free(m);
	memcpy(src.a, out->bytes + 8, 16);
	memcpy(dst.a, out->bytes + 24, 16);
	assert_int_equal(
		mh_parse((struct span){out->bytes + IP6, (uint16_t)(n - IP6)}, src, dst, &out->mh),
		0);
	out->mag = plan_mag(&played, src);
	const struct mh_opt *id = mh_find(&out->mh, OPT_MN_ID);
	out->node = id != NULL ? plan_node_of_nai(&played, id->mn_id.id) : PLAN_NONE;
}

static void hear(uint32_t mag, const struct mh *mh)
{
	struct ip6_addr src = played.lmaa, dst = plan_coa(&played, mag);
	uint8_t packet[512] = {0x60};
	struct writer w = wr_over(packet + IP6, sizeof(packet) - IP6);

	assert_true(mh_emit(&w, src, dst, mh));
	memcpy(packet + 8, src.a, 16);
	memcpy(packet + 24, dst.a, 16);
	registrar_hear(&registrar, (struct span){packet, (uint16_t)(IP6 + wr_len(&w))}, now);
}

static void answer_with(const struct left *u, uint8_t status, uint64_t hnp)
{
	struct mh mh = {.type = MH_BA,
			.ba = {.status = status, .flags = BA_P, .seq = u->mh.bu.seq}};
	char nai[PLAN_NAI];
	struct mh_opt *opt = mh_add(&mh, OPT_MN_ID);

	opt->mn_id.subtype = MN_ID_NAI;
	opt->mn_id.id = plan_nai(&played, u->node, nai);
	opt = mh_add(&mh, OPT_HNP);
	opt->hnp.prefix = ip6_from64(hnp, 0);
	opt->hnp.prefix_len = 64;
	hear(u->mag, &mh);
}

static void answer(const struct left *u)
{
	answer_with(u, PBA_ACCEPTED, HNP + u->node);
}

static void register_everybody(void)
{
	struct left u;

	for (unsigned i = 0; i < 100 && registrar.in_state[NODE_BOUND] < NODES; i++) {
		registrar_enter(&registrar, now);
		while (waiting_to_leave() > 0) {
			take_out(&u);
			answer(&u);
		}
	}
	assert_int_equal(registrar.in_state[NODE_BOUND], NODES);
	assert_int_equal(registrar.waiting, 0);
}

static void the_first_goes_alone_and_then_as_many_as_may_wait(void **state)
{
	struct left u;

	(void)state;
	begin(&usual);
	registrar_enter(&registrar, now);
	registrar_enter(&registrar, now);
	assert_int_equal(waiting_to_leave(), 1);
	take_out(&u);
	answer(&u);
	registrar_enter(&registrar, now);
	registrar_enter(&registrar, now);
	assert_int_equal(waiting_to_leave(), 4);
	assert_int_equal(registrar.waiting, 4);
}

static void a_registration_asks_for_a_prefix_and_keeps_what_is_granted(void **state)
{
	struct left u;

	(void)state;
	begin(&usual);
	registrar_enter(&registrar, now);
	take_out(&u);
	assert_int_equal(u.node, 0);
	assert_int_equal(u.mag, 0);
	assert_int_equal(mh_find(&u.mh, OPT_HANDOFF)->handoff.indicator, HI_NEW_INTERFACE);
	assert_true(ip6_is_zero(mh_find(&u.mh, OPT_HNP)->hnp.prefix));
	answer_with(&u, PBA_ACCEPTED, 0x20010db880000042);
	assert_int_equal(held[0].state, NODE_BOUND);
	assert_true(held[0].hnp == 0x20010db880000042);
	assert_int_equal(held[0].mag, 0);
}

static void an_answer_without_a_prefix_binds_nobody(void **state)
{
	struct left u;

	(void)state;
	begin(&usual);
	registrar_enter(&registrar, now);
	take_out(&u);
	answer_with(&u, PBA_ACCEPTED, 0);
	assert_int_equal(held[0].state, NODE_REFUSED);
	assert_int_equal(registrar.counts.other_prefix, 1);
}

static void what_is_not_answered_is_sent_again_after_1_2_4_up_to_32_seconds(void **state)
{
	static const unsigned waits[] = {1, 2, 4, 8, 16, 32, 32, 32};
	struct left u;
	uint16_t seq;

	(void)state;
	begin(&usual);
	registrar_enter(&registrar, now);
	take_out(&u);
	seq = u.mh.bu.seq;
	for (unsigned i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		pass(waits[i] * NS_SEC - 5 * NS_MSEC);
		assert_int_equal(waiting_to_leave(), 0);
		pass(10 * NS_MSEC);
		assert_int_equal(waiting_to_leave(), 1);
		take_out(&u);
		assert_int_equal(u.mh.bu.seq, ++seq);
		now.mono -= 5 * NS_MSEC;
	}
	assert_int_equal(registrar.counts.retransmitted, 8);
	answer(&u);
	pass(100 * NS_SEC);
	assert_int_equal(waiting_to_leave(), 0);
}

static void an_answer_to_an_older_pbu_changes_nothing(void **state)
{
	struct left first, again;

	(void)state;
	begin(&usual);
	registrar_enter(&registrar, now);
	take_out(&first);
	pass(1100 * NS_MSEC);
	take_out(&again);
	answer(&first);
	assert_int_equal(held[0].state, NODE_REGISTERING);
	assert_int_equal(registrar.counts.stale, 1);
	answer(&again);
	assert_int_equal(held[0].state, NODE_BOUND);
	answer(&again); // twice
	assert_int_equal(registrar.counts.stale, 2);
	assert_int_equal(registrar.counts.accepted, 1);
}

static void who_is_refused_is_not_asked_for_again(void **state)
{
	struct left u;

	(void)state;
	begin(&usual);
	registrar_enter(&registrar, now);
	take_out(&u);
	answer_with(&u, PBA_PROXY_REG_NOT_ENABLED, 0);
	assert_int_equal(held[0].state, NODE_REFUSED);
	assert_int_equal(registrar.counts.refused[152], 1);
	assert_int_equal(registrar.waiting, 0);
	pass(100 * NS_SEC);
	assert_int_equal(waiting_to_leave(), 0);
}

// A handover of any one node.
static struct left move_one(void)
{
	struct left u;

	registrar.is.most_waiting = 1;
	registrar_serve(&registrar, now);
	registrar_move(&registrar, now);
	registrar.serving = false;
	assert_int_equal(waiting_to_leave(), 1);
	take_out(&u);
	assert_int_equal(mh_find(&u.mh, OPT_HANDOFF)->handoff.indicator, HI_BETWEEN_MAGS);
	return u;
}

static void a_node_that_moves_is_at_the_new_mag_once_it_is_answered(void **state)
{
	(void)state;
	begin(&usual);
	register_everybody();
	struct left u = move_one();
	struct node *n = &held[u.node];
	uint16_t old = n->mag;
	assert_int_not_equal(u.mag, old);
	assert_int_equal(n->state, NODE_MOVING);
	pass(NS_MSEC);
	answer(&u);
	assert_int_equal(n->state, NODE_BOUND);
	assert_int_equal(n->mag, u.mag);
	assert_int_equal(n->from, old);
	assert_int_equal(n->moved, stamp_time(now));
	assert_int_equal(registrar.counts.other_prefix, 0);
}

static void a_prefix_that_changes_with_a_handover_is_counted(void **state)
{
	(void)state;
	begin(&usual);
	register_everybody();
	struct left u = move_one();
	answer_with(&u, PBA_ACCEPTED, 0xbad);
	assert_int_equal(registrar.counts.other_prefix, 1);
}

static void who_is_refused_at_the_new_mag_stays_at_the_old_one(void **state)
{
	(void)state;
	begin(&usual);
	register_everybody();
	struct left u = move_one();
	uint16_t old = held[u.node].mag;
	answer_with(&u, PBA_INSUFFICIENT_RESOURCES, 0);
	assert_int_equal(held[u.node].state, NODE_BOUND);
	assert_int_equal(held[u.node].mag, old);
}

static void a_storm_moves_everybody_of_one_mag_to_the_next(void **state)
{
	struct registrar_conf stormy = usual;
	struct left u;

	(void)state;
	stormy.storm_interval_s = 5;
	begin(&stormy);
	register_everybody();
	registrar.handover_pace = pace_of(0, 1e9, now.tsc);
	registrar_serve(&registrar, now);
	registrar_move(&registrar, now);
	assert_int_equal(waiting_to_leave(), 0);
	pass(5 * NS_SEC);
	registrar_move(&registrar, now);
	assert_int_equal(waiting_to_leave(), NODES / MAGS);
	while (waiting_to_leave() > 0) {
		take_out(&u);
		assert_int_equal(u.node % MAGS, 0); // the first MAG's
		assert_int_equal(u.mag, 1);
		answer(&u);
	}
	assert_int_equal(registrar.counts.storms, 1);
	pass(5 * NS_SEC);
	registrar_move(&registrar, now);
	assert_int_equal(waiting_to_leave(), 2 * NODES / MAGS); // its own, and those that came
}

static void who_leaves_names_its_prefix_at_the_mag_where_it_is(void **state)
{
	struct left u;

	(void)state;
	begin(&usual);
	register_everybody();
	struct left moved = move_one();
	answer(&moved);
	for (unsigned i = 0; i < NODES && registrar.in_state[NODE_GONE] < NODES; i++) {
		registrar_leave(&registrar, now);
		while (waiting_to_leave() > 0) {
			take_out(&u);
			assert_int_equal(u.mh.bu.lifetime_4s, 0);
			assert_int_equal(u.mag, held[u.node].mag);
			assert_true(ip6_hi64(mh_find(&u.mh, OPT_HNP)->hnp.prefix) == HNP + u.node);
			answer(&u);
		}
	}
	assert_int_equal(registrar.in_state[NODE_GONE], NODES);
	assert_true(registrar_leave(&registrar, now));
}

static void one_handover_at_a_time_is_watched(void **state)
{
	struct registrar_conf watchful = usual;

	(void)state;
	watchful.watch_handovers = true;
	begin(&watchful);
	register_everybody();
	struct left first = move_one();
	assert_int_equal(registrar.watched, first.node);
	answer(&first);
	struct left second = move_one();
	assert_int_equal(registrar.watched, first.node);
	answer(&second);
	held[first.node].watched = false; // its packet came
	struct left third = move_one();
	assert_int_equal(registrar.watched, third.node);
	answer_with(&third, PBA_INSUFFICIENT_RESOURCES, 0); // none will
	registrar_move(&registrar, now);
	assert_int_equal(registrar.watched, PLAN_NONE);
}

static void a_heartbeat_is_answered_by_the_mag_that_was_asked(void **state)
{
	const struct mh asked = {.type = MH_HEARTBEAT, .heartbeat = {.seq = 99}};
	const struct mh said = {.type = MH_HEARTBEAT,
				.heartbeat = {.flags = HEARTBEAT_RESPONSE, .seq = 99}};
	struct left u;

	(void)state;
	begin(&usual);
	hear(2, &asked);
	take_out(&u);
	assert_int_equal(u.mag, 2);
	assert_int_equal(u.mh.heartbeat.seq, 99);
	hear(2, &said); // nobody asked
	assert_int_equal(waiting_to_leave(), 0);
	assert_int_equal(registrar.counts.unexpected, 1);
}

static void messages_that_are_damaged_or_of_nobody_are_counted(void **state)
{
	struct left u;

	(void)state;
	begin(&usual);
	registrar_enter(&registrar, now);
	take_out(&u);
	for (uint16_t n = IP6; n < 60; n++)
		registrar_hear(&registrar, (struct span){u.bytes, n}, now);
	assert_int_equal(registrar.counts.unreadable, 60 - IP6);
	u.node = 7; // known, but nothing was asked
	answer(&u);
	assert_int_equal(registrar.counts.stale, 1);
	assert_int_equal(held[0].state, NODE_REGISTERING);
}

static void without_room_it_is_tried_again_soon(void **state)
{
	struct left u;

	(void)state;
	begin(&usual);
	registrar_enter(&registrar, now);
	take_out(&u);
	side.queues[0].n = SIDE_QUEUE; // as if full; nothing of it is read
	pass(1100 * NS_MSEC);
	side.queues[0].n = 0;
	pass(5 * NS_MSEC);
	assert_int_equal(waiting_to_leave(), 1);
}

static int done(void **state)
{
	(void)state;
	rte_pktmbuf_free_bulk(side.queues[0].pkts, side.queues[0].n);
	side.queues[0].n = 0;
	registrar_done(&registrar);
	return 0;
}

static int group_start(void **state)
{
	(void)state;
	held = aligned_alloc(64, NODES * sizeof(*held));
	if (held == NULL || eal_start("load") != 0)
		return -1;
	pool = rte_pktmbuf_pool_create("mbufs", 1023, 0, 0, 2048, SOCKET_ID_ANY);
	return pool != NULL ? 0 : -1;
}

static int group_stop(void **state)
{
	(void)state;
	free(held);
	return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, done)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_first_goes_alone_and_then_as_many_as_may_wait),
		TEST(a_registration_asks_for_a_prefix_and_keeps_what_is_granted),
		TEST(an_answer_without_a_prefix_binds_nobody),
		TEST(what_is_not_answered_is_sent_again_after_1_2_4_up_to_32_seconds),
		TEST(an_answer_to_an_older_pbu_changes_nothing),
		TEST(who_is_refused_is_not_asked_for_again),
		TEST(a_node_that_moves_is_at_the_new_mag_once_it_is_answered),
		TEST(a_prefix_that_changes_with_a_handover_is_counted),
		TEST(who_is_refused_at_the_new_mag_stays_at_the_old_one),
		TEST(a_storm_moves_everybody_of_one_mag_to_the_next),
		TEST(who_leaves_names_its_prefix_at_the_mag_where_it_is),
		TEST(one_handover_at_a_time_is_watched),
		TEST(a_heartbeat_is_answered_by_the_mag_that_was_asked),
		TEST(messages_that_are_damaged_or_of_nobody_are_counted),
		TEST(without_room_it_is_tried_again_soon),
	};

	return cmocka_run_group_tests_name("registrar", tests, group_start, group_stop);
}
