// Building the data plane in order, and taking it down in the reverse one.
//
// Each step is a function that says why it failed. Nothing is steered to us before everything
// behind it runs, and nothing is any more when we begin to stop.
#include "app/common/plane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "app/common/adj.h"
#include "app/common/buffers.h"
#include "app/common/eal.h"
#include "app/common/log.h"
#include "app/common/loop.h"
#include "app/common/ports.h"
#include "app/common/tunnels.h"

enum { PUNT_RING = 4096, WORKER_RING = 1024, FLOW_RING = 2048 };
enum { MAX_ROUTES = 1 << 18, TRY_OUT_ROUTES = 1 << 14, MAX_NEIGHBOURS = 4096 };

static const ns_t links_interval = 100 * NS_MSEC;

// A step that failed: rc, and one line of why.
static int failed(int rc, char *why, size_t n, const char *what)
{
	if (why[0] == '\0')
		snprintf(why, n, "%s: %s", what, strerror(-rc));
	return rc;
}

uint64_t plane_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint64_t)getpid() << 32 ^ loop_now();
	return seed;
}

// A full Internet table needs the memory of a server; a try-out without huge pages has little.
static uint32_t max_routes(const struct conf *conf)
{
	return conf->dataplane.hugepages ? MAX_ROUTES : TRY_OUT_ROUTES;
}

static bool has_driver(const struct conf *conf, enum conf_driver driver)
{
	for (uint32_t i = 0; i < conf->n_ports; i++)
		if (conf->ports[i].driver == driver)
			return true;
	return false;
}

static int start_tables(struct plane *p, char *why, size_t n)
{
	struct bcache_conf cache = {
		.max_bindings = p->is.max_bindings, .seed = plane_seed(), .min_bits = 18};
	struct fib_conf fib = {.max_entries = p->is.max_entries,
			       .max_nexthops = 2 * MAX_NEIGHBOURS,
			       .max_routes = max_routes(p->is.conf),
			       .max_peers = p->is.max_peers,
			       .seed = plane_seed()};

	int rc = grace_new(p->n_workers, &p->grace);
	if (rc == 0)
		rc = bcache_new(&cache, p->grace, &p->bcache);
	if (rc == 0)
		rc = fib_new("routes", &fib, p->grace, &p->fib);
	p->peers = calloc((size_t)p->is.max_peers + 1, sizeof(*p->peers));
	if (rc == 0 && (p->peers == NULL || farewells_init(&p->left, plane_seed()) != 0))
		rc = -ENOMEM;
	if (rc == -ENOMEM)
		snprintf(why, n,
			 "no memory for the workers' tables: raise dataplane.memory_mb (now %u)",
			 p->is.conf->dataplane.memory_mb);
	return rc == 0 ? 0 : failed(rc, why, n, "tables of the workers");
}

static int start_buffers(struct plane *p, char *why, size_t n)
{
	const struct conf *c = p->is.conf;

	p->pool = buffers_create("mbufs", c->dataplane.mbufs,
				 !c->dataplane.hugepages || has_driver(c, CONF_AF_XDP));
	p->punt = rte_ring_create("punt", PUNT_RING, SOCKET_ID_ANY, RING_F_SC_DEQ);
	p->relay = rte_ring_create("relay", PUNT_RING, SOCKET_ID_ANY, RING_F_SC_DEQ);
	if (p->pool != NULL && p->punt != NULL && p->relay != NULL)
		return 0;
	snprintf(why, n,
		 "no memory for %u packet buffers: raise dataplane.memory_mb (now %u) or lower "
		 "dataplane.mbufs",
		 c->dataplane.mbufs, c->dataplane.memory_mb);
	return -ENOMEM;
}

static bool is_access(const struct conf *conf, const char *port)
{
	for (uint32_t i = 0; i < conf->n_interfaces; i++)
		if (strcmp(conf->interfaces[i].port, port) == 0)
			return conf->interfaces[i].role == CONF_ACCESS;
	return false;
}

static int start_ports(struct plane *p, char *why, size_t n)
{
	const char *steer = p->steer != NULL ? steer_object_path(p->steer) : NULL;
	const char *access = p->steer != NULL ? steer_access_object_path(p->steer) : NULL;
	const struct conf *c = p->is.conf;

	for (uint32_t i = 0; i < c->n_ports; i++) {
		struct port *port = NULL;
		int rc = ports_open(&c->ports[i], is_access(c, c->ports[i].name), steer, access,
				    p->pool, &port, why, n);
		if (rc != 0)
			return failed(rc, why, n, c->ports[i].name);
		port->number = (uint16_t)p->n_ports;
		p->link_up[p->n_ports] = true;
		p->ports[p->n_ports++] = port;
	}
	return 0;
}

static struct port *port_by_name(const struct plane *p, const char *name)
{
	for (unsigned i = 0; i < p->n_ports; i++)
		if (strcmp(p->ports[i]->name, name) == 0)
			return p->ports[i];
	return NULL;
}

static int start_interfaces(struct plane *p, char *why, size_t n)
{
	const struct conf *c = p->is.conf;

	for (uint32_t i = 0; i < c->n_interfaces && i < PLANE_INTERFACES; i++) {
		const struct port *port = port_by_name(p, c->interfaces[i].port);
		if (port == NULL)
			return failed(-EINVAL, why, n, c->interfaces[i].name);
		p->interfaces[p->n_interfaces++] =
			(struct plane_interface){.conf = &c->interfaces[i], .port = port->number};
	}
	return relay_start(p, why, n);
}

static int by_address(const void *x, const void *y)
{
	const struct ip6_prefix *a = x, *b = y;

	return memcmp(a->addr.a, b->addr.a, sizeof(a->addr.a));
}

static int start_pools(struct plane *p)
{
	const struct conf *c = p->is.conf;

	p->pools = calloc(c->n_pools + 1, sizeof(*p->pools));
	if (p->pools == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_pools; i++)
		p->pools[i] = c->pools[i].block;
	qsort(p->pools, c->n_pools, sizeof(*p->pools), by_address);
	return 0;
}

static int start_static_routes(struct plane *p)
{
	const struct conf *conf = p->is.conf;

	for (uint32_t i = 0; i < conf->n_nexthops; i++) {
		const struct conf_nexthop *c = &conf->nexthops[i];
		const struct port *port = port_by_name(p, c->port);
		struct nexthop nh = {.kind = NH_PORT, .mtu = c->mtu};
		if (port == NULL)
			return -EINVAL;
		nh.port = port->number;
		nh.l2_len = adj_write_l2(nh.l2, c->mac, c->src_mac, 0);
		int rc = twin_static_route(p->twin, c->to, &nh);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int start_twin(struct plane *p, char *why, size_t n)
{
	struct twin_conf twin = {.fib = p->fib,
				 .pools = p->pools,
				 .n_pools = p->is.conf->n_pools,
				 .max_routes = max_routes(p->is.conf),
				 .max_neighbours = MAX_NEIGHBOURS,
				 .seed = plane_seed()};
	int rc = 0;

	for (unsigned i = 0; i < p->n_interfaces; i++) {
		struct twin_interface *in = &twin.interfaces[twin.n_interfaces];
		if (p->interfaces[i].conf->role == CONF_ACCESS ||
		    p->interfaces[i].conf->twin[0] == '\0')
			continue;
		snprintf(in->netdev, sizeof(in->netdev), "%s", p->interfaces[i].conf->twin);
		in->port = p->interfaces[i].port;
		in->vlan = p->interfaces[i].conf->vlan;
		twin.n_interfaces++;
	}
	if (twin.n_interfaces > 0)
		rc = kernel_open(&p->kernel);
	twin.kernel = p->kernel;
	if (rc == 0)
		rc = twin_new(&twin, &p->twin);
	if (rc == 0)
		rc = start_static_routes(p);
	if (rc == 0)
		rc = twin_start(p->twin);
	return rc == 0 ? 0 : failed(rc, why, n, "the kernel's links, routes and neighbours");
}

static void describe_port(const struct plane *p, const struct plane_interface *in,
			  struct fwd_port *out)
{
	const struct adj_link *link = twin_link(p->twin, in->port, in->conf->vlan);

	out->vlans[in->conf->vlan / 64] |= UINT64_C(1) << in->conf->vlan % 64;
	if (in->conf->role == CONF_ACCESS)
		out->kind = FWD_PORT_ACCESS;
	else if (in->relay.tap != NULL)
		out->kind = FWD_PORT_RELAYED;
	if (link == NULL)
		return;
	memcpy(out->mac, link->mac, sizeof(out->mac));
	if (ip6_is_zero(out->addr))
		out->addr = link->addr;
}

static struct fwd_conf *build_fwd_conf(const struct plane *p)
{
	struct fwd_conf *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	*f = p->is.fwd;
	f->pools = p->pools;
	f->n_pools = p->is.conf->n_pools;
	f->reassembly_packets = p->is.conf->dataplane.reassembly_packets;
	for (unsigned i = 0; i < p->n_ports; i++)
		f->ports[i].spread = plane_spreading(p, p->ports[i]) == SPREADING_WORKERS;
	for (unsigned i = 0; i < p->n_interfaces; i++)
		describe_port(p, &p->interfaces[i], &f->ports[p->interfaces[i].port]);
	return f;
}

static void free_fwd_conf(void *conf, uint64_t unused)
{
	(void)unused;
	free(conf);
}

void plane_publish(struct plane *p)
{
	struct fwd_conf *next = build_fwd_conf(p);
	const struct fwd_conf *old = p->fwd_conf;

	if (next == NULL)
		return; // the old one stays; the next change of a link tries again
	if (old != NULL && memcmp(next, old, sizeof(*next)) == 0) {
		free(next);
		return;
	}
	p->fwd_conf = next;
	for (unsigned i = 0; i < p->n_workers; i++)
		atomic_store_explicit(&p->workers[i].conf, next, memory_order_release);
	if (old != NULL)
		(void)grace_defer(p->grace, free_fwd_conf, (void *)(uintptr_t)old, 0);
}

enum spreading plane_spreading(const struct plane *p, const struct port *port)
{
	if (is_access(p->is.conf, port->name))
		return SPREADING_NONE;
	return spreading_of(p->is.conf->dataplane.spread, p->n_workers, port);
}

static bool is_anything_spread(const struct plane *p)
{
	for (unsigned i = 0; i < p->n_ports; i++)
		if (plane_spreading(p, p->ports[i]) == SPREADING_WORKERS)
			return true;
	return false;
}

static struct rte_ring *new_ring(const char *what, unsigned worker, unsigned n, unsigned flags)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%s%u", what, worker);
	return rte_ring_create(name, n, SOCKET_ID_ANY, flags);
}

static int start_rings(struct plane *p, struct worker *w)
{
	bool spread = is_anything_spread(p), holds = p->is.max_holds > 0;
	unsigned i = w->number;

	w->inject = new_ring("inject", i, WORKER_RING, RING_F_SC_DEQ);
	w->inbox = new_ring("inbox", i, WORKER_RING, RING_F_SC_DEQ);
	p->fragments[i] = new_ring("fragments", i, WORKER_RING, RING_F_SC_DEQ);
	if (holds)
		w->orders = new_ring("orders", i, WORKER_RING, RING_F_SC_DEQ | RING_F_SP_ENQ);
	if (spread)
		p->flows[i] = new_ring("flows", i, FLOW_RING, RING_F_SC_DEQ);
	bool is_short = w->inject == NULL || w->inbox == NULL || p->fragments[i] == NULL ||
			(holds && w->orders == NULL) || (spread && p->flows[i] == NULL);
	return is_short ? -ENOMEM : 0;
}

static int start_worker(struct plane *p, struct worker *w)
{
	struct fwd_init init = {.worker = w->number,
				.bcache = p->bcache,
				.fib = p->fib,
				.pool = p->pool,
				.punt = p->punt,
				.relay = p->relay,
				.telem = &p->telem[w->number],
				.fragments = p->fragments,
				.flows = p->flows[0] != NULL ? p->flows : NULL,
				.n_workers = p->n_workers,
				.common_key = p->common_key,
				.max_holds = p->is.max_holds,
				.seed = plane_seed(),
				.socket = SOCKET_ID_ANY};

	w->grace = p->grace;
	w->telem = &p->telem[w->number];
	w->idle_polls = p->is.conf->dataplane.idle_polls;
	w->idle_sleep_us = p->is.conf->dataplane.idle_sleep_us;
	return fwd_new(&init, p->fwd_conf, &w->fwd);
}

static int start_workers(struct plane *p, char *why, size_t n)
{
	p->common_key = (struct siphash_key){plane_seed(), plane_seed()};
	plane_publish(p);
	int rc = p->fwd_conf != NULL ? 0 : -ENOMEM;
	for (unsigned i = 0; i < p->n_workers && rc == 0; i++) {
		p->workers[i].number = i;
		rc = start_rings(p, &p->workers[i]);
	}
	for (unsigned i = 0; i < p->n_workers && rc == 0; i++)
		rc = start_worker(p, &p->workers[i]);
	if (rc == 0)
		rc = worker_deal(p->workers, p->n_workers, p->ports, p->n_ports);
	return rc == 0 ? 0 : failed(rc, why, n, "workers");
}

int plane_start(struct plane *p, const struct plane_conf *conf, char *why, size_t n)
{
	bool af_xdp = has_driver(conf->conf, CONF_AF_XDP);
	int rc;

	p->is = *conf;
	p->n_workers = conf->conf->dataplane.workers;
	if ((af_xdp && (rc = steer_open(&p->steer, why, n)) != 0) ||
	    (rc = eal_start(conf->program, conf->conf, why, n)) != 0 ||
	    (rc = start_tables(p, why, n)) != 0 || (rc = start_buffers(p, why, n)) != 0 ||
	    (rc = start_ports(p, why, n)) != 0 || (rc = start_interfaces(p, why, n)) != 0 ||
	    (rc = start_pools(p)) != 0 || (rc = start_twin(p, why, n)) != 0 ||
	    (rc = start_workers(p, why, n)) != 0)
		return failed(rc, why, n, "start");
	return 0;
}

void plane_warn_of_addresses(const struct plane *p)
{
	char text[IP6_ADDR_TEXT];

	for (uint32_t i = 0; i < p->is.fwd.n_lmaas && p->kernel != NULL; i++) {
		if (twin_has_addr(p->twin, p->is.fwd.lmaas[i]))
			continue;
		ip6_format(p->is.fwd.lmaas[i], text);
		log_line(LOG_WARNING,
			 "tunnel address %s is on no interface here: nobody answers for it until "
			 "you type: ip addr add %s/128 dev lo",
			 text, text);
	}
}

static int steer_to_us(struct plane *p)
{
	int rc = 0;

	if (p->steer == NULL)
		return 0;
	rc = steer_set_tunnel_addrs(p->steer, p->is.fwd.lmaas, p->is.fwd.n_lmaas);
	if (rc == 0)
		rc = steer_set_pools(p->steer, p->pools, p->is.conf->n_pools);
	return rc;
}

int plane_run(struct plane *p)
{
	for (; p->n_running < p->n_workers; p->n_running++) {
		int rc = rte_eal_remote_launch(worker_run, &p->workers[p->n_running],
					       p->n_running + 1);
		if (rc != 0)
			return rc;
	}
	tunnels_resolve(p);
	return steer_to_us(p);
}

void plane_halt(struct plane *p)
{
	if (p->steer != NULL) {
		(void)steer_set_pools(p->steer, NULL, 0);
		(void)steer_set_tunnel_addrs(p->steer, NULL, 0);
	}
	for (unsigned i = 0; i < p->n_running; i++)
		atomic_store_explicit(&p->workers[i].stop, true, memory_order_relaxed);
	for (unsigned i = 0; i < p->n_running; i++)
		rte_eal_wait_lcore(i + 1);
	p->n_running = 0;
}

void plane_done(struct plane *p)
{
	twin_free(p->twin);
	kernel_close(p->kernel);
	relay_done(p);
	for (unsigned i = 0; i < p->n_workers; i++)
		fwd_free(p->workers[i].fwd);
	for (unsigned i = 0; i < p->n_ports; i++)
		p->ports[i]->ops->close(p->ports[i]);
	waiting_done(&p->waiting);
	fib_free(p->fib);
	bcache_free(p->bcache);
	grace_free(p->grace);
	free((void *)(uintptr_t)p->fwd_conf);
	free(p->pools);
	free(p->peers);
	farewells_done(&p->left);
	steer_close(p->steer);
	rte_eal_cleanup();
}

void plane_links(struct plane *p, ns_t now, plane_link_fn *fn, void *arg)
{
	if (now < p->links_due)
		return;
	p->links_due = now + links_interval;
	for (uint16_t i = 0; i < p->n_ports; i++) {
		enum fwd_port_kind kind = p->fwd_conf->ports[i].kind;
		struct port_link link = {.up = p->link_up[i]};
		if (kind == FWD_PORT_STEERED) // the kernel tells of its netdev
			continue;
		p->ports[i]->ops->link(p->ports[i], &link);
		if (link.up == p->link_up[i])
			continue;
		p->link_up[i] = link.up;
		relay_carrier(p, i, link.up);
		if (fn != NULL)
			fn(arg, i, link.up);
	}
}

uint32_t plane_interface_of(const struct plane *p, uint16_t port, uint16_t vlan)
{
	for (uint32_t i = 0; i < p->n_interfaces; i++)
		if (p->interfaces[i].port == port && p->interfaces[i].conf->vlan == vlan)
			return i;
	return UINT32_MAX;
}
