// The order of the stages, the life of a struct fwd, and the one place that counts and frees.
//
// Decides nothing about packets. An LMA's burst waits, sorted, until the next one is sorted too:
// so long its lines of the binding cache have to come from memory. It holds nothing read from a
// table that others write. Whatever else becomes input runs what waits before it, so no lane can
// hold more than the FWD_BURST packets of one burst, and order is kept.
#include <errno.h>

#include <rte_malloc.h>

#include "base/rng.h"
#include "fwd/stage.h"

enum { ETH_LEN = 14 };

int fwd_new(const struct fwd_init *init, const struct fwd_conf *conf, struct fwd **out)
{
	struct fwd *f = rte_zmalloc_socket("fwd", sizeof(*f), RTE_CACHE_LINE_SIZE, init->socket);
	struct rng rng = {init->seed};

	if (f == NULL)
		return -ENOMEM;
	f->fresh = &f->bursts[0];
	f->ripe = &f->bursts[1];
	f->n_workers = init->fragments != NULL ? init->n_workers : 1;
	f->fragment_rings = init->fragments;
	f->flow_rings = init->flows;
	fwd_set_conf(f, conf);
	f->bcache = init->bcache;
	f->keys = bcache_keys(init->bcache);
	f->fib = init->fib;
	f->telem = init->telem;
	f->pool = init->pool;
	f->punt_ring = init->punt;
	f->relay_ring = init->relay;
	f->key = (struct siphash_key){rng_u64(&rng), rng_u64(&rng)};
	f->flow_key = (uint32_t)rng_u64(&rng);
	f->worker = init->worker;
	f->common_key = init->common_key;
	for (unsigned i = 0; i < FRAGMENT_IDS; i++)
		f->fragment_ids[i] = (uint32_t)rng_u64(&rng);
	if (reassembly_init(&f->reassembly, init->socket) != 0 ||
	    holds_init(&f->holds, init->max_holds, init->socket) != 0) {
		fwd_free(f);
		return -ENOMEM;
	}
	*out = f;
	return 0;
}

void fwd_free(struct fwd *f)
{
	if (f == NULL)
		return;
	for (uint16_t port = 0; port < FWD_MAX_PORTS; port++)
		for (uint16_t i = 0; i < f->out[port].n; i++)
			rte_pktmbuf_free(f->out[port].pkts[i]);
	for (uint16_t i = 0; i < f->n_errors; i++)
		rte_pktmbuf_free(f->errors[i].m);
	for (uint16_t i = 0; f->ripe != NULL && i < f->ripe->tunnel.n; i++)
		rte_pktmbuf_free(f->ripe->tunnel.p[i].m);
	for (uint16_t i = 0; f->ripe != NULL && i < f->ripe->enter.n; i++)
		rte_pktmbuf_free(f->ripe->enter.p[i].m);
	reassembly_done(&f->reassembly);
	holds_done(&f->holds);
	rte_free(f);
}

void fwd_set_conf(struct fwd *f, const struct fwd_conf *conf)
{
	fwd_flush(f);
	f->conf = conf;
	quick_init(&f->quick, conf);
	f->spread_ports = 0;
	for (unsigned i = 0; i < FWD_MAX_PORTS; i++)
		if (conf->ports[i].spread && f->flow_rings != NULL && f->n_workers > 1)
			f->spread_ports |= (uint16_t)(1u << i);
}

void fwd_drop(struct fwd *f, struct rte_mbuf *m, enum verdict verdict)
{
	fwd_count(f, verdict);
	rte_pktmbuf_free(m);
}

static void run_stages(struct fwd *f)
{
	if (f->conf->role == FWD_MAG) {
		fwd_access(f);
		fwd_deliver(f);
		fwd_deliver_own(f);
	} else {
		fwd_decap(f);
	}
	fwd_route(f);
	fwd_encap(f);
	fwd_to_control(f);
}

static void ripen(struct fwd *f)
{
	struct burst *done = f->ripe;

	f->ripe = f->fresh;
	f->fresh = done;
}

static unsigned waiting(const struct fwd *f)
{
	return f->ripe->tunnel.n + f->ripe->enter.n;
}

unsigned fwd_flush(struct fwd *f)
{
	unsigned n = waiting(f);

	if (n > 0)
		run_stages(f);
	return n;
}

// What was just sorted waits, and what waited until now goes on; at a MAG nothing waits.
static void run_fresh(struct fwd *f)
{
	if (f->conf->role == FWD_MAG)
		ripen(f);
	run_stages(f);
	if (f->conf->role == FWD_LMA)
		ripen(f);
}

static void deal_out(struct fwd *f)
{
	if (unlikely(f->spread_ports != 0))
		fwd_spread(f);
}

void fwd_burst(struct fwd *f, uint16_t port, struct rte_mbuf **pkts, uint16_t n, ns_t now)
{
	f->now = now;
	telem_count(&f->telem->received, n);
	if (unlikely((f->spread_ports >> port & 1) != 0))
		n = fwd_spread_frames(f, port, pkts, n);
	telem_count(&f->telem->received_bytes, fwd_classify(f, port, pkts, n));
	if (f->fragments.n > 0)
		fwd_reassemble(f);
	deal_out(f);
	run_fresh(f);
}

// Control checks what it makes; this keeps a mistake there from becoming one here.
static bool is_packet(struct rte_mbuf *m)
{
	struct span s = ip6_span(m);

	return m->nb_segs == 1 && ip6_packet_len(s.p, s.n) == s.n;
}

static bool is_frame(struct rte_mbuf *m)
{
	return m->nb_segs == 1 && rte_pktmbuf_data_len(m) >= ETH_LEN;
}

static enum fwd_punt_kind kind_of(struct rte_mbuf *m)
{
	if (m->priv_size < sizeof(struct fwd_punt)) // a pool not made for it
		return FWD_PUNT_SIGNALLING;
	return fwd_punt_of(m)->kind;
}

static void originate_packet(struct fwd *f, struct rte_mbuf *m, enum verdict verdict)
{
	if (is_packet(m))
		lane_add(&f->route, &(struct pkt){.m = m, .verdict = (uint8_t)verdict});
	else
		fwd_drop(f, m, V_DROP_TRUNCATED);
}

static void originate_frame(struct fwd *f, struct rte_mbuf *m, enum verdict verdict)
{
	struct pkt p = {.m = m, .verdict = (uint8_t)verdict};

	if (is_frame(m))
		fwd_put(f, &p, fwd_punt_of(m)->port, NULL, 0);
	else
		fwd_drop(f, m, V_DROP_TRUNCATED);
}

void fwd_originate(struct fwd *f, struct rte_mbuf **pkts, uint16_t n, ns_t now)
{
	f->now = now;
	fwd_flush(f);
	telem_count(&f->telem->originated, n);
	for (uint16_t i = 0; i < n; i++) {
		switch (kind_of(pkts[i])) {
		case FWD_PUNT_ND:
			originate_frame(f, pkts[i], V_TX_ND);
			break;
		case FWD_PUNT_FROM_KERNEL:
			originate_frame(f, pkts[i], V_TX_KERNEL);
			break;
		case FWD_PUNT_WAITED:
			originate_packet(f, pkts[i], V_TX_WAITED);
			break;
		case FWD_PUNT_ICMP:
			originate_packet(f, pkts[i], V_TX_ICMP);
			break;
		default:
			originate_packet(f, pkts[i], V_TX_SIGNALLING);
		}
	}
	run_stages(f);
}

static unsigned take_errors(struct fwd *f)
{
	if (f->n_errors == 0)
		return 0;
	fwd_flush(f); // may cause more of them
	unsigned n = f->n_errors;
	for (unsigned i = 0; i < n; i++)
		lane_add(&f->route, &f->errors[i]);
	f->n_errors = 0;
	run_stages(f);
	return n;
}

static unsigned take_fragments(struct fwd *f)
{
	void *handles[FWD_BURST];
	unsigned n = f->n_workers > 1 ? fwd_take_over(f, f->fragment_rings[f->worker], handles) : 0;

	if (n == 0)
		return 0;
	fwd_flush(f);
	(void)fwd_sort_taken(f, handles, n, &f->fragments); // all of them: they are alike
	fwd_reassemble(f);
	deal_out(f);
	ripen(f);
	run_stages(f);
	return n;
}

unsigned fwd_turn(struct fwd *f, ns_t now)
{
	f->now = now;
	unsigned n = take_errors(f);
	if (f->reassembly.tunnel.held + f->reassembly.signalling.held > 0)
		fwd_expire_fragments(f);
	n += take_fragments(f);
	unsigned held = f->holds.n_active > 0 ? fwd_go_on(f) : 0;
	if (held > 0) {
		fwd_deliver_held(f);
		run_stages(f);
	}
	return n + held;
}

// As a burst that was received; that it is ours is settled.
unsigned fwd_take_flows(struct fwd *f, ns_t now)
{
	void *handles[FWD_BURST];

	if (f->flow_rings == NULL)
		return 0;
	f->now = now;
	unsigned n = fwd_take_over(f, f->flow_rings[f->worker], handles);
	for (unsigned i = 0; i < n;) {
		i += fwd_sort_taken(f, handles + i, n - i, &f->fresh->tunnel);
		run_fresh(f);
	}
	return n;
}

struct fwd_out *fwd_out(struct fwd *f, uint16_t port)
{
	return &f->out[port];
}

// Most of what was sent has one verdict: counted in runs.
static void count_sent(struct fwd *f, const uint8_t *verdicts, uint16_t n)
{
	for (uint16_t i = 0; i < n;) {
		uint16_t begin = i;
		uint64_t eight = verdicts[i] * 0x0101010101010101u;
		while (i + 8 <= n && eight_octets(verdicts + i) == eight)
			i = (uint16_t)(i + 8);
		while (i < n && verdicts[i] == verdicts[begin])
			i++;
		telem_count(&f->telem->verdicts[verdicts[begin]], (uint64_t)(i - begin));
	}
}

void fwd_sent(struct fwd *f, uint16_t port, uint16_t taken, enum verdict lost)
{
	struct fwd_out *out = &f->out[port];
	uint16_t n = RTE_MIN(taken, out->n);
	uint32_t bytes = 0;

	for (uint16_t i = 0; i < n; i++) // no longer ours: not even its length may be read
		bytes += out->lens[i];
	count_sent(f, out->verdicts, n);
	for (uint16_t i = n; i < out->n; i++)
		fwd_drop(f, out->pkts[i], lost);
	telem_count(&f->telem->sent, n);
	telem_count(&f->telem->sent_bytes, bytes);
	out->n = 0;
}

unsigned fwd_held(const struct fwd *f)
{
	return fwd_due(f) + f->reassembly.tunnel.held + f->reassembly.signalling.held +
	       f->holds.n_held;
}

void fwd_stop(struct fwd *f)
{
	fwd_drop_fragments(f);
	fwd_drop_held(f);
}

unsigned fwd_due(const struct fwd *f)
{
	unsigned held = f->n_errors + waiting(f);

	for (uint16_t port = 0; port < f->n_out; port++)
		held += f->out[port].n;
	return held;
}
