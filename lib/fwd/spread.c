// Whose is a packet out of a tunnel: all that one MAG sends, and all that an LMA sends to one MAG,
// has one pair of outer addresses, so that a NIC puts it on one queue. The flow inside decides.
//
// Only for ports whose NIC cannot do it (fwd_port.spread). The receiver looks at as little as it
// can, and at most frames not even as classify.c does: their owner sorts them, and lets them in or
// not. A flow has one owner, and its packets come to it in the order in which they were received.
#include "fwd/flow.h"
#include "fwd/stage.h"

enum { TYPE_AT = 12, TYPE_IPV6 = 0x86dd };

static bool is_spread(const struct fwd *f, uint16_t port)
{
	return (f->spread_ports >> port & 1) != 0;
}

// Without the flow label: hosts change that of a connection when they think that its path is bad.
static inline unsigned owner_of(const struct fwd *f, const struct ip6_hdr_bytes *inner,
				uint32_t len)
{
	uint64_t hash = flow_hash((uint32_t)f->common_key.k0, inner, flow_ports(inner, len), 0);

	return (unsigned)(hash * f->n_workers >> 32);
}

// ---- Frames.

static bool is_to_pool(const struct fwd *f, const struct ip6_hdr_bytes *outer)
{
	return in_first_pool(&f->quick, first_half(&outer->dst));
}

// What most tunnel packets are: untagged, to the first tunnel address, no headers in between, and
// an inner header is there. Nothing else is checked, for the owner checks all.
static bool is_plain_tunnel(const struct fwd *f, const struct ip6_hdr_bytes *outer)
{
	return outer->next_header == NEXT_IPV6 && is_first_lmaa(&f->quick, &outer->dst);
}

static bool has_headers(struct rte_mbuf *m)
{
	uint16_t type;

	if (m->nb_segs != 1 || rte_pktmbuf_data_len(m) < L2_UNTAGGED + 2 * IP6_HDR)
		return false;
	memcpy(&type, rte_pktmbuf_mtod_offset(m, const uint8_t *, TYPE_AT), sizeof(type));
	return type == RTE_BE16(TYPE_IPV6);
}

// From the first frame on that may be a tunnel packet of another shape all stay, to be sorted here
// and then spread: else one of them would be overtaken by what comes behind it.
uint16_t fwd_spread_frames(struct fwd *f, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t kept = 0, i;
	uint64_t bytes = 0; // of what is given away: the others are counted when they are sorted

	for (i = 0; i < n && i < PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		unsigned owner = f->worker;
		if (i + PREFETCH_AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + PREFETCH_AHEAD], void *));
		if (unlikely(!has_headers(m)))
			break;
		const struct ip6_hdr_bytes *outer =
			rte_pktmbuf_mtod_offset(m, const struct ip6_hdr_bytes *, L2_UNTAGGED);
		if (likely(is_plain_tunnel(f, outer)))
			owner = owner_of(f, outer + 1,
					 rte_pktmbuf_data_len(m) -
						 (uint32_t)(L2_UNTAGGED + IP6_HDR));
		else if (!is_to_pool(f, outer))
			break;
		if (owner == f->worker) {
			pkts[kept++] = m;
			continue;
		}
		bytes += m->pkt_len;
		fwd_put_frame_aside(f, m, port, owner);
	}
	for (; i < n; i++)
		pkts[kept++] = pkts[i];
	telem_count(&f->telem->received_bytes, bytes);
	fwd_hand_over(f, f->flow_rings);
	return kept;
}

// ---- Packets that were sorted here.

// What is not whole inside stays, and is dropped here.
static unsigned owner_of_sorted(const struct fwd *f, const struct pkt *p)
{
	uint16_t port = p->plain != 0 ? f->fresh->port : p->port;
	uint32_t offset = p->plain != 0 ? L2_UNTAGGED + IP6_HDR : p->offset;
	uint32_t len = rte_pktmbuf_data_len(p->m);

	if (!is_spread(f, port) || len < offset + (uint32_t)IP6_HDR)
		return f->worker;
	return owner_of(f, ip6_behind(p->m, (uint16_t)offset), len - offset);
}

void fwd_spread(struct fwd *f)
{
	struct lane *in = &f->fresh->tunnel;
	uint16_t n = 0;

	for (uint16_t i = 0; i < in->n; i++) {
		unsigned owner = owner_of_sorted(f, &in->p[i]);
		if (owner == f->worker)
			lane_move(in, n++, i);
		else
			fwd_put_aside(f, &in->p[i], owner);
	}
	in->n = n;
	fwd_hand_over(f, f->flow_rings);
}
