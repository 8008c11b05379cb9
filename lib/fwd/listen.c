// Whole frames to control: of mobile nodes, who are there or ask for their router; and for the
// kernel's TAPs.
//
// Decides by rate alone. A node's MAC address has a bucket of its own, by hash, and all of them
// together one more, so that one who makes addresses up does not fill the ring for all (SEC-01).
#include "fwd/stage.h"

enum { MAC_AT = 6, MAC_LEN = 6, ALL_FACTOR = 64 };

static bool hand_over(struct rte_ring *ring, const struct pkt *p, uint8_t kind, ns_t now)
{
	if (ring == NULL || p->m->priv_size < sizeof(struct fwd_punt))
		return false;
	*fwd_punt_of(p->m) =
		(struct fwd_punt){.kind = kind, .port = p->port, .vlan = p->vlan, .arrival = now};
	return rte_ring_enqueue(ring, p->m) == 0;
}

void fwd_listen(struct fwd *f, struct pkt *p, enum verdict otherwise)
{
	const uint8_t *mac = rte_pktmbuf_mtod_offset(p->m, const uint8_t *, MAC_AT);
	uint64_t hash = siphash(f->key, mac, MAC_LEN);
	uint32_t rate = f->conf->attach_rate;

	if (!bucket_take(&f->access_buckets[hash % ACCESS_BUCKETS], f->now, rate, rate) ||
	    !bucket_take(&f->access_all, f->now, rate * ALL_FACTOR, rate * ALL_FACTOR))
		return fwd_drop(f, p->m, otherwise);
	if (!hand_over(f->punt_ring, p, FWD_PUNT_ACCESS, f->now))
		return fwd_drop(f, p->m, V_DROP_PUNT_FULL);
	fwd_count(f, V_PUNT_ACCESS);
}

void fwd_relay(struct fwd *f, struct pkt *p)
{
	uint32_t rate = f->conf->relay_rate;

	if (!bucket_take(&f->relay_bucket, f->now, rate, rate))
		return fwd_drop(f, p->m, V_DROP_RELAY_POLICED);
	if (!hand_over(f->relay_ring, p, FWD_PUNT_KERNEL, f->now))
		return fwd_drop(f, p->m, V_DROP_RELAY_FULL);
	fwd_count(f, V_PUNT_KERNEL);
}
