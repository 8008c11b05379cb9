// Whose is a packet out of a tunnel: all that one MAG sends, and all that an LMA sends to one MAG,
// has one pair of outer addresses, so that a NIC puts it on one queue. The flow inside decides.
//
// Only for ports whose NIC cannot do it (fwd_port.spread). The receiver has looked at the outer
// headers alone; whether the packet is let in, and all that follows, is the owner's. A flow has one
// owner, its packets come to it in the order in which they were received.
#include "fwd/flow.h"
#include "fwd/stage.h"

static bool is_spread(const struct fwd *f, uint16_t port)
{
	return (f->spread_ports >> port & 1) != 0;
}

// What is not whole inside stays, and is dropped here.
static unsigned owner_of(const struct fwd *f, const struct pkt *p)
{
	struct span packet = ip6_span(p->m);

	if (!is_spread(f, p->port) || packet.n < p->offset + IP6_HDR)
		return f->worker;
	uint64_t hash =
		flow_hash(f->common_key, (const struct ip6_hdr_bytes *)(packet.p + p->offset),
			  (uint32_t)packet.n - p->offset, 0);
	return (unsigned)((hash >> 32) * f->n_workers >> 32);
}

// Member by member, as lane_move: what was just written in narrow words is not read in wide ones.
static inline void keep(struct pkt *to, const struct pkt *p)
{
	to->m = p->m;
	to->peer = p->peer;
	to->port = p->port;
	to->offset = p->offset;
	to->vlan = p->vlan;
	to->verdict = p->verdict;
	to->outer_ecn = p->outer_ecn;
	to->punt = p->punt;
	to->limit = p->limit;
	to->hash = p->hash;
}

void fwd_spread(struct fwd *f)
{
	struct lane *in = &f->tunnel;
	uint16_t n = f->n_owned;

	for (uint16_t i = n; i < in->n; i++) {
		unsigned owner = owner_of(f, &in->p[i]);
		if (owner != f->worker) {
			fwd_put_aside(f, &in->p[i], owner);
			continue;
		}
		if (n != i)
			keep(&in->p[n], &in->p[i]);
		n++;
	}
	in->n = n;
	fwd_hand_over(f, f->flow_rings);
}
