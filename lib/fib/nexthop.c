// Next hops: a number each, and behind it one pointer that is replaced whole.
#include <errno.h>
#include <stdlib.h>

#include "fib/fib_impl.h"

const struct nexthop nexthop_none = {.kind = NH_NONE};
static const struct nexthop fixed[NEXTHOP_FIRST] = {
	[NEXTHOP_NONE] = {.kind = NH_NONE},
	[NEXTHOP_POOL] = {.kind = NH_POOL},
	[NEXTHOP_LOCAL] = {.kind = NH_LOCAL},
};

enum { UNTAGGED = 14 }; // octets of an Ethernet header

static struct nexthop *copy_of(const struct nexthop *nh)
{
	struct nexthop *copy = aligned_alloc(64, 64);

	static_assert(sizeof(*copy) <= 64, "one cache line");
	if (copy == NULL)
		return NULL;
	*copy = *nh;
	copy->quick = nh->kind == NH_PORT && nh->l2_len == UNTAGGED;
	return copy;
}

static struct nexthop *load(const struct fib *f, uint32_t number)
{
	return atomic_load_explicit(&f->view.nexthops[number], memory_order_acquire);
}

static void publish(struct fib *f, uint32_t number, struct nexthop *nh)
{
	atomic_store_explicit(&f->view.nexthops[number], nh, memory_order_release);
}

int nexthops_init(struct fib *f)
{
	uint32_t n = f->conf.max_nexthops;

	f->view.n_nexthops = n;
	f->view.nexthops = calloc(n, sizeof(*f->view.nexthops));
	f->nexthop_free = calloc(n, sizeof(*f->nexthop_free));
	if (f->view.nexthops == NULL || f->nexthop_free == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < NEXTHOP_FIRST; i++)
		publish(f, i, (struct nexthop *)(uintptr_t)&fixed[i]);
	while (n-- > NEXTHOP_FIRST)
		f->nexthop_free[f->n_nexthop_free++] = (uint16_t)n;
	return 0;
}

void nexthops_done(struct fib *f)
{
	for (uint32_t i = NEXTHOP_FIRST; f->view.nexthops != NULL && i < f->conf.max_nexthops; i++)
		free(load(f, i));
	free(f->view.nexthops);
	free(f->nexthop_free);
}

int nexthop_add(struct fib *f, const struct nexthop *nh)
{
	if (f->n_nexthop_free == 0)
		return -ENOSPC;
	struct nexthop *copy = copy_of(nh);
	if (copy == NULL)
		return -ENOMEM;
	uint16_t number = f->nexthop_free[--f->n_nexthop_free];
	publish(f, number, copy);
	return number;
}

static void free_nexthop(void *nh, uint64_t unused)
{
	(void)unused;
	free(nh);
}

int nexthop_change(struct fib *f, uint16_t number, const struct nexthop *nh)
{
	if (number < NEXTHOP_FIRST || number >= f->conf.max_nexthops)
		return -EINVAL;
	struct nexthop *old = load(f, number), *copy = copy_of(nh);
	if (copy == NULL)
		return -ENOMEM;
	publish(f, number, copy);
	// No memory for the note: the old one leaks, which costs 64 bytes and no packet.
	if (old != NULL)
		(void)grace_defer(f->grace, free_nexthop, old, 0);
	return 0;
}

static void reuse(void *fib, uint64_t number)
{
	struct fib *f = fib;

	free(load(f, (uint32_t)number));
	publish(f, (uint32_t)number, NULL);
	f->nexthop_free[f->n_nexthop_free++] = (uint16_t)number;
}

void nexthop_del(struct fib *f, uint16_t number)
{
	if (number >= NEXTHOP_FIRST && number < f->conf.max_nexthops && load(f, number) != NULL)
		(void)grace_defer(f->grace, reuse, f, number);
}
