// A short list, looked through each turn while it is not empty.
#include "app/common/waiting.h"

#include "fwd/fwd.h"

enum { PATIENCE_S = 3 };

// It entered the path a second time, and ended here.
static void lose(struct waiting *w, struct rte_mbuf *m)
{
	telem_count(&w->telem.originated, 1);
	telem_count(&w->telem.verdicts[V_DROP_NO_NEIGHBOUR], 1);
	rte_pktmbuf_free(m);
}

void waiting_add(struct waiting *w, struct rte_mbuf *m, ns_t now)
{
	if (w->n == WAITING_MAX) {
		lose(w, m);
		return;
	}
	w->pkts[w->n] = m;
	w->ask[w->n] = now + NS_SEC;
	w->until[w->n++] = now + PATIENCE_S * NS_SEC;
}

static bool is_known(const struct fib *fib, struct ip6_addr next)
{
	return nexthop_get(fib, route_get(fib, next))->kind == NH_PORT;
}

static bool give_back(struct rte_mbuf *m, struct rte_ring *inject)
{
	fwd_punt_of(m)->kind = FWD_PUNT_WAITED;
	return rte_ring_enqueue(inject, m) == 0;
}

void waiting_turn(struct waiting *w, const struct fib *fib, struct rte_ring *inject, ns_t now,
		  waiting_ask_fn *ask, void *arg)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < w->n; i++) {
		struct rte_mbuf *m = w->pkts[i];
		bool known = is_known(fib, fwd_punt_of(m)->glean);
		if (known && give_back(m, inject))
			continue;
		if (known || now >= w->until[i]) {
			lose(w, m);
			continue;
		}
		if (now >= w->ask[i]) {
			w->ask[i] += NS_SEC;
			ask(arg, fwd_punt_of(m)->glean);
		}
		w->pkts[kept] = m;
		w->ask[kept] = w->ask[i];
		w->until[kept++] = w->until[i];
	}
	w->n = kept;
}

void waiting_done(struct waiting *w)
{
	for (unsigned i = 0; i < w->n; i++)
		rte_pktmbuf_free(w->pkts[i]);
	w->n = 0;
}
