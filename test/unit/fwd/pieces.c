// Cutting and giving.
#include "test/unit/fwd/pieces.h"

struct frame piece_of(const struct frame *whole, uint16_t at, uint16_t n, bool more, uint32_t id)
{
	struct frame f = {.n = (uint16_t)(48 + n)};

	memcpy(f.b, whole->b, 40);
	f.b[4] = (uint8_t)((n + 8) >> 8);
	f.b[5] = (uint8_t)(n + 8);
	f.b[6] = FRAGMENT;
	f.b[40] = whole->b[6];
	f.b[42] = (uint8_t)(at >> 8);
	f.b[43] = (uint8_t)(at | more);
	f.b[44] = (uint8_t)(id >> 24);
	f.b[45] = (uint8_t)(id >> 16);
	f.b[46] = (uint8_t)(id >> 8);
	f.b[47] = (uint8_t)id;
	memcpy(f.b + 48, whole->b + 40 + at, n);
	return f;
}

void give(struct world *w, struct frame p)
{
	struct frame f = framed(BACKBONE, p);
	struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);

	assert_non_null(m);
	assert_int_equal(mem_give(w->ports[BACKBONE], &m, 1), 1);
	world_turn(w);
	assert_true(world_balanced(w));
}

void give_piece(struct world *w, const struct frame *whole, uint16_t at, uint16_t n, uint32_t id)
{
	give(w, piece_of(whole, at, n, 40 + at + n < whole->n, id));
}

uint64_t count(const struct world *w, enum verdict v)
{
	return w->telem.verdicts[v];
}

struct frame from_mn1(void)
{
	return tunnelled(COA1, LMAA, packet(MN1, CN, UDP, 1000));
}

void assert_arrived(struct world *w, const struct frame *whole)
{
	struct frame inner = stripped(*whole, 40), out = sent(w, CORE);

	inner.b[7]--;
	assert_int_equal(out.n, inner.n);
	assert_memory_equal(out.b, inner.b, out.n);
}

struct frame error_sent(struct world *w)
{
	world_turn(w);
	return sent(w, BACKBONE);
}
