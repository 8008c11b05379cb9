// To the control thread: signalling, ICMPv6 errors about our tunnels, and notes that a neighbour is
// wanted.
//
// Decides by rate, per source, before control spends anything on it (SEC-01); a full ring is a
// named drop. The packet itself travels, with struct fwd_punt in its private area.
#include <string.h>

#include "fwd/stage.h"

// An address asked for is asked for again only after a while; control keeps its own state.
enum { GLEAN_RATE = 4 };

static uint64_t hash_of(const struct fwd *f, const struct ip6_addr *a)
{
	return siphash(f->key, a, sizeof(*a));
}

static bool may_speak(struct fwd *f, const struct ip6_addr *src)
{
	uint32_t mag = peer_find(f->fib, *src), rate = f->conf->signalling_rate;

	if (mag != 0)
		return bucket_take(&f->mag_buckets[mag % MAG_BUCKETS], f->now, rate, rate);
	struct bucket *own = &f->stranger_buckets[hash_of(f, src) % STRANGER_BUCKETS];
	return bucket_take(own, f->now, rate, rate) &&
	       bucket_take(&f->all_strangers, f->now, rate, rate);
}

// False: not taken, and still the caller's.
static bool hand_over(struct fwd *f, struct rte_mbuf *m, const struct fwd_punt *note)
{
	if (m->priv_size < sizeof(*note)) // a pool not made for it
		return false;
	*fwd_punt_of(m) = *note;
	return rte_ring_enqueue(f->punt_ring, m) == 0;
}

static void punt(struct fwd *f, struct pkt *p)
{
	struct fwd_punt note = {
		.kind = p->punt,
		.port = p->port,
		.mh_offset = p->offset,
		.mh_len = (uint16_t)(rte_pktmbuf_data_len(p->m) - p->offset),
		.arrival = f->now,
	};

	if (!may_speak(f, &ip6_of(p->m)->src))
		return fwd_drop(f, p->m, V_DROP_PUNT_POLICED);
	if (!hand_over(f, p->m, &note))
		return fwd_drop(f, p->m, V_DROP_PUNT_FULL);
	fwd_count(f, p->punt == FWD_PUNT_ICMP ? V_PUNT_ICMP : V_PUNT_SIGNALLING);
}

void fwd_to_control(struct fwd *f)
{
	for (uint16_t i = 0; i < f->punt.n; i++)
		punt(f, &f->punt.p[i]);
	f->punt.n = 0;
}

// RFC 4861 7.2.2: a packet for each neighbour waits in control, and it is the one that asks.
void fwd_glean(struct fwd *f, struct pkt *p, struct ip6_addr next)
{
	struct bucket *b = &f->glean_buckets[hash_of(f, &next) % GLEAN_BUCKETS];
	struct fwd_punt note = {
		.kind = FWD_PUNT_GLEAN, .port = p->port, .arrival = f->now, .glean = next};

	// Messages of our own are few, and each of them matters: the first binding update of a
	// start does not fall to the heartbeat before it.
	bool may_wait = p->verdict == V_TX_SIGNALLING || bucket_take(b, f->now, GLEAN_RATE, 1);
	if (may_wait && hand_over(f, p->m, &note))
		return fwd_count(f, V_PUNT_NEIGHBOUR);
	fwd_drop(f, p->m, V_DROP_NO_NEIGHBOUR);
}
