// The outer packet in pieces, where the path takes less than the smallest inner packet and its
// headers: RFC 2473 7.1 (b), LMA-MTU-02.
//
// Copies: a port may take no chains, and the pieces need headers of their own. All of them or none.
#include <string.h>

#include "fwd/stage.h"

// An inner packet that comes here has at most 1280 bytes, and a path takes at least as many.
enum { PIECES_MAX = 4, UNIT = 8, WORKER_BITS = 6 };

// RFC 8200 4.5: different for all that two ends exchange for a while, whichever worker sends.
static uint32_t next_id(struct fwd *f, uint32_t peer)
{
	uint32_t *counter = &f->fragment_ids[peer % FRAGMENT_IDS];

	return (*counter)++ << WORKER_BITS | (f->worker & ((1u << WORKER_BITS) - 1));
}

// A piece of the packet from `at` on, behind a copy of its IPv6 header.
static void write_piece(struct rte_mbuf *m, struct span whole, uint16_t at, uint16_t n, bool more,
			uint32_t id)
{
	struct ip6_hdr_bytes *h =
		(struct ip6_hdr_bytes *)rte_pktmbuf_append(m, IP6_HDR + FRAGMENT_HDR + n);
	uint8_t *fragment = (uint8_t *)(h + 1);
	uint16_t payload = (uint16_t)(FRAGMENT_HDR + n);
	uint16_t offset = (uint16_t)(at - IP6_HDR);

	memcpy(h, whole.p, IP6_HDR);
	fragment[0] = h->next_header;
	fragment[1] = 0;
	fragment[2] = (uint8_t)(offset >> 8);
	fragment[3] = (uint8_t)(offset | more);
	for (int i = 0; i < 4; i++)
		fragment[4 + i] = (uint8_t)(id >> (24 - 8 * i));
	h->next_header = NEXT_FRAGMENT;
	h->payload_len[0] = (uint8_t)(payload >> 8);
	h->payload_len[1] = (uint8_t)payload;
	memcpy(fragment + FRAGMENT_HDR, whole.p + at, n);
}

void fwd_fragment(struct fwd *f, struct pkt *p, const struct fwd_entry *e, const struct nexthop *nh,
		  uint32_t path)
{
	struct rte_mbuf *pieces[PIECES_MAX];
	struct span whole = ip6_span(p->m);
	uint16_t most = (uint16_t)((path - IP6_HDR - FRAGMENT_HDR) / UNIT * UNIT);
	unsigned n = (whole.n - IP6_HDR + most - 1u) / most;

	if (n > PIECES_MAX || rte_pktmbuf_alloc_bulk(f->pool, pieces, n) != 0)
		return fwd_drop(f, p->m, V_DROP_NO_MBUF);
	uint32_t id = next_id(f, e->peer_id);
	for (unsigned i = 0; i < n; i++) {
		uint16_t at = (uint16_t)(IP6_HDR + i * most);
		struct pkt piece = *p;
		write_piece(pieces[i], whole, at, RTE_MIN(most, (uint16_t)(whole.n - at)),
			    i + 1 < n, id);
		piece.m = pieces[i];
		fwd_output(f, &piece, nh);
	}
	telem_count(&f->telem->fragmented, n - 1);
	rte_pktmbuf_free(p->m); // its pieces have its verdict
}
