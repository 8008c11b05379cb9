// Whose is a packet out of a tunnel: all that one MAG sends, and all that an LMA sends to one MAG,
// has one pair of outer addresses, so that a NIC puts it on one queue. The flow inside decides.
//
// Only for ports whose NIC cannot do it (fwd_port.spread). The receiver has looked at the outer
// headers alone, and at what makes a packet plain; whether it is let in, and all that follows, is
// the owner's. A flow has one owner, its packets come to it in the order in which they were
// received.
#include "fwd/flow.h"
#include "fwd/stage.h"

static bool is_spread(const struct fwd *f, uint16_t port)
{
	return (f->spread_ports >> port & 1) != 0;
}

// offset: of the inner packet. What is not whole inside stays, and is dropped here.
static unsigned owner_of(const struct fwd *f, const struct pkt *p, uint16_t port, uint16_t offset)
{
	uint32_t len = rte_pktmbuf_data_len(p->m);

	if (!is_spread(f, port) || len < offset + (uint32_t)IP6_HDR)
		return f->worker;
	const struct ip6_hdr_bytes *inner = ip6_behind(p->m, offset);
	uint64_t hash =
		flow_hash((uint32_t)f->common_key.k0, inner, flow_ports(inner, len - offset), 0);
	return (unsigned)(hash * f->n_workers >> 32);
}

static unsigned owner(const struct fwd *f, const struct pkt *p)
{
	if (p->plain != 0)
		return owner_of(f, p, f->fresh->port, L2_UNTAGGED + IP6_HDR);
	return owner_of(f, p, p->port, p->offset);
}

void fwd_spread(struct fwd *f)
{
	struct lane *in = &f->fresh->tunnel;
	uint16_t n = 0;

	for (uint16_t i = 0; i < in->n; i++) {
		unsigned who = owner(f, &in->p[i]);
		if (who == f->worker)
			lane_move(in, n++, i);
		else
			fwd_put_aside(f, &in->p[i], who);
	}
	in->n = n;
	fwd_hand_over(f, f->flow_rings);
}
