// One writer, readers that never stop: no key that is bound throughout is ever missed, none is ever
// given another's entry.
//
// torture_bcache [SECONDS [SEED]]. Half of the keys stay bound, their values change among those of
// their own entries; the others come and go. An entry says whose it is, with a checksum, and is
// scrambled by the writer only after its grace period: a reader that sees a scrambled one has kept
// it too long.
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/rng.h"
#include "bcache/bcache.h"
#include "bcache/mix.h"

enum { READERS = 3, KEYS = 160, BITS = 10, ENTRIES = 1 << BITS, BURST = 32, LINES = 12 };

struct entry {
	_Atomic uint64_t key, check;
};

static struct entry entries[ENTRIES];
static struct bcache *cache;
static struct grace *grace;
static _Atomic bool stop;
static _Atomic uint64_t lookups, missed, foreign;
static uint32_t free_entries[ENTRIES], n_free;

static uint64_t keys_of_few_lines[KEYS];

// A table large enough for its values has lines enough for all keys; so that lines overflow, only
// keys of a few of its lines are taken, found by the bijection that the table itself uses.
static void choose_keys(uint64_t seed)
{
	struct mix mix = mix_of(seed);
	uint64_t key = 0x20010db800000000u;

	for (uint32_t n = 0; n < KEYS; key++)
		if (mix64(mix, key) >> (64 - BITS) < LINES)
			keys_of_few_lines[n++] = key;
}

static uint64_t key_of(uint32_t i)
{
	return keys_of_few_lines[i];
}

static bool is_stable(uint32_t i)
{
	return i % 2 == 0;
}

static uint64_t check_of(uint64_t key)
{
	return key * 0x9e3779b97f4a7c15u ^ 0x5ca1ab1e;
}

static void read_one(uint32_t i, uint32_t value)
{
	uint64_t key = key_of(i);

	if (value < BCACHE_FIRST) {
		if (is_stable(i))
			atomic_fetch_add(&missed, 1);
		return;
	}
	uint64_t seen = atomic_load_explicit(&entries[value].key, memory_order_relaxed);
	uint64_t check = atomic_load_explicit(&entries[value].check, memory_order_relaxed);
	if (seen != key || check != check_of(key))
		atomic_fetch_add(&foreign, 1);
}

static void *read_on(void *arg)
{
	unsigned number = (unsigned)(uintptr_t)arg;
	struct rng rng = {number + 77};
	struct ip6_addr addrs[BURST];
	const struct ip6_addr *ptrs[BURST];
	uint32_t keys[BURST], values[BURST];
	uint64_t n = 0;

	grace_online(grace, number);
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		for (int i = 0; i < BURST; i++) {
			keys[i] = rng_below(&rng, KEYS);
			addrs[i] = ip6_from64(key_of(keys[i]), rng_u64(&rng));
			ptrs[i] = &addrs[i];
		}
		bcache_find_burst(cache, ptrs, BURST, values);
		for (int i = 0; i < BURST; i++)
			read_one(keys[i], values[i]);
		n += BURST;
		if (rng_below(&rng, 64) == 0) { // as a worker before it sleeps
			grace_offline(grace, number);
			grace_online(grace, number);
		}
		grace_quiescent(grace, number);
	}
	grace_offline(grace, number);
	atomic_fetch_add(&lookups, n);
	return NULL;
}

static void scramble(void *arg, uint64_t value)
{
	(void)arg;
	atomic_store_explicit(&entries[value].key, 0xdead, memory_order_relaxed);
	atomic_store_explicit(&entries[value].check, 0, memory_order_relaxed);
	free_entries[n_free++] = (uint32_t)value;
}

// Binds key i to a fresh entry; the old one rests for a grace period.
static bool bind(uint32_t i)
{
	struct ip6_prefix hnp = {ip6_from64(key_of(i), 0), 64};
	uint32_t old = bcache_get(cache, hnp);

	if (n_free == 0)
		return true;
	uint32_t value = free_entries[--n_free];
	atomic_store_explicit(&entries[value].key, key_of(i), memory_order_relaxed);
	atomic_store_explicit(&entries[value].check, check_of(key_of(i)), memory_order_relaxed);
	if (bcache_set(cache, hnp, value) != 0) {
		scramble(NULL, value);
		return false;
	}
	if (old >= BCACHE_FIRST)
		grace_defer(grace, scramble, NULL, old);
	return true;
}

static void unbind(uint32_t i)
{
	struct ip6_prefix hnp = {ip6_from64(key_of(i), 0), 64};
	uint32_t old = bcache_get(cache, hnp);

	if (bcache_del(cache, hnp) == 0 && old >= BCACHE_FIRST)
		grace_defer(grace, scramble, NULL, old);
}

static ns_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (ns_t)t.tv_sec * NS_SEC + (ns_t)t.tv_nsec;
}

static uint64_t write_until(ns_t end, struct rng *rng, uint64_t *stashed)
{
	struct bcache_stats s;
	uint64_t n = 0;

	while (now_ns() < end) {
		for (int k = 0; k < 200; k++, n++) {
			uint32_t i = rng_below(rng, KEYS);
			if (is_stable(i) || rng_below(rng, 2) == 0)
				bind(i);
			else
				unbind(i);
		}
		grace_poll(grace);
		bcache_stats(cache, &s);
		*stashed = s.stashed > *stashed ? s.stashed : *stashed;
	}
	return n;
}

int main(int argc, char **argv)
{
	ns_t seconds = argc > 1 ? strtoull(argv[1], NULL, 0) : 3;
	struct rng rng = {argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL)};
	struct bcache_conf conf = {.max_bindings = KEYS, .seed = rng.state, .min_bits = BITS};
	pthread_t readers[READERS];
	uint64_t stashed = 0;

	choose_keys(conf.seed);
	if (grace_new(READERS, &grace) != 0 || bcache_new(&conf, grace, &cache) != 0)
		return 2;
	for (uint32_t i = BCACHE_FIRST; i < ENTRIES; i++)
		free_entries[n_free++] = i;
	for (uint32_t i = 0; i < KEYS; i += 2)
		if (!bind(i))
			return 2;
	for (unsigned i = 0; i < READERS; i++)
		pthread_create(&readers[i], NULL, read_on, (void *)(uintptr_t)i);
	uint64_t changes = write_until(now_ns() + seconds * NS_SEC, &rng, &stashed);
	atomic_store(&stop, true);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	printf("seed %" PRIu64 ": %" PRIu64 " changes, %" PRIu64 " lookups, %" PRIu64
	       " in the stash; missed %" PRIu64 ", foreign %" PRIu64 "\n",
	       conf.seed, changes, lookups, stashed, missed, foreign);
	bcache_free(cache);
	grace_free(grace);
	return missed == 0 && foreign == 0 && stashed > 0 && lookups > 0 ? 0 : 1;
}
