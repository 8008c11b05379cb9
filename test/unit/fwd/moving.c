// Entries of a node that moves, and its packets.
#include "test/unit/fwd/moving.h"

#include <string.h>

static struct ip6_prefix node_a(void)
{
	return ip6_prefix_of(addr(NODE_A), 64);
}

static uint32_t make(struct world *w, const struct fwd_tunnel *t, const struct fwd_access *place,
		     const struct fwd_handover *handover)
{
	int64_t i = entry_hold(w->fib, t, place, handover);

	assert_true(i >= BCACHE_FIRST);
	entry_set_nexthop(w->fib, (uint32_t)i, w->nh_backbone);
	entry_set_mtu(w->fib, (uint32_t)i, 1500);
	return (uint32_t)i;
}

static struct fwd_access place_of(unsigned flags)
{
	struct fwd_access a = {.mtu = 1500, .flags = (uint8_t)flags};

	memcpy(a.mac, mac_a, sizeof(a.mac));
	if ((flags & FWD_EXPECTED) == 0)
		a.port = ACCESS;
	return a;
}

static void take_place(struct moving *m, struct world *w)
{
	static uint32_t serials;

	*m = (struct moving){.w = w, .serial = ++serials};
	world_become_mag(w);
	assert_int_equal(peer_add(w->fib, addr(OTHER_MAG), PEER_MAG), 0);
}

void moving_in(struct moving *m, struct world *w, unsigned flags, enum fwd_mode detour,
	       enum fwd_mode direct, enum fwd_mode uplink)
{
	const struct fwd_tunnel t = {addr(COA), addr(LMA1), PEER_LMA1, PEER_MAG};
	const struct fwd_access place = place_of(flags | FWD_HANDOVER);

	take_place(m, w);
	const struct fwd_handover h = {
		.hold = HOLD,
		.serial = m->serial,
		.modes = {(uint8_t)detour, (uint8_t)direct, (uint8_t)uplink}};
	m->entry = make(w, &t, &place, &h);
	assert_int_equal(bcache_set(w->bcache, node_a(), m->entry), 0);
}

static void move_out(struct moving *m, struct world *w, bool kept)
{
	const struct fwd_tunnel own = {addr(COA), addr(LMA1), PEER_LMA1, 0};
	const struct fwd_tunnel to_next = {addr(COA), addr(OTHER_MAG), PEER_MAG, 0};
	const struct fwd_access place = place_of(FWD_HANDOVER);

	take_place(m, w);
	m->next = make(w, &to_next, NULL, NULL);
	struct fwd_handover h = {.next = m->next};
	if (kept) {
		h.hold = HOLD;
		h.serial = m->serial;
		h.modes[FWD_DIRECT] = FWD_HOLD;
	}
	m->entry = make(w, &own, &place, &h);
	assert_int_equal(bcache_set(w->bcache, node_a(), m->entry), 0);
}

void moving_out(struct moving *m, struct world *w)
{
	move_out(m, w, false);
}

void moving_out_kept(struct moving *m, struct world *w)
{
	move_out(m, w, true);
}

void arrived(struct moving *m)
{
	assert_int_equal(bcache_set(m->w->bcache, node_a(), m->w->nodes[A]), 0);
}

void moved_back(struct moving *m)
{
	arrived(m);
	entry_release(m->w->fib, m->entry);
	if (m->next != 0)
		entry_release(m->w->fib, m->next);
	peer_del(m->w->fib, addr(OTHER_MAG));
}

void order(struct moving *m, enum fwd_mode detour, enum fwd_mode direct, enum fwd_mode uplink,
	   bool last)
{
	uint32_t done = fwd_orders_done(m->w->fwd);
	const uint64_t word = fwd_order_pack(
		(struct fwd_order){.serial = m->serial,
				   .hold = HOLD,
				   .modes = {(uint8_t)detour, (uint8_t)direct, (uint8_t)uplink},
				   .last = last});

	fwd_take_orders(m->w->fwd, &word, 1);
	assert_int_equal(fwd_orders_done(m->w->fwd), done + 1);
	assert_true(world_balanced(m->w));
}

unsigned waiting(const struct moving *m, enum fwd_queue queue)
{
	const struct fwd_held_state *s = fwd_held_state(m->w->fwd, HOLD);

	return atomic_load(&s->packets[queue]);
}

static void give(struct world *w, uint16_t port, struct frame f)
{
	struct rte_mbuf *m = world_mbuf(w, &f, AT_HEADROOM);

	assert_int_equal(mem_give(w->ports[port], &m, 1), 1);
	world_turn(w);
	assert_true(world_balanced(w));
}

void down_from(struct world *w, const char *peer, uint16_t payload)
{
	give(w, BACKBONE, framed(BACKBONE, tunnelled(peer, COA, packet(CN, NODE_A, 17, payload))));
}

void up_from_node(struct world *w, uint16_t payload)
{
	give(w, ACCESS, from_node(mac_a, 0, packet(NODE_A, CN, 17, payload)));
}

unsigned payloads(struct world *w, uint16_t port, uint16_t *out, unsigned max)
{
	uint16_t outer = port == BACKBONE ? 40 : 0;
	struct frame f;
	unsigned n = 0;

	while (world_take(w, port, &f)) {
		assert_true(n < max);
		out[n++] = (uint16_t)(f.n - L2_LEN - outer - 40);
	}
	return n;
}
