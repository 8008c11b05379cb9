// Parsing and emitting around the IPv6 header that the workers leave on, or route by.
#include "app/common/signalling.h"

#include "app/common/tunnel_errors.h"

enum { IP6_HEADER = 40, SIGNALLING_HOP_LIMIT = 64 };
enum { PAYLOAD_PROTO_AT = 0, HEADER_LEN_AT = 1 }; // in a mobility header

bool signalling_read(struct plane *p, struct rte_mbuf *m, ns_t now, struct signalling *out)
{
	const struct fwd_punt *punt = fwd_punt_of(m);
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);
	struct span bytes = {ip + punt->mh_offset, punt->mh_len};

	if ((uint32_t)punt->mh_offset + punt->mh_len > rte_pktmbuf_data_len(m) ||
	    punt->mh_offset < IP6_HEADER) {
		p->counters.parse_errors[MH_TRUNCATED]++;
		return false;
	}
	memcpy(out->src.a, ip + 8, sizeof(out->src.a));
	memcpy(out->dst.a, ip + 24, sizeof(out->dst.a));
	out->waited = now > punt->arrival ? now - punt->arrival : 0;
	out->err = mh_parse(bytes, out->src, out->dst, &out->mh);
	if (out->err != MH_OK)
		p->counters.parse_errors[out->err]++;
	if (out->err == MH_BAD_PROTO)
		tunnel_errors_blame(p, m, PAYLOAD_PROTO_AT, now);
	if (out->err == MH_TOO_SHORT)
		tunnel_errors_blame(p, m, HEADER_LEN_AT, now);
	return true;
}

// The IPv6 header of a message of ours.
static void write_ip6(uint8_t *h, size_t payload, struct ip6_addr src, struct ip6_addr dst)
{
	memset(h, 0, IP6_HEADER);
	h[0] = 0x60;
	h[4] = (uint8_t)(payload >> 8);
	h[5] = (uint8_t)payload;
	h[6] = MH_NEXT_HEADER;
	h[7] = SIGNALLING_HOP_LIMIT;
	memcpy(h + 8, src.a, sizeof(src.a));
	memcpy(h + 24, dst.a, sizeof(dst.a));
}

void signalling_send(struct plane *p, struct ip6_addr src, struct ip6_addr dst, const struct mh *mh)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(p->pool);

	if (m == NULL) {
		p->counters.send_no_mbuf++; // the MAG asks again (RFC 5213 6.9.4)
		return;
	}
	*fwd_punt_of(m) = (struct fwd_punt){.kind = FWD_PUNT_SIGNALLING};
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
	struct writer w = wr_over(data + IP6_HEADER, rte_pktmbuf_tailroom(m) - IP6_HEADER);
	if (!mh_emit(&w, src, dst, mh)) {
		p->counters.send_not_encoded++;
		rte_pktmbuf_free(m);
		return;
	}
	write_ip6(data, wr_len(&w), src, dst);
	rte_pktmbuf_append(m, (uint16_t)(IP6_HEADER + wr_len(&w)));
	if (rte_ring_enqueue(p->workers[0].inject, m) != 0) {
		p->counters.send_ring_full++;
		rte_pktmbuf_free(m);
		return;
	}
	p->counters.sent++;
}
