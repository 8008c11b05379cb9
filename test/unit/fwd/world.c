// The network of world.h. Knows no test framework: the fuzzer uses it too.
#include "test/unit/fwd/world.h"

#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

const uint8_t mac_a[6] = {2, 0, 0, 0, 1, 0x0a}, mac_b[6] = {2, 0, 0, 0, 1, 0x0b};
const uint8_t mac_e[6] = {2, 0, 0, 0, 1, 0x0e}, mac_stranger[6] = {2, 0, 0, 0, 1, 0x0c};
const uint8_t access_mac[6] = {0, 0, 0x5e, 0, 0x52, 0x13};
static const uint8_t our_mac[N_PORTS][6] = {
	{2, 0, 0, 0, 0, 0x10}, {2, 0, 0, 0, 0, 0x11}, {0, 0, 0x5e, 0, 0x52, 0x13}};
static const uint8_t peer_mac[N_PORTS][6] = {
	{2, 0, 0, 0, 0, 0x20}, {2, 0, 0, 0, 0, 0x21}, {2, 0, 0, 0, 1, 0x0a}};

static struct ip6_prefix pools[2];

struct ip6_addr addr(const char *text)
{
	struct ip6_addr a;

	if (ip6_parse(text, &a) != 0)
		abort();
	return a;
}

static struct ip6_prefix prefix(const char *text, uint8_t len)
{
	return ip6_prefix_of(addr(text), len);
}

static struct nexthop port_nexthop(uint16_t port)
{
	struct nexthop nh = {.kind = NH_PORT, .port = port, .mtu = 1500, .l2_len = L2_LEN};

	memcpy(nh.l2, peer_mac[port], 6);
	memcpy(nh.l2 + 6, our_mac[port], 6);
	nh.l2[12] = 0x86;
	nh.l2[13] = 0xdd;
	return nh;
}

static int add_routes(struct world *w)
{
	const struct nexthop core = port_nexthop(CORE), backbone = port_nexthop(BACKBONE);
	const struct nexthop glean = {.kind = NH_GLEAN, .port = CORE, .mtu = 1500};
	w->nh_core = (uint16_t)nexthop_add(w->fib, &core);
	w->nh_backbone = (uint16_t)nexthop_add(w->fib, &backbone);
	w->nh_glean = (uint16_t)nexthop_add(w->fib, &glean);
	int rc = route_set(w->fib, prefix(CN, 48), w->nh_core) |
		 route_set(w->fib, prefix(COA1, 48), w->nh_backbone) |
		 route_set(w->fib, prefix(COA2, 48), w->nh_backbone) |
		 route_set(w->fib, prefix(LMA1, 48), w->nh_backbone) |
		 route_set(w->fib, prefix(FAR, 48), w->nh_glean) |
		 route_set(w->fib, prefix(OWN, 128), NEXTHOP_LOCAL) |
		 route_set(w->fib, pools[0], NEXTHOP_POOL) |
		 route_set(w->fib, pools[1], NEXTHOP_POOL);
	while (rc == 0 && (rc = route_commit(w->fib)) == -EBUSY) {
		grace_poll(w->grace);
		rc = 0;
	}
	return rc;
}

static int add_nodes(struct world *w)
{
	const struct fwd_tunnel t1 = {addr(LMAA), addr(COA1), MAG1, 0};
	const struct fwd_tunnel t2 = {addr(LMAA), addr(COA2), MAG2, 0};
	w->entries[0] = (uint32_t)entry_hold(w->fib, &t1, NULL, NULL);
	w->entries[1] = (uint32_t)entry_hold(w->fib, &t2, NULL, NULL);
	return bcache_set(w->bcache, prefix(MN1, 64), w->entries[0]) |
	       bcache_set(w->bcache, prefix(MN2, 64), w->entries[1]) |
	       bcache_set(w->bcache, prefix(MN3, 64), BCACHE_DETACHED) |
	       peer_add(w->fib, addr(COA1), MAG1) | peer_add(w->fib, addr(COA2), MAG2);
}

// Bound all the time: an LMA's packets have nothing to do with these prefixes.
static int add_attached_nodes(struct world *w)
{
	const struct fwd_tunnel t1 = {addr(COA), addr(LMA1), PEER_LMA1, 0};
	const struct fwd_tunnel t2 = {addr(COA), addr(LMA2), PEER_LMA2, 0};
	struct fwd_access a = {.port = ACCESS, .mtu = 1500}, b = a;

	memcpy(a.mac, mac_a, sizeof(a.mac));
	memcpy(b.mac, mac_b, sizeof(b.mac));
	b.vlan = VLAN_B;
	struct fwd_access e = b;
	memcpy(e.mac, mac_e, sizeof(e.mac));
	w->nodes[A] = (uint32_t)entry_hold(w->fib, &t1, &a, NULL);
	w->nodes[B] = (uint32_t)entry_hold(w->fib, &t1, &b, NULL);
	w->nodes[E] = (uint32_t)entry_hold(w->fib, &t2, &e, NULL);
	return bcache_set(w->bcache, prefix(NODE_A, 64), w->nodes[A]) |
	       bcache_set(w->bcache, prefix(NODE_B, 64), w->nodes[B]) |
	       bcache_set(w->bcache, prefix(NODE_E, 64), w->nodes[E]) |
	       bcache_set(w->bcache, prefix(NODE_C, 64), BCACHE_DETACHED) |
	       peer_add(w->fib, addr(LMA1), PEER_LMA1) | peer_add(w->fib, addr(LMA2), PEER_LMA2);
}

int world_boot(struct world *w, const char *file_prefix)
{
	char prefix_arg[64];
	snprintf(prefix_arg, sizeof(prefix_arg), "--file-prefix=%s", file_prefix);
	char *argv[] = {(char *)"world", (char *)"--no-huge", (char *)"--no-shconf",
			(char *)"-m",    (char *)"256",       (char *)"--no-pci",
			(char *)"-l",    (char *)"0",         (char *)"--log-level=error",
			prefix_arg};
	if (rte_eal_init(sizeof(argv) / sizeof(argv[0]), argv) < 0)
		return -1;
	pools[0] = prefix("2001:db8:1000::", 40);
	pools[1] = prefix("2001:db8:2000::", 40);
	uint16_t priv = RTE_ALIGN(sizeof(struct fwd_punt), RTE_MBUF_PRIV_ALIGN);
	w->pool = rte_pktmbuf_pool_create("world", WORLD_MBUFS, 0, priv,
					  RTE_PKTMBUF_HEADROOM + FRAME_MAX, SOCKET_ID_ANY);
	w->punt = rte_ring_create("punt", 64, SOCKET_ID_ANY, RING_F_SC_DEQ);
	w->relay = rte_ring_create("relay", 64, SOCKET_ID_ANY, RING_F_SC_DEQ);
	const struct bcache_conf bc = {.max_bindings = 64, .seed = 1, .min_bits = 8};
	const struct fib_conf fc = {.max_entries = 64,
				    .max_nexthops = 64,
				    .max_routes = 64,
				    .max_peers = 64,
				    .seed = 1};
	if (w->pool == NULL || w->punt == NULL || w->relay == NULL ||
	    grace_new(1, &w->grace) != 0 || bcache_new(&bc, w->grace, &w->bcache) != 0 ||
	    fib_new("world", &fc, w->grace, &w->fib) != 0)
		return -1;
	if (add_routes(w) != 0 || add_nodes(w) != 0 || add_attached_nodes(w) != 0)
		return -1;
	return mem_open("core", 256, &w->ports[CORE]) |
	       mem_open("backbone", 256, &w->ports[BACKBONE]) |
	       mem_open("access", 256, &w->ports[ACCESS]);
}

struct fwd_entry *world_entry(struct world *w, int node)
{
	return (struct fwd_entry *)(uintptr_t)entry_get(w->fib, w->nodes[node]);
}

void world_open(struct world *w, int node)
{
	world_entry(w, node)->access.flags = FWD_LOCAL;
}

int world_start(struct world *w)
{
	const struct nexthop core = port_nexthop(CORE), backbone = port_nexthop(BACKBONE);

	memset(&w->telem, 0, sizeof(w->telem));
	memset(&w->conf, 0, sizeof(w->conf));
	w->conf.lmaas[0] = addr(LMAA);
	w->conf.n_lmaas = 1;
	w->conf.pools = pools;
	w->conf.n_pools = 2;
	w->conf.icmp_rate = 1000;
	w->conf.signalling_rate = 20;
	w->conf.attach_rate = 10;
	w->conf.relay_rate = 32;
	w->conf.reassembly_packets = 64;
	w->conf.hold_node_bytes = w->conf.hold_bytes = 1 << 30;
	w->conf.hold_age = 3600 * NS_SEC;
	w->conf.hold_drain_rate = 1000;
	for (int i = 0; i < N_PORTS; i++)
		memcpy(w->conf.ports[i].mac, our_mac[i], 6), w->conf.ports[i].vlans[0] = 1;
	w->now = NS_SEC;
	if (nexthop_change(w->fib, w->nh_core, &core) != 0 ||
	    nexthop_change(w->fib, w->nh_backbone, &backbone) != 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		entry_set_nexthop(w->fib, w->entries[i], w->nh_backbone);
		entry_set_mtu(w->fib, w->entries[i], 1500);
	}
	for (int i = 0; i < N_NODES; i++) {
		entry_set_nexthop(w->fib, w->nodes[i], w->nh_backbone);
		entry_set_mtu(w->fib, w->nodes[i], 1500);
		world_entry(w, i)->access.flags = 0;
		world_entry(w, i)->access.mtu = 1500;
	}
	const struct fwd_init init = {.bcache = w->bcache,
				      .fib = w->fib,
				      .pool = w->pool,
				      .punt = w->punt,
				      .relay = w->relay,
				      .telem = &w->telem,
				      .max_holds = WORLD_HOLDS,
				      .seed = 7};
	return fwd_new(&init, &w->conf, &w->fwd);
}

void world_become_mag(struct world *w)
{
	w->conf.role = FWD_MAG;
	w->conf.lmaas[0] = addr(COA);
	w->conf.n_pools = 0;
	memcpy(w->conf.access_mac, access_mac, sizeof(access_mac));
	w->conf.ports[ACCESS] =
		(struct fwd_port){.kind = FWD_PORT_ACCESS, .vlans = {1 | 1u << VLAN_B}};
	world_publish(w);
}

void world_publish(struct world *w)
{
	fwd_set_conf(w->fwd, &w->conf);
}

bool world_stop(struct world *w)
{
	static struct frame f;
	struct fwd_punt note;

	for (uint16_t port = 0; port < N_PORTS; port++)
		while (world_take(w, port, &f))
			;
	while (world_punted(w, &note, &f))
		;
	while (world_relayed(w, &note, &f))
		;
	for (int v = 0; v < N_VERDICTS; v++)
		w->seen[v] += w->telem.verdicts[v];
	fwd_free(w->fwd);
	w->fwd = NULL;
	grace_poll(w->grace);
	return rte_mempool_avail_count(w->pool) == WORLD_MBUFS;
}

bool world_balanced(const struct world *w)
{
	uint64_t sum = fwd_held(w->fwd);

	for (int v = 0; v < N_VERDICTS; v++)
		sum += w->telem.verdicts[v];
	return w->telem.received + w->telem.originated + w->telem.fragmented == sum;
}

void world_output(struct world *w)
{
	for (uint16_t port = 0; port < N_PORTS; port++) {
		struct fwd_out *out = fwd_out(w->fwd, port);
		uint16_t sent = port_tx(w->ports[port], 0, out->pkts, out->n);
		fwd_sent(w->fwd, port, sent, V_DROP_TX_FULL);
	}
}

void world_turn(struct world *w)
{
	struct rte_mbuf *pkts[FWD_BURST];

	world_publish(w);
	fwd_turn(w->fwd, w->now);
	for (uint16_t port = 0; port < N_PORTS; port++) {
		uint16_t n = port_rx(w->ports[port], 0, pkts, FWD_BURST);
		fwd_burst(w->fwd, port, pkts, n, w->now);
	}
	fwd_flush(w->fwd);
	world_output(w);
}

static void free_heap(void *buf, void *info)
{
	free(buf);
	free(info);
}

static void put_on_heap(struct rte_mbuf *m, uint16_t n)
{
	struct rte_mbuf_ext_shared_info *info = calloc(1, sizeof(*info));
	uint16_t size = (uint16_t)(RTE_PKTMBUF_HEADROOM + n);
	void *buf = malloc(size);

	if (info == NULL || buf == NULL)
		abort();
	info->free_cb = free_heap;
	info->fcb_opaque = info;
	rte_mbuf_ext_refcnt_set(info, 1);
	rte_pktmbuf_attach_extbuf(m, buf, RTE_BAD_IOVA, size, info);
}

struct rte_mbuf *world_mbuf(struct world *w, const struct frame *f, uint16_t at)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);

	if (m == NULL)
		return NULL;
	if (at == AT_HEAP)
		put_on_heap(m, f->n);
	m->data_off = at == AT_HEAP ? RTE_PKTMBUF_HEADROOM : at;
	void *p = rte_pktmbuf_append(m, f->n);
	if (p == NULL)
		abort();
	memcpy(p, f->b, f->n);
	if (m->priv_size >= sizeof(struct fwd_punt)) // what it carried before
		*fwd_punt_of(m) = (struct fwd_punt){0};
	return m;
}

static void copy_out(struct rte_mbuf *m, struct frame *out)
{
	out->n = rte_pktmbuf_data_len(m);
	memcpy(out->b, rte_pktmbuf_mtod(m, void *), out->n);
	rte_pktmbuf_free(m);
}

bool world_take(struct world *w, uint16_t port, struct frame *out)
{
	struct rte_mbuf *m;

	if (mem_take(w->ports[port], &m, 1) == 0)
		return false;
	copy_out(m, out);
	return true;
}

static bool take_from(struct rte_ring *ring, struct fwd_punt *note, struct frame *out)
{
	void *m;

	if (rte_ring_dequeue(ring, &m) != 0)
		return false;
	*note = *fwd_punt_of(m);
	copy_out(m, out);
	return true;
}

bool world_punted(struct world *w, struct fwd_punt *note, struct frame *out)
{
	return take_from(w->punt, note, out);
}

bool world_relayed(struct world *w, struct fwd_punt *note, struct frame *out)
{
	return take_from(w->relay, note, out);
}

struct frame in_front(struct frame f, const void *bytes, uint16_t n)
{
	memmove(f.b + n, f.b, f.n);
	memcpy(f.b, bytes, n);
	f.n = (uint16_t)(f.n + n);
	return f;
}

struct frame stripped(struct frame f, uint16_t n)
{
	f.n = (uint16_t)(f.n - n);
	memmove(f.b, f.b + n, f.n);
	return f;
}

static struct frame headed(const char *src, const char *dst, uint8_t next, struct frame payload)
{
	uint8_t h[40] = {0x60, 0, 0, 0, (uint8_t)(payload.n >> 8), (uint8_t)payload.n, next, 64};
	struct ip6_addr s = addr(src), d = addr(dst);

	memcpy(h + 8, s.a, 16);
	memcpy(h + 24, d.a, 16);
	return in_front(payload, h, sizeof(h));
}

struct frame packet(const char *src, const char *dst, uint8_t next, uint16_t payload)
{
	struct frame f = {.n = payload};

	for (uint16_t i = 0; i < payload; i++)
		f.b[i] = (uint8_t)(i + 128); // type 128 and up: no ICMPv6 error
	return headed(src, dst, next, f);
}

struct frame tunnelled(const char *src, const char *dst, struct frame inner)
{
	return headed(src, dst, 41, inner);
}

struct frame framed(uint16_t port, struct frame f)
{
	uint8_t l2[L2_LEN] = {0};

	memcpy(l2, our_mac[port], 6);
	memcpy(l2 + 6, peer_mac[port], 6);
	l2[12] = 0x86;
	l2[13] = 0xdd;
	return in_front(f, l2, sizeof(l2));
}

struct frame tagged(struct frame f, uint16_t vlan)
{
	uint8_t l2[16];

	memcpy(l2, f.b, 12);
	l2[12] = 0x81;
	l2[13] = 0;
	l2[14] = (uint8_t)(vlan >> 8);
	l2[15] = (uint8_t)vlan;
	return in_front(stripped(f, 12), l2, sizeof(l2));
}

struct frame from_node(const uint8_t mac[6], uint16_t vlan, struct frame p)
{
	struct frame f = framed(ACCESS, p);

	memcpy(f.b + 6, mac, 6);
	return vlan != 0 ? tagged(f, vlan) : f;
}

struct frame with_option(struct frame f, uint8_t type, uint8_t value)
{
	uint8_t h[48];

	memcpy(h, f.b, 40);
	uint8_t options[8] = {h[6], 0, type, 1, value, 1, 1, 0}; // PadN fills it up
	memcpy(h + 40, options, 8);
	uint16_t payload = (uint16_t)(f.n - 40 + 8);
	h[4] = (uint8_t)(payload >> 8);
	h[5] = (uint8_t)payload;
	h[6] = 60;
	return in_front(stripped(f, 40), h, sizeof(h));
}

void set_class(struct frame *f, uint8_t tc)
{
	f->b[0] = (uint8_t)(0x60 | tc >> 4);
	f->b[1] = (uint8_t)((f->b[1] & 0x0f) | tc << 4);
}

uint8_t class_of(const struct frame *f)
{
	return (uint8_t)(f->b[0] << 4 | f->b[1] >> 4);
}
