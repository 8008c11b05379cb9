// Who is told what. An error about a tunnel packet is believed only if it came whole and quotes one
// from an address of ours to a peer that has bindings, and of a mobile node of ours if it shows as
// much: nobody can have us write to whom they like. All that control sends takes a token, as the
// workers' own do.
#include "app/common/tunnel_errors.h"

#include "app/common/path_mtu.h"
#include "wire/checksum.h"
#include "wire/icmp6.h"
#include "wire/tunnel_error.h"

enum { IP6_HEADER = 40, SRC_AT = 8, DST_AT = 24, MIN_BURST = 10, NEXT_ICMP6 = 58 };

static struct ip6_addr addr_at(const struct rte_mbuf *m, uint16_t at)
{
	struct ip6_addr a;

	memcpy(a.a, rte_pktmbuf_mtod_offset(m, const uint8_t *, at), sizeof(a.a));
	return a;
}

static bool is_ours(const struct plane *p, struct ip6_addr a)
{
	for (uint32_t i = 0; i < p->is.fwd.n_lmaas; i++)
		if (ip6_equal(p->is.fwd.lmaas[i], a))
			return true;
	return false;
}

static bool is_whole(const struct rte_mbuf *m, struct span icmp)
{
	return ip6_checksum(addr_at(m, SRC_AT), addr_at(m, DST_AT), NEXT_ICMP6, icmp) == 0;
}

// Of a packet that we put into a tunnel: at an LMA it goes to a mobile node, at a MAG it is from
// one.
static bool is_of_a_node(const struct plane *p, struct span inner)
{
	struct ip6_addr a;

	memcpy(a.a, inner.p + (p->is.fwd.role == FWD_MAG ? SRC_AT : DST_AT), sizeof(a.a));
	return bcache_find(p->bcache, a) >= BCACHE_FIRST;
}

// An error from us about `packet`, to its source; a worker routes it. False: not sent.
static bool send_error(struct plane *p, struct ip6_addr src, struct span packet, uint8_t type,
		       uint8_t code, uint32_t param, ns_t now)
{
	uint32_t rate = p->is.fwd.icmp_rate;
	struct ip6_addr dst;

	if (!icmp6_may_answer(packet, type) ||
	    !bucket_take(&p->errors, now, rate, RTE_MAX(rate / 10, (uint32_t)MIN_BURST)))
		return false;
	struct rte_mbuf *m = rte_pktmbuf_alloc(p->pool);
	if (m == NULL)
		return false;
	memcpy(dst.a, packet.p + SRC_AT, sizeof(dst.a));
	size_t room = RTE_MIN((size_t)rte_pktmbuf_tailroom(m), (size_t)ICMP6_ERROR_MAX);
	packet.n = (uint16_t)RTE_MIN((size_t)packet.n, room - IP6_HEADER - 8);
	size_t len = icmp6_error_emit(rte_pktmbuf_mtod(m, void *), room, src, dst, type, code,
				      param, packet);
	*fwd_punt_of(m) = (struct fwd_punt){.kind = FWD_PUNT_ICMP};
	if (len != 0 && rte_pktmbuf_append(m, (uint16_t)len) != NULL &&
	    rte_ring_enqueue(p->workers[0].inject, m) == 0)
		return true;
	rte_pktmbuf_free(m);
	return false;
}

void tunnel_errors_take(struct plane *p, const struct rte_mbuf *m, ns_t now)
{
	const struct fwd_punt *punt = fwd_punt_of((struct rte_mbuf *)(uintptr_t)m);
	struct span icmp = {rte_pktmbuf_mtod_offset(m, const uint8_t *, punt->mh_offset),
			    punt->mh_len};
	struct tunnel_error e;

	p->counters.tunnel_errors++;
	uint32_t peer = 0;
	if (is_whole(m, icmp) && tunnel_error_read(icmp, &e) && is_ours(p, e.local) &&
	    (e.inner.n == 0 || is_of_a_node(p, e.inner)))
		peer = peer_find(p->fib, e.remote);
	if (peer == 0 || peer > p->is.max_peers) {
		p->counters.tunnel_errors_strange++;
		return;
	}
	if (e.path_mtu != 0)
		path_mtu_learn(p, peer, e.path_mtu, now);
	if (e.tell && send_error(p, e.local, e.inner, e.type, e.code, e.param, now))
		p->counters.tunnel_errors_relayed++;
}

void tunnel_errors_blame(struct plane *p, const struct rte_mbuf *m, uint16_t at, ns_t now)
{
	const struct fwd_punt *punt = fwd_punt_of((struct rte_mbuf *)(uintptr_t)m);
	struct span packet = {rte_pktmbuf_mtod(m, const uint8_t *), rte_pktmbuf_data_len(m)};

	if (packet.n < IP6_HEADER || ip6_is_multicast(addr_at(m, DST_AT)))
		return;
	p->counters.params_told +=
		send_error(p, addr_at(m, DST_AT), packet, ICMP6_PARAMETER_PROBLEM, 0,
			   (uint32_t)punt->mh_offset + at, now);
}
