// From the worker that received a packet to the one whose it is.
//
// Packets are put aside one by one, and given to an owner all at once: a ring is touched once a
// burst. Who the owner is, spread.c and reassemble.c decide. A frame that is as it was received
// goes as it is, and its port in the low bits of its address: so the receiver need not write to it.
// What classify.c has taken apart carries in its mbuf what it was.
#include "fwd/stage.h"

enum { PORT_BITS = FWD_MAX_PORTS - 1, SORTED = FWD_MAX_PORTS }; // in a handle
static_assert((PORT_BITS | SORTED) < _Alignof(struct rte_mbuf), "an mbuf's address has them free");

static struct rte_mbuf *mbuf_of(const void *handle)
{
	return (struct rte_mbuf *)((uintptr_t)handle & ~(uintptr_t)(PORT_BITS | SORTED));
}

static unsigned tag_of(const void *handle)
{
	return (uintptr_t)handle & (PORT_BITS | SORTED);
}

static void put_aside(struct fwd *f, struct rte_mbuf *m, unsigned tag, unsigned owner)
{
	struct aside *a = &f->aside[owner];

	a->handles[a->n++] = (void *)((uintptr_t)m | tag); // of one burst, so there is room
	f->owners |= UINT64_C(1) << owner;
}

void fwd_put_frame_aside(struct fwd *f, struct rte_mbuf *m, uint16_t port, unsigned owner)
{
	put_aside(f, m, port, owner);
}

void fwd_put_aside(struct fwd *f, const struct pkt *p, unsigned owner)
{
	if (p->plain != 0) // it has its layer 2 still
		return fwd_put_frame_aside(f, p->m, f->fresh->port, owner);
	p->m->hash.usr = (uint32_t)p->port << 16 | p->offset;
	p->m->vlan_tci = p->vlan;
	put_aside(f, p->m, SORTED, owner);
}

static void give(struct fwd *f, struct aside *a, struct rte_ring *owner)
{
	unsigned taken = rte_ring_enqueue_burst(owner, a->handles, a->n, NULL);

	telem_count(&f->telem->handed_over, taken);
	for (unsigned i = taken; i < a->n; i++)
		fwd_drop(f, mbuf_of(a->handles[i]), V_DROP_HANDOFF_FULL);
	a->n = 0;
}

void fwd_hand_over(struct fwd *f, struct rte_ring *const *rings)
{
	for (uint64_t left = f->owners; left != 0; left &= left - 1) {
		unsigned owner = (unsigned)__builtin_ctzll(left);
		give(f, &f->aside[owner], rings[owner]);
	}
	f->owners = 0;
}

// Another worker wrote to all this last, and this one will: each line changes hands once. A CPU
// without that instruction takes it for none.
__attribute__((target("prfchw"))) static void fetch(void **handles, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		__builtin_prefetch(mbuf_of(handles[i]), 1);
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *data = rte_pktmbuf_mtod(mbuf_of(handles[i]), const uint8_t *);
		__builtin_prefetch(data, 1);
		__builtin_prefetch(data + RTE_CACHE_LINE_SIZE, 1);
	}
}

unsigned fwd_take_over(struct fwd *f, struct rte_ring *ring, void *handles[FWD_BURST])
{
	unsigned n = rte_ring_dequeue_burst(ring, handles, FWD_BURST, NULL);

	fetch(handles, n);
	telem_count(&f->telem->taken_over, n);
	return n;
}

static void add_sorted(struct lane *lane, struct rte_mbuf *m)
{
	lane_add(lane, &(struct pkt){.m = m,
				     .port = (uint16_t)(m->hash.usr >> 16),
				     .offset = (uint16_t)m->hash.usr,
				     .vlan = m->vlan_tci,
				     .verdict = V_TX_UPLINK});
}

unsigned fwd_sort_taken(struct fwd *f, void **handles, unsigned n, struct lane *lane)
{
	struct rte_mbuf *alike[FWD_BURST];
	unsigned tag = tag_of(handles[0]), i = 0;

	for (; i < n && tag_of(handles[i]) == tag; i++)
		alike[i] = mbuf_of(handles[i]);
	if (tag != SORTED)
		telem_count(&f->telem->received_bytes,
			    fwd_classify(f, (uint16_t)tag, alike, (uint16_t)i));
	for (unsigned k = 0; tag == SORTED && k < i; k++)
		add_sorted(lane, alike[k]);
	return i;
}
