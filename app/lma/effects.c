// From decisions to effects: what the engine says is done to the workers' tables and to the wire,
// in the order in which it says it. So a binding is known to the workers before the PBA that grants
// it leaves.
#include <errno.h>

#include "app/common/text.h"
#include "app/lma/anchor.h"

enum { IP6_HEADER = 40, SIGNALLING_HOP_LIMIT = 64 };

// One binding more or less of a MAG: its first makes its tunnel packets welcome, its last refused.
static int hold_mag(struct anchor *a, uint32_t mag, struct ip6_addr coa)
{
	if (mag == 0 || mag > a->max_mags)
		return -EINVAL;
	if (a->mag_refs[mag] == 0) {
		int rc = peer_add(a->fib, coa, mag);
		if (rc != 0)
			return rc;
	}
	a->mag_refs[mag]++;
	return 0;
}

static void release_entry(struct anchor *a, uint32_t value)
{
	if (value < BCACHE_FIRST)
		return;
	const struct fwd_tunnel tunnel = entry_get(a->fib, value)->tunnel;
	if (--a->mag_refs[tunnel.peer] == 0)
		peer_del(a->fib, tunnel.remote);
	entry_release(a->fib, value);
}

static void resolve_entry(void *arg, uint32_t index, const struct fwd_entry *entry)
{
	struct anchor *a = arg;
	uint16_t number = route_get(a->fib, entry->tunnel.remote);

	if (atomic_load_explicit(&entry->nexthop, memory_order_relaxed) != number)
		entry_set_nexthop(a->fib, index, number);
	if (nexthop_get(a->fib, number)->kind == NH_GLEAN)
		twin_want(a->twin, entry->tunnel.remote);
}

void effects_resolve(struct anchor *a)
{
	entry_each(a->fib, resolve_entry, a);
}

static int bind(struct anchor *a, const struct lma_action *action)
{
	struct fwd_tunnel tunnel = {action->bind.lmaa, action->bind.coa, action->bind.mag};

	int rc = hold_mag(a, tunnel.peer, tunnel.remote);
	if (rc != 0)
		return rc;
	int64_t index = entry_hold(a->fib, &tunnel, NULL);
	if (index < 0) {
		if (--a->mag_refs[tunnel.peer] == 0)
			peer_del(a->fib, tunnel.remote);
		return (int)index;
	}
	if (entry_refs(a->fib, (uint32_t)index) == 1) {
		entry_set_mtu(a->fib, (uint32_t)index, a->conf->lma.tunnel_mtu);
		resolve_entry(a, (uint32_t)index, entry_get(a->fib, (uint32_t)index));
	}
	uint32_t before = bcache_get(a->bcache, action->bind.hnp);
	rc = bcache_set(a->bcache, action->bind.hnp, (uint32_t)index);
	release_entry(a, rc == 0 ? before : (uint32_t)index);
	return rc;
}

static void unbind(struct anchor *a, struct ip6_prefix hnp)
{
	uint32_t before = bcache_get(a->bcache, hnp);

	if (bcache_del(a->bcache, hnp) == 0)
		release_entry(a, before);
}

static void detach(struct anchor *a, struct ip6_prefix hnp)
{
	uint32_t before = bcache_get(a->bcache, hnp);

	// A change of a present key needs no room, so it cannot fail.
	if (bcache_set(a->bcache, hnp, BCACHE_DETACHED) == 0)
		release_entry(a, before);
}

// The outer IPv6 header of a message of ours.
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

static void send(struct anchor *a, struct ip6_addr src, struct ip6_addr dst, const struct mh *mh)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(a->pool);

	if (m == NULL) {
		a->counters.send_no_mbuf++; // the MAG asks again (RFC 5213 6.9.4)
		return;
	}
	*fwd_punt_of(m) = (struct fwd_punt){.kind = FWD_PUNT_SIGNALLING};
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
	size_t room = rte_pktmbuf_tailroom(m);
	struct writer w = wr_over(data + IP6_HEADER, room - IP6_HEADER);
	if (!mh_emit(&w, src, dst, mh)) {
		a->counters.send_not_encoded++;
		rte_pktmbuf_free(m);
		return;
	}
	write_ip6(data, wr_len(&w), src, dst);
	rte_pktmbuf_append(m, (uint16_t)(IP6_HEADER + wr_len(&w)));
	if (rte_ring_enqueue(a->workers[0].inject, m) != 0) {
		a->counters.send_ring_full++;
		rte_pktmbuf_free(m);
		return;
	}
	a->counters.sent++;
}

static void log_note(struct anchor *a, const struct lma_action *action, ns_t now)
{
	char mag[IP6_ADDR_TEXT], mn_id[128];

	// Accepted updates are counted, not logged; refusals are what somebody has to act on
	// (SEC-06).
	if (action->note.kind != LMA_NOTE_REFUSED)
		return;
	if (!log_allowed(&a->refusals, 10, now))
		return;
	log_line(LOG_WARNING, "%s: mobile node \"%s\", MAG %s, status %u (%s)",
		 lma_note_text(action->note.kind),
		 text_of(action->note.mn_id, mn_id, sizeof(mn_id)),
		 ip6_format(action->note.mag, mag), action->note.status,
		 pba_status_name(action->note.status));
}

void effects_apply(struct anchor *a, struct instant now)
{
	struct lma_action action;

	while (lma_output(a->lma, &action)) {
		switch (action.kind) {
		case LMA_BIND:
			if (bind(a, &action) == 0)
				break;
			a->counters.bind_failed++;
			lma_input(a->lma, now,
				  &(struct lma_event){.kind = LMA_BIND_FAILED,
						      .bind_failed.hnp = action.bind.hnp});
			break;
		case LMA_DETACH:
			detach(a, action.detach.hnp);
			break;
		case LMA_UNBIND:
			unbind(a, action.unbind.hnp);
			break;
		case LMA_SEND:
			send(a, action.send.src, action.send.dst, action.send.mh);
			break;
		case LMA_NOTE:
			log_note(a, &action, now.mono);
			break;
		}
	}
}
