// Kernel events to routes and next hops. What a neighbour is stands in adj.c, which routes there
// are in rib.c.
#include "app/common/twin.h"

#include <errno.h>
#include <stdlib.h>

#include "app/common/adj.h"
#include "app/common/rib.h"

enum { EVENTS_A_TURN = 256, MAX_OWN_ADDRS = 256 };

struct twin {
	struct twin_conf conf;
	struct adj_table adjs;
	struct rib rib;
	struct adj_link links[TWIN_INTERFACES]; // by interface; ifindex 0: not seen yet
	struct ip6_addr own[MAX_OWN_ADDRS];
	unsigned n_own;
	bool changed, lost, unswept;
};

static struct adj_link *link_by_index(struct twin *t, int ifindex)
{
	for (unsigned i = 0; i < t->conf.n_interfaces; i++)
		if (t->links[i].ifindex == ifindex && ifindex != 0)
			return &t->links[i];
	return NULL;
}

static struct adj_link *link_by_name(struct twin *t, const char *netdev)
{
	for (unsigned i = 0; i < t->conf.n_interfaces; i++)
		if (strcmp(t->conf.interfaces[i].netdev, netdev) == 0)
			return &t->links[i];
	return NULL;
}

static void republish_link(struct twin *t, struct adj_link *link)
{
	(void)adj_link_publish(&t->adjs, link);
	for (uint32_t i = 0; i < t->adjs.max; i++)
		if (t->adjs.adjs[i].link == link)
			adj_publish(&t->adjs, i);
}

static void on_link(struct twin *t, const struct kernel_event *e)
{
	struct adj_link *link = link_by_index(t, e->ifindex);

	if (link == NULL && !e->gone)
		link = link_by_name(t, e->link.name);
	if (link == NULL)
		return;
	link->ifindex = e->ifindex;
	link->mtu = e->link.mtu;
	link->up = e->link.up && !e->gone;
	memcpy(link->name, e->link.name, sizeof(link->name));
	memcpy(link->mac, e->link.mac, sizeof(link->mac));
	republish_link(t, link);
}

static void on_addr(struct twin *t, const struct kernel_event *e)
{
	struct adj_link *link = link_by_index(t, e->ifindex);
	struct ip6_addr a = e->addr.addr;

	if (!ip6_is_routable_unicast(a))
		return;
	if (link != NULL && e->gone && ip6_equal(link->addr, a))
		link->addr = (struct ip6_addr){0};
	if (link != NULL && !e->gone && ip6_is_zero(link->addr))
		link->addr = a;
	for (unsigned i = 0; i < t->n_own; i++) {
		if (!ip6_equal(t->own[i], a))
			continue;
		if (e->gone)
			t->own[i] = t->own[--t->n_own];
		return;
	}
	if (!e->gone && t->n_own < MAX_OWN_ADDRS)
		t->own[t->n_own++] = a;
}

// Which next hop a route leads to, and the adjacency behind it if there is one.
static uint16_t resolve(void *arg, const struct rib_route *r, uint32_t *adj)
{
	struct twin *t = arg;
	struct adj_link *link = link_by_index(t, r->ifindex);

	*adj = ADJ_NONE;
	if (r->fixed != NEXTHOP_NONE)
		return r->fixed;
	if (r->type == RIB_LOCAL)
		return NEXTHOP_LOCAL;
	if (r->type != RIB_UNICAST)
		return NEXTHOP_NONE;
	if (link == NULL)
		return NEXTHOP_LOCAL; // over a netdev that is no port of ours
	if (ip6_is_zero(r->gateway))
		return link->glean;
	*adj = adj_get(&t->adjs, link, r->gateway);
	if (*adj == ADJ_NONE)
		return NEXTHOP_NONE;
	struct adj *a = &t->adjs.adjs[*adj];
	if (!a->gateway) {
		a->gateway = true;
		(void)kernel_neigh_manage(t->conf.kernel, link->ifindex, a->addr);
	}
	return a->nexthop;
}

static void hold_adj(void *arg, uint32_t adj, int by)
{
	struct twin *t = arg;

	t->adjs.adjs[adj].refs += (uint32_t)by;
	if (t->adjs.adjs[adj].refs == 0 && t->adjs.adjs[adj].gateway) {
		struct adj *a = &t->adjs.adjs[adj];
		a->gateway = false;
		(void)kernel_neigh_unmanage(t->conf.kernel, a->link->ifindex, a->addr);
	}
}

static void on_route(struct twin *t, const struct kernel_event *e)
{
	struct rib_route r = {
		.dst = e->route.dst,
		.gateway = e->route.gateway,
		.ifindex = e->ifindex,
		.metric = e->route.metric,
		.table = e->route.table,
		.type = rib_type(e->route.type),
	};

	if (e->route.protocol == KERNEL_ROUTE_PROTO || r.type == RIB_OTHER ||
	    ip6_is_multicast(r.dst.addr))
		return;
	if (e->gone)
		rib_del(&t->rib, &r);
	else if (e->route.replaces)
		(void)rib_replace(&t->rib, &r);
	else
		(void)rib_add(&t->rib, &r);
}

// A neighbour on a link of ours with a global address gets a host route: so on-link destinations
// and gateways are one thing to the workers.
static void on_neigh(struct twin *t, const struct kernel_event *e)
{
	struct adj_link *link = link_by_index(t, e->ifindex);
	bool usable = e->neigh.usable && !e->gone;

	if (link == NULL || ip6_is_multicast(e->neigh.addr))
		return;
	uint32_t i = adj_find(&t->adjs, link, e->neigh.addr);
	if (i == ADJ_NONE && usable)
		i = adj_get(&t->adjs, link, e->neigh.addr);
	// Nobody is there: the kernel need not ask for ever. A gateway is asked for as long as it
	// is one.
	if (e->gone && (i == ADJ_NONE || !t->adjs.adjs[i].gateway))
		(void)kernel_neigh_unmanage(t->conf.kernel, link->ifindex, e->neigh.addr);
	if (i == ADJ_NONE)
		return;
	struct adj *a = &t->adjs.adjs[i];
	a->usable = usable;
	if (usable)
		memcpy(a->mac, e->neigh.mac, sizeof(a->mac));
	adj_publish(&t->adjs, i);
	struct rib_route host = {.dst = {a->addr, 128},
				 .ifindex = e->ifindex,
				 .type = RIB_UNICAST,
				 .table = RIB_TABLE_HOST,
				 .fixed = a->nexthop};
	if (usable && !a->host && ip6_is_routable_unicast(a->addr))
		a->host = rib_add(&t->rib, &host) == 0;
	if (!usable && a->host) {
		rib_del(&t->rib, &host);
		a->host = false;
	}
}

static void on_event(void *arg, const struct kernel_event *e)
{
	struct twin *t = arg;

	switch (e->kind) {
	case KERNEL_LINK:
		on_link(t, e);
		break;
	case KERNEL_ADDR:
		on_addr(t, e);
		break;
	case KERNEL_ROUTE:
		on_route(t, e);
		break;
	case KERNEL_NEIGH:
		on_neigh(t, e);
		break;
	case KERNEL_LOST:
		t->lost = true;
		break;
	}
	t->changed = true;
}

int twin_new(const struct twin_conf *conf, struct twin **out)
{
	struct twin *t = calloc(1, sizeof(*t));
	int rc = -ENOMEM;

	if (t == NULL)
		return rc;
	t->conf = *conf;
	for (unsigned i = 0; i < conf->n_interfaces; i++) {
		t->links[i].port = conf->interfaces[i].port;
		t->links[i].vlan = conf->interfaces[i].vlan;
	}
	rc = adj_init(&t->adjs, conf->fib, conf->max_neighbours, conf->seed);
	if (rc == 0)
		rc = rib_init(&t->rib, conf->fib, conf->max_routes, conf->seed, resolve, hold_adj,
			      t);
	for (unsigned i = 0; i < conf->n_pools && rc == 0; i++) {
		struct rib_route pool = {.dst = conf->pools[i],
					 .type = RIB_UNICAST,
					 .table = RIB_TABLE_POOL,
					 .fixed = NEXTHOP_POOL};
		rc = rib_add(&t->rib, &pool);
		if (rc == 0 && conf->kernel != NULL)
			rc = kernel_pool_route_add(conf->kernel, conf->pools[i]);
	}
	if (rc != 0) {
		twin_free(t);
		return rc;
	}
	*out = t;
	return 0;
}

void twin_free(struct twin *t)
{
	if (t == NULL)
		return;
	for (unsigned i = 0; i < t->conf.n_pools && t->conf.kernel != NULL; i++)
		(void)kernel_pool_route_del(t->conf.kernel, t->conf.pools[i]);
	rib_done(&t->rib);
	adj_done(&t->adjs);
	free(t);
}

// Reads everything anew, then forgets what was not seen again.
static int read_all(struct twin *t)
{
	t->lost = false;
	rib_mark(&t->rib);
	int rc = kernel_dump(t->conf.kernel, on_event, t);
	if (rc == 0)
		rib_sweep_marked(&t->rib);
	else
		t->lost = true; // what was told counts; the next turn reads again
	return rc == -EINTR ? 0 : rc;
}

int twin_start(struct twin *t)
{
	int rc = 0;

	t->changed = true;
	if (t->conf.kernel != NULL)
		rc = read_all(t);
	if (rc == 0)
		rc = route_commit(t->conf.fib);
	return rc == -EBUSY ? 0 : rc;
}

bool twin_poll(struct twin *t)
{
	if (t->conf.kernel != NULL) {
		(void)kernel_poll(t->conf.kernel, EVENTS_A_TURN, on_event, t);
		if (t->lost)
			(void)read_all(t);
	}
	bool settled = route_commit(t->conf.fib) == 0;
	bool changed = t->changed;
	// Two turns after a change nobody names an adjacency that lost its routes: the workers'
	// copy is out, and the forwarding entries were resolved anew in between.
	if (settled && !changed && t->unswept) {
		adj_sweep(&t->adjs);
		t->unswept = false;
	}
	t->unswept |= changed;
	if (settled)
		t->changed = false;
	return changed;
}

void twin_want(struct twin *t, struct ip6_addr addr)
{
	const struct nexthop *nh = nexthop_get(t->conf.fib, route_get(t->conf.fib, addr));

	if (t->conf.kernel == NULL || nh->kind != NH_GLEAN)
		return;
	const struct adj_link *link = twin_link(t, nh->port, nh->vlan);
	struct ip6_addr wanted = ip6_is_zero(nh->gateway) ? addr : nh->gateway;
	if (link != NULL)
		(void)kernel_neigh_manage(t->conf.kernel, link->ifindex, wanted);
}

int twin_static_route(struct twin *t, struct ip6_prefix dst, const struct nexthop *nh)
{
	int number = nexthop_add(t->conf.fib, nh);

	if (number < 0)
		return number;
	struct rib_route r = {.dst = dst,
			      .type = RIB_UNICAST,
			      .table = RIB_TABLE_STATIC,
			      .fixed = (uint16_t)number};
	t->changed = true;
	return rib_add(&t->rib, &r);
}

const struct adj_link *twin_link(const struct twin *t, uint16_t port, uint16_t vlan)
{
	for (unsigned i = 0; i < t->conf.n_interfaces; i++)
		if (t->links[i].port == port && t->links[i].vlan == vlan &&
		    t->links[i].ifindex != 0)
			return &t->links[i];
	return NULL;
}

bool twin_has_addr(const struct twin *t, struct ip6_addr a)
{
	for (unsigned i = 0; i < t->n_own; i++)
		if (ip6_equal(t->own[i], a))
			return true;
	return false;
}
