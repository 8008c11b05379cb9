// Whole frames to control: of mobile nodes, who are there or ask for their router; and for the
// kernel's TAPs.
//
// Decides by rate alone (SEC-01). A node has a bucket of its own, by hash; so has the link that it
// is on, and all of them together one more: one who makes addresses up on a link takes half of what
// control looks at, never all. Packets that only show that somebody is there take half of each, so
// that a node's traffic from a stray source does not silence its neighbour discovery.
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "fwd/stage.h"

enum { MAC_AT = 6, MAC_LEN = 6, LINK_FACTOR = 64, ALL_FACTOR = 128, SIGN_LEN = 128 };

// Who asks. The place is part of it: from another link nobody uses up a node's bucket.
struct asker {
	uint16_t port, vlan;
	uint8_t mac[MAC_LEN];
};
static_assert(sizeof(struct asker) == 4 + MAC_LEN, "hashed as bytes: no holes");
enum { PLACE_LEN = offsetof(struct asker, mac) };

static bool hand_over(struct rte_ring *ring, const struct pkt *p, uint8_t kind, ns_t now)
{
	if (ring == NULL || p->m->priv_size < sizeof(struct fwd_punt))
		return false;
	*fwd_punt_of(p->m) =
		(struct fwd_punt){.kind = kind, .port = p->port, .vlan = p->vlan, .arrival = now};
	return rte_ring_enqueue(ring, p->m) == 0;
}

static bool may_ask(struct fwd *f, const struct pkt *p, uint32_t burst)
{
	struct asker who = {.port = p->port, .vlan = p->vlan};
	uint32_t rate = f->conf->attach_rate;

	memcpy(who.mac, rte_pktmbuf_mtod_offset(p->m, const uint8_t *, MAC_AT), MAC_LEN);
	uint64_t node = siphash(f->key, &who, sizeof(who)) % ACCESS_BUCKETS;
	uint64_t link = siphash(f->key, &who, PLACE_LEN) % LINK_BUCKETS;
	return bucket_take(&f->access_buckets[node], f->now, rate, burst) &&
	       bucket_take(&f->link_buckets[link], f->now, rate * LINK_FACTOR,
			   burst * LINK_FACTOR) &&
	       bucket_take(&f->access_all, f->now, rate * ALL_FACTOR, burst * ALL_FACTOR);
}

void fwd_listen(struct fwd *f, struct pkt *p, enum verdict otherwise)
{
	uint32_t rate = f->conf->attach_rate, half = RTE_MAX(rate / 2, 1u);

	if (!may_ask(f, p, otherwise == V_DROP_UNBOUND_SRC ? half : rate))
		return fwd_drop(f, p->m, otherwise);
	if (!hand_over(f->punt_ring, p, FWD_PUNT_ACCESS, f->now))
		return fwd_drop(f, p->m, V_DROP_PUNT_FULL);
	fwd_count(f, V_PUNT_ACCESS);
}

void fwd_tell(struct fwd *f, const struct pkt *p)
{
	struct pkt sign = *p;

	if (!may_ask(f, p, f->conf->attach_rate))
		return;
	sign.m = rte_pktmbuf_copy(p->m, f->pool, 0, SIGN_LEN);
	if (sign.m == NULL)
		return; // the next one tells
	telem_count(&f->telem->originated, 1);
	if (hand_over(f->punt_ring, &sign, FWD_PUNT_ACCESS, f->now))
		fwd_count(f, V_PUNT_ACCESS);
	else
		fwd_drop(f, sign.m, V_DROP_PUNT_FULL);
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
