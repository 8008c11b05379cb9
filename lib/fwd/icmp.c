// ICMPv6 errors to the sources of packets that we refuse.
//
// Decides whether an error is sent: the rules of RFC 4443 2.4 (wire/icmp6), the rate, room in the
// queue. It then enters the next burst as if received (fwd_turn), so one to a mobile node is
// encapsulated like any packet. An error that is owed but not sent counts as originated and
// dropped, by name.
#include "fwd/stage.h"
#include "wire/icmp6.h"

// An error may have to pass a tunnel of the least path MTU: so it stays below the 1280 bytes of RFC
// 4443 2.4(c), and in one piece.
enum { ERROR_MAX = IP6_MIN_MTU - IP6_HDR, ICMP6_HDR = 8 };
enum { MIN_BURST = 10 };

// RFC 4443 2.2: the address of ours that it was sent to, so that a tunnel's other end knows the
// tunnel by it; else that of the interface towards the sender; else an LMA address.
static struct ip6_addr source_of_errors(const struct fwd *f, const struct pkt *p)
{
	const struct ip6_addr dst = ip6_of(p->m)->dst;
	struct ip6_addr a = f->conf->ports[p->port].addr;

	if (fwd_is_lmaa(f->conf, &dst))
		return dst;
	if (!ip6_is_zero(a) || f->conf->n_lmaas == 0)
		return a;
	return f->conf->lmaas[0];
}

static enum verdict build(struct fwd *f, const struct pkt *p, struct refusal r, struct ip6_addr src,
			  struct rte_mbuf **out)
{
	uint32_t rate = f->conf->icmp_rate;

	if (f->n_errors == FWD_BURST ||
	    !bucket_take(&f->icmp_bucket, f->now, rate, RTE_MAX(rate / 10, (uint32_t)MIN_BURST)))
		return V_DROP_ICMP_LIMITED;
	struct rte_mbuf *m = rte_pktmbuf_alloc(f->pool);
	if (m == NULL)
		return V_DROP_NO_MBUF;
	size_t room = RTE_MIN((size_t)rte_pktmbuf_tailroom(m), (size_t)ERROR_MAX);
	struct span quoted = ip6_span(p->m);
	quoted.n = (uint16_t)RTE_MIN((size_t)quoted.n, room - IP6_HDR - ICMP6_HDR);
	size_t len = icmp6_error_emit(rte_pktmbuf_mtod(m, void *), room, src, ip6_of(p->m)->src,
				      r.type, r.code, r.param, quoted);
	if (len == 0 || rte_pktmbuf_append(m, (uint16_t)len) == NULL) {
		rte_pktmbuf_free(m); // never counted: it was not a packet yet
		return V_DROP_NO_MBUF;
	}
	*out = m;
	return V_TX_ICMP;
}

void fwd_refuse(struct fwd *f, struct pkt *p, enum verdict verdict, struct refusal r)
{
	struct ip6_addr src = source_of_errors(f, p);
	struct rte_mbuf *m = NULL;

	if (!is_own(p) && !ip6_is_zero(src) && icmp6_may_answer(ip6_span(p->m), r.type)) {
		enum verdict v = build(f, p, r, src, &m);
		telem_count(&f->telem->originated, 1);
		if (m != NULL)
			f->errors[f->n_errors++] =
				(struct pkt){.m = m, .port = p->port, .verdict = (uint8_t)v};
		else
			fwd_count(f, v);
	}
	fwd_drop(f, p->m, verdict);
}
