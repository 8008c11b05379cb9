// One template of a message; what differs from node to node is written into it, and the checksum.
#include "test/perf/bench/mags.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <rte_cycles.h>

#include "wire/mh.h"

enum { ETH = 14, IP6 = 40, MH = ETH + IP6, NEXT = ETH + 6, SRC = ETH + 8, DST = ETH + 24 };
enum { TYPE_AT = MH + 2, CHECKSUM_AT = MH + 4, STATUS_AT = MH + 6, SEQ_AT = MH + 6 };
enum { TUNNEL = 41, IN_FLIGHT = 512, LIFETIME_S = 36000, ID_DIGITS = 8 };

static const char id_text[] = "n00000000@bench.example";

const char *call_name(enum call call)
{
	static const char *const names[N_CALLS] = {"initial", "refresh", "handover", "mix"};

	return names[call];
}

static void put_be(uint8_t *p, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * (n - 1 - i));
}

static uint16_t place_of(const struct mags *m, const void *what, size_t n)
{
	const uint8_t *p = memmem(m->frame, m->len, what, n);

	return (uint16_t)(p - m->frame);
}

static int write_template(struct mags *m)
{
	static const uint8_t ll_id[] = {2, 0x77, 0x77, 0x77, 0x77, 0x77};
	const struct ip6_addr src = domain_coa(0), dst = domain_lmaa();
	const struct ip6_addr hnp = ip6_from64(0x1122334455667788u, 0);
	const uint64_t stamp = 0x0102030405060708u;
	struct mh mh = {.type = MH_BU};
	uint8_t be[8];

	mh.bu.flags = BU_A | BU_P;
	mh.bu.lifetime_4s = LIFETIME_S / 4;
	struct mh_opt *o = mh_add(&mh, OPT_MN_ID);
	o->mn_id.subtype = MN_ID_NAI;
	o->mn_id.id = (struct span){(const uint8_t *)id_text, sizeof(id_text) - 1};
	o = mh_add(&mh, OPT_HNP);
	o->hnp.prefix = hnp;
	o->hnp.prefix_len = 64;
	mh_add(&mh, OPT_HANDOFF)->handoff.indicator = HI_UNKNOWN;
	mh_add(&mh, OPT_ACCESS)->access.tech = 4;
	mh_add(&mh, OPT_LL_ID)->ll_id.id = (struct span){ll_id, sizeof(ll_id)};
	mh_add(&mh, OPT_TIMESTAMP)->timestamp.wall_q16 = stamp;
	struct writer w = wr_over(m->frame + MH, sizeof(m->frame) - MH);
	if (!mh_emit(&w, src, dst, &mh))
		return -EINVAL;
	m->len = (uint16_t)(MH + wr_len(&w));
	domain_headers(m->frame, MH_NEXT_HEADER, (uint16_t)wr_len(&w), src, dst);
	m->id_at = (uint16_t)(place_of(m, id_text, sizeof(id_text) - 1) + 1);
	m->hnp_at = place_of(m, hnp.a, 8);
	m->ll_id_at = (uint16_t)(place_of(m, ll_id, sizeof(ll_id)) + 2);
	m->handoff_at = (uint16_t)(place_of(m, (uint8_t[]){OPT_HANDOFF, 2, 0, HI_UNKNOWN}, 4) + 3);
	put_be(be, stamp, 8);
	m->stamp_at = place_of(m, be, 8);
	return 0;
}

// Jumps about, and comes to every node once before it comes to one again.
static uint64_t stride_of(uint64_t n)
{
	uint64_t stride = (uint64_t)((double)n * 0.6180339887) | 1, a, b;

	do {
		stride += 2;
		for (a = n, b = stride; b != 0;) {
			uint64_t rest = a % b;
			a = b;
			b = rest;
		}
	} while (a != 1);
	return stride;
}

void mags_take(struct mags *m, uint32_t first, uint32_t n)
{
	m->first = first;
	m->n = n;
	m->stride = stride_of(n) % n;
	m->turn = 0;
}

static uint32_t next_node(struct mags *m)
{
	uint64_t turn = m->turn++ % m->n;

	return m->first + (uint32_t)(m->call == CALL_INITIAL ? turn : turn * m->stride % m->n);
}

static bool moves(const struct mags *m, uint32_t node)
{
	return m->call == CALL_HANDOVER ||
	       (m->call == CALL_MIX && (m->turn / m->n + node) % 4 == 0);
}

void mags_write_id(uint8_t *p, uint32_t node)
{
	static const char hex[] = "0123456789abcdef";

	for (int i = 0; i < ID_DIGITS; i++)
		p[i] = (uint8_t)hex[node >> 4 * (ID_DIGITS - 1 - i) & 15];
}

void mags_write(struct mags *m, struct rte_mbuf *pkt)
{
	uint8_t *f = (uint8_t *)rte_pktmbuf_append(pkt, m->len);
	uint32_t node = next_node(m);
	bool is_move = moves(m, node);

	if (is_move)
		m->at[node] = (uint16_t)((m->at[node] + 1u) % N_MAGS);
	uint16_t mag = m->at[node];
	memcpy(f, m->frame, m->len);
	put_be(f + SRC + 14, mag, 2);
	put_be(f + SEQ_AT, m->turn, 2);
	mags_write_id(f + m->id_at, node);
	struct ip6_prefix hnp = domain_hnp(m->domain, node);
	if (m->call == CALL_INITIAL)
		memset(f + m->hnp_at, 0, 16);
	else
		memcpy(f + m->hnp_at, hnp.addr.a, 16);
	f[m->handoff_at] = m->call == CALL_INITIAL ? HI_NEW_INTERFACE
			   : is_move               ? HI_BETWEEN_MAGS
						   : HI_NO_CHANGE;
	put_be(f + m->ll_id_at, node, 4);
	put_be(f + m->stamp_at, m->wall_q16, 8);
	put_be(f + CHECKSUM_AT, 0, 2);
	put_be(f + CHECKSUM_AT,
	       mh_checksum(domain_coa(mag), domain_lmaa(),
			   (struct span){f + MH, (uint16_t)(m->len - MH)}),
	       2);
	if (is_move && m->on_probe != NULL && !m->probe.is_on)
		m->probe = (struct probe){true, node, mag, rte_rdtsc()};
}

// The clocks agree, and a node's stamps rise from call to call.
void mags_tell_time(struct mags *m)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	m->wall_q16 = wall_q16_from_ns((ns_t)t.tv_sec * NS_SEC + (ns_t)t.tv_nsec);
}

static uint64_t count_due(struct mags *m)
{
	uint64_t asked = atomic_load_explicit(&m->asked, memory_order_relaxed);
	uint64_t allowed = atomic_load_explicit(&m->allowed, memory_order_acquire);
	uint64_t answered = atomic_load_explicit(&m->accepted, memory_order_relaxed) +
			    atomic_load_explicit(&m->refused, memory_order_relaxed);
	uint64_t ticks = atomic_load_explicit(&m->ticks_a_call, memory_order_relaxed);

	if (allowed <= asked)
		return 0;
	uint64_t left = allowed - asked, room = IN_FLIGHT - (asked - answered);
	return pace_due(&m->pace, ticks, left < room ? left : room);
}

static uint16_t rx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct mags *m = (struct mags *)p;
	uint64_t due = count_due(m);
	uint16_t some = due < n ? (uint16_t)due : n;

	(void)queue;
	if (some == 0 || rte_pktmbuf_alloc_bulk(m->domain->pool, pkts, some) != 0)
		return 0;
	mags_tell_time(m);
	for (uint16_t i = 0; i < some; i++)
		mags_write(m, pkts[i]);
	if (atomic_load_explicit(&m->is_mute, memory_order_relaxed)) {
		rte_pktmbuf_free_bulk(pkts, some);
		return 0;
	}
	atomic_fetch_add_explicit(&m->asked, some, memory_order_relaxed);
	return some;
}

bool mags_is_acceptance(const uint8_t *ip6)
{
	return ip6[NEXT - ETH] == MH_NEXT_HEADER && ip6[TYPE_AT - ETH] == MH_BA &&
	       ip6[STATUS_AT - ETH] == 0;
}

static void take_answer(struct mags *m, struct rte_mbuf *pkt)
{
	bool is_accepted = mags_is_acceptance(rte_pktmbuf_mtod(pkt, const uint8_t *) + ETH);

	atomic_fetch_add_explicit(is_accepted ? &m->accepted : &m->refused, 1,
				  memory_order_release);
	rte_pktmbuf_free(pkt);
}

static void look_for(struct mags *m, const uint8_t *f)
{
	struct ip6_prefix hnp = domain_hnp(m->domain, m->probe.node);
	uint16_t mag = (uint16_t)(f[DST + 14] << 8 | f[DST + 15]);

	if (memcmp(f + DST + 16 + 24, hnp.addr.a, 8) != 0 || mag != m->probe.mag)
		return;
	m->probe.is_on = false;
	m->on_probe(m->arg, rte_rdtsc() - m->probe.asked_tsc);
}

static uint16_t tx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct mags *m = (struct mags *)p;

	(void)queue;
	for (uint16_t i = 0; i < n; i++) {
		const uint8_t *f = rte_pktmbuf_mtod(pkts[i], const uint8_t *);
		if (f[NEXT] != TUNNEL) {
			take_answer(m, pkts[i]);
			continue;
		}
		if (m->probe.is_on)
			look_for(m, f);
		source_take(m->tunnelled, &pkts[i], 1);
	}
	return n;
}

static void nothing(struct port *p)
{
	(void)p;
}

static void missed(struct port *p, struct port_missed *out)
{
	(void)p;
	(void)out;
}

static void link_of(struct port *p, struct port_link *out)
{
	(void)p;
	*out = (struct port_link){.mtu = 9000, .up = true};
}

int mags_new(const struct domain *d, struct source *tunnelled, struct mags **out)
{
	static const struct port_ops ops = {"mags", rx, tx, nothing, missed, link_of};
	struct mags *m = NULL;

	if (posix_memalign((void **)&m, 64, sizeof(*m)) != 0)
		return -ENOMEM;
	memset(m, 0, sizeof(*m));
	m->port =
		(struct port){.ops = &ops, .n_rx = 1, .n_tx = 1, .number = BACKBONE, .ethdev = -1};
	m->domain = d;
	m->tunnelled = tunnelled;
	mags_take(m, 0, d->n);
	m->at = calloc(d->n, sizeof(*m->at));
	int rc = m->at != NULL ? write_template(m) : -ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < d->n; i++)
		m->at[i] = (uint16_t)(i % N_MAGS);
	mags_tell_time(m);
	if (rc == 0)
		*out = m;
	else
		mags_free(m);
	return rc;
}

void mags_free(struct mags *m)
{
	if (m == NULL)
		return;
	free(m->at);
	free(m);
}
