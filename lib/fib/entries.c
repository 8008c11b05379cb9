// Forwarding entries: a dense array, found again by their tunnel, counted by their bindings.
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bcache/bcache.h"
#include "fib/fib_impl.h"

enum { NONE = UINT32_MAX, OUTER_HOP_LIMIT = 64, NEXT_IPV6 = 41 };

static size_t array_bytes(const struct fib *f)
{
	return (size_t)(f->conf.max_entries + BCACHE_FIRST) * sizeof(struct fwd_entry);
}

int entries_init(struct fib *f)
{
	uint32_t n = f->conf.max_entries + BCACHE_FIRST;
	void *p = mmap(NULL, array_bytes(f), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED)
		return -ENOMEM;
	f->view.entries = p;
	(void)madvise(p, array_bytes(f), MADV_HUGEPAGE);
	f->rows = calloc(n, sizeof(*f->rows));
	f->key = (struct siphash_key){f->conf.seed, ~f->conf.seed};
	if (f->rows == NULL || map_init(&f->by_tunnel, 0) != 0)
		return -ENOMEM;
	f->entry_free = NONE;
	while (n-- > BCACHE_FIRST) {
		f->rows[n].next_free = f->entry_free;
		f->entry_free = n;
	}
	return 0;
}

void entries_done(struct fib *f)
{
	if (f->view.entries != NULL)
		munmap(f->view.entries, array_bytes(f));
	free(f->rows);
	map_done(&f->by_tunnel);
}

// What makes two entries one: no padding in it, so it compares and hashes as bytes.
struct identity {
	struct fwd_tunnel tunnel;
	struct fwd_access access;
	struct fwd_handover handover;
};
static_assert(sizeof(struct identity) == 40 + 12 + 16, "no holes");

static uint64_t hash_of(const struct fib *f, const struct identity *id)
{
	return siphash(f->key, id, sizeof(*id));
}

static struct identity identity_of(const struct fwd_entry *e)
{
	return (struct identity){e->tunnel, e->access, e->handover};
}

static uint32_t find(const struct fib *f, const struct identity *id)
{
	struct map_cursor c;
	uint32_t i = map_first(&f->by_tunnel, hash_of(f, id), &c);

	for (; i != MAP_NONE; i = map_next(&f->by_tunnel, &c)) {
		const struct identity other = identity_of(&f->view.entries[i]);
		if (memcmp(&other, id, sizeof(*id)) == 0)
			return i;
	}
	return NONE;
}

// RFC 2473 5.1: what every packet of this tunnel starts with; length, class and label come later.
static void write_outer(uint8_t *h, const struct fwd_tunnel *t)
{
	memset(h, 0, 40);
	h[0] = 0x60;
	h[6] = NEXT_IPV6;
	h[7] = OUTER_HOP_LIMIT;
	memcpy(h + 8, t->local.a, sizeof(t->local.a));
	memcpy(h + 24, t->remote.a, sizeof(t->remote.a));
}

int64_t entry_hold(struct fib *f, const struct fwd_tunnel *t, const struct fwd_access *access,
		   const struct fwd_handover *handover)
{
	const struct identity id = {
		.tunnel = *t,
		.access = access != NULL ? *access : (struct fwd_access){},
		.handover = handover != NULL ? *handover : (struct fwd_handover){},
	};
	uint32_t i = find(f, &id);

	if (i == NONE) {
		i = f->entry_free;
		if (i == NONE || map_add(&f->by_tunnel, hash_of(f, &id), i) != 0)
			return -ENOSPC;
		f->entry_free = f->rows[i].next_free;
		struct fwd_entry *e = &f->view.entries[i];
		memset(e, 0, sizeof(*e));
		write_outer(e->outer, t);
		e->peer_id = t->peer;
		e->prev_peer_id = t->also;
		e->access = id.access;
		e->handover = id.handover;
		e->tunnel = *t;
	}
	f->rows[i].refs++;
	return i;
}

static void reuse(void *fib, uint64_t index)
{
	struct fib *f = fib;

	f->rows[index].next_free = f->entry_free;
	f->entry_free = (uint32_t)index;
}

void entry_release(struct fib *f, uint32_t index)
{
	if (--f->rows[index].refs > 0)
		return;
	const struct identity id = identity_of(&f->view.entries[index]);
	map_del(&f->by_tunnel, hash_of(f, &id), index);
	// No memory for the note: the entry is lost to us, never reused too early.
	(void)grace_defer(f->grace, reuse, f, index);
}

uint32_t entry_refs(const struct fib *f, uint32_t index)
{
	return f->rows[index].refs;
}

void entry_set_nexthop(struct fib *f, uint32_t index, uint16_t nexthop)
{
	atomic_store_explicit(&f->view.entries[index].nexthop, nexthop, memory_order_relaxed);
}

void entry_set_mtu(struct fib *f, uint32_t index, uint16_t path_mtu)
{
	atomic_store_explicit(&f->view.entries[index].path_mtu, path_mtu, memory_order_relaxed);
}

void entry_each(struct fib *f, void (*fn)(void *arg, uint32_t index, const struct fwd_entry *),
		void *arg)
{
	for (uint32_t i = BCACHE_FIRST; i < f->conf.max_entries + BCACHE_FIRST; i++)
		if (f->rows[i].refs > 0)
			fn(arg, i, &f->view.entries[i]);
}
