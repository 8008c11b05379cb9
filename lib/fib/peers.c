// Outer source address to peer number: open addressing, written in place.
//
// The address is written before the number is published, so who sees a number sees its address. A
// deleted slot keeps its address and is used for another one only after a grace period. Then it
// also becomes free as if never used, once no known address is looked for past it: else, with time,
// every packet from an unknown source would have a worker walk the whole table.
#include <errno.h>
#include <stdlib.h>

#include "fib/fib_impl.h"

int peers_init(struct fib *f)
{
	uint32_t n = 16;

	while (n < 4 * f->conf.max_peers) // deleted ones take room too
		n *= 2;
	f->view.peers = calloc(n, sizeof(*f->view.peers));
	f->view.peer_mask = n - 1;
	f->view.peer_seed = f->conf.seed;
	return f->view.peers != NULL ? 0 : -ENOMEM;
}

void peers_done(struct fib *f)
{
	free(f->view.peers);
}

static uint32_t load(const struct peer_slot *s)
{
	return atomic_load_explicit(&s->mag, memory_order_acquire);
}

// The slot of an address, or where it would go; NULL: the table is full of others.
static struct peer_slot *locate(const struct fib *f, struct ip6_addr a, bool *there)
{
	struct peer_slot *room = NULL;
	uint32_t home = peer_home(&f->view, a);

	*there = false;
	for (uint32_t i = 0; i <= f->view.peer_mask; i++) {
		struct peer_slot *s = &f->view.peers[(home + i) & f->view.peer_mask];
		uint32_t mag = load(s);
		if (mag != 0 && ip6_equal(s->addr, a)) {
			*there = true;
			return s;
		}
		if (room == NULL && (mag == 0 || (mag == PEER_GONE && s->resting == 0)))
			room = s;
		if (mag == 0)
			break;
	}
	return room;
}

int peer_add(struct fib *f, struct ip6_addr coa, uint32_t mag)
{
	bool there;

	if (mag == 0 || mag == PEER_GONE)
		return -EINVAL;
	struct peer_slot *s = locate(f, coa, &there);
	bool gone = there && load(s) == PEER_GONE;
	if ((!there || gone) && f->n_peers == f->conf.max_peers)
		return -ENOSPC;
	if (s == NULL)
		return -ENOSPC;
	f->n_peers += !there || gone;
	if (!there)
		s->addr = coa;
	atomic_fetch_or_explicit(&f->view.peer_filter[peer_bit(coa) / 64],
				 (uint64_t)1 << peer_bit(coa) % 64, memory_order_relaxed);
	atomic_store_explicit(&s->mag, mag, memory_order_release);
	return 0;
}

// Nobody who looks for a known address comes past this slot.
static bool is_passed_by_none(const struct fib *f, uint32_t at)
{
	for (uint32_t i = 1; i <= f->view.peer_mask; i++) {
		const struct peer_slot *s = &f->view.peers[(at + i) & f->view.peer_mask];
		uint32_t mag = load(s);
		if (mag == 0)
			return true;
		if (mag != PEER_GONE &&
		    ((at + i - peer_home(&f->view, s->addr)) & f->view.peer_mask) >= i)
			return false;
	}
	return true;
}

static bool is_rested(const struct peer_slot *s)
{
	return load(s) == PEER_GONE && s->resting == 0;
}

static void end_rest(void *fib, uint64_t slot)
{
	struct fib *f = fib;
	uint32_t at = (uint32_t)slot;

	f->view.peers[at].resting--;
	if (!is_rested(&f->view.peers[at]) || !is_passed_by_none(f, at))
		return;
	do { // who comes past those in front of a free slot finds nothing there
		atomic_store_explicit(&f->view.peers[at].mag, 0, memory_order_release);
		at = (at - 1) & f->view.peer_mask;
	} while (is_rested(&f->view.peers[at]));
}

void peer_del(struct fib *f, struct ip6_addr coa)
{
	bool there;
	struct peer_slot *s = locate(f, coa, &there);

	if (!there || load(s) == PEER_GONE)
		return;
	atomic_store_explicit(&s->mag, PEER_GONE, memory_order_release);
	f->n_peers--;
	s->resting++;
	(void)grace_defer(f->grace, end_rest, f, (uint64_t)(s - f->view.peers));
}
