// The door: one table for /64, further ones for other lengths, made when the first of a length
// comes.
#include "bcache/bcache.h"

#include <errno.h>
#include <stdlib.h>

#include "bcache/ask.h"
#include "bcache/lines.h"
#include "bcache/table.h"

enum { MAX_LEN = 64, MIN_BITS = 4, MAX_BITS = 28, BURST = 64 };

struct bcache {
	struct table *main; // /64
	find_lines_fn *find;
	_Atomic uint64_t lengths; // bit l: prefixes of length l exist; control writes
	_Atomic(struct table *) others[MAX_LEN]; // by length; published before its bit
	// Control's own.
	struct bcache_conf conf;
	struct grace *grace;
	unsigned bits;
};

int bcache_new(const struct bcache_conf *conf, struct grace *grace, struct bcache **out)
{
	unsigned bits = conf->min_bits;

	if (conf->max_bindings == 0 || bits < MIN_BITS || bits > MAX_BITS)
		return -EINVAL;
	if (find_lines_of(conf->isa) == NULL)
		return -ENOTSUP;
	// Two of eight slots used on average.
	while (bits < MAX_BITS && (uint64_t)2 << bits < conf->max_bindings)
		bits++;
	struct bcache *b = calloc(1, sizeof(*b));
	if (b == NULL)
		return -ENOMEM;
	b->conf = *conf;
	b->grace = grace;
	b->bits = bits;
	b->find = find_lines_of(conf->isa);
	int rc = table_new(conf, bits, grace, &b->main);
	if (rc != 0) {
		bcache_free(b);
		return rc;
	}
	*out = b;
	return 0;
}

void bcache_free(struct bcache *b)
{
	if (b == NULL)
		return;
	grace_drain(b->grace); // slots of the stash wait there
	table_free(b->main);
	for (unsigned i = 0; i < MAX_LEN; i++)
		table_free(atomic_load_explicit(&b->others[i], memory_order_relaxed));
	free(b);
}

uint32_t bcache_max_value(const struct bcache *b)
{
	return (uint32_t)b->main->value_mask;
}

static struct table *table_of(const struct bcache *b, uint8_t len)
{
	return len == MAX_LEN ? b->main
			      : atomic_load_explicit(&b->others[len], memory_order_acquire);
}

static int make_table(struct bcache *b, uint8_t len)
{
	struct table *t = NULL;

	int rc = table_new(&b->conf, b->bits, b->grace, &t);
	if (rc == 0)
		atomic_store_explicit(&b->others[len], t, memory_order_release);
	return rc;
}

// A length is looked for as long as it has prefixes; its table stays.
static void publish_length(struct bcache *b, uint8_t len)
{
	uint64_t bit, lengths;

	if (len == MAX_LEN)
		return;
	bit = (uint64_t)1 << len;
	lengths = atomic_load_explicit(&b->lengths, memory_order_relaxed);
	lengths = table_of(b, len)->n > 0 ? lengths | bit : lengths & ~bit;
	atomic_store_explicit(&b->lengths, lengths, memory_order_release);
}

int bcache_set(struct bcache *b, struct ip6_prefix hnp, uint32_t value)
{
	if (hnp.len > MAX_LEN || value < BCACHE_DETACHED || value > bcache_max_value(b))
		return -EINVAL;
	if (table_of(b, hnp.len) == NULL) {
		int rc = make_table(b, hnp.len);
		if (rc != 0)
			return rc;
	}
	int rc = table_set(table_of(b, hnp.len), ip6_hi64(hnp.addr), value);
	if (rc == 0)
		publish_length(b, hnp.len);
	return rc;
}

int bcache_del(struct bcache *b, struct ip6_prefix hnp)
{
	if (hnp.len > MAX_LEN || table_of(b, hnp.len) == NULL)
		return -ENOENT;
	int rc = table_del(table_of(b, hnp.len), ip6_hi64(hnp.addr));
	if (rc == 0)
		publish_length(b, hnp.len);
	return rc;
}

uint32_t bcache_get(const struct bcache *b, struct ip6_prefix hnp)
{
	const struct table *t = hnp.len <= MAX_LEN ? table_of(b, hnp.len) : NULL;

	return t != NULL ? table_find(t, table_hash(t, ip6_hi64(hnp.addr))) : BCACHE_NONE;
}

static void add_table(const struct table *t, struct bcache_stats *out)
{
	if (t == NULL)
		return;
	out->bindings += t->n;
	out->stashed += t->stash.n;
	out->stash_capacity += t->stash.capacity;
	out->tombstones += t->tombstones;
	out->lines += (uint64_t)1 << t->bits;
	out->bytes += t->bytes;
	out->refused += t->refused;
}

void bcache_stats(const struct bcache *b, struct bcache_stats *out)
{
	*out = (struct bcache_stats){0};
	for (uint8_t len = 0; len <= MAX_LEN; len++)
		add_table(table_of(b, len), out);
}

// Longest first, only lengths that exist.
uint32_t bcache_find_other_length(const struct bcache *b, struct ip6_addr addr)
{
	uint64_t key = ip6_hi64(addr),
		 lengths = atomic_load_explicit(&b->lengths, memory_order_acquire);

	while (lengths != 0) {
		unsigned len = 63 - (unsigned)__builtin_clzll(lengths);
		const struct table *t = table_of(b, (uint8_t)len);
		uint64_t masked = len == 0 ? 0 : key & UINT64_MAX << (64 - len);
		uint32_t value = table_find(t, table_hash(t, masked));
		if (value != BCACHE_NONE)
			return value;
		lengths &= ~((uint64_t)1 << len);
	}
	return BCACHE_NONE;
}

uint32_t bcache_find(const struct bcache *b, struct ip6_addr addr)
{
	uint64_t key = ip6_hi64(addr);
	uint32_t value = table_find(b->main, table_hash(b->main, key));

	return value != BCACHE_NONE ? value : bcache_find_other_length(b, addr);
}

struct bcache_keys bcache_keys(const struct bcache *b)
{
	return (struct bcache_keys){b->main->mix, (const char *)b->main->lines, 64 - b->main->bits};
}

void bcache_find_asked(const struct bcache *b, const uint64_t *hashes, unsigned n, uint32_t *values)
{
	b->find(b->main, hashes, n, values);
}

bool bcache_has_other_lengths(const struct bcache *b)
{
	return atomic_load_explicit(&b->lengths, memory_order_relaxed) != 0;
}

void bcache_find_burst(const struct bcache *b, const struct ip6_addr *const *addrs, unsigned n,
		       uint32_t *values)
{
	const struct bcache_keys keys = bcache_keys(b);
	uint64_t hashes[BURST];

	for (unsigned i = 0; i < n; i += BURST) {
		unsigned some = n - i < BURST ? n - i : BURST;
		for (unsigned k = 0; k < some; k++)
			hashes[k] = bcache_ask(&keys, addrs[i + k]);
		bcache_find_asked(b, hashes, some, values + i);
		for (unsigned k = i; bcache_has_other_lengths(b) && k < i + some; k++)
			if (values[k] == BCACHE_NONE)
				values[k] = bcache_find_other_length(b, *addrs[k]);
	}
}

const char *bcache_isa_name(const struct bcache *b)
{
	return b->find == find_lines_avx512 ? "avx512"
	       : b->find == find_lines_avx2 ? "avx2"
					    : "scalar";
}
