// The binding cache against a list: random inserts, changes, deletes and lookups in tables so small
// that lines overflow all the time.
//
// prop_bcache [SEED [STEPS]]: without a seed, a range of fixed ones and one of the clock; a failure
// prints the command that plays it again.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/rng.h"
#include "bcache/bcache.h"
#include "bcache/mix.h"

// 180 bindings make 2^7 lines; all keys of a length fall into the first few of them.
enum { KEYS = 400, STEPS = 20000, SEEDS = 40, MAX_BINDINGS = 180, BITS = 7, LINES = 6 };

struct row {
	struct ip6_prefix hnp;
	uint32_t value; // BCACHE_NONE: not bound
};

struct model {
	struct row rows[KEYS];
	uint32_t bound;
};

static const uint8_t lengths[] = {64, 64, 64, 64, 60, 56, 48};

// A prefix of one of the lengths, in one of the few lines; some are inside others.
static struct ip6_prefix any_prefix(struct mix mix, struct rng *rng)
{
	uint8_t len = lengths[rng_below(rng, sizeof(lengths))];
	uint64_t hi;

	do
		hi = 0x20010db800000000u | (uint64_t)rng_below(rng, 1 << 14) << (64 - len);
	while (mix64(mix, hi) >> (64 - BITS) >= LINES);
	return ip6_prefix_of(ip6_from64(hi, 0), len);
}

static void fill(struct model *m, uint64_t seed, struct rng *rng)
{
	struct mix mix = mix_of(seed);

	*m = (struct model){0};
	for (uint32_t i = 0; i < KEYS; i++) {
		bool twice = true;
		while (twice) {
			m->rows[i].hnp = any_prefix(mix, rng);
			twice = false;
			for (uint32_t k = 0; k < i; k++)
				twice |= ip6_prefix_equal(m->rows[i].hnp, m->rows[k].hnp);
		}
	}
}

static uint32_t longest(const struct model *m, struct ip6_addr a)
{
	int len = -1;
	uint32_t value = BCACHE_NONE;

	for (uint32_t i = 0; i < KEYS; i++) {
		const struct row *r = &m->rows[i];
		if (r->value == BCACHE_NONE || r->hnp.len <= len || !ip6_prefix_covers(r->hnp, a))
			continue;
		len = r->hnp.len;
		value = r->value;
	}
	return value;
}

#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "step %u: not true: %s\n", step, #what);                   \
			return false;                                                              \
		}                                                                                  \
	} while (0)

static bool check_lookups(const struct model *m, const struct bcache *b, struct rng *rng,
			  uint32_t step)
{
	struct ip6_addr addrs[70];
	const struct ip6_addr *ptrs[70];
	uint32_t values[70], n = 1 + rng_below(rng, 70);

	for (uint32_t i = 0; i < n; i++) {
		uint64_t hi = ip6_hi64(m->rows[rng_below(rng, KEYS)].hnp.addr);
		addrs[i] = ip6_from64(hi ^ (rng_below(rng, 4) == 0 ? rng_u64(rng) >> 50 : 0),
				      rng_u64(rng));
		ptrs[i] = &addrs[i];
	}
	bcache_find_burst(b, ptrs, n, values);
	for (uint32_t i = 0; i < n; i++) {
		CHECK(values[i] == longest(m, addrs[i]));
		CHECK(bcache_find(b, addrs[i]) == values[i]);
	}
	return true;
}

static bool check_all(const struct model *m, const struct bcache *b, uint32_t step)
{
	struct bcache_stats s;

	for (uint32_t i = 0; i < KEYS; i++)
		CHECK(bcache_get(b, m->rows[i].hnp) == m->rows[i].value);
	bcache_stats(b, &s);
	CHECK(s.bindings == m->bound);
	return true;
}

static bool change_one(struct model *m, struct bcache *b, struct rng *rng, uint32_t step)
{
	struct row *r = &m->rows[rng_below(rng, KEYS)];
	uint32_t value = BCACHE_DETACHED + rng_below(rng, bcache_max_value(b) - 1);

	if (rng_below(rng, 100) < 40) {
		int rc = bcache_del(b, r->hnp);
		CHECK((rc == 0) == (r->value != BCACHE_NONE));
		m->bound -= r->value != BCACHE_NONE;
		r->value = BCACHE_NONE;
		return true;
	}
	int rc = bcache_set(b, r->hnp, value);
	CHECK(rc == 0 || r->value == BCACHE_NONE); // a change never fails
	if (rc == 0) {
		m->bound += r->value == BCACHE_NONE;
		r->value = value;
	}
	return true;
}

// Also how much of the stash was ever used: a run that never overflowed has shown nothing.
static bool play(uint64_t seed, uint32_t steps, uint64_t *stashed)
{
	static struct model m;
	struct rng rng = {seed};
	struct grace *grace = NULL;
	struct bcache *b = NULL;
	struct bcache_conf conf = {
		.max_bindings = MAX_BINDINGS, .seed = rng_u64(&rng), .min_bits = 4};
	struct bcache_stats s;
	bool good = true;

	if (grace_new(1, &grace) != 0 || bcache_new(&conf, grace, &b) != 0)
		return false;
	fill(&m, conf.seed, &rng);
	grace_online(grace, 0);
	for (uint32_t step = 0; step < steps && good; step++) {
		good = change_one(&m, b, &rng, step);
		if (good && step % 16 == 0)
			good = check_lookups(&m, b, &rng, step);
		if (good && step % 256 == 0)
			good = check_all(&m, b, step);
		if (rng_below(&rng, 8) == 0)
			grace_quiescent(grace, 0);
		grace_poll(grace);
		bcache_stats(b, &s);
		*stashed = s.stashed > *stashed ? s.stashed : *stashed;
	}
	grace_offline(grace, 0);
	grace_poll(grace);
	bcache_free(b);
	grace_free(grace);
	return good;
}

static int fail(uint64_t seed, uint32_t steps)
{
	fprintf(stderr, "play it again: prop_bcache %" PRIu64 " %u\n", seed, steps);
	return 1;
}

int main(int argc, char **argv)
{
	uint32_t steps = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : STEPS;
	uint64_t stashed = 0;

	if (argc > 1) {
		uint64_t seed = strtoull(argv[1], NULL, 0);
		return play(seed, steps, &stashed) ? 0 : fail(seed, steps);
	}
	for (uint64_t i = 1; i <= SEEDS; i++) {
		uint64_t seed = i < SEEDS ? i : (uint64_t)time(NULL);
		if (!play(seed, steps, &stashed))
			return fail(seed, steps);
	}
	printf("%u seeds of %u steps agree; up to %" PRIu64 " keys in the stash\n", SEEDS, steps,
	       stashed);
	if (stashed < 4) {
		fprintf(stderr, "the stash was hardly used: the tables are not small enough\n");
		return 1;
	}
	return 0;
}
