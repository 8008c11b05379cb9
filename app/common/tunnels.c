// Order matters here: a peer is known before an entry of its, an entry before the slot that names
// it; and the other way round when they go.
#include "app/common/tunnels.h"

#include <errno.h>

#include "app/common/path_mtu.h"
#include "bcache/ask.h"

// Its first binding makes a peer's tunnel packets welcome, its last one refused.
static int hold_peer(struct plane *p, uint32_t peer, struct ip6_addr remote)
{
	if (peer == 0 || peer > p->is.max_peers)
		return -EINVAL;
	if (p->peers[peer].refs == 0) {
		int rc = peer_add(p->fib, remote, peer);
		if (rc != 0)
			return rc;
		if (!ip6_equal(p->peers[peer].remote, remote))
			path_mtu_forget(p, peer);
		p->peers[peer].remote = remote;
	}
	p->peers[peer].refs++;
	return 0;
}

static void release_peer(struct plane *p, uint32_t peer)
{
	if (--p->peers[peer].refs == 0)
		peer_del(p->fib, p->peers[peer].remote);
}

// Those that a tunnel's packets come from: one, or two that share its bindings (LMA-BC-12).
static int hold_peers(struct plane *p, const struct fwd_tunnel *t, struct ip6_addr also)
{
	int rc = hold_peer(p, t->peer, t->remote);

	if (rc == 0 && t->also != 0 && (rc = hold_peer(p, t->also, also)) != 0)
		release_peer(p, t->peer);
	return rc;
}

static void release_peers(struct plane *p, const struct fwd_tunnel *t)
{
	release_peer(p, t->peer);
	if (t->also != 0)
		release_peer(p, t->also);
}

static void release_entry(struct plane *p, uint32_t value)
{
	while (value >= BCACHE_FIRST) { // its own, and that of the tunnel to the next MAG
		const struct fwd_entry *e = entry_get(p->fib, value);
		const struct fwd_tunnel tunnel = e->tunnel;
		uint32_t next = e->handover.next;
		release_peers(p, &tunnel);
		entry_release(p->fib, value);
		value = next;
	}
}

// What the prefix had in the cache is there no more: its entry, or the one that it was left with.
static void release_binding(struct plane *p, struct ip6_prefix hnp, uint32_t before)
{
	if (before == BCACHE_DETACHED)
		before = farewells_take(&p->left, hnp);
	if (before != FAREWELL_NONE)
		release_entry(p, before);
}

static void resolve_entry(void *arg, uint32_t index, const struct fwd_entry *entry)
{
	struct plane *p = arg;
	uint16_t number = route_get(p->fib, entry->tunnel.remote);

	if (atomic_load_explicit(&entry->nexthop, memory_order_relaxed) != number)
		entry_set_nexthop(p->fib, index, number);
	if (nexthop_get(p->fib, number)->kind == NH_GLEAN)
		twin_want(p->twin, entry->tunnel.remote);
}

void tunnels_resolve(struct plane *p)
{
	if (!ip6_is_zero(p->is.peer))
		twin_want(p->twin, p->is.peer);
	entry_each(p->fib, resolve_entry, p);
	p->path_mtus_news = true; // the links may have other MTUs now
}

// One more reference to the tunnel's entry: its index, or -errno.
static int64_t hold_entry(struct plane *p, const struct tunnel_way *way)
{
	const struct fwd_tunnel *tunnel = &way->tunnel;
	int rc = hold_peers(p, tunnel, way->also);

	if (rc != 0)
		return rc;
	int64_t index = entry_hold(p->fib, tunnel, &way->access, &way->handover);
	if (index < 0) {
		release_peers(p, tunnel);
	} else if (entry_refs(p->fib, (uint32_t)index) == 1) {
		entry_set_mtu(p->fib, (uint32_t)index, path_mtu_get(p, tunnel->peer));
		resolve_entry(p, (uint32_t)index, entry_get(p->fib, (uint32_t)index));
	}
	return index;
}

int tunnels_keep(struct plane *p, const struct fwd_tunnel *tunnel)
{
	int64_t index = hold_entry(p, &(struct tunnel_way){.tunnel = *tunnel});

	return index < 0 ? (int)index : 0;
}

// The entry, and the one of the tunnel to the next MAG that it names.
static int64_t hold_way(struct plane *p, const struct tunnel_way *way)
{
	struct tunnel_way full = *way;
	int64_t next = 0;

	if (way->next_peer != 0) {
		const struct tunnel_way to_next = {
			.tunnel = {way->tunnel.local, way->next, way->next_peer, 0}};
		next = hold_entry(p, &to_next);
		if (next < 0)
			return next;
		full.handover.next = (uint32_t)next;
	}
	int64_t index = hold_entry(p, &full);
	if (index < 0)
		release_entry(p, (uint32_t)next);
	return index;
}

void tunnels_look_ahead(const struct plane *p, struct ip6_prefix hnp)
{
	const struct bcache_keys keys = bcache_keys(p->bcache);

	// Not bcache_ask: gcc 12 takes a function whose result is not used, and that only
	// prefetches, for one without effect, and leaves it out.
	__builtin_prefetch(keys.lines + (mix64(keys.mix, ip6_hi64(hnp.addr)) >> keys.shift << 6));
}

int tunnels_bind(struct plane *p, struct ip6_prefix hnp, const struct tunnel_way *way)
{
	int64_t index = hold_way(p, way);

	if (index < 0)
		return (int)index;
	uint32_t before = bcache_get(p->bcache, hnp);
	int rc = bcache_set(p->bcache, hnp, (uint32_t)index);
	if (rc == 0)
		release_binding(p, hnp, before);
	else
		release_entry(p, (uint32_t)index);
	return rc;
}

void tunnels_unbind(struct plane *p, struct ip6_prefix hnp)
{
	uint32_t before = bcache_get(p->bcache, hnp);

	if (bcache_del(p->bcache, hnp) == 0)
		release_binding(p, hnp, before);
}

void tunnels_detach(struct plane *p, struct ip6_prefix hnp)
{
	uint32_t before = bcache_get(p->bcache, hnp);

	// A change of a present key needs no room, so it cannot fail. The tunnel stays until the
	// binding goes (LMA-FW-16); without memory to remember it, it goes now.
	if (before < BCACHE_FIRST || bcache_set(p->bcache, hnp, BCACHE_DETACHED) != 0)
		return;
	if (farewells_add(&p->left, hnp, before) != 0)
		release_entry(p, before);
}
