// The tests of fwd in one program, so that its last one can ask whether every verdict was seen.
#include "test/unit/fwd/fate.h"

#include <stdio.h>
#include <unistd.h>

struct world the_world;

int start(void **state)
{
	*state = &the_world;
	return world_start(&the_world);
}

int stop(void **state)
{
	struct world *w = *state;
	bool balanced = world_balanced(w);

	if (!balanced)
		print_error("received + originated is not verdicts + held\n");
	if (!world_stop(w)) {
		print_error("%u buffers did not come back\n",
			    WORLD_MBUFS - rte_mempool_avail_count(w->pool));
		return -1;
	}
	return balanced ? 0 : -1;
}

// The one verdict that is not as it was.
static enum verdict the_change(const struct world *w, const uint64_t before[N_VERDICTS])
{
	enum verdict v = N_VERDICTS;

	for (int i = 0; i < N_VERDICTS; i++) {
		if (w->telem.verdicts[i] == before[i])
			continue;
		assert_true(v == N_VERDICTS); // exactly one
		v = (enum verdict)i;
	}
	assert_true(v != N_VERDICTS);
	assert_true(world_balanced(w));
	return v;
}

enum verdict fate(struct world *w, uint16_t port, struct frame f)
{
	uint64_t before[N_VERDICTS];

	world_turn(w); // errors that are still on their way are not this packet's doing
	memcpy(before, w->telem.verdicts, sizeof(before));
	struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);
	assert_int_equal(mem_give(w->ports[port], &m, 1), 1);
	world_turn(w);
	return the_change(w, before);
}

enum verdict fate_of_own(struct world *w, enum fwd_punt_kind kind, uint16_t port, struct frame f)
{
	uint64_t before[N_VERDICTS];
	struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);

	memcpy(before, w->telem.verdicts, sizeof(before));
	*fwd_punt_of(m) = (struct fwd_punt){.kind = (uint8_t)kind, .port = port};
	fwd_originate(w->fwd, &m, 1, w->now);
	world_output(w);
	return the_change(w, before);
}

enum verdict fate_of(struct world *w, uint16_t port, struct frame p)
{
	return fate(w, port, framed(port, p));
}

struct frame sent(struct world *w, uint16_t port)
{
	struct frame f = {0};

	assert_true(world_take(w, port, &f));
	assert_true(f.n >= L2_LEN + 40);
	return stripped(f, L2_LEN);
}

void assert_nothing_sent(struct world *w)
{
	struct frame f;

	for (uint16_t port = 0; port < N_PORTS; port++)
		assert_false(world_take(w, port, &f));
}

void assert_verdict(enum verdict got, enum verdict wanted)
{
	assert_string_equal(verdict_name(got), verdict_name(wanted));
}

struct ip6_addr src_of(const struct frame *f)
{
	struct ip6_addr a;

	memcpy(a.a, f->b + 8, sizeof(a.a));
	return a;
}

struct ip6_addr dst_of(const struct frame *f)
{
	struct ip6_addr a;

	memcpy(a.a, f->b + 24, sizeof(a.a));
	return a;
}

void assert_addr(struct ip6_addr got, const char *wanted)
{
	char text[IP6_ADDR_TEXT];

	assert_string_equal(ip6_format(got, text), wanted);
}

static void every_verdict_was_produced_by_some_test(void **state)
{
	struct world *w = &the_world;

	(void)state;
	for (int v = 0; v < N_VERDICTS; v++) {
		if (w->seen[v] == 0)
			print_error("no test saw %s\n", verdict_name((enum verdict)v));
		assert_true(w->seen[v] > 0);
	}
}

int main(void)
{
	char prefix[32];
	const struct CMUnitTest last[] = {
		cmocka_unit_test(every_verdict_was_produced_by_some_test),
	};

	snprintf(prefix, sizeof(prefix), "kedge-fwd-%d", (int)getpid());
	if (world_boot(&the_world, prefix) != 0)
		return 1;
	int failed = test_classify() + test_downlink() + test_ecn() + test_uplink() + test_icmp() +
		     test_punt() + test_bounds() + test_mem() + test_access() + test_local() +
		     test_deliver() + test_relay() + test_fragments() + test_reassembly() +
		     test_spread() + test_limit() + test_hold() + test_detour() +
		     cmocka_run_group_tests(last, NULL, NULL);
	// After the question above: mutated frames are no directed test.
	return failed + test_plain() + test_random();
}
