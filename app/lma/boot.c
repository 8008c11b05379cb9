// Building the anchor in order, and taking it down in the reverse one.
//
// Each step is a function that says why it failed. Nothing is steered to us before everything
// behind it runs, and nothing is any more when we begin to stop.
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "app/common/adj.h"
#include "app/common/eal.h"
#include "app/lma/anchor.h"
#include "drivers/af_xdp/af_xdp.h"
#include "drivers/mem/mem.h"

enum { PUNT_RING = 4096, WORKER_RING = 1024, MEM_PORT_DEPTH = 1024, MBUF_CACHE = 256 };
enum {
	MAX_ROUTES = 1 << 18,
	TRY_OUT_ROUTES = 1 << 14,
	MAX_NEIGHBOURS = 4096,
	MBUF_ROOM = 2048 + RTE_PKTMBUF_HEADROOM
};

// A step that failed: rc, and one line of why.
static int failed(int rc, char *why, size_t n, const char *what)
{
	if (why[0] == '\0')
		snprintf(why, n, "%s: %s", what, strerror(-rc));
	return rc;
}

static uint64_t random_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint64_t)getpid() << 32 ^ control_now();
	return seed;
}

// A full Internet table needs the memory of a server; a try-out without huge pages has little.
static uint32_t max_routes(const struct conf *conf)
{
	return conf->dataplane.hugepages ? MAX_ROUTES : TRY_OUT_ROUTES;
}

static bool has_af_xdp(const struct conf *conf)
{
	for (uint32_t i = 0; i < conf->n_ports; i++)
		if (conf->ports[i].driver == CONF_AF_XDP)
			return true;
	return false;
}

static int start_management(struct anchor *a, char *why, size_t n)
{
	const char *path = a->conf->management.socket;

	int rc = mgmt_open(path, show_commands, a, &a->mgmt);
	if (rc == -EADDRINUSE)
		snprintf(why, n,
			 "another instance answers on %s: stop it, or give this one another "
			 "management.socket",
			 path);
	else if (rc != 0)
		snprintf(why, n, "management socket %s: %s; does its directory exist?", path,
			 strerror(-rc));
	return rc;
}

static int start_tables(struct anchor *a, char *why, size_t n)
{
	const struct conf *c = a->conf;
	struct bcache_conf cache = {
		.max_bindings = c->lma.max_bindings, .seed = random_seed(), .min_bits = 18};
	struct fib_conf fib = {.max_entries = c->lma.max_mags + 64,
			       .max_nexthops = 2 * MAX_NEIGHBOURS,
			       .max_routes = max_routes(a->conf),
			       .max_peers = c->lma.max_mags,
			       .seed = random_seed()};

	int rc = grace_new(a->n_workers, &a->grace);
	if (rc == 0)
		rc = bcache_new(&cache, a->grace, &a->bcache);
	if (rc == 0)
		rc = fib_new("routes", &fib, a->grace, &a->fib);
	a->max_mags = c->lma.max_mags;
	a->mag_refs = calloc((size_t)a->max_mags + 1, sizeof(*a->mag_refs));
	if (rc == 0 && a->mag_refs == NULL)
		rc = -ENOMEM;
	if (rc == -ENOMEM)
		snprintf(why, n,
			 "no memory for the workers' tables: raise dataplane.memory_mb (now %u)",
			 c->dataplane.memory_mb);
	return rc == 0 ? 0 : failed(rc, why, n, "tables of the workers");
}

static int start_buffers(struct anchor *a, char *why, size_t n)
{
	a->pool = rte_pktmbuf_pool_create("mbufs", a->conf->dataplane.mbufs, MBUF_CACHE,
					  RTE_ALIGN(sizeof(struct fwd_punt), RTE_MBUF_PRIV_ALIGN),
					  MBUF_ROOM, SOCKET_ID_ANY);
	a->punt = rte_ring_create("punt", PUNT_RING, SOCKET_ID_ANY, RING_F_SC_DEQ);
	if (a->pool != NULL && a->punt != NULL)
		return 0;
	snprintf(why, n,
		 "no memory for %u packet buffers: raise dataplane.memory_mb (now %u) or lower "
		 "dataplane.mbufs",
		 a->conf->dataplane.mbufs, a->conf->dataplane.memory_mb);
	return -ENOMEM;
}

static int open_port(struct anchor *a, const struct conf_port *c, struct port **out, char *why,
		     size_t n)
{
	if (c->driver == CONF_MEM)
		return mem_open(c->name, MEM_PORT_DEPTH, out);
	struct af_xdp_conf xdp = {.name = c->name,
				  .netdev = c->netdev,
				  .queues = c->queues,
				  .xdp_object = steer_object_path(a->steer),
				  .pool = a->pool};
	return af_xdp_open(&xdp, out, why, n);
}

static int start_ports(struct anchor *a, char *why, size_t n)
{
	for (uint32_t i = 0; i < a->conf->n_ports; i++) {
		struct port *port = NULL;
		int rc = open_port(a, &a->conf->ports[i], &port, why, n);
		if (rc != 0)
			return failed(rc, why, n, a->conf->ports[i].name);
		port->number = (uint16_t)a->n_ports;
		a->ports[a->n_ports++] = port;
	}
	return 0;
}

static int by_address(const void *x, const void *y)
{
	const struct ip6_prefix *a = x, *b = y;

	return memcmp(a->addr.a, b->addr.a, sizeof(a->addr.a));
}

static int start_pools(struct anchor *a)
{
	a->pool_blocks = calloc(a->conf->n_pools + 1, sizeof(*a->pool_blocks));
	if (a->pool_blocks == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < a->conf->n_pools; i++)
		a->pool_blocks[i] = a->conf->pools[i].block;
	qsort(a->pool_blocks, a->conf->n_pools, sizeof(*a->pool_blocks), by_address);
	return 0;
}

static struct port *port_by_name(const struct anchor *a, const char *name)
{
	for (unsigned i = 0; i < a->n_ports; i++)
		if (strcmp(a->ports[i]->name, name) == 0)
			return a->ports[i];
	return NULL;
}

static int start_static_routes(struct anchor *a)
{
	for (uint32_t i = 0; i < a->conf->n_nexthops; i++) {
		const struct conf_nexthop *c = &a->conf->nexthops[i];
		const struct port *port = port_by_name(a, c->port);
		struct nexthop nh = {.kind = NH_PORT, .l2_len = 14, .mtu = c->mtu};
		if (port == NULL)
			return -EINVAL;
		nh.port = port->number;
		memcpy(nh.l2, c->mac, 6);
		memcpy(nh.l2 + 6, c->src_mac, 6);
		nh.l2[12] = 0x86;
		nh.l2[13] = 0xdd;
		int rc = twin_static_route(a->twin, c->to, &nh);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int start_twin(struct anchor *a, char *why, size_t n)
{
	struct twin_conf twin = {.fib = a->fib,
				 .ports = a->ports,
				 .n_ports = a->n_ports,
				 .pools = a->pool_blocks,
				 .n_pools = a->conf->n_pools,
				 .max_routes = max_routes(a->conf),
				 .max_neighbours = MAX_NEIGHBOURS,
				 .seed = random_seed()};
	int rc = 0;

	if (has_af_xdp(a->conf))
		rc = kernel_open(&a->kernel);
	twin.kernel = a->kernel;
	if (rc == 0)
		rc = twin_new(&twin, &a->twin);
	if (rc == 0)
		rc = start_static_routes(a);
	if (rc == 0)
		rc = twin_start(a->twin);
	return rc == 0 ? 0 : failed(rc, why, n, "the kernel's links, routes and neighbours");
}

static int start_engine(struct anchor *a, char *why, size_t n)
{
	const struct conf *c = a->conf;
	struct lma_mag_conf *mags = calloc(c->n_mags + 1, sizeof(*mags));
	struct lma_pool_conf *pools = calloc(c->n_pools + 1, sizeof(*pools));
	struct lma_profile_conf *profiles = calloc(c->n_profiles + 1, sizeof(*profiles));
	struct instant now = {control_now(), 0};

	if (mags != NULL && pools != NULL && profiles != NULL) {
		for (uint32_t i = 0; i < c->n_mags; i++) {
			snprintf(mags[i].name, sizeof(mags[i].name), "%s", c->mags[i].name);
			mags[i].from = c->mags[i].from;
		}
		for (uint32_t i = 0; i < c->n_pools; i++) {
			snprintf(pools[i].name, sizeof(pools[i].name), "%s", c->pools[i].name);
			pools[i].block = c->pools[i].block;
			pools[i].hnp_len = c->pools[i].hnp_len;
		}
		for (uint32_t i = 0; i < c->n_profiles; i++) {
			snprintf(profiles[i].key, sizeof(profiles[i].key), "%s",
				 c->profiles[i].match);
			profiles[i].permit = c->profiles[i].permit;
		}
		struct lma_conf lma = {
			.mags = mags,
			.pools = pools,
			.profiles = profiles,
			.n_mags = c->n_mags,
			.n_pools = c->n_pools,
			.n_profiles = c->n_profiles,
			.max_bindings = c->lma.max_bindings,
			.max_mags = c->lma.max_mags,
			.sessions_per_mn = c->lma.sessions_per_mn,
			.max_lifetime_s = c->lma.max_lifetime_s,
			.min_delay_before_bce_delete =
				c->lma.min_delay_before_bce_delete_ms * NS_MSEC,
			.max_delay_before_new_bce_assign =
				c->lma.max_delay_before_new_bce_assign_ms * NS_MSEC,
			.timestamp_validity_window = c->lma.timestamp_validity_window_ms * NS_MSEC,
			.prefix_quarantine = c->lma.prefix_quarantine_ms * NS_MSEC,
			.mobile_node_generated_timestamp = c->lma.mobile_node_generated_timestamp,
		};
		a->lma = lma_new(&lma, random_seed(), now);
	}
	free(mags);
	free(pools);
	free(profiles);
	return a->lma != NULL ? 0 : failed(-ENOMEM, why, n, "protocol engine");
}

static struct fwd_conf *build_fwd_conf(const struct anchor *a)
{
	struct fwd_conf *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->n_lmaas = a->conf->lma.n_addresses;
	memcpy(f->lmaas, a->conf->lma.addresses, f->n_lmaas * sizeof(f->lmaas[0]));
	f->pools = a->pool_blocks;
	f->n_pools = a->conf->n_pools;
	f->ecn = a->conf->lma.ecn == CONF_ECN_RFC5213 ? FWD_ECN_RFC5213 : FWD_ECN_RFC6040;
	f->icmp_rate = a->conf->lma.icmp_rate;
	f->signalling_rate = a->conf->lma.signalling_rate;
	for (uint16_t i = 0; i < a->n_ports; i++) {
		const struct adj_link *link = twin_link(a->twin, i);
		if (link == NULL)
			continue;
		memcpy(f->ports[i].mac, link->mac, sizeof(link->mac));
		f->ports[i].addr = link->addr;
	}
	return f;
}

static void free_fwd_conf(void *conf, uint64_t unused)
{
	(void)unused;
	free(conf);
}

void anchor_publish_conf(struct anchor *a)
{
	struct fwd_conf *next = build_fwd_conf(a);
	const struct fwd_conf *old = a->fwd_conf;

	if (next == NULL)
		return; // the old one stays; the next change of a link tries again
	if (old != NULL && memcmp(next, old, sizeof(*next)) == 0) {
		free(next);
		return;
	}
	a->fwd_conf = next;
	for (unsigned i = 0; i < a->n_workers; i++)
		atomic_store_explicit(&a->workers[i].conf, next, memory_order_release);
	if (old != NULL)
		(void)grace_defer(a->grace, free_fwd_conf, (void *)(uintptr_t)old, 0);
}

static int start_worker(struct anchor *a, struct worker *w)
{
	char name[RTE_RING_NAMESIZE];
	struct fwd_init init = {.worker = w->number,
				.bcache = a->bcache,
				.fib = a->fib,
				.pool = a->pool,
				.punt = a->punt,
				.telem = &a->telem[w->number],
				.seed = random_seed(),
				.socket = SOCKET_ID_ANY};

	w->grace = a->grace;
	w->telem = &a->telem[w->number];
	w->idle_polls = a->conf->dataplane.idle_polls;
	w->idle_sleep_us = a->conf->dataplane.idle_sleep_us;
	snprintf(name, sizeof(name), "inject%u", w->number);
	w->inject = rte_ring_create(name, WORKER_RING, SOCKET_ID_ANY, RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "inbox%u", w->number);
	w->inbox = rte_ring_create(name, WORKER_RING, SOCKET_ID_ANY, RING_F_SC_DEQ);
	if (w->inject == NULL || w->inbox == NULL)
		return -ENOMEM;
	return fwd_new(&init, a->fwd_conf, &w->fwd);
}

static int start_workers(struct anchor *a, char *why, size_t n)
{
	anchor_publish_conf(a);
	int rc = a->fwd_conf != NULL ? 0 : -ENOMEM;
	for (unsigned i = 0; i < a->n_workers && rc == 0; i++) {
		a->workers[i].number = i;
		rc = start_worker(a, &a->workers[i]);
	}
	if (rc == 0)
		rc = worker_deal(a->workers, a->n_workers, a->ports, a->n_ports);
	return rc == 0 ? 0 : failed(rc, why, n, "workers");
}

static void warn_of_addresses(const struct anchor *a)
{
	char text[IP6_ADDR_TEXT];

	for (uint32_t i = 0; i < a->conf->lma.n_addresses && a->kernel != NULL; i++) {
		if (twin_has_addr(a->twin, a->conf->lma.addresses[i]))
			continue;
		ip6_format(a->conf->lma.addresses[i], text);
		log_line(LOG_WARNING,
			 "lma address %s is on no interface here: nobody answers for it until "
			 "you type: ip addr add %s/128 dev lo",
			 text, text);
	}
}

int anchor_check(const struct conf *c, char *why, size_t n)
{
	for (uint32_t i = 0; i < c->n_interfaces; i++) {
		if (c->interfaces[i].vlan == 0)
			continue;
		snprintf(why, n,
			 "%s: interface %s: tagged interfaces are not served yet: leave vlan out "
			 "and "
			 "have the switch untag it",
			 c->path, c->interfaces[i].name);
		return -ENOTSUP;
	}
	return 0;
}

int anchor_start(struct anchor *a, char *why, size_t n)
{
	int rc;

	a->started = control_now();
	a->n_workers = a->conf->dataplane.workers;
	if ((rc = anchor_check(a->conf, why, n)) != 0 || (rc = start_management(a, why, n)) != 0 ||
	    (has_af_xdp(a->conf) && (rc = steer_open(&a->steer, why, n)) != 0) ||
	    (rc = eal_start("kedge-lma", a->conf, why, n)) != 0 ||
	    (rc = start_tables(a, why, n)) != 0 || (rc = start_buffers(a, why, n)) != 0 ||
	    (rc = start_ports(a, why, n)) != 0 || (rc = start_pools(a)) != 0 ||
	    (rc = start_twin(a, why, n)) != 0 || (rc = start_engine(a, why, n)) != 0 ||
	    (rc = start_workers(a, why, n)) != 0)
		return failed(rc, why, n, "start");
	warn_of_addresses(a);
	return 0;
}

// From here on packets are ours.
static int steer_to_us(struct anchor *a)
{
	int rc = 0;

	if (a->steer == NULL)
		return 0;
	rc = steer_set_tunnel_addrs(a->steer, a->conf->lma.addresses, a->conf->lma.n_addresses);
	if (rc == 0)
		rc = steer_set_pools(a->steer, a->pool_blocks, a->conf->n_pools);
	return rc;
}

int anchor_run_workers(struct anchor *a)
{
	for (; a->n_running < a->n_workers; a->n_running++) {
		int rc = rte_eal_remote_launch(worker_run, &a->workers[a->n_running],
					       a->n_running + 1);
		if (rc != 0)
			return rc;
	}
	return steer_to_us(a);
}

void anchor_stop(struct anchor *a)
{
	if (a->steer != NULL) {
		(void)steer_set_pools(a->steer, NULL, 0);
		(void)steer_set_tunnel_addrs(a->steer, NULL, 0);
	}
	for (unsigned i = 0; i < a->n_running; i++)
		atomic_store_explicit(&a->workers[i].stop, true, memory_order_relaxed);
	for (unsigned i = 0; i < a->n_running; i++)
		rte_eal_wait_lcore(i + 1);
	mgmt_close(a->mgmt);
	twin_free(a->twin);
	kernel_close(a->kernel);
	for (unsigned i = 0; i < a->n_workers; i++)
		fwd_free(a->workers[i].fwd);
	for (unsigned i = 0; i < a->n_ports; i++)
		a->ports[i]->ops->close(a->ports[i]);
	waiting_done(&a->waiting);
	lma_free(a->lma);
	fib_free(a->fib);
	bcache_free(a->bcache);
	grace_free(a->grace);
	free((void *)(uintptr_t)a->fwd_conf);
	free(a->pool_blocks);
	free(a->mag_refs);
	steer_close(a->steer);
	conf_free(a->conf);
	rte_eal_cleanup();
}
