// Order matters here: a peer is known before an entry of its, an entry before the slot that names
// it; and the other way round when they go.
#include "app/common/tunnels.h"

#include <errno.h>

// Its first binding makes a peer's tunnel packets welcome, its last one refused.
static int hold_peer(struct plane *p, const struct fwd_tunnel *t)
{
	if (t->peer == 0 || t->peer > p->is.max_peers)
		return -EINVAL;
	if (p->peer_refs[t->peer] == 0) {
		int rc = peer_add(p->fib, t->remote, t->peer);
		if (rc != 0)
			return rc;
	}
	p->peer_refs[t->peer]++;
	return 0;
}

static void release_peer(struct plane *p, const struct fwd_tunnel *t)
{
	if (--p->peer_refs[t->peer] == 0)
		peer_del(p->fib, t->remote);
}

static void release_entry(struct plane *p, uint32_t value)
{
	if (value < BCACHE_FIRST)
		return;
	const struct fwd_tunnel tunnel = entry_get(p->fib, value)->tunnel;
	release_peer(p, &tunnel);
	entry_release(p->fib, value);
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
}

int tunnels_bind(struct plane *p, struct ip6_prefix hnp, const struct fwd_tunnel *tunnel,
		 const struct fwd_access *access, uint16_t path_mtu)
{
	int rc = hold_peer(p, tunnel);

	if (rc != 0)
		return rc;
	int64_t index = entry_hold(p->fib, tunnel, access);
	if (index < 0) {
		release_peer(p, tunnel);
		return (int)index;
	}
	if (entry_refs(p->fib, (uint32_t)index) == 1) {
		entry_set_mtu(p->fib, (uint32_t)index, path_mtu);
		resolve_entry(p, (uint32_t)index, entry_get(p->fib, (uint32_t)index));
	}
	uint32_t before = bcache_get(p->bcache, hnp);
	rc = bcache_set(p->bcache, hnp, (uint32_t)index);
	release_entry(p, rc == 0 ? before : (uint32_t)index);
	return rc;
}

void tunnels_unbind(struct plane *p, struct ip6_prefix hnp)
{
	uint32_t before = bcache_get(p->bcache, hnp);

	if (bcache_del(p->bcache, hnp) == 0)
		release_entry(p, before);
}

void tunnels_detach(struct plane *p, struct ip6_prefix hnp)
{
	uint32_t before = bcache_get(p->bcache, hnp);

	// A change of a present key needs no room, so it cannot fail.
	if (bcache_set(p->bcache, hnp, BCACHE_DETACHED) == 0)
		release_entry(p, before);
}
